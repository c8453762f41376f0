"""Scenarios of risk as a trader writes them: a table of times, what happens, and what must follow.

A file holds settings (``risk.daily_loss_pct = 2``, ``position_mode = hedge``), then rows ``TIME |
WHAT | EXPECTED``. Times (``90 s``, ``5 min``, ``2 h``) count from 2026-09-21 14:14:00 UTC and rise.
After each row the market goes on at its last price until the next row; then what was expected of it
is looked for.

What happens: ``price 49500``; ``silence`` (nothing is heard); ``no mark``; ``funding 0.2 % at
5 min``; ``buy STOP [TARGET [LIMIT]]``, ``sell ...``, ``exit [long]``, ``cancel [long]``, ``move
[long] STOP`` and ``raise`` by the strategy;
``flatten``, ``pause``, ``resume``, ``stop``, ``clear CODE`` by a person; ``allow``, ``deny``,
``reduce only`` and ``size x 0.5``, each ``for 60 s``, by a policy; ``kill`` (the process dies, and
another takes its place); ``new session``.

Expected, separated by commas: ``filled``, ``no fill``, ``refused RULE``, ``tripped CODE``,
``nothing tripped``, ``cleared CODE``, ``flat``, ``long``, ``short``, ``both``, ``stop PRICE`` (one
waits there), ``ended OUTCOME``, ``entries shut by RULE``, ``entries open``, ``wallet under 9800``,
``notional under 1000``, ``failed``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

import msgspec

from tests.support.instruments import BTCUSDT
from tests.support.market import T0_NS, ns, rate
from tests.support.risk import unlimited
from tests.support.run import Run, setup_of
from trading.account.head import AccountHead
from trading.config import RiskConfig
from trading.model.events import (
    BreakerCleared,
    BreakerTripped,
    Channel,
    ControlReceived,
    ControlWord,
    Input,
    IntentRefused,
    OrderFilled,
    Output,
    PolicyReceived,
    SessionResumed,
    StrategyFailed,
)
from trading.model.orders import Side

D = Decimal
SYMBOL = BTCUSDT.symbol
HELD = {"flat": set[Side](), "long": {Side.BUY}, "short": {Side.SELL}, "both": set(Side)}
UNITS_S = {"s": 1.0, "min": 60.0, "h": 3_600.0}
WISHES = ("buy", "sell", "exit", "cancel", "move", "raise")
TICK_MS = 500


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    at_ms: float
    what: str
    expected: tuple[str, ...]
    line: int


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A file, read."""

    settings: dict[str, str]
    rows: tuple[Row, ...]


def read(path: Path) -> Scenario:
    """Return a scenario from its file.

    Raises:
        ValueError: at a line that is none.
    """
    settings: dict[str, str] = {}
    rows: list[Row] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.partition("#")[0].strip()
        cells = [each.strip() for each in line.split("|")]
        if not line:
            continue
        if len(cells) == 1 and "=" in line:
            name, _, value = line.partition("=")
            settings[name.strip()] = value.strip()
        elif len(cells) == 3:
            at_ms = 1_000 * seconds(cells[0])
            if rows and at_ms < rows[-1].at_ms:
                raise ValueError(f"{path.name}:{number}: times rise")
            expected = tuple(filter(None, (each.strip() for each in cells[2].split(","))))
            rows.append(Row(at_ms=at_ms, what=cells[1], expected=expected, line=number))
        else:
            raise ValueError(f"{path.name}:{number}: neither a setting nor TIME | WHAT | EXPECTED")
    return Scenario(settings=settings, rows=tuple(rows))


def seconds(text: str) -> float:
    """Return a span such as ``90 s``, ``5 min`` or ``2 h``."""
    number, _, unit = text.partition(" ")
    return float(number) * UNITS_S[unit]


class Recorded(Run):
    """A run that can be killed: another engine hears the same, and must say the same."""

    def __init__(self, scenario: Scenario, head: AccountHead | None, opened_ms: float) -> None:
        """Open a session with the scenario's strategy and limits."""
        self.heard: list[Input] = []
        limits: dict[str, object] = {"risk_pct": 1.0}
        kinds = {each.name: type(getattr(RiskConfig(), each.name)) for each in fields(RiskConfig)}
        for path, value in scenario.settings.items():
            name = path.removeprefix("risk.")
            if path.startswith("risk.") and name != "blackouts_utc":
                limits[name] = value == "true" if kinds[name] is bool else kinds[name](value)
        if "risk.blackouts_utc" in scenario.settings:
            limits["blackouts_utc"] = tuple(scenario.settings["risk.blackouts_utc"].split())
        mode = scenario.settings.get("position_mode")
        wishes = [
            f"{row.at_ms} {row.what}"
            for row in scenario.rows
            if row.what.split()[0] in WISHES and row.at_ms >= opened_ms
        ]
        super().__init__(
            setup_of(
                strategy="Timed",
                parameters={"script": "; ".join(wishes)},
                risk=unlimited(**limits),
                minutes=float(scenario.settings.get("minutes", 600)),
                position_mode="hedge" if mode == "hedge" else "one_way",
                head=head,
                opened_ms=opened_ms,
            )
        )

    def step(self, *events: Input) -> list[Output]:
        """Remember what was heard."""
        found = []
        for event in events:
            self.heard.append(event)
            found += super().step(event)
        return found

    def kill(self, at_ms: float) -> None:
        """Die, and come back from what was heard alone."""
        heard, said = list(self.heard), msgspec.json.encode(self.out)
        self.engine = type(self.engine)(self.engine.setup)
        again = [output for event in heard for output in self.engine.step(event)]
        assert said == msgspec.json.encode(again), "another process comes to the same"
        self.step(SessionResumed(ns(at_ms), 2, self.engine.now_ns))


