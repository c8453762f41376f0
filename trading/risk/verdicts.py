"""What a review may say: approved, or refused with the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Approved(Generic[T]):
    """What passed the review; the only thing the engine may submit."""

    item: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The rule that refused, its numbers, and what would let the intent pass."""

    rule: str
    detail: str
    remedy: str
