"""Matplotlib's paper, kept quiet: all that `picture` and `charts` draw on, and even numbers for an axis.

This is the only module that loads matplotlib, so that nothing of it is loaded before it is hushed. Only the
object-oriented interface is used, never pyplot, so that no setting of the notebook gets in or out.
"""
# ruff: noqa: E402  (matplotlib is hushed before it is loaded)

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

# A word about its font cache or settings on stderr would cost a marked cell its points.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes as Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convcourse.figures.ink import BLUE, GREY, INK, PALE, VERMILLION

WIDEST = 760  # pixels on the page
DENSITY = 1.5  # pixels of the PNG for each of the page
Canvas = Figure  # not to be taken for our own
GREYS: Colormap = matplotlib.colormaps["gray"]
SIGNED: Colormap = LinearSegmentedColormap.from_list("signed", [VERMILLION, "#FFFFFF", BLUE])


@contextmanager
def blank(width: float, height: float) -> Iterator[Canvas]:
    """White paper of so many pixels on the page, to be drawn on and kept by `png` before the context ends."""
    with matplotlib.style.context("default"):
        canvas = Figure(figsize=(width / 100, height / 100), dpi=100 * DENSITY, facecolor="#FFFFFF")
        FigureCanvasAgg(canvas)
        yield canvas


def chart(
    canvas: Canvas,
    left: float,
    bottom: float,
    width: float,
    height: float,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
) -> Axes:
    """Axes with a pale grid and words around them, in pixels from the lower left corner; whole numbers along x."""
    across, down = canvas.get_size_inches() * 100
    axes = canvas.add_axes((left / across, bottom / down, width / across, height / down))
    axes.set_xlabel(xlabel, fontsize=points(13), color=INK)
    axes.set_ylabel(ylabel, fontsize=points(13), color=INK)
    axes.set_title(title, fontsize=points(14), color=INK, loc="left", pad=8)
    axes.tick_params(labelsize=points(12), colors=GREY)
    axes.grid(True, color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True))
    return axes


def points(pixels: float) -> float:
    """A length on the page in matplotlib's points."""
    return pixels * 0.72


def words_width(canvas: Canvas, words: str, pixels: float) -> float:
    """Pixels on the page that a line of bold words takes, `pixels` high."""
    word = canvas.text(0, 0, words, fontsize=points(pixels), fontweight="bold")
    width = float(word.get_window_extent().width)
    word.remove()
    return width / DENSITY


def png(canvas: Canvas) -> bytes:
    """The finished picture, without a word about the software that made it."""
    data = io.BytesIO()
    canvas.savefig(data, format="png", metadata={"Software": None})
    return data.getvalue()


def ticks(low: float, high: float, most: int = 8, whole: bool = False) -> tuple[float, ...]:
    """At most so many even steps between round numbers, or `whole` ones: those from `low` to `high`."""
    places = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return tuple(float(place) for place in places if low - slack <= place <= high + slack)
