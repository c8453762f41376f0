"""The takers: when they come, on which side, and how much they want.

Arrivals cluster (each order makes more of them likely for a few seconds), sizes are heavy-tailed
and sides lean towards where the fair price already is.
"""

from __future__ import annotations

import math
import random
from typing import Final, NamedTuple

from trading.exchange.contract import Contract
from trading.exchange.synthetic.regimes import STEP_S
from trading.model.numbers import seconds_to_ns

_ORDERS_PER_S: Final = 1.7
_EXCITEMENT: Final = 0.24
"""Orders per second that each order adds, fading at ``_FADE_PER_S``: every other one is an echo."""
_FADE_PER_S: Final = 0.5
_EXCITED_BY_MOVE: Final = 0.5
_INTENSITY_MAX: Final = 60.0
_REPEAT_CHANCE: Final = 0.3
_TAIL_CHANCE: Final = 0.015
_TAIL_USDT_MAX: Final = 600_000.0
_IMPACT_BPS: Final = 0.25
"""How far an order of 100,000 USDT moves the fair price for good; others by the square root."""
_STEP_NS: Final = seconds_to_ns(STEP_S)


class TakerOrder(NamedTuple):
    """A market order on its way: its instant, and the chance draw that decides its side."""

    ns: int
    lean: float


class Takers:
    """Everybody who crosses the spread."""

    def __init__(self, chance: random.Random, contract: Contract) -> None:
        """Begin without excitement."""
        self._chance = chance
        self._scale = contract.turnover_usdt_per_s / 20_000.0
        self._excitement = 0.0
        self._was_buy = True

    def arrivals(self, start_ns: int, intensity: float) -> list[TakerOrder]:
        """Draw the orders of one step of 100 ms, in order of time."""
        self._excitement *= math.exp(-_FADE_PER_S * STEP_S)
        per_s = min(_INTENSITY_MAX, _ORDERS_PER_S * intensity + self._excitement)
        chance = self._chance
        orders: list[TakerOrder] = []
        at_s = chance.expovariate(per_s)
        while at_s < STEP_S:
            orders.append(TakerOrder(start_ns + int(at_s / STEP_S * _STEP_NS), chance.random()))
            at_s += chance.expovariate(per_s)
        return orders

    def excite(self, move: float) -> None:
        """Let a move of the fair price (in units of a usual move) bring more orders."""
        self._excitement += _EXCITED_BY_MOVE * max(0.0, abs(move) - 3.0)

    def is_buy(self, order: TakerOrder, pull: float) -> bool:
        """Decide a side; ``pull`` is how far the fair price is above the mid, in half-spreads."""
        self._excitement += _EXCITEMENT
        towards = 0.5 + 0.4 * math.tanh(0.5 * pull)
        if order.lean < _REPEAT_CHANCE:
            return self._was_buy
        self._was_buy = (order.lean - _REPEAT_CHANCE) / (1 - _REPEAT_CHANCE) < towards
        return self._was_buy

    def size_usdt(self) -> float:
        """Draw an order's size: mostly small, now and then very large."""
        chance = self._chance
        if chance.random() < _TAIL_CHANCE:
            usdt = min(_TAIL_USDT_MAX, 20_000.0 * chance.paretovariate(1.4))
        else:
            usdt = 800.0 * math.exp(chance.gauss(0.0, 1.6))
        return usdt * self._scale

    def impact(self, usdt: float) -> float:
        """Return how far an executed order moves the fair price for good, relatively."""
        return _IMPACT_BPS / 10_000 * math.sqrt(usdt / (100_000.0 * self._scale))
