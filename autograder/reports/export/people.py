"""Which row of a platform's table is which student of the gradebook: by ids, never by a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.grading.collecting import names
from autograder.grading.collecting.ledger import Item
from autograder.grading.collecting.roster import Roster, column_kinds
from autograder.reports.export.marks import Student

OWN = ("login", "sis", "email", "canvas")  # the kinds of ids that a student's folder may be named by
Ids = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Matched:
    """Student → row, and (student, why) for those who have none."""

    rows: Mapping[str, int]
    unmatched: Mapping[str, str]


def match(
    students: Iterable[Student],
    rows: Sequence[Sequence[str]],
    numbers: Iterable[int],
    roster: Roster | None = None,
    collected: Mapping[str, Item] | None = None,
    assignment: str = "",
) -> Matched:
    """Find the students among the rows with those `numbers`; row 0 has the headers.

    A student is known by their id, the gradebook's e-mail, what a `roster` says, and the numbers by which their work
    was `collected` from Canvas, or from Moodle for this `assignment`. A name counts only where no id says anything.
    """
    kinds = column_kinds(rows[0])
    by_id: dict[tuple[str, str], set[int]] = {}
    by_name: dict[str, set[int]] = {}
    for number in numbers:
        for column, kind in kinds.items():
            text = names.exact(rows[number][column]) if column < len(rows[number]) else ""
            if text and kind == "name":
                by_name.setdefault(text, set()).add(number)
            elif text and kind not in ("first", "last"):
                by_id.setdefault(_key(kind, text), set()).add(number)
    people = {person.student: person for person in roster.people} if roster else {}
    found: dict[str, int] = {}
    unmatched: dict[str, str] = {}
    for student in students:
        person = people.get(student.id)
        ids = set(person.ids if person else ()) | {("id", student.id), ("email", student.email)}
        ids |= _collected(student.id, collected or {}, assignment)
        hits = set[int]().union(*(by_id.get(key, set()) for key in _keys(ids)))
        if not hits:
            called = set(person.names if person else ()) | _moodle_names(student.id, collected or {}, assignment)
            hits = set[int]().union(*(by_name.get(names.exact(name), set()) for name in called))
        if len(hits) == 1:
            found[student.id] = next(iter(hits))
        elif hits:
            unmatched[student.id] = f"could be each of the rows {', '.join(str(row + 1) for row in sorted(hits))}"
        else:
            unmatched[student.id] = "not in the file"
    often = Counter(found.values())
    for student_id, row in list(found.items()):
        if often[row] > 1:
            del found[student_id]
            unmatched[student_id] = f"row {row + 1} could also be somebody else's"
    return Matched(found, unmatched)


def _collected(student: str, collected: Mapping[str, Item], assignment: str) -> set[tuple[str, str]]:
    ids = set()
    for work, item in collected.items():
        whose, _, what = work.rpartition("/")
        if whose == student and item.number and (item.kind == "canvas" or what == assignment):
            ids.add((item.kind, item.number))
    return ids


def _moodle_names(student: str, collected: Mapping[str, Item], assignment: str) -> set[str]:
    item = collected.get(f"{student}/{assignment}")
    return {item.name} if item and item.kind == "moodle" else set()


def _keys(ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    keys = set()
    for kind, value in ids:
        if value and kind == "id":
            keys |= {_key(other, value) for other in ("id", *OWN)}
        elif value:
            keys.add(_key(kind, value))
            if kind == "email":  # many universities log in with it
                keys.add(_key("login", value))
    return keys


def _key(kind: str, value: str) -> tuple[str, str]:
    if kind == "moodle":  # "Participant 12345", in the platform's language
        digits = value.rpartition(" ")[2]
        return kind, digits if digits.isdigit() else value
    return kind, value.casefold() if kind in ("login", "email", "id") else value
