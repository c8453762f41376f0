"""What kinds of orders there are: what makes one trade, how long it waits, what it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class OrderType(StrEnum):
    """What makes an order trade."""

    MARKET = "market"
    """Takes what the book offers on arrival, up to the protection limit."""
    LIMIT = "limit"
    """Takes what is offered at its price or better, and rests with what is left."""
    STOP_MARKET = "stop_market"
    """A market order once the price has gone against it: a buy at or above its trigger."""
    STOP_LIMIT = "stop_limit"
    """A limit order at ``price`` once the trigger is reached; a gap may leave it unfilled."""
    TAKE_PROFIT_MARKET = "take_profit_market"
    """A market order once the price has come to it: a buy at or below its trigger."""
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    """A limit order at ``price`` once the price has come to the trigger."""
    TRAILING_STOP = "trailing_stop"
    """A stop-market whose trigger follows the best price seen, and never goes back."""
    TIMED_MARKET = "timed_market"
    """A market order from the exchange time ``fires_ns`` on: the time stop."""

    @property
    def is_triggered(self) -> bool:
        """Whether the order waits for a trigger (a price, or a time) before it meets the market."""
        return self in TRIGGERED

    @property
    def has_limit(self) -> bool:
        """Whether the order trades at its ``price`` or better, or not at all."""
        return self in LIMITED

    @property
    def is_stop(self) -> bool:
        """Whether its trigger lies where the price goes against the order's side."""
        return self in _STOPS


TRIGGERED: Final = frozenset(
    {
        OrderType.STOP_MARKET,
        OrderType.STOP_LIMIT,
        OrderType.TAKE_PROFIT_MARKET,
        OrderType.TAKE_PROFIT_LIMIT,
        OrderType.TRAILING_STOP,
        OrderType.TIMED_MARKET,
    }
)
LIMITED: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
_STOPS: Final = frozenset({OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


class TimeInForce(StrEnum):
    """How long an order may wait for a counterparty."""

    GTC = "gtc"
    """Until it is filled or taken back."""
    IOC = "ioc"
    """What the first book offers; the rest is cancelled."""
    FOK = "fok"
    """All of it from the first book, or nothing."""
    POST_ONLY = "post_only"
    """Only as a maker: cancelled if the first book would fill any of it."""
    GTD = "gtd"
    """Until the exchange time ``expires_ns``."""


class TriggerSource(StrEnum):
    """Which price series a trigger watches."""

    LAST = "last"
    """Every print."""
    MARK = "mark"
    """The venue's fair price."""
    INDEX = "index"
    """The spot index behind the contract."""


class OrderRole(StrEnum):
    """What an order is for; every order of a session has exactly one role."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    TIME_STOP = "time_stop"
    FLATTEN = "flatten"
    LIQUIDATION = "liquidation"


PROTECTIVE: Final = frozenset(
    {OrderRole.STOP, OrderRole.TARGET, OrderRole.TRAIL, OrderRole.TIME_STOP}
)
"""The roles of a bracket's orders: they cover what is open, and outlive a session with it."""
CLOSING: Final = frozenset({OrderRole.EXIT, OrderRole.FLATTEN})
"""The roles of orders that close a whole position at the market."""


class Liquidity(StrEnum):
    """Whether a fill took a resting order or was one."""

    TAKER = "taker"
    MAKER = "maker"
