"""Whether round trips prove anything: silence below thirty, bounds from there on."""

from pathlib import Path

from reports.fold import fold_session
from reports.inference.bootstrap import SAMPLE_LEAST
from reports.significance import Significance, weigh
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.orders import OrderRole, Side


def weighed(path: Path, count: int, gain: int) -> Significance:
    """Weigh longs of 0.1 that leave around this far above their entry."""
    teller = Teller(path)
    teller.start()
    for number in range(count):
        price = f"{86_500 + gain + 30 * (number % 5 - 2)}.0"
        teller.enter(10 * number + 1, Side.BUY, "86500.0", "0.1", stop="86400.0")
        teller.leave(10 * number + 6, price, OrderRole.EXIT, "exit")
    teller.end(600)
    with JournalReader(teller.close()) as reader:
        return weigh(fold_session(reader))


def test_few_round_trips_prove_nothing(tmp_path: Path) -> None:
    """One below the least, nothing is said: no interval, no ratio, no probability."""
    found = weighed(tmp_path / "journal.db", SAMPLE_LEAST - 1, 500)

    assert SAMPLE_LEAST - 1 == found.n
    assert {None} == {
        found.expectancy,
        found.in_r,
        found.profit_factor,
        found.sharpe,
        found.skill,
        found.needed,
    }


def test_a_steady_gain_is_told_from_luck(tmp_path: Path) -> None:
    """Fees of 10.4 are inside: +20 before them is bounded above zero, in money and in R."""
    found = weighed(tmp_path / "journal.db", 50, 200)

    assert found.expectancy is not None
    assert found.in_r is not None
    assert 0.0 < found.expectancy.low < 9.6 < found.expectancy.high
    assert 0.0 < found.in_r.low < 0.96 < found.in_r.high
    assert found.expectancy.chance < 0.01
    assert (True, True) == ((found.skill or 0.0) > 0.99, (found.needed or 0) < 50)


def test_a_steady_loss_needs_no_more_of_them(tmp_path: Path) -> None:
    """A mean below zero is never shown to be skill by waiting."""
    found = weighed(tmp_path / "journal.db", 40, 60)

    assert found.expectancy is not None
    assert found.expectancy.high < 0.0
    assert found.expectancy.chance > 0.99
    assert found.needed is None


def test_the_same_session_gives_the_same_bounds(tmp_path: Path) -> None:
    """Chance is drawn from the session's own name: no seed to choose, and none to choose well."""
    assert weighed(tmp_path / "a.db", 31, 200) == weighed(tmp_path / "b.db", 31, 200)
