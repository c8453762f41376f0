"""An instrument's lattice, and the instruments that cannot be right."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.instruments import BTCUSDT, ETHUSDT
from trading.errors import ConfigError
from trading.model.instrument import Instrument


def test_prices_on_the_lattice_are_prices() -> None:
    """A price is positive, finite and a whole number of ticks."""
    texts = ("0.1", "86511.1", "86511.10", "0", "-0.1", "86511.15", "NaN", "Infinity", "-Infinity")

    assert [True, True, True] + 6 * [False] == [BTCUSDT.has_price(Decimal(t)) for t in texts]


def test_quantities_on_the_lattice_are_quantities() -> None:
    """A quantity is positive, finite and a whole number of lot steps, whatever the step."""
    texts = ("0.003", "0.006", "3", "0.001", "0.004", "0", "-0.003", "NaN", "Infinity")

    assert [True, True, True] + 6 * [False] == [ETHUSDT.has_quantity(Decimal(t)) for t in texts]


def broken(field: str, value: str) -> Instrument:
    """Return BTCUSDT with one number exchanged."""
    return replace(BTCUSDT, **{field: Decimal(value)})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["tick_size", "quantity_step", "quantity_min"])
@pytest.mark.parametrize("value", ["0", "-0.1", "NaN", "Infinity"])
def test_an_impossible_lattice_is_refused(field: str, value: str) -> None:
    """A lattice that is zero, negative or not finite is refused by name."""
    with pytest.raises(ConfigError, match=rf"instrument BTCUSDT\.{field}: expected a finite"):
        broken(field, value)
