"""The policy file: read within a second, never longer in force than it was written for."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.live import BRISK, Lab, assert_sound, busy, in_lab, when
from trading.config import RiskConfig
from trading.io.clock import SessionClock
from trading.model.events import IntentRefused, OrderFilled, PolicyTaken
from trading.model.numbers import NS_PER_S
from trading.model.orders import OrderRole
from trading.session.__main__ import main
from trading.session.heartbeat import Progress
from trading.session.policy_file import heard, policy_path, stamp_of
from trading.session.supervise import supervise

D = Decimal
NOW_S = 1_790_000_000
CLOCK = SessionClock(anchor_monotonic_ns=0, anchor_unix_ns=0, speed=20.0)
GOOD = (
    '{"allow":true,"who":"ada","reason":"quiet","ttl_s":60,"written_s":1790000000,'
    '"size_multiplier":0.5}'
)


def read(path: Path, text: str, now_s: float) -> tuple[bool, float, float]:
    """Write a file and hear it: allowed, size, and real seconds left."""
    path.write_text(text)
    policy = heard(path, CLOCK, round(now_s * NS_PER_S))
    assert policy is not None
    return (
        policy.allow,
        policy.size_multiplier,
        (policy.expires_ns - policy.received_ns) / NS_PER_S / CLOCK.speed,
    )


def test_its_end_counts_from_when_it_was_written(tmp_path: Path) -> None:
    """Read late it has less left, hurried session or not; from the future, no more than it says."""
    path = tmp_path / "policy.json"

    assert (True, 0.5, 60.0) == read(path, GOOD, NOW_S)
    assert (True, 0.5, 15.0) == read(path, GOOD, NOW_S + 45)
    assert (True, 0.5, -40.0) == read(path, GOOD, NOW_S + 100)
    assert (True, 0.5, 60.0) == read(path, GOOD, NOW_S - 500)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "yes",
        GOOD.replace("0.5", "1.5"),
        GOOD.replace("0.5", "-0.1"),
        GOOD.replace("0.5", "NaN"),
        GOOD.replace("60", "1e9"),
        GOOD.replace("60", "0"),
        GOOD.replace('"ada"', '" "'),
        GOOD.replace('"quiet"', "null"),
        GOOD.replace('"allow"', '"alow"'),
        GOOD.replace("true", '"yes"'),
    ],
)
def test_what_cannot_be_read_permits_nothing(tmp_path: Path, text: str) -> None:
    """Half a file, an unknown word, a number that would raise risk: no entries."""
    assert (False, 0.0, 0.0) == read(tmp_path / "policy.json", text, NOW_S)


def test_no_file_is_no_word(tmp_path: Path) -> None:
    """An account without an adviser is not held back by one."""
    assert heard(tmp_path / "policy.json", CLOCK, NOW_S) is None
    assert stamp_of(tmp_path / "policy.json") is None


def test_the_command_writes_shows_and_removes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who and why are needed; what is not there is said so."""
    here = ["--account", "lab", "--var-dir", str(tmp_path)]
    said = ["--by", "ada", "--reason", "thin book", "--ttl-s", "90", "--size-multiplier", "0.25"]

    assert 1 == main(["policy", "show", *here])
    assert 2 == main(["policy", "set", *here])
    assert 2 == main(["policy", "set", *here, *said, "--size-multiplier", "2"])
    assert "only lower risk" in capsys.readouterr().err
    assert 0 == main(["policy", "set", *here, *said])
    assert 0 == main(["policy", "show", *here])
    shown = capsys.readouterr().out
    assert '"size_multiplier":0.25' in shown
    assert "in force for 90 s" in shown or "in force for 89 s" in shown
    assert 0 == main(["policy", "remove", *here])
    assert 1 == main(["policy", "remove", *here])
    assert not policy_path(tmp_path, "lab").exists()


def test_a_running_session_hears_it_at_once(tmp_path: Path) -> None:
    """Required from the start, denied in the middle: entries only between, all on record."""

    async def story(lab: Lab) -> None:
        here = ["--account", "lab", "--var-dir", str(lab.var_dir), "--by", "ada", "--reason", "x"]
        config = busy(6.0, risk=RiskConfig(entry_interval_s=0, policy_required=True))
        plan = await lab.plan(config)
        beats: list[Progress] = []
        session = asyncio.create_task(
            supervise(plan.paths, attempt=1, on_progress=beats.append, patience=BRISK)
        )
        await when(beats, lambda beat: beat.elapsed_s > 40)
        assert 0 == main(["policy", "set", *here])
        await when(beats, lambda beat: beat.fills > 0)
        assert 0 == main(["policy", "set", *here, "--deny"])
        await session

        found = assert_sound(plan.paths)
        allowed, denied = (o.at_ns for o in found if isinstance(o, PolicyTaken))
        entries = [
            o.at_ns for o in found if isinstance(o, OrderFilled) and o.role is OrderRole.ENTRY
        ]
        assert entries
        assert allowed < min(entries)
        assert max(entries) < denied + 2 * NS_PER_S, "an order in flight arrives; no other is sent"
        assert {"policy"} == {
            o.rule for o in found if isinstance(o, IntentRefused) and o.at_ns > denied
        }

    in_lab(tmp_path, story)
