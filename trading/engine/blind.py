"""When nobody was listening: stretches of exchange time that only candles can tell about.

A lost connection, a dead process, or the hours between two sessions of an account that carries a
position. What happened to its stop meanwhile is settled from the bars of that time, pessimistically
and marked as such; no entry is ever taken on them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from trading.model.events import CandleClosed, CandleUpdate

SPANS_MOST: Final = 1_000
"""Spans waiting for their bars; more than that and the oldest is given up."""


class BlindSpans:
    """The stretches whose bars have not all been seen yet, oldest first."""

    __slots__ = ("_spans", "shut_ns")

    def __init__(self, spans: tuple[tuple[int, int], ...] = ()) -> None:
        """Start listening; ``spans`` are what the account's earlier sessions left open."""
        self.shut_ns: int | None = None
        """Where the span under way began; None while listening."""
        self._spans = list(spans)

    @property
    def is_shut(self) -> bool:
        """Whether nothing has been heard since the last ``shut``."""
        return self.shut_ns is not None

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The spans that are over, but whose bars have not all been seen."""
        return tuple(self._spans)

    def shut(self, last_ns: int) -> None:
        """Begin a span after the last thing heard, in exchange time."""
        if self.shut_ns is None and last_ns > 0:
            self.shut_ns = last_ns

    def hear(self, exchange_ns: int) -> None:
        """End the span: a message with this stamp was heard."""
        if self.shut_ns is not None:
            if exchange_ns > self.shut_ns:
                self._spans = [*self._spans[-SPANS_MOST + 1 :], (self.shut_ns, exchange_ns)]
            self.shut_ns = None

    def overlap(self, open_ns: int, close_ns: int) -> int | None:
        """Return where the last span inside a bar begins; None when all of the bar was heard.

        The last: what was armed between two spans of a bar may have been hit in the second.
        """
        if self.shut_ns is not None and close_ns > self.shut_ns:
            return self.shut_ns
        for begin_ns, end_ns in reversed(self._spans):
            if begin_ns < close_ns and end_ns > open_ns:
                return begin_ns
        return None

    def known_ns(self, exchange_ns: int) -> int:
        """Return up to when nothing is left for bars to tell; at most the time given."""
        if not self._spans:
            return exchange_ns if self.shut_ns is None else self.shut_ns
        begins = [begin_ns for begin_ns, _ in self._spans]
        if self.shut_ns is not None:
            begins.append(self.shut_ns)
        return min(begins)

    def forget(self, before_ns: int) -> None:
        """Drop the spans that end before a bar's close: all of their bars were seen."""
        if self._spans:
            self._spans = [span for span in self._spans if span[1] > before_ns]


def unheard_part(candle: CandleClosed, heard: CandleUpdate | None) -> CandleClosed:
    """Return what a bar shows of the time after it was last heard: its new extremes only.

    A low that was there before the silence began is no news, and an order armed after it must not
    be stopped by it. ``heard`` of another bar (or None) leaves the whole bar.
    """
    if heard is None or heard.open_ns != candle.open_ns:
        return candle
    low = candle.low if candle.low < heard.low else min(heard.close, candle.close)
    high = candle.high if candle.high > heard.high else max(heard.close, candle.close)
    return msgspec.structs.replace(candle, open=heard.close, low=low, high=high)
