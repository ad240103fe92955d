"""The corpus in a table: our marking beside stock nbgrader's, by kind of specimen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table

from tests.grading.corpus import KINDS, Specimen
from tests.grading.corpus.outcome import WAYS, Marked, reckon

ROWS = (
    "specimens",
    "with undeserved points",
    "with points lost",
    "without a mark",
    "wrongly suspected",
    "secrets seen",
    "effects on others",
)


def counts(specimens: Sequence[Specimen], marked: Iterable[Marked], way: str) -> dict[str, dict[str, int]]:
    """For each kind, and for all, how many of the specimens marked in that way show each of ROWS."""
    known = {specimen.name: specimen for specimen in specimens}
    found = {kind: dict.fromkeys(ROWS, 0) for kind in (*KINDS, "all")}
    for one in marked:
        if one.way != way or one.name not in known:
            continue
        specimen = known[one.name]
        reckoning = reckon(specimen, one)
        points = (reckoning.undeserved, reckoning.lost, reckoning.unmarked)
        facts = (True, *points, reckoning.suspected, one.secrets, one.effects)
        for kind in (specimen.kind, "all"):
            for row, fact in zip(ROWS, facts, strict=True):
                found[kind][row] += bool(fact)
    return found


def table(specimens: Sequence[Specimen], marked: Sequence[Marked]) -> Table:
    """One row for each kind of specimen and way of marking."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("")
    shown.add_column("marked by")
    for row in ROWS:
        shown.add_column(row.replace(" ", "\n", 1), justify="right")
    by_way = {way: counts(specimens, marked, way) for way in WAYS}
    for kind in (*KINDS, "all"):
        for way in WAYS:
            if by_way[way][kind]["specimens"]:
                shown.add_row(kind, way, *(str(by_way[way][kind][row]) for row in ROWS))
    return shown


def details(specimens: Sequence[Specimen], marked: Iterable[Marked], way: str) -> list[str]:
    """A line for every specimen that shows something, worst first."""
    known = {specimen.name: specimen for specimen in specimens}
    lines = []
    for one in marked:
        if one.way != way or one.name not in known:
            continue
        specimen, reckoning = known[one.name], reckon(known[one.name], one)
        facts = []
        if reckoning.undeserved:
            facts.append(f"{reckoning.undeserved:g} points undeserved")
        if reckoning.unmarked:
            facts.append("no mark" + (f" ({one.failure.strip()[-160:]})" if one.failure else ""))
        if reckoning.lost:
            facts.append(f"{reckoning.lost:g} points lost ({_which(specimen, one)})")
        facts += ["suspected of what it has not done"] * reckoning.suspected
        facts += [f"saw: {', '.join(one.secrets)}"] * bool(one.secrets)
        facts += [f"did: {'; '.join(one.effects)[:300]}"] * bool(one.effects)
        if facts:
            lines.append(f"{specimen.kind} {specimen.name} [{specimen.assignment[:2]}]: {'; '.join(facts)}")
    return sorted(lines)


def _which(specimen: Specimen, one: Marked) -> str:
    return " ".join(cell[6:] for cell, least in specimen.at_least.items() if least > (one.points.get(cell) or 0.0))
