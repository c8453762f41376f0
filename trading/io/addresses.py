"""Which addresses never leave this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine, by its name or address alone.

    A configured proxy is for the world outside: it must not stand before the embedded exchange.

    >>> is_loopback("ws://127.0.0.1:8765/public/"), is_loopback("https://fapi.bitunix.com")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
