"""What can be said about a session in numbers, each with its n, and where it cannot be said.

The unit is the closed round trip. Nothing is annualised: a session is hours, not years. Below
``TRADES_FEW`` round trips the numbers describe what happened and prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Final

from reports.story import SessionStory
from trading.model.numbers import BPS, ZERO, exact

TRADES_FEW: Final = 30
"""Round trips below which nothing is said about the strategy."""
_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """One session's numbers, in the quote coin; None where a number has no meaning.

    ``wins`` have a net above zero. ``profit_factor`` is gains over losses, None without a loss.
    ``expectancy_r`` is over the ``planned`` round trips whose risk was known at entry.
    ``slippage`` is what fills cost against the middle of the book, over the ``compared`` fills
    that had one; it is inside the prices already, not another cost. ``pessimistic_fills`` took the
    worse of two readings of the data.
    """

    trips: int
    wins: int
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    gains: Decimal
    losses: Decimal
    profit_factor: Decimal | None
    expectancy: Decimal | None
    best: Decimal | None
    worst: Decimal | None
    planned: int
    expectancy_r: Decimal | None
    fills: int
    pessimistic_fills: int
    turnover: Decimal
    turnover_times: Decimal | None
    fees: Decimal
    fees_bps: Decimal | None
    compared: int
    slippage: Decimal
    slippage_bps: Decimal | None
    exposure_share: float | None
    return_share: Decimal | None

    @property
    def is_few(self) -> bool:
        """Whether there are too few round trips to say anything."""
        return self.trips < TRADES_FEW


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate; the whole of it where nothing was tried.

    Source: Wilson (1927); ``(p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)``.

    >>> low, high = wilson(12, 20)
    >>> round(low, 3), round(high, 3)
    (0.387, 0.781)
    """
    if trials == 0:
        return 0.0, 1.0
    rate = successes / trials
    square = _Z95 * _Z95
    middle = rate + square / (2 * trials)
    spread = _Z95 * sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def describe(story: SessionStory) -> Statistics:
    """Return the numbers of a session."""
    nets = [trip.net for trip in story.trips]
    count = len(nets)
    wins = sum(1 for net in nets if net > ZERO)
    low, high = wilson(wins, count)
    gains = sum((net for net in nets if net > ZERO), ZERO)
    losses = sum((net for net in nets if net < ZERO), ZERO)
    ratios = [trip.net / trip.risk for trip in story.trips if trip.risk > ZERO]
    turnover = sum((fill.price * fill.quantity for fill in story.fills), ZERO)
    fees = sum((fill.fee for fill in story.fills), ZERO)
    slippage, compared, against = _slippage(story)
    result = story.result_net
    length_ns = story.span.length_ns
    start, mean = story.equity.start, story.equity.mean
    return Statistics(
        trips=count,
        wins=wins,
        win_rate=wins / count if count else None,
        win_rate_low=low if count else None,
        win_rate_high=high if count else None,
        gains=gains,
        losses=losses,
        profit_factor=gains / -losses if losses else None,
        expectancy=sum(nets, ZERO) / count if count else None,
        best=max(nets, default=None),
        worst=min(nets, default=None),
        planned=len(ratios),
        expectancy_r=sum(ratios, ZERO) / len(ratios) if ratios else None,
        fills=len(story.fills),
        pessimistic_fills=sum(1 for fill in story.fills if fill.is_pessimistic),
        turnover=turnover,
        turnover_times=turnover / mean if mean > ZERO else None,
        fees=fees,
        fees_bps=fees / turnover * BPS if turnover else None,
        compared=compared,
        slippage=slippage,
        slippage_bps=slippage / against * BPS if against else None,
        exposure_share=story.equity.held_ns / length_ns if length_ns else None,
        return_share=result / start if result is not None and start > ZERO else None,
    )


def _slippage(story: SessionStory) -> tuple[Decimal, int, Decimal]:
    """Return the cost against the middle, the fills that had one, and their notional."""
    cost, compared, against = ZERO, 0, ZERO
    for fill in story.fills:
        if fill.mid is not None:
            cost += fill.side.sign * (fill.price - exact(fill.mid)) * fill.quantity
            against += fill.price * fill.quantity
            compared += 1
    return cost, compared, against
