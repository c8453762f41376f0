"""Strategies that do what a test says, found by dotted path.

A script is ``call: word`` pairs, such as ``1 buy 49500 51000; 4 exit``: at the strategy's first
call to ``decide`` buy with that stop and target, at its fourth leave. Words: ``buy`` and ``sell``
(stop, then optionally target or ``-``, then optionally a limit price), ``exit`` and ``cancel`` (of
the ``long`` or the ``short`` alone, where that is said), ``move`` (a stop, of either likewise).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, cast

from tests.support.market import ns
from trading.model.events import CandleClosed
from trading.model.intents import CancelEntries, Enter, Exit, Intent, MoveProtection
from trading.model.orders import Side, TriggerSource
from trading.model.sides import PositionSide
from trading.strategy.base import Strategy
from trading.strategy.view import View

HERE = "tests.support.strategies"
BUILT: list[Scripted] = []
"""Every scripted strategy made so far: a test asks the newest what it saw."""


def intent_of(words: str) -> Intent:
    """Return what a phrase of a script means."""
    verb, *prices = words.split()
    side = PositionSide.BOTH
    if prices and prices[0] in {"long", "short"}:
        side = PositionSide(prices.pop(0))
    if verb == "exit":
        return Exit(reason="script", position_side=side)
    if verb == "cancel":
        return CancelEntries(reason="script", position_side=side)
    if verb == "move":
        return MoveProtection(stop_price=Decimal(prices[0]), position_side=side)
    by_mark = verb.endswith("@mark")
    levels = [None if price == "-" else Decimal(price) for price in prices] + [None, None]
    stop, target, limit = levels[:3]
    if stop is None:
        raise ValueError(f"{words!r}: an entry has a stop")
    return Enter(
        side=Side(verb.removesuffix("@mark")),
        stop_price=stop,
        target_price=target,
        limit_price=limit,
        trigger_by=TriggerSource.MARK if by_mark else TriggerSource.LAST,
        reason="script",
    )


@dataclass(kw_only=True)
class Scripted(Strategy):
    """Follows a script, call by call, on closed bars; it needs no history unless told."""

    script: str = ""
    needs_bars: int = 0
    calls: int = field(init=False, default=0)
    observed: list[CandleClosed] = field(init=False, default_factory=list)
    seen_ns: list[int] = field(init=False, default_factory=list)
    seen_position: list[Decimal] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Make oneself known to the test."""
        BUILT.append(self)

    @property
    def min_history_bars(self) -> int:
        """As many as the test says."""
        return self.needs_bars

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Keep the bar."""
        self.observed.append(candle)

    def decide(self, view: View) -> Intent | None:
        """Do what the script says at this call."""
        self.calls += 1
        self.seen_ns.append(view.now_ns)
        self.seen_position.append(view.position)
        for phrase in filter(None, (each.strip() for each in self.script.split(";"))):
            call, _, words = phrase.partition(" ")
            if int(call) == self.calls:
                return intent_of(words)
        return None


@dataclass(kw_only=True)
class ScriptedOnTrades(Scripted):
    """Follows a script, call by call, on prints (and on bars, if there are any)."""

    decides_on_trades: ClassVar[bool] = True


@dataclass(kw_only=True)
class Timed(Strategy):
    """Follows a script by the clock: ``MILLISECONDS words`` after ``market.T0_NS``, each once.

    The word ``raise`` fails instead.
    """

    decides_on_trades: ClassVar[bool] = True
    script: str = ""
    _done: int = field(init=False, default=0)

    def decide(self, view: View) -> Intent | None:
        """Do what is due, one thing at a call."""
        wishes = [each.strip() for each in self.script.split(";") if each.strip()]
        if self._done == len(wishes):
            return None
        at_ms, _, words = wishes[self._done].partition(" ")
        if view.now_ns < ns(float(at_ms)):
            return None
        self._done += 1
        if words == "raise":
            raise RuntimeError("as the script says")
        return intent_of(words)


@dataclass(kw_only=True)
class Eager(Strategy):
    """Wants in whenever it is asked, and out again after ``hold_s``: bad for any account."""

    decides_on_trades: ClassVar[bool] = True
    stop_bps: float = 10.0
    hold_s: float = 1e9
    _since_ns: int = field(init=False, default=0)

    def decide(self, view: View) -> Intent | None:
        """Enter long at the market; leave when it was long enough."""
        if view.is_flat:
            self._since_ns = view.now_ns
            at = Decimal(repr(view.mid or 0.0))
            return Enter(side=Side.BUY, stop_price=at * (1 - Decimal(repr(self.stop_bps)) / 10_000))
        is_over = view.now_ns - self._since_ns > self.hold_s * 1e9
        return Exit() if is_over and not view.is_closing else None


@dataclass(kw_only=True)
class RandomLimits(Strategy):
    """On each bar draws a limit near the market, on either side of it, or takes its entry back."""

    stop_bps: float = 6.0

    def decide(self, view: View) -> Intent | None:
        """Enter with a limit, cancel, or leave, as the dice say."""
        roll, coin, offset = view.rng.random(), view.rng.random(), view.rng.randint(-20, 40)
        if view.mid is None:
            return None
        if view.has_entry:
            return CancelEntries() if roll < 0.4 else None
        if not view.is_flat:
            return Exit() if roll < 0.2 else None
        side = Side.BUY if coin < 0.5 else Side.SELL
        limit = Decimal(repr(view.mid)) - side.sign * Decimal(offset) / 10
        return Enter(
            side=side,
            limit_price=limit,
            stop_price=limit * (1 - side.sign * Decimal(repr(self.stop_bps)) / 10_000),
            target_price=limit * (1 + side.sign * Decimal(repr(self.stop_bps)) / 8_000),
            trigger_by=TriggerSource.LAST if roll < 0.7 else TriggerSource.MARK,
        )


@dataclass(kw_only=True)
class Raises(Scripted):
    """Fails in ``where`` (``decide`` or ``observe``) at the calls from ``first`` to ``last``."""

    where: str = "decide"
    first: int = 1
    last: int = 1_000_000
    observes: int = field(init=False, default=0)

    def observe(self, candle: CandleClosed, view: View) -> None:
        """Fail, or keep the bar."""
        self.observes += 1
        if self.where == "observe" and self.first <= self.observes <= self.last:
            raise ZeroDivisionError(f"observe {self.observes}")
        super().observe(candle, view)

    def decide(self, view: View) -> Intent | None:
        """Fail, or follow the script."""
        intent = super().decide(view)
        if self.where == "decide" and self.first <= self.calls <= self.last:
            raise RuntimeError(f"decide {self.calls}")
        return intent


@dataclass(kw_only=True)
class RaisesOnTrades(Raises):
    """Fails on prints."""

    decides_on_trades: ClassVar[bool] = True


@dataclass(kw_only=True)
class Nonsense(Strategy):
    """Returns what no strategy may: ``kind`` says which nonsense."""

    kind: str = "word"

    def decide(self, view: View) -> Intent | None:
        """Break the interface's promise, as a plug-in by somebody else may."""
        wrong: Any = {"float stop": 49_500.0, "no stop": None}
        found: Any = {"word": "buy", "class": Exit, "pair": (Side.BUY, 49_500)}.get(self.kind)
        if self.kind == "side":
            found = Enter(side=cast("Side", "up"), stop_price=Decimal(49_500))
        elif found is None:
            found = Enter(side=Side.BUY, stop_price=wrong[self.kind])
        intent: Intent = found
        return intent


@dataclass(kw_only=True)
class NeedsOne(Strategy):
    """Has a parameter without a default."""

    length: int

    def decide(self, view: View) -> Intent | None:
        """Want nothing."""
        return None


class NoDataclass(Strategy):
    """A strategy that forgot to be a dataclass."""

    def decide(self, view: View) -> Intent | None:
        """Want nothing."""
        return None


@dataclass(kw_only=True)
class Unfinished(Strategy):
    """A strategy without ``decide``."""


NOT_A_CLASS = 7
