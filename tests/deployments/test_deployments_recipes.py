"""Recipes and runbook say what is there: settings Prefect knows, alerts there are, deployments."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import prefect.settings
import pytest
from jinja2.sandbox import SandboxedEnvironment
from prefect.events.actions import RunDeployment
from prefect.events.schemas.events import Event, Resource

from deployments.automations.catalogue import PREFIX, Places, catalogue
from deployments.doctor import NEEDED

PLACES = Places(rescue=UUID(int=1), silence=UUID(int=2), alert=UUID(int=3))
QUIET = {"rescue", "no start", "no progress", "no end"}
"""Automations that do something, and tell nobody."""
OF_REDIS = {"PREFECT_REDIS_MESSAGING_HOST"}
"""Settings of the package for Redis, which only the containers have."""


@pytest.fixture(scope="module")
def recipes(root: Path) -> dict[str, str]:
    """Return every recipe by its name."""
    folder = root / "deployments"
    paths = [*folder.glob("systemd/*"), *folder.glob("compose/*")]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def settings_in(text: str) -> Iterator[str]:
    """Yield the names of Prefect's settings that a recipe sets, also those that are commented."""
    yield from re.findall(r"^\s*#?(PREFECT_\w+)[=:]", text, re.MULTILINE)


def test_every_setting_is_one_of_prefects(recipes: dict[str, str]) -> None:
    """A setting with a wrong name is silently none."""
    named = {name for text in recipes.values() for name in settings_in(text)}

    assert len(named) > 10
    assert [] == sorted(each for each in named - OF_REDIS if not hasattr(prefect.settings, each))


def test_nothing_secret_stands_in_a_recipe(recipes: dict[str, str]) -> None:
    """Passwords are yours to fill in; what listens does so on the loopback."""
    for text in recipes.values():
        for line in text.splitlines():
            if "AUTH_STRING" in line or "://prefect:" in line or "POSTGRES_PASSWORD:" in line:
                assert line.lstrip().startswith("#") or re.search(r"CHANGE-ME|\$\{", line), line
            if "--host 0.0.0.0" in line:
                assert "127.0.0.1:4200:4200" in text
            assert not re.search(r"^\s*ports: \[\"\d+:", line), line


def test_a_worker_is_drained_before_it_is_stopped(recipes: dict[str, str]) -> None:
    """By systemd and in a container: its signal would kill the sessions."""
    assert "deployments.local drain" in recipes["paper-worker.service"]
    assert "KillMode=mixed" in recipes["paper-worker.service"]
    assert "deployments.local drain" in recipes["Dockerfile"]
    assert "stop_grace_period" in recipes["compose.yaml"]


def test_systemd_takes_the_units(recipes: dict[str, str], tmp_path: Path) -> None:
    """Every directive and value is one it knows, and units name units that are there."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine")
    units = {name: text for name, text in recipes.items() if name.endswith(".service")}
    for name in ("python", "prefect"):
        (tmp_path / name).symlink_to(sys.executable)
    for name, text in units.items():
        here = text.replace("/srv/paper-session/.venv/bin/", f"{tmp_path}/")
        (tmp_path / name).write_text(here, encoding="utf-8")

    done = subprocess.run(
        [program, "verify", "--man=no", *(str(tmp_path / name) for name in units)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert len(units) == 3
    assert (0, "") == (done.returncode, done.stderr)


def test_the_containers_are_one_whole(recipes: dict[str, str]) -> None:
    """What is waited for and mounted is there, and Prefect is the one of the lock."""
    text = recipes["compose.yaml"]
    services = set(re.findall(r"^  (\w+):$", text.partition("\nservices:\n")[2], re.MULTILINE))
    waited = re.findall(r"^      (\w+): \{ condition:", text, re.MULTILINE)
    waited += re.findall(r"depends_on: \[(\w+), (\w+)\]", text)[0]
    kept = set(re.findall(r"^  (\w+):$", text.partition("\nvolumes:\n")[2], re.MULTILINE))

    assert {"postgres", "redis", "migrate", "server", "services", "worker"} <= services
    assert set(waited) <= services
    assert set(re.findall(r"volumes: \[\"(\w+):", text)) == kept
    assert set(re.findall(r"prefecthq/prefect:([\d.]+)-", text)) == {version("prefect")}


def test_the_runbook_knows_every_alert(root: Path) -> None:
    """Each has a row that says what it means and what to do; none is left that no longer is."""
    text = (root / "deployments" / "README.md").read_text(encoding="utf-8")
    section = text.partition("## The alert you got")[2].partition("\n| what you see")[0]
    rows = re.findall(r"^\| ([a-z ]+) \| .+ \| .+ \|$", section, re.MULTILINE)
    told = [each.name.removeprefix(PREFIX) for each in catalogue(PLACES)]

    assert sorted(set(told) - QUIET) == sorted(set(rows) - {"alert"})


def test_the_doctor_asks_for_what_is_declared(root: Path) -> None:
    """Every deployment it misses would be deployed by ``prefect deploy --all``."""
    text = (root / "prefect.yaml").read_text(encoding="utf-8")
    declared = re.findall(r"^  - name: (\S+)$", text, re.MULTILINE)

    assert NEEDED <= set(declared)


@pytest.mark.parametrize("notify", [None, UUID(int=1)])
def test_every_alert_is_kept_and_told_once(notify: UUID | None) -> None:
    """One line of the file each, and one notification where a block is named; nothing of Cloud."""
    made = catalogue(replace(PLACES, notify=notify))
    for each in made:
        kinds = [action.type for action in each.actions]
        is_told = each.name.removeprefix(PREFIX) not in {*QUIET, "alert failed"}

        assert kinds.count("send-notification") == (1 if notify and is_told else 0)
        assert kinds.count("run-deployment") == 1
        assert set(kinds) <= {"send-notification", "run-deployment"}
    assert len({each.name for each in made}) == len(made)


def test_what_runs_a_deployment_needs_no_filter_of_prefects() -> None:
    """A server that has sent no notification yet does not know them: the action would fail.

    So it was with the link to the run, and without a notification block no alert was ever kept.
    """
    run = {
        "prefect.resource.id": f"prefect.flow-run.{UUID(int=9)}",
        "prefect.resource.name": "BTCUSDT pulse hourly",
        "prefect.state-name": "Crashed",
        "prefect.state-message": "zombie: gone",
    }
    event = Event(event="prefect.flow-run.Crashed", resource=Resource(run), id=UUID(int=7))
    told = {}
    for automation in catalogue(PLACES):
        for action in automation.actions:
            assert isinstance(action, RunDeployment)
            for name, value in (action.parameters or {}).items():
                if isinstance(value, dict):
                    template = SandboxedEnvironment().from_string(value["template"])
                    told[automation.name.removeprefix(PREFIX), name] = template.render(event=event)

    assert told["zombie", "text"] == "BTCUSDT pulse hourly: Crashed, zombie: gone"
    for name, parameter in (("zombie", "run_id"), ("rescue", "flow_run_id")):
        assert told[name, parameter] == str(UUID(int=9))
    assert told["no worker", "text"] == "prefect.flow-run.Crashed BTCUSDT pulse hourly"
