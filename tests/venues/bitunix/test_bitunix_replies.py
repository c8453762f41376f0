"""Whether a reply is a success, and what it is called if not."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import (
    CallerVenueError,
    FatalVenueError,
    TransientVenueError,
    VenueError,
)
from trading.venues.bitunix.replies import check_reply, payload
from trading.venues.bitunix.requests import funding_rate_request

REQUEST = funding_rate_request("BTCUSDT")
HTML = b"\n<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


def error(code: int, msg: str) -> bytes:
    """Return an error reply as the venue writes it."""
    return msgspec.json.encode({"code": code, "data": None, "msg": msg})


@pytest.mark.parametrize(
    ("code", "msg", "expected"),
    [
        (20015, "this Futures is not allowed to trade.", CallerVenueError),
        (1, "Network Error", TransientVenueError),
        (10008, 'Parameter 20 does not match, alternative value ["1","5"].', CallerVenueError),
        (404, "Not Found", CallerVenueError),
        (10006, "Request too frequently", TransientVenueError),
        (10005, "Too many requests, please try again later", TransientVenueError),
        (20011, "Account is not allowed to trade", FatalVenueError),
        (77777, "", TransientVenueError),
    ],
)
def test_an_error_with_http_200_is_an_error(
    code: int, msg: str, expected: type[VenueError]
) -> None:
    """The code decides, and the words hold code, venue text, meaning and remedy."""
    with pytest.raises(expected) as raised:
        check_reply(REQUEST, 200, error(code, msg))

    assert code == raised.value.code
    assert str(raised.value).startswith(f"funding_rate of BTCUSDT: code {code} (")
    assert msg in str(raised.value)


def test_a_success_passes() -> None:
    """Code 0 with something in it raises nothing, and the payload is handed out."""
    body = b'{"data":[{"symbol":"BTCUSDT"}],"msg":"Success","code":0}'

    check_reply(REQUEST, 200, body)

    assert b'[{"symbol":"BTCUSDT"}]' == payload(body)


def test_an_empty_list_is_a_success() -> None:
    """The end of the history is an empty page, not an error."""
    check_reply(REQUEST, 200, b'{"code":0,"data":[],"msg":"Success"}')


@pytest.mark.parametrize("body", [b'{"code":0,"data":null,"msg":"Success"}', b'{"code":0}'])
def test_success_without_data_is_not_believed(body: bytes) -> None:
    """It is how the venue answers networks and countries it does not serve."""
    with pytest.raises(TransientVenueError, match="success without data"):
        check_reply(REQUEST, 200, body)


@pytest.mark.parametrize(
    ("status", "body", "expected", "words"),
    [
        (200, HTML, TransientVenueError, "expected JSON with a code, was HTML"),
        (403, HTML, TransientVenueError, "HTTP 403 (refused by the venue's edge)"),
        (503, HTML, TransientVenueError, "HTTP 503"),
        (502, b"", TransientVenueError, "HTTP 502"),
        (429, b"slow down", TransientVenueError, "the venue said 'slow down'"),
        (404, b"not here", CallerVenueError, "HTTP 404 (request refused)"),
        (301, b"", CallerVenueError, "HTTP 301 (redirect)"),
        (451, b"", FatalVenueError, "HTTP 451"),
        (200, b"", TransientVenueError, "expected JSON with a code, was ''"),
        (200, b"\xff\xfe\x00", TransientVenueError, "expected JSON"),
        (200, b"[1,2]", TransientVenueError, "expected JSON"),
        (200, b'{"data":[]}', TransientVenueError, "expected JSON"),
        (200, b'{"code":"x","data":[]}', TransientVenueError, "expected JSON"),
        (200, b"[" * 100_000, TransientVenueError, "expected JSON"),
        (400, error(10002, "Parameter error"), CallerVenueError, "code 10002"),
        (403, error(403, "no permission"), FatalVenueError, "code 403"),
        (500, error(10002, "oops"), TransientVenueError, "HTTP 500"),
        (201, b'{"code":0,"data":[]}', TransientVenueError, "HTTP 201"),
    ],
)
def test_every_other_answer_is_named(
    status: int, body: bytes, expected: type[VenueError], words: str
) -> None:
    """Pages, garbage and statuses each become the error of those who must act."""
    with pytest.raises(expected) as raised:
        check_reply(REQUEST, status, body)

    assert words in str(raised.value)


def test_the_venues_text_is_bounded() -> None:
    """An endless message, or one with line breaks, stays one readable line."""
    with pytest.raises(CallerVenueError) as raised:
        check_reply(REQUEST, 200, error(10002, "bad\n\x1b[31m" + "x" * 100_000))

    assert len(str(raised.value)) < 500
    assert str(raised.value).isprintable()


@given(status=st.integers(100, 599), body=st.binary(max_size=200))
def test_nothing_but_a_venue_error_is_ever_raised(status: int, body: bytes) -> None:
    """Whatever the network brings, the caller has three classes to catch."""
    with suppress(TransientVenueError, FatalVenueError, CallerVenueError):
        check_reply(REQUEST, status, body)


def test_the_payload_of_an_error_is_refused() -> None:
    """Nobody decodes the data of a reply that has none."""
    with pytest.raises(ValueError, match="error 20015"):
        payload(error(20015, "no"))
