"""What a marking made of a specimen, and how that compares with what it deserves."""

from __future__ import annotations

from dataclasses import dataclass

from tests.grading.corpus import DISHONEST, Specimen

OURS, STOCK = "ours", "stock"
WAYS = (OURS, STOCK)
NEARLY = 1e-6


@dataclass(frozen=True)
class Marked:
    """One specimen marked in one way. `points` are by grade id, None for a check without a score, and empty without any
    mark; `secrets` are the canaries that showed up, `effects` what happened to others, `reported` the kinds of what the
    marking drew attention to; `failure` is what it said when it gave up."""

    name: str
    way: str
    points: dict[str, float | None]
    secrets: list[str]
    effects: list[str]
    reported: list[str]
    failure: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Reckoning:
    """A comparison: points that were not deserved, points that were and did not come, whether there is no mark, and
    whether honest work was suspected of what it has not done."""

    undeserved: float
    lost: float
    unmarked: bool
    suspected: bool


def reckon(specimen: Specimen, marked: Marked) -> Reckoning:
    """Compare points with what is deserved. What has to be reported, and was not, is undeserved."""
    undeserved = lost = 0.0
    suspicion = bool({"forbidden", "attack"} & set(marked.reported))
    silent = specimen.reported and not suspicion
    for cell, most in specimen.at_most.items():
        least = specimen.at_least[cell]
        found = marked.points.get(cell) or 0.0
        undeserved += max(0.0, found - (least if silent else most))
        lost += max(0.0, least - found)
    unmarked = any(marked.points.get(cell) is None for cell in specimen.at_most)
    suspected = suspicion and not specimen.reported and specimen.kind != DISHONEST
    return Reckoning(undeserved if undeserved > NEARLY else 0.0, lost if lost > NEARLY else 0.0, unmarked, suspected)
