"""grades.csv: nbgrader's own export of all marks, which also says where a mark is not final yet."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin

from autograder.grading.table import by_hand

OPEN = "to_mark_by_hand"  # the column: how many exercises wait for a person, whose points `score` lacks
FILE = "grades.csv"


class Spreadsheet(CsvExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's CsvExportPlugin with one column more. nbgrader_config.py makes `nbgrader export` use it too."""

    to: str

    def export(self, gradebook: Any) -> None:
        """Write the marks of an open Gradebook to the file `to`, all of it or nothing."""
        wanted = self.to
        target = Path(wanted or FILE)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            self.to = str(temporary)
            super().export(gradebook)
            with temporary.open(newline="") as file:  # in the encoding that nbgrader has just used, whichever it is
                header, *rows = csv.reader(file)
            waiting = {
                (entry.name, submission.student.id): by_hand(submission)
                for entry in gradebook.assignments
                for submission in entry.submissions
            }
            assignment, student = header.index("assignment"), header.index("student_id")
            with temporary.open("w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow([*header, OPEN])
                writer.writerows([*row, waiting.get((row[assignment], row[student]), 0)] for row in rows)
            os.replace(temporary, target)
        finally:
            self.to = wanted
            temporary.unlink(missing_ok=True)
