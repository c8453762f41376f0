"""A table of sessions, one an account: what a fleet runs. TOML or CSV, read whole or not at all.

Its columns are the names the command line knows: ``account``, ``symbol``, ``risk.risk_pct``,
``strategy_parameters.fast_bars``. In TOML a dot is a table, and ``[defaults]`` holds what every
session shares.
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import msgspec

from flows import cli, manual
from flows.form import SETTINGS, settings_of
from trading.config import SessionConfig
from trading.errors import ConfigError
from trading.strategy import registry

SESSIONS_MOST: Final = 1_000


class Sections(msgspec.Struct, forbid_unknown_fields=True):
    """A table as TOML has it."""

    defaults: dict[str, object] = {}
    session: list[dict[str, object]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One session of the table."""

    config: SessionConfig

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.config.account

    @property
    def parameters(self) -> dict[str, object]:
        """What the flow ``paper-session`` is started with: everyday values, and what differs."""
        everyday = {each.path: getattr(self.config, each.path) for each in manual.everyday()}
        settings = settings_of(self.config)
        changed = {
            each.name: getattr(settings, each.name)
            for each in fields(settings)
            if getattr(settings, each.name) != getattr(SETTINGS, each.name)
        }
        found: dict[str, object] = msgspec.to_builtins({**everyday, "settings": changed})
        return found


def read_table(path: Path) -> tuple[Row, ...]:
    """Return the sessions of a table, every one checked before any is started.

    Raises:
        ConfigError: when the file is no table, a row is refused (it says which), or two rows name
            one account.
    """
    rows: list[Row] = []
    for number, texts in enumerate(_texts(path), start=1):
        if number > SESSIONS_MOST:
            raise ConfigError("table", str(path), f"at most {SESSIONS_MOST} sessions", "split it")
        rows.append(_row(f"session {number} of {path.name}", texts))
        if rows[-1].account in {each.account for each in rows[:-1]}:
            raise ConfigError(
                f"session {number} of {path.name}: account",
                rows[-1].account,
                "an account of its own",
                "an account has one trader at a time",
            )
    if not rows:
        raise ConfigError("table", str(path), "at least one session", "add [[session]], or a line")
    return tuple(rows)


def _row(name: str, texts: Mapping[str, str]) -> Row:
    everyday = {each.path for each in manual.everyday()}
    if not texts.get("account"):
        raise ConfigError(f"{name}: account", "", "a name", "say whose session it is")
    chosen = argparse.Namespace(
        **{path: text for path, text in texts.items() if path in everyday},
        assignments=[f"{path}={text}" for path, text in texts.items() if path not in everyday],
    )
    try:
        config = cli.parse(chosen)
        registry.build(config.strategy, config.parameters_of(config.symbol))
    except ConfigError as error:
        raise ConfigError(
            f"{name}: {error.field}", error.value, error.expected, error.remedy
        ) from error
    return Row(config=config)


def _texts(path: Path) -> Iterator[dict[str, str]]:
    """Yield each session's settings as the command line would have them typed."""
    try:
        content = path.read_text("utf-8")
        if path.suffix == ".csv":
            yield from _csv(path, content)
            return
        if path.suffix == ".toml":
            yield from _toml(path, tomllib.loads(content))
            return
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error) as error:
        raise ConfigError("table", str(path), "a readable TOML or CSV file", f"{error}") from error
    raise ConfigError("table", str(path), "a name that ends in .toml or .csv", "rename it")


def _csv(path: Path, content: str) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(content.splitlines(), strict=True)
    for row in reader:
        cells = {name: text for name, text in row.items() if name is not None}
        if None in row or None in row.values():
            raise ConfigError(
                f"line {reader.line_num} of {path.name}",
                list(row.values()),
                f"{len(reader.fieldnames or ())} cells",
                "leave a cell empty for the default",
            )
        yield {name.strip(): text.strip() for name, text in cells.items() if text.strip()}


def _toml(path: Path, tree: dict[str, object]) -> Iterator[dict[str, str]]:
    try:
        found = msgspec.convert(tree, Sections)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"table {path.name}",
            str(error),
            "one table [defaults], and a [[session]] for each",
            "settings go into one of these",
        ) from error
    for session in found.session:
        yield {**dict(_leaves(found.defaults)), **dict(_leaves(session))}


def _leaves(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            listed = tuple(value) if isinstance(value, list) else value
            yield f"{prefix}{name}", cli.plain(listed)
