"""Prefect flows: when a paper session runs, and whether again; what it does is in `trading`."""

import os

# Prefect counts its users while it is imported, so this must be said before: here, and only here.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
