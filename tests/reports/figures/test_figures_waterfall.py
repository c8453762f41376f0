"""The waterfall: every part once, each bar from where the last one ended, down to the net."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from reports.attribution import Attribution, Share, attribute
from reports.figures.waterfall import steps, waterfall_figure
from reports.fold import fold_session
from tests.support import told_scenarios
from trading.journal.store import JournalReader


def taken_apart(path: Path) -> Attribution:
    """Return the parts of one trade's result."""
    with JournalReader(told_scenarios.one_trade(path / "journal.db")) as reader:
        found = attribute(fold_session(reader))
    assert found is not None
    return found


def test_the_steps_make_the_net(tmp_path: Path) -> None:
    """Bars hang on one another; the last one stands on zero and is what equity moved by."""
    found = taken_apart(tmp_path)
    falls = steps(found)

    assert ["gross", "spread", "impact and delay", "fees", "funding"] == [
        each.name for each in falls[:5]
    ]
    assert all(before.after == after.before for before, after in pairwise(falls[:-1]))
    assert ("net", Decimal(0), found.end - found.start) == (
        falls[-1].name,
        falls[-1].before,
        falls[-1].after,
    )


def test_a_part_nobody_named_stands_for_itself() -> None:
    """What moved money is never left out of the picture; what did not is."""
    parts = (Share("gross", Decimal(5)), Share("insurance", Decimal(-2)), Share("x", Decimal(0)))
    found = Attribution(
        start=Decimal(10),
        parts=(
            *parts,
            *(
                Share(n, Decimal(0))
                for n in ("delay", "spread", "impact", "maker fees", "taker fees", "funding")
            ),
        ),
        end=Decimal(13),
        unpriced=0,
        lines=1,
    )

    assert ["insurance", "net"] == [each.name for each in steps(found)][-2:]
    assert Decimal(3) == steps(found)[-1].amount


def test_the_words_say_every_step(tmp_path: Path) -> None:
    """Who cannot see the picture hears each amount; every bar shows all its digits."""
    figure = waterfall_figure(taken_apart(tmp_path), "USDT")

    assert figure is not None
    assert figure.description.startswith("gross +10.02; spread \N{MINUS SIGN}0.02; ")
    assert figure.description.endswith("net \N{MINUS SIGN}0.39.")
    assert "fees \N{MINUS SIGN}10.386" in {path.hint for path in figure.wide.paths}


def test_an_unknown_result_is_no_picture() -> None:
    """Nothing is drawn of what cannot be said."""
    assert waterfall_figure(None, "USDT") is None
