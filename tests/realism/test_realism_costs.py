"""On recorded books our takers pay what the books asked; the table is a command."""

from pathlib import Path

import pytest

from tests.realism.bursts import TAPES
from tests.realism.costs import MEASURED, NOTIONALS_USDT, books_of, cost_bps, costs, main
from tests.support.market import book
from tests.support.recordings import recording
from trading.model.orders import Side


@pytest.mark.parametrize(("name", "path"), list(zip(MEASURED, TAPES, strict=True)))
def test_the_book_walk_costs_what_was_measured(name: str, path: str) -> None:
    """Means within a tenth of a basis point; a missing book is dearer, by 2.5 bps at most."""
    books = list(books_of(recording(path), 5.0))
    found = [costs("book_walk", notional, books).mean for notional in NOTIONALS_USDT]

    assert [mean for mean, _ in MEASURED[name]] == pytest.approx(found, abs=0.1)
    assert sorted(found) == found
    for notional, walked in zip(NOTIONALS_USDT, found, strict=True):
        assert walked < costs("square_root", notional, books[:1]).mean < walked + 2.5


BOOK = book(((99.9, 100.0), (99.8, 100.0)), ((100.1, 100.0), (100.2, 100.0)))


def test_a_cost_is_the_average_beyond_the_middle() -> None:
    """Ten at the best level pay half the spread, 10 bps; 150 pay a third of a level more."""
    assert cost_bps("book_walk", Side.BUY, 1_000, BOOK) == pytest.approx(10.0)
    assert cost_bps("book_walk", Side.SELL, 15_000, BOOK) == pytest.approx(10.0 + 10 / 3)


def test_what_the_book_does_not_show_has_no_cost() -> None:
    """Nothing is made up for the part that could not be had."""
    assert cost_bps("book_walk", Side.BUY, 50_000, BOOK) is None


def test_the_command_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No recording is an error."""
    assert main(["--data", str(tmp_path)]) == 1
    assert f"no recording at {tmp_path / TAPES[0]}" in capsys.readouterr().out
