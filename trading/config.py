"""What a session is asked to do: frozen, validated values.

``SessionConfig`` is the flow's parameter and so Prefect's form; it is stored in the journal with
its hash. Every field has its unit in its name, one default, and one place where it is checked:
here. A value that is wrong is refused with its name, what was expected and the remedy.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from trading.errors import ConfigError

Source = Literal["bitunix", "embedded"]
"""Where a live session's market comes from."""
AnySource = Literal["bitunix", "embedded", "recording"]
"""... and a replay's: a file of bars is neither venue nor exchange."""
EndPolicy = Literal["flatten", "carry"]
Market = Literal["synthetic", "recorded"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""No dots: Windows drops one at the end, and ``var/kill.txt`` is the kill switch."""
_SYMBOL = re.compile(r"[A-Z0-9]{2,24}")
_FORM = {"use_attribute_docstrings": True, "extra": "forbid"}
"""Read by the library that makes Prefect's form: a field's docstring is its description there."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskConfig:
    """How much may be risked. Percentages are of account equity."""

    __pydantic_config__ = _FORM

    risk_pct: float = 0.5
    """Loss planned at the stop, per entry, in percent of equity; at most 2."""
    leverage_max: float = 5.0
    """Exposure after the entry may be at most this many times the equity."""
    notional_max_usdt: float = 50_000.0
    """Exposure after the entry, in USDT."""
    entry_interval_s: float = 60.0
    """Least time between two entries, kept across restarts and sessions."""
    strategy_failures_max: int = 3
    """Failures of the strategy in a row after which entries are suspended."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("risk_pct", self.risk_pct, above=0, most=2, remedy="risk at most 2 percent")
        check_number("leverage_max", self.leverage_max, above=0, most=125)
        check_number("notional_max_usdt", self.notional_max_usdt, above=0, most=1e12)
        check_number("entry_interval_s", self.entry_interval_s, least=0, most=7 * 86_400)
        check_whole("strategy_failures_max", self.strategy_failures_max, least=1, most=1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionConfig:
    """How the paper venue treats orders. Times are session time."""

    __pydantic_config__ = _FORM

    latency_ms_min: float = 50.0
    """An order or cancel reaches the venue after a uniform draw between this ..."""
    latency_ms_max: float = 500.0
    """... and this."""
    trigger_latency_ms: float = 10.0
    """From a stop's trigger to its meeting the book, inside the venue."""
    taker_fee_bps: float = 6.0
    """Fee of a fill that took liquidity, of its notional."""
    maker_fee_bps: float = 2.0
    """Fee of a fill that rested in the book, of its notional."""
    market_protection_bps: float = 200.0
    """A market order takes no level further than this from the best one."""
    half_spread_bps: float = 1.0
    """Paid by market orders where there are candles only."""
    settlement_pause_ms: float = 0.0
    """How long matching stands still after a funding settlement."""

    def __post_init__(self) -> None:
        """Check every field, and the latency bounds against each other."""
        for name in (
            "latency_ms_min",
            "latency_ms_max",
            "trigger_latency_ms",
            "settlement_pause_ms",
        ):
            check_number(name, getattr(self, name), least=0, most=60_000)
        for name in ("taker_fee_bps", "maker_fee_bps", "half_spread_bps"):
            check_number(name, getattr(self, name), least=0, most=1_000)
        check_number("market_protection_bps", self.market_protection_bps, above=0, most=10_000)
        if self.latency_ms_min > self.latency_ms_max:
            raise ConfigError(
                "latency_ms_min",
                self.latency_ms_min,
                f"at most latency_ms_max ({self.latency_ms_max:g})",
                "swap the two",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """When market data is too old, in session time."""

    __pydantic_config__ = _FORM

    first_message_timeout_s: float = 5.0
    """Each timed channel must deliver within this of subscribing, or it counts as deaf."""
    stale_s: float = 8.0
    """Age of a channel from which no position is opened."""
    reconnect_s: float = 18.0
    """Age from which the connection is replaced."""
    stop_s: float = 60.0
    """Age from which the session ends as ``feed_failed``."""
    trade_patience: float = 4.0
    """The trade channel speaks only when somebody trades: its limits are this many times longer."""
    candle_confirm_timeout_s: float = 10.0
    """A bar the venue's REST does not confirm within this is closed as pushed, untradable."""
    queue_frames_max: int = 10_000
    """Frames waiting for the engine; one more ends the connection."""

    def __post_init__(self) -> None:
        """Check every field, and that the three steps rise."""
        check_number("first_message_timeout_s", self.first_message_timeout_s, above=0, most=600)
        check_number("stale_s", self.stale_s, above=0, most=3_600)
        check_number("reconnect_s", self.reconnect_s, above=self.stale_s, most=3_600)
        check_number("stop_s", self.stop_s, above=self.reconnect_s, most=86_400)
        check_number("trade_patience", self.trade_patience, least=1, most=100)
        check_number("candle_confirm_timeout_s", self.candle_confirm_timeout_s, above=0, most=600)
        check_whole("queue_frames_max", self.queue_frames_max, least=100, most=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConfig:
    """The embedded exchange behind ``source="embedded"``; ignored by real venues' sessions."""

    __pydantic_config__ = _FORM

    market: Market = "synthetic"
    """Made from ``market_seed``, or played from ``tape``."""
    tape: str = ""
    """Path of a recording, for ``market="recorded"``."""
    market_seed: int = 7
    """Seed of the synthetic market; the session's own ``seed`` does not change the market."""
    is_deaf: bool = False
    """Accept everything and push nothing: to see what a session makes of a deaf feed."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_choice("market", self.market, ("synthetic", "recorded"))
        check_whole("market_seed", self.market_seed, least=0, most=2**63 - 1)
        check_kind("exchange.tape", self.tape, str, "a path")
        check_kind("exchange.is_deaf", self.is_deaf, bool, "true or false")
        if self.market == "recorded" and not self.tape:
            raise ConfigError(
                "exchange.tape",
                self.tape,
                "the path of a recording",
                'name one, or use market="synthetic"',
            )


_PARTS = {
    "strategy_parameters": dict,
    "risk": RiskConfig,
    "execution": ExecutionConfig,
    "feed": FeedConfig,
    "exchange": ExchangeConfig,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """Everything about a session that is not asked every day."""

    __pydantic_config__ = _FORM

    strategy_parameters: dict[str, float | int | bool | str] = field(default_factory=dict)
    """The strategy's own parameters, by name; --list-strategies shows them."""
    opening_wallet_usdt: float = 10_000.0
    """Wallet of a new account; an account that has traded keeps its own."""
    leverage: int = 5
    """Leverage set at the venue: it decides the margin a position ties up."""
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

    def __post_init__(self) -> None:
        """Check every field."""
        check_number("opening_wallet_usdt", self.opening_wallet_usdt, above=0, most=1e9)
        check_whole("leverage", self.leverage, least=1, most=125)
        check_choice("end_policy", self.end_policy, ("flatten", "carry"))
        check_number("equity_sample_s", self.equity_sample_s, above=0, most=86_400)
        check_whole("history_bars", self.history_bars, least=0, most=5_000)
        for name, kind in _PARTS.items():
            check_kind(name, getattr(self, name), kind, f"a {kind.__name__}")
        for name, value in self.strategy_parameters.items():
            check_kind("strategy_parameters", name, str, "parameters by name")
            if isinstance(value, bool | str):
                continue
            check_number(f"strategy_parameters.{name}", value, remedy="give a number or a text")
        if type(self.interval_s) is not int or self.interval_s not in INTERVALS:
            raise ConfigError(
                "interval_s",
                self.interval_s,
                "one of " + ", ".join(str(s) for s in INTERVALS),
                "use a bar length the venues have",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig(SessionSettings):
    """One session, whole: what the flow is called with and what the journal keeps."""

    source: AnySource = "bitunix"
    """Where the market comes from: the real venue, or the embedded exchange (no network)."""
    symbol: str = "BTCUSDT"
    """The perpetual contract, as the venue names it."""
    minutes: float = 10.0
    """Length of the session, in session time."""
    strategy: str = "sma_cross"
    """A built-in or installed name, or a dotted path ``package.module:Class``."""
    account: str = "default"
    """The paper account; its wallet, positions and latches go from session to session."""
    seed: int = 1
    """Seed of everything random in the session: latency and random strategies."""
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
        if not self.strategy:
            raise ConfigError("strategy", self.strategy, "a name", "see --list-strategies")
        if self.speed != 1.0 and self.source != "embedded":
            raise ConfigError(
                "speed",
                self.speed,
                "1 with a real venue",
                'a real market cannot be hurried; use source="embedded"',
            )

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


MINUTES_MOST = {"bitunix": 7 * 1_440, "embedded": 7 * 1_440, "recording": 10 * 366 * 1_440}
"""A session lives a week at most; a file may hold ten years."""

INTERVALS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Bar lengths, in seconds, that every supported venue offers both by REST and by push."""
