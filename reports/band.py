"""The same decisions under the three presets: how much of a result is an assumption.

What the strategy wanted is wanted again, at the same times, over the same recorded market, with the
account as it was; only what is assumed about fills and latency is the preset's, whatever the
session itself had set. Fees, the venue's rules and risk are the session's.

A gain that is there under the optimistic preset alone lives on fills at the touch, which nobody
gets: it is no result. Sessions that did not run to their deadline are not repeated, nor those that
wanted nothing, nor those of more than ``RECORDS_MOST`` records; a band without runs says why. A
record costs 0.05 ms of the processor under each preset, a day of one symbol some three minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from reports.fold import fold_session
from reports.story import SessionStory
from trading.config import ExecutionConfig
from trading.journal.store import JournalReader
from trading.model.events import IntentRaised, Outcome
from trading.model.numbers import ZERO
from trading.model.presets import PRESETS, Preset
from trading.replay.echo import ECHO, written
from trading.replay.past_session import PastSession
from trading.replay.run import replay
from trading.session.paths import SessionPaths

RECORDS_MOST: Final = 2_000_000
_REPEATED: Final = frozenset({Outcome.COMPLETED, Outcome.NO_TRADES, Outcome.DEGRADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderPreset:
    """What came of the decisions; ``result`` is None where a position was left without a price."""

    preset: Preset
    result: Decimal | None
    fills: int
    round_trips: int


@dataclass(frozen=True, slots=True)
class Band:
    """The decisions under each preset, from the most generous to the most severe.

    ``why_not`` is why there are no runs; empty where there are.
    """

    runs: tuple[UnderPreset, ...]
    why_not: str = ""

    @property
    def is_touch_only(self) -> bool:
        """Whether nothing but the optimistic preset makes it a gain."""
        gains = {run.preset for run in self.runs if run.result is not None and run.result > ZERO}
        return gains == {"optimistic"}


def repeat(journal: Path, story: SessionStory, pruned: int = 0) -> Band:
    """Return the band of a session; ``pruned`` of its inputs are no longer in its journal.

    Raises:
        PaperSessionError: when the journal cannot be played again.
    """
    why_not = _why_not(story, pruned)
    if why_not:
        return Band((), why_not)
    with JournalReader(journal) as reader:
        wishes = [
            (output.at_ns, output.intent)
            for output in reader.outputs()
            if isinstance(output, IntentRaised) and output.symbol == story.config.symbol
        ]
    if not wishes:
        return Band((), "it wanted nothing")
    with TemporaryDirectory(prefix="paper-band-") as folder:
        runs = (_run(Path(folder), journal, story, written(wishes), each) for each in PRESETS)
        return Band(tuple(runs))


def _why_not(story: SessionStory, pruned: int) -> str:
    """Return why a session cannot be repeated; nothing where it can."""
    if not story.ending.is_written or story.ending.outcome not in _REPEATED:
        return "it did not run to its end"
    if pruned:
        return "what it heard was dropped from its journal"
    if story.records > RECORDS_MOST:
        return f"{story.records:,} records are more than the {RECORDS_MOST:,} that are run again"
    return ""


def _run(
    folder: Path, journal: Path, story: SessionStory, wishes: str, preset: Preset
) -> UnderPreset:
    config = replace(
        story.config,
        strategy=ECHO,
        strategy_parameters={"wishes": wishes},
        execution=_assuming(story.config.execution, preset),
    )
    paths = SessionPaths(var_dir=folder, account="band", session_id=preset)
    replay(config, PastSession(journal), paths, head=story.opening.setup.head, is_kept=False)
    with JournalReader(paths.journal) as reader:
        told = fold_session(reader)
    return UnderPreset(
        preset=preset,
        result=told.result_net,
        fills=len(told.fills),
        round_trips=len(told.trips),
    )


def _assuming(asked: ExecutionConfig, preset: Preset) -> ExecutionConfig:
    """Return a preset whole, with nothing of the session's own but what are facts of its venue."""
    return ExecutionConfig(
        preset=preset,
        taker_fee_bps=asked.taker_fee_bps,
        maker_fee_bps=asked.maker_fee_bps,
        market_protection_bps=asked.market_protection_bps,
        settlement_pause_ms=asked.settlement_pause_ms,
        shrinking_keeps_place=asked.shrinking_keeps_place,
    )
