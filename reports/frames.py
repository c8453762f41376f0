"""Fills, round trips and equity of a session as Arrow tables: for Parquet, pandas and the history.

Amounts, prices and quantities are decimals with every digit; averages, planned risk, ratios and the
sampled equity are doubles. Times are UTC, to the nanosecond. A column never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from reports.excursions import Excursions
from reports.story import SessionStory

EXACT: Final = pa.decimal128(38, 12)
TIME: Final = pa.timestamp("ns", tz="UTC")

FILLS: Final = pa.schema(
    [
        ("session_id", pa.string()),
        ("fill_id", pa.int64()),
        ("order_id", pa.int64()),
        ("filled", TIME),
        ("stamped", TIME),
        ("symbol", pa.string()),
        ("side", pa.string()),
        ("role", pa.string()),
        ("liquidity", pa.string()),
        ("price", EXACT),
        ("quantity", EXACT),
        ("fee", EXACT),
        ("mid", pa.float64()),
        ("evidence", pa.string()),
        ("is_pessimistic", pa.bool_()),
        ("position_side", pa.string()),
    ]
)
EQUITY: Final = pa.schema(
    [("session_id", pa.string()), ("sampled", TIME), ("equity", pa.float64())]
)
TRADES: Final = pa.schema(
    [
        ("session_id", pa.string()),
        ("trip_id", pa.int64()),
        ("symbol", pa.string()),
        ("side", pa.string()),
        ("quantity", EXACT),
        ("entry_price", pa.float64()),
        ("exit_price", pa.float64()),
        ("opened", TIME),
        ("closed", TIME),
        ("gross", EXACT),
        ("fees", EXACT),
        ("funding", EXACT),
        ("net", EXACT),
        ("risk", pa.float64()),
        ("adverse_bps", pa.float64()),
        ("favourable_bps", pa.float64()),
        ("reason_in", pa.string()),
        ("reason_out", pa.string()),
        ("position_side", pa.string()),
    ]
)


def fills_table(story: SessionStory) -> pa.Table:
    """Return one row a fill, in their order."""
    rows = [
        {
            "fill_id": fill.fill_id,
            "order_id": fill.order_id,
            "filled": fill.at_ns,
            "stamped": fill.exchange_ns,
            "symbol": fill.symbol,
            "side": str(fill.side),
            "role": str(fill.role),
            "liquidity": str(fill.liquidity),
            "price": fill.price,
            "quantity": fill.quantity,
            "fee": fill.fee,
            "mid": fill.mid,
            "evidence": fill.evidence,
            "is_pessimistic": fill.is_pessimistic,
            "position_side": str(fill.position_side),
        }
        for fill in story.fills
    ]
    return _table(story, rows, FILLS)


def equity_table(story: SessionStory) -> pa.Table:
    """Return one row a sample of equity at the mark price."""
    pairs = zip(story.equity.times, story.equity.values, strict=True)
    return _table(story, [{"sampled": at_ns, "equity": value} for at_ns, value in pairs], EQUITY)


def trades_table(story: SessionStory, excursions: Excursions | None) -> pa.Table:
    """Return one row a round trip; excursions are null where the journal holds no prices."""
    rows: list[dict[str, object]] = []
    for place, trip in enumerate(story.trips):
        rows.append(
            {
                "trip_id": trip.trip_id,
                "symbol": trip.symbol,
                "side": str(trip.side),
                "quantity": trip.quantity,
                "entry_price": float(trip.entry_price),
                "exit_price": float(trip.exit_price),
                "opened": trip.opened_ns,
                "closed": trip.closed_ns,
                "gross": trip.gross,
                "fees": trip.fees,
                "funding": trip.funding,
                "net": trip.net,
                "risk": float(trip.risk),
                "adverse_bps": None if excursions is None else excursions.adverse_bps[place],
                "favourable_bps": None if excursions is None else excursions.favourable_bps[place],
                "reason_in": trip.reason_in,
                "reason_out": trip.reason_out,
                "position_side": str(trip.position_side),
            }
        )
    return _table(story, rows, TRADES)


def parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file; the same table gives the same bytes."""
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _table(
    story: SessionStory, rows: Sequence[Mapping[str, object]], schema: pa.Schema
) -> pa.Table:
    named = [{"session_id": story.session_id, **row} for row in rows]
    return pa.Table.from_pylist(named, schema=schema)
