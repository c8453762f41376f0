"""When the mark leaves a position without its maintenance, the venue takes it away: in this order.

1. Open orders are cancelled: the symbol's (isolated), or all of the account's (cross).
2. Where the venue steps down, the position is cut to the tier below, for as long as it has too
   little and there is one.
3. Then it is closed whole: what the market offers down to the bankruptcy price, the rest at it.
4. The liquidation fee is charged, as far as what backed the position reaches; what is missing the
   insurance fund pays. Isolated, nothing that was free before is touched. Cross, the position
   that loses most goes first, until the others are safe, and the account never ends below zero.

The mark path is incremental: after every change of the account each symbol gets the bounds between
which its mark can liquidate nothing (``bound``), and a mark inside them costs two comparisons.

Source: Bitunix help centre 32152530856601 and OKX (tier by tier); Binance "Liquidation Protocols".
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from trading.account.health import ANY
from trading.broker.matching import Evidence
from trading.broker.takeover import close_out
from trading.broker.takers import Sight
from trading.market.state import SymbolMarket
from trading.model.events import (
    CandleClosed,
    LedgerPosted,
    LedgerReason,
    LiquidationEnded,
    LiquidationStarted,
    Output,
)
from trading.model.margin import MarginMode
from trading.model.numbers import ZERO, exact
from trading.model.orders import Side

if TYPE_CHECKING:
    from trading.account.health import Balance, Marks
    from trading.engine.desk import Desk


class Scene(msgspec.Struct, frozen=True, gc=False):
    """What brings a liquidation: marks, and where the market is that it meets."""

    marks: Marks
    at: dict[str, Sight]
    """Where the market of a symbol is, if not where its mark is."""
    evidence: Evidence
    sees_market: bool = True


# --- when -------------------------------------------------------------------------------------


def on_mark(desk: Desk, market: SymbolMarket, out: list[Output]) -> None:
    """Take a new mark price of a symbol, as the feed shows it."""
    mark = market.mark
    if mark is None or _is_safe(desk, market, mark):
        return
    evidence = Evidence(desk.exchange_ns, "liquidation")
    _judge(desk, market.symbol, Scene(desk.marks(), {}, evidence), out)


def on_bar(
    desk: Desk, market: SymbolMarket, bar: CandleClosed, price: float, out: list[Output]
) -> None:
    """Take a price of a bar as the mark, where bars are all there is: its open, or its worst."""
    symbol = market.symbol
    if _is_safe(desk, market, price) or not _is_spent(desk, symbol, price):
        return
    marks, met = desk.marks() | {symbol: price}, price
    if price != bar.open:  # on its way there the mark passed where the position is liquidated
        threshold = desk.health.liquidation_price(symbol, marks)
        met = price if threshold is None else float(threshold)
    sight = Sight(market, met, bar_volume=bar.volume, bar_open_ns=bar.open_ns)
    evidence = Evidence(bar.open_ns, "liquidation", is_pessimistic=True)
    _judge(desk, symbol, Scene(marks, {symbol: sight}, evidence), out)


def on_unheard(desk: Desk, market: SymbolMarket, bar: CandleClosed, out: list[Output]) -> None:
    """Take the worst of a bar nobody heard: what was offered then is not known, so bankruptcy."""
    marks = desk.marks() | {market.symbol: worst_of(desk, market, bar)}
    evidence = Evidence(bar.open_ns, "backfill", is_pessimistic=True)
    _judge(desk, market.symbol, Scene(marks, {}, evidence, sees_market=False), out)


def worst_of(desk: Desk, market: SymbolMarket, bar: CandleClosed) -> float:
    """Return the end of a bar that is the worse for what is held."""
    return bar.high if desk.account.position(market.symbol).side is Side.SELL else bar.low


def bound(desk: Desk) -> None:
    """Draw every symbol's bounds anew; to be called after the account has changed."""
    is_flat = not desk.account.trips
    marks = {} if is_flat else desk.marks()
    for market in desk.markets.values():
        bounds = ANY if is_flat else desk.health.bounds(market.symbol, marks)
        market.safe_low, market.safe_high = bounds


def _is_safe(desk: Desk, market: SymbolMarket, mark: float) -> bool:
    """Tell whether a mark can liquidate nothing, by the bounds alone: a change ages them."""
    if not desk.account.trips:
        return True
    return not desk.broker.has_changed and market.safe_low < mark < market.safe_high


