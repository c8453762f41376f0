"""Starts an exchange as a process, waits until it listens, and ends it for certain.

Imports nothing of the markets, so a session starts fast. The process ends with its owner: it holds
the read end of a pipe that closes when the owner is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trading.errors import ConfigError, PreflightRefused
from trading.exchange.endpoint import Endpoint, parse_endpoint
from trading.exchange.options import ExchangeOptions

_STDERR_SHOWN: Final = 2_000
END_WORD: Final = b"end\n"
"""Said on the lifeline by an owner that is done; one that was killed cannot say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningExchange:
    """A started exchange; hand it to ``stop_exchange`` when done."""

    endpoint: Endpoint
    process: Process


async def start_exchange(
    options: ExchangeOptions, *, stderr_path: Path, ready_timeout_s: float = 30.0
) -> RunningExchange:
    """Start an exchange of this machine's own and wait until it listens.

    Its standard error goes to ``stderr_path``. The caller calls ``stop_exchange`` afterwards;
    if the caller dies, the exchange ends by itself.

    Raises:
        PreflightRefused: when it ends or stays silent instead of listening within
            ``ready_timeout_s`` real seconds; nothing is left running then.
    """
    arguments = replace(options, has_lifeline=True).to_arguments()
    with stderr_path.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "trading.exchange", *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            # A signal to the caller's group (Ctrl-C, a cancelled run) must leave the session a
            # market to close its positions on; the lifeline ends an exchange without an owner.
            start_new_session=os.name == "posix",
        )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), ready_timeout_s)
        endpoint = parse_endpoint(line)
    except (TimeoutError, ConfigError) as cause:
        await _end(process, grace_s=1.0)
        raise _not_ready(process, stderr_path, ready_timeout_s) from cause
    except BaseException:
        await _end(process, grace_s=1.0)
        raise
    return RunningExchange(endpoint=endpoint, process=process)


async def stop_exchange(running: RunningExchange, *, grace_s: float = 3.0) -> int:
    """End an exchange: cut its lifeline, wait ``grace_s`` real seconds, then kill it.

    Returns its exit code, 0 after a clean end.
    """
    return await _end(running.process, grace_s=grace_s)


async def _end(process: Process, *, grace_s: float) -> int:
    """End a process by its own handle, never by name.

    It is asked through its standard input: that works on every platform, and a signal to a process
    that is just ending would reap it behind asyncio's back and lose its exit code (Python 3.11).
    """
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(END_WORD)
        process.stdin.close()
    try:
        return await asyncio.wait_for(process.wait(), grace_s)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


def _not_ready(process: Process, stderr_path: Path, timeout_s: float) -> PreflightRefused:
    """Return what is wrong with an exchange that does not listen, in its own words."""
    said = stderr_path.read_text(encoding="utf-8", errors="replace")[-_STDERR_SHOWN:].strip()
    return PreflightRefused(
        "embedded exchange",
        f"it did not listen within {timeout_s:g} s (exit code {process.returncode}): "
        f"{said or 'it said nothing'}",
        f"mend what it says; all of it is in {stderr_path}",
        is_retryable=process.returncode not in (1, 2),
    )
