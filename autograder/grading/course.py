"""The course as the grader sees it: the assignments, and nbgrader set up as its own command line would."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading.gradebook import GradebookError
from autograder.grading.gradebook import url as gradebook_url

HEADING = re.compile(r"##\s+Exercise\s+([^\s·]+)(?:\s*·\s*([^·\n]+))?")
TITLE = re.compile(r"# +([^\n]+)")
SQLITE_PATIENCE = 60  # seconds that one marking process waits while another writes into the gradebook


class CourseError(Exception):
    """Something about the course itself, not about a submission, keeps it from being marked."""


@dataclass(frozen=True)
class Assignment:
    """One assignment, read from its solved notebook.

    `title` is the notebook's own. `graded` are the ids of the cells that nbgrader marks, in the order of the notebook,
    and `worth` those of them that carry points; `heading` gives for each what to call it in a table and the title of
    its exercise, `answers` the ids of the answer cells that it judges. `solutions` holds the solved source of every
    answer cell, `cells` the ids of all that nbgrader knows, read-only ones too.
    """

    name: str
    title: str
    path: Path
    digest: str
    graded: tuple[str, ...]
    worth: tuple[str, ...]
    heading: Mapping[str, tuple[str, str]]
    answers: Mapping[str, tuple[str, ...]]
    solutions: Mapping[str, str]
    cells: frozenset[str]


def assignments(root: Path) -> dict[str, Assignment]:
    """Every assignment of the course: solutions/NAME/NAME.ipynb. Raises CourseError where there is none."""
    if not (root / "solutions").is_dir():
        raise CourseError(f"{root.resolve()} is not the folder of a course: go there, or name it with --root")
    found = {
        folder.name: read_assignment(folder.name, folder / f"{folder.name}.ipynb")
        for folder in sorted((root / "solutions").glob("*/"))
        if (folder / f"{folder.name}.ipynb").is_file()
    }
    if not found:
        raise CourseError(f"there are no solved notebooks in {root / 'solutions'}: run `autograder build` first")
    return found


def read_assignment(name: str, path: Path) -> Assignment:
    """The assignment that a solved notebook describes. Raises CourseError for a file that is no notebook."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not a notebook: run `autograder build` to make it again") from error
    graded, worth, cells = list[str](), list[str](), set[str]()
    solutions: dict[str, str] = {}
    exercise: dict[str, tuple[str, str]] = {}
    current = ("", "")
    for cell in notebook.cells:
        heading = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            current = (heading[1], (heading[2] or "").strip())
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade_id"):
            cells.add(about["grade_id"])
        if about.get("solution"):
            solutions[about["grade_id"]] = cell.source
        if about.get("grade"):
            graded.append(about["grade_id"])
            exercise[about["grade_id"]] = current
            if about.get("points"):
                worth.append(about["grade_id"])
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    headings = _headings(graded, worth, exercise)
    answers = answers_by_check(notebook)
    title = next((found[1] for cell in notebook.cells if (found := TITLE.match(cell.source))), name)
    return Assignment(
        name, title, path, digest, tuple(graded), tuple(worth), headings, answers, solutions, frozenset(cells)
    )


def answers_by_check(notebook: NotebookNode) -> dict[str, tuple[str, ...]]:
    """The ids of the answer cells that each graded cell of a notebook judges."""
    answers: dict[str, tuple[str, ...]] = {}
    solutions, waiting = set[str](), list[str]()
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            solutions.add(about["grade_id"])
            waiting.append(about["grade_id"])
        if about.get("grade"):
            # A check judges the answer of its own name; where there is none, all answers since the last check.
            own = about["grade_id"].replace("check-", "answer-", 1)
            answers[about["grade_id"]] = (own,) if own in solutions else tuple(waiting)
            waiting = []
    return answers


def _headings(
    graded: list[str], worth: list[str], exercise: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Number and title for each graded cell: 4, or 7a 7b 7c where several of an exercise are `worth` points."""
    headings = {}
    for name in graded:
        number, title = exercise[name]
        plain = short(name)
        same = [other for other in worth if exercise[other][0] == number]
        if not number or name not in worth:
            headings[name] = (plain, plain)
        elif len(same) == 1:
            headings[name] = (number, title or plain)
        else:
            headings[name] = (number + "abcdefghijklmnopqrstuvwxyz"[same.index(name) % 26], plain)
    return headings


def short(grade_id: str) -> str:
    """A cell's name without its kind: pad2d for answer-pad2d."""
    return grade_id.partition("-")[2] or grade_id


def prepare_environment() -> None:
    """Set what nbgrader and the kernels that it starts will need."""
    # nbgrader calls `alembic` by its bare name when it makes a gradebook; it lies beside this Python.
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    # Several notebooks run side by side: one thread each, or they fight for the same cores.
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")


def nbgrader_api(root: Path, isolated: bool = True, gradebook: str = "") -> Any:
    """An NbGraderAPI that has read its configuration as `nbgrader autograde` in `root` would.

    A `gradebook` that is named here, as `autograder.grading.gradebook.url` takes it, counts in place of the
    configuration's. Without `isolated` it runs what students wrote outside of any sandbox, whatever the configuration
    says. Raises CourseError for a nbgrader_config.py that cannot be read, or no address of a gradebook.
    """
    # A check of URLs that nothing here uses; loading it takes a second.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    root = root.resolve()  # nbgrader says so where it is not
    from nbgrader.apps import AutogradeApp
    from nbgrader.apps.api import NbGraderAPI

    app = AutogradeApp(raise_config_file_errors=True)
    with contextlib.chdir(root):
        try:
            app.initialize([], root=str(root))
        except (Exception, SystemExit) as error:
            raise CourseError(f"{root / 'nbgrader_config.py'} cannot be read: {error}") from error
    if not isolated:
        app.config.SandboxedExecute.isolated = False
    try:
        url = gradebook_url(gradebook) if gradebook else app.coursedir.db_url
    except GradebookError as error:
        raise CourseError(str(error)) from error
    app.coursedir.db_url = url
    if url.startswith("sqlite:") and "?" not in url:
        app.coursedir.db_url = f"{url}?timeout={SQLITE_PATIENCE}"
    # What nbgrader does with SQLAlchemy is none of the reader's concern.
    warnings.filterwarnings("ignore", "Object of type .* not in session", module=r"nbgrader\..*")
    app.log.handlers.clear()  # what it says is collected for each submission and goes to our log
    app.log.propagate = False
    return NbGraderAPI(coursedir=app.coursedir, parent=app)
