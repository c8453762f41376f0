"""The window a strategy looks through: what it shows, and what it does not lend."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd
import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, T0_NS, bar, ns
from trading.account.terms import MarginTerms
from trading.model.margin import MarginMode
from trading.model.orders import OrderRole, OrderStatus, OrderType, Side
from trading.model.sides import PositionMode
from trading.strategy.view import PositionView, View

D = Decimal


def frame(columns: Mapping[str, Sequence[float]]) -> object:
    """Make a data frame, as the shell does."""
    return pd.DataFrame(columns)


def view_of(bench: Bench, *, is_framed: bool = True) -> View:
    """Return a view of a bench that ends in a minute."""
    return bench.view(deadline_ns=ns(60_000), frame=frame if is_framed else None)


def test_the_market_is_shown_as_it_is() -> None:
    """Unknown is None; then the book, the print, the mark, each by its name."""
    bench = Bench()
    view = view_of(bench)
    assert [None] * 5 == [view.last_price, view.best_bid, view.best_ask, view.mid, view.mark]

    bench.book(99.0, 101.0, 1)
    bench.trade(100.5, 2)
    bench.mark(100.2, 3)

    assert (100.5, 99.0, 101.0, 100.0, 100.2) == (
        view.last_price,
        view.best_bid,
        view.best_ask,
        view.mid,
        view.mark,
    )
    assert (SYMBOL, D("0.1")) == (view.symbol, view.instrument.tick_size)


def test_the_position_is_shown_as_it_is() -> None:
    """Flat, with an entry under way, held, being closed."""
    bench = Bench()
    view = view_of(bench)
    bench.book(100.0, 100.1, 0)
    assert (True, False, False, D(0)) == (
        view.is_flat,
        view.has_entry,
        view.is_closing,
        view.average_entry,
    )

    bench.enter(Side.BUY, "0.5", stop="99.0")
    assert (True, True) == (view.is_flat, view.has_entry)
    bench.book(100.0, 100.1, 100)
    assert (False, False, D("0.5"), D("100.1")) == (
        view.is_flat,
        view.has_entry,
        view.position,
        view.average_entry,
    )
    bench.leave("0.5")
    assert view.is_closing


def test_protection_is_shown_where_it_waits() -> None:
    """None while flat; then stop and target, and where they were moved to."""
    bench = Bench()
    view = view_of(bench)
    bench.book(100.0, 100.1, 0)
    bench.enter(Side.BUY, "0.5", stop="99.0", target="103.0")
    assert (None, None) == (view.stop_price, view.target_price)

    bench.book(100.0, 100.1, 100)
    assert (D("99.0"), D("103.0")) == (view.stop_price, view.target_price)
    bench.amend(bench.live(OrderRole.STOP)[0], trigger="99.5")
    bench.time(200)
    assert (D("99.5"), D("103.0")) == (view.stop_price, view.target_price)


def test_a_long_and_a_short_are_shown_apart() -> None:
    """In hedge mode each with what protects it; what can only be said of one is not said of two."""
    bench = Bench(terms=MarginTerms(position_mode=PositionMode.HEDGE))
    view = view_of(bench)
    bench.book(100.0, 100.1, 0)
    bench.enter(Side.BUY, "0.5", stop="99.0", target="103.0")
    bench.enter(Side.SELL, "0.2", stop="101.0")
    assert (True, True) == (view.long.has_entry, view.short.has_entry)
    bench.book(100.0, 100.1, 100)
    bench.leave("0.2", Side.BUY)

    assert (
        PositionView(D("0.5"), D("100.1"), D("99.0"), D("103.0"), liquidation_price=D("80.08"))
        == view.long
    )
    assert (
        PositionView(D("0.2"), D("100.0"), D("101.0"), is_closing=True, liquidation_price=D("120"))
        == view.short
    )
    assert (D("0.3"), False, True) == (view.position, view.is_flat, view.is_closing)
    for name in ("average_entry", "stop_price", "target_price", "liquidation_price"):
        with pytest.raises(ValueError, match=r"ask view\.long or view\.short"):
            getattr(view, name)
    bench.book(100.0, 100.1, 200)
    assert (D("100.1"), D("99.0"), PositionView()) == (
        view.average_entry,
        view.stop_price,
        view.short,
    )


def test_one_way_what_is_not_held_long_is_not_there() -> None:
    """The same questions have answers in both modes."""
    bench = Bench()
    view = view_of(bench)
    bench.book(100.0, 100.1, 0)
    bench.enter(Side.SELL, "0.5", stop="101.0")
    bench.book(100.0, 100.1, 100)

    assert (PositionView(), D("0.5")) == (view.long, view.short.quantity)
    assert D("101.0") == view.short.stop_price == view.stop_price


def test_where_the_position_would_be_liquidated_is_shown() -> None:
    """Bought at 100.1 and 5x: 20.02 stand behind a coin. None while flat."""
    bench = Bench()
    view = view_of(bench)
    assert None is view.liquidation_price

    bench.hold(Side.BUY, "0.5")
    assert D("80.08") == view.liquidation_price


def test_cross_the_other_marks_must_be_known_for_that() -> None:
    """10,000 stand behind 200 coins at 100.1, of which the fee is gone; unknown without a mark."""
    bench = Bench(terms=MarginTerms(mode=MarginMode.CROSS))
    view = view_of(bench)
    bench.hold(Side.BUY, "200")
    assert None is view.liquidation_price

    bench.mark(100.0, 200)
    assert (200 * D("100.1") - bench.account.wallet) / 200 == view.liquidation_price


def test_an_entry_is_known_by_its_name() -> None:
    """Unknown, on its way, at the venue, gone: and then for good."""
    bench = Bench()
    view = view_of(bench)
    bench.book(100.0, 100.1, 0)
    statuses = [view.entry_status("a")]
    order = bench.send(OrderType.LIMIT, Side.BUY, price="99.0", client_id="a")
    statuses.append(view.entry_status("a"))
    bench.book(100.0, 100.1, 100)
    statuses.append(view.entry_status("a"))
    bench.cancel(order)
    bench.time(200)
    statuses.append(view.entry_status("a"))

    assert [None, OrderStatus.IN_FLIGHT, OrderStatus.WORKING, OrderStatus.CANCELED] == statuses
    assert None is view.entry_status("b")


def test_time_is_session_time() -> None:
    """Seconds left until the deadline, as of the instant the engine set."""
    view = view_of(Bench())
    view.now_ns = T0_NS

    assert 60.0 == view.seconds_left


def test_history_is_a_copy_in_columns() -> None:
    """One row a bar, oldest first; changing it changes nobody's bars."""
    bench = Bench()
    for index in range(3):
        bench.market.candles.push(bar(index, 100.0 + index, 105.0, 95.0, 101.0 + index), 0, [])
    view = view_of(bench)

    columns = view.history()
    columns["close"].clear()

    assert [101.0, 102.0, 103.0] == view.history()["close"]
    assert ["open_ns", "open", "high", "low", "close", "volume"] == list(view.history())
    assert 3 == len(view.candles)


def test_history_is_a_data_frame_on_demand() -> None:
    """For who wants pandas: the same numbers, by name."""
    bench = Bench()
    for index in range(3):
        bench.market.candles.push(bar(index, 100.0 + index), 0, [])

    found = view_of(bench).history_frame()

    assert isinstance(found, pd.DataFrame)
    assert [100.0, 101.0, 102.0] == found["close"].tolist()
    assert [T0_NS, ns(60_000), ns(120_000)] == found["open_ns"].tolist()


def test_without_data_frames_the_view_says_so() -> None:
    """A run that offers none names what to use instead."""
    with pytest.raises(RuntimeError, match=r"use view\.history\(\)"):
        view_of(Bench(), is_framed=False).history_frame()
