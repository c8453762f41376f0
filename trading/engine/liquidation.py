"""When the mark leaves a position without its maintenance, the venue takes it away: in this order.

1. Open orders are cancelled: the position's (isolated), or all of the account's (cross).
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
from trading.broker.takeover import Cut, close_out
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
from trading.model.sides import name_of

if TYPE_CHECKING:
    from trading.account.health import Balance, Marks
    from trading.account.position import Position
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
    if mark is None or _is_safe(desk, market, mark, mark):
        return
    evidence = Evidence(desk.exchange_ns, "liquidation")
    _judge(desk, market.symbol, Scene(desk.marks(), {}, evidence), out)


def on_bar(
    desk: Desk, market: SymbolMarket, bar: CandleClosed, price: float, out: list[Output]
) -> None:
    """Take a price of a bar as the mark, where bars are all there is: its open, or its worst."""
    symbol = market.symbol
    if _is_safe(desk, market, price, price):
        return
    spent = _spent(desk, symbol, price)
    if spent is None:
        return
    marks, met = desk.marks() | {symbol: price}, price
    if price != bar.open:  # on its way there the mark passed where the position is liquidated
        threshold = desk.health.liquidation_price(symbol, marks, spent.position_side)
        met = price if threshold is None else float(threshold)
    sight = Sight(market, met, bar_volume=bar.volume, bar_open_ns=bar.open_ns)
    evidence = Evidence(bar.open_ns, "liquidation", is_pessimistic=True)
    _judge(desk, symbol, Scene(marks, {symbol: sight}, evidence), out)


def on_worst(desk: Desk, market: SymbolMarket, bar: CandleClosed, out: list[Output]) -> None:
    """Take the worst of a bar as the mark, once it has met the orders."""
    if not _is_safe(desk, market, bar.low, bar.high):
        for worst in worst_of(desk, market, bar):
            on_bar(desk, market, bar, worst, out)


def on_unheard(desk: Desk, market: SymbolMarket, bar: CandleClosed, out: list[Output]) -> None:
    """Take the worst of a bar nobody heard: what was offered then is not known, so bankruptcy."""
    evidence = Evidence(bar.open_ns, "backfill", is_pessimistic=True)
    for worst in worst_of(desk, market, bar):
        marks = desk.marks() | {market.symbol: worst}
        _judge(desk, market.symbol, Scene(marks, {}, evidence, sees_market=False), out)


def worst_of(desk: Desk, market: SymbolMarket, bar: CandleClosed) -> tuple[float, ...]:
    """Return the ends of a bar that are the worse for something held: low, high, both or none."""
    ends: tuple[float, ...] = ()
    for position in desk.account.positions_of(market.symbol):
        if position.quantity != ZERO:
            ends += (bar.low if position.quantity > ZERO else bar.high,)
    return ends


def bound(desk: Desk) -> None:
    """Draw every symbol's bounds anew, once the account has changed."""
    account = desk.account
    if not account.has_changed:
        return
    account.has_changed = False
    if not account.trips:
        for market in desk.markets.values():
            market.safe_low, market.safe_high = ANY
        return
    is_cross = account.terms.mode is MarginMode.CROSS
    marks = desk.marks() if is_cross else {}  # isolated, a position stands for itself
    for market in desk.markets.values():
        market.safe_low, market.safe_high = desk.health.bounds(market.symbol, marks)


def _is_safe(desk: Desk, market: SymbolMarket, low: float, high: float) -> bool:
    """Tell whether no mark from low to high can liquidate anything, by the bounds alone."""
    account = desk.account
    if not account.trips:
        return True
    if account.has_changed:
        bound(desk)
    return market.safe_low < low and high < market.safe_high


def _age(desk: Desk) -> None:
    """Have the bounds drawn again from where the marks are now, and all that rests on them."""
    desk.account.has_changed = desk.broker.has_changed = True


