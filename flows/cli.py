"""``python -m flows.paper_session``: the flow from a command line, with or without a server.

What is typed is checked before Prefect is asked for anything, so a wrong value costs a second.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import httpx
import msgspec
from prefect import State
from prefect.exceptions import TerminationSignal
from prefect.settings import get_current_settings
from prefect.states import Failed

from flows import manual
from flows.form import settings_of
from flows.local_server import server_for_one_command
from flows.manual import OPEN_ENDED, OVERRIDES, PARAMETERS, Setting
from flows.naming import VAR_ENVIRONMENT, var_dir
from reports.refusal import Refusal
from tasks.alert_file import note_alert
from tasks.refusals import refusal_of, told
from tasks.states import alert_of, message_of, state_of
from trading.config import SessionConfig
from trading.errors import ConfigError, PaperSessionError, PreflightRefused
from trading.io.files import read_json
from trading.model.events import Outcome
from trading.session.outcomes import EXIT_CODES
from trading.session.paths import SessionPaths, latest_session
from trading.session.supervise import SessionResult, recorded_result
from trading.strategy import registry

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, whatever the session had earned by then."""
TERMINATED: Final = 143
"""Exit code after SIGTERM, likewise."""
UNKNOWN: Final = 1
"""Exit code when the flow itself failed, or its server: look at the message and the log."""

PaperSession = Callable[..., Coroutine[Any, Any, State[SessionResult]]]

_DESCRIPTION: Final = """\
Run a trading strategy on paper, on live perpetual-futures data: preflight, warm-up, the session,
a funding check, a report. Nothing here can place a real order. Every session leaves a journal from
which it can be run again, to the last digit: python -m trading.journal verify FILE.
"""
_EXAMPLES: Final = """\
examples:
  python -m flows.paper_session --source embedded --minutes 1 --strategy pulse
      one minute on an exchange of our own; needs no network
  python -m flows.paper_session --source embedded --minutes 10 --speed 20 --strategy pulse
      ten minutes in thirty seconds
  python -m flows.paper_session --strategy sma_cross --set strategy_parameters.fast_bars=5 \\
      --set risk.risk_pct=0.25
      ten minutes on the real market, smaller, with a faster average
"""


def main(flow: PaperSession, arguments: Sequence[str] | None = None) -> int:
    """Run the flow as the arguments say; return the exit code of its outcome."""
    chosen = parser().parse_args(arguments)
    if chosen.list_strategies:
        say("\n\n".join(manual.strategies()))
        return 0
    if chosen.var_dir:
        os.environ[VAR_ENVIRONMENT] = chosen.var_dir
    try:
        config = parse(chosen)
        registry.build(config.strategy, config.parameters_of(config.symbol))
    except ConfigError as error:
        return _refused(error, chosen)
    quieten()
    before = latest_session(var_dir(), config.account)
    is_alone = get_current_settings().api.url is None
    try:
        with server_for_one_command(var_dir()):
            return asyncio.run(_run(flow, config, is_alone=is_alone))
    except KeyboardInterrupt:
        _tell_newer(config, before)
        return INTERRUPTED
    except TerminationSignal:
        _tell_newer(config, before)
        return TERMINATED
    except PreflightRefused as error:
        return _refused(error, chosen)
    except httpx.TransportError as error:
        say(
            f"Prefect does not answer at {get_current_settings().api.url}: {error}\n"
            "  remedy  start it (prefect server start), or unset PREFECT_API_URL to run without one"
        )
        ended = _tell_newer(config, before)
        keep_alert(state_of(ended) if ended else Failed(message=f"Prefect is away: {error}"))
        # Prefect's own way out would try for minutes to send events that nobody takes any more.
        os._exit(ended.exit_code if ended else UNKNOWN)


# --- in ---------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """Return the parser; its help is the manual."""
    made = argparse.ArgumentParser(
        prog="python -m flows.paper_session",
        description=_DESCRIPTION,
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_settings(made)
    made.add_argument(
        "--list-strategies", action="store_true", help="show the strategies, and leave"
    )
    return made


def add_settings(made: argparse.ArgumentParser, *, without: Sequence[str] = ()) -> None:
    """Add what every command that runs a strategy can be told."""
    for each in manual.everyday():
        if each.path in without:
            continue
        made.add_argument(
            f"--{each.path}",
            default=str(each.default),
            metavar=expected(each.kind).upper() if get_origin(each.kind) else each.path.upper(),
            help=f"{each.about} (default: {each.default})",
        )
    made.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="assignments",
        help="any other setting, see below; may be repeated",
    )
    made.add_argument(
        "--var-dir",
        default="",
        metavar="DIR",
        help=f"where sessions are kept (default: ${VAR_ENVIRONMENT}, or var)",
    )


def _epilog() -> str:
    settings = "\n".join(
        f"  {OPEN_ENDED[each.path]}=VALUE\n      {each.about}"
        if each.path in OPEN_ENDED
        else f"  {each.path}={plain(each.default)}\n      {each.about}"
        for each in manual.settings()
    )
    codes = "\n".join(f"  {code:>3}  {outcome}" for outcome, code in EXIT_CODES.items())
    return (
        f"{_EXAMPLES}\nsettings for --set, with their defaults:\n"
        f"{settings}\n\n"
        f"exit codes:\n{codes}\n  {INTERRUPTED:>3}  stopped by Ctrl-C, positions closed\n"
        f"  {TERMINATED:>3}  stopped by SIGTERM, positions closed\n"
        f"  {UNKNOWN:>3}  the flow or its server failed\n    2  the command line is not understood"
    )


