"""Which clock a session tells the time by, and what a restart may do to it."""

from __future__ import annotations

from trading.io.clock import monotonic_ns, wall_ns
from trading.model.numbers import NS_PER_S
from trading.session.world import World, real_world

HOUR_NS = 3_600 * NS_PER_S


def embedded() -> World:
    """Return the world of an exchange that started 2 s ago at session time 0, twenty times fast."""
    return World(
        rest_url="",
        ws_url="",
        anchor_monotonic_ns=monotonic_ns() - 2 * NS_PER_S,
        speed=20.0,
        is_embedded=True,
    )


def test_a_real_market_has_the_wall_clock_of_each_process() -> None:
    """A restart after the machine slept, or was started anew, knows the time."""
    before = wall_ns()
    now_ns = real_world().clock().now_ns()

    assert before <= now_ns <= wall_ns()


def test_a_wall_clock_set_back_does_not_set_a_session_back() -> None:
    """Session time goes on from the newest record, at its usual pace."""
    told_ns = wall_ns() + HOUR_NS
    clock = real_world().clock(told_ns)

    assert 0 <= clock.now_ns() - told_ns < 60 * NS_PER_S
    assert 1.0 == clock.speed


def test_an_embedded_market_has_the_clock_of_its_exchange() -> None:
    """Every process tells the exchange's own time, whatever is on record."""
    world = embedded()
    reading_ns = monotonic_ns()

    assert world.clock() == world.clock(HOUR_NS)
    assert 40 * NS_PER_S <= world.clock().at(reading_ns) < 60 * NS_PER_S
