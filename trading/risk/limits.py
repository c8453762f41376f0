"""The review: an intent either becomes an approved order, or is refused with the arithmetic.

Reducing risk is always allowed. Anything unknown (equity, price, mark) means no new risk.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeVar

from trading.account.position import Position
from trading.config import RiskConfig
from trading.market.state import SymbolMarket
from trading.model.intents import Enter
from trading.model.numbers import (
    NS_PER_S,
    ZERO,
    exact,
    floor_to_step,
    price_down,
    price_up,
    seconds_to_ns,
)
from trading.model.orders import (
    Bracket,
    OrderRequest,
    OrderRole,
    OrderType,
    Side,
    TriggerSource,
)
from trading.risk.sizing import size_at_risk

T = TypeVar("T")

PRICE_MOST: Final = Decimal(10) ** 12
"""No contract costs so much: it is a mistake of unit, and no arithmetic to be done with."""


@dataclass(frozen=True, slots=True)
class Approved(Generic[T]):
    """What passed the review; the only thing the engine may submit."""

    item: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The rule that refused, its numbers, and what would let the intent pass."""

    rule: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the review needs to know, all of one instant.

    ``equity`` and ``exposure`` are the account's, in the quote coin, at the mark; None: unknown.
    ``blocks`` are the standing reasons against any entry. ``has_entry``: one is under way.
    """

    now_ns: int
    equity: Decimal | None
    exposure: Decimal | None
    position: Position
    has_entry: bool
    last_entry_ns: int | None
    leverage: int
    blocks: tuple[str, ...]
    exchange_ns: int = 0
    """The venue's clock at that instant, from which times in force are counted."""
    oco_under_way: str | None = None
    """The one OCO group all entries under way belong to; None: none, or several."""


class RiskReview:
    """The limits of one account, applied to every entry; holds the config and nothing else."""

    __slots__ = ("_config", "_interval_ns", "_leverage_max", "_notional_max", "_risk_pct")

    def __init__(self, config: RiskConfig) -> None:
        """Turn the configured limits into exact numbers once."""
        self._config = config
        self._interval_ns = seconds_to_ns(config.entry_interval_s)
        self._leverage_max = exact(config.leverage_max)
        self._notional_max = exact(config.notional_max_usdt)
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
        price = self._reference(intent, market)
        if price is None or facts.equity is None or facts.exposure is None:
            return Refused(
                rule="unknown",
                detail=f"price {price}, equity {facts.equity}, exposure {facts.exposure}",
                remedy="wait until the book and the mark price are fresh",
            )
        return self._sized(intent, intent_id, market, facts, price, facts.equity, facts.exposure)

    @property
    def risk_pct(self) -> Decimal:
        """Loss planned at a stop, in percent of equity."""
        return self._risk_pct

    def _standing(self, facts: Facts, oco: str) -> Refused | None:
        if facts.blocks:
            return Refused(
                rule=facts.blocks[0].partition(":")[0],
                detail="; ".join(facts.blocks),
                remedy="entries open again when the reason is gone",
            )
        is_other_of_pair = bool(oco) and facts.position.is_flat and facts.oco_under_way == oco
        if is_other_of_pair:
            return None  # only one of the two can fill: no more is risked than by the first
        if not facts.position.is_flat or facts.has_entry:
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

    def _sized(
        self,
        intent: Enter,
        intent_id: int,
        market: SymbolMarket,
        facts: Facts,
        price: Decimal,
        equity: Decimal,
        exposure: Decimal,
    ) -> Approved[OrderRequest] | Refused:
        instrument = market.instrument
        if equity <= ZERO:
            return Refused(
                rule="no_equity", detail=f"equity {equity}", remedy="the account is spent"
            )
        prices = _Prices.of(intent, instrument.tick_size, price)
        if isinstance(prices, Refused):
            return prices
        price = prices.entry
        wanted = size_at_risk(instrument, equity, self._risk_pct, price, prices.stop)
        room = min(
            self._notional_max - exposure,
            equity * self._leverage_max - exposure,
            equity * min(facts.leverage, instrument.leverage_max) - exposure,
        )
        fits = floor_to_step(max(room, ZERO) / price, instrument.quantity_step)
        is_limit = prices.limit is not None
        most = instrument.limit_quantity_max if is_limit else instrument.market_quantity_max
        quantity = floor_to_step(min(wanted, fits, most), instrument.quantity_step)
        if quantity < instrument.quantity_min or quantity * price < instrument.notional_min:
            return Refused(
                rule="below_minimum",
                detail=(
                    f"{self._risk_pct} % of {equity:.2f} over a stop at {prices.stop} is {wanted}, "
                    f"room for {fits}; the venue's least is {instrument.quantity_min}"
                ),
                remedy="risk more, bring the stop nearer, or raise the exposure limits",
            )
        return Approved(_request(intent, intent_id, market.symbol, prices, quantity, facts))


