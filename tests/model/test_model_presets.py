"""Presets: three sets of assumptions, documented as they are, overridden a field at a time."""

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from trading.config import ExecutionConfig
from trading.model.presets import PRESETS, Assumptions


def table(root: Path) -> dict[str, dict[str, str]]:
    """Return the table of ``trading/README.md``: preset, assumption, value."""
    lines = (root / "trading" / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| assumption |"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    head, _, *body = rows
    return {
        preset: {row[0]: row[column] for row in body}
        for column, preset in enumerate(head)
        if column
    }


def test_the_table_says_what_the_presets_are(root: Path) -> None:
    """Every assumption of every preset stands in the documentation, and nothing else."""
    written = {
        preset: {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in asdict(assumed).items()
        }
        for preset, assumed in PRESETS.items()
    }

    assert written == table(root)


@pytest.mark.parametrize("name", [each.name for each in fields(Assumptions)])
def test_no_assumption_is_ranked_against_its_presets(name: str) -> None:
    """From optimistic to pessimistic every number goes one way, or stays."""
    values = [getattr(PRESETS[each], name) for each in ("optimistic", "neutral", "pessimistic")]
    if isinstance(values[0], str):
        ladder = ["best_first", "worst_first", "book_walk", "touch", "risk_averse", "trade_through"]
        ranks = [ladder.index(value) for value in values]
    else:
        sign = -1 if name == "bar_volume_share_max" else 1
        ranks = [sign * value for value in values]

    assert sorted(ranks) == ranks


def test_what_is_set_takes_the_place_of_the_presets() -> None:
    """One field changes one assumption; nothing set is the preset, whole."""
    for preset, assumed in PRESETS.items():
        assert assumed == ExecutionConfig(preset=preset).assumptions
    changed = ExecutionConfig(preset="pessimistic", maker_model="power", entry_latency_ms=0)
    pessimistic = asdict(PRESETS["pessimistic"])

    assert pessimistic | {"maker_model": "power", "entry_latency_ms": 0} == asdict(
        changed.assumptions
    )


def test_every_assumption_can_be_set() -> None:
    """The config has a field of the same name for each, empty unless somebody fills it."""
    config = ExecutionConfig()

    assert {None} == {getattr(config, each.name) for each in fields(Assumptions)}
