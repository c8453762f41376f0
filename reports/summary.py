"""The result of a session for machines (``summary.json``) and for a Prefect artifact (Markdown).

Schema 1. Amounts, prices, rates and percentages are decimal strings, so that no reader rounds
them; counts are integers; times are UTC in ISO 8601; a number without a meaning is null. A file
says what it is by ``kind``:

``session``
    a session that left a journal. ``outcome`` is one of the outcomes of ``trading.model``;
    ``is_ended`` is false when the journal has no last word (``outcome`` is then ``crashed``).
    ``result_net`` is the change of equity, null when a position is open without a price;
    ``wallet_start`` plus every amount of ``moved`` is ``wallet_end``, or ``adds_up`` is false and
    ``broken`` says where. ``win_rate_low`` and ``win_rate_high`` are Wilson's 95% interval.
    ``profit_factor`` is null without a loss. ``luck`` bounds with 90% intervals the mean net of a
    round trip (in the quote coin and in R) and the profit factor; ``chance`` is the probability of
    such a mean where the true one is 0, ``skill`` that of a true Sharpe ratio (a round trip's)
    above 0, and ``round_trips_needed`` how many as these would show it; null below 30 round trips.
    ``attribution`` takes ``result_net`` apart and sums to it: ``gross`` at the middles of the
    decisions, then costs below zero; null where the result is.
    ``baselines`` are what holding, and entering at random with the same exits and costs, would
    have made (``reports.baselines``); null without a round trip. ``realism`` holds the fills
    against the tape (``reports.realism``); ``score`` is a percentage. ``presets`` is what the same
    decisions make under each of them (``reports.band``); null where they were not run again.
    ``fresh_pct`` is the share of the session in which every channel was fresh, null where no feed
    was watched. ``concerns`` are the reasons to look closer; ``verdict`` is the sentence on top of
    the report; ``replay`` is what was known of the proof. Nothing is annualised.
``refusal``
    a session refused before it had a journal (``reports.refusal``).

A reader ignores fields it does not know; a field is never given another meaning within a schema.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from reports import formats
from reports.formats import markdown_text
from reports.refusal import SCHEMA_VERSION, pretty
from trading.model.numbers import ZERO

_PCT = Decimal("0.000001")


class Trades(msgspec.Struct, frozen=True, kw_only=True):
    """What was traded, and how it went."""

    fills: int
    round_trips: int
    is_few: bool
    wins: int
    win_rate: Decimal | None
    win_rate_low: Decimal | None
    win_rate_high: Decimal | None
    profit_factor: Decimal | None
    expectancy: Decimal | None
    expectancy_r: Decimal | None
    exposure_pct: Decimal | None
    turnover: Decimal
    slippage: Decimal


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A 90% interval."""

    low: Decimal
    high: Decimal


class Luck(msgspec.Struct, frozen=True, kw_only=True):
    """What the round trips prove; all null where there are too few of them."""

    expectancy: Bounds | None
    expectancy_r: Bounds | None
    profit_factor: Bounds | None
    chance: Decimal | None
    sharpe: Decimal | None
    skill: Decimal | None
    round_trips_needed: int | None


class RandomDraws(msgspec.Struct, frozen=True, kw_only=True):
    """Results of entering at random, and the share of draws that did at least as well."""

    draws: int
    low: Decimal
    middle: Decimal
    high: Decimal
    chance: Decimal


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What the same market gave to others; doing nothing gave 0."""

    holding: Decimal
    random: RandomDraws


class Excursions(msgspec.Struct, frozen=True, kw_only=True):
    """Means over the round trips, in bps of their entry."""

    adverse_bps: Decimal
    favourable_bps: Decimal
    edge_ratio: Decimal | None


class MarkedOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where the middle stood some time after the fills, in our favour above zero."""

    liquidity: str
    horizon_s: Decimal
    n: int
    mean_bps: Decimal
    error_bps: Decimal | None


