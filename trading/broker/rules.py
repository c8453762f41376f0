"""What the venue accepts, and which way an order waits. Pure questions about one order.

Source: the codes are Bitunix's own where it has one ("Error code" page), else Binance's meaning
in words; none of them costs the account anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from trading.account.position import Position
from trading.market.state import SymbolMarket
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.numbers import ZERO, exact
from trading.model.orders import Order, OrderRequest, OrderStatus, OrderType, Side

Refusal = tuple[str, str]

TOO_FREQUENT: Refusal = ("10006", "more requests than the venue takes in a window")


def waits_below(order: Order) -> bool:
    """Tell whether a resting or untriggered order waits for the price to come down to it."""
    is_buy = order.request.side is Side.BUY
    return is_buy is (order.request.type is not OrderType.STOP_MARKET)


def is_reached(order: Order, price: float) -> bool:
    """Tell whether a price is at or beyond an order's trigger."""
    trigger = order.request.trigger_price
    if trigger is None:
        return False
    level = float(trigger)
    return price <= level if waits_below(order) else price >= level


def refusal(request: OrderRequest, market: SymbolMarket, position: Position) -> Refusal | None:
    """Return the venue's code and words when it refuses the order on arrival; None: accepted."""
    instrument = market.instrument
    if instrument.status is InstrumentStatus.STOPPED:
        return "20012", f"{instrument.symbol} is not tradable now"
    if request.reduce_only:
        if position.quantity == ZERO:
            return "30018", "reduce-only without a position"
        if position.quantity * request.side.sign > ZERO:
            return "30019", "reduce-only in the position's own direction"
    elif instrument.status is InstrumentStatus.CANCEL_ONLY:
        return "20012", f"{instrument.symbol} takes no new orders now"
    return (
        _lattice_refusal(request, instrument)
        or _quantity_refusal(request, market)
        or _band_refusal(request, market)
    )


def crowd_refusal(order: Order, live: Sequence[Order], instrument: Instrument) -> Refusal | None:
    """Return the refusal of one order too many; ``live`` are the symbol's, with this one.

    Only what is at the venue counts, and what the venue itself attached to an entry does not.
    Source: the meaning is Binance's MAX_NUM_ORDERS and MAX_NUM_ALGO_ORDERS; Bitunix has no code.
    """
    limits = instrument.order_limits
    is_triggered = order.request.type.is_triggered
    most = limits.trigger_orders_max if is_triggered else limits.open_orders_max
    if len(live) <= most:
        return None
    there = sum(
        each.request.type.is_triggered is is_triggered
        and each.status is not OrderStatus.IN_FLIGHT
        and not each.parent_id
        for each in live
    )
    if there < most:
        return None
    return "10002", f"{there} such orders are open already, the venue takes {most}"


def _lattice_refusal(request: OrderRequest, instrument: Instrument) -> Refusal | None:
    if not instrument.has_quantity(request.quantity):
        step = instrument.quantity_step
        return "10002", f"quantity {request.quantity} is not a multiple of {step}"
    for price in (request.price, request.trigger_price):
        if price is not None and not instrument.has_price(price):
            return "10002", f"price {price} is not a multiple of {instrument.tick_size}"
    return None


def _quantity_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    instrument = market.instrument
    quantity = request.quantity
    if request.reduce_only:
        return None
    if quantity < instrument.quantity_min:
        return "30017", f"quantity {quantity} is under the minimum {instrument.quantity_min}"
    is_limit = request.type is OrderType.LIMIT
    most = instrument.limit_quantity_max if is_limit else instrument.market_quantity_max
    if quantity > most:
        return "30013", f"quantity {quantity} is over the maximum {most}"
    price = request.price
    if price is None and market.mid is not None:
        price = exact(market.mid)
    if price is not None and quantity * price < instrument.notional_min:
        return "30016", f"notional is under the minimum {instrument.notional_min}"
    return None


def _band_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    if request.price is None or market.mark is None:
        return None
    mark = exact(market.mark)
    band = market.instrument.price_band
    highest: Decimal = mark * (1 + band)
    lowest: Decimal = mark * (1 - band)
    if request.side is Side.BUY and request.price > highest:
        return "30014", f"buy price {request.price} is over the band's {highest}"
    if request.side is Side.SELL and request.price < lowest:
        return "30015", f"sell price {request.price} is under the band's {lowest}"
    return None
