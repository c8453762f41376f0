"""The kill switch of all machines: set on one, it stops every one, until somebody clears it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from deployments import doctor
from tests.support.live import BRISK, Lab, assert_sound, busy, exchange, when
from tests.support.ports import free_port
from tests.support.shared_accounts import left_by
from tests.support.waiting import until
from trading.account.allowances import FOR_EVER, Allowances, Effect, Latch
from trading.errors import PreflightRefused, RegisterError
from trading.exchange.options import ExchangeOptions
from trading.io.postgres import Transaction, ask_now
from trading.model.events import ControlApplied, Outcome
from trading.session.__main__ import main
from trading.session.clearances import lift
from trading.session.heartbeat import Progress
from trading.session.kill_everywhere import ALL, clear_everywhere, killed, set_everywhere
from trading.session.paths import kill_file
from trading.session.plan import SessionPlan
from trading.session.register.chosen import LEASE_ENVIRONMENT
from trading.session.register.files import STORE_ENVIRONMENT
from trading.session.register.leases import Database, SharedRegister
from trading.session.register.shared_switch import SwitchWatch
from trading.session.supervise import SessionResult, supervise
from trading.session.words import say

pytestmark = pytest.mark.timeout(240)


@pytest.mark.usefixtures("shared")
def test_what_is_set_on_one_machine_is_set_on_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Latched, with its first reason; cleared on any; who, where, when and why stays on record."""
    here, there = tmp_path / "here", tmp_path / "there"

    assert 0 == main(["kill", "set", "--reason", "mad", "--by", "ann", "--var-dir", str(here)])
    assert not set_everywhere(there, who="bob", why="madder")

    found = killed(there)
    assert found is not None
    assert ALL == found.where
    assert found.why.startswith("mad (set by ann on ")
    assert not kill_file(here).exists()
    assert clear_everywhere(there, who="bob", why="calm")
    assert not clear_everywhere(there, who="bob", why="calm")
    assert killed(here) is None
    capsys.readouterr()
    assert 0 == main(["kill", "show", "--var-dir", str(here)])
    told = capsys.readouterr().out.splitlines()
    assert ["set     by ann on ", "cleared by bob on "] == [line[22:40] for line in told[:2]]
    assert told[1].endswith("calm; it was set: " + found.why)
    assert f"{ALL}: not set: sessions may run" == told[-1]


@pytest.mark.usefixtures("shared")
def test_a_file_stays_the_switch_of_its_machine(tmp_path: Path) -> None:
    """It stops nobody elsewhere, and a clearance there takes nothing from it; here it does."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    kill_file(here).write_text("only here", encoding="utf-8")

    assert "only here" in str(killed(here))
    assert killed(there) is None
    assert not clear_everywhere(there, who="bob", why="calm")
    assert kill_file(here).exists()
    assert clear_everywhere(here, who="bob", why="calm")
    assert killed(here) is None


@pytest.mark.usefixtures("shared")
def test_a_word_on_one_machine_ends_the_session_on_another(tmp_path: Path) -> None:
    """Flat, killed, by who said it and why; nobody begins anywhere until it is cleared anywhere."""

    async def story(here: Lab, there: Lab) -> None:
        beats: list[Progress] = []
        plan = await there.plan(busy(10.0))
        running = asyncio.create_task(supervised(plan, beats))
        await when(beats, lambda beat: beat.fills >= 1)

        told = await asyncio.to_thread(say, here.var_dir, "lab", "kill", who="ann", why="mad")
        result = await asyncio.wait_for(running, 60.0)

        assert "the kill switch is set" == told
        assert Outcome.KILLED == result.outcome
        (word,) = [each for each in assert_sound(plan.paths) if isinstance(each, ControlApplied)]
        assert ("kill", "kill switch") == (word.word, word.who)
        assert word.why.startswith("mad (set by ann on ")
        assert "for all machines" in word.why
        for lab in (here, there):
            with pytest.raises(PreflightRefused, match=r"kill switch.*all machines.*mad"):
                await lab.plan(busy(), "next")
        assert await asyncio.to_thread(clear_everywhere, here.var_dir, who="bob", why="calm")
        await there.plan(busy(), "after")

    on_two_machines(tmp_path, story)


def test_a_halt_holds_on_every_machine(shared: Database, tmp_path: Path) -> None:
    """Latched where it tripped, refused elsewhere; lifted by a person's word said anywhere."""
    halt = Latch(
        code="drawdown", effect=Effect.HALT, value="21", limit="20", at_ns=7, until_ns=FOR_EVER
    )

    async def story(here: Lab, there: Lab) -> None:
        left = left_by("one")
        head = msgspec.structs.replace(left.head, allowances=Allowances(latches={"drawdown": halt}))
        with SharedRegister(shared, here.var_dir).own("lab", "one") as owned:
            owned.begin("one")
            owned.commit(msgspec.structs.replace(left, head=head))

        with pytest.raises(PreflightRefused, match=r"breaker.*drawdown tripped: 21, limit 20"):
            await there.plan(busy(), "two")
        assert await asyncio.to_thread(
            lift, here.var_dir, "lab", "drawdown", who="bob", why="looked"
        )
        await there.plan(busy(), "three")

    on_two_machines(tmp_path, story)


