"""What every test stands on: a Prefect home of its own, never the user's; chance with a seed.

Prefect reads its settings when it is first imported: they are set here, before any test module is.

Properties are tried on the same examples in every run, however busy the machine is; other ones
come with ``--hypothesis-profile default``.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import running_postgres
from trading.io.postgres import Transaction
from trading.session.register.chosen import LEASE_ENVIRONMENT
from trading.session.register.files import STORE_ENVIRONMENT
from trading.session.register.leases import Database

settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent

_prefect_home = tempfile.TemporaryDirectory(
    prefix="paper-session-prefect-", ignore_cleanup_errors=True
)
os.environ["PREFECT_HOME"] = _prefect_home.name
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ.pop("PREFECT_API_URL", None)
os.environ.pop("PREFECT_PROFILE", None)
os.environ.pop(STORE_ENVIRONMENT, None)


@pytest.fixture(scope="session", autouse=True)
def prefect_home() -> Iterator[Path]:
    """Give Prefect a home that lasts as long as the test run."""
    with _prefect_home as home:
        yield Path(home)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Return the URL of a PostgreSQL of the test run's own."""
    with running_postgres() as url:
        if url is None:
            pytest.skip("no PostgreSQL is installed here (initdb, postgres)")
        yield url.replace("+asyncpg", "")


@pytest.fixture
def shared(database: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Have accounts kept in a database where nobody has touched any, leased for two seconds."""
    found = Database(url=database, lease_s=2.0)

    async def empty(tx: Transaction) -> None:
        await tx.execute("TRUNCATE paper_session.account, paper_session.word, paper_session.kill")

    found.ask_now(empty)
    monkeypatch.setenv(STORE_ENVIRONMENT, database)
    monkeypatch.setenv(LEASE_ENVIRONMENT, f"{found.lease_s}")
    return found
