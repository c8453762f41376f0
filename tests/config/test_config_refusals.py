"""Every setting that is wrong is refused, with field, value, expectation and remedy."""

import math
from typing import Any

import pytest

from trading.config import (
    ExchangeConfig,
    ExecutionConfig,
    FeedConfig,
    RiskConfig,
    SessionConfig,
    normalise_symbol,
)
from trading.errors import ConfigError

NOT_NUMBERS: tuple[object, ...] = (math.nan, math.inf, -math.inf, None, "1", True, [1], 10**400)
CYRILLIC = "\u0411\u0422\u0421USDT"
"""Looks like BTC in many a typeface."""
FLOATS = [
    (RiskConfig, "risk_pct", (0, -0.5, 2.01, 5)),
    (RiskConfig, "leverage_max", (0, -1, 126)),
    (RiskConfig, "notional_max_usdt", (0, -1, 1.1e12)),
    (RiskConfig, "entry_interval_s", (-1, 604_801)),
    (RiskConfig, "daily_loss_pct", (-1, 101)),
    (RiskConfig, "daily_loss_usdt", (-1, 1.1e12)),
    (RiskConfig, "drawdown_pct", (-1, 101)),
    (RiskConfig, "cooldown_after_stop_s", (-1, 86_401)),
    (RiskConfig, "no_entry_last_s", (-1, 86_401)),
    (RiskConfig, "settlement_blackout_s", (-1, 86_401)),
    (RiskConfig, "funding_no_entry_pct", (-1, 101)),
    (RiskConfig, "funding_half_size_pct", (-1, 101, 0.11)),
    (RiskConfig, "reward_to_cost_min", (-1, 1_001)),
    (RiskConfig, "symbol_notional_max_usdt", (-1, 1.1e12, 50_001)),
    (ExecutionConfig, "settlement_pause_ms", (-1, 60_001)),
    (ExecutionConfig, "taker_fee_bps", (-1, 1_001)),
    (ExecutionConfig, "maker_fee_bps", (-1, 1_001)),
    (ExecutionConfig, "market_protection_bps", (0, -1, 10_001)),
    (FeedConfig, "first_message_timeout_s", (0, -1, 601)),
    (FeedConfig, "stale_s", (0, -1, 3_601)),
    (FeedConfig, "reconnect_s", (0, -1, 3_601)),
    (FeedConfig, "stop_s", (0, -1, 86_401)),
    (FeedConfig, "trade_patience", (0.9, -1, 101)),
    (FeedConfig, "candle_confirm_timeout_s", (0, -1, 601)),
    (SessionConfig, "opening_wallet_usdt", (0, -1, 1.1e9)),
    (SessionConfig, "equity_sample_s", (0, -1, 86_401)),
    (SessionConfig, "minutes", (0, -10, 10_081)),
    (SessionConfig, "speed", (0, -1, 1_001)),
]
OPTIONAL = [
    (ExecutionConfig, "latency_ms_min", (-1, 60_001)),
    (ExecutionConfig, "latency_ms_max", (-1, 60_001)),
    (ExecutionConfig, "trigger_latency_ms", (-1, 60_001)),
    (ExecutionConfig, "half_spread_bps", (-1, 1_001)),
    (ExecutionConfig, "queue_power", (0, -1, 21)),
    (ExecutionConfig, "impact_y", (-1, 101)),
    (ExecutionConfig, "impact_bps_max", (-1, 10_001)),
    (ExecutionConfig, "bar_volume_share_max", (0, -1, 1.1)),
    (ExecutionConfig, "feed_latency_ms", (-1, 60_001)),
    (ExecutionConfig, "entry_latency_ms", (-1, 60_001)),
    (ExecutionConfig, "cancel_latency_ms", (-1, 60_001)),
    (ExecutionConfig, "response_latency_ms", (-1, 60_001)),
    (ExecutionConfig, "latency_sigma", (-1, 3.1)),
    (ExecutionConfig, "latency_tail_share", (-1, 0.6)),
    (ExecutionConfig, "latency_tail_from_ms", (0, -1, 60_001)),
    (ExecutionConfig, "latency_tail_alpha", (0, -1, 11)),
    (ExecutionConfig, "latency_most_ms", (0, -1, 60_001)),
    (ExecutionConfig, "answer_lost_share", (-1, 1.1)),
    (ExecutionConfig, "answer_timeout_ms", (0, -1, 60_001)),
]
"""Empty means the preset's; anything else must be a number."""
WHOLES = [
    (RiskConfig, "strategy_failures_max", (0, -1, 1_001)),
    (RiskConfig, "failures_in_a_row_max", (-1, 10_001)),
    (FeedConfig, "queue_frames_max", (99, 1_000_001)),
    (ExchangeConfig, "market_seed", (-1, 2**63)),
    (SessionConfig, "leverage", (0, 126)),
    (SessionConfig, "history_bars", (-1, 5_001)),
    (SessionConfig, "seed", (-1, 2**63)),
    (SessionConfig, "interval_s", (0, 59, 61, 86_400)),
]
TEXTS = [
    (
        SessionConfig,
        "symbol",
        ("", "BTC/USDT:USDT", "BTCUSDT.P", "B", "BTC USDT", CYRILLIC),
    ),
    (SessionConfig, "account", ("", "..", ".x", "a/b", "a\\b", "kill.txt", "-a", "a b", "a" * 65)),
    (SessionConfig, "strategy", ("",)),
    (SessionConfig, "source", ("", "binance", "Bitunix")),
    (SessionConfig, "end_policy", ("", "close")),
    (SessionConfig, "margin_mode", ("", "Cross")),
    (SessionConfig, "position_mode", ("", "Hedge", "ONE_WAY")),
    (ExchangeConfig, "market", ("", "real")),
    (ExecutionConfig, "preset", ("", "Neutral", "hopeful")),
]
CHOICES = [
    (ExecutionConfig, "taker_model", ("", "book")),
    (ExecutionConfig, "maker_model", ("", "Touch")),
    (ExecutionConfig, "bar_order", ("", "ohlc")),
]
NESTED = ("strategy_parameters", "risk", "execution", "feed", "exchange")


