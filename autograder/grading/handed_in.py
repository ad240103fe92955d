"""One submission as it lies in its folder → the repaired notebook. Everything that marks a submission begins here."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading.account import Remark
from autograder.grading.choosing import choose, timestamp
from autograder.grading.course import CourseError
from autograder.grading.repair import Repaired, blank, repair


def read_release(path: Path) -> NotebookNode:
    """The student's copy of a lesson as it was handed out. Raises CourseError, which says what to do."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError as error:
        raise CourseError(f"there is no {path} to compare submissions with: run `autograder build`") from error
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise CourseError(f"{path} is not a notebook: run `autograder build` to make it again") from error
    return notebook


def repair_folder(folder: Path, release: NotebookNode, name: str) -> Repaired:
    """Choose the notebook `name` among what a student handed in, and repair it. Whatever lies there, this never raises.

    The remarks are those on the files, on the time, and of the repair.
    """
    try:
        handed = choose(folder, name, lambda raw: repair(raw, release, name).usable)
        remarks = (*handed.remarks, *timestamp(folder)[1])
        if handed.problem:
            return blank(release, handed.problem, remarks)
        repaired = repair(handed.raw, release, name)
    except Exception as error:  # a fault of ours must cost no one else's mark, and has to be seen
        text = f"Repair itself failed ({type(error).__name__}), so nothing was marked: look at the file by hand."
        return Repaired(blank(release, text).notebook, (Remark("repair-failed", text),))
    return Repaired(repaired.notebook, (*remarks, *repaired.remarks))
