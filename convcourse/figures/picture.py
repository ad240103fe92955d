"""Images side by side, by matplotlib. PNG bytes that depend on the data alone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Literal

import numpy as np

from convcourse.figures.canvas import GREYS, SIGNED, WIDEST, blank, png, points
from convcourse.figures.figure import Figure
from convcourse.figures.ink import GREY, INK
from convcourse.figures.numbers import Array, Numbers, array_of, count, show

LARGEST_PANEL = 230
NARROW_PANEL = 70  # below it, smaller letters and smaller gaps


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
    pictures = [_picture(array, f"image {i + 1}") for i, array in enumerate(arrays)]
    if not pictures:
        raise ValueError("there is no image to show")
    if titles and len(titles) != len(pictures):
        raise ValueError(f"{count(len(pictures), 'image')} but {count(len(titles), 'title')}")
    if columns < 1 or scale not in ("shared", "each"):
        raise ValueError('columns is at least 1, and scale is "shared" or "each"')
    names = list(titles) or [""] * len(pictures)
    ranges = [_range(picture, diverging) for picture in pictures]
    grey = [own for own, picture in zip(ranges, pictures, strict=True) if picture.ndim == 2]
    if scale == "shared" and grey:
        ranges = [(min(low for low, _ in grey), max(high for _, high in grey))] * len(pictures)
    shown = [
        f"{name}\n±{show(high)}: blue +, orange −".strip() if diverging and picture.ndim == 2 else name
        for name, picture, (_, high) in zip(names, pictures, ranges, strict=True)
    ]
    alt = alt.strip() or _images_alt(names, pictures)
    across = min(columns, len(pictures))
    panel = min(LARGEST_PANEL, (WIDEST - 16 * (across + 1)) / across)
    gap, letters = 16, 12.5
    if panel < NARROW_PANEL:
        gap, letters = 8, 11
        panel = (WIDEST - gap * (across + 1)) / across
    tallest = max(min(picture.shape[0] / picture.shape[1], 2.0) for picture in pictures) * panel
    wrapped = [_title(name, max(8, int(panel / (0.512 * letters)))) for name in shown]
    head = 8 + 16 * max(name.count("\n") + 1 if name else 0 for name in wrapped)
    down = -(-len(pictures) // across)
    width, height = across * (panel + gap) + gap, down * (tallest + head) + 16 + 8 * (down - 1)
    with blank(width, height) as canvas:
        for k, (picture, name, (low, high)) in enumerate(zip(pictures, wrapped, ranges, strict=True)):
            row, column = divmod(k, across)
            bottom = height - (row + 1) * (tallest + head) - 8 * row
            left = gap + column * (panel + gap)
            axes = canvas.add_axes((left / width, bottom / height, panel / width, tallest / height))
            axes.imshow(picture, cmap=SIGNED if diverging else GREYS, vmin=low, vmax=high, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_title(name, fontsize=points(letters), color=INK, pad=4, linespacing=1.2)
            for spine in axes.spines.values():
                spine.set(color=GREY, linewidth=0.8)
        return Figure(alt, png(canvas), "image/png", round(width))


def _picture(array: Numbers, name: str) -> Array:
    """A grey image (H, W) as floats, or one in colour as (H, W, 3) from 0 to 1."""
    if np.ndim(array) != 3:
        return array_of(array, name).astype(float)
    picture = array_of(array, name, axes=3)
    if len(picture) != 3:
        raise ValueError(f"{name} is (rows, columns) in grey and (3, rows, columns) in colour, not {picture.shape}")
    picture = picture / 255 if picture.dtype == np.uint8 else picture.astype(float)
    if picture.min() < 0 or picture.max() > 1:
        raise ValueError(
            f"{name} has values from {show(float(picture.min()))} to {show(float(picture.max()))}; "
            "colours are bytes from 0 to 255, or floats from 0 to 1"
        )
    return picture.transpose(1, 2, 0)


def _title(name: str, width: int) -> str:
    """A title in lines of at most `width` letters; a word too long for that is broken after a slash."""
    words = name if max(map(len, name.split()), default=0) <= width else name.replace("/", "/ ")
    return "\n".join(line for part in words.split("\n") for line in textwrap.wrap(part, width, break_on_hyphens=False))


def _range(picture: Array, diverging: bool) -> tuple[float, float]:
    finite = picture[np.isfinite(picture)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if diverging:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    return (low, high) if high > low else (low, low + 1.0)


def _images_alt(names: Sequence[str], pictures: Sequence[Array]) -> str:
    parts = [
        f"{name or f'image {i + 1}'}: {picture.shape[0]}×{picture.shape[1]} pixels, "
        f"values from {show(float(picture.min()))} to {show(float(picture.max()))}"
        for i, (name, picture) in enumerate(zip(names, pictures, strict=True))
    ]
    return f"{count(len(pictures), 'image')}. " + "; ".join(parts) + "."