def _spent(desk: Desk, symbol: str, price: float) -> Position | None:
    """Return the first of a symbol's positions that a mark leaves too little; None: none is."""
    _age(desk)  # spent or not
    marks = desk.marks() | {symbol: price}
    for position in desk.account.positions_of(symbol):
        balance = desk.health.balance(symbol, marks, position.position_side)
        if balance is not None and balance.is_spent:
            return position
    return None


def _judge(desk: Desk, symbol: str, scene: Scene, out: list[Output]) -> None:
    if scene.evidence.exchange_ns < desk.broker.paused_until_ns:
        return  # nothing matches now; the bounds are passed still when it does again
    _age(desk)  # safe or not
    health, marks = desk.health, scene.marks
    is_cross = desk.account.terms.mode is MarginMode.CROSS
    for position in desk.account.positions_of(symbol):
        balance = health.balance(symbol, marks, position.position_side)
        while balance is not None and balance.is_spent:
            losing = health.most_losing(marks) if is_cross else None
            _liquidate(desk, losing or position, balance, scene, out)
            left = health.held() if is_cross else []
            balance = health.balance(left[0].symbol, marks, left[0].position_side) if left else None


# --- how --------------------------------------------------------------------------------------


def _liquidate(
    desk: Desk, position: Position, balance: Balance, scene: Scene, out: list[Output]
) -> None:
    account, now_ns, symbol = desk.account, desk.now_ns, position.symbol
    market, mark = desk.markets[symbol], exact(scene.marks[symbol] or 0.0)
    quantity = position.held
    before, free = len(out), account.wallet - account.tied_up
    out.append(
        LiquidationStarted(
            at_ns=now_ns,
            symbol=symbol,
            quantity=position.quantity,
            mark=mark,
            balance=balance.equity,
            maintenance=balance.maintenance,
            position_side=position.position_side,
        )
    )
    _cancel_orders(desk, position, out)
    _cut(desk, position, scene, out)
    closed = quantity - position.held
    if account.terms.mode is MarginMode.ISOLATED:
        left = account.wallet - account.tied_up - free
    else:
        left = account.wallet + (account.unrealised(scene.marks) or ZERO)
    account.settle_liquidation(
        position,
        closed * mark * market.instrument.margin_rules.liquidation_fee_rate,
        left,
        f"liquidation of {closed} {name_of(position)}",
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
            position_side=position.position_side,
        )
    )


def _cancel_orders(desk: Desk, position: Position, out: list[Output]) -> None:
    is_cross = desk.account.terms.mode is MarginMode.CROSS
    for order in list(desk.broker.orders.values()):
        key = order.request.symbol, order.request.position_side
        if is_cross or key == position.key:
            desk.broker.drop(order, "liquidation", desk.now_ns, out)


def _cut(desk: Desk, position: Position, scene: Scene, out: list[Output]) -> None:
    """Close what must go: tier by tier as long as that meets a market, else whole."""
    health, (symbol, side) = desk.health, position.key
    market, mark = desk.markets[symbol], scene.marks[symbol] or 0.0
    sight = scene.at.get(symbol) or Sight(market, _middle(market, mark), market.book)
    is_stepping = market.instrument.margin_rules.steps_down and scene.sees_market
    while (balance := health.balance(symbol, scene.marks, side)) is not None and balance.is_spent:
        bankruptcy = health.bankruptcy_price(symbol, scene.marks, side)
        if bankruptcy is None:
            return
        held = position.held
        kept = health.lower_tier_quantity(symbol, mark, side) if is_stepping else ZERO
        close_out(
            desk.broker,
            Cut(position, held - kept, bankruptcy),
            sight,
            scene.evidence,
            desk.now_ns,
            out,
            sees_market=scene.sees_market,
        )
        is_stepping = is_stepping and position.held < held


def _middle(market: SymbolMarket, mark: float) -> float:
    return mark if market.book is None or market.mid is None else market.mid


def _sum(lines: list[LedgerPosted], reason: LedgerReason) -> Decimal:
    return sum((each.amount for each in lines if each.reason is reason), ZERO)
