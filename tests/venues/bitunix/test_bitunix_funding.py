"""Funding replies: percent here, fraction there."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.model.events import FrameRejected, FundingRate, FundingSettled
from trading.venues.bitunix.funding import (
    REST_FUNDING,
    decode_funding_history,
    decode_funding_rate,
)
from trading.venues.bitunix.requests import funding_history_request, funding_rate_request

MS = 1_000_000
RECEIVED_NS = 1_790_000_050_000 * MS

NOW: dict[str, object] = {
    "symbol": "BTCUSDT",
    "markPrice": "86509.8",
    "lastPrice": "86511.1",
    "indexPrice": "86540.2",
    "fundingRate": "0.003834",
    "fundingInterval": 8,
    "nextFundingTime": "1790006400000",
    "maxFundingRate": "0.3",
    "minFundingRate": "-0.3",
}
DELISTED = {**NOW, "symbol": "OLDUSDT", "fundingRate": "0", "indexPrice": None}
PAST: list[dict[str, object]] = [
    {"fundingRate": "-0.0000077", "fundingTime": "1789977600000", "markPrice": "86301.4"},
    {"fundingRate": "0.00004120", "fundingTime": "1789948800000", "markPrice": "85990.0"},
]
RATE = funding_rate_request("BTCUSDT")
HISTORY = funding_history_request("BTCUSDT", 1_789_948_800_000 * MS, 1_789_977_600_001 * MS)


def reply(data: object) -> bytes:
    """Write a successful reply."""
    return msgspec.json.encode({"code": 0, "data": data, "msg": "Success"})


@pytest.mark.parametrize("data", [NOW, [NOW], [DELISTED, NOW]], ids=["object", "list", "batch"])
def test_the_running_rate_is_percent_on_the_wire(data: object) -> None:
    """0.003834 percent is 0.00003834; object and list are both accepted."""
    assert (
        FundingRate("BTCUSDT", RECEIVED_NS, Decimal("0.00003834"), 8, 1_790_006_400_000 * MS),
    ) == decode_funding_rate(RATE, reply(data), RECEIVED_NS)


@pytest.mark.parametrize(
    "data",
    [
        [],
        None,
        [DELISTED],
        {**NOW, "fundingRate": "NaN"},
        {**NOW, "fundingRate": "101"},
        {**NOW, "fundingRate": None},
        {**NOW, "fundingInterval": 0},
        {**NOW, "fundingInterval": 25},
        {**NOW, "nextFundingTime": "0"},
        {**NOW, "nextFundingTime": "x"},
        "soon",
    ],
    ids=str,
)
def test_a_rate_that_cannot_be_read_is_one_rejection(data: object) -> None:
    """A missing funding rate is missing, never zero."""
    (event,) = decode_funding_rate(RATE, reply(data), RECEIVED_NS)

    assert isinstance(event, FrameRejected)
    assert REST_FUNDING == event.channel
    assert event.reason


def test_the_history_is_fractions_and_comes_oldest_first() -> None:
    """The same number means a hundred times more here than in the running rate."""
    assert (
        FundingSettled(
            "BTCUSDT",
            RECEIVED_NS,
            1_789_948_800_000 * MS,
            Decimal("0.0000412"),
            Decimal("85990.0"),
        ),
        FundingSettled(
            "BTCUSDT",
            RECEIVED_NS,
            1_789_977_600_000 * MS,
            Decimal("-0.0000077"),
            Decimal("86301.4"),
        ),
    ) == decode_funding_history(HISTORY, reply(PAST), RECEIVED_NS)


@given(text=st.decimals(-1, 1, places=18).map(str))
def test_the_two_units_differ_by_a_hundred(text: str) -> None:
    """One text, read as running rate and as history."""
    (now,) = decode_funding_rate(RATE, reply({**NOW, "fundingRate": text}), RECEIVED_NS)
    (past,) = decode_funding_history(
        HISTORY, reply([{**PAST[0], "fundingRate": text}]), RECEIVED_NS
    )

    assert isinstance(now, FundingRate)
    assert isinstance(past, FundingSettled)
    assert (Decimal(text), 100 * now.rate) == (past.rate, past.rate)


def test_settlements_outside_the_span_are_left_out() -> None:
    """The start counts, the end does not."""
    request = funding_history_request("BTCUSDT", 1_789_948_800_000 * MS, 1_789_977_600_000 * MS)

    assert [1_789_948_800_000 * MS] == [
        event.settlement_ns
        for event in decode_funding_history(request, reply(PAST), RECEIVED_NS)
        if isinstance(event, FundingSettled)
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"fundingRate": "1.5"},
        {"fundingRate": "NaN"},
        {"fundingRate": "-Infinity"},
        {"fundingTime": None},
        {"markPrice": "0"},
        {"markPrice": "NaN"},
        {"markPrice": "1e13"},
    ],
    ids=str,
)
def test_a_broken_settlement_costs_only_itself(changes: dict[str, object]) -> None:
    """The other is given, and the fault told of once however often it occurs."""
    bad = {**PAST[0], **changes}

    events = decode_funding_history(HISTORY, reply([bad, PAST[1], bad]), RECEIVED_NS)

    assert [FundingSettled, FrameRejected] == [type(event) for event in events]


def test_a_settlement_that_comes_twice_is_given_once() -> None:
    """Funding is paid once."""
    assert 2 == len(decode_funding_history(HISTORY, reply(PAST * 3), RECEIVED_NS))


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code":1,"data":null}', reply({})])
def test_an_unreadable_history_is_one_rejection(body: bytes) -> None:
    """Nothing raises."""
    (event,) = decode_funding_history(HISTORY, body, RECEIVED_NS)

    assert isinstance(event, FrameRejected)
