"""Marked notebooks, kept by a hash of all that their marks depend on: what has been run once is never run again."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

import autograder
import convcourse
from autograder.grading.limits import Limits

ROLES = ("grade", "solution", "locked", "task")
PACKAGES = ("torch", "numpy", "torchvision", "matplotlib", "ipykernel", "ipython")  # that students' code may see


def key(notebook: NotebookNode, seed: str, limits: Limits, isolated: bool) -> str:
    """The hash of a repaired notebook and of everything else that decides on its marks."""
    cells = [[cell.cell_type, cell.source, *_role(cell)] for cell in notebook.cells]
    facts = [cells, seed, asdict(limits), isolated, version()]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _role(cell: NotebookNode) -> Sequence[object]:
    """What nbgrader knows of a cell, less what it adds on the way, such as a checksum."""
    about = cell.metadata.get("nbgrader", {})
    return [about.get("grade_id"), float(about.get("points") or 0), *(bool(about.get(name)) for name in ROLES)]


@cache
def version() -> str:
    """The hash of the code that runs and judges, and of the packages that students' code works with."""
    from importlib.metadata import version as installed

    total = hashlib.sha256()
    for path in _code():
        total.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    total.update(json.dumps([installed(package) for package in PACKAGES]).encode())
    return total.hexdigest()


def _code() -> Sequence[Path]:
    """What a mark depends on. Not the catalogues, which prove checks; not what only collects, reports or exports."""
    ours, theirs = Path(autograder.__file__).parent, Path(convcourse.__file__).parent
    checks = [*(ours / "checks").glob("*.py"), *(ours / "checks" / "experiments").glob("*.py")]
    grading = [*(ours / "grading").glob("*.py"), *(ours / "grading" / "inside").glob("*.py")]
    return sorted([*checks, *grading, *theirs.rglob("*.py")])


def load(folder: Path, name: str) -> NotebookNode | None:
    """The marked notebook of that key, or None where there is none that can be read."""
    try:
        with gzip.open(_path(folder, name), "rt", encoding="utf-8") as file:
            return nbformat.read(file, as_version=4)
    except (OSError, EOFError, ValueError, nbformat.reader.NotJSONError):
        return None


def store(folder: Path, name: str, notebook: NotebookNode) -> None:
    """Keep a marked notebook, all of it or nothing."""
    path = _path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(nbformat.writes(notebook).encode("utf-8"), compresslevel=3, mtime=0))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _path(folder: Path, name: str) -> Path:
    return folder / name[:2] / f"{name}.json.gz"
