"""The rules of risk, told as a trader tells them; ``tests/support/scenario.py`` has the words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scenario import play, read

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_goes_as_it_is_written(path: Path) -> None:
    """Each rule trips, latches, survives a kill and a new session, and is cleared."""
    play(path)


def test_a_scenario_that_does_not_hold_fails(tmp_path: Path) -> None:
    """The runner is no yes-man: one wrong expectation, and the line is named."""
    path = tmp_path / "wrong.txt"
    path.write_text("0 s | price 50000 | entries open\n2 s | buy 49000 | flat\n")

    with pytest.raises(AssertionError, match="line 2, buy 49000: expected flat"):
        play(path)


@pytest.mark.parametrize(
    "text", ["5 s | price 1 |\n4 s | price 2 |", "5 s | price 1", "1 s | buy 1 | x | y"]
)
def test_a_line_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """With the file and the line."""
    path = tmp_path / "torn.txt"
    path.write_text(text)

    with pytest.raises(ValueError, match=r"torn\.txt:\d"):
        read(path)
