"""What enters the engine: the market's messages and the shell's.

Inputs carry ``received_ns``, the session clock at which the shell got them; market inputs also
carry ``exchange_ns``, the venue's own stamp. All times are UTC nanoseconds since 1970. Prices are
in the quote coin per base coin, quantities in the base coin, rates are fractions (never percent).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from trading.model.orders import Side


class _Input(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Base of the records that enter the engine."""


# --- inputs: the market -----------------------------------------------------------------------


class Channel(StrEnum):
    """The streams a session listens to, each with an age of its own."""

    BOOK = "book"
    PRICE = "price"
    CANDLE = "candle"
    TRADE = "trade"


class PublicTrade(_Input, frozen=True):
    """A print on the venue; ``taker_side`` is the aggressor's."""

    symbol: str
    exchange_ns: int
    received_ns: int
    price: float
    quantity: float
    taker_side: Side


class BookUpdate(_Input, frozen=True):
    """The whole visible book: ``(price, quantity)`` levels, best first on both sides."""

    symbol: str
    exchange_ns: int
    received_ns: int
    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]


class CandleUpdate(_Input, frozen=True):
    """One bar as the venue tells it: still forming, or closed (``is_closed``).

    A push of a venue without a closed flag is never closed; its successor's first push shows
    that it ended, and a REST reply confirms it. ``volume`` is in the base coin, ``turnover`` in
    the quote coin.
    """

    symbol: str
    exchange_ns: int
    received_ns: int
    interval_s: int
    open_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    is_closed: bool


class MarkPrice(_Input, frozen=True):
    """The venue's fair price, by which margin and unrealised profit are judged.

    ``index`` is the spot index behind it, None where a venue tells none. ``settled_rate`` is the
    funding rate charged at ``settled_ns``; ``next_funding_ns`` is when the next one will be.
    """

    symbol: str
    exchange_ns: int
    received_ns: int
    mark: float
    index: float | None
    settled_rate: Decimal | None
    settled_ns: int | None
    next_funding_ns: int | None


class FundingRate(_Input, frozen=True):
    """The rate the venue expects to charge next: an estimate until it is settled."""

    symbol: str
    received_ns: int
    rate: Decimal
    interval_h: int
    next_funding_ns: int


class FundingSettled(_Input, frozen=True):
    """A settlement as the venue's history has it: the truth after the fact."""

    symbol: str
    received_ns: int
    settlement_ns: int
    rate: Decimal
    mark: Decimal


# --- inputs: the shell ------------------------------------------------------------------------


class CandlesExhausted(_Input, frozen=True):
    """A candle request was answered in full: the venue has nothing more for that span."""

    symbol: str
    received_ns: int
    interval_s: int
    start_ns: int
    end_ns: int


class FrameRejected(_Input, frozen=True):
    """A message that could not be understood; counted with its reason, never a crash."""

    received_ns: int
    channel: str
    reason: str


class FramesConflated(_Input, frozen=True):
    """Book or price frames overtaken by newer ones before the engine saw them."""

    received_ns: int
    count: int


class FeedConnected(_Input, frozen=True):
    """A connection is up and subscribed; what each channel delivers must still prove itself."""

    received_ns: int
    attempt: int


class FeedLost(_Input, frozen=True):
    """The connection ended, was found dead, or overran its queue."""

    received_ns: int
    reason: str


class RequestFailed(_Input, frozen=True):
    """An effect the engine asked for could not be carried out."""

    received_ns: int
    symbol: str
    purpose: str
    reason: str
    is_fatal: bool


class TimerFired(_Input, frozen=True):
    """Time has passed with nothing else to say."""

    received_ns: int


class ControlWord(StrEnum):
    """What a person, the supervisor or the kill switch may say to a running session."""

    STOP = "stop"
    """End now, by the configured end policy."""
    FLATTEN = "flatten"
    """Close every position and take no new one until ``resume``."""
    PAUSE = "pause"
    """Take no new position; exits stay armed."""
    RESUME = "resume"
    """Lift a pause."""
    LEAVE = "leave"
    """Close every position and take no new one until the session is resumed by another process."""
    KILL = "kill"
    """Flatten and end; the outcome is ``killed``."""
    CLEAR = "clear"
    """Lift a tripped breaker; a person's word, with a name and a reason."""
    LIMIT = "limit"
    """End now, as ``stop``: the process has taken what it may of the machine."""
    ABANDON = "abandon"
    """Close the books of a session whose process is gone; positions and their protection stay."""
    DISOWN = "disown"
    """Close the books of a session whose account has gone on without it."""


class ControlReceived(_Input, frozen=True):
    """A control word, with who said it and why."""

    received_ns: int
    word: ControlWord
    who: str
    why: str
    code: str = ""
    """Which breaker ``clear`` lifts; empty: every one."""


class PolicyReceived(_Input, frozen=True):
    """What an outside supervisor permits until ``expires_ns``; it can only lower risk.

    ``size_multiplier``: 0 to 1, what an entry's size is multiplied by.
    """

    received_ns: int
    allow: bool
    size_multiplier: float
    reduce_only: bool
    reason: str
    who: str
    expires_ns: int


class SessionResumed(_Input, frozen=True):
    """The process was replaced; what it missed since ``last_ns`` is unknown to it.

    ``snapshot``: the record whose snapshot it started from, 0 when it ran everything again;
    ``doubts``: why a newer one, or any, was not used. ``has_new_clock``: this process has set its
    clock by the machine's, so what was known of its distance to the venue's is void.
    """

    received_ns: int
    attempt: int
    last_ns: int
    snapshot: int = 0
    doubts: str = ""
    has_new_clock: bool = False


MarketInput = PublicTrade | BookUpdate | CandleUpdate | MarkPrice | FundingRate | FundingSettled
ShellInput = (
    CandlesExhausted
    | FrameRejected
    | FramesConflated
    | FeedConnected
    | FeedLost
    | RequestFailed
    | TimerFired
    | ControlReceived
    | PolicyReceived
    | SessionResumed
)
Input = MarketInput | ShellInput
