"""The students' copies, run as they are handed out.

What a page shows of results comes from these runs alone. No solution is there when they are made, so none can be on a
page: not in an output, nor in anything that was computed from an answer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError
from nbformat.notebooknode import NotebookNode

from autograder.building.execution import TIMEOUT, Say, fresh_kernel
from autograder.building.notebook import text_of, write
from autograder.site.text import SiteError

KEY = "convcourse-run"  # of what the outputs that are kept were made


def run_copies(root: Path, kept: Path, timeout: int = TIMEOUT, say: Say = print) -> Mapping[str, NotebookNode]:
    """Every student's copy of the course at `root` by its name, run. Runs are kept in the folder `kept`, and used again
    as long as the notebook, the course's code and the choice of data stay as they are.

    Raises SiteError for a copy that fails, or that is none.
    """
    found = {}
    for path in sorted((root / "notebooks").glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        key = _key(root, path)
        old = _read(kept / path.name)
        if old is not None and old.metadata.get(KEY) == key:
            say(f"{path.stem}: as it ran before")
            found[path.stem] = old
            continue
        say(f"{path.stem}: running the student's copy")
        found[path.stem] = run_copy(notebook, timeout)
        found[path.stem].metadata[KEY] = key
        write(kept / path.name, text_of(found[path.stem]))
    if not found:
        raise SiteError(f"{root / 'notebooks'} holds no notebooks")
    return found


def run_copy(notebook: NotebookNode, timeout: int = TIMEOUT) -> NotebookNode:
    """A student's copy with the outputs of a run from top to bottom. Raises SiteError where a cell fails."""
    with fresh_kernel(notebook, timeout) as client:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    raise SiteError(f"cell {cell.get('id', index)}: {error.ename}: {error.evalue}") from None
    return notebook


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=nbformat.NO_CONVERT)
    except (OSError, ValueError, nbformat.ValidationError):
        return None


def _key(root: Path, path: Path) -> str:
    """What a run depends on, as one hash."""
    known = hashlib.sha256(os.environ.get("CONVCOURSE_DATA", "").encode())
    code = [
        file
        for folder in ("convcourse", "autograder/checks")
        for file in sorted((root / folder).rglob("*"))
        if file.suffix in (".py", ".js")
    ]
    for file in (path, *code):
        known.update(file.read_bytes())
    return known.hexdigest()