def cases() -> list[tuple[type, str, object]]:
    """Return config class, field and wrong value, for everything that is wrong."""
    return [
        (made, field, value)
        for table, always in (
            (FLOATS, NOT_NUMBERS),
            (OPTIONAL, tuple(each for each in NOT_NUMBERS if each is not None)),
            (CHOICES, (1, True, math.nan, ["a"])),
            (WHOLES, (*NOT_NUMBERS, 60.0, 1.5)),
            (TEXTS, (None, 1, True, math.nan, ["a"])),
        )
        for made, field, wrong in table
        for value in (*always, *wrong)
    ]


def make(made: type, **settings: object) -> object:
    """Build a config the way a form or a command line does: from names and whatever was typed."""
    builder: Any = made
    return builder(**settings)


@pytest.mark.parametrize(("made", "field", "value"), cases())
def test_a_wrong_value_is_refused_by_name(made: type, field: str, value: object) -> None:
    """The error names the field, shows the value, says what was expected and what to do."""
    with pytest.raises(ConfigError) as refusal:
        make(made, **{field: value})

    error = refusal.value
    assert (field, True) == (error.field, error.value is value)
    assert str(error).startswith(f"{field}: expected ")
    assert f", was {value!r}; " in str(error)
    assert error.expected
    assert error.remedy


@pytest.mark.parametrize("field", NESTED)
@pytest.mark.parametrize("value", [None, [], "x", RiskConfig])
def test_a_part_of_another_kind_is_refused(field: str, value: object) -> None:
    """A nested part that was never checked, because it is no config at all, does not pass."""
    with pytest.raises(ConfigError, match=rf"^{field}: expected a "):
        make(SessionConfig, **{field: value})


def test_a_dict_in_the_place_of_a_part_is_refused() -> None:
    """A plain dict would carry its values past every check."""
    with pytest.raises(ConfigError, match=r"^risk: expected a RiskConfig"):
        make(SessionConfig, risk={"risk_pct": 50})


@pytest.mark.parametrize("value", [math.nan, math.inf, None, [1], {}])
def test_a_parameter_that_cannot_be_written_down_is_refused(value: object) -> None:
    """A strategy's parameter is a finite number, a text or yes/no: JSON has nothing for NaN."""
    with pytest.raises(ConfigError, match=r"^strategy_parameters\.fast: expected a finite number"):
        make(SessionConfig, strategy_parameters={"fast": value})


@pytest.mark.parametrize("leverage", [0, 126, 2.0, "5", None, True])
def test_a_symbols_leverage_is_checked_like_the_other(leverage: object) -> None:
    """By its name; and it is no list."""
    with pytest.raises(ConfigError, match=r"^leverages\.ETHUSDT: expected a whole number"):
        make(SessionConfig, leverages={"eth/usdt": leverage})
    with pytest.raises(ConfigError, match=r"^leverages: expected leverages by symbol"):
        make(SessionConfig, leverages=[5])
    assert {"ETHUSDT": 9} == SessionConfig(leverages={"eth/usdt": 9}).leverages


