"""The paper broker and one written from the rules a second time come to the same, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.broker.reference import Pair
from tests.support.plain_broker import PlainBroker
from tests.support.plain_order import PlainOrder

SEQUENCES = 400
"""More of them: ``python -m tests.broker.reference --sequences 5000``."""


@pytest.mark.parametrize("made", [Pair, Pair.hedged], ids=["one_way", "hedge"])
def test_both_brokers_hold_the_same_after_every_event(made: Callable[[int], Pair]) -> None:
    """Orders, places in the queue, fills, fees, positions and wallet; every way to fill occurs."""
    kinds: Counter[str] = Counter()
    hashes = set()
    for seed in range(1, SEQUENCES + 1):
        pair = made(seed)
        hashes.add(pair.play())
        kinds += pair.plain.kinds

    assert len(hashes) > SEQUENCES * 0.95
    ways = {"taker market", "taker limit", "maker limit", "taker stop"}
    assert ways | {"taker stop leg", "taker target leg"} == set(kinds)
    assert min(kinds.values()) > 10


def test_a_sequence_is_its_seed() -> None:
    """The same seed, the same end; another seed, another."""
    assert Pair(5).play() == Pair(5).play()
    assert Pair(5).play() != Pair(6).play()


@dataclass
class NobodyAhead(PlainBroker):
    """A plain broker with one rule wrong: it stands first in every queue."""

    def shown(self, order: PlainOrder) -> Decimal | None:
        """See nobody."""
        return None if super().shown(order) is None else Decimal(0)


@dataclass
class Forgetful(PlainBroker):
    """Another: it takes from a level again what it took before."""

    def remember(self, order: PlainOrder, taken: list[tuple[Decimal, Decimal]]) -> None:
        """Remember nothing."""


@dataclass
class Netting(PlainBroker):
    """A third: in hedge mode it takes a short's bracket away when the long is closed."""

    def clear(self, filled: PlainOrder) -> None:
        """Drop everything that reduces once this position is flat."""
        super().clear(filled)
        for order in self.live:
            order.gone = order.gone or (order.reduces and self.position[filled.of] == 0)


def test_one_wrong_rule_of_hedge_mode_parts_them() -> None:
    """What belongs to the other position is not to be touched."""

    def many() -> None:
        for seed in range(1, 100):
            Pair.hedged(seed, Netting).play()

    with pytest.raises(AssertionError, match=r"seed \d+: they part"):
        many()


@pytest.mark.parametrize("wrong", [NobodyAhead, Forgetful])
def test_one_wrong_rule_parts_them(wrong: type[PlainBroker]) -> None:
    """The comparison is no yes-man: it names the seed and the events before."""

    def many() -> None:
        for seed in range(1, 100):
            Pair(seed, plain=wrong()).play()

    with pytest.raises(AssertionError, match=r"seed \d+: they part"):
        many()
