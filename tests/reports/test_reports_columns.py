"""Typed columns: the script tells every value as Python does; packed ones keep every digit."""

import base64
import json
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from reports.columns import ROWS_FIRST, ROWS_WHOLE, Column, Filled, Kind, Value, tabled
from reports.formats import Stamps
from reports.page import environment
from reports.script import script
from tests.support.browser import running_browser
from tests.support.told_opening import OPENED_NS
from trading.model.numbers import NS_PER_MS

PAGE = """{% from "macros.html.j2" import rows with context %}<!doctype html>
<meta charset="utf-8"><section id="odd">{{ rows(table) }}</section>
<script>{{ script.text|safe }}</script>"""
AMOUNTS = [
    *("0", "0E-8", "-0.00000000", "1E+3", "12E+5", "0.125", "0.135", "-0.125", "0.005", "-0.005"),
    *("0.0050000001", "0.0000123", "-1.25E-7", "999.995", "1234567.885", "-86511.1", "0.995"),
]
SPANS_NS = [
    *(0, 1, 49_999_999, 250_000_000, 350_000_000, 750_000_000, 1_250_000_000, 9_949_999_999),
    *(9_950_000_000, 10_000_000_000, 10_500_000_000, 11_500_000_000, 59_500_000_000),
    *(3_599_500_000_000, 3_600_000_000_000, 90_000_000_000_000),
]


def odd_columns() -> list[Filled]:
    """Return every kind of column filled with values that are easily told wrong."""
    count = len(AMOUNTS)
    amounts: list[Value] = [Decimal(each) for each in AMOUNTS]
    spans: list[Value] = [*SPANS_NS, None]
    times: list[Value] = [OPENED_NS + 77_777 * span for span in range(count)]
    words: list[Value] = ["</script><b>x", "", "&amp;", *[f"word {n}" for n in range(count - 3)]]
    number = Column("n", is_number=True)
    signed = Column("s", is_number=True, is_signed=True)
    return [
        Filled(Column("words"), Kind.TEXT, words),
        Filled(number, Kind.TIME, times),
        Filled(number, Kind.SPAN, spans),
        *(Filled(number, Kind.AMOUNT, amounts, places) for places in (0, 1, 2, 5)),
        Filled(signed, Kind.SIGNED, amounts, 2),
        Filled(number, Kind.DIGITS, amounts),
    ]


def test_the_script_tells_every_value_as_python_does(tmp_path: Path) -> None:
    """Halves, zeros, exponents, tiny amounts and spans read the same from either side."""
    for has_days in (False, True):
        table = tabled("odd", "Odd", odd_columns(), Stamps(has_days=has_days))
        page = tmp_path / "page.html"
        text = environment().from_string(PAGE).render(table=table, script=script())
        page.write_text(text, encoding="utf-8")
        with running_browser() as browser, browser.open(page) as opened:
            opened.until("document.querySelector('#odd-table').dataset.alive")
            opened.run("document.querySelector('#odd-table').tBodies[0].replaceChildren()")
            for _ in range(2):  # sorted by words, then by the numbers of rows: each row once
                opened.run("document.querySelector('#odd-table th button').click()")
            told = opened.run(
                "[...document.querySelector('#odd-table').tBodies[0].rows]"
                ".map((row) => [...row.cells].map((cell) => cell.textContent))"
            )
            assert isinstance(told, list)
            assert sorted(map(list, table.rows)) == sorted(told)
            assert [] == opened.complaints


def test_packed_values_keep_every_digit() -> None:
    """Amounts are numbers where a float says all of them, else text; times go by their steps."""
    words, times, spans, *amounts, digits = packed(odd_columns())

    assert [*SPANS_NS, None] == spans["values"]
    assert [OPENED_NS // NS_PER_MS] == times["values"][:1]
    assert words["words"][words["values"][1]] == ""
    assert ("amount", 5) == (amounts[3]["kind"], amounts[3]["places"])
    for told in amounts:
        assert [Decimal(each) for each in AMOUNTS] == [Decimal(str(n)) for n in told["values"]]
    assert [str(Decimal(each)) for each in AMOUNTS] == digits["values"]


@given(st.lists(st.decimals(-(10**9), 10**9, places=6, allow_nan=False), min_size=1))
@example([Decimal("0.000001"), Decimal("1.500000")])
@example([Decimal("1.5E-7"), Decimal("2.5E-7")])
def test_numbers_that_are_packed_as_floats_lose_no_digit(values: list[Decimal]) -> None:
    """Up to fifteen digits a float's own text is the decimal; more of them stay text."""
    column = Filled(Column("n", is_number=True), Kind.DIGITS, values)
    (told,) = packed([column])
    exact = [
        f"{Decimal(each):f}" if isinstance(each, str) else f"{each:.{told['scale']}f}"
        for each in told["values"]
    ]

    assert [f"{each:f}" for each in values] == exact


def packed(columns: list[Filled]) -> list[dict[str, Any]]:
    """Return columns as the script reads them."""
    text = tabled("t", "T", columns, Stamps(has_days=False)).packed
    told: list[dict[str, Any]] = json.loads(zlib.decompress(base64.b64decode(text)))
    return told


def test_words_that_are_all_there_are_not_packed() -> None:
    """The script reads a short table of words from the page; a long one is packed whole."""
    short = [Filled(Column("a"), Kind.TEXT, ["x"] * ROWS_WHOLE)]
    long = [Filled(Column("a"), Kind.TEXT, ["x"] * (ROWS_WHOLE + 1))]

    assert "" == tabled("t", "T", short, Stamps(has_days=False)).packed
    table = tabled("t", "T", long, Stamps(has_days=False))
    assert (ROWS_FIRST, ROWS_WHOLE + 1) == (len(table.rows), table.total)
    assert table.packed
