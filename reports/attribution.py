"""Where the result came from: what the price gave, and what each kind of cost took.

A fill's price is taken apart along the way from the decision to the fill::

    price = reference + (middle at the fill - reference)      delay, and waiting in the queue
                      + (best price met - middle)             spread; a resting order earns it
                      + (price - best price met)              impact: deeper levels of the book

The reference of an order is the middle of the book when it was decided. A stop or target is not
decided but pulled, so its reference is the middle at the fill. A fill on data without a book has
no middle: its price is its reference, its costs are inside ``gross``, and it is counted.

``gross`` is what the session would have made at the references. It is computed from positions and
prices, not as what is left over; what is left over is ``rounding``, which the ledger's quantum
bounds, and a larger one is an error the report shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports.story import OrderLife, SessionStory
from trading.model.events import LedgerReason, OrderFilled, PositionChanged
from trading.model.numbers import MONEY_QUANTUM, ZERO, exact
from trading.model.orders import Liquidity, Side
from trading.model.sides import name_of


@dataclass(frozen=True, slots=True)
class Share:
    """One part of the result, in the quote coin; below zero it cost."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """``start`` and every part make ``end``: equity before and after, at the mark price.

    ``unpriced`` fills had no book beside them. ``lines`` of the ledger were rounded.
    """

    start: Decimal
    parts: tuple[Share, ...]
    end: Decimal
    unpriced: int
    lines: int

    @property
    def adds_up(self) -> bool:
        """Whether nothing is left over but the rounding of the ledger's lines."""
        return abs(self.amount("rounding")) <= MONEY_QUANTUM * self.lines

    def amount(self, name: str) -> Decimal:
        """Return one part's amount."""
        return next(part.amount for part in self.parts if part.name == name)


def attribute(story: SessionStory) -> Attribution | None:
    """Take the result apart; None where equity at the end is unknown."""
    net = story.result_net
    if net is None:
        return None
    orders = {order.order_id: order for order in story.orders}
    best = _best_prices(story.fills)
    from_ns = _counted_from(story)
    before = tuple(each for each in story.positions if each.at_ns <= from_ns)
    gross = _held(story, story.equity.unrealised_end or ZERO, story.positions)
    gross -= _held(story, story.equity.unrealised_start, before)
    delay = spread = impact = maker = taker = ZERO
    unpriced = 0
    for fill in story.fills:
        if fill.at_ns <= from_ns:
            continue
        signed = fill.side.sign * fill.quantity
        middle = fill.price if fill.mid is None else exact(fill.mid)
        reference = _reference(fill, orders.get(fill.order_id), middle)
        touch = best[_meeting(fill)] if fill.mid is not None else fill.price
        gross -= signed * reference
        delay -= signed * (middle - reference)
        spread -= signed * (touch - middle)
        impact -= signed * (fill.price - touch)
        unpriced += fill.mid is None
        if fill.liquidity is Liquidity.MAKER:
            maker -= fill.fee
        else:
            taker -= fill.fee
    booked = dict.fromkeys(LedgerReason, ZERO)
    lines = [line for line in story.ledger if line.at_ns > from_ns]
    for line in lines:
        booked[line.reason] += line.amount
    parts = [
        Share("gross", gross),
        Share("delay", delay),
        Share("spread", spread),
        Share("impact", impact),
        Share("maker fees", maker),
        Share("taker fees", taker),
        *(
            Share(str(reason).replace("_", " "), amount)
            for reason, amount in booked.items()
            if reason not in {LedgerReason.REALISED_PNL, LedgerReason.FEE}
            and (amount or reason is LedgerReason.FUNDING)
        ),
    ]
    parts.append(Share("rounding", net - sum((part.amount for part in parts), ZERO)))
    return Attribution(
        start=story.equity.start,
        parts=tuple(parts),
        end=story.equity.start + net,
        unpriced=unpriced,
        lines=len(lines),
    )


def _counted_from(story: SessionStory) -> int:
    """Return after when the result counts: from the opening, where equity was known then.

    A position carried in without a mark has no worth before its first one; what its silence did to
    it until then is no part of this session's result.
    """
    head = story.opening.setup.head
    if head.positions and head.marked is None and story.equity.times:
        return story.equity.times[0]
    return story.opening.setup.opened_ns - 1


def _held(
    story: SessionStory, unrealised: Decimal, positions: tuple[PositionChanged, ...]
) -> Decimal:
    """Return what the positions were worth at the mark, signed: their cost and their profit."""
    costs = {
        name_of(each): (each.quantity, each.entry_value)
        for each in story.opening.setup.head.positions
    }
    costs.update({name_of(each): (each.quantity, each.entry_value) for each in positions})
    return unrealised + sum((value.copy_sign(held) for held, value in costs.values()), ZERO)


def _reference(fill: OrderFilled, order: OrderLife | None, middle: Decimal) -> Decimal:
    """Return the price the order was decided at."""
    is_pulled = order is None or order.parent_id or order.is_carried
    if is_pulled or order is None or order.decision_mid is None or fill.mid is None:
        return middle
    if order.request.type.is_triggered:
        return middle
    return exact(order.decision_mid)


_Meeting = tuple[int, int, int]


def _meeting(fill: OrderFilled) -> _Meeting:
    """Return what fills of one order at one book have in common."""
    return fill.order_id, fill.at_ns, fill.exchange_ns


def _best_prices(fills: tuple[OrderFilled, ...]) -> dict[_Meeting, Decimal]:
    """Return the best price each order met each time it met the market."""
    best: dict[_Meeting, Decimal] = {}
    for fill in fills:
        found = best.get(_meeting(fill), fill.price)
        better = min if fill.side is Side.BUY else max
        best[_meeting(fill)] = better(found, fill.price)
    return best
