"""Funding: the right amount, for the position at the instant, once, and never guessed."""

from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import SYMBOL, ns
from trading.account.account import Account
from trading.account.funding import (
    PATIENCE_NS,
    RETRY_FIRST_NS,
    RETRY_MOST_NS,
    FundingSchedule,
    Held,
    OwedFunding,
    funding_payment,
)
from trading.account.head import AccountHead
from trading.model.events import (
    FundingBooked,
    FundingHistoryRequested,
    FundingNeverPublished,
    FundingSettled,
    LedgerPosted,
    Output,
)
from trading.model.numbers import NS_PER_HOUR, NS_PER_S, ZERO
from trading.model.sides import PositionSide

D = Decimal
H = NS_PER_HOUR
LONG = D(1)


@pytest.mark.parametrize(
    ("quantity", "mark", "rate", "expected"),
    [
        ("1", "28155.1", "0.0000276", "-0.77708076"),
        ("-1", "28155.1", "0.0000276", "0.77708076"),
        ("-1", "15900.0", "-0.00119172", "-18.948348"),
        ("0.5", "66840.7", "0.00088148", "-29.45937012"),
        ("1", "28155.1", "0", "0"),
        ("0", "28155.1", "0.0000276", "0"),
    ],
)
def test_a_payment_is_on_notional_at_the_mark(
    quantity: str, mark: str, rate: str, expected: str
) -> None:
    """Longs pay a positive rate, shorts receive it, on quantity times mark of the settlement.

    Real settlements of BTCUSDT on Binance: 2023-04-05 00:00, 2022-11-10 00:00, 2024-03-05 16:00.
    """
    assert D(expected) == funding_payment(D(quantity), D(mark), D(rate))


@given(
    steps=st.integers(1, 10**6),
    ticks=st.integers(1, 10**6),
    parts=st.integers(-10_000, 10_000),
)
def test_what_a_long_pays_a_short_receives(steps: int, ticks: int, parts: int) -> None:
    """Peer to peer: the two sides of one settlement add up to nothing."""
    quantity, mark, rate = D(steps) / 10_000, D(ticks) / 10, D(parts) / 10**7

    assert ZERO == funding_payment(quantity, mark, rate) + funding_payment(-quantity, mark, rate)


@dataclass
class Clock:
    """A schedule, and a venue's clock that moves by hand. Hours after the beginning."""

    schedule: FundingSchedule = field(default_factory=FundingSchedule)
    out: list[Output] = field(default_factory=list)

    def announce(self, hour: float, interval_h: int | None = None, *, at: float = 0) -> None:
        """Hear the venue name its next settlement, at some hour of the venue's clock."""
        self.schedule.announced(SYMBOL, ns(hour * 3.6e6), ns(at * 3.6e6), interval_h)

    def reach(self, hour: float, quantity: Decimal = LONG, *, now: float | None = None) -> None:
        """Let the venue's clock reach an hour while so much is held."""
        at_ns = ns(hour * 3.6e6)
        now_ns = at_ns if now is None else ns(now * 3.6e6)
        self.schedule.pass_time(SYMBOL, [Held(quantity, 7)], at_ns, now_ns, self.out)

    @property
    def owed(self) -> list[float]:
        """Hours of the settlements owed."""
        return [(at - ns(0)) / H for _, at in self.schedule.owed]

    @property
    def asked(self) -> int:
        """How often a settlement was asked for."""
        return len([each for each in self.out if isinstance(each, FundingHistoryRequested)])

    def next(self) -> float:
        """Hour of the settlement that is expected next."""
        return (self.schedule.next_ns[SYMBOL] - ns(0)) / H


def test_a_settlement_is_owed_the_instant_it_passes() -> None:
    """Not one nanosecond before; then it is asked for, once."""
    clock = Clock()
    clock.announce(8, 8)
    clock.schedule.pass_time(SYMBOL, [Held(LONG, 7)], ns(8 * 3.6e6) - 1, 0, clock.out)
    assert [] == clock.owed

    clock.reach(8)
    clock.reach(8)

    assert ([8.0], 1) == (clock.owed, clock.asked)
    assert 16.0 == clock.next()


def test_what_is_flat_owes_nothing() -> None:
    """A settlement without a position is passed in silence."""
    clock = Clock()
    clock.announce(8, 8)

    clock.reach(9, ZERO)
    clock.reach(10, LONG)

    assert ([], [], 16.0) == (clock.owed, clock.out, clock.next())


def test_several_settlements_missed_while_blind_are_all_owed() -> None:
    """A day of silence with a position is three settlements of eight hours."""
    clock = Clock()
    clock.announce(8, 8)

    clock.reach(25)

    assert ([8.0, 16.0, 24.0], 3, 32.0) == (clock.owed, clock.asked, clock.next())


