"""What leaves the engine. Each carries ``at_ns``, the engine's time when it happened.

Three outputs are *effects*: requests to the shell (``CandlesRequested``,
``FundingHistoryRequested``, ``ReconnectRequested``). The shell acts on them after the step is
durable, and whatever comes of it returns as another input. Amounts are in the quote coin.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from trading.model.inputs import Channel, ControlWord
from trading.model.intents import Intent
from trading.model.numbers import ZERO
from trading.model.sides import PositionSide, Side


class _Output(msgspec.Struct, frozen=True, tag=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of the records that leave the engine."""

    at_ns: int


# --- outputs: effects -------------------------------------------------------------------------


class CandlesRequested(_Output, frozen=True, kw_only=True):
    """Fetch the closed candles that open in ``[start_ns, end_ns)``."""

    symbol: str
    interval_s: int
    start_ns: int
    end_ns: int


class FundingHistoryRequested(_Output, frozen=True, kw_only=True):
    """Fetch the settlement at ``settlement_ns`` from the venue's history."""

    symbol: str
    settlement_ns: int


class ReconnectRequested(_Output, frozen=True, kw_only=True):
    """Drop the connection and make a new one."""

    reason: str


# --- outputs: the market as the session saw it ------------------------------------------------


class CandleClosed(_Output, frozen=True):
    """A bar that is over, as strategies see it.

    ``is_confirmed``: the venue's REST history agrees; ``is_backfilled``: it was fetched too late
    to be traded on; ``is_heard``: somebody listened during all of it, where false it was settled
        pessimistically and is not traded on either. An ``open`` may lie outside ``[low, high]``:
    Bitunix opens a bar at the previous close. Made at every bar, so its fields go by place, too.
    """

    at_ns: int
    symbol: str
    interval_s: int
    open_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    is_confirmed: bool = True
    is_backfilled: bool = False
    is_heard: bool = True


class CandleGap(_Output, frozen=True, kw_only=True):
    """Bars opening in ``[from_ns, to_ns)`` are not to be had; entries wait for a new warm-up."""

    symbol: str
    from_ns: int
    to_ns: int


class FeedStage(StrEnum):
    """How trustworthy a channel is, by the age of its last message in exchange time."""

    WAITING = "waiting"
    """Nothing received yet on this connection."""
    FRESH = "fresh"
    STALE = "stale"
    """Too old to open a position on."""
    DEAD = "dead"
    """Old enough to reconnect."""


class FeedStageChanged(_Output, frozen=True, kw_only=True):
    """A channel became more or less trustworthy."""

    symbol: str
    channel: Channel
    stage: FeedStage
    age_ms: int


class MessageIgnored(_Output, frozen=True, kw_only=True):
    """Messages that were not used: not understood, out of order, crossed, overtaken, ..."""

    symbol: str
    channel: str
    reason: str
    count: int = 1


class ConnectionNoted(_Output, frozen=True, kw_only=True):
    """The connection came up or went down."""

    is_up: bool
    reason: str


# --- outputs: strategy and risk ---------------------------------------------------------------


class IntentRaised(_Output, frozen=True, kw_only=True):
    """The strategy wanted something."""

    intent_id: int
    symbol: str
    intent: Intent


class IntentRefused(_Output, frozen=True, kw_only=True):
    """Risk refused an intent: the rule, the numbers, and what would let it pass."""

    intent_id: int
    symbol: str
    rule: str
    detail: str
    remedy: str


class StrategyFailed(_Output, frozen=True, kw_only=True):
    """The strategy raised; it lost its turn, not its position."""

    symbol: str
    error: str
    failures_in_a_row: int


class EntriesSuspended(_Output, frozen=True, kw_only=True):
    """No new position may be opened, for this reason, until ``EntriesResumed``."""

    reason: str


class EntriesResumed(_Output, frozen=True, kw_only=True):
    """The reason is gone."""

    reason: str


class BreakerTripped(_Output, frozen=True, kw_only=True):
    """A limit of the account was reached; ``until_ns``: session time it holds to, or a person."""

    code: str
    effect: str
    value: str
    limit: str
    until_ns: int
    needs_person: bool


class PolicyTaken(_Output, frozen=True, kw_only=True):
    """An outside supervisor's word is in force from here on."""

    allow: bool
    size_multiplier: float
    reduce_only: bool
    reason: str
    who: str
    expires_ns: int


class BreakerCleared(_Output, frozen=True, kw_only=True):
    """A breaker holds no longer: its time is over, or a person lifted it and said why."""

    code: str
    who: str
    why: str


# --- outputs: account -------------------------------------------------------------------------


class LedgerReason(StrEnum):
    """Why money moved."""

    REALISED_PNL = "realised_pnl"
    FEE = "fee"
    FUNDING = "funding"
    LIQUIDATION_FEE = "liquidation_fee"
    INSURANCE = "insurance"


