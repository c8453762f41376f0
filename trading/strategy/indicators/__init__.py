"""Incremental indicators: one number in, the state moved by one step, in constant time.

Each is a small object a strategy keeps as its own state: plain numbers and deques, so that it is
part of every snapshot. ``push`` takes the next bar or number; ``value`` is None until the whole
look-back has been seen, never a guess from fewer. None of them knows a symbol, a clock or a price
to trade at.
"""

from trading.strategy.indicators.averages import Ema, Sma
from trading.strategy.indicators.extremes import Highest, Lowest
from trading.strategy.indicators.momentum import Rsi
from trading.strategy.indicators.ranges import Atr
from trading.strategy.indicators.volume import SyntheticCvd, Vwap

__all__ = ["Atr", "Ema", "Highest", "Lowest", "Rsi", "Sma", "SyntheticCvd", "Vwap"]
