"""Funding, booked exactly once per settlement.

What is owed is known the instant the exchange's clock passes a settlement with a position open;
how much is known only from the venue's history afterwards. Between the two the settlement is
*owed*: it is asked for again and again, survives the session if it must, and is never guessed. One
that the venue has not published after a day ends as *never published*: nothing is booked, nobody
asks any more, the account remembers it, and books it should the venue's word come after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from trading.model.events import (
    FundingHistoryRequested,
    FundingNeverPublished,
    FundingSettled,
    Output,
)
from trading.model.numbers import NS_PER_DAY, NS_PER_HOUR, NS_PER_S, ZERO, money
from trading.model.sides import PositionKey, PositionSide

RETRY_FIRST_NS: Final = 2 * NS_PER_S
RETRY_MOST_NS: Final = 60 * NS_PER_S
NOT_YET_NS: Final = 300 * NS_PER_S
"""So long before a settlement nobody's clock is wrong enough to think it has passed."""
PATIENCE_NS: Final = NS_PER_DAY
"""So long after a settlement it is asked for; every venue has published its history by then."""
STAMP_JITTER_NS: Final = NS_PER_S
"""Binance's history is 0 to 31 ms late; settlements are an hour apart at the least."""


class OwedFunding(msgspec.Struct, kw_only=True):
    """A settlement that passed while a position was held and is not booked yet."""

    symbol: str
    settlement_ns: int
    quantity: Decimal
    trip_id: int = 0
    """The round trip under way when it passed; 0: none."""
    ask_again_ns: int = 0
    wait_ns: int = RETRY_FIRST_NS
    position_side: PositionSide = PositionSide.BOTH

    @property
    def key(self) -> tuple[PositionKey, int]:
        """What it is owed for: a position, and a settlement."""
        return (self.symbol, self.position_side), self.settlement_ns


class Held(NamedTuple):
    """A signed position at a settlement and its round trip, 0: none."""

    quantity: Decimal
    trip_id: int
    side: PositionSide = PositionSide.BOTH


def funding_payment(quantity: Decimal, mark: Decimal, rate: Decimal) -> Decimal:
    """Return what a signed position receives: ``-q * mark * rate``, to the money quantum.

    A positive rate makes longs pay and shorts receive, on the whole notional at the mark of the
    settlement; not the entry, not the last price, not the margin.

    Source: Bitunix help centre, funding fees (position x settlement price x rate); the numbers
    are Binance's settlement of 2023-04-05 00:00 UTC.

    >>> funding_payment(Decimal(1), Decimal("28155.1"), Decimal("0.0000276"))
    Decimal('-0.77708076')
    """
    return money(-quantity * mark * rate)


class FundingSchedule:
    """When each symbol settles next, and which settlements are owed.

    Invariant: of a position, a settlement is owed at most once and booked at most once, by its
    time; the venue is asked once for all positions of a symbol.
    """

    __slots__ = ("booked_ns", "given_up", "interval_ns", "next_ns", "owed", "unpublished")

    def __init__(
        self,
        owed: tuple[OwedFunding, ...] = (),
        booked_ns: dict[str, int] | None = None,
        next_ns: dict[str, int] | None = None,
        interval_ns: dict[str, int] | None = None,
        unpublished: tuple[OwedFunding, ...] = (),
    ) -> None:
        """Take over what the account's earlier sessions left owed, passed and expected."""
        self.owed = {each.key: each for each in owed}
        self.unpublished = {each.key: each for each in unpublished}
        """Settlements nobody asks for any more."""
        self.given_up = 0
        """How many of them were given up in this session."""
        self.booked_ns = dict(booked_ns or {})
        """Newest settlement each symbol has passed, owed or booked."""
        self.next_ns = dict(next_ns or {})
        self.interval_ns = dict(interval_ns or {})

    @property
    def ask_ns(self) -> int:
        """Engine time at which some owed settlement is to be asked for again; one must be owed."""
        return min(each.ask_again_ns for each in self.owed.values())

    def announced(
        self, symbol: str, next_ns: int, at_ns: int, interval_h: int | None = None
    ) -> None:
        """Take note of the next settlement as the venue named it at ``at_ns``.

        A time not after the settlements already passed is the venue repeating itself.
        """
        if interval_h:
            self.interval_ns[symbol] = interval_h * NS_PER_HOUR
        if next_ns <= self.booked_ns.get(symbol, 0) + STAMP_JITTER_NS:
            return
        expected_ns = self.next_ns.get(symbol)
        # An earlier time than expected: the venue shortened the interval. A later one, said well
        # before: it lengthened it. Said close to or after the expected one: that has happened,
        # only not passed on our clock yet; ``pass_time`` will get there.
        if expected_ns is None or next_ns < expected_ns or at_ns < expected_ns - NOT_YET_NS:
            self.next_ns[symbol] = next_ns

    def pass_time(
        self,
        symbol: str,
        held: Sequence[Held],
        exchange_ns: int,
        now_ns: int,
        out: list[Output],
    ) -> None:
        """Note every settlement the exchange's clock has passed.

        ``held`` are the symbol's positions up to this instant.
        """
        next_ns = self.next_ns.get(symbol)
        while next_ns is not None and exchange_ns >= next_ns:
            self.booked_ns[symbol] = next_ns
            for each in held:
                if each.quantity == ZERO:
                    continue
                owed = OwedFunding(
                    symbol=symbol,
                    settlement_ns=next_ns,
                    quantity=each.quantity,
                    trip_id=each.trip_id,
                    position_side=each.side,
                )
                self.owed[owed.key] = owed
                self._ask(owed, now_ns, out)
            interval_ns = self.interval_ns.get(symbol)
            next_ns = next_ns + interval_ns if interval_ns else None
            if next_ns is None:
                del self.next_ns[symbol]
            else:
                self.next_ns[symbol] = next_ns

    def ask_again(self, now_ns: int, out: list[Output]) -> None:
        """Repeat every request that is due; give up on what is not published after a day."""
        for key, owed in list(self.owed.items()):
            if now_ns < owed.ask_again_ns:
                continue
            if now_ns < owed.settlement_ns + PATIENCE_NS:
                self._ask(owed, now_ns, out)
                continue
            self.unpublished[key] = self.owed.pop(key)
            self.given_up += 1
            out.append(
                FundingNeverPublished(
                    at_ns=now_ns,
                    symbol=owed.symbol,
                    settlement_ns=owed.settlement_ns,
                    quantity=owed.quantity,
                    position_side=owed.position_side,
                )
            )

    def settle(self, settled: FundingSettled) -> list[OwedFunding]:
        """Return what this settlement answers, once: a line for each position that owes it.

        A venue's history may stamp a settlement some milliseconds off its announced time. What
        was given up is answered by it, too.
        """
        for waiting in (self.owed, self.unpublished):
            answered = [
                key
                for key, owed in waiting.items()
                if owed.symbol == settled.symbol
                and abs(owed.settlement_ns - settled.settlement_ns) <= STAMP_JITTER_NS
            ]
            if answered:
                return [waiting.pop(key) for key in answered]
        return []

    def _ask(self, owed: OwedFunding, now_ns: int, out: list[Output]) -> None:
        owed.ask_again_ns = now_ns + owed.wait_ns
        owed.wait_ns = min(2 * owed.wait_ns, RETRY_MOST_NS)
        request = FundingHistoryRequested(
            at_ns=now_ns, symbol=owed.symbol, settlement_ns=owed.settlement_ns
        )
        if request not in out:
            out.append(request)
