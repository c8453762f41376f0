"""How a resting limit order is filled: at its own price, as a maker."""

from __future__ import annotations

from decimal import Decimal

from trading.broker.matching import Evidence
from trading.broker.paper import PaperBroker
from trading.market.state import SymbolMarket
from trading.model.events import Output
from trading.model.numbers import ZERO, floor_to_step
from trading.model.orders import Liquidity, Order


def fill_resting(
    broker: PaperBroker,
    order: Order,
    market: SymbolMarket,
    quantity: Decimal,
    evidence: Evidence,
    now_ns: int,
    out: list[Output],
) -> Decimal:
    """Fill a resting order at its own price, in whole lot steps; return how much it was."""
    whole = floor_to_step(quantity, market.instrument.quantity_step)
    price = order.request.price
    if whole <= ZERO or price is None:
        return ZERO
    broker.fill(order, price, whole, Liquidity.MAKER, market, evidence, now_ns, out)
    return whole
