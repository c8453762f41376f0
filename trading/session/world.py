"""Which market a session lives in: addresses and clock."""

from __future__ import annotations

import msgspec

from trading.io.clock import SessionClock
from trading.venues.bitunix import REST_URL, WS_URL


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses of the venue, and for an embedded exchange the anchors of its clock.

    They are shared by every process of its sessions: the monotonic clock is the machine's, so all
    tell the same session time. A real market has speed 1 and the wall clock, by which each process
    sets its own: the monotonic clock begins anew with the machine and stands while it sleeps.
    """

    rest_url: str
    ws_url: str
    anchor_monotonic_ns: int = 0
    anchor_unix_ns: int = 0
    speed: float = 1.0
    is_embedded: bool = False
    tape_end_ns: int | None = None

    def clock(self, not_before_ns: int = 0) -> SessionClock:
        """Return the clock of this process; ``not_before_ns``: the session's newest record."""
        if not self.is_embedded:
            return SessionClock.live(not_before_ns)
        return SessionClock(
            anchor_monotonic_ns=self.anchor_monotonic_ns,
            anchor_unix_ns=self.anchor_unix_ns,
            speed=self.speed,
        )


def real_world() -> World:
    """Return the real venue."""
    return World(rest_url=REST_URL, ws_url=WS_URL)
