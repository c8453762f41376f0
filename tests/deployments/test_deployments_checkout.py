"""The deploy step: this checkout, and a version that names it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from deployments.checkout import checkout


def test_it_names_this_checkout(root: Path) -> None:
    """The folder is the one the flows are in; the version begins with the project's."""
    found = checkout()

    assert Path(found["directory"]) == root
    assert (root / "flows" / "paper_session.py").is_file()
    assert found["version"].split("+")[0] == version("paper-session")


def test_the_recipe_names_no_folder_and_limits_no_deployment(root: Path) -> None:
    """prefect.yaml works in any checkout; a concurrency limit would end healthy sessions."""
    lines = (root / "prefect.yaml").read_text(encoding="utf-8").splitlines()
    said = [line.partition("#")[0] for line in lines]

    assert str(root) not in "\n".join(lines)
    assert not any("concurrency_limit" in line for line in said)
