"""The market a session lives in: the real venue, or an exchange of its own that is ended again.

The embedded exchange belongs to the flow, so it outlives a killed session and its resumptions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio

from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.exchange.contract import LISTED
from trading.exchange.endpoint import Endpoint
from trading.exchange.launch import start_exchange, stop_exchange
from trading.exchange.options import ExchangeOptions
from trading.io.clock import wall_ns
from trading.session.account_state import account_time_ns
from trading.session.paths import SessionPaths
from trading.session.world import World, real_world

ORPHAN_WAIT_S = 120.0
"""Real seconds an embedded exchange waits for the rescue of a session whose flow was killed."""
LIFE_MARGIN_S = 3_600.0
"""Real seconds an embedded exchange outlives its session's length, should nobody end it."""


@asynccontextmanager
async def market(
    config: SessionConfig, paths: SessionPaths, *, is_rescuable: bool = False
) -> AsyncIterator[World]:
    """Give the session's market, and end what was started for it, whatever happens.

    Should this process be killed, an exchange of its own waits for the session's rescue, where
    there is one (``is_rescuable``).

    Raises:
        PreflightRefused: when the embedded exchange does not start.
    """
    if config.source != "embedded":
        yield real_world()
        return
    paths.folder.mkdir(parents=True, exist_ok=True)
    since_ns = account_time_ns(paths.var_dir, config.account)
    options = replace(
        exchange_options(config, since_ns), orphan_wait_s=ORPHAN_WAIT_S if is_rescuable else 0.0
    )
    running = await start_exchange(options, stderr_path=paths.exchange_log)
    try:
        yield embedded_world(running.endpoint)
    finally:
        with anyio.CancelScope(shield=True):
            await stop_exchange(running)


def exchange_options(config: SessionConfig, since_ns: int) -> ExchangeOptions:
    """Return what the exchange behind this session is started with.

    It lists what the venue is known to list: for another symbol preflight is to find nothing.
    ``since_ns``: the time the account has come to; hurried sessions run ahead of the clock, and
    the next one's market begins where they ended.
    """
    asked = config.exchange
    is_made_up = asked.market == "synthetic"
    return ExchangeOptions(
        market=asked.market,
        symbols=(config.symbol,) if is_made_up and config.symbol in LISTED else (),
        seed=asked.market_seed,
        start_ns=since_ns if is_made_up and since_ns > wall_ns() else None,
        speed=config.speed,
        tape=asked.tape,
        faults=_script(asked.faults),
        max_life_s=config.duration_s / config.speed + LIFE_MARGIN_S,
    )


def _script(faults: str) -> str:
    """Return a fault script, read from its file where one is named.

    Raises:
        ConfigError: when the file cannot be read.
    """
    if not faults.startswith("@"):
        return faults
    try:
        return Path(faults[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(
            "exchange.faults", faults, "@ and a readable text file", str(cause)
        ) from cause


def embedded_world(endpoint: Endpoint) -> World:
    """Return the world behind an exchange's endpoint."""
    return World(
        rest_url=endpoint.rest_url,
        ws_url=endpoint.ws_url,
        anchor_monotonic_ns=endpoint.clock.anchor_monotonic_ns,
        anchor_unix_ns=endpoint.clock.anchor_unix_ns,
        speed=endpoint.clock.speed,
        is_embedded=True,
        tape_end_ns=endpoint.tape_end_ns,
    )
