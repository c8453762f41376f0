"""What shall go wrong on the embedded exchange, and when: the fault script, as values.

A script is text, one fault a line (or between semicolons), ``#`` begins a comment::

    connection:2+10s  silence book  for 12s    # ten seconds into the session
    connection:2+40s  drop
    connection:2+40s  refuse        for 5s
    request:3         slow 4s       for 1m

First *when*: ``20s`` after the market's opening, or an event and perhaps a time after it:
``connection:N`` is the N-th stream connection since the start (a session's preflight makes the
first, the session the second), ``request:N`` the N-th GET. Then *what*, with its value if it has
one, and ``for`` how long; without that, to the end. Times are session time.

Knows neither exchange nor session: what a fault does is in ``trading.exchange.faults``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from trading.errors import ConfigError
from trading.model.numbers import NS_PER_S

Event = Literal["opening", "connection", "request"]
Value = Literal["", "channel", "time", "signed time", "percent", "bps", "status"]

FAULTS_MAX: Final = 100
CHANNELS: Final = ("book", "price", "candle", "trade")
_UNITS: Final = MappingProxyType({"ms": 1_000_000, "s": NS_PER_S, "m": 60 * NS_PER_S})
_TIME: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)(ms|s|m)")
_WHEN: Final = re.compile(r"(connection|request):([1-9]\d{0,5})(?:\+(\S+))?")
_TIME_NS_MAX: Final = 7 * 86_400 * NS_PER_S


class Kind(NamedTuple):
    """One kind of fault: the value it takes, what it is in words, and whether it lasts."""

    value: Value
    text: str
    lasts: bool = True


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "deaf": Kind("", "subscriptions and pings are accepted, nothing is pushed"),
        "silence": Kind("channel", "one channel says nothing, the others go on"),
        "frozen": Kind("", "every push repeats the last one, stamp and all; pings live"),
        "half-open": Kind("", "connections of that moment stay open, carry nothing", lasts=False),
        "drop": Kind("", "every connection ends without a close frame", lasts=False),
        "refuse": Kind("", "new stream connections are refused"),
        "html": Kind("", "an HTML page in place of every push and reply"),
        "garbage": Kind("", "random bytes in place of every push and reply"),
        "truncated": Kind("", "every push and reply is cut off in its middle"),
        "oversized": Kind("", "pushes of 5 MB, more than a client takes"),
        "lossy": Kind("percent", "this share of the pushes is lost on the way"),
        "duplicates": Kind("", "every push goes out twice"),
        "out-of-order": Kind("", "neighbouring pushes of a stream change places"),
        "replay": Kind("time", "pushes of that long ago in place of the present ones"),
        "late-candle": Kind("time", "the candle channel is that late, the others are not"),
        "kline-gaps": Kind("", "every third bar is missing from REST"),
        "clock": Kind("signed time", "the venue's clock is off: stamps and Date header"),
        "slow": Kind("time", "REST takes that long; real time, as a client's patience is"),
        "rate-limit": Kind("", "REST answers HTTP 429 and code 10006"),
        "maintenance": Kind("", "HTTP 503 for every request and new stream"),
        "fatal": Kind("", "REST answers code 30040: futures prohibited for this user"),
        "error": Kind("status", "REST answers this HTTP status and nothing else"),
        "no-funding": Kind("", "no funding rate, pushed or by REST"),
        "crossed": Kind("", "books with their sides exchanged"),
        "spike": Kind("bps", "every pushed price is off by so much"),
    }
)
"""Every fault there is. Bitunix numbers nothing, so it has no sequence gaps to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One line of a script; times in session nanoseconds."""

    event: Event
    number: int
    after_ns: int
    kind: str
    value: str = ""
    amount: float = 0.0
    """The value as a number: nanoseconds of a time, else what was written."""
    duration_ns: int | None = None
    """None: to the end."""
    text: str = ""
    """The line as it was written, without what is between the words."""


Script = tuple[Fault, ...]


def parse_script(text: str) -> Script:
    """Return the faults of a script, in its order.

    >>> [(fault.kind, fault.after_ns) for fault in parse_script("2s deaf; 500ms drop")]
    [('deaf', 2000000000), ('drop', 500000000)]

    Raises:
        ConfigError: at the first line that is none, with what was expected in its place.
    """
    lines = (line.partition("#")[0].split() for line in re.split(r"[\n;]", text))
    script = tuple(_fault(words) for words in lines if words)
    if len(script) > FAULTS_MAX:
        raise _wrong(f"{len(script)} lines", f"at most {FAULTS_MAX} faults", "leave some out")
    return script


def to_text(script: Script) -> str:
    """Return a script on one line; reading it gives the same script."""
    return "; ".join(fault.text for fault in script)


def _wrong(found: str, expected: str, remedy: str) -> ConfigError:
    return ConfigError("faults", found, expected, remedy)


def _fault(words: list[str]) -> Fault:
    line = " ".join(words)
    if words[1:] == []:
        raise _wrong(line, "WHEN FAULT [VALUE] [for TIME]", "such as: connection:2+10s drop")
    event, number, after_ns = _when(words[0])
    kind = KINDS.get(words[1])
    if kind is None:
        raise _wrong(words[1], "one of " + ", ".join(KINDS), f"choose a fault in {line!r}")
    rest = words[2:]
    value, amount = "", 0.0
    if kind.value:
        if not rest:
            raise _wrong(line, f"a {kind.value} after {words[1]}", _example(words[1]))
        value, rest = rest[0], rest[1:]
        amount = _amount(words[1], kind.value, value)
    duration_ns = None
    if kind.lasts and rest[:1] == ["for"] and rest[1:]:
        duration_ns, rest = _time(rest[1], f"how long {words[1]} lasts"), rest[2:]
    if rest:
        expected = "nothing more, or: for TIME" if kind.lasts else "nothing after it"
        raise _wrong(" ".join(rest), f"{expected} ({words[1]})", _example(words[1]))
    return Fault(
        event=event,
        number=number,
        after_ns=after_ns,
        kind=words[1],
        value=value,
        amount=amount,
        duration_ns=duration_ns,
        text=line,
    )


def _example(name: str) -> str:
    kind = KINDS[name]
    value = {
        "": "", "channel": " book", "time": " 5s", "signed time": " -5s", "percent": " 20",
        "bps": " 150", "status": " 502",
    }[kind.value]  # fmt: skip
    return f"say: connection:2+10s {name}{value}{' for 20s' if kind.lasts else ''}"


def _when(word: str) -> tuple[Event, int, int]:
    match = _WHEN.fullmatch(word)
    if match is None:
        if not _TIME.fullmatch(word):
            raise _wrong(
                word, "a time such as 20s, or connection:N+20s, or request:N", "say when first"
            )
        return "opening", 1, _time(word, "when")
    event: Event = "connection" if match[1] == "connection" else "request"
    return event, int(match[2]), _time(match[3], "when") if match[3] else 0


def _time(word: str, what: str, *, is_signed: bool = False) -> int:
    match = _TIME.fullmatch(word)
    ns = round(float(match[1]) * _UNITS[match[2]]) if match else 0
    if match is None or abs(ns) > _TIME_NS_MAX or (ns < 0 and not is_signed):
        sign = "" if is_signed else ", not below 0,"
        raise _wrong(word, f"a time{sign} in ms, s or m for {what}", "such as 500ms, 20s or 2m")
    return ns


def _amount(name: str, form: Value, word: str) -> float:
    """Return a value as a number; a channel has none."""
    match form:
        case "channel":
            if word not in CHANNELS:
                raise _wrong(word, "one of " + ", ".join(CHANNELS), _example(name))
            return 0.0
        case "time" | "signed time":
            return _time(word, name, is_signed=form == "signed time")
        case "percent":
            return _number(name, word, 0, 100)
        case "bps":
            return _number(name, word, -5_000, 5_000)
        case _:
            return _number(name, word, 400, 599)


def _number(name: str, word: str, least: int, most: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise _wrong(word, f"a number from {least} to {most}", _example(name))
    return value
