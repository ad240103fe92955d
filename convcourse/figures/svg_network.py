"""How a network is drawn: a row of blocks, wrapped like text, each with a small picture of what it puts out.

Layers with parameters are filled and have a thick outline, those without a thin dashed one, and those of which it is
not told a dotted one. The little pictures suggest sizes; the words in the blocks decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from convcourse.figures import ink
from convcourse.figures.drawing import INNER, Measure, measure, paint
from convcourse.figures.ink import BLUE, GREY, INK, SKY
from convcourse.figures.numbers import thousands
from convcourse.figures.scene import Layer, Network

NARROWEST = 84
ARROW = 18  # between two blocks
BEND = 30  # between two rows of blocks, for the line that joins them
PICTURE = 44
FACE = 29  # pixels of the largest map
PAD = 7
NAME, SHAPE, SMALL = 13, 12, 11


@dataclass(frozen=True)
class _Plan:
    """Width and height of every block, how many stand in a row, and in how many lines the names are written."""

    width: float
    height: float
    columns: int
    rows: int
    name_lines: int
    priced: bool  # whether multiply–adds are told


def _plan(network: Network) -> _Plan:
    layers = network.layers
    priced = any(layer.multiply_adds for layer in layers)
    words = [ink.text_width(word, NAME, True) for layer in layers for word in layer.name.split()]
    words += [ink.text_width(_shape(layer), SHAPE) for layer in layers]
    words += [ink.text_width(number, NAME, True) for layer in layers for number in _numbers(layer)]
    words += [ink.text_width("multiply–adds" if priced else "parameters", SMALL)]
    width = max(NARROWEST, max(words) + 2 * PAD)
    most = max(1, int((INNER + ARROW) // (width + ARROW)))
    rows = -(-len(layers) // most)
    lines = max(len(_name(layer, width)) for layer in layers)
    height = 9 + PICTURE + 6 + 16 * lines + 21 + 34 + (31 if priced else 0)
    return _Plan(width, height, -(-len(layers) // rows), rows, lines, priced)


@measure.register
def _(item: Network, unit: int) -> Measure:
    plan = _plan(item)
    width = plan.columns * (plan.width + ARROW) - ARROW
    body = plan.rows * (plan.height + BEND) - BEND
    total = _total(item)
    return Measure(max(width, ink.text_width(total, 15, True)), body, 0, 28 if total else 0)


@paint.register
def _(item: Network, x: float, y: float, unit: int) -> str:
    plan, m = _plan(item), measure(item, unit)
    left = x + (m.width - plan.columns * (plan.width + ARROW) + ARROW) / 2
    largest = max((side for layer in item.layers for side in _sides(layer)[1:]), default=1)
    parts = []
    for k, layer in enumerate(item.layers):
        row, column = divmod(k, plan.columns)
        place = left + column * (plan.width + ARROW), y + row * (plan.height + BEND)
        if k:
            parts.append(_arrow(plan, *place) if column else _bend(plan, *place))
        parts.append(_block(layer, *place, plan, largest, is_input=not k))
    if total := _total(item):
        parts.append(ink.text(x + m.width / 2, y + m.body + 24, total, "b", 15))
    return "".join(parts)


def _total(network: Network) -> str:
    if len(network.layers) < 2 or network.parameters is None:
        return ""
    total = f"{thousands(network.parameters)} parameters"
    return f"{total} · {thousands(network.multiply_adds)} multiply–adds" if network.multiply_adds else total


def _shape(layer: Layer) -> str:
    return " × ".join(str(side) for side in _given(layer)) or "?"


def _given(layer: Layer) -> tuple[int, ...]:
    if layer.shape is None:
        return ()
    return (layer.shape,) if isinstance(layer.shape, int) else tuple(layer.shape)


def _sides(layer: Layer) -> tuple[int, ...]:
    """Channels, height and width of a layer of maps; nothing for one of numbers in a row."""
    given = _given(layer)
    return (1, 1, *given)[-3:] if len(given) > 1 else ()


def _numbers(layer: Layer) -> list[str]:
    return [thousands(number) for number in (layer.parameters, layer.multiply_adds) if number]


def _name(layer: Layer, width: float) -> tuple[str, ...]:
    return ink.wrapped(layer.name, NAME, width - 2 * PAD, bold=True)


def _block(layer: Layer, x: float, y: float, plan: _Plan, largest: int, is_input: bool) -> str:
    middle = x + plan.width / 2
    parts = [_box(layer, x, y, plan, is_input), _picture(layer, middle, y + 9 + PICTURE / 2, largest)]
    y += 9 + PICTURE + 6
    name = _name(layer, plan.width)
    first = y + 12 + 8 * (plan.name_lines - len(name))
    parts += [ink.text(middle, first + 16 * i, line, "b", NAME) for i, line in enumerate(name)]
    y += 16 * plan.name_lines
    parts.append(ink.text(middle, y + 13, _shape(layer), "" if _given(layer) else "b", SHAPE))
    y += 21
    if not is_input:
        parts += _counted(layer.parameters, "parameters", middle, y)
    if plan.priced and layer.multiply_adds:
        parts += _counted(layer.multiply_adds, "multiply–adds", middle, y + 31)
    return "".join(parts)


def _counted(number: int | None, thing: str, x: float, y: float) -> list[str]:
    if number == 0:
        return [ink.text(x, y + 14, "–", "s", NAME)]
    shown = "?" if number is None else thousands(number)
    return [ink.text(x, y + 14, shown, "b", NAME), ink.text(x, y + 26, thing, "s", SMALL)]


def _box(layer: Layer, x: float, y: float, plan: _Plan, is_input: bool) -> str:
    style: dict[str, str | float] = {"fill": "#FFFFFF", "stroke": GREY, "stroke_width": 1}
    if layer.parameters is None:
        style |= {"stroke": INK, "stroke_width": 1.6, "stroke_dasharray": "0.1 4", "stroke_linecap": "round"}
    elif layer.parameters:
        style |= {"fill": ink.tint(SKY, 0.22), "stroke": BLUE, "stroke_width": 2.4}
    elif not is_input:
        style |= {"fill": "#F6F8F9", "stroke_dasharray": "5 3"}
    return ink.rect(x, y, plan.width, plan.height, 7, **style)


def _picture(layer: Layer, x: float, y: float, largest: int) -> str:
    """What a layer puts out, around (x, y): maps as a box as deep as there are channels, numbers in a row as a bar.

    Depths and bars grow by the number of binary digits, or the thousands would hide the tens.
    """
    sides = _sides(layer)
    n = ink.number
    if not _given(layer):
        dashed = ink.rect(x - 14, y - 14, 28, 28, 3, fill="none", stroke=GREY, stroke_dasharray="3 3")
        return dashed + ink.text(x, y + 6, "?", "b", 17)
    line: dict[str, str | float] = {"stroke": INK, "stroke_width": 0.9, "stroke_linejoin": "round"}
    if not sides:
        height = min(float(PICTURE - 4), 6 + 2.8 * _given(layer)[0].bit_length())
        return ink.rect(x - 4, y - height / 2, 8, height, 1.5, fill=ink.tint(SKY, 0.6), **line)
    channels, *maps = sides
    height, width = (max(4.0, FACE * side / largest) for side in maps)
    deep = min(18.0, 2 + 1.3 * channels.bit_length())
    right, up = deep, 0.6 * deep
    left, top = x - (width + right) / 2, y - (height - up) / 2
    start = f"M{n(left)} {n(top)}"
    lid = f"{start}l{n(right)} {n(-up)}h{n(width)}l{n(-right)} {n(up)}z"
    side = f"M{n(left + width)} {n(top)}l{n(right)} {n(-up)}v{n(height)}l{n(-right)} {n(up)}z"
    return (
        ink.path(lid, fill=ink.tint(SKY, 0.25), **line)
        + ink.path(side, fill=ink.tint(SKY, 0.85), **line)
        + ink.path(f"{start}h{n(width)}v{n(height)}h{n(-width)}z", fill=ink.tint(SKY, 0.6), **line)
    )


def _arrow(plan: _Plan, x: float, y: float) -> str:
    """From the block before to the one at (x, y)."""
    n, middle = ink.number, y + plan.height / 2
    line = ink.path(f"M{n(x - ARROW + 3)} {n(middle)}h{n(ARROW - 9)}", stroke=GREY, stroke_width=1.6)
    return line + ink.path(f"M{n(x - 2.5)} {n(middle)}l-6 -4v8z", fill=GREY)


def _bend(plan: _Plan, x: float, y: float) -> str:
    """From the last block of the row above, down and back, to the first block of the next, at (x, y)."""
    n, middle = ink.number, x + plan.width / 2
    end = middle + (plan.columns - 1) * (plan.width + ARROW)
    way = f"M{n(end)} {n(y - BEND + 3)}v6q0 5 -5 5H{n(middle + 5)}q-5 0 -5 5v4"
    if plan.columns == 1:
        way = f"M{n(end)} {n(y - BEND + 3)}V{n(y - 8)}"
    line = ink.path(way, fill="none", stroke=GREY, stroke_width=1.6)
    return line + ink.path(f"M{n(middle)} {n(y - 2.5)}l-4 -6h8z", fill=GREY)
