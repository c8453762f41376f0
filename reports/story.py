"""What happened in a session, as one frozen value: everything a report can say is in here.

Records are the journal's own where they say enough (fills, ledger lines, round trips); what has
to be joined over several records (the life of an order, the state of the feed) is a value of this
module. Nothing here is rounded, and nothing is known that the journal does not say.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reports.arrays import Fills, Orders, numbers
from trading.config import SessionConfig
from trading.journal.record import Opening
from trading.model.events import (
    AttemptStarted,
    CandleClosed,
    FeedStage,
    FundingBooked,
    FundingUnknown,
    LedgerPosted,
    LiquidationStarted,
    OrderFilled,
    Outcome,
    PositionChanged,
    RoundTripClosed,
)
from trading.model.instrument import Instrument
from trading.model.orders import OrderRequest, OrderStatus
from trading.model.sides import name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of session time."""

    from_ns: int
    to_ns: int

    @property
    def length_ns(self) -> int:
        """How long it was."""
        return self.to_ns - self.from_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the session ended.

    ``is_written`` is False for a journal without a last word: the process died, or the session
    still ran when the journal was read. Its outcome is then ``crashed``. ``fills`` and
    ``round_trips`` are what the session itself counted; None where it never said.
    """

    outcome: Outcome
    reason: str
    detail: str
    at_ns: int
    is_written: bool
    wallet: Decimal
    fills: int | None = None
    round_trips: int | None = None
    equity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLife:
    """One order from its submission to its end.

    ``status`` is the last one known. ``why`` says why it was rejected or cancelled. Prices are in
    the quote coin per base coin; a middle is of the book, None where there was none.
    ``is_carried``: it was live before the session began.
    """

    order_id: int
    parent_id: int
    request: OrderRequest
    submitted_ns: int
    arrival_ns: int
    ended_ns: int | None
    status: OrderStatus
    quantity: Decimal
    filled: Decimal
    filled_value: Decimal
    fills: int
    decision_mid: float | None
    arrival_mid: float | None
    triggered_at: Decimal | None
    why: str
    is_carried: bool

    @property
    def average_price(self) -> Decimal | None:
        """Average price of its fills; None without one."""
        return self.filled_value / self.filled if self.filled else None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of equity below its highest value before, at the mark price.

    ``depth`` is in the quote coin and ``share`` a fraction of the peak; both 0 when equity never
    fell. ``recovered_ns`` is None when the peak was not seen again.
    """

    depth: Decimal
    share: Decimal
    peak_ns: int
    trough_ns: int
    recovered_ns: int | None
    under_water_ns: int
    """Session time spent anywhere below the highest equity so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityStory:
    """The account at the mark price, sample by sample: ``times``, ``values`` and ``exposures``.

    An exposure is the worth of what was held. ``start`` is equity at the opening.
    ``unrealised_end`` is None when a position was open at the end and no sample followed its last
    change: equity is then unknown, not zero.
    """

    times: array[int]
    values: array[float]
    exposures: array[float]
    start: Decimal
    unrealised_start: Decimal
    unrealised_end: Decimal | None
    mean: Decimal
    drawdown: Drawdown
    held_ns: int
    """Session time with any position open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpan:
    """A stretch of one stage; ``is_blind``: no process was listening.

    ``age_ms`` is how old the newest message was when the stage began.
    """

    span: Span
    stage: FeedStage
    is_blind: bool = False
    age_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStory:
    """How long one channel was in each stage, and the oldest it was seen at a change of stage."""

    symbol: str
    channel: str
    stage_ns: dict[FeedStage, int]
    age_ms_max: int
    stages: tuple[StageSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Something that happened several times, with the newest words about it."""

    name: str
    count: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStory:
    """How good the market data was. A replayed file has no channels and nothing to watch."""

    is_watched: bool
    watched_ns: int
    fresh_ns: int
    stages: tuple[StageSpan, ...]
    """The worst over all channels; then the times nobody listened."""
    channels: tuple[ChannelStory, ...]
    gaps: tuple[Span, ...]
    connections: int
    losses: int
    reconnects_asked: int
    ignored: tuple[Counted, ...]
    overtaken: int
    """Book and price frames that newer ones overtook before the engine saw them."""

    @property
    def fresh_share(self) -> float | None:
        """Share of the session in which every channel was fresh; None where none is watched."""
        if not self.is_watched or self.watched_ns <= 0:
            return None
        return self.fresh_ns / self.watched_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Times during which no position could be opened, for one rule."""

    rule: str
    count: int
    total_ns: int
    detail: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """From bars to fills: where what the strategy might have done was lost.

    ``bars`` closed during the session; on ``tradable`` ones (confirmed and in time) the strategy
    was asked. Intents are entries, exits and recalls; only entries can be refused.
    """

    bars_before: int
    bars: int
    causes: tuple[Counted, ...]
    """What came of each bar, or what stood in the way; the counts add up to ``bars``."""
    tradable: int
    strategy_failures: int
    entries_wanted: int
    exits_wanted: int
    recalls_wanted: int
    refused: tuple[Counted, ...]
    entry_orders: int
    closing_orders: int
    protective_orders: int
    rejected: tuple[Counted, ...]
    canceled: tuple[Counted, ...]
    filled_entries: int
    fills: int
    suspensions: tuple[Suspension, ...]

    @property
    def refusals(self) -> int:
        """How many entries risk refused."""
        return sum(each.count for each in self.refused)


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline."""

    at_ns: int
    what: str
    words: str


@dataclass(frozen=True, kw_only=True)
class SessionStory:
    """A session, whole."""

    opening: Opening
    ending: Ending
    records: int
    digest: str
    """Hash of the newest record, which covers every record before it."""
    attempts: tuple[AttemptStarted, ...]
    fills: tuple[OrderFilled, ...]
    orders: tuple[OrderLife, ...]
    trips: tuple[RoundTripClosed, ...]
    ledger: tuple[LedgerPosted, ...]
    positions: tuple[PositionChanged, ...]
    bars: tuple[CandleClosed, ...]
    """Bars that closed during the session."""
    funding: tuple[FundingBooked | FundingUnknown, ...]
    liquidations: tuple[LiquidationStarted, ...]
    equity: EquityStory
    feed: FeedStory
    funnel: Funnel
    timeline: tuple[Happening, ...]

    @property
    def session_id(self) -> str:
        """The session's name."""
        return self.opening.setup.session_id

    @property
    def config(self) -> SessionConfig:
        """What was asked for."""
        return self.opening.setup.config

    @cached_property
    def instruments(self) -> dict[str, Instrument]:
        """Rules by symbol."""
        return {each.symbol: each for each in self.opening.setup.instruments}

    @property
    def quote(self) -> str:
        """The coin every amount is in."""
        return next((each.quote for each in self.opening.setup.instruments), "USDT")

    @property
    def span(self) -> Span:
        """From the opening to the end, or to the last that was heard of the session."""
        opened_ns = self.opening.setup.opened_ns
        return Span(from_ns=opened_ns, to_ns=max(opened_ns, self.ending.at_ns))

    @cached_property
    def fill_arrays(self) -> Fills:
        """The fills as arrays, in their order."""
        return Fills.of(self.fills)

    @cached_property
    def order_arrays(self) -> Orders:
        """The orders as arrays, in their order."""
        return Orders.of(self.orders)

    @cached_property
    def results(self) -> NDArray[np.float64]:
        """What each round trip made, as the nearest floats: for pictures and statistics."""
        return numbers(self.trips, "net")

    @property
    def wallet_start(self) -> Decimal:
        """Wallet the session took over."""
        return self.opening.setup.head.wallet

    @property
    def result_net(self) -> Decimal | None:
        """Change of equity over the session; None when equity at the end is unknown."""
        unrealised = self.equity.unrealised_end
        if unrealised is None:
            return None
        return self.ending.wallet + unrealised - self.equity.start

    @cached_property
    def open_positions(self) -> dict[str, Decimal]:
        """Signed quantity of what was open at the end, by the position's name."""
        held = {name_of(each): each.quantity for each in self.opening.setup.head.positions}
        held.update({name_of(each): each.quantity for each in self.positions})
        return {name: quantity for name, quantity in held.items() if quantity}