def plain(value: object) -> str:
    """Return a setting's value as one would type it.

    >>> plain(0.25), plain(True), plain(("a", "b"))
    ('0.25', 'true', 'a,b')
    """
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse(chosen: argparse.Namespace) -> SessionConfig:
    """Return the config that was asked for.

    Raises:
        ConfigError: when a name is unknown, or a value is refused.
    """
    tree: dict[str, Any] = {
        each.path: converted(each, text)
        for each in manual.everyday()
        if isinstance(text := getattr(chosen, each.path, None), str)
    }
    known = {each.path: each for each in manual.settings()}
    for assignment in chosen.assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ConfigError("--set", assignment, "NAME=VALUE", "say --set risk.risk_pct=0.25")
        group, _, leaf = name.rpartition(".")
        section, _, symbol = group.partition(".")
        node = tree.setdefault(section, {}) if section else tree
        if group == PARAMETERS and leaf:
            node[leaf] = guessed(text)
        elif section == OVERRIDES and symbol and leaf:
            node.setdefault(symbol, {})[leaf] = guessed(text)
        elif name in known and name not in OPEN_ENDED:
            node[leaf] = converted(known[name], text)
        else:
            names = ", ".join(OPEN_ENDED.get(each, each) for each in known)
            raise ConfigError("--set", name, f"one of {names}", "--help says what each of them is")
    try:
        return msgspec.convert(tree, SessionConfig)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ConfigError):
            raise error.__cause__ from None
        raise


def converted(setting: Setting, text: str) -> object:
    """Return what was typed as the setting's type.

    Raises:
        ConfigError: when it is none.
    """
    is_list = get_origin(setting.kind) is tuple
    said = [each.strip() for each in text.split(",") if each.strip()] if is_list else text
    try:
        found: object = msgspec.convert(said, setting.kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(
            setting.path, text, expected(setting.kind), f"the default is {plain(setting.default)}"
        ) from error
    return found


def guessed(text: str) -> float | int | bool | str:
    """Return a strategy's parameter as a number or a truth value where it reads like one.

    >>> guessed("5"), guessed("0.5"), guessed("true"), guessed("up")
    (5, 0.5, True, 'up')
    """
    for kind in (int, float, bool):
        try:
            found: float | int | bool = msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            continue
        return found
    return text


def expected(kind: object) -> str:
    """Return a type in words.

    >>> expected(int), expected(Literal["a", "b"])
    ('a whole number', 'a|b')
    """
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(
        kind if isinstance(kind, type) else str, "text"
    )


# --- out --------------------------------------------------------------------------------------


async def _run(flow: PaperSession, config: SessionConfig, *, is_alone: bool) -> int:
    """Run the flow and tell its end; ``is_alone``: no automation tells anybody of a bad one."""
    everyday = {each.path: getattr(config, each.path) for each in manual.everyday()}
    state: State[Any] = await flow(**everyday, settings=settings_of(config), return_state=True)
    code = await told_end(state, var_dir(), config.account)
    if is_alone:
        keep_alert(state)
    return code


async def told_end(state: State[Any], folder: Path, account: str) -> int:
    """Say how a flow run ended and where its files are; return the exit code."""
    found: object = await state.aresult(raise_on_failure=False)
    if not isinstance(found, SessionResult):
        say(f"the flow failed: {state.message}")
        return UNKNOWN
    _tell(folder, account, found)
    return found.exit_code


def keep_alert(state: State[Any]) -> None:
    """Keep a line in the alert file of a run that ended badly, with no server to tell anybody."""
    alert = alert_of(state)
    if alert is not None:
        kind, severity = alert
        note_alert(var_dir(), kind, severity, state.message or "without a word")


def _refused(error: PaperSessionError, chosen: argparse.Namespace) -> int:
    """Say why nothing is started."""
    refusal = refusal_of(
        error,
        source=chosen.source,
        symbol=chosen.symbol,
        strategy=chosen.strategy,
        account=chosen.account,
    )
    say(told(refusal))
    return EXIT_CODES[Outcome.REFUSED]


def _tell_newer(config: SessionConfig, before: SessionPaths | None) -> SessionResult | None:
    """Say how the session ended that this command began, by its journal; None if it began none."""
    paths = latest_session(var_dir(), config.account)
    ended = recorded_result(paths, 0) if paths is not None and paths != before else None
    if ended is None:
        say("no session was begun")
    else:
        _tell(var_dir(), config.account, ended)
    return ended


def _tell(folder: Path, account: str, ended: SessionResult) -> None:
    paths = SessionPaths(var_dir=folder, account=account, session_id=ended.session_id)
    if ended.outcome is Outcome.REFUSED:
        # Refused before it had a name, it has no files either.
        is_named = paths.summary.is_file() and ended.session_id
        say(told(read_json(paths.summary, Refusal)) if is_named else message_of(ended))
        return
    say(
        f"{message_of(ended)}\n"
        f"  {ended.fills} fills, {ended.round_trips} round trips, wallet {ended.wallet} USDT\n"
        f"  report  {_near(paths.report)}\n"
        f"  proof   python -m trading.journal verify {_near(paths.journal)}"
    )


def _near(path: Path) -> Path:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def say(text: str) -> None:
    """Write a text to the command's output, now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def quieten() -> None:
    """Leave on the console what the flow and its tasks say, and warnings."""
    logging.getLogger("prefect").setLevel(logging.WARNING)
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).setLevel(logging.INFO)
