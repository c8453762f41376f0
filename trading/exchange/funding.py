"""When funding is settled, at which rate and mark, and what was settled before.

Settlements from before the market began are made up from the seed, like the bars; the later ones
are the market's. Rates are fractions per interval here; the wire decides where it says percent.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading.exchange.contract import Contract
from trading.exchange.history import HISTORY_MINUTES
from trading.model.numbers import NS_PER_MINUTE

_QUANTUM: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One settlement: its instant, the rate charged and the mark price it was charged at."""

    ns: int
    rate: Decimal
    mark: str


class Funding:
    """The settlements of one contract and the estimate of the next."""

    def __init__(
        self,
        contract: Contract,
        *,
        seed: int,
        start_ns: int,
        mark_before: Callable[[int], str],
        estimate: Decimal,
    ) -> None:
        """Make up the rates settled before the start.

        ``mark_before`` gives the made-up mark price at an instant before it; asked when needed.
        """
        self._contract = contract
        self._mark_before = mark_before
        interval_ns = contract.funding_interval_ns
        self.next_ns = (start_ns // interval_ns + 1) * interval_ns
        self.estimate = estimate
        self._settled: list[Settlement] = []
        chance = random.Random(f"{seed}/{contract.symbol}/funding")
        count = HISTORY_MINUTES * NS_PER_MINUTE // interval_ns - 1
        self._before = [
            (self.next_ns - age * interval_ns, self._past_rate(chance))
            for age in range(1, count + 1)
        ]

    @staticmethod
    def _past_rate(chance: random.Random) -> Decimal:
        """Draw a past rate: a third exactly at the interest, some negative (realism.md 2)."""
        if chance.random() < 1 / 3:
            return Decimal("0.0001")
        return Decimal(repr(chance.gauss(6e-5, 6e-5))).quantize(_QUANTUM)

    @property
    def last_rate(self) -> Decimal:
        """The rate settled last."""
        return self._settled[-1].rate if self._settled else self._before[0][1]

    @property
    def last_ns(self) -> int:
        """When it was settled."""
        return self._settled[-1].ns if self._settled else self._before[0][0]

    def carry(self, now_ns: int) -> float:
        """Return last settled rate x time to the next funding / interval."""
        left = (self.next_ns - now_ns) / self._contract.funding_interval_ns
        return float(self.last_rate) * left

    def elapsed(self, now_ns: int) -> float:
        """Return the part of the running interval that has passed."""
        return 1 - (self.next_ns - now_ns) / self._contract.funding_interval_ns

    def settle(self, *, rate: Decimal, mark: str) -> None:
        """Settle the due funding and look to the next."""
        self._settled.append(Settlement(ns=self.next_ns, rate=rate, mark=mark))
        self.next_ns += self._contract.funding_interval_ns

    def page(self, *, from_ns: int, to_ns: int, limit: int) -> list[Settlement]:
        """Return up to ``limit`` settlements in ``[from_ns, to_ns]``, newest first."""
        found = [row for row in reversed(self._settled) if from_ns <= row.ns <= to_ns][:limit]
        for ns, rate in self._before:
            if len(found) >= limit:
                break
            if from_ns <= ns <= to_ns:
                found.append(Settlement(ns=ns, rate=rate, mark=self._mark_before(ns)))
        return found
