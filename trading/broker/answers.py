"""What we know of our orders, and when: the way back from the venue, and answers that are lost.

The account is the venue's own: a fill moves position, ledger and protection the moment it happens,
and risk judges by that. What we *decide* waits for the answers: nothing of a symbol leaves for
the venue before the last thing that happened to it there is known to us.

A request's answer may be lost (Binance's 503 and -1007: "execution status unknown, may have
succeeded"). Then the request has reached the venue or not, each as likely, and we do not know
which. The order counts as open; nothing is sent twice; after a timeout its status is asked for by
its own id, and the venue's answer is the end of the doubt: the order stands, or it never was.
Changes of an order are always answered: they leave no doubt about what is open.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

import msgspec

from trading.broker.latency import LatencyModel
from trading.model.numbers import NS_PER_MS
from trading.model.orders import Order
from trading.model.presets import Assumptions

REACHED_SHARE = 0.5
"""How many requests without an answer had reached the venue; nobody publishes a number."""


class Doubt(msgspec.Struct, kw_only=True):
    """A request whose answer was lost. Times are engine time."""

    order: Order
    is_cancel: bool
    is_lost: bool
    """Whether the request itself never reached the venue; we learn it only at ``known_ns``."""
    ask_ns: int
    """When the wait for an answer is given up and the status asked for."""
    known_ns: int
    """When the venue's word on the status is here."""
    is_asked: bool = False

    @property
    def due_ns(self) -> int:
        """When something happens to the doubt next."""
        return self.known_ns if self.is_asked else self.ask_ns


class Answers:
    """The answers on their way to us, by symbol, and the requests whose answers are lost."""

    __slots__ = ("_latency", "_rng", "_share", "_timeout_ns", "_told_ns", "doubts")

    def __init__(self, assumed: Assumptions, latency: LatencyModel, seed: int) -> None:
        """Draw what is lost from a stream of its own."""
        self._latency = latency
        self._rng = Random(f"{seed} answers")
        self._share = assumed.answer_lost_share
        self._timeout_ns = round(assumed.answer_timeout_ms * NS_PER_MS)
        self._told_ns: defaultdict[str, int] = defaultdict(int)
        self.doubts: list[Doubt] = []

    def happened(self, symbol: str, now_ns: int) -> None:
        """Let the news of something that just happened at the venue set out for us."""
        known_ns = now_ns + self._latency.response_ns()
        if known_ns > self._told_ns[symbol]:
            self._told_ns[symbol] = known_ns

    def leaves_ns(self, symbol: str, now_ns: int) -> int:
        """Return when what is decided now can leave: when everything on its way is here."""
        return max(now_ns, self._told_ns[symbol])

    def sent(self, order: Order, leaves_ns: int, *, is_cancel: bool) -> bool:
        """Take note of a request; return whether it will reach the venue.

        Draws two numbers for each, whether or not they matter, so that the share of lost answers
        does not shift which ones are.
        """
        is_answer_lost = self._rng.random() < self._share
        is_lost = self._rng.random() >= REACHED_SHARE
        if not is_answer_lost:
            return True
        ask_ns = leaves_ns + self._timeout_ns
        doubt = Doubt(
            order=order,
            is_cancel=is_cancel,
            is_lost=is_lost,
            ask_ns=ask_ns,
            known_ns=ask_ns + self._latency.query_ns(),
        )
        self.doubts.append(doubt)
        symbol = order.request.symbol
        self._told_ns[symbol] = max(self._told_ns[symbol], doubt.known_ns)
        return not is_lost

    def is_cancel_in_doubt(self, order: Order) -> bool:
        """Tell whether the answer to an order's cancel is lost, and what came of it not known."""
        return any(doubt.is_cancel and doubt.order is order for doubt in self.doubts)

    def due(self, now_ns: int) -> list[Doubt]:
        """Return the doubts in which something happens by now, in the order it does."""
        if not self.doubts:
            return []
        ready = [doubt for doubt in self.doubts if doubt.due_ns <= now_ns]
        return sorted(ready, key=lambda doubt: (doubt.due_ns, doubt.order.order_id))

    def settle(self, doubt: Doubt) -> None:
        """End a doubt: the venue has spoken."""
        self.doubts.remove(doubt)

    @property
    def wake_ns(self) -> int | None:
        """Engine time at which a doubt moves on; None: there is none."""
        return min(doubt.due_ns for doubt in self.doubts) if self.doubts else None
