"""Which assignment a notebook is, by its name or by the exercises in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from autograder.grading.collecting import names
from autograder.grading.course import Assignment

CHECK = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']\s*\)""")


class SubjectError(Exception):
    """It cannot be told which assignment a notebook is; the message says why."""


def meant(text: str, known: Mapping[str, Assignment]) -> str:
    """The assignment that an instructor has typed: its name or its number. Raises SubjectError."""
    if text in known:
        return text
    wanted = names.words(text)
    number = int(text) if text.isascii() and text.isdigit() else None
    found = [name for name in known if names.words(name) == wanted or (number is not None and _number(name) == number)]
    if len(found) != 1:
        raise SubjectError(f"there is no assignment {text}: there are {', '.join(known)}")
    return found[0]


def _number(name: str) -> int | None:
    found = re.match(r"\d+", name)
    return int(found[0]) if found else None


def by_name(file: str, known: Mapping[str, Assignment]) -> str | None:
    """The assignment that a notebook's name names, whatever copying has added to it, or None."""
    titles = names.stem(file), names.plain_stem(file)[0]
    for name in known:
        if any(names.words(name) == names.words(title) for title in titles):
            return name
    within = [found[0] for title in titles if (found := names.assignment_in(title, known))]
    return within[0] if within else None


def by_content(content: bytes, known: Mapping[str, Assignment]) -> set[str]:
    """The assignments whose own exercises are in a notebook; none where it is no notebook or has lost them."""
    often = Counter(cell for assignment in known.values() for cell in assignment.cells)
    found = _cells(content)
    return {name for name, assignment in known.items() if any(often[cell] == 1 for cell in found & assignment.cells)}


def subject(file: str, content: bytes, known: Mapping[str, Assignment], chosen: str = "") -> tuple[str, bool]:
    """(assignment, whether its name says so). `chosen` is what the instructor has said that all of them are.

    Raises SubjectError where nothing tells it, or the name and the exercises tell different things.
    """
    named, inside = by_name(file, known), by_content(content, known)
    if chosen and named not in (None, chosen):
        raise SubjectError(f"is called {named}, not {chosen}")
    assignment = chosen or named
    if assignment:
        if inside and assignment not in inside:
            called = "is called" if named else "should be"
            raise SubjectError(f"{called} {assignment}, but its exercises are those of {_list(inside)}")
        return assignment, named is not None
    if len(inside) == 1:
        return next(iter(inside)), False
    if inside:
        raise SubjectError(f"has exercises of {_list(inside)}: rename it to what it is")
    raise SubjectError("neither its name nor its exercises say which assignment it is: rename it, or use --assignment")


def _list(assignments: set[str]) -> str:
    return " and ".join(sorted(assignments))


def _cells(content: bytes) -> set[str]:
    """The ids of the exercise cells of a notebook; where there are none, those of the checks that it calls."""
    try:
        notebook: Any = json.loads(content)
        cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
        ids = {str(cell["metadata"]["nbgrader"]["grade_id"]) for cell in cells if _has_id(cell)}
        sources = ["".join(cell["source"]) for cell in cells if isinstance(cell.get("source"), str | list)]
    except (ValueError, RecursionError, KeyError, TypeError):
        return set()
    return ids or {f"check-{name}" for source in sources for name in CHECK.findall(source)}


def _has_id(cell: Mapping[str, Any]) -> bool:
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return isinstance(about, dict) and "grade_id" in about
