"""Where the fair price goes: calm, trending and busy spells, volatility of its own, rare jumps.

One call is one step of 100 ms. Chance comes from the stream given at the start; prices are in
ticks, as floats.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

STEP_S: Final = 0.1
"""One step of the process; ten of them make a second."""

_STEPS_PER_DAY: Final = 86_400 / STEP_S
_MOVE_CHANCE: Final = 0.15
"""Prices stand still most of the time and then move by several ticks: chance of a move per step."""
_JUMPS_PER_DAY: Final = 60
_JUMP_BPS: Final = (8.0, 30.0)
_JUMP_SHARE: Final = 0.4
"""How much of what is left of a jump happens in each step."""
_JUMP_REST: Final = 2e-5
"""What is left of a jump and too small to be split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """How a spell of the market behaves."""

    name: str
    sigma_per_day: float
    intensity: float
    """Multiple of the usual rate of market orders."""
    drift_bps_per_s: float
    """Largest drift either way."""
    widen_chance: float
    """Chance that a new quote is wider than one tick."""
    dwell_s: float


REGIMES: Final = (
    Regime(
        name="calm",
        sigma_per_day=0.013,
        intensity=0.75,
        drift_bps_per_s=0.0,
        widen_chance=0.03,
        dwell_s=480.0,
    ),
    Regime(
        name="trending",
        sigma_per_day=0.020,
        intensity=1.2,
        drift_bps_per_s=0.2,
        widen_chance=0.06,
        dwell_s=240.0,
    ),
    Regime(
        name="busy",
        sigma_per_day=0.050,
        intensity=2.4,
        drift_bps_per_s=0.0,
        widen_chance=0.3,
        dwell_s=90.0,
    ),
)
_WEIGHTS: Final = (0.5, 0.3, 0.2)


class FairPrice:
    """The price everybody would agree on, if they could see it."""

    def __init__(self, chance: random.Random, price_ticks: float) -> None:
        """Begin calm at a price."""
        self._chance = chance
        self.ticks = price_ticks
        self.regime = REGIMES[0]
        self._left_s = chance.expovariate(1 / self.regime.dwell_s)
        self._drift_per_step = 0.0
        self._log_volatility = 0.0
        self._jump = 0.0

    def step(self) -> float:
        """Move on by 100 ms and return the relative move, in units of the usual move's size."""
        chance = self._chance
        self._left_s -= STEP_S
        if self._left_s <= 0:
            self._change_regime()
        self._log_volatility = 0.9995 * self._log_volatility + chance.gauss(0.0, 0.012)
        sigma = self.regime.sigma_per_day / math.sqrt(_STEPS_PER_DAY)
        move = self._drift_per_step
        if chance.random() < _MOVE_CHANCE:
            size = sigma / math.sqrt(_MOVE_CHANCE) * math.exp(self._log_volatility)
            move += chance.gauss(0.0, size)
        if chance.random() < _JUMPS_PER_DAY / _STEPS_PER_DAY:
            self._jump = chance.choice((-1, 1)) * chance.uniform(*_JUMP_BPS) / 10_000
        if self._jump:
            part = self._jump * _JUMP_SHARE if abs(self._jump) > _JUMP_REST else self._jump
            self._jump -= part
            move += part
        self.push(move)
        return move / sigma

    def push(self, relative: float) -> None:
        """Move the price by a relative amount; it never falls below ten ticks."""
        self.ticks = max(10.0, self.ticks * math.exp(relative))

    def _change_regime(self) -> None:
        """Enter another spell."""
        chance = self._chance
        others = [regime for regime in REGIMES if regime is not self.regime]
        weights = [_WEIGHTS[REGIMES.index(regime)] for regime in others]
        self.regime = chance.choices(others, weights)[0]
        self._left_s = chance.expovariate(1 / self.regime.dwell_s)
        pace = self.regime.drift_bps_per_s
        self._drift_per_step = chance.uniform(-pace, pace) / 10_000 * STEP_S
