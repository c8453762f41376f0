"""The figures of a session: what they show, and that shape says what colour repeats."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reports.figures.equity import equity_figure, exposure_figure, underwater_figure
from reports.figures.feed import feed_figure
from reports.figures.price import price_figure
from reports.figures.shapes import outline, shape_of
from reports.fold import fold_session
from reports.story import Happening, SessionStory
from tests.support import told_scenarios
from tests.support.good_session import good_session
from trading.journal.store import JournalReader
from trading.model.orders import OrderRole, Side


def fold(write: Callable[[Path], Path], tmp_path: Path) -> SessionStory:
    """Write a journal and fold it."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        return fold_session(reader)


def test_every_fill_is_a_shape_with_its_words(tmp_path: Path) -> None:
    """Entry and target are two shapes, hinted with time, quantity and price, in both widths."""
    figure = price_figure(fold(told_scenarios.one_trade, tmp_path), "BTCUSDT")

    assert figure is not None
    assert figure.narrow is not None
    for drawing in (figure.wide, figure.narrow):
        marks = drawing.marks
        assert ["mark up", "mark diamond"] == [mark.style for mark in marks]
        assert [
            "04:01:00.300 entry: bought 0.1 at 86,500.0",
            "04:02:00.300 target: sold 0.1 at 86,600.0",
        ] == [mark.hint for mark in marks]
    assert ["buy entry", "exit at the target", "stop", "target"] == [w for _, w in figure.legend]


def test_roles_differ_by_shape() -> None:
    """No two kinds of fill share a shape but the two that merely leave."""
    shapes = {
        (role, side): shape_of(role, side)
        for role in OrderRole
        for side in Side
        if role is OrderRole.ENTRY or side is Side.SELL
    }
    drawn = {outline(shape, 10, 10) for shape in shapes.values()}

    assert 6 == len(drawn) == len(set(shapes.values()))
    assert shapes[OrderRole.EXIT, Side.SELL] == shapes[OrderRole.FLATTEN, Side.SELL]


def test_a_level_far_away_is_told_not_drawn(tmp_path: Path) -> None:
    """A stop that would flatten the picture is named off the scale."""
    figure = price_figure(fold(told_scenarios.hostile, tmp_path), "BTCUSDT")

    assert figure is not None
    assert "1 level off the scale." == figure.note
    assert [] == [path for path in figure.wide.paths if path.style.startswith("level")]


def test_equity_tells_its_fall_in_words(tmp_path: Path) -> None:
    """Who cannot see the picture hears start, end and deepest fall."""
    figure = equity_figure(fold(told_scenarios.one_trade, tmp_path))

    assert figure is not None
    assert "From 10,000.00 to 9,999.61 USDT; deepest fall 10.19 (0.10%)." == figure.description


def test_a_short_outage_is_still_a_pixel_wide(tmp_path: Path) -> None:
    """Trouble is drawn over the fresh time around it, and says when, what and how old."""
    figure = feed_figure(fold(told_scenarios.killed, tmp_path))

    assert figure is not None
    book = [path for path in figure.wide.plot if path.style.startswith("stage")][:4]
    assert ["stage fresh", "stage waiting", "stage stale", "stage dead"] == [
        path.style for path in book
    ]
    assert "book stale, 04:01:40 to 04:01:50, last heard 8.1 s before" == book[2].hint
    assert ["holding"] == [path.style for path in figure.wide.plot if "hold" in path.style]


def test_what_broke_stands_above_the_strip(tmp_path: Path) -> None:
    """A lost connection and a person's order are two shapes, with the timeline's words."""
    figure = feed_figure(fold(told_scenarios.killed, tmp_path))

    assert figure is not None
    assert [
        ("mark event down", "04:01:51 connection lost: book silent"),
        ("mark event square", "04:02:30 control: kill by operator: seen enough"),
    ] == [(mark.style, mark.hint) for mark in figure.wide.marks]
    assert {"connection lost", "a person's order"} <= {words for _, words in figure.legend}


