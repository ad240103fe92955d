"""The list of checks, and how one is run: questions → cases → verdict."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from autograder.checks.student import Answers, Student
from autograder.checks.verdict import Case, Finding, Outcome, Part, Verdict

Questions = Callable[[Student], Iterator[Case]]


@dataclass(frozen=True)
class Check:
    """One check: the exercise it judges, what the notebook must define for it, and the points of each part.

    `forbids` names what the exercise asks to do without, as `autograder.checks.shortcuts` writes it. Using it costs
    no points by itself: it is for a person to look at.
    """

    name: str
    notebook: str
    exercise: str
    title: str
    advice: str
    asks: tuple[str, ...]
    parts: Mapping[str, float]
    questions: Questions
    forbids: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """Full points."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class ByHand:
    """An exercise that a person reads, and no check judges."""

    name: str
    notebook: str
    exercise: str
    title: str
    points: float


CHECKS: dict[str, Check] = {}
BY_HAND: tuple[ByHand, ...] = (ByHand("explain-shuffle", "01_fmnist_mlp", "8", "Explain it", 1),)
SEVERAL = Finding("several", "No single slip explains all of this. Begin with the first case that fails.")


def register(
    name: str,
    *,
    notebook: str,
    exercise: str,
    title: str,
    asks: Iterable[str],
    points: float | Mapping[str, float],
    forbids: Iterable[str] = (),
) -> Callable[[Questions], Questions]:
    """Add a check to the list. Its docstring is the sentence that helps a student on.

    `points` is a number, or the points of each named part; a part is earned when all of its cases pass.
    """
    parts = dict(points) if isinstance(points, Mapping) else {"": points}

    def add(questions: Questions) -> Questions:
        if name in CHECKS:
            raise ValueError(f"there are two checks called {name!r}")
        advice = " ".join((questions.__doc__ or "").split())
        CHECKS[name] = Check(name, notebook, exercise, title, advice, tuple(asks), parts, questions, tuple(forbids))
        return questions

    return add


def run(check: Check, answers: Answers, seed: str = "") -> Verdict:
    """Judge one exercise. The same seed draws the same cases."""
    digest = hashlib.sha256(f"{seed}/{check.name}".encode()).digest()
    student = Student(answers, list(digest))
    with np.errstate(all="ignore"):  # a notebook may have asked numpy to raise
        cases = tuple(check.questions(student))
    unknown = {case.part for case in cases} - set(check.parts)
    if unknown:
        raise ValueError(f"check {check.name!r} has cases for parts that carry no points: {sorted(unknown)}")
    parts = tuple(Part(part, worth, worth * _earned(part, cases)) for part, worth in check.parts.items())
    return Verdict(
        check.name,
        check.title,
        sum(part.earned for part in parts),
        check.points,
        cases,
        explain(cases),
        student.drawn,
        parts=parts,
        advice=check.advice,
    )


def _earned(part: str, cases: Iterable[Case]) -> bool:
    outcomes = [case.outcome for case in cases if case.part == part]
    return bool(outcomes) and all(outcome is Outcome.PASSED for outcome in outcomes)


def explain(cases: Iterable[Case]) -> Finding | None:
    """The finding that explains most of the failures, then most of all cases; of equals, the one listed first.

    Where even that one explains less than half of the failures it would mislead: SEVERAL says so.
    """
    cases = tuple(cases)
    failed = 0
    candidates: dict[str, Finding] = {}
    failures: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    if all(case.outcome is Outcome.PASSED for case in cases):
        return None
    for case in cases:
        names = {finding.id for finding in case.findings}
        everywhere.update(names)
        if case.outcome is not Outcome.PASSED:
            failed += 1
            failures.update(names)
            for finding in case.findings:
                candidates.setdefault(finding.id, finding)
    if not candidates:
        return None
    best = max(candidates, key=lambda name: (failures[name], everywhere[name]))
    return candidates[best] if 2 * failures[best] >= failed else SEVERAL


def marking_seed() -> str:
    """The secret of this class while marking, nothing while a student tries things out."""
    if os.environ.get("NBGRADER_EXECUTION") != "autograde":
        return ""
    return os.environ.get("CONVCOURSE_MARKING_SEED", "")
