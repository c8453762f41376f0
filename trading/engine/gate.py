"""Why no position may be opened right now, per symbol; and how long that was so."""

from __future__ import annotations

from collections.abc import Mapping

from trading.market.state import SymbolMarket
from trading.model.events import EntriesResumed, EntriesSuspended, Output


class Gate:
    """The standing reasons against entries. Exits never pass here.

    Reasons are ``rule: detail``; every change of a rule is given out, so that the journal tells
    at any time whether entries were open and why not.
    """

    __slots__ = (
        "_announced",
        "_marked_ns",
        "fresh_ns",
        "has_been_fresh",
        "needed_bars",
        "standing",
        "watched_ns",
    )

    def __init__(
        self, opened_ns: int, needed_bars: Mapping[str, int], *, is_replayed: bool
    ) -> None:
        """Start closed for warm-up where bars are needed."""
        self.standing: dict[str, str] = {}
        """Reasons that stay until somebody lifts them: pause, flatten, failure, ending."""
        self.needed_bars = needed_bars
        self.fresh_ns = 0
        """Session time during which every watched channel was fresh."""
        self.watched_ns = 0
        self._marked_ns = opened_ns
        self.has_been_fresh = is_replayed
        """Whether everything watched was fresh at some time; a replay watches nothing."""
        self._announced: dict[str, str] = {}

    def close(self, rule: str, detail: str) -> None:
        """Add a standing reason; a second one of the same rule changes nothing."""
        self.standing.setdefault(rule, detail)

    def lift(self, rule: str) -> None:
        """Take a standing reason back."""
        self.standing.pop(rule, None)

    def blocks(self, market: SymbolMarket) -> list[str]:
        """Return what stands against an entry in this symbol at this instant."""
        found: list[str] = []
        if self.standing:
            found += [f"{rule}: {detail}" for rule, detail in self.standing.items()]
        unfresh = market.health.unfresh()
        if unfresh:
            found.append("stale_feed: " + ", ".join(unfresh))
        have, need = market.candles.contiguous, self.needed_bars[market.symbol]
        if have < need:
            found.append(f"warm_up: {have} of {need} contiguous bars")
        return found

    def measure(self, now_ns: int, *, is_fresh: bool) -> None:
        """Count the time since the last measurement as fresh or not.

        Counting begins when everything is fresh for the first time: what comes before is the
        process starting and the connection being made.
        """
        if not self.has_been_fresh:
            self.has_been_fresh = is_fresh
            self._marked_ns = now_ns
            return
        passed_ns = now_ns - self._marked_ns
        self._marked_ns = now_ns
        self.watched_ns += passed_ns
        if is_fresh:
            self.fresh_ns += passed_ns

    @property
    def fresh_share(self) -> float:
        """Share of the session during which every watched channel was fresh."""
        if not self.has_been_fresh:
            return 0.0
        return self.fresh_ns / self.watched_ns if self.watched_ns else 1.0

    def announce(
        self, symbol: str, blocks: tuple[str, ...], now_ns: int, out: list[Output]
    ) -> None:
        """Give out which rules began or ceased to keep a symbol's entries shut."""
        current = {f"{symbol} {b.partition(':')[0]}": f"{symbol} {b}" for b in blocks}
        out.extend(
            EntriesSuspended(at_ns=now_ns, reason=reason)
            for key, reason in current.items()
            if key not in self._announced
        )
        out.extend(
            EntriesResumed(at_ns=now_ns, reason=reason)
            for key, reason in self._announced.items()
            if key.startswith(f"{symbol} ") and key not in current
        )
        others = {k: v for k, v in self._announced.items() if not k.startswith(f"{symbol} ")}
        self._announced = others | current
