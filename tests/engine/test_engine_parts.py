"""Bars shorter than the strategy's: they show the inside of its bars, and decide nothing."""

import pytest

from tests.support.market import bar, trade
from tests.support.run import Run, setup_of
from trading.model.events import BarAmbiguous, CandleClosed, CandleUpdate, Channel, OrderFilled
from trading.model.orders import OrderRole

FIVE_S = 300
PRICE = 50_000.0


def five(index: int, high: float = PRICE, low: float = PRICE) -> CandleUpdate:
    """Return a bar of five minutes that opens and closes at the price."""
    return bar(index, PRICE, high, low, interval_s=FIVE_S)


def minutes(index: int, *ends: tuple[float, float]) -> list[CandleUpdate]:
    """Return the five minutes of such a bar, by their highs and lows."""
    return [bar(index * 5 + n, PRICE, high, low) for n, (high, low) in enumerate(ends)]


def a_long(*, channels: tuple[Channel, ...] = ()) -> Run:
    """Return a session on bars that goes long after the first, stop 49,900, target 50,100."""
    setup = setup_of(
        strategy="Scripted",
        parameters={"script": "1 buy 49900 50100"},
        channels=channels,
        minutes=60,
        interval_s=FIVE_S,
    )
    run = Run(setup)
    run.at(five(0))
    return run


CALM = (PRICE, PRICE)
UP, DOWN = (50_150.0, PRICE), (PRICE, 49_850.0)
WIDE = five(1, 50_150.0, 49_850.0)


@pytest.mark.parametrize(
    ("parts", "left_by"),
    [
        ([CALM, UP, DOWN, CALM, CALM], OrderRole.TARGET),
        ([CALM, DOWN, UP, CALM, CALM], OrderRole.STOP),
        ([], OrderRole.STOP),
    ],
)
def test_the_minute_that_reached_it_first_decides(
    parts: list[tuple[float, float]], left_by: OrderRole
) -> None:
    """Both ends lie in the bar; its minutes know which came first, alone it is read the worst."""
    run = a_long()
    run.at(*minutes(1, *parts), WIDE)

    assert [OrderRole.ENTRY, left_by] == [fill.role for fill in run.all(OrderFilled)]
    assert (0 if parts else 1) == len(run.all(BarAmbiguous))


def test_an_order_trades_in_the_first_minute_after_it() -> None:
    """Sent at a close, filled from the open of the next minute, told when that is over."""
    run = a_long()
    first, *rest = minutes(1, CALM, CALM, CALM, CALM, CALM)
    run.at(first)
    (fill,) = run.all(OrderFilled)

    assert (first.open_ns, first.received_ns) == (fill.exchange_ns, fill.at_ns)
    run.at(*rest, five(1))
    assert 1 == len(run.all(OrderFilled))


def test_the_strategy_sees_its_own_bars_alone() -> None:
    """Five minutes are one bar to it; the mark moves with each of them."""
    run = a_long()
    run.at(bar(5, PRICE, close=50_020.0))
    assert 50_020.0 == run.engine.markets["BTCUSDT"].mark
    run.at(five(1))

    assert [FIVE_S, FIVE_S] == [each.interval_s for each in run.all(CandleClosed)]


def test_what_was_told_is_not_told_again() -> None:
    """A minute that comes twice or late fills nothing, nor one that is not over."""
    run = a_long()
    run.at(*minutes(1, CALM, CALM))
    run.at(
        bar(5, PRICE, 50_150.0, at_ms=420_000),
        bar(7, PRICE, 50_150.0, at_ms=421_000, is_closed=False),
    )

    assert [OrderRole.ENTRY] == [fill.role for fill in run.all(OrderFilled)]


def test_where_prints_are_heard_no_bar_fills() -> None:
    """A recording that has both is played by its prints."""
    run = a_long()
    run.at(trade(PRICE, at_ms=300_500))
    assert [OrderRole.ENTRY] == [fill.role for fill in run.all(OrderFilled)]
    run.at(*minutes(1, UP, DOWN, CALM, CALM, CALM), WIDE)

    assert [OrderRole.ENTRY] == [fill.role for fill in run.all(OrderFilled)]


def test_a_live_session_has_no_use_for_them() -> None:
    """A venue that pushes shorter bars as well: orders wait for book and prints."""
    run = a_long(channels=(Channel.CANDLE,))
    run.at(*minutes(1, UP, DOWN, CALM, CALM, CALM))

    assert [] == run.all(OrderFilled)
