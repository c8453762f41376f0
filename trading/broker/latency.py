"""How long every leg of an order's way takes. Chance comes from one seeded stream a leg.

``feed``: how far the venue is ahead of what the decision saw. ``entry`` and ``cancel``: from
decision to arrival. ``response``: from what happened there to our knowing it. A trigger's way
inside the venue is constant: it crosses no network.

A leg draws exactly one number a use, and from a stream of its own, so that neither another leg's
draws nor another setting of its own size shifts which draw is a slow one: two runs that differ
only in a median see the same good and bad luck.
"""

from __future__ import annotations

from math import exp
from random import Random
from statistics import NormalDist
from typing import Final, Protocol

import msgspec

from trading.config import ExecutionConfig
from trading.model.numbers import NS_PER_MS
from trading.model.presets import Assumptions

_quantile: Final = NormalDist().inv_cdf
_LEAST: Final = 1e-12
"""A uniform draw may be 0, of which the normal quantile is minus infinity."""
_LEAST_QUANTILE: Final = _quantile(_LEAST)


class LatencyModel(Protocol):
    """The way to the venue and back, in nanoseconds of session time; each call is a new draw."""

    trigger_ns: int

    def order_ns(self) -> int:
        """Return the time from a decision to an order's arrival."""
        ...

    def cancel_ns(self) -> int:
        """Return the time from a decision to a cancel's (or amendment's) arrival."""
        ...

    def response_ns(self) -> int:
        """Return the time from an event at the venue to our knowing of it."""
        ...

    def query_ns(self) -> int:
        """Return the time a question about an order takes, there and back."""
        ...


class Tail(msgspec.Struct, frozen=True):
    """The slow few: a Pareto tail that begins at ``from_ms`` and is cut at ``most_ms``."""

    share: float
    from_ms: float
    alpha: float
    most_ms: float


class Leg:
    """One leg's times: a lognormal body around a median, and a tail.

    >>> Leg(60, 0.5, Tail(0.0, 250, 1.5, 5_000), Random(1)).quantile_ns(0.5)
    60000000
    """

    __slots__ = ("_body", "_median_ms", "_most_ms", "_most_ns", "_rng", "_sigma", "_tail")

    def __init__(self, median_ms: float, sigma: float, tail: Tail, rng: Random) -> None:
        """Own the stream."""
        self._median_ms = median_ms
        self._sigma = sigma
        self._tail = tail
        self._most_ms = tail.most_ms
        self._most_ns = round(tail.most_ms * NS_PER_MS)
        self._body = 1.0 - tail.share if median_ms else 1.0
        """Share of the draws that no tail has; all, where the leg is switched off."""
        self._rng = rng

    def draw_ns(self) -> int:
        """Return the next time; moves the stream by one number."""
        return self.quantile_ns(self._rng.random())

    def quantile_ns(self, share: float) -> int:
        """Return the time that this share of all draws does not exceed.

        Body: ``median * exp(sigma * z)`` with the normal quantile ``z``; tail: ``from * u **
        (-1 / alpha)`` with ``u`` uniform, at least the body's own end and at most the cut.
        """
        if share < self._body:
            in_body = share / self._body
            z = _quantile(in_body) if in_body > _LEAST else _LEAST_QUANTILE
            ms = self._median_ms * exp(self._sigma * z)
        else:
            tail = self._tail
            rest = max((1.0 - share) / tail.share, _LEAST) if tail.share else 1.0
            ms = max(self._median_ms, tail.from_ms) * rest ** (-1.0 / tail.alpha)
        return round(ms * NS_PER_MS) if ms < self._most_ms else self._most_ns


class LeggedLatency:
    """Lognormal legs with tails: the default."""

    __slots__ = ("_cancel", "_entry", "_feed", "_query", "_response", "trigger_ns")

    def __init__(self, assumed: Assumptions, seed: int) -> None:
        """Give every leg a stream of its own, made from the session's seed."""
        tail = Tail(
            assumed.latency_tail_share,
            assumed.latency_tail_from_ms,
            assumed.latency_tail_alpha,
            assumed.latency_most_ms,
        )

        def leg(name: str, median_ms: float) -> Leg:
            rng = Random(f"{seed} latency {name}")
            return Leg(median_ms, assumed.latency_sigma, tail, rng)

        self._feed = leg("feed", assumed.feed_latency_ms)
        self._entry = leg("entry", assumed.entry_latency_ms)
        self._cancel = leg("cancel", assumed.cancel_latency_ms)
        self._response = leg("response", assumed.response_latency_ms)
        self._query = leg("query", assumed.entry_latency_ms + assumed.response_latency_ms)
        self.trigger_ns = round(assumed.trigger_latency_ms * NS_PER_MS)

    def order_ns(self) -> int:
        """Return feed plus entry: the venue is that much further when the order is there."""
        return self._feed.draw_ns() + self._entry.draw_ns()

    def cancel_ns(self) -> int:
        """Return feed plus cancel."""
        return self._feed.draw_ns() + self._cancel.draw_ns()

    def response_ns(self) -> int:
        """Return the way back."""
        return self._response.draw_ns()

    def query_ns(self) -> int:
        """Return the way there and back, at the two medians' sum."""
        return self._query.draw_ns()


class UniformLatency:
    """One uniform draw between two bounds from decision to arrival, in place of all the legs.

    Fit for bounds that somebody measured, and (with equal bounds) for a constant. It has no tail:
    its worst case is its bound, which no network's is; therefore not the default.
    """

    __slots__ = ("_cancel_rng", "_entry_rng", "_least_ns", "_most_ns", "_query_rng", "trigger_ns")

    def __init__(self, least_ms: float, most_ms: float, trigger_ms: float, seed: int) -> None:
        """Take the bounds; orders and cancels have a stream each."""
        self._least_ns = round(least_ms * NS_PER_MS)
        self._most_ns = round(most_ms * NS_PER_MS)
        self._entry_rng = Random(f"{seed} latency entry")
        self._cancel_rng = Random(f"{seed} latency cancel")
        self._query_rng = Random(f"{seed} latency query")
        self.trigger_ns = round(trigger_ms * NS_PER_MS)

    def order_ns(self) -> int:
        """Return the time from decision to arrival of one order."""
        return self._entry_rng.randint(self._least_ns, self._most_ns)

    def cancel_ns(self) -> int:
        """Return the time from decision to arrival of one cancel."""
        return self._cancel_rng.randint(self._least_ns, self._most_ns)

    def response_ns(self) -> int:
        """Return 0: the bounds are from decision to arrival and say nothing of the way back."""
        return 0

    def query_ns(self) -> int:
        """Return the time of a question: one draw between the same bounds."""
        return self._query_rng.randint(self._least_ns, self._most_ns)


def latency_of(config: ExecutionConfig, seed: int) -> LatencyModel:
    """Return the latency a config asks for: uniform where both its bounds are set, else legs."""
    assumed = config.assumptions
    if config.latency_ms_min is not None and config.latency_ms_max is not None:
        return UniformLatency(
            config.latency_ms_min, config.latency_ms_max, assumed.trigger_latency_ms, seed
        )
    return LeggedLatency(assumed, seed)
