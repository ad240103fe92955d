"""Checks of the exercises: what a right answer is, and what each wrong one means.

A notebook needs two names from here: ``check("conv2d")`` judges what the notebook has defined so far, and
``progress("02_convolution")`` sums up what its checks have said.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from autograder.checks import (  # noqa: F401  (each adds its checks to the list)
    birds,
    birds_networks,
    birds_training,
    cnn_gpu,
    cnn_networks,
    cnn_numbers,
    convolution,
    fmnist_mlp,
    lenet5,
    lenet5_networks,
    pooling,
)
from autograder.checks.feedback import Feedback
from autograder.checks.registry import CHECKS, marking_seed, run
from autograder.checks.standing import progress, remember
from autograder.checks.stopped import with_cause
from autograder.checks.student import Namespace

__all__ = ["CHECKS", "check", "progress"]


def check(name: str, answers: Mapping[str, object] | None = None) -> Feedback:
    """Judge one exercise and show what was right, what was wrong and why.

    `answers` are the names that the notebook has defined: those of the caller where none are given.
    As the last value of a cell the result is the points for nbgrader, and a table for the reader.
    Raises KeyError for a check that does not exist.
    """
    if name not in CHECKS:
        raise KeyError(f"there is no check {name!r}; there are: {', '.join(CHECKS)}")
    seed = marking_seed()
    if answers is not None:
        return Feedback(run(CHECKS[name], Namespace(answers), seed), marking=bool(seed))
    names = sys._getframe(1).f_globals
    verdict = with_cause(run(CHECKS[name], Namespace(names), seed), CHECKS[name].asks, names)
    remember(verdict)
    return Feedback(verdict, marking=bool(seed))
