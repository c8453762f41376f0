"""What a closed bar does: to orders where bars tell all there is to know, then to the strategy.

Functions of the desk, in the order of effects: orders, settlement, strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from trading.broker import bar_fills
from trading.engine import liquidation
from trading.engine.blind import unheard_part
from trading.market.candles import closed_bar
from trading.market.state import SymbolMarket
from trading.model.events import CandleClosed, CandleUpdate, Output
from trading.model.numbers import NS_PER_S

if TYPE_CHECKING:
    from trading.engine.desk import Desk


def candles_closed(desk: Desk, market: SymbolMarket, before: int, out: list[Output]) -> None:
    """Give every bar in ``out`` from index ``before`` on to broker and strategy."""
    for index in range(before, len(out)):
        output = out[index]
        if type(output) is CandleClosed:
            if not desk.is_replayed:
                output = out[index] = _as_heard(desk, market, output)
            _candle_closed(desk, market, output, out)


def _as_heard(desk: Desk, market: SymbolMarket, candle: CandleClosed) -> CandleClosed:
    """Return a bar, marked where somebody did not listen during all of it."""
    close_ns = candle.open_ns + candle.interval_s * NS_PER_S
    if desk.blind.overlap(candle.open_ns, close_ns) is None:
        return candle
    marked = msgspec.structs.replace(candle, is_heard=False)
    market.candles.amend(marked)
    return marked


def part_closed(desk: Desk, market: SymbolMarket, part: CandleUpdate, out: list[Output]) -> None:
    """Take a bar shorter than the strategy's: it shows the inside of one, and decides nothing.

    Duty of the feed: a bar's parts come before the bar.
    """
    if part.is_closed and desk.is_replayed:
        _pass_bar(desk, market, closed_bar(part, desk.now_ns), out)


def _pass_bar(desk: Desk, market: SymbolMarket, bar: CandleClosed, out: list[Output]) -> None:
    """Where bars are all there is, let one move the market, the mark and the orders.

    No time passes twice: what a bar's parts have told, the bar itself does not tell again.
    What happened in a bar happened before the settlement at its end.
    """
    if market.trades_seen or bar.open_ns < market.told_ns:
        return
    market.told_ns = bar.open_ns + bar.interval_s * NS_PER_S
    account = desk.account
    if account.trips:
        liquidation.on_bar(desk, market, bar, bar.open, out)
    market.last_price = market.mark = bar.close
    if account.funding.next_ns:
        desk.pass_settlements(bar.open_ns, out)
    if desk.broker.orders:
        bar_fills.on_candle(desk.broker, market, bar, desk.now_ns, out)
    if account.trips:
        liquidation.on_worst(desk, market, bar, out)
    desk.move_exchange(market.told_ns, out)


def _candle_closed(
    desk: Desk, market: SymbolMarket, candle: CandleClosed, out: list[Output]
) -> None:
    if desk.is_replayed:
        _pass_bar(desk, market, candle, out)
    else:
        _settle_blind(desk, market, candle, out)
    is_tradable = candle.is_confirmed and not candle.is_backfilled and candle.is_heard
    turn = desk.turns[market.symbol]
    may_decide = is_tradable and desk.closing.reason is None
    take = turn.on_bar if may_decide else turn.observe
    intent = take(candle, desk.now_ns, out)
    if intent is not None or turn.failures_in_a_row:
        desk.after(turn, intent, out)


def _settle_blind(
    desk: Desk, market: SymbolMarket, candle: CandleClosed, out: list[Output]
) -> None:
    """Do to stops and targets what a bar shows that nobody was there to see."""
    close_ns = candle.open_ns + candle.interval_s * NS_PER_S
    since_ns = desk.blind.overlap(candle.open_ns, close_ns)
    if since_ns is not None:
        desk.pass_settlements(candle.open_ns, out)
        unheard = unheard_part(candle, market.heard_bar)
        positions = desk.account.positions_of(market.symbol)
        before = [position.quantity for position in positions]
        if desk.broker.orders:
            bar_fills.settle(desk.broker, market, unheard, since_ns, desk.now_ns, out)
        liquidation.on_unheard(desk, market, unheard, out)
        for position, quantity in zip(positions, before, strict=True):
            desk.crossings.told(position.key, position.quantity - quantity)
    desk.blind.forget(close_ns)  # bars come in order: of what lies before, none will tell
    desk.pass_settlements(desk.blind.known_ns(desk.exchange_ns), out)
