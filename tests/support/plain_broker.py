"""A paper broker written a second time: slow, obvious, and from the rules instead of the code.

It shares nothing with ``trading.broker`` and ``trading.account`` but the words of an order request.
Every rule is a sentence; where one is not obvious it is the sentence of ``trading/README.md``:

- An order is at the venue 100 ms after it was sent, a cancel likewise but never before its order;
  it meets the first book stamped at or after that. A stop meets the first book 10 ms after the
  print that pulled it.
- A taker takes the shown levels, best first, less what we took of a level since it last changed,
  down to its limit, or to 2 % from the best.
- A resting order stands behind what is shown at its price, never behind more than is shown later;
  prints at its price eat what is ahead, prints beyond it leave nobody ahead. It is filled at its
  own price, by what a print leaves and by the other side's levels that come to it.
- A bracket's stop and target cover what is open, one group for the position or one an entry; the
  groups nearest to the market keep their cover when something else reduces.
- Fees and results are rounded to 8 places, half to even; so is the share of the cost that a
  reduction takes out.
- In hedge mode there are two positions, a long and a short. An order names its own, opens it only
  on that side and closes it only as one that reduces; brackets, and what an exit ends, are of one
  position. One-way there is one, and an order that names another is refused.

Scope: one symbol, one-way and hedge, prints and books, constant latency; market, limit (GTC, IOC,
FOK, POST_ONLY), stop-market, reduce-only, cancels, brackets of stop and target.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN

from tests.support.plain_order import ZERO, D, PlainOrder

Level = tuple[D, D]
WAY_MS = 100
PULL_MS = 10
BOUND = D("0.02")
TAKER, MAKER = D("0.0006"), D("0.0002")
LOT = D("0.0001")
PLACES = D("0.00000001")
OPENING = D("10000.00")


def rounded(amount: D) -> D:
    """Return an amount of money as the ledger keeps it."""
    return amount.quantize(PLACES, ROUND_HALF_EVEN)


@dataclass
class PlainBroker:
    """All there is: orders ever sent, the newest book, what we took from it, the account."""

    hedged: bool = False
    wallet: D = OPENING
    position: dict[int, D] = field(default_factory=lambda: dict.fromkeys((0, 1, -1), ZERO))
    cost: dict[int, D] = field(default_factory=lambda: dict.fromkeys((0, 1, -1), ZERO))
    orders: list[PlainOrder] = field(default_factory=list)
    fills: list[tuple[int, D, D, D]] = field(default_factory=list)
    bids: list[Level] = field(default_factory=list)
    asks: list[Level] = field(default_factory=list)
    book_ms: int = -1
    last: D | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    """Fills by what made them: ``maker limit``, ``taker stop leg`` and so on."""
    took: dict[tuple[int, D], Level] = field(default_factory=dict)
    """By taker's side and price: the size the level showed, and what we took of it."""

    @property
    def live(self) -> list[PlainOrder]:
        """Orders that can still do something, oldest first."""
        return [order for order in self.orders if not order.gone]

    # --- what we say -------------------------------------------------------------------------

    def send(self, order: PlainOrder, now_ms: int) -> None:
        """Send an order."""
        order.ready_ms = now_ms + WAY_MS
        self.orders.append(order)

    def cancel(self, order: PlainOrder, now_ms: int) -> None:
        """Send a cancel, once."""
        if order.cancel_ms is None and not order.gone:
            order.cancel_ms = max(now_ms + WAY_MS, order.ready_ms)

    # --- what the market says ----------------------------------------------------------------

    def time(self, now_ms: int) -> None:
        """Let what is on its way arrive: by its time, then by number, orders before cancels."""
        due = [(o.ready_ms, o.number, 0) for o in self.live if o.flying and o.ready_ms <= now_ms]
        due += [
            (o.cancel_ms, o.number, 1)
            for o in self.live
            if o.cancel_ms is not None and o.cancel_ms <= now_ms
        ]
        arrived = []
        for _, number, is_cancel in sorted(due):
            order = self.orders[number - 1]
            if order.gone:
                continue
            if is_cancel or self.is_refused(order):
                order.gone = True
            else:
                order.flying = False
                arrived.append(order)
        for order in arrived:
            self.meet(order)

    def is_refused(self, order: PlainOrder) -> bool:
        """Refuse what reduces nothing, and levels that lie on the wrong side of the market.

        And, before anything else, what names a position there is not, or opens it the wrong way.

        A stop order is refused when the last print has passed it; a bracket is judged by the
        order's own price, or the last print where it has none.
        """
        opens_wrongly = order.of == -order.sign and not order.reduces
        if bool(order.of) is not self.hedged or opens_wrongly:
            return True
        if order.reduces and self.position[order.of] * order.sign >= 0:
            return True
        if order.stop is None:
            return False
        if order.kind == "stop":
            return self.last is not None and (self.last - order.stop) * order.sign >= 0
        at = self.last if order.price is None else order.price
        if at is None:
            return False
        is_target_passed = order.target is not None and (order.target - at) * order.sign <= 0
        return (at - order.stop) * order.sign <= 0 or is_target_passed

    def book(self, bids: list[Level], asks: list[Level], now_ms: int) -> None:
        """Show a book."""
        self.time(now_ms)
        self.bids, self.asks, self.book_ms = bids, asks, now_ms
        shown = {(1, price): size for price, size in asks}
        shown |= {(-1, price): size for price, size in bids}
        self.took = {k: v for k, v in self.took.items() if shown.get(k) == v[0]}
        for order in self.live:
            self.meet(order)

    def trade(self, price: D, quantity: D, taker: int, now_ms: int) -> None:
        """Print a trade."""
        self.time(now_ms)
        self.last = price
        budget = quantity
        for order in self.live:
            if order.gone or order.flying or now_ms < order.ready_ms:
                continue
            if order.waits:
                level = order.target if order.kind == "target" else order.stop
                upwards = (order.sign > 0) == (order.kind == "stop")
                if level is not None and (price >= level if upwards else price <= level):
                    order.pulled, order.ready_ms = True, now_ms + PULL_MS
            elif order.resting and order.sign != taker and order.price is not None:
                reached = self.reach(order, price, quantity)
                filled = min(reached, budget, self.wanted(order)) // LOT * LOT
                if filled > 0:
                    budget -= filled
                    self.fill(order, order.price, filled, MAKER, now_ms)

    def reach(self, order: PlainOrder, price: D, quantity: D) -> D:
        """Return how much of a print comes to a resting order."""
        assert order.price is not None
        if (order.price - price) * order.sign > 0:
            order.ahead = ZERO
            return quantity
        if price != order.price or order.ahead is None:
            return ZERO
        eaten = min(order.ahead, quantity)
        order.ahead -= eaten
        return quantity - eaten

    # --- orders meet the book ----------------------------------------------------------------

    def meet(self, order: PlainOrder) -> None:
        """Let an order trade with the book, if it was there in time for it."""
        if order.gone or order.flying or order.waits or not 0 <= order.ready_ms <= self.book_ms:
            return
        if order.kind != "limit":
            opposite = self.asks if order.sign > 0 else self.bids
            bound = opposite[0][0] * (1 + order.sign * BOUND)
            self.take(order, bound)
        elif not order.resting:
            assert order.price is not None
            if not self.take(order, order.price):
                return
            if order.times != "ioc" and not order.gone:
                order.resting, order.ahead = True, self.shown(order)
        elif (offered := self.offered(order, order.price)) and order.price is not None:
            self.remember(order, offered)
            self.fill(order, order.price, sum((q for _, q in offered), ZERO), MAKER, self.book_ms)
        else:
            shown = self.shown(order)
            if shown is not None:
                order.ahead = shown if order.ahead is None else min(order.ahead, shown)
        if order.times == "ioc" and not order.resting:
            order.gone = True

    def take(self, order: PlainOrder, bound: D) -> bool:
        """Take what is offered down to a bound; False: the order went away without a look back."""
        offered = self.offered(order, bound)
        have = sum((quantity for _, quantity in offered), ZERO)
        if order.times == "fok" and have < self.wanted(order):
            order.gone = True
            return False
        if order.times == "post_only" and have > 0:
            order.gone = True
            return False
        self.remember(order, offered)
        for price, quantity in offered:
            for own in self.live:
                crosses = own.price is not None and (price - own.price) * order.sign >= 0
                if own.resting and own.sign != order.sign and crosses:
                    own.gone = True
            self.fill(order, price, quantity, TAKER, self.book_ms)
            if order.gone:
                return False
        return True

    def offered(self, order: PlainOrder, bound: D | None) -> list[Level]:
        """Return what the other side has for an order at a bound or better, level by level."""
        assert bound is not None
        wanted, found = self.wanted(order), []
        for price, size in self.asks if order.sign > 0 else self.bids:
            if (price - bound) * order.sign > 0 or wanted <= 0:
                break
            _, taken = self.took.get((order.sign, price), (size, ZERO))
            quantity = min(wanted, max(ZERO, (size - taken) // LOT * LOT))
            if quantity > 0:
                found.append((price, quantity))
                wanted -= quantity
        return found

    def remember(self, order: PlainOrder, taken: list[Level]) -> None:
        """Keep in mind what we took of each level."""
        sizes = dict(self.asks if order.sign > 0 else self.bids)
        for price, quantity in taken:
            _, before = self.took.get((order.sign, price), (ZERO, ZERO))
            self.took[order.sign, price] = (sizes[price], before + quantity)

    def shown(self, order: PlainOrder) -> D | None:
        """Return what stands at an order's own price; None: the book does not reach so far."""
        assert order.price is not None
        side = self.bids if order.sign > 0 else self.asks
        farthest = side[-1][0]
        if (order.price - farthest) * order.sign < 0:
            return None
        return dict(side).get(order.price, ZERO)

    def wanted(self, order: PlainOrder) -> D:
        """Return what an order may still trade."""
        if not order.reduces:
            return order.left
        return min(order.left, max(ZERO, -self.position[order.of] * order.sign))

    # --- what a fill does --------------------------------------------------------------------

    def fill(self, order: PlainOrder, price: D, quantity: D, rate: D, now_ms: int) -> None:
        """Book a fill, then bring every bracket in line with it."""
        order.filled += quantity
        order.gone = order.left == 0
        fee = rounded(price * quantity * rate)
        self.fills.append((order.number, price, quantity, fee))
        leg = " leg" if order.is_leg else ""
        self.kinds[f"{'maker' if rate == MAKER else 'taker'} {order.kind}{leg}"] += 1
        self.wallet -= fee
        position, cost = self.position[order.of], self.cost[order.of]
        closed = min(quantity, abs(position)) if position * order.sign < 0 else ZERO
        if closed:
            held = abs(position)
            out = cost if closed == held else rounded(cost * closed / held)
            gain = price * closed - out
            self.wallet += rounded(-gain * order.sign)
            cost -= out
        self.cost[order.of] = cost + price * (quantity - closed)
        self.position[order.of] = position + quantity * order.sign
        if order.is_entry and order.stop is not None and order.kind in {"market", "limit"}:
            self.attach(order, quantity, now_ms)
        self.clear(order)
        self.cover(order, price)

    def attach(self, entry: PlainOrder, quantity: D, now_ms: int) -> None:
        """Arm an entry's bracket with its first fill; let its own group grow with later ones."""
        held = self.position[entry.of] * entry.sign
        if held <= 0:
            return
        legs = [o for o in self.live if o.parent == entry.number]
        if legs:
            for leg in legs:
                if entry.own_group:
                    leg.quantity += quantity
            return
        if not entry.own_group:
            for leg in self.live:
                is_same = leg.is_leg and leg.of == entry.of
                leg.gone = leg.gone or (is_same and not leg.own_group)
        for kind, level in (("stop", entry.stop), ("target", entry.target)):
            if level is not None:
                self.orders.append(
                    PlainOrder(
                        number=len(self.orders) + 1,
                        kind=kind,  # type: ignore[arg-type] # the two words above
                        sign=-entry.sign,
                        quantity=min(quantity, held),
                        stop=level,
                        target=level,
                        reduces=True,
                        is_entry=False,
                        own_group=entry.own_group,
                        parent=entry.number,
                        of=entry.of,
                        ready_ms=now_ms,
                        flying=False,
                    )
                )

    def clear(self, filled: PlainOrder) -> None:
        """Drop what must not fill any more."""
        ends_entries = not filled.is_entry
        position = self.position[filled.of]
        for order in self.live:
            if order.of != filled.of:
                continue
            is_idle = order.reduces and position * order.sign >= 0
            is_left_over = position == 0 and not order.is_entry
            is_other_entry = order.is_entry and order is not filled
            is_ended = ends_entries and is_other_entry
            if is_ended and filled.is_leg and filled.own_group:
                is_ended = order.number == filled.parent
            order.gone = order.gone or is_idle or is_left_over or is_ended

    def cover(self, filled: PlainOrder, price: D) -> None:
        """Size every bracket to what is open: own groups first, the nearest stop first."""
        left = abs(self.position[filled.of])
        if left == 0:
            return
        legs = [order for order in self.live if order.is_leg and order.of == filled.of]
        groups: dict[int, list[PlainOrder]] = {}
        for leg in legs:
            if leg.own_group:
                groups.setdefault(leg.parent, []).append(leg)

        def distance(parent: int) -> tuple[D, int]:
            stops = [leg for leg in groups[parent] if leg.kind == "stop" and leg.stop is not None]
            away = [abs(leg.stop - price) for leg in stops if leg.stop is not None]
            return min(away, default=ZERO), parent

        for parent in sorted(groups, key=distance):
            members = groups[parent]
            is_own = filled.is_leg and filled.parent == parent
            covers = min(filled.left if is_own else members[0].left, left)
            left -= covers
            for leg in members:
                self.resize(leg, covers)
        for leg in legs:
            if not leg.own_group:
                self.resize(leg, left)

    @staticmethod
    def resize(leg: PlainOrder, covers: D) -> None:
        """Let a leg cover so much, or go."""
        leg.quantity = leg.filled + covers
        leg.gone = leg.gone or covers == 0
