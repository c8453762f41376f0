"""Whether the ways out of an entry are worth it: a target that pays, a stop that comes in time.

Asked of an entry before it is sent, and again when its price is changed. Each refusal shows the
arithmetic.
"""

from __future__ import annotations

from decimal import Decimal

from trading.account.margin import maintenance, position_after
from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.numbers import ZERO
from trading.model.orders import Side
from trading.risk.facts import Facts
from trading.risk.verdicts import Refused


def unpaid(
    instrument: Instrument,
    entry: Decimal,
    target: Decimal | None,
    least: Decimal,
    *,
    is_maker_in: bool,
    is_maker_out: bool,
) -> Refused | None:
    """Refuse a target that does not pay the way there and back ``least`` times over; 0: any."""
    if target is None or least == ZERO:
        return None
    maker, taker = instrument.maker_fee_rate, instrument.taker_fee_rate
    fee_in, fee_out = maker if is_maker_in else taker, maker if is_maker_out else taker
    costs = fee_in * entry + fee_out * target
    reward = abs(target - entry)
    if reward >= least * costs:
        return None
    return Refused(
        rule="reward_below_costs",
        detail=(
            f"from {entry} to {target} pays {reward} a coin, "
            f"its fees are {costs:.4f}; at least {least} times that is wanted"
        ),
        remedy="aim farther, trade less often, or lower risk.reward_to_cost_min",
    )


def too_late(
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    entry: Decimal,
    stop: Decimal,
    facts: Facts,
) -> Refused | None:
    """Refuse a stop that lies at or beyond the mark at which the position is liquidated.

    Source: Bitunix 30024 and 30025, which it would be answered with.
    """
    mark = facts.liquidation(side, quantity, entry, stop)
    if mark is None:
        return None
    return Refused(
        rule="stop_beyond_liquidation",
        detail=(
            f"{side} {quantity} at {entry} and {facts.leverage}x is liquidated at "
            f"{float(mark):.8g}, before its stop at {stop}"
        ),
        remedy=f"bring the stop nearer than {float(mark):.8g}, or "
        + _bearing(instrument, side, quantity, entry, stop, facts),
    )


def _bearing(
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    entry: Decimal,
    stop: Decimal,
    facts: Facts,
) -> str:
    """Say what would bear the way to the stop: isolated, the leverage that leaves enough behind."""
    position = position_after(Position(symbol=instrument.symbol), side, quantity, entry)
    kept = maintenance(instrument, position, stop) / quantity
    lost = abs(entry - stop)
    whole, rest = divmod(entry, lost + kept)
    most = int(whole) if rest else int(whole) - 1  # where nothing is left, both come at once
    if not facts.terms.mode.is_isolated or most < 1:
        return "risk less"
    return (
        f"borrow less: a coin loses {lost} to its stop and must keep {float(kept):.4g}, "
        f"which {entry} bears at {most}x"
    )
