"""``hold``, ``random`` and ``pulse``: what they do, and that a seed decides all of it."""

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, ns
from trading.model.intents import Enter, Exit, Intent
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.builtin.hold import Hold
from trading.strategy.builtin.pulse import Pulse
from trading.strategy.builtin.random_entry import RandomEntry

D = Decimal


class Asked:
    """A strategy asked again and again, on a bench whose position the test moves."""

    def __init__(
        self, strategy: Strategy, *, seed: int = 1, price: float | None = 50_000.0
    ) -> None:
        """Start flat with a price."""
        self.bench = Bench()
        self.bench.market.last_price = price
        self.strategy = strategy
        self.view = self.bench.view(seed)

    def at(self, second: float) -> Intent | None:
        """Ask at some second."""
        self.view.now_ns = ns(second * 1_000)
        return self.strategy.decide(self.view)

    def hold(self, quantity: str) -> None:
        """Set the position."""
        self.bench.account.position(SYMBOL).quantity = D(quantity)


def sides(strategy: Strategy, seed: int, bars: int = 400) -> list[Side | None]:
    """Return the side wanted at each of many asks, always flat."""
    asked = Asked(strategy, seed=seed)
    wanted = [asked.at(second) for second in range(bars)]
    return [each.side if isinstance(each, Enter) else None for each in wanted]


def test_hold_wants_nothing_ever() -> None:
    """Not when asked a thousand times."""
    assert {None} == set(sides(Hold(), 1, 1_000))


def test_random_is_decided_by_its_seed() -> None:
    """The same seed, the same entries; another seed, others; about as often as told, evenly."""
    first = sides(RandomEntry(), 1)

    assert first == sides(RandomEntry(), 1)
    assert first != sides(RandomEntry(), 2)
    many = sides(RandomEntry(entry_probability=0.3), 3, 5_000)
    entries = [side for side in many if side is not None]
    assert 0.27 < len(entries) / 5_000 < 0.33
    assert 0.45 < entries.count(Side.BUY) / len(entries) < 0.55


def test_random_draws_the_same_whatever_the_position() -> None:
    """A trade that ends earlier does not shift every later coin: draws come bar by bar."""
    flat, busy = Asked(RandomEntry(), seed=5), Asked(RandomEntry(), seed=5)
    busy.hold("1")
    for second in range(100):
        flat.at(second)
        assert None is busy.at(second)
    busy.hold("0")

    later = range(100, 300)
    assert [flat.at(second) for second in later] == [busy.at(second) for second in later]


def test_random_with_certainty_enters_with_a_symmetric_bracket() -> None:
    """Probability 1 enters each time it may; 20 bps both ways."""
    asked = Asked(RandomEntry(entry_probability=1))

    intent = asked.at(0)

    assert isinstance(intent, Enter)
    assert intent.target_price is not None
    assert {D(49_900), D(50_100)} == {intent.stop_price, intent.target_price}
    asked.bench.plain(Side.BUY, "1", limit="1.0")
    assert None is asked.at(1)


def test_pulse_enters_and_leaves_in_turn() -> None:
    """In every 20 s, out after 12 s, long and short in turn."""
    asked = Asked(Pulse())
    entered = asked.at(0)
    assert isinstance(entered, Enter)
    asked.hold("0.5")
    assert [None, None] == [asked.at(second) for second in (0.5, 12.4)]
    assert isinstance(asked.at(12.5), Exit)

    asked.hold("0")
    assert None is asked.at(20.4)
    again = asked.at(20.5)
    assert isinstance(again, Enter)
    assert entered.side.opposite is again.side


def test_pulse_says_leave_once_while_leaving() -> None:
    """An exit under way is not repeated."""
    asked = Asked(Pulse())
    asked.at(0)
    asked.hold("0.5")
    asked.at(0.5)
    assert isinstance(asked.at(30), Exit)

    asked.bench.leave("0.5")

    assert None is asked.at(31)


def test_pulse_leaves_what_it_did_not_enter() -> None:
    """A position carried from another session is closed, not kept for ever."""
    asked = Asked(Pulse())
    asked.hold("-0.5")

    assert isinstance(asked.at(13), Exit)


@pytest.mark.parametrize("strategy", [Pulse(), RandomEntry(entry_probability=1)])
def test_without_a_price_nothing_is_entered(strategy: Strategy) -> None:
    """Unknown is not zero."""
    assert None is Asked(strategy, price=None).at(0)
