"""A Prefect server of the tests' own for flows that run in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prefect.testing.utilities import prefect_test_harness


@pytest.fixture(scope="module")
def harness() -> Iterator[None]:
    """Give Prefect a temporary server and an empty database."""
    with prefect_test_harness(server_startup_timeout=60):
        yield
