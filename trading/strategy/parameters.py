"""Checks that strategies' parameters share, and the entry with a stop at a distance."""

from __future__ import annotations

from trading.config import check_number, check_whole
from trading.errors import ConfigError
from trading.model.intents import Enter
from trading.model.numbers import exact
from trading.model.orders import Side


def check_bps(name: str, value: float) -> None:
    """Refuse a distance that is not above 0 and at most 1,000 basis points.

    Raises:
        ConfigError: when it is not.
    """
    check_number(f"strategy_parameters.{name}", value, above=0, most=1_000)


def check_bars(name: str, value: int, *, least: int = 1, most: int = 5_000) -> None:
    """Refuse a look-back that is not a whole number of bars inside the bounds.

    Raises:
        ConfigError: when it is not.
    """
    check_whole(f"strategy_parameters.{name}", value, least=least, most=most)


def check_multiple(name: str, value: float) -> None:
    """Refuse a multiple (of a range, of a deviation) that is not above 0 and at most 100.

    Raises:
        ConfigError: when it is not.
    """
    check_number(f"strategy_parameters.{name}", value, above=0, most=100)


def check_shorter(shorter: tuple[str, int], longer: tuple[str, int], remedy: str) -> None:
    """Refuse look-backs (name, bars) of which the first is not the shorter one.

    Raises:
        ConfigError: when it is not; it tells the remedy.
    """
    (name, bars), (other, most) = shorter, longer
    if bars >= most:
        raise ConfigError(
            f"strategy_parameters.{name}", bars, f"fewer than {other} ({most})", remedy
        )


def stopped(
    side: Side, price: float, away: float, *, target: float | None = None, reason: str
) -> Enter | None:
    """Return a market entry with its stop ``away`` (quote coin) from the price.

    None when there is no distance: a market that stood still has no range to measure a stop by.
    """
    stop_price = exact(price - side.sign * away)
    if away <= 0 or stop_price <= 0:
        return None
    return Enter(
        side=side,
        stop_price=stop_price,
        target_price=None if target is None else exact(target),
        reason=reason,
    )
