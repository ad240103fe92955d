"""What the class report is made from: the gradebook and the marked notebooks, read into plain records.

Scores, totals and what waits for a person are those of `autograder.grading.table`, which the terminal shows too.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from autograder.building.regions import find_regions
from autograder.grading import account, table
from autograder.grading.account import Account
from autograder.grading.course import Assignment
from autograder.reports.classreport.similar import Answer

RIGHT, PARTLY, WRONG, LEFT, OPEN = "right", "partly right", "wrong", "not attempted", "to be marked"
STANDINGS = (RIGHT, PARTLY, WRONG, LEFT, OPEN)
ABSENT, UNMARKED = "nothing handed in", "handed in, but not marked"
LARGEST = 100_000_000  # bytes of a marked notebook


@dataclass(frozen=True)
class Mark:
    """One exercise of one student: how it stands (one of STANDINGS), the score as shown and the points of it."""

    cell: str
    standing: str
    shown: str
    points: float
    maximum: float

    @property
    def share(self) -> float:
        """The points as a share of the maximum, between 0 and 1."""
        return min(max(self.points / self.maximum, 0.0), 1.0) if self.maximum else 0.0


@dataclass(frozen=True)
class Row:
    """One student's work for one assignment.

    `total` is None without a mark, and `why` says then why there is none; `shown` is the total as the terminal shows
    it. `waiting` exercises wait for a person. `account` is None where the marked notebook holds none. `answers` are
    the sources of the answer cells, empty where nothing was typed into them.
    """

    student: str = ""
    name: str = ""
    marks: tuple[Mark, ...] = ()
    total: float | None = None
    shown: str = table.UNMARKED
    why: str = ""
    late: str = ""
    penalty: float = 0.0
    waiting: int = 0
    open: bool = False
    notes: tuple[str, ...] = ()
    account: Account | None = None
    trouble: str = ""
    marked_at: datetime.datetime | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """One marked cell of an assignment: its grade id, number, title and full points."""

    cell: str
    number: str
    title: str
    maximum: float


@dataclass(frozen=True)
class Work:
    """All there is of one assignment: its exercises in order, full points and a row for every student by id.

    `handed_out` gives for each answer cell what needs no explanation: the handed-out text and the course's solution.
    """

    name: str
    title: str
    exercises: tuple[Exercise, ...]
    maximum: float
    rows: tuple[Row, ...]
    handed_out: Mapping[str, tuple[str, ...]]


def work(
    gradebook: Any,
    assignment: Assignment,
    marked: Mapping[str, Path],
    notes: Mapping[str, Sequence[str]] | None = None,
) -> Work:
    """Read one assignment. `gradebook` is an open nbgrader Gradebook; `marked` gives the place of each student's
    marked notebook, there or not; `notes` gives remarks by student.

    An assignment that the gradebook does not know is one that nobody has handed in.
    """
    entry = next((entry for entry in gradebook.assignments if entry.name == assignment.name), None)
    worth = table.worth(entry) if entry is not None else {}
    exercises = tuple(
        Exercise(name, *assignment.heading[name], worth[name]) for name in assignment.graded if worth.get(name)
    )
    found = {each.student.id: each for each in _submissions(gradebook, entry)} if entry is not None else {}
    rows = []
    for student in sorted(gradebook.students, key=lambda student: str(student.id)):
        name = " ".join(part for part in (student.first_name, student.last_name) if part)
        own = (notes or {}).get(student.id, ())
        if student.id in found:
            place = marked.get(student.id)
            rows.append(_row(student.id, name, found[student.id], assignment, exercises, place, own))
        else:
            rows.append(Row(student.id, name, why=ABSENT, notes=tuple(own)))
    maximum = float(entry.max_score) if entry is not None else 0.0
    return Work(assignment.name, assignment.title, exercises, maximum, tuple(rows), handed_out(assignment))


def _submissions(gradebook: Any, entry: Any) -> list[Any]:
    """All submissions of an assignment with their grades and comments, in a few queries rather than some for each."""
    from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy.orm import joinedload, selectinload, undefer

    notebooks = selectinload(SubmittedAssignment.notebooks)
    grades = notebooks.selectinload(SubmittedNotebook.grades)
    query = gradebook.db.query(SubmittedAssignment).filter(SubmittedAssignment.assignment_id == entry.id)
    return list(
        query.options(
            joinedload(SubmittedAssignment.student),
            grades.joinedload(Grade.cell),
            grades.undefer(Grade.max_score),
            notebooks.selectinload(SubmittedNotebook.comments),
            undefer(SubmittedAssignment.score),
        )
    )


def _row(
    student: str,
    name: str,
    submission: Any,
    assignment: Assignment,
    exercises: Sequence[Exercise],
    place: Path | None,
    notes: Sequence[str],
) -> Row:
    grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
    skipped = table.unanswered(submission)
    marks = tuple(_mark(grades[each.cell], assignment, each, skipped) for each in exercises if each.cell in grades)
    row = replace(marked_notebook(place, assignment), student=student, name=name, notes=tuple(notes))
    if not any(grade.auto_score is not None or grade.manual_score is not None for grade in grades.values()):
        return replace(row, why=UNMARKED)
    return replace(
        row,
        marks=marks,
        total=table.points(submission),
        shown=table.total(submission),
        late=table.lateness(submission.total_seconds_late),
        penalty=float(submission.late_submission_penalty),
        waiting=table.by_hand(submission),
        open=bool(submission.needs_manual_grade),
    )


def _mark(grade: Any, assignment: Assignment, exercise: Exercise, skipped: set[str]) -> Mark:
    shown = table.score(grade, assignment, exercise.cell, skipped).plain
    points = float(grade.score)
    if grade.needs_manual_grade:
        standing = OPEN
    elif shown == table.NO_ANSWER:
        standing = LEFT
    else:
        standing = RIGHT if points >= exercise.maximum else PARTLY if points > 0 else WRONG
    return Mark(exercise.cell, standing, shown, points, exercise.maximum)


# --- the marked notebook ----------------------------------------------------------------------------------------


def marked_notebook(place: Path | None, assignment: Assignment) -> Row:
    """What a marked notebook tells of nobody in particular: its account, its answers, when it was written, and what is
    the matter with it."""
    try:
        if place is None or not place.is_file():
            return Row(trouble="there is no marked notebook")
        if place.stat().st_size > LARGEST:
            return Row(trouble="the marked notebook is too large to be read")
        at = datetime.datetime.fromtimestamp(place.stat().st_mtime, datetime.UTC)
        # Without nbformat's validation, which takes far longer than reading.
        content = json.loads(place.read_bytes())
        cells = [cell for cell in content["cells"] if isinstance(cell, dict)]
        metadata = content.get("metadata", {})
        answers = {name: answer for cell in cells for name, answer in _answer(cell, assignment)}
        told = sound(account.read(metadata)) if account.KEY in metadata else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Row(trouble="the marked notebook cannot be read")
    return Row(account=told, marked_at=at, answers=answers)


def _answer(cell: Mapping[str, Any], assignment: Assignment) -> list[tuple[str, Answer]]:
    about = cell.get("metadata", {}).get("nbgrader", {})
    name = about.get("grade_id")
    if name not in assignment.solutions:
        return []
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(map(str, source))
    return [(name, Answer(source, cell.get("cell_type") == "markdown"))]


def sound(told: Account) -> Account:
    """The account itself, where every field holds what it should. Raises TypeError for any other."""
    kinds: dict[str, type | tuple[type, ...]] = {"str": str, "float": (int, float), "bool": bool}
    entries: tuple[account.Remark | account.Incident | account.Judged, ...]
    entries = (*told.remarks, *told.incidents, *told.judged)
    for entry in entries:
        for each in fields(entry):
            value = getattr(entry, each.name)
            if not isinstance(value, kinds[str(each.type)]):
                raise TypeError(f"{each.name} of an account is {value!r}")
            if isinstance(value, float) and not math.isfinite(value):
                raise TypeError(f"{each.name} of an account is {value!r}")
    if told.isolation not in (account.SANDBOX, account.NO_SANDBOX):
        raise TypeError(f"isolation of an account is {told.isolation!r}")
    return told


def handed_out(assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """The solved text of each answer cell, and what is left of it without the solutions."""
    known: dict[str, tuple[str, ...]] = {}
    for name, source in assignment.solutions.items():
        lines = source.split("\n")
        for region in reversed(find_regions(source)[0]):
            lines[region.begin : region.end + 1] = []
        known[name] = (source, "\n".join(lines))
    return known
