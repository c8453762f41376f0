"""A strategy without a will: it wants again what another session wanted, when it wanted it.

So that the same decisions can meet other assumptions about the market. What became of them is the
new run's own affair: an entry that another latency left without a fill stays without one, and a
wish that risk refuses now is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final

import msgspec

from trading.model.intents import Intent
from trading.strategy.base import Strategy
from trading.strategy.view import View

ECHO: Final = "trading.replay.echo:Echo"
"""What the config calls it."""

Wish = tuple[int, Intent]
"""Session time, and what was wanted."""
_WISHES: Final[msgspec.json.Decoder[list[Wish]]] = msgspec.json.Decoder(list[Wish])


def written(wishes: Iterable[Wish]) -> str:
    """Return wishes, in the order of their time, as the parameter ``wishes``."""
    return msgspec.json.encode(list(wishes)).decode()


@dataclass(kw_only=True)
class Echo(Strategy):
    """Wants at each turn the oldest wish whose time has come; turns come with bars and prints."""

    decides_on_trades: ClassVar[bool] = True

    wishes: str
    _due: deque[Wish] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the wishes.

        Raises:
            ValueError: when they are none.
        """
        self._due = deque(_WISHES.decode(self.wishes))

    def decide(self, view: View) -> Intent | None:
        """Return the next wish, if it is time."""
        if not self._due or self._due[0][0] > view.now_ns:
            return None
        return self._due.popleft()[1]
