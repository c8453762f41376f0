"""A person's words: taken at once, journalled with who and why, never by a later session."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.live import BRISK, Lab, assert_sound, busy, in_lab
from trading.errors import ConfigError
from trading.model.events import ControlApplied, ControlWord, OrderSubmitted, PositionChanged
from trading.session import words
from trading.session.heartbeat import Progress
from trading.session.kill_switch import kill_reason
from trading.session.paths import SessionPaths, kill_file
from trading.session.register.leases import Database, SharedRegister
from trading.session.supervise import supervise
from trading.session.words import say, spoken


def test_words_take_effect_at_once_and_are_journalled(tmp_path: Path) -> None:
    """Flattened, with no entry until ``resume``; stopped: in order, with who and why."""

    async def story(lab: Lab) -> None:
        plan = await lab.plan(busy(20.0))
        beats: list[Progress] = []

        async def seen(what: Callable[[Progress], bool]) -> None:
            count = len(beats)
            while not any(map(what, beats[count:])):  # noqa: ASYNC110 - it is called, not set
                await asyncio.sleep(0.02)

        async def said(word: words.Word) -> str:
            return await asyncio.to_thread(
                say, lab.var_dir, "lab", word, who="ada", why=f"a reason to {word}"
            )

        running = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        await seen(lambda beat: beat.fills > 0)
        told = await said("flatten")
        assert told.startswith(f"flatten to {plan.paths.session_id}: taken after 0.")
        await seen(lambda beat: beat.position == "flat" and beat.entries.startswith("paused"))
        fills = beats[-1].fills
        await said("resume")
        await seen(lambda beat: beat.fills > fills)
        await said("stop")
        ended = await asyncio.wait_for(running, 20)

        assert (ended.outcome, ended.reason) == ("completed", "stopped")
        found = assert_sound(plan.paths)
        applied = [each for each in found if isinstance(each, ControlApplied)]
        assert [(each.word, each.who, each.why) for each in applied] == [
            (word, "ada", f"a reason to {word}")
            for word in (ControlWord.FLATTEN, ControlWord.RESUME, ControlWord.STOP)
        ]
        flattened, resumed, _ = (found.index(each) for each in applied)
        between = found[flattened:resumed]
        sent = {each.request.role for each in between if isinstance(each, OrderSubmitted)}
        assert sent <= {"flatten"}, "an entry on its way may fill after the word; none is sent"
        held = [each.quantity for each in found[:resumed] if isinstance(each, PositionChanged)]
        assert held[-1] == 0
        assert list((plan.paths.folder / "words").iterdir()) == []

    in_lab(tmp_path, story)


def test_a_word_needs_a_session_a_name_and_a_reason(tmp_path: Path) -> None:
    """Nothing is written that nobody would hear, or nobody answers for."""
    with pytest.raises(ConfigError, match="nothing to say it to"):
        say(tmp_path, "lab", "stop", who="ada", why="a test")
    with pytest.raises(ConfigError, match="--by"):
        say(tmp_path, "lab", "stop", who=" ", why="a test")
    with pytest.raises(ConfigError, match="--reason"):
        say(tmp_path, "lab", "stop", who="ada", why="")

    assert list(tmp_path.iterdir()) == []


def test_a_word_is_said_where_the_session_runs(shared: Database, tmp_path: Path) -> None:
    """On another machine it is refused, naming who has the account and where."""
    there = SharedRegister(shared, tmp_path / "there")

    with (
        there.own("lab", "the-newest-one"),
        pytest.raises(ConfigError, match=r"the-newest-one on .* has it: say it there"),
    ):
        say(tmp_path / "here", "lab", "flatten", who="ada", why="to be safe")


def test_kill_sets_the_switch_and_clear_finds_nothing(tmp_path: Path) -> None:
    """Both without a running session: the switch is a file, a breaker one of the account's."""
    assert say(tmp_path, "lab", "kill", who="ada", why="a test") == "the kill switch is set"
    assert say(tmp_path, "lab", "kill", who="bob", why="too") == "the kill switch was set already"
    assert (kill_reason(kill_file(tmp_path)) or "").startswith("a test (set by ada ")
    assert say(tmp_path, "lab", "clear", who="ada", why="a test") == "no such breaker holds"


def test_what_is_no_word_is_put_aside(tmp_path: Path) -> None:
    """It is never taken for one, and never looked at again."""
    paths = SessionPaths(var_dir=tmp_path, account="lab", session_id="s")
    folder = paths.folder / "words"
    folder.mkdir(parents=True)
    pause = '{"word": "pause", "who": "ada", "why": "a test"}'
    (folder / "1.json").write_text("stop!", encoding="utf-8")
    (folder / "2.json").write_text(pause, encoding="utf-8")

    assert [ControlWord.PAUSE] == [line.word for line in spoken(paths)]
    assert [] == list(spoken(paths))
    assert ["1.unreadable"] == [each.name for each in folder.iterdir()]


def test_the_command_says_who_and_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it is the user; what is wrong goes to standard error, with exit code 2."""
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    asked = ["--account", "lab", "--reason", "a test", "--var-dir", str(tmp_path)]

    assert words.main(["kill", *asked]) == 0
    assert capsys.readouterr().out == "the kill switch is set\n"
    assert "set by ada" in (kill_reason(kill_file(tmp_path)) or "")
    assert words.main(["pause", *asked]) == 2
    assert "nothing to say it to" in capsys.readouterr().err
