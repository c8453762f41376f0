"""The account: one wallet, a position per symbol, and how fills and funding change them."""

from __future__ import annotations

from copy import copy
from decimal import Decimal

from trading.account.funding import FundingSchedule, OwedFunding, funding_payment
from trading.account.head import AccountHead, Counters
from trading.account.ledger import Ledger
from trading.account.position import Position
from trading.account.trips import OpenTrip
from trading.errors import ConservationBroken
from trading.model.events import (
    EquityMarked,
    FundingBooked,
    FundingSettled,
    LedgerReason,
    OrderFilled,
    Output,
    PositionChanged,
)
from trading.model.numbers import ZERO, exact, money
from trading.model.orders import OrderRequest


class Account:
    """One-way mode, one margin wallet in the quote coin.

    Invariants: the wallet is the ledger's balance; a position is the sum of its fills; money
    moves only in ``book_fill`` and ``book_funding``.
    """

    __slots__ = ("counters", "funding", "ledger", "positions", "round_trips", "sessions", "trips")

    def __init__(self, head: AccountHead) -> None:
        """Take the account over as its last session left it."""
        self.counters = Counters(
            order=head.counters.order,
            fill=head.counters.fill,
            trip=head.counters.trip,
            line=head.counters.line,
            intent=head.counters.intent,
        )
        self.ledger = Ledger(head.wallet, lines=head.counters.line)
        self.positions = {
            each.symbol: Position(
                symbol=each.symbol, quantity=each.quantity, entry_value=each.entry_value
            )
            for each in head.positions
        }
        self.trips = {each.symbol: copy(each) for each in head.trips}
        self.funding = FundingSchedule(
            tuple(copy(each) for each in head.owed),
            head.funding_booked_ns,
            head.funding_next_ns,
            head.funding_interval_ns,
        )
        self.sessions = head.sessions
        self.round_trips = 0

    def position(self, symbol: str) -> Position:
        """Return the symbol's position, flat if it never had one."""
        found = self.positions.get(symbol)
        if found is None:
            found = self.positions[symbol] = Position(symbol=symbol)
        return found

    @property
    def wallet(self) -> Decimal:
        """Balance without unrealised profit."""
        return self.ledger.balance

    def unrealised(self, marks: dict[str, float | None]) -> Decimal | None:
        """Return the profit of every open position at the marks; None when a mark is unknown."""
        total = ZERO
        for position in self.positions.values():
            if position.quantity == ZERO:
                continue
            mark = marks.get(position.symbol)
            if mark is None:
                return None
            total += position.unrealised(exact(mark))
        return total

    def exposure(self, marks: dict[str, float | None]) -> Decimal | None:
        """Return the sum of ``|quantity| * mark``; None when a mark is unknown."""
        total = ZERO
        for position in self.positions.values():
            if position.quantity == ZERO:
                continue
            mark = marks.get(position.symbol)
            if mark is None:
                return None
            total += abs(position.quantity) * exact(mark)
        return total

    def marked(self, marks: dict[str, float | None], at_ns: int) -> EquityMarked | None:
        """Return the account at the marks, or None when one of them is unknown."""
        unrealised = self.unrealised(marks)
        exposure = self.exposure(marks)
        if unrealised is None or exposure is None:
            return None
        return EquityMarked(
            at_ns=at_ns,
            wallet=self.wallet,
            unrealised=unrealised,
            equity=self.wallet + unrealised,
            exposure=exposure,
        )

    def book_fill(
        self, fill: OrderFilled, request: OrderRequest, risk: Decimal, out: list[Output]
    ) -> None:
        """Change position, wallet and round trip by one fill; a flip closes before it opens.

        ``risk`` is the loss planned for the part that opens, per unit of quantity.
        """
        cause = f"fill {fill.fill_id}"
        position = self.position(fill.symbol)
        self.ledger.post(
            LedgerReason.FEE,
            -fill.fee,
            symbol=fill.symbol,
            cause=cause,
            at_ns=fill.at_ns,
            out=out,
        )
        closing = ZERO
        if position.quantity * fill.side.sign < ZERO:
            closing = min(fill.quantity, abs(position.quantity))
            self._close(position, fill, closing, request, cause, out)
        if fill.quantity > closing:
            self._open(position, fill, fill.quantity - closing, request, risk)
        out.append(
            PositionChanged(
                at_ns=fill.at_ns,
                symbol=fill.symbol,
                quantity=position.quantity,
                entry_value=position.entry_value,
            )
        )

    def _close(
        self,
        position: Position,
        fill: OrderFilled,
        quantity: Decimal,
        request: OrderRequest,
        cause: str,
        out: list[Output],
    ) -> None:
        realised = position.reduce(fill.price, quantity)
        moved = self.ledger.post(
            LedgerReason.REALISED_PNL,
            realised,
            symbol=fill.symbol,
            cause=cause,
            at_ns=fill.at_ns,
            out=out,
        )
        trip = self.trips.get(fill.symbol)
        if trip is None:
            raise ConservationBroken(f"{cause} closes {fill.symbol}, which no round trip opened")
        trip.quantity_out += quantity
        trip.value_out += fill.price * quantity
        trip.gross += moved
        trip.fees += fill.fee if quantity == fill.quantity else self._share(fill, quantity)
        if position.quantity == ZERO:
            self.round_trips += 1
            del self.trips[fill.symbol]
            out.append(trip.close(fill.at_ns, request.reason or str(request.role)))

    def _open(
        self,
        position: Position,
        fill: OrderFilled,
        quantity: Decimal,
        request: OrderRequest,
        risk: Decimal,
    ) -> None:
        trip = self.trips.get(fill.symbol)
        if trip is None:
            self.counters.trip += 1
            trip = OpenTrip(
                trip_id=self.counters.trip,
                symbol=fill.symbol,
                side=fill.side,
                opened_ns=fill.at_ns,
                reason_in=request.reason or str(request.role),
            )
            self.trips[fill.symbol] = trip
        position.increase(fill.side, fill.price, quantity)
        trip.quantity_in += quantity
        trip.value_in += fill.price * quantity
        trip.risk += risk * quantity
        is_whole = quantity == fill.quantity
        trip.fees += (
            fill.fee if is_whole else fill.fee - self._share(fill, fill.quantity - quantity)
        )

    @staticmethod
    def _share(fill: OrderFilled, quantity: Decimal) -> Decimal:
        """Return the part of a flip's fee that belongs to the closed quantity."""
        return money(fill.fee * quantity / fill.quantity)

    def book_funding(
        self, owed: OwedFunding, settled: FundingSettled, at_ns: int, out: list[Output]
    ) -> None:
        """Pay or receive one settlement on the position held when it passed."""
        amount = funding_payment(owed.quantity, settled.mark, settled.rate)
        out.append(
            FundingBooked(
                at_ns=at_ns,
                symbol=owed.symbol,
                settlement_ns=owed.settlement_ns,
                quantity=owed.quantity,
                mark=settled.mark,
                rate=settled.rate,
                amount=amount,
            )
        )
        self.ledger.post(
            LedgerReason.FUNDING,
            amount,
            symbol=owed.symbol,
            cause=f"settlement {owed.settlement_ns}",
            at_ns=at_ns,
            out=out,
        )
        trip = self.trips.get(owed.symbol)
        if trip is not None and trip.trip_id == owed.trip_id:
            trip.funding += amount
