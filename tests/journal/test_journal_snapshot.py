"""A snapshot is the state: whoever goes on from one gives the same outputs and the same state."""

from __future__ import annotations

import pickle
import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.simulation.simulated import Simulation
from tests.support.recorded_session import begin, feed, frames, opening
from tests.support.strategies_hoarding import Hoarder
from trading.engine import Engine
from trading.errors import JournalCorrupt, SnapshotRefused
from trading.journal.machine import Machine
from trading.journal.record import NO_INPUT, Opening, Record, RecordKind, SnapshotNote
from trading.journal.snapshot import BYTES_MOST, pack, unpack
from trading.journal.state import state_digest
from trading.journal.store import SNAPSHOTS_KEPT, JournalReader
from trading.journal.verify import verify
from trading.session.recorder import SNAPSHOT_EVERY_NS, Recorder
from trading.session.resume import resume
from trading.venues.registry import venue_named


class _Foreign:
    """Pickles as a call of something that is no part of a state."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        """Ask for a folder to be listed."""
        return Path.iterdir, ("/",)


KEPT: dict[str, Callable[[], object]] = {
    "array": lambda: np.arange(4.0),
    "deque": lambda: deque([Decimal("1.5"), None], maxlen=9),
    "default": lambda: [defaultdict(kind) for kind in (dict, list, int, float, set)],
    "numbers": lambda: {1: {2.5}, "x": (Random(3), frozenset({"a"}))},
}
REFUSED: dict[str, Callable[[], object]] = {
    "generator": lambda: (number for number in (1, 2)),
    "function": lambda: _hoarder,
    "call": _Foreign,
    "huge": lambda: bytes(BYTES_MOST),
}


def _machine(opened: Opening) -> Machine:
    return Machine(Engine(opened.setup), venue_named(opened.venue))


def _hoarder(thing: object) -> Machine:
    machine = _machine(opening(strategy=f"{Hoarder.__module__}:Hoarder"))
    _strategy(machine).thing = thing
    return machine


def _strategy(machine: Machine) -> Hoarder:
    (turn,) = machine.engine._desk.turns.values()  # noqa: SLF001 - the state under test
    assert isinstance(turn.strategy, Hoarder)
    return turn.strategy


def _recorded(path: Path, *, every: int = 150) -> Recorder:
    """Record a session that is not over, with a snapshot every so many frames."""
    recorder = begin(path, opening(minutes=3.0))
    for number, item in enumerate(frames(75), 1):
        feed(recorder, [item])
        if number % every == 0:
            recorder.snapshot()
    recorder.journal.close()
    return recorder


def _inputs(path: Path) -> Iterator[Record]:
    with JournalReader(path) as reader:
        yield from (record for record in reader.checked() if record.kind not in NO_INPUT)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of a session that is not over, traded, and has snapshots."""
    path = tmp_path / "journal.db"
    _recorded(path)
    return path


@pytest.mark.parametrize("seed", [2, 3, 5, 8, 13, 20_008])
def test_going_on_from_a_snapshot_of_every_step_changes_nothing(seed: int, tmp_path: Path) -> None:
    """Packed and unpacked after each step of a seeded session: same outputs, same final state."""
    Simulation(seed, tmp_path).run()
    path = tmp_path / f"{seed}.db"
    with JournalReader(path) as reader:
        opened = reader.opening
    straight, wandering = _machine(opened), _machine(opened)
    for record in _inputs(path):
        straight.again(record.kind, record.input, record.received_ns)
        outputs = wandering.again(record.kind, record.input, record.received_ns)
        assert record.outputs == outputs
        wandering = unpack(pack(wandering), opened.setup.config)

    assert state_digest(straight) == state_digest(wandering)
    assert straight.engine.head() == wandering.engine.head()


def test_resuming_at_any_record_ends_in_the_same_state(journal: Path, tmp_path: Path) -> None:
    """Cut after any record, the journal gives the state its whole replay gives, from its tail."""
    with JournalReader(journal) as reader:
        last = reader.last().sequence
        opened = reader.opening
    rng = Random(1)
    from_snapshots = 0
    for cut in sorted(rng.sample(range(1, last), 12)):
        path = tmp_path / f"cut{cut}.db"
        path.write_bytes(journal.read_bytes())
        with sqlite3.connect(path) as database:
            database.execute("DELETE FROM record WHERE sequence > ?", (cut,))
            database.execute("DELETE FROM snapshot WHERE sequence > ?", (cut,))
        database.close()
        whole = _machine(opened)
        for record in _inputs(path):
            whole.again(record.kind, record.input, record.received_ns)
        with JournalReader(path) as reader:
            resumed = resume(reader)

        assert state_digest(whole) == state_digest(resumed.recorder.machine)
        assert "" == resumed.doubts
        assert resumed.snapshot + resumed.replayed - cut in {0, 1}  # the opening is record 0
        from_snapshots += resumed.snapshot > 0
        resumed.recorder.journal.close()

    assert from_snapshots


def test_a_snapshot_is_the_state_and_verify_says_so(journal: Path) -> None:
    """The newest few are kept, and each equals the state of a run from the very start."""
    verdict = verify(journal)

    assert (True, SNAPSHOTS_KEPT) == (verdict.is_identical, verdict.snapshots), verdict.detail
    assert "3 snapshots equal the state" in verdict.detail


