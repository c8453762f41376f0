"""One pass over a journal's outputs, into one frozen story.

The journal is the truth and the only source. A record of a kind that no report knows is a type
error here (``assert_never``), not a silence.
"""

from __future__ import annotations

from typing import assert_never

from reports.fold_bars import BarCauses
from reports.fold_equity import EquityFold
from reports.fold_feed import FeedFold
from reports.fold_funnel import FunnelFold
from reports.fold_orders import OrdersFold
from reports.story import Ending, Happening, SessionStory
from reports.timeline import Noteworthy, happening
from trading.journal.record import Opening, Record
from trading.journal.store import JournalReader
from trading.model.events import (
    AmendRejected,
    AttemptStarted,
    BarAmbiguous,
    BreakerCleared,
    BreakerTripped,
    CancelRejected,
    CandleClosed,
    CandleGap,
    CandlesRequested,
    ConnectionNoted,
    ControlApplied,
    EntriesResumed,
    EntriesSuspended,
    EquityMarked,
    FeedStageChanged,
    FundingBooked,
    FundingHistoryRequested,
    FundingNeverPublished,
    FundingUnknown,
    IntentRaised,
    IntentRefused,
    LedgerPosted,
    LiquidationEnded,
    LiquidationStarted,
    MessageIgnored,
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
    Outcome,
    Output,
    PolicyTaken,
    PositionChanged,
    ReconnectRequested,
    RoundTripClosed,
    SessionEnded,
    SessionEnding,
    SessionStarted,
    StrategyFailed,
    TriggerMoved,
)

NO_LAST_WORD = "no_last_word"
"""Reason of the ending of a journal that has none."""


def fold_session(reader: JournalReader) -> SessionStory:
    """Read a journal once and return what happened; it may still be growing.

    Raises:
        JournalError: when the journal cannot be read.
    """
    last = reader.last()
    fold = _Fold(reader.opening)
    for output in reader.outputs():
        fold.see(output)
    return fold.story(last)


