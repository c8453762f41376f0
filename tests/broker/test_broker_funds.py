"""What the account cannot afford is refused on arrival, with the venue's codes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.instruments import BTCUSDT, BTCUSDT_TIERED, FREE
from tests.support.market import SYMBOL
from trading.account.head import AccountHead
from trading.account.terms import MarginTerms
from trading.broker import funds
from trading.model.events import AmendRejected, OrderRejected
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.orders import OrderRole, OrderType, Side

D = Decimal
TIERED = replace(BTCUSDT_TIERED, limit_quantity_max=D(10_000))
CROSS = MarginTerms(mode=MarginMode.CROSS)
BUY, SELL = Side.BUY, Side.SELL


def bench(
    wallet: str = "1000", *, instrument: Instrument = FREE, terms: MarginTerms | None = None
) -> Bench:
    """Return an account at 5x with a market of 99.9 to 100.0, its mark at 100."""
    made = Bench(instrument=instrument, head=AccountHead(wallet=D(wallet)), terms=terms)
    made.book(99.9, 100.0, 0, size=1_000.0)
    made.mark(100.0, 0)
    return made


def details(made: Bench) -> list[str]:
    """Return what the refusals say."""
    return [each.detail for each in made.out if isinstance(each, OrderRejected)]


def test_an_order_that_just_fits_is_taken_and_a_lot_more_is_not() -> None:
    """1,000 at 5x without fees: 50 at 100 tie up all of it."""
    fits, over = bench(), bench()
    fits.plain(BUY, "50")
    over.plain(BUY, "50.0001")
    for each in (fits, over):
        each.book(99.9, 100.0, 100, size=1_000.0)

    assert ([], D(50)) == (fits.rejected(), fits.quantity)
    assert (["20003"], D(0)) == (over.rejected(), over.quantity)
    (told,) = details(over)
    assert "cost 1000.00200000, with the symbol's other orders 1000.00200000; free 1000.0" in told


def test_both_fees_must_be_free() -> None:
    """50 at 100: 3 to open, 2.4 to close at the bankruptcy price of 80."""
    enough, short = bench("1005.40", instrument=BTCUSDT), bench("1005.39", instrument=BTCUSDT)
    for each in (enough, short):
        each.plain(BUY, "50")
        each.time(100)

    assert ([], ["20003"]) == (enough.rejected(), short.rejected())


def test_the_loss_it_opens_with_must_be_free() -> None:
    """Buying at 110 with the mark at 100 loses 10 a coin at once; selling there does not."""
    buyer, seller = bench("1000"), bench("1000")
    for each, side in ((buyer, BUY), (seller, SELL)):
        each.market.instrument = replace(FREE, price_band=D("0.5"))
        each.plain(side, "40", limit="110")
        each.time(100)

    assert (["20003"], []) == (buyer.rejected(), seller.rejected())


def test_what_other_orders_hold_is_not_free() -> None:
    """Two bids of 30 at 100 are more than 1,000 at 5x carries; smaller ones both stand."""
    made = bench()
    made.plain(BUY, "30", limit="99")
    made.plain(BUY, "30", limit="98")
    made.plain(BUY, "20", limit="98")
    made.time(100)

    assert ["20003"] == made.rejected()
    assert D(1_000) - (30 * 99 + 20 * 98) / D(5) == funds.free(made.broker, {SYMBOL: made.market})


def test_only_the_larger_side_counts() -> None:
    """In one-way mode a bid and an offer cannot both open: each may take all there is."""
    made = bench()
    made.plain(BUY, "50", limit="99")
    made.plain(SELL, "49", limit="101")
    made.time(100)
    assert [] == made.rejected()

    made.plain(SELL, "10", limit="102")
    made.time(300)
    assert ["20003"] == made.rejected()


def test_what_only_reduces_is_always_affordable() -> None:
    """With everything tied up, out is open; so is the closing part of a flip."""
    made = bench()
    made.plain(BUY, "50")
    made.book(99.9, 100.0, 100, size=1_000.0)
    made.plain(SELL, "50", limit="120", role=OrderRole.EXIT, reduce_only=True)
    made.plain(SELL, "50", limit="103")
    made.plain(SELL, "50.1", limit="104")
    made.time(300)

    assert ["20003"] == made.rejected()


def test_a_stop_entry_is_judged_at_its_trigger() -> None:
    """50 at a trigger of 105 cost 1,050."""
    made = bench()
    made.send(OrderType.STOP_MARKET, BUY, "50", trigger="105")
    made.time(100)

    assert ["20003"] == made.rejected()


def test_without_a_price_nothing_can_be_judged() -> None:
    """The first order of a symbol nobody has heard of is bounded by its fill instead."""
    made = Bench(instrument=FREE, head=AccountHead(wallet=D(10)))
    made.plain(BUY, "50")
    made.book(99.9, 100.0, 100, size=1_000.0)

    assert ([], D(10)) == (made.rejected(), made.account.position(SYMBOL).margin)


def test_cross_needs_every_mark() -> None:
    """Without one, what is free cannot be told, and nothing opens."""
    made = bench(terms=CROSS)
    made.plain(BUY, "10")
    made.book(99.9, 100.0, 100, size=1_000.0)
    made.market.mark = None
    made.plain(BUY, "1")
    made.time(300)

    assert ["20003"] == made.rejected()
    assert None is funds.free(made.broker, {SYMBOL: made.market})


@pytest.mark.parametrize(
    ("leverage", "quantity", "codes"),
    [(125, "500", []), (125, "500.0001", ["20002"]), (100, "2000", []), (100, "2001", ["20002"])],
)
def test_size_must_be_within_the_leverages_tier(
    leverage: int, quantity: str, codes: list[str]
) -> None:
    """50,000 at 125x, 200,000 at 100x."""
    made = bench("1e6", instrument=TIERED, terms=MarginTerms(leverage=leverage))
    made.plain(BUY, quantity, limit="100")
    made.time(100)

    assert codes == made.rejected()


def test_what_is_held_and_working_counts_to_the_size() -> None:
    """300 held, 100 bid, 100 more are 50,000; a lot more is too much, the other side is free."""
    made = bench("1e6", instrument=TIERED, terms=MarginTerms(leverage=125))
    made.plain(BUY, "300", limit="100")
    made.book(99.9, 100.0, 100, size=1_000.0)
    made.plain(BUY, "100", limit="99")
    made.plain(BUY, "101.1", limit="100")
    made.plain(SELL, "700", limit="101")
    made.time(300)

    assert ["20002"] == made.rejected()


def test_a_change_must_be_affordable_too() -> None:
    """Up to 100 it fits, up to 101 it does not; the order stands as it was."""
    made = bench()
    order = made.plain(BUY, "50", limit="98")
    made.time(100)
    made.amend(order, price="101")
    made.time(300)
    made.amend(order, price="99.9")
    made.time(500)

    assert ["20003"] == [each.code for each in made.all(AmendRejected)]
    assert D("99.9") == order.request.price


def test_a_payment_cancels_what_would_open_only_where_it_must() -> None:
    """400 of 1,000 are held by a bid: 600 are free, a coin more takes the bid; exits stay."""
    made = bench()
    made.hold(BUY, "1")
    made.plain(BUY, "20", limit="99")
    out_ = made.plain(SELL, "1", limit="104", role=OrderRole.EXIT, reduce_only=True)
    made.time(400)
    markets = {SYMBOL: made.market}
    left = funds.free(made.broker, markets)
    assert left is not None
    funds.make_free(made.broker, left, markets, 0, made.out)
    assert [] == made.canceled()

    funds.make_free(made.broker, left + D("0.01"), markets, 0, made.out)
    assert ["what it held is wanted for funding"] == [why for _, why in made.canceled()]
    assert [out_.order_id] == list(made.broker.orders)
