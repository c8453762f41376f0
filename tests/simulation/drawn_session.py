"""The session a seed draws: strategy, limits, length and start; its account is always new."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from random import Random
from typing import Final, get_args

from msgspec.structs import replace

from tests.support.recorded_session import opening
from trading.account.head import AccountHead
from trading.config import ExecutionConfig, FeedConfig, RiskConfig, SessionConfig
from trading.journal.record import Opening
from trading.model.numbers import NS_PER_MINUTE, NS_PER_S
from trading.model.presets import PRESETS, MakerModelName

STRATEGIES: Final[tuple[tuple[str, dict[str, float]], ...]] = (
    ("trading.strategy.builtin.pulse:Pulse", {"period_s": 8.0, "hold_s": 5.0, "stop_bps": 3.0}),
    ("trading.strategy.builtin.pulse:Pulse", {"period_s": 6.0, "hold_s": 90.0, "stop_bps": 12.0}),
    ("trading.strategy.builtin.pulse:Pulse", {"period_s": 6.0, "hold_s": 90.0, "stop_bps": 40.0}),
    (
        "trading.strategy.builtin.random_entry:RandomEntry",
        {"entry_probability": 0.9, "stop_bps": 5.0},
    ),
    ("tests.simulation.strategies:Resting", {}),
)
EVERY_KIND: Final[tuple[str, dict[str, float]]] = (
    "tests.support.strategies_orders:EveryKindOnTrades",
    {"stop_bps": 5.0},
)
EVERY_KIND_SEEDS: Final = range(1_000_001, 2_000_000)
"""Seeds whose sessions ask for every kind of order; the others tell the stories they always did."""

ASSUMING_SEEDS: Final = range(2_000_001, 3_000_000)
"""Seeds whose sessions draw what they assume of fills and times, and lose answers."""

HEDGE_SEEDS: Final = range(3_000_001, 4_000_000)
"""Seeds whose sessions are in hedge mode, and do something with the long or the short all along."""
SHORT_SEEDS: Final = range(4_000_001, 5_000_000)
"""Seeds whose sessions are over in seconds: what begins and ends, again and again."""
HEDGED: Final[tuple[str, dict[str, float]]] = (
    "tests.support.strategies_orders:BothSidesOnTrades",
    {"stop_bps": 5.0},
)


def draw_execution(seed: int) -> ExecutionConfig:
    """Return what such a seed's session assumes."""
    if seed not in ASSUMING_SEEDS:
        return ExecutionConfig()
    chance = Random(f"{seed} assumptions")
    return ExecutionConfig(
        preset=chance.choice(tuple(PRESETS)),
        maker_model=chance.choice((None, *get_args(MakerModelName))),
        trigger_latency_ms=10.0,  # the oracle reckons with it
        answer_lost_share=chance.choice((0.05, 0.3)),
        answer_timeout_ms=chance.choice((300.0, 3_000.0)),
        settlement_pause_ms=chance.choice((0.0, 3_000.0)),
    )


def draw_opening(seed: int, chance: Random) -> Opening:
    """Return the opening of a seed's session."""
    strategy, parameters = chance.choice(STRATEGIES)
    if seed in EVERY_KIND_SEEDS or (seed in ASSUMING_SEEDS and seed % 2):
        strategy, parameters = EVERY_KIND
    if seed in HEDGE_SEEDS:
        strategy, parameters = HEDGED
    lengths = (0.1, 0.15, 0.25, 0.4) if seed in SHORT_SEEDS else (0.6, 1.0, 1.4, 2.5)
    minutes = chance.choice(lengths)
    made = opening(seed=seed)
    config: SessionConfig = dataclasses.replace(
        made.setup.config,
        minutes=minutes,
        strategy=strategy,
        strategy_parameters=dict(parameters),
        execution=draw_execution(seed),
        risk=RiskConfig(
            entry_interval_s=0.0,
            notional_max_usdt=chance.choice((5e4, 4e5)),
            no_entry_last_s=2.0 if seed in SHORT_SEEDS else 10.0,
        ),
        feed=FeedConfig(stop_s=chance.choice((60.0, 600.0))),
        end_policy=chance.choice(("flatten", "flatten", "carry")),
        opening_wallet_usdt=100_000.0,
        position_mode="hedge" if seed in HEDGE_SEEDS else "one_way",
        margin_mode=chance.choice(("isolated", "cross")) if seed in HEDGE_SEEDS else "isolated",
    )
    opened_ns = made.setup.opened_ns + chance.randint(0, 59) * NS_PER_S
    setup = replace(
        made.setup,
        config=config,
        head=AccountHead(wallet=Decimal("100000.00")),
        opened_ns=opened_ns,
        deadline_ns=opened_ns + round(minutes * NS_PER_MINUTE),
    )
    return replace(made, setup=setup, config_digest=config.digest())
