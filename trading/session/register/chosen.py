"""Which register: the environment says, the same for every process of a machine."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

from trading.errors import ConfigError
from trading.session.register.face import Register
from trading.session.register.files import STORE_ENVIRONMENT, FileRegister

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
    url = os.environ.get(STORE_ENVIRONMENT)
    if not url:
        return FileRegister(var_dir)
    # Nearly a second, which a session without a database need not spend.
    from trading.io.postgres import checked_url  # noqa: PLC0415
    from trading.session.register.leases import Database, SharedRegister  # noqa: PLC0415

    database = Database(url=checked_url(STORE_ENVIRONMENT, url), lease_s=lease_s())
    return SharedRegister(database, var_dir)


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
