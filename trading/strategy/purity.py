"""What a strategy may not reach for: clock, file, network, process, chance of its own.

Read from its source before it is built, because a result that depends on any of these cannot be
replayed. It is a check against mistakes, not a prison: who means to cheat will find a way, and
``verify`` will find out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

FORBIDDEN: Final = {
    "a clock": {"time", "sched", "zoneinfo"},
    "files or the environment": {"io", "os", "pathlib", "shutil", "tempfile", "fileinput", "glob"},
    "the network": {
        "aiohttp",
        "ftplib",
        "http",
        "httpx",
        "requests",
        "smtplib",
        "socket",
        "ssl",
        "urllib",
        "websockets",
    },
    "other processes or threads": {
        "asyncio",
        "concurrent",
        "multiprocessing",
        "signal",
        "subprocess",
        "threading",
    },
    "chance of its own": {"random", "secrets", "uuid"},
}
"""Modules, by what they reach for."""
CALLS: Final = {
    "open": "files or the environment",
    "input": "other processes or threads",
    "now": "a clock",
    "utcnow": "a clock",
    "today": "a clock",
}
"""Functions and methods by name, likewise: of ``datetime`` only these read a clock."""
INSTEAD: Final = {
    "a clock": "view.now_ns is the time",
    "chance of its own": "view.rng is the session's, seeded",
}


def impurities(source: str) -> Iterator[str]:
    """Yield ``line N: what it reaches for`` for everything in a module's source.

    >>> list(impurities("import time"))
    ['line 1: time reaches for a clock (view.now_ns is the time)']
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found = [each.name for each in names]
            case ast.ImportFrom(module=str(module), level=0):
                found = [module]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in CALLS:
                yield _told(node.lineno, f"{name}()", CALLS[name])
                continue
            case _:
                continue
        for name in found:
            root = name.partition(".")[0]
            for what, modules in FORBIDDEN.items():
                if root in modules:
                    yield _told(node.lineno, name, what)


def _told(line: int, name: str, what: str) -> str:
    instead = f" ({INSTEAD[what]})" if what in INSTEAD else ""
    return f"line {line}: {name} reaches for {what}{instead}"
