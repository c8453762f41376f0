"""A process that takes too much is told so by name; the reserve is real space, given back once."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trading.config import LimitsConfig
from trading.io.process import ProcessFacts
from trading.session.limits import RESERVE_BYTES, Reserve, exceeded

WIDE = LimitsConfig(memory_mb_max=1e6, descriptors_max=100_000, disk_free_mb_least=0)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("memory_mb_max", 16.0, "memory: "),
        ("descriptors_max", 32, "descriptors: "),
        ("disk_free_mb_least", 1e6, "disk: "),
    ],
)
def test_each_limit_is_told_by_name_and_number(
    tmp_path: Path, field: str, value: float, told: str
) -> None:
    """This process is larger than the least of every limit."""
    held = [path.open() for path in [Path(__file__)] * 40]
    found = exceeded(replace(WIDE, **{field: value}), ProcessFacts(), tmp_path)  # type: ignore[arg-type]
    for file in held:
        file.close()

    assert exceeded(WIDE, ProcessFacts(), tmp_path) is None
    assert found is not None
    assert found.startswith(told)
    assert f"{value:g}" in found


@pytest.mark.parametrize("platform", [sys.platform, "a system that gives no blocks unwritten"])
def test_the_reserve_takes_space_and_gives_it_back_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """Real blocks, not a hole; afterwards the file is gone."""
    monkeypatch.setattr(sys, "platform", platform)
    path = tmp_path / "reserve"
    reserve = Reserve(path)

    assert RESERVE_BYTES == path.stat().st_size
    assert path.stat().st_blocks * 512 >= RESERVE_BYTES
    assert (True, False) == (reserve.release(), reserve.release())
    assert not path.exists()


def test_where_there_is_no_space_there_is_no_reserve(tmp_path: Path) -> None:
    """A folder that is not there is as good as a full disk."""
    assert not Reserve(tmp_path / "none" / "reserve").release()