@dataclass(kw_only=True)
class Stage:
    """A scenario being played: the session under way; ``mark``: where a row's outputs begin."""

    scenario: Scenario
    run: Recorded
    mark: int = 0
    channels: frozenset[Channel] = field(default_factory=lambda: frozenset(Channel))

    def play(self) -> None:
        """Play every row, and hold what is expected of each."""
        rows = self.scenario.rows
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            self.mark = len(self.run.out)
            self.do(row)
            end_ms = row.at_ms + 5_000 if after is None else after.at_ms
            self.wait(max(row.at_ms, self.now_ms), end_ms)
            for each in row.expected:
                assert self.holds(each), f"line {row.line}, {row.what}: expected {each}"

    @property
    def now_ms(self) -> float:
        """How far the session under way has come; its opening, before anything was heard."""
        return (max(self.run.engine.now_ns, self.run.engine.setup.opened_ns) - T0_NS) / 1e6

    def wait(self, from_ms: float, to_ms: float) -> None:
        """Let the market go on at its price."""
        if self.channels:
            self.run.feed(from_ms, to_ms, every_ms=TICK_MS, only=self.channels)
        elif not self.run.engine.has_ended:
            self.run.until(to_ms)

    def do(self, row: Row) -> None:
        """Let a row happen."""
        word, *rest = row.what.split()
        at_ns = ns(row.at_ms)
        match word:
            case "price":
                self.channels = frozenset(Channel)
                self.run.price = float(rest[0])
            case "silence":
                self.channels = frozenset()
            case "no":
                self.channels = frozenset(Channel) - {Channel.PRICE}
            case "funding":
                told = rate(1_000 * seconds(" ".join(rest[3:])), at_ms=row.at_ms)
                self.run.at(msgspec.structs.replace(told, rate=D(rest[0]) / 100))
            case "allow" | "deny" | "reduce" | "size":
                self.run.at(self.policy(row, word))
            case "flatten" | "pause" | "resume" | "stop":
                self.run.at(ControlReceived(at_ns, ControlWord(word), "a person", "scenario"))
            case "clear":
                self.run.at(ControlReceived(at_ns, ControlWord.CLEAR, "ada", "seen", rest[0]))
            case "kill":
                self.run.kill(row.at_ms)
            case "new":
                self.begin_again(row.at_ms)
            case _:
                assert word in WISHES, f"line {row.line}: nobody does {row.what!r}"

    def policy(self, row: Row, word: str) -> PolicyReceived:
        """Return what a row has an outside supervisor say."""
        what, _, span = row.what.partition(" for ")
        return PolicyReceived(
            received_ns=ns(row.at_ms),
            allow=word != "deny",
            size_multiplier=float(what.split()[-1]) if word == "size" else 1.0,
            reduce_only=word == "reduce",
            reason="scenario",
            who="adviser",
            expires_ns=ns(row.at_ms + 1_000 * seconds(span)),
        )

    def begin_again(self, at_ms: float) -> None:
        """End the session, if it has not, and open the account's next one."""
        if not self.run.engine.has_ended:
            self.run.at(ControlReceived(ns(at_ms), ControlWord.STOP, "a person", "over"))
            self.run.feed(at_ms, at_ms + 30_000, every_ms=TICK_MS)
            at_ms += 30_000
        assert self.run.engine.has_ended
        head = msgspec.json.decode(msgspec.json.encode(self.run.engine.head()), type=AccountHead)
        price = self.run.price
        self.run = Recorded(self.scenario, head, at_ms)
        self.run.price = price
        self.run.connect(at_ms, next_ms=at_ms + 7 * 3_600_000)
        self.mark = 0

    def holds(self, expected: str) -> bool:
        """Tell whether what is expected came of the row."""
        run, mark = self.run, self.mark
        what, _, which = expected.partition(" ")
        blocks = [each.partition(":")[0] for each in run.engine.entry_blocks(SYMBOL)]
        marks: dict[str, float | None] = {SYMBOL: run.price}
        match what:
            case "filled":
                return bool(run.all(OrderFilled, mark))
            case "no":
                return not run.all(OrderFilled, mark)
            case "refused":
                return which in {each.rule for each in run.all(IntentRefused, mark)}
            case "tripped":
                return which in {each.code for each in run.all(BreakerTripped, mark)}
            case "nothing":
                return not run.all(BreakerTripped, mark)
            case "cleared":
                return which in {each.code for each in run.all(BreakerCleared, mark)}
            case "failed":
                return bool(run.all(StrategyFailed, mark))
            case "flat" | "long" | "short" | "both":
                positions = run.engine.account.positions_of(SYMBOL)
                held = {each.side for each in positions} - {None}
                return held == HELD[what]
            case "stop":
                orders = run.engine.head().orders
                return D(which) in {each.request.trigger_price for each in orders}
            case "ended":
                return which == run.ended.outcome
            case "entries":
                return not blocks if which == "open" else which.removeprefix("shut by ") in blocks
            case "wallet":
                return run.engine.account.wallet < D(which.removeprefix("under "))
            case "notional":
                exposure = run.engine.account.exposure(marks)
                return exposure is not None and exposure < D(which.removeprefix("under "))
            case _:
                raise ValueError(f"nobody can tell whether {expected!r} holds")


def play(path: Path) -> Stage:
    """Play a file to its end; raise at the first thing that is not as expected."""
    scenario = read(path)
    run = Recorded(scenario, None, 0)
    run.connect()
    stage = Stage(scenario=scenario, run=run)
    stage.play()
    return stage
