"""Close the books of a session whose process is gone and which nobody can resume in time.

Its positions and their protection go over to the account's next session; what happened to them in
between is for that session to find out.
"""

from __future__ import annotations

from pathlib import Path

from trading.io.lock import AccountLock
from trading.journal.store import JournalReader
from trading.model.events import ControlReceived, ControlWord
from trading.session.kill_switch import kill_reason
from trading.session.paths import SessionPaths, kill_file, latest_session
from trading.session.resume import resume


def settle_account(var_dir: Path, account: str) -> SessionPaths | None:
    """Close the account's last session if it never was; return it, or None if there was no need.

    Raises:
        AccountLocked: when the session is still running.
        JournalCorrupt: when its journal cannot be trusted.
    """
    paths = latest_session(var_dir, account)
    if paths is None:
        return None
    with AccountLock(paths.lock, f"settling {paths.session_id}"):
        with JournalReader(paths.journal) as reader:
            if reader.closing() is not None:
                return None
            recorder = resume(reader).recorder
        engine = recorder.machine.engine
        killed = kill_reason(kill_file(var_dir))
        if killed is not None and not engine.has_ended:
            recorder.event(
                ControlReceived(recorder.received_ns, ControlWord.KILL, "kill switch", killed)
            )
        if not engine.has_ended:
            recorder.event(
                ControlReceived(
                    recorder.received_ns,
                    ControlWord.ABANDON,
                    "settlement",
                    "its process ended and it was not resumed in time",
                )
            )
        recorder.close()
        paths.reserve.unlink(missing_ok=True)
    return paths
