"""The kill switch: set, shown and cleared by command, latched, and on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from trading.errors import ConfigError
from trading.session.__main__ import main
from trading.session.kill_switch import history, kill_reason, set_switch
from trading.session.paths import KILL_ENVIRONMENT, kill_file


def kill(var: Path, *words: str) -> int:
    """Run the command."""
    return main(["kill", *words, "--var-dir", str(var)])


def test_it_is_set_shown_and_cleared_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who did what, when and why is kept; the file is there as long as the switch is set."""
    switch = kill_file(tmp_path)

    assert 0 == kill(tmp_path, "set", "--reason", "the market is mad", "--by", "ann")
    assert "the market is mad (set by ann at 20" in str(kill_reason(switch))
    assert 0 == kill(tmp_path, "show")
    assert "SET, nothing trades: the market is mad" in capsys.readouterr().out
    assert 0 == kill(tmp_path, "clear", "--by", "bob", "--reason", "calm again")

    assert kill_reason(switch) is None
    assert [("set", "ann"), ("cleared", "bob")] == [(n.what, n.who) for n in history(switch)]
    assert history(switch)[1].why.startswith("calm again; it was set: the market is mad")


def test_it_is_latched(tmp_path: Path) -> None:
    """Set twice it keeps its first reason; cleared twice it says that there was nothing to do."""
    assert 0 == kill(tmp_path, "set", "--reason", "first")
    assert 1 == kill(tmp_path, "set", "--reason", "second")
    assert str(kill_reason(kill_file(tmp_path))).startswith("first")
    assert 0 == kill(tmp_path, "clear", "--by", "bob", "--reason", "calm")
    assert 1 == kill(tmp_path, "clear", "--by", "bob", "--reason", "calm")


@pytest.mark.parametrize(
    "words",
    [("set",), ("set", "--reason", " "), ("clear", "--reason", "x"), ("clear", "--by", "bob")],
)
def test_nobody_acts_without_a_name_and_a_reason(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The switch stays as it was, and the error says what to say."""
    set_switch(kill_file(tmp_path), who="ann", why="mad") if words[0] == "clear" else None

    assert 2 == kill(tmp_path, *words)
    assert "; say --" in capsys.readouterr().err
    assert (words[0] == "clear") is kill_file(tmp_path).exists()


def test_a_file_made_by_hand_is_a_set_switch(tmp_path: Path) -> None:
    """Empty, or one that cannot be read: in doubt nothing trades."""
    switch = kill_file(tmp_path)
    switch.touch()
    assert "no reason given" == kill_reason(switch)
    switch.unlink()
    switch.mkdir()
    assert str(kill_reason(switch)).startswith("unreadable")


def test_the_environment_may_name_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One switch for several var folders; a relative path would be another for every process."""
    monkeypatch.setenv(KILL_ENVIRONMENT, str(tmp_path / "stop"))
    assert tmp_path / "stop" == kill_file(tmp_path / "var")
    monkeypatch.setenv(KILL_ENVIRONMENT, "stop")
    with pytest.raises(ConfigError, match=f"{KILL_ENVIRONMENT}: expected an absolute path"):
        kill_file(tmp_path)
