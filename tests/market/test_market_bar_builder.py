"""Bars from trades, beside a slow and obvious way of making them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import SYMBOL, T0_NS, trade
from trading.market.bar_builder import BarBuilder
from trading.model.events import CandleUpdate, PublicTrade
from trading.model.numbers import NS_PER_S

INTERVAL_NS = 60 * NS_PER_S


def naive_bars(trades: list[PublicTrade]) -> list[tuple[int, float, float, float, float, float]]:
    """Return ``open_ns, open, high, low, close, volume`` of every bar that is over."""
    if not trades:
        return []
    first = trades[0].exchange_ns // INTERVAL_NS
    last = trades[-1].exchange_ns // INTERVAL_NS
    bars: list[tuple[int, float, float, float, float, float]] = []
    for index in range(first, last):
        inside = [t for t in trades if t.exchange_ns // INTERVAL_NS == index]
        if inside:
            prices = [t.price for t in inside]
            volume = sum(t.quantity for t in inside)
        else:
            prices, volume = [bars[-1][4]], 0.0
        bars.append((index * INTERVAL_NS, prices[0], max(prices), min(prices), prices[-1], volume))
    return bars


def plain(bar: CandleUpdate) -> tuple[int, float, float, float, float, float]:
    """Return a bar as the naive way writes it."""
    return (bar.open_ns, bar.open, bar.high, bar.low, bar.close, bar.volume)


TRADES = st.lists(
    st.tuples(
        st.integers(0, 200_000),
        st.integers(400, 600).map(lambda tick: tick / 10),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    ),
    max_size=60,
).map(
    lambda rows: [
        trade(price, quantity, at_ms=at_ms) for at_ms, (price, quantity) in accumulate_times(rows)
    ]
)


def accumulate_times(
    rows: list[tuple[int, float, float]],
) -> list[tuple[int, tuple[float, float]]]:
    """Turn time steps into rising times; the first trade lies anywhere in a bar."""
    at_ms = 0
    placed = []
    for step_ms, price, quantity in rows:
        at_ms += step_ms
        placed.append((at_ms, (price, quantity)))
    return placed


@given(trades=TRADES)
def test_bars_are_those_of_the_naive_way(trades: list[PublicTrade]) -> None:
    """Every bar that ended is given out once, in order, empty ones flat at the last close."""
    builder = BarBuilder(SYMBOL, 60)

    built = [bar for each in trades for bar in builder.roll(each)]

    assert naive_bars(trades) == [plain(bar) for bar in built]
    assert all(bar.is_closed and bar.symbol == SYMBOL for bar in built)


@given(trades=TRADES)
def test_extending_inside_a_bar_is_rolling(trades: list[PublicTrade]) -> None:
    """The short way for a trade inside the bar builds the same bars as the long way."""
    short, long = BarBuilder(SYMBOL, 60), BarBuilder(SYMBOL, 60)
    built: list[CandleUpdate] = []
    for each in trades:
        if each.exchange_ns < short.end_ns:
            short.extend(each)
        else:
            built.extend(short.roll(each))

    assert [bar for each in trades for bar in long.roll(each)] == built
    assert short.end_ns == long.end_ns


def test_a_bar_ends_with_the_first_trade_after_it() -> None:
    """The trade at the very end of a bar belongs to the next one, and closes this one."""
    builder = BarBuilder(SYMBOL, 60)

    assert [] == list(builder.roll(trade(10.0, at_ms=59_999)))
    assert T0_NS + INTERVAL_NS == builder.end_ns

    closed = list(builder.roll(trade(11.0, at_ms=60_000)))

    assert [(T0_NS, 10.0, 10.0)] == [(bar.open_ns, bar.open, bar.close) for bar in closed]
    assert T0_NS + 2 * INTERVAL_NS == builder.end_ns


def test_turnover_is_price_times_quantity() -> None:
    """A bar's turnover is the sum of what its trades cost."""
    builder = BarBuilder(SYMBOL, 60)
    for price, quantity in ((100.0, 0.5), (200.0, 0.25)):
        assert [] == list(builder.roll(trade(price, quantity, at_ms=1)))

    (bar,) = builder.roll(trade(1.0, at_ms=60_000))

    assert (0.75, 100.0) == (bar.volume, bar.turnover)
