"""The lessons of the course and what is built of them, read once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import Lesson, lesson_files, read_lesson
from autograder.building.notebook import solved_path, student_path
from autograder.checks import CHECKS
from autograder.site.copies import run_copy

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in lesson_files(ROOT)]


@pytest.fixture(scope="session")
def root() -> Path:
    """The course's folder."""
    return ROOT


@pytest.fixture(scope="session", params=LESSONS)
def name(request: pytest.FixtureRequest) -> str:
    """Each lesson of the course in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def lesson(name: str) -> Lesson:
    """The lesson's text, cell by cell."""
    return read_lesson(ROOT / "solutions" / f"{name}.py", ROOT, CHECKS)


@pytest.fixture(scope="session")
def solved(name: str) -> NotebookNode:
    """The committed solved notebook. Tests leave it as it is."""
    return nbformat.read(solved_path(ROOT, name), as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="session")
def student(name: str) -> NotebookNode:
    """The committed student's copy. Tests leave it as it is."""
    return nbformat.read(student_path(ROOT, name), as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="session")
def run_untouched() -> Callable[[str], NotebookNode]:
    """run_untouched(name): the student's copy, run as it is handed out. Each is run once; tests leave it as it is."""

    @cache
    def run(name: str) -> NotebookNode:
        with pytest.MonkeyPatch.context() as environment:
            environment.delenv("NBGRADER_EXECUTION", raising=False)
            environment.delenv("CONVCOURSE_MARKING_SEED", raising=False)
            return run_copy(nbformat.read(student_path(ROOT, name), as_version=nbformat.NO_CONVERT), timeout=300)

    return run
