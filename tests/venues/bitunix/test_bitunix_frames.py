"""Push frames: each documented shape and what it says."""

from __future__ import annotations

import gzip
import json
import re
from decimal import Decimal

import msgspec
import pytest

from tests.support.recordings import recording
from tests.venues.bitunix.push_examples import (
    BOOK,
    CONTROLS,
    KLINE,
    MS,
    PRICE,
    PUSHES,
    RECEIVED_NS,
    TRADE,
    Json,
    compact,
    with_data,
    without_data,
)
from trading.model.events import (
    BookUpdate,
    CandleUpdate,
    FrameRejected,
    MarkPrice,
    PublicTrade,
)
from trading.model.numbers import exact
from trading.model.orders import Side
from trading.venues.bitunix.frames import conflation_key, decode_frame
from trading.venues.bitunix.wire import Price


def test_a_book_is_its_window_best_first() -> None:
    """Levels keep their order, as floats of the venue's digits."""
    assert (
        BookUpdate(
            "BTCUSDT",
            1_790_000_070_690 * MS,
            RECEIVED_NS,
            ((86511.1, 2.274), (86511.0, 2.7407), (86510.9, 3.093)),
            ((86511.2, 0.7095), (86511.3, 2.1992), (86511.4, 1.457)),
        ),
    ) == decode_frame(compact(BOOK), RECEIVED_NS)


def test_a_price_carries_the_settled_rate_as_a_fraction() -> None:
    """``fr`` is in percent and belongs to ``ft``; the next settlement is at ``nft``."""
    assert (
        MarkPrice(
            "BTCUSDT",
            1_790_000_070_695 * MS,
            RECEIVED_NS,
            86509.8,
            86540.2,
            Decimal("-0.0000077"),
            1_789_977_600_000 * MS,
            1_790_006_400_000 * MS,
        ),
    ) == decode_frame(compact(PRICE), RECEIVED_NS)


@pytest.mark.parametrize("name", ["fr", "ft", "nft"])
def test_what_a_price_does_not_tell_of_funding_is_none(name: str) -> None:
    """A missing and a null field both mean: not known; the mark price counts all the same."""
    (missing,) = decode_frame(without_data(PRICE, name), RECEIVED_NS)
    (null,) = decode_frame(with_data(PRICE, **{name: None}), RECEIVED_NS)

    assert isinstance(missing, MarkPrice)
    assert missing == null
    assert 86509.8 == missing.mark
    attribute = {"fr": "settled_rate", "ft": "settled_ns", "nft": "next_funding_ns"}[name]
    assert getattr(missing, attribute) is None


def test_a_rate_sent_as_a_number_keeps_its_digits() -> None:
    """No float stands between the wire and the rate."""
    frame = compact(PRICE).replace(b'"-0.00077"', b"0.1968771125151196")

    (event,) = decode_frame(frame, RECEIVED_NS)

    assert isinstance(event, MarkPrice)
    assert Decimal("0.001968771125151196") == event.settled_rate


def test_a_kline_push_is_the_bar_its_stamp_falls_in() -> None:
    """It names no bar; ``b`` is coin and ``q`` is USDT, and it never says closed."""
    assert (
        CandleUpdate(
            "BTCUSDT",
            1_790_000_070_412 * MS,
            RECEIVED_NS,
            60,
            1_790_000_040_000 * MS,
            86500.4,
            86512.0,
            86498.7,
            86511.1,
            4.2107,
            364246.6035,
            is_closed=False,
        ),
    ) == decode_frame(compact(KLINE), RECEIVED_NS)


@pytest.mark.parametrize(
    ("ts", "open_ms"),
    [
        (1_790_000_039_999, 1_789_999_980_000),
        (1_790_000_040_000, 1_790_000_040_000),
        (1_790_000_099_999, 1_790_000_040_000),
    ],
)
def test_a_bar_begins_on_the_minute_to_the_millisecond(ts: int, open_ms: int) -> None:
    """The last millisecond belongs to the old bar, the next one to the new."""
    (event,) = decode_frame(compact({**KLINE, "ts": ts}), RECEIVED_NS)

    assert isinstance(event, CandleUpdate)
    assert open_ms * MS == event.open_ns


def test_an_hourly_bar_has_its_own_channel() -> None:
    """The channel's name gives the length."""
    (event,) = decode_frame(compact({**KLINE, "ch": "market_kline_60min"}), RECEIVED_NS)

    assert isinstance(event, CandleUpdate)
    assert (3_600, 1_790_000_070_412 // 3_600_000 * 3_600_000 * MS) == (
        event.interval_s,
        event.open_ns,
    )


def test_an_open_outside_the_range_is_kept() -> None:
    """A bar opens at the previous close, its range comes from its own trades: it is real."""
    (event,) = decode_frame(with_data(KLINE, o="86513.0"), RECEIVED_NS)

    assert isinstance(event, CandleUpdate)
    assert (86513.0, 86512.0) == (event.open, event.high)


