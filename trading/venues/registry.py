"""Which venue a session's ``source`` speaks to."""

from __future__ import annotations

from trading.errors import ConfigError
from trading.venues.base import Venue
from trading.venues.bitunix import Bitunix
from trading.venues.recording import Recording

_SPEAKS_BITUNIX = ("bitunix", "embedded")
"""The embedded exchange speaks Bitunix's protocol, so its sessions use the real codec."""


def venue_named(source: str) -> Venue:
    """Return the codec of the venue behind a session's ``source``.

    Raises:
        ConfigError: when no venue has that name.
    """
    if source in _SPEAKS_BITUNIX:
        return Bitunix()
    if source == Recording.name:
        return Recording()
    raise ConfigError(
        "source",
        source,
        "one of " + ", ".join((*_SPEAKS_BITUNIX, Recording.name)),
        "choose a venue this project has a codec for",
    )
