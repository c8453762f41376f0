"""The truth of a session: one SQLite file with every input and every output, hash-chained.

Everything people see is a fold over it, and ``verify`` re-runs it. Knows the engine and the
venues' codecs; knows no socket, no Prefect and no report.
"""
