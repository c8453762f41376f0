"""How a run executes: its taker, maker and latency models, chosen by the config alone.

The one place where a name in the config becomes a model. Engine and broker know the faces only,
so the same orders run under another preset by one value.
"""

from __future__ import annotations

from dataclasses import dataclass

from trading.broker.answers import Answers
from trading.broker.latency import LatencyModel, latency_of
from trading.broker.queues import MakerModel, maker_of
from trading.broker.takers import TakerModel, taker_of
from trading.config import ExecutionConfig
from trading.model.presets import Assumptions


@dataclass(frozen=True, slots=True)
class Execution:
    """Everything the broker assumes about the market and the way to it."""

    assumed: Assumptions
    taker: TakerModel
    maker: MakerModel
    latency: LatencyModel
    answers: Answers

    @classmethod
    def of(cls, config: ExecutionConfig, seed: int) -> Execution:
        """Build the models; every stream of chance comes from the session's seed."""
        assumed = config.assumptions
        latency = latency_of(config, seed)
        answers = Answers(assumed, latency, seed)
        return cls(assumed, taker_of(assumed), maker_of(assumed), latency, answers)
