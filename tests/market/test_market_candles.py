"""The series of closed bars: in order, each once, confirmed or marked, no hole untold."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import SYMBOL, T0_NS, bar, forming, ns
from trading.market.candles import GAP_RETRIES_MAX, NEVER, CandleSeries
from trading.model.events import (
    CandleClosed,
    CandleGap,
    CandlesExhausted,
    CandlesRequested,
    CandleUpdate,
    MessageIgnored,
    Output,
)
from trading.model.numbers import NS_PER_S

MINUTE_MS = 60_000
MINUTE_NS = 60 * NS_PER_S
TIMEOUT_MS = 10_000


def at(index: float) -> int:
    """Return the open time of a bar."""
    return T0_NS + round(index * MINUTE_NS)


class Told:
    """A series, and what it gave out."""

    def __init__(self, *, live_from: float = 0, kept_bars: int = 100) -> None:
        """Start empty; bars that close by ``live_from`` (in bars) are warm-up."""
        self.out: list[Output] = []
        self.series = CandleSeries(
            SYMBOL,
            60,
            kept_bars=kept_bars,
            confirm_timeout_ns=TIMEOUT_MS * 1_000_000,
            live_from_ns=at(live_from),
        )

    def push(self, update: CandleUpdate) -> list[Output]:
        """Push one bar at its time of arrival; return what came of it."""
        return self._new(lambda: self.series.push(update, update.received_ns, self.out))

    def time(self, at_ms: float) -> list[Output]:
        """Let time pass."""
        return self._new(lambda: self.series.on_time(ns(at_ms), self.out))

    def exhausted(self, start: float, end: float, at_ms: float) -> list[Output]:
        """Say that a request is answered in full."""
        span = CandlesExhausted(SYMBOL, ns(at_ms), 60, at(start), at(end))
        return self._new(lambda: self.series.exhausted(span, ns(at_ms), self.out))

    def _new(self, act: Callable[[], None]) -> list[Output]:
        before = len(self.out)
        act()
        return self.out[before:]

    @property
    def opens(self) -> list[int]:
        """Indices of the bars given out."""
        bars = [each for each in self.out if isinstance(each, CandleClosed)]
        return [(each.open_ns - T0_NS) // MINUTE_NS for each in bars]


def warm(count: int, *, live_from: float = 0, kept_bars: int = 100) -> Told:
    """Return a series after a warm-up of bars -count to -1."""
    told = Told(live_from=live_from, kept_bars=kept_bars)
    for index in range(-count, 0):
        told.push(bar(index, 100.0, delay_ms=-index * MINUTE_MS))
    return told


def requests(out: list[Output]) -> list[tuple[float, float]]:
    """Return the spans asked for, in bars."""
    return [
        ((each.start_ns - T0_NS) / MINUTE_NS, (each.end_ns - T0_NS) / MINUTE_NS)
        for each in out
        if isinstance(each, CandlesRequested)
    ]


def closed(out: list[Output]) -> list[tuple[float, bool, bool]]:
    """Return close, is_confirmed and is_backfilled of the bars given out."""
    return [
        (each.close, each.is_confirmed, each.is_backfilled)
        for each in out
        if isinstance(each, CandleClosed)
    ]


def test_warm_up_is_backfilled() -> None:
    """A bar that closed by the time the session opened is marked; the next one is not."""
    told = warm(3)

    assert [(100.0, True, True)] * 3 == closed(told.out)
    assert [(101.0, True, False)] == closed(told.push(bar(0, 101.0)))
    assert 4 == told.series.contiguous


def test_a_forming_bar_is_never_given_out() -> None:
    """Pushes of the bar under way change nothing that anybody sees."""
    told = warm(2)
    for step in range(59):
        assert [] == told.push(forming(0, 100.0 + step, at_ms=1_000 * step))

    assert at(-1) == told.series.last_open_ns
    assert told.series.confirm_by_ns is None


def test_a_rollover_asks_and_the_answer_closes() -> None:
    """The first push of the next bar asks for the one before; the REST answer is what counts."""
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=59_000))

    asked = told.push(forming(1, 105.0, at_ms=60_100))
    answered = told.push(bar(0, 101.0, at_ms=60_300))

    assert [(0, 1)] == requests(asked)
    assert [(101.0, True, False)] == closed(answered)
    assert told.series.confirm_by_ns is None
    assert [] == told.time(10 * MINUTE_MS)


def test_a_confirmation_overdue_closes_as_pushed_and_untradable() -> None:
    """Without an answer in time the last push is given out, unconfirmed; later it is too late."""
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=59_000))
    told.push(forming(1, 105.0, at_ms=60_100))

    assert [] == told.time(60_100 + TIMEOUT_MS - 1)
    assert [(100.0, False, False)] == closed(told.time(60_100 + TIMEOUT_MS))
    assert [] == told.push(bar(0, 101.0, at_ms=75_000))
    assert [-2, -1, 0] == told.opens


def test_an_empty_answer_is_asked_again_and_then_given_up() -> None:
    """An answer without the bar is not the end: it is asked for again, a bounded number of times.

    The push is at hand, so what is given up is only its confirmation.
    """
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=59_000))
    told.push(forming(1, 105.0, at_ms=60_100))

    for attempt in range(GAP_RETRIES_MAX):
        assert [] == told.exhausted(0, 1, 60_200 + attempt)
        assert told.series.confirm_by_ns is not None

    assert [(100.0, False, False)] == closed(told.exhausted(0, 1, 61_000))
    assert told.series.confirm_by_ns is None


def test_a_gap_in_the_feed_is_asked_for_whole() -> None:
    """After silence over several bars, all of them are fetched; only the newest may be traded."""
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=30_000))

    asked = told.push(forming(4, 105.0, at_ms=4 * MINUTE_MS + 100))
    answers = [
        closed(told.push(bar(index, 200.0 + index, at_ms=4 * MINUTE_MS + 300)))
        for index in range(4)
    ]

    assert [(0, 4)] == requests(asked)
    assert [[(200.0 + i, True, i < 3)] for i in range(4)] == answers
    assert 6 == told.series.contiguous
    assert not [each for each in told.out if isinstance(each, CandleGap)]


def test_an_unanswered_gap_is_asked_for_again() -> None:
    """Missing bars are asked for as often as the limit says before anything is given up."""
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=30_000))
    told.push(forming(4, 105.0, at_ms=4 * MINUTE_MS))

    spans = []
    for attempt in range(1, GAP_RETRIES_MAX + 1):
        spans += requests(told.time(4 * MINUTE_MS + attempt * TIMEOUT_MS))
    given_up = told.time(4 * MINUTE_MS + (GAP_RETRIES_MAX + 1) * TIMEOUT_MS)

    assert [(0, 4)] * GAP_RETRIES_MAX == spans
    assert [(100.0, False, False)] == closed(given_up)
    assert told.series.confirm_by_ns is None


def test_a_hole_is_told_before_the_bar_behind_it() -> None:
    """Bars that are not to be had are named, and the count of contiguous bars starts anew."""
    told = warm(2)

    gap, candle = told.push(bar(3, 105.0))

    assert CandleGap(at_ns=at(4), symbol=SYMBOL, from_ns=at(0), to_ns=at(3)) == gap
    assert isinstance(candle, CandleClosed)
    assert 1 == told.series.contiguous


def test_what_was_given_up_is_asked_for_with_the_next_bar() -> None:
    """Bars still missing after giving up are part of the next request."""
    told = warm(2)
    told.push(forming(0, 100.0, at_ms=30_000))
    told.push(forming(4, 105.0, at_ms=4 * MINUTE_MS))
    for attempt in range(1, GAP_RETRIES_MAX + 2):
        told.time(4 * MINUTE_MS + attempt * TIMEOUT_MS)

    assert [(1, 5)] == requests(told.push(forming(5, 106.0, at_ms=5 * MINUTE_MS)))


def test_duplicates_are_dropped_without_a_word() -> None:
    """REST pages overlap, and a confirmation may come twice: a bar is given out once."""
    told = warm(3)

    assert [] == told.push(bar(-1, 999.0))
    assert [] == told.push(bar(-3, 999.0))
    assert [-3, -2, -1] == told.opens


def test_a_push_of_an_older_bar_is_ignored_aloud() -> None:
    """A late push of the bar before the forming one is told, and changes nothing."""
    told = warm(2)
    told.push(forming(1, 105.0, at_ms=60_100))

    (ignored,) = told.push(forming(0, 99.0, at_ms=60_200))

    assert isinstance(ignored, MessageIgnored)
    assert ("candle", "out of order") == (ignored.channel, ignored.reason)


def test_a_venue_that_marks_its_bars_closed_is_not_asked() -> None:
    """Closed pushes close at once, in a series without a forming bar."""
    told = Told(live_from=-10)
    for index in range(3):
        assert [(100.0 + index, True, False)] == closed(told.push(bar(index, 100.0 + index)))

    assert not requests(told.out)


def test_history_is_bounded() -> None:
    """No more bars are kept than asked for, the newest ones."""
    told = warm(5, kept_bars=3)

    assert [at(-3), at(-2), at(-1)] == [each.open_ns for each in told.series.closed]
    assert 5 == told.series.contiguous


def test_appending_the_next_bar_is_pushing_it() -> None:
    """The short way for a bar that simply is the next leaves the very same state."""
    short, long = warm(3), warm(3)
    (candle,) = long.push(bar(0, 100.0, 102.0, 99.0, 101.0))
    assert isinstance(candle, CandleClosed)
    assert candle.open_ns == short.series.next_ns
    short.series.closed.append(candle)
    short.series.next_ns += short.series.interval_ns

    assert long.push(bar(1, 101.0)) == short.push(bar(1, 101.0))
    assert list(long.series.closed) == list(short.series.closed)
    assert (5, 5) == (long.series.contiguous, short.series.contiguous)
    assert long.series.next_ns == short.series.next_ns


def test_only_a_closed_live_bar_can_simply_be_the_next() -> None:
    """Anything but that needs the whole way: warm-up, a forming bar, a question open."""
    waiting = warm(2)
    waiting.push(forming(0, 100.0, at_ms=1))
    asking = warm(2)
    asking.push(forming(0, 100.0, at_ms=1))
    asking.push(forming(1, 100.0, at_ms=MINUTE_MS))
    tried = [Told(live_from=-10), warm(2, live_from=5), waiting, asking]

    assert [NEVER] * len(tried) == [told.series.next_ns for told in tried]
    assert at(0) == warm(2).series.next_ns


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("forming"), st.integers(0, 12)),
        st.tuples(st.just("closed"), st.integers(-3, 12)),
        st.tuples(st.just("time"), st.integers(1, 30)),
        st.tuples(st.just("exhausted"), st.integers(0, 12)),
    ),
    max_size=80,
)


@given(steps=STEPS)
def test_whatever_comes_the_bars_rise_and_holes_are_told(steps: list[tuple[str, int]]) -> None:
    """For any order of pushes, answers and time: bars rise, each once, neighbours or a gap.

    And no forming value is ever given out as confirmed: its close tells where it came from.
    """
    told = Told()
    now_ms = 0
    for kind, number in steps:
        now_ms += 1
        if kind == "forming":
            told.push(forming(number, 1.0, at_ms=now_ms))
        elif kind == "closed":
            told.push(bar(number, 2.0, at_ms=now_ms))
        elif kind == "time":
            now_ms += number * 1_000
            told.time(now_ms)
        else:
            told.exhausted(0, number, now_ms)

    previous: int | None = None
    gap: tuple[int, int] | None = None
    for each in told.out:
        if isinstance(each, CandleGap):
            assert gap is None
            assert previous is not None
            gap = (each.from_ns, each.to_ns)
        elif isinstance(each, CandleClosed):
            follows = previous is None or each.open_ns == previous + MINUTE_NS
            assert follows or gap == ((previous or 0) + MINUTE_NS, each.open_ns)
            assert each.is_confirmed is (each.close == 2.0)
            previous, gap = each.open_ns, None
    assert gap is None
