"""Pictures with one large cross among small crosses, bars and a cross that lacks an arm.

A small cross kernel answers wherever five pixels in the shape of a plus are all on: on every small cross, and all along
a thick bar. Shrunk by 2×2 max-pooling, those answers draw the shapes anew at half the size, and only the large cross is
still a plus there.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from convcourse.operations import correlate2d, pool2d

Array = NDArray[np.float32]

SIDE = 24
CROSS = ((0, 1, 0), (1, 1, 1), (0, 1, 0))
PLUS = np.array(CROSS, dtype=np.float32)


def crosses(seed: int) -> tuple[torch.Tensor, tuple[int, int]]:
    """A picture, float32 (24, 24) of 0 and 1, and where its large cross is: (row, column) on the pooled 12×12 map."""
    image = cross_image(np.random.default_rng(seed))
    return torch.from_numpy(image), place_of_largest(second_map(image))


def cross_image(random: np.random.Generator) -> Array:
    """A picture (24, 24) of 0 and 1, drawn anew until two stages find its large cross and one stage does not."""
    while True:
        image, centre = _draw(random)
        if image is not None and _telling(image, centre):
            return image


def first_map(image: Array) -> NDArray[np.float64]:
    """Stage 1, (24, 24): 1 where the small cross lies wholly on pixels that are on, else 0."""
    return np.maximum(correlate2d(image, PLUS, padding=1) - 4.0, 0.0)


def second_map(image: Array) -> NDArray[np.float64]:
    """Stage 2, (12, 12): how well the pooled answers of stage 1 fit the same small cross, 5 at the most."""
    return np.asarray(correlate2d(pool2d(first_map(image), 2, 2), PLUS, padding=1), dtype=np.float64)


def place_of_largest(values: NDArray[np.float64]) -> tuple[int, int]:
    """(row, column) of the largest entry, the first in reading order."""
    row, column = divmod(int(np.argmax(values)), values.shape[1])
    return row, column


def _draw(random: np.random.Generator) -> tuple[Array | None, tuple[int, int]]:
    """Shapes put down one after another, never touching; None where one of them finds no room."""
    image = np.zeros((SIDE, SIDE), dtype=np.float32)
    arm = int(random.integers(4, 6, endpoint=True))
    corner = _put(image, _large_cross(arm), random)
    if corner is None:
        return None, (0, 0)
    for shape, even in (
        (np.rot90(_armless(), int(random.integers(4))), True),
        (PLUS, False),
        (PLUS, False),
        (PLUS, False),
        (_bar(random), False),
        (_bar(random), False),
    ):
        if _put(image, shape, random, even=even) is None:
            return None, (0, 0)
    return image, ((corner[0] + arm) // 2, (corner[1] + arm) // 2)


def _large_cross(arm: int) -> Array:
    """Two bars three pixels thick; each arm reaches `arm` pixels from the centre."""
    cross = np.zeros((2 * arm + 1, 2 * arm + 1), dtype=np.float32)
    cross[arm - 1 : arm + 2, :] = 1
    cross[:, arm - 1 : arm + 2] = 1
    return cross


def _armless() -> Array:
    """A T with a thick bar: a cross that lacks an arm, and yet the brightest place where pooling takes averages."""
    shape = np.zeros((8, 8), dtype=np.float32)
    shape[:4, :] = 1
    shape[4:, 3:6] = 1
    return shape


def _bar(random: np.random.Generator) -> Array:
    size = (int(random.integers(2, 3, endpoint=True)), int(random.integers(5, 7, endpoint=True)))
    return np.ones(size if random.integers(2) else size[::-1], dtype=np.float32)


def _put(
    image: Array, shape: Array, random: np.random.Generator, even: bool = False, tries: int = 60
) -> tuple[int, int] | None:
    """Put the shape where a ring of one pixel around it is free, and say where; `even` aligns it for the pooling.

    Aligned means that the shape without its outline starts at an even row and column.
    """
    h, w = shape.shape
    for _ in range(tries):
        row, column = (int(random.integers(0, SIDE - n, endpoint=True)) for n in (h, w))
        if even:
            row, column = row - 1 + row % 2, column - 1 + column % 2
        if row < 0 or column < 0 or row + h > SIDE or column + w > SIDE:
            continue
        ring = image[max(0, row - 1) : row + h + 1, max(0, column - 1) : column + w + 1]
        if not ring.any():
            image[row : row + h, column : column + w] += shape
            return row, column
    return None


def _telling(image: Array, centre: tuple[int, int]) -> bool:
    """Whether the two stages find the large cross, and the ways that leave something out do not."""
    second = second_map(image)
    found = second[centre] == second.max() and np.count_nonzero(second == second.max()) == 1
    pooled = pool2d(first_map(image), 2, 2)
    one_stage = place_of_largest(pooled)
    averaged = place_of_largest(correlate2d(pool2d(first_map(image), 2, 2, "avg"), PLUS, padding=1))
    off_diagonal = centre[0] != centre[1]
    return bool(
        found
        and off_diagonal
        and averaged != centre
        and max(abs(a - b) for a, b in zip(one_stage, centre, strict=True)) > 1
    )
