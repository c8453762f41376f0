"""What each fault makes of a REST reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any, Final

import msgspec

from trading.exchange.faults.pushes import HTML
from trading.exchange.outbound import Reply
from trading.model.fault_script import Fault
from trading.model.numbers import NS_PER_S

_MAINTENANCE: Final = b"<html><body>The exchange is under maintenance.</body></html>"
_MINUTE_MS: Final = 60_000
_EVERY: Final = 3
_TOO_OFTEN: Final = 10_006
_PROHIBITED: Final = 30_040

Change = Callable[[Fault, str, Reply, Random], Reply]


def _envelope(code: int, data: object, message: str, status: int = 200) -> Reply:
    return Reply(msgspec.json.encode({"code": code, "data": data, "msg": message}), status)


def _html(_fault: Fault, _path: str, _reply: Reply, _chance: Random) -> Reply:
    return Reply(HTML, 502, "text/html")


def _garbage(_fault: Fault, _path: str, reply: Reply, chance: Random) -> Reply:
    return Reply(chance.randbytes(min(200, len(reply.body))))


def _truncated(_fault: Fault, _path: str, reply: Reply, _chance: Random) -> Reply:
    return Reply(reply.body[: len(reply.body) // 2])


def _slow(fault: Fault, _path: str, reply: Reply, _chance: Random) -> Reply:
    return replace(reply, delay_real_s=fault.amount / NS_PER_S)


def _rate_limit(_fault: Fault, _path: str, _reply: Reply, _chance: Random) -> Reply:
    return _envelope(_TOO_OFTEN, None, "Request too frequently", 429)


def _maintenance(_fault: Fault, _path: str, _reply: Reply, _chance: Random) -> Reply:
    return Reply(_MAINTENANCE, 503, "text/html")


def _fatal(_fault: Fault, _path: str, _reply: Reply, _chance: Random) -> Reply:
    return _envelope(_PROHIBITED, None, "Futures trading is prohibited for this user")


def _error(fault: Fault, _path: str, _reply: Reply, _chance: Random) -> Reply:
    return Reply(b"", round(fault.amount), "text/plain")


def _no_funding(_fault: Fault, path: str, reply: Reply, _chance: Random) -> Reply:
    return _envelope(0, [], "Success") if "funding_rate" in path else reply


def _kline_gaps(_fault: Fault, path: str, reply: Reply, _chance: Random) -> Reply:
    """Leave out the bars of every third minute."""
    if not path.endswith("/kline"):
        return reply
    message = msgspec.json.decode(reply.body, type=dict[str, Any])
    rows = message["data"] or []
    kept = [row for row in rows if int(row["time"]) // _MINUTE_MS % _EVERY]
    return Reply(msgspec.json.encode(message | {"data": kept}))


CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "html": _html,
        "garbage": _garbage,
        "truncated": _truncated,
        "slow": _slow,
        "rate-limit": _rate_limit,
        "maintenance": _maintenance,
        "fatal": _fatal,
        "error": _error,
        "no-funding": _no_funding,
        "kline-gaps": _kline_gaps,
    }
)
"""The faults that touch replies."""
