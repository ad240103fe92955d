"""Birds and airplanes drawn by code: what the course shows where the photographs of CIFAR-10 cannot be had.

CIFAR-10 has no licence that would let its pictures travel with the course. These stand in for them: 32×32 pixels in
colour, an airplane or a bird before a sky. Sky, clouds, colours, light, place, turn and size of the figure are
drawn in the same way for both classes, and the area is the same on average. What tells them apart is the outline alone:
straight wings, a long fuselage and a tailplane here, two bent wings and a short body there.

All chances are uniform numbers of numpy's PCG64 and all sums are in float64, so that machines differ in the last bits
at most, and those are lost where colours are rounded to bytes: the pictures are the same everywhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convcourse.data.pictures import SIDE, Pictures, of_arrays

AIRPLANE, BIRD = 0, 1
AT_ONCE = 25  # pictures that are drawn together: few enough for the processor's cache

Array = npt.NDArray[np.float64]

# Colours of the sky at the top and at the bottom, from 0 to 1: noon, haze, evening, overcast, dusk.
SKIES = np.array(
    [
        [[0.22, 0.46, 0.82], [0.66, 0.82, 0.95]],
        [[0.50, 0.66, 0.84], [0.86, 0.88, 0.88]],
        [[0.36, 0.42, 0.70], [0.96, 0.72, 0.52]],
        [[0.55, 0.59, 0.64], [0.78, 0.80, 0.82]],
        [[0.14, 0.20, 0.42], [0.52, 0.48, 0.62]],
    ]
)


class _Chances:
    """One row of uniform numbers for each picture, handed out column by column."""

    def __init__(self, random: np.random.Generator, pictures: int):
        self.random, self.pictures = random, pictures

    def between(self, low: float, high: float) -> Array:
        """Numbers from `low` to `high`: (pictures, 1, 1), to go with (pictures, rows, columns)."""
        return low + (high - low) * self.random.random((self.pictures, 1, 1))

    def table(self, *shape: int) -> Array:
        """Numbers from 0 to 1: (pictures, *shape)."""
        return self.random.random((self.pictures, *shape))

    def often(self, share: float) -> npt.NDArray[np.bool_]:
        """True in about this share of the pictures: (pictures, 1, 1)."""
        return self.random.random((self.pictures, 1, 1)) < share


def drawn_birds_and_airplanes(n_train: int = 1600, n_test: int = 400, seed: int = 0) -> Pictures:
    """Draw pictures of airplanes and birds, as many of the one as of the other (one airplane more where odd).

    Both sets are mixed at random, and no picture is in both. The same numbers always give the same pictures. Raises
    ValueError for a negative number of pictures.
    """
    if n_train < 0 or n_test < 0:
        raise ValueError(f"the number of pictures cannot be negative, as in {n_train} and {n_test}")
    random = np.random.Generator(np.random.PCG64(seed))
    return of_arrays(*_mixed(random, n_train), *_mixed(random, n_test))


def _mixed(random: np.random.Generator, n: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    images = np.empty((n, 3, SIDE, SIDE), dtype=np.uint8)
    places = np.argsort(random.random(n), kind="stable")
    labels = np.empty(n, dtype=np.int64)
    labels[places] = np.arange(n) % 2
    for label in (AIRPLANE, BIRD):
        mine = np.flatnonzero(labels == label)
        for start in range(0, len(mine), AT_ONCE):
            some = mine[start : start + AT_ONCE]
            chances = _Chances(random, len(some))
            images[some] = _paint(chances, figure(chances, label))
    return images, labels


# --- the outlines --------------------------------------------------------------------------------------------------


def figure(chances: _Chances, label: int) -> Array:
    """How much of each pixel the airplane or bird covers, from 0 to 1: (pictures, 32, 32)."""
    return _bird(chances) if label == BIRD else _airplane(chances)


def _own_axes(chances: _Chances, half: Array, breadth: Array) -> tuple[Array, Array, Array]:
    """Coordinates along and across the figure, each (pictures, 32, 32), and the pixels in one unit.

    The figure lies anywhere near the middle, looks to the left or to the right, rises or sinks, and is seen askew:
    `half` is what one unit along it measures in pixels, `breadth` how much shorter one across it is.
    """
    turn = chances.between(-0.55, 0.55)
    skew = turn + np.pi / 2 + chances.between(-0.35, 0.35)
    facing = np.where(chances.often(0.5), 1.0, -1.0)
    along = np.cos(turn) * facing * half, np.sin(turn) * half
    across = np.cos(skew) * facing * half * breadth, np.sin(skew) * half * breadth
    middle = (SIDE - 1) / 2
    pixels = np.arange(SIDE, dtype=np.float64)
    x = pixels[None, None, :] - (middle + chances.between(-3.5, 3.5))
    y = (middle + chances.between(-3.5, 3.5)) - pixels[None, :, None]
    determinant = along[0] * across[1] - along[1] * across[0]
    u = (across[1] / determinant) * x - (across[0] / determinant) * y
    v = (along[0] / determinant) * y - (along[1] / determinant) * x
    return u, v, half


def _airplane(chances: _Chances) -> Array:
    half = chances.between(9.5, 13.5)
    u, v, unit = _own_axes(chances, half, chances.between(0.55, 1.0))
    v = np.abs(v)
    width = chances.between(0.10, 0.15)
    sweep = chances.between(0.1, 0.75)
    span = chances.between(0.8, 1.05)
    root = chances.between(0.30, 0.45)
    front = chances.between(0.15, 0.4)
    beyond = np.maximum(np.abs(u) - 0.85, 0)
    fuselage = np.sqrt(beyond * beyond + v * v) - width * (1 + 0.25 * u)
    wing = _panel(u, v, front, root, 0.4 * root, sweep, span)
    tail = _panel(u, v, -0.68, 0.24, 0.14, sweep, 0.42 * span)
    return _covered(np.minimum(np.minimum(fuselage, wing), tail) * unit)


def _panel(
    u: Array, v: Array, front: Array | float, root: Array | float, tip: Array | float, sweep: Array, span: Array
) -> Array:
    """How far outside of a wing each point is, about: it begins at u = `front`, with straight edges swept back.

    `root` and `tip` are its depths at the fuselage and at its end, `span` away from there.
    """
    leading = u - front + sweep * v
    trailing = (front - root) - u - (sweep - (root - tip) / span) * v
    return np.maximum(np.maximum(leading, trailing), v - span)


def _bird(chances: _Chances) -> Array:
    half = chances.between(10.2, 14.0)
    u, v, unit = _own_axes(chances, half, chances.between(0.75, 1.15))
    left = v < 0
    v = np.abs(v)
    bend = chances.between(0.9, 1.7)
    lift = np.where(left, chances.between(0.5, 1.0), chances.between(0.5, 1.0))
    thick = chances.between(0.13, 0.19)
    # each wing is a parabola: forward to its wrist, and back to its tip
    middle = u - 0.1 - v * (lift - bend * v)
    slope = lift - 2 * bend * v
    wing = np.abs(middle) / np.sqrt(1 + slope * slope) - thick * (1.1 - v)
    wing = np.maximum(wing, v - 1.0)
    beyond = np.maximum(np.abs(u) - 0.28, 0)
    body = np.sqrt(beyond * beyond + v * v) - chances.between(0.13, 0.18)
    fork = chances.between(0.0, 1.6)
    tail = np.maximum(np.maximum(u + 0.3, -0.6 - u - fork * v), v + 0.4 * (u + 0.2) - 0.04)
    return _covered(np.minimum(np.minimum(wing, body), tail) * unit)


def _covered(outside: Array) -> Array:
    """The share of a pixel that is covered, about, where its centre lies so many pixels outside an outline."""
    return np.clip(0.5 - outside, 0, 1)


# --- sky, light and colour -----------------------------------------------------------------------------------------


def _blending(points: int) -> Array:
    """(32, points): how to go smoothly from each of some points of support to the next."""
    at = np.arange(SIDE) * (points - 1) / SIDE
    left = at.astype(np.int64)
    share = at - left
    share = share * share * (3 - 2 * share)
    weights = np.zeros((SIDE, points))
    weights[np.arange(SIDE), left] = 1 - share
    weights[np.arange(SIDE), left + 1] += share
    return weights


COARSE, FINE = _blending(4), _blending(9)


def _clouds(chances: _Chances) -> Array:
    """How thick the clouds are, from 0 to 1: (pictures, 32, 32)."""
    thickness = 0.68 * (COARSE @ chances.table(4, 4) @ COARSE.T) + 0.32 * (FINE @ chances.table(9, 9) @ FINE.T)
    return np.clip((thickness - chances.between(0.4, 0.75)) * 2.5, 0, 0.85)


def _paint(chances: _Chances, covered: Array) -> npt.NDArray[np.uint8]:
    """Pictures (pictures, 3, 32, 32) of figures before the sky."""
    n = chances.pictures
    down = (np.arange(SIDE) / (SIDE - 1))[None, :, None]
    kind = (chances.table() * len(SKIES)).astype(np.int64)
    other = (chances.table() * len(SKIES)).astype(np.int64)
    share = 0.35 * chances.table(1, 1)
    colours = (1 - share) * SKIES[kind] + share * SKIES[other]  # (n, 2, 3)
    clouds = _clouds(chances)
    white = chances.between(0.78, 0.96)
    # light against the sky, or more often dark, for both classes alike
    light = chances.often(0.35)
    shade = np.where(light, chances.between(0.9, 1.0), chances.between(0.06, 0.22))
    tint = 0.10 * (chances.table(3) - 0.5)
    lit = shade * (1 + np.where(light, -0.22, 0.6) * (down - 0.5))
    grain = 0.025 * (chances.table(SIDE, SIDE) - 0.5)
    dim = chances.between(0.85, 1.05)
    image = np.empty((n, 3, SIDE, SIDE), dtype=np.uint8)
    for channel in range(3):
        top, bottom = (colours[:, end, channel, None, None] for end in (0, 1))
        sky = top + (bottom - top) * down
        sky = (sky + (white - sky) * clouds) * dim
        sky += (lit + tint[:, channel, None, None] - sky) * covered + grain
        image[:, channel] = np.clip(sky * 255 + 0.5, 0, 255)
    return image
