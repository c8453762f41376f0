"""Resting orders of ours fare on recorded tapes as others measured; the table is a command."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.realism.resting import (
    MEASURED,
    MODELS,
    TAPES,
    Printed,
    Rates,
    Shown,
    Tape,
    Trial,
    main,
    rates,
    read_tape,
    trials,
)
from tests.support.recordings import recording
from trading.model.orders import Side
from trading.model.presets import MakerModelName

EVERY_MS = 8_000


@pytest.fixture(params=TAPES)
def told(
    request: pytest.FixtureRequest,
) -> tuple[str, dict[MakerModelName, list[Trial]]]:
    """Return a recording's name and every model's trials, or skip where there is no recording."""
    tape = read_tape(recording(TAPES[request.param]))
    return request.param, {model: trials(tape, model, EVERY_MS) for model in MODELS}


def test_resting_orders_fare_as_others_measured(
    told: tuple[str, dict[MakerModelName, list[Trial]]],
) -> None:
    """Fill rates within 8 points, markouts within 0.15 bps, of an eighth of the trials."""
    name, found = told

    for model, measured in MEASURED[name].items():
        ours = rates(found[model])
        assert measured.filled_pct == pytest.approx(ours.filled_pct, abs=8)
        assert measured.markout_bps == pytest.approx(ours.markout_bps, abs=0.15)


def test_a_more_severe_model_never_fills_earlier(
    told: tuple[str, dict[MakerModelName, list[Trial]]],
) -> None:
    """Order by order: touch, power, risk-averse, trade-through."""
    _, found = told
    waits = {
        model: [each.waited_ms or float("inf") for each in told_trials]
        for model, told_trials in found.items()
    }

    for generous, severe in pairwise(MODELS):
        pairs = list(zip(waits[generous], waits[severe], strict=True))
        assert all(sooner <= later for sooner, later in pairs)
        assert any(sooner < later for sooner, later in pairs) or severe == "risk_averse"


def shown(at_ms: int, bid: float, size: float = 5.0) -> Shown:
    """Return a book a tenth wide."""
    return Shown(at_ms, ((bid, size), (bid - 0.1, 9.0)), ((round(bid + 0.1, 1), size),))


def small_tape() -> Tape:
    """Return forty seconds in which 5 print on the bid of 5, then 1, then the price falls away."""
    books = [shown(at_ms, 100.0 if at_ms < 6_000 else 99.0) for at_ms in range(0, 40_000, 1_000)]
    prints = [
        Printed(500, 100.0, 5.0, Side.SELL),
        Printed(4_000, 100.0, 1.0, Side.SELL),
        Printed(5_500, 99.9, 1.0, Side.SELL),
    ]
    return Tape(books, prints)


@pytest.mark.parametrize(
    ("model", "waited_ms"),
    [("touch", 500), ("power", 4_000), ("risk_averse", 4_000), ("trade_through", 5_500)],
)
def test_a_bid_waits_for_what_its_model_asks(model: MakerModelName, waited_ms: int) -> None:
    """A print at the price; one more than stood ahead; a price beyond. The ask is never filled."""
    bid, ask = trials(small_tape(), model, 30_000)

    assert waited_ms == bid.waited_ms
    assert Trial(None, None) == ask


def test_a_markout_is_the_mid_a_second_later() -> None:
    """Filled at 100 and the mid at 99.05 a second after: 95 bps against us."""
    bid, _ = trials(small_tape(), "trade_through", 30_000)

    assert bid.markout_bps == pytest.approx(-95.0)


def test_rates_count_the_lives_and_leave_out_what_has_no_markout() -> None:
    """Of four: one within a second, two within five, three within thirty."""
    found = [Trial(900, 1.0), Trial(5_000, -3.0), Trial(20_000, None), Trial(None, None)]

    assert Rates((25.0, 50.0, 75.0), -1.0) == rates(found)


def test_the_command_prints_the_table_or_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row a model and recording; a folder without recordings is an error."""
    assert main(["--data", str(tmp_path)]) == 1
    assert f"no recording at {tmp_path / TAPES['2023-04']}" in capsys.readouterr().out

    for stem in TAPES.values():
        recording(stem)
    assert main(["--every-ms", "120000"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [[name, model] for name in TAPES for model in MODELS] == [
        row.split()[:2] for row in rows
    ]
