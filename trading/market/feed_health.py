"""How old each channel is, in exchange time. "Connected" is not "receiving".

The age of a channel is how far the exchange's clock has moved since the channel's last message.
That clock is estimated from the local one by the smallest delay seen between a message's stamp
and its arrival: a replay of old messages therefore looks as old as it is, and a wrong local clock
does no harm.
"""

from __future__ import annotations

from typing import Final

from trading.config import FeedConfig
from trading.model.events import Channel, FeedStage, FeedStageChanged, Output
from trading.model.numbers import NS_PER_MS, seconds_to_ns

TIMED_CHANNELS: Final = (Channel.BOOK, Channel.PRICE, Channel.CANDLE)
"""Channels the venue pushes on a timer, busy or quiet."""


class FeedHealth:
    """The stage of every channel of one symbol; only ``check`` changes a stage.

    A symbol fed without a venue (candle files, tapes in a replay) has no watched channels and is
    always fresh: its events are the market, there is nothing else to wait for.
    """

    __slots__ = (
        "_connected_ns",
        "_first_message_ns",
        "_limits_ns",
        "_listening_ns",
        "_start_ns",
        "last_ns",
        "offset_ns",
        "stages",
        "symbol",
        "waiting",
    )

    def __init__(
        self, symbol: str, channels: tuple[Channel, ...], config: FeedConfig, start_ns: int
    ) -> None:
        """Start with every channel waiting for its first message since ``start_ns``."""
        self.symbol = symbol
        self.last_ns: dict[Channel, int] = dict.fromkeys(channels, 0)
        """Newest exchange stamp of each watched channel, over all connections; 0: none yet."""
        self.offset_ns: int | None = None
        """Smallest ``received - exchange`` seen: clock difference plus the shortest delay."""
        self.stages = dict.fromkeys(channels, FeedStage.WAITING)
        self.waiting = set(channels)
        """Channels that have delivered nothing on this connection."""
        self._start_ns = start_ns
        self._listening_ns = start_ns
        self._connected_ns: int | None = None
        self._first_message_ns: dict[Channel, int] = {}
        self._limits_ns: dict[Channel, tuple[int, int, int]] = {}
        for channel in channels:
            patience = 1.0 if channel in TIMED_CHANNELS else config.trade_patience
            self._first_message_ns[channel] = seconds_to_ns(
                config.first_message_timeout_s * patience
            )
            self._limits_ns[channel] = (
                seconds_to_ns(config.stale_s * patience),
                seconds_to_ns(config.reconnect_s * patience),
                seconds_to_ns(config.stop_s * patience),
            )

    def heard(self, channel: Channel, exchange_ns: int, received_ns: int) -> bool:
        """Take note of a message; False when it is older than what the channel already said."""
        previous = self.last_ns.get(channel)
        if previous is None:
            return True
        if exchange_ns < previous:
            return False
        self.last_ns[channel] = exchange_ns
        delay_ns = received_ns - exchange_ns
        if self.offset_ns is None or delay_ns < self.offset_ns:
            self.offset_ns = delay_ns
        if self.waiting:
            self.waiting.discard(channel)
        return True

    def disconnected(self) -> None:
        """Trust nothing until it is heard again."""
        self.waiting = set(self.last_ns)
        self._connected_ns = None

    def connected(self, now_ns: int) -> None:
        """Begin to wait for first messages: a new connection has delivered nothing yet."""
        self.waiting = set(self.last_ns)
        self._connected_ns = now_ns

    def _is_deaf(self, channel: Channel, now_ns: int) -> bool:
        """Tell whether a connection had its time for a channel's first message, and has none."""
        return (
            channel in self.waiting
            and self._connected_ns is not None
            and now_ns - self._connected_ns >= self._first_message_ns[channel]
        )

    def listen(self, now_ns: int, *, has_new_clock: bool) -> None:
        """Begin to listen, after a time in which nobody did.

        Under a new clock the offset is measured again; until then ages are counted from here.
        """
        self._listening_ns = now_ns
        if has_new_clock:
            self.offset_ns = None
            self._start_ns = now_ns

    def age_ns(self, channel: Channel, now_ns: int) -> int:
        """Return the age of a channel; before the first message ever, the time it was waited for.

        A lost connection does not make a channel young again: only a message does.
        """
        last = self.last_ns[channel]
        if last == 0 or self.offset_ns is None:
            return now_ns - self._start_ns
        return max(0, now_ns - last - self.offset_ns)

    def check(self, now_ns: int, out: list[Output]) -> None:
        """Move every channel to the stage its age asks for."""
        for channel, stage in self.stages.items():
            age_ns = self.age_ns(channel, now_ns)
            stale_ns, dead_ns, _ = self._limits_ns[channel]
            if age_ns >= dead_ns or self._is_deaf(channel, now_ns):
                following = FeedStage.DEAD
            elif channel in self.waiting:
                following = FeedStage.WAITING
            elif age_ns >= stale_ns:
                following = FeedStage.STALE
            else:
                following = FeedStage.FRESH
            if following is not stage:
                self.stages[channel] = following
                out.append(
                    FeedStageChanged(
                        at_ns=now_ns,
                        symbol=self.symbol,
                        channel=channel,
                        stage=following,
                        age_ms=age_ns // NS_PER_MS,
                    )
                )

    def unfresh(self) -> tuple[str, ...]:
        """Return ``channel: stage`` of every channel that was not fresh at the last check."""
        if not self.stages:
            return ()
        return tuple(
            f"{channel}: {stage}"
            for channel, stage in self.stages.items()
            if stage is not FeedStage.FRESH
        )

    def dead(self) -> tuple[Channel, ...]:
        """Return the channels that need a new connection: too old, or deaf on this one."""
        return tuple(c for c, stage in self.stages.items() if stage is FeedStage.DEAD)

    def hopeless(self, now_ns: int) -> tuple[Channel, ...]:
        """Return the channels that stayed silent past their last limit, over all reconnects.

        Only silence that was listened to counts.
        """
        listened_ns = now_ns - self._listening_ns
        return tuple(
            c
            for c in self.dead()
            if min(self.age_ns(c, now_ns), listened_ns) >= self._limits_ns[c][2]
        )
