"""How the paper venue treats orders: a preset, and single settings in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import get_args

from trading.config.checks import FORM, Bounds, check_choice, check_number
from trading.errors import ConfigError
from trading.model.presets import (
    PRESETS,
    Assumptions,
    BarOrder,
    MakerModelName,
    Preset,
    TakerModelName,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionConfig:
    """How the paper venue treats orders: a preset, and what is set otherwise. Times: session time.

    A field that is empty (None) is the preset's; what is set here overrides it.
    """

    __pydantic_config__ = FORM

    preset: Preset = "neutral"
    """All assumptions about fills and latency at once; trading/README.md shows the three."""
    taker_fee_bps: float = 6.0
    """Fee of a fill that took liquidity, of its notional."""
    maker_fee_bps: float = 2.0
    """Fee of a fill that rested in the book, of its notional."""
    market_protection_bps: float = 200.0
    """A market order takes no level further than this from the best one."""
    settlement_pause_ms: float = 0.0
    """How long matching stands still after a funding settlement."""
    shrinking_keeps_place: bool = False
    """Whether an order amended to a smaller quantity keeps its place in the queue, as at Bybit."""
    taker_model: TakerModelName | None = None
    """What a taker pays: the book's levels, or a formula even where a book is shown."""
    maker_model: MakerModelName | None = None
    """What fills a resting order: a queue, or one of its two bounds."""
    queue_power: float | None = None
    """Exponent n of the probability queue; only maker_model "power" has one."""
    half_spread_bps: float | None = None
    """Paid by takers where no book is shown."""
    impact_y: float | None = None
    """Factor Y of the square-root impact, where no book is shown."""
    impact_bps_max: float | None = None
    """No square-root impact is larger than this."""
    bar_volume_share_max: float | None = None
    """Share of a bar's volume that can be had of it; the rest is unfillable."""
    bar_order: BarOrder | None = None
    """Which comes first where a bar holds stop and target and nothing finer is known."""
    feed_latency_ms: float | None = None
    """Median by which the venue is ahead of what a decision saw."""
    entry_latency_ms: float | None = None
    """Median from decision to an order's arrival."""
    cancel_latency_ms: float | None = None
    """Median from decision to a cancel's arrival."""
    response_latency_ms: float | None = None
    """Median from an event at the venue to our knowing of it."""
    trigger_latency_ms: float | None = None
    """From a stop's trigger to its meeting the book, inside the venue; a constant."""
    latency_sigma: float | None = None
    """Spread of the legs' lognormal bodies; 0: every draw is the median."""
    latency_tail_share: float | None = None
    """Share of draws out of the slow tail."""
    latency_tail_from_ms: float | None = None
    """Where the tail begins."""
    latency_tail_alpha: float | None = None
    """Exponent of the tail; the smaller, the longer."""
    latency_most_ms: float | None = None
    """No leg takes longer."""
    latency_ms_min: float | None = None
    """With latency_ms_max: a uniform draw from decision to arrival, in place of the legs."""
    latency_ms_max: float | None = None
    """The other bound; equal bounds make it a constant."""
    answer_lost_share: float | None = None
    """Share of orders and cancels whose answer is lost: their status must be asked for."""
    answer_timeout_ms: float | None = None
    """How long an answer is waited for before the status is asked."""

    def __post_init__(self) -> None:
        """Check every field that is set, and the latency bounds against each other."""
        check_choice("preset", self.preset, tuple(PRESETS))
        for name, choices in _EXECUTION_CHOICES.items():
            if getattr(self, name) is not None:
                check_choice(name, getattr(self, name), choices)
        for name, bounds in _EXECUTION_BOUNDS.items():
            value = getattr(self, name)
            if value is not None or name in _EXECUTION_ALWAYS:
                check_number(name, value, **bounds)
        least, most = self.latency_ms_min, self.latency_ms_max
        if (least is None) != (most is None):
            raise ConfigError(
                "latency_ms_min" if least is None else "latency_ms_max",
                None,
                "a number where the other bound is set",
                "set both bounds, or neither",
            )
        if least is not None and most is not None and least > most:
            raise ConfigError(
                "latency_ms_min", least, f"at most latency_ms_max ({most:g})", "swap the two"
            )
        self._refuse_idle()

    def _refuse_idle(self) -> None:
        """Refuse a field that is set and that the chosen models never look at."""
        chosen = self.assumptions
        idle: dict[str, str] = {}
        if self.latency_ms_min is not None:
            idle |= dict.fromkeys(_LEGS, "empty where latency_ms_min and latency_ms_max are set")
        if chosen.maker_model != "power":
            idle["queue_power"] = 'empty unless maker_model is "power"'
        if chosen.taker_model == "linear":
            idle |= dict.fromkeys(
                ("impact_y", "impact_bps_max"), 'empty where taker_model is "linear"'
            )
        for name, needed in idle.items():
            if getattr(self, name) is not None:
                raise ConfigError(
                    name, getattr(self, name), needed, "it would do nothing: empty one"
                )

    @property
    def assumptions(self) -> Assumptions:
        """The preset, with what is set here in its place."""
        names = [each.name for each in fields(Assumptions)]
        set_here = {name: getattr(self, name) for name in names}
        chosen = {name: value for name, value in set_here.items() if value is not None}
        return replace(PRESETS[self.preset], **chosen)


_EXECUTION_ALWAYS = frozenset(
    {"taker_fee_bps", "maker_fee_bps", "market_protection_bps", "settlement_pause_ms"}
)
_LEGS = (
    "feed_latency_ms",
    "entry_latency_ms",
    "cancel_latency_ms",
    "response_latency_ms",
    "latency_sigma",
    "latency_tail_share",
    "latency_tail_from_ms",
    "latency_tail_alpha",
    "latency_most_ms",
)
_EXECUTION_CHOICES: Mapping[str, tuple[str, ...]] = {
    "taker_model": get_args(TakerModelName),
    "maker_model": get_args(MakerModelName),
    "bar_order": get_args(BarOrder),
}
_MS: Bounds = {"least": 0, "most": 60_000}
_FEE_BPS: Bounds = {"least": 0, "most": 1_000}
_SHARE: Bounds = {"least": 0, "most": 1}
_EXECUTION_BOUNDS: Mapping[str, Bounds] = {
    "taker_fee_bps": _FEE_BPS,
    "maker_fee_bps": _FEE_BPS,
    "market_protection_bps": {"above": 0, "most": 10_000},
    "settlement_pause_ms": _MS,
    "queue_power": {"above": 0, "most": 20},
    "half_spread_bps": _FEE_BPS,
    "impact_y": {"least": 0, "most": 100},
    "impact_bps_max": {"least": 0, "most": 10_000},
    "bar_volume_share_max": {"above": 0, "most": 1},
    "feed_latency_ms": _MS,
    "entry_latency_ms": _MS,
    "cancel_latency_ms": _MS,
    "response_latency_ms": _MS,
    "trigger_latency_ms": _MS,
    "latency_sigma": {"least": 0, "most": 3},
    "latency_tail_share": {"least": 0, "most": 0.5},
    "latency_tail_from_ms": {"above": 0, "most": 60_000},
    "latency_tail_alpha": {"above": 0, "most": 10},
    "latency_most_ms": {"above": 0, "most": 60_000},
    "latency_ms_min": _MS,
    "latency_ms_max": _MS,
    "answer_lost_share": _SHARE,
    "answer_timeout_ms": {"above": 0, "most": 60_000},
}
