"""The variables of solved notebooks, for tests that put other answers in; they want the fixture `quick_lessons`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from autograder.building.lesson import read_lesson
from autograder.checks import CHECKS

ROOT = Path(__file__).parents[1]


@cache
def solved(lesson: str) -> dict[str, object]:
    """The variables of a solved lesson when all of its cells but the checks have run."""
    names: dict[str, object] = {}
    for cell in read_lesson(ROOT / "solutions" / f"{lesson}.py", ROOT, CHECKS).cells:
        if cell.kind == "code" and cell.role != "check":
            exec(cell.source, names)
    return names


def notebook(check: str, source: str = "") -> dict[str, object]:
    """A solved notebook's variables, with the answer to one exercise replaced by `source`."""
    names = {name: value for name, value in solved(CHECKS[check].notebook).items() if name not in CHECKS[check].asks}
    exec(source, names)
    return names
