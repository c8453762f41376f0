"""Where an account stands before a session: as its last one left it, or new."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.model.numbers import exact
from trading.session.register import AccountState, register_of


def account_state(config: SessionConfig, var_dir: Path) -> AccountState:
    """Return where the account stands; a new one starts with the configured wallet.

    Raises:
        JournalError: when its last session never closed: that must be settled first.
        RegisterError: when the register of accounts cannot be asked.
    """
    found = register_of(var_dir).state(config.account)
    if found is not None:
        return found
    head = AccountHead(wallet=exact(config.opening_wallet_usdt) + Decimal("0.00"))
    return AccountState(head=head, predecessor=None, source=None, last_ns=0)


def account_time_ns(var_dir: Path, account: str) -> int:
    """Return the session time an account has come to, closed or not; 0 for a new one.

    Time does not go back in an account: a made-up market for it starts no earlier.

    Raises:
        JournalError: when its last journal cannot be read.
        RegisterError: when the register of accounts cannot be asked.
    """
    return register_of(var_dir).time_ns(account)
