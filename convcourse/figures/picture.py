"""Pictures by matplotlib: images side by side, and curves. PNG bytes that depend on the data alone.

Only the object-oriented interface is used, never pyplot, so that no setting of the notebook gets in or out.
"""
# ruff: noqa: E402  (matplotlib is hushed before it is loaded)

from __future__ import annotations

import io
import logging
import textwrap
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

# A word about its font cache or settings on stderr would cost a marked cell its points.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from convcourse.figures.figure import Figure
from convcourse.figures.ink import BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, SKY, VERMILLION
from convcourse.figures.numbers import Array, Numbers, array_of, count, show

WIDEST = 760  # pixels on the page
DENSITY = 1.5  # pixels of the PNG for each of the page
LARGEST_PANEL = 230
SIGNED = LinearSegmentedColormap.from_list("signed", [VERMILLION, "#FFFFFF", BLUE])
COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
STROKES: tuple[tuple[str, str], ...] = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ("-", "v"), ("--", "x"))


def images(
    arrays: Sequence[Numbers],
    titles: Sequence[str] = (),
    alt: str = "",
    columns: int = 4,
    scale: Literal["shared", "each"] = "shared",
    diverging: bool = False,
) -> Figure:
    """Grey images (H, W) side by side, `columns` to a row, each in a frame with its title.

    `scale` "shared" maps the same value to the same grey in all of them, "each" stretches every image. `diverging` is
    for signed values: 0 white, positive blue, negative orange, with the range in the title. Without `alt` the alt text
    gives titles, sizes and ranges. Raises ValueError for no image, or a number of titles that does not fit.
    """
    pictures = [array_of(array, f"image {i + 1}").astype(float) for i, array in enumerate(arrays)]
    if not pictures:
        raise ValueError("there is no image to show")
    if titles and len(titles) != len(pictures):
        raise ValueError(f"{count(len(pictures), 'image')} but {count(len(titles), 'title')}")
    if columns < 1 or scale not in ("shared", "each"):
        raise ValueError('columns is at least 1, and scale is "shared" or "each"')
    names = list(titles) or [""] * len(pictures)
    ranges = [_range(picture, diverging) for picture in pictures]
    if scale == "shared":
        ranges = [(min(low for low, _ in ranges), max(high for _, high in ranges))] * len(pictures)
    shown = [
        f"{name}\n±{show(high)}: blue +, orange −".strip() if diverging else name
        for name, (_, high) in zip(names, ranges, strict=True)
    ]
    alt = alt.strip() or _images_alt(names, pictures)
    across = min(columns, len(pictures))
    panel = min(LARGEST_PANEL, (WIDEST - 16 * (across + 1)) / across)
    tallest = max(min(picture.shape[0] / picture.shape[1], 2.0) for picture in pictures) * panel
    wrapped = [
        "\n".join(line for part in name.split("\n") for line in textwrap.wrap(part, max(8, int(panel / 6.4))))
        for name in shown
    ]
    head = 8 + 16 * max(name.count("\n") + 1 if name else 0 for name in wrapped)
    down = -(-len(pictures) // across)
    width, height = across * (panel + 16) + 16, down * (tallest + head) + 16 + 8 * (down - 1)
    colours: str | Colormap = SIGNED if diverging else "gray"
    with matplotlib.style.context("default"):
        canvas = _canvas(width, height)
        for k, (picture, name, (low, high)) in enumerate(zip(pictures, wrapped, ranges, strict=True)):
            row, column = divmod(k, across)
            left = 16 + column * (panel + 16)
            bottom = height - (row + 1) * (tallest + head) - 8 * row
            axes = canvas.add_axes((left / width, bottom / height, panel / width, tallest / height))
            axes.imshow(picture, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_title(name, fontsize=_points(12.5), color=INK, pad=4, linespacing=1.2)
            for spine in axes.spines.values():
                spine.set(color=GREY, linewidth=0.8)
        return Figure(alt, _png(canvas), "image/png", round(width))


def lines(series: Mapping[str, Numbers], alt: str = "", xlabel: str = "", ylabel: str = "", title: str = "") -> Figure:
    """Curves over 0, 1, 2, …: a mapping from label to y values, the label written at the end of its curve.

    Curves differ in colour, stroke and marker. Without `alt` the alt text gives each curve's first and last value.
    Raises ValueError for no curve.
    """
    curves = {label: array_of(values, f"curve {label!r}", axes=1).astype(float) for label, values in series.items()}
    if not curves:
        raise ValueError("there is no curve to draw")
    alt = alt.strip() or _lines_alt(curves, ylabel, title)
    width, height = 640.0, 330.0
    with matplotlib.style.context("default"):
        canvas = _canvas(width, height)
        room = 24 + 7.4 * max(len(label) for label in curves)
        left, bottom, top = 68.0, 50.0, 34.0 if title else 16.0
        axes = canvas.add_axes(
            (left / width, bottom / height, (width - left - room) / width, (height - bottom - top) / height)
        )
        for k, (label, values) in enumerate(curves.items()):
            stroke, marker = STROKES[k % len(STROKES)]
            axes.plot(
                np.arange(len(values)),
                values,
                linestyle=stroke,
                marker=marker,
                markevery=max(1, len(values) // 10),
                markersize=4.5,
                linewidth=1.8,
                color=COLOURS[k % len(COLOURS)],
                label=label,
            )
        axes.set_xlabel(xlabel, fontsize=_points(13), color=INK)
        axes.set_ylabel(ylabel, fontsize=_points(13), color=INK)
        axes.set_title(title, fontsize=_points(14), color=INK, loc="left", pad=8)
        axes.tick_params(labelsize=_points(12), colors=GREY)
        axes.grid(True, color=PALE, linewidth=0.6)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set(visible=side in ("left", "bottom"), color=GREY)
        axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
        _end_labels(axes, curves, height - bottom - top)
        return Figure(alt, _png(canvas), "image/png", round(width))


def _end_labels(axes: matplotlib.axes.Axes, curves: Mapping[str, Array], height: float) -> None:
    """Each label beside the end of its curve, moved apart where two would overlap."""
    low, high = axes.get_ylim()
    last = {label: values[np.isfinite(values)][-1:] for label, values in curves.items()}
    order = sorted(curves, key=lambda label: last[label][0] if last[label].size else low)
    least = 15 / height
    places: list[float] = []
    for label in order:
        place = (last[label][0] - low) / (high - low) if last[label].size else 0.0
        places.append(max(place, places[-1] + least) if places else place)
    too_high = max(0.0, places[-1] - 1.0)
    for label, place in zip(order, places, strict=True):
        k = list(curves).index(label)
        axes.annotate(
            label,
            (1.0, place - too_high),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=COLOURS[k % len(COLOURS)],
            fontsize=_points(12.5),
            fontweight="bold",
            annotation_clip=False,
        )


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


def _lines_alt(curves: Mapping[str, Array], ylabel: str, title: str) -> str:
    parts = [
        f"{label} goes from {show(float(values[0]))} to {show(float(values[-1]))} in {count(len(values), 'point')}"
        for label, values in curves.items()
    ]
    return f"{title or ylabel or 'Curves'}: " + "; ".join(parts) + "."


def _canvas(width: float, height: float) -> Canvas:
    canvas = Canvas(figsize=(width / 100, height / 100), dpi=100 * DENSITY, facecolor="#FFFFFF")
    FigureCanvasAgg(canvas)
    return canvas


def _points(pixels: float) -> float:
    return pixels * 0.72


def _png(canvas: Canvas) -> bytes:
    data = io.BytesIO()
    canvas.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()
