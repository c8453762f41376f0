"""Worked examples of venues, papers and recordings, as plain facts: what goes in, what comes out.

One table a kind, one row an example; the first column is its name in the shared collection of
vectors, which a test compares with these tables wherever that collection lies beside the checkout.
Knows no formula and nothing of the house.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

D = Decimal

BYBIT_PNL = "https://help.bybit.com/hc/en-us/articles/900000630066-P-L-calculations-USDT-Contract-"
BINANCE_COST = "https://www.binance.com/en/support/faq/87fa7ee33b574f7084d42bd2ce2e463b"
BINANCE_LIQUIDATION = "https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93"
FREQTRADE = "freqtrade tests/exchange/test_exchange.py: the venues' formulas, mmr 0.01, cum 0.01"
NAUTILUS = "nautilus_trader docs/concepts/backtesting.md"


class AverageEntry(NamedTuple):
    """Buys of one position, as ``(quantity, price)``. Source: BYBIT_PNL."""

    name: str
    buys: tuple[tuple[D, D], ...]
    entry: D
    quantity: D


class Profit(NamedTuple):
    """A position's unrealised profit at a price. Source: BYBIT_PNL; the short: realism.md 1.5."""

    name: str
    is_long: bool
    quantity: D
    entry: D
    price: D
    profit: D


class Fee(NamedTuple):
    """A fill's fee. Source: docs.antarctic.exchange, fee calculation."""

    name: str
    quantity: D
    price: D
    rate: D
    fee: D


class Cost(NamedTuple):
    """What an order needs before it is taken. Sources: mobie.io, ukcamo.com, wuyelx.com (Bybit)."""

    name: str
    is_long: bool
    quantity: D
    price: D
    leverage: int
    taker_fee: D
    initial_margin: D
    fee_to_open: D
    fee_to_close: D
    """At the bankruptcy price, not at the entry."""


class OpenCost(NamedTuple):
    """Binance's initial margin and open loss of an order. Source: BINANCE_COST."""

    name: str
    is_long: bool
    order_price: D
    last: D | None
    mark: D
    leverage: int
    assumed_price: D
    initial_margin: D
    open_loss: D | None
    tolerance: D


class Liquidation(NamedTuple):
    """An isolated position of one tier, and the mark at which it is liquidated."""

    name: str
    is_long: bool
    quantity: D
    entry: D
    margin: D
    rate: D
    """Maintenance rate."""
    amount: D
    """Maintenance amount ("cum")."""
    taker_fee: D
    liquidation: D
    tolerance: D
    source: str


class Settlement(NamedTuple):
    """A real settlement and what one position paid. Source: the recorded mark and rate."""

    name: str
    quantity: D
    """Signed."""
    mark: D
    rate: D
    cash: D


class Cumulated(NamedTuple):
    """A table of tiers and its maintenance amounts."""

    name: str
    floors: tuple[D, ...]
    rates: tuple[D, ...]
    amounts: tuple[D, ...]
    source: str


AVERAGE_ENTRIES = (
    AverageEntry("avg_entry_1", ((D("0.5"), D(5000)), (D("0.3"), D(6000))), D(5375), D("0.8")),
)

PROFITS = (
    Profit("upnl_long_1", True, D("0.2"), D(7000), D(7500), D(100)),
    Profit("", False, D("0.4"), D(6000), D(5000), D(400)),
)

FEES = (
    Fee("fee_taker_1", D(1), D(10_000), D("0.0005"), D(5)),
    Fee("fee_taker_2", D("0.01"), D(100_000), D("0.0005"), D("0.5")),
)

COSTS = (
    Cost("order_cost_1", True, D(1), D(10_000), 50, D("0.00075"), D(200), D("7.5"), D("7.35")),
    Cost("order_cost_2", True, D(1), D(50_000), 10, D("0.00055"), D(5000), D("27.5"), D("24.75")),
    Cost("", True, D(1), D(70_000), 10, D("0.00055"), D(7000), D("38.5"), D("34.65")),
    Cost("", False, D(1), D(75_000), 5, D("0.00055"), D(15_000), D("41.25"), D("49.5")),
    Cost("roi_1", True, D("0.2"), D(7000), 10, D("0.00055"), D(140), D("0.77"), D("0.693")),
)
ROI_PROFIT, ROI_PERCENT = D(100), D("71.07")
"""``roi_1``: profit over initial margin and closing fee, to 0.01."""

OPEN_COSTS = (
    OpenCost(
        "binance_cost_1",
        True,
        D("9253.30"),
        None,
        D("9259.84"),
        20,
        D("9253.30"),
        D("462.665"),
        D(0),
        D("0.005"),
    ),
    OpenCost(
        "binance_cost_3",
        False,
        D("9253.30"),
        D("9258.99"),
        D("9259.84"),
        20,
        D("9272.878485"),
        D("463.643924"),
        None,
        D("0.01"),
    ),
)


def _by_mark(name: str, sign: int, leverage: int, entry: str, q: str, price: str) -> Liquidation:
    margin = D(entry) * D(q) / leverage
    return Liquidation(
        name,
        sign > 0,
        D(q),
        D(entry),
        margin,
        D("0.01"),
        D("0.01"),
        D(0),
        D(price),
        D("1e-9"),
        FREQTRADE,
    )


