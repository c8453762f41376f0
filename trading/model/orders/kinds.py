"""What kinds of orders there are: what makes one trade, how long it waits, what it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class OrderType(StrEnum):
    """What makes an order trade."""

    is_triggered: bool
    """Whether the order waits for a trigger (a price, or a time) before it meets the market."""
    has_limit: bool
    """Whether the order trades at its ``price`` or better, or not at all."""
    is_stop: bool
    """Whether its trigger lies where the price goes against the order's side."""
    has_level: bool
    """Whether it is sent with a ``trigger_price``; a trailing stop sets its own."""
    is_trailing: bool
    is_timed: bool
    """Whether a time triggers it, and no price."""

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

    def __init__(self, value: str) -> None:
        """Note once what every look at an order asks for."""
        self.is_triggered = value not in {"market", "limit"}
        self.has_limit = value in {"limit", "stop_limit", "take_profit_limit"}
        self.is_stop = value in {"stop_market", "stop_limit", "trailing_stop"}
        self.is_trailing = value == "trailing_stop"
        self.is_timed = value == "timed_market"
        self.has_level = self.is_triggered and not (self.is_trailing or self.is_timed)


class TimeInForce(StrEnum):
    """How long an order may wait for a counterparty."""

    is_dated: bool
    """Whether it names the time at which the order is over."""
    looks_first: bool
    """Whether the order may go away at its first sight of the market, taking nothing."""

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

    def __init__(self, value: str) -> None:
        """Note once what every look at an order asks for."""
        self.is_dated = value == "gtd"
        self.looks_first = value in {"fok", "post_only"}


class TriggerSource(StrEnum):
    """Which price series a trigger watches."""

    is_index: bool

    LAST = "last"
    """Every print."""
    MARK = "mark"
    """The venue's fair price."""
    INDEX = "index"
    """The spot index behind the contract."""

    def __init__(self, value: str) -> None:
        """Note once what every order is asked: not every feed tells an index."""
        self.is_index = value == "index"


class OrderRole(StrEnum):
    """What an order is for; every order of a session has exactly one role."""

    is_entry: bool
    """Whether it is there to open."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    TARGET = "target"
    TRAIL = "trail"
    TIME_STOP = "time_stop"
    FLATTEN = "flatten"
    LIQUIDATION = "liquidation"

    def __init__(self, value: str) -> None:
        """Note once what every look at an order asks for."""
        self.is_entry = value == "entry"


PROTECTIVE: Final = frozenset(
    {OrderRole.STOP, OrderRole.TARGET, OrderRole.TRAIL, OrderRole.TIME_STOP}
)
"""The roles of a bracket's orders: they cover what is open, and outlive a session with it."""
CLOSING: Final = frozenset({OrderRole.EXIT, OrderRole.FLATTEN})
"""The roles of orders that close a whole position at the market."""


class Liquidity(StrEnum):
    """Whether a fill took a resting order or was one."""

    is_taker: bool

    TAKER = "taker"
    MAKER = "maker"

    def __init__(self, value: str) -> None:
        """Note once what every fee asks for."""
        self.is_taker = value == "taker"
