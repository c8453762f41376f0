"""Strategies by name and by path; what cannot be built is refused with field, value and remedy."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.strategies import HERE, Scripted
from trading.errors import ConfigError
from trading.strategy import registry
from trading.strategy.base import Strategy

NAMES = ("hold", "random", "sma_cross", "pulse")


def test_the_built_ins_are_known_and_are_strategies() -> None:
    """Each of the four can be built by its name, with its own defaults."""
    assert set(NAMES) <= set(registry.known())
    for name in NAMES:
        assert isinstance(registry.build(name, {}), Strategy)


def test_entry_points_and_built_ins_agree() -> None:
    """Installed and uninstalled, a name means the same class."""
    known = registry.known()

    assert registry.BUILT_IN == {name: known[name] for name in registry.BUILT_IN}


def test_a_strategy_is_found_by_dotted_path() -> None:
    """Anybody's class, wherever it can be imported from, with its parameters."""
    built = registry.build(f"{HERE}:Scripted", {"script": "1 exit", "needs_bars": 3})

    assert isinstance(built, Scripted)
    assert ("1 exit", 3) == (built.script, built.min_history_bars)


def test_every_build_is_a_fresh_one() -> None:
    """Two sessions, or two symbols, never share a strategy's state."""
    first, second = (registry.build(f"{HERE}:Scripted", {}) for _ in range(2))

    assert isinstance(first, Scripted)
    assert isinstance(second, Scripted)
    assert first is not second
    assert first.observed is not second.observed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "one of hold, random, sma_cross, pulse"),
        ("smacross", "one of hold, random, sma_cross, pulse"),
        ("SMA_CROSS", "one of hold, random, sma_cross, pulse"),
        (f"{HERE}:Missing", "an importable class"),
        ("no.such.module:Class", "an importable class"),
        (":Class", "an importable class"),
        (f"{HERE}:", "an importable class"),
        (".relative:Class", "an importable class"),
        (f"{HERE}:NOT_A_CLASS", "a dataclass that derives from"),
        (f"{HERE}:NoDataclass", "a dataclass that derives from"),
        ("os:system", "a dataclass that derives from"),
        ("trading.config:SessionConfig", "a dataclass that derives from"),
    ],
)
def test_what_is_no_strategy_is_refused(name: str, expected: str) -> None:
    """An unknown name lists the known ones; a path that leads nowhere says why."""
    with pytest.raises(ConfigError) as refusal:
        registry.build(name, {})

    assert ("strategy", name) == (refusal.value.field, refusal.value.value)
    assert refusal.value.expected.startswith(expected)
    assert refusal.value.remedy


@pytest.fixture
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder of modules that can be imported while the test runs."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("import no_such_thing_anywhere\n", "ModuleNotFoundError"),
        ("raise SystemError('own')\n", "SystemError: own"),
    ],
)
def test_a_plug_in_that_cannot_be_imported_is_refused(
    plug_ins: Path, source: str, why: str
) -> None:
    """Whatever goes wrong while a stranger's module is imported is told, not thrown through."""
    (plug_ins / "their_own.py").write_text(source, encoding="utf-8")

    with pytest.raises(ConfigError, match=f"their_own:Mine.*{why}"):
        registry.build("their_own:Mine", {})


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("hold", {"x": 1}, "strategy_parameters.x"),
        ("sma_cross", {"fast": 5}, "strategy_parameters.fast"),
        ("sma_cross", {"_fast_sum": 5.0}, "strategy_parameters._fast_sum"),
        (f"{HERE}:NeedsOne", {}, "strategy_parameters"),
        (f"{HERE}:Unfinished", {}, "strategy_parameters"),
        ("sma_cross", {"fast_bars": 50}, "strategy_parameters.fast_bars"),
        ("sma_cross", {"fast_bars": 10.0}, "strategy_parameters.fast_bars"),
        ("sma_cross", {"slow_bars": 50.5}, "strategy_parameters.slow_bars"),
        ("sma_cross", {"slow_bars": 5_001}, "strategy_parameters.slow_bars"),
        ("sma_cross", {"fast_bars": 0}, "strategy_parameters.fast_bars"),
        ("sma_cross", {"fast_bars": "10"}, "strategy_parameters.fast_bars"),
        ("sma_cross", {"fast_bars": True}, "strategy_parameters.fast_bars"),
        ("sma_cross", {"stop_bps": 0}, "strategy_parameters.stop_bps"),
        ("sma_cross", {"stop_bps": math.nan}, "strategy_parameters.stop_bps"),
        ("sma_cross", {"reward": -1}, "strategy_parameters.reward"),
        ("random", {"entry_probability": 0}, "strategy_parameters.entry_probability"),
        ("random", {"entry_probability": 1.01}, "strategy_parameters.entry_probability"),
        ("random", {"stop_bps": 1_001}, "strategy_parameters.stop_bps"),
        ("random", {"reward": math.inf}, "strategy_parameters.reward"),
        ("pulse", {"period_s": 0}, "strategy_parameters.period_s"),
        ("pulse", {"hold_s": -1}, "strategy_parameters.hold_s"),
        ("pulse", {"hold_s": None}, "strategy_parameters.hold_s"),
        ("pulse", {"stop_bps": "10"}, "strategy_parameters.stop_bps"),
        ("pulse", {"reward": 101}, "strategy_parameters.reward"),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    name: str, parameters: dict[str, float], field: str
) -> None:
    """Unknown, missing, of the wrong kind, out of bounds, or at odds with each other."""
    with pytest.raises(ConfigError) as refusal:
        registry.build(name, parameters)

    assert field == refusal.value.field
    assert refusal.value.remedy
