"""The live process and its supervisor: the thin shell around the pure core.

Holds no rule of trading. Knows sockets, files, processes and signals; knows no Prefect.
"""
