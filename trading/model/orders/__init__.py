"""Orders: their vocabulary, their protection, and the table of their lives."""

from trading.model.orders.brackets import BPS_LEAST, BPS_MOST, Bracket, BracketScope, Trail
from trading.model.orders.kinds import (
    CLOSING,
    PROTECTIVE,
    Liquidity,
    OrderRole,
    OrderType,
    TimeInForce,
    TriggerSource,
)
from trading.model.orders.life import TRANSITIONS, OrderAction, OrderStatus
from trading.model.orders.order import Amendment, Order, OrderRequest
from trading.model.sides import Side

__all__ = [
    "BPS_LEAST",
    "BPS_MOST",
    "CLOSING",
    "PROTECTIVE",
    "TRANSITIONS",
    "Amendment",
    "Bracket",
    "BracketScope",
    "Liquidity",
    "Order",
    "OrderAction",
    "OrderRequest",
    "OrderRole",
    "OrderStatus",
    "OrderType",
    "Side",
    "TimeInForce",
    "Trail",
    "TriggerSource",
]
