"""What an exchange is started with: a frozen value, checked once, and its command line.

Imports nothing heavy: a session's supervisor builds these, too.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Literal

from trading.errors import ConfigError
from trading.exchange.contract import DELISTED
from trading.model.fault_script import KINDS, parse_script, to_text
from trading.model.numbers import NS_PER_S

_SYMBOL: Final = re.compile(r"[A-Z0-9]{2,20}USDT")
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MARKETS: Final = ("synthetic", "recorded")
_VOLUME_NAMES: Final = ("current", "legacy")
_TRADE_TIMES: Final = ("seconds", "nanoseconds")

_DESCRIPTION: Final = """\
An exchange of your own: Bitunix's public futures protocol (REST and WebSocket) on one port of
127.0.0.1. No account, no orders, no private endpoint, no network. When it listens it says one line
of JSON with its addresses and its clock; it ends on SIGTERM, SIGINT or after --max-life-s.
"""

_EXAMPLES: Final = """\
examples:
  python -m trading.exchange
      a synthetic BTCUSDT market from now on, in real time
  python -m trading.exchange --symbols BTCUSDT,ETHUSDT --seed 3 --speed 20
      two markets at twenty times real time; the same seed and --start give the same market
  python -m trading.exchange --market recorded --tape BTCUSDT.raw.jsonl.gz
      a recording with its own timing; market time is the tape's

tapes:
  FILE.raw.jsonl.gz   lines of "<local stamp> <json>": streams @depth with one REST snapshot,
                      @trade, and @markPrice where there is one
  DIRECTORY or PREFIX of Parquet files, one of each:
    *book*.parquet    ts_ms, bp0, bq0, bp1, bq1, ... ap0, aq0, ... (whole windows, best first)
    *trades*.parquet  ts_ms, price, qty, buyer_is_maker
    *mark*.parquet    optional: event_ms, mark, index, funding_rate, next_funding_ms
  Bars from before the tape's start are made up and end at its first price. Without mark prices the
  index is taken to be the mid, and the mark follows by the venue's formula.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOptions:
    """Everything an exchange can be told."""

    market: Literal["synthetic", "recorded"] = "synthetic"
    symbols: tuple[str, ...] = ()
    """Contracts to list; empty: BTCUSDT, or what the tape holds."""
    seed: int = 7
    speed: float = 1.0
    """Session seconds per real second."""
    port: int = 0
    """0: any free one."""
    start_ns: int | None = None
    """Market time of a synthetic market at its start; None: now."""
    tape: str = ""
    funding_rate: Decimal | None = None
    """Fraction per interval, for a tape that records none; None: the assumed formula."""
    max_life_s: float = 26 * 3_600.0
    """Real seconds after which the exchange ends by itself."""
    endpoint_file: str = ""
    has_lifeline: bool = False
    """End when standard input ends."""
    orphan_wait_s: float = 0.0
    """Real seconds without a client that an exchange outlives an owner that was killed."""
    volume_names: Literal["current", "legacy"] = "current"
    trade_times: Literal["seconds", "nanoseconds"] = "seconds"
    idle_drop_s: float = 60.0
    """Session seconds of a client's silence after which it is dropped."""
    queue_frames: int = 2_000
    """Frames that may wait for a client that reads slowly; one more and it is dropped."""
    faults: str = ""
    """The fault script: what shall go wrong, and when; see ``trading.model.fault_script``."""

    def __post_init__(self) -> None:
        """Check every field, and those that must agree."""
        _check_choice("market", self.market, _MARKETS)
        _check_choice("volume_names", self.volume_names, _VOLUME_NAMES)
        _check_choice("trade_times", self.trade_times, _TRADE_TIMES)
        _check_range("speed", self.speed, 0.01, 1_000)
        _check_range("seed", self.seed, 0, 2**63 - 1)
        _check_range("port", self.port, 0, 65_535)
        _check_range("max_life_s", self.max_life_s, 1, 366 * 86_400)
        _check_range("orphan_wait_s", self.orphan_wait_s, 0, 3_600)
        _check_range("idle_drop_s", self.idle_drop_s, 1, 86_400)
        _check_range("queue_frames", self.queue_frames, 10, 1_000_000)
        parse_script(self.faults)
        for symbol in self.symbols:
            if not _SYMBOL.fullmatch(symbol) or symbol == DELISTED:
                raise ConfigError(
                    "symbols",
                    symbol,
                    "names such as BTCUSDT",
                    f"use capital letters and digits ending in USDT, and not {DELISTED}, "
                    "which plays the delisted contract",
                )
        if len(set(self.symbols)) != len(self.symbols):
            raise ConfigError("symbols", self.symbols, "each name once", "leave the repetition out")
        self._check_market()

    def _check_market(self) -> None:
        """Refuse options that the chosen market would not heed."""
        if self.market == "recorded":
            _refuse(not self.tape, "tape", self.tape, "a path", "say --tape PATH")
            _refuse(len(self.symbols) > 1, "symbols", self.symbols, "at most one", "a tape has one")
            _refuse(
                self.start_ns is not None,
                "start",
                self.start_ns,
                "nothing with a recorded market",
                "market time starts at the tape's first stamp",
            )
        else:
            remedy = "say --market recorded, or leave it out"
            _refuse(bool(self.tape), "tape", self.tape, "nothing", remedy)
            rate = self.funding_rate
            _refuse(rate is not None, "funding_rate", rate, "nothing", remedy)
        if self.funding_rate is not None:
            _check_range("funding_rate", self.funding_rate, Decimal("-0.003"), Decimal("0.003"))

    def to_arguments(self) -> list[str]:
        """Return the command line that means these options."""
        words = [
            f"--market={self.market}",
            f"--seed={self.seed}",
            f"--speed={self.speed!r}",
            f"--port={self.port}",
            f"--max-life-s={self.max_life_s!r}",
            f"--volume-names={self.volume_names}",
            f"--trade-times={self.trade_times}",
            f"--orphan-wait-s={self.orphan_wait_s!r}",
            f"--idle-drop-s={self.idle_drop_s!r}",
            f"--queue-frames={self.queue_frames}",
        ]
        if self.symbols:
            words.append(f"--symbols={','.join(self.symbols)}")
        if self.start_ns is not None:
            words.append(f"--start={_iso(self.start_ns)}")
        if self.tape:
            words.append(f"--tape={self.tape}")
        if self.funding_rate is not None:
            words.append(f"--funding-rate={self.funding_rate}")
        if self.endpoint_file:
            words.append(f"--endpoint-file={self.endpoint_file}")
        if self.has_lifeline:
            words.append("--lifeline")
        if self.faults:
            words.append(f"--fault={to_text(parse_script(self.faults))}")
        return words


