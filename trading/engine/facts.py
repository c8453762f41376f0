"""What a review is told: the account, its orders and the market at one instant."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from trading.broker import funds
from trading.market.state import SymbolMarket
from trading.model.numbers import ZERO, exact
from trading.risk.facts import Facts

if TYPE_CHECKING:
    from trading.engine.desk import Desk
    from trading.engine.turn import Turn


def facts_of(desk: Desk, turn: Turn) -> Facts:
    """Return the facts for an intent on a turn's symbol, now."""
    market, account, broker = turn.market, desk.account, desk.broker
    symbol, marks = market.symbol, desk.marks()
    held, entering = account.exposure(marks), broker.entry_notional(symbol, marks)
    return Facts(
        now_ns=desk.now_ns,
        equity=desk.equity(),
        exposure=None if held is None or entering is None else held + entering,
        symbol_exposure=_symbol_exposure(desk, market),
        position=account.position(symbol),
        has_entry=broker.has_entry(symbol),
        last_entry_ns=desk.last_entry_ns,
        leverage=account.terms.leverage_of(symbol),
        free=funds.free_for(broker, symbol, desk.markets),
        blocks=desk.blocks(market),
        exchange_ns=desk.venue_ns(market),
        oco_under_way=broker.oco_under_way(symbol),
        funding_rate=_rate_ahead(desk, market),
        size_multiplier=desk.policy.size_multiplier,
    )


def _symbol_exposure(desk: Desk, market: SymbolMarket) -> Decimal | None:
    quantity = desk.account.position(market.symbol).quantity
    if quantity == ZERO:
        return ZERO
    return None if market.mark is None else abs(quantity) * exact(market.mark)


def _rate_ahead(desk: Desk, market: SymbolMarket) -> Decimal | None:
    """Return the rate of a settlement that a position opened now may live to see."""
    setup = desk.setup
    next_ns = desk.account.funding.next_ns.get(market.symbol)
    if next_ns is None:
        return None
    is_seen = next_ns <= setup.deadline_ns or setup.config.end_policy == "carry"
    return market.funding_rate if is_seen else None
