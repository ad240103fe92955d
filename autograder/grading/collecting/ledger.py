"""What has been collected, kept in .marking/collected.json: which file lies where, from whom, and how new it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.grading import cells


@dataclass(frozen=True)
class Item:
    """The work of one student for one assignment, as it was collected.

    `digest` is of the notebook's bytes; `kind`, `name` and `number` are what the source called the student (see
    roster.Whose); `revision` is Canvas's number of the upload, `time` what the source's `clock` ("zip" or "folder")
    says, as ISO 8601 without a zone.
    """

    digest: str
    kind: str
    name: str
    number: str = ""
    revision: int = 0
    time: str = ""
    clock: str = ""

    def is_newer_than(self, other: Item) -> bool | None:
        """Whether it was handed in later than another; None where the two cannot be compared."""
        if self.kind == other.kind == "canvas":
            return self.revision > other.revision if self.revision != other.revision else None
        if self.clock == other.clock and self.time and other.time and self.time != other.time:
            return self.time > other.time
        return None


def load(path: Path) -> dict[str, Item]:
    """STUDENT/ASSIGNMENT → what lies there. Nothing where there is no ledger, or one that cannot be read: then nothing
    that lies in submitted/ is replaced unless the instructor says so."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {name: Item(**entry) for name, entry in kept["work"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save(work: dict[str, Item], path: Path) -> None:
    """Write the ledger, all of it or nothing."""
    kept = {"work": {name: asdict(item) for name, item in work.items()}}
    cells.write(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False).encode(), path)
