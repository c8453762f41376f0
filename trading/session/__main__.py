"""``python -m trading.session PLAN [--attempt N]``: the child process of a session.

``python -m trading.session kill set|show|clear``: the kill switch.

``python -m trading.session latches show|clear``: what holds an account back.

``python -m trading.session policy set|show|remove``: what is permitted from outside.

``python -m trading.session say WORD``: pause, resume, flatten, stop, kill, clear.

``python -m trading.session ship``: the journals of closed sessions, to another place.

Each is loaded only when it is asked for: a resume is counted in milliseconds.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kill": "trading.session.kill_everywhere",
        "latches": "trading.session.clearances",
        "policy": "trading.session.policy_file",
        "say": "trading.session.words",
        "ship": "trading.session.ship",
    }
)
CHILD: Final = "trading.session.child"


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command, or run the session of a plan; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    name = COMMANDS.get(words[0]) if words else None
    if name is not None:
        return _main_of(name)(words[1:])
    return loaded_child()(words)


def loaded_child() -> Callable[[list[str]], int]:
    """Load what runs a session, out of the garbage collector's sight, and return its ``main``.

    It stays until the end. To look through it for garbage, again and again while it grows, takes
    a tenth of the start, and later holds up the loop.
    """
    gc.disable()
    child = _main_of(CHILD)
    gc.freeze()
    gc.enable()
    return child


def _main_of(module: str) -> Callable[[list[str]], int]:
    found: Callable[[list[str]], int] = import_module(module).main
    return found


if __name__ == "__main__":
    sys.exit(main())
