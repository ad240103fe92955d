"""An example class, made from the catalogues, so that a newcomer sees what marking looks like.

Each student of it shows one thing that happens in a real class. Their answers are the catalogues' own, put into the
answer cells of the students' copies in notebooks/.
"""

from __future__ import annotations

import datetime
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import nbformat

from autograder.grading.course import Assignment, CourseError

if TYPE_CHECKING:  # the catalogues import torch, which a run that only marks can do without
    from autograder.catalogue import Answer

NOTE = "EXAMPLE.txt"  # lies in submitted/ for as long as the class there is the example
PREFIX = "example-"  # begins the id of each student of it, and of nobody else
REMOVE = f"rm -r submitted/{NOTE} submitted/{PREFIX}*"  # takes no other work with it
DUE = datetime.datetime(2026, 3, 2, 22, 59, 59)
IN_TIME, LATE = "2026-03-01 17:42:10.000000 UTC", "2026-03-05 08:15:33.000000 UTC"
MARKS = re.compile(r"^\s*### (?:BEGIN|END) SOLUTION.*\n?", re.MULTILINE)
RUBRIC = re.compile(r"^\*Rubric\.\*.*", re.MULTILINE | re.DOTALL)  # what a solution says to those who mark it

NAME = re.compile(r"^(student_name\s*=\s*)(?:\.\.\.|(['\"]).*?\2)", re.MULTILINE)

Sheet = dict[str, str]  # what a student typed: answer cell → source


@dataclass(frozen=True)
class Choice:
    """What there is to choose from for one assignment: the answer cells in order, and answers for the checks of each.

    `solved` are the lesson's own solutions, for cells that no check judges; `worth` are the cells that earn points by a
    check.
    """

    cells: tuple[str, ...]
    judged_by: Mapping[str, tuple[str, ...]]
    answers: Mapping[tuple[str, bool], tuple[Answer, ...]]
    solved: Mapping[str, str]
    worth: tuple[str, ...] = ()

    def right(self, cell: str, style: str = "") -> str:
        """A right answer, in a style that fits the pattern where there is one."""
        sources = []
        for check in self.judged_by.get(cell, ()):
            fitting = self.answers.get((check, True), ())
            matching = [answer for answer in fitting if re.search(style, answer.label)]
            sources += [answer.source for answer in (matching or fitting)[:1]]
        return "\n\n".join(dict.fromkeys(sources)) or self.solved[cell]

    def wrong(self, cell: str, says: str) -> str | None:
        """A wrong answer whose misconception fits the pattern `says`, where there is one."""
        for check in self.judged_by.get(cell, ()):
            for answer in self.answers.get((check, False), ()):
                if re.search(says, answer.label):
                    return answer.source
        return None


def solved(choice: Choice, style: str) -> Sheet:
    """Everything right."""
    return {cell: choice.right(cell, style) for cell in choice.cells}


def blank(choice: Choice) -> Sheet:
    """Nothing done."""
    return {}


