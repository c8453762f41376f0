"""What happened besides trading, each in one line of words."""

from __future__ import annotations

from reports import formats
from reports.story import Happening
from trading.model.events import (
    AttemptStarted,
    BarAmbiguous,
    BreakerCleared,
    BreakerTripped,
    CancelRejected,
    CandleGap,
    ConnectionNoted,
    ControlApplied,
    EntriesResumed,
    EntriesSuspended,
    FeedStageChanged,
    FundingBooked,
    FundingNeverPublished,
    FundingUnknown,
    LiquidationEnded,
    LiquidationStarted,
    OrderStatusLearned,
    OrderStatusUnknown,
    PolicyTaken,
    ReconnectRequested,
    SessionEnded,
    SessionEnding,
    SessionStarted,
    StrategyFailed,
)
from trading.model.numbers import NS_PER_MS
from trading.model.sides import name_of

OfTheSession = (
    AttemptStarted
    | BreakerCleared
    | BreakerTripped
    | ControlApplied
    | PolicyTaken
    | EntriesResumed
    | EntriesSuspended
    | SessionEnded
    | SessionEnding
    | SessionStarted
    | StrategyFailed
)
OfTheFeed = CandleGap | ConnectionNoted | FeedStageChanged | ReconnectRequested
OfTheAccount = (
    BarAmbiguous
    | CancelRejected
    | FundingBooked
    | FundingNeverPublished
    | FundingUnknown
    | LiquidationEnded
    | LiquidationStarted
    | OrderStatusLearned
    | OrderStatusUnknown
)
Noteworthy = OfTheSession | OfTheFeed | OfTheAccount


def happening(output: Noteworthy) -> Happening:
    """Return an output as a line of the timeline."""
    if isinstance(output, OfTheSession):
        what, words = _of_session(output)
    elif isinstance(output, OfTheFeed):
        what, words = _of_feed(output)
    else:
        what, words = _of_account(output)
    return Happening(output.at_ns, what, words)


def _of_session(output: OfTheSession) -> tuple[str, str]:
    match output:
        case SessionStarted():
            return "started", f"open until {formats.utc(output.deadline_ns)}"
        case AttemptStarted():
            blind = formats.duration(output.blind_ms * NS_PER_MS)
            return "resumed", f"attempt {output.attempt}, after {blind} without hearing the market"
        case EntriesSuspended():
            return "entries shut", output.reason
        case EntriesResumed():
            return "entries open", output.reason
        case BreakerTripped():
            lifted = "a person lifts it" if output.needs_person else formats.utc(output.until_ns)
            return "breaker", (
                f"{output.code}: {output.value}, limit {output.limit}; "
                f"{output.effect.replace('_', ' ')} until {lifted}"
            )
        case BreakerCleared():
            return "breaker lifted", f"{output.code} by {output.who}: {output.why}"
        case StrategyFailed():
            return "strategy failed", f"{output.error} ({output.failures_in_a_row} in a row)"
        case PolicyTaken():
            may = "reduce only" if output.reduce_only else f"size x {output.size_multiplier:g}"
            return "policy", (
                f"{may if output.allow else 'no entries'} by {output.who} until "
                f"{formats.utc(output.expires_ns)}: {output.reason}"
            )
        case ControlApplied():
            return "control", f"{output.word} by {output.who}: {output.why}"
        case SessionEnding():
            return "ending", output.reason
        case SessionEnded():
            detail = f": {output.detail}" if output.detail else ""
            return "ended", f"{output.outcome}, {output.reason}{detail}"


def _of_feed(output: OfTheFeed) -> tuple[str, str]:
    match output:
        case ConnectionNoted():
            return ("connected" if output.is_up else "connection lost"), output.reason
        case ReconnectRequested():
            return "reconnecting", output.reason
        case FeedStageChanged():
            age = formats.duration(output.age_ms * NS_PER_MS)
            return (
                "feed",
                f"{output.symbol} {output.channel} is {output.stage}, last heard {age} ago",
            )
        case CandleGap():
            missing = f"{formats.utc(output.from_ns)} to {formats.utc(output.to_ns)}"
            return "gap", f"{output.symbol} has no bars from {missing}"


def _of_account(output: OfTheAccount) -> tuple[str, str]:
    match output:
        case FundingBooked():
            return "funding", (
                f"{formats.full_signed(output.amount)} on {formats.digits(output.quantity)} "
                f"{name_of(output)} at {formats.percent(output.rate, 4)} "
                f"of mark {formats.digits(output.mark)}"
            )
        case FundingUnknown():
            due = formats.utc(output.settlement_ns)
            return "funding owed", f"the settlement of {due} could not be had; it is still owed"
        case FundingNeverPublished():
            due = formats.utc(output.settlement_ns)
            return "funding never published", f"the settlement of {due}: nothing is booked"
        case LiquidationStarted():
            return "liquidation", (
                f"{formats.digits(output.quantity)} {name_of(output)} at mark "
                f"{formats.digits(output.mark)}: {formats.full_signed(output.balance)} left, "
                f"{formats.full_signed(output.maintenance)} needed"
            )
        case LiquidationEnded():
            return "liquidated", (
                f"{formats.digits(output.closed)} {name_of(output)} closed, "
                f"{formats.digits(output.left)} left; fee {formats.full_signed(-output.fee)}, "
                f"insurance {formats.full_signed(output.insured)}"
            )
        case BarAmbiguous():
            return "bar ambiguous", (
                f"{output.symbol} bar of {formats.utc(output.open_ns)} held both ends: "
                f"{output.reading.replace('_', ' ')} assumed ({output.count} so far)"
            )
        case CancelRejected():
            return "cancel refused", f"order {output.order_id}: {output.code} {output.detail}"
        case OrderStatusUnknown():
            return "status unknown", f"no answer about {_request(output)}; the venue is asked"
        case OrderStatusLearned():
            came = "had arrived" if output.has_reached else "never arrived"
            return "status known", f"{_request(output)} {came}; the order is {output.status}"


def _request(output: OrderStatusUnknown | OrderStatusLearned) -> str:
    return f"{'the cancel of ' if output.is_cancel else ''}order {output.order_id}"
