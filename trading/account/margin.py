"""What a position must keep, and at which mark it is liquidated: pure functions of the tiers.

``backing`` is what stands behind a position besides its own unrealised profit, in the quote coin:
the margin set aside for it (isolated), or all the account could still lose (cross). Knows no
wallet, no order and no sequence; which rule of a venue applies is in the ``Instrument``.

Both families of maintenance margin, of a tier with rate ``m`` and amount ``c``:

======  =========================  ======================================================
basis   maintenance                liquidated at mark (``Q``, ``C`` signed quantity, cost)
======  =========================  ======================================================
mark    ``|Q| * M * m - c``        ``(C - backing - c) / (Q - |Q| * m)``
entry   ``|C| * m - c``            ``(C - backing + |C| * m - c) / Q``
======  =========================  ======================================================

With the closing fee inside (``maintenance_holds_fee``), ``m`` is larger by the taker rate.

Source: Binance FAQ b3c689c1 (mark); Bitunix help centre "MMR", id 78 and 151 (entry); Bitget
12560603808759 and OKX (the fee inside).
"""

from __future__ import annotations

from decimal import Decimal

from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.margin import MaintenanceBasis, MarginTier
from trading.model.numbers import ZERO, floor_to_step


def tier_of(instrument: Instrument, notional: Decimal) -> MarginTier | None:
    """Return the tier of a notional, the last one beyond them all; None: there are none."""
    for tier in instrument.tiers:
        if notional <= tier.notional_to:
            return tier
    return instrument.tiers[-1] if instrument.tiers else None


def maintenance(instrument: Instrument, position: Position, mark: Decimal) -> Decimal:
    """Return what must be left of backing and profit at a mark, or the position is liquidated."""
    notional = _notional(instrument, position, mark)
    tier = tier_of(instrument, notional)
    if tier is None:
        return ZERO
    return notional * _rate(instrument, tier) - tier.maintenance_amount


def liquidation_price(
    instrument: Instrument, position: Position, backing: Decimal
) -> Decimal | None:
    """Return the mark at which maintenance is reached; None: no price does it.

    By the mark, maintenance is that of the tier *at the liquidation price*, not of today's. It is
    the largest of what all tiers ask for (their amounts make it so), so the price reached first
    is the right one.

    >>> from tests.support.instruments import BTCUSDT_TIERED
    >>> long = Position(symbol="BTCUSDT", quantity=Decimal("0.5"), entry_value=Decimal(50_000))
    >>> liquidation_price(BTCUSDT_TIERED, long, backing=Decimal(500))
    Decimal('99400.00')
    """
    quantity = position.quantity
    if quantity == ZERO:
        return None
    cost = position.signed_cost
    if instrument.maintenance_basis is MaintenanceBasis.ENTRY or not instrument.tiers:
        price = (cost - backing + maintenance(instrument, position, ZERO)) / quantity
    else:
        held = abs(quantity)
        reached = (
            (cost - backing - tier.maintenance_amount) / (quantity - held * _rate(instrument, tier))
            for tier in instrument.tiers
        )
        price = max(reached) if quantity > ZERO else min(reached)
    return price if price > ZERO else None


def bankruptcy_price(position: Position, backing: Decimal) -> Decimal:
    """Return the price at which closing the position takes all of its backing; at least 0.

    Isolated with nothing added: ``entry * (1 - side / leverage)``.

    >>> long = Position(symbol="BTCUSDT", quantity=Decimal(1), entry_value=Decimal(10_000))
    >>> bankruptcy_price(long, backing=Decimal(200))
    Decimal('9800')
    """
    return max(ZERO, (position.signed_cost - backing) / position.quantity)


def lower_tier_quantity(instrument: Instrument, position: Position, mark: Decimal) -> Decimal:
    """Return how much of a position, in lot steps, the next lower tier holds; 0: there is none.

    >>> from tests.support.instruments import BTCUSDT_TIERED
    >>> long = Position(symbol="BTCUSDT", quantity=Decimal(1), entry_value=Decimal(60_000))
    >>> lower_tier_quantity(BTCUSDT_TIERED, long, mark=Decimal(55_000))
    Decimal('0.8333')
    """
    notional = _notional(instrument, position, mark)
    lower = [tier for tier in instrument.tiers if tier.notional_to < notional]
    if not lower:
        return ZERO
    held = abs(position.quantity)
    return floor_to_step(held * lower[-1].notional_to / notional, instrument.quantity_step)


def notional_most(instrument: Instrument, leverage: int) -> Decimal | None:
    """Return the largest notional that a leverage may be held with; None: there are no tiers.

    0: not even the first tier allows it.
    """
    if not instrument.tiers:
        return None
    return max(
        (tier.notional_to for tier in instrument.tiers if tier.leverage_max >= leverage),
        default=ZERO,
    )


def _notional(instrument: Instrument, position: Position, mark: Decimal) -> Decimal:
    if instrument.maintenance_basis is MaintenanceBasis.ENTRY:
        return position.entry_value
    return abs(position.quantity) * mark


def _rate(instrument: Instrument, tier: MarginTier) -> Decimal:
    if instrument.margin_rules.maintenance_holds_fee:
        return tier.maintenance_rate + instrument.taker_fee_rate
    return tier.maintenance_rate
