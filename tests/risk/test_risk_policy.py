"""A policy may lower risk for a while, and its silence permits nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from trading.model.events import PolicyReceived
from trading.risk.policy import PolicyGate

D = Decimal


def said(**changes: object) -> PolicyReceived:
    """Return a policy that permits everything until 100."""
    words = {
        "received_ns": 1,
        "allow": True,
        "size_multiplier": 1.0,
        "reduce_only": False,
        "reason": "all quiet",
        "who": "adviser",
        "expires_ns": 100,
    }
    return PolicyReceived(**(words | changes))  # type: ignore[arg-type]


def test_without_an_adviser_nothing_is_held_back() -> None:
    """Unless one is required."""
    assert () == PolicyGate(is_required=False).blocks(5)
    assert ("policy: required, and none was heard",) == PolicyGate(is_required=True).blocks(5)


@pytest.mark.parametrize("is_required", [False, True])
def test_an_expired_word_permits_nothing(*, is_required: bool) -> None:
    """Whether or not one is required: who spoke once is expected to go on."""
    gate = PolicyGate(is_required=is_required)
    gate.take(said())

    assert () == gate.blocks(99)
    assert ("policy: of adviser, expired 0 s ago",) == gate.blocks(100)
    gate.take(said(expires_ns=300))
    assert () == gate.blocks(100)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"allow": False}, "policy: denied by adviser: all quiet"),
        ({"reduce_only": True}, "policy: reduce only, by adviser: all quiet"),
        ({"size_multiplier": 0.0}, "policy: no size at all, by adviser: all quiet"),
    ],
)
def test_a_word_against_entries_says_who_and_why(words: dict[str, object], told: str) -> None:
    """The refusal a strategy gets names the adviser."""
    gate = PolicyGate(is_required=False)
    gate.take(said(**words))

    assert (told,) == gate.blocks(5)


def test_a_size_is_multiplied_exactly() -> None:
    """0.1 is a tenth, not its binary neighbour."""
    gate = PolicyGate(is_required=False)
    assert D(1) == gate.size_multiplier
    gate.take(said(size_multiplier=0.1))

    assert D("0.1") == gate.size_multiplier
