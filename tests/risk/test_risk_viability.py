"""A session that could never trade, never win, or lose the day at once is refused at its start."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.instruments import BTCUSDT
from trading.config import RiskConfig
from trading.errors import ConfigError
from trading.risk.viability import Outlook, check_viable

D = Decimal
FIVE_USDT = replace(BTCUSDT, notional_min=D(5))
SOUND = Outlook(
    instrument=FIVE_USDT,
    leverage=5,
    wallet=D(10_000),
    price=D(50_000),
    spread_bps=0.02,
    stop_bps=30.0,
    target_bps=45.0,
)


def test_the_defaults_agree_with_each_other() -> None:
    """10,000 USDT, half a percent, a stop of 30 bps and 12 of fees: 50 / 42 bps is 11,904.76."""
    told = check_viable(RiskConfig(), SOUND)

    assert "11904.76 USDT risks 50.00 over 30 bps and 12.0 bps of fees; least order 5.00" in told


def test_a_stop_that_varies_leaves_only_the_least_order_to_ask_for() -> None:
    """Nothing is made up about it."""
    assert "least order 5.00 USDT, room for 50000.00" == check_viable(
        RiskConfig(), replace(SOUND, stop_bps=None, target_bps=None)
    )


@pytest.mark.parametrize(
    ("field", "config", "changes", "told"),
    [
        ("risk.notional_max_usdt", {"notional_max_usdt": 4.0}, {}, "leave 4.00"),
        ("risk.notional_max_usdt", {"symbol_notional_max_usdt": 4.0}, {}, "leave 4.00"),
        ("risk.notional_max_usdt", {}, {"wallet": D("0.5")}, "leave 2.5"),
        ("risk.notional_max_usdt", {"leverage_max": 0.0001}, {}, "leave 1.00"),
        ("risk.daily_loss_usdt", {"daily_loss_usdt": 49.0}, {}, "lose the day"),
        ("risk.risk_pct", {}, {"wallet": D(4)}, "buy 4.76: risk more"),
        ("strategy_parameters.stop_bps", {}, {"spread_bps": 30.0}, "hit by the bid and ask alone"),
        ("strategy_parameters.reward", {}, {"target_bps": 11.9}, "no such trade is worth it"),
        ("strategy_parameters.reward", {"reward_to_cost_min": 4.0}, {}, "48.0 bps away"),
    ],
)
def test_what_could_not_work_is_refused_with_the_arithmetic(
    field: str, config: dict[str, float], changes: dict[str, object], told: str
) -> None:
    """The setting to change, and the numbers that say why."""
    with pytest.raises(ConfigError) as refused:
        check_viable(RiskConfig(**config), replace(SOUND, **changes))  # type: ignore[arg-type]

    assert field == refused.value.field
    assert told in str(refused.value)


def test_a_target_of_any_size_may_be_asked_for() -> None:
    """With the rule switched off."""
    check_viable(RiskConfig(reward_to_cost_min=0), replace(SOUND, target_bps=0.1))
