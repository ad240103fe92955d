"""What drawing an item means: how much room it takes, and its SVG. Each kind of item registers its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from convcourse.figures.scene import Item

WIDEST = 760
MARGIN = 18
INNER = WIDEST - 2 * MARGIN


@dataclass(frozen=True)
class Measure:
    """Pixels of an item: its width, its body, and what stands above and below the body."""

    width: float
    body: float
    above: float = 0
    below: float = 0


@singledispatch
def measure(item: Item, unit: int) -> Measure:
    """How much room an item takes when a cell is `unit` pixels high."""
    raise TypeError(f"nothing to draw for a {type(item).__name__}")


@singledispatch
def paint(item: Item, x: float, y: float, unit: int) -> str:
    """SVG of an item whose body begins at (x, y)."""
    raise TypeError(f"nothing to draw for a {type(item).__name__}")
