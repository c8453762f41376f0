"""Maintenance, liquidation and bankruptcy: the venues' examples, and what must hold of any."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.instruments import BINANCE_BTCUSDT, BTCUSDT, BTCUSDT_TIERED, tier
from trading.account.margin import (
    bankruptcy_price,
    liquidation_price,
    maintenance,
    notional_most,
    tier_of,
)
from trading.account.position import Position
from trading.errors import ConfigError
from trading.model.instrument import Instrument
from trading.model.margin import MaintenanceBasis, MarginRules, with_amounts
from trading.model.numbers import ZERO

D = Decimal


def held(quantity: str, price: str) -> Position:
    """Return a position bought or sold at one price."""
    return Position(symbol="BTCUSDT", quantity=D(quantity), entry_value=abs(D(quantity)) * D(price))


def of_one_tier(basis: MaintenanceBasis, rate: str, amount: str = "0") -> Instrument:
    """Return a contract with one tier that has no end."""
    one = tier(0, 10**12, 125, rate)
    made = replace(BTCUSDT, maintenance_basis=basis, tiers=(one,))
    # An amount in the first tier is no venue's; freqtrade's examples have one all the same.
    object.__setattr__(made, "tiers", (replace(one, maintenance_amount=D(amount)),))
    return made


@pytest.mark.parametrize(
    ("notional", "rate"),
    [("0", "0.004"), ("50000", "0.004"), ("50000.01", "0.005"), ("9e9", "0.025")],
)
def test_a_tier_ends_with_its_bound(notional: str, rate: str) -> None:
    """The bound itself still belongs to it; what is beyond the last tier is in the last."""
    found = tier_of(BTCUSDT_TIERED, D(notional))

    assert found is not None
    assert D(rate) == found.maintenance_rate


@pytest.mark.parametrize(
    ("leverage", "most"), [(125, 50_000), (101, 50_000), (100, 200_000), (20, 1_000_000), (126, 0)]
)
def test_a_leverage_bounds_the_notional(leverage: int, most: int) -> None:
    """By the last tier that still allows it."""
    assert D(most) == notional_most(BTCUSDT_TIERED, leverage)


def test_without_tiers_nothing_is_bounded_and_nothing_kept() -> None:
    """Such a position is liquidated when all that backs it is lost."""
    long = held("1", "10000")

    assert None is notional_most(BTCUSDT, 125)
    assert None is tier_of(BTCUSDT, D(1))
    assert ZERO == maintenance(BTCUSDT, long, D(9_000))
    assert D(9_800) == liquidation_price(BTCUSDT, long, D(200)) == bankruptcy_price(long, D(200))


@pytest.mark.parametrize(
    ("quantity", "entry", "mark", "by_entry", "by_mark"),
    [
        ("0.5", "100000", "90000", "200", "180"),
        ("-0.5", "100000", "110000", "200", "225"),
        ("1", "100000", "90000", "500", "400"),
    ],
)
def test_the_two_families(
    quantity: str, entry: str, mark: str, by_entry: str, by_mark: str
) -> None:
    """One keeps a fraction of what was paid, the other of what it is worth now."""
    position = held(quantity, entry)
    by_the_mark = replace(
        BTCUSDT_TIERED,
        maintenance_basis=MaintenanceBasis.MARK,
        tiers=with_amounts(BTCUSDT_TIERED.tiers),
    )

    assert D(by_entry) == maintenance(BTCUSDT_TIERED, position, D(mark))
    assert D(by_mark) == maintenance(by_the_mark, position, D(mark))


def test_amounts_are_the_venues_own() -> None:
    """Binance's BTCUSDT brackets of 2024-10-24, and the older ones of its FAQ b3c689c1."""
    older = with_amounts(
        (
            tier(0, 50_000, 125, "0.004"),
            tier(50_000, 250_000, 100, "0.005"),
            tier(250_000, 1_000_000, 50, "0.01"),
            tier(1_000_000, 5_000_000, 20, "0.025"),
        )
    )
    amounts = [each.maintenance_amount for each in BINANCE_BTCUSDT.tiers]

    assert [0, 50, 950, 11_450, 131_450, 481_450] == amounts
    assert [0, 50, 1_300, 16_300] == [each.maintenance_amount for each in older]


def test_tiers_by_the_mark_need_their_amounts() -> None:
    """Without them maintenance would jump, and the price of liquidation be two prices."""
    with pytest.raises(ConfigError, match="tiers: expected amounts that keep maintenance cont"):
        replace(BTCUSDT_TIERED, maintenance_basis=MaintenanceBasis.MARK)


