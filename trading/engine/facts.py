"""What a review is told: the account, its orders and the market at one instant."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from trading.account.health import Marks
from trading.broker import funds
from trading.market.state import SymbolMarket
from trading.model.intents import Enter, Intent
from trading.model.numbers import ZERO, exact
from trading.model.sides import PositionKey
from trading.risk.facts import Facts

if TYPE_CHECKING:
    from trading.engine.desk import Desk
    from trading.engine.turn import Turn


def facts_of(desk: Desk, turn: Turn, intent: Intent) -> Facts:
    """Return the facts for an intent on a turn's symbol, now: of the position it would open."""
    market, account, broker = turn.market, desk.account, desk.broker
    symbol, terms = market.symbol, account.terms
    mode = terms.position_mode
    side = mode.opened_by(intent.side) if isinstance(intent, Enter) else mode.sides[0]
    key = symbol, side
    # With nothing open and nothing under way all is there and free, whatever the marks are.
    marks: Marks = {}
    exposure: Decimal | None = ZERO
    symbol_exposure: Decimal | None = ZERO
    equity: Decimal | None = account.wallet
    free, has_entry, oco = equity, False, None
    if account.trips or broker.orders:
        marks, equity = desk.marks(), desk.equity()
        exposure = _exposure(desk, key, marks)
        symbol_exposure = _symbol_exposure(desk, market, key)
        free = funds.free_for(broker, key, marks, desk.markets)
        has_entry, oco = broker.has_entry(*key), broker.oco_under_way(symbol)
    return Facts(
        now_ns=desk.now_ns,
        equity=equity,
        exposure=exposure,
        symbol_exposure=symbol_exposure,
        position=account.positions[key],
        has_entry=has_entry,
        last_entry_ns=desk.last_entry_ns,
        terms=terms,
        free=free,
        blocks=desk.blocks(market),
        liquidation=partial(desk.health.liquidated_before, key, marks),
        exchange_ns=desk.venue_ns(market),
        oco_under_way=oco,
        funding_rate=_rate_ahead(desk, market),
        size_multiplier=desk.policy.size_multiplier,
    )


def _exposure(desk: Desk, key: PositionKey, marks: Marks) -> Decimal | None:
    """Return what is open in the account, and what enters its other positions."""
    held, entering = desk.account.exposure(marks), desk.broker.entry_notional(key, marks)
    return None if held is None or entering is None else held + entering


def _symbol_exposure(desk: Desk, market: SymbolMarket, key: PositionKey) -> Decimal | None:
    """Return what is open in a symbol, and in hedge mode what enters its other position."""
    symbol, marks = market.symbol, {market.symbol: market.mark}
    entering = desk.broker.entry_notional(key, marks, symbol)
    held = ZERO
    for position in desk.account.positions_of(symbol):
        held += abs(position.quantity)
    if held == ZERO or entering is None:
        return entering
    return None if market.mark is None else held * exact(market.mark) + entering


def _rate_ahead(desk: Desk, market: SymbolMarket) -> Decimal | None:
    """Return the rate of a settlement that a position opened now may live to see."""
    setup = desk.setup
    next_ns = desk.account.funding.next_ns.get(market.symbol)
    if next_ns is None:
        return None
    is_seen = next_ns <= setup.deadline_ns or setup.config.end_policy == "carry"
    return market.funding_rate if is_seen else None
