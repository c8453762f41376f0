"""``Engine.step(event) -> tuple[Output, ...]``: pure, deterministic, its state's only writer."""

from trading.engine.engine import Engine
from trading.engine.setup import EngineSetup

__all__ = ["Engine", "EngineSetup"]
