"""``python -m tests.simulation.kill --kills 1000 --seed N``: kill sessions anywhere, lose nothing.

Sessions run on the embedded exchange, several at a time, over a funding settlement, and are killed
(SIGKILL) at random times and at every named step of the journal, until each has ended. A campaign
in which some kind of kill never happened has proved nothing and fails.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.simulation.campaign import (
    RANDOM,
    Kill,
    Tale,
    draw_kills,
    handed_over,
    live_through,
)
from tests.simulation.victim import STATES, STEPS
from tests.support.live import Lab, busy, exchange
from tests.support.risk import unlimited
from tests.support.unwinding import unwind_on_sigterm
from trading.config import FeedConfig, SessionConfig
from trading.exchange.options import ExchangeOptions
from trading.model.numbers import NS_PER_S

SPEED: Final = 25.0
LANES: Final = 3
"""Sessions at a time on one exchange, each with an account of its own."""
KILLS_A_SESSION: Final = 5
LARGE_SHARE: Final = 0.4
CARRY_SHARE: Final = 0.3
"""Sessions that hand their account, position and all, to a second one, which is killed as well."""
MIDNIGHT_NS: Final = 1_790_035_200 * NS_PER_S
"""2026-09-22 00:00 UTC: a funding settlement."""
LEAD_S_FIRST: Final = 40.0
"""Session seconds that planning takes at speed, as long as no round has told."""
TAPE: Final = "l2_raw/binance_um_BTCUSDT_20230404T2358_20230405T0006.raw.jsonl.gz"
EXPECTED: Final = (
    "state in flight",
    "state position",
    "state partial",
    "state owed",
    "write in progress",
)
"""What a campaign must have hit to have proved anything."""


@dataclass
class Report:
    """A whole campaign."""

    tales: list[Tale] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(len(tale.marks) for tale in self.tales)

    @property
    def hits(self) -> Counter[str]:
        """How many kills hit which state."""
        return sum((tale.hits() for tale in self.tales), Counter())

    @property
    def failures(self) -> list[str]:
        """Return everything that is wrong, and every state that no kill hit."""
        told = [f"{tale.name}: {text}" for tale in self.tales for text in tale.complaints]
        if not any(tale.comparison.from_snapshots for tale in self.tales):
            told.append("no resume began at a snapshot")
        return told + [f"no kill hit: {name}" for name in self.missed]

    @property
    def missed(self) -> list[str]:
        """Return the states that no kill has hit."""
        hits = self.hits
        return [name for name in EXPECTED if not hits[name]]

    def __str__(self) -> str:
        """Return the tables."""
        steps = Counter(mark.kill.step for tale in self.tales for mark in tale.marks)
        same = sum(tale.comparison.is_same for tale in self.tales)
        marked = sum(bool(tale.comparison.marks) for tale in self.tales)
        rows = [f"{self.kills} kills in {len(self.tales)} sessions", "", "killed at"]
        rows += [f"  {step:<24}{steps[step]:>6}" for step in sorted((RANDOM, *STEPS))]
        rows += ["", "hit"]
        rows += [f"  {name:<24}{self.hits[name]:>6}" for name in EXPECTED]
        resumed = sum(len(tale.comparison.attempts_ns) for tale in self.tales)
        snapshots = sum(tale.comparison.from_snapshots for tale in self.tales)
        rows += ["", f"{snapshots:>6} of {resumed} resumes began at a snapshot"]
        rows += [f"{same:>6} sessions exactly like their un-killed twin"]
        rows += [f"{marked:>6} sessions that differ only as their journal marks it"]
        carried = sum(tale.is_carried for tale in self.tales)
        rows += [f"{carried:>6} sessions that could not close in their time, and say so"]
        handed = sum(tale.is_handed_over for tale in self.tales)
        rows += [f"{handed:>6} sessions that handed a position to the account's next one"]
        rows += [f"{len(self.failures):>6} failures", *(f"  {text}" for text in self.failures)]
        return "\n".join(rows)


def config_for(
    chance: Random, account: str, *, is_large: bool, is_carrying: bool = False
) -> SessionConfig:
    """Return a session that trades every few seconds; a large one too much for one book.

    One that carries holds on to what it enters, and leaves it to the account's next session.
    """
    held = chance.choice((3.0, 8.0, 30.0)) if not is_carrying else 600.0
    parameters: dict[str, float | int | bool | str] = {
        "period_s": chance.choice((6.0, 10.0)),
        "hold_s": held,
        "stop_bps": chance.choice((5.0, 10.0, 30.0)) * (3 if is_carrying else 1),
    }
    risk = unlimited(
        entry_interval_s=chance.choice((0.0, 5.0)),
        risk_pct=2.0 if is_large else 0.5,
        notional_max_usdt=2_000_000.0 if is_large else 50_000.0,
    )
    return busy(
        chance.uniform(1.2, 2.0),
        account=account,
        end_policy="carry" if is_carrying else "flatten",
        seed=chance.randint(0, 2**32),
        opening_wallet_usdt=500_000.0 if is_large else 10_000.0,
        strategy_parameters=parameters,
        risk=risk,
        feed=FeedConfig(stop_s=600.0),  # one real second without a process is 25 of these
    )


def market_for(chance: Random, tape: Path | None, lead_s: float = LEAD_S_FIRST) -> ExchangeOptions:
    """Return the market of one round: shortly before a settlement, made up or recorded.

    ``lead_s``: session seconds that go by until its sessions begin.
    """
    if tape is not None:
        return ExchangeOptions(market="recorded", tape=str(tape), speed=SPEED)
    return ExchangeOptions(
        speed=SPEED,
        seed=chance.randint(0, 2**32),
        start_ns=MIDNIGHT_NS - round(lead_s + chance.uniform(15, 60)) * NS_PER_S,
    )


async def run_campaign(kills: int, seed: int, folder: Path, tape: Path | None = None) -> Report:
    """Kill until there were enough kills, round after round, each with an exchange of its own.

    A state that none of them hit has as many more to be hit in: chance decides, and the machine.
    """
    report = Report()
    number, lead_s = 0, LEAD_S_FIRST
    while report.kills < kills or (report.missed and report.kills < 2 * kills):
        number += 1
        chance = Random(f"{seed} round {number}")
        place = folder / f"round{number}"
        options = market_for(chance, tape, lead_s)
        async with exchange(place / "exchange", options) as world:
            lab = Lab(world, place / "var")
            lanes = [
                _one(lab, Random(f"{seed} round {number} lane {lane}"), lane, number + lane)
                for lane in range(LANES)
            ]
            told = await asyncio.gather(*lanes)
        if options.start_ns is not None:  # the settlement waits for no machine that has other work
            lead_s = max(first.opened_ns - options.start_ns for first, *_ in told) / NS_PER_S
        tales = [tale for each in told for tale in each]
        report.tales += tales
        wrong = "".join(f"  {tale.name}: {text}\n" for tale in tales for text in tale.complaints)
        _say(f"round {number}: {report.kills} kills\n{wrong}")
        if number > 2 * kills:
            break
    return report


async def _one(lab: Lab, chance: Random, lane: int, turn: int) -> list[Tale]:
    """Run one session; its second kill waits for a state, each in turn, the others are drawn.

    One that carries is followed by a second one of its account; a recorded market ends before that.
    """
    state = STATES[turn % len(STATES)]
    is_large = state == "state partial" or chance.random() < LARGE_SHARE
    is_carrying = lab.world.tape_end_ns is None and chance.random() < CARRY_SHARE
    account = f"lane{lane}"
    config = config_for(chance, account, is_large=is_large, is_carrying=is_carrying)
    plan = await lab.plan(config)
    kills = draw_kills(chance, KILLS_A_SESSION)
    kills[1] = Kill(state)
    first = await live_through(plan, kills)
    if not is_carrying or first.complaints:
        return [first]
    following = await lab.plan(config_for(chance, account, is_large=is_large), "next")
    second = await live_through(following, draw_kills(chance, KILLS_A_SESSION))
    second.complaints += handed_over(plan, following)
    return [first, second]


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main() -> int:
    """Run a campaign and print what came of it; return 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--market", choices=("synthetic", "recorded"), default="synthetic")
    parser.add_argument("--data", type=Path, default=Path("..") / "shared" / "data")
    parser.add_argument("--keep", type=Path, help="keep all files in this folder")
    chosen = parser.parse_args()
    tape = chosen.data / TAPE if chosen.market == "recorded" else None
    if tape is not None and not tape.exists():
        _say(f"the recording {tape} is not here; say where with --data\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="paper-session-kill-") as folder:
        place = chosen.keep or Path(folder)
        report = asyncio.run(run_campaign(chosen.kills, chosen.seed, place, tape))
    sys.stdout.write(f"{report}\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    unwind_on_sigterm()
    sys.exit(main())
