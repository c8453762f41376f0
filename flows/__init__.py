"""Prefect flows: when a paper session runs, and whether again; what it does is in `trading`."""
