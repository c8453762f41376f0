"""The echo: the same wishes at the same times, and nothing of its own."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.recorded_session import record
from trading.errors import ConfigError
from trading.journal.store import JournalReader
from trading.model.events import IntentRaised, OrderFilled, Output
from trading.model.intents import Enter, Exit
from trading.model.orders import Side
from trading.replay.echo import ECHO, Echo, written
from trading.replay.past_session import PastSession
from trading.replay.run import replay
from trading.session.paths import SessionPaths
from trading.strategy.registry import build

ENTER = Enter(side=Side.BUY, stop_price=Decimal("99.5"), reason="once")
LEAVE = Exit(reason="again")


class Clock:
    """A view of nothing but the time."""

    now_ns = 0


def outputs(path: Path) -> list[Output]:
    """Return everything a journal's engine gave out."""
    with JournalReader(path) as reader:
        return list(reader.outputs())


def test_a_wish_waits_for_its_time() -> None:
    """One a turn, in order, none before its time and none twice."""
    echo = Echo(wishes=written([(10, ENTER), (10, LEAVE), (20, ENTER)]))
    clock = Clock()
    told = []
    for clock.now_ns in (9, 10, 11, 12, 25, 26):
        told.append(echo.decide(clock))  # type: ignore[arg-type]

    assert [None, ENTER, LEAVE, None, ENTER, None] == told


def test_the_registry_finds_it() -> None:
    """By its path, with its wishes as a text; what is no list of wishes is refused."""
    assert isinstance(build(ECHO, {"wishes": "[]"}), Echo)
    with pytest.raises(ConfigError, match="strategy_parameters"):
        build(ECHO, {"wishes": "[[1]]"})


def test_a_session_echoed_is_that_session(tmp_path: Path) -> None:
    """Over the same journal, with the same settings, every wish and every fill comes again."""
    path = record(tmp_path / "journal.db")
    before = outputs(path)
    wishes = [(each.at_ns, each.intent) for each in before if isinstance(each, IntentRaised)]
    with JournalReader(path) as reader:
        setup = reader.opening.setup
    parameters: dict[str, float | int | bool | str] = {"wishes": written(wishes)}
    config = replace(setup.config, strategy=ECHO, strategy_parameters=parameters)
    paths = SessionPaths(var_dir=tmp_path, account="echo", session_id="again")
    replay(config, PastSession(path), paths, head=setup.head)
    after = outputs(paths.journal)

    assert len(wishes) > 4
    for kind in (IntentRaised, OrderFilled):
        told = [
            [each for each in each_run if isinstance(each, kind)] for each_run in (before, after)
        ]
        assert told[0] == told[1]
