"""The tables of the history, each column with its meaning; ``... history schema`` prints them.

Times are UTC without a zone. Amounts are in the quote coin (``DECIMAL``, every digit); what is a
ratio, an average or a statistic is a ``DOUBLE``. NULL: it has no meaning, or is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = 2
"""Another one means: rebuild."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type in DuckDB, and what it says."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table: its name, what one row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    def statements(self) -> tuple[str, ...]:
        """Return the SQL that creates it, with its meaning as comments."""
        listed = ", ".join(f"{each.name} {each.type}" for each in self.columns)
        return (
            f"CREATE TABLE {self.name} ({listed})",
            f"COMMENT ON TABLE {self.name} IS '{_quoted(self.row)}'",
            *(
                f"COMMENT ON COLUMN {self.name}.{each.name} IS '{_quoted(each.meaning)}'"
                for each in self.columns
            ),
        )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_MONEY = "DECIMAL(38, 12)"

SESSION: Final = TableOf(
    "session",
    "a session that left a journal, or was refused before it had one",
    (
        Column("session_id", "VARCHAR PRIMARY KEY", "its name; sorts by time within an account"),
        Column("kind", "VARCHAR", "session, or refusal"),
        Column("account", "VARCHAR", "whose money it was"),
        Column("source", "VARCHAR", "where the market came from"),
        Column("symbol", "VARCHAR", "the contract"),
        Column("strategy", "VARCHAR", "what traded"),
        Column("config_digest", "VARCHAR", "hash of the whole configuration"),
        Column("seed", "BIGINT", "of everything random"),
        Column("opened", "TIMESTAMP", "when it opened, or was refused"),
        Column("ended", "TIMESTAMP", "when it ended, or was last heard of"),
        Column("outcome", "VARCHAR", "how it ended, as in README.md"),
        Column("reason", "VARCHAR", "the reason code, or the check that refused it"),
        Column("resumed", "BIGINT", "how often its process was replaced"),
        Column("equity_start", _MONEY, "at the mark price"),
        Column("equity_end", _MONEY, "at the mark price"),
        Column("result_net", _MONEY, "change of equity, all costs in"),
        Column("return_pct", "DOUBLE", "of equity at the start"),
        Column("drawdown", _MONEY, "deepest fall of equity below an earlier value"),
        Column("drawdown_pct", "DOUBLE", "of the peak before it"),
        Column("fills", "BIGINT", "how many"),
        Column("round_trips", "BIGINT", "closed ones"),
        Column("wins", "BIGINT", "round trips with a net above 0"),
        Column("turnover", _MONEY, "notional of all fills"),
        Column("gross", _MONEY, "part of the result: the price, at the middles of the decisions"),
        Column("delay", _MONEY, "part: what the middle moved from decision to fill"),
        Column("spread", _MONEY, "part: from the middle to the best price met"),
        Column("impact", _MONEY, "part: from there to deeper levels"),
        Column("fees", _MONEY, "part: maker and taker fees, below 0"),
        Column("funding", _MONEY, "part: paid below 0"),
        Column("holding", "DOUBLE", "what the mean position, held all along, would have made"),
        Column("luck", "DOUBLE", "share of random entries that did at least as well"),
        Column("realism", "DOUBLE", "percent of the notional that the tape bears out"),
        Column("exposure_pct", "DOUBLE", "share of time with a position"),
        Column("fresh_pct", "DOUBLE", "share of time with fresh data on every channel"),
        Column("gaps", "BIGINT", "in the bars"),
        Column("connections_lost", "BIGINT", "how often"),
        Column("adds_up", "BOOLEAN", "whether every sum of its report holds"),
        Column("concerns", "VARCHAR", "what needs a look, one a line; empty: nothing"),
        Column("replay", "VARCHAR", "what was known of the proof; empty: nobody ran it"),
        Column("journal_digest", "VARCHAR", "hash of its last record"),
        Column("folder", "VARCHAR", "where it lies, below the folder of all sessions"),
    ),
)
TRADE: Final = TableOf(
    "trade",
    "a closed round trip",
    (
        Column("session_id", "VARCHAR", "its session"),
        Column("trip_id", "BIGINT", "its number within the account"),
        Column("symbol", "VARCHAR", "the contract"),
        Column("side", "VARCHAR", "of the entry: buy or sell"),
        Column("quantity", _MONEY, "in the base coin"),
        Column("entry_price", "DOUBLE", "average over its fills"),
        Column("exit_price", "DOUBLE", "average over its fills"),
        Column("opened", "TIMESTAMP", "first fill"),
        Column("closed", "TIMESTAMP", "last fill"),
        Column("gross", _MONEY, "before fees and funding"),
        Column("fees", _MONEY, "paid above 0"),
        Column("funding", _MONEY, "paid below 0"),
        Column("net", _MONEY, "gross - fees + funding"),
        Column("risk", "DOUBLE", "loss planned at entry; 0 where unknown"),
        Column("adverse_bps", "DOUBLE", "how far it went against its entry, at most 0"),
        Column("favourable_bps", "DOUBLE", "how far in its favour"),
        Column("reason_in", "VARCHAR", "why it was entered"),
        Column("reason_out", "VARCHAR", "why it was left"),
        Column("position_side", "VARCHAR", "both one-way; in hedge mode long or short"),
    ),
)
FILL: Final = TableOf(
    "fill",
    "one level of one order, filled",
    (
        Column("session_id", "VARCHAR", "its session"),
        Column("fill_id", "BIGINT", "its number within the account"),
        Column("order_id", "BIGINT", "its order"),
        Column("filled", "TIMESTAMP", "in session time"),
        Column("stamped", "TIMESTAMP", "stamp of the data it rests on"),
        Column("symbol", "VARCHAR", "the contract"),
        Column("side", "VARCHAR", "buy or sell"),
        Column("role", "VARCHAR", "what its order was for"),
        Column("liquidity", "VARCHAR", "maker or taker"),
        Column("price", _MONEY, "quote coin per base coin"),
        Column("quantity", _MONEY, "in the base coin"),
        Column("fee", _MONEY, "paid above 0"),
        Column("mid", "DOUBLE", "middle of the book, where there was one"),
        Column("evidence", "VARCHAR", "which market data filled it"),
        Column("is_pessimistic", "BOOLEAN", "whether the worse of two readings was taken"),
        Column("position_side", "VARCHAR", "both one-way; in hedge mode long or short"),
    ),
)
EQUITY: Final = TableOf(
    "equity",
    "the account at the mark price at one instant",
    (
        Column("session_id", "VARCHAR", "its session"),
        Column("sampled", "TIMESTAMP", "in session time"),
        Column("equity", "DOUBLE", "wallet and unrealised profit"),
    ),
)
TABLES: Final = (SESSION, TRADE, FILL, EQUITY)
