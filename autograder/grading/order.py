"""Where a student's own cells go among the cells of the lesson, when some of these were moved, deleted or put back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.grading import names

NEEDS = 1000.0  # what it costs to put a cell before one whose names it uses
CODE, TEXT = 1.0, 0.25  # what it costs to change the order of two cells, when one is code, or text

Known = Mapping[str, tuple[frozenset[str], frozenset[str]]]  # source → the names that it gives and uses
NONE: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


@dataclass(frozen=True)
class Standing:
    """A cell where the student has it: its place in the lesson, None for a cell of their own, and its source."""

    place: int | None
    code: bool
    source: str


def moved(standing: Sequence[Standing]) -> frozenset[int]:
    """The places whose cells a student has moved: the fewest without which the rest is in the lesson's order."""
    tails: list[int] = []  # the smallest end of an increasing row of each length
    rows: list[tuple[int, int]] = []  # (place, the row's element before it)
    ends: list[int] = []
    for place in (item.place for item in standing if item.place is not None):
        at = bisect_left(tails, place)
        rows.append((place, ends[at - 1] if at else -1))
        tails[at : at + 1], ends[at : at + 1] = [place], [len(rows) - 1]
    kept, last = set[int](), ends[-1] if ends else -1
    while last >= 0:
        kept.add(rows[last][0])
        last = rows[last][1]
    return frozenset(place for place, _ in rows if place not in kept)


def slots(standing: Sequence[Standing], length: int) -> list[int]:
    """For each of a student's own cells, in their order, the number of cells of the lesson that stand before it.

    `length` is that of the lesson. They keep their order; against the cells of the lesson as few as can be change
    sides, and least of all those of which one uses the names of the other.
    """
    own = [number for number, item in enumerate(standing) if item.place is None]
    if not own:
        return []
    if not moved(standing):
        found, before = [], 0
        for item in standing:
            if item.place is None:
                found.append(before)
            else:
                before = item.place + 1
        return found
    known = {item.source: (names.given(item.source), names.used(item.source)) for item in standing if item.code}
    costs = [_costs(standing, known, number, length) for number in own]
    best = [costs[0]]  # best[e][s]: the least cost when cell e is in slot s, and those before it in none after s
    for row in costs[1:]:
        least, cheapest = float("inf"), []
        for above, cost in zip(best[-1], row, strict=True):
            least = min(least, above)
            cheapest.append(least + cost)
        best.append(cheapest)
    found, limit = [], length + 1
    for reach in reversed(best):
        limit = min(range(limit), key=lambda slot: reach[slot]) + 1
        found.append(limit - 1)
    return found[::-1]


def _costs(standing: Sequence[Standing], known: Known, number: int, length: int) -> list[float]:
    """What each slot would cost a student's own cell, by those cells of the lesson that change sides with it."""
    cell = standing[number]
    gives, uses = known[cell.source] if cell.code else NONE
    step = [0.0] * length  # what it costs more to stand after a place than before it
    start = 0.0
    for where, other in enumerate(standing):
        if other.place is None:
            continue
        weight = CODE if cell.code and other.code else TEXT
        given, used = known[other.source] if other.code else NONE
        if where < number:
            if not uses.isdisjoint(given):
                weight += NEEDS
            start += weight
            step[other.place] = -weight
        else:
            if not gives.isdisjoint(used):
                weight += NEEDS
            step[other.place] = weight
    costs = [start]
    for more in step:
        costs.append(costs[-1] + more)
    return costs
