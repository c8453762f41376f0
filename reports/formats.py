"""Numbers, times and spans as a person reads them.

Rounding happens here and nowhere before: everything else in ``reports`` keeps the journal's own
digits. A minus is a real minus sign, and a result always carries its sign, so that gain and loss
never differ by colour alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from trading.model.numbers import NS_PER_DAY, NS_PER_MS, NS_PER_S, ZERO

MINUS: Final = "\N{MINUS SIGN}"
NOTHING: Final = "\N{EN DASH}"
"""Stands where there is no number to show."""
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]#|~>])")
_NEVER: Final = 0.001
_SHORT_NS: Final = 10 * NS_PER_S


def rounded(amount: Decimal, places: int = 2) -> Decimal:
    """Round for showing; an amount that would vanish keeps its first two digits.

    >>> rounded(Decimal("12.345")), rounded(Decimal("0.000123"))
    (Decimal('12.34'), Decimal('0.00012'))
    """
    shown = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    if shown != ZERO:
        return shown
    if amount != ZERO:
        return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1), ROUND_HALF_EVEN)
    return abs(shown)


def plain(amount: Decimal | float, places: int = 2) -> str:
    """Return a number with thousands separated.

    >>> plain(Decimal("-10000.5"))
    '\N{MINUS SIGN}10,000.50'
    """
    return f"{rounded(Decimal(amount), places):,f}".replace("-", MINUS)


def signed(amount: Decimal, places: int = 2) -> str:
    """Return a number with its sign; nothing gained or lost has none.

    >>> signed(Decimal("3.1")), signed(Decimal("-0.5")), signed(Decimal(0))
    ('+3.10', '\N{MINUS SIGN}0.50', '0.00')
    """
    return ("+" if amount > ZERO else "") + plain(amount, places)


def full(amount: Decimal) -> str:
    """Return every digit, without trailing zeros beyond two places.

    >>> full(Decimal("10000.12000000")), full(Decimal(7))
    ('10,000.12', '7.00')
    """
    whole, _, fraction = f"{amount or ZERO:,f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}".replace("-", MINUS)


def full_signed(amount: Decimal) -> str:
    """Return every digit, with the sign."""
    return ("+" if amount > ZERO else "") + full(amount)


def digits(amount: Decimal) -> str:
    """Return a price or quantity with the venue's own digits.

    >>> digits(Decimal("86511.1")), digits(Decimal("0.0120")), digits(Decimal("1E+2"))
    ('86,511.1', '0.0120', '100')
    """
    return f"{amount:,f}".replace("-", MINUS)


def on_tick(price: Decimal, tick: Decimal) -> str:
    """Return an average price with one digit more than the venue's tick."""
    return plain(price, places_of(tick) + 1)


def places_of(tick: Decimal) -> int:
    """Return how many places a venue's step has.

    >>> places_of(Decimal("0.10")), places_of(Decimal(5))
    (1, 0)
    """
    exponent = tick.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def percent(share: Decimal | float, places: int = 1) -> str:
    """Return a fraction as a percentage.

    >>> percent(0.9973), percent(Decimal("-0.0012"), 2)
    ('99.7%', '\N{MINUS SIGN}0.12%')
    """
    return f"{plain(Decimal(share) * 100, places)}%"


def percent_at_least(share: float) -> str:
    """Return a fraction as a percentage rounded down: what is not whole is never called whole.

    >>> percent_at_least(0.99999), percent_at_least(1.0)
    ('99.9%', '100.0%')
    """
    tenths = (Decimal(share) * 1_000).to_integral_value(ROUND_FLOOR)
    return f"{tenths / 10:.1f}%"


def chance(share: float) -> str:
    """Return a probability as a percentage; what is next to never is not told in many digits.

    >>> chance(0.0672), chance(1e-9), chance(0.0)
    ('6.7%', 'under 0.1%', '0.0%')
    """
    return "under 0.1%" if 0.0 < share < _NEVER else percent(share)


def percent_signed(share: Decimal, places: int = 1) -> str:
    """Return a fraction as a percentage with its sign."""
    return ("+" if share > ZERO else "") + percent(share, places)


def duration(span_ns: int) -> str:
    """Return a span in its two largest units.

    >>> duration(598 * 10**9), duration(1_500_000_000), duration(90_000 * 10**9)
    ('9 min 58 s', '1.5 s', '1 d 1 h')
    """
    seconds = span_ns / NS_PER_S
    if span_ns < _SHORT_NS:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, name in units:
        count, whole = divmod(whole, size)
        parts.append((count, name))
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    told = [f"{count} {name}" for count, name in parts[first : first + 2] if count]
    return " ".join(told) or "0 s"


def count_of(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count_of(1, "fill"), count_of(3, "entry", "entries")
    ('1 fill', '3 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def utc(at_ns: int) -> str:
    """Return a full time to the second: ``2026-11-21 04:00:00 UTC``."""
    moment = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(at_ns: int) -> str:
    """Return a full time for machines, to the millisecond: ``2026-11-21T04:00:00.000Z``."""
    whole, rest = divmod(at_ns, NS_PER_S)
    moment = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{rest // NS_PER_MS:03d}Z"


def markdown_text(text: str) -> str:
    r"""Return text that Markdown and the HTML it becomes show as it is, on one line.

    >>> print(markdown_text("a|b <b>*x*"))
    a\|b &lt;b&gt;\*x\*
    """
    line = " ".join(text.split())
    line = _MARKDOWN.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))
    return line.replace("\\>", "&gt;")


@dataclass(frozen=True, slots=True)
class Stamps:
    """Times of one session: with the day only where the session saw more than one."""

    has_days: bool

    @classmethod
    def spanning(cls, from_ns: int, until_ns: int) -> Stamps:
        """Choose by the days a span touches."""
        return cls(from_ns // NS_PER_DAY != until_ns // NS_PER_DAY)

    def second(self, at_ns: int) -> str:
        """Return a time to the second."""
        moment = datetime.fromtimestamp(at_ns // NS_PER_S, UTC)
        return moment.strftime("%m-%d %H:%M:%S" if self.has_days else "%H:%M:%S")

    def exact(self, at_ns: int) -> str:
        """Return a time to the millisecond."""
        return f"{self.second(at_ns)}.{at_ns % NS_PER_S // NS_PER_MS:03d}"
