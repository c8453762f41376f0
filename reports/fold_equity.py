"""The fold over equity: samples, drawdown, and how long a position was held."""

from __future__ import annotations

from array import array
from decimal import Decimal

from reports.story import Drawdown, EquityStory
from trading.account.head import AccountHead
from trading.model.events import EquityMarked, PositionChanged
from trading.model.numbers import ZERO


class EquityFold:
    """Equity at the mark price, as the journal sampled it; exact but for the drawn series."""

    __slots__ = (
        "_depth",
        "_exposures",
        "_held_ns",
        "_held_since_ns",
        "_last",
        "_last_ns",
        "_peak",
        "_peak_ns",
        "_positions",
        "_recovered_ns",
        "_share",
        "_start",
        "_sum",
        "_times",
        "_trough_ns",
        "_trough_peak_ns",
        "_under_ns",
        "_unrealised",
        "_unrealised_start",
        "_values",
    )

    def __init__(self, head: AccountHead, opened_ns: int) -> None:
        """Begin with the account as the session took it over.

        A flat account's equity is its wallet. With a position carried in it is what the session
        before ended with, so that what a silence in between cost is somebody's: this session's.
        Where that is not known, the first sample tells.
        """
        self._positions = {each.key: each.quantity for each in head.positions}
        self._times: array[int] = array("q")
        self._values: array[float] = array("d")
        self._exposures: array[float] = array("d")
        self._sum = ZERO
        self._start: Decimal | None = None
        self._unrealised_start = ZERO
        self._unrealised: Decimal | None = None
        self._last = self._peak = head.wallet
        self._peak_ns = self._trough_peak_ns = self._trough_ns = self._last_ns = opened_ns
        self._depth = self._share = ZERO
        self._recovered_ns: int | None = None
        self._under_ns = 0
        self._held_ns = 0
        self._held_since_ns: int | None = None
        if self._is_held:
            self._held_since_ns = opened_ns
            if head.marked is not None:
                self._take_marked(head.marked, opened_ns)
        else:
            self._take(opened_ns, head.wallet, ZERO, ZERO)

    @property
    def _is_held(self) -> bool:
        return any(self._positions.values())

    def marked(self, output: EquityMarked) -> None:
        """Take a sample."""
        self._take_marked(output, output.at_ns)

    def _take_marked(self, output: EquityMarked, at_ns: int) -> None:
        self._take(at_ns, output.equity, output.unrealised, output.exposure)

    def _take(self, at_ns: int, equity: Decimal, unrealised: Decimal, exposure: Decimal) -> None:
        if self._start is None:
            self._start, self._unrealised_start = equity, unrealised
            self._last = self._peak = equity
            self._peak_ns = self._last_ns = self._trough_peak_ns = self._trough_ns = at_ns
        self._times.append(at_ns)
        self._values.append(float(equity))
        self._exposures.append(float(exposure))
        self._sum += equity
        self._unrealised = unrealised
        if self._last < self._peak:
            self._under_ns += at_ns - self._last_ns
        self._last, self._last_ns = equity, at_ns
        if equity >= self._peak:
            if self._depth > ZERO and self._recovered_ns is None:
                self._recovered_ns = at_ns
            self._peak, self._peak_ns = equity, at_ns
        elif self._peak - equity > self._depth:
            self._depth = self._peak - equity
            self._share = self._depth / self._peak if self._peak > ZERO else ZERO
            self._trough_peak_ns, self._trough_ns = self._peak_ns, at_ns
            self._recovered_ns = None

    def moved(self, output: PositionChanged) -> None:
        """Note a position; what it is worth is unknown until the next sample."""
        self._positions[output.symbol, output.position_side] = output.quantity
        self._unrealised = None if self._is_held else ZERO
        if self._is_held and self._held_since_ns is None:
            self._held_since_ns = output.at_ns
        elif not self._is_held and self._held_since_ns is not None:
            self._held_ns += output.at_ns - self._held_since_ns
            self._held_since_ns = None

    def story(self, wallet_start: Decimal, until_ns: int) -> EquityStory:
        """Return the whole; without a single sample equity is the wallet, as far as is known."""
        held_ns = self._held_ns
        if self._held_since_ns is not None:
            held_ns += until_ns - self._held_since_ns
        start = wallet_start if self._start is None else self._start
        return EquityStory(
            times=self._times,
            values=self._values,
            exposures=self._exposures,
            start=start,
            unrealised_start=self._unrealised_start,
            unrealised_end=self._unrealised,
            mean=self._sum / len(self._times) if self._times else start,
            drawdown=Drawdown(
                self._depth,
                self._share,
                self._trough_peak_ns,
                self._trough_ns,
                self._recovered_ns,
                self._under_ns,
            ),
            held_ns=held_ns,
        )
