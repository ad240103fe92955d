"""Feature maps to look through: the images that went in, the filters, and the maps that came out, as small bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from convcourse.figures.live import Live, live
from convcourse.figures.numbers import Array, Numbers, array_of, count, show, size
from convcourse.figures.picture import WIDEST
from convcourse.figures.scene import Gallery, Scene, Thumbnail
from convcourse.operations import output_size

Filters = nn.Conv2d | Numbers
MOST = 400_000  # numbers in one figure's maps: a notebook stays small
MOST_WEIGHTS = 3_000
LARGE = 150.0  # pixels of the image in the still


@dataclass(frozen=True)
class Stage:
    """Maps (N, K, H, W) of N images, the filters (K, C, f, f) that made them, if they are to be seen, and how."""

    title: str
    maps: Array
    filters: Array | None = None
    stride: int = 1
    padding: int = 0


def maps(
    images: Numbers,
    filters: Filters | Mapping[str, Filters] | None = None,
    maps: Numbers | Mapping[str, Numbers] | None = None,
    titles: Sequence[str] = (),
    alt: str = "",
    caption: str = "",
) -> Live:
    """Feature maps to look through, image by image and map by map, with the window that gives each number.

    images (N, C, H, W), of one channel or in colour (three); filters an `nn.Conv2d`, whose maps are computed here, or
    (K, C, f, f) at stride 1 without padding. Where `maps` (N, K, H', W') are given they are shown: those of deeper
    layers, say, without filters. Mappings from a name to filters or maps are stages to compare, such as "before
    training" and "after". Values are kept in 256 steps from a map's lowest to its highest. Raises ValueError for shapes
    that do not go together, and for more maps than a notebook should hold.
    """
    pictures = array_of(images, "stack of images", axes=4).astype(np.float32)
    if pictures.shape[1] not in (1, 3):
        raise ValueError(f"images have one channel or three, not {pictures.shape[1]}")
    if titles and len(titles) != len(pictures):
        raise ValueError(f"{count(len(pictures), 'image')} but {count(len(titles), 'title')}")
    names = list(titles) or [f"image {i}" for i in range(len(pictures))]
    stages = _stages(pictures, filters, maps)
    if (numbers := sum(stage.maps.size for stage in stages)) > MOST:
        raise ValueError(f"maps of {numbers:,} numbers are too many for a notebook; choose fewer of them")
    scene = Scene(
        (_thumbnails(pictures[0], names[0], stages),), alt.strip() or _described(pictures, names, stages), caption
    )
    state = {
        "images": [{"title": name} | _packed(picture[None]) for name, picture in zip(names, pictures, strict=True)],
        "stages": [_stage_state(stage) for stage in stages],
    }
    return live(scene, "maps", state)


def _stages(pictures: Array, filters: Any, maps: Any) -> list[Stage]:
    if filters is None and maps is None:
        raise ValueError("there are neither filters nor maps to show")
    by_name = filters if isinstance(filters, Mapping) else None if filters is None else {"": filters}
    given = maps if isinstance(maps, Mapping) else None if maps is None else {"": maps}
    if by_name is not None and given is not None and set(by_name) != set(given):
        raise ValueError("filters and maps have the same names")
    stages = []
    for name in by_name if by_name is not None else given or {}:
        own = by_name[name] if by_name is not None else None
        stages.append(_stage(name, pictures, own, None if given is None else given[name]))
    if len({stage.maps.shape for stage in stages}) > 1:
        raise ValueError("the stages have maps of different shapes: " + ", ".join(size(s.maps.shape) for s in stages))
    return stages


def _stage(name: str, pictures: Array, filters: Any, maps: Any) -> Stage:
    stride, padding = 1, 0
    weights = None
    if isinstance(filters, nn.Conv2d):
        stride, padding = filters.stride[0], _padding(filters)
        if maps is None:
            with torch.no_grad():
                maps = filters(torch.as_tensor(pictures, device=filters.weight.device))
        weights = array_of(filters.weight, "filters", axes=4)
    elif filters is not None:
        weights = array_of(filters, "filters", axes=4)
    if maps is None:
        raise ValueError("filters without a layer need their maps")
    found = array_of(maps, "maps", axes=4).astype(np.float32)
    if len(found) != len(pictures) or (weights is not None and found.shape[1] != len(weights)):
        wanted = f"{len(pictures)}×{len(weights) if weights is not None else 'K'}×H×W"
        raise ValueError(f"the maps have shape {size(found.shape)}, and {wanted} is wanted: images, then filters")
    if not np.isfinite(found).all():
        raise ValueError("the maps hold numbers that are not finite")
    if weights is not None and not isinstance(filters, nn.Conv2d):
        fitting = tuple(output_size(n, f) for n, f in zip(pictures.shape[2:], weights.shape[2:], strict=True))
        if found.shape[2:] != fitting:
            raise ValueError(
                f"filters of {size(weights.shape[2:])} at stride 1 with padding 0 make maps of "
                f"{size(fitting)}, not {size(found.shape[2:])}: give their layer, or the maps without filters"
            )
    if weights is not None and weights.size > MOST_WEIGHTS:
        weights = None
    return Stage(name, found, weights, stride, padding)


def _padding(layer: nn.Conv2d) -> int:
    """Pixels that a layer adds at the top, also where it was asked for "same"."""
    if isinstance(layer.padding, str):
        return (layer.kernel_size[0] - 1) // 2 if layer.padding == "same" else 0
    return layer.padding[0]


def _steps(values: Array) -> tuple[Array, float, float]:
    """Values in 256 steps, as bytes, and the lowest and the highest of them."""
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    return np.rint((values - low) * (255 / span)).astype(np.uint8), low, high


def _packed(stack: Array) -> dict[str, Any]:
    """A stack of arrays, each in its own 256 steps."""
    packed = [_steps(values) for values in stack]
    return {
        "shape": list(stack.shape[1:]),
        "bytes": base64.b64encode(b"".join(steps.tobytes() for steps, _, _ in packed)).decode("ascii"),
        "low": [_rounded(low) for _, low, _ in packed],
        "high": [_rounded(high) for _, _, high in packed],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _stage_state(stage: Stage) -> dict[str, Any]:
    weights = stage.filters
    return {
        "title": stage.title,
        "maps": [_packed(maps) for maps in stage.maps],
        "stride": stage.stride,
        "padding": stage.padding,
        "filters": None if weights is None else [[_rounded(float(w)) for w in one.ravel()] for one in weights],
        "window": None if weights is None else list(weights.shape[1:]),
    }


def _thumbnails(picture: Array, name: str, stages: Sequence[Stage]) -> tuple[Gallery, Gallery]:
    several = len(stages) > 1
    small = tuple(
        Thumbnail(_png(values), f"{stage.title} {k}" if several else f"map {k}")
        for stage in stages
        for k, values in enumerate(stage.maps[0])
    )
    columns = min(8, len(small))
    side = min(88.0, (WIDEST - LARGE - 14 - 8 * (columns - 1)) / columns)
    return Gallery((Thumbnail(_png(picture), name),), 1, LARGE), Gallery(small, columns, side)


def _png(picture: Array) -> bytes:
    """A map (H, W) in 16 greys, which halves its size; an image (1, H, W) in all, or (3, H, W) in colour."""
    steps = _steps(picture)[0]
    if steps.ndim == 2:
        image = Image.fromarray(steps // 16)
        image.putpalette([17 * grey for grey in range(16) for _ in range(3)])
    else:
        image = Image.fromarray(steps[0] if len(steps) == 1 else np.ascontiguousarray(steps.transpose(1, 2, 0)))
    data = io.BytesIO()
    image.save(data, format="png", compress_level=9)
    return data.getvalue()


def _described(pictures: Array, names: Sequence[str], stages: Sequence[Stage]) -> str:
    _, number, height, width = stages[0].maps.shape
    told = f"{count(len(pictures), 'image')} ({', '.join(names)}) and {count(number, 'map')} of {height}×{width} each"
    told += f", {' and '.join(stage.title for stage in stages)}" if len(stages) > 1 else ""
    ranges = [
        f"map {k} from {show(float(values.min()))} to {show(float(values.max()))}"
        for k, values in enumerate(stages[-1].maps[0][:8])
    ]
    return f"{told}. Shown: {names[0]}, {'; '.join(ranges)}."
