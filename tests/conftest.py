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


@pytest.fixture(scope="session", autouse=True)
def prefect_home() -> Iterator[Path]:
    """Give Prefect a home that lasts as long as the test run."""
    with _prefect_home as home:
        yield Path(home)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT
