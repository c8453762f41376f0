"""When market data is too old."""

from __future__ import annotations

from dataclasses import dataclass

from trading.config.checks import FORM, check_number, check_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """When market data is too old, in session time."""

    __pydantic_config__ = FORM

    first_message_timeout_s: float = 5.0
    """Each timed channel must deliver within this of subscribing, or it counts as deaf."""
    stale_s: float = 8.0
    """Age of a channel from which no position is opened."""
    reconnect_s: float = 18.0
    """Age from which the connection is replaced."""
    stop_s: float = 60.0
    """Age from which the session ends as ``feed_failed``."""
    trade_patience: float = 4.0
    """The trade channel speaks only when somebody trades: its limits are this many times longer."""
    candle_confirm_timeout_s: float = 10.0
    """A bar the venue's REST does not confirm within this is closed as pushed, untradable."""
    queue_frames_max: int = 10_000
    """Frames waiting for the engine; one more ends the connection."""

    def __post_init__(self) -> None:
        """Check every field, and that the three steps rise."""
        check_number("first_message_timeout_s", self.first_message_timeout_s, above=0, most=600)
        check_number("stale_s", self.stale_s, above=0, most=3_600)
        check_number("reconnect_s", self.reconnect_s, above=self.stale_s, most=3_600)
        check_number("stop_s", self.stop_s, above=self.reconnect_s, most=86_400)
        check_number("trade_patience", self.trade_patience, least=1, most=100)
        check_number("candle_confirm_timeout_s", self.candle_confirm_timeout_s, above=0, most=600)
        check_whole("queue_frames_max", self.queue_frames_max, least=100, most=1_000_000)
