"""The student's copy of a notebook, made by nbgrader."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader
from traitlets.log import get_logger

from autograder.building.notebook import BuildError, solved_path, student_path, text_of

CONFIG = "nbgrader_config.py"
SECRET = "CONVCOURSE_MARKING_SEED"


def student_copy(notebook: NotebookNode, name: str, root: Path) -> str:
    """The text of the notebook that students get, by `nbgrader generate_assignment` with the course's own settings.

    Nothing is written into the course, its gradebook included. Raises BuildError where nbgrader refuses.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        source = solved_path(Path(folder), name)
        source.parent.mkdir(parents=True)
        source.write_text(text_of(notebook), encoding="utf-8")
        config = settings(root)
        config.merge(
            Config(
                CourseDirectory={
                    "root": str(Path(folder).resolve()),
                    "db_url": f"sqlite:///{folder}/gradebook.db",
                    "assignment_id": name,
                },
                GenerateAssignment={"no_database": True},
                SaveCells={"enabled": False},
            )
        )
        said = _Listener()
        log = get_logger()
        log.addHandler(said)
        try:
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        except NbGraderException:
            told = "\n".join(said.errors) or "nbgrader gave no reason"
            raise BuildError(f"nbgrader refuses to make the student's copy of {name}:\n{told}") from None
        finally:
            log.removeHandler(said)
        text = student_path(Path(folder), name).read_text(encoding="utf-8")
    copy = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    if "BEGIN SOLUTION" in text or any(cell.get("outputs") for cell in copy.cells):
        raise BuildError(f"the student's copy of {name} still has solutions or outputs: see {CONFIG}")
    return text


def settings(root: Path) -> Config:
    """nbgrader's settings of the course at `root`, read without drawing a secret: nothing is marked here."""
    before = os.environ.get(SECRET)
    os.environ[SECRET] = ""
    try:
        return PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    finally:
        if before is None:
            del os.environ[SECRET]
        else:
            os.environ[SECRET] = before


class _Listener(logging.Handler):
    """Keeps what nbgrader complains about, which its exception does not say."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(record.getMessage())
