"""Curves over their index, even numbers for an axis, and labels that keep out of each other's way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from convcourse.figures.numbers import Array, Numbers, array_of, count, decimals, show
from convcourse.figures.scene import Curve, Panel, Scene

WIDTH, HEIGHT = 640.0, 320.0


def lines_scene(
    series: Mapping[str, Numbers], alt: str = "", xlabel: str = "", ylabel: str = "", title: str = "", first: int = 0
) -> Scene:
    """Curves over `first`, `first` + 1, …, see `figures.lines`."""
    curves = {label: array_of(values, f"curve {label!r}", axes=1).astype(float) for label, values in series.items()}
    if not curves:
        raise ValueError("there is no curve to draw")
    finite = [float(value) for values in curves.values() for value in values[np.isfinite(values)]] or [0.0]
    margin = 0.05 * (max(finite) - min(finite)) or 0.5
    last = first + max(len(values) for values in curves.values()) - 1
    beside = 0.5 if last == first else 0.0  # a single point stands in the middle
    panel = Panel(
        ", ".join(filter(None, (title, ylabel))),
        xlabel,
        tuple(
            Curve(label, tuple((float(x), float(y)) for x, y in enumerate(values, first) if np.isfinite(y)), look)
            for look, (label, values) in enumerate(curves.items())
        ),
        first - beside,
        last + beside,
        min(finite) - margin,
        max(finite) + margin,
        WIDTH,
        HEIGHT,
    )
    return Scene(((panel,),), alt.strip() or _lines_alt(curves, ylabel, title))


def _lines_alt(curves: Mapping[str, Array], ylabel: str, title: str) -> str:
    parts = [
        f"{label} goes from {show(float(values[0]))} to {show(float(values[-1]))} in {count(len(values), 'point')}"
        for label, values in curves.items()
    ]
    return f"{title or ylabel or 'Curves'}: " + "; ".join(parts) + "."


def three(value: float) -> str:
    """A number with three decimals, or three digits where it is large."""
    return f"{value:.3g}" if 100 <= abs(value) < np.inf else decimals(value, 3)


def ticks(low: float, high: float, most: int = 8, whole: bool = False) -> tuple[float, ...]:
    """At most so many even steps between round numbers, or `whole` ones: those from `low` to `high`."""
    rough = (high - low) / most * (1 - 1e-9)
    tens = math.floor(math.log10(rough))
    steps = [times * 10.0**power for power in (tens, tens + 1) for times in (1, 2, 2.5, 5)]
    if whole:
        steps = [times * 10.0**power for power in range(max(tens, 0), max(tens, 0) + 2) for times in (1, 2, 5)]
    step = next(step for step in steps if step >= rough)
    start = math.ceil(low / step - 1e-9)
    places = range(start, math.floor(high / step + 1e-9) + 1)
    return tuple(float(f"{place * step:.12g}") for place in places)


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
