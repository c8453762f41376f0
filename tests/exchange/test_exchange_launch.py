"""As a process the exchange says where it is, and ends when it should."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from trading.errors import ConfigError, PreflightRefused
from trading.exchange.endpoint import Endpoint, parse_endpoint
from trading.exchange.launch import start_exchange, stop_exchange
from trading.exchange.options import ExchangeOptions
from trading.io.clock import SessionClock, monotonic_ns

OPTIONS = ExchangeOptions(speed=20.0, start_ns=1_789_999_200_000_000_000, seed=11)
COMMAND = [sys.executable, "-m", "trading.exchange"]


def test_an_exchange_is_started_spoken_to_and_stopped(tmp_path: Path) -> None:
    """The ready line tells everything a session needs; the end is clean and quick."""

    async def scenario() -> None:
        stderr_path = tmp_path / "exchange.log"
        running = await start_exchange(OPTIONS, stderr_path=stderr_path)
        endpoint = running.endpoint
        async with httpx.AsyncClient(trust_env=False) as client:
            reply = await client.get(f"{endpoint.rest_url}/api/v1/futures/market/trading_pairs")
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        code = await stop_exchange(running)
        took_s = loop.time() - start_s

        assert ["BTCUSDT"] == [row["symbol"] for row in reply.json()["data"]]
        assert endpoint.ws_url == endpoint.rest_url.replace("http", "ws") + "/public/"
        assert running.process.pid == endpoint.pid
        assert ("synthetic", ("BTCUSDT",), 11) == (endpoint.market, endpoint.symbols, endpoint.seed)
        assert ("synthetic", "formula", "formula") == (
            endpoint.history,
            endpoint.mark,
            endpoint.funding,
        )
        assert endpoint.tape_end_ns is None
        assert (1_789_999_200_000_000_000, 20.0) == (
            endpoint.clock.anchor_unix_ns,
            endpoint.clock.speed,
        )
        assert endpoint.clock.now_ns() > 1_789_999_200_000_000_000
        assert 0 == code
        assert took_s < 1.0
        assert "ends: " in stderr_path.read_text()

    asyncio.run(scenario())


def test_an_exchange_that_cannot_start_says_why(tmp_path: Path) -> None:
    """Its own words and exit code are in the refusal; a wrong option is not worth a retry."""
    options = ExchangeOptions(market="recorded", tape=str(tmp_path / "none.raw.jsonl.gz"))

    with pytest.raises(PreflightRefused, match=r"exit code 2.*a readable gzip file") as caught:
        asyncio.run(start_exchange(options, stderr_path=tmp_path / "exchange.log"))
    assert not caught.value.is_retryable


def test_a_taken_port_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    """The second exchange on one port does not start."""

    async def scenario() -> None:
        first = await start_exchange(OPTIONS, stderr_path=tmp_path / "first.log")
        port = int(first.endpoint.rest_url.rsplit(":", 1)[1])
        taken = ExchangeOptions(port=port)
        try:
            with pytest.raises(PreflightRefused, match="address already in use"):
                await start_exchange(taken, stderr_path=tmp_path / "second.log")
        finally:
            await stop_exchange(first)

    asyncio.run(scenario())


def start(*arguments: str) -> tuple[subprocess.Popen[str], Endpoint]:
    """Start the command as a person would, and read its ready line."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, parse_endpoint(process.stdout.readline())


def wait(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end; return the exit code and whatever else it said on stdout."""
    out, _ = process.communicate(timeout=5)
    return process.returncode, out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    """Exit code 0; the endpoint file held the same line, whole."""
    path = tmp_path / "endpoint.json"
    process, endpoint = start(f"--endpoint-file={path}", "--fault=0s deaf")

    assert endpoint == parse_endpoint(path.read_text())
    assert [path] == list(tmp_path.iterdir())

    os.kill(process.pid, number)

    assert (0, "") == wait(process)


def test_the_lifeline_and_the_life_span_end_it() -> None:
    """No orphan for ever: neither after its owner is gone, nor beyond its time."""
    kept, _ = start("--lifeline")
    mortal, _ = start("--max-life-s=1")
    assert kept.stdin is not None
    kept.stdin.close()
    kept.stdin = None

    assert (0, "") == wait(kept)
    assert (0, "") == wait(mortal)


def test_an_orphan_waits_for_whoever_rescues_its_session() -> None:
    """Nobody says that it may end: it stays so long without a client, and no longer."""
    kept, _ = start("--lifeline", "--orphan-wait-s=1")
    assert kept.stdin is not None
    began_ns = monotonic_ns()
    kept.stdin.close()
    kept.stdin = None

    assert (0, "") == wait(kept)
    assert 1.0e9 <= monotonic_ns() - began_ns < 3.0e9


@pytest.mark.parametrize("line", ["", "{}", "Traceback", '{"rest_url": 5}'])
def test_a_line_that_is_no_endpoint_is_refused(line: str) -> None:
    """The error shows the line."""
    with pytest.raises(ConfigError, match="the ready line of an exchange"):
        parse_endpoint(line)


def test_an_endpoint_survives_its_line() -> None:
    """There and back, the clock to the nanosecond."""
    endpoint = Endpoint(
        rest_url="http://127.0.0.1:1",
        ws_url="ws://127.0.0.1:1/public/",
        pid=1,
        market="recorded",
        symbols=("BTCUSDT",),
        seed=2**63 - 1,
        clock=SessionClock(
            anchor_monotonic_ns=123_456_789_012_345, anchor_unix_ns=2**62 + 1, speed=2.5
        ),
        tape_end_ns=2**62 + 3,
        history="synthetic",
        mark="recorded",
        funding="parameter",
    )

    assert endpoint == parse_endpoint(endpoint.to_line())


def test_the_launcher_imports_nothing_heavy() -> None:
    """A session's supervisor starts fast: no market, no server, no numpy comes along."""
    program = (
        "import sys, trading.exchange.launch\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'websockets', 'httpx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    assert "[]\n" == subprocess.check_output([sys.executable, "-c", program], text=True)
