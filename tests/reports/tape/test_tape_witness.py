"""A witness: what the market showed is seen, what it cannot have given is called so."""

from decimal import Decimal

import pytest

from reports.tape.witness import Grade, Witness
from trading.model.events import BookUpdate, CandleUpdate, OrderFilled, PublicTrade
from trading.model.orders import Liquidity, OrderRole, Side

NOW = 1_000
SYMBOL = "BTCUSDT"


def fill(side: Side, price: str, quantity: str, source: str, stamp_ns: int = NOW) -> OrderFilled:
    """Return a fill that rests on some data."""
    return OrderFilled(
        at_ns=NOW,
        fill_id=1,
        order_id=1,
        symbol=SYMBOL,
        side=side,
        role=OrderRole.ENTRY,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fee=Decimal(0),
        liquidity=Liquidity.TAKER,
        exchange_ns=stamp_ns,
        evidence=f"{source} {stamp_ns}",
    )


def book(stamp_ns: int = NOW) -> BookUpdate:
    """Return bids at 99.9 and 99.8, asks at 100.0 and 100.1, of 1 and 2."""
    bids, asks = ((99.9, 1.0), (99.8, 2.0)), ((100.0, 1.0), (100.1, 2.0))
    return BookUpdate(SYMBOL, stamp_ns, stamp_ns, bids, asks)


def traded(price: float, quantity: float, side: Side) -> PublicTrade:
    """Return a print."""
    return PublicTrade(SYMBOL, NOW, NOW, price, quantity, side)


def bar() -> CandleUpdate:
    """Return a bar from 95 to 105 that opened at 94, outside of itself."""
    prices = (94.0, 105.0, 95.0, 100.0)
    return CandleUpdate(SYMBOL, NOW, NOW, 60, NOW, *prices, 1.0, 1.0, is_closed=True)


BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize(
    ("made", "grade"),
    [
        (fill(BUY, "100.0", "1", "book"), Grade.SEEN),
        (fill(BUY, "100.1", "2", "book"), Grade.SEEN),
        (fill(BUY, "100.05", "9", "book"), Grade.SEEN),  # a formula's mean: worse than the best
        (fill(BUY, "100.0", "1.1", "book"), Grade.MORE),
        (fill(BUY, "99.9", "1", "book"), Grade.BETTER),
        (fill(SELL, "99.9", "1", "book"), Grade.SEEN),
        (fill(SELL, "100.0", "1", "book"), Grade.BETTER),
        (fill(BUY, "100.0", "1", "book", stamp_ns=999), Grade.UNSEEN),
        (fill(BUY, "100.0", "1", "queue"), Grade.SEEN),  # the other side crossed it
        (fill(BUY, "100.0", "1.5", "queue"), Grade.MORE),
        (fill(BUY, "99.9", "1", "queue"), Grade.UNSEEN),
        (fill(BUY, "94.0", "1", "bar"), Grade.IN_BAR),
        (fill(BUY, "93.9", "1", "bar"), Grade.BETTER),
        (fill(SELL, "105", "1", "backfill"), Grade.IN_BAR),
        (fill(SELL, "105.1", "1", "backfill"), Grade.BETTER),
        (fill(SELL, "100", "1", "bar", stamp_ns=999), Grade.UNSEEN),
        (fill(SELL, "99.9", "1", "liquidation", stamp_ns=1_001), Grade.SEEN),
        (fill(SELL, "99.9", "1.1", "liquidation", stamp_ns=1_001), Grade.MORE),
        (fill(SELL, "100.0", "1", "liquidation", stamp_ns=1_001), Grade.BETTER),
        (fill(SELL, "50.0", "9", "takeover", stamp_ns=1_001), Grade.SEEN),
        (fill(SELL, "100.0", "9", "takeover", stamp_ns=1_001), Grade.BETTER),
        (fill(BUY, "100.0", "1", "trade"), Grade.UNSEEN),
        (fill(BUY, "100.0", "1", "rumour"), Grade.UNSEEN),
    ],
)
def test_a_book_and_a_bar_bear_out_what_they_show(made: OrderFilled, grade: Grade) -> None:
    """Each fill against one book of two levels a side, and one bar."""
    witness = Witness()
    witness.see(book())
    witness.see(bar())

    assert grade is witness.judge(made)


