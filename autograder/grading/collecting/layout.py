"""Whose each file of a source is and what it was called, by the ways in which Canvas, Moodle, nbgrader and people put
students' files together.

Only what the platform or the instructor has written decides whose a file is: the beginning of a path. What comes after
it was chosen by the student.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.grading.collecting import names
from autograder.grading.collecting.archive import Entry
from autograder.grading.collecting.roster import Whose
from autograder.grading.collecting.subject import by_name
from autograder.grading.course import Assignment

# name_12345_67890_file, name_LATE_12345_67890_file: the student's number and the upload's
CANVAS = re.compile(
    r"^(?!\d+_)(?P<name>[^\W_]\w*?)(?P<late>_late)?_(?P<number>\d+)_(?P<upload>\d+)_(?P<file>.+)$", re.IGNORECASE
)
CANVAS_ANONYMOUS = re.compile(r"^(?:late_)?anon_[^\W_]+_\d+_.+$", re.IGNORECASE)
# Moodle writes spaces for the underscores of a name. Its plug-ins file and onlinetext hand in different things.
MOODLE = re.compile(r"^(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)_?(?P<file>.*)$")
TIMESTAMP = "timestamp.txt"
WRAPPERS = ("submissions", "submitted")


@dataclass(frozen=True)
class Claim:
    """One file: whose it is, the name that the student gave it, and what the platform says of when.

    `revision` is Canvas's number of the upload, which grows with time, or 0. `folder` is the assignment's folder that
    it lay in, in nbgrader's own layout.
    """

    entry: Entry
    whose: Whose
    file: str
    revision: int = 0
    late: bool = False
    folder: str = ""


class UnclaimedError(Exception):
    """It cannot be told whose a file is; the message says why."""


def unwrapped(entries: Sequence[Entry], stem: str) -> list[Entry]:
    """The entries without a folder around all of them that is called as the zip is, or submissions, or submitted."""
    tops = {entry.parts[0] for entry in entries}
    if len(tops) != 1 or any(len(entry.parts) == 1 for entry in entries):
        return list(entries)
    (top,) = tops
    if top.casefold() not in (*WRAPPERS, stem.casefold()) or MOODLE.match(top):
        return list(entries)
    return [Entry(entry.parts[1:], entry.time, entry.where) for entry in entries]


def claim(entry: Entry, known: Mapping[str, Assignment], deep: bool = False) -> Claim:
    """Whose a file is. It may lie `deep` in a student's folder where a roster knows these. Raises UnclaimedError."""
    return _claim(entry, entry.parts, known, deep)


def _claim(entry: Entry, parts: Sequence[str], known: Mapping[str, Assignment], deep: bool, folder: str = "") -> Claim:
    top, last = parts[0], parts[-1]
    moodle = MOODLE.match(top)
    if moodle:
        file = moodle["file"] if len(parts) == 1 else last
        return Claim(entry, Whose("moodle", moodle["name"], moodle["number"]), file, folder=folder)
    if len(parts) == 1:
        if CANVAS_ANONYMOUS.match(last):
            raise UnclaimedError(
                "Canvas has left out whose it is (anonymous marking): download it when names are shown"
            )
        canvas = CANVAS.match(last)
        if canvas:
            whose = Whose("canvas", canvas["name"].lower(), canvas["number"])
            return Claim(entry, whose, canvas["file"], int(canvas["upload"]), bool(canvas["late"]), folder)
        return Claim(entry, _named_by_student(last, known), last, folder=folder)
    if top in known and not folder:  # ASSIGNMENT/ with all students' files in it
        return _claim(entry, parts[1:], known, deep, top)
    if len(parts) == 3 and parts[1] in known and not folder and (last == TIMESTAMP or by_name(last, known) == parts[1]):
        return Claim(entry, Whose("folder", top), last, folder=parts[1])
    if len(parts) > 2 and not deep:
        raise UnclaimedError("lies too deep to tell whose it is: it should be STUDENT/FILE, or give a roster")
    return Claim(entry, Whose("folder", top), last, folder=folder)


def _named_by_student(file: str, known: Mapping[str, Assignment]) -> Whose:
    title, _ = names.plain_stem(file, dashes=False)
    within = names.assignment_in(title, known)
    student = within[1] if within else title
    if not names.words(student):
        raise UnclaimedError("does not say whose it is: put it into a folder with the student's name")
    return Whose("folder", student)
