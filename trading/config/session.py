"""One session, whole: its everyday settings and all the others."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from trading.config.checks import (
    FORM,
    check_choice,
    check_kind,
    check_number,
    check_whole,
    normalise_symbol,
)
from trading.config.exchange import ExchangeConfig
from trading.config.execution import ExecutionConfig
from trading.config.feed import FeedConfig
from trading.config.limits import LimitsConfig
from trading.config.risk import RiskConfig
from trading.errors import ConfigError

Source = Literal["bitunix", "embedded"]
"""Where a live session's market comes from."""
AnySource = Literal["bitunix", "embedded", "recording"]
"""... and a replay's: a file of bars is neither venue nor exchange."""
EndPolicy = Literal["flatten", "carry"]
MarginModeName = Literal["isolated", "cross"]
PositionModeName = Literal["one_way", "hedge"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""No dots: Windows drops one at the end, and ``var/kill.txt`` is the kill switch."""

_PARTS = {
    "strategy_parameters": dict,
    "symbol_overrides": dict,
    "risk": RiskConfig,
    "execution": ExecutionConfig,
    "feed": FeedConfig,
    "exchange": ExchangeConfig,
    "limits": LimitsConfig,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """Everything about a session that is not asked every day."""

    __pydantic_config__ = FORM

    strategy_parameters: dict[str, float | int | bool | str] = field(default_factory=dict)
    """The strategy's own parameters, by name; --list-strategies shows them."""
    symbol_overrides: dict[str, dict[str, float | int | bool | str]] = field(default_factory=dict)
    """Strategy parameters that differ for a symbol, by symbol and name."""
    opening_wallet_usdt: float = 10_000.0
    """Wallet of a new account; an account that has traded keeps its own."""
    margin_mode: MarginModeName = "isolated"
    """What stands behind a position: its own margin, or everything the account has."""
    position_mode: PositionModeName = "one_way"
    """One position a symbol, or a long and a short beside each other that never net."""
    leverage: int = 5
    """Leverage set at the venue: it decides the margin a position ties up."""
    leverages: dict[str, int] = field(default_factory=dict)
    """Leverage of single symbols, where it is another; within the symbol's margin tiers."""
    end_policy: EndPolicy = "flatten"
    """At the end: close every position, or carry it to the account's next session."""
    interval_s: int = 60
    """Length of the bars the strategy sees."""
    history_bars: int = 0
    """Bars of warm-up; the larger of this, 100 and the strategy's own look-back is fetched."""
    equity_sample_s: float = 1.0
    """How often the account is marked, in session time."""
    risk: RiskConfig = field(default_factory=RiskConfig)
    """How much may be risked."""
    execution: ExecutionConfig = field(default_factory=ExecutionConfig)
    """How the paper venue treats orders."""
    feed: FeedConfig = field(default_factory=FeedConfig)
    """When market data is too old."""
    exchange: ExchangeConfig = field(default_factory=ExchangeConfig)
    """The embedded exchange, where the source is that."""
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    """What the process may take of the machine."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("opening_wallet_usdt", self.opening_wallet_usdt, above=0, most=1e9)
        check_choice("margin_mode", self.margin_mode, get_args(MarginModeName))
        check_choice("position_mode", self.position_mode, get_args(PositionModeName))
        check_whole("leverage", self.leverage, least=1, most=125)
        self._check_leverages()
        check_choice("end_policy", self.end_policy, ("flatten", "carry"))
        check_number("equity_sample_s", self.equity_sample_s, above=0, most=86_400)
        check_whole("history_bars", self.history_bars, least=0, most=5_000)
        for name, kind in _PARTS.items():
            check_kind(name, getattr(self, name), kind, f"a {kind.__name__}")
        _check_parameters("strategy_parameters", self.strategy_parameters)
        for symbol, parameters in self.symbol_overrides.items():
            where = f"symbol_overrides.{symbol}"
            check_kind(where, parameters, dict, "parameters by name")
            if symbol != normalise_symbol(symbol):
                raise ConfigError(where, symbol, normalise_symbol(symbol), "write it like that")
            _check_parameters(where, parameters)
        if type(self.interval_s) is not int or self.interval_s not in INTERVALS:
            raise ConfigError(
                "interval_s",
                self.interval_s,
                "one of " + ", ".join(str(s) for s in INTERVALS),
                "use a bar length the venues have",
            )

    def _check_leverages(self) -> None:
        check_kind("leverages", self.leverages, dict, "leverages by symbol")
        named = {normalise_symbol(symbol): each for symbol, each in self.leverages.items()}
        for symbol, leverage in named.items():
            check_whole(f"leverages.{symbol}", leverage, least=1, most=125)
        object.__setattr__(self, "leverages", named)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig(SessionSettings):
    """One session, whole: what the flow is called with and what the journal keeps."""

    source: AnySource = "bitunix"
    """Whose market: bitunix is the real venue, embedded one of our own (no network)."""
    symbol: str = "BTCUSDT"
    """The perpetual contract, as the venue names it, such as BTCUSDT."""
    minutes: float = 10.0
    """How long the session lasts; at another speed than 1, minutes of its market."""
    strategy: str = "sma_cross"
    """A built-in or installed name (see --list-strategies), or ``package.module:Class``."""
    account: str = "default"
    """The paper account; its wallet, positions and latches go from session to session."""
    seed: int = 1
    """Seed of everything random, latency and random strategies: the same one draws the same."""
    speed: float = 1.0
    """Session seconds per real second; other than 1 only with the embedded exchange."""

    def __post_init__(self) -> None:
        """Check every field and the ones that must agree; normalise the symbol."""
        SessionSettings.__post_init__(self)  # super() does not find its way in a slotted class
        check_choice("source", self.source, get_args(AnySource))
        object.__setattr__(self, "symbol", normalise_symbol(self.symbol))
        check_number("minutes", self.minutes, above=0, most=MINUTES_MOST[self.source])
        check_whole("seed", self.seed, least=0, most=2**63 - 1)
        check_number("speed", self.speed, above=0, most=1_000)
        check_kind("account", self.account, str, "a text")
        check_kind("strategy", self.strategy, str, "a text")
        if not _NAME.fullmatch(self.account):
            raise ConfigError(
                "account",
                self.account,
                "1 to 64 letters, digits, dashes or underscores",
                "it names a folder below var/",
            )
        if self.risk.no_entry_last_s >= self.duration_s:
            raise ConfigError(
                "risk.no_entry_last_s",
                self.risk.no_entry_last_s,
                f"less than the session's {self.duration_s:g} s",
                "such a session could never trade: shorten it, or make the session longer",
            )
        if not self.strategy:
            raise ConfigError("strategy", self.strategy, "a name", "see --list-strategies")
        if self.speed != 1.0 and self.source != "embedded":
            raise ConfigError(
                "speed",
                self.speed,
                "1 with a real venue",
                'a real market cannot be hurried; use source="embedded"',
            )

    def parameters_of(self, symbol: str) -> dict[str, float | int | bool | str]:
        """Return the strategy's parameters for a symbol: the common ones, then its own."""
        return self.strategy_parameters | self.symbol_overrides.get(symbol, {})

    @property
    def duration_s(self) -> float:
        """Length of the session in session seconds."""
        return self.minutes * 60.0

    def digest(self) -> str:
        """Return the SHA-256 of the config's canonical JSON: equal settings, equal digest.

        Read back from that JSON, ``minutes=10`` is ``10.0``; it is the same setting.
        """
        canonical = msgspec.convert(msgspec.to_builtins(self), SessionConfig)
        return hashlib.sha256(msgspec.json.encode(canonical, order="deterministic")).hexdigest()


def _check_parameters(where: str, parameters: dict[str, float | int | bool | str]) -> None:
    for name, value in parameters.items():
        check_kind(where, name, str, "parameters by name")
        if not isinstance(value, bool | str):
            check_number(f"{where}.{name}", value, remedy="give a number or a text")


MINUTES_MOST = {"bitunix": 7 * 1_440, "embedded": 7 * 1_440, "recording": 10 * 366 * 1_440}
"""A session lives a week at most; a file may hold ten years."""

INTERVALS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Bar lengths, in seconds, that every supported venue offers both by REST and by push."""
