"""``python -m trading.exchange``: open the markets, say where, and stay until told to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from trading.errors import ConfigError, FeedError
from trading.exchange.endpoint import Endpoint
from trading.exchange.faults import Faulty
from trading.exchange.launch import END_WORD
from trading.exchange.opening import Opening, open_markets
from trading.exchange.options import ExchangeOptions, parse_options
from trading.exchange.outbound import Faithful, Outbound
from trading.exchange.server import STREAM_PATH, ExchangeServer
from trading.io.clock import SessionClock, monotonic_ns, wall_ns
from trading.model.fault_script import parse_script
from trading.model.numbers import NEVER_NS, NS_PER_S, seconds_to_ns

_log = logging.getLogger("trading.exchange")

LINGER_REAL_NS: Final = 5 * NS_PER_S
LINGER_LOOK_REAL_S: Final = 0.1
RECALL_REST_REAL_S: Final = 0.05
"""Between two days of the past: who is here already is answered meanwhile."""


def main() -> int:
    """Run an exchange; return 0 after a clean end, 1 after a failure, 2 for wrong options."""
    logging.basicConfig(level=logging.INFO, format="exchange: %(message)s")
    try:
        options = parse_options(sys.argv[1:])
        opening = open_markets(options, wall_ns())
    except ConfigError as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 2
    except FeedError as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 1
    try:
        asyncio.run(_run(options, opening))
    except (FeedError, OSError) as error:
        print(f"exchange: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(options: ExchangeOptions, opening: Opening) -> None:
    """Listen, say so, and wait for a reason to end."""
    clock = SessionClock(
        anchor_monotonic_ns=monotonic_ns(), anchor_unix_ns=opening.start_ns, speed=options.speed
    )
    script = parse_script(options.faults)
    outbound: Outbound = (
        Faulty(script, start_ns=opening.start_ns, seed=options.seed) if script else Faithful()
    )
    async with ExchangeServer(opening.floor, clock, options, outbound) as server:
        endpoint = Endpoint(
            rest_url=f"http://127.0.0.1:{server.port}",
            ws_url=f"ws://127.0.0.1:{server.port}{STREAM_PATH}",
            pid=os.getpid(),
            market=options.market,
            symbols=tuple(opening.floor.markets),
            seed=options.seed,
            clock=clock,
            tape_end_ns=opening.floor.end_ns,
            history="synthetic",
            mark=opening.mark,
            funding=opening.funding,
        )
        ending = _listen_for_the_end(options, server)
        line = endpoint.to_line()
        if options.endpoint_file:
            _write_whole(Path(options.endpoint_file), line)
        print(line, flush=True)
        recalling = asyncio.create_task(_recall(opening))
        failing = asyncio.create_task(server.fail())
        await asyncio.wait((ending, failing), return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
        failing.cancel()
        recalling.cancel()
        _log.info("ends: %s", ending.result())


async def _recall(opening: Opening) -> None:
    """Make up the markets' past while they are open already, seldom and never long at a stretch."""
    for market in opening.floor.markets.values():
        for _ in market.record.recall():
            await asyncio.sleep(RECALL_REST_REAL_S)


def _listen_for_the_end(options: ExchangeOptions, server: ExchangeServer) -> asyncio.Future[str]:
    """Return a future that is done, with the reason, as soon as the exchange should end.

    An owner that says the word is done with it. One that is gone without it was killed, and its
    session is closing its positions just now: the exchange lingers until no client is left. Where
    somebody may rescue that session (``orphan_wait_s``), it waits so long for a client to return.
    """
    loop = asyncio.get_running_loop()
    ending: asyncio.Future[str] = loop.create_future()
    wait_ns = seconds_to_ns(options.orphan_wait_s)

    def end(reason: str) -> None:
        if not ending.done():
            ending.set_result(reason)

    def end_of_input(is_wanted: bool) -> None:  # noqa: FBT001 - a callback
        if is_wanted:
            end("standard input ended")
        else:
            now_ns = monotonic_ns()
            linger(now_ns + wait_ns, now_ns + (LINGER_REAL_NS if not wait_ns else NEVER_NS))

    def linger(alone_by_ns: int, by_ns: int) -> None:
        now_ns = monotonic_ns()
        if server.clients:
            alone_by_ns = now_ns + wait_ns
        if now_ns < by_ns and (server.clients or now_ns < alone_by_ns):
            loop.call_later(LINGER_LOOK_REAL_S, linger, alone_by_ns, by_ns)
        else:
            end("its owner is gone")

    loop.call_later(options.max_life_s, end, f"--max-life-s {options.max_life_s:g} is over")
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, end, f"signal {number.name}")
        except NotImplementedError:  # Windows
            signal.signal(
                number,
                lambda got, _: loop.call_soon_threadsafe(end, f"signal {signal.Signals(got).name}"),
            )
    if options.has_lifeline:
        threading.Thread(
            target=_wait_for_end_of_input,
            args=(lambda is_wanted: loop.call_soon_threadsafe(end_of_input, is_wanted),),
            daemon=True,
        ).start()
    return ending


def _wait_for_end_of_input(then: Callable[[bool], object]) -> None:
    """Read standard input to its end; the loop may be gone by then, and that is fine."""
    last = b""
    while said := os.read(0, 4_096):
        last = (last + said)[-len(END_WORD) :]
    with contextlib.suppress(RuntimeError):
        then(last == END_WORD)


def _write_whole(path: Path, line: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(line + "\n", encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
