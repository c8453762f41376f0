"""Accounts over several machines: leases, fencing tokens, and heads in a real PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.recorded_session import opening
from tests.support.shared_accounts import ACCOUNT, left_by, opened, standing
from tests.support.waiting import until
from trading.errors import (
    AccountLocked,
    ConfigError,
    OwnershipLost,
    RegisterError,
)
from trading.io.clock import monotonic_ns
from trading.journal.record import SCHEMA_VERSION, Record, RecordKind
from trading.model.numbers import NS_PER_S
from trading.session.register import Checkpoint, register_of
from trading.session.register.chosen import LEASE_ENVIRONMENT
from trading.session.register.files import (
    STORE_ENVIRONMENT,
    FileRegister,
)
from trading.session.register.leases import Database, SharedAccount, SharedRegister
from trading.session.register.machine import this_machine

LEASE_S = 2.0


def test_of_many_machines_at_once_exactly_one_owns(shared: Database, tmp_path: Path) -> None:
    """The others are told who does, and that it is elsewhere; the token counts the owners."""
    start, done = threading.Barrier(8), threading.Barrier(8)
    won: list[str] = []
    lost: list[AccountLocked] = []

    def compete(name: str) -> None:
        register = SharedRegister(shared, tmp_path / name)
        start.wait()
        try:
            with register.own(ACCOUNT, f"session-{name}"):
                won.append(name)
                done.wait()
        except AccountLocked as error:
            lost.append(error)
            done.wait()

    threads = [threading.Thread(target=compete, args=(f"{n}",)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    (winner,) = won
    assert 7 == len(lost)
    assert all(each.is_elsewhere for each in lost)
    assert all(f"session-{winner} on " in each.holder for each in lost)
    assert all(each.holder.endswith("(token 1)") for each in lost)


def test_what_is_over_is_free_at_once(here: SharedRegister, there: SharedRegister) -> None:
    """An owner that leaves no open session gives the lease back; nobody waits for its end."""
    with here.own(ACCOUNT, "one") as owned:
        with pytest.raises(AccountLocked, match=r"one on .* wait for that session"):
            there.look(ACCOUNT, "a look")
        owned.begin("one")
        owned.commit(left_by("one"))

    there.look(ACCOUNT, "a look")
    with there.own(ACCOUNT, "two") as owned:
        assert ("one", None) == (owned.newest_session, owned.open_session)
    assert left_by("one") == there.state(ACCOUNT)
    assert 7 == there.time_ns(ACCOUNT)


def test_an_open_session_is_its_machines_until_the_lease_is_over(
    here: SharedRegister, there: SharedRegister
) -> None:
    """Its own machine goes on with it at once, under a new token; another one has to wait."""
    first = opened(here, "one")
    with pytest.raises(AccountLocked) as locked:
        there.look(ACCOUNT, "a look")
    assert locked.value.is_elsewhere
    here.look(ACCOUNT, "a look")

    with here.own(ACCOUNT, "one") as again:
        assert "one" == again.open_session
        again.check()
        with pytest.raises(OwnershipLost, match="nothing is written under token 1"):
            first.commit(left_by("one"))

    assert "one" == opened(there, "one").open_session


def test_who_was_overtaken_writes_nothing(here: SharedRegister, there: SharedRegister) -> None:
    """Begin, commit, drop and renewal of an older token change nothing, and say who has it."""
    late = opened(here, "one")
    opened(there, "one").commit(left_by("one"))
    until(lambda: not standing(there).is_leased, 30.0, "the end of the lease")
    writes: list[Callable[[], object]] = [
        lambda: late.begin("one"),
        lambda: late.commit(left_by("one", wallet="1.00")),
        late.drop,
        late.check,
    ]

    for write in writes:
        with pytest.raises(OwnershipLost, match=r"it is with one on .* \(token 2\)") as lost:
            write()
        assert lost.value.is_taken
    assert left_by("one") == there.state(ACCOUNT)


def test_a_closed_session_is_not_opened_again(here: SharedRegister) -> None:
    """What it left may have been taken over; the very same end may be committed twice."""
    with here.own(ACCOUNT, "one") as owned:
        owned.begin("one")
        owned.commit(left_by("one"))
        owned.commit(left_by("one"))

        with pytest.raises(OwnershipLost, match="its newest session is one"):
            owned.commit(left_by("one", digest="cd" * 32))
        with pytest.raises(OwnershipLost):
            owned.begin("one")


def test_a_lease_that_nobody_took_is_renewed(here: SharedRegister) -> None:
    """Whoever was away for longer than the lease asks again before it writes, and may go on."""
    with here.own(ACCOUNT, "one") as owned:
        owned.begin("one")
        until(lambda: not standing(here).is_leased, 30.0, "the end of the lease")

        owned.check()

        assert standing(here).is_leased
        owned.commit(left_by("one"))
    assert left_by("one") == here.state(ACCOUNT)


def test_an_owner_holds_its_lease_for_longer_than_it_lasts(here: SharedRegister) -> None:
    """It is renewed again and again, and brings the newest checkpoint along."""

    async def held() -> None:
        with here.own(ACCOUNT, "one") as owned:
            owned.begin("one")
            owned.keep(checkpoint_of("one"))
            over_ns = monotonic_ns() + round(1.5 * LEASE_S * NS_PER_S)
            holding = asyncio.create_task(owned.hold())
            while monotonic_ns() < over_ns or not standing(here).is_leased:  # noqa: ASYNC110
                await asyncio.sleep(LEASE_S / 20)
            holding.cancel()

    asyncio.run(held())

    with here.own(ACCOUNT, "one") as owned:
        assert checkpoint_of("one") == owned.checkpoint
    assert 9 == here.time_ns(ACCOUNT)


def checkpoint_of(session_id: str) -> Checkpoint:
    """Return a checkpoint that nobody vouches for."""
    return Checkpoint(
        session_id=session_id,
        config=opening().setup.config,
        source_digest="other code",
        schema=SCHEMA_VERSION,
        record=Record(
            sequence=3,
            received_ns=9,
            kind=RecordKind.SNAPSHOT,
            input=b"{}",
            outputs=b"",
            digest=b"d" * 32,
        ),
        before=b"b" * 32,
        body=b"a state",
    )


def test_without_its_database_an_account_is_given_up_when_the_lease_is_over(
    here: SharedRegister,
) -> None:
    """Nobody may have taken it; that it cannot be known is enough to write nothing."""
    opened(here, "one")
    gone = Database(url=f"postgresql://ada:secret@127.0.0.1:{free_port()}/none", lease_s=LEASE_S)
    late = SharedAccount(gone, ACCOUNT, standing(here), since_ns=0)
    with pytest.raises(OwnershipLost, match="its lease of 2 s is over and cannot be") as lost:
        late.check()
    assert not lost.value.is_taken
    assert "secret" not in str(lost.value)

    with pytest.raises(OwnershipLost, match="its lease of 2 s is over"):
        asyncio.run(late.hold())
    with pytest.raises(RegisterError, match=r"postgresql://127\.0\.0\.1:\d+/none: "):
        late.drop()
    late.release()  # nothing more can be done, and it runs out by itself


def test_words_to_latches_are_heard_on_every_machine(
    here: SharedRegister, there: SharedRegister
) -> None:
    """In their order, and only of the account."""
    here.add_words(ACCOUNT, [b'{"code":"drawdown"}', b'{"code":"other"}'])
    there.add_words(ACCOUNT, [b'{"code":"late"}'])

    wanted = [b'{"code":"drawdown"}', b'{"code":"other"}', b'{"code":"late"}']
    assert wanted == there.words(ACCOUNT)
    assert [] == there.words("another")


# --- what is chosen -----------------------------------------------------------------------------


def test_without_a_database_accounts_are_kept_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unset and empty are the same."""
    monkeypatch.setenv(STORE_ENVIRONMENT, "")

    assert isinstance(register_of(tmp_path), FileRegister)


