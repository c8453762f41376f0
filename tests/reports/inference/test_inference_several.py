"""Holm's correction: its published properties, and that luck among many is no find."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from reports.inference.several import holm

CHANCES = st.lists(st.floats(0, 1), max_size=20)


def test_nothing_is_nothing() -> None:
    """No p-values, no p-values."""
    assert [] == holm([])


def test_one_alone_is_as_it_was() -> None:
    """What was tried once needs no correction."""
    assert [0.03] == holm([0.03])


@given(CHANCES)
def test_the_order_is_kept_and_nothing_gets_smaller(chances: list[float]) -> None:
    """Never below what it was, never above 1, and the better one stays the better."""
    adjusted = holm(chances)

    assert all(before <= after <= 1.0 for before, after in zip(chances, adjusted, strict=True))
    ranked = sorted(range(len(chances)), key=lambda place: chances[place])
    assert [adjusted[place] for place in ranked] == sorted(adjusted)


def test_luck_among_twenty_is_found_in_one_of_twenty() -> None:
    """Of 2,000 days on which 20 strategies have no edge, 5 % name one, not 64 %."""
    found = bare = 0
    for seed in range(2_000):
        rng = Random(seed)
        chances = [rng.random() for _ in range(20)]
        found += min(holm(chances)) <= 0.05
        bare += min(chances) <= 0.05

    assert 0.04 <= found / 2_000 <= 0.06
    assert bare / 2_000 > 0.6
