"""What `autograder export` and nbgrader's plug-ins share: the course's marks, and where a table goes."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.grading import cells
from autograder.grading.collecting import ledger
from autograder.grading.collecting.ledger import Item
from autograder.grading.collecting.subject import SubjectError, meant
from autograder.grading.course import CourseError, assignments, nbgrader_api
from autograder.reports.export.filling import Filled
from autograder.reports.export.marks import ExportError, Marks, read


def marks_of(root: Path, wanted: Collection[str] = ()) -> Marks:
    """The marks of a course, of the assignments `wanted` (names or numbers) or of all. Raises ExportError."""
    known = assignments(root)
    try:
        names = [meant(name, known) for name in wanted]
    except SubjectError as error:
        raise ExportError(str(error)) from error
    with gradebook_of(root) as gradebook:
        return read(gradebook, known, assignments=names)


@contextlib.contextmanager
def gradebook_of(root: Path) -> Iterator[Any]:
    """The course's gradebook. Raises ExportError where it has none yet: opening one would make it."""
    api = nbgrader_api(root)
    url = str(api.coursedir.db_url)
    file = url.removeprefix("sqlite:///").partition("?")[0]
    if url.startswith("sqlite:///") and not (root / file).is_file():
        raise ExportError(f"there are no marks yet: {file} is not there; run `autograder grade` first")
    with api.gradebook as gradebook:
        yield gradebook


def collected_in(root: Path) -> Mapping[str, Item]:
    """By which numbers the platforms know the students whose work was collected."""
    return ledger.load(root / ".marking" / "collected.json")


def columns_by_title(pairs: Collection[str], known: Collection[str], root: Path | None = None) -> dict[str, str]:
    """Title → assignment from "TITLE=ASSIGNMENT". Raises ExportError."""
    found = {}
    for pair in pairs:
        title, equals, assignment = pair.rpartition("=")
        if not equals or not title.strip():
            raise ExportError(f"--column {pair}: write it as COLUMN=ASSIGNMENT, as in '02 Convolution=02_convolution'")
        if assignment.strip() not in known and root is not None:
            with contextlib.suppress(SubjectError, CourseError):
                assignment = meant(assignment.strip(), assignments(root))
        found[title.strip()] = assignment.strip()
    return found


def save(filled: Filled, target: Path, template: Path | None = None, *, in_place: bool = False) -> None:
    """Write a table, all of it or nothing; over the `template` that it was made from only `in_place`.

    Raises ExportError.
    """
    if template is not None and not in_place and target.exists() and target.samefile(template):
        raise ExportError(f"{target} is the file that is filled in: give another with --to, or say --in-place")
    try:
        cells.write(filled.data, target.resolve())
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror}") from error
