"""``sma_cross``: enters when a fast simple moving average crosses a slow one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import fsum

from trading.config import check_number, check_whole
from trading.model.events import CandleClosed
from trading.model.intents import Intent
from trading.model.orders import Side
from trading.strategy.bracketed import BracketedStrategy
from trading.strategy.indicators import Atr
from trading.strategy.parameters import check_bars, check_shorter
from trading.strategy.view import View

TOUCH = 1e-12
"""Averages closer than this, relative to their size, are equal: no lattice of prices is finer."""
NEAR = 1e-7
"""Averages closer than this, relative to their size, are told apart by sums made anew.

A running sum of floats drifts by some 1e-16 of its size a bar: a thousand million bars are far.
"""


@dataclass(kw_only=True)
class SmaCross(BracketedStrategy):
    """Buy when the fast average rises above the slow one, sell when it falls below.

    Averages are of closes, over ``fast_bars`` and ``slow_bars``. The stop is ``stop_bps`` from
    the price, the target ``reward`` times as far (0: none). No edge is claimed.

    ``atr_bps_min`` is a filter of volatility: a crossing counts only while the average true range
    of ``atr_bars`` is at least that many basis points of the price (0: no filter). Averages that
    cross in a market that hardly moves cross back before the move has paid two fees.
    """

    fast_bars: int = 10
    slow_bars: int = 50
    stop_bps: float = 30.0
    reward: float = 1.5
    atr_bars: int = 14
    atr_bps_min: float = 0.0
    _atr: Atr | None = field(init=False, repr=False, default=None)
    _closes: deque[float] = field(init=False, repr=False)
    _leaves_fast: int = field(init=False, repr=False)
    """Place of the close that the fast average lets go of, in a full window."""
    _share: float = field(init=False, repr=False)
    """Of the slow average's bars that the fast one sees, too."""
    _ahead: float | None = field(init=False, default=None)
    """How far the fast average is above the slow one, times ``fast_bars``; kept up by each bar.

    None until there are ``slow_bars`` of them.
    """
    _is_above: bool | None = field(init=False, default=None)
    _crossed: Side | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Check the parameters, and that fast is faster than slow."""
        check_whole("strategy_parameters.fast_bars", self.fast_bars, least=1, most=5_000)
        check_whole("strategy_parameters.slow_bars", self.slow_bars, least=2, most=5_000)
        self.check_bracket()
        check_shorter(
            ("fast_bars", self.fast_bars),
            ("slow_bars", self.slow_bars),
            "make the fast average faster",
        )
        check_bars("atr_bars", self.atr_bars)
        check_number("strategy_parameters.atr_bps_min", self.atr_bps_min, least=0, most=1_000)
        self._closes = deque(maxlen=self.slow_bars)
        self._leaves_fast = self.slow_bars - self.fast_bars
        self._share = self.fast_bars / self.slow_bars
        if self.atr_bps_min > 0:
            self._atr = Atr(self.atr_bars)

    @property
    def min_history_bars(self) -> int:
        """One bar more than the slow average needs: a crossing compares two bars."""
        return max(self.slow_bars, self.atr_bars if self._atr is not None else 0) + 1

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Move both averages by one close and note a crossing."""
        closes, close, ahead = self._closes, candle.close, self._ahead
        self._crossed = None
        if self._atr is not None:
            self._atr.push(candle)
        if ahead is None:
            closes.append(close)
            if len(closes) == self.slow_bars:
                self._look_closely()
            return
        ahead += close - closes[self._leaves_fast] - (close - closes[0]) * self._share
        self._ahead = ahead
        closes.append(close)
        if ahead > 0.0:
            if self._is_above is not True:
                self._seems_crossed(ahead, close)
        elif self._is_above is not False:
            self._seems_crossed(ahead, close)

    def _seems_crossed(self, ahead: float, close: float) -> None:
        """Note a crossing that the kept-up sum tells of, if it is sure of it; else look closely."""
        if self._is_above is None or abs(ahead) < NEAR * close * self.fast_bars:
            self._look_closely()
        else:
            self._note(is_above=ahead > 0.0)

    def _look_closely(self) -> None:
        """Make the sum anew, and note a crossing if there is one; a touch is none."""
        closes = list(self._closes)
        slow, fast = fsum(closes), fsum(closes[self._leaves_fast :])
        above = fast * self.slow_bars - slow * self.fast_bars
        self._ahead = above / self.slow_bars
        is_above = above > 0
        if abs(above) > TOUCH * slow * self.fast_bars and is_above is not self._is_above:
            self._note(is_above=is_above)

    def _note(self, *, is_above: bool) -> None:
        """Note that the fast average is on the other side now; the first side is no crossing."""
        if self._is_above is not None:
            self._crossed = Side.BUY if is_above else Side.SELL
        self._is_above = is_above

    def decide(self, view: View) -> Intent | None:
        """Enter with the crossing of the bar just closed, when flat."""
        crossed = self._crossed
        if crossed is None or view.has_entry or not view.is_flat:
            return None
        price = view.mid
        if price is None or not self._moves_enough(price):
            return None
        return self.bracketed(crossed, price, f"sma cross {crossed}")

    def _moves_enough(self, price: float) -> bool:
        """Tell whether the market's range pays for a trade; yes where no filter is set."""
        if self._atr is None:
            return True
        atr = self._atr.value
        return atr is not None and atr * 10_000 >= self.atr_bps_min * price
