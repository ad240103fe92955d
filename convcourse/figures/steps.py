"""Scenes of one step of an operation: where the window stands, what it sees, what comes out.

All numbers come from `convcourse.operations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from convcourse import operations
from convcourse.figures.numbers import (
    Array,
    Entry,
    Numbers,
    array_of,
    bracketed,
    entry,
    equals,
    listed,
    rows_of,
    show,
    size,
    summed,
)
from convcourse.figures.scene import Box, Cell, Grid, Item, Role, Scene, Sign, Words, with_role

LARGEST = 40  # rows or columns of numbers that can still be read
MOST_TERMS = 16  # of a sum that is written out
Place = tuple[int, int]


def convolution_step_scene(
    image: Numbers, kernel: Numbers, at: Place, stride: int = 1, padding: int = 0, caption: str = ""
) -> Scene:
    """One step of a cross-correlation: the window that gives output entry `at`, its products and the output so far.

    image (H, W), kernel (f_h, f_w). Raises ValueError where the kernel does not fit or `at` is outside the output.
    """
    row, factors, total, alt = _convolution_row(image, kernel, at, stride, padding)
    return Scene((row, (_sum_of_products(factors, total),)), alt, caption)


def convolution_strip_scene(
    image: Numbers,
    kernel: Numbers,
    positions: Sequence[Place],
    stride: int = 1,
    padding: int = 0,
    caption: str = "",
) -> Scene:
    """Several steps of a cross-correlation, one beneath the other. Raises ValueError as for one step, or for none."""
    if not positions:
        raise ValueError("a strip needs at least one position, such as (0, 0)")
    steps = [_convolution_row(image, kernel, at, stride, padding) for at in positions]
    rows: list[tuple[Item, ...]] = []
    for row, factors, total, _ in steps:
        rows += [_untitled(row) if rows else row, (_sum_of_products(factors, total),)]
    return Scene(tuple(rows), " ".join(step[3] for step in steps), caption)


def convolution_channels_scene(
    image: Numbers,
    kernel: Numbers,
    at: Place,
    stride: int = 1,
    padding: int = 0,
    names: Sequence[str] = (),
    caption: str = "",
) -> Scene:
    """One step of a filter on an image of several channels, a row for each channel, and the sum of all in the last.

    image (C, H, W), kernel (C, f_h, f_w), names C words. Raises ValueError where they disagree or for one step alone.
    """
    planes, filters = array_of(image, "image", 3), array_of(kernel, "kernel", 3)
    if len(planes) != len(filters):
        raise ValueError(f"the image has {len(planes)} channels and the filter {len(filters)}")
    names = names or [str(c) for c in range(len(planes))]
    if len(names) != len(planes):
        raise ValueError(f"{len(names)} names for {len(planes)} channels")
    rows: list[tuple[Item, ...]] = []
    sums, told = [], []
    for name, plane, own in zip(names, planes, filters, strict=True):
        row, _, total, alt = _convolution_row(plane, own, at, stride, padding)
        titles = {"Image": f"Channel {name}"} | ({} if rows else {"Kernel": "Kernel", "Output": "Sums"})
        rows.append(retitled(row, titles))
        sums.append(total)
        told.append(f"Channel {name}: {alt}")
    output = operations.correlate_channels(planes, filters[None], np.zeros(1), stride, padding)[0]
    output = output.astype(int) if all(isinstance(total, int) for total in sums) else output
    together = entry(output[at])
    line = f"{summed(sums, ' ')} {equals(together, *sums)} {show(together)}"
    rows.append((Words((f"all channels: {line}",)), _so_far(output, at, "Output")))
    return Scene(tuple(rows), f"{' '.join(told)} The channels add up: {line}.", caption)


def pooling_step_scene(
    x: Numbers,
    at: Place,
    f: int = 2,
    s: int = 2,
    mode: Literal["max", "avg"] = "max",
    padding: int = 0,
    caption: str = "",
) -> Scene:
    """One step of pooling an image x (H, W): the window that gives output entry `at`, and the output so far.

    The cell that wins in max-pooling is marked; of equal ones the first. Raises ValueError for another mode, or where
    the window does not fit or `at` is outside the output.
    """
    image = _readable(array_of(x, "image"), "image")
    pooled = operations.pool2d(image, f, s, mode, padding)
    i, j = _inside(at, pooled)
    frame = -np.inf if mode == "max" else 0.0
    padded = operations.pad2d(image.astype(float), padding, frame) if padding else image
    seen = operations.windows(padded, (f, f), s)[i, j]
    result = entry(pooled[i, j])
    picture = _under_window(_padded_grid(padded, image.shape, padding, "image"), at, (f, f), s)
    values = [entry(value) for value in seen.ravel()]
    name = "Maximum" if mode == "max" else "Average"
    if mode == "max":
        k, m = np.unravel_index(int(np.argmax(seen)), seen.shape)
        picture = with_role(picture, "winner", (i * s + int(k), j * s + int(m)))
        sum_line = f"max({', '.join(show(value) for value in values)}) = {show(result)}"
        said = f"the largest is {show(result)}"
    else:
        is_ = equals(result, *values)
        sum_line = f"({summed(values, ' ')}) / {len(values)} {is_} {show(result)}"
        said = f"their mean is ({summed(values)})/{len(values)} {is_} {show(result)}"
    row: tuple[Item, ...] = (picture, Sign("→", f"{f}×{f}, stride {s}"), _so_far(pooled, at, name))
    rows: tuple[tuple[Item, ...], ...] = (row,)
    if len(values) <= MOST_TERMS:
        rows = (row, (Words((sum_line,)),))
    alt = f"{_where(at, (f, f), s, padding)} covers {listed(values)}; {said}."
    return Scene(rows, f"{alt} It is entry ({i}, {j}) of the {size(pooled.shape)} output.", caption)


def pooling_backward_scene(x: Numbers, grad_output: Numbers, f: int = 2, s: int = 2, caption: str = "") -> Scene:
    """Max-pooling forward, and below it the way of the gradient back to the winners.

    x (H, W), grad_output of the pooled shape. Raises ValueError where the shapes do not fit.
    """
    image = _readable(array_of(x, "image"), "image")
    arriving = array_of(grad_output, "gradient")
    pooled = operations.pool2d(image, f, s, "max")
    if arriving.shape != pooled.shape:
        raise ValueError(
            f"the gradient has shape {size(arriving.shape)}, but {size(image.shape)} pooled by {f}×{f} with stride {s} "
            f"has {size(pooled.shape)}"
        )
    gradient = operations.max_pool_backward(image, arriving, f, s)
    wins = operations.max_pool_backward(image, np.ones(pooled.shape), f, s)
    winners = [(int(i), int(j)) for i, j in np.argwhere(wins)]
    boxes = _window_boxes(pooled.shape, f, s) if s >= f else ()
    forward = with_role(_grid(image, "Input x", boxes), "winner", *winners)
    back = with_role(_grid(gradient, "Gradient of x", boxes), "winner", *winners)
    losers = {(i, j) for i in range(image.shape[0]) for j in range(image.shape[1])} - set(winners)
    back = with_role(back, "faint", *losers)
    kept = "; ".join(
        f"{show(entry(gradient[place]))} at row {place[0]}, column {place[1]} (where x is {show(entry(image[place]))})"
        for place in winners
    )
    arrives = listed(entry(v) for v in arriving.ravel())
    alt = (
        f"Max-pooling with {f}×{f} windows and stride {s} makes {listed(entry(v) for v in pooled.ravel())} of the "
        f"{size(image.shape)} input. The gradient {arrives} that arrives goes back to "
        f"the largest entry of each window alone: {kept}; every other entry gets 0."
    )
    return Scene(
        (
            (forward, Sign("→", "forward"), _grid(pooled, "Max-pooled")),
            (back, Sign("←", "backward"), _grid(arriving, "Gradient that arrives")),
        ),
        alt,
        caption,
    )


def average_backward_scene(x: Numbers, grad_output: Numbers, f: int = 2, s: int = 2, caption: str = "") -> Scene:
    """Average pooling forward, and below it the gradient that each window shares out evenly.

    x (H, W), grad_output of the pooled shape. Raises ValueError where no window fits.
    """
    image = _readable(array_of(x, "image"), "image")
    arriving = array_of(grad_output, "gradient")
    pooled = operations.pool2d(image, f, s, "avg")
    gradient = operations.avg_pool_backward((image.shape[0], image.shape[1]), arriving, f, s)
    boxes = _window_boxes(pooled.shape, f, s) if s >= f else ()
    arrives, back = (listed(entry(v) for v in array.ravel()) for array in (arriving, gradient))
    alt = (
        f"Average pooling with {f}×{f} windows and stride {s} makes {listed(entry(v) for v in pooled.ravel())} of the "
        f"{size(image.shape)} input. Each window shares the gradient that arrives evenly among its {f * f} entries: of "
        f"{arrives} comes {back}."
    )
    return Scene(
        (
            (_grid(image, "Input x", boxes), Sign("→", "forward"), _grid(pooled, "Average-pooled")),
            (_grid(gradient, "Gradient of x", boxes), Sign("←", "backward"), _grid(arriving, "Gradient that arrives")),
        ),
        alt,
        caption,
    )


def _convolution_row(
    image_: Numbers, kernel_: Numbers, at: Place, stride: int, padding: int
) -> tuple[tuple[Item, ...], list[tuple[Entry, Entry]], Entry, str]:
    """Image ⊗ kernel → output at one step, with the factors of each product, their sum, and the sentence for it."""
    image = _readable(array_of(image_, "image"), "image")
    kernel = _readable(array_of(kernel_, "kernel"), "kernel")
    output = operations.correlate2d(image, kernel, stride, padding)
    i, j = _inside(at, output)
    padded = operations.pad2d(image, padding)
    f_h, f_w = kernel.shape
    seen = operations.windows(padded, (f_h, f_w), stride)[i, j]
    factors = [(entry(a), entry(k)) for a, k in zip(seen.ravel(), kernel.ravel(), strict=True)]
    total = entry(output[i, j])
    picture = _under_window(_padded_grid(padded, image.shape, padding, "Image"), at, (f_h, f_w), stride, kernel)
    row: tuple[Item, ...] = (
        picture,
        Sign("⊗", f"stride {stride}" if stride > 1 else ""),
        _grid(kernel, "Kernel", label=size(kernel.shape)),
        Sign("="),
        _so_far(output, at, "Output"),
    )
    products = [entry(product) for product in (seen * kernel).ravel()]
    alt = (
        f"{_where(at, (f_h, f_w), stride, padding)} covers {listed(a for a, _ in factors)}; times the kernel "
        f"{listed(k for _, k in factors)} gives {summed(products)} {equals(total, *products)} {show(total)}"
    )
    return row, factors, total, f"{alt}, entry ({i}, {j}) of the {size(output.shape)} output."


def _sum_of_products(factors: list[tuple[Entry, Entry]], total: Entry) -> Words:
    products = [float(a) * float(k) for a, k in factors]  # type: ignore[arg-type]  # entries of numeric arrays
    whole = all(isinstance(number, int) for pair in factors for number in pair)
    terms: list[Entry] = [int(product) if whole else product for product in products]
    if len(factors) > MOST_TERMS:
        return Words((f"the sum of {len(factors)} products {equals(total)} {show(total)}",))
    written = " + ".join(f"{bracketed(a)}·{bracketed(k)}" for a, k in factors)
    result = f"{summed(terms, ' ')} {equals(total, *terms)} {show(total)}"
    one_line = f"{written} = {result}"
    return Words((one_line,) if len(one_line) <= 64 else (written, f"= {result}"))


def _where(at: Place, shape: Place, stride: int, padding: int) -> str:
    row, column = at[0] * stride, at[1] * stride
    settings = [f"stride {stride}"] if stride > 1 else []
    settings += [f"padding {padding}"] if padding else []
    start = f"With {' and '.join(settings)}, the" if settings else "The"
    of = " of the padded image" if padding else ""
    return f"{start} {size(shape)} window at row {row}, column {column}{of}"


def _inside(at: Place, output: Array) -> Place:
    i, j = int(at[0]), int(at[1])
    if not (0 <= i < output.shape[0] and 0 <= j < output.shape[1]):
        raise ValueError(
            f"the output is {size(output.shape)}, so no window stands at row {i}, column {j} of it; "
            f"rows go from 0 to {output.shape[0] - 1}, columns from 0 to {output.shape[1] - 1}"
        )
    return i, j


def _readable(array: Array, name: str) -> Array:
    if max(array.shape) > LARGEST:
        raise ValueError(
            f"the {name} of {size(array.shape)} has too many numbers for a grid (at most {LARGEST} a side); "
            "show it with images()"
        )
    return array


def _grid(array: Array, title: str, boxes: Iterable[Box] = (), label: str = "") -> Grid:
    cells = tuple(tuple(Cell(value) for value in row) for row in rows_of(array))
    return Grid(cells, title, label, tuple(boxes))


def _padded_grid(padded: Array, shape: tuple[int, ...], padding: int, name: str) -> Grid:
    label = size(shape) if not padding else f"{size(shape)}, padded to {size(padded.shape)}"
    h, w = shape
    frame = [
        (i, j)
        for i in range(padded.shape[0])
        for j in range(padded.shape[1])
        if not (padding <= i < padding + h and padding <= j < padding + w)
    ]
    return with_role(_grid(padded, name.capitalize(), label=label), "padding", *frame)


def _under_window(grid: Grid, at: Place, shape: Place, stride: int, kernel: Array | None = None) -> Grid:
    """The grid with the window of output entry `at` over it, and the kernel's factors as small print."""
    top, left = at[0] * stride, at[1] * stride

    def seen(i: int, j: int, cell: Cell) -> Cell:
        k, m = i - top, j - left
        if not (0 <= k < shape[0] and 0 <= m < shape[1]):
            return cell
        note = "" if kernel is None else f"×{show(entry(kernel[k, m]))}"
        return Cell(cell.value, (*cell.roles, "window"), note)

    cells = tuple(tuple(seen(i, j, cell) for j, cell in enumerate(row)) for i, row in enumerate(grid.cells))
    return Grid(cells, grid.title, grid.label, (Box(top, left, *shape),))


