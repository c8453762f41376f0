"""Prefect flows: when a paper session runs, and whether again; what it does is in `trading`."""

import gc
import os

# Prefect counts its users while it is imported, so this must be said before: here, and only here.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

# Prefect's import alone makes half a million objects, and all of them stay: looking again and
# again for what of them is garbage would take an eighth of a command's start.
gc.set_threshold(100_000, 20, 20)
