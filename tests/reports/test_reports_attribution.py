"""Attribution: every part is the one a pencil gives, and the parts are the result, exactly."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from reports.attribution import Attribution, attribute
from reports.fold import fold_session
from reports.story import SessionStory
from tests.support import told_scenarios
from tests.support.good_session import good_session
from tests.support.recorded_session import record
from trading.account.position import Position
from trading.journal.store import JournalReader
from trading.model.events import OrderFilled
from trading.model.numbers import MONEY_QUANTUM, ZERO
from trading.model.orders import Liquidity, OrderRole, Side


def told(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def taken_apart(path: Path) -> Attribution:
    """Fold a journal and take its result apart."""
    found = attribute(told(path))
    assert found is not None
    return found


WRITERS: list[Callable[[Path], Path]] = [
    told_scenarios.one_trade,
    told_scenarios.no_trades,
    told_scenarios.crash,
    told_scenarios.resumed,
    told_scenarios.killed,
    told_scenarios.funded,
    told_scenarios.carried,
    told_scenarios.rejected,
    good_session,
    record,
]


@pytest.mark.parametrize("write", WRITERS)
def test_start_and_every_part_make_the_end(write: Callable[[Path], Path], tmp_path: Path) -> None:
    """To the last digit; and what is left over is no more than the ledger's own rounding."""
    story = told(write(tmp_path / "journal.db"))
    found = attribute(story)

    assert found is not None
    assert found.end == found.start + sum((part.amount for part in found.parts), ZERO)
    assert found.end - found.start == story.result_net
    assert found.adds_up
    assert abs(found.amount("rounding")) <= MONEY_QUANTUM * len(story.ledger)


def test_a_trade_is_taken_apart_by_hand(tmp_path: Path) -> None:
    """A long of 0.1 from 86,500 into its target at 86,600, each 0.1 beside the middle."""
    found = taken_apart(told_scenarios.one_trade(tmp_path / "journal.db"))

    # 0.1 * (86600.1 - 86499.9) = 10.02; twice 0.1 * 0.1; fees 5.19 and 5.196
    assert Decimal("10.02") == found.amount("gross")
    assert Decimal("-0.02") == found.amount("spread")
    assert (ZERO, ZERO) == (found.amount("delay"), found.amount("impact"))
    assert (ZERO, Decimal("-10.386")) == (found.amount("maker fees"), found.amount("taker fees"))
    assert (ZERO, 0) == (found.amount("rounding"), found.unpriced)


def test_funding_is_a_part_of_its_own(tmp_path: Path) -> None:
    """What a settlement took stands beside fees and price."""
    found = taken_apart(told_scenarios.funded(tmp_path / "journal.db"))

    assert Decimal("-0.865") == found.amount("funding")


def test_a_result_nobody_knows_is_not_taken_apart(tmp_path: Path) -> None:
    """An open position without a price has no result, so there are no parts of it."""
    assert attribute(told(told_scenarios.crash_unmarked(tmp_path / "journal.db"))) is None


def with_fills(story: SessionStory, *fills: OrderFilled) -> Attribution:
    """Take a story apart as if these had been its fills; what does not fit is rounding."""
    object.__setattr__(story, "fills", fills)
    found = attribute(story)
    assert found is not None
    return found


def fill(story: SessionStory, price: str, **changes: object) -> OrderFilled:
    """Return the story's first fill at another price."""
    return structs.replace(story.fills[0], price=Decimal(price), **changes)


def test_deeper_levels_are_impact(tmp_path: Path) -> None:
    """The first level of a meeting is spread, what lies beyond it impact; another meeting anew."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = with_fills(
        story,
        fill(story, "86500.0"),
        fill(story, "86500.5"),
        fill(story, "86501.0", at_ns=story.fills[0].at_ns + 1),
    )

    # quantities 0.1, middle 86499.9
    assert Decimal("-0.13") == found.amount("spread")
    assert Decimal("-0.05") == found.amount("impact")


def test_what_moves_before_the_fill_is_delay(tmp_path: Path) -> None:
    """The middle at the decision was 86,499.9; at the fill it is 3 higher, which a buyer paid."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = with_fills(story, fill(story, "86503.0", mid=86502.9))

    assert Decimal("-0.3") == found.amount("delay")


def test_a_resting_order_earns_the_spread(tmp_path: Path) -> None:
    """A maker's fill is on the better side of the middle; its fee stands apart."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = with_fills(story, fill(story, "86499.8", liquidity=Liquidity.MAKER))

    assert Decimal("0.01") == found.amount("spread")
    assert Decimal("-5.19") == found.amount("maker fees")


def test_a_stop_is_judged_by_the_book_that_filled_it(tmp_path: Path) -> None:
    """Its order was decided long before: nothing of what moved since is delay."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))
    (target,) = (each for each in story.fills if each.role is OrderRole.TARGET)

    assert 0 == with_fills(story, target).amount("delay")


def test_without_a_book_the_price_is_its_own_reference(tmp_path: Path) -> None:
    """Costs of such a fill are inside gross, and it is counted."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))
    found = with_fills(story, fill(story, "86503.0", mid=None))

    assert 1 == found.unpriced
    assert {ZERO} == {found.amount(name) for name in ("delay", "spread", "impact")}


def test_money_that_came_from_nowhere_is_shown(tmp_path: Path) -> None:
    """A fill the ledger knows nothing of is more than rounding."""
    story = told(told_scenarios.one_trade(tmp_path / "journal.db"))

    assert not with_fills(story, fill(story, "86500.0")).adds_up


def test_a_carried_position_counts_from_its_first_mark(tmp_path: Path) -> None:
    """A short taken over and still held: the result is what the mark moved since."""
    story = told(told_scenarios.carried_in(tmp_path / "journal.db"))
    found = attribute(story)

    assert found is not None
    assert Side.SELL is Position(symbol="", quantity=story.open_positions["BTCUSDT"]).side
    assert (Decimal("4.0"), Decimal("4.0")) == (found.amount("gross"), story.result_net)
    assert found.adds_up


def test_a_marked_position_counts_from_the_session_before(tmp_path: Path) -> None:
    """What a silence between two sessions did is this one's: nobody else would ever count it."""
    story = told(told_scenarios.carried_in_marked(tmp_path / "journal.db"))
    found = attribute(story)

    assert found is not None
    # a short of 0.2, from 86,570 to 86,560; not from its own first mark, 86,580
    assert (Decimal("10006.0"), Decimal("10008.0")) == (found.start, found.end)
    assert (Decimal("2.0"), Decimal("2.0")) == (found.amount("gross"), story.result_net)
    assert found.adds_up
