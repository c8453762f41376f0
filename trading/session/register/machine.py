"""Which machine this is: a name made once and kept in its ``var/``, whatever it is called."""

from __future__ import annotations

import platform
from pathlib import Path
from uuid import uuid4

import filelock
import msgspec

from trading.errors import ConfigError
from trading.io.files import read_json, write_atomic


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of sessions and whoever runs them; ``host`` is for people only."""

    id: str
    host: str


def this_machine(var_dir: Path) -> Machine:
    """Return this machine's name, made now if there is none yet.

    It is the folder's name: processes that share a folder share its locks, too, and are one
    machine. A folder that is copied to another machine must leave ``machine.json`` behind.

    Raises:
        ConfigError: when the file is none of ours.
        OSError: when it can neither be read nor written.
    """
    path = var_dir / "machine.json"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(var_dir / "machine.lock"):
            if not path.exists():
                made = Machine(id=uuid4().hex, host=platform.node())
                write_atomic(path, msgspec.json.encode(made))
    try:
        return read_json(path, Machine)
    except ValueError as error:
        raise ConfigError(
            "machine.json", str(error), "the id this folder was given", f"remove {path}"
        ) from error
