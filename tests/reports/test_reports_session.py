"""The files of a report: what is written, for whom, and that writing again changes nothing."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from reports.formats import markdown_text
from reports.refusal import SCHEMA_VERSION
from reports.session import TRADE_COLUMNS, write_refusal_report, write_session_report
from tests.support import told_scenarios
from tests.support.page_reading import Page
from tests.support.recorded_session import record_hedged
from tests.support.told_refusal import REFUSAL
from tests.support.told_scenarios import HOSTILE
from trading.errors import JournalError

MINUS = "\N{MINUS SIGN}"


def test_a_report_is_some_files_and_the_same_each_time(tmp_path: Path) -> None:
    """Page, summary and tables; written again, the same bytes; nothing else is left behind."""
    journal = told_scenarios.one_trade(tmp_path / "journal.db")
    folder = tmp_path / "report"
    write_session_report(journal, folder, "identical: 12 records")
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_session_report(journal, folder, "identical: 12 records")

    assert {
        "equity.parquet",
        "fills.parquet",
        "report.html",
        "summary.json",
        "trades.csv",
    } == set(first)
    assert first == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_summary_keeps_every_digit(tmp_path: Path) -> None:
    """Amounts are decimal strings, counts integers, the wallet the sum of its parts."""
    journal = told_scenarios.funded(tmp_path / "journal.db")
    summary = write_session_report(journal, tmp_path, "identical: 12 records, digest ab").summary
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    assert (SCHEMA_VERSION, "session") == (told["schema_version"], told["kind"])
    assert {"realised_pnl": "10.00000000", "fee": "-10.38600000", "funding": "-0.86500000"} == {
        name: f"{Decimal(amount):.8f}" for name, amount in told["moved"].items()
    }
    assert Decimal(told["wallet_end"]) == Decimal(told["wallet_start"]) + sum(
        Decimal(amount) for amount in told["moved"].values()
    )
    assert Decimal("-1.251") == Decimal(told["result_net"]) == summary.result_net
    assert "-0.012510" == told["return_pct"]
    assert ("degraded", "deadline", True) == (told["outcome"], told["reason"], told["is_ended"])
    assert ("2026-11-21T04:00:00.000Z", "600.000000000") == (
        told["opened_utc"],
        told["duration_s"],
    )
    assert (2, 1, "0.793451") == tuple(
        told["trades"][name] for name in ("fills", "round_trips", "win_rate_high")
    )
    assert (True, [], "99.833333") == (told["adds_up"], told["broken"], told["data"]["fresh_pct"])
    assert told["verdict"].startswith("PAPER. ")


def test_what_is_unknown_is_null(tmp_path: Path) -> None:
    """A crash with an unpriced position has no result, and no rates over no trades."""
    journal = told_scenarios.crash_unmarked(tmp_path / "journal.db")
    write_session_report(journal, tmp_path, "")
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    assert ("crashed", False) == (told["outcome"], told["is_ended"])
    assert (None, None, None) == (told["result_net"], told["equity_end"], told["return_pct"])
    assert (None, None) == (told["trades"]["win_rate"], told["trades"]["profit_factor"])
    assert {"BTCUSDT": "-0.1"} == told["open_positions"]


def test_the_trades_file_has_every_round_trip(tmp_path: Path) -> None:
    """One row a round trip, with all digits, that adds up by itself."""
    journal = told_scenarios.funded(tmp_path / "journal.db")
    write_session_report(journal, tmp_path, "")
    with (tmp_path / "trades.csv").open(encoding="utf-8", newline="") as file:
        heading, row = csv.reader(file)
    trip = dict(zip(heading, row, strict=True))

    assert list(TRADE_COLUMNS) == heading
    assert ("buy", "86500.0", "86600.0") == (trip["side"], trip["entry_price"], trip["exit_price"])
    assert "2026-11-21T04:01:00.300Z" == trip["opened_utc"]
    parts = Decimal(trip["gross"]) - Decimal(trip["fees"]) + Decimal(trip["funding"])
    assert Decimal("-1.251") == Decimal(trip["net"]) == parts


def test_a_formula_in_a_reason_is_no_formula(tmp_path: Path) -> None:
    """A spreadsheet must not run what a strategy wrote."""
    journal = told_scenarios.hostile(tmp_path / "journal.db")
    write_session_report(journal, tmp_path, "")
    with (tmp_path / "trades.csv").open(encoding="utf-8", newline="") as file:
        (trip,) = csv.DictReader(file)

    assert ("'=cmd|' /C calc'!A0", HOSTILE) == (trip["reason_in"], trip["reason_out"])


def test_the_artifact_tells_the_key_facts(tmp_path: Path) -> None:
    """The Markdown is the verdict, what to look at, and a table."""
    journal = told_scenarios.killed(tmp_path / "journal.db")
    told = write_session_report(journal, tmp_path, "identical: 12 records").summary.markdown()

    assert told.startswith("## PAPER: sma\\_cross on BTCUSDT\n\nPAPER. ")
    for line in (
        "- It was killed.",
        "| Outcome | killed: killed |",
        f"| Net result | {MINUS}12.38 USDT ({MINUS}0.12%) |",
        "| Round trips | 1 (2 fills), too few to say |",
        "| Wallet | 10,000.00 to 9,987.62 |",
        "| Adds up | to the last digit |",
        "| Replay | identical: 12 records |",
    ):
        assert line in told.splitlines()


def test_the_artifact_says_when_it_does_not_add_up(tmp_path: Path) -> None:
    """The broken sum is the first thing to look at."""
    journal = told_scenarios.broken(tmp_path / "journal.db")
    told = write_session_report(journal, tmp_path, "").summary.markdown()

    assert "PAPER. The money does not add up: do not trust this result." in told
    assert "| Adds up | NO |" in told
    assert "expected 10,004.01, was 10,004.00" in told


def test_hostile_text_stays_in_its_cell(tmp_path: Path) -> None:
    """Markup, table bars, links and line ends in a name make no Markdown of their own."""
    journal = told_scenarios.hostile(tmp_path / "journal.db")
    told = write_session_report(journal, tmp_path, "a | b\n| c | [d](http://e)").summary.markdown()

    assert "<" not in told
    assert "| Replay | a \\| b \\| c \\| \\[d\\](http://e) |" in told.splitlines()
    assert "\\`rm\\` \\# x &amp;amp; &gt;" == markdown_text("`rm` #\n x &amp; >")


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    """There is no report of what cannot be read, and no file of one."""
    with pytest.raises(JournalError, match="does not exist"):
        write_session_report(tmp_path / "journal.db", tmp_path / "report", "")

    assert not (tmp_path / "report").exists()


def test_a_refused_session_has_a_report_of_its_own(tmp_path: Path) -> None:
    """The reason and the remedy, as a page, as JSON and as Markdown; nothing is executed."""
    write_refusal_report(tmp_path, REFUSAL)
    read = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    assert "Refused by clock: this clock is 3.2 s ahead." in read.text
    assert "What to do: set the clock" in read.text
    assert set() == read.tags() & {"script", "img"}
    assert ("refusal", "refused", True) == (told["kind"], told["outcome"], told["is_retryable"])
    assert REFUSAL.remedy == told["remedy"]
    assert "**What to do:** set the clock" in REFUSAL.markdown()
    assert "<" not in REFUSAL.markdown()


def test_in_hedge_mode_the_tables_name_the_position(tmp_path: Path) -> None:
    """The round trips' file, the fills' file, and the orders on the page."""
    journal = record_hedged(tmp_path / "journal.db")
    write_session_report(journal, tmp_path, "identical: 12 records")
    with (tmp_path / "trades.csv").open(encoding="utf-8", newline="") as file:
        trips = list(csv.DictReader(file))
    fills = pd.read_parquet(tmp_path / "fills.parquet")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert {("buy", "long"), ("sell", "short")} == {
        (trip["side"], trip["position_side"]) for trip in trips
    }
    assert {"long", "short"} == set(fills["position_side"])
    assert {"sell, long", "buy, short"} <= set(re.findall(r"(?:buy|sell), (?:long|short)", page))
