"""The marks of a class as its gradebook has them, with what is not a mark yet kept apart. No mark is computed here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.grading.course import Assignment, short
from autograder.grading.table import by_hand, points, waiting


class ExportError(Exception):
    """A table cannot be written, or filled in; the message names the file and says what was expected."""


@dataclass(frozen=True)
class Exercise:
    """A marked cell of an assignment, what to call it, and its full points."""

    cell: str
    title: str
    maximum: float


@dataclass(frozen=True)
class Mark:
    """What one student has for one assignment.

    `points` are less the penalty for lateness; `open` is how many exercises wait for a person, whose points are not in
    it. `exercises` are the points of those that are not open, by cell; `comments` what a person has written there.
    """

    points: float
    maximum: float
    penalty: float
    open: int
    exercises: Mapping[str, float]
    comments: Mapping[str, str]


@dataclass(frozen=True)
class Student:
    """A student as the gradebook knows them; what it does not know is empty."""

    id: str
    first: str
    last: str
    email: str


@dataclass(frozen=True)
class Marks:
    """All of it: the assignments with their exercises, the students by id, and (student, assignment) → mark.

    `missing` says of everybody else why there is no mark.
    """

    assignments: Mapping[str, tuple[Exercise, ...]]
    students: Mapping[str, Student]
    marks: Mapping[tuple[str, str], Mark]
    missing: Mapping[tuple[str, str], str]

    def final(self, student: str, assignment: str, partial: bool) -> Mark | None:
        """The mark to hand on: none where there is none, and none while parts are open, unless `partial` and others are
        marked: a 0 for what nobody has looked at is no mark."""
        mark = self.marks.get((student, assignment))
        return mark if mark and (not mark.open or (partial and mark.exercises)) else None

    def reason(self, student: str, assignment: str) -> str:
        """Why there is no mark to hand on."""
        mark = self.marks.get((student, assignment))
        if mark:
            return waiting(mark.open)
        return self.missing.get((student, assignment), "nothing handed in")

    def maximum(self, assignment: str) -> float:
        """The full points of an assignment."""
        return sum(exercise.maximum for exercise in self.assignments[assignment])


def read(
    gradebook: Any,
    known: Mapping[str, Assignment] | None = None,
    students: Collection[str] = (),
    assignments: Collection[str] = (),
) -> Marks:
    """The marks in an open nbgrader Gradebook; of some `students` and `assignments` only, where these are named.

    `known` are the course's assignments, which put the exercises in order. Raises ExportError for an assignment or a
    student that the gradebook does not have.
    """
    entries = {entry.name: entry for entry in gradebook.assignments}
    people = {
        entry.id: Student(entry.id, entry.first_name or "", entry.last_name or "", entry.email or "")
        for entry in gradebook.students
    }
    for wanted, there, what in ((assignments, entries, "assignment"), (students, people, "student")):
        for name in wanted:
            if name not in there:
                has = f": it has {', '.join(sorted(there))}" if there and what == "assignment" else ""
                raise ExportError(f"the gradebook has no {what} {name}{has}")
    marks: dict[tuple[str, str], Mark] = {}
    missing: dict[tuple[str, str], str] = {}
    exercises = {}
    for name in sorted(entries):
        if assignments and name not in assignments:
            continue
        exercises[name] = _exercises(entries[name], (known or {}).get(name))
        for submission in entries[name].submissions:
            whose = (submission.student.id, name)
            mark = _mark(submission, exercises[name])
            if mark:
                marks[whose] = mark
            else:
                missing[whose] = "handed in, but not marked"
    kept = {name: person for name, person in sorted(people.items()) if not students or name in students}
    return Marks(exercises, kept, {whose: mark for whose, mark in marks.items() if whose[0] in kept}, missing)


def _exercises(entry: Any, assignment: Assignment | None) -> tuple[Exercise, ...]:
    cells = [
        Exercise(cell.name, short(cell.name), float(cell.max_score))
        for notebook in entry.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
        if cell.max_score
    ]
    order = list(assignment.graded) if assignment else []
    return tuple(sorted(cells, key=lambda cell: order.index(cell.cell) if cell.cell in order else len(order)))


def _mark(submission: Any, exercises: tuple[Exercise, ...]) -> Mark | None:
    """None where nothing has been marked: nbgrader gives such a submission a score of 0, which is no mark."""
    grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
    has = {name for name, grade in grades.items() if grade.auto_score is not None or grade.manual_score is not None}
    if exercises and has.isdisjoint(exercise.cell for exercise in exercises) and not by_hand(submission):
        return None
    worth = {exercise.cell for exercise in exercises}  # what gives no points keeps no mark waiting
    waits = {name for name, grade in grades.items() if grade.needs_manual_grade and name in worth}
    # A cell that nobody and nothing has marked, or that the gradebook lacks, is open whatever nbgrader calls it.
    waits |= worth - has
    written = {
        comment.name: comment.manual_comment.strip()
        for notebook in submission.notebooks
        for comment in notebook.comments
        if (comment.manual_comment or "").strip()
    }
    return Mark(
        points(submission),
        sum(exercise.maximum for exercise in exercises),
        float(submission.late_submission_penalty or 0.0),
        len(waits),
        {name: float(grade.score) for name, grade in grades.items() if name in worth - waits},
        written,
    )


def in_words(mark: Mark, exercises: tuple[Exercise, ...]) -> list[str]:
    """A mark for a person to read, a line each: the total, each exercise, the penalty, and what somebody wrote."""
    lines = [f"{mark.points:g} of {mark.maximum:g} points"]
    if mark.open:
        lines.append(f"{waiting(mark.open)} yet")
    for exercise in exercises:
        earned = mark.exercises.get(exercise.cell)
        lines.append(f"{exercise.title}: {'open' if earned is None else f'{earned:g}'} of {exercise.maximum:g}")
    if mark.penalty:
        lines.append(f"late: {mark.penalty:g} points less")
    return lines + [f"{short(cell)}: {text}" for cell, text in sorted(mark.comments.items())]
