"""A class whose work on one notebook is drawn by a seed: what there is to mark in the benchmark of marking.

Students type the catalogue's answers, right and wrong, into their copies of the notebook; some leave cells out, some
hand in cells that raise, a few hand in nothing. What a student hands in hangs on their number alone, so that a class of
50 is the first part of a class of 1,000. Nobody is dishonest, and no cell runs for ever: either would cost stock
nbgrader far more than us.
"""

from __future__ import annotations

import copy
import random
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder import catalogue
from autograder.catalogue import Answer
from autograder.grading.course import Assignment, read_assignment
from autograder.grading.example import MARKS, NAME, RUBRIC
from benchmarks.trials import ROOT

LESSON = "03_pooling"
CATALOGUE = "pooling"
CHECK = re.compile(r'\s*check\("[\w-]+"\)\s*')

BLANK = 0.03  # of the students hand in the notebook as it was handed out
UNFINISHED = 0.15  # of the others stop somewhere in its second half
LEFT_OUT, RAISES = 0.04, 0.03  # of the answers
RIGHT = (0.55, 0.95)  # the share of right ones among the rest, drawn for each student
OWN_CELLS = 0.25  # of the students keep some cells of their own
OUTPUTS = 0.9  # of the students hand in what their cells showed

FIRST = ("Ada", "Alan", "Alonzo", "Carl", "Donald", "Edsger", "Emmy", "Grace", "Hedy", "Kurt", "Mary", "Sofia")
LAST = ("Abel", "Borel", "Cantor", "Dirac", "Euler", "Fourier", "Galois", "Hilbert", "Ito", "Jacobi", "Klein", "Möbius")
BROKEN = (
    "def unfinished(image:\n    return image",
    "result = undefined_name + 1",
    "torch.ones(4, 4).reshape(3, 5)",
    'raise ValueError("I could not find it")',
)
OWN = (
    "print(M.shape, M.mean())",
    "F.max_pool2d(M[None, None], 2)",
    "for row in M:\n    print(row.tolist())",
    "import matplotlib.pyplot as plt\n\nplt.imshow(M)\nplt.show()",
)


@dataclass(frozen=True)
class Work:
    """What one student hands in: the sources of answer cells, cells of their own by the place that they follow, and
    whether the outputs were saved."""

    name: str
    sheet: Mapping[str, str]
    own: tuple[tuple[int, str], ...] = ()
    outputs: bool = True


def student(number: int) -> str:
    """The id of a student."""
    return f"s{number:05}"


def draw(number: int, cells: Mapping[str, Sequence[str]], answers: Sequence[Answer], solved: Mapping[str, str]) -> Work:
    """The work of a student. `cells` are the answer cells in order with the checks that judge each; `solved` has what
    to type into those that none judges."""
    drawn = random.Random(f"student {number}")
    name = f"{drawn.choice(FIRST)} {drawn.choice(LAST)}"
    if drawn.random() < BLANK:
        return Work(name, {}, outputs=False)
    right = drawn.uniform(*RIGHT)
    order = list(cells)
    end = drawn.randint(len(order) // 2, len(order)) if drawn.random() < UNFINISHED else len(order)
    sheet = {}
    for cell in order[:end]:
        chance = drawn.random()
        wanted = drawn.random() < right
        fitting = [answer.source for answer in answers if answer.check in cells[cell] and answer.right == wanted]
        chosen = drawn.choice(fitting or [solved[cell]])
        if chance < LEFT_OUT:
            continue
        sheet[cell] = drawn.choice(BROKEN) if chance < LEFT_OUT + RAISES else chosen
    own = [(drawn.randrange(4, 30), drawn.choice(OWN)) for _ in range(drawn.randint(1, 3))]
    return Work(name, sheet, tuple(own) if drawn.random() < OWN_CELLS else (), drawn.random() < OUTPUTS)


def fill_in(released: NotebookNode, shown: Mapping[str, Sequence[NotebookNode]], work: Work) -> NotebookNode:
    """The student's copy of the notebook with the work in it. `shown` are the outputs of the lesson's cells by id; a
    check's output is as long as a real one, and says nothing."""
    notebook = copy.deepcopy(released)
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            cell.source = work.sheet.get(about["grade_id"], cell.source)
            cell.source = NAME.sub(rf'\1"{work.name}"', cell.source)
        if work.outputs:
            cell.outputs = copy.deepcopy(list(shown.get(cell.id, ())))
            cell.execution_count = number + 1
    for place, source in sorted(work.own, reverse=True):
        made = new_code_cell(source, outputs=[new_output("stream", text="0\n")] if work.outputs else [])
        notebook.cells.insert(place, made)
    return notebook


@dataclass(frozen=True)
class Lesson:
    """All that is needed to draw work on the notebook."""

    released: NotebookNode
    shown: Mapping[str, Sequence[NotebookNode]]
    cells: Mapping[str, tuple[str, ...]]
    answers: tuple[Answer, ...]
    solved: Mapping[str, str]


@cache
def lesson() -> Lesson:
    """The notebook, its outputs, its answer cells, and the catalogue's answers to its checks."""
    path = ROOT / "solutions" / LESSON / f"{LESSON}.ipynb"
    assignment = read_assignment(LESSON, path)
    shown = {cell.id: cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"}
    solved = {cell: RUBRIC.sub("", MARKS.sub("", source)).strip() for cell, source in assignment.solutions.items()}
    return Lesson(
        nbformat.read(ROOT / "notebooks" / LESSON / f"{LESSON}.ipynb", as_version=4),
        shown,
        judged(assignment),
        tuple(catalogue.load(catalogue.FOLDER / f"{CATALOGUE}.py")),
        solved,
    )


def judged(assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """The answer cells in order, with the checks that judge each alone or by its name."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(assignment.solutions, ())
    for check, cells in assignment.answers.items():
        name = check.removeprefix("check-")
        for cell in cells:
            if cell == f"answer-{name}" or len(cells) == 1:
                found[cell] = (*found[cell], name)
    return found


def notebook_of(number: int) -> NotebookNode:
    """What a student hands in."""
    about = lesson()
    return fill_in(about.released, about.shown, draw(number, about.cells, about.answers, about.solved))


def hand_in(submitted: Path, numbers: Sequence[int]) -> int:
    """Write what these students hand in, and return the bytes of it."""
    size = 0
    for number in numbers:
        folder = submitted / student(number) / LESSON
        folder.mkdir(parents=True)
        text = str(nbformat.writes(notebook_of(number))) + "\n"
        (folder / f"{LESSON}.ipynb").write_text(text, encoding="utf-8")
        size += len(text.encode())
    return size


def make_course(root: Path, numbers: Sequence[int], config: str = "") -> int:
    """A course at `root` with the notebook and these students' work, and the course's own nbgrader_config.py or the
    text `config` in its place. Returns the bytes of the work."""
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder / LESSON, root / folder / LESSON)
    if config:
        (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    else:
        shutil.copy(ROOT / "nbgrader_config.py", root)
    return hand_in(root / "submitted", numbers)


def without_checks(notebook: NotebookNode) -> list[str]:
    """The sources of the code cells that a student's kernel runs when checks are judged elsewhere."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.source.strip()
        and not re.fullmatch(r'\s*check\("[\w-]+"\)\s*', cell.source)
    ]
