"""What Bitunix's error codes mean, and who must act: one table, as data.

Business errors come with HTTP 200. Source: Bitunix docs "Error code" and the vendor's demos;
codes 1, 404, 10008 and 20015 as captured in 2026-09, code 2 as an older client saw it.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

from trading.errors import CallerVenueError, FatalVenueError, TransientVenueError, VenueError


class Act(Enum):
    """Who must act on an error: the class it is raised as, and the remedy it is told with."""

    RETRY = (
        TransientVenueError,
        "it is tried again for a while; if it stays, the venue is down or refuses this network",
    )
    STOP = (
        FatalVenueError,
        "trying again cannot help; settle it with the venue",
    )
    MEND = (
        CallerVenueError,
        "the request is wrong; check symbol and settings against the venue's trading pairs",
    )

    def __init__(self, error: type[VenueError], remedy: str) -> None:
        """Name the two parts of the value."""
        self.error = error
        self.remedy = remedy


class Meaning(NamedTuple):
    """One error code."""

    act: Act
    text: str


_RETRY = {
    1: "network error, also seen for a missing parameter",
    2: "system error, also seen for an unknown symbol",
    10001: "network error",
    10005: "too many requests",
    10006: "requesting too frequently",
}
_STOP = {
    403: "the API key lacks permission",
    10003: "the API key is empty",
    10004: "this address is not on the key's list",
    10007: "bad signature",
    20011: "the account may not trade",
    20013: "the account's deletion is pending",
    20014: "the account is deleted",
    30040: "futures trading is prohibited for this user",
}
_MEND = {
    404: "path not found",
    10002: "parameter error",
    10008: "a value that is not in the allowed list",
    20001: "market does not exist",
    20002: "over the largest open position",
    20003: "insufficient balance",
    20004: "insufficient trader",
    20005: "invalid leverage",
    20006: "leverage and margin mode are locked by open orders",
    20007: "order not found",
    20008: "insufficient amount",
    20009: "position mode is locked by a position",
    20010: "coupon activation failed",
    20012: "futures not tradable",
    20015: "futures not supported: an unknown, delisted or untraded symbol",
    20016: "batch over its largest size",
    30001: "the order may liquidate at once",
    30002: "below the liquidation price",
    30003: "above the liquidation price",
    30004: "no such position",
    30005: "trigger too near the current price",
    30006: "take-profit or stop-loss must be chosen",
    30007: "take-profit trigger above the average entry",
    30008: "take-profit trigger below the average entry",
    30009: "stop-loss trigger below the average entry",
    30010: "stop-loss trigger above the average entry",
    30011: "abnormal order status",
    30012: "already a favourite",
    30013: "over the largest order quantity",
    30014: "over the highest buy price",
    30015: "under the lowest sell price",
    30016: "quantity must exceed the minimum",
    30017: "quantity under the minimum",
    30018: "reduce-only without a position",
    30019: "reduce-only in the position's direction",
    30020: "take-profit trigger must be above the mark price",
    30021: "take-profit trigger must be below the mark price",
    30022: "stop-loss trigger must be above the mark price",
    30023: "stop-loss trigger must be below the mark price",
    30024: "stop-loss trigger must be below the liquidation price",
    30025: "stop-loss trigger must be above the liquidation price",
    30026: "take-profit must be above the last price",
    30027: "take-profit must be above the mark price",
    30028: "stop-loss must be below the last price",
    30029: "stop-loss must be below the mark price",
    30030: "stop-loss must be above the last price",
    30031: "stop-loss must be above the mark price",
    30032: "take-profit must be below the last price",
    30033: "take-profit must be below the mark price",
    30034: "take-profit must be below the mark price",
    30035: "stop-loss must be above the trigger",
    30036: "take-profit must be above the trigger",
    30037: "take-profit must be above the trigger",
    30038: "take-profit or stop-loss amount must be under the position's size",
    30039: "quantity over the largest order quantity",
    30041: "trigger must be above zero",
    30042: "duplicate client id",
    **dict.fromkeys(range(40001, 40009), "a copy-trading restriction"),
}

CODES: Final = MappingProxyType(
    {
        code: Meaning(act, text)
        for act, texts in ((Act.RETRY, _RETRY), (Act.STOP, _STOP), (Act.MEND, _MEND))
        for code, text in texts.items()
    }
)
"""Every published code but 0, which is success."""

UNPUBLISHED: Final = Meaning(Act.RETRY, "a code the venue has not published")
"""Retried: that is bounded by time, while giving up on a passing fault is not mended by anyone."""

HTTP_STATUSES: Final = MappingProxyType(
    {
        401: Meaning(Act.STOP, "not authorised"),
        # The edge answers a burst, a challenge and a barred network alike.
        403: Meaning(Act.RETRY, "refused by the venue's edge"),
        408: Meaning(Act.RETRY, "request timeout"),
        425: Meaning(Act.RETRY, "too early"),
        429: Meaning(Act.RETRY, "too many requests"),
        451: Meaning(Act.STOP, "not available in this country"),
    }
)
"""HTTP statuses that do not follow from their hundred, for replies without a code of their own."""


def http_meaning(status: int) -> Meaning:
    """Return what an HTTP status other than 2xx means by itself."""
    known = HTTP_STATUSES.get(status)
    if known is not None:
        return known
    return _BY_HUNDRED.get(status // 100, Meaning(Act.RETRY, "no answer a client can read"))


_BY_HUNDRED: Final = MappingProxyType(
    {
        3: Meaning(Act.MEND, "redirect"),
        4: Meaning(Act.MEND, "request refused"),
        5: Meaning(Act.RETRY, "the venue's servers failed"),
    }
)
