"""The result as a waterfall: what the price gave, what each kind of cost took, what was left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reports import formats
from reports.attribution import Attribution
from reports.figures.canvas import (
    NARROW_PX,
    WIDE_PX,
    Drawing,
    Figure,
    Frame,
    Label,
    Path,
    Scale,
    box,
    px,
)
from trading.model.numbers import ZERO

_STEPS: Final = (
    ("gross", ("gross",)),
    ("spread", ("spread",)),
    ("impact and delay", ("impact", "delay")),
    ("fees", ("maker fees", "taker fees")),
    ("funding", ("funding",)),
)
_ROW_PX: Final = 26
_BAR_PX: Final = 16
_NAME_PX: Final = 112
_AMOUNT_PX: Final = 84


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: from what was there before it to what was there after."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def amount(self) -> Decimal:
        """What the step moved."""
        return self.after - self.before


def steps(found: Attribution) -> tuple[Step, ...]:
    """Join the parts of a result to the steps a person asks for; the last one is the net.

    Every part is in exactly one of them: one that is not named above stands for itself, where it
    moved anything.
    """
    amounts = {part.name: part.amount for part in found.parts}
    joined = [(name, sum((amounts.pop(each) for each in parts), ZERO)) for name, parts in _STEPS]
    joined += [(name, amount) for name, amount in amounts.items() if amount]
    falls, level = [], ZERO
    for name, amount in joined:
        falls.append(Step(name, level, level + amount))
        level += amount
    return (*falls, Step("net", ZERO, level))


def waterfall_figure(found: Attribution | None, quote: str) -> Figure | None:
    """Draw the parts of the result; None where it is unknown, or nothing moved."""
    if found is None or not any(part.amount for part in found.parts):
        return None
    rows = steps(found)
    told = "; ".join(f"{row.name} {formats.signed(row.amount)}" for row in rows)
    return Figure(
        name="waterfall",
        title=f"From gross to net, {quote}",
        description=f"{told}.",
        wide=_draw(rows, WIDE_PX),
        narrow=_draw(rows, NARROW_PX),
        legend=(
            (Path("step gain", "M0 4H16V12H0Z"), "added"),
            (Path("step loss", "M0 4H16V12H0Z"), "taken"),
        ),
    )


def _draw(rows: tuple[Step, ...], width: int) -> Drawing:
    frame = Frame(width, _ROW_PX * len(rows) + 4, left=_NAME_PX, right=_AMOUNT_PX, top=2, bottom=2)
    edges = [float(each) for row in rows for each in (row.before, row.after)]
    along = Scale(min(edges), max(edges), frame.left, frame.x_end)
    zero = along(0.0)
    paths = [Path("grid", f"M{px(zero)} {px(frame.top)}V{px(frame.y_end)}")]
    labels = []
    for number, row in enumerate(rows):
        y = frame.top + number * _ROW_PX + (_ROW_PX - _BAR_PX) / 2
        x, end = sorted((along(float(row.before)), along(float(row.after))))
        style = "gain" if row.amount > ZERO else "loss" if row.amount < ZERO else "even"
        hint = f"{row.name} {formats.full_signed(row.amount)}"
        paths.append(Path(f"step {style}", box(x, y, max(end - x, 1.0), _BAR_PX), hint))
        if number < len(rows) - 1:
            # The next bar begins where this one ended.
            paths.append(
                Path(
                    "held", f"M{px(along(float(row.after)))} {px(y + _BAR_PX)}v{_ROW_PX - _BAR_PX}"
                )
            )
        is_net = number == len(rows) - 1
        emphasis = "strong" if is_net else ""
        labels += [
            Label(0, y + _BAR_PX - 4, row.name, style=emphasis),
            Label(width, y + _BAR_PX - 4, formats.signed(row.amount), "end", emphasis),
        ]
    return Drawing(width=width, height=frame.height, paths=tuple(paths), labels=tuple(labels))
