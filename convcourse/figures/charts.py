"""Curves by matplotlib: any numbers over their index, and the loss and accuracy of a training run as it goes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence, Sized
from itertools import pairwise

import numpy as np

from convcourse.figures.canvas import WIDEST, Axes, Canvas, blank, chart, png, points, ticks, words_width
from convcourse.figures.figure import Figure
from convcourse.figures.ink import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION
from convcourse.figures.numbers import Array, Numbers, array_of, count, decimals, show

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
STROKES: tuple[tuple[str, str], ...] = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ("-", "v"), ("--", "x"))
LETTERS = 12.5  # pixels, of the labels at the curves' ends
LINE = 15  # pixels from one line of them to the next
LONGEST_LABEL = 16  # letters of a line of them beside a narrow panel


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
    curves = {label: array_of(values, f"curve {label!r}", axes=1).astype(float) for label, values in series.items()}
    if not curves:
        raise ValueError("there is no curve to draw")
    alt = alt.strip() or _lines_alt(curves, ylabel, title)
    width, height, left, bottom, top = 640.0, 330.0, 68.0, 50.0, 34.0 if title else 16.0
    with blank(width, height) as canvas:
        room = max(24 + 7.4 * max(len(label) for label in curves), _room(canvas, curves))
        axes = chart(canvas, left, bottom, width - left - room, height - bottom - top, xlabel, ylabel, title)
        for k, (label, values) in enumerate(curves.items()):
            _curve(axes, values, first, k, max(1, len(values) // 10), label)
        _end_labels(
            axes, [(label, values, k) for k, (label, values) in enumerate(curves.items())], height - bottom - top
        )
        return Figure(alt, png(canvas), "image/png", round(width))


def curves(
    loss: Mapping[str, Numbers],
    accuracy: Mapping[str, Numbers],
    epochs: int,
    alt: str = "",
    first: int = 1,
    each: int = 1,
) -> Figure:
    """A training run after each epoch, or after `each` so many, its losses on the left and its accuracies on the right.

    Both map a label, such as "training", to one value for each of these; the accuracies are shares from 0 to 1. The x
    axis goes over all `epochs`, from epoch `first`, so that the picture keeps its place while the curves grow;
    before the first epoch the lists are empty. A label has the same colour, stroke and marker in both panels, and its
    last value beside it. Raises ValueError for no curve or epoch, more values than epochs, and other accuracies.
    """
    if epochs < 1 or each < 1:
        raise ValueError("there is at least one epoch to come, and at least one from value to value")
    losses = {label: _so_far(values, f"loss {label!r}", epochs // each) for label, values in loss.items()}
    shares = {label: _so_far(values, f"accuracy {label!r}", epochs // each) for label, values in accuracy.items()}
    if not losses and not shares:
        raise ValueError("there is no curve to draw")
    for label, values in shares.items():
        for value in values[np.isfinite(values)]:
            if not 0 <= value <= 1:
                raise ValueError(f"the accuracy {label!r} is a share from 0 to 1, not {show(float(value))}")
    alt = alt.strip() or _curves_alt(losses, shares, epochs, each)
    order = list(dict.fromkeys([*losses, *shares]))
    width, height, left, bottom, top = float(WIDEST), 280.0, 54.0, 50.0, 36.0
    with blank(width, height) as canvas:
        # Room for a whole label from the start, so that the picture does not jump.
        rooms = [_room(canvas, [_label(label, np.array([0.5])) for label in panel]) for panel in (losses, shares)]
        across, down = (width - 2 * left - rooms[0] - rooms[1]) / 2, height - bottom - top
        for name, panel, place, (low, high) in (
            ("loss", losses, left, _loss_limits(losses)),
            ("accuracy", shares, left + across + rooms[0] + left, _share_limits(shares)),
        ):
            axes = chart(canvas, place, bottom, across, down, "epoch", title=name)
            _fixed(axes, first, first + epochs - 1, low, high)
            for label, values in panel.items():
                _curve(axes, values, first - 1 + each, order.index(label), max(1, epochs // each // 10), label, each)
                if 0 < len(values) < epochs // each and np.isfinite(values[-1]):
                    ends = [first - 1 + each * len(values), axes.get_xlim()[1]]
                    colour = COLOURS[order.index(label) % len(COLOURS)]
                    axes.plot(ends, [values[-1]] * 2, linestyle=(0, (1, 3)), linewidth=0.9, color=colour)
            ends_of = [(_label(label, values), values, order.index(label)) for label, values in panel.items()]
            _end_labels(axes, [end for end in ends_of if end[1].size], down)
        return Figure(alt, png(canvas), "image/png", round(width))


def _fixed(axes: Axes, first: int, last: int, low: float, high: float) -> None:
    """Axes over whole epochs and from low to high, whatever is drawn on them."""
    margin = max(0.3, 0.03 * (last - first + 1))
    axes.set_xlim(first - margin, last + margin)
    axes.set_xticks([tick for tick in ticks(first - 1, last, whole=True) if tick >= first])
    axes.set_ylim(low, high)
    axes.set_yticks(ticks(low, high, 6))
    axes.yaxis.set_major_formatter("{x:.4g}")


def _so_far(values: Numbers, name: str, epochs: int) -> Array:
    empty = isinstance(values, Sized) and not len(values)
    array = np.zeros(0) if empty else array_of(values, name, axes=1).astype(float)
    if len(array) > epochs:
        raise ValueError(f"the {name} has {count(len(array), 'value')}, but there are {count(epochs, 'epoch')}")
    return array


def _curve(axes: Axes, values: Array, first: int, k: int, every: int, label: str, each: int = 1) -> None:
    """One curve in the k-th look over `first`, `first` + `each`, …, with a marker on every so many of its points."""
    stroke, marker = STROKES[k % len(STROKES)]
    axes.plot(
        first + each * np.arange(len(values)),
        values,
        linestyle=stroke,
        marker=marker,
        markevery=every,
        markersize=4.5,
        linewidth=1.8,
        color=COLOURS[k % len(COLOURS)],
        label=label,
    )


def _loss_limits(losses: Mapping[str, Array]) -> tuple[float, float]:
    """From 0, or below it, to just above the highest loss: the first one as a rule, so that the axis keeps still."""
    finite = [float(value) for values in losses.values() for value in values[np.isfinite(values)]]
    high = max(finite, default=1.0)
    low = min(0.0, min(finite, default=0.0))
    return 1.08 * low, 1.08 * high if high > 0 else 0.08 * max(-low, 1.0)


def _share_limits(shares: Mapping[str, Array]) -> tuple[float, float]:
    """From the twentieth below the lowest accuracy to 1, a little above which there is room for the line."""
    finite = [float(value) for values in shares.values() for value in values[np.isfinite(values)]]
    low = min(np.floor(20 * min(finite, default=0.0)) / 20, 0.95)
    return low - 0.03 * (1 - low), 1 + 0.03 * (1 - low)


def _label(label: str, values: Array) -> str:
    """A curve's name and last value, in lines short enough to stand beside a panel."""
    last = f" {three(float(values[-1]))}" if values.size else ""
    return textwrap.fill(label + last, LONGEST_LABEL, break_on_hyphens=False)