def test_a_mark_does_not_hide_another(tmp_path: Path) -> None:
    """Two things of different kinds at one instant stand side by side, also at the very end."""
    story = fold(told_scenarios.resumed, tmp_path)
    for at_ns in (story.span.from_ns, story.span.to_ns):
        both = tuple(Happening(at_ns, what, "") for what in ("resumed", "connection lost"))
        figure = feed_figure(replace(story, timeline=both))

        assert figure is not None
        first, second = figure.wide.marks
        assert abs(first.x - second.x) >= 10
        assert max(first.x, second.x) <= figure.wide.width


def test_a_restart_leaves_its_marks(tmp_path: Path) -> None:
    """Blind time runs through every channel, missing bars through the candles' alone."""
    figure = feed_figure(fold(told_scenarios.resumed, tmp_path))

    assert figure is not None
    styles = [path.style for path in figure.wide.plot]
    assert (4, 1) == (styles.count("stage blind"), styles.count("gap"))
    assert ["mark event diamond"] == [mark.style for mark in figure.wide.marks]
    assert "1 gap in the bars, 1 restart;" in figure.description


def test_shut_entries_have_a_row(tmp_path: Path) -> None:
    """When nothing could be opened is drawn, with the rule that shut it."""
    figure = feed_figure(fold(told_scenarios.no_trades, tmp_path))

    assert figure is not None
    assert ["entries shut by BTCUSDT warm_up, 04:00:01 to 04:05:01"] == [
        path.hint for path in figure.wide.plot if path.style == "shut"
    ]
    assert "entries" in {label.text for label in figure.wide.labels}


def test_depth_under_water_is_told_and_tracked(tmp_path: Path) -> None:
    """The deepest fall is the least value of the picture and its words."""
    figure = underwater_figure(fold(told_scenarios.one_trade, tmp_path))

    assert figure is not None
    assert figure.track is not None
    assert -0.1019 == pytest.approx(min(figure.track.series[0].values), abs=1e-4)
    assert figure.description.startswith("At worst 0.10%; under water ")


def test_exposure_stands_until_it_changes(tmp_path: Path) -> None:
    """What was held is drawn in steps: it does not grow between two samples."""
    figure = exposure_figure(fold(told_scenarios.one_trade, tmp_path))

    assert figure is not None
    line = next(path.data for path in figure.wide.plot if path.style == "staked")
    assert {"h", "v"} == set(re.findall("[a-z]", line))
    assert figure.description.startswith("At most 8,655.00 USDT, 0.87 times the equity")


@pytest.mark.parametrize("figure", [underwater_figure, exposure_figure])
def test_what_never_moved_is_no_figure(
    figure: Callable[[SessionStory], object], tmp_path: Path
) -> None:
    """A session without a position has no picture of one."""
    assert figure(fold(told_scenarios.no_trades, tmp_path)) is None


@pytest.mark.parametrize("figure", [equity_figure, feed_figure])
def test_nothing_heard_is_no_figure(
    figure: Callable[[SessionStory], object], tmp_path: Path
) -> None:
    """A journal with an opening alone has nothing to draw."""
    story = fold(told_scenarios.opening_only, tmp_path)

    assert figure(story) is None
    assert price_figure(story, "BTCUSDT") is None


def test_everything_drawn_lies_in_the_drawing(tmp_path: Path) -> None:
    """No label of a lively session sticks out of its picture."""
    story = fold(good_session, tmp_path)
    figures = [
        price_figure(story, "BTCUSDT"),
        equity_figure(story),
        underwater_figure(story),
        exposure_figure(story),
        feed_figure(story),
    ]
    for figure in figures:
        assert figure is not None
        assert figure.narrow is not None
        for drawing in (figure.wide, figure.narrow):
            assert [] == [
                label
                for label in drawing.labels
                if not (0 <= label.x <= drawing.width and 0 <= label.y <= drawing.height)
            ]
