"""Excursions: the worst and the best a round trip saw, by hand."""

from array import array
from pathlib import Path

import numpy as np
import pytest

from reports.excursions import Excursions, excursions
from reports.fold import fold_session
from reports.story import SessionStory
from reports.tape.path import PricePath
from tests.support import told_scenarios
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.orders import OrderRole, Side


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def prices(*quotes: tuple[float, float]) -> PricePath:
    """Return a path of (second, price)."""
    times = np.array([Teller.ns(second) for second, _ in quotes], dtype=np.int64)
    return PricePath.of_quotes(times, np.array([price for _, price in quotes]))


def only(found: Excursions | None) -> tuple[float, float]:
    """Return the adverse and the favourable excursion of the only round trip."""
    assert found is not None
    (adverse,), (favourable,) = found.adverse_bps, found.favourable_bps
    return round(adverse, 9), round(favourable, 9)


PATH = prices((50.0, 80_000.0), (70.0, 86_413.5), (90.0, 86_673.0), (300.0, 99_000.0))


def test_a_long_is_worst_at_the_lowest(tmp_path: Path) -> None:
    """From 60.3 to 120.3 s: 86.5 below 86,500 is 10 bps against it, 173 above 20 in its favour."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))

    assert (-10.0, 20.0) == only(excursions(story, PATH))


def test_a_short_is_worst_at_the_highest(tmp_path: Path) -> None:
    """The mirror image; its own exit counts where no quote lies further."""
    teller = Teller(tmp_path / "journal.db")
    teller.start()
    teller.enter(60, Side.SELL, "86500.0", "0.1", stop="86600.0")
    teller.leave(120, "86327.0", OrderRole.EXIT, "exit")
    teller.end(600)

    assert (-20.0, 20.0) == only(excursions(story_of(teller.close()), PATH))


def test_without_a_quote_between_the_exit_is_all_there_is(tmp_path: Path) -> None:
    """A trip between two quotes went nowhere but from its entry to its exit."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = excursions(story, prices((50.0, 1.0), (300.0, 2.0)))

    assert (0.0, 11.560693642) == only(found)


def test_no_prices_are_no_excursions(tmp_path: Path) -> None:
    """Without a path there is nothing to measure, and nothing to measure without a round trip."""
    traded = story_of(told_scenarios.one_trade(tmp_path / "traded.db"))
    idle = story_of(told_scenarios.no_trades(tmp_path / "idle.db"))

    assert excursions(traded, None) is None
    assert excursions(idle, PATH) is None


@pytest.mark.parametrize(
    ("adverse", "favourable", "ratio"), [(-10.0, 20.0, 2.0), (0.0, 20.0, None), (-8.0, 0.0, 0.0)]
)
def test_the_edge_ratio_divides_the_means(
    adverse: float, favourable: float, ratio: float | None
) -> None:
    """Mean favourable over mean adverse; none where nothing went wrong."""
    assert ratio == Excursions(array("d", [adverse] * 2), array("d", [favourable] * 2)).edge_ratio
