"""What happened while nobody listened: told by bars, settled pessimistically, marked as such."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from tests.support.recorded_session import OPENED_NS, begin, feed, frames, opening
from trading.engine.blind import BlindSpans, unheard_part
from trading.model.events import (
    CandleClosed,
    CandleUpdate,
    FeedLost,
    IntentRaised,
    OrderFilled,
    Output,
    PositionChanged,
    SessionResumed,
)
from trading.model.numbers import NS_PER_MINUTE, NS_PER_MS, NS_PER_S
from trading.session.recorder import Recorder
from trading.venues.bitunix import Bitunix


def bar(**changes: float) -> CandleClosed:
    """Return a bar of the minute after the opening."""
    values = {"open": 100.0, "high": 110.0, "low": 90.0, "close": 105.0} | changes
    return CandleClosed(
        at_ns=0,
        symbol="BTCUSDT",
        interval_s=60,
        open_ns=OPENED_NS,
        open=values["open"],
        high=values["high"],
        low=values["low"],
        close=values["close"],
        volume=1.0,
        turnover=100.0,
    )


def heard(**changes: float) -> CandleUpdate:
    """Return the same bar as it stood when the feed fell silent."""
    values = {"open": 100.0, "high": 106.0, "low": 95.0, "close": 101.0} | changes
    return CandleUpdate(
        "BTCUSDT",
        OPENED_NS,
        OPENED_NS,
        60,
        OPENED_NS,
        values["open"],
        values["high"],
        values["low"],
        values["close"],
        1.0,
        100.0,
        False,
    )


def test_spans_begin_with_the_last_and_end_with_the_next_message() -> None:
    """A span covers what lies between two messages; its bars are seen, then it is forgotten."""
    spans = BlindSpans()
    assert spans.overlap(0, 100) is None
    spans.shut(40)
    spans.shut(60)
    assert (spans.overlap(0, 40), spans.overlap(0, 41)) == (None, 40)
    spans.hear(75)
    assert (spans.is_shut, spans.overlap(80, 90)) == (False, None)
    assert [spans.overlap(a, a + 20) for a in (0, 20, 40, 60, 80)] == [None, None, 40, 40, None]
    spans.forget(80)
    assert spans.overlap(40, 80) is None


def test_only_new_extremes_are_news() -> None:
    """A low from before the silence counts for nothing; a lower one counts."""
    assert unheard_part(bar(), heard()).low == 90.0
    assert unheard_part(bar(low=95.0), heard()).low == 101.0
    assert unheard_part(bar(high=106.0), heard()).high == 105.0
    assert unheard_part(bar(), None) == bar()


def enter(path: Path) -> tuple[Recorder, Decimal, Decimal]:
    """Run until a long position is open; return the recorder, the position and its stop."""
    recorder = begin(path, opening(minutes=10.0))
    for item in frames(60):
        feed(recorder, [item])
        if recorder.machine.engine.account.position("BTCUSDT").quantity > 0:
            break
    engine = recorder.machine.engine
    (stop,) = (o for o in engine.head().orders if o.request.role == "stop")
    assert stop.request.trigger_price is not None
    return recorder, engine.account.position("BTCUSDT").quantity, stop.request.trigger_price


def confirm(recorder: Recorder, low: Decimal, open_: Decimal) -> list[Output]:
    """Answer the request for the first minute's bar with one that went down to ``low``."""
    row = {
        "open": str(open_),
        "high": str(open_ + 5),
        "low": str(low),
        "close": str(open_),
        "quoteVol": "86500",
        "baseVol": "1",
        "time": str(OPENED_NS // NS_PER_MS),
    }
    body = json.dumps({"code": 0, "data": [row], "msg": "Success"}).encode()
    end_ns = OPENED_NS + NS_PER_MINUTE
    request = Bitunix().candles_request("BTCUSDT", 60, OPENED_NS, end_ns)
    return list(recorder.reply(request, body, end_ns + NS_PER_S))


def test_a_stop_hit_while_the_process_was_dead_is_settled_from_the_bar(tmp_path: Path) -> None:
    """The bar went through the stop and came back: stopped at the stop or worse, and marked."""
    recorder, held, stop = enter(tmp_path / "journal.db")
    now_ns = recorder.received_ns
    recorder.event(SessionResumed(now_ns + 20 * NS_PER_S, 2, now_ns))
    found = confirm(recorder, stop - 50, stop + 40)

    fills = [output for output in found if isinstance(output, OrderFilled)]
    assert [(fill.role, fill.quantity, fill.is_pessimistic) for fill in fills] == [
        ("stop", held, True)
    ]
    assert fills[0].price < stop
    assert fills[0].evidence == f"backfill {OPENED_NS}"
    (position,) = (output for output in found if isinstance(output, PositionChanged))
    assert position.quantity == 0
    assert not [output for output in found if isinstance(output, IntentRaised)]


def test_a_bar_that_stayed_above_the_stop_changes_nothing(tmp_path: Path) -> None:
    """Blind, but nothing happened: the position and its protection are still there."""
    recorder, held, stop = enter(tmp_path / "journal.db")
    now_ns = recorder.received_ns
    recorder.event(FeedLost(now_ns + NS_PER_S, "cut"))
    found = confirm(recorder, stop + 1, stop + 40)

    assert not [output for output in found if isinstance(output, OrderFilled)]
    assert recorder.machine.engine.account.position("BTCUSDT").quantity == held


def test_a_bar_that_was_heard_whole_pulls_no_trigger(tmp_path: Path) -> None:
    """Without a silence the prints have judged the stop already; the bar has no say."""
    recorder, held, stop = enter(tmp_path / "journal.db")
    found = confirm(recorder, stop - 50, stop + 40)

    assert not [output for output in found if isinstance(output, OrderFilled)]
    assert recorder.machine.engine.account.position("BTCUSDT").quantity == held
