"""How several runs are drawn: a row for each group, a dot for each run, a band from the lowest to the highest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from convcourse.figures import ink
from convcourse.figures.charts import ticks
from convcourse.figures.drawing import INNER, Measure, measure, paint
from convcourse.figures.ink import BLUE, GREY, INK, PALE, SKY, VERMILLION
from convcourse.figures.numbers import count, decimals
from convcourse.figures.scene import Bands, Runs

WIDEST_LABEL = 190
ROW = 62
BAND = 26
DOT = 4.2
LETTERS = 13
FLAG = 18  # from one line of reference labels to the next
DASHES = ("7 4", "2 3", "9 3 2 3")
KEY = "dot: one run · band: from the lowest to the highest · line: their mean"


@dataclass(frozen=True)
class _Axis:
    """A scale from values to pixels, `left` to `right`."""

    left: float
    right: float
    low: float
    high: float

    def at(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


@dataclass(frozen=True)
class Flag:
    """A reference's label: its words from `left` to `right`, `level` lines above the plot, and its line at `x`."""

    words: str
    x: float
    left: float
    right: float
    level: int


def flags(references: Sequence[tuple[str, float]], places: Sequence[float], left: float, right: float) -> list[Flag]:
    """Labels for lines at these places, between left and right: no label meets another one or, if possible, its line.

    Of several ways to lay them out, the one with the fewest clashes and then levels is taken.
    """
    lines = sorted(zip(places, references, strict=True), key=lambda line: line[0])
    near = [line for line in lines if line[0] <= (left + right) / 2]
    anywhere, start, end = ("middle", "start", "end"), ("start",), ("end",)
    ways = [
        _laid_out([(line, sides) for line in order], left, right)
        for order in (lines, lines[::-1])
        for sides in (anywhere, start, end)
    ]
    # Stairs from the middle up to both sides: the lines of upper labels then pass no lower one.
    stairs = [(line, start) for line in near[::-1]] + [(line, end) for line in lines[len(near) :]]
    ways.append(_laid_out(stairs, left, right))
    return min(ways, key=lambda way: (sum(_meet(a, b) for a, b in combinations(way, 2)), max(f.level for f in way)))


def _laid_out(
    lines: Sequence[tuple[tuple[float, tuple[str, float]], tuple[str, ...]]], left: float, right: float
) -> list[Flag]:
    """One label after another on the lowest level where it is free, and above all others where it is nowhere free."""
    placed: list[Flag] = []
    for (x, (label, value)), sides in lines:
        words = f"{label} {value:.6g}".strip()
        width = ink.text_width(words, 12)
        wanted = {"middle": x - width / 2, "start": x + 4, "end": x - width - 4}
        starts = [min(max(wanted[side], left), max(left, right - width)) for side in sides]
        top = max((flag.level for flag in placed), default=-1) + 1
        choices = [Flag(words, x, start, start + width, level) for level in range(top + 1) for start in starts]
        placed.append(next((flag for flag in choices if not any(_meet(flag, other) for other in placed)), choices[-1]))
    return placed


def _meet(a: Flag, b: Flag) -> bool:
    if a.level == b.level:
        return a.left < b.right + 10 and b.left < a.right + 10
    lower, upper = (a, b) if a.level < b.level else (b, a)
    return lower.left - 3 < upper.x < lower.right + 3


def _axis(item: Bands) -> _Axis:
    values = [value for runs in item.groups for value in runs.values] + [value for _, value in item.references]
    low, high = min(values), max(values)
    margin = 0.07 * (high - low) or 0.01 * (abs(high) or 1.0)
    label = max(max(ink.text_width(line, LETTERS, bold) for line, bold in _label(runs)) for runs in item.groups)
    return _Axis(label + 22, INNER - 14, low - margin, high + margin)


def _label(runs: Runs) -> list[tuple[str, bool]]:
    lines = [(line, True) for line in ink.wrapped(runs.label, LETTERS, WIDEST_LABEL, True)]
    return [*lines, (count(len(runs.values), "run"), False)]


def _flags(item: Bands) -> list[Flag]:
    if not item.references:
        return []
    axis = _axis(item)
    return flags(item.references, [axis.at(value) for _, value in item.references], axis.left, INNER)


def _row(item: Bands) -> float:
    return max(ROW, 17 * max(len(_label(runs)) for runs in item.groups) + 12)


@measure.register
def _(item: Bands, unit: int) -> Measure:
    above = FLAG * (max((flag.level for flag in _flags(item)), default=-1) + 1)
    return Measure(
        INNER, _row(item) * len(item.groups), above + (6 if above else 0), 26 + (20 if item.xlabel else 0) + 20
    )


