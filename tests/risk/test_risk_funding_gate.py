"""Who would pay too much at the next settlement stays out, or enters with half."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trading.config import RiskConfig
from trading.model.orders import Side
from trading.risk.funding_gate import funding_share
from trading.risk.verdicts import Refused

D = Decimal
GATED = RiskConfig(funding_no_entry_pct=0.1, funding_half_size_pct=0.05)


@pytest.mark.parametrize(
    ("rate_pct", "long", "short"),
    [
        ("0.1", None, D(1)),
        ("0.0999", D("0.5"), D(1)),
        ("0.05", D("0.5"), D(1)),
        ("0.0499", D(1), D(1)),
        ("0", D(1), D(1)),
        ("-0.07", D(1), D("0.5")),
        ("-2", D(1), None),
    ],
)
def test_only_who_pays_is_held_back(
    rate_pct: str, long: Decimal | None, short: Decimal | None
) -> None:
    """A positive rate makes longs pay; the limit itself is too much."""
    for side, share in ((Side.BUY, long), (Side.SELL, short)):
        found = funding_share(GATED, side, D(rate_pct) / 100)
        assert share == (None if isinstance(found, Refused) else found)


def test_a_settlement_nobody_sees_holds_nobody_back() -> None:
    """No settlement before the end, no toll; and a gate that is off asks nothing."""
    assert D(1) == funding_share(GATED, Side.BUY, None)
    off = RiskConfig(funding_no_entry_pct=0, funding_half_size_pct=0)
    assert D(1) == funding_share(off, Side.BUY, D("0.02"))


def test_a_refusal_shows_the_arithmetic() -> None:
    """Rate and limit in percent, and what would help."""
    found = funding_share(GATED, Side.SELL, D("-0.00123"))

    assert isinstance(found, Refused)
    assert "funding_rate" == found.rule
    assert "a sell would pay 0.12300 % of its notional, limit 0.1 %" == found.detail
    assert "risk.funding_no_entry_pct" in found.remedy
