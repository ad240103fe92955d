"""The list of experiments, and how one is performed: plain data in, plain data out, nothing raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.checks.plain import NOT_ATTEMPTED, Plain, Reply, as_argument, plain, quiet, raised
from autograder.checks.verdict import Finding

Experiment = Callable[..., Mapping[str, object]]

EXPERIMENTS: dict[str, Experiment] = {}


@dataclass(frozen=True)
class Observation:
    """What an experiment brought back: plain values by name, or the finding that says why there are none.

    A single value that is no plain data has its own entry in `problems`; `error` is the name of the exception that
    the student's code raised.
    """

    values: Mapping[str, Plain] = field(default_factory=dict)
    problems: Mapping[str, Finding] = field(default_factory=dict)
    problem: Finding | None = None
    error: str | None = None

    def reply(self, name: str) -> Reply:
        """The value of that name as the answer to one question. Raises KeyError for what was never measured."""
        if self.problem is not None:
            return Reply(problem=self.problem, error=self.error)
        if name in self.problems:
            return Reply(problem=self.problems[name])
        return Reply(value=self.values[name])


class UnexpectedResultError(Exception):
    """Raised by an experiment whose subject returned something it cannot go on with; `finding` says what."""

    def __init__(self, finding: Finding):
        super().__init__(finding.text)
        self.finding = finding


def experiment(function: Experiment) -> Experiment:
    """Add an experiment to the list under its own name.

    It takes the student's objects by position, then plain arguments by keyword (arrays arrive as tensors of its own),
    and returns plain data by name. It may let the student's exceptions through.
    """
    if function.__name__ in EXPERIMENTS:
        raise ValueError(f"there are two experiments called {function.__name__!r}")
    EXPERIMENTS[function.__name__] = function
    return function


def perform(name: str, subjects: Sequence[object], arguments: Mapping[str, Any]) -> Observation:
    """Perform an experiment on the student's objects. Random numbers inside are the same every time.

    Raises KeyError for an experiment that does not exist, and nothing for what the student's code does.
    """
    run = EXPERIMENTS[name]
    if any(subject is None or subject is Ellipsis for subject in subjects):
        return Observation(problem=NOT_ATTEMPTED)
    given = {key: as_argument(value) for key, value in arguments.items()}
    try:
        with quiet(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.default_generator.manual_seed(0)  # that of the CPU alone, which is put back afterwards
            measured = run(*subjects, **given)
            replies = {key: plain(value) for key, value in measured.items()}
    except UnexpectedResultError as unexpected:
        return Observation(problem=unexpected.finding)
    except NotImplementedError as error:
        # torch raises it too, for what it cannot do: only a stub's own is "not attempted"
        stub = not str(error) and type(error) is NotImplementedError
        problem = NOT_ATTEMPTED if stub else raised(error)
        return Observation(problem=problem, error="NotImplementedError")
    except KeyboardInterrupt:  # somebody, or a time limit, wants the cell to end
        raise
    except BaseException as error:  # `exit()` in a student's code ends that code, not the check
        return Observation(problem=raised(error), error=type(error).__name__[:80])
    values = {key: reply.value for key, reply in replies.items() if reply.value is not None}
    problems = {key: reply.problem for key, reply in replies.items() if reply.problem is not None}
    return Observation(values, problems)
