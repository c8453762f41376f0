"""The review of changes: an entry amended, a stop or a target moved. Risk may only fall freely.

Lowering a quantity and tightening a stop pass always. An entry's new price buys only as much as
loses no more at the stop, and weighs no more, than what was approved, so every limit it was
approved under still holds; its target must pay from there, and its stop come before liquidation.
A stop moved away from the market is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trading.market.state import SymbolMarket
from trading.model.instrument import Instrument
from trading.model.intents import AmendEntry, CancelEntries, Exit, MoveProtection
from trading.model.numbers import ZERO, floor_to_step, price_down, price_up
from trading.model.orders import Order, OrderRole, Side
from trading.model.sides import PositionMode, PositionSide
from trading.risk.exits import too_late, unpaid
from trading.risk.facts import Facts
from trading.risk.prices import PRICE_MOST
from trading.risk.sizing import loss_per_unit
from trading.risk.verdicts import Approved, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that passed: of which order, to what; None leaves a field as it is."""

    order: Order
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None


def review_entry_change(
    intent: AmendEntry,
    order: Order | None,
    market: SymbolMarket,
    facts: Facts,
    reward_to_cost_min: Decimal,
) -> Approved[Change] | Refused:
    """Approve a change of a working entry, with the quantity its new price allows."""
    if order is None or order.request.role is not OrderRole.ENTRY:
        return unknown_order(intent.client_id)
    instrument = market.instrument
    quantity = order.quantity
    if intent.quantity is not None:
        refusal = _quantity_refusal(intent.quantity, order)
        if refusal is not None:
            return refusal
        quantity = floor_to_step(intent.quantity, instrument.quantity_step)
    limit = _beside(intent.limit_price, order.request.side.opposite, instrument)
    trigger = _beside(intent.trigger_price, order.request.side, instrument)
    if isinstance(limit, Refused):
        return limit
    if isinstance(trigger, Refused):
        return trigger
    if limit is not None or trigger is not None:
        sized = _sized(order, limit, trigger, instrument, facts, reward_to_cost_min)
        if isinstance(sized, Refused):
            return sized
        quantity = min(quantity, max(sized, order.filled))
    return Approved(
        Change(
            order=order,
            price=limit,
            trigger_price=trigger,
            quantity=quantity if quantity != order.quantity else None,
        )
    )


def unknown_order(client_id: str) -> Refused:
    """Return the refusal of a change or cancel that finds no entry of that name under way."""
    return Refused(
        rule="unknown_order",
        detail=f"no entry under way has the client id {client_id}",
        remedy="it was filled, cancelled, or never sent",
    )


def review_side(
    intent: Exit | CancelEntries | MoveProtection, mode: PositionMode
) -> Refused | None:
    """Refuse an intent that names a position the mode has not, or leaves open which to change."""
    side = intent.position_side
    if side is PositionSide.BOTH:
        is_told = mode is PositionMode.ONE_WAY or not isinstance(intent, MoveProtection)
    else:
        is_told = side in mode.sides
    if is_told:
        return None
    return Refused(
        rule="position_side",
        detail=f"{type(intent).__name__} of {side} in {mode} mode",
        remedy=f"name {' or '.join(mode.sides)}, or set position_mode",
    )


def review_protection(
    intent: MoveProtection, legs: Sequence[Order], market: SymbolMarket
) -> Approved[tuple[Change, ...]] | Refused:
    """Approve moving stop and target of an open position; ``legs`` are the orders upon it."""
    wishes = ((OrderRole.STOP, intent.stop_price), (OrderRole.TARGET, intent.target_price))
    changes = []
    for role, wish in wishes:
        if wish is None:
            continue
        found = [leg for leg in legs if leg.request.role is role and leg.awaits_trigger]
        if not found:
            return Refused(
                rule="unknown_order",
                detail=f"no {role} waits for its price",
                remedy="there is no open position, or it has none, or it is triggered already",
            )
        for leg in found:
            change = _moved(leg, role, wish, market.instrument)
            if isinstance(change, Refused):
                return change
            changes.append(change)
    return Approved(tuple(changes))


