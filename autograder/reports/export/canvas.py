"""A gradebook that Canvas has exported (Grades → Export), filled in so that Canvas can import it.

Its first row has the headers: Student (or LastName and FirstName), ID, SIS User ID, SIS Login ID, Section, the
instructor's own columns, a column "Title (123456)" for each assignment, and totals. A row "Manual Posting" may come
next, then "Points Possible", then the students, at the end "Student, Test". Source: lib/gradebook_exporter.rb and
lib/gradebook_importer.rb of Canvas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.grading.cells import Sheet
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
from autograder.reports.export.marks import ExportError, Marks

EXPECTED = "a gradebook that Canvas has exported as CSV, by Grades → Export"
ABOUT_STUDENTS = ("student", "lastname", "firstname", "id", "sisuserid", "sisloginid", "integrationid", "rootaccount")
TOTALS = re.compile(r"(?:current|final|override) (?:score|points|grade|status)\b", re.IGNORECASE)
WITH_ID = re.compile(r"^(?P<title>.*\S)\s*\((?P<id>\d+)\)\s*$", re.DOTALL)


def fill(
    path: Path,
    marks: Marks,
    *,
    chosen: Mapping[str, str] | None = None,
    roster: Roster | None = None,
    collected: Mapping[str, Item] | None = None,
    partial: bool = False,
) -> Filled:
    """Put the marks into the gradebook of Canvas in `path`; every other cell keeps its bytes.

    `chosen` says which column is which assignment, by the column's title (with or without its number), where the title
    does not. Raises ExportError for a file that is no such gradebook, or has none of the assignments.
    """
    sheet = open_sheet(path, EXPECTED)
    points, students = _rows(sheet, path)
    columns = _columns(sheet, points, marks, chosen or {}, path)
    matched = people.match(marks.students.values(), sheet.rows, students, roster, collected)
    filled = Filled()
    for column in columns:
        fill_column(sheet, column, marks, matched.rows, {}, filled, partial=partial)
        tell_strangers(column.assignment, marks, matched.unmatched, partial, filled)
    rest = sorted({name for _, name in marks.marks} - {column.assignment for column in columns})
    if rest:
        filled.said.append(
            f"no column for {', '.join(rest)}: name it with --column, or make it in Canvas and export again"
        )
    tell_unknown_rows(sheet, students, matched.rows, filled)
    filled.data = sheet.encode()
    return filled


def _rows(sheet: Sheet, path: Path) -> tuple[int | None, list[int]]:
    """The row of Points Possible, and those of students."""
    head = ["".join(names.words(cell)) for cell in sheet.rows[0]]
    if not (head[:2] == ["student", "id"] or head[:3] == ["lastname", "firstname", "id"]) or "section" not in head:
        raise ExportError(
            f"{path} does not begin as {EXPECTED}: Student, ID, SIS Login ID, Section, …; its first row is "
            f"{', '.join(sheet.rows[0][:6])}"
        )
    points, students = None, []
    number_column = head.index("id")
    for place, row in enumerate(sheet.rows[1:], 1):
        first = row[0].strip() if row else ""
        if first.startswith("Points Possible"):
            points = place
        elif first != "Student, Test" and len(row) > number_column and (first or row[number_column].strip()):
            students.append(place)
    return points, students


def _columns(sheet: Sheet, points: int | None, marks: Marks, chosen: Mapping[str, str], path: Path) -> list[Column]:
    head = sheet.rows[0]
    start = next(place for place, cell in enumerate(head) if "".join(names.words(cell)) == "section") + 1
    able = {}
    for place in range(start, len(head)):
        full = sheet.rows[points][place] if points is not None and place < len(sheet.rows[points]) else ""
        if head[place].strip() and not TOTALS.search(head[place]) and (not full.strip() or number(full) is not None):
            able[place] = full
    titles = {place: _title(head[place]) for place in able}
    found: dict[str, list[int]] = {}
    for wanted, assignment in chosen.items():
        places = [place for place in able if wanted.strip() in (head[place].strip(), titles[place])]
        if len(places) != 1:
            has = ", ".join(head[place] for place in able)
            raise ExportError(f"{path}: {len(places) or 'no'} columns are called {wanted!r}; its columns are {has}")
        if assignment not in marks.assignments:
            raise ExportError(f"the gradebook has no assignment {assignment}: it has {', '.join(marks.assignments)}")
        found.setdefault(assignment, []).extend(places)
    taken = {place for places in found.values() for place in places}
    free = {place: title for place, title in titles.items() if place not in taken}
    for assignment in marks.assignments:
        if assignment not in found:
            found[assignment] = column_for(assignment, free, list(marks.assignments))
    for assignment, places in found.items():
        if len(places) > 1:
            which = " and ".join(repr(head[place]) for place in places)
            raise ExportError(f"{path}: {which} could each be {assignment}: say which with --column NAME={assignment}")
    columns = []
    for assignment, places in sorted(found.items()):
        for place in places:
            maximum = number(able[place]) or None
            columns.append(Column(assignment, place, head[place], maximum, "," in able[place]))
    if not columns:
        has = ", ".join(head[place] for place in able) or "none"
        raise ExportError(
            f"{path} has no column for {', '.join(marks.assignments) or 'any assignment'}: its columns are {has}; "
            "say which is which with --column NAME=ASSIGNMENT"
        )
    return columns


def _title(header: str) -> str:
    found = WITH_ID.match(header.strip())
    return found["title"] if found else header.strip()


def column_for(assignment: str, titles: Mapping[int, str], assignments: Sequence[str]) -> list[int]:
    """The columns whose titles mean an assignment: its whole name, or else its number together with a word of it."""
    whole = [
        place
        for place, title in titles.items()
        if (within := names.assignment_in(title, assignments)) and within[0] == assignment
    ]
    exact = [place for place in whole if names.words(titles[place]) == names.words(assignment)]
    if whole:
        return exact if len(exact) == 1 else whole
    first, *rest = names.words(assignment) or [""]
    if not first.isdigit():
        return []
    return [place for place, title in titles.items() if _numbered(title, int(first), rest)]


def _numbered(title: str, wanted: int, words: Sequence[str]) -> bool:
    said = names.words(title)
    digits = [int(word) for word in said if word.isascii() and word.isdigit()]
    alike = any(
        len(word) > 3 and len(other) > 3 and (word.startswith(other) or other.startswith(word))
        for word in said
        for other in words
    )
    return digits[:1] == [wanted] and alike
