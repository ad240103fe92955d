"""What filling in the tables of Canvas and of Moodle has in common: numbers as they write them, and what is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading import cells
from autograder.grading.cells import Sheet
from autograder.grading.submissions import ascii_control_free
from autograder.reports.export.marks import ExportError, Marks

NUMBER = re.compile(r"\s*-?\d+(?:[.,]\d+)?\s*")
EMPTY = ("", "-")  # how platforms write that there is no mark yet


@dataclass
class Filled:
    """A table with marks in it: its bytes, what is said of it, and which marks found no place."""

    data: bytes = b""
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """Where the marks of an assignment go, and out of how many points the platform counts them there (None: unknown).

    `comma` is whether the platform writes its numbers with one.
    """

    assignment: str
    number: int
    title: str
    maximum: float | None
    comma: bool = False


def number(text: str) -> float | None:
    """The number in a cell, with a point or a comma; None where there is none."""
    return float(text.strip().replace(",", ".")) if NUMBER.fullmatch(text) else None


def open_sheet(path: Path, what: str) -> Sheet:
    """A platform's table. Raises ExportError for what is none; `what` says what was expected."""
    try:
        sheet = cells.read(path)
    except cells.SheetError as error:
        raise ExportError(f"{error} (expected: {what})") from error
    if not sheet.rows:
        raise ExportError(f"{path} is empty (expected: {what})")
    return sheet


def fill_column(
    sheet: Sheet,
    column: Column,
    marks: Marks,
    rows: Mapping[str, int],
    locked: Mapping[int, str],
    filled: Filled,
    *,
    partial: bool,
) -> set[str]:
    """Write the marks of one assignment into its column, and say what was done. Returns who got one.

    A cell with words in it (EX, N/A) and a row that is `locked` stay as they are.
    """
    ours = marks.maximum(column.assignment)
    scale = column.maximum / ours if column.maximum and ours else 1.0
    new, changed, same, left = set(), 0, 0, dict[str, list[str]]()
    for student, row in rows.items():
        mark = marks.final(student, column.assignment, partial)
        before = sheet.rows[row][column.number] if column.number < len(sheet.rows[row]) else None
        if mark is None:
            reason = marks.reason(student, column.assignment)
            kept = f", {before.strip()} left as it was" if before and before.strip() not in EMPTY else ""
            left.setdefault(f"{reason}{kept}", []).append(student)
            continue
        refused = locked.get(row) or _refusal(before)
        if refused or before is None:
            filled.problems.append(
                f"{column.assignment}: {_shown(student)} has {mark.points:g}, not written: {refused}"
            )
            continue
        value = round(mark.points * scale, 2)
        new.add(student)
        if number(before) == value:
            same += 1
            continue
        changed += before.strip() not in EMPTY
        text = f"{value:.2f}"
        sheet.put(row, column.number, text.replace(".", ",") if column.comma else text)
    filled.said.append(
        f"{column.assignment} → {ascii_control_free(column.title)}: {len(new)} marks"
        + (f", {changed} of them changed" if changed else "")
        + (f", {same} there already" if same else "")
    )
    if scale != 1.0:
        filled.said.append(f"  scaled from {ours:g} points to the {column.maximum:g} of the file")
    elif column.maximum is None:
        filled.said.append(f"  the file does not say out of how many points; these are out of {ours:g}")
    for reason, students in left.items():
        filled.said.append(f"  without a mark ({reason}): {', '.join(map(_shown, sorted(students)))}")
    return new


def _refusal(before: str | None) -> str:
    if before is None:
        return "its row is shorter than the others"
    if before.strip() not in EMPTY and number(before) is None:
        return f"the file has {before.strip()!r} there, which stays"
    return ""


def tell_strangers(assignment: str, marks: Marks, unmatched: Mapping[str, str], partial: bool, filled: Filled) -> None:
    """Name those whose mark found no row."""
    for student, why in unmatched.items():
        mark = marks.final(student, assignment, partial)
        if mark:
            filled.problems.append(f"{assignment}: {_shown(student)} has {mark.points:g}, not written: {why}")


def tell_unknown_rows(sheet: Sheet, numbers: Iterable[int], rows: Mapping[str, int], filled: Filled) -> None:
    """Name the file's students whom the gradebook does not have."""
    taken = set(rows.values())
    others = [ascii_control_free((sheet.rows[row] or [""])[0].strip()) for row in numbers if row not in taken]
    if others:
        filled.said.append(f"in the file but not in the gradebook, left as they were: {'; '.join(others)}")


def _shown(student: str) -> str:
    return ascii_control_free(student)