def _is_spent(desk: Desk, symbol: str, price: float) -> bool:
    desk.broker.has_changed = True  # spent or not, the bounds are to be drawn from here
    balance = desk.health.balance(symbol, desk.marks() | {symbol: price})
    return balance is not None and balance.is_spent


def _judge(desk: Desk, symbol: str, scene: Scene, out: list[Output]) -> None:
    if scene.evidence.exchange_ns < desk.broker.paused_until_ns:
        return  # nothing matches now; the bounds are passed still when it does again
    desk.broker.has_changed = True  # safe or not, the bounds are to be drawn from here
    balance = desk.health.balance(symbol, scene.marks)
    while balance is not None and balance.is_spent:
        if desk.account.terms.mode is MarginMode.CROSS:
            symbol = desk.health.most_losing(scene.marks) or symbol
        _liquidate(desk, desk.markets[symbol], balance, scene, out)
        held = desk.health.held()
        is_cross = desk.account.terms.mode is MarginMode.CROSS
        balance = desk.health.balance(held[0].symbol, scene.marks) if held and is_cross else None


# --- how --------------------------------------------------------------------------------------


def _liquidate(
    desk: Desk, market: SymbolMarket, balance: Balance, scene: Scene, out: list[Output]
) -> None:
    account, now_ns, symbol = desk.account, desk.now_ns, market.symbol
    mark, position = exact(scene.marks[symbol] or 0.0), account.position(symbol)
    quantity = abs(position.quantity)
    before, free = len(out), account.wallet - account.tied_up
    out.append(
        LiquidationStarted(
            at_ns=now_ns,
            symbol=symbol,
            quantity=position.quantity,
            mark=mark,
            balance=balance.equity,
            maintenance=balance.maintenance,
        )
    )
    _cancel_orders(desk, symbol, out)
    _cut(desk, market, scene, out)
    closed = quantity - abs(position.quantity)
    if account.terms.mode is MarginMode.ISOLATED:
        left = account.wallet - account.tied_up - free
    else:
        left = account.wallet + (account.unrealised(scene.marks) or ZERO)
    account.settle_liquidation(
        symbol,
        closed * mark * market.instrument.margin_rules.liquidation_fee_rate,
        left,
        f"liquidation of {closed} {symbol}",
        now_ns,
        out,
    )
    lines = [each for each in out[before:] if isinstance(each, LedgerPosted)]
    out.append(
        LiquidationEnded(
            at_ns=now_ns,
            symbol=symbol,
            closed=closed,
            left=position.quantity,
            fee=-_sum(lines, LedgerReason.LIQUIDATION_FEE),
            insured=_sum(lines, LedgerReason.INSURANCE),
        )
    )


def _cancel_orders(desk: Desk, symbol: str, out: list[Output]) -> None:
    is_cross = desk.account.terms.mode is MarginMode.CROSS
    for order in list(desk.broker.orders.values()):
        if is_cross or order.request.symbol == symbol:
            desk.broker.drop(order, "liquidation", desk.now_ns, out)


def _cut(desk: Desk, market: SymbolMarket, scene: Scene, out: list[Output]) -> None:
    """Close what must go: tier by tier as long as that meets a market, else whole."""
    symbol, health = market.symbol, desk.health
    position, mark = desk.account.position(symbol), scene.marks[symbol] or 0.0
    sight = scene.at.get(symbol) or Sight(market, _middle(market, mark), market.book)
    is_stepping = market.instrument.margin_rules.steps_down and scene.sees_market
    while (balance := health.balance(symbol, scene.marks)) is not None and balance.is_spent:
        bankruptcy = health.bankruptcy_price(symbol, scene.marks)
        if bankruptcy is None:
            return
        held = abs(position.quantity)
        kept = health.lower_tier_quantity(symbol, mark) if is_stepping else ZERO
        close_out(
            desk.broker,
            sight,
            held - kept,
            bankruptcy,
            scene.evidence,
            desk.now_ns,
            out,
            sees_market=scene.sees_market,
        )
        is_stepping = is_stepping and abs(position.quantity) < held


def _middle(market: SymbolMarket, mark: float) -> float:
    return mark if market.book is None or market.mid is None else market.mid


def _sum(lines: list[LedgerPosted], reason: LedgerReason) -> Decimal:
    return sum((each.amount for each in lines if each.reason is reason), ZERO)
