"""`autograder check`: one notebook run and judged before it is handed in, on the cases that students can see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.table import Table
from rich.text import Text

from autograder.checks import CHECKS
from autograder.checks.standing import CAPTION, Line, Standing, how, name, standing, worth
from autograder.grading import account
from autograder.grading.account import Incident
from autograder.grading.choosing import RefusedError, content, printable
from autograder.grading.course import short
from autograder.grading.doctor import DoctorError, NoCourseError, examine
from autograder.grading.reading import LARGEST, Written, read
from autograder.grading.running import CHECK, run
from autograder.grading.sandbox import SandboxError, missing, shared

NO_SANDBOX = (
    "There is no sandbox on this machine. It is your own code on your own machine, so it runs without one; when it is "
    "marked it has one."
)
AS_IT_IS = "There is no notebook as it was handed out to compare it with, so it is run as it is."


class RehearsalError(Exception):
    """A notebook cannot be run; the message says why and what to do."""


@dataclass(frozen=True)
class Rehearsal:
    """How the visible cases went. `notes` tell what was repaired before, `incidents` what went wrong on the way."""

    path: Path
    standing: Standing
    notes: tuple[str, ...]
    incidents: tuple[Incident, ...]
    sandbox: bool


def rehearse(
    path: Path, assignment: str = "", release: Path | None = None, say: Callable[[str], object] = lambda _: None
) -> Rehearsal:
    """Repair, run and judge a student's notebook as marking will, but for the cases.

    It is repaired on the file `release`, or on the copies of the course that it or the working folder lies in; where
    there is no course, it is run as it is. `say` is told what to know before it runs. Raises RehearsalError.
    """
    written = _written(path)
    try:
        diagnosis = examine(path, assignment, release)
        lesson, notebook = diagnosis.name, diagnosis.repaired.notebook
        notes = tuple(remark.mild or remark.text for remark in diagnosis.repaired.remarks)
        if not diagnosis.repaired.usable:
            raise RehearsalError(" ".join((f"{printable(path.name)} cannot be run.", *notes)))
        if not any(check.notebook == lesson for check in CHECKS.values()):
            raise RehearsalError(f"there are no checks for a lesson called {printable(lesson)}")
    except NoCourseError:
        lesson, notebook = _as_it_is(path, written)
        notes = (AS_IT_IS,)
    except DoctorError as error:
        raise RehearsalError(str(error)) from error
    isolated = not missing()
    if not isolated:
        say(NO_SANDBOX)
    try:
        done = account.read(run(notebook, shared(isolated)).metadata)
    except SandboxError as error:
        text = "Run all of its cells in Jupyter instead: the last one shows the same table."
        raise RehearsalError(f"{printable(path.name)} could not be run. {str(error).rstrip('.')}. {text}") from error
    lines = [
        Line(
            CHECKS[one.check].exercise,
            CHECKS[one.check].title,
            one.outcome,
            one.points,
            one.maximum,
            one.check,
            "" if one.outcome == "not attempted" else one.text,
        )
        for one in done.judged
    ]
    return Rehearsal(path, standing(lesson, lines), notes, done.incidents, isolated)


def _written(path: Path) -> Written:
    try:
        written = read(content(path.resolve(), LARGEST))
    except (RefusedError, OSError) as error:
        raise RehearsalError(f"{printable(path.name)} cannot be run: the file {error}.") from error
    if written.problem:
        raise RehearsalError(f"{printable(path.name)} cannot be run: it {written.problem}.")
    return written


def _as_it_is(path: Path, written: Written) -> tuple[str, NotebookNode]:
    """The lesson that a notebook belongs to by its checks, and its cells with those checks marked as such.

    Raises RehearsalError where it has no check of the course.
    """
    cells, found = [], list[str]()
    for cell in written.cells:
        check = CHECK.fullmatch(cell.source) if cell.kind == "code" else None
        if check and check[1] in CHECKS and check[1] not in found:
            found.append(check[1])
            about = {"grade": True, "solution": False, "locked": True, "grade_id": f"check-{check[1]}"}
            about |= {"points": CHECKS[check[1]].points, "schema_version": 3}
            cells.append(new_code_cell(cell.source, metadata={"nbgrader": about}))
        else:
            cells.append((new_code_cell if cell.kind == "code" else new_markdown_cell)(cell.source))
    lessons = [CHECKS[check].notebook for check in found]
    if not lessons:
        raise RehearsalError(f"{printable(path.name)} has no check of this course in it.")
    return max(lessons, key=lessons.count), new_notebook(cells=cells)


def table(standing: Standing) -> Table:
    """The exercises, how they stand and what their checks say, for a terminal. What a student wrote stays plain."""
    shown = Table(
        title=CAPTION, title_justify="left", title_style="bold", box=None, show_footer=True, padding=(0, 2, 0, 0)
    )
    shown.add_column("Exercise", footer="Together")
    shown.add_column("How it stands")
    shown.add_column("Points", footer=f"{standing.points:g} of {standing.maximum:g}", justify="right", no_wrap=True)
    saying = any(line.said for line in standing.exercises)
    if saying:
        shown.add_column("What the check says", ratio=1)
    for line in standing.exercises:
        words = (name(line), how(line), worth(line), *([printable(line.said)] if saying else []))
        shown.add_row(*map(Text, words))
    return shown


def lines(rehearsal: Rehearsal) -> Iterator[str]:
    """What there is to know beside the table, a sentence each."""
    yield from rehearsal.standing.remarks()
    for incident in rehearsal.incidents:
        yield f"{printable(short(incident.cell)) or 'The notebook'}: {printable(incident.text)}"


def as_data(rehearsal: Rehearsal) -> dict[str, object]:
    """All of it for programs."""
    exercises: Sequence[dict[str, object]] = [asdict(line) for line in rehearsal.standing.lines]
    return {
        "notebook": rehearsal.path.name,
        "lesson": rehearsal.standing.notebook,
        "cases": "visible",
        "sandbox": rehearsal.sandbox,
        "points": rehearsal.standing.points,
        "maximum": rehearsal.standing.maximum,
        "exercises": exercises,
        "notes": list(rehearsal.notes),
        "incidents": [{"kind": one.kind, "cell": one.cell, "text": one.text} for one in rehearsal.incidents],
    }
