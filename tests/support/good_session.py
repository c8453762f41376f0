"""Ten lively minutes with round trips of every kind, from a seed: a report worth looking at."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.support.told_session import Teller
from trading.model.numbers import exact
from trading.model.orders import OrderRole, Side


def good_session(path: Path, seed: int = 13) -> Path:
    """Write ten lively minutes: five round trips of every kind, a sample a second."""
    rng = Random(seed)
    teller = Teller(path)
    for minute in range(-30, 0):
        base = 86_400 + 3 * minute
        bar = (base, base + 12.0, base - 9.0, base + 4.0)
        teller.bar(minute * 60.0, bar, is_backfilled=True)
    teller.start()
    price = 86_480.0
    seen: list[float] = []
    for second in range(2, 600):
        price = round(price + rng.gauss(0.3, 15.0), 1)
        seen.append(price)
        if second % 60 == 0:
            teller.bar(second - 60.0, (seen[0], max(seen), min(seen), seen[-1]))
            seen = [price]
        _good_trades(teller, second, price)
        teller.mark(second + 0.5, price)
    if teller.position:
        teller.leave(599.6, f"{price}", OrderRole.FLATTEN, "session deadline")
    teller.end(600.9, mark=f"{price}")
    return teller.close()


_ENTRIES = {61: Side.BUY, 190: Side.BUY, 301: Side.SELL, 421: Side.BUY, 541: Side.SELL}
_STOP_AWAY, _TARGET_AWAY = 130, 220


def _good_trades(teller: Teller, second: int, price: float) -> None:
    """Enter at fixed times; leave by stop, by target, or in minute seven by the strategy's wish."""
    if second in _ENTRIES and not teller.position:
        side = _ENTRIES[second]
        stop, target = (price + side.sign * away for away in (-_STOP_AWAY, _TARGET_AWAY))
        entry = f"{price + side.sign * 0.1:.1f}"
        words = f"sma cross {side}"
        teller.enter(
            second, side, entry, "0.0580", stop=f"{stop:.1f}", target=f"{target:.1f}", reason=words
        )
    elif teller.position:
        for role, level in teller.levels.items():
            if (price - level) * teller.side.sign * (1 if role is OrderRole.TARGET else -1) > 0:
                teller.leave(second, f"{exact(price)}", role, str(role))
                return
        if second == 400:
            teller.leave(second, f"{exact(price)}", OrderRole.EXIT, "cross back")
