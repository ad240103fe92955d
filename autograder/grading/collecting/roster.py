"""Who is in the class: a CSV file of one's own, or one that Canvas or Moodle has exported, and whose a file is by it.

A student's work must never come under another's name, so nobody is guessed: where two could be meant, or an id and a
name say different things, nobody is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading import cells
from autograder.grading.collecting import names
from autograder.grading.collecting.archive import name_fault
from autograder.grading.example import NOTE, PREFIX
from autograder.grading.submissions import UNUSABLE, ascii_control_free

# What a column holds, by how its header is called without spaces, accents and case.
HEADERS = {
    "id": "id studentid nbgraderid studentsid",
    "login": "login loginid sisloginid username userid user netid uniid benutzername anmeldename nomdutilisateur "
    "nombredeusuario",
    "sis": "sisuserid sisid idnumber studentnumber matriculationnumber matrikelnummer matrnr orgdefinedid idnummer "
    "numerodid numerodeid universityid integrationid",
    "email": "email emailaddress mail emailadresse adressedecourriel direcciondecorreo correo correoelectronico",
    "first": "firstname first givenname forename vorname prenom nombre",
    "last": "lastname last surname familyname nachname nom apellidos apellido",
    "name": "name fullname student studentname displayname sortablename vollstandigername nomcomplet nombrecompleto",
    "canvas": "canvasid canvasuserid",
    "moodle": "identifier participant moodleid",
}
KINDS = {header: kind for kind, headers in HEADERS.items() for header in headers.split()}
STUDENT = ("id", "login", "sis", "email", "canvas")  # which column names a student's folder: the first that is there
NOT_PEOPLE = re.compile(r"^\s*points possible|^student, test$", re.IGNORECASE)  # rows of Canvas's own


class RosterError(Exception):
    """A roster cannot be used."""


@dataclass(frozen=True)
class Person:
    """One student: the `student` of submitted/STUDENT/, and all that other systems call them.

    `ids` are (kind, value) pairs, of the kinds in HEADERS; `names` are full names as they are written, the sortable one
    ("Lovelace, Ada") among them where it is known.
    """

    student: str
    ids: frozenset[tuple[str, str]]
    names: tuple[str, ...]
    first: str = ""
    last: str = ""

    def value(self, kind: str) -> str:
        """The id of a kind, or nothing."""
        return next((value for other, value in sorted(self.ids) if other == kind), "")


@dataclass(frozen=True)
class Whose:
    """What a source says of who handed something in.

    `kind` is "canvas" or "moodle", with the `number` that these give, or "folder" where `name` is what a person has
    called a folder or file.
    """

    kind: str
    name: str
    number: str = ""


class UnknownError(Exception):
    """Nobody, or not one alone, is meant; the message says why."""


@dataclass
class Roster:
    """The class. `remarks` say which rows were passed over."""

    name: str
    people: tuple[Person, ...]
    remarks: tuple[str, ...] = ()
    _ids: dict[tuple[str, str], set[Person]] = field(default_factory=dict)
    _exact: dict[str, set[Person]] = field(default_factory=dict)
    _canvas: dict[str, set[Person]] = field(default_factory=dict)
    _loose: dict[str, set[Person]] = field(default_factory=dict)
    _loose_ids: dict[str, set[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people:
            for kind, value in person.ids:
                self._ids.setdefault((kind, value), set()).add(person)
                self._loose_ids.setdefault(value.casefold(), set()).add(person)
            for name in person.names:
                self._exact.setdefault(names.exact(name), set()).add(person)
                if _is_sortable(name):
                    self._canvas.setdefault(names.canvas_form(name), set()).add(person)
                for key in names.keys(name):
                    self._loose.setdefault(key, set()).add(person)

    def by_id(self, kind: str, value: str) -> set[Person]:
        """Those who have an id of a kind."""
        return self._ids.get((kind, value), set())

    def find(self, whose: Whose) -> Person:
        """The one person who is meant. Raises UnknownError."""
        named = self._named(whose)
        numbered = self.by_id(whose.kind, whose.number) if whose.number else set()
        if len(numbered) > 1:  # a roster that has a number twice says less than one that has it once
            named, numbered = numbered & named or numbered, set()
        for person in numbered:
            if named and person not in named:
                theirs = _several(named)
                raise UnknownError(
                    f"the number {whose.number} is {person.student}'s in {self.name}, the name {theirs}'s"
                )
            return person
        if len(named) == 1:
            (person,) = named
            # Moodle gives a student another number in each activity, Canvas one for all.
            number = person.value("canvas") if whose.kind == "canvas" else ""
            if number and whose.number not in {value for kind, value in person.ids if kind == "canvas"}:
                raise UnknownError(
                    f"has the name of {person.student}, who is {number} in {self.name}, not {whose.number}"
                )
            return person
        shown = ascii_control_free(whose.name) + (f" ({whose.number})" if whose.number else "")
        if named:
            raise UnknownError(f"{shown} could be each of {_several(named)} in {self.name}: place it by hand")
        raise UnknownError(f"{shown} is not in {self.name}")

    def _named(self, whose: Whose) -> set[Person]:
        """Those whom a name means: as it is written, or else but for case, accents, punctuation and order."""
        loose = set[Person]().union(*(self._loose.get(key, set()) for key in names.keys(whose.name)))
        if whose.kind == "canvas":
            written = self._canvas.get(whose.name, set())
            # Of "Lee Ann" nobody can tell which is the last name, so it is written as both.
            unsure = {person for person in loose if not any(_is_sortable(name) for name in person.names)}
            return written | unsure if written else loose
        text = names.exact(whose.name)
        written = self._exact.get(text, set())
        if whose.kind == "moodle":
            return written or loose
        # What a person has called a folder may be an id or a name: where these are two people's, it is nobody's.
        ids = set[Person]().union(*(self.by_id(kind, text) for kind in KINDS_OF_IDS))
        return (ids | (written or loose)) or self._loose_ids.get(text.casefold(), set())


KINDS_OF_IDS = tuple(kind for kind in HEADERS if kind not in ("first", "last", "name"))


def read_roster(path: Path) -> Roster:
    """The class in a CSV file. Raises RosterError, in words that name the file and the line."""
    try:
        sheet = cells.read(path)
    except cells.SheetError as error:
        raise RosterError(str(error)) from error
    if not sheet.rows:
        raise RosterError(f"{path} is empty: a roster needs a line of headers and a line for each student")
    return roster_of(sheet.rows, str(path))


def roster_of(rows: Sequence[Sequence[str]], name: str) -> Roster:
    """The class in the rows of a table, the headers first. Raises RosterError."""
    columns = column_kinds(rows[0])
    kinds = set(columns.values())
    key = next((kind for kind in STUDENT if kind in kinds), "")
    if not key:
        raise RosterError(
            f"{name}: no column says what a student's folder is to be called: one must be headed id, login, username, "
            f"ID number or email; it has {', '.join(cell.strip() or 'an empty one' for cell in rows[0][:12])}"
        )
    people: list[Person] = []
    remarks: list[str] = []
    lines: dict[str, int] = {}
    for line, row in enumerate(rows[1:], 2):
        values: dict[str, list[str]] = {}
        for column, kind in columns.items():
            cell = names.exact(row[column]) if column < len(row) else ""
            if cell:
                values.setdefault(kind, []).append(cell)
        if not values or any(NOT_PEOPLE.match(cell) for cell in values.get("name", ())):
            continue
        if key not in values:
            if set(values) - {"name"} or not re.fullmatch(r"manual posting.*|muted", values["name"][0], re.IGNORECASE):
                remarks.append(f"{name}, line {line}: no {rows[0][_column(columns, key)].strip()}, passed over")
            continue
        person = _person(values, key)
        fault = student_fault(person.student)
        if fault:
            raise RosterError(f"{name}, line {line}: {ascii_control_free(person.student)!r} {fault}")
        earlier = lines.setdefault(person.student.casefold(), line)
        if earlier != line:
            raise RosterError(
                f"{name}: lines {earlier} and {line} are both called {person.student}; an id must be one person's"
            )
        people.append(person)
    if not people:
        raise RosterError(f"{name}: nobody is in it")
    return Roster(name, tuple(people), tuple(remarks))


def column_kinds(headers: Sequence[str]) -> dict[int, str]:
    """What each column holds, for those that are known, by number."""
    plain = ["".join(names.words(header)) for header in headers]
    kinds = {number: KINDS[header] for number, header in enumerate(plain) if header in KINDS}
    if plain[:2] == ["student", "id"] or plain[:3] == ["lastname", "firstname", "id"]:
        kinds[plain.index("id")] = "canvas"  # Canvas's own gradebook, whose ID is Canvas's number
    return kinds


def student_fault(student: str) -> str | None:
    """Why a student's folder cannot be called this, or None."""
    if UNUSABLE.search(student) or "/" in student or name_fault(student):
        return "cannot be the name of a student's folder: no slashes, brackets, commas, quotes, stars or colons"
    if student.startswith(".") or student.casefold() == NOTE.casefold() or student.casefold().startswith(PREFIX):
        return f"cannot be a student's folder: names that begin with a dot or {PREFIX} are not for students"
    return None


def _column(columns: Mapping[int, str], kind: str) -> int:
    return next(number for number, other in columns.items() if other == kind)


def _person(values: Mapping[str, Sequence[str]], key: str) -> Person:
    first, last = (values.get(kind, [""])[0] for kind in ("first", "last"))
    called = list(values.get("name", ()))
    if first and last:
        called += [f"{first} {last}", f"{last}, {first}"]
    elif first or last:
        called.append(first or last)
    for name in list(called):
        before, comma, after = name.partition(", ")
        if comma and not (first and last):
            called.append(f"{after} {before}")
    ids = {(kind, _plain_id(kind, value)) for kind in KINDS_OF_IDS for value in values.get(kind, ())}
    return Person(values[key][0], frozenset(ids), tuple(dict.fromkeys(called)), first, last)


def _plain_id(kind: str, value: str) -> str:
    """A number without what stands before it in Moodle's worksheet: 12345 for "Participant 12345"."""
    found = re.fullmatch(r"\D*?(\d+)", value) if kind == "moodle" else None
    return found[1] if found else value


def _is_sortable(name: str) -> bool:
    return ", " in name or " " not in name


def _several(people: Iterable[Person]) -> str:
    return ", ".join(sorted(person.student for person in people))
