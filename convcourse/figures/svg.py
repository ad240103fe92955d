"""From a scene to SVG text. The same scene gives the same bytes: no time, no chance, no measuring of fonts.

Nothing is told by colour alone: the window is a thick outline, padding is hatched with a dashed border, the entry
computed now has a double outline, a winner a ring, an entry that differs a bold number and a marked corner.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from convcourse.figures import ink, svg_bands, svg_confusion, svg_curves, svg_network, svg_pictures  # noqa: F401  (each draws its kind of item)
from convcourse.figures.drawing import MARGIN, WIDEST, Measure, measure, paint
from convcourse.figures.ink import BLUE, GREEN, GREY, INK, ORANGE, PALE, SKY, VERMILLION, YELLOW
from convcourse.figures.scene import Cell, Grid, Line, Scene, Sign, Stack, Words

GAP = 14  # between the items of a row
ROW_GAP = 16
LARGEST_CELL, SMALLEST_CELL = 40, 9
FEW_ROWS = 4
CARDS = 8  # of a stack that are drawn; the rest is told in words
SHADES = 8


def draw(scene: Scene) -> tuple[str, int]:
    """The scene as SVG text, and its width in pixels (at most 760)."""
    unit = _unit(scene)
    measures = [[measure(item, unit) for item in row] for row in scene.rows]
    columns = _columns(measures)
    widths = [math.fsum(_row_widths(row, columns)) + GAP * (len(row) - 1) for row in measures]
    caption = ink.wrapped(scene.caption, 13.5, max(*widths, 560))
    inner = max(*widths, *(ink.text_width(line, 13.5) for line in caption), 40)
    parts: list[str] = []
    y = float(MARGIN)
    for items, row, width in zip(scene.rows, measures, widths, strict=True):
        x = MARGIN + (inner - width) / 2
        above = max(m.above + m.body / 2 for m in row)
        below = max(m.below + m.body / 2 for m in row)
        for item, m, column in zip(items, row, _row_widths(row, columns), strict=True):
            parts.append(paint(item, x + (column - m.width) / 2, y + above - m.body / 2, unit))
            x += column + GAP
        y += above + below + ROW_GAP
    for line in caption:
        parts.append(ink.text(MARGIN + inner / 2, y + 8, line, "c"))
        y += 19
    full_width, full_height = inner + 2 * MARGIN, y - ROW_GAP + MARGIN + (8 if caption else 0)
    shown = round(min(full_width, WIDEST))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown}" height="{round(full_height * shown / full_width)}" '
        f'viewBox="0 0 {ink.number(full_width)} {ink.number(full_height)}" role="img">'
        f"<style>{ink.STYLE}.c{{font-size:13.5px;fill:{GREY}}}</style><defs>{ink.HATCH}</defs>"
    )
    paper = '<rect width="100%" height="100%" rx="10" fill="#FFFFFF"/>'
    return f"{head}{paper}{''.join(parts)}</svg>", shown


def _unit(scene: Scene) -> int:
    """The largest cell at which every row fits the page; smaller from the start where many rows follow each other."""
    largest = LARGEST_CELL if len(scene.rows) <= FEW_ROWS else 30
    for unit in range(largest, SMALLEST_CELL, -1):
        measures = [[measure(item, unit) for item in row] for row in scene.rows]
        columns = _columns(measures)
        if all(math.fsum(_row_widths(row, columns)) + GAP * (len(row) - 1) <= WIDEST - 2 * MARGIN for row in measures):
            return unit
    return SMALLEST_CELL


def _columns(measures: list[list[Measure]]) -> dict[int, list[float]]:
    """Column widths for the rows of each length; a single item needs no column."""
    columns: dict[int, list[float]] = {}
    for row in measures:
        widths = columns.setdefault(len(row), [0.0] * len(row))
        columns[len(row)] = [max(width, m.width) for width, m in zip(widths, row, strict=True)]
    return columns


def _row_widths(row: list[Measure], columns: dict[int, list[float]]) -> list[float]:
    return columns[len(row)] if len(row) > 1 else [m.width for m in row]


# Grids


def _lettering(unit: int) -> float:
    return min(16.0, 0.42 * unit + 2)


def _small_print(unit: int) -> float:
    return max(9.0, 0.26 * unit)


def _cell_width(grid: Grid, unit: int) -> float:
    cells = [cell for row in grid.cells for cell in row]
    ringed = any("winner" in cell.roles for cell in cells)
    room = 0.34 * unit + (5 if ringed else 0)
    texts = max(ink.text_width(cell.text, _lettering(unit), _bold(cell)) for cell in cells) + room
    notes = max(ink.text_width(cell.note, _small_print(unit)) for cell in cells) + 9 if _has_notes(unit) else 0
    step = unit / 8  # so that grids with almost equal numbers get equal cells
    return max(float(unit), step * math.ceil(max(texts, notes) / step))


def _has_notes(unit: int) -> bool:
    """Whether cells are large enough for small print."""
    return unit >= 26


def _bold(cell: Cell) -> bool:
    return bool({"differs", "winner", "active"} & set(cell.roles))


def _lefts(grid: Grid, unit: int) -> list[float]:
    """Left edge of every column, and the right edge of the grid."""
    width = _cell_width(grid, unit)
    gap = 5 if grid.split else 0
    return [j * width + (j // grid.split * gap if grid.split else 0) for j in range(len(grid.cells[0]))] + [
        len(grid.cells[0]) * width + ((len(grid.cells[0]) - 1) // grid.split * gap if grid.split else 0)
    ]


def _title(grid: Grid, width: float) -> tuple[str, ...]:
    return ink.wrapped(grid.title, 13, max(width, 110), bold=True)


@measure.register
def _(item: Grid, unit: int) -> Measure:
    width = _lefts(item, unit)[-1]
    title = _title(item, width)
    widest = max([width, ink.text_width(item.label, 12), *(ink.text_width(line, 13, True) for line in title)])
    above = 17 * len(title) + (4 if title else 0) + (15 if item.headings else 0)
    return Measure(widest, unit * len(item.cells), above, 20 if item.label else 0)


@paint.register
def _(item: Grid, x: float, y: float, unit: int) -> str:
    lefts = _lefts(item, unit)
    x += (measure(item, unit).width - lefts[-1]) / 2
    middle, height = x + lefts[-1] / 2, unit * len(item.cells)
    title = _title(item, lefts[-1])
    top = y - 8 - 17 * (len(title) - 1) - (15 if item.headings else 0)
    parts = [ink.text(middle, top + 17 * i, line, "t") for i, line in enumerate(title)]
    parts += _headings(item, x, y, lefts)
    parts += _backgrounds(item, x, y, unit, lefts)
    parts += _outlines(item, x, y, unit, lefts)
    parts += _letters(item, x, y, unit, lefts)
    if item.label:
        parts.append(ink.text(middle, y + height + 17, item.label, "s"))
    return "".join(parts)


def _headings(grid: Grid, x: float, y: float, lefts: list[float]) -> list[str]:
    parts = []
    width = _span(lefts, 0, grid.split or 1)
    for i, heading in enumerate(grid.headings):
        shown = heading if ink.text_width(heading, 11) <= width else heading.split()[-1]
        parts.append(ink.text(x + lefts[i * grid.split] + width / 2, y - 6, shown, "s", 11))
    return parts


def _span(lefts: list[float], column: int, width: int) -> float:
    return lefts[column + width - 1] - lefts[column] + lefts[1] - lefts[0]


@dataclass(frozen=True)
class _Coat:
    """One coat of paint for a cell, `edge` pixels inside its border; a dashed one is for padding alone."""

    fill: str
    edge: float = 0.8
    dashed: bool = False


def _backgrounds(grid: Grid, x: float, y: float, unit: int, lefts: list[float]) -> list[str]:
    """Cells of the same look together: one path for each coat of paint, the hatching on top."""
    coats: dict[_Coat, list[tuple[float, float]]] = {}
    for i, row in enumerate(grid.cells):
        for j, cell in enumerate(row):
            for coat in _coats(cell):
                coats.setdefault(coat, []).append((x + lefts[j], y + i * unit))
    order = sorted(coats, key=lambda coat: (coat.dashed, coat.edge))
    return [_painted(coat, coats[coat], lefts[1] - lefts[0], unit) for coat in order]


def _painted(coat: _Coat, places: list[tuple[float, float]], width: float, height: float) -> str:
    if coat.dashed:
        style: dict[str, str | float] = {"stroke": "#7C8894", "stroke_width": 1, "stroke_dasharray": "3 2.4"}
        inset = coat.edge
    else:  # a thick border of the same colour, joined round, makes the corners
        radius = 0.1 * min(width, height)
        style = {"stroke": coat.fill, "stroke_width": 2 * radius, "stroke_linejoin": "round"}
        inset = coat.edge + radius
    squares = [(left + inset, top + inset) for left, top in places]
    return ink.squares(squares, width - 2 * inset, height - 2 * inset, fill=coat.fill, **style)


def _coats(cell: Cell) -> tuple[_Coat, ...]:
    if "padding" in cell.roles:
        under = ink.tint(SKY, 0.3) if "window" in cell.roles else "#FFFFFF"
        return _Coat(under, 1.5), _Coat("url(#h)", 1.5, dashed=True)
    if "empty" in cell.roles:
        return _Coat(PALE), _Coat("#FFFFFF", 1.8)
    fill = "#EFF2F5"
    if cell.group:
        fill = ink.group_colour(cell.group - 1)
    elif cell.shade:
        fill = _shade(cell.shade)
    elif "faint" in cell.roles:
        fill = "#F8F9FA"
    for role, colour in (
        ("window", ink.tint(SKY, 0.3)),
        ("differs", ink.tint(VERMILLION, 0.2)),
        ("active", ink.tint(GREEN, 0.2)),
        ("winner", ink.tint(YELLOW, 0.5)),
    ):
        if role in cell.roles:
            fill = colour
    return (_Coat(fill),)


def _shade(value: float) -> str:
    """White at 0, blue for high, orange for negative, in a few even steps."""
    step = round(abs(value) * SHADES) / SHADES
    return ink.tint(SKY if value > 0 else ORANGE, 0.06 + 0.74 * step)


def _outlines(grid: Grid, x: float, y: float, unit: int, lefts: list[float]) -> list[str]:
    parts = []
    for i, row in enumerate(grid.cells):
        for j, cell in enumerate(row):
            left, top, width = x + lefts[j], y + i * unit, lefts[1] - lefts[0]
            if "active" in cell.roles:
                for inset, weight in ((0.5, 2.0), (4.2, 1.2)):
                    size = width - 2 * inset, unit - 2 * inset
                    parts.append(
                        ink.rect(left + inset, top + inset, *size, 4, fill="none", stroke=GREEN, stroke_width=weight)
                    )
            if "differs" in cell.roles:
                corner = min(10.0, 0.3 * unit)
                right = f"M{ink.number(left + width - 1)} {ink.number(top + 1)}"
                c = ink.number(corner)
                parts.append(ink.path(f"{right}v{c}l-{c} -{c}z", fill=VERMILLION))
            if "winner" in cell.roles:
                wide = max(0.72 * unit, ink.text_width(cell.text, _lettering(unit), True) + 0.26 * unit)
                ring = (left + (width - wide) / 2, top + 0.14 * unit, wide, 0.72 * unit)
                parts.append(ink.rect(*ring, 0.36 * unit, fill="none", stroke=VERMILLION, stroke_width=2))
    weight = 3.0 if len(grid.boxes) == 1 else 2.0
    for box in grid.boxes:
        left, width = x + lefts[box.column], _span(lefts, box.column, box.width)
        parts.append(
            ink.rect(
                left, y + box.row * unit, width, box.height * unit, 5, fill="none", stroke=BLUE, stroke_width=weight
            )
        )
    return parts


def _letters(grid: Grid, x: float, y: float, unit: int, lefts: list[float]) -> list[str]:
    """The numbers, those of one style together, and the small print."""
    size, small = _lettering(unit), _small_print(unit)
    styles: dict[str, list[str]] = {}
    notes = []
    width = lefts[1] - lefts[0]
    for i, row in enumerate(grid.cells):
        for j, cell in enumerate(row):
            noted = bool(cell.note) and _has_notes(unit)
            base = y + i * unit + unit / 2 + 0.35 * size - (0.34 * small if noted else 0)
            if cell.text:
                word = ink.text(x + lefts[j] + width / 2, base, cell.text)
                styles.setdefault(_style(cell), []).append(word)
            if noted:
                notes.append(ink.text(x + lefts[j] + width - 4, y + (i + 1) * unit - 4.5, cell.note))
    groups = [_lettered(words, style, size) for style, words in styles.items()]
    return [*groups, _lettered(notes, "n", small)] if notes else groups


def _lettered(words: list[str], style: str, size: float) -> str:
    name = f' class="{style}"' if style else ""
    return f'<g{name} font-size="{ink.number(size)}">{"".join(words)}</g>'


def _style(cell: Cell) -> str:
    if "padding" in cell.roles:
        return "i"
    if _bold(cell):
        return "b"
    return "f" if "faint" in cell.roles else ""


# Signs and sums


@measure.register
def _(item: Sign, unit: int) -> Measure:
    return Measure(
        max(ink.text_width(item.text, _sign(item)), ink.text_width(item.over, 11)) + 2, 30, 16 if item.over else 0
    )


def _sign(item: Sign) -> float:
    return 24 if len(item.text) <= 2 else 15


@paint.register
def _(item: Sign, x: float, y: float, unit: int) -> str:
    middle = x + measure(item, unit).width / 2
    parts = [ink.text(middle, y + 15 + 0.35 * _sign(item), item.text, size=_sign(item))]
    if item.over:
        parts.append(ink.text(middle, y - 2, item.over, "s", 11))
    return "".join(parts)


def _lines(item: Words) -> list[str]:
    return [line for words in item.lines for line in ink.wrapped(words, 15, WIDEST - 2 * MARGIN)]


@measure.register
def _(item: Words, unit: int) -> Measure:
    lines = _lines(item)
    return Measure(max(ink.text_width(line, 15) for line in lines), 22 * len(lines))


@paint.register
def _(item: Words, x: float, y: float, unit: int) -> str:
    middle = x + measure(item, unit).width / 2
    return "".join(ink.text(middle, y + 16 + 22 * i, line, "w") for i, line in enumerate(_lines(item)))


# Windows along a line


def _line_cell(item: Line, unit: int) -> float:
    return min(34.0, unit * 0.9, (WIDEST - 2 * MARGIN - 70) / (item.n + 2 * item.padding))


def _levels(item: Line) -> tuple[int, float]:
    """Brackets that overlap hang on different levels: how many, and how far apart."""
    levels = min(len(item.starts), max(1, -(-item.window // item.stride)))
    return levels, 24.0 if levels <= 8 else 9.0


@measure.register
def _(item: Line, unit: int) -> Measure:
    cell = _line_cell(item, unit)
    levels, pitch = _levels(item)
    left_over = item.n + 2 * item.padding - item.starts[-1] - item.window
    words = max(0.0, 66 - left_over * cell) if left_over else 0.0
    return Measure(cell * (item.n + 2 * item.padding) + words, cell, 22, levels * pitch + 8)


@paint.register
def _(item: Line, x: float, y: float, unit: int) -> str:
    cell = _line_cell(item, unit)
    levels, pitch = _levels(item)
    size = min(14.0, 0.46 * cell)
    end = item.starts[-1] + item.window
    parts = [ink.text(x + cell * (item.padding + item.n / 2), y - 9, f"{item.n} pixels", "s")]
    if item.padding:
        for middle in (item.padding / 2, item.padding * 1.5 + item.n):
            parts.append(ink.text(x + cell * middle, y - 9, f"+{item.padding}", "s"))
    for k in range(item.n + 2 * item.padding):
        padded = not item.padding <= k < item.padding + item.n
        for coat in _coats(Cell(0, ("padding",) if padded else ())):
            parts.append(_painted(coat, [(x + k * cell, y)], cell, cell))
        if k in item.unseen:
            parts.append(
                ink.rect(
                    x + k * cell + 1, y + 1, cell - 2, cell - 2, 3, fill="url(#x)", stroke=VERMILLION, stroke_width=1.4
                )
            )
        shown, style = ("0", "i") if padded else (str(k - item.padding), "")
        if size >= 6 and k not in item.unseen:
            parts.append(ink.text(x + (k + 0.5) * cell, y + cell / 2 + 0.35 * size, shown, style, size))
    for k, start in enumerate(item.starts):
        left, width = x + start * cell + 2.5, item.window * cell - 5
        top = y + cell + 5 + (k % levels) * pitch
        n = ink.number
        parts.append(ink.path(f"M{n(left)} {n(top)}v6h{n(width)}v-6", fill="none", stroke=BLUE, stroke_width=2))
        if pitch > 12:
            parts.append(ink.text(left + width / 2, top + 17.5, str(k + 1), "s", 10.5))
    if end < item.n + 2 * item.padding:
        parts.append(ink.text(x + end * cell + 5, y + cell + 16, "left over", "s", anchor="start"))
    return "".join(parts)


# Tensors


def _card(item: Stack, unit: int) -> tuple[float, float, float, float]:
    """Width and height of a card, and how far the next one behind it is shifted to the right and up."""
    zoom = unit / LARGEST_CELL
    pixel = min(120.0 * zoom / max(item.largest, item.height, item.width), 11.0 * zoom)
    if item.copies:
        pixel = min(pixel, 34.0 * zoom / max(item.height, item.width))
    shift = (13.0, 11.0) if item.coloured in ("channels", "rgb") else (4.0, 4.0) if item.copies else (6.0, 6.0)
    return max(pixel * item.width, 10), max(pixel * item.height, 10), shift[0], shift[1]


def _pile(item: Stack, unit: int) -> tuple[float, float]:
    width, height, right, up = _card(item, unit)
    behind = min(item.channels, CARDS) - 1
    return width + behind * right, height + behind * up


def _shelf(item: Stack) -> tuple[int, int]:
    """Columns and rows in which filters stand."""
    drawn = min(item.copies, CARDS)
    rows = drawn if drawn <= 3 else -(-drawn // 2)
    return -(-drawn // rows), rows


def _under(item: Stack) -> list[tuple[str, str]]:
    lines = [(item.label, "t")] if item.label else []
    lines.append((str(item.shape), "s"))
    n = item.copies or item.channels
    if n > CARDS:
        lines.append((f"{CARDS} of {n} drawn", "s"))
    return lines


@measure.register
def _(item: Stack, unit: int) -> Measure:
    width, height = _pile(item, unit)
    if item.copies:
        columns, rows = _shelf(item)
        width, height = columns * (width + 26) - 8, rows * (height + 9) - 9
    words = max(ink.text_width(line, 13, style == "t") for line, style in _under(item))
    return Measure(max(width, words), height, 0, 8 + 17 * len(_under(item)))


@paint.register
def _(item: Stack, x: float, y: float, unit: int) -> str:
    m = measure(item, unit)
    width, height = _pile(item, unit)
    parts = []
    if item.copies:
        columns, rows = _shelf(item)
        left = x + (m.width - (columns * (width + 26) - 8)) / 2
        for k in range(min(item.copies, CARDS)):
            column, row = divmod(k, rows)
            place = left + column * (width + 26) + 16, y + row * (height + 9)
            parts.append(_cards(item, *place, unit, [ink.group_colour(k)] * item.channels))
            parts.append(ink.text(place[0] - 8, place[1] + height / 2 + 4, str(k + 1), "s", 11))
    else:
        parts.append(_cards(item, x + (m.width - width) / 2, y, unit, _card_colours(item)))
    for i, (line, style) in enumerate(_under(item)):
        parts.append(ink.text(x + m.width / 2, y + m.body + 20 + 17 * i, line, style))
    return "".join(parts)


def _card_colours(item: Stack) -> list[str]:
    if item.coloured == "rgb":
        return [ink.tint(colour, 0.55) for colour in (VERMILLION, GREEN, BLUE)]
    if item.coloured == "channels":
        return [ink.group_colour(k) for k in range(item.channels)]
    return [ink.tint(SKY, 0.25)] * item.channels


def _cards(item: Stack, x: float, y: float, unit: int, colours: list[str]) -> str:
    """A pile, the first channel in front at the lower left."""
    width, height, right, up = _card(item, unit)
    drawn = min(item.channels, CARDS)
    parts = []
    for k in reversed(range(drawn)):
        left, top = x + k * right, y + (drawn - 1 - k) * up
        parts.append(ink.rect(left, top, width, height, 2.5, fill=colours[k], stroke=INK, stroke_width=1))
        if item.coloured in ("channels", "rgb"):
            name = "RGB"[k] if item.coloured == "rgb" else str(k + 1)
            parts.append(ink.text(left + width - 6.5, top + 9, name, "", 9))
    return "".join(parts) + _pixels(item, x, y + (drawn - 1) * up, width, height)


def _pixels(item: Stack, x: float, y: float, width: float, height: float) -> str:
    """Faint lines between the pixels of the card in front, where there is room."""
    if width / item.width < 5 or item.height * item.width == 1:
        return ""
    n = ink.number
    down = "".join(f"M{n(x + width * j / item.width)} {n(y)}v{n(height)}" for j in range(1, item.width))
    along = "".join(f"M{n(x)} {n(y + height * i / item.height)}h{n(width)}" for i in range(1, item.height))
    return ink.path(down + along, stroke=INK, stroke_width=0.5, opacity=0.3)
