"""One repaired notebook from top to bottom: its cells run in a sandboxed kernel, its checks are judged outside.

Whatever a notebook does, every check gets its verdict: after a kernel has died, a fresh one runs the cells before that
did not kill it, and the rest is marked there.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from nbformat.notebooknode import NotebookNode

from autograder.checks import CHECKS
from autograder.checks.feedback import Feedback
from autograder.checks.registry import Check
from autograder.checks.stopped import in_other_words
from autograder.checks.verdict import Finding, Outcome, Verdict
from autograder.grading import account, forbidden
from autograder.grading.account import Account, Incident, Judged
from autograder.grading.course import answers_by_check
from autograder.grading.judge import judge
from autograder.grading.kernels import DIED, ERROR, FLOODED, INTERRUPTED, Ending, Kernel
from autograder.grading.limits import LIMITS, Limits
from autograder.grading.outputs import Outputs, as_output
from autograder.grading.remote import NoAnswerError
from autograder.grading.sandbox import Sandbox

CHECK = re.compile(r'\s*check\("([\w-]+)"\)\s*')
SHORTEST_CELL, SHORTEST_ASK = 10.0, 3.0  # seconds that are left to a cell or question, however many took too long
INPUT = "StdinNotImplementedError"


def run(
    notebook: NotebookNode,
    sandbox: Sandbox,
    seed: str = "",
    limits: Limits = LIMITS,
    checks: Mapping[str, Check] = CHECKS,
) -> NotebookNode:
    """Run and judge a repaired notebook. Returns a copy with outputs, points and the account in its metadata.

    `seed` draws the cases of the checks; with an empty one they are those that students see. Raises SandboxError
    where no kernel can be had at all.
    """
    notebook = copy.deepcopy(notebook)
    answers = answers_by_check(notebook)
    students, lesson = _sources(notebook)
    work = _Work(notebook, sandbox, limits)
    work.incidents += forbidden.prying(students)
    judged = []
    try:
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            check = _check_of(cell, checks)
            if check is None:
                work.run_cell(place)
                continue
            work.retried = False
            judgement = judge(check, work, seed, limits)
            mine = answers.get(_name(cell, place), ())
            verdict = _with_cause(judgement.verdict, mine, work.incidents, notebook.cells[:place])
            work.incidents += judgement.incidents
            used = forbidden.find(check, students, lesson)
            if judgement.heard and not used:
                used = (forbidden.overheard(check, judgement.heard, mine[0] if mine else f"answer-{check.name}"),)
            work.incidents += used
            if verdict.points:
                written = {name: students[name] for name in mine if name in students}
                work.incidents += forbidden.untouched(check, written)
            judged.append(_judged(verdict, cell))
            cell.outputs = [_output(verdict, bool(seed), forbidden.advice(used))]
            cell.execution_count = None
    finally:
        work.close()
    before = account.read(notebook.metadata)
    isolation = account.SANDBOX if sandbox.isolated else account.NO_SANDBOX
    incidents = (*before.incidents, *work.incidents)
    account.write(Account(before.remarks, incidents, tuple(judged), isolation), notebook.metadata)
    return notebook


@dataclass
class _Work:
    """The state of one run: its kernel, where there is one, and what that has been through. It is the judge's door."""

    notebook: NotebookNode
    sandbox: Sandbox
    limits: Limits
    incidents: list[Incident] = field(default_factory=list)
    kernel: Kernel | None = None
    ran: list[int] = field(default_factory=list)  # places of the cells that a fresh kernel must run first
    kernels: int = 0
    late: int = 0  # cells and questions that took too long
    size: int = 0  # of all outputs so far
    end: float = 0.0
    stopped: bool = False
    retried: bool = False  # whether a question of this check was asked a second time

    def __post_init__(self) -> None:
        self.end = time.monotonic() + self.limits.notebook_seconds

    # --- cells --------------------------------------------------------------------------------------------------

    def run_cell(self, place: int) -> None:
        """Run one cell and keep what it shows; what kills its kernel at once is tried a second time."""
        cell = self.notebook.cells[place]
        cell.outputs, cell.execution_count = [], None
        if not cell.source.strip():
            return
        for attempt in (1, 2):
            kernel = self._ready()
            if kernel is None:
                cell.outputs = [
                    _failure("NotRun", "This cell was not run, for the notebook had been stopped before it.")
                ]
                return
            outputs = Outputs(self.limits, self.limits.notebook_output - self.size)
            ending = kernel.execute(cell.source, self._allowance(self.limits.cell_seconds, SHORTEST_CELL), outputs)
            if ending.how != DIED or ending.why in ("timeout", "memory", "flood") or attempt == 2:
                break
        cell.outputs = outputs.kept
        self.size += outputs.size
        if ending.how != DIED:
            self.ran.append(place)
        self._tell(ending, outputs, cell, place)

    def _tell(self, ending: Ending, outputs: Outputs, cell: NotebookNode, place: int) -> None:
        """Say in plain words, in the cell and in the account, what went wrong."""
        kind, text = _explanation(ending, outputs.cut, self.limits)
        if not kind:
            return
        self.late += kind == "timeout"
        if ending.how in (DIED, INTERRUPTED, FLOODED):
            cell.outputs.append(_failure({"died": "KernelDied", "timeout": "TimeIsUp"}.get(kind, "Stopped"), text))
        self.incidents.append(Incident(kind, text, _name(cell, place)))

    # --- the door of the judge ----------------------------------------------------------------------------------

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Put a question to the kernel. Raises NoAnswerError."""
        kernel = self._ready()
        if kernel is None:
            raise NoAnswerError("closed")
        try:
            return kernel.ask(request, self._allowance(seconds, SHORTEST_ASK))
        except NoAnswerError as error:
            self.late += error.reason == "timeout"
            if error.reason != "died" or self.retried or (kernel := self._ready()) is None:
                raise
            self.retried = True  # the fault may be a cell's before it, which a fresh kernel will find out
            return kernel.ask(request, self._allowance(seconds, SHORTEST_ASK))

    # --- kernels ------------------------------------------------------------------------------------------------

    def _ready(self) -> Kernel | None:
        """A kernel that has run all cells so far, or None where time or kernels are used up."""
        while self.kernel is None or not self.kernel.alive:
            if self.kernels > self.limits.restarts or time.monotonic() >= self.end:
                self._stop()
                return None
            self.close()
            self.kernels += 1
            self.kernel = Kernel(self.sandbox, self.limits)
            for place in list(self.ran):
                nothing = Outputs(self.limits, 0)
                seconds = self._allowance(self.limits.cell_seconds, SHORTEST_CELL)
                ending = self.kernel.execute(self.notebook.cells[place].source, seconds, nothing)
                # what dies of a cell may die a moment after it
                if ending.how == DIED or not self.kernel.answers():
                    self.ran.remove(place)
                    self._blame(place)
                    break
        if time.monotonic() >= self.end:
            self._stop()
            return None
        return self.kernel

    def _blame(self, place: int) -> None:
        """Say of a cell that has seemed to go well that a kernel dies of it."""
        cell = self.notebook.cells[place]
        text = "This cell ended its Python process a moment later. The other cells were marked in a fresh one."
        cell.outputs.append(_failure("KernelDied", text))
        self.incidents.append(Incident("died", text, _name(cell, place)))

    def _stop(self) -> None:
        if not self.stopped:
            why = "took too long" if time.monotonic() >= self.end else f"ended its kernel {self.kernels} times"
            text = f"The notebook {why}, so what comes after was not run, and its exercises were not judged."
            self.incidents.append(Incident("stopped", text, for_human=True))
        self.stopped = True

    def _allowance(self, seconds: float, least: float) -> float:
        """Half as long after each that took too long, so that endless loops leave time to mark the rest."""
        return min(max(seconds * 0.5**self.late, min(least, seconds)), max(self.end - time.monotonic(), 0.1))

    def close(self) -> None:
        """End the kernel."""
        if self.kernel is not None:
            self.kernel.close()
            self.kernel = None


def _check_of(cell: NotebookNode, checks: Mapping[str, Check]) -> Check | None:
    about = cell.metadata.get("nbgrader", {})
    found = CHECK.fullmatch(cell.source) if about.get("grade") and not about.get("solution") else None
    return checks.get(found[1]) if found else None


def _name(cell: NotebookNode, place: int) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {place + 1}")


def _sources(notebook: NotebookNode) -> tuple[dict[str, str], dict[str, str]]:
    """The code that a student wrote (answers, cells of their own, edits of the lesson's), and that of the lesson."""
    students, lesson = dict[str, str](), dict[str, str]()
    for place, cell in enumerate(notebook.cells):
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not (about.get("grade") and not about.get("solution")):
            mine = about.get("solution") or account.written_by_student(cell)
            (students if mine else lesson)[_name(cell, place)] = cell.source
    return students, lesson


def _with_cause(
    verdict: Verdict, answers: Sequence[str], incidents: Sequence[Incident], cells: Sequence[NotebookNode]
) -> Verdict:
    """The verdict, which says why a name is missing where the cell that should define it was stopped, or failed."""
    if verdict.finding is None or verdict.finding.id != "not-defined":
        return verdict
    cause = next((incident for incident in incidents if incident.cell in answers), None)
    if cause is not None:
        return in_other_words(verdict, Finding(cause.kind, cause.text))
    for place, cell in enumerate(cells):
        raised = [output.ename for output in cell.get("outputs", []) if output.output_type == "error"]
        if raised and _name(cell, place) in answers:
            error = raised[0] if re.fullmatch(r"\w{1,80}", raised[0]) else "an error"
            text = f"The cell of this answer stopped with {error}, so what it should define is not there."
            return in_other_words(verdict, Finding("not-defined", text))
    return verdict


def _judged(verdict: Verdict, cell: NotebookNode) -> Judged:
    if verdict.passed:
        outcome = "right"
    elif not verdict.attempted:
        outcome = "not attempted"
    elif any(case.outcome is Outcome.NOT_JUDGED for case in verdict.cases):
        outcome = "not judged"
    else:
        outcome = "partly" if verdict.points else "wrong"
    finding = verdict.finding
    return Judged(
        verdict.check,
        cell.metadata.nbgrader.grade_id,
        verdict.points,
        verdict.maximum,
        outcome,
        finding.id if finding and outcome != "right" else "",
        finding.text if finding and outcome != "right" else "",
    )


def _output(verdict: Verdict, marking: bool, advice: str) -> NotebookNode:
    """The verdict as nbgrader reads it (the points) and as people do, with a word of advice below."""
    feedback = Feedback(verdict, marking=marking)
    html = feedback._repr_html_() + (f'<p style="margin:4px 0">{escape(advice)}</p>' if advice else "")
    data = {"text/plain": feedback.points, "text/html": html}
    return as_output("execute_result", data=data, metadata={}, execution_count=None)


def _failure(name: str, text: str) -> NotebookNode:
    return as_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _explanation(ending: Ending, cut: bool, limits: Limits) -> tuple[str, str]:
    """The kind of incident and a sentence about it; nothing where all went well."""
    if ending.how == INTERRUPTED or ending.why == "timeout":
        return "timeout", "This cell took too long and was stopped: look for a loop that never ends."
    if ending.how == FLOODED or ending.why == "flood":
        return "flood", "This cell printed far more than anybody can read, and was stopped."
    if ending.why == "memory":
        return "memory", f"This cell used more than {limits.resident / 1e9:g} GB of memory, and was stopped."
    if ending.how == DIED:
        why = ending.why.removeprefix("died (").removesuffix(")")
        text = f"This cell ended its own Python process ({why}). The other cells were marked in a fresh one."
        return "died", text
    if ending.how == ERROR and ending.name == INPUT:
        return "input", "This cell asks for input(), and nobody is there to answer while it is marked."
    if cut:
        return "flood", "This cell shows more than fits; the rest was cut off."
    return "", ""