def test_a_print_of_whole_seconds_is_stamped_by_its_frame() -> None:
    """A second is too coarse to order prints against books; the frame is 50 ms late at most."""
    assert (
        PublicTrade("BTCUSDT", 1_790_000_070_598 * MS, RECEIVED_NS, 86511.1, 0.7142, Side.BUY),
        PublicTrade("BTCUSDT", 1_790_000_070_598 * MS, RECEIVED_NS, 86511.0, 0.0018, Side.SELL),
    ) == decode_frame(compact(TRADE), RECEIVED_NS)


def test_prints_with_a_finer_time_keep_it_and_come_in_its_order() -> None:
    """Nanoseconds are kept; one that falls on the second is not mistaken for a coarse one."""
    rows = [
        {"t": "2026-09-21T14:14:30.123456789Z", "p": "3", "v": "1", "s": "buy"},
        {"t": "2026-09-21T14:14:30Z", "p": "1", "v": "1", "s": "buy"},
        {"t": "2026-09-21T14:14:30.1Z", "p": "2", "v": "1", "s": "sell"},
    ]

    events = decode_frame(compact({**TRADE, "data": rows}), RECEIVED_NS)

    assert [
        (1.0, 1_790_000_070_000_000_000),
        (2.0, 1_790_000_070_100_000_000),
        (3.0, 1_790_000_070_123_456_789),
    ] == [(e.price, e.exchange_ns) for e in events if isinstance(e, PublicTrade)]


@pytest.mark.parametrize("push", PUSHES, ids=lambda p: str(p["ch"]))
def test_the_writing_of_a_message_changes_nothing(push: Json) -> None:
    """Spaces, another order of keys and a stamp in quotes give the same events."""
    expected = decode_frame(compact(push), RECEIVED_NS)

    assert expected == decode_frame(json.dumps(push, indent=1).encode(), RECEIVED_NS)
    assert expected == decode_frame(compact(dict(reversed(push.items()))), RECEIVED_NS)
    assert expected == decode_frame(compact({**push, "ts": str(push["ts"])}), RECEIVED_NS)
    assert expected == decode_frame(compact({**push, "new": {"field": [1]}}), RECEIVED_NS)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: str(c["op"]))
def test_small_talk_gives_no_event(control: Json) -> None:
    """Connect, pong and acknowledgements say nothing of the market."""
    assert () == decode_frame(compact(control), RECEIVED_NS)


def test_an_acknowledgement_that_names_its_channel_is_small_talk_too() -> None:
    """One client saw one; it has no data and is no broken push."""
    ack = {"ch": "trade", "op": "subscribe", "symbol": "BTCUSDT"}

    assert () == decode_frame(compact(ack), RECEIVED_NS)


def test_a_refused_subscription_is_told_of() -> None:
    """The one error message the venue is known to send."""
    refusal = {
        "op": "subscribe",
        "data": {"msg": "subscribe channel > 300", "nonce": "", "result": False},
    }

    assert (
        FrameRejected(
            RECEIVED_NS, "subscribe", "subscribe refused by the venue: subscribe channel > 300"
        ),
    ) == decode_frame(compact(refusal), RECEIVED_NS)


# --- conflation -------------------------------------------------------------------------------


def test_a_newer_book_or_price_replaces_an_older_one_of_the_same_symbol() -> None:
    """The key is channel and symbol, not the time."""
    later = {**BOOK, "ts": 1790000071000}
    other = {**BOOK, "symbol": "ETHUSDT"}

    assert conflation_key(compact(BOOK)) == conflation_key(compact(later))
    assert conflation_key(compact(BOOK)) is not None
    assert conflation_key(compact(BOOK)) != conflation_key(compact(other))
    assert conflation_key(compact(BOOK)) != conflation_key(compact(PRICE))
    assert conflation_key(compact(PRICE)) is not None


@pytest.mark.parametrize(
    "frame",
    [
        compact(TRADE),
        compact(KLINE),
        *map(compact, CONTROLS),
        b"",
        b'{"ch":"price"',
        b'{"ch":"depth_book150","symbol":"BTCUSDT","ts":1}',
        json.dumps(BOOK).encode(),
    ],
)
def test_nothing_else_is_ever_replaced(frame: bytes) -> None:
    """A lost trade or bar would be a lost fact."""
    assert conflation_key(frame) is None


# --- the venue's own digits -------------------------------------------------------------------


def test_every_recorded_price_keeps_its_digits() -> None:
    """The float of a decoded price prints as the very digits the wire carried."""
    prices: set[str] = set()
    for path in sorted(recording("l2_raw").glob("*.raw.jsonl.gz")):
        text = gzip.decompress(path.read_bytes()).decode()
        prices.update(re.findall(r'"([0-9]+\.[0-9]+)"', text))
    ordered = sorted(price for price in prices if float(price) > 0)

    decoded = msgspec.json.decode(msgspec.json.encode(ordered), type=list[Price], strict=False)

    assert len(ordered) > 10_000
    assert [Decimal(price) for price in ordered] == [exact(price) for price in decoded]
