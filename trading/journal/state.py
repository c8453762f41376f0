"""The name of a state: a digest over everything reachable from it, by value.

Two states have the same digest when everything in them is equal and everything that can change is
shared in the same places. Slow and obvious: for proofs, never on a market event's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum

import msgspec

_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, Decimal})
"""Kinds whose ``repr`` tells kind and value; of their children nothing is known."""


def state_digest(root: object) -> str:
    """Return the SHA-256 of a state, in hex.

    >>> shared = [1]
    >>> state_digest({"a": shared, "b": shared}) == state_digest({"a": [1], "b": [1]})
    False
    """
    digest = hashlib.sha256()
    _Teller(digest.update).tell(root)
    return digest.hexdigest()


class _Teller:
    """Walks once through a state, telling every value and naming what was seen before."""

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self._say = say
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []

    def tell(self, value: object) -> None:
        kind = type(value)
        if kind in _ATOMS:
            self._say(f"{value!r};".encode())
            return
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, Enum):
            self._say(f"{name} {value.name};".encode())
        elif isinstance(value, type) or kind.__name__ in {"function", "builtin_function_or_method"}:
            self._say(
                f"{getattr(value, '__module__', '')} {getattr(value, '__qualname__', '')};".encode()
            )
        elif isinstance(value, tuple):
            self._all(name, value)
        elif _is_frozen(kind):
            self._parts(name, value)
        elif id(value) in self._seen:
            self._say(f"seen {self._seen[id(value)]};".encode())
        else:
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)  # an id may be given again to something else
            self._parts(name, value)

    def _parts(self, name: str, value: object) -> None:
        match value:
            case list():
                self._all(name, value)
            case set() | frozenset():
                told = sorted(state_digest(each) for each in value)
                self._say(f"{name} {told};".encode())
            case dict():
                self._all(name, [each for item in value.items() for each in item])
            case _:
                _, arguments, state, items, pairs = _reduced(value)
                self._all(name, (arguments, state))
                self._all("items", list(items))
                self._all("pairs", list(pairs))

    def _all(self, name: str, values: Sequence[object]) -> None:
        if _ATOMS.issuperset(map(type, values)):  # thousands at once, of a random source
            self._say(f"{name}{(*values,)!r};".encode())
            return
        self._say(f"{name}(".encode())
        for value in values:
            self.tell(value)
        self._say(b")")


def _is_frozen(kind: type) -> bool:
    """Tell whether who shares a value cannot matter."""
    if kind is frozenset:
        return True
    if issubclass(kind, msgspec.Struct):
        return bool(kind.__struct_config__.frozen)
    return is_dataclass(kind) and bool(kind.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def _reduced(value: object) -> tuple[object, object, object, Iterator[object], Iterator[object]]:
    """Return what pickle would keep of a value."""
    found = value.__reduce_ex__(4)
    if isinstance(found, str):
        return None, found, None, iter(()), iter(())
    made, arguments, *rest = found
    state, items, pairs = (*rest, None, None, None)[:3]
    return made, arguments, state, items or iter(()), pairs or iter(())
