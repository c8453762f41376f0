"""Checks that strategies' parameters share, and the bracket most of them place."""

from __future__ import annotations

from trading.config import check_number
from trading.model.intents import Enter
from trading.model.numbers import exact
from trading.model.orders import Side


def check_bps(name: str, value: float) -> None:
    """Refuse a distance that is not above 0 and at most 1,000 basis points.

    Raises:
        ConfigError: when it is not.
    """
    check_number(f"strategy_parameters.{name}", value, above=0, most=1_000)


def bracketed(side: Side, price: float, stop_bps: float, reward: float, reason: str) -> Enter:
    """Return a market entry with a stop ``stop_bps`` away and a target ``reward`` times as far."""
    at = exact(price)
    away = at * exact(stop_bps) / 10_000
    return Enter(
        side=side,
        stop_price=at - side.sign * away,
        target_price=at + side.sign * away * exact(reward) if reward > 0 else None,
        reason=reason,
    )
