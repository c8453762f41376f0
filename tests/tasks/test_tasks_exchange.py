"""The market of a session: which exchange is started, and that it ends with the flow's block."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tasks.exchange import exchange_options, market
from trading.config import ExchangeConfig, SessionConfig
from trading.io.clock import wall_ns
from trading.model.numbers import NS_PER_S
from trading.session.paths import SessionPaths
from trading.session.world import World

EMBEDDED = SessionConfig(source="embedded", speed=20.0, minutes=10.0)


@pytest.mark.parametrize(
    ("symbol", "listed"), [("BTCUSDT", ("BTCUSDT",)), ("ETHUSDT", ("ETHUSDT",)), ("NOPEUSDT", ())]
)
def test_it_lists_what_the_venue_is_known_to_list(symbol: str, listed: tuple[str, ...]) -> None:
    """An unknown symbol is not made up: preflight must find that it is not there."""
    assert listed == exchange_options(replace(EMBEDDED, symbol=symbol), 0).symbols


def test_it_runs_at_the_sessions_speed_and_outlives_it() -> None:
    """Speed, seed and faults are the config's; its life is bounded, and longer than the session."""
    asked = ExchangeConfig(market_seed=11, faults="0s deaf")
    options = exchange_options(replace(EMBEDDED, exchange=asked), 0)

    assert (options.market, options.seed, options.speed, options.faults) == (
        "synthetic",
        11,
        20.0,
        "0s deaf",
    )
    assert options.max_life_s == 30.0 + 3_600.0


def test_a_tape_brings_its_own_symbol() -> None:
    """A recording has one contract; nothing is listed beside it."""
    asked = ExchangeConfig(market="recorded", tape="some.raw.jsonl.gz")
    options = exchange_options(replace(EMBEDDED, exchange=asked), 0)

    assert (options.market, options.tape, options.symbols) == ("recorded", asked.tape, ())


def test_a_made_up_market_begins_where_the_account_has_come_to() -> None:
    """Hurried sessions run ahead of the clock; time in an account never goes back."""
    ahead_ns = wall_ns() + 600 * NS_PER_S
    tape = replace(EMBEDDED, exchange=ExchangeConfig(market="recorded", tape="x.raw.jsonl.gz"))

    assert ahead_ns == exchange_options(EMBEDDED, ahead_ns).start_ns
    assert exchange_options(EMBEDDED, 1).start_ns is None
    assert exchange_options(tape, ahead_ns).start_ns is None


@pytest.mark.parametrize("error", [None, RuntimeError("a bug"), asyncio.CancelledError()])
def test_it_is_ended_whatever_happens(tmp_path: Path, error: BaseException | None) -> None:
    """It answers inside the block, and nobody does afterwards."""
    paths = SessionPaths(var_dir=tmp_path, account="mine", session_id="x")
    worlds: list[World] = []

    async def story() -> None:
        async with market(EMBEDDED, paths) as world:
            worlds.append(world)
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(world.rest_url)
            if error is not None:
                raise error

    if error is None:
        asyncio.run(story())
    else:
        with pytest.raises(type(error)):
            asyncio.run(story())

    (world,) = worlds
    assert world.is_embedded
    assert world.speed == 20.0
    with pytest.raises(httpx.ConnectError):
        httpx.get(world.rest_url, trust_env=False)
    assert paths.exchange_log.exists()


def test_the_real_venue_needs_nothing_started(tmp_path: Path) -> None:
    """No folder, no process, real time."""
    paths = SessionPaths(var_dir=tmp_path, account="mine", session_id="x")

    async def story() -> World:
        async with market(SessionConfig(), paths) as world:
            return world

    world = asyncio.run(story())

    assert not world.is_embedded
    assert world.speed == 1.0
    assert not paths.folder.exists()
