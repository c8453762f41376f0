"""Paging back through klines: each closed bar once, no gap, and always an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.venues.bitunix.kline_examples import (
    CLOSED,
    MINUTE,
    MINUTE_MS,
    MS,
    PAGE,
    REQUEST,
    bars,
    reply,
)
from trading.venues.base import RestRequest
from trading.venues.bitunix.klines import next_candles_request
from trading.venues.bitunix.requests import PAGE_ROWS_MAX, candles_request


class FakeHistory:
    """The documented paging: the newest rows before ``endTime``, newest first, 200 at most."""

    def __init__(
        self, opens_ms: list[int], *, is_inclusive: bool, rows_max: int = PAGE_ROWS_MAX
    ) -> None:
        """Hold bars at these times."""
        self.opens_ms = sorted(opens_ms, reverse=True)
        self.is_inclusive = is_inclusive
        self.rows_max = rows_max
        self.requests = 0

    def answer(self, request: RestRequest) -> bytes:
        """Answer one request from its query alone."""
        self.requests += 1
        query = dict(request.query)
        end_ms = int(query["endTime"]) + (1 if self.is_inclusive else 0)
        limit = min(int(query["limit"]), self.rows_max)
        before = [open_ms for open_ms in self.opens_ms if open_ms < end_ms]
        return reply([{**CLOSED, "time": str(open_ms)} for open_ms in before[:limit]])


def collect(history: FakeHistory, request: RestRequest) -> list[int]:
    """Follow the pages to their end; return the bars' open times, oldest page first."""
    pages: list[list[int]] = []
    following: RestRequest | None = request
    while following is not None:
        body = history.answer(following)
        pages.append([bar.open_ns for bar in bars(following, body)])
        following = next_candles_request(following, body)
        assert history.requests < 2_000
    return [open_ns for page in reversed(pages) for open_ns in page]


FIRST_MS = 1_789_900_020_000 // MINUTE_MS * MINUTE_MS


@given(
    bars_held=st.integers(0, 900),
    before=st.integers(0, 250),
    asked=st.integers(1, 900),
    missing=st.sets(st.integers(0, 899), max_size=300),
    rows_max=st.sampled_from([1, 7, 100, 200, 500]),
    is_inclusive=st.booleans(),
    into_ms=st.integers(0, MINUTE_MS - 1),
)
def test_every_closed_bar_of_the_span_comes_once_and_in_order(
    bars_held: int,
    before: int,
    asked: int,
    missing: set[int],
    rows_max: int,
    into_ms: int,
    *,
    is_inclusive: bool,
) -> None:
    """With gaps, at the history's beginning, past its end, and under both readings of endTime."""
    opens_ms = [FIRST_MS + i * MINUTE_MS for i in range(bars_held) if i not in missing]
    history = FakeHistory(opens_ms, is_inclusive=is_inclusive, rows_max=rows_max)
    start_ns = (FIRST_MS + before * MINUTE_MS) * MS
    end_ns = start_ns + (asked * MINUTE_MS + into_ms) * MS

    found = collect(history, candles_request("BTCUSDT", 60, start_ns, end_ns))

    assert [
        open_ms * MS
        for open_ms in opens_ms
        if start_ns <= open_ms * MS and (open_ms + MINUTE_MS) * MS <= end_ns
    ] == found


def test_a_page_that_reaches_the_start_is_the_last() -> None:
    """No request is spent on bars nobody asked for."""
    opens_ms = [FIRST_MS + i * MINUTE_MS for i in range(1_000)]
    history = FakeHistory(opens_ms, is_inclusive=True)
    end_ns = (FIRST_MS + 1_000 * MINUTE_MS) * MS

    assert 400 == len(
        collect(history, candles_request("BTCUSDT", 60, end_ns - 400 * MINUTE, end_ns))
    )
    assert 2 == history.requests


def test_a_venue_that_repeats_its_page_does_not_hold_us_for_ever() -> None:
    """A page without an older row ends the paging."""
    body = reply(PAGE)
    request = candles_request("BTCUSDT", 60, 0, 1_790_000_050_000 * MS)

    following = next_candles_request(request, body)

    assert following is not None
    assert 1_789_999_920_000 * MS == following.end_ns
    assert next_candles_request(following, body) is None


def test_a_stale_bar_on_top_of_a_page_does_not_end_the_paging() -> None:
    """A bar of months ago was seen as first row of a real page (spot, 2024-10)."""
    stale = {**CLOSED, "time": "1718409600000"}
    request = candles_request("BTCUSDT", 60, FIRST_MS * MS, 1_790_000_050_000 * MS)

    following = next_candles_request(request, reply([stale, *PAGE]))

    assert following is not None
    assert 1_789_999_920_000 * MS == following.end_ns
    assert 2 == len(bars(REQUEST, reply([stale, *PAGE])))
