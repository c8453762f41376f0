"""The embedded exchange of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trading.config.checks import FORM, check_choice, check_kind, check_whole
from trading.errors import ConfigError
from trading.model.fault_script import parse_script

Market = Literal["synthetic", "recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConfig:
    """The embedded exchange behind ``source="embedded"``; ignored by real venues' sessions."""

    __pydantic_config__ = FORM

    market: Market = "synthetic"
    """Made from ``market_seed``, or played from ``tape``."""
    tape: str = ""
    """Path of a recording, for ``market="recorded"``."""
    market_seed: int = 7
    """Seed of the synthetic market; the session's own ``seed`` does not change the market."""
    faults: str = ""
    """Fault script: what shall go wrong, and when (connection:2+10s drop); or @FILE with one."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_choice("market", self.market, ("synthetic", "recorded"))
        check_whole("market_seed", self.market_seed, least=0, most=2**63 - 1)
        check_kind("exchange.tape", self.tape, str, "a path")
        check_kind("exchange.faults", self.faults, str, "a fault script")
        if not self.faults.startswith("@"):
            parse_script(self.faults)
        if self.market == "recorded" and not self.tape:
            raise ConfigError(
                "exchange.tape",
                self.tape,
                "the path of a recording",
                'name one, or use market="synthetic"',
            )
