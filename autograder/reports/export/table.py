"""A plain table: a row for each student, a column for each exercise."""

from __future__ import annotations

from autograder.grading import cells
from autograder.grading.cells import defused
from autograder.grading.collecting.roster import Roster
from autograder.reports.export.filling import Filled
from autograder.reports.export.marks import Marks
from autograder.reports.export.moodle import tell_gaps


def table(marks: Marks, roster: Roster | None = None, *, partial: bool = False) -> Filled:
    """Points of every exercise, the late penalty, the total, and how many exercises wait for a person.

    What has no mark stays empty; with `partial` a total is there before all of it is marked. A `roster` gives names and
    addresses that the gradebook lacks.
    """
    filled = Filled()
    used = [name for name in marks.assignments if any(whose[1] == name for whose in marks.marks)]
    head = ["student", "last_name", "first_name", "email"]
    for name in used:
        head += [f"{name} {exercise.title} (of {exercise.maximum:g})" for exercise in marks.assignments[name]]
        head += [f"{name} late penalty", f"{name} total (of {marks.maximum(name):g})", f"{name} to mark by hand"]
    rows = [[defused(cell) for cell in head]]
    known = {person.student: person for person in roster.people} if roster else {}
    for student in marks.students.values():
        person = known.get(student.id)
        first, last = student.first or (person.first if person else ""), student.last or (person.last if person else "")
        mail = student.email or (person.value("email") if person else "")
        row = [defused(text) for text in (student.id, last, first, mail)]
        for name in used:
            mark, final = marks.marks.get((student.id, name)), marks.final(student.id, name, partial)
            for exercise in marks.assignments[name]:
                row.append(_number(mark.exercises.get(exercise.cell)) if mark else "")
            row += (
                [_number(mark.penalty), _number(final.points if final else None), str(mark.open)] if mark else [""] * 3
            )
        rows.append(row)
    filled.data = cells.table(rows)
    tell_gaps(marks, used, partial, filled)
    return filled


def _number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 4):g}"
