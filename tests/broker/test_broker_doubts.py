"""Answers lost in a crowd of every kind of order: protection holds, and no doubt is left over."""

from dataclasses import replace

import pytest

from tests.support.crowd import SLOW, Crowd, coverage
from tests.support.market import SYMBOL
from trading.model.events import OrderStatusLearned, OrderStatusUnknown
from trading.model.numbers import ZERO
from trading.model.orders import OrderStatus

LOSSY = replace(SLOW, answer_lost_share=0.2, answer_timeout_ms=300.0)
HUSH_MS = 20_000.0
"""Long enough for everything that is under way to arrive and to be asked for."""


@pytest.mark.parametrize("seed", range(20))
def test_protection_covers_what_is_open_whatever_is_known(seed: int) -> None:
    """After every event, though every fifth request is in doubt for a while."""
    crowd = Crowd(seed, LOSSY)
    for _ in crowd.run(600):
        assert abs(crowd.bench.quantity) == sum(coverage(crowd.bench).values(), ZERO)


@pytest.mark.parametrize("seed", range(20))
def test_every_doubt_ends(seed: int) -> None:
    """Once all is quiet each was cleared up, and nothing is on its way, or thought to be."""
    crowd = Crowd(seed, LOSSY)
    bench = crowd.bench
    list(crowd.run(600))
    for _ in range(3):  # what is learned may send a cancel again, in doubt itself
        bench.time(bench.now_ms + HUSH_MS)
        bench.time(bench.now_ms + HUSH_MS)

    unknown, learned = bench.all(OrderStatusUnknown), bench.all(OrderStatusLearned)
    assert len(unknown) == len(learned) > 5
    assert {True, False} == {each.has_reached for each in learned}
    assert [] == bench.broker.answers.doubts
    for order in bench.broker.live(SYMBOL):
        assert order.status is not OrderStatus.IN_FLIGHT
        assert () == order.amendments
        assert order.cancel_ns is None
