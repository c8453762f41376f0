"""Accounts that several machines share, for tests: owned, let go, and looked at."""

from __future__ import annotations

from decimal import Decimal

from tests.support.waiting import until
from trading.account.head import AccountHead
from trading.errors import AccountLocked
from trading.journal.record import Predecessor
from trading.session.register import AccountState
from trading.session.register.leases import SharedAccount, SharedRegister, Standing

ACCOUNT = "default"


def left_by(session_id: str, wallet: str = "10001.50", digest: str = "ab" * 32) -> AccountState:
    """Return how a session left an account."""
    return AccountState(
        head=AccountHead(wallet=Decimal(wallet)),
        predecessor=Predecessor(session_id=session_id, digest=digest),
        source="embedded",
        last_ns=7,
    )


def opened(register: SharedRegister, session_id: str) -> SharedAccount:
    """Begin a session, or go on with it, as soon as the account is free, and let go of its lock."""

    def look() -> SharedAccount | None:
        try:
            with register.own(ACCOUNT, session_id) as owned:
                owned.begin(session_id)
                return owned
        except AccountLocked:
            return None

    return until(look, 30.0, "the end of the lease")


def standing(register: SharedRegister) -> Standing:
    """Return the account's row."""
    found = register._standing(ACCOUNT)  # noqa: SLF001 - what no owner is told
    assert found is not None
    return found


def until_free(register: SharedRegister) -> None:
    """Wait for the end of the lease."""
    until(lambda: not standing(register).is_leased, 30.0, "the end of the lease")
