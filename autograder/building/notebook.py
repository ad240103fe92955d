"""A lesson as a notebook: what is in its file, and where the file lies."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import Cell, Lesson

# Nothing here depends on the machine, nor on which Python ran the notebook.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class BuildError(Exception):
    """A lesson that cannot be built, for a reason other than its text."""


def lesson_path(root: Path, name: str) -> Path:
    """Where the text of a lesson lies."""
    return root / "solutions" / f"{name}.py"


def solved_path(root: Path, name: str) -> Path:
    """Where the solved notebook of a lesson lies."""
    return root / "solutions" / name / f"{name}.ipynb"


def student_path(root: Path, name: str) -> Path:
    """Where the student's copy of a lesson lies."""
    return root / "notebooks" / name / f"{name}.ipynb"


def to_notebook(lesson: Lesson) -> NotebookNode:
    """The solved notebook of a lesson, not yet run. The same text gives the same notebook, ids included."""
    met: Counter[tuple[str, str]] = Counter()
    notebook = nbformat.v4.new_notebook(metadata=metadata_of(lesson))
    for cell in lesson.cells:
        met[cell.kind, cell.source] += 1
        make = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
        cell_id = cell.grade_id or _hashed_id(cell, met[cell.kind, cell.source])
        notebook.cells.append(make(cell.source, id=cell_id, metadata=_metadata(cell)))
    nbformat.validate(notebook)
    return notebook


def metadata_of(lesson: Lesson) -> dict[str, Any]:
    """What the notebooks of a lesson say of themselves. Where it asks for a GPU, Colab opens them with one."""
    return METADATA | ({"accelerator": "GPU", "colab": {"gpuType": lesson.gpu}} if lesson.gpu else {})


def _hashed_id(cell: Cell, occurrence: int) -> str:
    return hashlib.sha256(f"{cell.kind}\n{occurrence}\n{cell.source}".encode()).hexdigest()[:12]


def _metadata(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if cell.role:
        metadata["nbgrader"] = {
            "grade": cell.role in ("check", "manual"),
            "grade_id": cell.grade_id,
            "locked": cell.role in ("check", "locked"),
            "schema_version": 3,
            "solution": cell.role in ("answer", "manual"),
            "task": False,
        }
        if cell.role in ("check", "manual"):
            metadata["nbgrader"]["points"] = cell.points
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    return metadata


def text_of(notebook: NotebookNode) -> str:
    """A notebook as the text of its file."""
    return str(nbformat.writes(notebook, version=nbformat.NO_CONVERT)) + "\n"


def write(path: Path, text: str) -> bool:
    """Put a text into a file, whole or not at all; returns whether that changed anything."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