def three(value: float) -> str:
    """A number with three decimals, or three digits where it is large."""
    return f"{value:.3g}" if 100 <= abs(value) < np.inf else decimals(value, 3)


def _room(canvas: Canvas, labels: Sequence[str] | Mapping[str, Array]) -> float:
    """Pixels right of a panel that its labels need, with a little air."""
    return 16 + max((words_width(canvas, line, LETTERS) for label in labels for line in label.split("\n")), default=0)


def _end_labels(axes: Axes, ends: Sequence[tuple[str, Array, int]], height: float) -> None:
    """Labels beside the ends of their curves, (label, values, look) each, moved apart where two would overlap."""
    low, high = axes.get_ylim()
    last = [values[np.isfinite(values)][-1:] for _, values, _ in ends]
    order = sorted(range(len(ends)), key=lambda i: last[i][0] if last[i].size else low)
    wanted = [(last[i][0] - low) / (high - low) if last[i].size else 0.0 for i in order]
    heights = [LINE * (ends[i][0].count("\n") + 1) / height for i in order]
    for i, place in zip(order, apart(wanted, heights), strict=True):
        label, _, k = ends[i]
        axes.annotate(
            label,
            (1.0, place),
            xycoords="axes fraction",
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=COLOURS[k % len(COLOURS)],
            fontsize=points(LETTERS),
            fontweight="bold",
            annotation_clip=False,
        )


def apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles near the wanted ones, which rise, for labels of these heights that do not overlap.

    They are moved up, and where that would lead above 1, down from there.
    """
    needed = [(lower + upper) / 2 for lower, upper in pairwise(heights)]
    places = list(wanted[:1])
    for place, room in zip(wanted[1:], needed, strict=True):
        places.append(max(place, places[-1] + room))
    if places:
        places[-1] = min(places[-1], 1.0)
    for i in reversed(range(len(needed))):
        places[i] = min(places[i], places[i + 1] - needed[i])
    return places


def _lines_alt(curves: Mapping[str, Array], ylabel: str, title: str) -> str:
    parts = [
        f"{label} goes from {show(float(values[0]))} to {show(float(values[-1]))} in {count(len(values), 'point')}"
        for label, values in curves.items()
    ]
    return f"{title or ylabel or 'Curves'}: " + "; ".join(parts) + "."


def _curves_alt(losses: Mapping[str, Array], shares: Mapping[str, Array], epochs: int, each: int) -> str:
    done = each * max(len(values) for panel in (losses, shares) for values in panel.values())
    alt = f"Training, {done} of {count(epochs, 'epoch')} done."
    for name, panel in (("Loss", losses), ("Accuracy", shares)):
        parts = [f"{label} {_course(values)}" for label, values in panel.items() if values.size]
        alt += f" {name}: {'; '.join(parts)}." if parts else ""
    return alt


def _course(values: Array) -> str:
    start, end = three(float(values[0])), three(float(values[-1]))
    return start if len(values) == 1 else f"goes from {start} to {end}"
