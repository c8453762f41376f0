"""Every example in a docstring of ``trading`` is true."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import trading

NAMES = sorted(
    module.name
    for module in pkgutil.walk_packages(trading.__path__, "trading.")
    if not module.name.endswith("__main__")
)


def examples(module: ModuleType) -> list[doctest.DocTest]:
    """Return the docstrings of a module that hold examples."""
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    """What a docstring shows is what happens."""
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    for test in examples(importlib.import_module(name)):
        runner.run(test, out=said.append)

    assert (0, "") == (runner.failures, "".join(said))


def test_there_are_examples() -> None:
    """The formulas that money depends on show a worked example each."""
    shown = {test.name for name in NAMES for test in examples(importlib.import_module(name))}

    assert {
        "trading.account.funding.funding_payment",
        "trading.account.position.Position.reduce",
        "trading.account.position.Position.unrealised",
        "trading.model.numbers.exact",
        "trading.model.numbers.floor_to_step",
        "trading.model.numbers.money",
        "trading.risk.sizing.size_at_risk",
    } <= shown
