"""Mark and funding follow their formulas; settlements come at their instants."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trading.exchange.contract import contract_for
from trading.exchange.fair_price import MarkMeter, PremiumMeter
from trading.exchange.funding import Funding, Settlement
from trading.exchange.market import FormulaMark, Record

HOUR_NS = 3_600_000_000_000
START_NS = 1_789_999_200_000_000_000  # 14:00 UTC
NEXT_NS = START_NS + 2 * HOUR_NS
CAP = Decimal("0.003")


@pytest.mark.parametrize(
    ("mid", "index", "last", "carry", "mark"),
    [
        (100.0, 100.0, 100.0, 0.0, 100.0),
        (100.0, 100.0, 103.0, 0.01, 101.0),  # P1 = 101, P2 = 100
        (100.0, 100.0, 90.0, 0.01, 100.0),  # a crash of last alone does not move the mark
        (100.0, 100.0, 100.5, 0.01, 100.5),
    ],
)
def test_the_mark_is_the_median_of_three(
    mid: float, index: float, last: float, carry: float, mark: float
) -> None:
    """Median of P1 (index and rate), P2 (index and average basis) and last (bitunix.md 4.3)."""
    assert mark == MarkMeter().sample(mid=mid, index=index, last=last, carry=carry)


def test_the_basis_is_averaged_over_half_an_hour() -> None:
    """After 900 of 1,800 samples half of a new basis is in P2; after 1,800 all of it."""
    meter = MarkMeter()
    marks = [meter.sample(mid=104.0, index=100.0, last=110.0, carry=-1.0) for _ in range(1_800)]

    assert pytest.approx(102.0) == marks[899]
    assert pytest.approx(104.0) == marks[1_799]


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0.0, "0.00010000"),
        (0.0004, "0.00010000"),  # inside the clamp: exactly the interest
        (0.0010, "0.00050000"),
        (-0.0010, "-0.00050000"),
        (0.0100, "0.00300000"),  # capped
        (-0.0100, "-0.00300000"),
    ],
)
def test_the_rate_is_premium_plus_clamped_interest(premium: float, rate: str) -> None:
    """The common formula, with the contract's cap."""
    meter = PremiumMeter()
    meter.sample(mid=100.0 * (1 + premium), index=100.0, elapsed=0.5)

    assert Decimal(rate) == meter.rate(CAP)


def test_later_samples_of_an_interval_weigh_more() -> None:
    """A premium at the end of the interval counts three times one at its first quarter."""
    meter = PremiumMeter()
    meter.sample(mid=100.0, index=100.0, elapsed=0.25)
    meter.sample(mid=100.2, index=100.0, elapsed=0.75)

    assert Decimal("0.00100000") == meter.rate(CAP)


def funding() -> Funding:
    """Return BTC's funding at 14:00, whose next settlement is at 16:00."""
    return Funding(
        contract_for("BTCUSDT"),
        seed=1,
        start_ns=START_NS,
        mark_before=lambda ns: f"mark at {ns}",
        estimate=Decimal("0.0001"),
    )


def test_settlements_lie_on_the_eight_hour_grid() -> None:
    """00:00, 08:00 and 16:00 UTC."""
    one = funding()

    assert NEXT_NS == one.next_ns
    assert NEXT_NS - 8 * HOUR_NS == one.last_ns
    assert 0.75 == one.elapsed(START_NS)
    assert pytest.approx(float(one.last_rate) * 0.25) == one.carry(START_NS)


def test_a_settlement_becomes_the_newest_of_the_history() -> None:
    """Pages are newest first and bounded on both sides."""
    one = funding()
    one.settle(rate=Decimal("0.0002"), mark="86500.0")
    newest = Settlement(ns=NEXT_NS, rate=Decimal("0.0002"), mark="86500.0")
    page = one.page(from_ns=0, to_ns=2**63, limit=3)

    assert newest == page[0]
    assert [NEXT_NS - 8 * HOUR_NS, NEXT_NS - 16 * HOUR_NS] == [row.ns for row in page[1:]]
    assert f"mark at {NEXT_NS - 8 * HOUR_NS}" == page[1].mark
    assert Decimal("0.0002") == one.last_rate
    assert NEXT_NS + 8 * HOUR_NS == one.next_ns
    assert [newest] == one.page(from_ns=NEXT_NS, to_ns=2**63, limit=100)
    assert page[1:2] == one.page(from_ns=0, to_ns=NEXT_NS - 1, limit=1)


def test_thirty_days_of_settlements_are_made_up() -> None:
    """A third of them exactly at the interest, as in the real series."""
    rows = funding().page(from_ns=0, to_ns=2**63, limit=200)

    assert 89 == len(rows)
    assert 15 < sum(row.rate == Decimal("0.0001") for row in rows) < 50


def test_by_formula_funding_is_settled_at_its_very_second() -> None:
    """The first sample at the instant settles the rate and the mark of that instant."""
    record = Record(
        contract_for("BTCUSDT"),
        seed=1,
        start_ns=NEXT_NS - 2_000_000_000,
        price_ticks=865_000,
        estimate=Decimal("0.0001"),
    )
    formula = FormulaMark(record, rate=Decimal("0.0003"))
    formula.sample(NEXT_NS - 1_000_000_000, mid=86_500.0, index=86_500.0)

    assert NEXT_NS == record.funding.next_ns

    formula.sample(NEXT_NS, mid=86_500.0, index=86_500.0)
    settled = record.funding.page(from_ns=0, to_ns=2**63, limit=1)

    assert [Settlement(ns=NEXT_NS, rate=Decimal("0.0003"), mark="86500.0")] == settled
