"""Units and exact numbers.

Market data is compared as floats, decoded once from the venue's decimal strings. Whatever is
traded or booked is a ``Decimal``: a level's price becomes ``Decimal(repr(x))``, which gives back
the venue's own digits, because ``repr`` is the shortest string that reads back as the same float.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
NS_PER_MINUTE: Final = 60 * NS_PER_S
NS_PER_HOUR: Final = 3_600 * NS_PER_S
NS_PER_DAY: Final = 86_400 * NS_PER_S
NEVER_NS: Final = 1 << 62
"""Later than any time: nothing is due."""

MONEY_QUANTUM: Final = Decimal("0.00000001")
"""Smallest ledger amount, in the quote currency (USDT). Every ledger line is a multiple of it."""
TICKS_MOST: Final = 1e8
"""Beyond so many ticks a float is not asked where on the lattice it is."""
DOUBT_TICKS: Final = 1e-6
"""So near a price of the lattice a float does not tell on which side of it it is."""

ZERO: Final = Decimal(0)
BPS: Final = Decimal(10_000)
KNOWN_DIGITS_MOST: Final = 1_024

_floor: Final = Context(rounding=ROUND_FLOOR).to_integral_value
_ceiling: Final = Context(rounding=ROUND_CEILING).to_integral_value


def seconds_to_ns(seconds: float) -> int:
    """Return a duration in seconds as whole nanoseconds.

    >>> seconds_to_ns(0.31)
    310000000
    """
    return round(seconds * NS_PER_S)


def exact(number: float) -> Decimal:
    """Return the decimal digits a finite market-data float was decoded from.

    >>> exact(86511.1)
    Decimal('86511.1')
    """
    if number and type(number) is float:  # 0.0 == -0.0 and 1.0 == 1, each with digits of its own
        return _KNOWN_DIGITS[number]
    return digits(number)


def digits(number: float) -> Decimal:
    """Return the same of a number nobody asks for twice: it is not remembered.

    >>> digits(0.000012)
    Decimal('0.000012')
    """
    return Decimal(repr(number))


class _Digits(dict[float, Decimal]):
    """Remembered, because one price of the market is asked for by everyone who looks at it."""

    def __missing__(self, number: float) -> Decimal:
        if len(self) >= KNOWN_DIGITS_MOST:
            self.clear()
        digits = self[number] = Decimal(repr(number))
        return digits


_KNOWN_DIGITS: Final = _Digits()


def money(amount: Decimal) -> Decimal:
    """Round an amount of quote currency to the ledger's quantum, half to even.

    >>> money(Decimal("0.777080760000001"))
    Decimal('0.77708076')
    """
    return amount.quantize(MONEY_QUANTUM, ROUND_HALF_EVEN)


def floor_to_step(quantity: Decimal, step: Decimal) -> Decimal:
    """Round a non-negative quantity down to a whole number of lot steps.

    >>> floor_to_step(Decimal("0.01239"), Decimal("0.0001"))
    Decimal('0.0123')
    """
    return _floor(quantity / step) * step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Tell whether a price or quantity lies on the instrument's lattice."""
    return not value % step


def tick_beyond(price: float, tick: Decimal, *, is_above: bool) -> Decimal | None:
    """Return the next price of the tick lattice above a float, or below it; None: it cannot tell.

    For what a few operations have made of exact numbers. That is off by less than 1e-15 of itself,
    so up to ``TICKS_MOST`` by a tenth of ``DOUBT_TICKS``.

    >>> [tick_beyond(price, Decimal("0.1"), is_above=True) for price in (86511.17, 86511.1)]
    [Decimal('86511.2'), None]
    """
    ticks = price / float(tick)
    if not 1.0 < ticks < TICKS_MOST:
        return None
    below = int(ticks)
    if not DOUBT_TICKS < ticks - below < 1.0 - DOUBT_TICKS:
        return None
    return (below + is_above) * tick


def price_down(price: Decimal, tick: Decimal) -> Decimal:
    """Round a price down to the tick lattice.

    >>> price_down(Decimal("86511.17"), Decimal("0.1"))
    Decimal('86511.1')
    """
    return _floor(price / tick) * tick


def price_up(price: Decimal, tick: Decimal) -> Decimal:
    """Round a price up to the tick lattice.

    >>> price_up(Decimal("86511.11"), Decimal("0.1"))
    Decimal('86511.2')
    """
    return _ceiling(price / tick) * tick
