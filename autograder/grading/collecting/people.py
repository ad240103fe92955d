"""What the roster says of each student besides ids, kept in .marking/people.json for the gradebook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from autograder.grading import cells
from autograder.grading.collecting.roster import Person, Roster

PEOPLE = "people.json"
FIELDS = ("first_name", "last_name", "email")


def note(roster: Roster, path: Path) -> None:
    """Add the people of a roster to those known, all of them or none. What it does not say stays as it was."""
    known = {student: dict(about) for student, about in load(path).items()}
    for person in roster.people:
        told = dict(zip(FIELDS, (*_first_and_last(person), person.value("email")), strict=True))
        known.setdefault(person.student, {}).update({name: value for name, value in told.items() if value})
    cells.write(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False).encode(), path)


def _first_and_last(person: Person) -> tuple[str, str]:
    """As the roster has them; Canvas has only "Lovelace, Ada"."""
    if person.first or person.last:
        return person.first, person.last
    sortable = next((name for name in person.names if name.count(",") == 1), ",")
    last, first = (part.strip() for part in sortable.split(","))
    return first, last


def load(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Student → those of FIELDS that are known. Nobody where there is no such file, or one that cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(student): {name: str(about[name]) for name in FIELDS if name in about}
            for student, about in kept.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
