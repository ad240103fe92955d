"""Run stock nbgrader over submissions, several at a time, so that none can stop the others.

Every submission gets an `autograde` and a `generate_feedback` of its own, in one of a few processes that each hold an
NbGraderAPI. Only writing into the gradebook has to wait in a queue: SQLite lets one writer in and the others wait.
What nbgrader and the kernels say goes to the log.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.grading import account
from autograder.grading.course import CourseError, nbgrader_api, prepare_environment
from autograder.grading.table import by_hand

UNTOUCHED = {"NotImplementedError"}  # what a stub raises is no accident
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


def run(jobs: Iterable[Job], root: Path, log: Path, workers: int) -> Iterator[Result]:
    """Do the jobs with that many processes, and give each result as it comes.

    A process that dies (killed for its memory, say) takes nobody with it: what was under way is tried again alone.
    """
    waiting, suspects = deque(jobs), list[Job]()
    while waiting:
        yield from _together(waiting, suspects, root, log, workers)
    for job in suspects:
        dead: list[Job] = []
        yield from _together(deque([job]), dead, root, log, 1)
        for victim in dead:
            yield Result(victim, "the marking process was killed while at it, perhaps for lack of memory")


def _together(waiting: deque[Job], dead: list[Job], root: Path, log: Path, workers: int) -> Iterator[Result]:
    """Take jobs from `waiting` until none is left or a process dies; then `dead` gets all that were under way."""
    context = multiprocessing.get_context("spawn")  # a forked copy of threads and open databases is asking for trouble
    count = min(workers, len(waiting))
    with ProcessPoolExecutor(count, context, _start, (str(root), str(log))) as pool:
        under_way: dict[Future[Result], Job] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < count:
                    future = _submit(pool, waiting[0])  # only taken off when it went in
                    under_way[future] = waiting.popleft()
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    del under_way[future]
                    yield result
        except BrokenProcessPool:
            dead += under_way.values()
        except BaseException:  # stopped by hand: do not wait minutes for notebooks that nobody wants
            stop()
            raise


def _submit(pool: ProcessPoolExecutor, job: Job) -> Future[Result]:
    # Submitting may start a process, and it must start deaf to Ctrl-C, which reaches all processes at once: this one
    # decides what then happens. Blocked, not ignored: a signal that comes meanwhile is heard a moment later.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return pool.submit(_do, job)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def stop() -> None:
    """End the processes that this one started for marking. Their kernels notice within a second and end too."""
    for child in multiprocessing.active_children():
        child.terminate()


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


# --- in a marking process ---------------------------------------------------------------------------------------

_api: Any = None  # one for each process: setting nbgrader up takes longer than using it


def _start(root: str, log: str) -> None:
    global _api
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # kernels inherit this, and are interrupted by it
    with open(log, "ab", buffering=0) as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())  # kernels inherit these, and have their own to say
    prepare_environment()
    _api = nbgrader_api(Path(root))
    os.environ["CONVCOURSE_MARKING_LOG"] = log


def _do(job: Job) -> Result:
    from nbgrader.preprocessors import Execute

    log = Path(os.environ["CONVCOURSE_MARKING_LOG"])
    step: Callable[..., dict[str, Any]]
    notes: tuple[str, ...] = ()
    for step in (_api.autograde, _api.generate_feedback) if job.mark else (_api.generate_feedback,):
        outcome = step(job.assignment, job.student, force=True)
        write_log(log, f"{job.name}: {step.__name__}", outcome)
        if not outcome["success"]:
            if step.__name__ == "autograde":
                return Result(job, plain_reason(outcome))
            notes = (f"no feedback page ({plain_reason(outcome)})",)
    marked = Path(_api.coursedir.format_path(_api.coursedir.autograded_directory, job.student, job.assignment))
    with _api.gradebook as gradebook:
        submission = gradebook.find_submission(job.assignment, job.student)
        told = state(submission)
        return Result(
            job,
            score=submission.score,
            maximum=submission.max_score,
            notes=errors(marked / f"{job.assignment}.ipynb", Execute(parent=_api).timeout)
            + repairs(marked / f"{job.assignment}.ipynb")
            + notes,
            told=told,
            by_hand=by_hand(submission),
        )


def state(submission: Any) -> str:
    """A hash of what a feedback page says: every score and comment of a submission in the gradebook."""
    grades = [
        [grade.name, grade.score, grade.needs_manual_grade]
        for notebook in submission.notebooks
        for grade in notebook.grades
    ]
    comments = [[item.name, item.comment] for notebook in submission.notebooks for item in notebook.comments]
    facts = json.dumps([sorted(grades), sorted(comments, key=lambda item: item[0]), submission.late_submission_penalty])
    return hashlib.sha256(facts.encode()).hexdigest()


def repairs(path: Path) -> tuple[str, ...]:
    """What had to be repaired of a marked notebook, in a sentence each."""
    return tuple(remark.text.rstrip(".") for remark in account.read(nbformat.read(path, as_version=4).metadata).remarks)


def errors(path: Path, patience: float | None) -> tuple[str, ...]:
    """The errors that a marked notebook ran into, each once, and where: "SyntaxError in pad2d".

    A cell of the lesson that works on a student's answers has no name of its own: "TypeError after pad2d". `patience`
    is how many seconds a cell had: "time-out in pad2d (300 s)".
    """
    found: dict[str, None] = {}
    last = ""
    for cell in nbformat.read(path, as_version=4).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("-")[2]
        last = name or last
        raised = [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]
        late = "CellTimeoutError" in raised  # what else the cell then raised is only how it was stopped
        for error in ["time-out"] if late else raised:
            if error not in UNTOUCHED:
                where = f"{error} {'in' if name else 'after'} {last}" if last else error
                found[f"{where} ({patience:g} s)" if late and patience else where] = None
    return tuple(found)


def plain_reason(outcome: dict[str, Any]) -> str:
    """Why nbgrader gave up, in plain words, from what it logged."""
    said = outcome.get("log", "") + outcome.get("error", "")
    causes = [found for found in CAUSE.finditer(said) if found[1] not in ("NbGraderException",)]
    name, detail = (causes[-1][1], (causes[-1][2] or "").strip()) if causes else ("", "")
    known = {
        "SchemaTooOldError": "saved by an old version of nbgrader: ask for the answers in a fresh copy",
        "SchemaTooNewError": "saved by a newer version of nbgrader: ask for the answers in a fresh copy",
        "ValidationError": "what nbgrader keeps in its cells is damaged: ask for the answers in a fresh copy",
        "DeadKernelError": "the notebook killed its own kernel: see whether it calls exit() or needs too much memory",
        "UnresponsiveKernelError": "a cell never ended and could not be stopped: look for an endless loop",
        "OperationalError": "the gradebook could not be written: is it open in another program, or the disk full?",
    }
    if "kernel became unresponsive" in said:
        return known["UnresponsiveKernelError"]
    if (name, detail) == ("KeyError", "'grade_id'"):
        return known["ValidationError"]
    if name == "KeyError" and re.fullmatch(r"'(answer|manual|locked)-\S+'", detail):
        # nbgrader puts a check back after the cell before it, and falls over where that one is gone as well.
        return f"lacks the cell {detail[1:-1]} and what comes after it: ask for the answers in a fresh copy"
    return known.get(name, f"{name}: {detail}"[:160] if name else "nbgrader gave no reason")
