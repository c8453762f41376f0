"""Bars: which one is forming, when it is over, and which are missing.

A bar is over when a later one has begun; what it was is what the venue's REST history says. So a
rollover asks for the bars that should now be closed, and a bar is given out only when that answer
(or its timeout) is there: in order, each once, without holes that nobody was told of.

A venue that marks its pushes closed, and a replayed candle file, need no asking.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from trading.model.events import (
    CandleClosed,
    CandleGap,
    CandlesExhausted,
    CandlesRequested,
    CandleUpdate,
    MessageIgnored,
    Output,
)
from trading.model.numbers import NS_PER_S

NEVER: Final = -1
GAP_RETRIES_MAX: Final = 3
"""Full answers without the missing bars after which they count as lost."""


class CandleSeries:
    """The closed bars of one symbol and interval, oldest first, and the one forming.

    Invariant: the bars given out have strictly rising ``open_ns``; two neighbours are one interval
    apart unless a ``CandleGap`` was given out between them.
    """

    __slots__ = (
        "_confirm_timeout_ns",
        "_forming",
        "_live_from_ns",
        "_pending",
        "_requested_to_ns",
        "_retries",
        "_whole_from_ns",
        "closed",
        "confirm_by_ns",
        "interval_ns",
        "interval_s",
        "next_ns",
        "symbol",
    )

    def __init__(
        self,
        symbol: str,
        interval_s: int,
        *,
        kept_bars: int,
        confirm_timeout_ns: int,
        live_from_ns: int,
    ) -> None:
        """Start empty.

        ``kept_bars`` bounds the history that strategies can look back on; a bar that closed by
        ``live_from_ns`` is warm-up, never to be traded on.
        """
        self.symbol = symbol
        self.interval_s = interval_s
        self.interval_ns = interval_s * NS_PER_S
        self.closed: deque[CandleClosed] = deque(maxlen=kept_bars)
        self._whole_from_ns: int | None = None
        """Open time of the first bar after the last gap."""
        self._forming: CandleUpdate | None = None
        self._pending: dict[int, CandleUpdate] = {}
        self._requested_to_ns = 0
        self.confirm_by_ns: int | None = None
        """Engine time at which an unanswered confirmation is given up; None: none is awaited."""
        self._confirm_timeout_ns = confirm_timeout_ns
        self._retries = 0
        self._live_from_ns = live_from_ns
        self.next_ns = NEVER
        """Open time of a closed bar that would simply be the next; ``NEVER``: it needs ``push``.

        Who appends that one to ``closed`` instead puts its close time here.
        """

    @property
    def forming(self) -> CandleUpdate | None:
        """The bar under way as last pushed; None before the first push."""
        return self._forming

    @property
    def contiguous(self) -> int:
        """How many of the last bars follow each other without a gap."""
        from_ns = self._whole_from_ns
        if from_ns is None:
            return 0
        return (self.closed[-1].open_ns - from_ns) // self.interval_ns + 1

    @property
    def last_open_ns(self) -> int | None:
        """Open time of the newest bar given out."""
        return self.closed[-1].open_ns if self.closed else None

    def amend(self, candle: CandleClosed) -> None:
        """Put a bar just given out into the place of the one of its time."""
        for back in range(1, len(self.closed) + 1):
            if self.closed[-back].open_ns == candle.open_ns:
                self.closed[-back] = candle
                return

    def push(self, update: CandleUpdate, now_ns: int, out: list[Output]) -> None:
        """Take one bar as the venue pushed or answered it."""
        if update.is_closed:
            if update.open_ns == self.next_ns and update.interval_s == self.interval_s:
                self._give(update, now_ns, out)
                self.next_ns += self.interval_ns
            else:
                self._close_from(update, now_ns, out)
                self.next_ns = self._next_plain_ns()
            return
        self.next_ns = NEVER
        forming = self._forming
        if forming is None or update.open_ns == forming.open_ns:
            self._forming = update
            return
        if update.open_ns < forming.open_ns:
            out.append(
                MessageIgnored(
                    at_ns=now_ns, symbol=self.symbol, channel="candle", reason="out of order"
                )
            )
            return
        self._pending[forming.open_ns] = forming
        self._forming = update
        self._ask(update.open_ns, now_ns, out)

    def _next_plain_ns(self) -> int:
        """Return which bar would simply be the next one: nothing pushed, asked for or old."""
        if self._forming is not None or self._requested_to_ns or not self.closed:
            return NEVER
        open_ns = self.closed[-1].open_ns + self.interval_ns
        return open_ns if open_ns + self.interval_ns > self._live_from_ns else NEVER

    def exhausted(self, span: CandlesExhausted, now_ns: int, out: list[Output]) -> None:
        """Take note that the venue has no more bars for a span; ask again, or accept the hole."""
        last = self.last_open_ns
        expected = span.start_ns if last is None else last + self.interval_ns
        if expected >= self._requested_to_ns:
            return
        self._retries += 1
        if self._retries <= GAP_RETRIES_MAX:
            self.confirm_by_ns = now_ns + self._confirm_timeout_ns
            return
        self._retries = 0
        self._give_up(now_ns, out)

    def on_time(self, now_ns: int, out: list[Output]) -> None:
        """Ask again, or give up, when a confirmation is overdue."""
        if self.confirm_by_ns is None or now_ns < self.confirm_by_ns:
            return
        self._retries += 1
        if self._retries <= GAP_RETRIES_MAX and not self._is_newest_pending():
            self._ask(self._requested_to_ns, now_ns, out)
        else:
            self._retries = 0
            self._give_up(now_ns, out)

    def _is_newest_pending(self) -> bool:
        """Tell whether only the bar just over is awaited, and its push is at hand."""
        last = self.last_open_ns
        newest = self._requested_to_ns - self.interval_ns
        return newest in self._pending and (last is None or last + self.interval_ns == newest)

    def _ask(self, to_ns: int, now_ns: int, out: list[Output]) -> None:
        last = self.last_open_ns
        start_ns = min(self._pending, default=to_ns) if last is None else last + self.interval_ns
        if start_ns >= to_ns:
            return
        self._requested_to_ns = to_ns
        self.confirm_by_ns = now_ns + self._confirm_timeout_ns
        out.append(
            CandlesRequested(
                at_ns=now_ns,
                symbol=self.symbol,
                interval_s=self.interval_ns // NS_PER_S,
                start_ns=start_ns,
                end_ns=to_ns,
            )
        )

    def _close_from(self, update: CandleUpdate, now_ns: int, out: list[Output]) -> None:
        open_ns = update.open_ns
        if self.closed:
            expected_ns = self.closed[-1].open_ns + self.interval_ns
            if open_ns < expected_ns:
                return  # a bar we have: REST pages overlap, and a confirmation may come twice
            if open_ns > expected_ns:
                self._note_gap(expected_ns, open_ns, now_ns, out)
        end_ns = open_ns + self.interval_ns
        is_newest = end_ns >= self._requested_to_ns
        is_live = is_newest and end_ns > self._live_from_ns
        self._give(update, now_ns, out, is_backfilled=not is_live)
        if is_newest:
            self.confirm_by_ns = None
            self._retries = 0

    def _give_up(self, now_ns: int, out: list[Output]) -> None:
        """Close what was pushed but never confirmed; name what is missing."""
        self.confirm_by_ns = None
        for open_ns in sorted(self._pending):
            last = self.last_open_ns
            if last is not None and open_ns <= last:
                continue
            if last is not None and open_ns > last + self.interval_ns:
                self._note_gap(last + self.interval_ns, open_ns, now_ns, out)
            self._give(self._pending[open_ns], now_ns, out, is_confirmed=False)

    def _note_gap(self, from_ns: int, to_ns: int, now_ns: int, out: list[Output]) -> None:
        self._whole_from_ns = None
        out.append(CandleGap(at_ns=now_ns, symbol=self.symbol, from_ns=from_ns, to_ns=to_ns))

    def _give(
        self,
        bar: CandleUpdate,
        now_ns: int,
        out: list[Output],
        *,
        is_confirmed: bool = True,
        is_backfilled: bool = False,
    ) -> None:
        candle = closed_bar(bar, now_ns, is_confirmed=is_confirmed, is_backfilled=is_backfilled)
        if self._pending:
            self._pending = {at: bar_ for at, bar_ in self._pending.items() if at > bar.open_ns}
        self.closed.append(candle)
        if self._whole_from_ns is None:
            self._whole_from_ns = candle.open_ns
        out.append(candle)


def closed_bar(
    bar: CandleUpdate, at_ns: int, *, is_confirmed: bool = True, is_backfilled: bool = False
) -> CandleClosed:
    """Return a bar as it is given out once it is over."""
    return CandleClosed(
        at_ns,
        bar.symbol,
        bar.interval_s,
        bar.open_ns,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.turnover,
        is_confirmed,
        is_backfilled,
    )