class LedgerPosted(_Output, frozen=True, kw_only=True):
    """One line of the ledger. Invariant: opening wallet + sum of amounts == ``balance``."""

    line: int
    reason: LedgerReason
    symbol: str
    amount: Decimal
    balance: Decimal
    cause: str
    position_side: PositionSide = PositionSide.BOTH


class PositionChanged(_Output, frozen=True, kw_only=True):
    """The position after a fill: ``quantity`` is signed, ``entry_value`` its exact cost.

    ``margin`` is set aside for it; 0 in cross mode.
    """

    symbol: str
    quantity: Decimal
    entry_value: Decimal
    margin: Decimal = ZERO
    position_side: PositionSide = PositionSide.BOTH


class FundingBooked(_Output, frozen=True, kw_only=True):
    """A settlement was paid or received, once: ``amount = -quantity * mark * rate``."""

    symbol: str
    settlement_ns: int
    quantity: Decimal
    mark: Decimal
    rate: Decimal
    amount: Decimal
    position_side: PositionSide = PositionSide.BOTH


class FundingUnknown(_Output, frozen=True, kw_only=True):
    """A settlement passed with a position open and its rate could not be had; it is owed."""

    symbol: str
    settlement_ns: int
    quantity: Decimal
    position_side: PositionSide = PositionSide.BOTH


class FundingNeverPublished(_Output, frozen=True, kw_only=True):
    """The venue has not told a settlement's rate for a day: nothing is booked, nobody asks on."""

    symbol: str
    settlement_ns: int
    quantity: Decimal
    position_side: PositionSide = PositionSide.BOTH


class LiquidationStarted(_Output, frozen=True, kw_only=True):
    """The mark has left a position no more than its maintenance: the venue takes it away.

    ``balance`` is what backs it, with its profit at the mark; cross, both are the account's.
    """

    symbol: str
    quantity: Decimal
    mark: Decimal
    balance: Decimal
    maintenance: Decimal
    position_side: PositionSide = PositionSide.BOTH


class LiquidationEnded(_Output, frozen=True, kw_only=True):
    """What was taken away, what is left of it, and what that cost beside the loss.

    ``insured`` is what the insurance fund paid, so that nothing else of the account was touched.
    """

    symbol: str
    closed: Decimal
    left: Decimal
    fee: Decimal
    insured: Decimal
    position_side: PositionSide = PositionSide.BOTH


class RoundTripClosed(_Output, frozen=True):
    """A position from flat to flat (or to a flip).

    ``net = gross - fees + funding``; ``risk`` is the loss planned at entry, 0 where unknown.
    """

    at_ns: int
    trip_id: int
    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_ns: int
    closed_ns: int
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    risk: Decimal
    reason_in: str
    reason_out: str
    position_side: PositionSide = PositionSide.BOTH


class EquityMarked(_Output, frozen=True, kw_only=True):
    """The account at one instant: equity is wallet plus unrealised profit at the mark price."""

    wallet: Decimal
    unrealised: Decimal
    equity: Decimal
    exposure: Decimal
    tied_up: Decimal = ZERO
    """Margin behind what is open."""
    maintenance: Decimal = ZERO
    """What must be left of that (isolated), or of the equity (cross)."""


# --- outputs: the session ---------------------------------------------------------------------


class Outcome(StrEnum):
    """How a session ended."""

    COMPLETED = "completed"
    NO_TRADES = "no_trades"
    DEGRADED = "degraded"
    HALTED = "halted"
    KILLED = "killed"
    FEED_FAILED = "feed_failed"
    REFUSED = "refused"
    CRASHED = "crashed"
    ABANDONED = "abandoned"


class SessionStarted(_Output, frozen=True, kw_only=True):
    """The engine is open for business until ``deadline_ns``."""

    session_id: str
    deadline_ns: int


class AttemptStarted(_Output, frozen=True, kw_only=True):
    """A new process took the session over after ``blind_ms`` without hearing the market.

    ``snapshot`` and ``doubts``: where it started from, and what was wrong with a newer snapshot.
    """

    attempt: int
    blind_ms: int
    snapshot: int = 0
    doubts: str = ""


class ControlApplied(_Output, frozen=True, kw_only=True):
    """A control word took effect."""

    word: ControlWord
    who: str
    why: str


class SessionEnding(_Output, frozen=True, kw_only=True):
    """The session is closing its positions and orders, for this reason."""

    reason: str


class SessionEnded(_Output, frozen=True, kw_only=True):
    """The last record of a session; there is exactly one."""

    outcome: Outcome
    reason: str
    detail: str
    wallet: Decimal
    equity: Decimal | None
    """None: a position is carried and its mark price is not known."""
    fills: int
    round_trips: int
    ambiguous_bars: int = 0
    """Bars that held both ends of what was open; what was taken of them is an assumption."""
