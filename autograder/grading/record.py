"""What has been marked already, kept in .marking/graded.json, so that nothing is marked twice and nothing is lost."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.grading import sources

CHECKS_OF = "the checks of "


class BusyError(Exception):
    """Another process is marking this course."""


@dataclass
class Marked:
    """One submission that went through. `key` stands for all that its marks depend on, `told` for what its feedback
    page says, `notes` are what the table of marks shows beside it."""

    key: str
    told: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Record:
    """What has been done: for each assignment the solved notebook that the gradebook knows, for each submission its
    marks' key; who is in the example class, where this course still has one; and the `rules` of the last run."""

    assignments: dict[str, str] = field(default_factory=dict)
    submissions: dict[str, Marked] = field(default_factory=dict)
    example: list[str] = field(default_factory=list)
    rules: dict[str, str] = field(default_factory=dict)


def load(path: Path) -> Record:
    """The record kept in `path`; an empty one where there is none or it cannot be read, as then all is marked anew."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        submissions = {name: Marked(**entry) for name, entry in data["submissions"].items()}
        return Record(dict(data["assignments"]), submissions, list(data["example"]), dict(data.get("rules", {})))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Record()


def save(record: Record, path: Path) -> None:
    """Write the record, all of it or nothing."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(record), indent=1, sort_keys=True), encoding="utf-8")
    os.replace(temporary, path)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the course while marking it. Raises BusyError where someone else does."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("another run is marking this course just now; wait for it, or stop it") from error
        yield


def rules(root: Path, known: Mapping[str, Path], isolated: bool = True) -> dict[str, str]:
    """What decides on marks besides the notebooks, each thing by what to call it, with a hash.

    `known` are the assignments and their solved notebooks, whose cells name the checks.
    """
    return {
        "the marking": sources.running(),
        "the repair": sources.repair(),
        "the sandbox": "on" if isolated else "off",
        "nbgrader_config.py": _hash(root / "nbgrader_config.py"),
        "the secret of the class": _hash(root / ".marking" / "seed"),
        **{f"{CHECKS_OF}{name}": sources.of_text(path.read_text(encoding="utf-8")) for name, path in known.items()},
    }


def that_apply(rules: Mapping[str, str], assignment: str) -> dict[str, str]:
    """Those of the rules that decide on the marks of an assignment."""
    return {
        what: value
        for what, value in rules.items()
        if not what.startswith(CHECKS_OF) or what == f"{CHECKS_OF}{assignment}"
    }


def _hash(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        if path.is_file():
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def key(*parts: str) -> str:
    """One hash of several."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
