"""The account: one wallet, its positions, and how fills and funding change them."""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import Final

from trading.account.conservation import Conservation
from trading.account.funding import FundingSchedule, OwedFunding, funding_payment
from trading.account.head import AccountHead, Counters
from trading.account.ledger import Ledger
from trading.account.position import Position
from trading.account.terms import MarginTerms
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
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO, exact, money
from trading.model.orders import OrderRequest
from trading.model.sides import PositionSide, name_of

_FEE: Final = LedgerReason.FEE
_PNL: Final = LedgerReason.REALISED_PNL


class Account:
    """One margin wallet in the quote coin, and one position a symbol, or in hedge mode two.

    Invariants: the wallet is the ledger's balance; a position is the sum of its fills; money
    moves only in ``book_fill`` and ``book_funding``; what is set aside is never more than there is;
    in hedge mode a long is never short, nor a short long.
    """

    __slots__ = (
        "_by_symbol",
        "_conservation",
        "_is_isolated",
        "counters",
        "funding",
        "has_changed",
        "ledger",
        "positions",
        "round_trips",
        "sessions",
        "sides",
        "terms",
        "trips",
    )

    def __init__(self, head: AccountHead, terms: MarginTerms | None = None) -> None:
        """Take the account over as its last session left it.

        Raises:
            ConfigError: when what it carries was margined in another mode.
        """
        self.terms = terms = terms or MarginTerms()
        terms.check(head)
        self._is_isolated = terms.mode is MarginMode.ISOLATED
        self.sides = terms.position_mode.sides
        """Every position a symbol has."""
        self.counters = Counters(
            order=head.counters.order,
            fill=head.counters.fill,
            trip=head.counters.trip,
            line=head.counters.line,
            intent=head.counters.intent,
        )
        self.ledger = Ledger(head.wallet, lines=head.counters.line)
        self.positions = {each.key: copy(each) for each in head.positions}
        self._by_symbol: dict[str, tuple[Position, ...]] = {}
        self.trips = {each.key: copy(each) for each in head.trips}
        self._conservation = Conservation(self.positions)
        self.funding = FundingSchedule(
            tuple(copy(each) for each in head.owed),
            head.funding_booked_ns,
            head.funding_next_ns,
            head.funding_interval_ns,
            tuple(copy(each) for each in head.unpublished),
        )
        self.sessions = head.sessions
        self.round_trips = 0
        self.has_changed = True
        """Whether a position or its margin changed since the caller last cleared it."""
        if head.margin_mode is None:  # a position of the time before margin was counted
            for position in self.positions.values():
                self._set_aside(position, position.entry_value, self._spare())

    def position(self, symbol: str, side: PositionSide = PositionSide.BOTH) -> Position:
        """Return one of the symbol's positions, flat if it never had one."""
        found = self.positions.get((symbol, side))
        if found is None:
            found = self.positions[symbol, side] = Position(symbol=symbol, position_side=side)
        return found

    def positions_of(self, symbol: str) -> tuple[Position, ...]:
        """Return every position a symbol has in this mode, flat ones too; always the same ones."""
        found = self._by_symbol.get(symbol)
        if found is None:
            found = tuple(self.position(symbol, side) for side in self.sides)
            self._by_symbol[symbol] = found
        return found

    @property
    def wallet(self) -> Decimal:
        """Balance without unrealised profit."""
        return self.ledger.balance

    @property
    def tied_up(self) -> Decimal:
        """Margin behind open positions: set aside (isolated), or needed to open them (cross)."""
        total = ZERO
        for position in self.positions.values():
            if position.quantity:
                if self._is_isolated:
                    total += position.margin
                else:
                    total += self.terms.initial_margin(position.symbol, position.entry_value)
        return total

    def free(self, marks: dict[str, float | None]) -> Decimal | None:
        """Return what could back new orders; None when a mark that matters is unknown.

        An unrealised loss counts where it could be called on (cross), a profit never: it is not
        there yet. Source: Bybit, "available balance".
        """
        free = self.wallet - self.tied_up
        if self._is_isolated:
            return free
        unrealised = self.unrealised(marks)
        return None if unrealised is None else free + min(ZERO, unrealised)

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

    def marked(
        self, marks: dict[str, float | None], at_ns: int, maintenance: Decimal = ZERO
    ) -> EquityMarked | None:
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
            tied_up=self.tied_up,
            maintenance=maintenance,
        )

    def book_fill(
        self, fill: OrderFilled, request: OrderRequest, risk: Decimal, out: list[Output]
    ) -> Position:
        """Change position, wallet and round trip by one fill; a flip closes before it opens.

        Returns the position as it is then. ``risk`` is the loss planned for the part that opens,
        per unit of quantity.
        """
        self.has_changed = True
        at_ns, cause, ledger = fill.at_ns, f"fill {fill.fill_id}", self.ledger
        position = self.position(fill.symbol, fill.position_side)
        ledger.post(_FEE, -fill.fee, position, cause, at_ns, out)
        opening = fill.quantity
        bought = opening if fill.side.is_buy else -opening
        if position.quantity * bought < ZERO:
            closing = min(opening, position.held)
            opening -= closing
            self._close(position, fill, closing, request, cause, out)
        spare = self._spare()
        if opening:
            spare -= self._open(position, fill, opening, request, risk, spare)
        realised = ledger.totals[_PNL]
        self._conservation.check(fill, bought, realised, cause)
        if spare < ZERO:
            self._cover(position, -spare, cause, at_ns, out)
        out.append(self._changed(position, at_ns))
        return position

    def _close(
        self,
        position: Position,
        fill: OrderFilled,
        quantity: Decimal,
        request: OrderRequest,
        cause: str,
        out: list[Output],
    ) -> None:
        at_ns = fill.at_ns
        key = fill.symbol, fill.position_side
        realised = position.reduce(fill.price, quantity)
        moved = self.ledger.post(_PNL, realised, position, cause, at_ns, out)
        self._conservation.rounded(realised, moved)
        trip = self.trips.get(key)
        if trip is None:
            name = name_of(position)
            raise ConservationBroken(f"{cause} closes {name}, which no round trip opened")
        trip.quantity_out += quantity
        trip.value_out += fill.price * quantity
        trip.gross += moved
        trip.fees += fill.fee if quantity == fill.quantity else self._share(fill, quantity)
        if not position.quantity:
            self.round_trips += 1
            del self.trips[key]
            out.append(trip.close(at_ns, request.reason or str(request.role)))

    def _open(
        self,
        position: Position,
        fill: OrderFilled,
        quantity: Decimal,
        request: OrderRequest,
        risk: Decimal,
        spare: Decimal,
    ) -> Decimal:
        """Open what a fill opens; return the margin that was set aside for it."""
        opens = position.position_side.opens
        if opens is not None and opens is not fill.side:
            name = name_of(position)
            raise ConservationBroken(f"fill {fill.fill_id}: a {fill.side} cannot open {name}")
        notional = fill.price * quantity
        key = fill.symbol, fill.position_side
        trip = self.trips.get(key)
        if trip is None:
            self.counters.trip += 1
            trip = OpenTrip(
                trip_id=self.counters.trip,
                symbol=fill.symbol,
                side=fill.side,
                opened_ns=fill.at_ns,
                reason_in=request.reason or str(request.role),
                position_side=position.position_side,
            )
            self.trips[key] = trip
        position.increase(fill.side, fill.price, quantity)
        trip.quantity_in += quantity
        trip.value_in += notional
        trip.risk += risk * quantity
        is_whole = quantity == fill.quantity
        trip.fees += (
            fill.fee if is_whole else fill.fee - self._share(fill, fill.quantity - quantity)
        )
        return self._set_aside(position, notional, spare)

    def _spare(self) -> Decimal:
        """Return what the wallet holds beyond what is set aside in it; below 0: what is missing."""
        balance = self.ledger.balance
        return balance - self.tied_up if self.trips and self._is_isolated else balance

    def _set_aside(self, position: Position, notional: Decimal, spare: Decimal) -> Decimal:
        """Set margin aside for what opens: its initial margin, or all that is left of it."""
        if not self._is_isolated:
            return ZERO
        wanted = self.terms.initial_margin(position.symbol, notional)
        margin = money(wanted if wanted <= spare else max(ZERO, spare))
        position.margin += margin
        return margin

    def settle_liquidation(
        self,
        position: Position,
        fee: Decimal,
        left: Decimal,
        cause: str,
        at_ns: int,
        out: list[Output],
    ) -> None:
        """Charge a liquidation's fee as far as there is something left; make good what is missing.

        ``left`` is what remains of all that backed the position. Isolated, what is missing comes
        out of the margin of the part still open, then from the insurance fund.
        """
        self.has_changed = True
        reason, amount = LedgerReason.LIQUIDATION_FEE, -min(fee, max(ZERO, left))
        if left < ZERO and self._is_isolated:
            taken = min(-left, position.margin)
            position.margin -= taken
            reason, amount = LedgerReason.INSURANCE, -left - taken
            if taken:
                out.append(self._changed(position, at_ns))
        self.ledger.post(reason, amount, position, cause, at_ns, out)

    def _changed(self, position: Position, at_ns: int) -> PositionChanged:
        return PositionChanged(
            at_ns=at_ns,
            symbol=position.symbol,
            quantity=position.quantity,
            entry_value=position.entry_value,
            # A default is left out where it is this very ZERO: one out of a snapshot is another.
            margin=position.margin if self._is_isolated else ZERO,
            position_side=position.position_side,
        )

    def _cover(
        self, position: Position, missing: Decimal, cause: str, at_ns: int, out: list[Output]
    ) -> None:
        """Let a payment that was more than free take from the position's own margin.

        Never from another's: what is missing then the insurance fund pays, as in an account that
        is flat and below zero. A cross account may owe as long as its positions stand behind it.
        """
        if position.margin:
            taken = min(missing, position.margin)
            position.margin -= taken
            missing -= taken
        is_carried = not self._is_isolated and bool(self.trips)
        if missing > ZERO and not is_carried:
            self.ledger.post(LedgerReason.INSURANCE, missing, position, cause, at_ns, out)

    @staticmethod
    def _share(fill: OrderFilled, quantity: Decimal) -> Decimal:
        """Return the part of a flip's fee that belongs to the closed quantity."""
        return money(fill.fee * quantity / fill.quantity)

    def book_funding(
        self, owed: OwedFunding, settled: FundingSettled, at_ns: int, out: list[Output]
    ) -> None:
        """Pay or receive one settlement on the position held when it passed."""
        self.has_changed = True
        amount = funding_payment(owed.quantity, settled.mark, settled.rate)
        cause = f"settlement {owed.settlement_ns}"
        out.append(
            FundingBooked(
                at_ns=at_ns,
                symbol=owed.symbol,
                settlement_ns=owed.settlement_ns,
                quantity=owed.quantity,
                mark=settled.mark,
                rate=settled.rate,
                amount=amount,
                position_side=owed.position_side,
            )
        )
        position = self.position(owed.symbol, owed.position_side)
        self.ledger.post(LedgerReason.FUNDING, amount, position, cause, at_ns, out)
        trip = self.trips.get(position.key)
        if trip is not None and trip.trip_id == owed.trip_id:
            trip.funding += amount
        margin, spare = position.margin, self._spare()
        if spare < ZERO:
            self._cover(position, -spare, cause, at_ns, out)
        if position.margin != margin:
            out.append(self._changed(position, at_ns))
