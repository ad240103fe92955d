"""What lies in submitted/: the notebooks that can be marked, and what is wrong with everything else."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.grading.course import Assignment

LARGEST = 50_000_000  # bytes of one notebook; with all its pictures a solved one has two million
# A student's name becomes a file pattern and a line of a spreadsheet at nbgrader's hands.
UNUSABLE = re.compile(r"""[*?\[\]{},;"'\\\n\r\t]|^\s|\s$""")


@dataclass(frozen=True)
class Submission:
    """One student's work for one assignment. `digest` changes with any byte in the folder."""

    student: str
    assignment: str
    digest: str

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

    `ignore` names entries of `folder` itself that are neither.
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
        entries = list(_visible(student))
        if not entries:
            advice = "nothing in it: put in a folder for each assignment, or delete it"
            faults.append(Fault(_shown(student, folder), advice, student.name))
        for entry in entries:
            assignment = known.get(entry.name)
            fault = _entry_fault(entry, known) if assignment is None else _assignment_fault(entry, assignment)
            if fault:
                path, reason = fault
                meant = entry.name if assignment else _meant(entry, known)
                faults.append(Fault(_shown(path, folder), reason, student.name, meant))
                continue
            submissions.append(Submission(student.name, entry.name, digest(entry)))
            others = sorted(path for path in entry.glob("*.ipynb") if path.stem != entry.name)
            reason = f"not marked, as {entry.name}.ipynb lies beside it; is it the right one?"
            faults += [Fault(_shown(path, folder), reason) for path in others]
    return submissions, faults


def digest(folder: Path) -> str:
    """A hash of the names and bytes of all files below `folder`."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return total.hexdigest()


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


def _assignment_fault(entry: Path, assignment: Assignment) -> tuple[Path, str] | None:
    """Why the work in a student's folder of an assignment cannot be marked, or None."""
    if entry.is_symlink():
        return entry, "a link, and links are not followed: put the folder itself here"
    if not entry.is_dir():
        return entry, f"a file where a folder should be: move it to {entry.name}/{entry.name}.ipynb"
    for path in sorted(entry.rglob("*")):
        if path.is_symlink():
            return path, "a link, and links are not followed: put the file itself here"
        if not (path.is_file() or path.is_dir()):
            return path, "neither a file nor a folder: delete it"
        if not os.access(path, os.R_OK):
            return path, "may not be read: change its permissions"
    notebook = entry / f"{entry.name}.ipynb"
    if not notebook.is_file():
        return _missing_fault(entry, notebook.name)
    reason = _timestamp_fault(entry / "timestamp.txt")
    if reason:
        return entry / "timestamp.txt", reason
    reason = _notebook_fault(notebook, assignment)
    return (notebook, reason) if reason else None


def _missing_fault(entry: Path, name: str) -> tuple[Path, str]:
    others = sorted(path for path in entry.rglob("*") if path.is_file() and not path.name.startswith("."))
    notebooks = [path for path in others if path.suffix == ".ipynb"]
    if len(notebooks) == 1 and notebooks[0].name == name:
        return notebooks[0], "one folder too deep: move it up"
    if len(notebooks) == 1:
        return notebooks[0], f"the wrong name: rename it to {name}"
    if notebooks:
        return entry, f"{len(notebooks)} notebooks, none of them called {name}: rename the right one"
    if others:
        return entry, f"there is no notebook in it: it needs {name}"
    return entry, f"an empty folder: put {name} into it, or delete the folder"


def _timestamp_fault(path: Path) -> str | None:
    from nbgrader.utils import parse_utc

    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8").strip()
        if text:
            parse_utc(text)
    except (ValueError, OverflowError):
        date = "not a date: write one such as 2026-03-01 18:30:00 UTC, or delete the file"
        return f"{date} (the formgrader's list shows an error while it lies there)"
    return None


def _notebook_fault(path: Path, assignment: Assignment) -> str | None:
    if path.stat().st_size > LARGEST:
        return f"larger than {LARGEST // 1_000_000} MB: ask for the notebook with its outputs cleared"
    again = "ask for the .ipynb file again"
    try:
        notebook = nbformat.read(path, as_version=4)
        about = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
        ids = Counter(str(item["grade_id"]) for item in about if item.get("grade_id"))
    except Exception:  # what a student's file may hold has no end, and nothing in it may stop the run
        return f"not a notebook: {again}"
    if not ids:
        lost = "its exercise cells have lost their names (Colab and converters do that)"
        return f"{lost}: copy the answers into a fresh copy"
    if not set(ids) & set(assignment.graded):
        return f"has none of the exercises of {assignment.name}: is it another notebook? If not, {again}"
    return _cells_fault(ids, assignment)


def _cells_fault(ids: Mapping[str, int], assignment: Assignment) -> str | None:
    """What is wrong with the names of a notebook's cells, given how often each is there; nbgrader gives up on these."""
    twice = sorted(name for name, count in ids.items() if count > 1)
    if twice:
        which = f"the cell {twice[0]} is" if len(twice) == 1 else f"the cells {', '.join(twice)} are"
        advice = "delete the one that does not count, or ask for a notebook that has it once"
        return ascii_control_free(f"{which} in it more than once (a copied cell keeps its name): {advice}")
    unknown = sorted(set(ids) - assignment.cells)
    if unknown:
        which = f"a cell {unknown[0]}" if len(unknown) == 1 else f"cells {', '.join(unknown)}"
        advice = "ask for the answers in a fresh copy"
        return ascii_control_free(f"has {which}, which {assignment.name} does not have: {advice}")
    return None
