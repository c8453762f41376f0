"""What the exchange lists: one perpetual's lattice, caps and margin tiers.

Inside the exchange prices are whole ticks and sizes whole steps; only here they become the
decimal strings of the wire. Knows nothing of markets or sockets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trading.model.numbers import NS_PER_HOUR


def fixed(value: int, decimals: int) -> str:
    """Return ``value * 10**-decimals`` with exactly that many decimals.

    >>> fixed(865111, 1), fixed(7, 4), fixed(-5, 2), fixed(12, 0)
    ('86511.1', '0.0007', '-0.05', '12')
    """
    if decimals == 0:
        return str(value)
    digits = str(abs(value)).zfill(decimals + 1)
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def plain(number: Decimal) -> str:
    """Return a decimal without exponent and without trailing zeros, as the venue prints rates.

    >>> plain(Decimal("0.00002760")), plain(Decimal("0E-8"))
    ('0.0000276', '0')
    """
    return format(number.normalize(), "f") if number else "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One linear perpetual. Tick size is ``10**-price_decimals``, lot step likewise.

    ``start_price_ticks`` and the two scales shape the synthetic market only: usual turnover in
    USDT per second, and the usual size of the best level in USDT.
    """

    symbol: str
    base: str
    price_decimals: int
    quantity_decimals: int
    start_price_ticks: int
    turnover_usdt_per_s: float
    top_level_usdt: float
    funding_interval_h: int = 8
    funding_cap: Decimal = Decimal("0.003")
    """Largest rate either way, as a fraction per interval (Bitunix BTCUSDT: 0.3 percent)."""
    leverage_max: int = 125

    @property
    def funding_interval_ns(self) -> int:
        """Time between two settlements."""
        return self.funding_interval_h * NS_PER_HOUR

    @property
    def tick(self) -> float:
        """Tick size in USDT."""
        return float(10.0**-self.price_decimals)

    @property
    def step(self) -> float:
        """Lot step in the base coin."""
        return float(10.0**-self.quantity_decimals)

    def price(self, ticks: int) -> str:
        """Return a price as the wire has it."""
        return fixed(ticks, self.price_decimals)

    def quantity(self, steps: int) -> str:
        """Return a size in the base coin as the wire has it."""
        return fixed(steps, self.quantity_decimals)

    def turnover(self, ticks_times_steps: int) -> str:
        """Return a sum of price times size, exact, as the wire has it."""
        return fixed(ticks_times_steps, self.price_decimals + self.quantity_decimals)

    def fair(self, price: float) -> str:
        """Return a mark or index price (a float in USDT) as the wire has it."""
        return f"{price:.{self.price_decimals}f}"

    def ticks(self, price: float) -> int:
        """Return the nearest price on the lattice, in ticks."""
        return round(price / self.tick)

    def pair(self) -> dict[str, object]:
        """Return the contract's row of ``trading_pairs``.

        Source: bitunix.md 1.4; the order volume caps are the placeholder-looking ones of the
        venue's own documentation.
        """
        cap = plain(self.funding_cap * 100)
        return {
            "symbol": self.symbol,
            "base": self.base,
            "quote": "USDT",
            "minTradeVolume": self.quantity(1),
            "minBuyPriceOffset": "-0.95",
            "maxSellPriceOffset": "100",
            "maxLimitOrderVolume": "100000",
            "maxMarketOrderVolume": "50000",
            "basePrecision": self.quantity_decimals,
            "quotePrecision": self.price_decimals,
            "minLeverage": 1,
            "maxLeverage": self.leverage_max,
            "defaultLeverage": 20,
            "defaultMarginMode": 1,
            "priceProtectScope": "0.05",
            "symbolStatus": "OPEN",
            "isApiSupported": True,
            "maxFundingRate": cap,
            "minFundingRate": "-" + cap,
        }

    def tiers(self) -> list[dict[str, object]]:
        """Return the rows of ``get_position_tiers``, bounds in USDT notional.

        Source: bitunix.md 4.4: the first two rows are the documentation's sample; the others keep
        the rates and leverages of the help centre's BTC table on round notional bounds. No live
        capture is known.
        """
        bounds = [0, *(int(row[0]) for row in _TIERS)]
        return [
            {
                "symbol": self.symbol,
                "level": level,
                "startValue": str(bounds[level - 1]),
                "endValue": str(end),
                "leverage": min(leverage, self.leverage_max),
                "maintenanceMarginRate": rate,
            }
            for level, (end, leverage, rate) in enumerate(_TIERS, start=1)
        ]


_TIERS: Final = (
    (50_000, 125, "0.004"),
    (200_000, 100, "0.005"),
    (4_000_000, 50, "0.01"),
    (8_000_000, 20, "0.025"),
    (16_000_000, 10, "0.05"),
    (80_000_000, 5, "0.1"),
    (160_000_000, 3, "0.15"),
    (400_000_000, 2, "0.25"),
    (800_000_000, 1, "0.5"),
)

# symbol: price decimals, quantity decimals, start price in ticks, USDT per second, best level
_LISTED: Final = {
    "BTCUSDT": (1, 4, 865_000, 20_000.0, 12_000.0),
    "ETHUSDT": (2, 3, 301_250, 12_000.0, 9_000.0),
    "SOLUSDT": (2, 1, 14_230, 5_000.0, 5_000.0),
    "XRPUSDT": (4, 1, 21_840, 3_000.0, 8_000.0),
    "DOGEUSDT": (5, 0, 19_470, 1_800.0, 6_000.0),
}

LISTED: Final = frozenset(_LISTED)
"""Contracts with an entry of their own, and the numbers of the real ones."""

DELISTED: Final = "OLDUSDT"
"""A contract that is gone, yet still in ``tickers`` and the funding batch, as on the venue."""


def contract_for(symbol: str) -> Contract:
    """Return the contract of an upper-case symbol.

    A symbol without an entry of its own gets a price, a lattice and an activity that are a pure
    function of its name.
    """
    base = symbol.removesuffix("USDT")
    if symbol in _LISTED:
        decimals, steps, start, per_s, level = _LISTED[symbol]
    else:
        chance = random.Random(f"contract/{symbol}")
        magnitude = chance.uniform(-1.5, 2.0)
        decimals = max(1, 4 - int(magnitude // 1))
        start = round(10 ** (magnitude + decimals))
        steps = max(0, min(3, int(magnitude // 1) + 1))
        per_s, level = chance.uniform(200.0, 2_000.0), chance.uniform(1_500.0, 6_000.0)
    return Contract(
        symbol=symbol,
        base=base,
        price_decimals=decimals,
        quantity_decimals=steps,
        start_price_ticks=start,
        turnover_usdt_per_s=per_s,
        top_level_usdt=level,
        leverage_max=125 if symbol in _LISTED else 50,
    )
