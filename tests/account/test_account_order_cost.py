"""What an order costs before a venue takes it: the venues' worked examples, to the digit."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.instruments import BTCUSDT
from trading.account.order_cost import order_cost
from trading.model.margin import MarginRules
from trading.model.orders import Side

D = Decimal
BINANCE = MarginRules(cost_holds_closing_fee=False, short_over_last=D("0.0015"))


@pytest.mark.parametrize(
    ("side", "price", "leverage", "fee", "total"),
    [
        (Side.BUY, "10000", 50, "0.00075", "214.85"),
        (Side.BUY, "50000", 10, "0.00055", "5052.25"),
        (Side.BUY, "70000", 10, "0.00055", "7073.15"),
        (Side.SELL, "75000", 5, "0.00055", "15090.75"),
    ],
)
def test_margin_and_both_fees(side: Side, price: str, leverage: int, fee: str, total: str) -> None:
    """Bybit and Phemex: the closing fee at the bankruptcy price, of one contract."""
    rated = replace(BTCUSDT, taker_fee_rate=D(fee))

    assert D(total) == order_cost(rated, side, D(1), D(price), leverage).total


@pytest.mark.parametrize(("side", "open_loss"), [(Side.BUY, D(0)), (Side.SELL, D("6.54"))], ids=str)
def test_open_loss(side: Side, open_loss: Decimal) -> None:
    """Binance 87fa7ee3: 9,253.30 with the mark at 9,259.84 and 20x; only the short is under it."""
    found = order_cost(BTCUSDT, side, D(1), D("9253.30"), 20, mark=9259.84)

    assert (D("462.665"), open_loss) == (found.initial_margin, found.open_loss)


def test_a_sell_is_margined_above_the_market() -> None:
    """Binance's newer rule: max(last * 1.0015, mark, order price) / 20."""
    rated = replace(BTCUSDT, margin_rules=BINANCE)
    known = {"mark": 9259.84, "last": 9258.99}
    sell = order_cost(rated, Side.SELL, D(1), D("9253.30"), 20, **known)
    buy = order_cost(rated, Side.BUY, D(1), D("9253.30"), 20, **known)
    unknown = order_cost(rated, Side.SELL, D(1), D("9253.30"), 20)

    assert (D("463.64392425"), D(0)) == (sell.initial_margin, sell.closing_fee)
    assert D("462.665") == buy.initial_margin == unknown.initial_margin


def test_what_a_venue_does_not_count_costs_nothing() -> None:
    """Neither the open loss nor the closing fee; the opening fee is paid whatever it counts."""
    bare = MarginRules(cost_holds_open_loss=False, cost_holds_closing_fee=False)
    rated = replace(BTCUSDT, margin_rules=bare)
    found = order_cost(rated, Side.SELL, D(1), D(10_000), 10, mark=11_000.0)

    assert D(1_006) == found.total