@pytest.mark.parametrize(
    ("made", "grade"),
    [
        (fill(BUY, "100.0", "0.5", "queue"), Grade.SEEN),  # 0.5 sold at it
        (fill(BUY, "100.0", "0.6", "queue"), Grade.MORE),
        (fill(BUY, "100.1", "1.7", "queue"), Grade.SEEN),  # all prints lie below
        (fill(BUY, "99.9", "0.1", "queue"), Grade.UNSEEN),
        (fill(SELL, "100.0", "1.2", "queue"), Grade.SEEN),  # 1.2 bought at it
        (fill(SELL, "100.1", "0.1", "queue"), Grade.UNSEEN),
        (fill(BUY, "100.0", "9", "trade"), Grade.SEEN),
        (fill(BUY, "99.9", "9", "trade"), Grade.BETTER),
    ],
)
def test_a_queue_moves_by_prints_alone(made: OrderFilled, grade: Grade) -> None:
    """At its own price only the other side's takers fill an order; through it, all of them."""
    witness = Witness()
    witness.see(traded(100.0, 0.5, SELL))
    witness.see(traded(100.0, 1.2, BUY))

    assert grade is witness.judge(made)


@pytest.mark.parametrize("source", ["liquidation", "takeover"])
def test_a_liquidation_told_by_bars_is_judged_by_them(source: str) -> None:
    """Without a book the bar must have reached the price."""
    witness = Witness()
    witness.see(bar())

    assert Grade.IN_BAR is witness.judge(fill(SELL, "94.0", "1", source))
    assert Grade.BETTER is witness.judge(fill(SELL, "105.1", "1", source))
    assert Grade.UNSEEN is witness.judge(fill(SELL, "94.0", "1", source, stamp_ns=999))


def test_what_was_taken_is_gone() -> None:
    """Two fills of one level claim it together; a later book is another one."""
    witness = Witness()
    witness.see(book())

    assert Grade.SEEN is witness.judge(fill(BUY, "100.0", "0.6", "book"))
    assert Grade.MORE is witness.judge(fill(BUY, "100.0", "0.6", "book"))
    witness.see(book(NOW + 1))
    assert Grade.SEEN is witness.judge(fill(BUY, "100.0", "0.6", "book", NOW + 1))


def test_a_print_and_a_book_of_one_stamp_both_count() -> None:
    """What the print does not bear out, the other side's offers may; each is claimed once."""
    witness = Witness()
    witness.see(traded(100.0, 0.1, SELL))
    witness.see(book())

    assert Grade.SEEN is witness.judge(fill(BUY, "100.0", "0.9", "queue"))
    assert Grade.SEEN is witness.judge(fill(BUY, "100.0", "0.1", "queue"))
    assert Grade.SEEN is witness.judge(fill(BUY, "100.0", "0.1", "queue"))
    assert Grade.MORE is witness.judge(fill(BUY, "100.0", "0.1", "queue"))


def test_old_bars_are_forgotten() -> None:
    """A witness of a year keeps what the present may ask for."""
    witness = Witness()
    for number in range(5_000):
        prices = (94.0, 105.0, 95.0, 100.0)
        update = CandleUpdate(SYMBOL, 0, 0, 60, number, *prices, 1.0, 1.0, is_closed=True)
        witness.see(update)

    assert Grade.UNSEEN is witness.judge(fill(BUY, "100", "1", "bar", 0))
    assert Grade.IN_BAR is witness.judge(fill(BUY, "100", "1", "bar", 4_999))
