"""Checks that settings share: each refuses with the name, what was expected and the remedy."""

from __future__ import annotations

import math
import re
from typing import TypedDict

from trading.errors import ConfigError

FORM = {"use_attribute_docstrings": True, "extra": "forbid"}
"""Read by the library that makes Prefect's form: a field's docstring is its description there."""

_SYMBOL = re.compile(r"[A-Z0-9]{2,24}")


class Bounds(TypedDict, total=False):
    """The bounds of a number, as ``check_number`` takes them."""

    above: float
    least: float
    most: float


def check_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    remedy: str = "",
) -> None:
    """Refuse anything but a finite number inside the bounds.

    Raises:
        ConfigError: when the value is not a number, is NaN or infinite, or out of bounds.
    """
    bounds = [
        text
        for limit, text in (
            (above, f"above {above:g}" if above is not None else ""),
            (least, f"at least {least:g}" if least is not None else ""),
            (most, f"at most {most:g}" if most is not None else ""),
        )
        if limit is not None
    ]
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or (isinstance(value, float) and not math.isfinite(value))
        or (above is not None and value <= above)
        or (least is not None and value < least)
        or (most is not None and value > most)
    ):
        expected = "a finite number " + " and ".join(bounds)
        raise ConfigError(
            name, value, expected.strip(), remedy or f"set {name} inside these bounds"
        )


def check_whole(name: str, value: object, *, least: int, most: int) -> None:
    """Refuse anything but a whole number inside the bounds; 5.0 is not one.

    Raises:
        ConfigError: when the value is no int, or out of bounds.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(
            name,
            value,
            f"a whole number from {least} to {most}",
            f"set {name} inside these bounds",
        )


def check_kind(name: str, value: object, kind: type, expected: str) -> None:
    """Refuse a value of another type.

    Raises:
        ConfigError: when it is one.
    """
    if not isinstance(value, kind):
        raise ConfigError(name, value, expected, f"{name} takes nothing else")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse anything but one of the choices.

    Raises:
        ConfigError: when the value is none of them.
    """
    if value not in choices:
        raise ConfigError(name, value, "one of " + ", ".join(choices), f"choose a known {name}")


def normalise_symbol(symbol: str) -> str:
    """Return a symbol in the venues' spelling: ``btc/usdt`` -> ``BTCUSDT``.

    A spelling that could mean another contract (``BTC/USDT:USDT``, ``BTCUSDT.P``) is refused,
    not guessed at.

    Raises:
        ConfigError: when it is no text, or letters and digits are not all that is left.
    """
    check_kind("symbol", symbol, str, "a text such as BTCUSDT")
    plain = symbol.strip().upper().replace("/", "").replace("-", "").replace("_", "")
    if not _SYMBOL.fullmatch(plain):
        raise ConfigError(
            "symbol",
            symbol,
            "letters and digits such as BTCUSDT",
            "name the contract as the venue's trading-pairs list does",
        )
    return plain
