"""Figures of the notebooks: number grids, one step of an operation, tensors, networks, results, images and curves.

Each function returns a `Figure`, which shows itself in a notebook and carries alt text made from its numbers. Arrays
may be numpy arrays, tensors or lists. What is drawn (`scene`) is kept apart from how it is drawn (`svg`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from convcourse.figures.blocks import network
from convcourse.figures.charts import lines_scene
from convcourse.figures.feature_maps import maps
from convcourse.figures.figure import Figure
from convcourse.figures.live import Live
from convcourse.figures.networks import layers_scene
from convcourse.figures.numbers import Numbers, array_of, size
from convcourse.figures.overviews import (
    Block,
    GridLike,
    grid,
    grids_scene,
    heat_scene,
    size_line_scene,
    sparse_matrix_scene,
    volumes_scene,
)
from convcourse.figures.picture import images_scene
from convcourse.figures.play import convolution, pooling, size_calculator
from convcourse.figures.progress import Training, training
from convcourse.figures.results import bands_scene, confusion_scene
from convcourse.figures.scene import Layer, Scene
from convcourse.figures.steps import (
    Place,
    convolution_step_scene,
    convolution_strip_scene,
    pooling_backward_scene,
    pooling_step_scene,
)
from convcourse.figures.svg import draw
from convcourse.operations import conv_matrix

__all__ = [
    "Figure",
    "Layer",
    "Live",
    "Training",
    "bands",
    "confusion",
    "convolution",
    "convolution_matrix",
    "convolution_step",
    "convolution_strip",
    "grid",
    "grids",
    "heat",
    "images",
    "layers",
    "lines",
    "maps",
    "network",
    "pooling",
    "pooling_backward",
    "pooling_step",
    "show",
    "size_calculator",
    "size_line",
    "sparse_matrix",
    "training",
    "volumes",
]


def show(scene: Scene) -> Figure:
    """A scene, drawn."""
    svg, width = draw(scene)
    return Figure(scene.alt, svg.encode(), "image/svg+xml", width, scene)


def grids(*items: GridLike | str, alt: str = "", caption: str = "", shade: bool = False) -> Figure:
    """A row of number grids and signs: each item an array, a (title, array), a `grid(…)` or a sign such as "⊗".

    None is an empty cell, NaN one with a question mark. `shade` colours cells by value. Without `alt`, the alt
    text lists the numbers.
    """
    return show(grids_scene(*items, alt=alt, caption=caption, shade=shade))


def heat(array: Numbers, alt: str = "", caption: str = "", title: str = "") -> Figure:
    """One number grid, shaded by value."""
    return show(heat_scene(array, alt, caption, title))


def convolution_step(
    image: Numbers, kernel: Numbers, at: Place, stride: int = 1, padding: int = 0, caption: str = ""
) -> Figure:
    """The step of a cross-correlation that gives output entry `at` = (i, j): window, products, output so far.

    image (H, W), kernel (f_h, f_w). Raises ValueError where the kernel does not fit or `at` is outside the output.
    """
    return show(convolution_step_scene(image, kernel, at, stride, padding, caption))


def convolution_strip(
    image: Numbers,
    kernel: Numbers,
    positions: Iterable[Place],
    stride: int = 1,
    padding: int = 0,
    caption: str = "",
) -> Figure:
    """Several steps of a cross-correlation, one beneath the other; see `convolution_step`."""
    return show(convolution_strip_scene(image, kernel, list(positions), stride, padding, caption))


def pooling_step(
    x: Numbers,
    at: Place,
    f: int = 2,
    s: int = 2,
    mode: Literal["max", "avg"] = "max",
    padding: int = 0,
    caption: str = "",
) -> Figure:
    """The step of pooling x (H, W) that gives output entry `at` = (i, j); the winner of max-pooling is marked.

    Raises ValueError for another mode, or where the window does not fit or `at` is outside the output.
    """
    return show(pooling_step_scene(x, at, f, s, mode, padding, caption))


def pooling_backward(x: Numbers, grad_output: Numbers, f: int = 2, s: int = 2, caption: str = "") -> Figure:
    """Max-pooling of x (H, W) forward, and the gradient's way back to the winners.

    Raises ValueError where grad_output does not have the pooled shape.
    """
    return show(pooling_backward_scene(x, grad_output, f, s, caption))


def size_line(n: int, f: int, p: int = 0, s: int = 1, caption: str = "") -> Figure:
    """All places of a window of `f` on `n` pixels with `p` padding at both ends, moved by `s`; left-over ones hatched.

    Without a caption, the formula and its value. Raises ValueError where no window fits.
    """
    return show(size_line_scene(n, f, p, s, caption))


def sparse_matrix(
    matrix: Numbers, alt: str = "", caption: str = "", image_shape: tuple[int, int] | None = None
) -> Figure:
    """A convolution's matrix: zeros faint, equal weights in one colour; `image_shape` parts it by image rows."""
    return show(sparse_matrix_scene(matrix, alt, caption, image_shape))


