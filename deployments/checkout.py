"""A step of ``prefect deploy``: where this checkout is, and which version of it is deployed.

Prefect runs it on the machine that deploys, so ``prefect.yaml`` names no folder of anybody's.
"""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

GIT_TIMEOUT_S = 10.0


def checkout() -> dict[str, str]:
    """Return the checkout's folder and version: the project's, and git's if there is one."""
    root = Path(__file__).resolve().parent.parent
    return {"directory": str(root), "version": "+".join(filter(None, (_project(), _commit(root))))}


def _project() -> str:
    return version("paper-session")


def _commit(root: Path) -> str:
    """Return the commit, ``-dirty`` if the files differ from it; empty outside of git."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = subprocess.run(
        [git, "describe", "--always", "--dirty", "--exclude=*"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        timeout=GIT_TIMEOUT_S,
        check=False,
    )
    return asked.stdout.strip()
