"""A day in words and tables: what the page, the Markdown and the artifact all say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reports import formats
from reports.columns import Column, Table
from reports.day.gather import Day, DaySession, Trial
from reports.formats import NOTHING
from reports.inference.bootstrap import SAMPLE_LEAST
from trading.model.events import Outcome
from trading.model.numbers import BPS

QUOTE = "USDT"
"""Coin of every amount: accounts of other coins are none of this house's."""
ALERTS_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A session of the day: its row, and where its report lies from the day's page."""

    report: str
    cells: tuple[str, ...]


SESSION_COLUMNS = (
    Column("opened, UTC"),
    Column("account"),
    Column("strategy"),
    Column("symbol"),
    Column("source"),
    Column("ended"),
    Column("round trips", is_number=True),
    Column("net", is_number=True, is_signed=True),
    Column("as well at random", is_number=True),
    Column("restarts", is_number=True),
    Column("fresh", is_number=True),
    Column("needs a look"),
)


def sentence(day: Day) -> str:
    """Say the day in a few sentences; money of different sources is told apart."""
    if not day.sessions:
        return f"No session opened on {day.day}."
    outcomes = Counter(each.outcome for each in day.sessions)
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    accounts = formats.count_of(len({each.account for each in day.sessions}), "account")
    parts = [f"{formats.count_of(len(day.sessions), 'session')} on {accounts}: {told}."]
    for source in day.sources:
        trips = sum(each.round_trips or 0 for each in day.sessions if each.source == source)
        net = formats.signed(day.total("result_net", source))
        parts.append(
            f"On {source}: {net} {QUOTE} net over {formats.count_of(trips, 'round trip')}."
        )
    look = [each for each in day.sessions if each.needs_look]
    if look:
        parts.append(f"{formats.count_of(len(look), 'session')} to look at.")
    if day.alerts:
        parts.append(f"{formats.count_of(len(day.alerts), 'alert')}.")
    return " ".join((*parts, _proven(day.trials)))


def _proven(trials: tuple[Trial, ...]) -> str:
    """Say whether any strategy is more than luck, over all that were tried."""
    found = [each for each in trials if each.chance is not None and each.chance <= 0.05]  # noqa: PLR2004
    if found:
        names = ", ".join(f"{each.strategy} on {each.symbol} ({each.source})" for each in found)
        return f"More than luck so far, at 5% over all that were tried: {names}."
    return "No strategy is more than luck so far, over all that were tried."


def concerns(day: Day) -> tuple[str, ...]:
    """List what needs a look: alerts by kind, then session by session in its report's words."""
    kinds = Counter((each.severity, each.kind) for each in day.alerts if not each.is_calm)
    told = [
        f"alert {kind} ({severity}), {formats.count_of(count, 'time')}"
        for (severity, kind), count in kinds.items()
    ]
    for each in day.sessions:
        words = (each.concerns or "").splitlines()
        if each.adds_up is False:
            words.insert(0, "The money does not add up.")
        told += [f"{each.session_id} ({each.account}): {word}" for word in words]
    return tuple(told)


def lines(day: Day) -> tuple[Line, ...]:
    """Return the day's sessions, each with the way to its report."""
    return tuple(Line(f"../{each.folder}/report.html", _cells(each)) for each in day.sessions)


def _cells(each: DaySession) -> tuple[str, ...]:
    is_calm = each.outcome in {Outcome.COMPLETED, Outcome.NO_TRADES}
    ended = each.outcome if is_calm else f"{each.outcome}: {each.reason}"
    return (
        f"{each.opened:%H:%M:%S}",
        each.account,
        each.strategy,
        each.symbol,
        each.source,
        ended,
        NOTHING if each.round_trips is None else f"{each.round_trips:,}",
        _money(each.result_net),
        _percent(each.luck),
        NOTHING if each.resumed is None else f"{each.resumed:,}",
        NOTHING if each.fresh_pct is None else formats.percent_at_least(each.fresh_pct / 100),
        "yes" if each.needs_look else "",
    )


