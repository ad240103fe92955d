"""Specimens that are a few cells of code in an otherwise ordinary notebook: read from cells/KIND.txt.

A header begins a specimen, and says in which lesson its code stands and where:

    # %% name="patched-run" in="02" top note="registry.run is replaced"
    # %% and answer="conv2d"

`top` is after the cell that imports everything, `before="…"` and `after="…"` are beside a cell by its grade id,
`answer="…"` is in place of the answer to that check, `check="…"` in place of a check cell. `and` adds a cell to the
specimen above. What such a specimen deserves: all points of what is solved in it, but `loses="…"` names checks that
earn nothing (`loses="pad2d:0.5"`: that much), `perhaps="…"` checks (or `all`, `below`) of which nothing is promised,
and `reported` tells that what is earned has to be shown to somebody.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.grading.corpus import DISHONEST, MARK, PORT, Specimen
from tests.grading.corpus.notebooks import SOLVED, Paper, points

CELLS = Path(__file__).parent / "cells"
PLACES = ("top", "before", "after", "answer", "check")
KEYS = {*PLACES, "name", "in", "note", "loses", "perhaps", "reported", "and"}


@dataclass(frozen=True)
class Snippet:
    """One cell: the words of its header, its source, and where that stands, for messages."""

    about: dict[str, str]
    source: str
    where: str


def read(kind: str) -> Iterator[Specimen]:
    """The specimens of cells/KIND.txt. Raises ValueError, with file and line, for a header that cannot be read."""
    group: list[Snippet] = []
    for snippet in _snippets(CELLS / f"{kind}.txt"):
        if group and "and" not in snippet.about:
            yield _specimen(kind, group)
            group = []
        group.append(snippet)
    if group:
        yield _specimen(kind, group)


def _snippets(path: Path) -> Iterator[Snippet]:
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("# %% ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        where = f"{path}:{start + 1}"
        words = [word.partition("=") for word in shlex.split(lines[start][5:])]
        about = {key: value for key, _, value in words}
        if set(about) - KEYS or not set(about) & set(PLACES):
            raise ValueError(f"{where}: cannot read this header; unknown: {sorted(set(about) - KEYS)}")
        source = "\n".join(lines[start + 1 : end]).strip("\n")
        yield Snippet(about, source.replace("@PORT@", str(PORT)).replace("@MARK@", MARK), where)


def _specimen(kind: str, group: list[Snippet]) -> Specimen:
    about = group[0].about
    number = about["in"]
    paper = Paper(number).guess() if kind == DISHONEST else Paper(number).solve()
    for snippet in group:
        _put(paper, snippet)
    at_most = dict(points(number))
    if kind == DISHONEST:
        at_most = {cell: worth if cell[6:] in SOLVED[number] else 0.0 for cell, worth in at_most.items()}
    for word in about.get("loses", "").split():
        check, _, left = word.partition(":")
        at_most[f"check-{check}"] = float(left or 0)
    if "reported" in about:
        at_most |= {f"check-{check}": points(number)[f"check-{check}"] for check in _answered(group)}
    at_least = dict(at_most)
    for cell in _open(paper, group[0], at_least, _answered(group) if "reported" in about else []):
        at_least[cell] = 0.0
    return Specimen(
        about["name"],
        kind,
        paper.name,
        about["note"],
        {f"{paper.name}.ipynb": paper.bytes()},
        at_least,
        at_most,
        "reported" in about,
    )


def _answered(group: list[Snippet]) -> list[str]:
    return [snippet.about["answer"] for snippet in group if "answer" in snippet.about]


def _put(paper: Paper, snippet: Snippet) -> None:
    about = snippet.about
    try:
        if "top" in about:
            paper.top(snippet.source)
        elif "before" in about:
            paper.before(about["before"], snippet.source)
        elif "after" in about:
            paper.after(about["after"], snippet.source)
        elif "answer" in about:
            paper.write(about["answer"], snippet.source)
        else:
            paper.cell(f"check-{about['check']}")["source"] = snippet.source
    except KeyError as error:
        raise ValueError(f"{snippet.where}: {error}") from error


def _open(paper: Paper, first: Snippet, cells: dict[str, float], answered: list[str]) -> list[str]:
    """The checks of which nothing is promised."""
    said = first.about.get("perhaps", "").split()
    if said == ["all"]:
        return list(cells)
    if said == ["below"]:
        name = first.about.get("before") or first.about.get("after") or f"answer-{first.about['answer']}"
        return [cell for cell in cells if paper.at(cell) >= paper.at(name)]
    return [f"check-{check}" for check in (*said, *answered)]
