"""What an order must find free in the account before a venue takes it: its cost, part by part."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from trading.model.instrument import Instrument
from trading.model.numbers import ZERO, exact
from trading.model.orders import Side


class OrderCost(msgspec.Struct, frozen=True, gc=False):
    """The parts of an order's cost, in the quote coin."""

    initial_margin: Decimal
    open_loss: Decimal
    """What it would lose at once against the mark, where the venue counts that."""
    opening_fee: Decimal
    closing_fee: Decimal
    """Fee of closing at the bankruptcy price, where the venue counts that."""

    @property
    def total(self) -> Decimal:
        """What must be free."""
        return self.initial_margin + self.open_loss + self.opening_fee + self.closing_fee


def order_cost(
    instrument: Instrument,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    leverage: int,
    mark: float | None = None,
    last: float | None = None,
) -> OrderCost:
    """Return what an order that opens ``quantity`` at ``price`` costs.

    ``mark`` and ``last`` are the market's; None: not known, not used. A sell is margined at
    ``max(last * (1 + x), mark, price)`` where the venue has such an ``x``.

    Source: Binance FAQ 87fa7ee3 (open loss, assuming price); Bybit and Phemex "order cost" (both
    fees, the second at ``price * (1 - side / leverage)``).

    >>> from tests.support.instruments import BTCUSDT
    >>> order_cost(BTCUSDT, Side.BUY, Decimal(1), Decimal(50_000), 10, mark=49_990.0)
    OrderCost(initial_margin=Decimal('5000'), open_loss=Decimal('10.0'), \
opening_fee=Decimal('30.0000'), closing_fee=Decimal('27.0000'))
    """
    rules, fee_rate, notional = instrument.margin_rules, instrument.taker_fee_rate, quantity * price
    initial_margin = lost = notional / leverage
    if not side.is_buy and rules.short_over_last:
        over_last = ZERO if last is None else exact(last) * (1 + rules.short_over_last)
        marked = ZERO if mark is None else exact(mark)
        initial_margin = quantity * max(price, over_last, marked) / leverage
    open_loss = closing_fee = ZERO
    if rules.cost_holds_open_loss and mark is not None:
        worse = price - exact(mark) if side.is_buy else exact(mark) - price
        if worse > ZERO:
            open_loss = quantity * worse
    if rules.cost_holds_closing_fee:
        closing_fee = (notional - lost if side.is_buy else notional + lost) * fee_rate
    return OrderCost(initial_margin, open_loss, notional * fee_rate, closing_fee)
