"""What a review may say: approved, or refused with the arithmetic."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Approved(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """What passed the review; the only thing the engine may submit."""

    item: T


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The rule that refused, its numbers, and what would let the intent pass."""

    rule: str
    detail: str
    remedy: str
