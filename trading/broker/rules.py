"""What the venue accepts, and which way an order waits. Pure questions about one order.

Source: the codes are Bitunix's own where it has one ("Error code" page), else Binance's meaning
in words; none of them costs the account anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from operator import attrgetter
from typing import Final

from trading.account.position import Position
from trading.market.state import SymbolMarket
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.numbers import ZERO, exact
from trading.model.orders import (
    Order,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
    TriggerSource,
)
from trading.model.sides import PositionMode, PositionSide

Refusal = tuple[str, str]

TOO_FREQUENT: Refusal = ("10006", "more requests than the venue takes in a window")


def waits_below(order: Order) -> bool:
    """Tell whether a resting or untriggered order waits for the price to come down to it."""
    is_stop = order.request.type.is_stop and not order.is_triggered
    return order.request.side.is_buy is not is_stop


def is_reached(order: Order, price: float) -> bool:
    """Tell whether a price is at or beyond an order's trigger."""
    trigger = order.request.trigger_price
    if trigger is None:
        return False
    level = float(trigger)
    return price <= level if waits_below(order) else price >= level


def first_look(order: Order, offered: Decimal, wanted: Decimal) -> str | None:
    """Return why an order goes away at its first sight of the market, before it takes; None: no.

    ``offered`` is what it could take now of what is ``wanted``. Source: Binance's -5022 (post-only
    would take) and -5021 (fill or kill not fillable), both of which end the order.
    """
    times = order.request.time_in_force
    if times is TimeInForce.POST_ONLY and offered > ZERO:
        return "post-only would have taken"
    if times is TimeInForce.FOK and offered < wanted:
        return "fill or kill"
    return None


def refusal(request: OrderRequest, market: SymbolMarket, position: Position) -> Refusal | None:
    """Return the venue's code and words when it refuses the order on arrival; None: accepted."""
    instrument = market.instrument
    is_open = instrument.status.is_open
    if not is_open and instrument.status is InstrumentStatus.STOPPED:
        return "20012", f"{instrument.symbol} is not tradable now"
    if request.reduce_only or request.close_position:
        if position.quantity == ZERO:
            return _nothing_held(request.position_side)
        if position.quantity * request.side.sign > ZERO:
            return "30019", "reduce-only in the position's own direction"
    elif not is_open:
        return "20012", f"{instrument.symbol} takes no new orders now"
    shared = (
        _series_refusal(request, market)
        or lattice_refusal(request, market)
        or quantity_refusal(request, market)
    )
    if _SHAPE(request) == _AT_MARKET:  # has nothing else to be refused for
        return shared
    return (
        _shape_refusal(request)
        or shared
        or price_refusal(request, market, is_waiting=request.type.is_triggered)
    )


_SHAPE: Final[Callable[[OrderRequest], tuple[object, ...]]] = attrgetter(
    "type", "time_in_force", "price", "trigger_price", "trail", "fires_ns", "expires_ns"
)
_AT_MARKET: Final = (OrderType.MARKET, TimeInForce.GTC, None, None, None, None, None)
"""The shape of nearly every order."""


def _nothing_held(side: PositionSide) -> Refusal:
    """In hedge mode what closes names the position it closes, and there is none of that name."""
    if side is PositionSide.BOTH:
        return "30018", "reduce-only without a position"
    return "30004", f"no {side} position to close"


def mode_refusal(request: OrderRequest, mode: PositionMode) -> Refusal | None:
    """Refuse an order that names no position of this mode, or would open it the wrong way round.

    Source: the meaning is Binance's -4061; Bitunix (whose ``tradeSide`` says OPEN or CLOSE in hedge
    mode, and nothing one-way) has no code of its own: parameter error.
    """
    side = request.position_side
    if side not in mode.sides:
        wanted = " or ".join(mode.sides)
        return "10002", f"position side {side} in {mode} mode: expected {wanted}"
    if side.opens is request.side.opposite and not (request.reduce_only or request.close_position):
        return "10002", f"a {request.side} can only close a {side}: expected reduce-only"
    return None


def crowd_refusal(order: Order, live: Collection[Order], instrument: Instrument) -> Refusal | None:
    """Return the refusal of one order too many; ``live`` are the account's, with this one.

    Only what is at the venue counts, and what the venue itself attached to an entry does not.
    Source: the meaning is Binance's MAX_NUM_ORDERS and MAX_NUM_ALGO_ORDERS; Bitunix has no code.
    """
    limits = instrument.order_limits
    is_triggered = order.request.type.is_triggered
    most = limits.trigger_orders_max if is_triggered else limits.open_orders_max
    if len(live) <= most:
        return None
    there = sum(
        each.request.symbol == instrument.symbol
        and each.request.type.is_triggered is is_triggered
        and not each.status.is_in_flight
        and not each.parent_id
        for each in live
    )
    if there < most:
        return None
    return "10002", f"{there} such orders are open already, the venue takes {most}"


