"""A symbol's trading rules and margin tiers as an ``Instrument``.

Source: Bitunix docs "Get trading pairs" and "Get position tiers", capture 2026-09-23. There are no
tick-size or lot-size fields: the lattice is in the two precisions. A minimum notional is not
published, so there is none. Maintenance margin is a fraction of the entry's notional, that of the
whole position's tier, and jumps where a tier begins (help centre, "MMR": open price x size x MMR).
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final, NoReturn

from msgspec.json import Decoder

from trading.errors import CallerVenueError, TransientVenueError
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.margin import MaintenanceBasis, MarginRules, MarginTier
from trading.model.numbers import BPS, ZERO, exact
from trading.venues.bitunix.replies import check_reply, payload
from trading.venues.bitunix.requests import instrument_requests
from trading.venues.bitunix.wire import UNREADABLE, Pair, Tier, bounded

_PAIRS: Final = Decoder(list[Pair], strict=False)
_TIERS: Final = Decoder(list[Tier], strict=False)
_ONE: Final = Decimal(1)

RULES: Final = MarginRules(
    maintenance_holds_fee=False,
    cost_holds_open_loss=True,
    cost_holds_closing_fee=True,
    steps_down=True,
    liquidation_fee_rate=Decimal("0.003"),
)
"""Open orders are cancelled, then the position steps down by tiers (help centre 32152530856601).

What an order must cover beside its margin is not published: both fees and the open loss count, as
at every venue that tells. Nor is the liquidation fee: Binance's of 2019 for BTCUSDT stands in.
"""

_STATUS: Final = MappingProxyType(
    {
        "OPEN": InstrumentStatus.OPEN,
        "CANCEL_ONLY": InstrumentStatus.CANCEL_ONLY,
        "STOP": InstrumentStatus.STOPPED,
        # Undocumented, seen on contracts that are announced but not open yet.
        "PREVIEW": InstrumentStatus.STOPPED,
    }
)


def decode_instrument(
    symbol: str,
    replies: tuple[bytes, ...],
    *,
    venue: str,
    taker_fee_bps: float,
    maker_fee_bps: float,
) -> Instrument:
    """Return the instrument that the replies to ``instrument_requests`` describe.

    Raises:
        CallerVenueError: when the venue does not know the symbol.
        TransientVenueError: when a reply is not usable.
    """
    requests = instrument_requests(symbol)
    for request, reply in zip(requests, replies, strict=True):
        check_reply(request, 200, reply)
    pair = _pair_of(symbol, replies[0])
    numbers = (pair.quantity_min, pair.limit_quantity_max, pair.market_quantity_max)
    if not all(number.is_finite() and number > ZERO for number in numbers):
        _unusable(symbol, "a quantity limit is not a finite number above 0")
    if not (pair.price_band.is_finite() and pair.price_band > ZERO):
        _unusable(symbol, f"priceProtectScope {pair.price_band} is not above 0")
    status = _STATUS.get(pair.status)
    if status is None:
        _unusable(symbol, f"unknown symbolStatus {bounded(pair.status)!r}")
    return Instrument(
        venue=venue,
        symbol=pair.symbol,
        base=pair.base,
        quote=pair.quote,
        tick_size=_ONE.scaleb(-pair.price_decimals),
        quantity_step=_ONE.scaleb(-pair.quantity_decimals),
        quantity_min=pair.quantity_min,
        limit_quantity_max=pair.limit_quantity_max,
        market_quantity_max=pair.market_quantity_max,
        notional_min=ZERO,
        leverage_max=pair.leverage_max,
        price_band=pair.price_band,
        taker_fee_rate=exact(taker_fee_bps) / BPS,
        maker_fee_rate=exact(maker_fee_bps) / BPS,
        maintenance_basis=MaintenanceBasis.ENTRY,
        status=status,
        tiers=_tiers_of(symbol, replies[1]),
        margin_rules=RULES,
    )


def _pair_of(symbol: str, reply: bytes) -> Pair:
    try:
        pairs = _PAIRS.decode(payload(reply))
    except UNREADABLE as error:
        _unusable(symbol, bounded(str(error)), error)
    for pair in pairs:
        if pair.symbol.upper() == symbol.upper():
            return pair
    raise CallerVenueError(
        f"symbol: expected one of Bitunix's trading pairs, was {symbol!r}; "
        "name the contract as the venue does (BTCUSDT, 1000PEPEUSDT)"
    )


def _tiers_of(symbol: str, reply: bytes) -> tuple[MarginTier, ...]:
    try:
        rows = _TIERS.decode(payload(reply))
    except UNREADABLE as error:
        _unusable(symbol, bounded(str(error)), error)
    if not rows:
        _unusable(symbol, "no margin tiers")
    numbers = [(row.notional_from, row.notional_to, row.maintenance_rate) for row in rows]
    if not all(number.is_finite() for row in numbers for number in row):
        _unusable(symbol, "a margin tier has a number that is not finite")
    rows.sort(key=lambda row: row.notional_from)
    covered_to = ZERO
    for row in rows:
        if not row.notional_from == covered_to < row.notional_to:
            _unusable(symbol, f"margin tiers leave a hole or overlap at {covered_to}")
        if not ZERO < row.maintenance_rate < 1:
            _unusable(symbol, f"margin tier at {covered_to}: the rate is not between 0 and 1")
        covered_to = row.notional_to
    return tuple(
        MarginTier(
            notional_from=row.notional_from,
            notional_to=row.notional_to,
            leverage_max=row.leverage_max,
            maintenance_rate=row.maintenance_rate,
        )
        for row in rows
    )


def _unusable(symbol: str, found: str, cause: Exception | None = None) -> NoReturn:
    raise TransientVenueError(
        f"instrument {symbol}: {found}; the venue's reply is unusable, try again later"
    ) from cause