class FellShort(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding and filling cost against the middle at the decision, in the quote coin."""

    orders: int
    delay: Decimal
    execution: Decimal
    opportunity: Decimal
    total_bps: Decimal


class Borne(msgspec.Struct, frozen=True, kw_only=True):
    """How far the recorded tape bears the fills out; ``reports.realism`` says what it means."""

    score: Decimal | None
    fills: dict[str, int]
    impossible: tuple[str, ...]
    markouts: tuple[MarkedOut, ...]
    shortfall: FellShort | None
    inputs_pruned: int


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the same decisions under other assumptions."""

    result_net: Decimal | None
    fills: int
    round_trips: int


class Funnelled(msgspec.Struct, frozen=True, kw_only=True):
    """How far what the strategy saw came on its way to a fill."""

    bars: int
    bars_tradable: int
    strategy_failures: int
    entries_wanted: int
    entries_refused: dict[str, int]
    entry_orders: int
    orders_rejected: int


class DataQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How good the market data was."""

    fresh_pct: Decimal | None
    gaps: int
    connections_lost: int
    messages_ignored: int
    frames_overtaken: int


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What ``summary.json`` says of a session; the schema is the module's."""

    schema_version: int = SCHEMA_VERSION
    kind: Literal["session"] = "session"
    session_id: str
    account: str
    source: str
    venue: str
    symbol: str
    strategy: str
    seed: int
    speed: float
    opened_utc: str
    ended_utc: str
    duration_s: Decimal
    outcome: str
    reason: str
    detail: str
    is_ended: bool
    resumed: int
    quote: str
    wallet_start: Decimal
    wallet_end: Decimal
    equity_start: Decimal
    equity_end: Decimal | None
    result_net: Decimal | None
    return_pct: Decimal | None
    moved: dict[str, Decimal]
    adds_up: bool
    broken: tuple[str, ...]
    open_positions: dict[str, Decimal]
    drawdown: Decimal
    drawdown_pct: Decimal
    trades: Trades
    luck: Luck
    attribution: dict[str, Decimal] | None
    excursions: Excursions | None
    baselines: Compared | None
    realism: Borne
    presets: dict[str, Preset] | None
    funnel: Funnelled
    data: DataQuality
    concerns: tuple[str, ...]
    verdict: str
    replay: str
    config_digest: str
    source_digest: str
    journal_digest: str
    records: int

    def json(self) -> bytes:
        """Return the file's bytes."""
        return pretty(self)

    def markdown(self) -> str:
        """Return the verdict and the key facts; hostile names stay text."""
        title = f"## PAPER: {markdown_text(self.strategy)} on {markdown_text(self.symbol)}"
        table = "\n".join(f"| {name} | {markdown_text(value)} |" for name, value in self._facts())
        concerns = "".join(
            f"\n- {markdown_text(concern)}" for concern in (*self.broken, *self.concerns)
        )
        look = f"\n\n**Needs a look**\n{concerns}" if concerns else ""
        return f"{title}\n\n{markdown_text(self.verdict)}{look}\n\n| | |\n|---|---|\n{table}\n"

    def _facts(self) -> tuple[tuple[str, str], ...]:
        quote, trades, fresh_pct = self.quote, self.trades, self.data.fresh_pct
        net = "unknown" if self.result_net is None else formats.signed(self.result_net)
        share = (
            ""
            if self.return_pct is None
            else f" ({formats.percent_signed(self.return_pct / 100, 2)})"
        )
        rate = "n/a"
        if trades.win_rate is not None:
            low = formats.percent(trades.win_rate_low or ZERO, 0)
            high = formats.percent(trades.win_rate_high or ZERO, 0)
            rate = f"{formats.percent(trades.win_rate, 0)}, 95% interval {low} to {high}"
        few = ", too few to say" if trades.is_few else ""
        return (
            ("Outcome", f"{self.outcome}: {self.reason}"),
            ("Net result", f"{net} {quote}{share}"),
            ("Round trips", f"{trades.round_trips} ({trades.fills} fills){few}"),
            ("Win rate", rate),
            ("Fees", f"{formats.signed(self.moved.get('fee', ZERO))} {quote}"),
            ("Funding", f"{formats.signed(self.moved.get('funding', ZERO))} {quote}"),
            ("Deepest drawdown", f"{formats.plain(self.drawdown)} {quote}"),
            ("Wallet", f"{formats.plain(self.wallet_start)} to {formats.plain(self.wallet_end)}"),
            ("Adds up", "to the last digit" if self.adds_up else "NO"),
            (
                "Fresh data",
                "n/a" if fresh_pct is None else formats.percent_at_least(float(fresh_pct) / 100),
            ),
            ("Replay", self.replay or "not verified"),
            ("Session", self.session_id),
        )
