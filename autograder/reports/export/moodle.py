"""Moodle's offline grading worksheet, filled in, and a table for its gradebook's import.

The worksheet (an assignment's "Download grading worksheet") has Identifier ("Participant 12345"), Full name, Email
address, Status, Grade, Maximum Grade, Grade can be changed, Last modified (submission), Last modified (grade), and
Feedback comments where these are on. On upload Moodle reads Identifier, Grade, Last modified (grade) and the feedback.
Source: mod/assign/feedback/offline/importgradeslib.php and mod/assign/gradingtable.php of Moodle.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path

from autograder.grading import cells
from autograder.grading.cells import Sheet, defused
from autograder.grading.collecting import names
from autograder.grading.collecting.ledger import Item
from autograder.grading.collecting.roster import Roster
from autograder.reports.export import people
from autograder.reports.export.filling import (
    Column,
    Filled,
    fill_column,
    number,
    open_sheet,
    tell_strangers,
    tell_unknown_rows,
)
from autograder.reports.export.marks import ExportError, Marks, in_words

EXPECTED = 'the grading worksheet of an assignment, from Moodle\'s "Download grading worksheet"'
COMMENTS = "feedbackcomments"


def fill(
    path: Path,
    marks: Marks,
    *,
    roster: Roster | None = None,
    collected: Mapping[str, Item] | None = None,
    partial: bool = False,
    comments: bool = False,
) -> Filled:
    """Put the marks into Moodle's worksheet in `path`, scaled to its Maximum Grade; every other cell keeps its bytes.

    A worksheet is of one assignment: that of `marks` if it has one only, or else the one in the file's name. With
    `comments` the exercises' points and what a person wrote go to Feedback comments. Raises ExportError.
    """
    sheet = open_sheet(path, EXPECTED)
    head = {"".join(names.words(cell)): place for place, cell in reversed(list(enumerate(sheet.rows[0])))}
    lacking = [title for title in ("Identifier", "Grade") if title.lower() not in head]
    if lacking:
        raise ExportError(
            f"{path} has no column {' and '.join(lacking)}: expected {EXPECTED}, in English; its columns are "
            f"{', '.join(sheet.rows[0])}"
        )
    if comments and COMMENTS not in head:
        raise ExportError(
            f"{path} has no column Feedback comments: turn these on in the assignment's settings in Moodle"
        )
    assignment = _assignment(path, marks)
    students = [place for place, row in enumerate(sheet.rows) if place and any(cell.strip() for cell in row)]
    matched = people.match(marks.students.values(), sheet.rows, students, roster, collected, assignment)
    maximum, comma = _maximum(sheet, head.get("maximumgrade"), students, path)
    column = Column(assignment, head["grade"], sheet.rows[0][head["grade"]], maximum, comma)
    filled = Filled()
    locked = _locked(sheet, head.get("gradecanbechanged"), students)
    written = fill_column(sheet, column, marks, matched.rows, locked, filled, partial=partial)
    for student in sorted(written) if comments else ():
        mark = marks.marks[student, assignment]
        lines = in_words(mark, marks.assignments[assignment])
        text = "<br>".join(html.escape(line, quote=False).replace("\n", "<br>") for line in lines)
        sheet.put(matched.rows[student], head[COMMENTS], defused(text))
    tell_strangers(assignment, marks, matched.unmatched, partial, filled)
    tell_unknown_rows(sheet, students, matched.rows, filled)
    filled.data = sheet.encode()
    return filled


def table(marks: Marks, roster: Roster | None = None, *, partial: bool = False) -> Filled:
    """A CSV file for Moodle's gradebook (Grades → Import → CSV file): a row a student, a column an assignment.

    Moodle asks which of username, ID number and email address identifies a student; each stands here where a `roster`
    or the gradebook knows it, the username else being the student's id.
    """
    filled = Filled()
    used = [name for name in marks.assignments if any(whose[1] == name for whose in marks.marks)]
    known = {person.student: person for person in roster.people} if roster else {}
    rows = [["Username", "ID number", "Email address", "First name", "Last name", *used]]
    for student in marks.students.values():
        person = known.get(student.id)
        login, number_, mail = (person.value(kind) if person else "" for kind in ("login", "sis", "email"))
        mail = mail or student.email or (student.id if "@" in student.id else "")
        if not login and student.id not in (number_, mail):
            login = student.id
        first, last = (person.first, person.last) if person else ("", "")
        texts = [login, number_, mail, first or student.first, last or student.last]
        row = [defused(text) for text in texts]
        for name in used:
            mark = marks.final(student.id, name, partial)
            row.append("" if mark is None else f"{mark.points:.2f}")
        rows.append(row)
    filled.data = cells.table(rows)
    tell_gaps(marks, used, partial, filled)
    return filled


def tell_gaps(marks: Marks, assignments: list[str], partial: bool, filled: Filled) -> None:
    """Say for each assignment how many marks there are, and who has none, and why."""
    for name in assignments:
        gaps: dict[str, list[str]] = {}
        for student in marks.students:
            if marks.final(student, name, partial) is None:
                gaps.setdefault(marks.reason(student, name), []).append(student)
        count = len(marks.students) - sum(map(len, gaps.values()))
        filled.said.append(f"{name}: {count} marks, out of {marks.maximum(name):g}")
        filled.said += [f"  without a mark ({reason}): {', '.join(sorted(who))}" for reason, who in gaps.items()]


def _assignment(path: Path, marks: Marks) -> str:
    if len(marks.assignments) == 1:
        return next(iter(marks.assignments))
    within = names.assignment_in(path.stem, marks.assignments)
    if not within:
        has = ", ".join(marks.assignments)
        raise ExportError(
            f"{path} is of one assignment, and its name does not say which: use --assignment (one of {has})"
        )
    return within[0]


def _maximum(sheet: Sheet, place: int | None, rows: list[int], path: Path) -> tuple[float | None, bool]:
    texts = {sheet.rows[row][place].strip() for row in rows if place is not None and place < len(sheet.rows[row])} - {
        ""
    }
    values = {number(text) for text in texts}
    if len(values) > 1:
        raise ExportError(f"{path} has several maximum grades ({', '.join(sorted(texts))}): expected one")
    full = next(iter(values), None)
    if texts and not full:
        raise ExportError(f"{path}: the maximum grade {', '.join(texts)} is no number; a scale cannot be filled in")
    return full, any("," in text for text in texts)


def _locked(sheet: Sheet, place: int | None, rows: list[int]) -> dict[int, str]:
    """The rows whose grade Moodle would not take."""
    no = re.compile(r"no|nein|non|nee", re.IGNORECASE)
    if place is None:
        return {}
    return {
        row: "Moodle says that it cannot be changed"
        for row in rows
        if place < len(sheet.rows[row]) and no.fullmatch(sheet.rows[row][place].strip())
    }
