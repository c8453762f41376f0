"""The review: an intent either becomes an approved order, or is refused with the arithmetic.

Reducing risk is always allowed. Anything unknown (equity, price, mark) means no new risk.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import replace

from trading.account.position import Position
from trading.config import RiskConfig
from trading.market.state import SymbolMarket
from trading.model.intents import Enter
from trading.model.numbers import (
    NS_PER_S,
    ZERO,
    exact,
    floor_to_step,
    seconds_to_ns,
)
from trading.model.orders import (
    Bracket,
    OrderRequest,
    OrderRole,
    OrderType,
    Side,
)
from trading.risk.exits import too_late, unpaid
from trading.risk.facts import Facts
from trading.risk.funding_gate import funding_share
from trading.risk.prices import EntryPrices
from trading.risk.sizing import size_affordable, size_at_risk
from trading.risk.verdicts import Approved, Refused

ENDLESS: Final = Decimal("Infinity")
"""A quantity that only what there is room for bounds."""


class Room(msgspec.Struct, frozen=True, gc=False):
    """What an account has for one more entry; nothing of it is unknown."""

    equity: Decimal
    notional: Decimal
    """What the limits leave, in the quote coin; below 0: already too much."""
    free: Decimal
    leverage: int


class RiskReview:
    """The limits of one account, applied to every entry; holds the config and nothing else."""

    __slots__ = (
        "_config",
        "_interval_ns",
        "_leverage_max",
        "_notional_max",
        "_risk_pct",
        "_symbol_max",
        "reward_to_cost_min",
    )

    def __init__(self, config: RiskConfig) -> None:
        """Turn the configured limits into exact numbers once."""
        self._config = config
        self._interval_ns = seconds_to_ns(config.entry_interval_s)
        self._leverage_max = exact(config.leverage_max)
        self._notional_max = exact(config.notional_max_usdt)
        self._symbol_max = exact(config.symbol_notional_max_usdt)
        self.reward_to_cost_min = exact(config.reward_to_cost_min)
        self._risk_pct = exact(config.risk_pct)

    def entry(
        self, intent: Enter, intent_id: int, market: SymbolMarket, facts: Facts
    ) -> Approved[OrderRequest] | Refused:
        """Size an entry and check it against every limit."""
        standing = self._standing(facts, intent.oco)
        if standing is not None:
            return standing
        unwatched = _unwatched(intent, market)
        if unwatched is not None:
            return unwatched
        share = funding_share(self._config, intent.side, facts.funding_rate)
        if isinstance(share, Refused):
            return share
        price, room = self._reference(intent, market), self._room(facts)
        if price is None or room is None:
            return Refused(
                rule="unknown",
                detail=(
                    f"price {price}, equity {facts.equity}, exposure {facts.exposure}, "
                    f"free {facts.free}"
                ),
                remedy="wait until the book and the mark price are fresh",
            )
        if room.equity <= ZERO:
            return Refused(
                rule="no_equity", detail=f"equity {room.equity}", remedy="the account is spent"
            )
        prices = EntryPrices.of(intent, market.instrument.tick_size, price)
        if isinstance(prices, Refused):
            return prices
        sized = (
            _inside_spread(intent, prices, market)
            or unpaid(
                market.instrument,
                prices.entry,
                prices.target,
                self.reward_to_cost_min,
                is_maker_in=prices.limit is not None,
                is_maker_out=intent.target_is_limit,
            )
            or self._size(intent.side, prices, market, room, share * facts.size_multiplier)
        )
        if isinstance(sized, Refused):
            return sized
        late = too_late(market.instrument, intent.side, sized, prices.entry, prices.stop, facts)
        if late is not None:
            return late
        return Approved(_request(intent, intent_id, market.symbol, prices, sized, facts))

    def _standing(self, facts: Facts, oco: str) -> Refused | None:
        if facts.blocks:
            return Refused(
                rule=facts.blocks[0].partition(":")[0],
                detail="; ".join(facts.blocks),
                remedy="entries open again when the reason is gone",
            )
        is_flat = facts.position.is_flat
        if oco and is_flat and facts.oco_under_way == oco:
            return None  # only one of the pair can fill: no more is risked than by the first
        if not is_flat or facts.has_entry:
            return Refused(
                rule="one_position",
                detail=f"position {facts.position.quantity}, entry under way: {facts.has_entry}",
                remedy="close the position first",
            )
        if facts.last_entry_ns is not None:
            since_ns = facts.now_ns - facts.last_entry_ns
            if since_ns < self._interval_ns:
                return Refused(
                    rule="entry_interval",
                    detail=f"{since_ns / NS_PER_S:.1f} s since the last entry",
                    remedy=f"entries are {self._config.entry_interval_s:g} s apart",
                )
        return None

    @staticmethod
    def _reference(intent: Enter, market: SymbolMarket) -> Decimal | None:
        """Return the price the entry is expected at."""
        if intent.limit_price is not None:
            return intent.limit_price
        if intent.trigger_price is not None:
            return intent.trigger_price
        book = market.book
        if book is not None:
            return exact((book.asks if intent.side is Side.BUY else book.bids)[0][0])
        return None if market.last_price is None else exact(market.last_price)

    def _room(self, facts: Facts) -> Room | None:
        """Return what the limits leave; None where it is unknown."""
        equity, exposure, free = facts.equity, facts.exposure, facts.free
        if equity is None or exposure is None or facts.symbol_exposure is None or free is None:
            return None
        notional = min(self._notional_max, equity * self._leverage_max) - exposure
        if self._symbol_max:  # else what all may have bounds the symbol, too
            notional = min(notional, self._symbol_max - facts.symbol_exposure)
        return Room(equity, notional, free, facts.leverage)

    def _size(
        self, side: Side, prices: EntryPrices, market: SymbolMarket, room: Room, share: Decimal
    ) -> Decimal | Refused:
        """Return the quantity: what the stop may lose and what fits, and a share of it."""
        instrument, price, equity = market.instrument, prices.entry, room.equity
        wanted = size_at_risk(instrument, equity, self._risk_pct, price, prices.stop)
        is_limit = prices.limit is not None
        most = instrument.limit_quantity_max if is_limit else instrument.market_quantity_max
        fitting = _fitting(min(wanted, most), side, price, market, room)
        quantity = floor_to_step(fitting * share, instrument.quantity_step)
        if quantity >= instrument.quantity_min and quantity * price >= instrument.notional_min:
            return quantity
        fits = _fitting(ENDLESS, side, price, market, room)
        shrunk = "" if share == 1 else f", of which a share of {share} is permitted"
        return Refused(
            rule="below_minimum",
            detail=(
                f"{self._risk_pct} % of {equity:.2f} over a stop at {prices.stop} is {wanted}, "
                f"room for {fits}{shrunk}; the venue's least is {instrument.quantity_min}"
            ),
            remedy="risk more, bring the stop nearer, or raise the exposure limits or leverage",
        )


def _fitting(
    wanted: Decimal, side: Side, price: Decimal, market: SymbolMarket, room: Room
) -> Decimal:
    """Return as much of a quantity as there is room for."""
    instrument = market.instrument
    affordable = size_affordable(
        instrument,
        side,
        wanted,
        price,
        room.free,
        room.leverage,
        market.mark,
        market.last_price,
    )
    if affordable * price <= room.notional:
        return affordable
    step = instrument.quantity_step
    return min(affordable, floor_to_step(max(room.notional, ZERO) / price, step))


def _inside_spread(intent: Enter, prices: EntryPrices, market: SymbolMarket) -> Refused | None:
    """Refuse a stop that the bid and ask alone would hit, where a book is shown."""
    book = market.book
    if book is None or prices.limit is not None or prices.trigger is not None:
        return None
    # A long is closed at the bid: a stop at or above it is reached as soon as it is armed.
    near = exact((book.bids if intent.side is Side.BUY else book.asks)[0][0])
    if (near - prices.stop) * intent.side.sign > ZERO:
        return None
    return Refused(
        rule="stop_in_spread",
        detail=f"{intent.side} at {prices.entry} with stop {prices.stop}, closed at {near}",
        remedy="put the stop beyond the other side of the book",
    )


def _request(
    intent: Enter,
    intent_id: int,
    symbol: str,
    prices: EntryPrices,
    quantity: Decimal,
    facts: Facts,
) -> OrderRequest:
    """Return the order an entry becomes, with everything of it that the venue watches."""
    good_for_s, hold_s = intent.good_for_s, intent.hold_s
    is_limit, is_stop = prices.limit is not None, prices.trigger is not None
    request = OrderRequest(
        symbol=symbol,
        side=intent.side,
        type=_TYPES[is_stop, is_limit],
        quantity=quantity,
        role=OrderRole.ENTRY,
        price=prices.limit,
        trigger_price=prices.trigger,
        trigger_by=intent.trigger_by,
        time_in_force=intent.time_in_force,
        bracket=Bracket(
            stop_price=prices.stop,
            target_price=prices.target,
            trigger_by=intent.trigger_by,
            target_is_limit=intent.target_is_limit,
            trail=intent.trail,
            hold_ns=None if hold_s is None else seconds_to_ns(hold_s),
        ),
        intent_id=intent_id,
        reason=intent.reason,
        client_id=intent.client_id,
        oco=intent.oco,
        position_side=facts.position.position_side,
    )
    if good_for_s is None:  # not a keyword more above: from sixteen on Python passes a dict
        return request
    return replace(request, expires_ns=facts.exchange_ns + seconds_to_ns(good_for_s))


_TYPES: Final = {
    (False, False): OrderType.MARKET,
    (False, True): OrderType.LIMIT,
    (True, False): OrderType.STOP_MARKET,
    (True, True): OrderType.STOP_LIMIT,
}


def _unwatched(intent: Enter, market: SymbolMarket) -> Refused | None:
    """Refuse triggers on a series that this feed does not tell."""
    if intent.trigger_by.is_index and market.index is None:
        return Refused(
            rule="no_index",
            detail=f"no index price of {market.symbol} was told",
            remedy="watch the last or the mark price, or wait for the first index price",
        )
    return None


def closing(
    symbol: str, position: Position, role: OrderRole, intent_id: int, reason: str
) -> Approved[OrderRequest] | None:
    """Return the order that closes a whole position at the market; None when flat.

    It can only reduce, so nothing may refuse it; and what fills of an entry while it is on its way
    is closed as well.
    """
    side = position.side
    if side is None:
        return None
    return Approved(
        OrderRequest(
            symbol=symbol,
            side=side.opposite,
            type=OrderType.MARKET,
            quantity=abs(position.quantity),
            role=role,
            reduce_only=True,
            close_position=True,
            position_side=position.position_side,
            intent_id=intent_id,
            reason=reason,
        )
    )