def trials_table(day: Day) -> Table:
    """List every strategy over all sessions so far, and what is left of it after all tried."""
    rows = [
        (
            each.strategy,
            each.symbol,
            each.source,
            f"{each.sessions:,}",
            f"{each.round_trips:,}",
            formats.signed(each.net),
            NOTHING
            if each.mean is None
            else f"{formats.plain(each.mean.low)} to {formats.plain(each.mean.high)}",
            _percent(each.chance),
            _percent(each.skill),
        )
        for each in day.trials
    ]
    columns = (
        Column("strategy"),
        Column("symbol"),
        Column("source"),
        Column("sessions", is_number=True),
        Column("round trips", is_number=True),
        Column("net", is_number=True, is_signed=True),
        Column("a round trip, 90% interval", is_number=True),
        Column("luck gives as much", is_number=True),
        Column("skill", is_number=True),
    )
    tried = ", ".join(
        f"{count:,} on {source}"
        for source, count in {e.source: e.tried for e in day.trials}.items()
    )
    note = (
        f"Over every session up to the end of the day. Below {SAMPLE_LEAST} round trips nothing is "
        "said. Luck is Holm's over the strategies of a source; skill is the deflated Sharpe ratio, "
        f"against the best that luck gives to all configurations ever run: {tried}."
    )
    return Table(
        name="trials", title="Strategies so far", columns=columns, rows=tuple(rows), note=note
    )


def costs_table(day: Day) -> Table:
    """List what the day's results are made of, a row a source."""
    parts = ("gross", "delay", "spread", "impact", "fees", "funding")
    rows = []
    for source in day.sources:
        amounts = [day.total(part, source) for part in parts]
        turnover = day.total("turnover", source)
        paid = -sum(amounts[1:], Decimal(0))
        bps = formats.plain(paid / turnover * BPS, 1) if turnover else NOTHING
        net = day.total("result_net", source)
        rows.append(
            (
                source,
                *(formats.signed(amount) for amount in (*amounts, net - sum(amounts), net)),
                formats.plain(turnover),
                bps,
            )
        )
    columns = (
        Column("source"),
        *(Column(part, is_number=True, is_signed=True) for part in (*parts, "other", "net")),
        Column("turnover", is_number=True),
        Column("costs, bps", is_number=True),
    )
    note = (
        f"{QUOTE}; sessions whose result is unknown are left out of the parts. Other is what "
        "liquidations took, the insurance fund paid, and rounding; the parts add up to the net."
    )
    return Table(
        name="costs",
        title="What the results are made of",
        columns=columns,
        rows=tuple(rows),
        note=note,
    )


def accounts_table(day: Day) -> Table:
    """List each account from its first session of the day to its last: equity, data and proof."""
    rows = []
    for account in sorted({each.account for each in day.sessions}):
        own = [each for each in day.sessions if each.account == account]
        started = [each.equity_start for each in own if each.equity_start is not None]
        fresh = [each.fresh_pct for each in own if each.fresh_pct is not None]
        rows.append(
            (
                account,
                f"{len(own):,}",
                formats.plain(started[0]) if started else NOTHING,
                _equity_at_end(own),
                formats.percent_at_least(min(fresh) / 100) if fresh else NOTHING,
                *(
                    f"{sum(getattr(each, part) or 0 for each in own):,}"
                    for part in ("gaps", "connections_lost", "resumed")
                ),
                f"{sum((each.replay or '').startswith('identical') for each in own):,}",
            )
        )
    names = (
        "sessions",
        "equity at first",
        "at last",
        "least fresh",
        "gaps",
        "connections lost",
        "restarts",
        "replay identical",
    )
    columns = (Column("account"), *(Column(name, is_number=True) for name in names))
    note = f"Equity in {QUOTE}, at the mark price: of the first session's start and the last's end."
    return Table(name="accounts", title="Accounts", columns=columns, rows=tuple(rows), note=note)


def alerts_table(day: Day) -> Table:
    """List the newest alerts of the day, oldest of them first."""
    shown = day.alerts[-ALERTS_SHOWN:]
    rows = tuple((f"{e.at:%H:%M:%S}", e.severity, e.kind, e.text) for e in shown)
    columns = (Column("at, UTC"), Column("severity"), Column("kind"), Column("what it says"))
    note = "From the alert file of this machine, which keeps the newest five megabytes."
    if len(shown) < len(day.alerts):
        note = f"The newest {len(shown):,} of {len(day.alerts):,}. {note}"
    return Table(name="alerts", title="Alerts", columns=columns, rows=rows, note=note)


def _equity_at_end(sessions: list[DaySession]) -> str:
    """Return equity after the last session that ran; one that ended unpriced is unknown."""
    ran = [each for each in sessions if each.equity_start is not None]
    if not ran:
        return NOTHING
    return "unknown" if ran[-1].equity_end is None else formats.plain(ran[-1].equity_end)


def _money(amount: Decimal | None) -> str:
    return NOTHING if amount is None else formats.signed(amount)


def _percent(share: float | None) -> str:
    return NOTHING if share is None else formats.percent(share)
