"""How a session ends: entries taken back, positions closed or carried, one last record."""

from __future__ import annotations

from typing import Final

from trading.account.account import Account
from trading.broker import PaperBroker
from trading.config import EndPolicy
from trading.engine.gate import Gate
from trading.model.events import FundingUnknown, Outcome, Output, SessionEnding
from trading.model.numbers import NS_PER_S
from trading.model.orders import PROTECTIVE

CLOSING_NS_MAX: Final = 20 * NS_PER_S
"""Session time that closing positions and owed funding may take before the session ends anyway.

Where bars are all there is, an order is filled by the next one: two bars are waited for then.
"""
FRESH_SHARE_LEAST: Final = 0.9
"""Below this share of time with fresh data a session counts as degraded."""

_FLATTENING: Final = frozenset({"killed", "halted"})
"""Reasons for which nothing is carried, whatever the end policy."""
_BY_REASON: Final = {
    "killed": Outcome.KILLED,
    "limit": Outcome.DEGRADED,
    "halted": Outcome.HALTED,
    "feed_failed": Outcome.FEED_FAILED,
    "abandoned": Outcome.ABANDONED,
    "lost_ownership": Outcome.ABANDONED,
}
_OVERRULING: Final = frozenset({"killed", "lost_ownership"})
"""Reasons that stand, whatever the session was ending for before."""
_AT_ONCE: Final = frozenset({"abandoned", "lost_ownership"})
"""Reasons for which nothing is waited for: nobody could see to it."""


class Closing:
    """From the first word of ending to the last record; does nothing before ``begin``."""

    __slots__ = ("by_ns", "detail", "is_flattening", "patience_ns", "reason")

    def __init__(self, deadline_ns: int, *, patience_ns: int = CLOSING_NS_MAX) -> None:
        """Start with the deadline as the only end in sight; ending may take ``patience_ns``."""
        self.patience_ns = patience_ns
        self.reason: str | None = None
        """Why the session is ending; None while it is not."""
        self.detail = ""
        self.by_ns = deadline_ns
        """Engine time at which the deadline is reached or, while ending, waiting is given up."""
        self.is_flattening = False
        """Whether positions are closed at the end, not carried."""

    def begin(
        self, reason: str, detail: str, policy: EndPolicy, now_ns: int, out: list[Output]
    ) -> None:
        """Start ending; the first reason stands, but a kill overrules it, and so does a loss.

        Whoever abandons an ending that is under way only says that nobody waits for it any more.
        """
        is_overruled = reason in _OVERRULING and self.reason not in _OVERRULING
        if self.reason is not None and not is_overruled:
            if reason in _AT_ONCE:
                self.by_ns = now_ns
            return
        self.reason = reason
        self.detail = detail
        is_at_once = reason in _AT_ONCE
        self.by_ns = now_ns if is_at_once else now_ns + self.patience_ns
        self.is_flattening = not is_at_once and (policy == "flatten" or reason in _FLATTENING)
        out.append(SessionEnding(at_ns=now_ns, reason=reason))

    def begin_again(self, now_ns: int) -> None:
        """Give an ending that an outage interrupted its whole time again."""
        if self.reason is not None and self.reason not in _AT_ONCE:
            self.by_ns = now_ns + self.patience_ns

    def is_over(
        self, broker: PaperBroker, now_ns: int, out: list[Output], *, is_flat: bool
    ) -> bool:
        """Tell whether nothing is left to wait for; if so, take back what is not carried."""
        account = broker.account
        has_unfinished = any(
            order.request.role not in PROTECTIVE for order in broker.orders.values()
        )
        is_waiting = has_unfinished or not is_flat or bool(account.funding.owed)
        if is_waiting and now_ns < self.by_ns:
            return False
        for order in list(broker.orders.values()):
            is_carried = (
                order.request.role in PROTECTIVE
                and not account.position(order.request.symbol, order.request.position_side).is_flat
            )
            if not is_carried:
                broker.drop(order, "session over", now_ns, out)
        out.extend(
            FundingUnknown(
                at_ns=now_ns,
                symbol=owed.symbol,
                settlement_ns=owed.settlement_ns,
                quantity=owed.quantity,
                position_side=owed.position_side,
            )
            for owed in account.funding.owed.values()
        )
        return True

    def outcome(
        self, account: Account, gate: Gate, failures: int, fills: int
    ) -> tuple[Outcome, str]:
        """Return how the session ended, and what a person should know about it."""
        notes = [self.detail] if self.detail else []
        is_stuck = self.is_flattening and any(not p.is_flat for p in account.positions.values())
        if is_stuck:
            notes.append("a position could not be closed and is carried")
        if account.funding.owed:
            notes.append(f"funding settlements still owed: {len(account.funding.owed)}")
        if account.funding.given_up:
            notes.append(f"funding settlements never published: {account.funding.given_up}")
        if failures:
            notes.append(f"failures of the strategy: {failures}")
        if gate.fresh_share < FRESH_SHARE_LEAST:
            notes.append(f"market data was fresh {gate.fresh_share:.0%} of the time")
        detail = "; ".join(notes)
        forced = _BY_REASON.get(self.reason or "")
        if forced is not None:
            return forced, detail
        funding = account.funding
        is_funding_open = bool(funding.owed or funding.given_up)
        is_stale = gate.fresh_share < FRESH_SHARE_LEAST
        is_degraded = is_stuck or is_funding_open or failures or is_stale
        if is_degraded:
            return Outcome.DEGRADED, detail
        return (Outcome.COMPLETED if fills else Outcome.NO_TRADES), detail
