"""Marking the corpus by this course's own marking: all specimens as one class, in one run of `autograder grade`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import nbformat

from autograder.grading import account
from tests.grading.corpus import Specimen
from tests.grading.corpus.classroom import (
    CONTROLS,
    changed,
    files,
    hand_in,
    make,
    points,
    scripts,
)
from tests.grading.corpus.notebooks import NAMES, ROOT, SOLVED
from tests.grading.corpus.outcome import OURS, Marked
from tests.grading.corpus.traces import left_over, listening

# Specimens wait for ever by intent; what honest work needs here is far less.
LIMITS = """
c.SandboxedExecute.cell_seconds = 20
c.SandboxedExecute.notebook_seconds = 240
c.SandboxedExecute.ask_seconds = 8
"""


def mark(specimens: Sequence[Specimen], workers: int, folder: Path) -> tuple[list[Marked], list[str], str]:
    """Mark a class of all specimens. Returns how each went, what happened to the course as a whole, and what was said.

    The course is left at `folder`/course for a closer look.
    """
    root = folder / "course"
    root.mkdir(parents=True)
    canaries = make(root)
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(LIMITS)
    for specimen in specimens:
        hand_in(root, specimen)
    before, earlier = files(root), set(left_over(Path(tempfile.gettempdir())))
    started = time.monotonic()
    with listening() as came:
        said, code = _grade(root, workers)
    seconds = (time.monotonic() - started) / max(1, len(specimens))
    course = changed(before, files(root)) + sorted(set(left_over(Path(tempfile.gettempdir()))) - earlier)
    course += ["reached the network"] * bool(came)
    if code not in (0, 1):
        course.append(f"`autograder grade` ended with {code}")
    for number, student in CONTROLS.items():
        scores = points(root, student, NAMES[number])
        if {cell[6:] for cell, score in scores.items() if score} != set(SOLVED[number]):
            course.append(f"the mark of {student} is not what it should be: {scores}")
    found = []
    for specimen in specimens:
        copy = root / "autograded" / specimen.name
        page = root / "feedback" / specimen.name
        effects = ["its script acts in the feedback page"] if scripts(page) else []
        seen = sorted({*canaries.seen(copy), *canaries.seen(page)})
        told = _account(copy / specimen.assignment / f"{specimen.assignment}.ipynb")
        reported = sorted({incident.kind for incident in told.incidents})
        failure = next((line for line in said.splitlines() if specimen.name in line and "not marked" in line), "")
        scores = points(root, specimen.name, specimen.assignment)
        found.append(Marked(specimen.name, OURS, scores, seen, effects, reported, failure[:300], seconds))
    return found, course, said


def _grade(root: Path, workers: int) -> tuple[str, int]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CONVCOURSE_MARKING", "NBGRADER"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "--workers", str(workers)]
    done = subprocess.run(
        command,
        cwd=root,
        env=kept | {"PATH": path, "PYTHONPATH": str(ROOT), "CONVCOURSE_DATA": "sample", "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout, done.returncode


def _account(path: Path) -> account.Account:
    with suppress(Exception):  # there is none where nothing was marked
        return account.read(nbformat.read(path, as_version=4).metadata)
    return account.Account()
