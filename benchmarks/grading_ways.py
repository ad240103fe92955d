"""The ways to mark a class that the benchmark compares, each in a temporary course of its own."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.checks import CHECKS
from autograder.grading.repair import repair
from benchmarks import grading_times as times
from benchmarks.grading_class import CHECK, LESSON, lesson, make_course, notebook_of, student
from benchmarks.grading_watch import Watched, watch
from benchmarks.trials import ROOT, BenchError, Trial

JOBS = 2
SAMPLE = 20  # notebooks whose size stands for that of all
OTTER = "otter-grader==7.0.0"

GRADE = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "--jobs", str(JOBS)]
MARKED = r"^\d+/\d+ s\d{5} (?!.*failed)"  # what it says of each

# nbgrader as it comes, with the folders' names of this course.
STOCK = """\
c = get_config()
c.CourseDirectory.course_id = "class"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", "*.log"]
"""
TEST = """\
OK_FORMAT = False
name = "{name}"
points = {points:g}

from otter.test_files import test_case


@test_case(points={points:g})
def test_it(env):
    from autograder.checks import check

    assert check("{name}", env).verdict.passed
"""


@dataclass(frozen=True)
class Way:
    """A way to mark: what it is in words, how many students of the class it marks in a trial, and whether the times at
    which its lines come are those of the beginning of each (else of the end)."""

    told: str
    marks: Callable[[Sequence[int], Path, Callable[[int], None]], tuple[Watched, Trial]]
    begins: bool = False


def environment() -> dict[str, str]:
    """That of whoever marks, with this Python's programs first, and nothing of a marking or of its settings."""
    left_out = ("CONVCOURSE", "NBGRADER", "OMP_", "MKL_", "MPLBACKEND", "PYTHON", "BENCHMARKS_", "COLUMNS")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "CONVCOURSE_DATA": "sample"}


def block(size: int, count: int, pair: int) -> list[int]:
    """The students of a part of a class of that size: drawn at random, others in each pair."""
    return sorted(random.Random(f"block {pair}").sample(range(size), min(count, size)))


def measured(way: Way, numbers: Sequence[int], tell: Callable[[int], None]) -> Trial:
    """Let a way mark these students, and say what it cost. Raises BenchError where it does not mark all of them."""
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        load = os.getloadavg()[0]
        watched, more = way.marks(numbers, Path(folder) / "course", tell)
    if watched.code != 0 or len(watched.marks) != len(numbers):
        said = watched.said.strip()[-1500:]
        raise BenchError(
            f"{way.told}: {len(watched.marks)} of {len(numbers)} marked, exit code {watched.code}:\n{said}"
        )
    return {"load": load, "count": len(numbers), **watched.as_trial(), **more}


# --- stock nbgrader -------------------------------------------------------------------------------------------------


