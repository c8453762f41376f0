"""The policy of an account, in one file: how an outside supervisor speaks to its sessions.

``var/<account>/policy.json``, replaced in one step; a running session reads it within a second of
its change, a new one before its first entry. What cannot be read permits nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from trading.config.checks import check_kind, check_number
from trading.errors import ConfigError
from trading.io.clock import SessionClock, wall_ns
from trading.io.files import read_json, write_atomic
from trading.model.events import PolicyReceived
from trading.model.numbers import NS_PER_S, seconds_to_ns
from trading.session.paths import var_dir

TEXT_MOST: Final = 300
TTL_S_MOST: Final = 86_400.0
POLICY_FILE: Final = "policy.json"


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: what is permitted, by whom and why, for ``ttl_s`` seconds from ``written_s`` on.

    ``written_s``: unix time. ``size_multiplier``: 0 to 1, of the size risk would allow.
    """

    allow: bool
    who: str
    reason: str
    ttl_s: float
    written_s: float
    size_multiplier: float = 1.0
    reduce_only: bool = False

    def __post_init__(self) -> None:
        """Check every field; NaN and infinity are neither number nor permission."""
        check_number("policy.ttl_s", self.ttl_s, above=0, most=TTL_S_MOST)
        check_number("policy.written_s", self.written_s, above=0, most=1e11)
        check_number(
            "policy.size_multiplier",
            self.size_multiplier,
            least=0,
            most=1,
            remedy="a policy may only lower risk",
        )
        for name in ("who", "reason"):
            value = getattr(self, name)
            check_kind(f"policy.{name}", value, str, "a text")
            if not value.strip():
                raise ConfigError(f"policy.{name}", value, "a text", "it is kept in the journal")


def policy_path(folder: Path, account: str) -> Path:
    """Return where an account's policy lies; ``folder``: of all sessions."""
    return folder / account / POLICY_FILE


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever the file is replaced; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def heard(path: Path, clock: SessionClock, now_unix_ns: int) -> PolicyReceived | None:
    """Return the policy as the engine takes it; None where there is no file.

    Its end is counted from when it was written, not from when it was read, so an old file is no
    new permission. One written in the future counts from now. ``now_unix_ns``: the wall clock.
    """
    now_ns = clock.now_ns()
    try:
        policy = read_json(path, Policy)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ConfigError) as error:
        return PolicyReceived(
            received_ns=now_ns,
            allow=False,
            size_multiplier=0.0,
            reduce_only=True,
            reason=f"cannot be read: {error}"[:TEXT_MOST],
            who=str(path.name),
            expires_ns=now_ns,
        )
    age_s = max(0.0, now_unix_ns / NS_PER_S - policy.written_s)
    return PolicyReceived(
        received_ns=now_ns,
        allow=policy.allow,
        size_multiplier=float(policy.size_multiplier),
        reduce_only=policy.reduce_only,
        reason=policy.reason[:TEXT_MOST],
        who=policy.who[:TEXT_MOST],
        expires_ns=now_ns + seconds_to_ns((policy.ttl_s - age_s) * clock.speed),
    )


def main(arguments: Sequence[str]) -> int:
    """Run ``policy set|show|remove``; return 0, 1 where there was none, 2 for an error."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.session policy",
        description="Permit, forbid or shrink an account's entries from outside, for a while.",
        epilog="When it expires nothing is opened any more; remove it, or set another.",
    )
    parser.add_argument("word", choices=("set", "show", "remove"))
    parser.add_argument("--account", required=True, help="the account, such as hourly")
    parser.add_argument("--deny", action="store_true", help="no entries at all")
    parser.add_argument("--reduce-only", action="store_true", help="only what reduces")
    parser.add_argument("--size-multiplier", type=float, default=1.0, help="0 to 1")
    parser.add_argument("--ttl-s", type=float, default=3_600.0, help="for how long, in seconds")
    parser.add_argument("--by", default="", help="who; set needs a name")
    parser.add_argument("--reason", default="", help="why; set needs one")
    parser.add_argument("--var-dir", type=Path, help="the folder of all sessions")
    chosen = parser.parse_args(arguments)
    path = policy_path((chosen.var_dir or var_dir()).resolve(), chosen.account)
    try:
        return _do(chosen, path)
    except (ConfigError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _do(chosen: argparse.Namespace, path: Path) -> int:
    match chosen.word:
        case "set":
            policy = Policy(
                allow=not chosen.deny,
                who=chosen.by,
                reason=chosen.reason,
                ttl_s=chosen.ttl_s,
                written_s=wall_ns() / NS_PER_S,
                size_multiplier=chosen.size_multiplier,
                reduce_only=chosen.reduce_only,
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, msgspec.json.encode(policy) + b"\n")
        case "remove":
            if not path.exists():
                sys.stdout.write("there is none\n")
                return 1
            path.unlink()
        case _:
            if not path.exists():
                sys.stdout.write("there is none\n")
                return 1
            left_s = _left_s(read_json(path, Policy))
            told = f"in force for {left_s:.0f} s" if left_s > 0 else "EXPIRED: nothing is opened"
            sys.stdout.write(f"{path.read_text(encoding='utf-8').strip()}\n{told}\n")
    return 0


def _left_s(policy: Policy) -> float:
    return policy.written_s + policy.ttl_s - wall_ns() / NS_PER_S
