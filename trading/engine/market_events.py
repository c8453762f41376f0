"""What each message of the market does, always in the same order.

The market is updated, the venue's clock and with it settlements move, orders are filled and
triggered (each fill booked at once), and only then is the strategy asked.
"""

from __future__ import annotations

from trading.account.funding import funding_payment
from trading.broker import book_fills, funds, trade_fills
from trading.engine import bars, liquidation
from trading.engine.desk import Desk
from trading.model.events import (
    BookUpdate,
    CandlesExhausted,
    CandleUpdate,
    FundingRate,
    FundingSettled,
    MarkPrice,
    Output,
    PublicTrade,
)
from trading.model.margin import MarginMode


def on_trade(desk: Desk, trade: PublicTrade, out: list[Output]) -> None:
    """Take a print: it may fill, trigger, close a bar, and call the strategy."""
    market = desk.market(trade.symbol, out)
    if market is None or not market.take_trade(trade, desk.now_ns, out):
        return
    desk.blind.hear(trade.exchange_ns)
    desk.move_exchange(trade.exchange_ns, out)
    if desk.broker.orders:
        fills = book_fills if market.has_book else trade_fills
        fills.on_trade(desk.broker, market, trade, desk.now_ns, out)
    if market.builder is not None:
        market.mark = trade.price
        liquidation.on_mark(desk, market, out)
        before = len(out)
        for bar in market.builder.roll(trade):
            market.candles.push(bar, desk.now_ns, out)
        bars.candles_closed(desk, market, before, out)
    turn = desk.turns[trade.symbol]
    if turn.strategy.decides_on_trades:
        desk.trade_turn(turn, out)


def on_book(desk: Desk, book: BookUpdate, out: list[Output]) -> None:
    """Take a book: whoever waits for one meets it."""
    market = desk.market(book.symbol, out)
    if market is None:
        return
    was_without = market.book is None
    if not market.take_book(book, desk.now_ns, out):
        return
    if was_without:
        desk.broker.has_changed = True
    desk.move_exchange(book.exchange_ns, out)
    if desk.broker.orders:
        book_fills.on_book(desk.broker, market, book, desk.now_ns, out)


def on_mark(desk: Desk, mark: MarkPrice, out: list[Output]) -> None:
    """Take the mark price: it moves equity, pulls triggers, liquidates, announces settlements."""
    market = desk.market(mark.symbol, out)
    if market is None or not market.take_mark(mark, desk.now_ns, out):
        return
    desk.move_exchange(mark.exchange_ns, out)
    if mark.next_funding_ns is not None:
        desk.account.funding.announced(mark.symbol, mark.next_funding_ns, mark.exchange_ns)
    if desk.broker.orders:
        book_fills.on_mark(desk.broker, market, mark, desk.now_ns, out)
    liquidation.on_mark(desk, market, out)


def on_candle(desk: Desk, update: CandleUpdate, out: list[Output]) -> None:
    """Take a bar, pushed or fetched; the series decides whether one is over."""
    market = desk.market(update.symbol, out)
    if market is None:
        return
    series = market.candles
    if update.interval_s < series.interval_s:
        bars.part_closed(desk, market, update, out)
        return
    if not market.take_candle(update, desk.now_ns, out):
        return
    before = len(out)
    series.push(update, desk.now_ns, out)
    bars.candles_closed(desk, market, before, out)


def on_rate(desk: Desk, rate: FundingRate, out: list[Output]) -> None:
    """Take the venue's word on when it settles next."""
    market = desk.market(rate.symbol, out)
    if market is not None:
        market.funding_rate = rate.rate
        desk.account.funding.announced(
            rate.symbol, rate.next_funding_ns, rate.received_ns, rate.interval_h
        )


def on_settled(desk: Desk, settled: FundingSettled, out: list[Output]) -> None:
    """Book a settlement that is owed; any other is history of no concern.

    What an isolated position pays comes out of what is free; if that is not enough, orders that
    would open are cancelled, and only what is missing then out of its margin.
    Source: Bitunix help centre 16485344006809.
    """
    owing = desk.account.funding.settle(settled)
    # In hedge mode one position receives what the other pays: what comes in pays first.
    for owed in sorted(owing, key=lambda each: each.quantity * settled.rate):
        payment = -funding_payment(owed.quantity, settled.mark, settled.rate)
        if desk.account.terms.mode is MarginMode.ISOLATED:
            funds.make_free(desk.broker, payment, desk.markets, desk.now_ns, out)
        desk.account.book_funding(owed, settled, desk.now_ns, out)
        desk.broker.has_changed = True


def on_exhausted(desk: Desk, span: CandlesExhausted, out: list[Output]) -> None:
    """Take note that a candle request is answered in full."""
    market = desk.market(span.symbol, out)
    if market is not None:
        before = len(out)
        market.candles.exhausted(span, desk.now_ns, out)
        bars.candles_closed(desk, market, before, out)
