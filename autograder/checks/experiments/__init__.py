"""What is done with a student's classes, networks and training code where they live, and what is brought back.

Some questions are no call of one function: how a dataset answers `len`, what one training step does to the weights.
An experiment is the piece of our code that finds out. It runs beside the student's code, takes plain data and gives
plain data back, and judges nothing: what is right is decided from its numbers alone, wherever the check runs.
"""

from __future__ import annotations

from autograder.checks.experiments import (  # noqa: F401  (each adds its experiments to the list)
    budgets,
    datasets,
    epochs,
    kernels,
    loops,
    networks,
    pairs,
    state_dicts,
    steps,
    summaries,
    tables,
)
from autograder.checks.experiments.perform import EXPERIMENTS, Observation, perform

__all__ = ["EXPERIMENTS", "Observation", "perform"]
