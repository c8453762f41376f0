"""The registry: which codec a session's source speaks."""

from __future__ import annotations

import pytest

from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.venues.base import Venue
from trading.venues.bitunix import REST_URL, WS_URL
from trading.venues.registry import venue_named


@pytest.mark.parametrize("source", ["bitunix", "embedded"])
def test_both_sources_speak_bitunix(source: str) -> None:
    """The embedded exchange is spoken to with the very codec of the real venue."""
    venue: Venue = venue_named(source)

    assert "bitunix" == venue.name


def test_every_source_a_session_may_name_has_a_venue() -> None:
    """A config that is accepted never fails for want of a codec."""
    assert "bitunix" == venue_named(SessionConfig().source).name


def test_an_unknown_source_is_refused_with_what_is_known() -> None:
    """A wrong name is told together with the right ones."""
    with pytest.raises(ConfigError, match=r"one of bitunix, embedded, recording, was 'kraken'"):
        venue_named("kraken")


def test_the_public_endpoints_are_encrypted() -> None:
    """The real venue is only ever reached over TLS, at the documented public paths."""
    assert ("https://fapi.bitunix.com", "wss://fapi.bitunix.com/public/") == (REST_URL, WS_URL)