def test_the_tier_at_the_liquidation_price_counts() -> None:
    """1,175 BTC of 70.5 million at 60,000, 20x: down there they are 68.2 million, a tier lower.

    With the tier of the entry it would be 58,041.29 (``bracket_cross_at_liq``).
    """
    found = liquidation_price(BINANCE_BTCUSDT, held("1175", "60000"), D(3_525_000))

    assert found is not None
    assert D("58049.1099") == found.quantize(D("0.0001"))


@pytest.mark.parametrize(
    ("others", "target", "rate", "amount", "expected"),
    [
        (("109.488", "32481.98", "31967.27", "0.025", "16300"),
         ("3683.979", "1456.84"), "0.10", "135365", "1153.26"),
        (("3683.979", "1456.84", "1335.18", "0.10", "135365"),
         ("109.488", "32481.98"), "0.025", "16300", "26316.89"),
    ],
    ids=["ETH", "BTC"],
)  # fmt: skip
def test_cross_backing_is_what_the_others_leave(
    others: tuple[str, ...], target: tuple[str, str], rate: str, amount: str, expected: str
) -> None:
    """Binance FAQ b3c689c1, two positions behind one wallet of 1,535,443.01."""
    quantity, entry, mark, other_rate, other_amount = map(D, others)
    profit = quantity * (mark - entry)
    kept = quantity * mark * other_rate - other_amount
    backing = D("1535443.01") + profit - kept
    instrument = of_one_tier(MaintenanceBasis.MARK, rate, amount)
    found = liquidation_price(instrument, held(*target), backing)

    assert found is not None
    assert abs(found - D(expected)) < D("0.01")


def test_the_closing_fee_inside() -> None:
    """OKX, Gate, Bitget: 10 at 5x, rate 0.01 and fee 0.0006; freqtrade's figure."""
    base = replace(of_one_tier(MaintenanceBasis.MARK, "0.01"), taker_fee_rate=D("0.0006"))
    inside = replace(base, margin_rules=MarginRules(maintenance_holds_fee=True))
    found = liquidation_price(inside, held("1", "10"), D(2))

    assert found is not None
    assert abs(found - D("8.085708510208207")) < D("1e-9")


@pytest.mark.parametrize("backing", ["10001", "50000"])
def test_some_positions_are_never_liquidated(backing: str) -> None:
    """A long with more behind it than it can lose, and whoever holds nothing."""
    assert None is liquidation_price(BTCUSDT, held("1", "10000"), D(backing))
    assert None is liquidation_price(BTCUSDT, Position(symbol="BTCUSDT"), D(backing))
    assert ZERO == bankruptcy_price(held("1", "10000"), D(backing))


quantities = st.decimals("0.001", "500", places=3)
prices = st.decimals("100", "100000", places=1)
leverages = st.integers(2, 125)
contracts = st.sampled_from([BTCUSDT_TIERED, BINANCE_BTCUSDT])


@given(contracts, quantities, prices, leverages, st.sampled_from([1, -1]))
def test_there_margin_and_loss_leave_the_maintenance(
    instrument: Instrument, quantity: Decimal, price: Decimal, leverage: int, sign: int
) -> None:
    """What is left at the liquidation price is what must be kept, and bankruptcy lies beyond."""
    position = held(str(sign * quantity), str(price))
    backing = position.entry_value / leverage
    found = liquidation_price(instrument, position, backing)
    bankrupt = bankruptcy_price(position, backing)

    assert found is not None
    left = backing + position.unrealised(found)
    assert abs(left - maintenance(instrument, position, found)) < D("1e-9") * position.entry_value
    assert (found - bankrupt) * sign >= 0
    assert abs(bankrupt - price * (1 - D(sign) / leverage)) < D("1e-9") * price


@given(quantities, prices, leverages)
def test_by_entry_long_and_short_are_mirrors(
    quantity: Decimal, price: Decimal, leverage: int
) -> None:
    """As far below the entry as above it."""
    backing = quantity * price / leverage
    down = liquidation_price(BTCUSDT_TIERED, held(str(quantity), str(price)), backing)
    up = liquidation_price(BTCUSDT_TIERED, held(str(-quantity), str(price)), backing)

    assert down is not None
    assert up is not None
    assert abs(price - down - (up - price)) < D("1e-9") * price


@given(contracts, quantities, prices, leverages, st.decimals("0", "1000", places=2))
def test_more_margin_moves_it_away(
    instrument: Instrument, quantity: Decimal, price: Decimal, leverage: int, more: Decimal
) -> None:
    """Of a long downwards, and a smaller position is never liquidated before a larger one."""
    position = held(str(quantity), str(price))
    backing = position.entry_value / leverage
    half = held(str(quantity / 2), str(price))
    whole, backed, halved = (
        liquidation_price(instrument, each, behind) or ZERO
        for each, behind in ((position, backing), (position, backing + more), (half, backing / 2))
    )

    assert backed <= whole
    assert halved <= whole + D("1e-9") * price
