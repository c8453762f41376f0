"""A tripped breaker keeps sessions from starting until a person's word, which is spent once."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.live import BRISK, Lab, assert_sound, busy, in_lab, run, when
from tests.support.risk import unlimited
from trading.account.allowances import FOR_EVER, Effect, Latch
from trading.config import RiskConfig
from trading.errors import ConfigError, JournalError, PreflightRefused
from trading.model.events import BreakerCleared, BreakerTripped, OrderFilled
from trading.session.__main__ import main
from trading.session.clearances import cleared, ending, lift
from trading.session.heartbeat import Progress
from trading.session.plan import SessionPlan
from trading.session.supervise import SessionCrashed, supervise

STRICT = unlimited(risk_pct=0.02, drawdown_pct=0.05)
"""A handful of round trips that lose their fees reach it."""
HALTED = Latch(
    code="drawdown", effect=Effect.HALT, value="5", limit="4", at_ns=7, until_ns=FOR_EVER
)
OF_THE_DAY = Latch(
    code="daily_loss", effect=Effect.STOP, value="5", limit="4", at_ns=7, until_ns=100
)


def test_a_halt_holds_until_a_persons_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Halted; refused; lifted by name and reason, as the next journal tells; spent after that."""

    async def story(lab: Lab) -> None:
        here = ["--account", "lab", "--var-dir", str(lab.var_dir)]
        first = await lab.plan(busy(3.0, risk=STRICT), "one")
        result = await run(first)
        assert ("halted", "halted") == (result.outcome, result.reason)
        assert "drawdown" in result.detail
        (latch,) = (o for o in assert_sound(first.paths) if isinstance(o, BreakerTripped))

        with pytest.raises(
            PreflightRefused, match=r"drawdown tripped: .* latches clear"
        ) as refused:
            await lab.plan(busy(3.0, risk=STRICT), "two")
        assert not refused.value.is_retryable
        assert 2 == main(["latches", "clear", *here, "--by", "ada"]), "a word has its reason"
        assert 0 == main(["latches", "show", *here])
        assert "until a person clears it" in capsys.readouterr().out
        word = ["latches", "clear", *here, "--code", "drawdown", "--by", "ada", "--reason", "seen"]
        assert 0 == main(word)

        second = await lab.plan(busy(2.0, risk=replace(STRICT, drawdown_pct=0)), "three")
        await run(second)
        found = assert_sound(second.paths)
        (lifted,) = (o for o in found if isinstance(o, BreakerCleared))
        assert (latch.code, "ada", "seen") == (lifted.code, lifted.who, lifted.why)
        assert any(isinstance(o, OrderFilled) for o in found), "it trades again"
        third = await lab.plan(busy(0.5, risk=STRICT), "four")
        assert () == third.words, "a word lifts the latch it was said of, and no other"
        assert 1 == main(word)

    in_lab(tmp_path, story)


def test_a_run_of_dead_sessions_is_ended_by_a_person(tmp_path: Path) -> None:
    """Each start closes the books of the one before; after the second none starts, until lifted."""

    async def story(lab: Lab) -> None:
        config = busy(3.0, risk=RiskConfig(failures_in_a_row_max=2))
        for suffix in ("one", "two"):
            await _killed_at_once(await lab.plan(config, suffix))
        with pytest.raises(PreflightRefused, match="failures_in_a_row tripped: 2 sessions failed"):
            await lab.plan(config, "three")

        assert lift(lab.var_dir, "lab", "failures_in_a_row", who="ada", why="mended")
        last = await lab.plan(busy(0.5, risk=config.risk), "four")
        await run(last)
        (lifted,) = (o for o in assert_sound(last.paths) if isinstance(o, BreakerCleared))
        assert ("failures_in_a_row", "ada") == (lifted.code, lifted.who)

    in_lab(tmp_path, story)


async def _killed_at_once(plan: SessionPlan) -> None:
    beats: list[Progress] = []
    supervising = asyncio.create_task(
        supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
    )
    os.kill((await when(beats, lambda beat: beat.beat > 0)).pid, signal.SIGKILL)
    with pytest.raises(SessionCrashed):
        await supervising


def _said(var_dir: Path) -> Path:
    """Return where words are kept, with its folder made."""
    (var_dir / "lab").mkdir()
    return var_dir / "lab" / "clearances.jsonl"


def test_a_word_names_the_very_latch(tmp_path: Path) -> None:
    """The same breaker tripping again later is another latch: the old word does not lift it."""
    _said(tmp_path).write_text(
        '{"code":"drawdown","tripped_ns":7,"at":"2026-01-01T00:00:00Z","who":"ada","why":"seen"}\n'
    )
    again = Latch(code="drawdown", effect=Effect.HALT, value="", limit="", at_ns=8, until_ns=9)

    (word,) = cleared(tmp_path, "lab", {"drawdown": HALTED})
    assert "ada" == word.who
    assert () == ending({"drawdown": HALTED}, [word], 8)
    assert () == cleared(tmp_path, "lab", {"drawdown": again})


def test_what_only_keeps_entries_out_ends_no_session() -> None:
    """Sessions start under a latch of the mild kind, and again when a day's latch is over."""
    mild = Latch(code="losses", effect=Effect.NO_ENTRIES, value="", limit="", at_ns=7, until_ns=99)
    held = {each.code: each for each in (mild, OF_THE_DAY)}

    assert (OF_THE_DAY,) == ending(held, [], 99)
    assert () == ending(held, [], 100)


def test_a_torn_file_lifts_nothing(tmp_path: Path) -> None:
    """Half a line is no word."""
    _said(tmp_path).write_text('{"code":"drawdown","tripp')

    with pytest.raises(JournalError, match=r"clearances\.jsonl of account lab cannot be read"):
        cleared(tmp_path, "lab", {"drawdown": HALTED})


@pytest.mark.parametrize(("who", "why"), [("", "seen"), ("ada", " ")])
def test_a_word_has_a_name_and_a_reason(tmp_path: Path, who: str, why: str) -> None:
    """Nobody's word lifts nothing."""
    with pytest.raises(ConfigError, match=r"--by|--reason"):
        lift(tmp_path, "lab", "", who=who, why=why)


def test_an_account_without_sessions_has_nothing_to_lift(tmp_path: Path) -> None:
    """And says so."""
    assert () == lift(tmp_path, "lab", "", who="ada", why="seen")
