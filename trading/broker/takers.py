"""What a taker pays: three models behind one face, each with its honesty stated.

``book_walk``    level by level through the book the feed shows, less what we took before; what is
                 not shown is not filled. Where no book is shown it pays by ``square_root``.
``square_root``  half a spread, and ``Y * sigma_D * sqrt(Q / V_D) * 2/3``: the path's mean under the
                 square-root law of impact, with the last day's volatility and volume.
                 Source: Donier and Bonart 2015, arXiv 1412.4503; Y is of order one.
``linear``       half a spread, and 5 % for every million of notional: what this house's older
                 plans assumed, some hundred times what a book of BTC charges. For comparison only.

The two formulas know no levels, so they remember what we took in the same bar and price the next
piece as the continuation of it: splitting an order saves nothing. Beyond a share of the bar's
volume nothing is to be had.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from math import sqrt
from typing import Final, Protocol

import msgspec

from trading.broker.matching import Consumption, Quote, opposing, walk
from trading.market.activity import Activity, activity
from trading.market.state import SymbolMarket
from trading.model.events import BookUpdate
from trading.model.numbers import BPS, ZERO, digits, exact, price_down, price_up, tick_beyond
from trading.model.orders import Side
from trading.model.presets import Assumptions

PATH_MEAN: Final = 2 / 3
"""The mean of ``sqrt(x)`` over the way from 0 to 1: what is paid of the impact at its end."""
LINEAR_SHARE_PER_USDT: Final = 0.05 / 1_000_000
"""The older plans' impact: 5 % for each million of notional."""


class Sight(msgspec.Struct, frozen=True, gc=False):
    """What a taker meets: a book, or one price of a print or bar."""

    market: SymbolMarket
    price: float
    """Where the market is: the book's middle, or the print or bar price."""
    book: BookUpdate | None = None
    bar_volume: float | None = None
    """Volume of the bar that fills, in the base coin; None: judged by the newest closed bar."""
    bar_open_ns: int | None = None


class TakerModel(Protocol):
    """How much a taker gets, and at which prices."""

    def take(
        self, side: Side, wanted: Decimal, worst: float | None, sight: Sight, eaten: Consumption
    ) -> list[Quote]:
        """Return fills, best first, none beyond ``worst``; and remember them in ``eaten``.

        Duty of the caller: make every fill that is returned, or stop at one that ended the order.
        """
        ...


class Impact(Protocol):
    """The mean price a quantity pays beyond the spread, as a fraction; never falls with size."""

    def mean(self, quantity: float, price: float, seen: Activity | None) -> float:
        """Return the fraction for a quantity in the base coin."""
        ...


class SquareRoot:
    """Impact by the square-root law, at most ``cap``; nothing while no two bars have closed."""

    __slots__ = ("_cap", "_y")

    def __init__(self, y: float, cap: float) -> None:
        """Take the law's factor and the cap, a fraction."""
        self._y = y
        self._cap = cap

    def mean(self, quantity: float, price: float, seen: Activity | None) -> float:
        """Return ``2/3 * Y * sigma_D * sqrt(Q / V_D)``."""
        if seen is None:
            return 0.0
        if seen.volume_day <= 0.0:
            return self._cap
        full = self._y * seen.volatility_day * sqrt(quantity / seen.volume_day)
        return min(PATH_MEAN * full, self._cap)


class Linear:
    """Impact in proportion to notional, without a cap, as it was planned."""

    __slots__ = ()

    def mean(self, quantity: float, price: float, seen: Activity | None) -> float:
        """Return ``notional / 1,000,000 * 5 %``."""
        return quantity * price * LINEAR_SHARE_PER_USDT


