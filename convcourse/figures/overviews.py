"""Scenes of whole arrays: grids side by side, the convolution's matrix, tensors as cards, windows along a line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from convcourse import operations
from convcourse.figures.numbers import Entry, Numbers, array_of, count, entry, listed, rows_of, size
from convcourse.figures.scene import Cell, Grid, Item, Line, Role, Scene, Sign, Stack, with_role

LARGEST = 40  # rows or columns of numbers that can still be read
LONGEST_LINE = 64  # pixels and padding that can still be told apart

GridLike = Grid | Numbers | tuple[str, Numbers]
Block = tuple[str, Sequence[int]]


def grid(
    values: Numbers, title: str = "", *, label: str = "", shade: bool = False, **marks: Iterable[tuple[int, int]]
) -> Grid:
    """A number grid with a title above, a label below and marked cells: ``grid(a, differs=[(0, 1)])``.

    The marks are the roles of `scene.Role` (padding, window, active, empty, differs, winner, faint), each with the
    (row, column) of its cells. `shade` colours cells by value. Raises ValueError for more than 40 rows or columns,
    and for an unknown mark or one outside the grid.
    """
    rows = rows_of(values)
    if max(len(rows), len(rows[0])) > LARGEST:
        raise ValueError(
            f"{len(rows)}×{len(rows[0])} are too many numbers for a grid (at most {LARGEST} a side); "
            "show them with images()"
        )
    cells = tuple(tuple(Cell(value, ("empty",) if value is None else ()) for value in row) for row in rows)
    made = Grid(cells, title, label)
    for name, places in marks.items():
        made = with_role(made, _role(name), *(_place(place, rows) for place in places))
    return _shaded(made) if shade else made


def grids_scene(*items: GridLike | str, alt: str = "", caption: str = "", shade: bool = False) -> Scene:
    """A row of number grids and operator signs. Without `alt`, the alt text lists what the grids hold.

    An item is an array, a (title, array), a `Grid`, or a string, which is a sign. Raises ValueError for no items.
    """
    if not items:
        raise ValueError("a figure of grids needs at least one array")
    row = tuple(_item(item, shade) for item in items)
    return Scene((row,), alt or _described(row), caption)


def heat_scene(array: Numbers, alt: str = "", caption: str = "", title: str = "") -> Scene:
    """One number grid, shaded by value."""
    return grids_scene((title, array), alt=alt, caption=caption, shade=True)


def sparse_matrix_scene(
    matrix: Numbers, alt: str = "", caption: str = "", image_shape: tuple[int, int] | None = None
) -> Scene:
    """The matrix of a convolution (H_out·W_out, H·W): zeros faint, equal weights in the same colour.

    `image_shape` (H, W) parts the columns by the image's rows. Raises ValueError where it does not fit the matrix.
    """
    array = array_of(matrix, "matrix")
    values = [entry(value) for value in array.ravel() if value]
    weights = list(dict.fromkeys(values))
    made = grid(array, label=f"{size(array.shape)}, {count(len(values), 'entry').replace('entrys', 'entries')} not 0")
    cells = tuple(
        tuple(
            replace(cell, group=weights.index(cell.value) + 1) if cell.value else replace(cell, roles=("faint",))
            for cell in row
        )
        for row in made.cells
    )
    made = replace(made, cells=cells)
    if image_shape is not None:
        h, w = image_shape
        if h * w != array.shape[1]:
            raise ValueError(f"an image of {h}×{w} has {h * w} pixels, but the matrix has {array.shape[1]} columns")
        made = replace(made, split=w, headings=tuple(f"image row {i}" for i in range(h)))
    if not alt:
        in_rows = {tuple(value for value in row if value) for row in made.values}
        shared = "every row holds the same weights" if len(in_rows) == 1 else "the rows share the weights"
        alt = (
            f"A matrix of {size(array.shape)} entries, {len(values)} of {array.size} of them not 0. "
            f"Its first row reads {listed(entry(value) for value in array[0])}; {shared} {listed(weights)}."
        )
    return Scene(((made,),), alt, caption)


def size_line_scene(n: int, f: int, p: int = 0, s: int = 1, caption: str = "") -> Scene:
    """All places of a window of `f` on a line of `n` pixels with `p` padding at both ends, `s` pixels apart.

    Raises ValueError where no window fits, and for lines of more than 64 cells.
    """
    places = operations.output_size(n, f, p, s)
    length = n + 2 * p
    if length > LONGEST_LINE:
        raise ValueError(f"{length} cells are too many for a picture; at most {LONGEST_LINE} can be told apart")
    starts = tuple(i * s for i in range(places))
    covered = {cell for start in starts for cell in range(start, start + f)}
    unseen = tuple(cell for cell in range(length) if cell not in covered)
    formula = f"⌊({n} + 2·{p} − {f})/{s}⌋ + 1 = {places}"
    left_over = sum(cell >= starts[-1] + f for cell in unseen)
    alt = (
        f"A line of {count(n, 'pixel')} with {p} of padding at both ends: a window of {f} that moves by {s} has "
        f"{count(places, 'place')}, {formula}. "
        f"The last one begins at cell {starts[-1]} of 0 to {length - 1} and leaves "
        f"{count(left_over, 'cell')} over at the end."
    )
    if len(unseen) > left_over:
        skipped = count(len(unseen) - left_over, "cell")
        alt += f" The stride is larger than the window: {skipped} in between go unseen."
    return Scene(((Line(n, p, f, s, starts, unseen),),), alt, caption or formula)


def volumes_scene(blocks: Sequence[Block | str], alt: str = "", caption: str = "") -> Scene:
    """Tensors as stacked cards: each block (label, (C, H, W)), filters (label, (K, C, H, W)), strings are signs.

    Filters are numbered and coloured one by one, and the maps of a block with as many channels that comes after them
    likewise; a block of three channels with "RGB" in its label shows them as R, G and B.
    Raises ValueError for no blocks or other shapes.
    """
    if not blocks:
        raise ValueError("a figure of volumes needs at least one block, such as ('image', (3, 6, 6))")
    row: list[Item] = []
    filters = 0
    largest = max((max(block[1][-2:]) for block in blocks if not isinstance(block, str) and block[1]), default=1)
    for block in blocks:
        if isinstance(block, str):
            row.append(Sign(block))
            continue
        stack = replace(_stack(block, filters), largest=int(largest))
        filters = stack.copies or filters
        row.append(stack)
    if not alt:
        alt = " ".join(
            item.text if isinstance(item, Sign) else f"{item.label} of shape {item.shape}"
            for item in row
            if isinstance(item, Sign | Stack)
        )
    return Scene((tuple(row),), alt, caption)


def _stack(block: Block, filters: int) -> Stack:
    label, shape = block
    numbers = [int(number) for number in shape]
    if len(numbers) not in (3, 4) or min(numbers) < 1:
        raise ValueError(f"{label or 'a block'}: a shape is (C, H, W), or (K, C, H, W) for filters, not {tuple(shape)}")
    *copies, channels, height, width = numbers
    if copies:
        return Stack(label, channels, height, width, copies[0], "copies")
    if channels == 3 and "RGB" in label:
        return Stack(label, channels, height, width, 0, "rgb")
    return Stack(label, channels, height, width, 0, "channels" if channels == filters else "")


def _item(item: GridLike | str, shade: bool) -> Grid | Sign:
    if isinstance(item, str):
        return Sign(item)
    if isinstance(item, Grid):
        return _shaded(item) if shade else item
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
        return grid(item[1], item[0], shade=shade)
    return grid(item, shade=shade)


def _described(row: Iterable[Item]) -> str:
    words = []
    for item in row:
        if isinstance(item, Grid):
            numbers = "; ".join(listed(values) for values in item.values)
            shape = size((len(item.cells), len(item.cells[0])))
            words.append(f"{item.title or 'a grid'} ({shape}): {numbers}")
        elif isinstance(item, Sign):
            words.append(item.text)
    text = " ".join(words)
    return text[0].upper() + text[1:] + "."


def _shaded(made: Grid) -> Grid:
    numbers = [v for row in made.values for v in row if isinstance(v, int | float) and math.isfinite(v)]
    largest = max((abs(number) for number in numbers), default=0)

    def shade(value: Entry) -> float:
        if isinstance(value, str) or value is None or not largest or math.isnan(value):
            return 0.0
        return max(-1.0, min(1.0, value / largest))

    cells = tuple(tuple(replace(cell, shade=shade(cell.value)) for cell in row) for row in made.cells)
    return replace(made, cells=cells)


def _role(name: str) -> Role:
    roles: tuple[Role, ...] = ("padding", "window", "active", "empty", "differs", "winner", "faint")
    for role in roles:
        if role == name:
            return role
    raise ValueError(f"there is no mark {name!r}; there are: {', '.join(roles)}")


def _place(place: tuple[int, int], rows: Sequence[Sequence[Entry]]) -> tuple[int, int]:
    i, j = int(place[0]), int(place[1])
    if not (0 <= i < len(rows) and 0 <= j < len(rows[0])):
        raise ValueError(f"row {i}, column {j} is outside the grid of {len(rows)}×{len(rows[0])}")
    return i, j