def test_a_resumed_session_is_identical(journal: Path) -> None:
    """Resumed from its snapshot and gone on with, a session verifies to the byte."""
    with JournalReader(journal) as reader:
        recorder = resume(reader).recorder
    later = [item for item in frames(200) if item[1] > recorder.received_ns]
    feed(recorder, later)
    recorder.close()

    assert verify(journal).is_identical


@pytest.mark.parametrize("bad", ["missing", "flipped", "chain", "code"])
def test_a_snapshot_that_cannot_be_trusted_is_passed_over(journal: Path, bad: str) -> None:
    """Missing, torn, unchained or of other code: an earlier one, or all again, and it is said."""
    with JournalReader(journal) as reader:
        newest, earlier, _ = reader.snapshots()
        whole = _machine(reader.opening)
    for record in _inputs(journal):
        whole.again(record.kind, record.input, record.received_ns)
    statement = {
        "missing": "DELETE FROM snapshot WHERE sequence = :newest",
        "flipped": "UPDATE snapshot SET body = CAST(substr(body, 1, 900) AS BLOB) "
        "WHERE sequence = :newest",
        "chain": "UPDATE record SET received_ns = received_ns + 1 WHERE sequence = :newest",
        "code": "UPDATE record SET input = CAST(replace(CAST(input AS TEXT), :ours, :other) "
        "AS BLOB) WHERE sequence = 0",
    }[bad]
    with sqlite3.connect(journal) as database, JournalReader(journal) as reader:
        ours = reader.opening.source_digest
        named = {"newest": newest, "ours": ours, "other": ours[::-1]}
        database.execute(statement, named)
    database.close()
    if bad in {"chain", "code"}:
        # The chain itself is broken there: nothing is gone on with, and the place is named.
        found = f"record {0 if bad == 'code' else newest}: "
        with pytest.raises(JournalCorrupt, match=found), JournalReader(journal) as reader:
            resume(reader)
        return
    with JournalReader(journal) as reader:
        resumed = resume(reader)

    assert earlier == resumed.snapshot
    assert ("" if bad == "missing" else "does not match its digest") in resumed.doubts
    assert state_digest(whole) == state_digest(resumed.recorder.machine)
    resumed.recorder.journal.close()


def test_without_any_snapshot_everything_is_run_again(journal: Path) -> None:
    """All bodies gone: a full replay, and the same state."""
    with JournalReader(journal) as reader:
        resumed = resume(reader)
        expected = state_digest(resumed.recorder.machine)
        resumed.recorder.journal.close()
    with sqlite3.connect(journal) as database:
        database.execute("DELETE FROM snapshot")
    database.close()
    with JournalReader(journal) as reader:
        again = resume(reader)

    assert 0 == again.snapshot
    assert resumed.snapshot + resumed.replayed == again.replayed - 1
    assert expected == state_digest(again.recorder.machine)
    assert again.recorder.is_snapshot_due
    again.recorder.journal.close()


def test_verify_names_a_snapshot_that_is_not_the_state(tmp_path: Path) -> None:
    """A snapshot of another state, rightly hashed and chained, is still found out."""
    path = tmp_path / "other.db"
    recorder = begin(path, opening(minutes=3.0))
    feed(recorder, list(frames(20)))
    recorder.machine.engine.account.sessions += 7
    recorder.snapshot()
    recorder.machine.engine.account.sessions -= 7
    recorder.journal.close()

    verdict = verify(path)

    assert not verdict.is_identical
    assert "(snapshot): its state differs" in verdict.detail


@pytest.mark.parametrize("name", KEPT)
def test_what_a_strategy_may_hold(name: str) -> None:
    """Numbers, containers, arrays and random streams come back equal, with the same digest."""
    machine = _hoarder(KEPT[name]())

    again = unpack(pack(machine), machine.engine.setup.config)

    assert state_digest(machine) == state_digest(again)
    assert machine is not again


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_said_once_and_the_session_goes_on(
    name: str, tmp_path: Path
) -> None:
    """A record tells why; no further snapshot is tried; a resume runs everything again."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening(strategy=f"{Hoarder.__module__}:Hoarder"))
    _strategy(recorder.machine).thing = REFUSED[name]()
    recorder.snapshot()
    recorder.received_ns += 2 * SNAPSHOT_EVERY_NS
    assert not recorder.is_snapshot_due
    recorder.journal.close()
    with JournalReader(path) as reader:
        last = reader.last()
        resumed = resume(reader)

    assert last.kind is RecordKind.SNAPSHOT
    assert b'"refused":"' in last.input
    assert 0 == resumed.snapshot
    resumed.recorder.journal.close()


def test_nothing_is_run_by_loading() -> None:
    """A pickle that calls anything but the parts of a state is refused, and not run."""
    config = opening().setup.config
    for foreign in (_Foreign(), print, pack):
        with pytest.raises(SnapshotRefused, match="no part of a state"):
            unpack(pickle.dumps(foreign), config)
    for nothing in (pickle.dumps([1]), b"", b"\x80\x05."):
        with pytest.raises(SnapshotRefused):
            unpack(nothing, config)


def test_a_note_names_its_body(journal: Path) -> None:
    """What the chain vouches for is the body's SHA-256 and length."""
    with JournalReader(journal) as reader:
        record = reader.record(reader.snapshots()[0])
        body = reader.snapshot_body(record)
    assert body is not None
    assert f'"bytes":{len(body)}'.encode() in record.input
    assert {"sha256", "bytes", "refused"} == set(SnapshotNote.__struct_fields__)
