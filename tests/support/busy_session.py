"""An hour of many small round trips, from a seed: enough for their results to have a shape."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.support.told_opening import told_opening
from tests.support.told_session import Teller
from trading.config import SessionConfig
from trading.model.events import Channel, FeedStage
from trading.model.orders import OrderRole, Side

_EVERY_S = 40
_LENGTH_S = 3_600


def busy_session(path: Path, seed: int = 7) -> Path:
    """Write ninety round trips of an hour with a faint edge, and one outage of the book."""
    rng = Random(seed)
    teller = Teller(path, told_opening(SessionConfig(minutes=60)))
    teller.start()
    price, seen = 86_480.0, [86_480.0]
    for second in range(2, _LENGTH_S):
        price = round(price + rng.gauss(0.3, 22.0), 1)
        seen.append(price)
        if second % 60 == 0:
            teller.bar(second - 60.0, (seen[0], max(seen), min(seen), seen[-1]))
            seen = [price]
        if second % _EVERY_S == 5:
            side = rng.choice([Side.BUY, Side.SELL])
            stop, target = (f"{price - side.sign * away:.1f}" for away in (60, -90))
            teller.enter(second, side, f"{price}", "0.0580", stop=stop, target=target)
        if second % _EVERY_S == 30 and teller.position:
            role = rng.choice([OrderRole.STOP, OrderRole.TARGET, OrderRole.EXIT])
            teller.leave(second, f"{price}", role, str(role))
        if second % 5 == 0:
            teller.mark(second + 0.5, price)
        if second == 1_800:
            teller.stage(second, Channel.BOOK, FeedStage.STALE, 8_000)
        if second == 1_830:
            teller.stage(second, Channel.BOOK, FeedStage.FRESH, 90)
    teller.end(_LENGTH_S, mark=f"{price}")
    return teller.close()
