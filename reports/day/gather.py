"""A day out of the history: its sessions, and every strategy over all sessions up to its end.

Strategies are judged together. One that looks good among many is what luck gives, so its chance is
Holm's over all strategies of the same source, and its Sharpe ratio is deflated by every
configuration that was ever run on that source, also the ones given up (a seed of its own makes a
configuration, so they are rather too many than too few). No session is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import cast

import numpy as np

from reports.day.alerts import Alert, alerts_of
from reports.history.store import ask
from reports.inference.bootstrap import Interval, mean_interval
from reports.inference.several import holm
from reports.inference.sharpe import best_of_luck, probability_above, sharpe
from trading.model.numbers import ZERO

_SESSIONS = """
SELECT session_id, account, source, symbol, strategy, opened, ended, outcome, reason, resumed,
       equity_start, equity_end, result_net, round_trips, fills, turnover, gross, delay, spread,
       impact, fees, funding, luck, realism, fresh_pct, gaps, connections_lost, adds_up, concerns,
       replay, folder
FROM session WHERE opened >= ? AND opened < ? ORDER BY opened, session_id
"""
_TRIPS = """
SELECT source, strategy, trade.symbol, list(net ORDER BY closed, trip_id),
       count(DISTINCT session_id)
FROM trade JOIN session USING (session_id)
WHERE session.opened < ? GROUP BY ALL ORDER BY ALL
"""
_TRIED = """
SELECT source, count(DISTINCT config_digest) FROM session WHERE opened < ? GROUP BY source
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySession:
    """A session as the history has it; None where it has no meaning."""

    session_id: str
    account: str
    source: str
    symbol: str
    strategy: str
    opened: datetime
    ended: datetime
    outcome: str
    reason: str
    resumed: int | None
    equity_start: Decimal | None
    equity_end: Decimal | None
    result_net: Decimal | None
    round_trips: int | None
    fills: int | None
    turnover: Decimal | None
    gross: Decimal | None
    delay: Decimal | None
    spread: Decimal | None
    impact: Decimal | None
    fees: Decimal | None
    funding: Decimal | None
    luck: float | None
    realism: float | None
    fresh_pct: float | None
    gaps: int | None
    connections_lost: int | None
    adds_up: bool | None
    concerns: str | None
    replay: str | None
    folder: str

    @property
    def needs_look(self) -> bool:
        """Whether a person should open its report."""
        return bool(self.concerns) or self.adds_up is False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A strategy on a contract of a source, over every session up to the day's end.

    ``chance`` is Holm's over the trials of the same source; ``skill`` the deflated Sharpe ratio:
    how likely its ratio is above the best that luck gives ``tried`` configurations.
    """

    source: str
    strategy: str
    symbol: str
    sessions: int
    round_trips: int
    net: Decimal
    mean: Interval | None
    chance: float | None
    skill: float | None
    tried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of UTC, by when its sessions opened; ``alerts`` are this machine's."""

    day: date
    sessions: tuple[DaySession, ...]
    trials: tuple[Trial, ...]
    alerts: tuple[Alert, ...]

    def total(self, part: str, source: str) -> Decimal:
        """Return the sum of one amount over the sessions of a source that know it."""
        amounts = (
            cast("Decimal | None", getattr(each, part))
            for each in self.sessions
            if each.source == source
        )
        return sum((amount for amount in amounts if amount is not None), ZERO)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the day's markets came from; money of different ones is never added up."""
        return tuple(sorted({each.source for each in self.sessions}))


def gather(var_dir: Path, day: date) -> Day:
    """Return a day as the history has it.

    Raises:
        HistoryError: when there is no history, or it cannot be read.
    """
    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the history's times are UTC
    end = start + timedelta(days=1)
    found = ask(var_dir, _SESSIONS, (start, end))
    sessions = tuple(
        DaySession(**dict(zip(found.columns, row, strict=True)))  # type: ignore[arg-type]
        for row in found.rows
    )
    return Day(
        day=day,
        sessions=sessions,
        trials=_trials(var_dir, day, end),
        alerts=alerts_of(var_dir, day),
    )


def _trials(var_dir: Path, day: date, end: datetime) -> tuple[Trial, ...]:
    tried = cast("dict[str, int]", dict(ask(var_dir, _TRIED, (end,)).rows))  # type: ignore[arg-type]
    rows = cast("list[tuple[str, str, str, list[Decimal], int]]", ask(var_dir, _TRIPS, (end,)).rows)
    rng = Random(f"{day} trials")
    samples = [np.array([float(net) for net in nets]) for *_, nets, _ in rows]
    means = [mean_interval(sample, rng) for sample in samples]
    chances = _together([row[0] for row in rows], means)
    trials = []
    for row, sample, mean, chance in zip(rows, samples, means, chances, strict=True):
        source, strategy, symbol, nets, sessions = row
        ratio = sharpe(sample) if mean is not None else None
        skill = None
        if ratio is not None:
            # Without skill a ratio of n results scatters by 1 / (n - 1).
            luck = best_of_luck(tried[source], 1 / (ratio.count - 1))
            skill = probability_above(ratio, luck)
        trials.append(
            Trial(
                source=source,
                strategy=strategy,
                symbol=symbol,
                sessions=sessions,
                round_trips=len(nets),
                net=sum(nets, ZERO),
                mean=mean,
                chance=chance,
                skill=skill,
                tried=tried[source],
            )
        )
    return tuple(trials)


def _together(sources: list[str], means: list[Interval | None]) -> list[float | None]:
    """Return the chances, each made larger for all of its source."""
    adjusted: list[float | None] = [None] * len(means)
    for source in set(sources):
        judged = [
            (place, mean.chance)
            for place, mean in enumerate(means)
            if mean is not None and sources[place] == source
        ]
        for (place, _), chance in zip(judged, holm([each for _, each in judged]), strict=True):
            adjusted[place] = chance
    return adjusted