def test_without_its_database_the_file_works_and_the_session_says_so(
    shared: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be set for all is set here, in words that say so; the session ends by it."""
    monkeypatch.setenv(LEASE_ENVIRONMENT, "120")

    async def story(here: Lab, _: Lab) -> None:
        beats: list[Progress] = []
        plan = await here.plan(busy(30.0))
        running = asyncio.create_task(supervised(plan, beats))
        await when(beats, lambda beat: beat.fills >= 1)
        assert "" == beats[-1].unread

        with cut(shared.url):
            beat = await when(beats, lambda beat: beat.unread != "")
            assert "the kill switch in the database was not read for " in beat.unread
            assert "; the file works" in beat.unread
            with pytest.raises(RegisterError, match="set on THIS MACHINE ALONE"):
                await asyncio.to_thread(set_everywhere, here.var_dir, who="ann", why="mad")
        result = await asyncio.wait_for(running, 60.0)

        assert Outcome.KILLED == result.outcome
        assert_sound(plan.paths)
        log = plan.paths.log.read_text(encoding="utf-8")
        assert "supervisor: the kill switch in the database was not read for " in log
        assert "mad (set by ann" in str(killed(here.var_dir))

    on_two_machines(tmp_path, story)


def test_a_database_of_an_older_version_gets_its_switch(shared: Database, tmp_path: Path) -> None:
    """What accounts it keeps stay; the table is made by whoever asks first."""

    async def older(tx: Transaction) -> None:
        await tx.execute("DROP TABLE paper_session.kill")

    with SharedRegister(shared, tmp_path).own("lab", "one") as owned:
        owned.begin("one")
        owned.commit(left_by("one"))
    ask_now(shared.url, older)

    assert killed(tmp_path) is None
    assert set_everywhere(tmp_path, who="ann", why="mad")
    assert left_by("one") == SharedRegister(shared, tmp_path).state("lab")


def test_a_switch_that_is_read_again_is_no_trouble(shared: Database, tmp_path: Path) -> None:
    """A watch goes on by itself after an outage, and sees what was set meanwhile."""

    async def watched() -> None:
        watch = SwitchWatch(shared)
        looking = asyncio.create_task(watch.run())
        try:
            with cut(shared.url):
                await asyncio.to_thread(until, lambda: watch.unread, 30.0, "the outage")
            set_everywhere(tmp_path, who="ann", why="mad")
            why = await asyncio.to_thread(until, lambda: watch.reason, 30.0, "the switch")
            assert "" == watch.unread
            assert why.startswith("mad (set by ann")
        finally:
            looking.cancel()

    asyncio.run(watched())


def test_nothing_begins_where_the_switch_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by preflight, found by the doctor; a file that is set is told all the same."""
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    monkeypatch.setenv(STORE_ENVIRONMENT, away)
    monkeypatch.setenv("PAPER_SESSION_VAR", str(tmp_path))

    async def asked() -> None:
        found = await doctor.asked("kill switch", doctor.kill_switch)
        assert not found.is_well
        assert STORE_ENVIRONMENT in found.told("kill switch")
        async with exchange(tmp_path / "exchange") as world:
            with pytest.raises(PreflightRefused, match="account store"):
                await Lab(world, tmp_path).plan(busy())
            with pytest.raises(RegisterError, match="THIS MACHINE ALONE"):
                await asyncio.to_thread(say, tmp_path, "lab", "kill", who="ann", why="mad")
            with pytest.raises(PreflightRefused, match=r"kill switch.*mad"):
                await Lab(world, tmp_path).plan(busy())
        with pytest.raises(RegisterError):
            clear_everywhere(tmp_path, who="bob", why="calm")
        assert "mad" in str(killed(tmp_path))

    asyncio.run(asked())


def on_two_machines(tmp_path: Path, story: Callable[[Lab, Lab], Awaitable[None]]) -> None:
    """Tell a story of two folders in one market."""

    async def told() -> None:
        async with exchange(tmp_path / "exchange", ExchangeOptions(speed=5.0)) as world:
            await story(Lab(world, tmp_path / "here"), Lab(world, tmp_path / "there"))

    asyncio.run(told())


async def supervised(plan: SessionPlan, beats: list[Progress]) -> SessionResult:
    """Run a session and keep its beats."""
    return await supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)


@contextmanager
def cut(url: str) -> Iterator[None]:
    """Have nobody reach the database while the block runs, nor keep a connection to it."""
    name = url.rpartition("/")[2]
    other = url.removesuffix(name) + "template1"

    def let(word: str) -> None:
        async def done(tx: Transaction) -> None:
            await tx.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {word}")
            if word == "false":
                await tx.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                    name,
                )

        ask_now(other, done)

    let("false")
    try:
        yield
    finally:
        let("true")
