"""Mark many submissions: they are run and judged side by side, and saved one after the other by stock nbgrader.

Repair, run and judge hang on nothing but what they are given, so they happen anywhere and in any order, and their
results are kept. The one writer is this process: it lets nbgrader's own `autograde` and `generate_feedback` go through
every submission, which find the work done. What nbgrader says goes to the log.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading import account, cache, pool
from autograder.grading.converter import KNOWN
from autograder.grading.course import CourseError, short
from autograder.grading.execute import SandboxedExecute, student_seed
from autograder.grading.handed_in import read_release, repair_folder
from autograder.grading.lighter import held
from autograder.grading.pool import Done, Item, Work
from autograder.grading.repair import Repaired
from autograder.grading.table import by_hand

UNTOUCHED = {"NotImplementedError"}  # what a stub raises is no accident
TOLD = {"KernelDied": "kernel died", "TimeIsUp": "time-out", "Stopped": "stopped", "NotRun": "not run"}
# How many remarks of repair the table quotes; the report has them all.
SHOWN_REMARKS = 2
# nbgrader indents the tracebacks that it logs.
CAUSE = re.compile(r"^[ \t]*(?:[\w]+\.)*(\w*(?:Error|Exception|Exit|TooOld|TooNew|Died)\w*)(?:: (.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One thing to do for one submission: mark it and write its feedback page, or just the page."""

    student: str
    assignment: str
    mark: bool = True

    @property
    def name(self) -> str:
        """STUDENT/ASSIGNMENT."""
        return f"{self.student}/{self.assignment}"


@dataclass(frozen=True)
class Result:
    """How a job went. `failure` says in plain words why there are no marks; `told` stands for what the page says;
    `by_hand` is how many exercises wait for a person, whose points `score` lacks."""

    job: Job
    failure: str = ""
    score: float = 0
    maximum: float = 0
    notes: tuple[str, ...] = ()
    told: str = ""
    by_hand: int = 0


@dataclass(frozen=True)
class Means:
    """With what to mark: so many processes of this machine, or a Dask scheduler's workers where one is named;
    whether in a sandbox; whether to run again what has been run before; and where the gradebook is, if not where
    nbgrader's configuration says."""

    workers: int = 1
    scheduler: str = ""
    isolated: bool = True
    force: bool = False
    gradebook: str = ""


def run(
    jobs: Sequence[Job], root: Path, api: Any, log: Path, means: Means, lent: socket.socket | None = None
) -> Iterator[Result]:
    """Do the jobs, and give each result as it comes. `api` is the NbGraderAPI of the course in `root`; `lent` is the
    fork server of `pool.server`, if one was started.

    Raises pool.ClusterError where the cluster is at fault; what had been done by then is kept.
    """
    store = root / ".marking" / "cache"
    cache.tidy(store)
    settings = SandboxedExecute(parent=api)
    waiting: dict[str, list[tuple[Job, Repaired]]] = {}

    def items() -> Iterator[Item]:
        for job in jobs:
            if not job.mark:
                continue
            work, repaired = prepare(job, api, settings, means.isolated)
            if work.key in waiting:  # the same notebook, where the class has no secret
                waiting[work.key].append((job, repaired))
                continue
            waiting[work.key] = [(job, repaired)]
            yield Done(work) if not means.force and cache.holds(store, work.key) else work

    for job in jobs:
        if not job.mark:
            yield save(job, api, log)
    for done in _performed(items(), log, means, lent):
        if done.notebook:
            _keep(done, store)
        for job, repaired in waiting.pop(done.work.key):
            yield Result(job, done.failure) if done.failure else save(job, api, log, repaired)


def _keep(done: Done, store: Path) -> None:
    try:
        cache.store(store, done.work.key, done.notebook)
    except OSError as error:
        raise CourseError(f"what has been run cannot be kept in {store}: {error.strerror}") from error


def _performed(items: Iterator[Item], log: Path, means: Means, lent: socket.socket | None) -> Iterator[Done]:
    if means.scheduler:
        return pool.on_cluster(items, means.scheduler)
    return pool.on_processes(items, means.workers, log, lent)


def prepare(job: Job, api: Any, settings: SandboxedExecute, isolated: bool) -> tuple[Work, Repaired]:
    """What a worker must be told of a submission, all by value, and what repair made of it. Raises CourseError where
    the lesson cannot be read."""
    course = api.coursedir
    release = Path(course.format_path(course.release_directory, ".", job.assignment)) / f"{job.assignment}.ipynb"
    folder = Path(course.format_path(course.submitted_directory, job.student, job.assignment))
    changed = release.stat().st_mtime_ns if release.exists() else 0
    repaired = repair_folder(folder, _release(release, changed), job.assignment)
    notebook = repaired.notebook
    seed = student_seed(os.environ.get("CONVCOURSE_MARKING_SEED", ""), job.student, job.assignment)
    limits = settings.limits()
    key = cache.key(notebook, seed, limits, isolated)
    return Work(key, str(nbformat.writes(notebook, indent=None)), seed, limits, isolated), repaired


@lru_cache(maxsize=16)
def _release(path: Path, _changed: int) -> NotebookNode:
    return read_release(path)


