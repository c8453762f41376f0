"""One database as two machines see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.session.register.leases import Database, SharedRegister


@pytest.fixture
def here(shared: Database, tmp_path: Path) -> SharedRegister:
    """Return the register as one machine sees it."""
    return SharedRegister(shared, tmp_path / "here")


@pytest.fixture
def there(shared: Database, tmp_path: Path) -> SharedRegister:
    """Return the register as another machine sees it."""
    return SharedRegister(shared, tmp_path / "there")
