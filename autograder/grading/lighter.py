"""What nbgrader does again and again for every submission, done once: the same results for a fraction of the time.

It opens the gradebook about a dozen times for each submission, each time with an engine that has to learn every query
anew, and with a question for each table whether it is there. For a new gradebook it starts another Python. It saves
each exercise's mark by itself, reads each cell that was handed out by itself, checks its own schema again for each,
and copies every notebook four times.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import jsonschema  # type: ignore[import-untyped]
import nbconvert.exporters.exporter
import nbgrader.api
import nbgrader.nbgraderformat.common
import nbgrader.preprocessors.overwritecells
import nbgrader.preprocessors.saveautogrades
import sqlalchemy
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry, SourceCell, SubmittedNotebook
from nbgrader.dbutil import ALEMBIC_DIR


def install() -> None:
    """Let nbgrader use what is below."""
    nbgrader.api.create_engine = engine
    nbgrader.api.get_alembic_version = alembic_version
    nbgrader.api.Base.metadata.create_all = create_all
    Gradebook.check_course = check_course
    nbgrader.preprocessors.saveautogrades.Gradebook = InOneGo
    nbgrader.preprocessors.overwritecells.Gradebook = Released
    nbconvert.exporters.exporter.copy = SimpleNamespace(deepcopy=copied)
    nbgrader.nbgraderformat.common.jsonschema = SimpleNamespace(validate=validate)


def engine(url: str, **options: Any) -> sqlalchemy.Engine:
    """The engine for a gradebook, one for each process.

    nbgrader disposes of it whenever it closes the gradebook, which closes the connections and keeps the queries.
    """
    return _engine(url, json.dumps(options, sort_keys=True), os.getpid())


@cache
def _engine(url: str, options: str, process: int) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(url, **json.loads(options))


def alembic_version() -> str:
    """The version of the tables that this nbgrader makes, without starting another Python to ask."""
    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


def create_all(bind: sqlalchemy.Engine) -> None:
    """Make the gradebook's tables, where one is missing."""
    tables = nbgrader.api.Base.metadata
    if not set(tables.tables) <= set(sqlalchemy.inspect(bind).get_table_names()):
        _there.clear()
        type(tables).create_all(tables, bind=bind)


_there: set[tuple[str, str]] = set()  # gradebooks and their courses that have been seen there
_see_to_course = Gradebook.check_course


def check_course(self: Gradebook, course_id: str = "default_course", **about: Any) -> None:
    """See to it that the gradebook has a course of this name."""
    if (known := (str(self.engine.url), course_id)) not in _there:
        _see_to_course(self, course_id, **about)
        _there.add(known)


class InOneGo(Gradebook):  # type: ignore[misc]  # nbgrader has no types
    """A gradebook that reads a submission's grades and comments at once, and saves what is changed in a `with` at its
    end: all of it, or nothing where something fails."""

    def __enter__(self) -> Self:
        self._read: dict[tuple[str, str, str], tuple[dict[str, Grade], dict[str, Comment]]] = {}
        self._save, self.db.commit = self.db.commit, lambda: None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self._save()
        super().__exit__(kind, error, at)

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """The grade of that cell. Raises MissingEntry."""
        return _named(self._of(notebook, assignment, student)[0], grade_cell)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """The comment on that cell. Raises MissingEntry."""
        return _named(self._of(notebook, assignment, student)[1], solution_cell)

    def _of(self, notebook: str, assignment: str, student: str) -> tuple[dict[str, Grade], dict[str, Comment]]:
        whose = notebook, assignment, student
        if whose not in self._read:
            found = self.find_submission_notebook(*whose)
            with held(found):
                grades, comments = ({one.name: one for one in kind} for kind in (found.grades, found.comments))
            self._read[whose] = grades, comments
        return self._read[whose]


@contextmanager
def held(notebook: SubmittedNotebook) -> Iterator[None]:
    """Read the cells of a submitted notebook at once, and not one by one as each grade or comment asks for its name."""
    lesson = notebook.notebook
    cells = [*lesson.grade_cells, *lesson.solution_cells, *lesson.task_cells]
    yield
    del cells  # SQLAlchemy knows of them as long as somebody holds them


def _named(found: Mapping[str, Any], name: str) -> Any:
    try:
        return found[name]
    except KeyError:
        raise MissingEntry(f"No such cell: {name}") from None


class Released(Gradebook):  # type: ignore[misc]  # nbgrader has no types
    """A gradebook that reads the cells that were handed out all at once, and not one by one: for a short time only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._known: dict[tuple[str, str], dict[str, SourceCell]] = {}

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        """The cell of that name. Raises MissingEntry."""
        if (notebook, assignment) not in self._known:
            found = self.find_notebook(notebook, assignment).source_cells
            self._known[notebook, assignment] = {cell.name: cell for cell in found}
        return _named(self._known[notebook, assignment], name)


def copied(thing: Any) -> Any:
    """As copy.deepcopy, but for notebooks: nbconvert copies each twice, which it has just read itself for one use."""
    return thing if isinstance(thing, NotebookNode) else copy.deepcopy(thing)


def validate(instance: object, schema: dict[str, Any]) -> None:
    """As jsonschema.validate, but a schema is checked only once. Raises ValidationError."""
    error = jsonschema.exceptions.best_match(_validator(json.dumps(schema, sort_keys=True)).iter_errors(instance))
    if error is not None:
        raise error


@cache
def _validator(schema: str) -> Any:
    loaded = json.loads(schema)
    kind = jsonschema.validators.validator_for(loaded)
    kind.check_schema(loaded)
    return kind(loaded)