def _with_fee(name: str, sign: int, leverage: int, entry: str, price: str) -> Liquidation:
    margin = D(entry) / leverage
    return Liquidation(
        name,
        sign > 0,
        D(1),
        D(entry),
        margin,
        D("0.01"),
        D(0),
        D("0.0006"),
        D(price),
        D("1e-9"),
        FREQTRADE,
    )


def _by_entry(name: str, sign: int, leverage: int, price: str) -> Liquidation:
    margin = D(10) / leverage
    return Liquidation(
        name, sign > 0, D(1), D(10), margin, D("0.01"), D(0), D(0), D(price), D("1e-6"), FREQTRADE
    )


BY_MARK = (
    _by_mark("binance_iso_short_5x_10_1", -1, 5, "10", "1", "11.89108910891089"),
    _by_mark("binance_iso_short_5x_8_1", -1, 5, "8", "1", "9.514851485148514"),
    _by_mark("binance_iso_short_5x_10_0.6", -1, 5, "10", "0.6", "11.897689768976898"),
    _by_mark("binance_iso_long_5x_10_1", 1, 5, "10", "1", "8.070707070707071"),
    _by_mark("binance_iso_long_5x_8_1", 1, 5, "8", "1", "6.454545454545454"),
    _by_mark("binance_iso_long_3x_10_1", 1, 3, "10", "1", "6.723905723905723"),
    Liquidation(
        "binance_alone_btc",
        True,
        D("109.488"),
        D("32481.98"),
        D("1535443.01"),
        D("0.025"),
        D(16_300),
        D(0),
        D("18778.73"),
        D("0.01"),
        BINANCE_LIQUIDATION,
    ),
)
"""Maintenance on the notional at the mark (Binance)."""

WITH_FEE = (
    _with_fee("okx_gate_bitget_iso_short_5x_10_1", -1, 5, "10", "11.87413417771621"),
    _with_fee("okx_gate_bitget_iso_short_3x_10_1", -1, 3, "10", "13.193482419684678"),
    _with_fee("okx_gate_bitget_iso_short_5x_8_1", -1, 5, "8", "9.499307342172967"),
    _with_fee("okx_gate_bitget_iso_long_5x_10_1", 1, 5, "10", "8.085708510208207"),
    Liquidation(
        "phemex_iso",
        True,
        D(500),
        D("0.4"),
        D("40.096"),
        D("0.01"),
        D(0),
        D("0.0006"),
        D("0.3232342834"),
        D("1e-9"),
        "https://phemex.com/help-center/liq-price-for-USDTM",
    ),
)
"""... with the closing fee inside (OKX, Gate, Bitget). Phemex adds the closing fee to the margin:
200 / 5 + 200 * (1 - 1/5) * 0.0006 = 40.096."""

BY_ENTRY = (
    _by_entry("bybit_iso_long_1x", 1, 1, "0.1"),
    _by_entry("bybit_iso_long_5x", 1, 5, "8.1"),
    _by_entry("bybit_iso_long_10x", 1, 10, "9.1"),
    _by_entry("bybit_iso_short_1x", -1, 1, "19.9"),
    _by_entry("bybit_iso_short_3x", -1, 3, "13.2333333333"),
    _by_entry("bybit_iso_short_5x", -1, 5, "11.9"),
    Liquidation(
        "bitunix_iso_page",
        True,
        D("0.5"),
        D(100_000),
        D(500),
        D("0.005"),
        D(0),
        D(0),
        D(99_500),
        D(0),
        "bitunix.com help centre, forced liquidation, id 151 (inputs; the result by its rule)",
    ),
)
"""Maintenance on the notional at the entry (Bybit isolated, Bitunix)."""

CONTRAST_BY_MARK = D("95477.3869")
CONTRAST_BY_ENTRY = D(95_500)
"""``mark_vs_entry_mm``: 1 BTC long from 100,000 at 20x, rate 0.005; by mark and by entry."""

SETTLEMENTS = (
    Settlement("funding_2023", D(1), D("28155.1"), D("0.0000276"), D("-0.77708076")),
    Settlement("funding_2022_ftx", D(-1), D(15_900), D("-0.00119172"), D("-18.948348")),
)

CUMULATED = (
    Cumulated(
        "bracket_cum_btc_2024",
        tuple(map(D, (0, 50_000, 600_000, 3_000_000, 12_000_000, 70_000_000))),
        tuple(map(D, ("0.004", "0.005", "0.0065", "0.01", "0.02", "0.025"))),
        tuple(map(D, (0, 50, 950, 11_450, 131_450, 481_450))),
        "Binance's brackets of BTCUSDT, 2024-10-24",
    ),
    Cumulated(
        "bracket_cum_old",
        tuple(map(D, (0, 50_000, 250_000, 1_000_000))),
        tuple(map(D, ("0.004", "0.005", "0.01", "0.025"))),
        tuple(map(D, (0, 50, 1_300, 16_300))),
        BINANCE_LIQUIDATION,
    ),
)
