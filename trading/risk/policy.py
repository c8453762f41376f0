"""The seam for an outside supervisor or adviser: it may lower risk, never raise it.

A policy is a permission with an end. While one is in force it may forbid entries, allow only what
reduces, or make entries smaller. One that has expired permits nothing, and where policies are
required none is as good as expired: silence never means yes. Exits never ask.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from trading.model.events import PolicyReceived
from trading.model.numbers import NS_PER_S, exact

ONE: Final = Decimal(1)


class PolicyGate:
    """The newest policy of an account, as far as this session has heard."""

    __slots__ = ("_is_required", "latest")

    def __init__(self, *, is_required: bool) -> None:
        """Start without any; ``is_required``: then nothing is opened before one is heard."""
        self._is_required = is_required
        self.latest: PolicyReceived | None = None

    def take(self, policy: PolicyReceived) -> None:
        """Put a policy in the place of the one before."""
        self.latest = policy

    def blocks(self, now_ns: int) -> tuple[str, ...]:
        """Return why entries are not permitted at this session time; empty: they are."""
        policy = self.latest
        if policy is None:
            return ("policy: required, and none was heard",) if self._is_required else ()
        if now_ns >= policy.expires_ns:
            ago_s = (now_ns - policy.expires_ns) / NS_PER_S
            return (f"policy: of {policy.who}, expired {ago_s:.0f} s ago",)
        if not policy.allow:
            return (f"policy: denied by {policy.who}: {policy.reason}",)
        if policy.reduce_only:
            return (f"policy: reduce only, by {policy.who}: {policy.reason}",)
        if policy.size_multiplier <= 0:
            return (f"policy: no size at all, by {policy.who}: {policy.reason}",)
        return ()

    @property
    def size_multiplier(self) -> Decimal:
        """What an entry's size is multiplied by, 0 to 1, where entries are permitted."""
        return ONE if self.latest is None else exact(self.latest.size_multiplier)