def _request(
    intent: Enter,
    intent_id: int,
    symbol: str,
    prices: _Prices,
    quantity: Decimal,
    facts: Facts,
) -> OrderRequest:
    """Return the order an entry becomes, with everything of it that the venue watches."""
    good_for_s, hold_s = intent.good_for_s, intent.hold_s
    is_limit, is_stop = prices.limit is not None, prices.trigger is not None
    return OrderRequest(
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
        expires_ns=None if good_for_s is None else facts.exchange_ns + seconds_to_ns(good_for_s),
    )


_TYPES: Final = {
    (False, False): OrderType.MARKET,
    (False, True): OrderType.LIMIT,
    (True, False): OrderType.STOP_MARKET,
    (True, True): OrderType.STOP_LIMIT,
}


def _unwatched(intent: Enter, market: SymbolMarket) -> Refused | None:
    """Refuse triggers on a series that this feed does not tell."""
    if intent.trigger_by is TriggerSource.INDEX and market.index is None:
        return Refused(
            rule="no_index",
            detail=f"no index price of {market.symbol} was told",
            remedy="watch the last or the mark price, or wait for the first index price",
        )
    return None


@dataclass(frozen=True, slots=True)
class _Prices:
    """An entry's prices on the tick lattice, each rounded to its cautious side.

    ``entry`` is the limit, or where the market is expected to fill it.
    """

    entry: Decimal
    stop: Decimal
    target: Decimal | None
    limit: Decimal | None
    trigger: Decimal | None = None

    @classmethod
    def of(cls, intent: Enter, tick: Decimal, price: Decimal) -> _Prices | Refused:
        """Return a nearer stop, a farther target, less eager limits; or why they cannot be."""
        given = (intent.stop_price, intent.target_price, intent.limit_price, intent.trigger_price)
        for value in given:
            if value is not None and not (value.is_finite() and tick <= value < PRICE_MOST):
                return Refused(
                    rule="bad_price",
                    detail=f"price {value}",
                    remedy=f"prices are finite, at least one tick ({tick}), under {PRICE_MOST:g}",
                )
        sign = intent.side.sign
        ahead, behind = (price_up, price_down) if sign > 0 else (price_down, price_up)
        stop = ahead(intent.stop_price, tick)
        target = None if intent.target_price is None else ahead(intent.target_price, tick)
        limit = None if intent.limit_price is None else behind(intent.limit_price, tick)
        trigger = None if intent.trigger_price is None else ahead(intent.trigger_price, tick)
        entry = limit or trigger or price
        is_stop_wrong = (entry - stop) * sign <= ZERO
        is_target_wrong = target is not None and (target - entry) * sign <= ZERO
        if is_stop_wrong or is_target_wrong:
            return Refused(
                rule="wrong_side",
                detail=f"{intent.side} at {entry} with stop {stop} and target {target}",
                remedy="the stop lies on the losing side of the entry, the target on the winning",
            )
        return cls(entry, stop, target, limit, trigger)


def closing(
    symbol: str, position: Position, role: OrderRole, intent_id: int, reason: str
) -> Approved[OrderRequest] | None:
    """Return the order that closes a whole position at the market; None when flat.

    It can only reduce, so nothing may refuse it.
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
            intent_id=intent_id,
            reason=reason,
        )
    )
