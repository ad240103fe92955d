"""How a confusion matrix is drawn: right answers framed, errors darker the larger their share of the row."""

from __future__ import annotations

import math
from dataclasses import dataclass

from convcourse.figures import ink
from convcourse.figures.drawing import INNER, Measure, measure, paint
from convcourse.figures.ink import BLUE, ORANGE, SKY
from convcourse.figures.numbers import thousands
from convcourse.figures.scene import Confusion

LARGEST_CELL, TALLEST_CELL, SMALLEST_CELL = 58.0, 36.0, 24.0
NAME, AXIS = 12.0, 13.0
WIDEST_NAME = 120.0
SIDE = 24  # for the words beside the rows
SHADES = 20
LINE = 14  # from one line of a name to the next
SAYS, TRUE = "the network says", "true class"


@dataclass(frozen=True)
class _Plan:
    """Width and height of a cell, its letters, the room left, above and right of the cells, and the names above."""

    width: float
    height: float
    letters: float
    left: float
    above: float
    right: float
    columns: tuple[tuple[str, ...], ...]
    slanted: bool


def _plan(item: Confusion) -> _Plan:
    n = len(item.names)
    left = SIDE + 10 + max(ink.text_width(line, NAME) for name in item.names for line in _row_name(name))
    longest = max(ink.text_width(name, NAME) for name in item.names)
    lean = math.sqrt(0.5)
    cell = min(LARGEST_CELL, (INNER - left) / n)
    columns = tuple(_within(name, cell - 4) for name in item.names)
    fit = all(ink.text_width(line, NAME) <= cell - 4 for lines in columns for line in lines)
    slanted = not fit or max(map(len, columns)) > 3
    above, right = 16.0 * max(map(len, columns)) + 4, 0.0
    if slanted:
        columns = tuple((name,) for name in item.names)
        above = lean * (longest + NAME) + 6
        cell = min(LARGEST_CELL, (INNER - left - lean * longest) / (n - 0.5))
        right = max(0.0, lean * longest + 4 - cell / 2)
    widest = max(ink.text_width(thousands(count), 1, True) for row in item.counts for count in row)
    cell = max(cell, SMALLEST_CELL, 8 * widest + 5)
    letters = min(14.0, (cell - 5) / widest)
    lines = max(len(_row_name(name)) for name in item.names)
    height = max(min(TALLEST_CELL, cell), LINE * lines + 4.0, ink.text_width(TRUE, AXIS, True) / n)
    return _Plan(cell, height, letters, left, above, right, columns, slanted)


def _within(name: str, width: float) -> tuple[str, ...]:
    """A name in lines of this width; a slash too is a place to break it."""
    if any(ink.text_width(word, NAME) > width for word in name.split()):
        name = name.replace("/", "/ ")
    return ink.wrapped(name, NAME, width)


def _row_name(name: str) -> tuple[str, ...]:
    return _within(name, WIDEST_NAME)


def _key(item: Confusion, width: float) -> tuple[str, ...]:
    key = "framed: right · the darker, the larger the share of its row"
    return ink.wrapped(f"{key} · bold: the most frequent errors" if item.frequent else key, 11.5, max(width, 300))


def _across(plan: _Plan) -> float:
    """The width of names, cells and what sticks out on their right: slanted names, or the words above the cells."""
    cells, words = plan.width * len(plan.columns), ink.text_width(SAYS, AXIS, True)
    return plan.left + max(cells + plan.right, (cells + words) / 2)


@measure.register
def _(item: Confusion, unit: int) -> Measure:
    plan = _plan(item)
    key = _key(item, _across(plan))
    width = max(_across(plan), *(ink.text_width(line, 11.5) for line in key))
    return Measure(width, plan.height * len(item.names), plan.above + 22, 12 + 17 * len(key))


@paint.register
def _(item: Confusion, x: float, y: float, unit: int) -> str:
    plan, m = _plan(item), measure(item, unit)
    n = len(item.names)
    left = x + (m.width - _across(plan)) / 2 + plan.left
    parts = [
        ink.text(left + plan.width * n / 2, y - plan.above - 8, SAYS, "b", AXIS),
        ink.text(left - plan.left + 14, y + m.body / 2, TRUE, "b", AXIS, turned=-90),
    ]
    for k, name in enumerate(item.names):
        parts += _column_name(plan, left + plan.width * (k + 0.5), y, k)
        lines = _row_name(name)
        base = y + plan.height * (k + 0.5) + 4 - LINE / 2 * (len(lines) - 1)
        parts += [ink.text(left - 8, base + LINE * i, line, "", NAME, "end") for i, line in enumerate(lines)]
    parts += [_cell(item, plan, i, j, left, y) for i in range(n) for j in range(n)]
    for k in range(n):
        frame = (left + k * plan.width + 1.5, y + k * plan.height + 1.5, plan.width - 3, plan.height - 3)
        parts.append(ink.rect(*frame, 3, fill="none", stroke=BLUE, stroke_width=2))
    for i, line in enumerate(_key(item, _across(plan))):
        parts.append(ink.text(x + m.width / 2, y + m.body + 22 + 17 * i, line, "s", 11.5))
    return "".join(parts)


def _column_name(plan: _Plan, x: float, y: float, k: int) -> list[str]:
    lines = plan.columns[k]
    if plan.slanted:
        return [ink.text(x + 2, y - 8, lines[0], "", NAME, "start", turned=-45)]
    return [ink.text(x, y - 8 - 15 * (len(lines) - 1 - i), line, "", NAME) for i, line in enumerate(lines)]


def _cell(item: Confusion, plan: _Plan, i: int, j: int, left: float, top: float) -> str:
    x, y = left + j * plan.width, top + i * plan.height
    number = item.counts[i][j]
    box = ink.rect(x + 0.8, y + 0.8, plan.width - 1.6, plan.height - 1.6, 3, fill=_shade(item.share(i, j), i == j))
    style = "b" if (i, j) in item.frequent else "" if number else "f"
    base = y + plan.height / 2 + 0.35 * plan.letters
    return box + ink.text(x + plan.width / 2, base, thousands(number), style, plan.letters)


def _shade(share: float, right: bool) -> str:
    """Orange for errors, by the root of their share so that small ones show; a pale blue at most for right answers."""
    if right:
        return ink.tint(SKY, 0.3 * round(share * SHADES) / SHADES)
    if not share:
        return "#F6F8F9"
    return ink.tint(ORANGE, 0.12 + 0.8 * round(math.sqrt(share) * SHADES) / SHADES)
