"""Realism: the score, markouts and shortfall, by numbers that fit on a hand."""

import sqlite3
from array import array
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from reports.fold import fold_session
from reports.realism import MARKOUTS_FEW, Markout, Realism, examine
from reports.story import SessionStory
from reports.tape.read import Quotes, Tape, read_tape
from reports.tape.witness import Grade
from tests.support import told_scenarios
from tests.support.recorded_session import record
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.events import OrderCanceled
from trading.model.numbers import ZERO
from trading.model.orders import (
    Liquidity,
    OrderRequest,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
)

SYMBOL = "BTCUSDT"


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def tape_of(grades: dict[int, Grade], *middles: tuple[float, float]) -> Tape:
    """Return a tape of graded fills and of middles at seconds since the opening."""
    times = [Teller.ns(second) for second, _ in middles]
    quotes = Quotes(
        array("q", times), array("q", times), array("d", (price for _, price in middles))
    )
    return Tape(quotes={SYMBOL: quotes}, grades=grades, pruned=0)


@pytest.fixture
def one_trade(tmp_path: Path) -> SessionStory:
    """A long of 0.1 from 86,500.0 at 60.3 s into its target at 86,600.0 at 120.3 s."""
    return story_of(told_scenarios.one_trade(tmp_path / "journal.db"))


@pytest.mark.parametrize(
    ("grades", "score"),
    [
        ((Grade.SEEN, Grade.SEEN), "100"),
        ((Grade.IN_BAR, Grade.IN_BAR), "50"),
        ((Grade.SEEN, Grade.UNSEEN), "49.971"),  # by notional: 86,500 of 173,100
        ((Grade.SEEN, Grade.IN_BAR), "74.986"),
        ((Grade.SEEN, Grade.BETTER), "0"),
        ((Grade.MORE, Grade.SEEN), "0"),
    ],
)
def test_the_score_is_what_the_tape_bears_out(
    one_trade: SessionStory, grades: tuple[Grade, Grade], score: str
) -> None:
    """In percent of the notional; one impossible fill makes it nothing."""
    found = examine(one_trade, tape_of(dict(enumerate(grades, start=1))))

    assert found.score is not None
    assert Decimal(score) == round(found.score, len(score.partition(".")[2]))
    assert sum(grade.is_impossible for grade in grades) == len(found.impossible)


def test_an_impossible_fill_is_named(one_trade: SessionStory) -> None:
    """Number, side, quantity and price, and what is wrong with it."""
    found = examine(one_trade, tape_of({1: Grade.BETTER, 2: Grade.SEEN}))

    assert ("fill 1: buy 0.1 at 86500.0 (better)",) == found.impossible


def test_no_fill_has_no_score(tmp_path: Path) -> None:
    """A session that did not trade is neither real nor unreal."""
    found = examine(story_of(told_scenarios.no_trades(tmp_path / "journal.db")), tape_of({}))

    assert (None, (), None) == (found.score, found.markouts, found.shortfall)


def test_markouts_look_ahead_by_the_clock(one_trade: SessionStory) -> None:
    """After 1 s the middle is 8.65 above the buy; what lies after the tape's end is not counted."""
    found = examine(one_trade, tape_of({}, (60.0, 86_499.9), (61.0, 86_508.65), (120.4, 86_600.0)))
    told = {(each.liquidity, each.horizon_s): each for each in found.markouts}

    assert 1 == told[Liquidity.TAKER, 1.0].n
    assert 1.0 == round(told[Liquidity.TAKER, 1.0].mean_bps, 9)
    assert told[Liquidity.TAKER, 1.0].error_bps is None
    # the buy was 0.1 above the middle, and the sale at 120.3 s exactly on the one after it
    assert (2, round(-0.1 / 86_500 * 1e4 / 2, 9)) == (
        told[Liquidity.TAKER, 0.1].n,
        round(told[Liquidity.TAKER, 0.1].mean_bps, 9),
    )
    assert not [each for each in found.markouts if each.liquidity is Liquidity.MAKER]


@pytest.mark.parametrize(
    ("liquidity", "horizon_s", "n", "mean", "flatters"),
    [
        (Liquidity.MAKER, 1.0, MARKOUTS_FEW, 0.5, True),
        (Liquidity.MAKER, 1.0, MARKOUTS_FEW, 0.1, False),
        (Liquidity.MAKER, 1.0, MARKOUTS_FEW - 1, 0.5, False),
        (Liquidity.MAKER, 30.0, MARKOUTS_FEW, 0.5, False),
        (Liquidity.TAKER, 0.1, MARKOUTS_FEW, 0.5, True),
        (Liquidity.TAKER, 1.0, MARKOUTS_FEW, 0.5, False),
        (Liquidity.TAKER, 0.1, MARKOUTS_FEW, -0.5, False),
    ],
)
def test_too_good_a_markout_is_called_so(
    liquidity: Liquidity, horizon_s: float, n: int, mean: float, *, flatters: bool
) -> None:
    """Makers after a second, takers after a tenth; beyond two errors, over thirty fills."""
    told = Markout(liquidity=liquidity, horizon_s=horizon_s, n=n, mean_bps=mean, error_bps=0.1)

    assert flatters is told.flatters


