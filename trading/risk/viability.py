"""Could this session trade at all, and can one trade be worth it? Asked before it starts.

What only the venue and the account can tell: their least order, their fees, the wallet. Each
refusal shows the arithmetic. Limits that contradict each other by themselves are the config's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading.config import RiskConfig
from trading.errors import ConfigError
from trading.model.instrument import Instrument
from trading.model.numbers import ZERO, exact

BPS: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a session would start with.

    ``wallet`` in the quote coin, ``price`` of a coin, ``spread_bps`` of the book as it is now;
    ``stop_bps`` and ``target_bps``: where they are the same for every entry, else None.
    """

    instrument: Instrument
    leverage: int
    wallet: Decimal
    price: Decimal
    spread_bps: float
    stop_bps: float | None
    target_bps: float | None


def check_viable(config: RiskConfig, outlook: Outlook) -> str:
    """Return the arithmetic of a typical entry, for people.

    Raises:
        ConfigError: when no entry could ever be sent, none could win, or one could lose the day.
    """
    instrument, wallet = outlook.instrument, outlook.wallet
    least = max(instrument.notional_min, instrument.quantity_min * outlook.price)
    most_leverage = min(
        exact(config.leverage_max), Decimal(min(outlook.leverage, instrument.leverage_max))
    )
    room = min(
        exact(config.notional_max_usdt),
        exact(config.symbol_notional_max_usdt or config.notional_max_usdt),
        wallet * most_leverage,
    )
    symbol = instrument.symbol
    if room < least:
        raise ConfigError(
            "risk.notional_max_usdt",
            config.notional_max_usdt,
            f"room for the least order of {symbol}, {least:.2f} USDT",
            f"the limits and {wallet:.2f} USDT leave {room:.2f}: allow more, or trade another",
        )
    risked = wallet * exact(config.risk_pct) / 100
    daily = exact(config.daily_loss_usdt)
    if ZERO < daily < risked:
        raise ConfigError(
            "risk.daily_loss_usdt",
            config.daily_loss_usdt,
            f"at least the {risked:.2f} USDT one stop may lose ({config.risk_pct:g} % of wallet)",
            "one trade would lose the day; risk less, or allow the day more",
        )
    stop_bps = outlook.stop_bps
    if stop_bps is None:
        return f"least order {least:.2f} USDT, room for {room:.2f}"
    cost_bps = 2 * instrument.taker_fee_rate * BPS
    sized = min(room, risked / (exact(stop_bps) + cost_bps) * BPS)
    if sized < least:
        raise ConfigError(
            "risk.risk_pct",
            config.risk_pct,
            f"enough for the least order of {symbol}, {least:.2f} USDT",
            f"{risked:.2f} USDT over a stop {stop_bps:g} bps away and {cost_bps:.1f} bps of fees "
            f"buy {sized:.2f}: risk more, bring the stop nearer, or trade another",
        )
    _check_distances(config, outlook, stop_bps, cost_bps)
    return (
        f"an entry of about {sized:.2f} USDT risks {risked:.2f} "
        f"over {stop_bps:g} bps and {cost_bps:.1f} bps of fees; least order {least:.2f}"
    )


def _check_distances(
    config: RiskConfig, outlook: Outlook, stop_bps: float, cost_bps: Decimal
) -> None:
    if stop_bps <= outlook.spread_bps:
        raise ConfigError(
            "strategy_parameters.stop_bps",
            stop_bps,
            f"more than the spread, {outlook.spread_bps:.2f} bps now",
            "such a stop is hit by the bid and ask alone; put it farther away",
        )
    target_bps = outlook.target_bps
    wanted_bps = cost_bps * exact(config.reward_to_cost_min)
    if target_bps is not None and target_bps < wanted_bps:
        raise ConfigError(
            "strategy_parameters.reward",
            target_bps,
            f"a target at least {wanted_bps:.1f} bps away: its fees are {cost_bps:.1f}",
            "no such trade is worth it; aim farther, or lower risk.reward_to_cost_min",
        )