def save(job: Job, api: Any, log: Path, repaired: Repaired | None = None) -> Result:
    """Let nbgrader save a submission's marks and write its page, or just the page.

    What was `repaired` for running goes to nbgrader as it is: it is not repaired again.
    """
    if repaired is not None:
        KNOWN[job.student, job.assignment, job.assignment] = repaired
    try:
        return _save(job, api, log)
    finally:
        KNOWN.clear()


def _save(job: Job, api: Any, log: Path) -> Result:
    step: Callable[..., dict[str, Any]]
    notes: tuple[str, ...] = ()
    for step in (api.autograde, api.generate_feedback) if job.mark else (api.generate_feedback,):
        outcome = step(job.assignment, job.student, force=True)
        write_log(log, f"{job.name}: {step.__name__}", outcome)
        if not outcome["success"]:
            if step.__name__ == "autograde":
                return Result(job, plain_reason(outcome))
            notes = (f"no feedback page ({plain_reason(outcome)})",)
    marked = Path(api.coursedir.format_path(api.coursedir.autograded_directory, job.student, job.assignment))
    notebook = nbformat.read(marked / f"{job.assignment}.ipynb", as_version=4)
    with api.gradebook as gradebook:
        submission = gradebook.find_submission(job.assignment, job.student)
        return Result(
            job,
            score=submission.score,
            maximum=submission.max_score,
            notes=errors(notebook) + accounts(notebook) + notes,
            told=state(submission),
            by_hand=by_hand(submission),
        )


def put_into_gradebook(assignment: str, api: Any, log: Path) -> None:
    """Let nbgrader read an assignment from its solved notebook into the gradebook, which is made when there is none.

    This is nbgrader's own `generate_assignment`, the only thing that fills in what marking needs, with the student's
    copy going to a folder that is thrown away: notebooks/ is what was handed out, and marking must not touch it.
    Raises CourseError.
    """
    from nbgrader.utils import temp_attrs

    with (
        tempfile.TemporaryDirectory(dir=log.parent) as thrown_away,
        temp_attrs(api.coursedir, release_directory=thrown_away),
    ):
        outcome = api.generate_assignment(assignment)
    write_log(log, f"{assignment}: solved notebook into the gradebook", outcome)
    if not outcome["success"]:
        raise CourseError(f"nbgrader cannot read solutions/{assignment}: {plain_reason(outcome)}")


def write_log(log: Path, title: str, outcome: dict[str, Any]) -> None:
    """Append what nbgrader said to the log, in one piece."""
    said = outcome.get("log", "") + ("" if outcome["success"] else outcome.get("error", ""))
    with log.open("a", encoding="utf-8") as file:
        file.write(f"=== {time.strftime('%Y-%m-%d %H:%M:%S')} {title}\n{said}\n")


def state(submission: Any) -> str:
    """A hash of what a feedback page says: every score and comment of a submission in the gradebook."""
    grades: list[list[Any]] = []
    comments: list[list[Any]] = []
    for notebook in submission.notebooks:
        with held(notebook):
            grades += [[grade.name, grade.score, grade.needs_manual_grade] for grade in notebook.grades]
            comments += [[item.name, item.comment] for item in notebook.comments]
    facts = json.dumps([sorted(grades), sorted(comments, key=lambda item: item[0]), submission.late_submission_penalty])
    return hashlib.sha256(facts.encode()).hexdigest()


def errors(notebook: NotebookNode) -> tuple[str, ...]:
    """The errors that a student's cells ran into, each once, and where: "SyntaxError in pad2d".

    A cell of the student's own has no name: "TypeError after pad2d". Cells of the lesson that cannot work with an
    answer say nothing about it, for the checks may take what they do not.
    """
    found: dict[str, None] = {}
    last = ""
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")[2]
        last = name or last
        if not name and not account.written_by_student(cell):
            continue
        raised = [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]
        stopped = [error for error in raised if error in TOLD]  # what else the cell then raised is how it was stopped
        for error in stopped or raised:
            if error not in UNTOUCHED:
                word = TOLD.get(error, error)
                found[f"{word} {'in' if name else 'after'} {last}" if last else word] = None
    return tuple(found)


def accounts(notebook: NotebookNode) -> tuple[str, ...]:
    """What a person should know of how a submission was marked: what was repaired, what to look at, and whether its
    code ran without a sandbox."""
    told = account.read(notebook.metadata)
    repaired = [remark.text.rstrip(".") for remark in told.remarks[:SHOWN_REMARKS]]
    if more := len(told.remarks) - len(repaired):
        repaired.append(f"{more} more thing{'' if more == 1 else 's'} repaired")
    looks = [
        f"look at {short(incident.cell)}: {incident.text.rstrip('.')}"
        for incident in told.incidents
        if incident.for_human
    ]
    return (*repaired, *looks, *(["marked without a sandbox"] if told.isolation == account.NO_SANDBOX else []))


def plain_reason(outcome: dict[str, Any]) -> str:
    """Why nbgrader gave up, in plain words, from what it logged."""
    said = outcome.get("log", "") + outcome.get("error", "")
    causes = [found for found in CAUSE.finditer(said) if found[1] not in ("NbGraderException",)]
    name, detail = (causes[-1][1], (causes[-1][2] or "").strip()) if causes else ("", "")
    known = {
        "OperationalError": "the gradebook could not be written: is it open in another program, or the disk full?",
        "SandboxError": detail,
    }
    return known.get(name, f"{name}: {detail}"[:160] if name else "nbgrader gave no reason")
