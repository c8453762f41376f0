"""Could this have happened? Every fill held against the recorded tape, and what followed it.

``score`` is the share of the traded notional that the tape bears out, in percent: a fill that a
book or a print shows counts in full, one inside a bar half (the bar reached the price; when, and
with how much, is unknown), one the tape knows nothing of not at all. A single fill that the market
cannot have given makes it 0. It judges the fills, not the strategy: 100 means that this broker
invented nothing, not that the assumptions about latency and queues hold.

**Markouts** are where the middle of the book stood some time after a fill, in our favour above
zero: ``s * (middle - price) / price`` in bps. A resting order is filled when somebody knows better,
so a positive markout of makers after a second is a fill model that flatters; a taker begins at
minus the half spread, so a positive one after 0.1 s is a fill on a stale book.

**Shortfall** (Perold) of what was decided, against the middle at the decision: ``delay`` up to
the arrival, ``execution`` (spread, impact, waiting) from there to the fill, and ``opportunity``
for what was never filled, up to the middle when the order ended. Above zero it cost. Fees stand
apart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from reports.story import OrderLife, SessionStory
from reports.tape.path import PricePath
from reports.tape.read import Tape
from reports.tape.witness import Grade
from trading.model.events import OrderFilled
from trading.model.numbers import BPS, ZERO, exact, seconds_to_ns
from trading.model.orders import Liquidity, OrderStatus

HORIZONS_S: Final = (0.1, 1.0, 5.0, 30.0)
MARKOUTS_FEW: Final = 30
"""Fewer markouts than this prove no flattery."""
_WEIGHTS: Final = {Grade.SEEN: Decimal(1), Grade.IN_BAR: Decimal("0.5")}
_SUSPECT_S: Final = {Liquidity.MAKER: 1.0, Liquidity.TAKER: 0.1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Markout:
    """The mean over ``n`` fills after ``horizon_s``, and its standard error; None for one fill."""

    liquidity: Liquidity
    horizon_s: float
    n: int
    mean_bps: float
    error_bps: float | None

    @property
    def flatters(self) -> bool:
        """Whether fills were followed by gains that no honest fill model gives."""
        if self.error_bps is None or self.n < MARKOUTS_FEW:
            return False
        is_asked = self.horizon_s == _SUSPECT_S[self.liquidity]
        return is_asked and self.mean_bps > 2 * self.error_bps


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Over ``orders`` that were decided, in the quote coin; ``decided`` is their notional."""

    orders: int
    decided: Decimal
    delay: Decimal
    execution: Decimal
    opportunity: Decimal

    @property
    def total_bps(self) -> Decimal:
        """The whole of it, of the decided notional."""
        return (self.delay + self.execution + self.opportunity) / self.decided * BPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Realism:
    """What the tape says of a session's fills; the module says what each number means.

    ``score`` is None without a fill. ``impossible`` names fills the market cannot have given.
    ``pruned`` inputs were dropped from the journal, and what they showed with them.
    """

    score: Decimal | None
    grades: dict[Grade, int]
    impossible: tuple[str, ...]
    markouts: tuple[Markout, ...]
    shortfall: Shortfall | None
    pruned: int

    @property
    def flattering(self) -> tuple[Markout, ...]:
        """The markouts that are too good to be true."""
        return tuple(each for each in self.markouts if each.flatters)


def examine(story: SessionStory, tape: Tape) -> Realism:
    """Hold every fill against the tape."""
    graded = [(fill, tape.grades.get(fill.fill_id, Grade.UNSEEN)) for fill in story.fills]
    paths = {symbol: quotes.by_stamp() for symbol, quotes in tape.quotes.items()}
    return Realism(
        score=_score(graded),
        grades=dict(Counter(grade for _, grade in graded)),
        impossible=tuple(
            f"fill {fill.fill_id}: {fill.side} {fill.quantity:f} at {fill.price:f} ({grade})"
            for fill, grade in graded
            if grade.is_impossible
        ),
        markouts=_markouts(story, paths),
        shortfall=_shortfall(story, tape),
        pruned=tape.pruned,
    )


def _score(graded: list[tuple[OrderFilled, Grade]]) -> Decimal | None:
    traded = sum((fill.price * fill.quantity for fill, _ in graded), ZERO)
    if not traded:
        return None
    if any(grade.is_impossible for _, grade in graded):
        return ZERO
    borne = sum(
        (fill.price * fill.quantity * _WEIGHTS.get(grade, ZERO) for fill, grade in graded), ZERO
    )
    return borne / traded * 100


def _markouts(story: SessionStory, paths: dict[str, PricePath | None]) -> tuple[Markout, ...]:
    found = []
    for liquidity in Liquidity:
        for horizon_s in HORIZONS_S:
            after_ns = seconds_to_ns(horizon_s)
            moves = []
            for fill in story.fills:
                path = paths.get(fill.symbol)
                is_told = path is not None and fill.exchange_ns + after_ns <= path.to_ns
                if path is None or not is_told or fill.liquidity is not liquidity:
                    continue
                price = float(fill.price)
                moved = path.at(fill.exchange_ns + after_ns) - price
                moves.append(fill.side.sign * moved / price * float(BPS))
            if moves:
                few = len(moves) == 1
                found.append(
                    Markout(
                        liquidity=liquidity,
                        horizon_s=horizon_s,
                        n=len(moves),
                        mean_bps=fmean(moves),
                        error_bps=None if few else stdev(moves) / sqrt(len(moves)),
                    )
                )
    return tuple(found)


def _shortfall(story: SessionStory, tape: Tape) -> Shortfall | None:
    """Sum the shortfall of every order that was decided on a book and reached the venue."""
    delay = execution = opportunity = decided = ZERO
    count = 0
    for order in story.orders:
        middles = _middles(order)
        if middles is None:
            continue
        decision, arrival = middles
        sign = order.request.side.sign
        unfilled = order.quantity - order.filled
        end = _middle_at_end(order, tape)
        count += 1
        decided += order.quantity * decision
        delay += sign * order.filled * (arrival - decision)
        execution += sign * (order.filled_value - order.filled * arrival)
        if end is not None:
            opportunity += sign * unfilled * (end - decision)
    if not count:
        return None
    return Shortfall(
        orders=count, decided=decided, delay=delay, execution=execution, opportunity=opportunity
    )


def _middles(order: OrderLife) -> tuple[Decimal, Decimal] | None:
    """Return the middles at decision and arrival; None for what was not decided, or refused."""
    is_decided = order.parent_id == 0 and not order.is_carried
    if not is_decided or order.request.type.is_triggered or order.status is OrderStatus.REJECTED:
        return None
    if order.decision_mid is None or order.arrival_mid is None:
        return None
    return exact(order.decision_mid), exact(order.arrival_mid)


def _middle_at_end(order: OrderLife, tape: Tape) -> Decimal | None:
    """Return the middle when an order ended with something unfilled; None: still alive."""
    quotes = tape.quotes.get(order.request.symbol)
    path = quotes.by_session() if quotes else None
    if order.ended_ns is None or path is None or order.filled >= order.quantity:
        return None
    return exact(path.at(order.ended_ns))
