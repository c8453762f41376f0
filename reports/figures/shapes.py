"""Marks that differ by shape, so that colour only repeats what they say."""

from __future__ import annotations

from functools import cache

from reports.figures.canvas import px
from trading.model.orders import OrderRole, Side

RADIUS = 5.5


def shape_of(role: OrderRole, side: Side) -> str:
    """Name the shape of a fill: entries point their way, exits by how they came about."""
    match role:
        case OrderRole.ENTRY:
            return "up" if side is Side.BUY else "down"
        case OrderRole.STOP | OrderRole.TRAIL:
            return "cross"
        case OrderRole.TARGET:
            return "diamond"
        case OrderRole.LIQUIDATION:
            return "square"
        case OrderRole.EXIT | OrderRole.FLATTEN | OrderRole.TIME_STOP:
            return "ring"


@cache
def outline(shape: str, r: float = RADIUS, x: float = 0.0, y: float = 0.0) -> str:
    """Return the path data of a shape around a point.

    Raises:
        KeyError: when there is no such shape.
    """
    box = 0.8 * r
    d, b = px(2 * r), px(2 * box)
    drawn = {
        "up": f"M{px(x)} {px(y - r)}L{px(x + r)} {px(y + box)}H{px(x - r)}Z",
        "down": f"M{px(x)} {px(y + r)}L{px(x + r)} {px(y - box)}H{px(x - r)}Z",
        "diamond": f"M{px(x)} {px(y - r)}l{px(r)} {px(r)}l{px(-r)} {px(r)}l{px(-r)} {px(-r)}Z",
        "square": f"M{px(x - box)} {px(y - box)}h{b}v{b}h-{b}Z",
        "ring": f"M{px(x - r)} {px(y)}a{px(r)} {px(r)} 0 1 0 {d} 0a{px(r)} {px(r)} 0 1 0 -{d} 0Z",
        "cross": f"M{px(x - r)} {px(y - r)}l{d} {d}m0 -{d}l-{d} {d}",
    }
    return drawn[shape]


def keyed(shape: str) -> str:
    """Return a shape in the middle of a legend's 16 by 16 picture."""
    return outline(shape, RADIUS, 8, 8)
