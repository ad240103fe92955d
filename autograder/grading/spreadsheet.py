"""grades.csv: nbgrader's own export of all marks, which also says where a mark is not final yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin

from autograder.grading import cells
from autograder.grading.table import by_hand

OPEN = "to_mark_by_hand"  # the column: how many exercises wait for a person, whose points `score` lacks
FILE = "grades.csv"
NBGRADERS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class Spreadsheet(CsvExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """The table of nbgrader's CsvExportPlugin with one column more. nbgrader_config.py makes `nbgrader export` use it.

    It is written here, because nbgrader's own puts no quotes around a name with a comma in it, and lets a name that
    begins with = be a formula.
    """

    to: str
    student: list[str]
    assignment: list[str]

    def export(self, gradebook: Any) -> None:
        """Write the marks of an open Gradebook to the file `to`, all of it or nothing."""
        students = {str(item) for item in self.student}
        chosen = {str(item) for item in self.assignment}
        rows: list[list[str]] = [[*NBGRADERS, OPEN]]
        for entry in gradebook.assignments:
            if chosen and entry.name not in chosen:
                continue
            handed_in = {submission.student.id: submission for submission in entry.submissions}
            for student in gradebook.students:
                if not students or student.id in students:
                    rows.append(_row(entry, student, handed_in.get(student.id)))
        cells.write(cells.table(rows), Path(self.to or FILE).resolve())


def _row(entry: Any, student: Any, submission: Any) -> list[str]:
    """One line, with nbgrader's 0 for those who handed in nothing."""
    raw = submission.score if submission else 0.0
    penalty = submission.late_submission_penalty if submission else 0.0
    texts = (student.id, student.last_name, student.first_name, student.email)
    numbers = (raw, penalty, max(0.0, raw - penalty), entry.max_score, by_hand(submission) if submission else 0)
    when = (entry.duedate, submission.timestamp if submission else None)
    return [
        cells.defused(entry.name),
        *("" if moment is None else str(moment) for moment in when),
        *(cells.defused(text or "") for text in texts),
        *("" if value is None else str(value) for value in numbers),
    ]
