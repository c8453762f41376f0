"""The whole state of a machine as bytes, and back: a cache beside the truth, never the truth.

A pickle, because it keeps what refers to what in a state that others extend, and takes half a
millisecond. What may be loaded from one is a short list: classes of this project, of the
strategy's package, and a few plain containers; no function runs that could do anything else.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from trading.config import SessionConfig
from trading.errors import SnapshotRefused
from trading.journal.machine import Machine
from trading.strategy import registry
from trading.strategy.view import FrameFactory

BYTES_MOST: Final = 16_000_000
_OURS: Final = "trading"
_NUMPY: Final = frozenset({"_reconstruct", "scalar", "_frombuffer"})
_BUILTINS: Final = frozenset(
    {"bytearray", "complex", "dict", "float", "frozenset", "int", "list", "range", "set", "slice"}
)
_PLAIN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "builtins": _BUILTINS,
        "collections": frozenset({"deque", "defaultdict", "OrderedDict", "Counter"}),
        "copyreg": frozenset({"__newobj__"}),
        "datetime": frozenset({"date", "datetime", "time", "timedelta", "timezone"}),
        "decimal": frozenset({"Decimal"}),
        "fractions": frozenset({"Fraction"}),
        "msgspec._utils": frozenset({"rebuild"}),
        "numpy": frozenset({"ndarray", "dtype"}),
        "numpy._core.multiarray": _NUMPY,
        "numpy._core.numeric": _NUMPY,
        "random": frozenset({"Random"}),
    }
)
"""What a state may be made of besides classes of this project and of the strategy's package."""


def pack(machine: Machine) -> bytes:
    """Return a machine's state.

    Raises:
        SnapshotRefused: when something in it cannot be kept, or it is too large.
    """
    try:
        data = pickle.dumps(machine, protocol=5)
    except Exception as error:  # a strategy may hold anything, and it may raise anything
        raise SnapshotRefused(f"cannot be kept: {type(error).__name__}: {error}") from error
    if len(data) > BYTES_MOST:
        raise SnapshotRefused(f"expected at most {BYTES_MOST} bytes, was {len(data)}")
    return data


def unpack(data: bytes, config: SessionConfig, frame: FrameFactory | None = None) -> Machine:
    """Return the machine that was packed; ``frame`` is this process's.

    Raises:
        SnapshotRefused: when the bytes are no such state, or hold what may not be loaded.
    """
    package = registry.strategy_class(config.strategy).__module__.partition(".")[0]
    try:
        found: object = _Unpickler(data, package).load()
    except Exception as error:  # whatever is wrong with the bytes
        raise SnapshotRefused(f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, Machine):
        raise SnapshotRefused(f"expected a machine, was {type(found).__name__}")
    found.engine.make_frames_with(frame)
    return found


class _Unpickler(pickle.Unpickler):
    """Loads nothing but what a state is made of."""

    def __init__(self, data: bytes, package: str) -> None:
        super().__init__(io.BytesIO(data))
        self._packages = {_OURS, package}

    def find_class(self, module_name: str, global_name: str) -> object:
        if global_name in _PLAIN.get(module_name, ()):
            return super().find_class(module_name, global_name)
        if module_name.partition(".")[0] in self._packages:
            found: object = super().find_class(module_name, global_name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no part of a state")
