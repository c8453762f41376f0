"""Which addresses are this machine."""

from __future__ import annotations

import pytest

from trading.io.addresses import is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8765",
        "ws://127.1.2.3/public/",
        "ws://localhost:1/",
        "HTTP://LOCALHOST",
        "ws://[::1]:9/",
    ],
)
def test_loopback_is_recognised(url: str) -> None:
    """By name and by number, in both families."""
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://fapi.bitunix.com",
        "wss://fapi.bitunix.com/public/",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "",
        "127.0.0.1",
    ],
)
def test_nothing_else_is(url: str) -> None:
    """A name that only looks like it is a stranger's."""
    assert not is_loopback(url)
