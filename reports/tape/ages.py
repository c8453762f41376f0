"""How old each channel of the market data was, all the time: the engine's own ages, over again.

The journal keeps every frame as it came, with its instant; the ages are what ``FeedHealth`` makes
of those. Between two messages a channel grows older second by second; each message makes it young.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trading.market.feed_health import FeedHealth
from trading.model.events import BookUpdate, CandleUpdate, Channel, MarkPrice, PublicTrade
from trading.model.numbers import NS_PER_S

Seen = BookUpdate | PublicTrade | CandleUpdate | MarkPrice
_CHANNELS: Final[dict[type[Seen], Channel]] = {
    BookUpdate: Channel.BOOK,
    PublicTrade: Channel.TRADE,
    CandleUpdate: Channel.CANDLE,
    MarkPrice: Channel.PRICE,
}


@dataclass(slots=True)
class Heard:
    """Every time a channel was heard: when, how old it had become, and how old it still was."""

    at_ns: array[int] = field(default_factory=lambda: array("q"))
    before_ns: array[int] = field(default_factory=lambda: array("q"))
    after_ns: array[int] = field(default_factory=lambda: array("q"))

    def oldest_s(self, edges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the greatest age within each stretch between neighbouring edges, in seconds.

        ``edges`` rise, and the first is when the channel began to be waited for.
        """
        at, before, after = (
            np.frombuffer(each, dtype=np.int64) if each else np.array([], dtype=np.int64)
            for each in (self.at_ns, self.before_ns, self.after_ns)
        )
        heard = np.searchsorted(at, edges[1:], side="right")
        last = np.append(edges[0], at)[heard]
        ages = edges[1:] - last + np.append(0, after)[heard]
        columns = np.searchsorted(edges, at, side="left") - 1
        inside = (columns >= 0) & (columns < ages.size)
        np.maximum.at(ages, columns[inside], before[inside])
        seconds: NDArray[np.float64] = ages / NS_PER_S
        return seconds


class AgesFold:
    """Takes every message of one symbol, in the order they came."""

    __slots__ = ("_health", "channels")

    def __init__(self, health: FeedHealth) -> None:
        """Begin with every channel the session watched, none of them heard."""
        self._health = health
        self.channels = {channel: Heard() for channel in health.last_ns}

    def see(self, event: Seen) -> None:
        """Note how old the channel was before a push; a bar's confirmation is none."""
        channel = _CHANNELS[type(event)]
        heard = self.channels.get(channel)
        if heard is None or (isinstance(event, CandleUpdate) and event.is_closed):
            return
        before_ns = self._health.age_ns(channel, event.received_ns)
        if self._health.heard(channel, event.exchange_ns, event.received_ns):
            heard.at_ns.append(event.received_ns)
            heard.before_ns.append(before_ns)
            heard.after_ns.append(self._health.age_ns(channel, event.received_ns))
