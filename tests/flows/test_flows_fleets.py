"""Fleets on a real server: what becomes of one whose sessions are refused, cancelled, not taken.

Judged through the API, the journals and the fleet's own summary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from tests.support.live import assert_sound
from tests.support.prefect_server import FlowRun, Server, running_server, running_worker
from tests.support.supervised import (
    POOL,
    Created,
    begin_with,
    deploy,
    make_pool,
    over,
    progress,
    session,
)
from tests.support.waiting import until
from trading.model.events import ControlApplied, PositionChanged, SessionEnded
from trading.session.paths import SessionPaths

pytestmark = pytest.mark.timeout(240)

IDLE = "idle"
"""A pool that no worker serves."""
SLOTS = 2
SESSIONS = {"name": {"any_": ["paper-session"]}}
TABLE = """\
[defaults]
source = "embedded"
strategy = "pulse"
risk.entry_interval_s = 0
risk.losses_in_a_row_max = 0
risk.daily_loss_pct = 0
risk.drawdown_pct = 0
strategy_parameters = { period_s = 4.0, hold_s = 3.0 }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server and a worker, with everything deployed."""
    with running_server(tmp_path_factory.mktemp("prefect")) as found:
        for pool in (POOL, IDLE):
            make_pool(found, pool)
        deploy(found)
        with running_worker(found, POOL):
            _make_room(found)
            yield found


def _make_room(server: Server) -> None:
    """Give fleets two slots, and a deployment through which nobody takes anything."""
    server.send("POST", "/v2/concurrency_limits/", {"name": "paper-fleet", "limit": SLOTS})
    flow = server.get("/flows/name/paper-session", Created)
    idle = {"name": "idle", "flow_id": flow.id, "work_pool_name": IDLE}
    server.send("POST", "/deployments/", idle)


def fleet(
    server: Server,
    name: str,
    sessions: str,
    *,
    through: str = "paper-session/adhoc",
    taken_within_s: float = 300.0,
) -> FlowRun:
    """Begin a fleet of these sessions."""
    table = server.folder / f"{name}.toml"
    table.write_text(TABLE + sessions, encoding="utf-8")
    asked = {"table": str(table), "deployment": through, "taken_within_s": taken_within_s}
    return begin_with(server, "fleet/fleet", asked)


def summary(server: Server, run: FlowRun, name: str) -> str:
    """Return the page a fleet leaves."""
    return str(server.artifacts(run.id)["markdown", f"paper-fleet-{name}"].data)


def test_one_refused_session_fails_its_fleet(server: Server) -> None:
    """The others run to their end; the message counts all and says why that one did not."""
    sessions = """
[[session]]
account = "fleet-good"
minutes = 0.5
speed = 5
[[session]]
account = "fleet-refused"
symbol = "NOSUCHUSDT"
"""
    run = over(server, fleet(server, "mixed", sessions))

    assert "FAILED" == run.state.type
    said = run.state.message or ""
    assert said.startswith(("1 Completed, 1 Failed; ", "1 Failed, 1 Completed; ")), said
    assert "; fleet-refused: refused (" in said
    assert "NOSUCHUSDT" in said
    told = summary(server, run, "mixed")
    assert "| fleet-good | BTCUSDT | pulse | Completed |" in told
    assert "| fleet-refused | NOSUCHUSDT | pulse | Failed |  | not known |  | refused (" in told


def test_a_cancelled_fleet_ends_every_session(server: Server) -> None:
    """What runs ends flat, with its report; what waits for a slot never begins; all is told."""
    accounts = ("ended-a", "ended-b", "ended-c")
    sessions = "".join(
        f'[[session]]\naccount = "{each}"\nminutes = 60\nspeed = 4\n' for each in accounts
    )
    begun = fleet(server, "ended", sessions)
    # Two have the slots; which two is chance.
    until(lambda: len(trading(server, accounts)) == SLOTS, 120.0, "two that trade")
    paths = trading(server, accounts)

    server.run("flow-run", "cancel", begun.id)
    run = over(server, begun)

    assert ("CANCELLED", "Cancelled") == (run.state.type, run.state.name)
    said = run.state.message or ""
    assert said.startswith("cancelled: "), said
    assert "not begun: its fleet was cancelled" in said
    # On a busy machine they may take longer than the fleet waits, and end all the same.
    ends = [over(server, each) for each in sessions_of(server, "ended")]
    assert ["CANCELLED"] * SLOTS == [each.state.type for each in ends]
    for each in paths:
        outputs = assert_sound(each)
        (stop,) = [found for found in outputs if isinstance(found, ControlApplied)]
        assert "stop" == stop.word
        last = [found for found in outputs if isinstance(found, PositionChanged)][-1]
        assert Decimal(0) == last.quantity
        assert isinstance(outputs[-1], SessionEnded)
        assert each.report.exists()
    told = summary(server, run, "ended")
    (rows,) = re.findall(r"(?s)\|---.*", told)
    assert rows.count("/report.html)") == rows.count("(stopped)")
    assert 1 == told.count("| not begun: its fleet was cancelled |")


def test_a_session_that_nobody_takes_is_called_off(server: Server) -> None:
    """Skipped, by the word that tells a late one, and its fleet is Failed: somebody has to look."""
    run = over(
        server,
        fleet(
            server,
            "idle",
            '[[session]]\naccount = "left"\n',
            through="paper-session/idle",
            taken_within_s=1,
        ),
    )

    why = "skipped (late): no worker took it within 1 s"
    assert ("FAILED", f"1 Skipped; left: {why}") == (run.state.type, run.state.message)
    (left,) = sessions_of(server, "idle")
    assert ("CANCELLED", "Skipped", why) == (left.state.type, left.state.name, left.state.message)
    assert f"| Skipped |  | not known |  | {why} |" in summary(server, run, "idle")


def trading(server: Server, accounts: Sequence[str]) -> list[SessionPaths]:
    """Return the sessions of those accounts that have filled an order."""
    beats = {each: progress(server, each) for each in accounts}
    return [session(server, each) for each, beat in beats.items() if beat and beat.fills]


def sessions_of(server: Server, name: str) -> list[FlowRun]:
    """Return the sessions of a fleet."""
    wanted = {"flow_runs": {"tags": {"all_": [f"fleet-{name}"]}}}
    return server.find("/flow_runs/filter", FlowRun, **wanted, flows=SESSIONS)
