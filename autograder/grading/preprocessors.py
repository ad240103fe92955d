"""nbgrader's steps that are ours: what happens to a submission before it is run."""

from __future__ import annotations

import json
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading import account
from autograder.grading.account import Account, Remark
from autograder.grading.handed_in import read_release
from autograder.grading.repair import repair

Which = tuple[str, str, str]  # student, assignment, notebook
REPAIRED: dict[Which, tuple[Remark, ...]] = {}  # what the converter has repaired already, and what it had to say


def release_path(coursedir: CourseDirectory, assignment: str, notebook: str) -> Path:
    """Where the student's copy lies as it was handed out."""
    folder = coursedir.format_path(coursedir.release_directory, student_id=".", assignment_id=assignment)
    return Path(folder) / f"{notebook}.ipynb"


class Repair(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Rebuild a submission on the lesson, and write into its metadata what was repaired.

    Where our converter has done so from the file itself, only the remarks are left to be written. Elsewhere this is
    where it happens, with what nbgrader could read of the file.
    """

    def preprocess(self, notebook: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        about = resources["nbgrader"]
        which = (about["student"], about["assignment"], about["notebook"])
        remarks = REPAIRED.get(which)
        if remarks is None:
            release = read_release(release_path(CourseDirectory(parent=self), about["assignment"], about["notebook"]))
            repaired = repair(json.dumps(notebook).encode(), release, about["notebook"])
            notebook, remarks = repaired.notebook, repaired.remarks
        for remark in remarks:
            self.log.warning("%s: %s", remark.kind, remark.text)
        account.write(Account(remarks=remarks), notebook.metadata)
        return notebook, resources
