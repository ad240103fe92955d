"""What lies in submitted/: the notebooks that can be marked, and what is wrong with everything else."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder.grading.account import Remark
from autograder.grading.choosing import choose, entries, timestamp
from autograder.grading.course import Assignment
from autograder.grading.reading import LARGEST
from autograder.grading.repair import repair

# A student's name becomes a file pattern and a line of a spreadsheet at nbgrader's hands.
UNUSABLE = re.compile(r"""[*?\[\]{},;"'\\\n\r\t]|^\s|\s$""")


@dataclass(frozen=True)
class Submission:
    """One student's work for one assignment. `digest` changes with any byte in the folder; `remarks` say what is odd
    about the files in it."""

    student: str
    assignment: str
    digest: str
    remarks: tuple[Remark, ...] = field(default=(), compare=False)

    @property
    def name(self) -> str:
        """STUDENT/ASSIGNMENT."""
        return f"{self.student}/{self.assignment}"


@dataclass(frozen=True)
class Fault:
    """Something in submitted/ that cannot be marked: where it lies, and in one line what to do.

    `student` and `assignment` are whose work that leaves without a mark, as far as can be told.
    """

    path: str
    reason: str
    student: str = ""
    assignment: str = ""


def is_empty(folder: Path) -> bool:
    """Whether nobody has handed in anything; hidden files do not count."""
    return not folder.exists() or not any(_visible(folder))


def find(
    folder: Path, known: Mapping[str, Assignment], ignore: Iterable[str] = ()
) -> tuple[list[Submission], list[Fault]]:
    """Everything in `folder` (STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb), sorted: what can be marked and what cannot.

    Every folder of a known student and assignment that is not empty can be marked, whatever lies in it. `ignore` names
    entries of `folder` itself that are neither.
    """
    submissions: list[Submission] = []
    faults: list[Fault] = []
    if not folder.exists():
        return submissions, faults
    for student in _visible(folder):
        if student.name in ignore:
            continue
        reason = _student_fault(student)
        if reason:
            who = student.name if student.is_dir() else ""
            faults.append(Fault(_shown(student, folder), reason, who))
            continue
        found = list(_visible(student))
        if not found:
            advice = "nothing in it: put in a folder for each assignment, or delete it"
            faults.append(Fault(_shown(student, folder), advice, student.name))
        for entry in found:
            assignment = known.get(entry.name)
            fault = _entry_fault(entry, known) if assignment is None else _assignment_fault(entry)
            if fault:
                path, reason = fault
                meant = entry.name if assignment else _meant(entry, known)
                faults.append(Fault(_shown(path, folder), reason, student.name, meant))
            elif assignment:
                submissions.append(Submission(student.name, entry.name, digest(entry), _remarks(entry, assignment)))
    return submissions, faults


def digest(folder: Path) -> str:
    """A hash of the names and bytes of all files below `folder`; of links only where they point to, of the very large
    and of what is no file only what the folder says of them."""
    total = hashlib.sha256()
    for path in sorted(_below(folder)):
        found = os.lstat(path)
        if stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST and os.access(path, os.R_OK):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        elif stat.S_ISLNK(found.st_mode):
            content = f"link {os.readlink(path)}"
        else:
            content = f"{found.st_mode} {found.st_size} {found.st_mtime_ns}"
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    """All that lies below a folder, but for folders."""
    for here, folders, files in os.walk(folder):
        linked = [name for name in folders if os.path.islink(os.path.join(here, name))]
        yield from (Path(here, name) for name in (*files, *linked))


def _visible(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")))


def _shown(path: Path, folder: Path) -> str:
    return ascii_control_free(str(path.relative_to(folder.parent)))


def ascii_control_free(name: str) -> str:
    """A name that a student chose, with what would upset a terminal replaced."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _student_fault(student: Path) -> str | None:
    if student.is_symlink():
        return "a link, and links are not followed: put the folder itself here"
    if not student.is_dir():
        return "not a student's folder: files belong into STUDENT/ASSIGNMENT/"
    if UNUSABLE.search(student.name):
        return "a student's name cannot have brackets, commas, quotes or stars in it: rename the folder"
    return None


def _meant(entry: Path, known: Mapping[str, Assignment]) -> str:
    """The assignment that an entry of another name is probably about, or nothing."""
    return (difflib.get_close_matches(entry.stem if entry.is_file() else entry.name, known, n=1) or [""])[0]


def _entry_fault(entry: Path, known: Mapping[str, Assignment]) -> tuple[Path, str]:
    """What to do with an entry of a student's folder that is not an assignment of the course."""
    if entry.is_symlink():
        return entry, "a link, and links are not followed: put the folder itself here"
    if not entry.is_dir():
        stem = entry.stem if entry.stem in known else "ASSIGNMENT"
        return entry, f"not in an assignment's folder: move it into {entry.parent.name}/{stem}/"
    near = _meant(entry, known)
    advice = f"did you mean {near}? Rename the folder" if near else f"there are {', '.join(known)}"
    return entry, f"there is no assignment of this name; {advice}"


def _assignment_fault(entry: Path) -> tuple[Path, str] | None:
    """Why what a student has for an assignment is no submission, or None. What is in it is no fault: see `choosing`."""
    if entry.is_symlink():
        return entry, "a link, and links are not followed: put the folder itself here"
    if not entry.is_dir():
        return entry, f"a file where a folder should be: move it to {entry.name}/{entry.name}.ipynb"
    if not os.access(entry, os.R_OK | os.X_OK):
        return entry, "may not be read: change its permissions"
    if not any(entries(entry)):
        return entry, f"an empty folder: put {entry.name}.ipynb into it, or delete the folder"
    return None


def _remarks(entry: Path, assignment: Assignment) -> tuple[Remark, ...]:
    """What there is to say of a submission before it is marked."""

    def fits(raw: bytes) -> bool:  # asked only where there are several
        return repair(raw, nbformat.read(assignment.path, as_version=4), entry.name).usable

    handed = choose(entry, entry.name, fits)
    problem = [Remark("unreadable", handed.problem)] if handed.problem else []
    remarks = [*handed.remarks, *problem, *timestamp(entry)[1]]
    if any(remark.kind == "timestamp" for remark in remarks):
        text = "The formgrader's list of submissions shows an error while such a timestamp.txt lies there."
        remarks.append(Remark("timestamp", text))
    return tuple(remarks)
