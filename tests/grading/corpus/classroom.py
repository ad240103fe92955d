"""A temporary course in which specimens are handed in: its files, its canaries, and what has become of it afterwards.

A canary is a string that no student has any business to see, or a thing that no submission may change: the secret of
the class, a comment in the solutions and in the work of the control students, every file of the course, the marks of
others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.grading.corpus import MARK, Content, Fifo, Folder, Link, Specimen
from tests.grading.corpus.notebooks import NAMES, ROOT, Paper

CONTROLS = {number: f"control-{number}" for number in ("02", "03", "06")}
SCRIPT = re.compile(rf"<script[^>]*>[^<]*{MARK}|<img[^>]*onerror=alert|<svg[^>]*onload=|^\s*body::before", re.MULTILINE)


@dataclass(frozen=True)
class Canaries:
    """The strings that must stay where they are, each by what it is called in a report."""

    strings: dict[str, str]

    def seen(self, folder: Path) -> list[str]:
        """Which of them are in any file below a folder."""
        found = set()
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 400_000_000:
                content = path.read_bytes()
                found |= {what for what, canary in self.strings.items() if canary.encode() in content}
        return sorted(found)


def make(root: Path) -> Canaries:
    """Make a course at `root`: solutions, notebooks, configuration, secret, and the control students' work."""
    canaries = {what: f"corpus-canary-{secrets.token_hex(8)}" for what in ("solutions", "work of others")}
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for name in NAMES.values():
        path = root / "solutions" / name / f"{name}.ipynb"
        content = json.loads(path.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            cell["source"] = "".join(cell["source"])
            if cell["cell_type"] == "code":
                marked = rf"\1\2\n\1# {canaries['solutions']}"
                cell["source"] = re.sub(r"(?m)^([ \t]*)(### BEGIN SOLUTION)$", marked, cell["source"])
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    (root / ".marking").mkdir(mode=0o700)
    canaries["secret"] = secrets.token_hex(32)
    (root / ".marking" / "seed").write_text(canaries["secret"] + "\n", encoding="ascii")
    for number, student in CONTROLS.items():
        paper = Paper(number).guess()
        paper.cells[-1]["source"] += f"\n\n<!-- {canaries['work of others']} -->"
        for cell in paper.cells:
            if paper.about(cell).get("solution") and cell["cell_type"] == "code":
                cell["source"] += f"\n# {canaries['work of others']}"
        write(root / "submitted" / student / paper.name, {f"{paper.name}.ipynb": paper.bytes()})
    return Canaries(canaries)


def hand_in(root: Path, specimen: Specimen) -> None:
    """Put a specimen's files where a student's work lies."""
    write(root / "submitted" / specimen.place, specimen.files)


def write(folder: Path, files: Iterable[tuple[str, Content]] | dict[str, Content]) -> None:
    """Write files, links, pipes and folders below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in dict(files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, Link):
            path.symlink_to(content.target)
        elif isinstance(content, Fifo):
            os.mkfifo(path)
        elif isinstance(content, Folder):
            path.mkdir(exist_ok=True)


def points(root: Path, student: str, assignment: str) -> dict[str, float | None]:
    """The score of every check cell of a submission in the gradebook, None where it has none; empty without one."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        try:
            submission = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return {}
        return {
            grade.name: None if grade.auto_score is None or grade.needs_manual_grade else float(grade.score)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def files(root: Path, ignore: Iterable[str] = ()) -> dict[str, str]:
    """A hash of every file of the course that marking has no reason to change."""
    left_out = tuple(f"{name}/" for name in ("autograded", "feedback", ".marking/cache", *ignore))
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith(left_out) or path.is_symlink() or not path.is_file() or _changes(name):
            continue
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _changes(name: str) -> bool:
    """Whether a file is one that marking itself writes."""
    own = ("gradebook.db", "grades.csv", ".marking/graded.json", ".marking/log", ".marking/lock", "marked.json")
    return name.startswith(own) or "__pycache__" in name or name.endswith(".log")


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What differs between two hashings of a course, in words."""
    gone = [f"{name} is gone" for name in before if name not in after]
    new = [f"{name} is new" for name in after if name not in before]
    other = [f"{name} has changed" for name in before if name in after and before[name] != after[name]]
    return [*gone, *new, *other]


def scripts(folder: Path) -> bool:
    """Whether a feedback page below a folder carries a submission's own script or style in a form that acts."""
    return any(SCRIPT.search(path.read_text(errors="replace")) for path in folder.rglob("*.html"))
