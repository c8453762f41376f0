"""``donchian``: enters when a bar closes beyond the extremes of the bars before it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.model.events import CandleClosed
from trading.model.intents import Exit, Intent
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.indicators import Atr, Highest, Lowest
from trading.strategy.parameters import check_bars, check_multiple, check_shorter, stopped
from trading.strategy.view import View


@dataclass(kw_only=True)
class Donchian(Strategy):
    """Buy a close above the highest high of ``entry_bars``, sell one below their lowest low.

    The stop is ``stop_atr`` average true ranges from the price; there is no target: the position
    is left when a bar closes beyond the opposite extreme of the last ``exit_bars``. The bar that
    breaks out is not part of the channel it breaks.

    Rules: Richard Donchian's channel as the Turtles traded it (System 1: 20 in, 10 out, stop
    2 N), without their pyramiding and without their filter of the last signal. Expectation: few
    large wins among many small losses; in a market without trend it pays for every false break.
    """

    entry_bars: int = 20
    exit_bars: int = 10
    atr_bars: int = 20
    stop_atr: float = 2.0
    _upper: Highest = field(init=False, repr=False)
    _lower: Lowest = field(init=False, repr=False)
    _exit_upper: Highest = field(init=False, repr=False)
    _exit_lower: Lowest = field(init=False, repr=False)
    _atr: Atr = field(init=False, repr=False)
    _broke: Side | None = field(init=False, default=None)
    _left: Side | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Check the parameters, and that the way out is the shorter channel."""
        check_bars("entry_bars", self.entry_bars, least=2)
        check_bars("exit_bars", self.exit_bars)
        check_bars("atr_bars", self.atr_bars)
        check_multiple("stop_atr", self.stop_atr)
        check_shorter(
            ("exit_bars", self.exit_bars),
            ("entry_bars", self.entry_bars),
            "leave by a shorter channel than the one that let you in",
        )
        self._upper, self._lower = Highest(self.entry_bars), Lowest(self.entry_bars)
        self._exit_upper, self._exit_lower = Highest(self.exit_bars), Lowest(self.exit_bars)
        self._atr = Atr(self.atr_bars)

    @property
    def min_history_bars(self) -> int:
        """The channel and the bar that breaks it; one close more than the average range."""
        return max(self.entry_bars, self.atr_bars) + 1

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Compare the close with the channels of the bars before, then let the bar join them."""
        self._broke = _beyond(candle.close, self._upper.value, self._lower.value)
        self._left = _beyond(candle.close, self._exit_upper.value, self._exit_lower.value)
        self._upper.push(candle.high)
        self._lower.push(candle.low)
        self._exit_upper.push(candle.high)
        self._exit_lower.push(candle.low)
        self._atr.push(candle)

    def decide(self, view: View) -> Intent | None:
        """Follow a break when flat; leave when the shorter channel breaks against the position."""
        if not view.is_flat:
            against = Side.SELL if view.position > 0 else Side.BUY
            is_over = self._left is against and not view.is_closing
            return Exit(reason=f"{self.exit_bars}-bar channel broken") if is_over else None
        side, atr, price = self._broke, self._atr.value, view.mid
        if side is None or atr is None or price is None or view.has_entry:
            return None
        return stopped(side, price, self.stop_atr * atr, reason=f"channel broken {side}")


def _beyond(close: float, upper: float | None, lower: float | None) -> Side | None:
    """Return the side on which a close left a channel; None: inside, or no channel yet."""
    if upper is not None and close > upper:
        return Side.BUY
    if lower is not None and close < lower:
        return Side.SELL
    return None
