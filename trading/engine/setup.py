"""Everything an engine is built from, as one value; the journal's first record holds it."""

from __future__ import annotations

import msgspec

from trading.account.head import AccountHead
from trading.account.terms import MarginTerms
from trading.config import SessionConfig
from trading.model.events import Channel
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.sides import PositionMode

VENUE_CHANNELS = (Channel.BOOK, Channel.PRICE, Channel.CANDLE, Channel.TRADE)


class EngineSetup(msgspec.Struct, frozen=True, kw_only=True):
    """The same setup and the same inputs give the same outputs, to the byte.

    ``opened_ns`` and ``deadline_ns`` are session time. ``channels`` are the ones a venue feeds and
    the engine watches; a replayed file has none. ``builds_candles``: bars are built from trades.
    """

    session_id: str
    config: SessionConfig
    instruments: tuple[Instrument, ...]
    head: AccountHead
    opened_ns: int
    deadline_ns: int
    channels: tuple[Channel, ...] = VENUE_CHANNELS
    builds_candles: bool = False


def terms_of(config: SessionConfig) -> MarginTerms:
    """Return the terms a config asks for."""
    return MarginTerms(
        mode=MarginMode(config.margin_mode),
        leverage=config.leverage,
        leverages=config.leverages,
        position_mode=PositionMode(config.position_mode),
    )
