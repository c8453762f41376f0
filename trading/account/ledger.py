"""The wallet as a list of reasons. ``opening + sum of lines == balance``, always."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from trading.errors import ConservationBroken
from trading.model.events import LedgerPosted, LedgerReason, Output
from trading.model.numbers import ZERO, money
from trading.model.sides import OfPosition


class Ledger:
    """Every movement of the wallet, each with a reason, a cause and the balance after it.

    Invariant, checked on every line: the opening balance plus the totals by reason is the
    balance, to the last digit.
    """

    __slots__ = ("balance", "lines", "opening", "totals")

    def __init__(self, opening: Decimal, *, lines: int) -> None:
        """Open with a balance; ``lines`` were posted before, by the account's earlier sessions."""
        self.opening = opening
        self.balance = opening
        self.lines = lines
        self.totals: defaultdict[LedgerReason, Decimal] = defaultdict(Decimal)

    def post(
        self,
        reason: LedgerReason,
        amount: Decimal,
        position: OfPosition,
        cause: str,
        at_ns: int,
        out: list[Output],
    ) -> Decimal:
        """Move the wallet by an amount rounded to the money quantum; return what was moved.

        ``position`` is what it was moved for.

        An amount that rounds to nothing posts no line.

        Raises:
            ConservationBroken: when the balance is no longer the sum of its parts.
        """
        moved = money(amount)
        if not moved:
            return ZERO
        self.lines = line = self.lines + 1
        self.balance = balance = self.balance + moved
        self.totals[reason] += moved
        if sum(self.totals.values(), self.opening) != balance:
            raise ConservationBroken(
                f"ledger line {line}: opening {self.opening} and totals {self.totals} "
                f"do not add up to {balance}"
            )
        out.append(
            LedgerPosted(
                at_ns=at_ns,
                line=line,
                reason=reason,
                symbol=position.symbol,
                amount=moved,
                balance=balance,
                cause=cause,
                position_side=position.position_side,
            )
        )
        return moved
