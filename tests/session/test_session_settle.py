"""Sessions of shared accounts and their journals: settled, taken over, disowned, closed late."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec import structs

from tests.support.recorded_session import begin, feed, frames, opening, record
from tests.support.shared_accounts import ACCOUNT, left_by, opened, standing, until_free
from trading.errors import (
    AccountLocked,
    ConfigError,
    JournalCorrupt,
    JournalError,
    RegisterError,
)
from trading.journal.store import JournalReader
from trading.journal.verify import verify
from trading.model.events import ControlApplied, ControlWord, Outcome
from trading.session.paths import SessionPaths
from trading.session.recorder import Recorder
from trading.session.register import AccountState
from trading.session.register.files import (
    FileRegister,
    LocalAccount,
    state_in,
)
from trading.session.register.leases import SharedAccount, SharedRegister
from trading.session.resume import resume
from trading.session.settle import settle_account


def paths_in(var_dir: Path) -> SessionPaths:
    """Return where the recorded session lies in a folder."""
    paths = SessionPaths(var_dir=var_dir, account=ACCOUNT, session_id=opening().setup.session_id)
    paths.folder.mkdir(parents=True, exist_ok=True)
    return paths


def broken_off(register: SharedRegister, var_dir: Path, *, seconds: float) -> SessionPaths:
    """Leave a session that was snapshot after so many seconds, and traded a little on."""
    paths = paths_in(var_dir)
    heard = list(frames(seconds + 10.0))
    with register.own(ACCOUNT, paths.session_id) as owned:
        recorder = begin(paths.journal, opening())
        recorder.belong_to(owned)
        owned.begin(paths.session_id)
        paths.point_latest()
        feed(recorder, [each for each in heard if each[1] < heard[0][1] + seconds * 1e9])
        if seconds:
            recorder.snapshot()
            owned.check()
            asyncio.run(renewed(owned))
        feed(recorder, heard[-30:])
        recorder.journal.close()
    return paths


async def renewed(owned: SharedAccount) -> None:
    """Hold an account until its checkpoint is on record."""
    holding = asyncio.create_task(owned.hold())
    while owned.pending is not None:  # noqa: ASYNC110 - the database does not call us
        await asyncio.sleep(0.02)
    holding.cancel()


def test_another_machine_goes_on_from_the_newest_checkpoint(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """Its machine is gone: the account stands where the chain vouches for; what came after, not.

    When that machine is back, its books are closed as what they are, and change nothing.
    """
    paths = broken_off(here, tmp_path / "here", seconds=30.0)
    until_free(there)

    assert paths.session_id == settle_account(tmp_path / "there", ACCOUNT)

    state = there.state(ACCOUNT)
    assert state is not None
    assert state.predecessor is not None
    with JournalReader(paths.journal) as reader:
        (snapshot,) = reader.snapshots()
        assert reader.record(snapshot).digest.hex() == state.predecessor.digest
        assert reader.last().sequence > snapshot
    assert state.head.sessions == 1
    assert settle_account(tmp_path / "there", ACCOUNT) is None

    assert settle_account(tmp_path / "here", ACCOUNT) is None

    with JournalReader(paths.journal) as reader:
        ended, last = reader.ended(), list(reader.outputs())
    assert ended is not None
    assert (Outcome.ABANDONED, "lost_ownership") == (ended.outcome, ended.reason)
    assert [ControlWord.DISOWN] == [e.word for e in last if isinstance(e, ControlApplied)]
    assert verify(paths.journal).is_identical
    assert state == here.state(ACCOUNT)


def test_a_session_whose_account_is_traded_elsewhere_has_lost_it(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """Nobody waits for the other one's end: its books are closed at once, and it is said why."""
    paths = broken_off(here, tmp_path / "here", seconds=0.0)
    opened(there, paths.session_id)

    with pytest.raises(AccountLocked, match=r"is held by .* \(token 2\)"):
        settle_account(tmp_path / "here", ACCOUNT)

    with JournalReader(paths.journal) as reader:
        ended = reader.ended()
    assert ended is not None
    assert "lost_ownership" == ended.reason
    assert "(token 2)" in ended.detail
    with pytest.raises(AccountLocked):
        settle_account(tmp_path / "here", ACCOUNT)
    assert standing(there).open_session == paths.session_id


