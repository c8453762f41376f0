"""The same setup and inputs give the same outputs, to the byte: with shortcuts and without.

Random markets of four kinds: a venue's channels with a book, prints alone, bars alone, and bars
with prints among them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product
from random import Random

import msgspec
import pytest

from tests.support.market import SYMBOL, T0_NS, bar, book, control, mark, ns, rate, timer, trade
from tests.support.run import EVERY_CHANNEL, Plain, Run, setup_of, state
from tests.support.strategies_orders import HERE
from trading.config import FeedConfig, RiskConfig
from trading.engine import Engine, EngineSetup
from trading.model.events import (
    CandlesExhausted,
    CandleUpdate,
    ControlWord,
    FeedConnected,
    FeedLost,
    FundingSettled,
    Input,
    LedgerPosted,
    OrderFilled,
    PositionChanged,
    RequestFailed,
    SessionEnded,
    SessionResumed,
)
from trading.model.numbers import NS_PER_S, ZERO
from trading.model.orders import OrderRole, Side

D = Decimal
EVERY_KIND = f"{HERE}:EveryKind"
HEDGED = f"{HERE}:BothSides"
KINDS = ("book", "prints", "bars", "mixed")
SEEDS = range(4)
RISK = RiskConfig(risk_pct=1, entry_interval_s=0, reward_to_cost_min=0)
MINUTES = {"book": 70, "prints": 70, "bars": 620, "mixed": 620}
EVENTS = {"book": 2_000, "prints": 2_000, "bars": 500, "mixed": 500}


def setup(kind: str, seed: int, *, strategy: str = "random") -> EngineSetup:
    """Return a session of some hours that trades at random."""
    stop_bps = 4.0 if kind in {"book", "prints"} else 15.0
    parameters: dict[str, dict[str, float | int | bool | str]] = {
        "random": {"entry_probability": 1.0, "stop_bps": stop_bps},
        "sma_cross": {"fast_bars": 2, "slow_bars": 5, "stop_bps": stop_bps},
        "RandomLimits": {"stop_bps": stop_bps},
        EVERY_KIND: {"stop_bps": stop_bps},
        HEDGED: {"stop_bps": stop_bps},
    }
    return setup_of(
        strategy=strategy,
        parameters=parameters.get(strategy),
        minutes=MINUTES[kind],
        equity_sample_s=1_000,
        seed=seed,
        channels=EVERY_CHANNEL if kind == "book" else (),
        builds_candles=kind == "prints",
        risk=RISK,
        feed=FeedConfig(stale_s=60, reconnect_s=90, stop_s=600, first_message_timeout_s=60),
        position_mode="hedge" if strategy == HEDGED else "one_way",
    )


class Weather:
    """A random walk, told in one kind of events."""

    def __init__(self, kind: str, seed: int) -> None:
        """Draw everything from one seed."""
        self.kind = kind
        self.rng = Random(f"{kind} {seed}")
        self.tick = 500_000
        self.at_ms = 0
        self.bar = (-1, 0.0, 0.0, 0.0)

    def events(self, count: int) -> Iterator[Input]:
        """Yield so many events."""
        yield rate(300_000)
        if self.kind == "book":
            yield FeedConnected(ns(0), 1)
        for index in range(count):
            if self.kind in {"bars", "mixed"}:
                yield from self.one_bar(index)
                continue
            self.at_ms += self.rng.choice((30, 300, 900, 6_000))
            self.tick += self.rng.choice((-60, -9, -2, -1, 0, 0, 1, 2, 9, 60))
            yield from self.noise()
            yield self.message()

    def noise(self) -> Iterator[Input]:
        """Yield, rarely, something that disturbs."""
        roll = self.rng.random()
        received_ns = ns(self.at_ms + 40)
        if roll < 0.001:
            yield control(self.rng.choice((ControlWord.PAUSE, ControlWord.FLATTEN)), self.at_ms)
        elif roll < 0.008:
            yield control(ControlWord.RESUME, self.at_ms)
        elif roll < 0.010 and self.kind == "book":
            yield FeedLost(received_ns, "storm")
            yield FeedConnected(received_ns, 2)
        elif roll < 0.011:
            yield SessionResumed(received_ns, 2, received_ns - NS_PER_S)
        elif roll < 0.014:
            yield RequestFailed(received_ns, SYMBOL, "candles", "busy", False)
        elif roll < 0.017:
            yield trade(1.0, at_ms=self.at_ms + 4e5, delay_ms=-4e5)
        elif roll < 0.020:
            yield trade(self.tick / 10, at_ms=max(0.0, self.at_ms - 60_000), delay_ms=60_000)
        elif roll < 0.023:
            yield timer(self.at_ms)
        elif roll < 0.028:
            yield FundingSettled(SYMBOL, received_ns, ns(300_000), D("0.0001"), D(50_000))

    def message(self) -> Input:
        """Return a market message."""
        rng, price = self.rng, self.tick / 10
        delay = rng.choice((20, 40, 45, 300))
        if self.kind == "prints" or rng.random() < 0.6:
            off = rng.choice((-2, -1, 0, 0, 1, 2)) / 10
            size = rng.choice((0.0, 0.001, 0.2, 2.0))
            side = rng.choice(list(Side))
            at = round(price + off, 1)
            return trade(at, size, at_ms=self.at_ms, taker=side, delay_ms=delay)
        roll = rng.randint(0, 3)
        if roll == 0:
            return mark(price, at_ms=self.at_ms, delay_ms=delay)
        if roll == 1:
            return self.push(price, delay)
        size = rng.choice((0.05, 0.4, 3.0))
        bids = tuple((round(price - n / 10, 1), size) for n in range(1, 4))
        asks = tuple((round(price + n / 10, 1), size) for n in range(1, 4))
        return book(bids, asks, at_ms=self.at_ms, delay_ms=delay)

    def push(self, price: float, delay: float) -> CandleUpdate:
        """Return a push of the bar that is forming."""
        index = self.at_ms // 60_000
        if self.bar[0] != index:
            self.bar = (index, price, price, price)
        _, opened, high, low = self.bar
        self.bar = (index, opened, max(high, price), min(low, price))
        return bar(
            index,
            opened,
            self.bar[2],
            self.bar[3],
            price,
            is_closed=False,
            at_ms=self.at_ms,
            delay_ms=delay,
        )

    def one_bar(self, index: int) -> Iterator[Input]:
        """Yield a closed bar, sometimes again, sometimes none."""
        rng, opened = self.rng, self.tick
        self.tick += rng.randint(-700, 700)
        gap = rng.choice((0, 0, 0, 0, 300, -300))
        high = max(opened, self.tick) + rng.randint(0, 200)
        low = min(opened, self.tick) - rng.randint(0, 200)
        update = bar(index, (opened + gap) / 10, high / 10, low / 10, self.tick / 10)
        if rng.random() < 0.01:
            return
        if self.kind == "mixed" and index > 250:
            yield trade(self.tick / 10, at_ms=60_000 * index + rng.randint(1, 59_000))
        yield update
        if rng.random() < 0.02:
            yield update
        if rng.random() < 0.01:
            yield CandlesExhausted(SYMBOL, update.received_ns, 60, T0_NS, update.open_ns)
        if rng.random() < 0.03:
            words = (ControlWord.FLATTEN, *[ControlWord.RESUME] * 4)
            yield control(rng.choice(words), index * 60_000)


def played(kind: str, seed: int, *, weather: int = 1, strategy: str = "random") -> Run:
    """Return a finished run."""
    run = Run(setup(kind, seed, strategy=strategy))
    for event in Weather(kind, weather).events(EVENTS[kind]):
        run.at(event)
    run.until(MINUTES[kind] * 60_000 + 150_000)
    return run


def digest(run: Run) -> str:
    """Return a hash of everything that came out, and of what is handed on."""
    return hashlib.sha256(run.out_bytes() + run.head_bytes()).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(kind: str) -> None:
    """Twice the same session is the same session."""
    assert digest(played(kind, 1)) == digest(played(kind, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_other_bytes(kind: str) -> None:
    """The seed is no decoration: every one tells another story, and so does another market."""
    runs = [played(kind, seed) for seed in SEEDS] + [played(kind, 1, weather=2)]

    assert len(runs) == len({digest(run) for run in runs})


@pytest.mark.parametrize("kind", KINDS)
def test_every_seed_keeps_the_books(kind: str) -> None:
    """Ledger and position add up, time rises, and there is one last record, in every story."""
    total = 0
    for seed, strategy in product(SEEDS, ("random", EVERY_KIND, HEDGED)):
        run = played(kind, seed, strategy=strategy)
        fills = run.all(OrderFilled)
        lines = run.all(LedgerPosted)

        assert D("10000.00") + sum(each.amount for each in lines) == run.ended.wallet
        assert [line.line for line in lines] == list(range(1, len(lines) + 1))
        for position in run.engine.account.positions_of(SYMBOL):
            side, held = position.position_side, position.quantity
            own = [each for each in fills if each.position_side is side]
            told = [each for each in run.all(PositionChanged) if each.position_side is side]
            assert held == sum((each.side.sign * each.quantity for each in own), ZERO)
            assert held == (told[-1].quantity if told else ZERO)
        assert sorted(each.at_ns for each in run.out) == [each.at_ns for each in run.out]
        total += len(fills)
    assert total > 8 * len(SEEDS)


@pytest.mark.parametrize(
    "strategy", ["random", "sma_cross", "RandomLimits", EVERY_KIND, HEDGED, "hold"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_shortcuts_change_nothing(kind: str, strategy: str) -> None:
    """Thousands of events, with shortcuts and without: after each the same outputs and state.

    The state is the head, the market's price, and when the engine wants to wake next.
    """
    taken = fills = 0
    for seed in (1, 2):
        fast = Run(setup(kind, seed, strategy=strategy))
        plain = Run(setup(kind, seed, strategy=strategy), engine=Plain)
        for index, event in enumerate(Weather(kind, seed).events(EVENTS[kind])):
            one, other = fast.at(event), plain.at(event)
            assert one == other
            taken += not one
            assert fast.engine.wake_ns == plain.engine.wake_ns
            if index % 20 == 0:
                assert state(fast) == state(plain)
        assert fast.out_bytes() == plain.out_bytes()
        assert state(fast) == state(plain)
        fills += fast.engine.fills
    assert taken > 500 or kind in {"bars", "mixed"}
    assert fills > 20 or strategy == "hold"


@pytest.mark.parametrize("kind", ["book", "prints"])
def test_a_stray_stamp_is_no_way_around_the_rules(kind: str) -> None:
    """A print stamped in the future, inside the bar: the shortcut refuses it like the full step."""
    outs = []
    for engine in (Engine, Plain):
        run = Run(setup(kind, 1), engine=engine)
        run.connect()
        run.at(trade(50_000.0, at_ms=0, delay_ms=40))
        run.step(trade(49_999.0, at_ms=400_000, delay_ms=-399_000))
        run.step(trade(49_998.0, at_ms=1_100, delay_ms=-400_000))
        run.at(trade(50_001.0, at_ms=1_200, delay_ms=40))
        outs.append((run.out_bytes(), state(run)))

    assert outs[0] == outs[1]


def test_a_word_after_quiet_bars_knows_what_time_it_is() -> None:
    """The order it sends is on its way from the same instant, shortcuts or not."""
    sent = 0
    for bars in range(20, 80, 2):
        told = setup("bars", 1, strategy="sma_cross")
        runs = [Run(told, engine=engine) for engine in (Engine, Plain)]
        for run in runs:
            for event in Weather("bars", 1).events(bars):
                run.at(event)
            run.step(control(ControlWord.FLATTEN, at_ms=(run.engine.now_ns - T0_NS) / 1e6 + 1))
        fast, plain = runs
        assert state(fast) == state(plain)
        roles = {order.request.role for order in fast.engine.head().orders}
        sent += OrderRole.FLATTEN in roles
    assert sent > 3


def test_an_hour_long_bar_takes_no_print_from_the_future() -> None:
    """In an hour's bar a print 310 s ahead of the clock lies inside it, and is still broken."""
    outs = []
    for engine in (Engine, Plain):
        config = setup("prints", 1)
        run = Run(_hourly(config), engine=engine)
        run.at(trade(50_000.0, at_ms=0, delay_ms=40), trade(50_001.0, at_ms=100, delay_ms=40))
        run.step(trade(40_000.0, at_ms=311_000, delay_ms=-310_800))
        outs.append((run.out_bytes(), state(run)))

    assert outs[0] == outs[1]


