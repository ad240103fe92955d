"""Typed answers that follow from one another: a slip in one shall not count again in the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.slips import constant
from autograder.checks.student import Mistake, Student
from autograder.checks.verdict import Case, Outcome

Array = NDArray[Any]
Shape = tuple[int, ...]
Slips = Sequence[tuple[str, str, Any]]  # id, text, the number or shape that it leads to
Step = Callable[[Any], tuple[Any, Slips]]  # from what came before to what is right now, and the slips on the way

UNEXPLAINED = {"wrong-shape", "wrong-values", "wrong-number", "extra-axes", "flattened", "swapped-shape", "one-short"}


def mistakes_of(slips: Slips, dress: Callable[[Any], Any] = lambda value: value) -> list[Mistake]:
    """The slips as misconceptions about a typed value; `dress` writes each answer as the student writes theirs."""
    return [Mistake(identity, text, constant(dress(answer))) for identity, text, answer in slips]


def best(readings: Sequence[Case]) -> Case:
    """The reading in the student's favour: one that passes, else one whose failure has a usual explanation."""
    return max(
        readings,
        key=lambda case: (
            case.outcome is Outcome.PASSED,
            case.outcome is Outcome.PASSED or not {finding.id for finding in case.findings} & UNEXPLAINED,
        ),
    )


def typed(student: Student, name: str) -> Array | None:
    """The student's numbers under a name, if they are finite and whole."""
    value = student.value(name).value
    if not isinstance(value, np.ndarray) or not np.isfinite(value).all() or (value != np.round(value)).any():
        return None
    return value


def whole(student: Student, name: str, between: tuple[int, int]) -> int | None:
    """The student's whole number of that name, if it lies between these two."""
    held = typed(student, name)
    if held is None or held.size != 1 or not between[0] <= held.flat[0] <= between[1]:
        return None
    return int(held.flat[0])


def map_shape(student: Student, name: str, sides: tuple[int, int]) -> Shape | None:
    """The student's (channels, rows, columns) of that name, if square maps with a side between these two have it.

    An axis for the images in front does not count, and channels that stand last are put first.
    """
    held = typed(student, name)
    if held is None or held.ndim != 1 or held.size not in (3, 4):
        return None
    c, h, w = (int(n) for n in held[-3:])
    if c == h != w:
        c, h, w = w, c, h
    return (c, h, w) if 1 <= c <= 1024 and sides[0] <= h <= sides[1] and h == w else None


def dressed(student: Student, name: str, axes: int = 3, *, one_image: bool = False) -> Callable[[Any], Any]:
    """How the student writes a shape of so many axes: with one for the images in front (any number, or −1), or without.

    PyTorch prints one and `torchsummary` another. Where the question is about `one_image`, the number is 1 or −1.
    """
    held = typed(student, name)
    if held is None or held.ndim != 1 or held.size != axes + 1:
        return lambda shape: shape
    batch = held[0]
    if batch not in (-1, 1) and (one_image or batch < 1):
        return lambda shape: shape
    return lambda shape: (batch, *np.atleast_1d(shape)) if np.size(shape) == axes else shape


def from_own(name: str) -> str:
    """What a case's title adds where it starts from an answer of the student's that is wrong."""
    return f", from your own `{name}` (which is not right yet)"


def followed(
    student: Student,
    name: str,
    step: Step,
    start: Any,
    own: Any = None,
    *,
    before: str = "",
    part: str = "",
    dress: Callable[[Any], Any] = lambda value: value,
) -> Case:
    """A case for an answer that `step` makes from `start`, or from the student's `own` answer `before`.

    `own` is None where the student has none that could be.
    """
    starts = [(start, "")]
    if own is not None and own != start:
        starts.append((own, from_own(before)))
    readings = []
    for came, note in starts:
        expected, slips = step(came)
        mistakes = mistakes_of(slips, dress)
        readings.append(student.holds(name, dress(expected), mistakes=mistakes, part=part, title=f"`{name}`{note}"))
    return best(readings)
