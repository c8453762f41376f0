"""Strategies by name: installed ones by entry point, anybody's by dotted path."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TypeGuard

from trading.errors import ConfigError
from trading.strategy.base import Strategy
from trading.strategy.purity import impurities

GROUP = "paper_session.strategies"
"""Entry-point group under which a package offers its strategies."""

BUILT_IN = {
    "hold": "trading.strategy.builtin.hold:Hold",
    "random": "trading.strategy.builtin.random_entry:RandomEntry",
    "sma_cross": "trading.strategy.builtin.sma_cross:SmaCross",
    "pulse": "trading.strategy.builtin.pulse:Pulse",
    "donchian": "trading.strategy.builtin.donchian:Donchian",
    "pullback_ribbon": "trading.strategy.builtin.pullback_ribbon:PullbackRibbon",
    "sweep_reclaim": "trading.strategy.builtin.sweep_reclaim:SweepReclaim",
    "vwap_reversion": "trading.strategy.builtin.vwap_reversion:VwapReversion",
}
"""Always there, also when the project is run uninstalled from its root."""


def known() -> dict[str, str]:
    """Return every strategy that has a name, with its dotted path; built-ins first."""
    # Here, not above: a built-in strategy's session starts without it, 10 ms sooner.
    from importlib.metadata import entry_points  # noqa: PLC0415

    offered = {point.name: point.value for point in entry_points(group=GROUP)}
    return BUILT_IN | {name: path for name, path in sorted(offered.items()) if name not in BUILT_IN}


def strategy_class(name: str) -> type[Strategy]:
    """Return the class behind a name or a dotted path ``package.module:Class``.

    Raises:
        ConfigError: when there is none, or it is not a strategy.
    """
    # Built-ins and paths first: looking through every installed package takes its time.
    path = BUILT_IN.get(name) or (name if ":" in name else known().get(name, name))
    module_name, colon, class_name = path.partition(":")
    if not colon:
        names = known()
        raise ConfigError(
            "strategy",
            name,
            "one of " + ", ".join(names) + ", or package.module:Class",
            "choose one (--list-strategies shows them), or write the path of your own class",
        )
    try:
        found: object = getattr(importlib.import_module(module_name), class_name)
    except Exception as error:  # a plug-in may raise anything while it is imported
        raise ConfigError(
            "strategy",
            name,
            "an importable class",
            f"check the path: {type(error).__name__}: {error}",
        ) from error
    _check_pure(name, found)
    if not _is_strategy(found):
        raise ConfigError(
            "strategy",
            name,
            "a dataclass that derives from trading.strategy.base.Strategy",
            "see trading/strategy/builtin for examples",
        )
    return found


def _check_pure(name: str, found: object) -> None:
    """Refuse a class whose module reaches out of the view; ours are held by the tests.

    One without source (a compiled module) cannot be looked into, and is trusted.
    """
    module = getattr(found, "__module__", "")
    if not isinstance(found, type) or module.startswith("trading."):
        return
    try:
        source = inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return
    complaints = list(impurities(source))
    if complaints:
        raise ConfigError(
            "strategy",
            name,
            "a module that uses nothing but its state and the view",
            "; ".join(complaints[:3]),
        )


def _is_strategy(found: object) -> TypeGuard[type[Strategy]]:
    return isinstance(found, type) and issubclass(found, Strategy) and is_dataclass(found)


def build(name: str, parameters: Mapping[str, float | int | bool | str]) -> Strategy:
    """Return a fresh strategy.

    Raises:
        ConfigError: when the name is unknown, or a parameter is unknown, missing or refused.
    """
    found = strategy_class(name)
    allowed = [each.name for each in fields(found) if each.init]  # type: ignore[arg-type]
    for parameter, value in parameters.items():
        if parameter not in allowed:
            raise ConfigError(
                f"strategy_parameters.{parameter}",
                value,
                "a parameter of " + name + " (" + (", ".join(allowed) or "it has none") + ")",
                "remove or rename it",
            )
    try:
        return found(**parameters)
    except ConfigError:
        raise
    except (TypeError, ValueError) as error:  # a plug-in's own check, or its own mistake
        raise ConfigError(
            "strategy_parameters", dict(parameters), f"what {name} accepts", str(error)
        ) from error
