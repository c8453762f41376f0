"""Bar lengths and their two spellings."""

from __future__ import annotations

import pytest

from trading.config import INTERVALS
from trading.errors import ConfigError
from trading.venues.bitunix.intervals import INTERVAL_NAMES, interval_name


def test_every_bar_length_a_session_may_ask_for_has_both_names() -> None:
    """What the config accepts, the venue can be asked for."""
    assert set(INTERVALS) <= set(INTERVAL_NAMES)


@pytest.mark.parametrize(
    ("interval_s", "rest", "push"),
    [
        (60, "1m", "1min"),
        (900, "15m", "15min"),
        (3_600, "1h", "60min"),
        (14_400, "4h", "4h"),
        (86_400, "1d", "1day"),
    ],
)
def test_rest_and_push_spell_the_same_length_differently(
    interval_s: int, rest: str, push: str
) -> None:
    """An hour is 1h in REST and 60min in a channel's name."""
    assert (rest, push) == interval_name(interval_s)


def test_every_length_divides_a_day() -> None:
    """The bar of a time is its floor: no bar starts at an odd hour."""
    assert all(86_400 % interval_s == 0 for interval_s in INTERVAL_NAMES)


@pytest.mark.parametrize("interval_s", [0, -60, 61, 180, 420, 259_200])
def test_a_length_the_venue_has_not_is_refused_before_it_is_sent(interval_s: int) -> None:
    """The venue would answer it with success and no bars."""
    with pytest.raises(ConfigError, match="interval_s: expected one of 60, 300"):
        interval_name(interval_s)