@pytest.mark.parametrize(
    ("store", "lease", "said"),
    [
        ("mysql://ada:secret@db/x", "", r"PAPER_SESSION_STORE: .* was 'mysql://db/x'"),
        ("postgresql://db", "", "PAPER_SESSION_STORE: expected postgresql://USER"),
        ("postgresql:///paper", "", "unset it to keep accounts in var/"),
        ("postgresql://db/x", "soon", "PAPER_SESSION_LEASE_S: expected 2 to 3600 seconds"),
        ("postgresql://db/x", "1.9", "was '1.9'"),
        ("postgresql://db/x", "nan", "was 'nan'"),
    ],
)
def test_what_is_no_database_or_no_lease_is_refused(
    store: str, lease: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name of its setting, and without the password."""
    monkeypatch.setenv(STORE_ENVIRONMENT, store)
    monkeypatch.setenv(LEASE_ENVIRONMENT, lease)

    with pytest.raises(ConfigError, match=said) as refused:
        register_of(tmp_path)
    assert "secret" not in str(refused.value)


def test_a_folder_is_one_machine_for_good(tmp_path: Path) -> None:
    """Every process that asks at once is told the same; another folder is another machine."""
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda: names.append(this_machine(tmp_path / "a").id))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert 8 == len(names)
    assert {this_machine(tmp_path / "a").id} == set(names)
    assert this_machine(tmp_path / "b").id not in names
    (tmp_path / "a" / "machine.json").write_text("{")
    with pytest.raises(ConfigError, match=r"machine\.json: expected the id"):
        this_machine(tmp_path / "a")
