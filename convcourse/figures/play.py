"""Convolution, pooling and sizes to play with. What is shown first comes from `convcourse.operations`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from convcourse import operations
from convcourse.figures.live import Live, live
from convcourse.figures.numbers import Array, Numbers, array_of, size
from convcourse.figures.overviews import size_line_scene
from convcourse.figures.scene import Scene
from convcourse.figures.steps import (
    Place,
    average_backward_scene,
    convolution_channels_scene,
    convolution_step_scene,
    pooling_backward_scene,
    pooling_step_scene,
    retitled,
)

LARGEST = 10  # rows or columns that stay readable on a telephone, with padding around them


def convolution(
    image: Numbers,
    kernel: Numbers,
    stride: int = 1,
    padding: int = 0,
    *,
    at: Place = (0, 0),
    flip: bool = False,
    names: Sequence[str] = (),
    caption: str = "",
) -> Live:
    """A convolution to play with: the window slides, the output fills, stride, padding and kernel can be changed.

    image (H, W) and kernel (f_h, f_w), or image (C, H, W) and one filter (C, f_h, f_w); `names` are those of the
    channels. It begins with the window of output entry `at`. With `flip` the kernel is turned by half a turn first.
    Raises ValueError for other shapes, more than 10 rows or columns, numbers that are not finite, and as
    `convolution_step` does.
    """
    axes = 3 if np.ndim(image) == 3 else 2
    pixels, weights = _playable(image, "image", axes), _playable(kernel, "kernel", axes)
    slid = weights[..., ::-1, ::-1] if flip else weights
    if axes == 2:
        still = convolution_step_scene(pixels, slid, at, stride, padding, caption)
        pixels, slid, weights = pixels[None], slid[None], weights[None]
    else:
        still = convolution_channels_scene(pixels, slid, at, stride, padding, names, caption)
    if flip:
        still = _said_flipped(still)
    output = operations.correlate_channels(pixels, slid[None], np.zeros(1), stride, padding)[0]
    state = {
        "image": pixels.tolist(),
        "kernel": weights.tolist(),
        "names": [str(name) for name in names] or [str(c) for c in range(len(pixels))],
        "stride": stride,
        "padding": padding,
        "flip": flip,
        "at": [int(at[0]), int(at[1])],
        "output": output.tolist(),
    }
    return live(still, "convolution", state)


def pooling(
    x: Numbers,
    f: int = 2,
    s: int = 2,
    mode: Literal["max", "avg"] = "max",
    *,
    padding: int = 0,
    at: Place = (0, 0),
    backward: bool = False,
    grad_output: Numbers | None = None,
    caption: str = "",
) -> Live:
    """Pooling to play with, forward and the gradient's way back: window, stride, padding, maximum or average.

    x (H, W). It begins with the window of output entry `at`; with `backward` it shows what becomes of `grad_output`,
    which has the pooled shape and is 10, 20, 30, … where none is given. Raises ValueError for more than 10 rows or
    columns, numbers that are not finite, `backward` with padding, and as `pooling_step` does.
    """
    values = _playable(x, "map", 2)
    pooled = operations.pool2d(values, f, s, mode, padding)
    if f > min(values.shape):
        raise ValueError(f"a window of {f} does not fit on a map of {size(values.shape)}")
    arriving = _some_gradient(pooled.shape) if grad_output is None else _playable(grad_output, "gradient", 2)
    if arriving.shape != pooled.shape:
        raise ValueError(f"the gradient has shape {size(arriving.shape)}, the pooled map {size(pooled.shape)}")
    if backward and padding:
        raise ValueError("the way back begins without padding")
    if backward:
        way_back = pooling_backward_scene if mode == "max" else average_backward_scene
        still = way_back(values, arriving, f, s, caption)
    else:
        still = pooling_step_scene(values, at, f, s, mode, padding, caption)
    state = {
        "x": values.tolist(),
        "f": f,
        "s": s,
        "mode": mode,
        "padding": padding,
        "at": [int(at[0]), int(at[1])],
        "back": backward,
        "arriving": arriving.tolist(),
        "pooled": pooled.tolist(),
        "gradient": _pooled_back(values, arriving, f, s, mode, padding).tolist(),
    }
    return live(still, "pooling", state)


def size_calculator(n: int, f: int, p: int = 0, s: int = 1, caption: str = "") -> Live:
    """The size formula to play with: `n` pixels, a window of `f`, `p` padding at both ends, moved by `s`.

    Raises ValueError where no window fits.
    """
    return live(size_line_scene(n, f, p, s, caption), "size", {"n": n, "f": f, "p": p, "s": s})


def _playable(numbers: Numbers, name: str, axes: int) -> Array:
    array = array_of(numbers, name, axes)
    array = array.astype(int) if array.dtype == bool else array
    if not np.isfinite(array).all():
        raise ValueError(f"the {name} holds numbers that are not finite")
    if max(array.shape[-2:]) > LARGEST:
        raise ValueError(f"the {name} of {size(array.shape)} is too large to play with: at most {LARGEST} a side")
    return array


def _said_flipped(still: Scene) -> Scene:
    titles = {grid.title: grid.title for grid in still.grids} | {"Kernel": "Kernel, flipped"}
    rows = tuple(retitled(row, titles) for row in still.rows)
    return replace(still, rows=rows, alt=f"The kernel is flipped first. {still.alt}")


def _some_gradient(shape: tuple[int, ...]) -> Array:
    return 10 * np.arange(1, 1 + int(np.prod(shape))).reshape(shape)


def _pooled_back(x: Array, arriving: Array, f: int, s: int, mode: str, p: int) -> Array:
    """The gradient of the map, without that of its frame."""
    padded = operations.pad2d(x.astype(float), p, -np.inf if mode == "max" else 0.0)
    if mode == "max":
        gradient = operations.max_pool_backward(padded, arriving, f, s)
    else:
        gradient = operations.avg_pool_backward((padded.shape[0], padded.shape[1]), arriving, f, s)
    return gradient[p : p + x.shape[0], p : p + x.shape[1]]
