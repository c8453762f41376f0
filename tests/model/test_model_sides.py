"""Which position an order acts on, in either mode."""

import pytest

from trading.model.orders import Side
from trading.model.sides import PositionMode, PositionSide, position_name

BUY, SELL = Side
BOTH, LONG, SHORT = PositionSide


@pytest.mark.parametrize(
    ("mode", "sides", "opened"),
    [
        (PositionMode.ONE_WAY, (BOTH,), (BOTH, BOTH)),
        (PositionMode.HEDGE, (LONG, SHORT), (LONG, SHORT)),
    ],
)
def test_a_mode_has_its_positions(
    mode: PositionMode,
    sides: tuple[PositionSide, ...],
    opened: tuple[PositionSide, PositionSide],
) -> None:
    """One-way has one for both sides of the market; hedge mode one for each."""
    assert (sides, opened) == (mode.sides, (mode.opened_by(BUY), mode.opened_by(SELL)))


def test_a_position_of_hedge_mode_opens_one_way_only() -> None:
    """A long by buying, a short by selling; the one of one-way mode by either."""
    assert [None, BUY, SELL] == [side.opens for side in PositionSide]


def test_a_name_tells_the_side_where_there_are_two() -> None:
    """One-way the symbol says it all."""
    names = [position_name("BTCUSDT", side) for side in PositionSide]

    assert ["BTCUSDT", "BTCUSDT long", "BTCUSDT short"] == names
