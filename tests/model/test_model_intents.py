"""Intents: what only looks like a wish is refused where the strategy still has its turn."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from trading.model.intents import (
    AmendEntry,
    CancelEntries,
    CancelEntry,
    Enter,
    Exit,
    Intent,
    MoveProtection,
)
from trading.model.orders import Side, TimeInForce, Trail, TriggerSource

D = Decimal
FULL = Enter(
    side=Side.BUY,
    stop_price=D(49_000),
    target_price=D(52_000),
    limit_price=D(50_100),
    trigger_price=D(50_000),
    trigger_by=TriggerSource.INDEX,
    time_in_force=TimeInForce.GTD,
    good_for_s=30,
    target_is_limit=True,
    trail=Trail(callback_bps=D(50), activation_price=D(51_000)),
    hold_s=600.5,
    client_id="a-1",
    oco="straddle",
    reason="why",
)


@pytest.mark.parametrize(
    "intent",
    [
        FULL,
        Enter(side=Side.SELL, stop_price=D(51_000)),
        Exit(reason="enough"),
        CancelEntries(),
        CancelEntry(client_id="a-1"),
        AmendEntry(client_id="a-1", limit_price=D(50_050)),
        MoveProtection(stop_price=D(49_500)),
    ],
)
def test_an_intent_survives_being_written_down(intent: Intent) -> None:
    """The journal gives back the same wish, of the same kind."""
    assert intent == msgspec.json.decode(msgspec.json.encode(intent), type=Intent)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("side", "buy", TypeError),
        ("stop_price", 49_000.0, TypeError),
        ("stop_price", None, TypeError),
        ("trigger_price", 50_000.0, TypeError),
        ("trigger_by", "last", TypeError),
        ("time_in_force", "gtc", TypeError),
        ("target_is_limit", 1, TypeError),
        ("trail", D(50), TypeError),
        ("client_id", None, TypeError),
        ("client_id", "x" * 37, ValueError),
        ("oco", "x" * 37, ValueError),
        ("good_for_s", 0, ValueError),
        ("good_for_s", float("nan"), ValueError),
        ("good_for_s", True, TypeError),
        ("good_for_s", None, ValueError),
        ("hold_s", -1, ValueError),
        ("hold_s", float("inf"), ValueError),
        ("hold_s", "60", TypeError),
        ("time_in_force", TimeInForce.GTC, ValueError),
        ("target_price", None, ValueError),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(
    field: str, value: object, error: type[Exception]
) -> None:
    """Every field is of its kind and in its bounds, and fields agree with each other."""
    fields: dict[str, Any] = {name: getattr(FULL, name) for name in FULL.__struct_fields__}

    with pytest.raises(error, match="expected"):
        Enter(**{**fields, field: value})


def test_post_only_needs_a_limit() -> None:
    """Only what rests in the book can be only a maker."""
    with pytest.raises(ValueError, match="limit_price"):
        Enter(side=Side.BUY, stop_price=D(49_000), time_in_force=TimeInForce.POST_ONLY)


@pytest.mark.parametrize(
    ("kind", "fields", "error"),
    [
        (CancelEntry, {"client_id": ""}, ValueError),
        (CancelEntry, {"client_id": 7}, TypeError),
        (AmendEntry, {"client_id": "a"}, ValueError),
        (AmendEntry, {"client_id": "", "quantity": D(1)}, ValueError),
        (AmendEntry, {"client_id": "a", "limit_price": 1.0}, TypeError),
        (AmendEntry, {"client_id": "x" * 37, "quantity": D(1)}, ValueError),
        (MoveProtection, {}, ValueError),
        (MoveProtection, {"stop_price": 1.0}, TypeError),
    ],
)
def test_what_changes_nothing_or_names_nothing_is_refused(
    kind: type, fields: dict[str, Any], error: type[Exception]
) -> None:
    """A change names its order and what to change."""
    with pytest.raises(error, match="expected"):
        kind(**fields)
