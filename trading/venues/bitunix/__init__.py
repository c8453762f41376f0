"""Bitunix USDT-M perpetual futures, public data only. Nothing here can place an order.

Source: Bitunix API documents, and dated public captures of 2026-06 to 2026-10 where the two
differ. Nothing was tried against the live venue.
"""

from trading.venues.bitunix.requests import REST_URL, WS_URL
from trading.venues.bitunix.venue import Bitunix

__all__ = ["REST_URL", "WS_URL", "Bitunix"]
