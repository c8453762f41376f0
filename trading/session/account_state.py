"""Where an account stands: as its last closed session left it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.errors import JournalError
from trading.journal.record import Predecessor
from trading.journal.store import JournalReader
from trading.model.numbers import exact
from trading.session.paths import latest_session


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its last closed session left it."""

    head: AccountHead
    predecessor: Predecessor | None
    source: str | None
    last_ns: int
    """Session time of the last record; 0 for a new account."""


def account_state(config: SessionConfig, var_dir: Path) -> AccountState:
    """Return where the account stands; a new one starts with the configured wallet.

    Raises:
        JournalError: when its last session never closed: that must be settled first.
    """
    last = latest_session(var_dir, config.account)
    if last is None:
        head = AccountHead(wallet=exact(config.opening_wallet_usdt) + Decimal("0.00"))
        return AccountState(head=head, predecessor=None, source=None, last_ns=0)
    with JournalReader(last.journal) as reader:
        closing = reader.closing()
        if closing is None:
            raise JournalError(
                f"{last.journal}: the account's last session never closed; preflight closes it"
            )
        record = reader.last()
        return AccountState(
            head=closing.head,
            predecessor=Predecessor(session_id=last.session_id, digest=record.digest.hex()),
            source=reader.opening.setup.config.source,
            last_ns=record.received_ns,
        )


def account_time_ns(var_dir: Path, account: str) -> int:
    """Return the session time an account has come to, closed or not; 0 for a new one.

    Time does not go back in an account: a made-up market for it starts no earlier.

    Raises:
        JournalError: when its last journal cannot be read.
    """
    last = latest_session(var_dir, account)
    if last is None:
        return 0
    with JournalReader(last.journal) as reader:
        return reader.last().received_ns
