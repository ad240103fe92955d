"""What a figure shows, as plain records. They hold numbers and roles; how a role looks is the business of `svg`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from convcourse.figures.numbers import Entry, show

Role = Literal["padding", "window", "active", "empty", "differs", "winner", "faint"]


@dataclass(frozen=True)
class Cell:
    """One number of a grid.

    `note` is small print in its corner, such as the kernel's factor. `shade` colours by value, from −1 (most negative)
    to 1. Cells of the same `group` above 0 belong together and share a colour.
    """

    value: Entry = None
    roles: tuple[Role, ...] = ()
    note: str = ""
    shade: float = 0.0
    group: int = 0

    @property
    def text(self) -> str:
        """What the cell says."""
        return show(self.value)


@dataclass(frozen=True)
class Box:
    """A thick outline around the cells from (row, column), `height` × `width` of them."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class Grid:
    """An array as a grid of numbers, rows of cells of equal length.

    `title` stands above and `label` below. `split` draws a gap after every so many columns, under a heading each
    (`headings`); 0 is no gap.
    """

    cells: tuple[tuple[Cell, ...], ...]
    title: str = ""
    label: str = ""
    boxes: tuple[Box, ...] = ()
    split: int = 0
    headings: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[tuple[Entry, ...], ...]:
        """The entries alone, row by row."""
        return tuple(tuple(cell.value for cell in row) for row in self.cells)

    def places(self, role: Role) -> tuple[tuple[int, int], ...]:
        """Row and column of every cell that plays a role."""
        return tuple((i, j) for i, row in enumerate(self.cells) for j, cell in enumerate(row) if role in cell.roles)


@dataclass(frozen=True)
class Sign:
    """An operator between two items: ⊗, =, →. `over` is small print above it."""

    text: str
    over: str = ""


@dataclass(frozen=True)
class Words:
    """Lines of text with a row of their own, such as a sum written out."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of `n` pixels with `padding` cells at both ends, and a window of `window` cells at each of `starts`.

    Cells are counted from the first padding cell; `unseen` are those that no window covers.
    """

    n: int
    padding: int
    window: int
    stride: int
    starts: tuple[int, ...]
    unseen: tuple[int, ...]


@dataclass(frozen=True)
class Stack:
    """A tensor as cards, one a channel: `copies` stacks (the filters) of `channels` cards of `height` × `width`.

    `copies` is 0 for a single tensor (C, H, W). `coloured` tells what is numbered and coloured alike: "copies"
    (every filter a colour), "channels" (every card), "rgb" (three cards, R, G and B) or nothing. `largest` is the
    longest side of all the stacks beside it, for a common scale.
    """

    label: str
    channels: int
    height: int
    width: int
    copies: int = 0
    coloured: Literal["", "copies", "channels", "rgb"] = ""
    largest: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape, (K, C, H, W) for filters."""
        return (*((self.copies,) if self.copies else ()), self.channels, self.height, self.width)


@dataclass(frozen=True)
class Layer:
    """One layer of a network: its name, its output's shape without the batch, such as (64, 26, 26), and its parameters.

    `multiply_adds` are those for one item. None stands for what is not told: a shape or parameters to be found out.
    """

    name: str
    shape: int | Sequence[int] | None = None
    parameters: int | None = 0
    multiply_adds: int | None = None


@dataclass(frozen=True)
class Network:
    """Layers one after another; the first one is the input, which has no parameters."""

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int | None:
        """All of them; None where those of one layer are not told."""
        return _total([layer.parameters for layer in self.layers])

    @property
    def multiply_adds(self) -> int | None:
        """All of them; None where those of a layer with parameters are not told."""
        return _total([layer.multiply_adds for layer in self.layers if layer.parameters or layer.multiply_adds])


@dataclass(frozen=True)
class Runs:
    """The results of several runs of the same thing, such as a network's accuracies with different seeds."""

    label: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of the values, rounded once."""
        return math.fsum(self.values) / len(self.values)


@dataclass(frozen=True)
class Bands:
    """Groups of runs, one beneath the other on a common axis, and (label, value) to compare them with."""

    groups: tuple[Runs, ...]
    references: tuple[tuple[str, float], ...] = ()
    xlabel: str = ""

    @property
    def places(self) -> int:
        """Decimals that tell the runs apart: three digits of their range, at least three for shares from 0 to 1."""
        values = [value for runs in self.groups for value in runs.values]
        span = max(values) - min(values)
        least = 3 if all(0 <= value <= 1 for value in values) else 0
        return min(6, max(least, 2 - math.floor(math.log10(span)))) if span else max(least, 2)


@dataclass(frozen=True)
class Confusion:
    """Counts of items by their true class (row) and by the class that the network gives them (column).

    `frequent` are the (row, column) of the errors that are made most often.
    """

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    frequent: tuple[tuple[int, int], ...] = ()

    def share(self, row: int, column: int) -> float:
        """A cell's share of its row, 0 in a row without items."""
        return self.counts[row][column] / (sum(self.counts[row]) or 1)


@dataclass(frozen=True)
class Curve:
    """Points (x, y) in the order of x, joined by a line in one of the looks that tell curves apart, from 0."""

    label: str
    points: tuple[tuple[float, float], ...]
    look: int = 0


@dataclass(frozen=True)
class Panel:
    """Curves over the same axes: whole numbers from `start` to `end` along x, and from `low` to `high` along y.

    It takes up `width` × `height` pixels, letters included.
    """

    title: str
    xlabel: str
    curves: tuple[Curve, ...]
    start: float
    end: float
    low: float
    high: float
    width: float = 345.0
    height: float = 216.0


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a PNG, its name, and how many times as high as wide it is."""

    png: bytes
    name: str
    ratio: float = 1.0


@dataclass(frozen=True)
class Gallery:
    """Pictures in rows of so many columns, each `side` pixels wide and `gap` pixels from the next."""

    pictures: tuple[Thumbnail, ...]
    columns: int
    side: float
    gap: float = 8.0


Item = Grid | Sign | Words | Line | Stack | Network | Bands | Confusion | Panel | Gallery


@dataclass(frozen=True)
class Scene:
    """A whole figure: rows of items from top to bottom, what it says to those who cannot see it, and a caption.

    Rows with equally many items stand in columns.
    """

    rows: tuple[tuple[Item, ...], ...]
    alt: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a figure needs alt text: a sentence that says what it shows, with its numbers")

    @property
    def grids(self) -> tuple[Grid, ...]:
        """All number grids, in reading order."""
        return tuple(item for row in self.rows for item in row if isinstance(item, Grid))


def with_role(grid: Grid, role: Role, *places: tuple[int, int]) -> Grid:
    """The same grid with a further role for the cells at `places`, (row, column) each."""
    chosen = set(places)
    return replace(
        grid,
        cells=tuple(
            tuple(
                replace(cell, roles=(*cell.roles, role)) if (i, j) in chosen and role not in cell.roles else cell
                for j, cell in enumerate(row)
            )
            for i, row in enumerate(grid.cells)
        ),
    )


def _total(numbers: list[int | None]) -> int | None:
    told = [number for number in numbers if number is not None]
    return sum(told) if len(told) == len(numbers) else None
