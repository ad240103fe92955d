"""The corpus as a page to read: what was tried, what each marking made of it, and which specimens showed something."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.grading.corpus import KINDS, Specimen
from tests.grading.corpus.outcome import STOCK, WAYS, Marked, reckon
from tests.grading.corpus.table import ROWS, counts

INTRODUCTION = """\
# Hundreds of submissions that cheat, break or look odd

Each is made by code from the notebooks of this course, with the marks that it deserves: {sizes}. `make corpus` marks
them all in two ways. **Ours** is `autograder grade`, all of them in one run as one class. **Stock** is nbgrader
{nbgrader} as it comes, each submission alone in a copy of the course, since many of them would stop the marking of all
others. What is counted are specimens.

- *undeserved points*: more than the work is worth, or points for work that only a person can judge, without a word to
  that person.
- *points lost*: less than the work is worth. Cheats have solved a few exercises honestly, and keep those points.
- *without a mark*: an exercise at least that has no score at all.
- *wrongly suspected*: honest work that is reported as a try to cheat.
- *secrets seen*: the solutions, the secret of the class, or the work of others came out in the marked notebook or page.
- *effects on others*: somebody else's mark or file changed, a process stayed behind, a script in the feedback page, the
  network was reached, or the marking process ended or never did.
"""


def page(specimens: Sequence[Specimen], marked: Sequence[Marked]) -> str:
    """The page as Markdown. What is not marked in a way is said."""
    sizes = ", ".join(f"{sum(one.kind == kind for one in specimens)} {kind}" for kind in KINDS)
    lines = [INTRODUCTION.format(sizes=sizes, nbgrader=version("nbgrader"))]
    lines += [f"| | marked by | {' | '.join(ROWS)} |", "| --- | --- |" + " ---: |" * len(ROWS)]
    by_way = {way: counts(specimens, marked, way) for way in WAYS}
    for kind in (*KINDS, "all"):
        for way in WAYS:
            found = by_way[way][kind]
            cells = " | ".join(str(found[row]) for row in ROWS)
            lines.append(f"| {kind} | {way} | {cells} |")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines += ["", f"Marked on {machine}, {datetime.date.today().isoformat()}.", ""]
    known = {one.name: one for one in specimens}
    for way in WAYS:
        lines += [f"## What {way} does with which", ""]
        shown = False
        for title, names in _named(known, [one for one in marked if one.way == way and one.name in known]):
            if names:
                shown = True
                lines += [f"**{title}** ({len(names)}): {', '.join(f'`{name}`' for name in names)}.", ""]
        if not shown:
            lines += ["Nothing of all this.", ""]
    lines += [
        f"Kinds and names are those of `tests/grading/corpus`; {STOCK} has the lists in `nbgrader_config.py` emptied."
    ]
    return "\n".join(lines) + "\n"


def _named(known: dict[str, Specimen], marked: Sequence[Marked]) -> list[tuple[str, list[str]]]:
    """For each of ROWS but the first, the specimens that show it."""
    found: dict[str, list[str]] = {row: [] for row in ROWS[1:]}
    for one in sorted(marked, key=lambda one: one.name):
        reckoning = reckon(known[one.name], one)
        facts = (
            reckoning.undeserved,
            reckoning.lost,
            reckoning.unmarked,
            reckoning.suspected,
            one.secrets,
            one.effects,
        )
        for row, fact in zip(ROWS[1:], facts, strict=True):
            if fact:
                found[row].append(one.name)
    return list(found.items())


def write(path: Path, text: str) -> None:
    """Write the page, all of it or nothing."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