def by_stock(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """`nbgrader autograde`, the assignment being in the gradebook already."""
    size = make_course(root, numbers, STOCK)
    nbgrader = [sys.executable, "-m", "nbgrader"]
    made = subprocess.run(
        [*nbgrader, "generate_assignment", LESSON, "--force"],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise BenchError(f"nbgrader cannot make the assignment:\n{made.stderr[-1500:]}")
    watched = watch([*nbgrader, "autograde", LESSON], root, environment(), r"\| INFO\] Sanitizing ", tell)
    return watched, {"scores": scores(root), "bytes": {"submitted": size}}


def scores(root: Path) -> dict[str, float]:
    """The marks in a course's gradebook, by student."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {item.student.id: float(item.score) for item in gradebook.assignment_submissions(LESSON)}


# --- ours -----------------------------------------------------------------------------------------------------------


def by_ours(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """`autograder grade` as it comes: sandbox, judge, gradebook, feedback pages, tables."""
    return _ours(GRADE, numbers, root, tell)


def only_marks(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """The same without feedback pages, which stock's `autograde` does not write either."""
    return _ours([sys.executable, "-m", "benchmarks.grading_driver", "marks"], numbers, root, tell)


def with_clocks(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """As it comes, with clocks in its processes; and once more without them, with nothing left to do but to save."""
    clocks = root.parent / "clocks"
    clocks.mkdir()
    watched, more = _ours(
        [sys.executable, "-m", "benchmarks.grading_driver", "pages", str(clocks)], numbers, root, tell
    )
    if watched.code:
        return watched, more
    (root / ".marking" / "graded.json").unlink()
    again = watch(GRADE, root, environment(), MARKED)
    (begin, cpu_begin), (end, cpu_end) = again.marks[0], again.marks[-1]
    others = max(1, len(again.marks) - 1)
    alone = {"seconds": (end - begin) / others, "cpu": (cpu_end - cpu_begin) / others}
    return watched, {**more, "clocks": times.read(clocks), "saving": alone}


def _ours(
    program: Sequence[str], numbers: Sequence[int], root: Path, tell: Callable[[int], None]
) -> tuple[Watched, Trial]:
    size = make_course(root, numbers)
    watched = watch(program, root, environment(), MARKED, tell)
    kept = {"submitted": size, "gradebook": (root / "gradebook.db").stat().st_size if watched.code == 0 else 0}
    for name, folder in (("cache", root / ".marking" / "cache"), ("autograded", root / "autograded")):
        kept[name] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    kept["feedback"] = sum(path.stat().st_size for path in (root / "feedback").rglob("*") if path.is_file())
    kept["sent"] = sum(len(sent(number)) for number in numbers[:SAMPLE]) * len(numbers) // len(numbers[:SAMPLE])
    return watched, {"scores": scores(root), "bytes": kept}


def sent(number: int) -> bytes:
    """What a worker is told of a student's notebook."""
    handed_in = str(nbformat.writes(notebook_of(number))).encode()
    return str(nbformat.writes(repair(handed_in, lesson().released, LESSON).notebook)).encode()


# --- the scheduler of a cluster -------------------------------------------------------------------------------------


def by_scheduler(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """Notebooks of the usual size passed to a Dask worker and back, which does nothing with them."""
    root.mkdir()
    there = len(sent(numbers[0]))
    command = [sys.executable, "-m", "benchmarks.grading_dask", *map(str, (len(numbers), there, 2 * there))]
    return watch(command, root, environment(), "^passed", tell), {"bytes": {"there": there, "back": 2 * there}}


# --- otter-grader ---------------------------------------------------------------------------------------------------


def otter_folder() -> Path:
    """Where otter's own environment lies: outside of the repository, with what programs keep to be quick."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "convcourse" / "otter"


def install_otter(folder: Path) -> str:
    """Make otter's environment where there is none. Returns why it cannot be used, or nothing.

    What students' cells import, torch above all, it shares with ours.
    """
    python = folder / "bin" / "python"
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OTTER],
    ]
    for command in [] if (folder / "installed").exists() else commands:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300]
    shared = next(path for path in map(Path, sys.path) if path.name == "site-packages" and path.is_dir())
    own = next(folder.glob("lib/python*/site-packages"), None)
    if own is None:
        return "its environment has no folder for packages"
    (own / "shared.pth").write_text(f"{shared}\n", encoding="utf-8")
    tried = subprocess.run(
        [str(python), "-c", "import otter.api, torch, ipykernel, convcourse, autograder.checks"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        return (tried.stderr.strip().splitlines() or ["it cannot be imported"])[-1][:300]
    (folder / "installed").touch()
    return ""


def by_otter(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """Otter's `grade_submission` for each, with a test made of each check; the cells of the checks are left out."""
    root.mkdir()
    notebooks = []
    for number in numbers:
        notebook = notebook_of(number)
        notebook.cells = [cell for cell in notebook.cells if not CHECK.fullmatch(cell.source)]
        notebooks.append(root / f"{student(number)}.ipynb")
        nbformat.write(notebook, notebooks[-1])
    tests = root / "source" / "tests"
    tests.mkdir(parents=True)
    for name, points in checks():
        (tests / f"{name}.py").write_text(TEST.format(name=name, points=points), encoding="utf-8")
    (root / "source" / "otter_config.json").write_text(json.dumps({"pdf": False}), encoding="utf-8")
    archive = shutil.make_archive(str(root / "tests"), "zip", root / "source")
    python = str(otter_folder() / "bin" / "python")
    command = [python, "-m", "benchmarks.grading_otter", archive, *map(str, notebooks)]
    path = f"{otter_folder() / 'bin'}{os.pathsep}{environment()['PATH']}"
    watched = watch(command, root, environment() | {"PATH": path}, "^otter begins ", tell)
    return watched, {"scores": last_line(watched).get("points", {})}


def checks() -> list[tuple[str, float]]:
    """The checks of the lesson with their points."""
    names = [cell.metadata.nbgrader.grade_id for cell in lesson().released.cells if CHECK.fullmatch(cell.source)]
    return [(name.removeprefix("check-"), CHECKS[name.removeprefix("check-")].points) for name in names]


def last_line(watched: Watched) -> dict[str, Any]:
    """The JSON that a program has said last, where it has come to its end."""
    if watched.code:
        return {}
    told: dict[str, Any] = json.loads(watched.said.splitlines()[-1])
    return told


# --- the cells alone ------------------------------------------------------------------------------------------------


def by_nobody(numbers: Sequence[int], root: Path, tell: Callable[[int], None]) -> tuple[Watched, Trial]:
    """The students' cells in bare forked kernels, and nothing else."""
    root.mkdir()
    command = [sys.executable, "-m", "benchmarks.grading_cells", *map(str, numbers)]
    quiet = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    backend = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    watched = watch(command, root, environment() | quiet | backend, r"^cells \d+ ", tell)
    return watched, last_line(watched)


WAYS = {
    "stock": Way("stock nbgrader", by_stock, begins=True),
    "otter": Way("otter-grader", by_otter, begins=True),
    "ours": Way("ours, with feedback pages", by_ours),
    "marks": Way("ours, only the marks", only_marks),
    "cells": Way("the students' cells alone", by_nobody),
    "clocks": Way("ours, with clocks", with_clocks),
    "scheduler": Way("a Dask scheduler that passes notebooks on", by_scheduler),
}
