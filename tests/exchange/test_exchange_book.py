"""The book stays in order whatever is done to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trading.exchange.book import Book, BookSide, Level

CHANGES = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), max_size=60)


@given(changes=CHANGES, is_bids=st.booleans())
def test_levels_are_best_first_and_equal_a_plain_dictionary(
    *, changes: list[tuple[int, int]], is_bids: bool
) -> None:
    """The sorted side holds what an unsorted dictionary would hold."""
    side = BookSide(is_bids=is_bids)
    plain: dict[int, int] = {}
    for price, size in changes:
        side.set(price, size)
        plain[price] = size
    expected = sorted(
        (Level(price, size) for price, size in plain.items() if size), reverse=is_bids
    )

    assert expected == side.levels()
    assert len(expected) == len(side)


def ladder(*, is_bids: bool) -> BookSide:
    """Return a side of three levels: 10 (size 1), then 2 and 3 further out."""
    side = BookSide(is_bids=is_bids)
    away = -1 if is_bids else 1
    side.replace([(10, 1), (10 + away, 2), (10 + 2 * away, 3), (10 + 3 * away, 0)])
    return side


def test_taking_consumes_level_by_level_up_to_the_limit() -> None:
    """What is taken is gone, and no level beyond the limit price is touched."""
    side = ladder(is_bids=False)

    assert [Level(10, 1), Level(11, 1)] == side.take(2, 11)
    assert [Level(11, 1)] == side.take(99, 11)
    assert [Level(12, 3)] == side.levels()


def test_bids_are_taken_downwards() -> None:
    """A sell limited at 9 gets the bids at 10 and 9."""
    side = ladder(is_bids=True)

    assert [Level(10, 1), Level(9, 2)] == side.take(99, 9)
    assert 8 == side.best() == side.worst()


def test_the_touch_can_retreat() -> None:
    """Every level nearer than a price is gone."""
    side = ladder(is_bids=True)
    side.drop_better_than(9)

    assert [Level(9, 2), Level(8, 3)] == side.levels()
    assert 9 == side.price_at(0)


def test_a_book_is_known_with_both_sides() -> None:
    """Half a book has no mid."""
    book = Book()
    book.bids.set(10, 1)

    assert not book.is_known()

    book.asks.set(13, 1)

    assert book.is_known()
    assert 11.5 == book.mid()
