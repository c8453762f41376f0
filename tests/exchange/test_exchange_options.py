"""Options are checked once, mean what their command line says, and refuse what has no effect."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from trading.errors import ConfigError
from trading.exchange.options import ExchangeOptions, parse_options, parse_start

FULL = ExchangeOptions(
    symbols=("BTCUSDT", "ETHUSDT"),
    seed=3,
    speed=20.0,
    port=4_711,
    start_ns=1_789_999_200_250_000_000,
    max_life_s=90.5,
    endpoint_file="/tmp/endpoint.json",  # noqa: S108 (a name, never opened)
    has_lifeline=True,
    orphan_wait_s=2.5,
    volume_names="legacy",
    trade_times="nanoseconds",
    idle_drop_s=27.0,
    queue_frames=99,
    faults="connection:2+1.5s silence book for 500ms; 0s drop",
)
TAPE = ExchangeOptions(market="recorded", tape="a.raw.jsonl.gz", funding_rate=Decimal("0.0001"))


@pytest.mark.parametrize("options", [ExchangeOptions(), FULL, TAPE])
def test_the_command_line_means_the_options(options: ExchangeOptions) -> None:
    """There and back, nothing is lost."""
    assert options == parse_options(options.to_arguments())


def test_symbols_are_read_in_any_case() -> None:
    """A comma list, as in the venue's own requests."""
    assert ("BTCUSDT", "ETHUSDT") == parse_options(["--symbols", "btcusdt,ETHUSDT"]).symbols


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("market", "real", "one of synthetic, recorded"),
        ("volume_names", "new", "one of current, legacy"),
        ("speed", 0.0, "from 0.01 to 1000"),
        ("speed", math.nan, "from 0.01 to 1000"),
        ("speed", math.inf, "from 0.01 to 1000"),
        ("seed", -1, "from 0"),
        ("port", 70_000, "from 0 to 65535"),
        ("max_life_s", 0.0, "from 1"),
        ("idle_drop_s", math.nan, "from 1"),
        ("queue_frames", 1, "from 10"),
        ("symbols", ("BTC/USDT",), "names such as BTCUSDT"),
        ("symbols", ("OLDUSDT",), "plays the delisted contract"),
        ("symbols", ("BTCUSDT", "BTCUSDT"), "each name once"),
        ("tape", "x", "say --market recorded"),
        ("funding_rate", Decimal("0.0001"), "say --market recorded"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    field: str, value: object, complaint: str
) -> None:
    """The error says field, value, expectation and remedy."""
    with pytest.raises(ConfigError, match=f"{field}.*{complaint}"):
        replace(ExchangeOptions(), **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("tape", "", "say --tape"),
        ("start_ns", 1, "market time starts at the tape's first stamp"),
        ("symbols", ("BTCUSDT", "ETHUSDT"), "a tape has one"),
        ("funding_rate", Decimal("0.01"), "from -0.003 to 0.003"),
        ("funding_rate", Decimal("NaN"), "from -0.003 to 0.003"),
    ],
)
def test_options_that_do_not_fit_a_tape_are_refused(
    field: str, value: object, complaint: str
) -> None:
    """No flag is silently without effect."""
    with pytest.raises(ConfigError, match=complaint):
        replace(TAPE, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["yesterday", "2026-09-21T14:00:00", "1999-01-01T00:00:00Z"])
def test_a_start_must_be_an_instant(text: str) -> None:
    """An instant without its offset is not guessed at."""
    with pytest.raises(ConfigError, match="start: expected"):
        parse_start(text)


def test_a_start_may_have_any_offset() -> None:
    """It is turned into UTC."""
    assert parse_start("2026-09-21T14:00:00Z") == parse_start("2026-09-21T16:00:00+02:00")


def test_the_rate_must_be_a_number() -> None:
    """And the words of the error say so."""
    with pytest.raises(ConfigError, match="funding_rate: expected a fraction, was 'much'"):
        parse_options(["--market=recorded", "--tape=x", "--funding-rate=much"])


def test_help_teaches_markets_tapes_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who knows nothing finds the first command and the tape formats."""
    with pytest.raises(SystemExit):
        parse_options(["--help"])
    text = capsys.readouterr().out

    for word in ("python -m trading.exchange --market recorded", "*book*.parquet", "--lifeline"):
        assert word in text
