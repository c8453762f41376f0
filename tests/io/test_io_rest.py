"""Requests: paced, bounded, tried again while that helps, and never longer than allowed."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable

import httpx
import msgspec
import pytest

from tests.support.manual_clock import ManualClock
from trading.errors import (
    CallerVenueError,
    FatalVenueError,
    TransientVenueError,
)
from trading.io.clock import monotonic_ns
from trading.io.rest import RestClient, RestReply, date_offset_ns, trusted
from trading.model.events import CandleUpdate
from trading.venues.bitunix import Bitunix

VENUE = Bitunix()
CLOCK = ManualClock(unix_ns=1_790_000_000_000_000_000, speed=1_000.0)
REQUEST = VENUE.funding_rate_request("BTCUSDT")
GOOD = b'{"code":0,"data":{"symbol":"BTCUSDT"},"msg":"Success"}'
BUSY = b'{"code":10006,"data":null,"msg":"Request too frequently"}'
URL = "http://venue.test"

Handler = Callable[[httpx.Request], httpx.Response]


class Impatient(random.Random):
    """Chance that never makes anybody wait."""

    def uniform(self, a: float, b: float) -> float:
        """Return the shortest pause there is."""
        return 0.0


def client(
    handler: Handler, *, rng: random.Random | None = None, body_bytes_max: int = 100_000
) -> RestClient:
    """Return a client whose network is a function."""
    return RestClient(
        URL,
        VENUE,
        CLOCK,
        rng or Impatient(),
        body_bytes_max=body_bytes_max,
        transport=httpx.MockTransport(handler),
    )


class Answers:
    """A venue that gives these answers, the last one for ever."""

    def __init__(self, *answers: bytes | tuple[int, bytes] | Exception) -> None:
        """Line the answers up."""
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Give the next one."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return httpx.Response(status, content=body)


def get(handler: Handler, within_s: float = 5.0, body_bytes_max: int = 100_000) -> RestReply:
    """Carry out the request against a venue that is a function."""

    async def scenario() -> RestReply:
        async with client(handler, body_bytes_max=body_bytes_max) as rest:
            return await rest.get(REQUEST, within_s=within_s)

    return asyncio.run(scenario())


def test_the_request_is_sent_as_the_venue_words_it() -> None:
    """Path and query are the request's own, and the reply is its very bytes."""
    venue = Answers(GOOD)

    reply = get(venue)

    (request,) = venue.requests
    assert f"{URL}/api/v1/futures/market/funding_rate?symbol=BTCUSDT" == str(request.url)
    assert "GET" == request.method
    assert (200, GOOD, CLOCK.now_ns()) == (reply.status, reply.body, reply.received_ns)
    assert reply.sent_monotonic_ns <= reply.received_monotonic_ns


@pytest.mark.parametrize(
    "failure",
    [
        BUSY,
        (503, b"<html>"),
        (403, b"<html>Just a moment..."),
        (429, b""),
        (200, b"<html>maintenance"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout(""),
        httpx.RemoteProtocolError("hung up"),
    ],
    ids=str,
)
def test_what_may_pass_is_tried_again(failure: bytes | tuple[int, bytes] | Exception) -> None:
    """Two failures and a success are a success after three tries."""
    venue = Answers(failure, failure, GOOD)

    assert GOOD == get(venue).body
    assert 3 == len(venue.requests)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b'{"code":20015,"data":null,"msg":"not allowed"}', CallerVenueError),
        (b'{"code":20011,"data":null,"msg":"no"}', FatalVenueError),
        ((404, b"nothing here"), CallerVenueError),
        ((302, b""), CallerVenueError),
        (httpx.UnsupportedProtocol("gopher"), CallerVenueError),
    ],
    ids=str,
)
def test_what_cannot_pass_is_asked_once(
    answer: bytes | tuple[int, bytes] | Exception, error: type[Exception]
) -> None:
    """A wrong request stays wrong; a redirect is not followed to a stranger."""
    venue = Answers(answer)

    with pytest.raises(error):
        get(venue)
    assert 1 == len(venue.requests)


def test_trying_again_ends_with_the_time_and_the_last_failure() -> None:
    """The bound is time, however many tries fit in."""
    venue = Answers(BUSY)
    start_ns = monotonic_ns()

    with pytest.raises(TransientVenueError, match="code 10006") as raised:
        get(venue, within_s=0.15)

    assert 10006 == raised.value.code
    assert len(venue.requests) > 3
    assert monotonic_ns() - start_ns < 1_000_000_000


def test_the_pauses_are_our_own_chance_and_grow() -> None:
    """The same seed pauses alike; the bound doubles to a limit."""
    asked: list[tuple[float, float]] = []

    class Noting(random.Random):
        def uniform(self, a: float, b: float) -> float:
            asked.append((a, b))
            return 0.0

    async def scenario() -> None:
        async with client(Answers(*[BUSY] * 7, GOOD), rng=Noting()) as rest:
            await rest.get(REQUEST, within_s=5.0)

    asyncio.run(scenario())

    assert [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0] == [longest for _, longest in asked]
    assert all(0 < shortest <= longest for shortest, longest in asked)