def test_the_venue_repeating_itself_changes_nothing() -> None:
    """A settlement passed is not expected again, whoever says so and however often."""
    clock = Clock()
    clock.announce(8, 8)
    clock.reach(8)
    for _ in range(3):
        clock.announce(8, at=8)
        clock.reach(8.001)

    assert ([8.0], 16.0) == (clock.owed, clock.next())


def test_without_an_interval_the_next_one_is_unknown_until_told() -> None:
    """Nothing is guessed: after a settlement the venue must name the next."""
    clock = Clock()
    clock.announce(8)
    clock.reach(8.5)
    assert SYMBOL not in clock.schedule.next_ns

    clock.announce(12, at=8.5)

    assert 12.0 == clock.next()


def test_a_shortened_interval_is_followed() -> None:
    """The venue may settle sooner than expected: an earlier time is believed."""
    clock = Clock()
    clock.announce(8, 8)
    clock.reach(8)
    clock.announce(9, 1, at=8.1)

    clock.reach(10.5)

    assert [8.0, 9.0, 10.0] == clock.owed


def test_a_lengthened_interval_owes_no_settlement_that_never_was() -> None:
    """After a quiet time a venue goes back from 1 h to 4 h: hour 9 is not a settlement.

    The schedule only supposed it; the venue, asked before 9, names 12.
    """
    clock = Clock()
    clock.announce(8, 1)
    clock.reach(8)
    assert 9.0 == clock.next()

    clock.announce(12, 4, at=8.5)
    clock.reach(11)
    assert [8.0] == clock.owed

    clock.reach(12)
    assert [8.0, 12.0] == clock.owed


def test_a_settlement_the_venue_named_is_not_forgotten() -> None:
    """The reply that names the one after it may come before our clock has passed it."""
    clock = Clock()
    clock.announce(8, 8)

    clock.announce(16, at=8.0001)
    clock.reach(8.0001)

    assert ([8.0], 16.0) == (clock.owed, clock.next())


def test_a_settlement_while_blind_is_not_forgotten() -> None:
    """Blind from 7 to 17, the first word heard names hour 24: 8 and 16 were held through."""
    clock = Clock()
    clock.announce(8, 8)

    clock.announce(24, at=17)
    clock.reach(17)

    assert ([8.0, 16.0], 24.0) == (clock.owed, clock.next())


