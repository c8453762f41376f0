"""The fold over the feed: how long every channel was fresh, and what went missing.

"Fresh" is the engine's own word, given out at every change; nothing is judged again here. Time in
which no process listened (between a crash and the next attempt) counts as not fresh, whatever
stage the channels were last seen in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from reports.story import ChannelStory, Counted, FeedStory, Span, StageSpan
from trading.engine.setup import EngineSetup
from trading.model.events import (
    AttemptStarted,
    CandleGap,
    ConnectionNoted,
    FeedStage,
    FeedStageChanged,
    MessageIgnored,
)
from trading.model.numbers import NS_PER_MS

_WORST_FIRST: Final = (FeedStage.DEAD, FeedStage.STALE, FeedStage.WAITING, FeedStage.FRESH)
KINDS_MAX: Final = 50
"""Different reasons for ignoring a message that are told apart; the rest are counted as others."""


class _Channel:
    """One channel's stages so far."""

    __slots__ = ("age_ms_max", "changes", "stage")

    def __init__(self, opened_ns: int) -> None:
        self.stage = FeedStage.WAITING
        self.changes = [(opened_ns, FeedStage.WAITING, 0)]
        self.age_ms_max = 0


class FeedFold:
    """Stages, gaps, connections and ignored messages."""

    __slots__ = (
        "_blind",
        "_channels",
        "_connections",
        "_gaps",
        "_ignored",
        "_losses",
        "_opened_ns",
        "_overtaken",
        "_reconnects",
        "_worst",
    )

    def __init__(self, setup: EngineSetup) -> None:
        """Begin with every channel waiting."""
        self._opened_ns = setup.opened_ns
        self._channels = {
            (instrument.symbol, str(channel)): _Channel(setup.opened_ns)
            for instrument in setup.instruments
            for channel in setup.channels
        }
        self._worst = [(setup.opened_ns, FeedStage.WAITING, 0)]
        self._blind: list[Span] = []
        self._gaps: list[Span] = []
        self._connections = self._losses = self._reconnects = self._overtaken = 0
        self._ignored: Counter[str] = Counter()

    def stage_changed(self, output: FeedStageChanged) -> None:
        """Move a channel to its new stage."""
        channel = self._channels.setdefault(
            (output.symbol, str(output.channel)), _Channel(self._opened_ns)
        )
        channel.stage = output.stage
        channel.changes.append((output.at_ns, output.stage, output.age_ms))
        channel.age_ms_max = max(channel.age_ms_max, output.age_ms)
        stages = {each.stage for each in self._channels.values()}
        worst = next(stage for stage in _WORST_FIRST if stage in stages)
        if worst is not self._worst[-1][1]:
            self._worst.append((output.at_ns, worst, output.age_ms))

    def attempt(self, output: AttemptStarted) -> None:
        """Note the time before a new attempt in which nobody listened."""
        blind_from_ns = max(self._opened_ns, output.at_ns - output.blind_ms * NS_PER_MS)
        self._blind.append(Span(from_ns=blind_from_ns, to_ns=output.at_ns))

    def gap(self, output: CandleGap) -> None:
        """Note bars that are not to be had."""
        self._gaps.append(Span(from_ns=output.from_ns, to_ns=output.to_ns))

    def connection(self, output: ConnectionNoted) -> None:
        """Count a connection made or lost."""
        if output.is_up:
            self._connections += 1
        else:
            self._losses += 1

    def reconnect(self) -> None:
        """Count a connection given up for its silence."""
        self._reconnects += 1

    def ignored(self, output: MessageIgnored) -> None:
        """Count a message that could not be used, by its channel and reason."""
        if output.channel == "queue":
            self._overtaken += output.count
            return
        kind = f"{output.channel}: {output.reason}"
        is_known = kind in self._ignored or len(self._ignored) < KINDS_MAX
        self._ignored[kind if is_known else "other reasons"] += 1

    def story(self, until_ns: int) -> FeedStory:
        """Return the whole, up to the session's end."""
        is_watched = bool(self._channels)
        stages = tuple(_spans(self._worst, until_ns)) if is_watched else ()
        fresh = [each.span for each in stages if each.stage is FeedStage.FRESH]
        blind = tuple(
            StageSpan(span=span, stage=FeedStage.DEAD, is_blind=True) for span in self._blind
        )
        return FeedStory(
            is_watched=is_watched,
            watched_ns=until_ns - self._opened_ns if is_watched else 0,
            fresh_ns=sum(span.length_ns - _overlap_ns(span, self._blind) for span in fresh),
            stages=stages + blind,
            channels=tuple(
                _told(symbol, channel, each, until_ns)
                for (symbol, channel), each in self._channels.items()
            ),
            gaps=tuple(self._gaps),
            connections=self._connections,
            losses=self._losses,
            reconnects_asked=self._reconnects,
            ignored=tuple(
                Counted(name=name, count=count) for name, count in self._ignored.most_common()
            ),
            overtaken=self._overtaken,
        )


def _told(symbol: str, channel: str, each: _Channel, until_ns: int) -> ChannelStory:
    stages = tuple(_spans(each.changes, until_ns))
    return ChannelStory(
        symbol=symbol,
        channel=channel,
        stage_ns=_totals(stages),
        age_ms_max=each.age_ms_max,
        stages=stages,
    )


def _spans(changes: list[tuple[int, FeedStage, int]], until_ns: int) -> Iterable[StageSpan]:
    ends = [at_ns for at_ns, *_ in changes[1:]] + [until_ns]
    for (from_ns, stage, age_ms), to_ns in zip(changes, ends, strict=True):
        if to_ns > from_ns:
            span = Span(from_ns=from_ns, to_ns=to_ns)
            yield StageSpan(span=span, stage=stage, age_ms=age_ms)


def _totals(spans: Iterable[StageSpan]) -> dict[FeedStage, int]:
    totals = dict.fromkeys(FeedStage, 0)
    for each in spans:
        totals[each.stage] += each.span.length_ns
    return totals


def _overlap_ns(span: Span, others: list[Span]) -> int:
    return sum(
        max(0, min(span.to_ns, other.to_ns) - max(span.from_ns, other.from_ns)) for other in others
    )
