"""``pullback_ribbon``: waits in a trend, with a limit order, for the price to come back to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.config import check_number, check_whole
from trading.model.events import CandleClosed
from trading.model.intents import CancelEntries, Enter, Intent
from trading.model.numbers import exact
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.indicators import Atr, Ema
from trading.strategy.parameters import check_bars, check_multiple, check_shorter
from trading.strategy.view import View

SETTLED = 3
"""Look-backs after which an exponential average has all but forgotten how it was seeded."""


@dataclass(kw_only=True)
class PullbackRibbon(Strategy):
    """Buy at the fast average while it is above the slow one, and the price above both.

    Selling is the mirror. The entry is a limit order at the fast average, the stop ``stop_atr``
    average true ranges beyond it, the target ``reward`` times as far. An order that was not
    filled within ``patience_bars``, or whose trend ended, is taken back; the next bar may place
    another at the average as it then stands.

    Expectation: a resting order is filled when the price comes to it, and most surely when it
    goes on through it: the trades it gets are worse than the trend it saw.
    """

    fast_bars: int = 20
    slow_bars: int = 50
    atr_bars: int = 14
    stop_atr: float = 1.5
    reward: float = 2.0
    patience_bars: int = 3
    _fast: Ema = field(init=False, repr=False)
    _slow: Ema = field(init=False, repr=False)
    _atr: Atr = field(init=False, repr=False)
    _trend: Side | None = field(init=False, default=None)
    _waiting: Side | None = field(init=False, default=None)
    _waited_bars: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Check the parameters, and that fast is faster than slow."""
        check_bars("fast_bars", self.fast_bars)
        check_bars("slow_bars", self.slow_bars, least=2, most=5_000 // SETTLED)
        check_bars("atr_bars", self.atr_bars)
        check_multiple("stop_atr", self.stop_atr)
        check_number("strategy_parameters.reward", self.reward, above=0, most=100)
        check_whole("strategy_parameters.patience_bars", self.patience_bars, least=1, most=1_000)
        check_shorter(
            ("fast_bars", self.fast_bars),
            ("slow_bars", self.slow_bars),
            "make the fast average faster",
        )
        self._fast, self._slow, self._atr = (
            Ema(self.fast_bars),
            Ema(self.slow_bars),
            Atr(self.atr_bars),
        )

    @property
    def min_history_bars(self) -> int:
        """Enough for the slow average to have forgotten its seed."""
        return max(SETTLED * self.slow_bars, self.atr_bars + 1)

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Move the averages by one bar and see which way they point."""
        self._fast.push(candle.close)
        self._slow.push(candle.close)
        self._atr.push(candle)
        self._waited_bars += 1
        self._trend = None
        fast, slow = self._fast.value, self._slow.value
        if fast is not None and slow is not None:
            if candle.close > fast > slow:
                self._trend = Side.BUY
            elif candle.close < fast < slow:
                self._trend = Side.SELL

    def decide(self, view: View) -> Intent | None:
        """Keep, take back or place the resting entry."""
        if view.has_entry:
            if self._waited_bars >= self.patience_bars:
                return CancelEntries(reason="the price did not come back")
            # The price between the averages is the pullback waited for, not the trend's end.
            fast, slow = self._fast.value or 0.0, self._slow.value or 0.0
            is_over = (fast <= slow) if self._waiting is Side.BUY else (fast >= slow)
            return CancelEntries(reason="the trend is over") if is_over else None
        side, fast_value, atr = self._trend, self._fast.value, self._atr.value
        if side is None or fast_value is None or atr is None or atr <= 0 or not view.is_flat:
            return None
        self._waiting, self._waited_bars = side, 0
        away = self.stop_atr * atr
        return Enter(
            side=side,
            limit_price=exact(fast_value),
            stop_price=exact(fast_value - side.sign * away),
            target_price=exact(fast_value + side.sign * away * self.reward),
            reason=f"pullback {side}",
        )
