"""A config is a value: frozen, comparable, and named by its digest."""

from dataclasses import FrozenInstanceError, fields, replace

import msgspec
import pytest

from trading.config import (
    ExchangeConfig,
    ExecutionConfig,
    FeedConfig,
    RiskConfig,
    SessionConfig,
)

NUMBERS = {"float", "int"}


def test_the_defaults_are_those_the_issue_names() -> None:
    """Fees 2 and 6 bps, the neutral preset, a minute between entries, risk at most 2 percent."""
    config = SessionConfig()

    assert ("bitunix", "flatten", 60.0) == (
        config.source,
        config.end_policy,
        config.risk.entry_interval_s,
    )
    assert (2.0, 6.0, "neutral") == (
        config.execution.maker_fee_bps,
        config.execution.taker_fee_bps,
        config.execution.preset,
    )


def test_equal_settings_have_equal_digests_however_they_were_written() -> None:
    """10 minutes are 10.0 minutes, from code, from a form, and read back from the journal."""
    config = SessionConfig(minutes=10, risk=RiskConfig(risk_pct=1), symbol="btc/usdt")
    read = msgspec.json.decode(msgspec.json.encode(config), type=SessionConfig)

    assert config == read
    assert config.digest() == read.digest()
    assert config.digest() == replace(config, minutes=10.0, symbol="BTCUSDT").digest()


def test_any_other_setting_has_another_digest() -> None:
    """Each change, however deep, gives another digest."""
    config = SessionConfig()
    others = [
        replace(config, minutes=11.0),
        replace(config, seed=2),
        replace(config, strategy_parameters={"fast_bars": 5}),
        replace(config, strategy_parameters={"fast_bars": 5.0}),
        replace(config, execution=ExecutionConfig(half_spread_bps=1.5)),
    ]

    assert 6 == len({each.digest() for each in (config, *others)})


def test_a_config_cannot_be_changed() -> None:
    """What was checked stays as it was checked."""
    config = SessionConfig()

    with pytest.raises(FrozenInstanceError):
        config.minutes = -1.0  # type: ignore[misc]


def test_a_wrong_value_is_refused_when_read_from_a_file_too() -> None:
    """Reading a config checks it like making one."""
    written = msgspec.json.encode(SessionConfig()).replace(b'"risk_pct":0.5', b'"risk_pct":50')

    with pytest.raises(msgspec.ValidationError, match="risk_pct: expected a finite number"):
        msgspec.json.decode(written, type=SessionConfig)


def test_every_number_carries_its_unit() -> None:
    """A duration, size or rate says in its name what it is measured in."""
    plain = {
        "leverage",
        "leverage_max",
        "reward_to_cost_min",
        "seed",
        "market_seed",
        "speed",
        "minutes",
        "trade_patience",
    }
    units = ("_s", "_ms_min", "_ms_max", "_ms", "_bps", "_pct", "_usdt", "_bars", "_max")
    parts = (SessionConfig, RiskConfig, ExecutionConfig, FeedConfig, ExchangeConfig)
    numbers = {each.name for part in parts for each in fields(part) if each.type in NUMBERS}

    assert plain == {name for name in numbers if not name.endswith(units)} | {"leverage_max"}