def test_a_single_markout_proves_nothing() -> None:
    """Without an error there is no verdict."""
    told = Markout(liquidity=Liquidity.MAKER, horizon_s=1.0, n=1, mean_bps=9.0, error_bps=None)

    assert not told.flatters


def test_shortfall_is_split_at_the_arrival(one_trade: SessionStory) -> None:
    """Decided at 86,499.9, arrived at 86,501.9, paid 86,500.0: delay cost, execution gave."""
    entry, *others = one_trade.orders
    object.__setattr__(entry, "arrival_mid", 86_501.9)
    found = examine(one_trade, tape_of({})).shortfall

    assert found is not None
    assert not [order for order in others if order.parent_id == 0]
    assert (1, Decimal("8649.99")) == (found.orders, found.decided)
    assert (Decimal("0.2"), Decimal("-0.19"), ZERO) == (
        found.delay,
        found.execution,
        found.opportunity,
    )
    assert Decimal("0.0116") == round(found.total_bps, 4)


def test_what_was_never_filled_is_an_opportunity(tmp_path: Path) -> None:
    """A buy of 0.1 that came back unfilled missed what the market rose until then: 100."""
    teller = Teller(tmp_path / "journal.db")
    teller.start()
    request = OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.1"),
        role=OrderRole.ENTRY,
        price=Decimal(85_990),
    )
    order_id = teller.send(10, request, 86_000.0)
    unfilled = request.quantity
    gone = OrderCanceled(
        at_ns=teller.ns(20), order_id=order_id, reason="too late", unfilled=unfilled
    )
    teller.say(gone)
    teller.end(600)
    tape = tape_of({}, (0.0, 86_000.0), (19.0, 86_100.0), (21.0, 1.0))
    found = examine(story_of(teller.close()), tape).shortfall

    assert found is not None
    assert (1, Decimal("10.00")) == (found.orders, found.opportunity)
    assert (ZERO, ZERO) == (found.delay, found.execution)


def test_what_the_venue_refused_missed_nothing(tmp_path: Path) -> None:
    """A rejected order never was: it has no shortfall."""
    story = story_of(told_scenarios.rejected(tmp_path / "journal.db"))
    rejected = [each for each in story.orders if each.status is OrderStatus.REJECTED]
    found = examine(story, tape_of({}, (0.0, 86_000.0))).shortfall

    assert rejected
    assert found is None or found.orders == len(story.orders) - len(rejected)


def examined(path: Path) -> Realism:
    """Examine a journal by its own tape."""
    with JournalReader(path) as reader:
        return examine(fold_session(reader), read_tape(reader))


def test_a_session_on_frames_scores_in_full(tmp_path: Path) -> None:
    """Fills over the real codec are all borne out; takers begin at minus the half spread."""
    found = examined(record(tmp_path / "journal.db"))
    soon = next(each for each in found.markouts if each.horizon_s == 0.1)

    assert Decimal(100) == found.score
    assert soon.mean_bps < 0.0
    assert not found.flattering


def test_a_journal_told_by_hand_has_no_tape(tmp_path: Path) -> None:
    """Fills without any recorded input are borne out by nothing."""
    found = examined(told_scenarios.one_trade(tmp_path / "journal.db"))

    assert (Decimal(0), {Grade.UNSEEN: 2}, ()) == (found.score, found.grades, found.impossible)


def test_a_tick_too_good_is_found_out(tmp_path: Path) -> None:
    """Change one price in a journal's outputs to a tick better: the score is nothing."""
    path = record(tmp_path / "journal.db")
    with JournalReader(path) as reader:
        first = fold_session(reader).fills[0]
    written = f'"price":"{first.price}"'
    better = f'"price":"{first.price - first.side.sign * Decimal("0.1")}"'
    with closing(sqlite3.connect(path)) as connection, connection:
        query = "SELECT sequence, outputs FROM record WHERE instr(outputs, ?) ORDER BY sequence"
        sequence, outputs = next(connection.execute(query, (b'"OrderFilled"',)))
        changed = outputs.replace(written.encode(), better.encode(), 1)
        connection.execute("UPDATE record SET outputs = ? WHERE sequence = ?", (changed, sequence))

    assert (Decimal(0), 1) == (examined(path).score, len(examined(path).impossible))
