"""The venues' worked examples against the house: tiers, liquidation, bankruptcy, order cost."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.instruments import BINANCE_BTCUSDT, BTCUSDT, tier
from tests.vectors import facts
from trading.account.margin import bankruptcy_price, liquidation_price
from trading.account.order_cost import order_cost
from trading.account.position import Position
from trading.model.instrument import Instrument
from trading.model.margin import MaintenanceBasis, MarginRules, with_amounts
from trading.model.orders import Side

D = Decimal
ENDLESS = 10**12
BINANCE = MarginRules(cost_holds_closing_fee=False, short_over_last=D("0.0015"))


def contract(row: facts.Liquidation, basis: MaintenanceBasis) -> Instrument:
    """Return a contract of the example's one tier; a fee in the example is inside maintenance."""
    made = replace(
        BTCUSDT,
        maintenance_basis=basis,
        taker_fee_rate=row.taker_fee,
        tiers=(tier(0, ENDLESS, 125, str(row.rate)),),
        margin_rules=MarginRules(maintenance_holds_fee=bool(row.taker_fee)),
    )
    # freqtrade's examples have an amount in their first tier, which no venue has.
    of_the_row = tier(0, ENDLESS, 125, str(row.rate), str(row.amount))
    object.__setattr__(made, "tiers", (of_the_row,))
    return made


def held(row: facts.Liquidation) -> Position:
    """Return the example's position."""
    quantity = row.quantity if row.is_long else -row.quantity
    return Position(symbol="BTCUSDT", quantity=quantity, entry_value=row.quantity * row.entry)


@pytest.mark.parametrize(
    ("row", "basis"),
    [
        *((row, MaintenanceBasis.MARK) for row in (*facts.BY_MARK, *facts.WITH_FEE)),
        *((row, MaintenanceBasis.ENTRY) for row in facts.BY_ENTRY),
    ],
    ids=lambda each: getattr(each, "name", each),
)
def test_liquidation_price(row: facts.Liquidation, basis: MaintenanceBasis) -> None:
    """Three families of venues, to their own tolerance."""
    found = liquidation_price(contract(row, basis), held(row), row.margin)

    assert found is not None
    assert abs(found - row.liquidation) <= row.tolerance


def test_the_two_families_differ() -> None:
    """The same 1 BTC from 100,000 at 20x, by mark and by entry."""
    long = Position(symbol="BTCUSDT", quantity=D(1), entry_value=D(100_000))
    one = (tier(0, ENDLESS, 125, "0.005"),)
    prices = [
        liquidation_price(replace(BTCUSDT, tiers=one, maintenance_basis=basis), long, D(5_000))
        for basis in (MaintenanceBasis.MARK, MaintenanceBasis.ENTRY)
    ]

    assert None not in prices
    by_mark, by_entry = (each for each in prices if each is not None)
    assert abs(by_mark - facts.CONTRAST_BY_MARK) < D("0.001")
    assert facts.CONTRAST_BY_ENTRY == by_entry


def test_the_bracket_at_the_liquidation_price() -> None:
    """``bracket_cross_at_liq``: 1,175 BTC from 60,000 at 20x, to 0.001."""
    long = Position(symbol="BTCUSDT", quantity=D(1_175), entry_value=D(70_500_000))
    found = liquidation_price(BINANCE_BTCUSDT, long, D(3_525_000))

    assert found is not None
    assert abs(found - D("58049.1099")) < D("0.001")


def test_bankruptcy_price() -> None:
    """``bankruptcy_bybit``: long from 10,000 at 50x."""
    long = Position(symbol="BTCUSDT", quantity=D(1), entry_value=D(10_000))

    assert D(9_800) == bankruptcy_price(long, D(10_000) / 50)


@pytest.mark.parametrize("row", facts.CUMULATED, ids=lambda row: row.name)
def test_maintenance_amounts(row: facts.Cumulated) -> None:
    """Cumulated from floors and rates, exactly."""
    ends = [*row.floors[1:], D(ENDLESS)]
    bounds = zip(row.floors, ends, row.rates, strict=True)
    tiers = tuple(tier(int(low), int(high), 1, str(rate)) for low, high, rate in bounds)

    assert row.amounts == tuple(each.maintenance_amount for each in with_amounts(tiers))


@pytest.mark.parametrize("row", facts.COSTS)
def test_order_cost(row: facts.Cost) -> None:
    """Initial margin, the fee to open, and the fee to close at the bankruptcy price."""
    side = Side.BUY if row.is_long else Side.SELL
    rated = replace(BTCUSDT, taker_fee_rate=row.taker_fee)
    found = order_cost(rated, side, row.quantity, row.price, row.leverage)

    assert (row.initial_margin, row.fee_to_open, row.fee_to_close) == (
        found.initial_margin,
        found.opening_fee,
        found.closing_fee,
    )


def test_return_on_what_it_cost() -> None:
    """``roi_1``: profit over initial margin and closing fee, in percent."""
    (row,) = (each for each in facts.COSTS if each.name == "roi_1")
    rated = replace(BTCUSDT, taker_fee_rate=row.taker_fee)
    found = order_cost(rated, Side.BUY, row.quantity, row.price, row.leverage)
    percent = 100 * facts.ROI_PROFIT / (found.initial_margin + found.closing_fee)

    assert abs(percent - facts.ROI_PERCENT) < D("0.01")


@pytest.mark.parametrize("row", facts.OPEN_COSTS, ids=lambda row: row.name)
def test_open_cost(row: facts.OpenCost) -> None:
    """Binance: margined at the assumed price, and the loss it opens with."""
    side = Side.BUY if row.is_long else Side.SELL
    rated = replace(BTCUSDT, margin_rules=BINANCE)
    mark, last = float(row.mark), None if row.last is None else float(row.last)
    found = order_cost(rated, side, D(1), row.order_price, row.leverage, mark=mark, last=last)

    assert abs(found.initial_margin - row.initial_margin) <= row.tolerance
    assert row.open_loss in {None, found.open_loss}
