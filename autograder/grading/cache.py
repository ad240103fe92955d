"""Marked notebooks, kept by a hash of all that their marks depend on: what has been run once is never run again."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading import sources
from autograder.grading.limits import Limits

ROLES = ("grade", "solution", "locked", "task")
PACKAGES = ("torch", "numpy", "torchvision", "matplotlib", "ipykernel", "ipython")  # that students' code may see
STALE = 3600  # seconds after which nobody is still writing a file


def key(notebook: NotebookNode, seed: str, limits: Limits, isolated: bool) -> str:
    """The hash of a repaired notebook and of everything else that decides on its marks.

    Of the checks only those that the notebook names: a change in one lesson's checks runs no other lesson again.
    """
    cells = [[cell.cell_type, cell.source, *_role(cell)] for cell in notebook.cells]
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    facts = [cells, seed, asdict(limits), isolated, packages(), sources.running(), sources.of_text(code)]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _role(cell: NotebookNode) -> Sequence[object]:
    """What nbgrader knows of a cell, less what it adds on the way, such as a checksum."""
    about = cell.metadata.get("nbgrader", {})
    return [about.get("grade_id"), float(about.get("points") or 0), *(bool(about.get(name)) for name in ROLES)]


@cache
def packages() -> tuple[str, ...]:
    """The versions of what students' code works with."""
    from importlib.metadata import version as installed

    return (f"{sys.version_info.major}.{sys.version_info.minor}", *(installed(package) for package in PACKAGES))


def version() -> str:
    """The hash of all code that any mark depends on, and of the packages: the same on all machines that share work."""
    return hashlib.sha256(json.dumps([sources.everything(), packages()]).encode()).hexdigest()


def load(folder: Path, name: str) -> NotebookNode | None:
    """The marked notebook of that key, or None where there is none that can be read."""
    try:
        with gzip.open(_path(folder, name), "rt", encoding="utf-8") as file:
            return nbformat.read(file, as_version=4)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None  # damaged: run it again


def holds(folder: Path, name: str) -> bool:
    """Whether there is something undamaged of that key."""
    try:
        with gzip.open(_path(folder, name)) as file:
            return bool(file.read())
    except (OSError, EOFError, zlib.error):
        return False


def store(folder: Path, name: str, notebook: str) -> None:
    """Keep a marked notebook, given as its JSON: all of it or nothing."""
    path = _path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(notebook.encode("utf-8"), compresslevel=3, mtime=0))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def tidy(folder: Path) -> None:
    """Remove what runs that were killed have left half-written. What is new may be another program's work."""
    for path in folder.glob("*/*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE:
                path.unlink()


def _path(folder: Path, name: str) -> Path:
    return folder / name[:2] / f"{name}.json.gz"
