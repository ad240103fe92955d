"""nbgrader's `autograde`, the command and the formgrader's button, begun from the bytes of what was handed in.

nbgrader's own looks for files of one exact name, follows links, copies all that lies beside them to where the notebook
runs, and reads notebooks before any of its steps can mend them; one that cannot be read costs its student the mark,
and some stop the whole class. So what goes to nbgrader is a folder of our making: for every submission the repaired
notebook and the time, and nothing else. All that nbgrader then does is its own.
"""

from __future__ import annotations

import fnmatch
import glob
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters
from nbformat.notebooknode import NotebookNode
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import temp_attrs

from autograder.grading import lighter
from autograder.grading.choosing import entries, timestamp
from autograder.grading.course import CourseError
from autograder.grading.handed_in import read_release, repair_folder
from autograder.grading.preprocessors import REPAIRED, release_path
from autograder.grading.repair import Repaired

# What has just been repaired, by student, assignment and notebook, for whoever lets nbgrader mark it.
KNOWN: dict[tuple[str, str, str], Repaired] = {}


def install() -> None:
    """Let nbgrader use the converter below wherever it would use its own, and do once what it would do over again."""
    lighter.install()
    for module in (nbgrader.apps.autogradeapp, nbgrader.apps.api, nbgrader.converters):
        module.Autograde = RepairingAutograde


class RepairingAutograde(Autograde):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's Autograde, with `Autograde`'s settings, on repaired copies of the submissions."""

    def start(self) -> None:
        """Mark the submissions that `coursedir` names. Raises NbGraderException as nbgrader's own does."""
        with tempfile.TemporaryDirectory(prefix="convcourse-") as stage:
            try:
                done = self._repair_all(Path(stage))
                with temp_attrs(self.coursedir, submitted_directory=stage):
                    super().start()
            finally:
                REPAIRED.clear()
        self.log.debug("Repaired %s notebooks", done)

    def _repair_all(self, stage: Path) -> int:
        """Put a repaired copy of every submission into `stage`, and say how many."""
        releases = dict(self._releases())
        done = 0
        for student, folder in self._folders():
            assignment = self.coursedir.assignment_id
            place = stage / student / assignment
            place.mkdir(parents=True)
            for name, release in releases.items():
                known = KNOWN.get((student, assignment, name))
                repaired = repair_folder(folder, release, name) if known is None else known
                REPAIRED[student, assignment, name] = repaired.remarks
                nbformat.write(repaired.notebook, place / f"{name}.ipynb", indent=None)
                done += 1
            when, _ = timestamp(folder)
            if when:
                (place / "timestamp.txt").write_text(when, encoding="utf-8")
        if not done:
            self._give_up(f"There is nothing to mark in {self._source(self.coursedir.student_id)}")
        return done

    def _releases(self) -> Iterator[tuple[str, NotebookNode]]:
        """The notebooks of the assignment as they were handed out."""
        assignment = self.coursedir.assignment_id
        folder = release_path(self.coursedir, assignment, "").parent
        names = sorted(path.stem for path in folder.glob("*.ipynb"))
        wanted = [name for name in names if fnmatch.fnmatchcase(name, self.coursedir.notebook_id)]
        if not names:
            self._give_up(f"There is no notebook in {folder} to compare submissions with: run `autograder build`")
        if not wanted:
            wanted_name = self.coursedir.notebook_id
            self._give_up(f"{assignment} has no notebook called {wanted_name}: it has {', '.join(names)}")
        for name in wanted:
            try:
                yield name, read_release(release_path(self.coursedir, assignment, name))
            except CourseError as error:
                self._give_up(str(error))

    def _folders(self) -> Iterator[tuple[str, Path]]:
        """The students who handed something in, with where it lies."""
        assignment = re.escape(self.coursedir.assignment_id)
        pattern = re.compile(self._format_source(assignment, "(?P<student_id>[^/]+)", escape=True))
        for found in sorted(glob.glob(self._source(self.coursedir.student_id))):
            folder, match = Path(found), pattern.fullmatch(found)
            if match is None:
                continue
            if folder.is_symlink() or folder.parent.is_symlink():
                self.log.warning("%s is a link, and links are not followed", found)
            elif not folder.is_dir():
                self.log.warning("%s is a file where a folder should be", found)
            elif not any(entries(folder)):
                self.log.warning("%s is an empty folder", found)
            else:
                yield match["student_id"], folder

    def _source(self, student: str) -> str:
        return str(self._format_source(self.coursedir.assignment_id, student))

    def _give_up(self, message: str) -> NoReturn:
        self.log.error(message)
        raise NbGraderException(message)
