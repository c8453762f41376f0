"""Whether the account can bear an order: its margin, its fees, the leverage of its size, its stop.

What reduces costs nothing. What opens must find its cost free beside the margin of what is open and
what the account's other orders hold: of one position only one side can open in the end, so the
larger side of its orders counts; in hedge mode a symbol's long and its short may both open. A price
nobody knows yet cannot be judged; a fill sets aside no more than is free in any case.

Source: Binance "open order initial margin" (the larger side); the codes are Bitunix's: 20003
insufficient balance, 20002 over the largest open position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trading.account.health import Marks
from trading.account.margin import notional_most
from trading.account.order_cost import order_cost
from trading.broker import survival
from trading.broker.live import LiveOrders
from trading.broker.matching import opposing
from trading.broker.rules import Refusal
from trading.market.state import SymbolMarket
from trading.model.events import Output
from trading.model.numbers import ZERO, exact
from trading.model.orders import Order, OrderRequest, Side
from trading.model.sides import PositionKey

Markets = Mapping[str, SymbolMarket]


def refusal(
    orders: LiveOrders, order: Order, request: OrderRequest, quantity: Decimal, markets: Markets
) -> Refusal | None:
    """Return the venue's refusal of an order that is to stand as ``request``; None: it is taken.

    ``quantity`` is what it may still trade.
    """
    if request.reduce_only or request.close_position:
        return None
    market = markets[request.symbol]
    price = price_of(request, market)
    opening = opening_of(orders, request, quantity)
    if price is None or opening == ZERO:
        return None
    marks = _marks(orders, markets)
    return (
        _oversized(orders, order, request, opening * price, market)
        or _unaffordable(orders, order, request, opening, price, marks, markets)
        or survival.refusal(orders.health, request, opening, price, marks)
    )


def _marks(orders: LiveOrders, markets: Markets) -> Marks:
    """Return the marks on which it depends what is free: isolated, there are none."""
    if orders.account.terms.mode.is_isolated:
        return {}
    return {name: each.mark for name, each in markets.items()}


def free(orders: LiveOrders, markets: Markets) -> Decimal | None:
    """Return what neither positions nor working orders hold; None: a mark is not known."""
    left = orders.account.free(_marks(orders, markets))
    return left if left is None or not orders.orders else left - _held(orders, markets)


def free_for(
    orders: LiveOrders, key: PositionKey, marks: Marks, markets: Markets
) -> Decimal | None:
    """Return what an entry into a position may count on; None: a mark is not known.

    What is on its way to the venue for other positions will hold its cost before it. An order of
    the same one is the other one of a pair, and only one of the two can open.
    """
    left = orders.account.free(marks)
    if left is None or not orders.orders:
        return left
    return left - _held(orders, markets, besides=key, counts_flights=True)


def make_free(
    orders: LiveOrders, wanted: Decimal, markets: Markets, now_ns: int, out: list[Output]
) -> None:
    """Cancel the orders that would open, where they hold what a payment wants."""
    left = free(orders, markets)
    if left is None or wanted <= left:
        return
    for order in [each for symbol in markets for each in _working(orders.live(symbol))]:
        if _held_notional(orders, order, markets[order.request.symbol]):
            orders.drop(order, "what it held is wanted for funding", now_ns, out)


def _held(
    orders: LiveOrders,
    markets: Markets,
    *,
    besides: PositionKey | None = None,
    counts_flights: bool = False,
) -> Decimal:
    """Return what orders hold, position by position; that of one position is left out."""
    total = ZERO
    for symbol, market in markets.items():
        for side in orders.account.sides:
            if (symbol, side) != besides:
                live = orders.live(symbol, side)
                counted = live if counts_flights else _working(live)
                total += max(_sides(orders, market, counted))
    return total


def _working(live: Sequence[Order]) -> list[Order]:
    """Return the orders that are at the venue."""
    return [each for each in live if not each.status.is_in_flight]


def _unaffordable(
    orders: LiveOrders,
    order: Order,
    request: OrderRequest,
    opening: Decimal,
    price: Decimal,
    marks: Marks,
    markets: Markets,
) -> Refusal | None:
    account, market = orders.account, markets[request.symbol]
    symbol, side = key = request.symbol, request.position_side
    left = account.free(marks)
    if left is None:
        return "20003", "a mark price is not known: what is free cannot be told"
    larger = cost = order_cost(
        market.instrument,
        request.side,
        opening,
        price,
        account.terms.leverage_of(symbol),
        market.mark,
        market.last_price,
    ).total
    if len(orders.orders) > 1:
        left -= _held(orders, markets, besides=key)
        others = [each for each in _working(orders.live(symbol, side)) if each is not order]
        buys, sells = _sides(orders, market, others)
        larger = max(buys + cost, sells) if request.side.is_buy else max(buys, sells + cost)
    if larger <= left:
        return None
    return "20003", f"cost {cost:.8f}, with the symbol's other orders {larger:.8f}; free {left:.8f}"


def _oversized(
    orders: LiveOrders, order: Order, request: OrderRequest, opening: Decimal, market: SymbolMarket
) -> Refusal | None:
    """Refuse what would make the position too large for its leverage.

    Isolated, each position has a tier of its own; cross, all of a symbol find one together.
    """
    leverage = orders.account.terms.leverage_of(request.symbol)
    most = notional_most(market.instrument, leverage)
    if most is None:
        return None
    is_isolated = orders.account.terms.mode.is_isolated
    notional = opening
    for position in orders.account.positions_of(request.symbol):
        is_own = position.position_side is request.position_side
        if not is_own and is_isolated:
            continue
        opens = request.side if is_own else request.side.opposite
        if position.side is opens:
            notional += position.entry_value
        for other in _working(orders.live(*position.key)):
            if other is not order and other.request.side is opens:
                notional += _held_notional(orders, other, market)
    if notional <= most:
        return None
    return "20002", f"notional {notional} at {leverage}x; the tiers allow {most}"


def _sides(
    orders: LiveOrders, market: SymbolMarket, counted: Sequence[Order]
) -> tuple[Decimal, Decimal]:
    """Return what some of a symbol's orders hold, buys and sells."""
    held = {Side.BUY: ZERO, Side.SELL: ZERO}
    leverage = orders.account.terms.leverage_of(market.symbol)
    for order in counted:
        notional = _held_notional(orders, order, market)
        if notional:
            side = order.request.side
            unit = order_cost(market.instrument, side, Decimal(1), notional, leverage)
            held[side] += unit.total
    return held[Side.BUY], held[Side.SELL]


def _held_notional(orders: LiveOrders, order: Order, market: SymbolMarket) -> Decimal:
    """Return the notional an order may yet open; 0 for what only reduces."""
    request = order.request
    if request.reduce_only or request.close_position:
        return ZERO
    price = price_of(request, market)
    return ZERO if price is None else opening_of(orders, request, order.remaining) * price


def opening_of(orders: LiveOrders, request: OrderRequest, quantity: Decimal) -> Decimal:
    """Return what of a quantity would open, after closing what is held on the other side."""
    held = orders.held(request)
    return max(ZERO, quantity - held) if held else quantity


def price_of(request: OrderRequest, market: SymbolMarket) -> Decimal | None:
    """Return the price an order is margined at: its own, or what it would meet now."""
    own = request.price or request.trigger_price
    if own is not None:
        return own
    if market.book is not None:
        return exact(opposing(market.book, request.side)[0][0])
    return None if market.last_price is None else exact(market.last_price)
