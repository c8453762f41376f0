"""A silent run is looked at before it is ended, and what ended it is in its state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from prefect import State
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.states import Cancelled, Completed, Running

from flows.silence import silence
from tasks import silence as looking
from tasks.silence import Part
from tests.support.made_runs import NOBODY, run_in, state_of_run

pytestmark = [pytest.mark.usefixtures("harness"), pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a moment only."""
    monkeypatch.setattr(looking, "LISTEN_S", 1.5)
    monkeypatch.setattr(looking, "STOP_WITHIN_S", 1.5)
    monkeypatch.setattr(looking, "LOOK_EVERY_S", 0.05)


def looked_at(
    run_id: str, part: Part = "session", beside: Callable[[UUID], Awaitable[None]] | None = None
) -> str:
    """Look at a run, while something else happens beside it; return what is told of it."""

    async def both() -> str:
        happening = asyncio.ensure_future(beside(UUID(run_id))) if beside else None
        state = await silence(run_id, part, return_state=True)
        if happening is not None:
            happening.cancel()
            await asyncio.gather(happening, return_exceptions=True)
        return (state.message or "").replace(run_id, "it")

    return asyncio.run(both())


async def show_progress(run_id: UUID) -> None:
    """Make the run's progress artifact, and renew it as a supervisor that works does."""
    async with get_client() as client:
        shown = ArtifactCreate(key="progress", type="progress", data=1.0, flow_run_id=run_id)
        made = await client.create_artifact(shown)
        while True:
            await asyncio.sleep(0.2)
            await client.update_artifact(made.id, ArtifactUpdate(data=1.0))


def ended_with(state: State[None]) -> Callable[[UUID], Awaitable[None]]:
    """Return a worker that ends a run as soon as it is told to."""

    async def end(run_id: UUID) -> None:
        async with get_client() as client:
            while True:
                found = (await client.read_flow_run(run_id)).state
                if found is not None and found.is_cancelling():
                    await client.set_flow_run_state(run_id, state, force=True)
                    return
                await asyncio.sleep(0.05)

    return end


@pytest.mark.parametrize("is_known", [True, False])
def test_a_run_that_is_over_is_left(is_known: bool) -> None:  # noqa: FBT001 - a column
    """Its state stays; so for one that the server does not know."""
    run_id = run_in(Running(), Completed(message="completed (deadline)")) if is_known else NOBODY

    assert "nothing to do: it is over" == looked_at(run_id)
    if is_known:
        assert ("COMPLETED", "completed (deadline)") == state_of_run(run_id)


def test_a_run_that_works_is_left() -> None:
    """Its progress is renewed, though nothing was heard of it: the server was away for a while."""
    run_id = run_in(Running())

    assert "it works: only its events were not heard" == looked_at(run_id, beside=show_progress)
    assert state_of_run(run_id)[0] == "RUNNING"


def test_a_run_whose_progress_stands_still_is_ended() -> None:
    """It once showed some; nothing renews it any more."""
    run_id = run_in(Running())

    async def once() -> None:
        shown = ArtifactCreate(key="old", type="progress", data=1.0, flow_run_id=UUID(run_id))
        async with get_client() as client:
            await client.create_artifact(shown)

    asyncio.run(once())

    assert looked_at(run_id).startswith("it zombie: ")
    assert state_of_run(run_id)[0] == "CRASHED"


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("start", "frozen: it began, and no session came of it"),
        ("session", "frozen: its session's supervisor hung"),
        ("end", "overrun: its session was over, and it did not end"),
    ],
)
def test_a_run_that_hangs_is_ended_and_crashed(part: Part, told: str) -> None:
    """Cancelled first, by its worker; then Crashed, which is told and rescued."""
    run_id = run_in(Running())

    assert f"it {told}" == looked_at(run_id, part, ended_with(Cancelled()))
    assert ("CRASHED", told) == state_of_run(run_id)


def test_a_run_that_nobody_can_end_is_a_zombie() -> None:
    """Neither its process nor its worker is there."""
    run_id = run_in(Running())

    told = looked_at(run_id)

    assert told == "it zombie: its process was gone, and its worker with it"
    assert ("CRASHED", told.removeprefix("it ")) == state_of_run(run_id)


def test_a_run_that_ends_by_itself_keeps_its_state() -> None:
    """Late, but well: a look must not make a crash of it."""
    run_id = run_in(Running())

    told = looked_at(run_id, beside=ended_with(Completed(message="completed (deadline)")))

    assert told == "it ended by itself after all"
    assert ("COMPLETED", "completed (deadline)") == state_of_run(run_id)
