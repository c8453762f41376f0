"""The account's limits: what trips each, what it says, how long it holds, what it gives back."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.risk import unlimited
from trading.account.allowances import Allowances, Effect, Latch
from trading.account.head import AccountHead
from trading.config import RiskConfig
from trading.errors import ConfigError
from trading.model.numbers import NS_PER_DAY, NS_PER_HOUR, NS_PER_MINUTE, NS_PER_S
from trading.risk.breakers import Breakers

D = Decimal
DAY_NS = 20_000 * NS_PER_DAY
"""00:00 UTC of some day."""


def breakers(**changes: object) -> Breakers:
    """Return breakers of a new account."""
    return Breakers(unlimited(**changes), Allowances())


def codes(latches: list[Latch]) -> list[str]:
    """Return what tripped."""
    return [latch.code for latch in latches]


def test_a_days_loss_stops_the_day_and_no_more() -> None:
    """3 % of the equity at 00:00: not at 299.99, at 300; over at the next 00:00, counted anew."""
    watched = breakers(daily_loss_pct=3.0)
    assert [] == watched.check(DAY_NS, D(10_000))
    assert [] == watched.check(DAY_NS + 1, D("9700.01"))
    (latch,) = watched.check(DAY_NS + 2, D(9_700))

    assert ("daily_loss", Effect.STOP) == (latch.code, latch.effect)
    assert "300.00 USDT lost" == latch.value
    assert "300.00 of 10000.00 USDT at 00:00 UTC" == latch.limit
    assert DAY_NS + NS_PER_DAY == latch.until_ns
    assert [] == watched.check(DAY_NS + 3, D(9_000)), "it trips once"
    assert watched.blocks()
    assert [] == watched.check(DAY_NS + NS_PER_DAY, D(9_000))
    assert () == watched.blocks()
    assert ["daily_loss"] == codes(watched.check(DAY_NS + NS_PER_DAY + 1, D(8_730)))


def test_the_smaller_daily_limit_counts() -> None:
    """Percent and USDT together: whichever is less."""
    for usdt, lost in ((100.0, D(9_900)), (900.0, D(9_500))):
        watched = breakers(daily_loss_pct=5.0, daily_loss_usdt=usdt)
        watched.check(DAY_NS, D(10_000))
        assert [] == watched.check(DAY_NS + 1, lost + D("0.01"))
        assert ["daily_loss"] == codes(watched.check(DAY_NS + 2, lost))


def test_a_drawdown_halts_until_a_person_clears_it() -> None:
    """10 % below the highest equity ever; no day and no recovery lifts it, a person does."""
    watched = breakers(drawdown_pct=10.0)
    watched.check(DAY_NS, D(10_000))
    watched.check(DAY_NS + 1, D(12_000))
    assert [] == watched.check(DAY_NS + 2, D("10800.01"))
    (latch,) = watched.check(DAY_NS + 3, D(10_800))

    assert (Effect.HALT, True) == (latch.effect, latch.needs_person)
    watched.check(DAY_NS + 400 * NS_PER_DAY, D(20_000))
    assert watched.blocks()
    assert latch == watched.allowances.clear("drawdown")
    assert [] == watched.check(DAY_NS + 400 * NS_PER_DAY + 1, D(10_800)), "counted from here on"
    assert ["drawdown"] == codes(watched.check(DAY_NS + 400 * NS_PER_DAY + 2, D(9_720)))


def test_losses_in_a_row_end_the_days_entries() -> None:
    """A win between begins anew; breaking even is neither."""
    watched = breakers(losses_in_a_row_max=3)
    record = watched.allowances
    watched.check(DAY_NS, D(10_000))
    for net in (-1, -1, 1, -1, -1, 0):
        record.note_trip(D(net), DAY_NS, was_stopped_out=False)
    assert [] == watched.check(DAY_NS, D(10_000))
    record.note_trip(D(-1), DAY_NS, was_stopped_out=True)

    assert ["losses_in_a_row"] == codes(watched.check(DAY_NS, D(10_000)))
    assert Effect.NO_ENTRIES is record.latches["losses_in_a_row"].effect
    watched.check(DAY_NS + NS_PER_DAY, D(10_000))
    assert () == watched.blocks(), "the next day begins with nothing"
    assert 0 == record.losses_in_a_row


def test_errors_of_an_hour_stop_the_session() -> None:
    """The fifth of a class within an hour; those of an hour ago are forgotten."""
    watched = breakers(errors_per_hour_max=5)
    record = watched.allowances
    for minute in (0, 50, 55, 58, 59):
        record.note_error("order_rejected", DAY_NS + minute * NS_PER_MINUTE)
    assert [] == watched.check(DAY_NS + NS_PER_HOUR, D(1)), "the first one is an hour old"
    record.note_error("strategy_failed", DAY_NS + NS_PER_HOUR + 1)
    assert [] == watched.check(DAY_NS + NS_PER_HOUR + 1, None), "each class by itself"
    record.note_error("order_rejected", DAY_NS + NS_PER_HOUR + 1)
    assert ["errors"] == codes(watched.check(DAY_NS + NS_PER_HOUR + 1, None))


def test_unknown_equity_trips_nothing_and_rolls_nothing() -> None:
    """The day begins with the first equity that is known."""
    watched = breakers(daily_loss_pct=1.0, drawdown_pct=1.0)
    assert [] == watched.check(DAY_NS, None)
    assert -1 == watched.allowances.day
    watched.check(DAY_NS + 5, D(10_000))
    assert D(10_000) == watched.allowances.day_equity


@given(
    equities=st.lists(st.integers(9_600, 60_000), max_size=40),
    steps=st.lists(st.integers(0, NS_PER_DAY), min_size=40, max_size=40),
)
def test_being_in_profit_never_blocks(equities: list[int], steps: list[int]) -> None:
    """Equity that only rises trips no limit on losses, on no day."""
    watched = breakers(daily_loss_pct=0.5, drawdown_pct=0.5, losses_in_a_row_max=1)
    now_ns = DAY_NS
    for equity, step_ns in zip(sorted(equities), steps, strict=False):
        now_ns += step_ns
        watched.allowances.note_trip(D(1), now_ns, was_stopped_out=False)
        assert [] == watched.check(now_ns, D(equity))


@pytest.mark.parametrize(
    ("changes", "ms", "said"),
    [
        ({"no_entry_last_s": 10.0}, 590_001, "session_end: within the last 10 s"),
        ({"no_entry_last_s": 10.0}, 590_000, ""),
        ({"settlement_blackout_s": 5.0}, 295_001, "settlement: within 5 s of one"),
        ({"settlement_blackout_s": 5.0}, 304_999, "settlement: within 5 s of one"),
        ({"settlement_blackout_s": 5.0}, 305_000, ""),
        ({"blackouts_utc": ["00:01-00:02"]}, 60_000, "blackout: 00:01-00:02 UTC"),
        ({"blackouts_utc": ["00:01-00:02"]}, 120_000, ""),
        ({"blackouts_utc": ["23:59-00:01"]}, 59_999, "blackout: 23:59-00:01 UTC"),
        ({"cooldown_after_stop_s": 60.0}, 159_000, "cooldown: 1 s more after a stop"),
        ({"cooldown_after_stop_s": 60.0}, 160_000, ""),
    ],
)
def test_what_an_entry_waits_for(changes: dict[str, object], ms: int, said: str) -> None:
    """Ten minutes from 00:00, a settlement at 00:05, a stop-out at 00:01:40: to the edge."""
    watched = breakers(**changes)
    if "cooldown_after_stop_s" in changes:
        watched.allowances.note_trip(D(-1), DAY_NS + 100 * NS_PER_S, was_stopped_out=True)
    deadline_ns, settlement_ns = DAY_NS + 600 * NS_PER_S, DAY_NS + 300 * NS_PER_S

    waits = watched.waits(DAY_NS + ms * 1_000_000, deadline_ns, [settlement_ns])

    assert ([said] if said else []) == waits


def test_orders_per_minute_wait() -> None:
    """The third within the minute waits until the first is a minute old."""
    watched = breakers(orders_per_min_max=2)
    for second in (0, 10):
        watched.allowances.note_order(DAY_NS + second * NS_PER_S)

    assert ["orders_per_min: 2 in the last minute"] == watched.waits(
        DAY_NS + 59 * NS_PER_S, 1 << 62, []
    )
    assert [] == watched.waits(DAY_NS + 60 * NS_PER_S, 1 << 62, [])


def test_the_record_goes_from_session_to_session_whole() -> None:
    """Nothing of it is lost in what one session hands to the next."""
    watched = breakers(daily_loss_pct=1.0, losses_in_a_row_max=1)
    watched.check(DAY_NS, D(10_000))
    watched.allowances.note_order(DAY_NS)
    watched.allowances.note_error("order_rejected", DAY_NS)
    watched.allowances.note_trip(D(-1), DAY_NS, was_stopped_out=True)
    watched.check(DAY_NS + 1, D(9_000))
    head = AccountHead(wallet=D(9_000), allowances=watched.allowances)

    again = msgspec.json.decode(msgspec.json.encode(head), type=AccountHead)

    assert head == again
    assert {"daily_loss", "losses_in_a_row"} == set(again.allowances.latches)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"risk_pct": 2.0, "daily_loss_pct": 1.0}, "risk_pct"),
        ({"daily_loss_pct": 30.0, "drawdown_pct": 20.0}, "daily_loss_pct"),
        ({"blackouts_utc": ("25:00-26:00",)}, "blackouts_utc"),
        ({"blackouts_utc": ("13:25",)}, "blackouts_utc"),
        ({"blackouts_utc": ("13:25-13:25",)}, "blackouts_utc"),
        ({"blackouts_utc": (5,)}, "blackouts_utc"),
        ({"daily_loss_pct": float("nan")}, "daily_loss_pct"),
        ({"losses_in_a_row_max": -1}, "losses_in_a_row_max"),
        ({"cooldown_after_stop_s": float("inf")}, "cooldown_after_stop_s"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(
    changes: dict[str, object], field: str
) -> None:
    """One stop that may lose the day, a day that may lose the account: said with the numbers."""
    with pytest.raises(ConfigError, match=f"^{field}: "):
        RiskConfig(**changes)  # type: ignore[arg-type]


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 30 * 3_600), st.decimals(9_000, 11_000, places=2)), min_size=1
    ),
    daily_pct=st.sampled_from([0.0, 1.0, 3.0]),
    daily_usdt=st.sampled_from([0.0, 150.0]),
    drawdown_pct=st.sampled_from([0.0, 3.0, 8.0]),
)
def test_the_short_cut_trips_when_the_long_way_does(
    steps: list[tuple[int, Decimal]], daily_pct: float, daily_usdt: float, drawdown_pct: float
) -> None:
    """The cheap look by a floor of equity, and every limit measured: the same record, latches."""
    limits = {
        "daily_loss_pct": daily_pct,
        "daily_loss_usdt": daily_usdt,
        "drawdown_pct": drawdown_pct,
    }
    short, long = breakers(**limits), breakers(**limits)
    now_ns = DAY_NS
    for after_s, equity in steps:
        now_ns += after_s * NS_PER_S
        tripped = [] if short.passes(now_ns, equity) else short.check(now_ns, equity)
        assert codes(tripped) == codes(long.check(now_ns, equity))
    assert short.allowances == long.allowances


def test_where_something_holds_or_is_unknown_there_is_no_short_cut() -> None:
    """A latch, an error of the last hour, or no equity: everything is measured."""
    watched = breakers(drawdown_pct=10.0)
    watched.check(DAY_NS, D(10_000))

    assert watched.passes(DAY_NS, D("9000.01"))
    assert not watched.passes(DAY_NS, D(9_000))
    assert not watched.passes(DAY_NS, None)
    watched.allowances.note_error("order_rejected", DAY_NS)
    assert not watched.passes(DAY_NS, D(10_000))
