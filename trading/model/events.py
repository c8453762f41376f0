"""The closed union of everything that can enter or leave the engine, and its one door.

Import records from here; ``inputs``, ``outputs`` and ``order_outputs`` hold them only to keep each
a page one reads.
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
    PolicyReceived,
    PublicTrade,
    RequestFailed,
    SessionResumed,
    ShellInput,
    TimerFired,
)
from trading.model.order_outputs import (
    AmendRejected,
    BarAmbiguous,
    CancelRejected,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderRepeated,
    OrderResized,
    OrderStatusLearned,
    OrderStatusUnknown,
    OrderSubmitted,
    OrderTriggered,
    TriggerMoved,
)
from trading.model.outputs import (
    AttemptStarted,
    BreakerCleared,
    BreakerTripped,
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
    FundingNeverPublished,
    FundingUnknown,
    IntentRaised,
    IntentRefused,
    LedgerPosted,
    LedgerReason,
    LiquidationEnded,
    LiquidationStarted,
    MessageIgnored,
    Outcome,
    PolicyTaken,
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
    | BreakerTripped
    | PolicyTaken
    | BreakerCleared
    | EntriesResumed
    | OrderSubmitted
    | OrderAccepted
    | OrderRejected
    | CancelRejected
    | OrderStatusUnknown
    | OrderStatusLearned
    | OrderTriggered
    | BarAmbiguous
    | OrderResized
    | OrderAmended
    | AmendRejected
    | TriggerMoved
    | OrderRepeated
    | OrderFilled
    | OrderCanceled
    | OrderExpired
    | LedgerPosted
    | PositionChanged
    | FundingBooked
    | FundingUnknown
    | FundingNeverPublished
    | LiquidationStarted
    | LiquidationEnded
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
    "AmendRejected",
    "AttemptStarted",
    "BarAmbiguous",
    "BookUpdate",
    "BreakerCleared",
    "BreakerTripped",
    "CancelRejected",
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
    "FundingNeverPublished",
    "FundingRate",
    "FundingSettled",
    "FundingUnknown",
    "Input",
    "IntentRaised",
    "IntentRefused",
    "LedgerPosted",
    "LedgerReason",
    "LiquidationEnded",
    "LiquidationStarted",
    "MarkPrice",
    "MarketInput",
    "MessageIgnored",
    "OrderAccepted",
    "OrderAmended",
    "OrderCanceled",
    "OrderExpired",
    "OrderFilled",
    "OrderRejected",
    "OrderRepeated",
    "OrderResized",
    "OrderStatusLearned",
    "OrderStatusUnknown",
    "OrderSubmitted",
    "OrderTriggered",
    "Outcome",
    "Output",
    "PolicyReceived",
    "PolicyTaken",
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
    "TriggerMoved",
]
