"""Tickers and depth by REST: the examples of the reference, and whatever may be wrong with them."""

from __future__ import annotations

import json

import pytest

from trading.errors import CallerVenueError, TransientVenueError
from trading.venues.base import Depth, Ticker
from trading.venues.bitunix import Bitunix

TICKER = {
    "symbol": "BTCUSDT",
    "markPrice": "86509.8",
    "lastPrice": "86511.1",
    "open": "85400.2",
    "last": "86510.9",
    "quoteVol": "2300000000.50000",
    "baseVol": "26700.1234",
    "high": "86920.0",
    "low": "85011.7",
}
DEPTH = {
    "asks": [["86511.2", "0.7095"], ["86511.3", "2.1992"]],
    "bids": [["86511.1", "2.2740"], ["86511.0", "2.7407"]],
}


def reply(data: object) -> bytes:
    """Return a successful reply with this payload."""
    return json.dumps({"code": 0, "data": data, "msg": "Success"}).encode()


def test_a_ticker_is_last_mark_and_turnover() -> None:
    """Strings become numbers; ``quoteVol`` is the turnover in USDT."""
    found = Bitunix().decode_ticker("BTCUSDT", reply([TICKER]))

    assert Ticker(last=86511.1, mark=86509.8, turnover=2_300_000_000.5) == found


def test_a_depth_is_both_sides_best_first() -> None:
    """Levels come as they are; the spread is in basis points of the middle."""
    found = Bitunix().decode_depth("BTCUSDT", reply(DEPTH))

    assert (
        Depth(
            bids=((86511.1, 2.274), (86511.0, 2.7407)), asks=((86511.2, 0.7095), (86511.3, 2.1992))
        )
        == found
    )
    assert round(found.spread_bps, 5) == 0.01156


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{**TICKER, "symbol": "ETHUSDT"}],
        [{**TICKER, "lastPrice": "NaN"}],
        [{**TICKER, "markPrice": "0"}],
        {"symbol": "BTCUSDT"},
        "text",
        None,
    ],
)
def test_an_unusable_ticker_may_be_tried_again(data: object) -> None:
    """Missing, foreign, not finite or of another shape: a transient error naming the symbol."""
    with pytest.raises(TransientVenueError, match="ticker of BTCUSDT"):
        Bitunix().decode_ticker("BTCUSDT", reply(data))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({**DEPTH, "bids": []}, "one side of the book is empty"),
        ({**DEPTH, "bids": [["86511.2", "1"]]}, "the book is crossed"),
        ({**DEPTH, "asks": [["inf", "1"]]}, "depth of BTCUSDT"),
        ({**DEPTH, "asks": [["86511.2", "-1"]]}, "depth of BTCUSDT"),
        ([], "depth of BTCUSDT"),
    ],
)
def test_an_unusable_depth_may_be_tried_again(data: object, said: str) -> None:
    """Empty, crossed, not finite or negative: a transient error that says which."""
    with pytest.raises(TransientVenueError, match=said):
        Bitunix().decode_depth("BTCUSDT", reply(data))


def test_only_the_venues_own_numbers_of_levels_are_asked_for() -> None:
    """``limit`` is an enum on the wire; another number is refused before it is sent."""
    assert ("limit", "5") in Bitunix().depth_request("BTCUSDT", 5).query
    with pytest.raises(CallerVenueError, match=r"expected one of .* was 20"):
        Bitunix().depth_request("BTCUSDT", 20)
