"""What is installed, built and locked is this checkout, and nothing else."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import entry_points, packages_distributions, version
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PACKAGES = ("flows", "tasks", "trading", "reports", "deployments")
OWN = frozenset((*PACKAGES, "tests"))
TOOL_TIMEOUT_S = 120


class Declared(NamedTuple):
    """The ranges pyproject.toml asks for."""

    runtime: list[Requirement]
    dev: list[Requirement]
    build: list[Requirement]


class Locked(NamedTuple):
    """One line of requirements.lock."""

    requirement: Requirement
    hashes: list[str]

    @property
    def version(self) -> Version:
        """The one version this line allows."""
        (pin,) = self.requirement.specifier
        return Version(pin.version)


class _Project(TypedDict):
    dependencies: list[str]


_PyProject = TypedDict(
    "_PyProject",
    {
        "project": _Project,
        "dependency-groups": dict[str, list[str]],
        "build-system": dict[str, list[str]],
    },
)


@pytest.fixture(scope="module")
def declared(root: Path) -> Declared:
    """Read pyproject.toml's ranges."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    table = cast("_PyProject", tomllib.loads(text))
    return Declared(
        runtime=[Requirement(line) for line in table["project"]["dependencies"]],
        dev=[Requirement(line) for line in table["dependency-groups"]["dev"]],
        build=[Requirement(line) for line in table["build-system"]["requires"]],
    )


def parse_lock(text: str) -> Iterator[Locked]:
    """Yield each requirement of a lock with its hashes; every line must belong to one."""
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", entry)
        yield Locked(Requirement(requirement), hashes)


@pytest.fixture(scope="module")
def locked(root: Path) -> dict[str, list[Locked]]:
    """Read the lock: name to its entries (more than one where a marker tells them apart)."""
    entries: dict[str, list[Locked]] = defaultdict(list)
    for entry in parse_lock((root / "requirements.lock").read_text(encoding="utf-8")):
        entries[canonicalize_name(entry.requirement.name)].append(entry)
    return dict(entries)


def modules(folder: Path) -> list[Path]:
    """Return every module under a folder."""
    return sorted(folder.rglob("*.py"))


# --- The checkout is what is imported ----------------------------------------------------------


def test_the_names_are_ours_wherever_python_starts(root: Path, tmp_path: Path) -> None:
    """All five packages come from this checkout, even for a Python started somewhere else."""
    code = (
        "import importlib.util, json\n"
        f"print(json.dumps([importlib.util.find_spec(name).origin for name in {PACKAGES}]))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=TOOL_TIMEOUT_S,
        check=True,
    )

    expected = [str(root / name / "__init__.py") for name in PACKAGES]
    assert expected == json.loads(answer.stdout)


def test_no_flow_file_hides_another_module(root: Path) -> None:
    """No file in flows/ has the name of a package of ours or of the standard library.

    Prefect puts the folder of a file entrypoint first on `sys.path`: flows/reports.py would then
    *be* `reports`.
    """
    hiding = {path.stem for path in (root / "flows").glob("*.py")} & (OWN | sys.stdlib_module_names)

    assert set() == hiding


def test_tests_are_no_package(root: Path) -> None:
    """No __init__.py stands under tests/, where tests/trading would become `trading`."""
    assert [] == list((root / "tests").rglob("__init__.py"))


def test_every_folder_of_ours_is_a_package(root: Path) -> None:
    """Each folder that holds modules has an __init__.py: none is a namespace by accident."""
    folders = {path.parent for package in PACKAGES for path in modules(root / package)}

    assert [] == sorted(str(path) for path in folders if not (path / "__init__.py").is_file())


def test_every_registered_strategy_can_be_loaded() -> None:
    """Each entry point of the installed project names a class that exists."""
    found = {point.name: point for point in entry_points(group="paper_session.strategies")}

    assert {"hold", "pulse", "random", "sma_cross"} <= set(found)
    assert all(isinstance(point.load(), type) for point in found.values())