def test_it_is_asked_for_again_later_and_later() -> None:
    """2, 4, 8 ... seconds apart, at most a minute; as long as it is owed."""
    clock = Clock()
    clock.announce(8, 8)
    clock.reach(8)
    asked_ns = []
    for _ in range(9):
        asked_ns.append(clock.schedule.ask_ns)
        before = clock.asked
        clock.schedule.ask_again(clock.schedule.ask_ns - 1, clock.out)
        assert before == clock.asked
        clock.schedule.ask_again(clock.schedule.ask_ns, clock.out)
        assert before + 1 == clock.asked

    waits = [b - a for a, b in zip([ns(8 * 3.6e6), *asked_ns], asked_ns, strict=False)]
    assert [2, 4, 8, 16, 32, 60, 60, 60, 60] == [wait // NS_PER_S for wait in waits]
    assert (2, 60) == (RETRY_FIRST_NS // NS_PER_S, RETRY_MOST_NS // NS_PER_S)


def account(quantity: str = "1") -> tuple[Account, Clock]:
    """Return an account of 100 with a schedule that owes hour 8."""
    made = Account(AccountHead(wallet=D(100)))
    clock = Clock(schedule=made.funding)
    clock.announce(8, 8)
    clock.reach(8, D(quantity))
    return made, clock


def settle(made: Account, hour: float = 8, mark: str = "28155.1") -> list[Output]:
    """Give an account the venue's word on a settlement; return what came of it."""
    word = FundingSettled(SYMBOL, ns(0), ns(hour * 3.6e6), D("0.0000276"), D(mark))
    out: list[Output] = []
    for owed in made.funding.settle(word):
        made.book_funding(owed, word, ns(1), out)
    return out


def test_a_settlement_is_booked_once() -> None:
    """The same answer a second time, or an answer nobody owes, books nothing."""
    made, _ = account()

    booked, posted = settle(made)

    assert isinstance(booked, FundingBooked)
    assert isinstance(posted, LedgerPosted)
    assert D("-0.77708076") == booked.amount == posted.amount
    assert D("99.22291924") == made.wallet
    assert [] == settle(made)
    assert [] == settle(made, hour=16)
    assert {} == made.funding.owed


def test_the_venue_repeating_a_settlement_that_was_booked_charges_nobody() -> None:
    """Named as the next one again after it was paid, a few milliseconds off even: paid it stays."""
    made, clock = account()
    settle(made)

    for off_ms in (0, 31, 900):
        clock.schedule.announced(SYMBOL, ns(8 * 3.6e6 + off_ms), ns(8 * 3.6e6 + 1_000))
        clock.reach(8.01)

    assert ([], 1, 16.0) == (clock.owed, clock.asked, clock.next())


def test_the_history_may_stamp_a_settlement_a_little_late() -> None:
    """31 ms after the full hour is that hour's settlement; an hour after is another."""
    made, _ = account()
    assert [] == settle(made, hour=9)

    assert 2 == len(settle(made, hour=8 + 31 / 3.6e6))


def test_the_position_at_the_settlement_counts_not_the_one_when_it_is_booked() -> None:
    """Closed a second later, the payment is still owed on what was held."""
    made, clock = account("-2")
    clock.reach(8.5, ZERO)

    booked, _ = settle(made)

    assert isinstance(booked, FundingBooked)
    assert (D(-2), D("1.55416152")) == (booked.quantity, booked.amount)


def test_what_is_owed_survives_the_session() -> None:
    """Owed, passed and expected settlements go on in the next session, and none is paid twice."""
    made, clock = account()
    head = AccountHead(
        wallet=made.wallet,
        owed=tuple(made.funding.owed.values()),
        funding_booked_ns=made.funding.booked_ns,
        funding_next_ns=made.funding.next_ns,
        funding_interval_ns=made.funding.interval_ns,
    )
    later = Account(msgspec.json.decode(msgspec.json.encode(head), type=AccountHead))
    again = Clock(schedule=later.funding)
    again.announce(8, at=9)
    again.reach(9)

    assert clock.owed == again.owed == [8.0]
    assert 2 == len(settle(later))
    assert D("99.22291924") == later.wallet
    assert 16.0 == again.next()


def test_a_position_carried_over_a_settlement_between_sessions_pays() -> None:
    """Nobody ran at hour 8; the session that opens at hour 9 with the position owes it."""
    later = Account(
        AccountHead(
            wallet=D(100),
            funding_next_ns={SYMBOL: ns(8 * 3.6e6)},
            funding_interval_ns={SYMBOL: 8 * H},
        )
    )
    clock = Clock(schedule=later.funding)
    clock.announce(16, 8, at=9)

    clock.reach(9)

    assert ([8.0], 16.0) == (clock.owed, clock.next())


def test_owed_settlements_are_told_apart_by_symbol_and_time() -> None:
    """An answer for another contract or another time settles nothing."""
    schedule = FundingSchedule((OwedFunding(symbol=SYMBOL, settlement_ns=8, quantity=LONG),))

    other = FundingSettled("ETHUSDT", 0, 8, D("0.0001"), D(3000))

    assert [] == schedule.settle(other)
    assert [((SYMBOL, PositionSide.BOTH), 8)] == list(schedule.owed)


def test_what_is_never_published_has_an_end() -> None:
    """Asked for all day, then given up by name: nothing booked, nobody asks, the account knows."""
    made, clock = account()
    settled_ns = ns(8 * 3.6e6)
    clock.schedule.ask_again(settled_ns + PATIENCE_NS - 1, clock.out)
    assert [] == [each for each in clock.out if isinstance(each, FundingNeverPublished)]

    clock.schedule.ask_again(settled_ns + PATIENCE_NS + 60 * NS_PER_S, clock.out)
    (given_up,) = (each for each in clock.out if isinstance(each, FundingNeverPublished))
    assert (settled_ns, D(1)) == (given_up.settlement_ns, given_up.quantity)
    assert ({}, 1, D(100)) == (clock.schedule.owed, clock.schedule.given_up, made.wallet)


def test_what_was_given_up_is_booked_if_the_word_comes_after_all() -> None:
    """Once, by the next session as well."""
    made, clock = account()
    clock.schedule.ask_again(ns(8 * 3.6e6) + PATIENCE_NS + 60 * NS_PER_S, clock.out)
    head = AccountHead(wallet=made.wallet, unpublished=tuple(clock.schedule.unpublished.values()))
    later = Account(msgspec.json.decode(msgspec.json.encode(head), type=AccountHead))

    assert (0, 1) == (later.funding.given_up, len(later.funding.unpublished))
    assert 2 == len(settle(later))
    assert [] == settle(later)
    assert D("99.22291924") == later.wallet
