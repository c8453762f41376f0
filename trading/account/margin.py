"""What a position must keep, and at which mark it is liquidated: pure functions of the tiers.

``backing`` is what stands behind a position besides its own unrealised profit, in the quote coin:
the margin set aside for it (isolated), or all the account could still lose (cross). Knows no
wallet, no order and no sequence; which rule of a venue applies is in the ``Instrument``.

Both families of maintenance margin, of a tier with rate ``m`` and amount ``c``; ``Q`` and ``C``
are the signed quantity and cost, ``H`` and ``E`` the same without their signs:

======  =========================  ======================================================
basis   maintenance                liquidated at mark
======  =========================  ======================================================
mark    ``H * M * m - c``          ``(C - backing - c) / (Q - H * m)``
entry   ``E * m - c``              ``(C - backing + E * m - c) / Q``
======  =========================  ======================================================

A long and a short of one symbol that stand behind each other (hedge mode, cross) are one
``Stake``: signed they net, without their signs they add up, and so does the notional that finds
their tier. Where they nearly net, maintenance by the mark grows faster than their profit: such a
stake has a liquidation price above the mark as well as one below.

With the closing fee inside (``maintenance_holds_fee``), ``m`` is larger by the taker rate.

Source: Binance FAQ b3c689c1 (mark); Bitunix help centre "MMR", id 78 and 151 (entry; cross, both
directions of a symbol find one tier; isolated, each its own); Bitget
12560603808759 and OKX (the fee inside).
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from typing import NamedTuple, Protocol

from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.margin import MarginTier
from trading.model.numbers import ZERO, floor_to_step
from trading.model.sides import Side


def tier_of(instrument: Instrument, notional: Decimal) -> MarginTier | None:
    """Return the tier of a notional, the last one beyond them all; None: there are none."""
    for tier in instrument.tiers:
        if notional <= tier.notional_to:
            return tier
    return instrument.tiers[-1] if instrument.tiers else None


class Stake(Protocol):
    """What is margined together: a position, or in cross mode both of a symbol."""

    @property
    def quantity(self) -> Decimal:
        """Signed; a long and a short net."""
        ...

    @property
    def held(self) -> Decimal:
        """Without signs; a long and a short add up."""
        ...

    @property
    def signed_cost(self) -> Decimal:
        """What it cost, negative for a short."""
        ...

    @property
    def entry_value(self) -> Decimal:
        """The same without signs."""
        ...


class Together(NamedTuple):
    """A long and a short of one symbol as one stake."""

    quantity: Decimal
    held: Decimal
    signed_cost: Decimal
    entry_value: Decimal

    @classmethod
    def of(cls, positions: Sequence[Position]) -> Together:
        """Put positions together."""
        return cls(
            quantity=sum((each.quantity for each in positions), ZERO),
            held=sum((each.held for each in positions), ZERO),
            signed_cost=sum((each.signed_cost for each in positions), ZERO),
            entry_value=sum((each.entry_value for each in positions), ZERO),
        )


def maintenance(instrument: Instrument, stake: Stake, mark: Decimal) -> Decimal:
    """Return what must be left of backing and profit at a mark, or the stake is liquidated."""
    return _maintenance_of(instrument, notional_of(instrument, stake, mark))


def _maintenance_of(instrument: Instrument, notional: Decimal) -> Decimal:
    tier = tier_of(instrument, notional)
    if tier is None:
        return ZERO
    return notional * _rate(instrument, tier) - tier.maintenance_amount


def bears_stop(
    instrument: Instrument, leverage: int, quantity: Decimal, price: Decimal, stop: Decimal
) -> bool:
    """Tell cheaply whether what opens at a price, isolated and by itself, surely lives at its stop.

    Its loss there and the maintenance must be less than its margin; ``liquidation_bounds`` finds
    where they are equal, with a division for each tier. Asked with one more of leverage than it
    has, so that no rounding makes a near miss a yes; what is told no may live, too.

    >>> from tests.support.instruments import BTCUSDT_TIERED
    >>> coin, entry = Decimal("0.1"), Decimal(50_000)
    >>> [bears_stop(BTCUSDT_TIERED, 10, coin, entry, Decimal(stop)) for stop in (49_850, 45_201)]
    [True, False]
    """
    notional, left = quantity * price, quantity * stop
    kept = _maintenance_of(instrument, notional if instrument.maintenance_basis.is_entry else left)
    return (leverage + 1) * (abs(notional - left) + kept) < notional


def liquidation_price(instrument: Instrument, stake: Stake, backing: Decimal) -> Decimal | None:
    """Return the mark on its losing side at which maintenance is reached; None: no price does it.

    >>> from tests.support.instruments import BTCUSDT_TIERED
    >>> long = Position(symbol="BTCUSDT", quantity=Decimal("0.5"), entry_value=Decimal(50_000))
    >>> liquidation_price(BTCUSDT_TIERED, long, backing=Decimal(500))
    Decimal('99400.00')
    """
    low, high = liquidation_bounds(instrument, stake, backing)
    return low if stake.quantity > ZERO else high


def liquidation_bounds(
    instrument: Instrument, stake: Stake, backing: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """Return the marks below and above at which maintenance is reached; None: no price does it.

    By the mark, maintenance is that of the tier *at the liquidation price*, not of today's. It is
    the largest of what all tiers ask for (their amounts make it so), so the price reached first
    is the right one.
    """
    quantity, rest = stake.quantity, stake.signed_cost - backing
    low: Decimal | None = None
    high: Decimal | None = None
    if instrument.maintenance_basis.is_entry or not instrument.tiers:
        rest += maintenance(instrument, stake, ZERO)
        if quantity > ZERO:
            low = rest / quantity
        elif quantity:
            high = rest / quantity
    else:
        held = stake.held
        for tier in instrument.tiers:
            slope = quantity - held * _rate(instrument, tier)
            if slope:
                price = (rest - tier.maintenance_amount) / slope
                if slope > ZERO:
                    low = price if low is None or price > low else low
                else:
                    high = price if high is None or price < high else high
    return low if low and low > ZERO else None, high if high and high > ZERO else None


def position_after(held: Position, side: Side, quantity: Decimal, price: Decimal) -> Position:
    """Return what a position becomes by opening on a side; held on the other, that is closed."""
    flat = Position(symbol=held.symbol, position_side=held.position_side)
    after = copy(held) if held.side is side else flat
    after.increase(side, price, quantity)
    return after


def bankruptcy_price(position: Position, backing: Decimal) -> Decimal:
    """Return the price at which closing the position takes all of its backing; at least 0.

    Isolated with nothing added: ``entry * (1 - side / leverage)``.

    >>> long = Position(symbol="BTCUSDT", quantity=Decimal(1), entry_value=Decimal(10_000))
    >>> bankruptcy_price(long, backing=Decimal(200))
    Decimal('9800')
    """
    return max(ZERO, (position.signed_cost - backing) / position.quantity)


def lower_tier_quantity(
    instrument: Instrument, position: Position, mark: Decimal, beside: Decimal = ZERO
) -> Decimal:
    """Return how much of a position, in lot steps, the next lower tier holds; 0: there is none.

    ``beside`` is the notional that finds its tier together with it.

    >>> from tests.support.instruments import BTCUSDT_TIERED
    >>> long = Position(symbol="BTCUSDT", quantity=Decimal(1), entry_value=Decimal(60_000))
    >>> lower_tier_quantity(BTCUSDT_TIERED, long, mark=Decimal(55_000))
    Decimal('0.8333')
    """
    notional = notional_of(instrument, position, mark)
    lower = [tier for tier in instrument.tiers if tier.notional_to < notional + beside]
    if not lower:
        return ZERO
    kept = max(ZERO, lower[-1].notional_to - beside)
    return floor_to_step(position.held * kept / notional, instrument.quantity_step)


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


def notional_of(instrument: Instrument, stake: Stake, mark: Decimal) -> Decimal:
    """Return the notional that finds a stake's tier, by the venue's basis."""
    if instrument.maintenance_basis.is_entry:
        return stake.entry_value
    return stake.held * mark


def _rate(instrument: Instrument, tier: MarginTier) -> Decimal:
    if instrument.margin_rules.maintenance_holds_fee:
        return tier.maintenance_rate + instrument.taker_fee_rate
    return tier.maintenance_rate