# --- The wheel ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """Build the wheel offline: with the tools at hand, in no environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TOOL_TIMEOUT_S,
        check=False,
    )
    assert built.returncode == 0, built.stdout
    (path,) = folder.glob("*.whl")
    return zipfile.Path(path)


def names(wheel: zipfile.Path) -> set[str]:
    """Return the path of every file in a wheel."""
    return set(wheel.root.namelist())


def test_the_wheel_holds_the_five_packages_only(wheel: zipfile.Path) -> None:
    """Nothing but the packages and the wheel's own metadata is installed for a user."""
    top_level = {name.split("/")[0] for name in names(wheel)}

    assert {*PACKAGES} == {name for name in top_level if not name.endswith(".dist-info")}


def test_the_wheel_holds_every_module_and_template(wheel: zipfile.Path, root: Path) -> None:
    """Every module, and every file beside the modules, reaches the user."""
    files = {
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    templates = {name for name in files if name.startswith("reports/templates/")}

    assert set() == files - names(wheel)
    assert templates, "reports/templates/ is empty or has moved"


# --- The lock ----------------------------------------------------------------------------------


def test_the_lock_names_versions_and_hashes_only(root: Path) -> None:
    """Every line of the lock is `name==version`, a marker perhaps, and at least one hash."""
    lines = list(parse_lock((root / "requirements.lock").read_text(encoding="utf-8")))

    assert [] == [
        str(line.requirement)
        for line in lines
        if [pin.operator for pin in line.requirement.specifier] != ["=="]
        or line.requirement.url is not None
        or not line.hashes
        or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in line.hashes)
    ]
    assert "prefect" in {line.requirement.name for line in lines}


def test_the_lock_names_no_place(root: Path) -> None:
    """The lock does not say from where a file is to be fetched: the hash says which one it is."""
    text = (root / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in text
    assert {"--hash"} == set(re.findall(r"(?<!\S)--[a-z-]+", text))


@pytest.mark.parametrize(
    "line", ["--pre", "-e .", "./wheels/prefect.whl", "prefect==3.8.8 \\\n  x"]
)
def test_a_line_that_is_no_requirement_is_no_lock(line: str) -> None:
    """An option, a path or a broken line is refused, not skipped."""
    with pytest.raises(InvalidRequirement):
        list(parse_lock(line))


def test_the_lock_keeps_to_the_ranges(declared: Declared, locked: dict[str, list[Locked]]) -> None:
    """Everything pyproject.toml asks for is in the lock, in a version it allows."""
    wanted = [*declared.runtime, *declared.dev, *declared.build]

    assert [] == [str(want) for want in wanted if canonicalize_name(want.name) not in locked]
    assert [] == [
        f"{want}, but locked is {entry.version}"
        for want in wanted
        for entry in locked[canonicalize_name(want.name)]
        if entry.version not in want.specifier
    ]


def test_the_environment_is_the_lock(locked: dict[str, list[Locked]]) -> None:
    """What is installed here is what is locked: if not, `make env`."""
    expected = {
        name: str(entry.version)
        for name, entries in locked.items()
        for entry in entries
        if entry.requirement.marker is None or entry.requirement.marker.evaluate()
    }

    assert expected == {name: version(name) for name in expected}


# --- What is imported is declared --------------------------------------------------------------


def imported(source: str) -> set[str]:
    """Return the top-level name of everything a module imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("room", [*PACKAGES, "tests"])
def test_what_is_imported_is_declared(room: str, root: Path, declared: Declared) -> None:
    """A room imports the standard library, ours, and what pyproject.toml declares for it."""
    allowed = [*declared.runtime, *(declared.dev if room == "tests" else [])]
    allowed_names = {canonicalize_name(requirement.name) for requirement in allowed}
    providers = packages_distributions()

    foreign = {
        name
        for path in modules(root / room)
        for name in imported(path.read_text(encoding="utf-8"))
        if name not in sys.stdlib_module_names and name not in OWN
    }

    assert set() == {
        name
        for name in foreign
        if not allowed_names & {canonicalize_name(each) for each in providers.get(name, [])}
    }