def _refuse(is_wrong: bool, field: str, value: object, expected: str, remedy: str) -> None:  # noqa: FBT001
    """Raise what is wrong with a field, if it is."""
    if is_wrong:
        raise ConfigError(field, value, expected, remedy)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse anything but one of the choices."""
    _refuse(value not in choices, field, value, "one of " + ", ".join(choices), "choose one")


def _check_range(
    field: str, value: float | Decimal, least: float | Decimal, most: float | Decimal
) -> None:
    """Refuse anything but a finite number within the bounds."""
    is_right = math.isfinite(value) and least <= value <= most
    _refuse(not is_right, field, value, f"a number from {least} to {most}", "stay within")


def _iso(ns: int) -> str:
    """Return an instant as ISO 8601, exact to the microsecond."""
    return (_EPOCH + timedelta(microseconds=ns // 1_000)).isoformat()


def parse_start(text: str) -> int:
    """Return an ISO 8601 instant with its offset (``Z`` or ``+00:00``) in Unix nanoseconds.

    >>> parse_start("2026-09-21T14:00:00Z")
    1789999200000000000

    Raises:
        ConfigError: when it is no instant, has no offset, or lies before 2000 or after 2100.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as cause:
        raise ConfigError("start", text, "an ISO 8601 instant", "2026-09-21T14:00:00Z") from cause
    _refuse(
        instant.tzinfo is None, "start", text, "an instant with its offset", f"say {text}Z for UTC"
    )
    span = instant - _EPOCH
    ns = (span.days * 86_400 + span.seconds) * NS_PER_S + span.microseconds * 1_000
    _check_range("start", instant.year, 2000, 2100)
    return ns


def _rate(text: str) -> Decimal:
    """Return a funding rate from its words."""
    try:
        return Decimal(text)
    except InvalidOperation as cause:
        raise ConfigError("funding_rate", text, "a fraction", "such as 0.0001") from cause


def _fault_manual() -> str:
    """Return what a fault script is, from the one table of kinds."""
    kinds = "\n".join(
        f"    {f'{name} {kind.value.upper()}':<20} {kind.text}" for name, kind in KINDS.items()
    )
    return (
        "faults: WHEN FAULT [VALUE] [for TIME]\n"
        "  WHEN is 20s (after the start), connection:N or request:N (the N-th stream, the N-th\n"
        "  GET), perhaps with +20s after it; TIME is 500ms, 20s or 2m of market time.\n"
        '  --fault "connection:2+10s silence book for 12s"\n'
        f"{kinds}\n"
    )