def _hourly(made: EngineSetup) -> EngineSetup:
    config = replace(made.config, interval_s=3_600)
    return msgspec.structs.replace(made, config=config)


def test_a_setup_can_be_played_twice() -> None:
    """An engine takes nothing from its setup but values: the second run is the first again."""
    first = played("book", 3)
    head = first.engine.head()
    later = setup_of(strategy="random", parameters={"entry_probability": 1.0}, head=head)
    runs = []
    for _ in range(2):
        run = Run(later)
        for event in Weather("book", 5).events(600):
            run.at(event)
        runs.append(digest(run))

    assert runs[0] == runs[1]


def test_a_head_is_a_value() -> None:
    """What was handed on does not change when the engine goes on."""
    run = Run(setup("prints", 1))
    heads, written = [], []
    for index, event in enumerate(Weather("prints", 1).events(1_500)):
        run.at(event)
        if index % 50 == 0 and not run.engine.has_ended:
            heads.append(run.engine.head())
            written.append(run.head_bytes())

    assert len(set(written)) > 3
    assert written == [msgspec.json.encode(head) for head in heads]


def test_the_last_record_is_last() -> None:
    """After the end of each of many stories nothing came out any more."""
    for kind in KINDS:
        run = played(kind, 4)
        assert isinstance(run.out[-1], SessionEnded)
        assert 1 == len(run.all(SessionEnded))
