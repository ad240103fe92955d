"""Images side by side: each pixel kept as it is, in a PNG inside the drawing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image

from convcourse.figures.ink import BLUE, VERMILLION
from convcourse.figures.numbers import Array, Numbers, array_of, count, show
from convcourse.figures.scene import Gallery, Scene, Thumbnail

WIDEST = 724
LARGEST_PANEL = 230.0
GAP, NARROW_GAP = 16.0, 8.0
NARROW_PANEL = 70  # below it, smaller gaps


def images_scene(
    arrays: Sequence[Numbers],
    titles: Sequence[str] = (),
    alt: str = "",
    columns: int = 4,
    scale: Literal["shared", "each"] = "shared",
    diverging: bool = False,
) -> Scene:
    """Images side by side, see `figures.images`."""
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
    across = min(columns, len(pictures))
    gap = GAP if (WIDEST - GAP * (across - 1)) / across >= NARROW_PANEL else NARROW_GAP
    side = min(LARGEST_PANEL, (WIDEST - gap * (across - 1)) / across)
    small = tuple(
        Thumbnail(png(_coloured(picture, low, high, diverging)), name, picture.shape[0] / picture.shape[1])
        for picture, name, (low, high) in zip(pictures, shown, ranges, strict=True)
    )
    return Scene(((Gallery(small, across, side, gap),),), alt.strip() or _images_alt(names, pictures))


def png(pixels: Array) -> bytes:
    """Bytes (H, W) or (H, W, 3) as a PNG."""
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(data, format="png", compress_level=9)
    return data.getvalue()


def _coloured(picture: Array, low: float, high: float, diverging: bool) -> Array:
    """A picture's pixels as bytes: colours as they are, numbers as greys from low to high, or from orange to blue."""
    if picture.ndim == 3:
        return np.asarray(np.rint(255 * picture), dtype=np.uint8)
    place = np.clip((picture - low) / (high - low), 0, 1)
    unknown = ~np.isfinite(picture)
    if not diverging:
        return np.asarray(np.rint(255 * np.where(unknown, 1, place)), dtype=np.uint8)
    signed = np.where(unknown, 0, 2 * place - 1)[..., None]
    ends = (np.array([int(end[i : i + 2], 16) for i in (1, 3, 5)]) for end in (VERMILLION, BLUE))
    negative, positive = (end - 255 for end in ends)
    return np.asarray(np.rint(255 + np.where(signed < 0, -signed * negative, signed * positive)), dtype=np.uint8)


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
