"""What marking one submission has to tell besides its points: kept in the metadata of the marked notebook.

The feedback page, the table of marks and the class report all read it there, so that nothing is kept twice.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

KEY = "convcourse"  # the entry of a marked notebook's metadata, and of a cell's of the lesson that a student has edited
OWN = "own-"  # begins the id of a cell that a student has added

SANDBOX, NO_SANDBOX = "sandbox", "none"  # how far the student's code was kept apart


@dataclass(frozen=True)
class Remark:
    """One thing that repair has put right. `kind` names it for tests and reports, `cell` is the grade id concerned or
    empty; `text` tells the instructor what was done, `mild` tells the student, where that is of use to them."""

    kind: str
    text: str
    cell: str = ""
    mild: str = ""


@dataclass(frozen=True)
class Incident:
    """Something that went wrong while the notebook ran, or that a person should look at.

    `kind` is one of: "died", "timeout", "memory", "flood", "input", "stopped" (a limit of the whole notebook),
    "unreadable", "forbidden" (a call that the exercise asks to do without), "attack".
    `cell` is the grade id or the place of the cell ("cell 7"); `text` is a plain sentence; `for_human` tells whether
    somebody should look at it.
    """

    kind: str
    text: str
    cell: str = ""
    for_human: bool = False


@dataclass(frozen=True)
class Judged:
    """How one check went: `outcome` is "right", "partly", "wrong", "not attempted" or "not judged"; `finding` and
    `text` are the misconception that was told, if any."""

    check: str
    cell: str
    points: float
    maximum: float
    outcome: str
    finding: str = ""
    text: str = ""


@dataclass(frozen=True)
class Account:
    """All of it for one submission. `isolation` is SANDBOX or NO_SANDBOX."""

    remarks: tuple[Remark, ...] = ()
    incidents: tuple[Incident, ...] = ()
    judged: tuple[Judged, ...] = ()
    isolation: str = SANDBOX


def write(account: Account, metadata: MutableMapping[str, Any]) -> None:
    """Put an account into the metadata of a notebook."""
    metadata[KEY] = asdict(account)


def read(metadata: MutableMapping[str, Any]) -> Account:
    """The account in the metadata of a notebook; an empty one where there is none."""
    kept = metadata.get(KEY) or {}
    return Account(
        tuple(Remark(**entry) for entry in kept.get("remarks", ())),
        tuple(Incident(**entry) for entry in kept.get("incidents", ())),
        tuple(Judged(**entry) for entry in kept.get("judged", ())),
        kept.get("isolation", SANDBOX),
    )


def written_by_student(cell: Mapping[str, Any]) -> bool:
    """Whether the source of a cell of a repaired notebook is the student's: a cell of their own, or an edited one."""
    return str(cell.get("id", "")).startswith(OWN) or bool(cell.get("metadata", {}).get(KEY, {}).get("edited"))