def test_a_flag_is_true_or_false() -> None:
    """A text that happens to be truthy is no flag, and a number is no path."""
    with pytest.raises(ConfigError, match=r"^faults: expected WHEN FAULT .* was 'no'"):
        make(ExchangeConfig, faults="no")
    with pytest.raises(ConfigError, match=r"^exchange\.tape: expected a path, was 5"):
        make(ExchangeConfig, tape=5)


def test_settings_that_contradict_each_other_are_refused() -> None:
    """Bounds that cross, stages that do not rise, a tape without a path, a hurried real market."""
    with pytest.raises(ConfigError, match=r"latency_ms_min: .*at most latency_ms_max \(500\)"):
        ExecutionConfig(latency_ms_min=501, latency_ms_max=500)
    with pytest.raises(ConfigError, match=r"latency_ms_max: .*where the other bound is set"):
        ExecutionConfig(latency_ms_min=50)
    with pytest.raises(ConfigError, match=r"latency_ms_min: .*where the other bound is set"):
        ExecutionConfig(latency_ms_max=50)
    with pytest.raises(ConfigError, match=r"reconnect_s: .*above 18 .*was 18"):
        FeedConfig(stale_s=18, reconnect_s=18)
    with pytest.raises(ConfigError, match=r"stop_s: .*above 60 .*was 18"):
        FeedConfig(reconnect_s=60, stop_s=18)
    with pytest.raises(ConfigError, match=r"exchange\.tape: .*path of a recording.*synthetic"):
        ExchangeConfig(market="recorded")
    with pytest.raises(ConfigError, match=r'speed: .*1 with a real venue.*source="embedded"'):
        SessionConfig(speed=10)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"queue_power": 2.0}, 'queue_power: expected empty unless maker_model is "power"'),
        ({"taker_model": "linear", "impact_y": 1.0}, 'impact_y: .*taker_model is "linear"'),
        ({"taker_model": "linear", "impact_bps_max": 9.0}, 'impact_bps_max: .*is "linear"'),
        (
            {"latency_ms_min": 1.0, "latency_ms_max": 9.0, "entry_latency_ms": 5.0},
            "entry_latency_ms: expected empty where latency_ms_min and latency_ms_max are set",
        ),
        (
            {"latency_ms_min": 1.0, "latency_ms_max": 9.0, "latency_sigma": 0.0},
            "latency_sigma: expected empty where",
        ),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(settings: dict[str, object], said: str) -> None:
    """What no chosen model looks at is no setting, whatever the preset says of it."""
    with pytest.raises(ConfigError, match=said):
        make(ExecutionConfig, **settings)


def test_the_very_bounds_are_allowed() -> None:
    """What a bound names as allowed is allowed."""
    risk = RiskConfig(risk_pct=2, leverage_max=125, entry_interval_s=0, strategy_failures_max=1)
    execution = ExecutionConfig(latency_ms_min=0, latency_ms_max=0, settlement_pause_ms=60_000)
    feed = FeedConfig(stale_s=1, reconnect_s=1.1, stop_s=1.2, trade_patience=1)

    config = SessionConfig(
        risk=risk, execution=execution, feed=feed, minutes=7 * 24 * 60, seed=0, leverage=1
    )

    assert (2, 0, 1.2, 604_800.0) == (
        config.risk.risk_pct,
        config.execution.latency_ms_max,
        config.feed.stop_s,
        config.duration_s,
    )


@pytest.mark.parametrize("written", ["BTCUSDT", "btcusdt", "BTC/USDT", "btc-usdt", " BTC_USDT "])
def test_a_symbol_is_taken_in_any_spelling_that_means_one_contract(written: str) -> None:
    """Case and separators are normalised; the config holds the venue's spelling."""
    assert "BTCUSDT" == normalise_symbol(written) == SessionConfig(symbol=written).symbol


def test_a_session_too_short_to_trade_is_refused() -> None:
    """Its whole length lies within the time in which nothing is opened."""
    with pytest.raises(ConfigError, match="such a session could never trade"):
        SessionConfig(minutes=1, risk=RiskConfig(no_entry_last_s=60))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"BTCUSDT": 3}, "symbol_overrides.BTCUSDT: expected parameters by name"),
        ({"btc/usdt": {}}, "expected BTCUSDT"),
        ({"BTCUSDT": {"stop_bps": math.nan}}, "symbol_overrides.BTCUSDT.stop_bps: expected a fin"),
        ({"BTCUSDT": {7: 1}}, "symbol_overrides.BTCUSDT: expected parameters by name"),
    ],
)
def test_what_differs_by_symbol_is_checked(overrides: dict[str, Any], told: str) -> None:
    """Each symbol as the venue names it, each parameter as the common ones."""
    with pytest.raises(ConfigError) as refused:
        SessionConfig(symbol_overrides=overrides)

    assert told in str(refused.value)