def _so_far(output: Array, at: Place, title: str) -> Grid:
    """The output filled up to `at` in reading order, that entry marked, the later ones empty."""

    def cell(i: int, j: int, value: Entry) -> Cell:
        role: Role | None = "active" if (i, j) == at else "empty" if (i, j) > at else None
        return Cell(None if role == "empty" else value, (role,) if role else ())

    cells = tuple(tuple(cell(i, j, v) for j, v in enumerate(row)) for i, row in enumerate(rows_of(output)))
    return Grid(cells, title, size(output.shape))


def _window_boxes(shape: tuple[int, ...], f: int, s: int) -> tuple[Box, ...]:
    return tuple(Box(i * s, j * s, f, f) for i in range(shape[0]) for j in range(shape[1]))


def _untitled(row: tuple[Item, ...]) -> tuple[Item, ...]:
    """A later row of a strip, without the words that the first one has said."""
    return tuple(Grid(item.cells, boxes=item.boxes, label="") if isinstance(item, Grid) else item for item in row)


def retitled(row: tuple[Item, ...], titles: Mapping[str, str]) -> tuple[Item, ...]:
    """A row whose grids have other titles, or none where none is given."""
    return tuple(replace(item, title=titles.get(item.title, "")) if isinstance(item, Grid) else item for item in row)