def convolution_matrix(kernel: Numbers, shape: tuple[int, int]) -> Figure:
    """The matrix that convolves a flattened image of `shape` with a kernel (f_h, f_w), zeros faint.

    Raises ValueError where the kernel does not fit.
    """
    kernel = array_of(kernel, "kernel")
    matrix = conv_matrix(kernel, shape)
    windows, pixels = matrix.shape
    caption = (
        f"A {size(kernel.shape)} kernel on a {size(shape)} image: {windows} windows, {pixels} pixels, "
        f"{np.unique(kernel).size} different weights."
    )
    return sparse_matrix(matrix, caption=caption, image_shape=shape)


def volumes(blocks: Sequence[Block | str], alt: str = "", caption: str = "") -> Figure:
    """Tensors as stacked cards: (label, (C, H, W)), filters (label, (K, C, H, W)), and strings for signs between.

    With "RGB" in its label, a block of three channels shows them as R, G and B.
    """
    return show(volumes_scene(blocks, alt, caption))


def images(
    arrays: Sequence[Numbers],
    titles: Sequence[str] = (),
    alt: str = "",
    columns: int = 4,
    scale: Literal["shared", "each"] = "shared",
    diverging: bool = False,
) -> Figure:
    """Images side by side, `columns` to a row, each in a frame with its title: grey (H, W), or in colour (3, H, W).

    Colours are shown as they are: bytes from 0 to 255, or floats from 0 to 1. Of grey images `scale` "shared" maps the
    same value to the same grey in all, "each" stretches every one; `diverging` is for signed values: 0 white, positive
    blue, negative orange, with the range in the title. Without `alt` the alt text gives titles, sizes and ranges.
    Raises ValueError for no image, for colours of another range, or a number of titles that does not fit.
    """
    return show(images_scene(arrays, titles, alt, columns, scale, diverging))


def lines(
    series: Mapping[str, Numbers],
    alt: str = "",
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    first: int = 0,
) -> Figure:
    """Curves over `first`, `first` + 1, …: a mapping from label to y values, the label written at the curve's end.

    Curves differ in colour, stroke and marker. Without `alt` the alt text gives each curve's first and last value.
    Raises ValueError for no curve.
    """
    return show(lines_scene(series, alt, xlabel, ylabel, title, first))


def layers(blocks: Sequence[Layer], alt: str = "", caption: str = "") -> Figure:
    """A network as a row of blocks, wrapped like text: ``layers([Layer("image", (1, 28, 28)), …])``, the input first.

    Each block gives its output's shape, its parameters ("–" for none) and, where told, its multiply–adds; a shape or
    parameters of None show "?". Beneath stand the totals, where all are known. Raises ValueError for no layer, an
    input with parameters, a shape with a number below 1, and negative counts.
    """
    return show(layers_scene(blocks, alt, caption))


def bands(
    groups: Mapping[str, Numbers],
    alt: str = "",
    xlabel: str = "test accuracy",
    reference: Mapping[str, float] | None = None,
    caption: str = "",
) -> Figure:
    """The results of several runs, by label: each run a dot, their range a band, their mean a tick with its number.

    `reference` maps labels to values, each shown as a dashed line. Raises ValueError for no group, an empty one, and
    numbers that are not finite.
    """
    return show(bands_scene(groups, alt, xlabel, reference, caption))


def confusion(matrix: Numbers, names: Sequence[str], alt: str = "", caption: str = "") -> Figure:
    """A confusion matrix (K, K) of counts, rows the true classes, columns what the network says, with their K names.

    Cells are shaded by their share of the row, right answers framed, and the most frequent errors bold. Raises
    ValueError for a matrix that is not square or holds other than counts, for other than K names, and for more than
    20 classes.
    """
    return show(confusion_scene(matrix, names, alt, caption))
