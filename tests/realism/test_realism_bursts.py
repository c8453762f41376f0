"""On recorded tapes our takers pay what real takers paid; the whole table is a command."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.exchange.tapes import diff, snapshot, trade, write_tape
from tests.realism.bursts import (
    TAPES,
    Shadow,
    agreement,
    bursts_of,
    main,
    shadow,
    shadows_of,
)
from tests.support.recordings import recording
from trading.model.orders import Side

D = Decimal
MOST = 1_500


@pytest.fixture(params=TAPES, ids=["2023-04", "2024-07"])
def shadows(request: pytest.FixtureRequest) -> tuple[Shadow, ...]:
    """Return the shadows of a recording's beginning, or skip where there is no recording."""
    return shadows_of(recording(request.param), MOST)


def test_our_takers_pay_what_real_takers_paid(shadows: tuple[Shadow, ...]) -> None:
    """The median error is nothing, 95 % lie within half a basis point, all are filled whole."""
    found = agreement(shadows)

    assert found.median_bps == 0
    assert found.within >= D("0.95")
    assert abs(found.mean_bps) < D("0.05")
    assert found.unfilled == 0
    assert found.swept > 50


def test_on_a_book_that_is_not_stale_there_is_no_gift(shadows: tuple[Shadow, ...]) -> None:
    """Against the book nobody has touched yet, 99.5 % are within half a basis point."""
    found = agreement(tuple(each for each in shadows if each.burst.is_first))

    assert found.within >= D("0.995")
    assert abs(found.mean_bps) < D("0.005")


def small_tape(folder: Path) -> Path:
    """Write a tape of four bursts: a sweep, one on the eaten book, one after it moved, a sell."""
    return write_tape(
        folder,
        [
            snapshot(10, 5),
            trade(20, "100.10", "1.000", is_sell=False),
            trade(20, "100.20", "0.500", is_sell=False),
            trade(25, "100.20", "0.700", is_sell=False),
            diff(25, (4, 7, 3), [], [["100.10", "0.000"], ["100.20", "0.800"]]),
            trade(40, "100.20", "0.300", is_sell=False),
            trade(40, "100.00", "0.250", is_sell=True),
            trade(50, "99.90", "9.000", is_sell=True, kind="INSURANCE_FUND"),
            diff(60, (8, 9, 7), [["100.00", "0.750"]], [["100.20", "0.500"]]),
        ],
    )


def test_a_burst_is_one_side_of_one_millisecond(tmp_path: Path) -> None:
    """Its size, average, prices, and whether the book had moved since the one before."""
    found = list(bursts_of(small_tape(tmp_path)))

    assert [
        (Side.BUY, D("1.500"), D("100.1333"), 2, True),
        (Side.BUY, D("0.700"), D("100.2000"), 1, False),
        (Side.BUY, D("0.300"), D("100.2000"), 1, True),
        (Side.SELL, D("0.250"), D("100.0000"), 1, False),
    ] == [
        (each.side, each.quantity, round(each.average, 4), each.prices, each.is_first)
        for each in found
    ]


def test_a_shadow_walks_the_book_before_its_burst(tmp_path: Path) -> None:
    """The sweep costs the same; on the eaten book the shadow is served too well, and it shows."""
    errors = [shadow(each).error_bps for each in bursts_of(small_tape(tmp_path))]

    assert [D(0), D("-9.98"), D(0), D(0)] == [round(each, 2) for each in errors]


def test_the_command_prints_a_table_or_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing recording is named and is an error; a found one gives three rows."""
    assert main(["--data", str(tmp_path)]) == 1
    assert f"no recording at {tmp_path / TAPES[0]}" in capsys.readouterr().out

    for name in TAPES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        small_tape(tmp_path).rename(tmp_path / name)
    assert main(["--data", str(tmp_path)]) == 0
    rows = capsys.readouterr().out.splitlines()[3:6]
    assert ["all", "first", "later:"] == [each.split()[0] for each in rows]
    assert rows[0].split()[1:4] == ["4", "1", "0"]
