"""What a bar does to waiting orders of every type, by the worst reading and by the best."""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import pytest

from tests.support.bench import CONFIG, Bench
from tests.support.market import SYMBOL, ns
from trading.broker import bar_fills
from trading.model.events import BarAmbiguous, CandleClosed
from trading.model.numbers import NS_PER_S
from trading.model.orders import (
    Bracket,
    Liquidity,
    OrderRole,
    OrderType,
    Side,
    TimeInForce,
    Trail,
)

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BEST = replace(CONFIG, bar_order="best_first")
ONE_PERCENT = Trail(callback_bps=D(100))
MINUTE_NS = 60 * NS_PER_S


class Bar(NamedTuple):
    """Open, high, low and close."""

    open: float
    high: float
    low: float
    close: float


def held(*, is_best: bool = False, **legs: object) -> Bench:
    """Return a bench that is long from bar 0's open at 100, with a stop at 95 and other legs."""
    bench = Bench(config=BEST if is_best else CONFIG)
    bracket = Bracket(stop_price=D("95.0"), **legs)  # type: ignore[arg-type]
    bench.send(OrderType.MARKET, BUY, bracket=bracket)
    bench.candle(0, 100.0, 100.4, 99.6, 100.0)
    assert D(1) == bench.quantity
    return bench


def left_at(bench: Bench, bar: Bar) -> list[tuple[str, Decimal]]:
    """Return by which legs and at which prices bar 1 took the position out."""
    before = len(bench.fills())
    bench.candle(1, *bar)
    bench.check()
    return [(str(fill.role), fill.price) for fill in bench.fills()[before:]]


def assumed(bench: Bench) -> list[str]:
    """Return by which reading ambiguous bars were read."""
    return [each.reading for each in bench.all(BarAmbiguous)]


# --- trailing stops -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "worst", "best"),
    [
        (Bar(100.0, 100.5, 99.6, 100.2), [], []),
        (Bar(100.0, 100.0, 99.0, 99.5), [("trail", D("98.9"))], [("trail", D("98.9"))]),
        (Bar(100.0, 104.0, 99.0, 103.5), [("trail", D("98.9"))], [("trail", D("102.8"))]),
        (Bar(100.0, 104.0, 99.5, 103.5), [("trail", D("102.8"))], [("trail", D("102.8"))]),
        (Bar(98.0, 98.5, 97.0, 98.0), [("trail", D("97.9"))], [("trail", D("97.9"))]),
        (Bar(102.0, 102.2, 101.6, 102.0), [], []),
        (Bar(102.0, 102.0, 100.9, 101.0), [("trail", D("100.8"))], [("trail", D("100.8"))]),
    ],
    ids=[
        "inside",
        "down",
        "down-or-up-first",
        "up-and-back",
        "gap-down",
        "gap-up-holds",
        "gap-up-falls",
    ],
)
def test_a_trail_in_a_bar(
    bar: Bar, worst: list[tuple[str, Decimal]], best: list[tuple[str, Decimal]]
) -> None:
    """Tried as it stood, then followed, then tried anew; the best reading follows first."""
    assert worst == left_at(held(trail=ONE_PERCENT), bar)
    assert best == left_at(held(trail=ONE_PERCENT, is_best=True), bar)


def test_a_trail_that_only_followed_waits_at_its_new_trigger() -> None:
    """A quiet bar upwards moves it for the bars to come."""
    bench = held(trail=ONE_PERCENT)
    bench.candle(1, 100.0, 100.8, 99.9, 100.8)
    (trail,) = bench.live(OrderRole.TRAIL)

    assert (100.8, D("99.7")) == (trail.best_price, trail.request.trigger_price)


def test_a_short_trail_is_the_mirror() -> None:
    """From the lowest price, upwards."""
    bench = Bench()
    bracket = Bracket(stop_price=D("105.0"), trail=ONE_PERCENT)
    bench.send(OrderType.MARKET, SELL, bracket=bracket)
    bench.candle(0, 100.0, 100.4, 99.6, 100.0)

    assert [("trail", D("97.1"))] == left_at(bench, Bar(100.0, 100.5, 96.0, 96.5))


