"""What in the committed notebooks is not what the lessons' texts build."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.building.execution import problem_of, take_outputs, where
from autograder.building.handout import student_copy
from autograder.building.lesson import Lesson, lesson_files
from autograder.building.notebook import lesson_path, solved_path, student_path, text_of, to_notebook


@dataclass(frozen=True)
class Difference:
    """Where a committed notebook is not what its lesson builds."""

    path: Path
    message: str
    cell: str = ""

    def __str__(self) -> str:
        cell = f"cell {self.cell}: " if self.cell else ""
        return f"{self.path.as_posix()}: {cell}{self.message}"


def differences(lesson: Lesson, root: Path) -> Iterator[Difference]:
    """What in the committed notebooks of a lesson is not what its text builds. Nothing is run.

    Outputs and execution counts are not compared, but every code cell must have run without fault.
    Raises BuildError where nbgrader refuses to make the student's copy.
    """
    solved = to_notebook(lesson)
    student = student_copy(solved, lesson.name, root)
    yield from _compare(solved_path(root, lesson.name), text_of(solved), root, lesson, outputs=True)
    yield from _compare(student_path(root, lesson.name), student, root, lesson, outputs=False)


def _compare(path: Path, expected: str, root: Path, lesson: Lesson, *, outputs: bool) -> Iterator[Difference]:
    shown = path.relative_to(root)
    wanted = nbformat.reads(expected, as_version=nbformat.NO_CONVERT)
    try:
        text = path.read_text(encoding="utf-8")
        committed = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        found = list(_cell_differences(shown, committed.cells, wanted.cells, lesson))
    except FileNotFoundError:
        yield Difference(shown, "is missing")
        return
    except (ValueError, AttributeError, KeyError, TypeError):
        yield Difference(shown, "is no notebook")
        return
    if committed.get("metadata") != wanted.metadata:
        found.append(Difference(shown, "the notebook's metadata differ"))
    if outputs:
        problems = [(problem_of(cell), cell.get("id", "")) for cell in committed.cells]
        found += [Difference(shown, problem, name) for problem, name in problems if problem]
        if not found:
            take_outputs(wanted, [cell for cell in committed.cells if cell.cell_type == "code"])
            expected = text_of(wanted)
    if not found and text != expected:
        found.append(Difference(shown, "the same cells, but not written as the build writes them"))
    yield from found


def _cell_differences(
    shown: Path, committed: list[NotebookNode], wanted: list[NotebookNode], lesson: Lesson
) -> Iterator[Difference]:
    have, want = [cell.get("id", "") for cell in committed], [cell.id for cell in wanted]
    if have != want and sorted(have) == sorted(want):
        first = next(i for i, (a, b) in enumerate(zip(have, want, strict=True)) if a != b)
        yield Difference(shown, f"order: the lesson has {want[first]} in its place", have[first])
        return
    for _, i, i_end, j, j_end in difflib.SequenceMatcher(None, have, want, autojunk=False).get_opcodes():
        both = min(i_end - i, j_end - j)
        for k in range(both):
            yield from _cell_difference(shown, committed[i + k], wanted[j + k], where(lesson, lesson.cells[j + k]))
        for cell in committed[i + both : i_end]:
            yield Difference(shown, "order: the lesson has no such cell here", cell.get("id", ""))
        for k in range(j + both, j_end):
            yield Difference(shown, f"order: this cell is missing, see {where(lesson, lesson.cells[k])}", wanted[k].id)


def _cell_difference(shown: Path, committed: NotebookNode, wanted: NotebookNode, place: str) -> Iterator[Difference]:
    name = committed.get("id", "")
    if committed.source != wanted.source:
        lines = zip_longest(committed.source.split("\n"), wanted.source.split("\n"), fillvalue="")
        mine, theirs = _excerpts(*next((a, b) for a, b in lines if a != b))
        yield Difference(shown, f"source: {mine!r} here, {theirs!r} in {place}", name)
    elif committed.cell_type != wanted.cell_type or name != wanted.id:
        yield Difference(shown, f"metadata: it should be {wanted.cell_type} cell {wanted.id}, see {place}", name)
    have, want = (
        _without_checksum(cell) if committed.source != wanted.source else cell.metadata for cell in (committed, wanted)
    )
    keys = sorted(key for key in {*have, *want} if have.get(key) != want.get(key))
    if keys:
        yield Difference(shown, f"metadata: {', '.join(keys)} should be as in {place}", name)


def _without_checksum(cell: NotebookNode) -> dict[str, object]:
    """A cell's metadata without what follows from its source."""
    metadata = dict(cell.metadata)
    if "nbgrader" in metadata:
        metadata["nbgrader"] = {key: value for key, value in metadata["nbgrader"].items() if key != "checksum"}
    return metadata


def _excerpts(mine: str, theirs: str) -> tuple[str, str]:
    """The parts of two lines around the first place where they differ."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False))
    start = max(0, sum(1 for _ in same) - 20)
    return mine[start:][:60].strip(), theirs[start:][:60].strip()


def strays(root: Path) -> list[Difference]:
    """Files under notebooks/ and solutions/ that belong to no lesson. Hidden files and caches do not count."""
    names = {path.stem for path in lesson_files(root)}
    own = {place(root, name) for name in names for place in (lesson_path, solved_path, student_path)}
    found = []
    for folder in (root / "solutions", root / "notebooks"):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not hidden and path not in own:
                found.append(Difference(path.relative_to(root), "belongs to no lesson"))
    return found
