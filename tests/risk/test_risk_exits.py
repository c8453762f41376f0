"""A target that does not pay and a stop that comes too late are refused, with the arithmetic."""

from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.instruments import BTCUSDT, BTCUSDT_TIERED
from tests.support.market import SYMBOL
from tests.support.risk import QUIET
from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.health import MarginHealth
from trading.account.terms import MarginTerms
from trading.model.instrument import Instrument
from trading.model.margin import MarginMode
from trading.model.sides import PositionSide, Side
from trading.risk.exits import too_late, unpaid
from trading.risk.facts import Facts, never
from trading.risk.verdicts import Refused

D = Decimal


def facts(
    leverage: int,
    *,
    mode: MarginMode = MarginMode.ISOLATED,
    instrument: Instrument = BTCUSDT_TIERED,
) -> Facts:
    """Return the facts of a flat account of 10,000."""
    terms = MarginTerms(mode=mode, leverage=leverage)
    health = MarginHealth(Account(AccountHead(wallet=D(10_000)), terms), {SYMBOL: instrument})
    marks: dict[str, float | None] = {SYMBOL: 50_000.0}
    liquidation = partial(health.liquidated_before, (SYMBOL, PositionSide.BOTH), marks)
    return replace(QUIET, terms=terms, liquidation=liquidation)


@pytest.mark.parametrize(
    ("side", "stop", "is_late"),
    [
        (Side.BUY, "45201", False),
        (Side.BUY, "45200", True),
        (Side.BUY, "40000", True),
        (Side.SELL, "54799", False),
        (Side.SELL, "54800", True),
    ],
)
def test_a_stop_beyond_liquidation_is_refused(side: Side, stop: str, *, is_late: bool) -> None:
    """At 10x 5,000 of 50,000 stand behind a coin, of which 200 are to be kept."""
    found = too_late(BTCUSDT_TIERED, side, D("0.1"), D(50_000), D(stop), facts(10))

    assert is_late is isinstance(found, Refused)


def test_the_refusal_shows_its_arithmetic() -> None:
    """Where it would be liquidated, what a stop there costs, and which leverage bears it."""
    found = too_late(BTCUSDT_TIERED, Side.BUY, D("0.1"), D(50_000), D(40_000), facts(10))

    assert found is not None
    assert "buy 0.1 at 50000 and 10x is liquidated at 45200, before its stop at 40000" == (
        found.detail
    )
    assert (
        "bring the stop nearer than 45200, or borrow less: a coin loses 10000 to its stop and must "
        "keep 200, which 50000 bears at 4x"
    ) == found.remedy


def test_a_cross_account_is_told_to_risk_less() -> None:
    """There no leverage moves the liquidation price: the size does."""
    cross = facts(10, mode=MarginMode.CROSS)
    found = too_late(BTCUSDT_TIERED, Side.BUY, D(2), D(50_000), D(45_000), cross)

    assert found is not None
    assert found.remedy == "bring the stop nearer than 45280, or risk less"
    assert too_late(BTCUSDT_TIERED, Side.BUY, D("0.1"), D(50_000), D(45_000), cross) is None


@given(
    side=st.sampled_from(Side),
    leverage=st.integers(2, 100),
    away=st.integers(1, 49_999),
)
def test_the_leverage_it_names_bears_the_stop(side: Side, leverage: int, away: int) -> None:
    """With what the remedy says the same entry passes; its stop is then reached alive."""
    stop = D(50_000) - side.sign * away
    found = too_late(BTCUSDT_TIERED, side, D("0.1"), D(50_000), stop, facts(leverage))
    if found is None or " bears at " not in found.remedy:
        return
    most = int(found.remedy.rpartition(" ")[2].rstrip("x"))

    borrowed = [
        too_late(BTCUSDT_TIERED, side, D("0.1"), D(50_000), stop, facts(each))
        for each in (most, most + 1)
    ]
    assert borrowed[0] is None
    assert borrowed[1] is not None


def test_where_nothing_is_liquidated_no_stop_is_late() -> None:
    """A long without any borrowed money can wait."""
    assert too_late(BTCUSDT, Side.BUY, D(1), D(50_000), D(1), facts(1, instrument=BTCUSDT)) is None
    assert never(Side.BUY, D(1), D(50_000), D(1)) is None


@pytest.mark.parametrize(
    ("target", "is_maker_in", "is_maker_out", "least", "is_refused"),
    [
        ("50059", False, False, "1", True),
        ("50061", False, False, "1", False),
        ("50041", True, True, "1", False),
        ("50039", False, True, "1", True),
        ("50061", False, False, "2", True),
        ("50001", False, False, "0", False),
        (None, False, False, "1", False),
    ],
)
def test_a_target_pays_its_fees(
    target: str | None, least: str, *, is_maker_in: bool, is_maker_out: bool, is_refused: bool
) -> None:
    """6 bps a way as a taker, 2 as a maker."""
    found = unpaid(
        BTCUSDT,
        D(50_000),
        None if target is None else D(target),
        D(least),
        is_maker_in=is_maker_in,
        is_maker_out=is_maker_out,
    )

    assert is_refused is isinstance(found, Refused)