# --- time stops ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hold_s", "bar", "worst", "best"),
    [
        (60, Bar(101.0, 102.0, 99.0, 100.0), ("time_stop", D("100.9")), None),
        (90, Bar(101.0, 102.0, 99.0, 100.0), ("time_stop", D("98.9")), ("time_stop", D("100.9"))),
        (90, Bar(101.0, 102.0, 94.0, 100.0), ("stop", D("94.9")), ("time_stop", D("100.9"))),
        (60, Bar(101.0, 102.0, 94.0, 100.0), ("time_stop", D("100.9")), None),
    ],
    ids=["due-at-the-open", "inside", "inside-with-a-stop", "due-before-the-stop"],
)
def test_a_time_stop_in_a_bar(
    hold_s: int, bar: Bar, worst: tuple[str, Decimal], best: tuple[str, Decimal] | None
) -> None:
    """Due at the open it is certain; inside, no price of the bar is ruled out, the worst is taken.

    None: the best reading is the same.
    """
    hold_ns = hold_s * NS_PER_S
    assert [worst] == left_at(held(hold_ns=hold_ns), bar)
    assert [best or worst] == left_at(held(hold_ns=hold_ns, is_best=True), bar)


def test_a_time_stop_of_a_later_bar_waits() -> None:
    """Nothing of this bar belongs to it."""
    assert [] == left_at(held(hold_ns=120 * NS_PER_S), Bar(101.0, 102.0, 99.0, 100.0))


# --- targets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("high", "expected"),
    [
        (102.9, []),
        (103.0, []),
        (103.1, [("target", D("103.0"))]),
    ],
)
def test_a_limit_target_needs_the_price_to_go_through(
    high: float, expected: list[tuple[str, Decimal]]
) -> None:
    """Reached it rests in the book; a tick beyond proves that it was filled, at its own price."""
    bench = held(target_price=D("103.0"), target_is_limit=True)

    assert expected == left_at(bench, Bar(100.0, high, 99.6, 100.0))
    assert all(fill.liquidity is Liquidity.MAKER for fill in bench.fills()[1:])


def test_a_limit_target_once_reached_fills_in_a_later_bar() -> None:
    """It rests from the bar that touched it on; stop and trail still cover the same."""
    bench = held(target_price=D("103.0"), target_is_limit=True)
    bench.candle(1, 100.0, 103.0, 99.6, 100.0)
    (target,) = bench.live(OrderRole.TARGET)
    assert target.is_resting

    bench.candle(2, 100.0, 103.1, 99.6, 100.0)
    assert ("target", D("103.0"), D(1)) == bench.traded()[-1]
    assert {} == bench.broker.orders


def test_stop_and_target_in_one_bar() -> None:
    """The stop, marked as assumed; the best reading takes the target; both are counted."""
    bar = Bar(100.0, 104.0, 95.0, 100.0)
    for is_best, expected, reading in (
        (False, ("stop", D("94.9")), "worst_first"),
        (True, ("target", D("102.9")), "best_first"),
    ):
        bench = held(target_price=D("103.0"), is_best=is_best)
        assert [expected] == left_at(bench, bar)
        assert [reading] == assumed(bench)
        assert bench.fills()[-1].is_pessimistic is not is_best


def test_the_bar_of_the_entry_pays_only_by_the_best_reading() -> None:
    """Whether its target was reached before the entry or after it is not known."""
    for is_best, roles in ((False, ["entry"]), (True, ["entry", "target"])):
        bench = Bench(config=BEST if is_best else CONFIG)
        bench.enter(BUY, "1", stop="95.0", target="102.0")
        bench.candle(0, 100.0, 103.0, 99.0, 100.0)

        assert roles == [role for role, _, _ in bench.traded()]
        assert ["best_first" if is_best else "worst_first"] == assumed(bench)


def test_a_clear_bar_is_not_counted() -> None:
    """One end reached, and nothing that could have come before it."""
    bench = held(target_price=D("103.0"))
    left_at(bench, Bar(100.0, 104.0, 99.0, 103.0))

    assert ([], False) == (assumed(bench), bench.fills()[-1].is_pessimistic)


