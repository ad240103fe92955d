"""How a panel of curves is drawn. Curves differ in colour, stroke and mark, and each has its name at its end."""

from __future__ import annotations

from collections.abc import Sequence

from convcourse.figures import ink
from convcourse.figures.charts import apart, three, ticks
from convcourse.figures.drawing import Measure, measure, paint
from convcourse.figures.ink import BLUE, GREY, PALE
from convcourse.figures.scene import Curve, Panel

LEFT, TOP, BOTTOM = 46.0, 28.0, 42.0  # room for letters around the curves
LONGEST_LABEL = 80.0  # pixels of a line of a name beside a curve's end
LETTERS, LINE = 12.5, 15.0
# The lighter ones of the palette are too pale for words; these have a contrast of 4.5 and more on white.
COLOURS = (BLUE, "#B84F00", "#007A59", "#8A5F00", "#9C4673")
DASHES = ("", "7 4", "8 3 2 3", "2 3", "12 4")
MARKED = 12  # points of a curve that get a mark, at most


@measure.register
def _(item: Panel, unit: int) -> Measure:
    return Measure(item.width, item.height)


@paint.register
def _(item: Panel, x: float, y: float, unit: int) -> str:
    left, right, top, bottom = x + LEFT, x + item.width - _room(item), y + TOP, y + item.height - BOTTOM

    def across(value: float) -> float:
        return left + (value - item.start) / (item.end - item.start) * (right - left)

    def down(value: float) -> float:
        return bottom - (value - item.low) / (item.high - item.low) * (bottom - top)

    parts = [ink.text(left, y + 14, item.title, "b", 13.5, "start")]
    for tick in ticks(item.low, item.high, 5):
        parts.append(_rule(left, down(tick), right, down(tick)))
        parts.append(ink.text(left - 7, down(tick) + 4, f"{tick:.4g}", "s", 0, "end"))
    for tick in ticks(item.start, item.end, 6, whole=True):
        parts.append(_rule(across(tick), top, across(tick), bottom))
        parts.append(ink.text(across(tick), bottom + 17, f"{tick:.0f}", "s"))
    parts.append(ink.path(f"M{ink.number(left)} {ink.number(top)}V{ink.number(bottom)}H{ink.number(right)}", **AXIS))
    parts.append(ink.text((left + right) / 2, bottom + 36, item.xlabel, "", 13))
    for curve in item.curves:
        parts += _curve(curve, [(across(a), down(b)) for a, b in curve.points])
    return "".join(parts + _names(item, right + 9, top, bottom))


def _room(item: Panel) -> float:
    """Pixels right of the curves for their names, which are the same before the first point is there."""
    lines = [line for curve in item.curves for line in ink.wrapped(curve.label, LETTERS, LONGEST_LABEL, True)]
    return 16 + max((ink.text_width(line, LETTERS, True) for line in (*lines, "0.000")), default=0)


AXIS: dict[str, str | float] = {"fill": "none", "stroke": GREY, "stroke_width": 1}


def _rule(left: float, top: float, right: float, bottom: float) -> str:
    n = ink.number
    return ink.path(f"M{n(left)} {n(top)}L{n(right)} {n(bottom)}", stroke=PALE, stroke_width=0.6)


def _curve(curve: Curve, places: Sequence[tuple[float, float]]) -> list[str]:
    if not places:
        return []
    n, colour = ink.number, COLOURS[curve.look % len(COLOURS)]
    line: dict[str, str | float] = {"fill": "none", "stroke": colour, "stroke_width": 2, "stroke_linejoin": "round"}
    if dash := DASHES[curve.look % len(DASHES)]:
        line["stroke_dasharray"] = dash
    parts = [ink.path("M" + "L".join(f"{n(a)} {n(b)}" for a, b in places), **line)]
    every = -(-len(places) // MARKED)
    marked = places[(len(places) - 1) % every :: every]
    return [*parts, ink.path("".join(_mark(curve.look, a, b) for a, b in marked), fill=colour)]


def _mark(look: int, x: float, y: float) -> str:
    """A circle, square, triangle, diamond or bar around (x, y)."""
    n = ink.number
    return (
        f"M{n(x - 3.4)} {n(y)}a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z",
        f"M{n(x - 3)} {n(y - 3)}h6v6h-6z",
        f"M{n(x)} {n(y - 4)}l4 7h-8z",
        f"M{n(x)} {n(y - 4.4)}l4.4 4.4l-4.4 4.4l-4.4 -4.4z",
        f"M{n(x - 1.2)} {n(y - 4.5)}h2.4v9h-2.4z",
    )[look % 5]


def _names(item: Panel, x: float, top: float, bottom: float) -> list[str]:
    """The curves' names and last values beside their ends, moved apart where two would meet."""
    ends = sorted((curve for curve in item.curves if curve.points), key=lambda curve: curve.points[-1][1])
    labels = [(*ink.wrapped(curve.label, LETTERS, LONGEST_LABEL, True), three(curve.points[-1][1])) for curve in ends]
    height = bottom - top
    wanted = [(curve.points[-1][1] - item.low) / (item.high - item.low) for curve in ends]
    places = apart(wanted, [(LINE * len(lines) + 3) / height for lines in labels])
    parts = []
    for curve, lines, place in zip(ends, labels, places, strict=True):
        base = bottom - place * height - LINE * (len(lines) - 1) / 2 + 4
        words = "".join(ink.text(x, base + LINE * i, line, "b", LETTERS, "start") for i, line in enumerate(lines))
        parts.append(f'<g fill="{COLOURS[curve.look % len(COLOURS)]}">{words}</g>')
    return parts