def test_a_session_without_a_checkpoint_is_dropped_whole(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """The account stands where the session before it left it; here, nowhere: it is new."""
    paths = broken_off(here, tmp_path / "here", seconds=0.0)
    with pytest.raises(JournalError, match=f"session {paths.session_id} of account default is op"):
        there.state(ACCOUNT)
    until_free(there)

    assert paths.session_id == settle_account(tmp_path / "there", ACCOUNT)

    assert there.state(ACCOUNT) is None


def test_its_own_machine_settles_a_session_by_its_journal(
    here: SharedRegister, tmp_path: Path
) -> None:
    """To the last record, however old the checkpoint is."""
    paths = broken_off(here, tmp_path / "here", seconds=30.0)

    assert paths.session_id == settle_account(tmp_path / "here", ACCOUNT)

    assert state_in(paths.journal) == here.state(ACCOUNT)
    assert here.state(ACCOUNT) is not None


def test_a_checkpoint_is_held_against_the_chain(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """Other code, another body, another record: nothing is made of it."""
    broken_off(here, tmp_path / "here", seconds=30.0)
    with here.own(ACCOUNT, "a look") as owned:
        kept = owned.checkpoint
    assert kept is not None
    forged = structs.replace(kept.record, received_ns=kept.record.received_ns + 1)

    with pytest.raises(JournalCorrupt, match="the snapshot does not match its digest"):
        structs.replace(kept, body=kept.body + b".").vouched()
    with pytest.raises(JournalCorrupt, match="its content does not match its digest"):
        structs.replace(kept, record=forged).vouched()
    with here.own(ACCOUNT, "forger") as owned:
        owned.keep(structs.replace(kept, source_digest="other"))
        asyncio.run(renewed(owned))
    until_free(there)
    with pytest.raises(JournalError, match="was kept by other code than this"):
        settle_account(tmp_path / "there", ACCOUNT)


def test_a_journal_whose_end_the_register_has_is_closed_late(
    here: SharedRegister, tmp_path: Path
) -> None:
    """Its process died between the two: the same closing record, once its machine looks."""
    paths = ended_unclosed(tmp_path / "here")
    with here.own(ACCOUNT, paths.session_id) as owned, JournalReader(paths.journal) as reader:
        recorder = resume(reader).recorder
        recorder.belong_to(owned)
        owned.begin(paths.session_id)
        closing = state_after(recorder)
        owned.commit(closing)
        recorder.journal.let_go()
    assert state_in(paths.journal) is None

    assert settle_account(tmp_path / "here", ACCOUNT) is None

    assert closing == state_in(paths.journal) == here.state(ACCOUNT)


def test_an_end_that_came_too_late_never_closes(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """Its last record says completed, but its account went on without it: the books stay open."""
    paths = ended_unclosed(tmp_path / "here")
    opened(here, paths.session_id)
    opened(there, paths.session_id).commit(left_by(paths.session_id))
    until_free(here)

    assert settle_account(tmp_path / "here", ACCOUNT) is None

    assert state_in(paths.journal) is None
    assert left_by(paths.session_id) == here.state(ACCOUNT)


def ended_unclosed(var_dir: Path) -> SessionPaths:
    """Leave a session that has its last record, and no closing one."""
    paths = paths_in(var_dir)
    recorder = begin(paths.journal, opening())
    feed(recorder, list(frames(85.0)))
    assert recorder.machine.engine.has_ended
    recorder.journal.close()
    paths.point_latest()
    return paths


def state_after(recorder: Recorder) -> AccountState:
    """Return what closing the books would commit."""
    found: list[AccountState] = []

    class Listening(LocalAccount):
        def commit(self, state: AccountState) -> None:
            found.append(state)
            raise RegisterError("heard")

    owned, recorder.owned = recorder.owned, Listening()
    with pytest.raises(RegisterError, match="heard"):
        recorder.close()
    recorder.owned = owned
    return found[0]


def test_an_account_of_files_is_taken_over_once(
    here: SharedRegister, there: SharedRegister, tmp_path: Path
) -> None:
    """With its head and what was said to it; then the files alone are no register any more."""
    paths = paths_in(tmp_path / "here")
    record(paths.journal)
    paths.point_latest()
    files = FileRegister(tmp_path / "here")
    files.add_words(ACCOUNT, [b'{"code":"drawdown"}'])
    before = files.state(ACCOUNT)
    assert before == here.state(ACCOUNT)

    with here.own(ACCOUNT, "one") as owned:
        assert (paths.session_id, None) == (owned.newest_session, owned.open_session)

    assert before == there.state(ACCOUNT)
    assert [b'{"code":"drawdown"}'] == there.words(ACCOUNT)
    with pytest.raises(ConfigError, match="the database that keeps account default"):
        files.state(ACCOUNT)
    with (
        pytest.raises(ConfigError, match=r"remove .*shared\.txt"),
        files.own(ACCOUNT, "one"),
    ):
        pytest.fail("owned")


def test_an_open_account_of_files_is_taken_over_open(here: SharedRegister, tmp_path: Path) -> None:
    """Its last session is then settled like any other."""
    paths = paths_in(tmp_path / "here")
    recorder = begin(paths.journal, opening())
    recorder.journal.close()
    paths.point_latest()

    assert paths.session_id == settle_account(tmp_path / "here", ACCOUNT)

    assert state_in(paths.journal) == here.state(ACCOUNT)