# --- entries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "price"),
    [
        (Bar(100.0, 101.9, 99.0, 101.0), None),
        (Bar(100.0, 102.0, 99.0, 101.0), D("102.1")),
        (Bar(103.0, 104.0, 102.5, 103.0), D("103.1")),
    ],
)
def test_a_stop_entry_is_pulled_at_its_trigger_or_at_an_open_beyond(
    bar: Bar, price: Decimal | None
) -> None:
    """Half a spread worse in either case."""
    bench = Bench()
    bench.send(OrderType.STOP_MARKET, BUY, trigger="102.0", bracket=Bracket(stop_price=D("90.0")))
    bench.candle(0, *bar)

    assert ([] if price is None else [("entry", price, D(1))]) == bench.traded()


def test_a_stop_limit_entry_that_was_jumped_waits_for_the_price_to_come_back() -> None:
    """The bar that triggers it proves nothing of its limit; a later one that goes through does."""
    bench = Bench()
    bench.send(OrderType.STOP_LIMIT, BUY, trigger="102.0", price="102.0")
    bench.candle(0, 100.0, 103.0, 99.0, 103.0)
    assert [] == bench.traded()

    bench.candle(1, 103.0, 103.5, 101.9, 103.0)
    assert [("entry", D("102.0"), D(1))] == bench.traded()


def test_a_stop_limit_entry_may_be_immediate_or_cancel() -> None:
    """What its trigger does not give is gone."""
    bench = Bench()
    bench.send(
        OrderType.STOP_LIMIT, BUY, trigger="102.0", price="102.0", time_in_force=TimeInForce.IOC
    )
    bench.candle(0, 100.0, 103.0, 99.0, 103.0)

    assert [(1, "immediate or cancel")] == bench.canceled()


def test_one_of_a_pair_in_one_bar() -> None:
    """A bar that reaches both entries opens the older, and the other is gone."""
    bench = Bench()
    for side, trigger, stop in ((BUY, "101.0", "90.0"), (SELL, "99.0", "110.0")):
        bracket = Bracket(stop_price=D(stop))
        bench.send(OrderType.STOP_MARKET, side, trigger=trigger, oco="p", bracket=bracket)
    bench.candle(0, 100.0, 101.5, 98.5, 100.0)

    assert [("entry", D("101.1"), D(1))] == bench.traded()
    assert [(2, "the other of its pair filled")] == bench.canceled()


def test_an_order_expires_with_its_bar() -> None:
    """A bar that ends at its date may still fill it; the next may not."""
    for low, roles in ((98.9, ["entry"]), (99.0, [])):
        bench = Bench()
        bench.send(
            OrderType.LIMIT,
            BUY,
            price="99.0",
            time_in_force=TimeInForce.GTD,
            expires_ns=ns(0) + MINUTE_NS,
        )
        bench.candle(0, 100.0, 101.0, low, 100.0)
        bench.candle(1, 100.0, 101.0, 90.0, 100.0)

        assert roles == [role for role, _, _ in bench.traded()]


# --- bars told after the fact -------------------------------------------------------------


def told(bench: Bench, bar: Bar) -> None:
    """Settle bar 1, of which nobody heard anything."""
    candle = CandleClosed(
        at_ns=ns(200_000),
        symbol=SYMBOL,
        interval_s=60,
        open_ns=ns(60_000),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=1.0,
        turnover=1.0,
        is_backfilled=True,
    )
    bar_fills.settle(bench.broker, bench.market, candle, ns(60_000), ns(200_000), bench.out)


def test_an_entry_triggered_while_nobody_listened_is_dropped() -> None:
    """None is ever taken on what nobody heard; one that was not reached stays."""
    bench = Bench()
    for trigger in ("102.0", "110.0"):
        bench.send(OrderType.STOP_MARKET, BUY, trigger=trigger)
    bench.candle(0, 100.0, 101.0, 99.5, 100.0)
    told(bench, Bar(100.0, 103.0, 99.0, 100.0))

    assert ([], [(1, "its trigger was reached while nobody listened")]) == (
        bench.traded(),
        bench.canceled(),
    )


def test_a_silence_is_read_the_worst_way_even_by_an_optimist() -> None:
    """The best reading is for comparing models, not for gaps in what was heard."""
    bench = held(target_price=D("103.0"), trail=ONE_PERCENT, is_best=True)
    told(bench, Bar(100.0, 104.0, 94.0, 100.0))

    assert ("stop", D("94.9"), D(1)) == bench.traded()[-1]
    assert (True, ["worst_first"]) == (bench.fills()[-1].is_pessimistic, assumed(bench))
