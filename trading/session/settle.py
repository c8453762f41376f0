"""Close the books of a session whose process is gone and which nobody can resume in time.

Its positions and their protection go over to the account's next session; what happened to them in
between is for that session to find out.

A session whose account has gone on without it is closed, too, by another word: what it did since is
on record, and does not count.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from trading.errors import AccountLocked, JournalError, OwnershipLost
from trading.io.lock import AccountLock
from trading.journal.record import Predecessor
from trading.journal.snapshot import unpack
from trading.journal.source import source_digest
from trading.journal.store import JournalReader
from trading.model.events import ControlReceived, ControlWord
from trading.session.kill_everywhere import killed
from trading.session.paths import SessionPaths, latest_session
from trading.session.register import AccountState, Checkpoint, Owned, register_of
from trading.session.register.files import state_in
from trading.session.resume import resume

WHO: Final = "settlement"
GONE: Final = "its process ended and it was not resumed in time"
LOST: Final = "lost_ownership"
"""Reason code of a session whose account went on without it."""


def settle_account(var_dir: Path, account: str) -> str | None:
    """Close the account's last session if it never was; return its id, None if there was no need.

    Raises:
        AccountLocked: when the account is being traded: by that session, or on another machine.
            In the latter case an open session here has lost it, and is closed as such.
        JournalCorrupt: when its journal cannot be trusted.
        RegisterError: when the register of accounts cannot be asked.
    """
    here = latest_session(var_dir, account)
    who = f"settling {here.session_id}" if here else "settling"
    try:
        return _settled(here, register_of(var_dir).own(account, who))
    except AccountLocked as locked:
        if locked.is_elsewhere and here is not None and state_in(here.journal) is None:
            with AccountLock(here.lock, who):
                disown(here, str(locked))
        raise


def _settled(here: SessionPaths | None, owning: AbstractContextManager[Owned]) -> str | None:
    with owning as owned:
        session = owned.open_session
        if here is not None and here.session_id == session and not _is_disowned(here):
            _settle_journal(here, owned)
            return session
        if here is not None and here.session_id != session and state_in(here.journal) is None:
            _leave(here, owned)
        if session is None:
            return None
        if owned.checkpoint is not None:
            owned.commit(_state_at(owned.checkpoint))
        else:
            owned.drop()
    return session


def disown(paths: SessionPaths, why: str) -> None:
    """Close the books of a session whose account has gone on without it, under no account.

    One that had its last record already keeps its books open: its end came too late to count.
    Duty of the caller: hold the lock of the account.
    """
    with JournalReader(paths.journal) as reader:
        recorder = resume(reader).recorder
    if recorder.machine.engine.has_ended:
        recorder.journal.close()
        return
    word = ControlReceived(recorder.received_ns, ControlWord.DISOWN, WHO, why)
    recorder.event(word)
    recorder.close()
    paths.reserve.unlink(missing_ok=True)


def _leave(paths: SessionPaths, owned: Owned) -> None:
    """Close what the register does not hold open: late if it committed that very end, or disowned.

    A process that died between the register's commit and its journal's leaves the first kind.
    """
    with JournalReader(paths.journal) as reader:
        recorder = resume(reader).recorder
    if paths.session_id == owned.newest_session and recorder.machine.engine.has_ended:
        recorder.belong_to(owned)
        with suppress(OwnershipLost):
            recorder.close()
        return
    recorder.journal.close()
    disown(paths, "the account went on without it")


def _is_disowned(paths: SessionPaths) -> bool:
    with JournalReader(paths.journal) as reader:
        ended = reader.ended() if reader.closing() is not None else None
    return ended is not None and ended.reason == LOST


def _settle_journal(paths: SessionPaths, owned: Owned) -> None:
    """Close the journal that is here, and tell the register what it says."""
    closed = state_in(paths.journal)
    if closed is not None:
        owned.commit(closed)
        return
    switch = killed(paths.var_dir)
    with JournalReader(paths.journal) as reader:
        recorder = resume(reader).recorder
    recorder.belong_to(owned)
    engine = recorder.machine.engine
    if switch is not None and not engine.has_ended:
        recorder.event(
            ControlReceived(recorder.received_ns, ControlWord.KILL, "kill switch", switch.why)
        )
    if not engine.has_ended:
        recorder.event(ControlReceived(recorder.received_ns, ControlWord.ABANDON, WHO, GONE))
    recorder.close()
    paths.reserve.unlink(missing_ok=True)


def _state_at(checkpoint: Checkpoint) -> AccountState:
    """Return how a session leaves its account whose journal is on a machine that is gone.

    Raises:
        JournalError: when its newest state is not what the chain vouches for, or of other code.
    """
    session, record = checkpoint.session_id, checkpoint.record
    if checkpoint.source_digest != source_digest():
        raise JournalError(
            f"session {session} is open, and its newest state was kept by other code than this; "
            "start its machine again, or deploy the same version here"
        )
    machine = unpack(checkpoint.vouched(), checkpoint.config)
    machine.event(ControlReceived(record.received_ns, ControlWord.ABANDON, WHO, GONE))
    return AccountState(
        head=machine.engine.head(),
        predecessor=Predecessor(session_id=session, digest=record.digest.hex()),
        source=checkpoint.config.source,
        last_ns=record.received_ns,
    )
