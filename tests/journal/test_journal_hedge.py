"""Journals and the two positions of hedge mode: proved, taken up again, and those from before."""

from __future__ import annotations

import sqlite3
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from tests.support.recorded_session import begin, feed, frames, hedged, opening, record_hedged
from trading.config import MarginModeName
from trading.journal.record import Closing, RecordKind, chain, encode_outputs
from trading.journal.snapshot import pack, unpack
from trading.journal.state import state_digest
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import IntentRaised, OrderFilled
from trading.model.intents import CancelEntries, Exit, MoveProtection
from trading.model.sides import PositionSide

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded session in hedge mode."""
    return record_hedged(tmp_path_factory.mktemp("hedge") / "journal.db")


def test_a_session_in_hedge_mode_is_proved_like_any_other(journal: Path) -> None:
    """Both positions traded, every wish of either was raised, and a second run is identical."""
    with JournalReader(journal) as reader:
        outputs = list(reader.outputs())
    fills = [each for each in outputs if isinstance(each, OrderFilled)]
    wishes = {type(each.intent) for each in outputs if isinstance(each, IntentRaised)}
    verdict = verify(journal)

    assert {LONG, SHORT} == {each.position_side for each in fills}
    assert {Exit, CancelEntries, MoveProtection} <= wishes
    assert verdict.is_identical, verdict.detail


@pytest.mark.parametrize("mode", ["isolated", "cross"])
def test_a_snapshot_keeps_both_positions(tmp_path: Path, mode: MarginModeName) -> None:
    """Taken up from it in the middle, the session goes on as if nothing had been, to the byte."""
    recorder = begin(tmp_path / "journal.db", hedged(mode))
    items = frames(60)
    machine = recorder.machine
    for item in items:
        feed(recorder, [item])
        head = machine.engine.head()
        if {LONG, SHORT} == {each.position_side for each in head.positions}:
            break
    again = unpack(pack(machine), hedged(mode).setup.config)

    assert {LONG, SHORT} == {each.position_side for each in again.engine.head().positions}
    assert state_digest(machine) == state_digest(again)
    for frame, received_ns in islice(items, 200):
        one, other = (each.frame(frame, received_ns) for each in (machine, again))
        assert encode_outputs(one) == encode_outputs(other)
    assert machine.engine.head() == again.engine.head()


def test_a_closing_from_before_hedge_mode_verifies(tmp_path: Path) -> None:
    """Its positions name no side; read, that means the one there is."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening())
    for item in frames(60):
        feed(recorder, [item])
        if recorder.machine.engine.head().positions:
            break
    recorder.close()
    with JournalReader(path) as reader:
        last, schema = reader.last(), reader.opening.schema_version
        closing = reader.closing()
        before = [record.digest for record in reader.records()][-2]
    assert last.kind is RecordKind.CLOSING
    told = msgspec.json.decode(last.input)
    for each in (*told["head"]["positions"], *told["head"]["trips"], *told["head"]["owed"]):
        del each["position_side"]
    old = msgspec.json.encode(told)
    digest = chain(before, last.sequence, last.received_ns, last.kind, old, b"", schema)
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE record SET input = ?, digest = ? WHERE sequence = ?",
            (old, digest, last.sequence),
        )
    database.close()

    verdict = verify(path)
    assert closing == msgspec.json.decode(old, type=Closing)
    assert closing is not None
    assert [PositionSide.BOTH] == [each.position_side for each in closing.head.positions]
    assert verdict.is_identical, verdict.detail


def test_a_closing_that_says_something_else_does_not_verify(tmp_path: Path) -> None:
    """By value is not by the way: another wallet is another account."""
    path = tmp_path / "journal.db"
    recorder = begin(path, opening())
    feed(recorder, list(frames(20)))
    recorder.close()
    with JournalReader(path) as reader:
        last, schema = reader.last(), reader.opening.schema_version
        before = [record.digest for record in reader.records()][-2]
    told = msgspec.json.decode(last.input)
    told["head"]["wallet"] = "10000.01"
    forged = msgspec.json.encode(told)
    digest = chain(before, last.sequence, last.received_ns, last.kind, forged, b"", schema)
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE record SET input = ?, digest = ? WHERE sequence = ?",
            (forged, digest, last.sequence),
        )
    database.close()

    verdict = verify(path)
    assert not verdict.is_identical
    assert f"record {last.sequence}: the closing account differs" in verdict.detail


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Exit(), b'{"type":"Exit","reason":""}'),
        (CancelEntries(reason="x"), b'{"type":"CancelEntries","reason":"x"}'),
        (Exit(position_side=LONG), b'{"type":"Exit","reason":"","position_side":"long"}'),
    ],
)
def test_wishes_of_one_way_mode_are_written_as_before(
    wish: Exit | CancelEntries, told: bytes
) -> None:
    """A journal from before runs again to the byte."""
    assert told == msgspec.json.encode(wish)
