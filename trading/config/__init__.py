"""What a session is asked to do: frozen, validated values.

``SessionConfig`` is the flow's parameter and so Prefect's form; it is stored in the journal with
its hash. Every field has its unit in its name, one default, and one place where it is checked:
here. A value that is wrong is refused with its name, what was expected and the remedy.
"""

from trading.config.checks import (
    check_choice,
    check_kind,
    check_number,
    check_whole,
    normalise_symbol,
)
from trading.config.exchange import ExchangeConfig, Market
from trading.config.execution import ExecutionConfig
from trading.config.feed import FeedConfig
from trading.config.limits import LimitsConfig
from trading.config.risk import RiskConfig
from trading.config.session import (
    INTERVALS,
    MINUTES_MOST,
    AnySource,
    EndPolicy,
    MarginModeName,
    PositionModeName,
    SessionConfig,
    SessionSettings,
    Source,
)

__all__ = [
    "INTERVALS",
    "MINUTES_MOST",
    "AnySource",
    "EndPolicy",
    "ExchangeConfig",
    "ExecutionConfig",
    "FeedConfig",
    "LimitsConfig",
    "MarginModeName",
    "Market",
    "PositionModeName",
    "RiskConfig",
    "SessionConfig",
    "SessionSettings",
    "Source",
    "check_choice",
    "check_kind",
    "check_number",
    "check_whole",
    "normalise_symbol",
]
