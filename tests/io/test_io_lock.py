"""One session per account, across processes and their deaths."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trading.errors import AccountLocked, ConfigError
from trading.io.files import read_json
from trading.io.lock import AccountLock, LockHolder

HOLD = """
import sys
from pathlib import Path
from trading.errors import AccountLocked
from trading.io.lock import AccountLock
sys.stdin.readline()
try:
    with AccountLock(Path(sys.argv[1]), sys.argv[2]):
        print("won", flush=True)
        sys.stdin.read()
except AccountLocked as locked:
    print(f"lost: {locked}", flush=True)
    sys.stdin.read()
"""

Process = subprocess.Popen[str]


def start(path: Path, session: str, root: Path) -> Process:
    """Start a process that waits for a line, then tries to hold the lock until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), session],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )


def go(process: Process) -> None:
    """Let a process try."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def answer(process: Process) -> str:
    """Return what came of it."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_many_processes_at_once_exactly_one_wins(tmp_path: Path, root: Path) -> None:
    """The others are told who it is."""
    path = tmp_path / "demo" / "lock"
    processes = [start(path, f"s{number}", root) for number in range(4)]
    try:
        for process in processes:
            go(process)
        answers = [answer(process) for process in processes]
    finally:
        for process in processes:
            process.communicate()

    assert 1 == answers.count("won")
    assert 3 == sum(text.startswith("lost: account 'demo' is held by ") for text in answers)


def test_a_killed_holder_leaves_nothing_to_clear(tmp_path: Path, root: Path) -> None:
    """The kernel frees the lock at death, and the dead one's note misleads nobody."""
    path = tmp_path / "demo" / "lock"
    with start(path, "first", root) as holder:
        go(holder)
        assert "won" == answer(holder)
        with pytest.raises(AccountLocked) as raised:
            AccountLock(path, "second").acquire()
        assert f"session first (process {holder.pid} on " in str(raised.value)
        holder.kill()
        holder.wait()

    with AccountLock(path, "second") as lock:
        assert (os.getpid(), "second") == (
            read_json(lock.holder_path, LockHolder).pid,
            read_json(lock.holder_path, LockHolder).session,
        )


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    """By the same object and by others; the note goes with it."""
    path = tmp_path / "demo" / "lock"
    first, second = AccountLock(path, "first"), AccountLock(path, "second")

    with first:
        pass
    with second:
        assert second.holder_path.exists()
    with first:
        pass

    assert not first.holder_path.exists()


def test_the_same_process_is_no_exception(tmp_path: Path) -> None:
    """Two sessions in one process are two sessions."""
    path = tmp_path / "demo" / "lock"
    with AccountLock(path, "first"), pytest.raises(AccountLocked, match="session first"):
        AccountLock(path, "second").acquire()


def test_a_lock_taken_in_one_thread_can_be_released_in_another(tmp_path: Path) -> None:
    """It belongs to the session, not to the thread that happened to start it."""
    lock = AccountLock(tmp_path / "demo" / "lock", "first")
    starter = threading.Thread(target=lock.acquire)
    starter.start()
    starter.join()

    lock.release()

    with AccountLock(tmp_path / "demo" / "lock", "second"):
        pass


def test_the_loser_disturbs_nothing(tmp_path: Path) -> None:
    """Its failed try and its release leave lock and note to the holder."""
    path = tmp_path / "demo" / "lock"
    loser = AccountLock(path, "second")
    with AccountLock(path, "first") as holder:
        with pytest.raises(AccountLocked):
            loser.acquire()
        loser.release()
        assert "first" == read_json(holder.holder_path, LockHolder).session
        with pytest.raises(AccountLocked, match="session first"):
            loser.acquire()


def test_two_accounts_do_not_meet(tmp_path: Path) -> None:
    """The folder is the account."""
    with (
        AccountLock(tmp_path / "a" / "lock", "s") as a,
        AccountLock(tmp_path / "b" / "lock", "s") as b,
    ):
        assert ("a", "b") == (a.account, b.account)


@pytest.mark.parametrize("note", [None, b"", b"{", b'{"pid":1}', b"\xff" * 2_000_000])
def test_a_holder_whose_note_cannot_be_read_still_holds(tmp_path: Path, note: bytes | None) -> None:
    """The note is for people; the lock is the lock."""
    path = tmp_path / "demo" / "lock"
    with AccountLock(path, "first") as holder:
        holder.holder_path.unlink()
        if note is not None:
            holder.holder_path.write_bytes(note)
        with pytest.raises(AccountLocked, match="another session that has not said who it is"):
            AccountLock(path, "second").acquire()


def test_a_note_that_cannot_be_written_gives_the_lock_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-taken lock would bar the account until the process ends."""
    path = tmp_path / "demo" / "lock"

    def disk_full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    first = AccountLock(path, "first")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_full)
        with pytest.raises(OSError, match="No space left"):
            first.acquire()

    with AccountLock(path, "second"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="flock is not Windows' lock")
def test_a_file_system_without_locks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that outlives a crash is none we want."""
    import fcntl  # noqa: PLC0415 - not there on Windows

    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    path = tmp_path / "demo" / "lock"
    monkeypatch.setattr(fcntl, "flock", unsupported)

    with (
        pytest.warns(UserWarning, match="flock not supported"),
        pytest.raises(ConfigError, match="a folder on a file system with locks"),
    ):
        AccountLock(path, "first").acquire()