def _parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    parser = argparse.ArgumentParser(
        prog="python -m trading.exchange",
        description=_DESCRIPTION,
        epilog=f"{_EXAMPLES}\n{_fault_manual()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_market(parser)
    _add_service(parser)
    return parser


def _add_market(parser: argparse.ArgumentParser) -> None:
    """Add what says which market it is."""
    defaults, add = ExchangeOptions(), parser.add_argument
    add("--market", choices=_MARKETS, default=defaults.market, help="default: synthetic")
    add("--symbols", default="", metavar="A,B", help="contracts to list; default: BTCUSDT")
    add("--seed", type=int, default=defaults.seed, help="everything random follows from it")
    add("--speed", type=float, default=1.0, metavar="N", help="market seconds per real second")
    add("--start", default="", metavar="ISO8601", help="market time at the start; default: now")
    add("--tape", default="", metavar="PATH", help="the recording, see below")
    add(
        "--funding-rate",
        default="",
        metavar="FRACTION",
        help="rate to settle where the tape records none; default: by formula (an assumption)",
    )


def _add_service(parser: argparse.ArgumentParser) -> None:
    """Add what says how it is served, and for how long."""
    defaults, add = ExchangeOptions(), parser.add_argument
    add("--port", type=int, default=0, help="default: any free port")
    add("--endpoint-file", default="", metavar="PATH", help="also write the ready line here")
    add("--lifeline", action="store_true", help="end when standard input ends")
    add(
        "--orphan-wait-s",
        type=float,
        default=defaults.orphan_wait_s,
        metavar="S",
        help="real seconds without a client to outlive an owner that was killed (default 0)",
    )
    add(
        "--max-life-s",
        type=float,
        default=defaults.max_life_s,
        metavar="S",
        help="real seconds after which it ends by itself; default: 26 hours",
    )
    add(
        "--volume-names",
        choices=_VOLUME_NAMES,
        default=defaults.volume_names,
        help="current: quoteVol of REST bars is USDT; legacy (before Sept. 2026): it is the coin",
    )
    add(
        "--trade-times",
        choices=_TRADE_TIMES,
        default=defaults.trade_times,
        help="how pushed trades are stamped: both forms are documented",
    )
    add(
        "--idle-drop-s",
        type=float,
        default=defaults.idle_drop_s,
        metavar="S",
        help="market seconds of silence before a client is dropped (27 to 80 seen; default 60)",
    )
    add(
        "--queue-frames",
        type=int,
        default=defaults.queue_frames,
        metavar="N",
        help="frames that may wait for a slow reader before it is dropped",
    )
    add("--fault", action="append", default=[], metavar="WORDS", help="a fault, see below")
    add("--faults", type=Path, metavar="FILE", help="a file of them, one a line")


def _script(words: argparse.Namespace) -> str:
    """Return the fault script of the command line: the file's lines, then the words'."""
    lines = list(words.fault)
    if words.faults is not None:
        try:
            lines.insert(0, words.faults.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as cause:
            raise ConfigError(
                "--faults", str(words.faults), "a readable text file", str(cause)
            ) from cause
    return to_text(parse_script("\n".join(lines)))


def parse_options(arguments: Sequence[str]) -> ExchangeOptions:
    """Read the options from a command line.

    Raises:
        ConfigError: when a value cannot be.
        SystemExit: when the words themselves cannot be understood, or help was asked for.
    """
    words = _parser().parse_args(arguments)
    return ExchangeOptions(
        market=words.market,
        symbols=tuple(name for name in words.symbols.upper().split(",") if name),
        seed=words.seed,
        speed=words.speed,
        port=words.port,
        start_ns=parse_start(words.start) if words.start else None,
        tape=str(Path(words.tape)) if words.tape else "",
        funding_rate=_rate(words.funding_rate) if words.funding_rate else None,
        max_life_s=words.max_life_s,
        endpoint_file=words.endpoint_file,
        has_lifeline=words.lifeline,
        orphan_wait_s=words.orphan_wait_s,
        volume_names=words.volume_names,
        trade_times=words.trade_times,
        idle_drop_s=words.idle_drop_s,
        queue_frames=words.queue_frames,
        faults=_script(words),
    )
