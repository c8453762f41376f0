"""Which register: the environment says, the same for every process of a machine."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trading.errors import ConfigError
from trading.session.register.face import Register
from trading.session.register.files import STORE_ENVIRONMENT, FileRegister

if TYPE_CHECKING:
    from trading.session.register.leases import Database

LEASE_ENVIRONMENT: Final = "PAPER_SESSION_LEASE_S"
"""Environment variable: real seconds after which a silent machine may lose an account."""
LEASE_S: Final = 60.0
LEASE_S_LEAST: Final = 2.0
LEASE_S_MOST: Final = 3_600.0


def register_of(var_dir: Path) -> Register:
    """Return the register of accounts; ``var_dir`` is the folder of all sessions.

    Raises:
        ConfigError: when the environment names what is no database, or no length of a lease.
    """
    database = database_of()
    if database is None:
        return FileRegister(var_dir)
    from trading.session.register.leases import SharedRegister  # noqa: PLC0415 - as below

    return SharedRegister(database, var_dir)


def database_of() -> Database | None:
    """Return the database that machines share; None where accounts are kept in files.

    Raises:
        ConfigError: when the environment names what is no database, or no length of a lease.
    """
    url = os.environ.get(STORE_ENVIRONMENT)
    if not url:
        return None
    # Nearly a second, which a session without a database need not spend.
    from trading.io.postgres import checked_url  # noqa: PLC0415
    from trading.session.register.leases import Database  # noqa: PLC0415

    return Database(url=checked_url(STORE_ENVIRONMENT, url), lease_s=lease_s())


def lease_s() -> float:
    """Return how long an account is leased, in real seconds.

    Raises:
        ConfigError: when the environment names no such length.
    """
    told = os.environ.get(LEASE_ENVIRONMENT) or str(LEASE_S)
    try:
        found = float(told)
    except ValueError:
        found = math.nan
    if not LEASE_S_LEAST <= found <= LEASE_S_MOST:
        raise ConfigError(
            LEASE_ENVIRONMENT,
            told,
            f"{LEASE_S_LEAST:g} to {LEASE_S_MOST:g} seconds",
            f"unset it for {LEASE_S:g}; it must be the same on all machines",
        )
    return found
