"""Every reason for which an intent may be refused: its code, and what it means.

The codes are what ``IntentRefused.rule`` and the reasons of ``EntriesSuspended`` begin with, what
the funnel counts by, and what a policy's author may build on: they do not change their meaning.
"""

from __future__ import annotations

from typing import Final

DECISIONS: Final[dict[str, str]] = {
    # The session and its feed
    "warm_up": "too few contiguous bars for the strategy's look-back",
    "stale_feed": "a channel has not been heard for too long",
    "funding_unknown": "the venue has not said when it settles next",
    "session_ending": "the session is ending",
    "session_end": "the session is about to end",
    "paused": "a person paused entries, or had everything closed",
    "left": "the supervisor is gone; the session waits to be resumed",
    "strategy_failed": "the strategy failed too often in a row",
    # What the account may still do
    "daily_loss": "the day has lost what a day may",
    "drawdown": "the account has fallen too far below its peak",
    "losses_in_a_row": "too many losses in a row",
    "failures_in_a_row": "too many sessions in a row broke off",
    "errors": "too many orders rejected, or strategy failures, in an hour",
    "orders_per_min": "too many orders within a minute",
    "cooldown": "the rest after a stop is not over",
    "entry_interval": "the last entry is too recent",
    "settlement": "a funding settlement is too near",
    "blackout": "a time of day to stay out",
    "policy": "an outside supervisor does not permit it",
    "funding_rate": "the next settlement would cost too much",
    # The wish itself
    "position_side": "it names no position that this account's mode has, or not which",
    "one_position": "there is a position, or an entry under way",
    "unknown": "price, equity or exposure is not known",
    "no_equity": "the account is spent",
    "no_index": "the feed tells no index price to be triggered by",
    "bad_price": "a price is no number, or out of any range",
    "wrong_side": "stop or target lies on the wrong side",
    "stop_in_spread": "the stop lies within the spread",
    "stop_beyond_liquidation": "the venue would liquidate before the stop is reached",
    "reward_below_costs": "the target pays less than its fees",
    "below_minimum": "what may be risked buys less than the venue's least order",
    "unknown_order": "there is no such order, or not any more",
    "raises_quantity": "a change may only lower a quantity",
    "widens_stop": "a stop may only move towards the market",
}
"""Meaning by code."""