def _shape_refusal(request: OrderRequest) -> Refusal | None:
    """Refuse an order that lacks what its type needs, or carries what belongs to another."""
    kind, times = request.type, request.time_in_force
    if (request.price is not None) is not kind.has_limit:
        return _misshapen("price", kind, is_needed=kind.has_limit)
    if (request.trail is not None) is not kind.is_trailing:
        return _misshapen("trail", kind, is_needed=kind.is_trailing)
    if (request.fires_ns is not None) is not kind.is_timed:
        return _misshapen("fires_ns", kind, is_needed=kind.is_timed)
    if (request.trigger_price is not None) is not kind.has_level and not kind.is_trailing:
        return _misshapen("trigger_price", kind, is_needed=kind.has_level)
    if (request.expires_ns is not None) is not times.is_dated:
        return "10002", f"expires_ns: expected with gtd and only there, was with {times}"
    if times.looks_first and not kind.has_limit and times is TimeInForce.POST_ONLY:
        return "10002", f"post_only: expected an order with a price, was {kind}"
    return None


def _misshapen(name: str, kind: OrderType, *, is_needed: bool) -> Refusal:
    return "10002", f"{name}: expected {'one' if is_needed else 'none'} for {kind}"


def _series_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    """Refuse to watch an index that this feed does not tell."""
    if market.index is not None:
        return None
    bracket = request.bracket
    is_watched = request.type.is_triggered and request.trigger_by.is_index
    if is_watched or (bracket is not None and bracket.trigger_by.is_index):
        return "10002", "this feed tells no index price: watch last or mark"
    return None


def price_refusal(
    request: OrderRequest, market: SymbolMarket, *, is_waiting: bool
) -> Refusal | None:
    """Refuse a price outside the band, or a trigger that is reached before it waits."""
    refusal = _band_refusal(request, market)
    if refusal is None and is_waiting:
        refusal = _reached_refusal(request, market)
    return refusal


def _reached_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    """Source: the meaning is Binance's -2021, the code Bitunix's nearest."""
    trigger, source = request.trigger_price, request.trigger_by
    if trigger is None or request.trail is not None:
        return None
    prices = {
        TriggerSource.LAST: market.last_price,
        TriggerSource.MARK: market.mark,
        TriggerSource.INDEX: market.index,
    }
    price = prices[source]
    if price is None:
        return None
    is_above = request.side.is_buy is request.type.is_stop
    if price >= float(trigger) if is_above else price <= float(trigger):
        return "30005", f"would trigger at once: {source} {price} is at or beyond {trigger}"
    return None


def lattice_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    """Refuse a quantity or a price off the instrument's lattice; nothing is rounded."""
    instrument = market.instrument
    if not instrument.has_quantity(request.quantity):
        step = instrument.quantity_step
        return "10002", f"quantity {request.quantity} is not a multiple of {step}"
    bracket = request.bracket
    own, level = request.price, request.trigger_price
    stop, target = (None, None) if bracket is None else (bracket.stop_price, bracket.target_price)
    for price in (own, level, stop, target):
        if price is not None and not instrument.has_price(price):
            return "10002", f"price {price} is not a multiple of {instrument.tick_size}"
    return None


def quantity_refusal(request: OrderRequest, market: SymbolMarket) -> Refusal | None:
    """Refuse a quantity or a notional outside the venue's bounds; reducing has none."""
    instrument = market.instrument
    quantity = request.quantity
    if request.reduce_only or request.close_position:
        return None
    if quantity < instrument.quantity_min:
        return "30017", f"quantity {quantity} is under the minimum {instrument.quantity_min}"
    is_limit = request.type.has_limit
    most = instrument.limit_quantity_max if is_limit else instrument.market_quantity_max
    if quantity > most:
        return "30013", f"quantity {quantity} is over the maximum {most}"
    if instrument.notional_min:
        price = request.price or request.trigger_price
        if price is None:
            mid = market.mid
            price = None if mid is None else exact(mid)
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
    if request.side.is_buy and request.price > highest:
        return "30014", f"buy price {request.price} is over the band's {highest}"
    if request.side is Side.SELL and request.price < lowest:
        return "30015", f"sell price {request.price} is under the band's {lowest}"
    return None
