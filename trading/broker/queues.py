"""What a resting limit order needs before it is filled: four models behind one face.

Who is ahead of us in a level's queue is not told by a feed of sizes and prints. From the least to
the most generous:

``trade_through``  only a print beyond the price fills. A lower bound: whoever was at the price was
                   then filled, we among them.
``risk_averse``    the queue is everybody shown when we came; it gets shorter by prints at our
                   price, and when less is shown than was thought to be ahead. All who leave are
                   assumed to have stood behind us.
``power``          as before, but of those who leave, some stood ahead: with ``front`` ahead and
                   ``back`` behind, the share ``p = f(back) / (f(back) + f(front))``, ``f(x) =
                   x ** n``, stood behind us. Source: hftbacktest ``queue.rs``; Rigtorp 2013.
``touch``          every print at the price fills. An upper bound that invents profit: fit for
                   showing how much of a result is the fill model's.

Whatever the model, a fill is at the order's own price and at most what printed there; the other
side of the book coming to the price fills as well, except under ``trade_through``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from trading.model.events import PublicTrade
from trading.model.numbers import ZERO, exact
from trading.model.orders import Order
from trading.model.presets import Assumptions


class MakerModel(Protocol):
    """How a resting order's place moves, and how much of a print reaches it."""

    fills_on_touch: bool
    """Whether a price equal to the limit is enough; else it must be gone through."""
    fills_on_cross: bool
    """Whether the other side of the book at our price is a counterparty."""

    def join(self, order: Order, shown: float | None) -> None:
        """Take a place behind what is shown at the price; None: the price is not in view."""
        ...

    def look(self, order: Order, shown: float | None) -> None:
        """Move up by what a new book shows at the price."""
        ...

    def reach(self, order: Order, trade: PublicTrade) -> Decimal:
        """Return how much of a print reaches the order; moves its place."""
        ...


def is_through(order: Order, price: float) -> bool:
    """Tell whether a price lies beyond a limit order's own, not merely at it."""
    limit = order.request.price
    if limit is None:
        return False
    level = float(limit)
    return price < level if order.request.side.is_buy else price > level


def is_at(order: Order, price: float) -> bool:
    """Tell whether a price is a limit order's own."""
    limit = order.request.price
    return limit is not None and price == float(limit)


class RiskAverse:
    """Nobody ahead is assumed to have left, unless the level shows that they must have."""

    __slots__ = ()
    fills_on_touch = False
    fills_on_cross = True

    def join(self, order: Order, shown: float | None) -> None:
        """Stand behind all that is shown."""
        order.queue_ahead = shown

    def look(self, order: Order, shown: float | None) -> None:
        """Never stand behind more than is shown."""
        if shown is not None:
            ahead = order.queue_ahead
            order.queue_ahead = shown if ahead is None else min(ahead, shown)

    def reach(self, order: Order, trade: PublicTrade) -> Decimal:
        """Let a print eat the queue first; what it leaves is for us."""
        if is_through(order, trade.price):
            order.queue_ahead = 0.0
            return exact(trade.quantity)
        if order.queue_ahead is None or not is_at(order, trade.price):
            return ZERO
        # In decimals: 0.7 printed on 0.5 ahead leaves 0.2 for us, not 0.19999999999999996.
        beyond = exact(trade.quantity) - exact(order.queue_ahead)
        order.queue_ahead = float(max(ZERO, -beyond))
        return max(ZERO, beyond)


def behind_share(front: float, back: float, power: float) -> float:
    """Return which share of those who left stood behind us.

    1 when nobody is ahead, 0 when nobody is behind, a half in the middle:

    >>> behind_share(0.0, 5.0, 3), behind_share(5.0, 0.0, 3), behind_share(2.0, 2.0, 3)
    (1.0, 0.0, 0.5)
    """
    if front <= 0.0:
        return 1.0
    if back <= 0.0:
        return 0.0
    return 1.0 / (1.0 + float((front / back) ** power))


class PowerQueue(RiskAverse):
    """Those who leave without a print stood ahead of us with a probability; its mean is taken."""

    __slots__ = ("power",)

    def __init__(self, power: float) -> None:
        """Take the exponent ``n`` of ``f(x) = x ** n``; the larger, the more certain."""
        self.power = power

    def join(self, order: Order, shown: float | None) -> None:
        """Stand behind all that is shown, and remember how much that was."""
        super().join(order, shown)
        order.queue_shown = shown
        order.queue_printed = 0.0

    def look(self, order: Order, shown: float | None) -> None:
        """Share out what left since the last book, beyond what printed at the price.

        ``d = (before - printed) - shown`` left; ``front -= (1 - p) * d``, and no more than what is
        shown can be ahead. Where the level grew, the newcomers are behind us.
        """
        if shown is None:
            return
        front, before = order.queue_ahead, order.queue_shown
        if front is not None and before is not None:
            left_over = max(0.0, before - order.queue_printed)
            gone = left_over - shown
            if gone > 0.0:
                back = max(0.0, left_over - front)
                ahead_gone = (1.0 - behind_share(front, back, self.power)) * gone
                # Those behind cannot be fewer than none: what they lack has left ahead of us.
                ahead_gone = max(ahead_gone, gone - back)
                order.queue_ahead = max(0.0, front - ahead_gone)
        super().look(order, shown)
        order.queue_shown = shown
        order.queue_printed = 0.0

    def reach(self, order: Order, trade: PublicTrade) -> Decimal:
        """Let a print eat the queue first, and remember it as no cancel."""
        if is_at(order, trade.price):
            order.queue_printed += trade.quantity
        return super().reach(order, trade)


class TradeThrough:
    """Nothing but a print beyond the price fills."""

    __slots__ = ()
    fills_on_touch = False
    fills_on_cross = False

    def join(self, order: Order, shown: float | None) -> None:
        """Take no place: this model knows no queue."""
        order.queue_ahead = None

    def look(self, order: Order, shown: float | None) -> None:
        """Learn nothing from a book."""

    def reach(self, order: Order, trade: PublicTrade) -> Decimal:
        """Return the whole print when it went through."""
        return exact(trade.quantity) if is_through(order, trade.price) else ZERO


class Touch:
    """Every print at the price fills, as if nobody were ahead."""

    __slots__ = ()
    fills_on_touch = True
    fills_on_cross = True

    def join(self, order: Order, shown: float | None) -> None:
        """Stand first."""
        order.queue_ahead = 0.0

    def look(self, order: Order, shown: float | None) -> None:
        """Stay first."""

    def reach(self, order: Order, trade: PublicTrade) -> Decimal:
        """Return the whole print when it came to the price."""
        is_reached = is_at(order, trade.price) or is_through(order, trade.price)
        return exact(trade.quantity) if is_reached else ZERO


def maker_of(assumed: Assumptions) -> MakerModel:
    """Return the model a config names."""
    match assumed.maker_model:
        case "risk_averse":
            return RiskAverse()
        case "power":
            return PowerQueue(assumed.queue_power)
        case "trade_through":
            return TradeThrough()
        case "touch":
            return Touch()
