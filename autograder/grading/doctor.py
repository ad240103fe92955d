"""`autograder doctor`: what repair would do to one notebook, for students before they hand it in, and for markers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading.choosing import RefusedError, bare_name, content, printable
from autograder.grading.course import CourseError, short
from autograder.grading.handed_in import read_release
from autograder.grading.matching import match, places, same
from autograder.grading.reading import LARGEST, Cell, read
from autograder.grading.repair import Repaired, blank, repair

NOTHING, REPAIRED, UNUSABLE = 0, 1, 2  # what the command returns


class DoctorError(Exception):
    """A notebook cannot be looked at; the message says what to do."""


class NoCourseError(DoctorError):
    """There is nothing that a notebook could be compared with."""


@dataclass(frozen=True)
class Diagnosis:
    """What repair does to the file `path`, taken for the lesson `name`. `open` are the answers not begun, `answers`
    the number of all."""

    path: Path
    name: str
    repaired: Repaired
    answers: int
    open: tuple[str, ...]

    @property
    def code(self) -> int:
        """NOTHING to repair, REPAIRED or UNUSABLE."""
        if not self.repaired.usable:
            return UNUSABLE
        return REPAIRED if self.repaired.remarks else NOTHING


def examine(path: Path, assignment: str = "", release: Path | None = None) -> Diagnosis:
    """Look at a notebook.

    It is compared with the file `release`, or with the student's copies of the course that it or the working folder
    lies in: of the lesson `assignment`, or of the one that it looks like. Raises DoctorError where there is nothing to
    compare it with.
    """
    lessons = _lessons(path, release)
    assignment = next((name for name in lessons if assignment and name.split("_")[0] == assignment), assignment)
    if assignment and assignment not in lessons and release is None:
        raise DoctorError(f"there is no lesson called {assignment}: there are {', '.join(lessons)}")
    problem, raw = "", b""
    try:
        raw = content(path.resolve(), LARGEST)
    except FileNotFoundError as error:
        raise DoctorError(f"there is no {path}") from error
    except RefusedError as error:
        problem = f"The file {error}."
    name = assignment or _likeliest(path, raw, lessons)
    original = lessons[name] if release is None else next(iter(lessons.values()))
    repaired = blank(original, problem) if problem else repair(raw, original, name)
    stubs = {cell.metadata.nbgrader.grade_id: cell.source for cell in original.cells if _is_answer(cell)}
    left = [
        cell.metadata.nbgrader.grade_id
        for cell in repaired.notebook.cells
        if _is_answer(cell) and same(cell.source, stubs[cell.metadata.nbgrader.grade_id])
    ]
    return Diagnosis(path, name, repaired, len(stubs), tuple(left))


def lines(diagnosis: Diagnosis) -> Iterator[str]:
    """The diagnosis in sentences."""
    shown, name = printable(diagnosis.path.name), diagnosis.name
    yield f"{shown}, compared with {name} as it was handed out"
    if diagnosis.code == UNUSABLE:
        yield "It cannot be marked as it is: it would count as if nothing had been done."
    elif diagnosis.code == REPAIRED:
        yield "It can be marked. This is repaired before:"
    else:
        yield "Nothing to repair."
    for remark in diagnosis.repaired.remarks:
        yield f"  - {remark.text}"
    if diagnosis.code != UNUSABLE:
        done = diagnosis.answers - len(diagnosis.open)
        yield f"Answered: {done} of {diagnosis.answers} cells."
        if diagnosis.open:
            yield f"Still as handed out: {', '.join(short(answer) for answer in diagnosis.open)}."
    if diagnosis.code != UNUSABLE and diagnosis.path.name != f"{name}.ipynb":
        yield f"It will be taken for {name}.ipynb, whatever it is called."


def save(notebook: NotebookNode, path: Path, original: Path, overwrite: bool = False) -> None:
    """Write a repaired notebook, all of it or nothing. Raises DoctorError for a file that is there already, unless told
    to `overwrite` it, and for one that cannot be written."""
    if path.exists() and not overwrite:
        what = "that is the notebook itself" if path.resolve() == original.resolve() else "there is such a file already"
        raise DoctorError(f"{path} is not written, as {what}: choose another name, or say --overwrite")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".doctor-", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(nbformat.writes(notebook) + "\n")
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise DoctorError(f"{path} cannot be written: {error.strerror}") from error


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _lessons(path: Path, release: Path | None) -> dict[str, NotebookNode]:
    """The lessons as they were handed out, that a notebook may be compared with."""
    from autograder.building.build import course_root
    from autograder.building.notebook import BuildError

    try:
        if release is not None:
            return {release.stem: read_release(release)}
        for start in (path.resolve().parent, Path.cwd()):
            try:
                root = course_root(start)
            except BuildError:
                continue
            found = sorted((root / "notebooks").glob("*/*.ipynb"))
            lessons = {file.stem: read_release(file) for file in found if file.stem == file.parent.name}
            if lessons:
                return lessons
            raise DoctorError(f"there are no lessons in {root / 'notebooks'}: run `autograder build`")
    except CourseError as error:
        raise DoctorError(str(error)) from error
    raise NoCourseError(
        f"neither {path} nor this folder lies in a course (a folder with nbgrader_config.py): go there, or name the "
        "notebook as it was handed out with --release FILE"
    )


def _likeliest(path: Path, raw: bytes, lessons: Mapping[str, NotebookNode]) -> str:
    """The lesson that a notebook is meant for, by its name or else by what is in it."""
    if len(lessons) == 1:
        return next(iter(lessons))
    bare = bare_name(path.name)
    for name in lessons:
        if bare == name.casefold():
            return name
    cells = read(raw).cells
    fit = {name: _exercises(lessons[name], cells) for name in lessons}
    best = max(fit, key=lambda name: fit[name])
    if fit[best]:
        return best
    raise DoctorError(f"{path} looks like none of the lessons: say --assignment and one of {', '.join(lessons)}")


def _exercises(lesson: NotebookNode, cells: Sequence[Cell]) -> int:
    """How many of a lesson's answer cells are among a notebook's."""
    known = places(lesson)
    found = match(known, cells)
    return len({item.place for item in found if item.place is not None and known[item.place].role.asked})
