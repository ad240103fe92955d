"""nbgrader's `generate_feedback`, from the command line, its API and the formgrader, with the course's own page.

nbgrader_config.py names FeedbackPage as the exporter of GenerateFeedback; all else is nbgrader's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import Exporter
from nbgrader.api import Gradebook
from traitlets import default

from autograder.reports.page import Mark, Marks, make_page, render


class FeedbackPage(Exporter):  # type: ignore[misc]
    """Writes the feedback page of one marked notebook."""

    @default("file_extension")  # type: ignore[untyped-decorator]
    def _file_extension_default(self) -> str:
        return ".html"

    @default("output_mimetype")  # type: ignore[untyped-decorator]
    def _output_mimetype_default(self) -> str:
        return "text/html"

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and the resources that nbgrader passes on. Raises MissingEntry for what the gradebook lacks."""
        about = (resources or {})["nbgrader"]
        assignment, student, notebook = about["assignment"], about["student"], about["notebook"]
        take_back(self.parent, assignment, student)
        page = make_page(
            nb,
            read_marks(about["db_url"], assignment, student, notebook),
            released(self.parent, assignment, notebook),
            os.environ.get("CONVCOURSE_MARKING_SEED", ""),
        )
        return render(page), self._init_resources(resources)


def read_marks(url: str, assignment: str, student: str, notebook: str) -> Marks:
    """What the gradebook holds of a marked notebook. Raises MissingEntry where it holds nothing."""
    with Gradebook(url) as gradebook:
        found = gradebook.find_submission_notebook(notebook, assignment, student)
        cells = {grade.name: _mark(grade) for grade in found.grades}
        comments = {item.name: item.comment for item in found.comments if item.comment}
        answers = frozenset(cell.name for cell in found.notebook.solution_cells)
        penalty = found.late_submission_penalty or 0
        score, maximum = found.score, found.max_score
        return Marks(student, assignment, notebook, score, maximum, penalty, cells, comments, answers)


def _mark(grade: Any) -> Mark:
    set_by_hand = grade.manual_score is not None and grade.auto_score not in (None, grade.manual_score)
    return Mark(
        grade.score,
        grade.max_score,
        bool(grade.needs_manual_grade),
        grade.auto_score if set_by_hand else None,
        grade.extra_credit or 0,
    )


def released(converter: Any, assignment: str, notebook: str) -> Mapping[str, Any] | None:
    """The notebook that was handed out, None where there is none that can be read."""
    directory = converter.coursedir
    folder = directory.format_path(directory.release_directory, ".", assignment)
    path = Path(folder) / f"{notebook}.ipynb"
    try:
        return dict(nbformat.read(path, as_version=4))
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None


def take_back(converter: Any, assignment: str, student: str) -> None:
    """Remove from the feedback what nbgrader has copied there from the marked folder.

    It follows links, and a page of the student's own beside ours would pass for one. Only the time stamp stays, by
    which nbgrader sees whether there is newer work.
    """
    source = Path(converter._format_source(assignment, student))
    target = Path(converter._format_dest(assignment, student))
    pages = {Path(path).stem + ".html" for path in converter.notebooks}
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        copy = target / inside
        if str(inside) == "timestamp.txt" or str(inside) in pages or not copy.is_file():
            continue
        copy.unlink()
        parent = copy.parent
        while parent != target and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent
