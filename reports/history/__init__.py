"""All sessions of all accounts in one place, to be asked in SQL (DuckDB).

A copy for questions, never the truth: the journals are, and ``python -m reports.history rebuild``
makes it anew from them.
"""
