"""Faults on demand: what a script's faults do to pushes, replies and connections."""

from trading.exchange.faults.faulty import Faulty

__all__ = ["Faulty"]
