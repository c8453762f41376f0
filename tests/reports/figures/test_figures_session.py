"""The figures of a session: what they show, and that shape says what colour repeats."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.figures.equity import equity_figure
from reports.figures.feed import feed_figure
from reports.figures.price import price_figure
from reports.figures.shapes import outline, shape_of
from reports.fold import fold_session
from reports.story import SessionStory
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
    for drawing in (figure.wide, figure.narrow):
        marks = [path for path in drawing.paths if path.style.startswith("mark")]
        assert ["mark up", "mark diamond"] == [path.style for path in marks]
        assert [
            "04:01:00.300 entry: bought 0.1 at 86,500.0",
            "04:02:00.300 target: sold 0.1 at 86,600.0",
        ] == [path.hint for path in marks]
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
    """Blind time and dead time are drawn over the fresh time around them."""
    figure = feed_figure(fold(told_scenarios.killed, tmp_path))

    assert figure is not None
    styles = [path.style for path in figure.wide.paths]
    assert ["stage fresh", "stage waiting", "stage stale", "stage dead"] == styles[:4]
    assert "holding" in styles


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
    figures = [price_figure(story, "BTCUSDT"), equity_figure(story), feed_figure(story)]
    for figure in figures:
        assert figure is not None
        for drawing in (figure.wide, figure.narrow):
            assert [] == [
                label
                for label in drawing.labels
                if not (0 <= label.x <= drawing.width and 0 <= label.y <= drawing.height)
            ]