def half(choice: Choice) -> Sheet:
    """Right as far as it goes, which is half-way."""
    return {cell: choice.right(cell) for cell in choice.cells[: (len(choice.cells) + 1) // 2]}


def mistaken(choice: Choice, says: str) -> Sheet:
    """One habit of thought that goes wrong every other time it can."""
    sheet, slips = {}, 0
    for cell in choice.cells:
        wrong = choice.wrong(cell, says)
        slips += wrong is not None
        sheet[cell] = wrong if wrong is not None and slips % 2 else choice.right(cell)
    return sheet


def mixed(choice: Choice) -> Sheet:
    """By turns right, wrong and missing."""
    sheet = {}
    for place, cell in enumerate(choice.cells):
        if place % 3 == 0:
            sheet[cell] = choice.right(cell, "torch")
        elif place % 3 == 1:
            sheet[cell] = choice.wrong(cell, "^(?!not-attempted)") or choice.right(cell)
    return sheet


def crash(choice: Choice) -> Sheet:
    """Two cells that do not run; the rest is right, but for what depends on them."""
    sheet = solved(choice, "slice")
    for cell, broken in zip(
        choice.worth[1::2],
        ("def unfinished(image:\n    return image", "image = torch.ones(4, 4)\nimage.reshape(3, 5)"),
        strict=False,
    ):
        sheet[cell] = broken
    return sheet


@dataclass(frozen=True)
class Pupil:
    """One student of the example class. `first` and `second` are what is done of the first and of every further
    assignment, None where it was not handed in; `file` renames the notebook, `text` replaces it."""

    name: str
    shows: str
    first: Callable[[Choice], Sheet] | None
    second: Callable[[Choice], Sheet] | None
    submitted: str = IN_TIME
    file: str = "{}.ipynb"
    text: str = ""

    @property
    def student(self) -> str:
        """The id in submitted/ and in the gradebook, which no real student has."""
        return PREFIX + self.name


def _styled(style: str) -> Callable[[Choice], Sheet]:
    return lambda choice: solved(choice, style)


def _thinking(says: str) -> Callable[[Choice], Sheet]:
    return lambda choice: mistaken(choice, says)


_DIRECTIONS, _COUNTING = r"flip|swap|transpos|-only|by-columns", r"short|ceil|plus|one-|counted|trunc|first-"
_UNUSUAL = (
    r"shifted|unfold|spreads|running|cat|written|list of pairs|by hand|joined|seeded|nested|asked of"
    r"|counting places|other spelling|depthwise|divided by n|row of layers|methods of tensors|inference"
)
_FORGETTING, _PYTHON = r"padding|stride|ignored|not-|zero|un-?padded|bias", r"changes|returned|raised|accepts|ragged"

CLASS = (
    Pupil("ada", "everything right, in plain loops", _styled("loops"), _styled("loops")),
    Pupil("alan", "right as far as it goes, half done", half, half),
    Pupil("alonzo", "everything right, but two days late", _styled("torch"), None, submitted=LATE),
    Pupil("carl", "mixes up directions: flipped, transposed", _thinking(_DIRECTIONS), _thinking(_DIRECTIONS)),
    Pupil("donald", "right, but the browser renamed the file", _styled("numpy"), None, file="{} (1).ipynb"),
    Pupil("edsger", "handed in notes where a notebook should be", blank, None, text="My answers: 104, 124\n"),
    Pupil("emmy", "everything right, in ways of her own", _styled(_UNUSUAL), _styled(_UNUSUAL)),
    Pupil("grace", "everything right, with torch", _styled("torch"), _styled("torch")),
    Pupil("hedy", "two cells that do not run, and what depends on them", crash, crash),
    Pupil("henri", "forgets things: the padding, the stride, the flip", _thinking(_FORGETTING), _thinking(_FORGETTING)),
    Pupil("kurt", "opened the first notebook and handed it in untouched", blank, None),
    Pupil("mary", "functions that change their input, return nothing or fail", _thinking(_PYTHON), None),
    Pupil("sofia", "counts one too many or one too few", _thinking(_COUNTING), _thinking(_COUNTING)),
    Pupil("srinivasa", "some right, some wrong, some missing", mixed, mixed),
)


def write(root: Path, assignments: Mapping[str, Assignment], answers: Iterable[Answer]) -> list[Path]:
    """Write the example class into `root`/submitted and return the files, with submitted/EXAMPLE.txt, who is who.

    Raises CourseError where a student's copy is missing from notebooks/.
    """
    by_check: dict[tuple[str, bool], tuple[Answer, ...]] = {}
    for answer in answers:
        by_check[answer.check, answer.right] = (*by_check.get((answer.check, answer.right), ()), answer)
    choices = {name: choice(assignment, by_check) for name, assignment in assignments.items()}
    written = []
    submitted = root / "submitted"
    submitted.mkdir(exist_ok=True)
    (root / ".marking").mkdir(mode=0o700, exist_ok=True)
    # Written elsewhere and moved in whole, so that stopping half-way does not leave half a class behind.
    with tempfile.TemporaryDirectory(dir=root / ".marking") as workshop:
        made = Path(workshop)
        for pupil in CLASS:
            for place, name in enumerate(assignments):
                do = pupil.second if place else pupil.first
                if do is None:
                    continue
                sheet = do(choices[name])
                content = pupil.text or fill_in(_released(root, name), sheet, pupil.name)
                folder = made / pupil.student / name
                folder.mkdir(parents=True)
                (folder / pupil.file.format(name)).write_text(content, encoding="utf-8")
                (folder / "timestamp.txt").write_text(pupil.submitted + "\n", encoding="utf-8")
                written.append(submitted / pupil.student / name / pupil.file.format(name))
        (made / NOTE).write_text(about(), encoding="utf-8")
        for name in (NOTE, *(pupil.student for pupil in CLASS)):
            if (made / name).exists():
                os.replace(made / name, submitted / name)
    return written


def choice(assignment: Assignment, answers: Mapping[tuple[str, bool], tuple[Answer, ...]]) -> Choice:
    """What a student of the example class may put into the answer cells of an assignment."""
    judged: dict[str, tuple[str, ...]] = {}
    for check, cells in assignment.answers.items():
        name = check.removeprefix("check-")
        for cell in cells:
            # A cell gets the answer to the check of its own name; else only one that stands for all of its checks.
            if cell == f"answer-{name}" or len(cells) == 1:
                judged[cell] = (*judged.get(cell, ()), name)
    solved = {cell: RUBRIC.sub("", MARKS.sub("", source)).strip() for cell, source in assignment.solutions.items()}
    checked = [name for name in assignment.worth if name not in assignment.solutions]  # not those marked by hand
    worth = dict.fromkeys(cell for check in checked for cell in assignment.answers[check])
    return Choice(tuple(solved), judged, answers, solved, tuple(worth))


def fill_in(path: Path, sheet: Sheet, student: str) -> str:
    """The student's copy in `path` with the answers typed in and the student's name where it is asked for."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and about.get("grade_id") in sheet:
            cell.source = sheet[about["grade_id"]]
        if about.get("solution"):
            cell.source = NAME.sub(rf'\1"{student}"', cell.source)
    return str(nbformat.writes(notebook)) + "\n"


def about() -> str:
    """Who is who in the example class."""
    lines = [f"  {pupil.student:18} {pupil.shows}" for pupil in CLASS]
    opening = fill(
        "This is an example class: invented students, made by `make grade` because nothing had been handed in. "
        f"Their work was due on {DUE:%d %B %Y}. To remove the class: {REMOVE}. When real work has been handed in, the "
        "next `make grade` takes the marks of the class out of the gradebook.",
        width=100,
    )
    return "\n".join([opening, "", *lines, ""])


def _released(root: Path, name: str) -> Path:
    path = root / "notebooks" / name / f"{name}.ipynb"
    if not path.is_file():
        raise CourseError(f"no {path.relative_to(root)} to make the example class from: run `autograder build`")
    return path
