"""The corpus: dishonest, broken and unusual submissions, each with the marks that it deserves.

Every specimen is made by code from the notebooks of this course. What it deserves is kept as two bounds for each check,
`at_least` and `at_most`, so that undeserved points and points lost by honest work can both be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.ports import free_port

DISHONEST, BROKEN, UNUSUAL = "dishonest", "broken", "unusual"
KINDS = (DISHONEST, BROKEN, UNUSUAL)

# Each run has its own of both, so that two at once on one machine do not take each other's traces for theirs.
PORT = free_port()  # where a run listens for specimens that reach for the network
MARK = f"convcourse-corpus-{PORT}"  # in the name of whatever a specimen leaves behind


@dataclass(frozen=True)
class Link:
    """A symbolic link in place of a file, to a path seen from the specimen's own folder."""

    target: str


@dataclass(frozen=True)
class Fifo:
    """A named pipe in place of a file: who opens it to read waits for ever."""


@dataclass(frozen=True)
class Folder:
    """An empty folder in place of a file."""


Content = bytes | Link | Fifo | Folder


@dataclass(frozen=True)
class Specimen:
    """One submission. `files` are what lies in submitted/NAME/ASSIGNMENT/, by path.

    `at_least` and `at_most` are points by grade id, for every check cell that is worth any. With `reported`, points
    above `at_least` are all right as long as the marking draws somebody's attention to them; an honest one without it
    must not be suspected of anything.
    """

    name: str
    kind: str
    assignment: str
    note: str
    files: Mapping[str, Content]
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    reported: bool = False
    folder: str = field(default="")

    @property
    def place(self) -> str:
        """Where it is handed in, seen from submitted/: STUDENT/ASSIGNMENT."""
        return f"{self.name}/{self.folder or self.assignment}"


def specimens() -> list[Specimen]:
    """The whole corpus, in a fixed order. Raises ValueError where two specimens have one name."""
    from tests.grading.corpus import broken, dishonest, unusual

    found = [*dishonest.specimens(), *broken.specimens(), *unusual.specimens()]
    names = [specimen.name for specimen in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two specimens have the same name: {', '.join(twice)}")
    return found
