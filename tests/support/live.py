"""Real sessions for tests: the embedded exchange as its own process, the child as its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tasks.exchange import embedded_world
from tests.support.risk import unlimited
from tests.support.sound_report import report_complaints
from trading.config import SessionConfig
from trading.exchange.launch import start_exchange, stop_exchange
from trading.exchange.options import ExchangeOptions
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import LedgerPosted, OrderFilled, Output, SessionEnded
from trading.session.heartbeat import Progress
from trading.session.paths import SessionPaths, new_session_id
from trading.session.plan import SessionPlan
from trading.session.planning import make_plan
from trading.session.preflight import preflight
from trading.session.supervise import Patience, SessionResult, supervise
from trading.session.warmup import warm_up
from trading.session.world import World

SPEED = 20.0


@asynccontextmanager
async def exchange(folder: Path, options: ExchangeOptions | None = None) -> AsyncIterator[World]:
    """Run an exchange for as long as the block lasts."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    running = await start_exchange(
        options or ExchangeOptions(speed=SPEED), stderr_path=folder / "exchange.log"
    )
    try:
        yield embedded_world(running.endpoint)
    finally:
        await stop_exchange(running)


@dataclass(frozen=True, slots=True)
class Lab:
    """One world and one var folder, in which sessions are planned."""

    world: World
    var_dir: Path

    async def plan(
        self, config: SessionConfig, suffix: str = "test", *, is_rescuable: bool = False
    ) -> SessionPlan:
        """Do what the flow does before it starts the child."""
        config = replace(config, speed=self.world.speed)
        checked = await preflight(config, self.world, self.var_dir)
        warm = await warm_up(config, self.world, checked)
        paths = SessionPaths(
            var_dir=self.var_dir,
            account=config.account,
            session_id=new_session_id(config, self.world.clock().now_ns(), suffix),
        )
        return make_plan(config, self.world, checked, warm, paths, is_rescuable=is_rescuable)


def busy(minutes: float = 1.0, **changes: object) -> SessionConfig:
    """Return the config of a session that trades every few seconds."""
    config = SessionConfig(
        source="embedded",
        strategy="pulse",
        minutes=minutes,
        account="lab",
        strategy_parameters={"period_s": 10.0, "hold_s": 4.0},
        risk=unlimited(),
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def outputs(paths: SessionPaths) -> list[Output]:
    """Return everything a session gave out."""
    with JournalReader(paths.journal) as reader:
        return list(reader.outputs())


BRISK = Patience(start_s=10.0, beat_s=2.5, stop_s=10.0, terminate_s=1.0)


def in_lab(
    tmp_path: Path,
    story: Callable[[Lab], Awaitable[None]],
    options: ExchangeOptions | None = None,
) -> None:
    """Tell a story in a lab of its own."""

    async def told() -> None:
        async with exchange(tmp_path / "exchange", options) as world:
            await story(Lab(world, tmp_path / "var"))

    asyncio.run(told())


async def run(plan: SessionPlan, attempt: int = 1) -> SessionResult:
    """Supervise one attempt to its end."""
    return await supervise(plan.paths, attempt=attempt, on_progress=lambda _: None, patience=BRISK)


async def when(progress: list[Progress], what: Callable[[Progress], bool]) -> Progress:
    """Wait until a beat shows what is awaited."""
    while True:
        for beat in progress:
            if what(beat):
                return beat
        await asyncio.sleep(0.02)


def assert_sound(paths: SessionPaths) -> list[Output]:
    """Hold what must be true of every closed session, and return its outputs."""
    found = outputs(paths)
    ends = [output for output in found if isinstance(output, SessionEnded)]
    lines = [output for output in found if isinstance(output, LedgerPosted)]
    fills = [output for output in found if isinstance(output, OrderFilled)]
    with JournalReader(paths.journal) as reader:
        head = reader.opening.setup.head
        closing = reader.closing()
    assert closing is not None
    assert len(ends) == 1
    assert isinstance(found[-1], SessionEnded)
    assert head.wallet + sum(line.amount for line in lines) == closing.head.wallet
    assert [fill.fill_id for fill in fills] == sorted({fill.fill_id for fill in fills})
    carried = sum((p.quantity for p in head.positions), Decimal(0))
    filled = sum((fill.side.sign * fill.quantity for fill in fills), Decimal(0))
    assert carried + filled == sum((p.quantity for p in closing.head.positions), Decimal(0))
    verdict = verify(paths.journal)
    assert verdict.is_identical, verdict.detail
    assert [] == report_complaints(paths.journal)
    return found
