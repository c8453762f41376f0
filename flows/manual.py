"""What can be set, read from the config itself: name, type, default and its docstring.

So the command line, its help and Prefect's form say the same, and a new setting appears in all.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any, get_type_hints

from trading.config import SessionConfig, SessionSettings, Source
from trading.errors import ConfigError
from trading.strategy import registry

PARAMETERS = "strategy_parameters"
OVERRIDES = "symbol_overrides"
OPEN_ENDED = {PARAMETERS: f"{PARAMETERS}.NAME", OVERRIDES: f"{OVERRIDES}.SYMBOL.NAME"}
"""Settings with names of the user's own: the strategy's parameters, for all symbols and for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value that can be set."""

    path: str
    kind: Any
    default: object
    about: str


@cache
def everyday() -> tuple[Setting, ...]:
    """Return what is asked every day, in the order of the form."""
    rest = {each.name for each in fields(SessionSettings)}
    return tuple(
        # A live session has no recording for its source: only a replay has.
        replace(each, kind=Source) if each.path == "source" else each
        for each in _settings(SessionConfig, SessionConfig())
        if each.path not in rest
    )


@cache
def settings() -> tuple[Setting, ...]:
    """Return every other value, one a leaf: ``risk.risk_pct``."""
    return tuple(_leaves(SessionSettings, SessionSettings(), ""))


def _leaves(kind: type, defaults: object, prefix: str) -> Iterator[Setting]:
    for each in _settings(kind, defaults, prefix):
        if isinstance(each.kind, type) and is_dataclass(each.kind):
            yield from _leaves(each.kind, each.default, f"{each.path}.")
        else:
            yield each


def _settings(kind: type, defaults: object, prefix: str = "") -> Iterator[Setting]:
    kinds, about = get_type_hints(kind), field_docs(kind)
    for name in kinds:
        yield Setting(
            path=f"{prefix}{name}",
            kind=kinds[name],
            default=getattr(defaults, name),
            about=about.get(name, ""),
        )


def field_docs(kind: type) -> dict[str, str]:
    """Return the docstrings that follow the fields of a class and of what it derives from."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__[:-1]):
        body = _classes(each.__module__)[each.__name__].body
        for field, doc in pairwise(body):
            match field, doc:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
                case _:
                    continue
    return found


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    """Return the classes a module's source defines, by name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}


def strategies() -> Iterator[str]:
    """Yield a paragraph for every strategy that has a name: what it is, and its parameters."""
    for name, path in registry.known().items():
        told = [f"{name}  ({path})"]
        try:
            kind = registry.strategy_class(name)
        except ConfigError as error:
            told.append(f"    cannot be used: {error}")
        else:
            told.append(f"    {(inspect.getdoc(kind) or '').partition(chr(10))[0]}")
            told += [f"    {_parameter(each)}" for each in fields(kind) if each.init]  # type: ignore[arg-type] # dataclasses only
        yield "\n".join(told)


def _parameter(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f"{PARAMETERS}.{field.name} = {field.default!r}"
    return f"{PARAMETERS}.{field.name}"