@paint.register
def _(item: Bands, x: float, y: float, unit: int) -> str:
    axis = _axis(item)
    axis = _Axis(axis.left + x, axis.right + x, axis.low, axis.high)
    row = _row(item)
    bottom = y + row * len(item.groups)
    parts = _scale(item, axis, y, bottom)
    for k, flag in enumerate(_flags(item)):
        parts.append(
            ink.path(
                f"M{ink.number(x + flag.x)} {ink.number(y - FLAG * flag.level - 4)}V{ink.number(bottom)}",
                stroke=VERMILLION,
                stroke_width=1.6,
                stroke_dasharray=DASHES[k % len(DASHES)],
            )
        )
    for flag in _flags(item):
        base = y - FLAG * flag.level - 8
        parts.append(ink.rect(x + flag.left, base - 11, flag.right - flag.left, 15, fill="#FFFFFF"))
        parts.append(ink.text(x + flag.left, base, flag.words, "", 12, "start"))
    for k, runs in enumerate(item.groups):
        middle = y + row * (k + 0.5)
        lines = _label(runs)
        for i, (line, bold) in enumerate(lines):
            base = middle + 5 + 17 * (i - (len(lines) - 1) / 2)
            style, size = ("b", LETTERS) if bold else ("s", 12)
            parts.append(ink.text(axis.left - 22, base, line, style, size, "end"))
        parts += _runs(runs, axis, middle + 7, decimals(runs.mean, item.places))
    parts.append(ink.text((axis.left + axis.right) / 2, bottom + 39 + (20 if item.xlabel else 0) - 1, KEY, "s", 11.5))
    return "".join(parts)


def _scale(item: Bands, axis: _Axis, top: float, bottom: float) -> list[str]:
    n = ink.number
    values = ticks(axis.low, axis.high, 7)
    places = next((p for p in range(7) if all(abs(round(v, p) - v) < 1e-9 for v in values)), 6)
    parts = []
    for value in values:
        parts.append(ink.path(f"M{n(axis.at(value))} {n(top)}V{n(bottom)}", stroke=PALE, stroke_width=1))
        parts.append(ink.text(axis.at(value), bottom + 18, decimals(value, places), "s"))
    parts.append(ink.path(f"M{n(axis.left)} {n(bottom)}H{n(axis.right)}", stroke=GREY, stroke_width=1.2))
    if item.xlabel:
        parts.append(ink.text((axis.left + axis.right) / 2, bottom + 37, item.xlabel, "", LETTERS))
    return parts


def _runs(runs: Runs, axis: _Axis, middle: float, mean: str) -> list[str]:
    """Band, mean and dots of one group around the height `middle`."""
    n = ink.number
    left, right, at = axis.at(min(runs.values)), axis.at(max(runs.values)), axis.at(runs.mean)
    parts = []
    if len(runs.values) > 1:
        box = (left - 7, middle - BAND / 2, right - left + 14, BAND)
        parts.append(ink.rect(*box, 6, fill=ink.tint(SKY, 0.35), stroke=BLUE, stroke_width=0.8))
    tick = f"M{n(at)} {n(middle - BAND / 2 - 4)}v{n(BAND + 8)}"
    parts.append(ink.path(tick, stroke=INK, stroke_width=2.6))
    places = swarm([axis.at(value) for value in runs.values])
    for x, lift in places:
        dot = f"M{n(x - DOT)} {n(middle + lift)}a{DOT} {DOT} 0 1 0 {2 * DOT} 0a{DOT} {DOT} 0 1 0 -{2 * DOT} 0z"
        parts.append(ink.path(dot, fill=BLUE, stroke="#FFFFFF", stroke_width=1.2))
    width = ink.text_width(mean, LETTERS, True)
    start = min(max(at - width / 2, axis.left), axis.right - width)
    parts.append(ink.rect(start - 2, middle - BAND / 2 - 20, width + 4, 15, 3, fill="#FFFFFF"))
    parts.append(ink.text(start + width / 2, middle - BAND / 2 - 8, mean, "b", LETTERS))
    return parts


def swarm(places: Sequence[float]) -> list[tuple[float, float]]:
    """(x, lift) of dots at these x, lifted or lowered within the band where they would hide each other."""
    step = BAND / 2 - DOT - 1
    dots: list[tuple[float, float]] = []
    for x in sorted(places):
        near = {lift: min((math.hypot(x - a, lift - b) for a, b in dots), default=99.0) for lift in (0.0, -step, step)}
        free = [lift for lift, distance in near.items() if distance >= 1.7 * DOT]
        dots.append((x, free[0] if free else max(near, key=lambda lift: near[lift])))
    return dots
