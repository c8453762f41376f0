"""Real sessions for tests: the embedded exchange as its own process, the child as its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trading.config import RiskConfig, SessionConfig
from trading.exchange.endpoint import Endpoint
from trading.exchange.launch import start_exchange, stop_exchange
from trading.exchange.options import ExchangeOptions
from trading.journal.store import JournalReader
from trading.model.events import Output
from trading.session.paths import SessionPaths, new_session_id
from trading.session.plan import SessionPlan, make_plan
from trading.session.preflight import preflight
from trading.session.warmup import warm_up
from trading.session.world import World

SPEED = 20.0


def world_of(endpoint: Endpoint) -> World:
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


@asynccontextmanager
async def exchange(folder: Path, options: ExchangeOptions | None = None) -> AsyncIterator[World]:
    """Run an exchange for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    running = await start_exchange(
        options or ExchangeOptions(speed=SPEED), stderr_path=folder / "exchange.log"
    )
    try:
        yield world_of(running.endpoint)
    finally:
        await stop_exchange(running)


@dataclass(frozen=True, slots=True)
class Lab:
    """One world and one var folder, in which sessions are planned."""

    world: World
    var_dir: Path

    async def plan(self, config: SessionConfig, suffix: str = "test") -> SessionPlan:
        """Do what the flow does before it starts the child."""
        config = replace(config, speed=self.world.speed)
        checked = await preflight(config, self.world, self.var_dir)
        warm = await warm_up(config, self.world, checked)
        paths = SessionPaths(
            var_dir=self.var_dir,
            account=config.account,
            session_id=new_session_id(config, self.world.clock().now_ns(), suffix),
        )
        return make_plan(config, self.world, checked, warm, paths)


def busy(minutes: float = 1.0, **changes: object) -> SessionConfig:
    """Return the config of a session that trades every few seconds."""
    config = SessionConfig(
        source="embedded",
        strategy="pulse",
        minutes=minutes,
        account="lab",
        strategy_parameters={"period_s": 10.0, "hold_s": 4.0},
        risk=RiskConfig(entry_interval_s=0),
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def outputs(paths: SessionPaths) -> list[Output]:
    """Return everything a session gave out."""
    with JournalReader(paths.journal) as reader:
        return list(reader.outputs())
