"""The opening of a session nobody ran: ten minutes on a flat account of ten thousand."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.engine import EngineSetup
from trading.journal.record import SCHEMA_VERSION, Opening
from trading.model.events import Channel
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.margin import MaintenanceBasis
from trading.model.numbers import NS_PER_S

OPENED_NS = 1_795_233_600 * NS_PER_S
"""2026-11-21 04:00:00 UTC."""
SYMBOL = "BTCUSDT"
TAKER = Decimal("0.0006")


def instrument() -> Instrument:
    """Return the rules of the one contract traded here."""
    return Instrument(
        venue="bitunix",
        symbol=SYMBOL,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        quantity_step=Decimal("0.0001"),
        quantity_min=Decimal("0.0001"),
        limit_quantity_max=Decimal(1000),
        market_quantity_max=Decimal(1000),
        notional_min=Decimal(0),
        leverage_max=125,
        price_band=Decimal("0.05"),
        taker_fee_rate=TAKER,
        maker_fee_rate=Decimal("0.0002"),
        maintenance_basis=MaintenanceBasis.ENTRY,
        status=InstrumentStatus.OPEN,
    )


def told_opening(
    config: SessionConfig | None = None, *, wallet: str = "10000.00", has_channels: bool = True
) -> Opening:
    """Return an opening of ten minutes on a flat account."""
    config = config or SessionConfig(strategy="sma_cross", minutes=10)
    setup = EngineSetup(
        session_id="20261121T040000Z-BTCUSDT-sma_cross-3f9a",
        config=config,
        instruments=(instrument(),),
        head=AccountHead(wallet=Decimal(wallet)),
        opened_ns=OPENED_NS,
        deadline_ns=OPENED_NS + round(config.duration_s * NS_PER_S),
        channels=tuple(Channel) if has_channels else (),
    )
    return Opening(
        schema_version=SCHEMA_VERSION,
        setup=setup,
        config_digest=config.digest(),
        source_digest="ab" * 32,
        versions={"paper-session": "0.1.0", "python": "3.11.7"},
        venue="bitunix",
        endpoint={"rest": "https://venue.invalid"},
    )


def with_instrument(opening: Opening, rules: Instrument) -> Opening:
    """Return the same opening with other rules for its contract."""
    return structs.replace(opening, setup=structs.replace(opening.setup, instruments=(rules,)))
