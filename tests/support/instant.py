"""Execution without any delay: an order meets the market of the instant it is sent."""

from __future__ import annotations

from trading.config import ExecutionConfig

INSTANT = ExecutionConfig(latency_ms_min=0, latency_ms_max=0, trigger_latency_ms=0)
