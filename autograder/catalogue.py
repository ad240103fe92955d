"""The catalogues: for each check, answers that are right and answers that are wrong, as students type them.

A catalogue is a percent script beside the checks, one answer a cell:

    # %% right="pad2d" style="numpy"
    # %% wrong="pad2d" says="one-side"

`style` names the way a right answer is written, `says` the finding that the check must give for a wrong one. The tests
prove each check with them, and the example class hands them in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext
from rich.table import Table

from autograder import checks
from autograder.checks.registry import Check

FOLDER = Path(checks.__file__).parent / "catalogue"
LABELS = {"right": "style", "wrong": "says"}


class CatalogueError(ValueError):
    """Faults in a catalogue, one a line, each with file and line number."""


@dataclass(frozen=True)
class Answer:
    """One answer to one check. `label` is the style of a right answer, or what a wrong one makes the check say."""

    check: str
    right: bool
    label: str
    source: str
    file: str
    line: int


def load(path: Path, known: Collection[str] = checks.CHECKS) -> list[Answer]:
    """The answers of one catalogue, in its order.

    Raises CatalogueError that lists every fault: an unknown check (none of `known`) or key, a label that is missing
    or used twice for a check, an empty cell.
    """
    text = path.read_text(encoding="utf-8")
    cells = list(jupytext.reads(text, fmt="py:percent").cells)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"#\s*%%", line)]
    if len(cells) == len(lines) + 1:  # what stands above the first header: the catalogue's own description
        cells = cells[1:]
    if len(cells) != len(lines):
        raise CatalogueError(f"{path}:1: {len(lines)} headers but {len(cells)} cells: is there a `# %%` inside a cell?")

    answers: list[Answer] = []
    faults: list[str] = []
    first: dict[tuple[str, bool, str], int] = {}
    for cell, line in zip(cells, lines, strict=True):
        if cell.cell_type == "markdown" and not set(cell.metadata) & set(LABELS):
            continue
        keys = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
        fault = _fault(keys, cell.source, known)
        if fault:
            faults.append(f"{path}:{line}: {fault}")
            continue
        kind = "right" if "right" in keys else "wrong"
        answer = Answer(keys[kind], kind == "right", keys[LABELS[kind]], cell.source, str(path), line)
        earlier = first.setdefault((answer.check, answer.right, answer.label), line)
        if earlier != line:
            faults.append(
                f'{path}:{line}: {answer.check} has two {kind} answers with {LABELS[kind]}="{answer.label}"; '
                f"the first is on line {earlier}"
            )
        answers.append(answer)
    if faults:
        raise CatalogueError("\n".join(faults))
    return answers


def all_answers(folder: Path = FOLDER) -> list[Answer]:
    """The answers of every catalogue. Raises CatalogueError with the faults of all of them."""
    answers: list[Answer] = []
    faults: list[str] = []
    for path in sorted(folder.glob("*.py")):
        try:
            answers += load(path)
        except CatalogueError as error:
            faults.append(str(error))
    if faults:
        raise CatalogueError("\n".join(faults))
    return answers


def listing(known: Iterable[Check], answers: Iterable[Answer]) -> list[dict[str, object]]:
    """One row for each check: notebook, exercise, points and how many right and wrong answers prove it."""
    count = Counter((answer.check, answer.right) for answer in answers)
    return [
        {
            "check": check.name,
            "notebook": check.notebook,
            "exercise": check.exercise,
            "title": check.title,
            "points": check.points,
            "right": count[check.name, True],
            "wrong": count[check.name, False],
        }
        for check in known
    ]


def table(rows: Sequence[dict[str, object]]) -> Table:
    """The listing for reading, with totals."""
    shown = Table(box=None, show_footer=True, pad_edge=False, padding=(0, 3, 0, 0))
    for key in ("notebook", "exercise", "check"):
        shown.add_column(key, footer=f"{len(rows)} checks" if key == "check" else "")
    for key in ("points", "right", "wrong"):
        total = sum(float(str(row[key])) for row in rows)
        shown.add_column(key, footer=f"{total:g}", justify="right")
    for row in rows:
        shown.add_row(*(f"{value:g}" if isinstance(value, float) else str(value) for value in _shown(row)))
    return shown


def _shown(row: dict[str, object]) -> list[object]:
    return [row[key] for key in ("notebook", "exercise", "check", "points", "right", "wrong")]


def _fault(keys: dict[str, object], source: str, known: Collection[str]) -> str | None:
    kinds = [kind for kind in LABELS if kind in keys]
    if len(kinds) != 1 or "incorrectly_encoded_metadata" in keys:
        return 'the header must be `# %% right="check" style="…"` or `# %% wrong="check" says="…"`'
    (kind,) = kinds
    unknown = sorted(set(keys) - {kind, LABELS[kind]})
    if unknown:
        return f"unknown key {unknown[0]!r}; a {kind} answer has {kind}= and {LABELS[kind]}="
    if keys[kind] not in known:
        return f"there is no check {keys[kind]!r}"
    if not isinstance(keys.get(LABELS[kind]), str) or not keys[LABELS[kind]]:
        return f"a {kind} answer needs {LABELS[kind]}="
    if not source.strip():
        return "the cell is empty"
    return None
