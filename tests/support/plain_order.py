"""An order as the plain broker knows it: the words of a request, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

D = Decimal
Kind = Literal["market", "limit", "stop", "target"]
Times = Literal["gtc", "ioc", "fok", "post_only"]
ZERO = D(0)


@dataclass(kw_only=True)
class PlainOrder:
    """One order; ``sign`` is 1 for a buy."""

    number: int
    kind: Kind
    sign: int
    quantity: D
    price: D | None = None
    times: Times = "gtc"
    reduces: bool = False
    is_entry: bool = True
    stop: D | None = None
    target: D | None = None
    own_group: bool = False
    """Whether its bracket covers this entry alone, not the position."""
    parent: int = 0
    of: int = 0
    """Which position: 1 the long, -1 the short, 0 the only one."""
    ready_ms: int = 0
    cancel_ms: int | None = None
    filled: D = ZERO
    flying: bool = True
    gone: bool = False
    pulled: bool = False
    resting: bool = False
    ahead: D | None = None

    @property
    def left(self) -> D:
        """What is not filled."""
        return self.quantity - self.filled

    @property
    def waits(self) -> bool:
        """Whether a print has yet to pull it."""
        return self.kind in {"stop", "target"} and not self.pulled

    @property
    def is_leg(self) -> bool:
        """Whether it belongs to a bracket."""
        return self.parent != 0
