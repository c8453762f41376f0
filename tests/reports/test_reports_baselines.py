"""Baselines: plans walked by hand, and a chance that is uniform where there is only chance."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from reports.baselines import DRAWS, TripPlan, compare, random_entries
from reports.fold import fold_session
from reports.story import SessionStory
from reports.tape.path import PricePath
from tests.support import told_scenarios
from tests.support.told_session import Teller
from trading.journal.store import JournalReader

CALM = 1e9


def plan(
    sign: int = 1,
    stop: float | None = None,
    target: float | None = None,
    hold_ns: int | None = None,
    cost: float = 0.0,
) -> TripPlan:
    """Return a plan of one coin."""
    return TripPlan(sign=sign, quantity=1.0, stop=stop, target=target, hold_ns=hold_ns, cost=cost)


def walk(rng: Random, steps: int) -> PricePath:
    """Return a path without drift: each step a basis point up or down, a second each."""
    moves = np.cumsum([rng.gauss(0.0, 1e-4) for _ in range(steps)])
    times = np.arange(steps, dtype=np.int64) * 1_000_000_000
    return PricePath.of_quotes(times, 1e4 * np.exp(moves))


def middle(path: PricePath, one: TripPlan) -> float:
    """Return what the middle draw of one plan makes."""
    return random_entries(path, [one], 0.0, Random(1)).middle


@pytest.mark.parametrize(
    ("one", "made"),
    [
        (plan(target=0.02), 3.0),  # quotes: the market jumped over 102 to 103
        (plan(-1, stop=0.02), -3.0),
        (plan(stop=0.05), 0.0),  # never met: held to the end
        (plan(target=0.02, stop=0.02), -10.0),
        (plan(-1, target=0.02, stop=0.2), 10.0),
        (plan(cost=2.5), -2.5),
        (plan(hold_ns=10), 0.0),
    ],
)
def test_a_plan_is_walked_to_its_first_way_out(one: TripPlan, made: float) -> None:
    """On two flat stretches with a jump between them, the way out is known from the start."""
    held = 900
    paths = {
        3.0: [100.0] * held + [103.0, 100.0],
        -3.0: [100.0] * held + [103.0, 100.0],
        -10.0: [100.0] * held + [90.0, 103.0],
        10.0: [100.0] * held + [90.0, 103.0],
    }
    prices = np.array(paths.get(made, [100.0] * (held + 2)))
    path = PricePath.of_quotes(np.arange(prices.size, dtype=np.int64), prices)

    assert made == middle(path, one)


def test_a_bar_that_holds_both_is_read_stop_first() -> None:
    """A bar's stop is met at its level, before its target; one opened beyond it costs the gap."""
    flat = np.full(500, 100.0)
    times = np.arange(501, dtype=np.int64)
    both = PricePath(times, np.append(flat, 90.0), np.append(flat, 110.0), np.append(flat, 100.0))
    gap = PricePath(times, np.append(flat, 90.0), np.append(flat, 95.0), np.append(flat, 92.0))

    assert -2.0 == middle(both, plan(stop=0.02, target=0.02))
    assert 2.0 == middle(both, plan(target=0.02))
    assert -5.0 == middle(gap, plan(stop=0.02))


@pytest.mark.parametrize("kind", ["bracket", "timed", "either"])
def test_chance_is_uniform_where_entries_are_random(kind: str) -> None:
    """Traders who enter at random get every p-value as often, on one path or another."""
    seeds, found = 400, []
    for seed in range(seeds):
        rng = Random(seed)
        path = walk(rng, 1_500)
        plans = []
        for _ in range(6):
            sign, hold_ns = rng.choice((-1, 1)), rng.randrange(50, 300) * 1_000_000_000
            is_timed = kind == "timed" or (kind == "either" and rng.random() < 0.5)
            plans.append(
                plan(sign, hold_ns=hold_ns) if is_timed else plan(sign, stop=0.0015, target=0.003)
            )
        result = sum(drawn(path, each, rng) for each in plans)
        luck = random_entries(path, plans, result, Random(seed))
        assert DRAWS == luck.draws
        found.append(luck.chance)
    expected = (np.arange(seeds) + 0.5) / seeds

    assert float(np.abs(np.sort(found) - expected).max()) < 1.36 / seeds**0.5


def drawn(path: PricePath, one: TripPlan, rng: Random) -> float:
    """Return what a plan makes from one instant of chance, walked step by step."""
    latest_ns = path.to_ns - (one.hold_ns or 0)
    began_ns = rng.randrange(latest_ns)
    entry = path.at(began_ns)
    ends_ns = path.to_ns if one.hold_ns is None else began_ns + one.hold_ns
    for at_ns, price in zip(path.times, path.close, strict=True):
        if at_ns <= began_ns or at_ns > ends_ns:
            continue
        moved = one.sign * (price / entry - 1)
        if (one.stop and moved <= -one.stop) or (one.target and moved >= one.target):
            return one.sign * (float(price) - entry)
    return one.sign * (path.at(ends_ns) - entry)


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def test_a_session_is_put_among_its_baselines(tmp_path: Path) -> None:
    """One long into its target while the market rose steadily by 200: holding did better."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))
    times = np.array([Teller.ns(second) for second in range(601)], dtype=np.int64)
    found = compare(story, PricePath.of_quotes(times, np.linspace(86_400.0, 86_600.0, 601)))

    assert found is not None
    assert -0.386 == round(found.result, 6)
    # 8650 of notional rose by 200 of 86400; it paid the fees and twice 0.1 of spread on 0.1
    assert round(8650 * 200 / 86_400 - 10.406, 6) == round(found.holding, 6)
    assert found.random.low < found.random.high
    assert 0.0 < found.random.chance <= 1.0


def test_without_a_round_trip_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """No trips, no path, or a path of one price: no baseline."""
    idle = story_of(told_scenarios.no_trades(tmp_path / "idle.db"))
    busy = story_of(told_scenarios.one_trade(tmp_path / "busy.db"))
    times = np.array([Teller.ns(0), Teller.ns(600)], dtype=np.int64)
    path = PricePath.of_quotes(times, np.array([1.0, 2.0]))
    late = PricePath.of_quotes(times + Teller.ns(600), np.array([1.0, 2.0]))

    assert compare(idle, path) is None
    assert compare(busy, None) is None
    assert compare(busy, late) is None
    assert compare(busy, PricePath.of_quotes(times[:1], np.array([1.0]))) is None
    assert compare(busy, path) is not None
