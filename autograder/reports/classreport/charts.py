"""The report's drawings: inline SVG that takes its colours from the page, so that it follows a dark theme and print.

Every drawing has a name and a description for those who do not see it, and tells nothing by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from markupsafe import Markup

from autograder.reports.classreport.data import STANDINGS
from autograder.reports.classreport.summary import Spread

WIDTH = 720.0
MOST_DOTS = 24  # in one column; more students than that and a column becomes a bar
SLOTS = 30  # columns at most


def distribution(totals: Sequence[float], maximum: float, spread: Spread) -> Markup:
    """The totals as dots, one a student, or as bars in a large class, over a strip with median and quartiles."""
    top_value = max(maximum, spread.most, 1e-9)
    step = _step(top_value)
    slots = max(1, math.ceil(top_value / step - 1e-9))
    counts = [0] * (slots + 1)
    for total in totals:
        counts[min(int(total / step + 0.5), slots)] += 1  # the column nearest to it
    tallest = max(counts)
    dots = tallest <= MOST_DOTS
    left, right, strip = 24.0, 24.0, 54.0
    pitch = min((WIDTH - left - right) / slots, 40.0)
    size = min(pitch * 0.86, 14.0)
    height = tallest * size if dots else 150.0
    base = 18 + height

    def x(value: float) -> float:
        return left + value / step * pitch

    parts = []
    for place, count in enumerate(counts):
        centre = left + place * pitch
        if dots:
            parts += [
                f'<circle class="dot" cx="{centre:.1f}" cy="{base - size * (n + 0.5):.1f}" r="{size * 0.42:.1f}"/>'
                for n in range(count)
            ]
        elif count:
            tall = height * count / tallest
            box = f'x="{centre - pitch * 0.42:.1f}" y="{base - tall:.1f}" width="{pitch * 0.84:.1f}"'
            parts.append(f'<rect class="dot" {box} height="{tall:.1f}"/>')
        if count:
            tall = size * count if dots else height * count / tallest
            parts.append(_text(centre, base - tall - 5, str(count), "small"))
    parts.append(f'<path class="axis" d="M{left - 12:.1f} {base + 0.5:.1f}H{x(top_value) + 12:.1f}"/>')
    every = next(n for n in (1, 2, 4, 5, 10, 20, 50, 100) if n * pitch >= 34 or n == 100)
    parts += [
        _text(left + place * pitch, base + 16, f"{place * step:g}", "small") for place in range(0, slots + 1, every)
    ]
    parts += _strip(x, base + strip - 20, spread)
    width = max(x(top_value) + right, 300.0)
    shown = {f"{place * step:g}": count for place, count in enumerate(counts) if count}
    rounded = "" if all(float(total / step).is_integer() for total in totals) else f", to the nearest {step:g}"
    description = (
        f"{spread.count} totals{rounded}: "
        + "; ".join(f"{count} at {value}" for value, count in shown.items())
        + f". Median {spread.median:g}, quartiles {spread.lower:g} and {spread.upper:g}, of {maximum:g} points."
    )
    return _svg(width, base + strip + 12, "Distribution of totals", description, "".join(parts))


def outcomes(counts: Mapping[str, int], title: str) -> Markup:
    """How many are right, partly right, wrong, not attempted and open, as one bar: each part has a pattern of its own,
    and its number where there is room."""
    total = sum(counts.values())
    width, height = 320.0, 22.0
    parts, at = [], 0.0
    for place, name in enumerate(STANDINGS):
        wide = width * counts.get(name, 0) / total if total else 0.0
        if not wide:
            continue
        box = f'x="{at:.1f}" y="0.5" width="{max(wide - 1.5, 0.5):.1f}" height="{height - 1:.1f}"'
        parts.append(f'<rect class="o{place}" {box}/>')
        if wide >= 20:
            parts.append(_text(at + wide / 2, height / 2 + 4.5, str(counts[name]), f"n{place}"))
        at += wide
    described = "; ".join(f"{counts.get(name, 0)} {name}" for name in STANDINGS if counts.get(name))
    return _svg(width, height, title, described or "nobody", "".join(parts))


def swatch(standing: str) -> Markup:
    """The pattern that stands for how an exercise went, for a legend; the words beside it say it to everybody."""
    place = STANDINGS.index(standing)
    box = f'<rect class="o{place}" x="0.5" y="0.5" width="25" height="13"/>'
    return Markup(f'<svg class="swatch" width="26" height="14" aria-hidden="true">{box}</svg>')


def patterns() -> Markup:
    """Hatchings for partly right and not attempted, which every drawing on the page refers to."""
    return Markup(
        '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
        '<pattern id="partly" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="p1" width="6" height="6"/><path class="q1" d="M0 0V6"/></pattern>'
        '<pattern id="left" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<rect class="p3" width="7" height="7"/><circle class="q3" cx="3.5" cy="3.5" r="1.1"/></pattern>'
        "</defs></svg>"
    )


def _strip(x: Callable[[float], float], y: float, spread: Spread) -> Iterable[str]:
    least, lower, median, upper, most = (
        x(value) for value in (spread.least, spread.lower, spread.median, spread.upper, spread.most)
    )
    yield f'<path class="whisker" d="M{least:.1f} {y:.1f}H{most:.1f}"/>'
    yield f'<rect class="box" x="{lower:.1f}" y="{y - 6:.1f}" width="{max(upper - lower, 1):.1f}" height="12"/>'
    yield f'<path class="median" d="M{median:.1f} {y - 9:.1f}v18"/>'
    yield _text(median, y + 23, f"median {spread.median:g}", "strong")
    if median - lower > 70:
        yield _text(lower, y + 23, f"{spread.lower:g}", "small")
    if upper - median > 70:
        yield _text(upper, y + 23, f"{spread.upper:g}", "small")


def _step(top: float) -> float:
    """The width of a column, so that there are no more than SLOTS of them: half points where they fit."""
    for step in (0.5, 1, 2, 5, 10, 20, 50, 100):
        if top / step <= SLOTS:
            return step
    return float(10 ** math.ceil(math.log10(top / SLOTS)))


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _svg(width: float, height: float, title: str, description: str, content: str) -> Markup:
    head = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    named = f'role="img" aria-label="{escape(f"{title}. {description}")}"'
    return Markup(f"<svg {named} {size}>{head}{content}</svg>")
