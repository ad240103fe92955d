"""Slips that happen whatever the exercise: values that never change, loops that end too soon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.student import Mistake
from autograder.checks.verdict import Finding

Array = NDArray[Any]

STRIDE_ZERO = Finding("accepts-stride-0", "A stride of 0 never moves: `raise ValueError` with a sentence.")


def constant(value: Any) -> Callable[..., Any]:
    """A misconception about a typed value always gives the same answer."""
    return lambda: value


def equals(held: Array | str | None, number: float) -> bool:
    """Whether a typed value is this number."""
    return isinstance(held, np.ndarray) and held.size == 1 and bool(np.isclose(held, number).all())


def unfinished_loops(truth: Callable[..., Array]) -> tuple[Mistake, ...]:
    """The results (H, W) of two nested loops that stop early, all of them partly the `truth` and partly still 0."""

    def only(rows: slice, columns: slice) -> Callable[..., Array]:
        def answer(*question: Any) -> Array:
            right = truth(*question)
            result = np.zeros_like(right)
            result[rows, columns] = right[rows, columns]
            return result

        return answer

    everything, first, but_last = slice(None), slice(1), slice(-1)
    return (
        Mistake(
            "last-left-zero",
            "Your last row and column are still 0: do the loops stop one early?",
            only(but_last, but_last),
        ),
        Mistake(
            "last-row-zero",
            "Your last row is still 0: does the loop over the rows stop one early?",
            only(but_last, everything),
        ),
        Mistake(
            "last-column-zero",
            "Your last column is still 0: does the loop over the columns stop one early?",
            only(everything, but_last),
        ),
        Mistake(
            "first-entry-only",
            "Only the first entry is filled in: does `return` stand inside the loops? It belongs after them.",
            only(first, first),
        ),
        Mistake(
            "first-row-only",
            "Only the first row is filled in: does `return` stand inside the outer loop? It belongs after it.",
            only(first, everything),
        ),
    )
