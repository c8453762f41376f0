"""An hour's minutes settle most of what its bar leaves open; the table is a command."""

from pathlib import Path

import pytest

from tests.realism.inside import main
from tests.support.recordings import recording
from tests.support.walks import KLINES


def test_minutes_leave_few_bars_in_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of real hours that hold stop and target less than a tenth stay in doubt, at any bracket."""
    assert main(["--data", str(tmp_path)]) == 1
    assert f"no recording at {tmp_path / KLINES}" in capsys.readouterr().out

    recording(KLINES)
    assert main([]) == 0
    rows = [line.replace(";", "").split() for line in capsys.readouterr().out.splitlines()[1:]]

    assert [["20", "bps"], ["40", "bps"], ["80", "bps"]] == [row[:2] for row in rows]
    for row in rows:
        alone, inside = int(row[3]), int(row[6])
        assert inside < alone / 10
