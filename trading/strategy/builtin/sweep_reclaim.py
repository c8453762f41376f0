"""``sweep_reclaim``: enters when an extreme is run through and taken back within one bar."""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.config import check_kind, check_number
from trading.model.events import CandleClosed
from trading.model.intents import Enter, Intent
from trading.model.numbers import exact
from trading.model.orders import Side
from trading.strategy.base import Strategy
from trading.strategy.indicators import Atr, Highest, Lowest, Sma, SyntheticCvd, Vwap
from trading.strategy.parameters import check_bars, check_multiple
from trading.strategy.view import View


@dataclass(kw_only=True)
class SweepReclaim(Strategy):
    """Buy a bar that trades below the low of the ``sweep_bars`` before it and closes above it.

    Selling is the mirror. The bar's volume must be at least ``volume_ratio_min`` times the mean
    of the ``volume_bars`` before it; with ``needs_cvd`` its own synthetic volume delta must lie
    on the side of the trade. The stop is ``stop_atr`` average true ranges beyond the sweep's
    extreme, the target the volume-weighted average price; a target nearer than ``reward_min``
    times the stop is not worth its costs and no entry.

    Expectation: stops gather beyond obvious extremes, and a run through them that finds no
    followers turns; one that does find them is the trend this strategy stands in the way of.
    """

    sweep_bars: int = 10
    atr_bars: int = 14
    stop_atr: float = 0.5
    vwap_bars: int = 60
    volume_bars: int = 20
    volume_ratio_min: float = 1.2
    needs_cvd: bool = False
    reward_min: float = 1.0
    _highest: Highest = field(init=False, repr=False)
    _lowest: Lowest = field(init=False, repr=False)
    _atr: Atr = field(init=False, repr=False)
    _vwap: Vwap = field(init=False, repr=False)
    _volume: Sma = field(init=False, repr=False)
    _reclaimed: Side | None = field(init=False, default=None)
    _extreme: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Check the parameters."""
        for name in ("sweep_bars", "atr_bars", "vwap_bars", "volume_bars"):
            check_bars(name, getattr(self, name))
        check_multiple("stop_atr", self.stop_atr)
        for name in ("volume_ratio_min", "reward_min"):
            check_number(f"strategy_parameters.{name}", getattr(self, name), least=0, most=100)
        check_kind("strategy_parameters.needs_cvd", self.needs_cvd, bool, "true or false")
        self._highest, self._lowest = Highest(self.sweep_bars), Lowest(self.sweep_bars)
        self._atr, self._vwap = Atr(self.atr_bars), Vwap(self.vwap_bars)
        self._volume = Sma(self.volume_bars)

    @property
    def min_history_bars(self) -> int:
        """What the longest looks back, and the bar that sweeps."""
        return max(self.sweep_bars, self.vwap_bars, self.volume_bars, self.atr_bars) + 1

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Compare the bar with the ones before it, then let it join them."""
        self._reclaimed = self._look(candle)
        self._extreme = candle.high if self._reclaimed is Side.SELL else candle.low
        self._highest.push(candle.high)
        self._lowest.push(candle.low)
        self._volume.push(candle.volume)
        self._atr.push(candle)
        self._vwap.push(candle)

    def _look(self, candle: CandleClosed) -> Side | None:
        """Return the side of a confirmed reclaim; a bar that sweeps both ends says nothing."""
        high, low, volume = self._highest.value, self._lowest.value, self._volume.value
        if high is None or low is None or volume is None:
            return None
        is_up = candle.low < low < candle.close
        is_down = candle.high > high > candle.close
        if is_up is is_down or candle.volume < self.volume_ratio_min * volume:
            return None
        side = Side.BUY if is_up else Side.SELL
        if self.needs_cvd:
            delta = SyntheticCvd(1)
            delta.push(candle)
            if (delta.value or 0.0) * side.sign <= 0:
                return None
        return side

    def decide(self, view: View) -> Intent | None:
        """Enter with the reclaim of the bar just closed, when flat."""
        side, price = self._reclaimed, view.mid
        atr, average = self._atr.value, self._vwap.value
        if side is None or price is None or atr is None or average is None:
            return None
        stop = self._extreme - side.sign * self.stop_atr * atr
        loss, gain = side.sign * (price - stop), side.sign * (average - price)
        if view.has_entry or not view.is_flat or loss <= 0 or gain < self.reward_min * loss:
            return None
        return Enter(
            side=side,
            stop_price=exact(stop),
            target_price=exact(average),
            reason=f"{self.sweep_bars}-bar extreme reclaimed {side}",
        )
