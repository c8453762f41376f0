"""``vwap_reversion``: bets that a price far from its volume-weighted average comes back to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.config import check_number
from trading.model.events import CandleClosed
from trading.model.intents import Exit, Intent
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.indicators import Atr, Rsi, Vwap
from trading.strategy.parameters import check_bars, check_multiple, stopped
from trading.strategy.view import View

OVERSOLD_MAX = 50.0


@dataclass(kw_only=True)
class VwapReversion(Strategy):
    """Buy a close ``entry_deviations`` below the average, sell one as far above it.

    The deviation is the volume-weighted standard deviation of the window. The relative strength
    index must agree that the move is stretched: below ``oversold_rsi`` to buy, above 100 minus it
    to sell. The stop is ``stop_atr`` average true ranges away, the target the average as it stood
    at the signal; a position that is held when a bar closes at or past the average is left.

    Expectation: many small wins and a few large losses; it is short of trends, and each trade
    must earn two taker fees from a move of about two deviations.
    """

    vwap_bars: int = 60
    entry_deviations: float = 2.0
    rsi_bars: int = 14
    oversold_rsi: float = 30.0
    atr_bars: int = 14
    stop_atr: float = 2.0
    _vwap: Vwap = field(init=False, repr=False)
    _rsi: Rsi = field(init=False, repr=False)
    _atr: Atr = field(init=False, repr=False)
    _close: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_bars("vwap_bars", self.vwap_bars, least=2)
        check_bars("rsi_bars", self.rsi_bars)
        check_bars("atr_bars", self.atr_bars)
        check_multiple("entry_deviations", self.entry_deviations)
        check_multiple("stop_atr", self.stop_atr)
        check_number(
            "strategy_parameters.oversold_rsi", self.oversold_rsi, above=0, most=OVERSOLD_MAX
        )
        self._vwap, self._rsi, self._atr = (
            Vwap(self.vwap_bars),
            Rsi(self.rsi_bars),
            Atr(self.atr_bars),
        )

    @property
    def min_history_bars(self) -> int:
        """What the longest of the three looks back; range and index need one close more."""
        return max(self.vwap_bars, self.rsi_bars + 1, self.atr_bars + 1)

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Move the indicators by one bar."""
        self._vwap.push(candle)
        self._rsi.push(candle.close)
        self._atr.push(candle)
        self._close = candle.close

    def decide(self, view: View) -> Intent | None:
        """Fade a stretched close when flat; leave at the average."""
        average, deviation = self._vwap.value, self._vwap.deviation
        rsi, atr, price = self._rsi.value, self._atr.value, view.mid
        if average is None or deviation is None or rsi is None or atr is None or price is None:
            return None
        if not view.is_flat:
            is_back = self._close >= average if view.position > 0 else self._close <= average
            return Exit(reason="back at the average") if is_back and not view.is_closing else None
        stretch = self.entry_deviations * deviation
        if view.has_entry or deviation <= 0:
            return None
        if self._close <= average - stretch and rsi <= self.oversold_rsi:
            side = Side.BUY
        elif self._close >= average + stretch and rsi >= 100 - self.oversold_rsi:
            side = Side.SELL
        else:
            return None
        if side.sign * (average - price) <= 0:
            return None  # the market is already where the trade wanted to take it
        return stopped(side, price, self.stop_atr * atr, target=average, reason=f"stretched {side}")
