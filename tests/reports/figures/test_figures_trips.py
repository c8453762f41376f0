"""Round trips as a crowd: results in columns of a round width, excursions as shapes."""

from array import array
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.excursions import Excursions
from reports.figures.trips import binned, excursion_figure, histogram_figure
from reports.fold import fold_session
from reports.story import SessionStory
from tests.support import told_scenarios
from tests.support.busy_session import busy_session
from tests.support.good_session import good_session
from trading.journal.store import JournalReader


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def gone(*pairs: tuple[float, float]) -> Excursions:
    """Return excursions by (adverse, favourable), in bps."""
    return Excursions(*(array("d", side) for side in zip(*pairs, strict=True)))


@given(st.lists(st.floats(-1e5, 1e5), min_size=1))
def test_every_result_is_in_one_column_and_none_holds_both_signs(results: list[float]) -> None:
    """Counts add up to the results; columns begin at zero, left and right of it."""
    found = np.array(results)
    width, first, counts = binned(found)
    below = sum(counts[: max(0, -first)])

    assert len(results) == sum(counts)
    assert width > 0
    assert int(np.count_nonzero(found < 0)) == below


def test_many_results_have_a_shape(tmp_path: Path) -> None:
    """Losses and gains are two styles; the words say how many lost."""
    story = story_of(busy_session(tmp_path / "journal.db"))
    figure = histogram_figure(story)

    assert figure is not None
    assert {"grid", "step loss", "step gain"} == {path.style for path in figure.wide.paths}
    lost = sum(1 for trip in story.trips if trip.net < 0)
    assert figure.description.startswith(f"90 round trips, {lost} of them below zero; median ")


def test_few_results_have_none(tmp_path: Path) -> None:
    """Five round trips are no distribution."""
    assert histogram_figure(story_of(good_session(tmp_path / "journal.db"))) is None


def test_an_excursion_is_a_shape_with_its_words(tmp_path: Path) -> None:
    """A gain is a ring and a loss a cross, placed by worst and best moment."""
    story = story_of(good_session(tmp_path / "journal.db"))
    pairs = [(-5.8, 11.6), (-1.0, 30.0), (-20.0, 0.0), (-2.0, 9.0), (-7.0, 2.0)]
    figure = excursion_figure(story, gone(*pairs))

    assert figure is not None
    for mark, trip, (against, in_favour) in zip(figure.wide.marks, story.trips, pairs, strict=True):
        assert ("mark ring won" if trip.net > 0 else "mark cross") == mark.style
        start = f"#{trip.trip_id}: {-against:.1f} bps against, {in_favour:.1f} for, net "
        assert mark.hint.startswith(start)
    assert figure.narrow is None


def test_few_excursions_and_none_are_not_drawn(tmp_path: Path) -> None:
    """One or two round trips are read in their table."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))

    assert excursion_figure(story, gone((-5.8, 11.6))) is None
    assert excursion_figure(story, None) is None


def test_what_lies_under_another_is_drawn_once(tmp_path: Path) -> None:
    """A picture holds as many marks as it has room for, whatever the number of trips."""
    story = story_of(busy_session(tmp_path / "journal.db"))
    figure = excursion_figure(story, gone(*[(-3.0, 4.0)] * 90))

    assert figure is not None
    assert 2 == len(figure.wide.marks)
