"""The tables: every digit of every fill, and pandas reads what was written."""

from array import array
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pandas as pd

from reports.excursions import Excursions
from reports.fold import fold_session
from reports.frames import equity_table, fills_table, parquet, trades_table
from reports.session import write_session_report
from reports.story import SessionStory
from tests.support import told_scenarios
from tests.support.told_session import Teller
from trading.journal.store import JournalReader


def story_of(path: Path) -> SessionStory:
    """Fold a journal."""
    with JournalReader(path) as reader:
        return fold_session(reader)


def test_fills_keep_every_digit(tmp_path: Path) -> None:
    """Prices, quantities and fees are the journal's own decimals, times its nanoseconds."""
    story = story_of(told_scenarios.funded(tmp_path / "journal.db"))
    rows = fills_table(story).to_pylist()

    assert [(fill.price, fill.quantity, fill.fee) for fill in story.fills] == [
        (row["price"], row["quantity"], row["fee"]) for row in rows
    ]
    assert Teller.ns(60.3) == fills_table(story).column("filled").cast("int64").to_pylist()[0]
    assert {story.session_id} == {row["session_id"] for row in rows}


def test_equity_is_every_sample(tmp_path: Path) -> None:
    """As many rows as samples, the last one the end's."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))
    table = equity_table(story)

    assert len(story.equity.times) == table.num_rows
    assert list(story.equity.values) == table.column("equity").to_pylist()


def test_trades_carry_their_excursions(tmp_path: Path) -> None:
    """Where there are prices; else the columns are null."""
    story = story_of(told_scenarios.one_trade(tmp_path / "journal.db"))
    (bare,) = trades_table(story, None).to_pylist()
    (went,) = trades_table(story, Excursions(array("d", [-1.5]), array("d", [2.5]))).to_pylist()

    assert (None, None) == (bare["adverse_bps"], bare["favourable_bps"])
    assert (-1.5, 2.5) == (went["adverse_bps"], went["favourable_bps"])
    assert (Decimal("-0.386"), 10.0) == (went["net"], went["risk"])


def test_nothing_traded_is_an_empty_table(tmp_path: Path) -> None:
    """The columns are there all the same."""
    story = story_of(told_scenarios.no_trades(tmp_path / "journal.db"))

    assert (0, 0) == (fills_table(story).num_rows, trades_table(story, None).num_rows)
    assert "price" in pd.read_parquet(BytesIO(parquet(fills_table(story)))).columns


def test_pandas_reads_the_files(tmp_path: Path) -> None:
    """Fills and equity beside the report are data frames with zones."""
    journal = told_scenarios.one_trade(tmp_path / "journal.db")
    write_session_report(journal, tmp_path, "")
    fills = pd.read_parquet(tmp_path / "fills.parquet")
    equity = pd.read_parquet(tmp_path / "equity.parquet")

    assert ["buy", "sell"] == list(fills["side"])
    assert Decimal("10.386") == fills["fee"].sum()
    assert "UTC" == str(equity["sampled"].dt.tz)