def test_no_try_is_begun_that_cannot_end_in_time() -> None:
    """A pause that would outlast the bound is not taken."""

    class Patient(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return 60.0

    async def scenario() -> None:
        async with client(Answers(BUSY), rng=Patient()) as rest:
            await rest.get(REQUEST, within_s=1.0)

    start_ns = monotonic_ns()
    with pytest.raises(TransientVenueError):
        asyncio.run(scenario())
    assert monotonic_ns() - start_ns < 500_000_000


def test_an_endless_body_is_not_swallowed() -> None:
    """More bytes than any reply has are somebody else's."""
    with pytest.raises(TransientVenueError, match="expected at most 1000 bytes"):
        get(Answers(b"x" * 1_001), within_s=0.05, body_bytes_max=1_000)


def test_requests_are_paced_in_session_time() -> None:
    """Ten a second of the venue's time are two hundred at speed 20."""
    moments: list[int] = []

    def handler(_: httpx.Request) -> httpx.Response:
        moments.append(monotonic_ns())
        return httpx.Response(200, content=GOOD)

    async def scenario() -> None:
        clock = ManualClock(unix_ns=0, speed=20.0)
        async with RestClient(
            URL, VENUE, clock, Impatient(), transport=httpx.MockTransport(handler)
        ) as rest:
            await asyncio.gather(*(rest.get(REQUEST, within_s=5.0) for _ in range(8)))

    asyncio.run(scenario())

    assert 8 == len(moments)
    assert moments[-1] - moments[0] >= 7 * 5_000_000 - 2_000_000


# --- candles ----------------------------------------------------------------------------------

MINUTE_MS = 60_000
T0_MS = 1_789_999_980_000


def kline_page(request: httpx.Request) -> httpx.Response:
    """Answer as the venue does: the newest 200 rows before ``endTime``, newest first."""
    end_ms = int(request.url.params["endTime"])
    last = (end_ms - T0_MS) // MINUTE_MS
    rows = [
        {
            "time": str(T0_MS + index * MINUTE_MS),
            **dict.fromkeys(("open", "high", "low", "close"), "100"),
            "quoteVol": "200",
            "baseVol": "2",
        }
        for index in range(last, max(-1, last - 200), -1)
    ]
    return httpx.Response(200, content=msgspec.json.encode({"code": 0, "data": rows}))


def test_pages_come_oldest_first_and_hold_each_bar_once() -> None:
    """Fed to the engine in this order, the bars rise without a gap."""
    request = VENUE.candles_request(
        "BTCUSDT", 60, T0_MS * 1_000_000, (T0_MS + 500 * MINUTE_MS) * 1_000_000
    )

    async def scenario() -> list[int]:
        async with client(kline_page) as rest:
            pages = await rest.candles(request, within_s=5.0)
        return [
            bar.open_ns
            for page, body in pages
            for bar in VENUE.decode_reply(page, body, 0)
            if isinstance(bar, CandleUpdate)
        ]

    assert [(T0_MS + i * MINUTE_MS) * 1_000_000 for i in range(500)] == asyncio.run(scenario())


def test_a_page_that_fails_fails_the_whole() -> None:
    """Half a history would look like a whole one."""
    pages = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal pages
        pages += 1
        return kline_page(request) if pages == 1 else httpx.Response(503)

    request = VENUE.candles_request(
        "BTCUSDT", 60, T0_MS * 1_000_000, (T0_MS + 500 * MINUTE_MS) * 1_000_000
    )

    async def scenario() -> None:
        async with client(handler) as rest:
            await rest.candles(request, within_s=0.1)

    with pytest.raises(TransientVenueError):
        asyncio.run(scenario())


# --- the server's clock -----------------------------------------------------------------------


def reply_at(date_ns: int | None) -> RestReply:
    """Return a reply received at second 1000.0 after a round trip of 0.2 s."""
    return RestReply(
        status=200,
        body=b"",
        sent_monotonic_ns=5_000_000_000,
        received_monotonic_ns=5_200_000_000,
        received_ns=1_000_000_000_000,
        server_date_ns=date_ns,
    )


def test_the_servers_clock_is_estimated_at_the_middle_of_the_round_trip() -> None:
    """The header's second is taken at its half."""
    assert 3_600_000_000 == date_offset_ns(reply_at(1_003_000_000_000))
    assert -9_400_000_000 == date_offset_ns(reply_at(990_000_000_000))
    assert date_offset_ns(reply_at(None)) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Mon, 21 Sep 2026 14:14:30 GMT", 1_790_000_070_000_000_000),
        ("Mon, 21 Sep 2026 14:14:30 -0000", 1_790_000_070_000_000_000),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_date_header_is_read_or_left(header: str, expected: int | None) -> None:
    """A strange one is as good as none."""

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=GOOD, headers={"Date": header})

    assert expected == get(handler).server_date_ns


def test_trust_is_loaded_once_and_only_where_somebody_could_lie() -> None:
    """Who may vouch is a megabyte and takes 20 ms to load."""
    secure, plain = trusted(is_secure=True), trusted(is_secure=False)

    assert len(secure.get_ca_certs()) > 20
    assert [] == plain.get_ca_certs()
    assert [ssl.CERT_REQUIRED] * 2 == [secure.verify_mode, plain.verify_mode]
    assert (secure, plain) == (trusted(is_secure=True), trusted(is_secure=False))
