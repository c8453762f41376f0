"""Which market a session lives in: addresses and clock."""

from __future__ import annotations

import msgspec

from trading.io.clock import SessionClock
from trading.venues.bitunix import REST_URL, WS_URL


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of the venue, and the anchors of the session clock.

    The anchors are shared by every process of an embedded session: the monotonic clock is the
    machine's, so all of them tell the same session time. A real market has speed 1.
    """

    rest_url: str
    ws_url: str
    anchor_monotonic_ns: int
    anchor_unix_ns: int
    speed: float = 1.0
    is_embedded: bool = False
    tape_end_ns: int | None = None

    def clock(self) -> SessionClock:
        """Return the session's clock."""
        return SessionClock(
            anchor_monotonic_ns=self.anchor_monotonic_ns,
            anchor_unix_ns=self.anchor_unix_ns,
            speed=self.speed,
        )


def real_world() -> World:
    """Return the real venue, with the local clock as it is now."""
    clock = SessionClock.live()
    return World(
        rest_url=REST_URL,
        ws_url=WS_URL,
        anchor_monotonic_ns=clock.anchor_monotonic_ns,
        anchor_unix_ns=clock.anchor_unix_ns,
    )