class ByFormula:
    """Half a spread and an impact, for whatever the market shows."""

    __slots__ = ("_half", "_half_spread", "_impact", "_share_most")

    def __init__(self, impact: Impact, half_spread_bps: float, share_most: float) -> None:
        """Take the impact, the spread's half where none is shown, and the most of a bar."""
        self._impact = impact
        self._half_spread = exact(half_spread_bps) / BPS
        self._half = float(self._half_spread)
        self._share_most = exact(share_most)

    def take(
        self, side: Side, wanted: Decimal, worst: float | None, sight: Sight, eaten: Consumption
    ) -> list[Quote]:
        """Return one fill at the mean price, on the tick lattice to our disadvantage."""
        step = sight.market.instrument.quantity_step
        seen = activity(sight.market.candles)
        bar_open_ns, volume = _bar(sight, seen)
        before = eaten.bar_taken(side, bar_open_ns)
        if volume is not None:
            wanted = min(wanted, digits(volume) * self._share_most - before)
        lots = wanted // step if wanted > ZERO else ZERO
        if worst is not None:
            lots = self._bounded(side, before, int(lots), worst, sight, seen)
        if not lots:
            return []
        quantity = lots * step
        eaten.take_bar(side, bar_open_ns, quantity)
        return [(self._price(side, before, quantity, sight, seen), quantity)]

    def _bounded(
        self,
        side: Side,
        before: Decimal,
        lots: int,
        worst: float,
        sight: Sight,
        seen: Activity | None,
    ) -> Decimal:
        """Return how many of the lots a bound allows: the price never falls with size."""
        step = sight.market.instrument.quantity_step

        def paid(lots: int) -> Decimal:
            """Return the price with the sign of who pays it."""
            return side.sign * self._price(side, before, lots * step, sight, seen)

        return Decimal(bisect_right(range(1, lots + 1), side.sign * exact(worst), key=paid))

    def _price(
        self, side: Side, before: Decimal, quantity: Decimal, sight: Sight, seen: Activity | None
    ) -> Decimal:
        """Return the mean price of a piece, on the tick lattice to its disadvantage."""
        # The mean of the whole so far, less what its first part paid: the rest is this piece's.
        whole = float(before + quantity)
        mean = self._impact.mean(whole, sight.price, seen)
        if before:
            first = float(before)
            paid = self._impact.mean(first, sight.price, seen) * first
            mean = (mean * whole - paid) / float(quantity)
        if sight.book is None:
            price = sight.price * (1.0 + side.sign * (self._half + mean))
            tick = sight.market.instrument.tick_size
            beyond = tick_beyond(price, tick, is_above=side.is_buy)
            if beyond is not None:
                return beyond
        return self._exactly(side, mean, sight)

    def _exactly(self, side: Side, mean: float, sight: Sight) -> Decimal:
        """Return the same where it takes all digits to tell."""
        middle, tick = exact(sight.price), sight.market.instrument.tick_size
        half = self._half_spread
        if sight.book is not None:
            best = exact(opposing(sight.book, side)[0][0])
            half = max(ZERO, (best - middle) * side.sign / middle)
        away = half + digits(mean) if mean else half
        if side.is_buy:
            return price_up(middle * (1 + away), tick)
        return max(price_down(middle * (1 - away), tick), tick)


def _bar(sight: Sight, seen: Activity | None) -> tuple[int, float | None]:
    """Return which bar a fill counts to, and the volume it is judged by."""
    if sight.bar_open_ns is not None:
        return sight.bar_open_ns, sight.bar_volume
    if seen is None:
        return 0, None
    return seen.bar_open_ns, seen.bar_volume


class BookWalk:
    """The book where one is shown, a formula where none is."""

    __slots__ = ("_without_book",)

    def __init__(self, without_book: ByFormula) -> None:
        """Take what to do without a book."""
        self._without_book = without_book

    def take(
        self, side: Side, wanted: Decimal, worst: float | None, sight: Sight, eaten: Consumption
    ) -> list[Quote]:
        """Return a fill a level."""
        book = sight.book
        if book is None:
            return self._without_book.take(side, wanted, worst, sight, eaten)
        step = sight.market.instrument.quantity_step
        bound = worst if worst is not None else side.sign * float("inf")
        return list(walk(book, side, wanted, bound, step, eaten))


def taker_of(assumed: Assumptions) -> TakerModel:
    """Return the model a config names."""
    half, share = assumed.half_spread_bps, assumed.bar_volume_share_max
    if assumed.taker_model == "linear":
        return ByFormula(Linear(), half, share)
    root = ByFormula(SquareRoot(assumed.impact_y, assumed.impact_bps_max / 1e4), half, share)
    return root if assumed.taker_model == "square_root" else BookWalk(root)