class _Fold:
    """Hands every output to whoever keeps that part of the story."""

    def __init__(self, opening: Opening) -> None:
        setup = opening.setup
        self._opening = opening
        self._until_ns = setup.opened_ns
        self._wallet = setup.head.wallet
        self._ended: SessionEnded | None = None
        self._orders = OrdersFold(setup.head.orders)
        self._equity = EquityFold(setup.head, setup.opened_ns)
        self._feed = FeedFold(setup)
        self._funnel = FunnelFold(setup.opened_ns)
        carried = {each.key: each.quantity for each in setup.head.positions}
        self._causes = BarCauses(setup.opened_ns, carried)
        self._attempts: list[AttemptStarted] = []
        self._fills: list[OrderFilled] = []
        self._trips: list[RoundTripClosed] = []
        self._ledger: list[LedgerPosted] = []
        self._positions: list[PositionChanged] = []
        self._funding: list[FundingBooked | FundingUnknown] = []
        self._liquidations: list[LiquidationStarted] = []
        self._timeline: list[Happening] = []

    def see(self, output: Output) -> None:
        """Take one output, in the journal's order."""
        self._until_ns = max(self._until_ns, output.at_ns)
        self._causes.see(output)
        match output:
            case EquityMarked():
                self._equity.marked(output)
            case CandleClosed():
                self._funnel.bar(output)
            case MessageIgnored():
                self._feed.ignored(output)
            case (
                IntentRaised()
                | IntentRefused()
                | OrderSubmitted()
                | OrderAccepted()
                | OrderRejected()
                | OrderTriggered()
                | OrderResized()
                | OrderAmended()
                | TriggerMoved()
                | OrderFilled()
                | OrderCanceled()
                | OrderExpired()
            ):
                self._see_trading(output)
            case LedgerPosted():
                self._ledger.append(output)
                self._wallet = output.balance
            case PositionChanged():
                self._positions.append(output)
                self._equity.moved(output)
            case RoundTripClosed():
                self._trips.append(output)
            case CandlesRequested() | FundingHistoryRequested():
                return  # asked of the shell; what came of it is told by other records
            case OrderRepeated() | AmendRejected():
                return  # nothing came of it: the order stands as it was
            case _:
                self._see_noteworthy(output)

    def _see_trading(
        self,
        output: IntentRaised
        | IntentRefused
        | OrderSubmitted
        | OrderAccepted
        | OrderRejected
        | OrderTriggered
        | OrderResized
        | OrderAmended
        | TriggerMoved
        | OrderFilled
        | OrderCanceled
        | OrderExpired,
    ) -> None:
        match output:
            case IntentRaised():
                self._funnel.raised(output)
            case IntentRefused():
                self._funnel.refused(output)
            case OrderSubmitted():
                self._orders.submitted(output)
            case OrderAccepted():
                self._orders.accepted(output)
            case OrderRejected():
                self._orders.rejected(output)
            case OrderTriggered():
                self._orders.triggered(output)
            case OrderResized():
                self._orders.resized(output)
            case OrderFilled():
                self._orders.filled(output)
                self._fills.append(output)
            case OrderAmended():
                self._orders.amended(output)
            case TriggerMoved():
                self._orders.moved(output)
            case OrderCanceled():
                self._orders.canceled(output)
            case OrderExpired():
                self._orders.expired(output)

    def _see_noteworthy(self, output: Noteworthy) -> None:
        self._timeline.append(happening(output))
        match output:
            case FeedStageChanged():
                self._feed.stage_changed(output)
            case ConnectionNoted():
                self._feed.connection(output)
            case ReconnectRequested():
                self._feed.reconnect()
            case CandleGap():
                self._feed.gap(output)
            case EntriesSuspended():
                self._funnel.suspended(output)
            case EntriesResumed():
                self._funnel.resumed(output)
            case StrategyFailed():
                self._funnel.failures += 1
            case FundingBooked() | FundingUnknown():
                self._funding.append(output)
            case LiquidationStarted():
                self._liquidations.append(output)
            case AttemptStarted():
                self._attempts.append(output)
                self._feed.attempt(output)
            case SessionEnded():
                self._ended = output
            case (
                SessionStarted()
                | SessionEnding()
                | ControlApplied()
                | BarAmbiguous()
                | FundingNeverPublished()
                | LiquidationEnded()
                | CancelRejected()
                | OrderStatusUnknown()
                | OrderStatusLearned()
                | BreakerTripped()
                | PolicyTaken()
                | BreakerCleared()
            ):
                return  # the timeline is all they are for
            case _:
                assert_never(output)

    def _ending(self) -> Ending:
        ended = self._ended
        if ended is None:
            return Ending(
                outcome=Outcome.CRASHED,
                reason=NO_LAST_WORD,
                detail="the journal has no last word: the process died, or was still running",
                at_ns=self._until_ns,
                is_written=False,
                wallet=self._wallet,
            )
        return Ending(
            outcome=ended.outcome,
            reason=ended.reason,
            detail=ended.detail,
            at_ns=ended.at_ns,
            is_written=True,
            wallet=ended.wallet,
            fills=ended.fills,
            round_trips=ended.round_trips,
            equity=ended.equity,
        )

    def story(self, last: Record) -> SessionStory:
        """Return everything seen, up to the newest record."""
        if self._ended is None:
            self._until_ns = max(self._until_ns, last.received_ns)
        until_ns = self._until_ns
        orders = self._orders.story()
        return SessionStory(
            opening=self._opening,
            ending=self._ending(),
            records=last.sequence + 1,
            digest=last.digest.hex(),
            attempts=tuple(self._attempts),
            fills=tuple(self._fills),
            orders=orders,
            trips=tuple(self._trips),
            ledger=tuple(self._ledger),
            positions=tuple(self._positions),
            bars=tuple(self._funnel.bars),
            funding=tuple(self._funding),
            liquidations=tuple(self._liquidations),
            equity=self._equity.story(self._opening.setup.head.wallet, until_ns),
            feed=self._feed.story(until_ns),
            funnel=self._funnel.story(orders, self._causes.counted(), until_ns),
            timeline=tuple(self._timeline),
        )
