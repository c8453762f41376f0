"""Three sets of assumptions about the market and the way to it, by one name each.

``neutral`` is what the measurements say, ``optimistic`` and ``pessimistic`` are bounds around it:
a result that holds only in the optimistic one is none. Fees are facts of the venue and the same in
all three. ``trading/README.md`` shows the table; a test holds that it says what is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Preset = Literal["neutral", "pessimistic", "optimistic"]
TakerModelName = Literal["book_walk", "square_root", "linear"]
MakerModelName = Literal["risk_averse", "power", "trade_through", "touch"]
BarOrder = Literal["worst_first", "best_first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a run assumes about fills and times: no field is open.

    Defaults are the neutral preset. What each means is said at ``ExecutionConfig``'s field of the
    same name.
    """

    taker_model: TakerModelName = "book_walk"
    maker_model: MakerModelName = "risk_averse"
    queue_power: float = 3.0
    half_spread_bps: float = 1.0
    impact_y: float = 1.0
    impact_bps_max: float = 100.0
    bar_volume_share_max: float = 0.1
    bar_order: BarOrder = "worst_first"
    feed_latency_ms: float = 5.0
    entry_latency_ms: float = 60.0
    cancel_latency_ms: float = 60.0
    response_latency_ms: float = 60.0
    trigger_latency_ms: float = 10.0
    latency_sigma: float = 0.5
    latency_tail_share: float = 0.01
    latency_tail_from_ms: float = 250.0
    latency_tail_alpha: float = 1.5
    latency_most_ms: float = 5_000.0
    answer_lost_share: float = 0.0
    answer_timeout_ms: float = 1_000.0


PRESETS: Final = MappingProxyType[Preset, Assumptions](
    {
        "optimistic": Assumptions(
            maker_model="touch",
            half_spread_bps=0.5,
            impact_y=0.5,
            bar_order="best_first",
            feed_latency_ms=2.0,
            entry_latency_ms=20.0,
            cancel_latency_ms=20.0,
            response_latency_ms=20.0,
            trigger_latency_ms=5.0,
            latency_tail_share=0.0,
        ),
        "neutral": Assumptions(),
        "pessimistic": Assumptions(
            maker_model="trade_through",
            half_spread_bps=2.0,
            impact_y=1.5,
            impact_bps_max=200.0,
            bar_volume_share_max=0.05,
            feed_latency_ms=15.0,
            entry_latency_ms=180.0,
            cancel_latency_ms=180.0,
            response_latency_ms=180.0,
            trigger_latency_ms=30.0,
            latency_tail_share=0.03,
            answer_lost_share=0.003,
        ),
    }
)
"""From the most generous to the most severe."""
