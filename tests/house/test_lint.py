"""Linters, types and import contracts as tests, so that `pytest` alone tells the truth."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGES = ("flows", "tasks", "trading", "reports", "deployments")
TOOL_TIMEOUT_S = 300


class Outcome(NamedTuple):
    """What a tool answered."""

    code: int
    output: str


def run(*command: str, cwd: Path) -> Outcome:
    """Run a tool in a folder and return its exit code and all it said."""
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TOOL_TIMEOUT_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def lint_imports() -> str:
    """Return the path of the import-linter of this very environment."""
    found = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.fail("lint-imports is not beside this Python: run `make env`")
    return found


@pytest.mark.timeout(TOOL_TIMEOUT_S)
@pytest.mark.parametrize(
    "tool",
    [
        pytest.param(("ruff", "check"), id="ruff-check"),
        pytest.param(("ruff", "format", "--check"), id="ruff-format"),
        pytest.param(("mypy",), id="mypy"),
    ],
)
def test_the_code_is_clean(tool: tuple[str, ...], root: Path) -> None:
    """The tool finds nothing to object to in packages and tests."""
    outcome = run(sys.executable, "-m", *tool, cwd=root)

    assert outcome.code == 0, outcome.output


def test_imports_run_one_way(root: Path) -> None:
    """Every import contract of pyproject.toml is kept."""
    outcome = run(lint_imports(), "--no-logo", cwd=root)

    assert outcome.code == 0, outcome.output


# For each contract, one import that must break it: (the module it is planted in, the line).
FORBIDDEN = {
    "rooms": ("reports/__init__.py", "import tasks"),
    "trading": ("trading/model/__init__.py", "import trading.engine"),
    "prefect": ("trading/errors.py", "import prefect"),
    "core": ("trading/market/__init__.py", "import time"),
    "light-session": ("trading/journal/__init__.py", "import pandas"),
    "rendering": ("trading/session/__init__.py", "import jinja2"),
}


def test_every_contract_is_tried(root: Path) -> None:
    """There is one forbidden import for each contract of pyproject.toml, and none for others."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {contract["id"] for contract in contracts["tool"]["importlinter"]["contracts"]}

    assert declared == set(FORBIDDEN)


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(contract: str, root: Path, tmp_path: Path) -> None:
    """One forbidden import, planted in a copy of the packages, is found and named."""
    module, line = FORBIDDEN[contract]
    shutil.copy(root / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(root / package, tmp_path / package)
    with (tmp_path / module).open("a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")

    outcome = run(lint_imports(), "--no-logo", "--no-cache", "--contract", contract, cwd=tmp_path)

    assert outcome.code == 1, outcome.output
    assert "BROKEN" in outcome.output
    imported = line.removeprefix("import ")
    assert f"-> {imported}" in outcome.output, outcome.output