def _moved(leg: Order, role: OrderRole, wish: Decimal, instrument: Instrument) -> Change | Refused:
    side = leg.request.side
    # A stop is rounded towards the market, a target away from it: both to the cautious side.
    price = _beside(wish, side.opposite, instrument)
    present = leg.request.trigger_price
    if isinstance(price, Refused):
        return price
    if price is None or present is None:
        return Refused(rule="bad_price", detail=f"price {wish}", remedy="give a price")
    if role is OrderRole.STOP and (price - present) * side.sign > ZERO:
        return Refused(
            rule="widens_stop",
            detail=f"from {present} to {price}",
            remedy="a stop moves only towards the market; leave, and enter again with another",
        )
    is_limit = leg.request.type.has_limit
    return Change(order=leg, trigger_price=price, price=price if is_limit else None)


def _quantity_refusal(quantity: Decimal, order: Order) -> Refused | None:
    if quantity.is_finite() and ZERO < quantity <= order.quantity:
        return None
    return Refused(
        rule="raises_quantity",
        detail=f"quantity {quantity}, of an order for {order.quantity}",
        remedy="a quantity may only fall; send another entry for more",
    )


def _beside(
    price: Decimal | None, rounds_like: Side, instrument: Instrument
) -> Decimal | Refused | None:
    """Return a price on the lattice, up for a buy and down for a sell; or why it is none."""
    tick = instrument.tick_size
    if price is None:
        return None
    if not (price.is_finite() and tick <= price < PRICE_MOST):
        return Refused(
            rule="bad_price",
            detail=f"price {price}",
            remedy=f"prices are finite, at least one tick ({tick}), under {PRICE_MOST:g}",
        )
    return price_up(price, tick) if rounds_like is Side.BUY else price_down(price, tick)


def _sized(
    order: Order,
    limit: Decimal | None,
    trigger: Decimal | None,
    instrument: Instrument,
    facts: Facts,
    reward_to_cost_min: Decimal,
) -> Decimal | Refused:
    """Return how much the risk and the notional that were approved buy at the new price."""
    if facts.blocks:
        return Refused(
            rule=facts.blocks[0].partition(":")[0],
            detail="; ".join(facts.blocks),
            remedy="entries open again when the reason is gone",
        )
    request, bracket = order.request, order.request.bracket
    before = request.price or request.trigger_price
    price = limit or request.price or trigger
    if before is None or price is None or bracket is None:
        return Refused(
            rule="unknown",
            detail="the entry was sent without a price, or without a stop",
            remedy="a market entry has no price to change: take it back",
        )
    if facts.equity is None or facts.equity <= ZERO:
        return Refused(
            rule="unknown",
            detail=f"equity {facts.equity}",
            remedy="wait until every mark price is fresh; an account that is spent may not enter",
        )
    sign, target = request.side.sign, bracket.target_price
    is_target_wrong = target is not None and (target - price) * sign <= ZERO
    if (price - bracket.stop_price) * sign <= ZERO or is_target_wrong:
        return Refused(
            rule="wrong_side",
            detail=f"{request.side} at {price} with stop {bracket.stop_price} and target {target}",
            remedy="the stop lies on the losing side of the entry, the target on the winning",
        )
    stop = bracket.stop_price
    loss = loss_per_unit(instrument, before, stop) / loss_per_unit(instrument, price, stop)
    share = min(Decimal(1), loss, before / price)
    quantity = floor_to_step(order.quantity * share, instrument.quantity_step)
    if quantity < instrument.quantity_min:
        return Refused(
            rule="below_minimum",
            detail=f"at {price} the risk approved buys {quantity}",
            remedy="bring the price nearer to the stop",
        )
    is_limit = limit is not None or request.price is not None
    refused = unpaid(
        instrument,
        price,
        target,
        reward_to_cost_min,
        is_maker_in=is_limit,
        is_maker_out=bracket.target_is_limit,
    ) or too_late(instrument, request.side, quantity, price, stop, facts)
    return quantity if refused is None else refused
