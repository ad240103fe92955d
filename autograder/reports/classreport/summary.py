"""What a class report says of an assignment, worked out from its rows: pure functions of `data.Work`."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.grading import account
from autograder.grading.account import Account
from autograder.grading.table import waiting as waiting_in_words
from autograder.reports.classreport.data import OPEN, STANDINGS, UNMARKED, Exercise, Row, Work

# The kinds of repair that a person should check, and the heading of TITLES for each.
TO_CHECK = {"unreadable": "unreadable", "other-notebook": "unreadable", "several-answers": "repair"}
UNEXPLAINED = "No misconception was recognised."
TITLES = {
    "waiting": "Exercises to be marked by hand",
    "unmarked": "Handed in, but without a mark",
    "unreadable": "Could not be read, or are not this notebook",
    "attack": "Tried to interfere with marking",
    "forbidden": "Used what an exercise asks to do without",
    "incident": "Went wrong while running",
    "not judged": "Checks that could not be tried",
    "notebook": "Marked notebooks that are missing or damaged",
    "repair": "Repairs that somebody should check",
}


@dataclass(frozen=True)
class Spread:
    """The totals of those who have a mark, in points: smallest, quartiles and largest, and how many there are."""

    count: int
    least: float
    lower: float
    median: float
    upper: float
    most: float


@dataclass(frozen=True)
class Misconception:
    """One idea behind wrong answers: what the check said of it, who had it, and the points that these lack."""

    finding: str
    text: str
    students: tuple[str, ...]
    lost: float

    @property
    def name(self) -> str:
        """What to call it in a list."""
        return self.finding or "not recognised"


@dataclass(frozen=True)
class Summary:
    """How an exercise went: the mean `share` of its points (None while nobody has a mark for it), how many stand how,
    in the order of STANDINGS, and the misconceptions, those that cost most first."""

    exercise: Exercise
    share: float | None
    counts: dict[str, int]
    misconceptions: tuple[Misconception, ...]


@dataclass(frozen=True)
class Repair:
    """One kind of repair: an example of what was said, how often it was made, and in whose work."""

    kind: str
    text: str
    times: int
    students: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """Something that a person should look at: in whose work, where, and what about it."""

    students: tuple[str, ...]
    where: str
    text: str


@dataclass(frozen=True)
class Marking:
    """How it was marked: how many in a sandbox, who without one, how many with no account of it; first and last day."""

    sandboxed: int
    bare: tuple[str, ...]
    untold: int
    days: tuple[str, ...]


def spread(rows: Iterable[Row]) -> Spread | None:
    """Quartiles of the totals, by linear interpolation; None where nobody has a mark."""
    totals = sorted(row.total for row in rows if row.total is not None)
    if not totals:
        return None
    lower, median, upper = statistics.quantiles(totals, n=4, method="inclusive") if len(totals) > 1 else totals * 3
    return Spread(len(totals), totals[0], lower, median, upper, totals[-1])


def exercises(work: Work) -> tuple[Summary, ...]:
    """How each exercise went, the hardest first; those without any mark yet come last."""
    told = [_summary(exercise, work.rows) for exercise in work.exercises]
    return tuple(sorted(told, key=lambda each: (each.share is None, each.share or 0.0)))


def _summary(exercise: Exercise, rows: Sequence[Row]) -> Summary:
    marks = [mark for row in rows for mark in row.marks if mark.cell == exercise.cell]
    known = [mark.share for mark in marks if mark.standing != OPEN]
    counts = Counter(mark.standing for mark in marks)
    share = statistics.fmean(known) if known else None
    return Summary(exercise, share, {name: counts[name] for name in STANDINGS}, _misconceptions(exercise, rows))


def _misconceptions(exercise: Exercise, rows: Sequence[Row]) -> tuple[Misconception, ...]:
    texts: dict[str, Counter[str]] = {}
    lost: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        for judged in row.account.judged if row.account and row.marks else ():
            if judged.cell == exercise.cell and judged.outcome in ("partly", "wrong"):
                texts.setdefault(judged.finding, Counter())[judged.text] += 1
                lost.setdefault(judged.finding, []).append((row.student, max(judged.maximum - judged.points, 0.0)))
    found = [
        Misconception(
            finding,
            (texts[finding].most_common(1)[0][0] or finding) if finding else UNEXPLAINED,
            tuple(student for student, _ in who),
            sum(points for _, points in who),
        )
        for finding, who in lost.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.lost, -len(each.students), not each.finding, each.finding)))


def repairs(rows: Iterable[Row]) -> tuple[Repair, ...]:
    """What was repaired, the most frequent first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        for remark in row.account.remarks if row.account else ():
            found.setdefault(remark.kind, []).append((row.student, remark.text))
    made = [
        Repair(kind, entries[0][1], len(entries), tuple(dict.fromkeys(student for student, _ in entries)))
        for kind, entries in found.items()
    ]
    return tuple(sorted(made, key=lambda repair: (-repair.times, repair.kind)))


def tasks(work: Work) -> dict[str, tuple[Task, ...]]:
    """What a person should look at, by the heading that it goes under; no heading without anything below it."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {kind: {} for kind in TITLES}
    for row in work.rows:
        for kind, where, text in _tasks(row, work):
            students = found[kind].setdefault((where, text), [])
            if row.student not in students[-1:]:
                students.append(row.student)
    return {
        TITLES[kind]: tuple(Task(tuple(students), *what) for what, students in entries.items())
        for kind, entries in found.items()
        if entries
    }


def _tasks(row: Row, work: Work) -> Iterator[tuple[str, str, str]]:
    """What to look at in one student's work: a kind of TITLES, where, and what."""
    names = {exercise.cell: f"{exercise.number} {exercise.title}" for exercise in work.exercises}
    told = row.account or Account()
    if row.waiting:
        cells = [names[mark.cell] for mark in row.marks if mark.standing == OPEN]
        yield "waiting", "; ".join(cells), waiting_in_words(row.waiting)
    if row.why == UNMARKED:
        yield "unmarked", "", "; ".join((row.why, *row.notes))
    if row.trouble:
        yield "notebook", "", row.trouble
    for incident in told.incidents:
        kind = incident.kind if incident.kind in ("unreadable", "attack", "forbidden") else "incident"
        if incident.for_human or kind != "incident":
            yield kind, names.get(incident.cell, incident.cell), incident.text
    for remark in told.remarks:
        if remark.kind in TO_CHECK:
            yield TO_CHECK[remark.kind], names.get(remark.cell, remark.cell), remark.text
    for judged in told.judged:
        if judged.outcome == "not judged":
            text = judged.text or "The check could not be tried, so that this exercise has no points."
            yield "not judged", names.get(judged.cell, judged.check), text


def marking(rows: Iterable[Row]) -> Marking:
    """How far the students' code was kept apart, and when the marked notebooks were written (days, UTC)."""
    there = [row for row in rows if row.marked_at is not None]
    kinds = Counter(row.account.isolation if row.account else "" for row in there)
    days = sorted({f"{row.marked_at:%Y-%m-%d}" for row in there})
    bare = tuple(row.student for row in there if row.account and row.account.isolation == account.NO_SANDBOX)
    return Marking(kinds[account.SANDBOX], bare, kinds[""], tuple(dict.fromkeys(days[:1] + days[-1:])))
