"""The closed union of everything that can enter or leave the engine, and its one door.

Import records from here; ``inputs`` and ``outputs`` hold them only to keep each a page one reads.
"""

from __future__ import annotations

from trading.model.inputs import (
    BookUpdate,
    CandlesExhausted,
    CandleUpdate,
    Channel,
    ControlReceived,
    ControlWord,
    FeedConnected,
    FeedLost,
    FrameRejected,
    FramesConflated,
    FundingRate,
    FundingSettled,
    Input,
    MarketInput,
    MarkPrice,
    PublicTrade,
    RequestFailed,
    SessionResumed,
    ShellInput,
    TimerFired,
)
from trading.model.outputs import (
    AttemptStarted,
    CandleClosed,
    CandleGap,
    CandlesRequested,
    ConnectionNoted,
    ControlApplied,
    EntriesResumed,
    EntriesSuspended,
    EquityMarked,
    FeedStage,
    FeedStageChanged,
    FundingBooked,
    FundingHistoryRequested,
    FundingUnknown,
    IntentRaised,
    IntentRefused,
    LedgerPosted,
    LedgerReason,
    MessageIgnored,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderResized,
    OrderSubmitted,
    OrderTriggered,
    Outcome,
    PositionChanged,
    ReconnectRequested,
    RoundTripClosed,
    SessionEnded,
    SessionEnding,
    SessionStarted,
    StrategyFailed,
)

Output = (
    CandlesRequested
    | FundingHistoryRequested
    | ReconnectRequested
    | CandleClosed
    | CandleGap
    | FeedStageChanged
    | MessageIgnored
    | ConnectionNoted
    | IntentRaised
    | IntentRefused
    | StrategyFailed
    | EntriesSuspended
    | EntriesResumed
    | OrderSubmitted
    | OrderAccepted
    | OrderRejected
    | OrderTriggered
    | OrderResized
    | OrderFilled
    | OrderCanceled
    | LedgerPosted
    | PositionChanged
    | FundingBooked
    | FundingUnknown
    | RoundTripClosed
    | EquityMarked
    | SessionStarted
    | AttemptStarted
    | ControlApplied
    | SessionEnding
    | SessionEnded
)

Event = Input | Output

__all__ = [
    "AttemptStarted",
    "BookUpdate",
    "CandleClosed",
    "CandleGap",
    "CandleUpdate",
    "CandlesExhausted",
    "CandlesRequested",
    "Channel",
    "ConnectionNoted",
    "ControlApplied",
    "ControlReceived",
    "ControlWord",
    "EntriesResumed",
    "EntriesSuspended",
    "EquityMarked",
    "Event",
    "FeedConnected",
    "FeedLost",
    "FeedStage",
    "FeedStageChanged",
    "FrameRejected",
    "FramesConflated",
    "FundingBooked",
    "FundingHistoryRequested",
    "FundingRate",
    "FundingSettled",
    "FundingUnknown",
    "Input",
    "IntentRaised",
    "IntentRefused",
    "LedgerPosted",
    "LedgerReason",
    "MarkPrice",
    "MarketInput",
    "MessageIgnored",
    "OrderAccepted",
    "OrderCanceled",
    "OrderFilled",
    "OrderRejected",
    "OrderResized",
    "OrderSubmitted",
    "OrderTriggered",
    "Outcome",
    "Output",
    "PositionChanged",
    "PublicTrade",
    "ReconnectRequested",
    "RequestFailed",
    "RoundTripClosed",
    "SessionEnded",
    "SessionEnding",
    "SessionResumed",
    "SessionStarted",
    "ShellInput",
    "StrategyFailed",
    "TimerFired",
]
