"""The funding check names every difference between the journal and the venue's history."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.support.market import SYMBOL, ns
from trading.account.funding import funding_payment
from trading.model.events import (
    FundingBooked,
    FundingNeverPublished,
    FundingSettled,
    FundingUnknown,
    Output,
    PositionChanged,
)
from trading.model.sides import PositionMode, PositionSide
from trading.session.funding_check import (
    FundingCheck,
    Journalled,
    SettlementVerdict,
    compare,
    compare_each,
)

D = Decimal
AT_MS = 60_000.0
END_MS = 600_000.0
Verdict = SettlementVerdict


def settled(at_ms: float = AT_MS, rate: str = "0.0001", mark: str = "50000") -> FundingSettled:
    """Return what the venue's history has."""
    return FundingSettled(SYMBOL, ns(END_MS), ns(at_ms), D(rate), D(mark))


def booked(
    at_ms: float = AT_MS,
    rate: str = "0.0001",
    mark: str = "50000",
    quantity: str = "1",
    amount: str = "",
) -> FundingBooked:
    """Return what the journal has."""
    return FundingBooked(
        at_ns=ns(at_ms + 3_000),
        symbol=SYMBOL,
        settlement_ns=ns(at_ms),
        quantity=D(quantity),
        mark=D(mark),
        rate=D(rate),
        amount=D(amount) if amount else funding_payment(D(quantity), D(mark), D(rate)),
    )


def held(at_ms: float, quantity: str = "1", symbol: str = SYMBOL) -> PositionChanged:
    """Return a change of the position."""
    return PositionChanged(
        at_ns=ns(at_ms), symbol=symbol, quantity=D(quantity), entry_value=D(50_000)
    )


def checked(outputs: list[Output], *history: FundingSettled) -> FundingCheck:
    """Compare a journal with a history."""
    journalled = Journalled(held=[(0, D(0))])
    for output in outputs:
        journalled.see(output, (SYMBOL, PositionSide.BOTH))
    return compare(journalled, history, ns(0), ns(END_MS))


def only(check: FundingCheck) -> tuple[SettlementVerdict, tuple[str, ...]]:
    """Return the one verdict and what it names."""
    (one,) = check.settlements
    return one.verdict, one.differences


def test_equal_is_clean() -> None:
    """Also where the history is stamped some milliseconds late; and nothing held, nothing due."""
    found = checked([held(1_000), booked()], settled(AT_MS + 31))
    flat = checked([], settled())

    assert (Verdict.EQUAL, ()) == only(found)
    assert (Verdict.NOT_HELD, ()) == only(flat)
    assert found.is_clean
    assert flat.is_clean
    assert checked([]).is_clean
    assert "no funding settlement in the session" == checked([]).summary


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (
            booked(rate="0.0002"),
            ("rate: booked 0.0002, the venue has 0.0001",
             "amount: booked -10.00000000, the venue has -5.00000000"),
        ),
        (
            booked(mark="40000"),
            ("mark: booked 40000, the venue has 50000",
             "amount: booked -4.00000000, the venue has -5.00000000"),
        ),
        (booked(amount="5"), ("amount: booked 5, the venue has -5.00000000",)),
        (booked(quantity="2"), ("quantity: booked on 2, held 1",)),
    ],
    ids=["rate", "mark", "amount", "quantity"],
)  # fmt: skip
def test_every_number_that_differs_is_named(line: FundingBooked, named: tuple[str, ...]) -> None:
    """With both values; and the summary carries them."""
    found = checked([held(1_000), line], settled())

    assert (Verdict.DIFFERS, named) == only(found)
    assert not found.is_clean
    assert all(name in found.summary for name in named)


def test_a_change_at_the_settlement_may_belong_to_either_side_of_it() -> None:
    """Two clocks: bought two seconds before by ours, it was held or not by the venue's."""
    found = checked([held(AT_MS - 2_000, "2"), booked(quantity="1")], settled())

    assert (Verdict.EQUAL, ()) == only(found)


def test_twice_and_never_are_named() -> None:
    """A second line is one too many; no line at all is what was due."""
    twice = checked([held(1_000), booked(), booked()], settled())
    never = checked([held(1_000)], settled())

    assert (Verdict.TWICE, ("lines: booked 2, the venue settles once",)) == only(twice)
    due = "amount: booked nothing, the venue's numbers give -5.00000000 on 1"
    assert (Verdict.MISSING, (due,)) == only(never)


def test_owed_and_given_up_say_so() -> None:
    """Both name what is due by what the venue says now."""
    named = {"at_ns": ns(END_MS), "symbol": SYMBOL, "settlement_ns": ns(AT_MS), "quantity": D(1)}
    owed = checked([held(1_000), FundingUnknown(**named)], settled())  # type: ignore[arg-type]
    given_up = checked(
        [held(1_000), FundingNeverPublished(**named)],  # type: ignore[arg-type]
        settled(),
    )

    assert [Verdict.OWED, Verdict.UNPUBLISHED] == [only(owed)[0], only(given_up)[0]]
    assert not owed.is_clean
    assert not given_up.is_clean


def test_what_the_venue_does_not_have_is_named_too() -> None:
    """In the session's time; what was owed from before it lies outside the history asked for."""
    found = checked([held(1_000), booked()])
    before = checked([held(1_000), booked(-AT_MS)])

    assert (
        Verdict.NOT_IN_HISTORY,
        ("settlement: booked -5.00000000, the venue's history has none",),
    ) == only(found)
    assert () == before.settlements


def test_another_symbols_lines_are_not_ours() -> None:
    """A second contract of the account is checked by its own history."""
    found = checked([held(1_000), held(2_000, "9", "ETHUSDT"), booked()], settled())

    assert (Verdict.EQUAL, ()) == only(found)


def test_in_hedge_mode_each_position_is_checked_by_itself() -> None:
    """The long's line is right, the short has none: one verdict each, the missing one by name."""
    outputs: list[Output] = [
        replace(held(1_000), position_side=PositionSide.LONG),
        replace(held(1_000, "-2"), position_side=PositionSide.SHORT),
        replace(booked(), position_side=PositionSide.LONG),
    ]
    keys = [(SYMBOL, side) for side in PositionMode.HEDGE.sides]
    journalled = {key: Journalled(held=[(0, D(0))]) for key in keys}
    for output in outputs:
        for key, each in journalled.items():
            each.see(output, key)

    found = compare_each(journalled, [settled()], ns(0), ns(END_MS))

    assert [(PositionSide.LONG, Verdict.EQUAL), (PositionSide.SHORT, Verdict.MISSING)] == [
        (each.position_side, each.verdict) for each in found.settlements
    ]
    assert [D(1), D(-2)] == [each.held for each in found.settlements]
    assert f"{ns(AT_MS)} short: missing" in found.summary
