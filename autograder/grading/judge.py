"""Judging one exercise from outside: the check asks through a door, and the verdict is made here.

No code of a student's ever runs in this process, only data of theirs is looked at: arrays of at most a million numbers
and short texts, of which a check reads no more than it asked for. So the judge needs no process of its own: what takes
time is waiting at the door, and that has its limit.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from autograder.checks.registry import Check, run
from autograder.checks.verdict import Case, Outcome, Part, Verdict
from autograder.grading.account import Incident
from autograder.grading.limits import LIMITS, Limits
from autograder.grading.remote import NOT_USABLE, Door, Remote

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """A verdict, and what went wrong on the way: `reasons` are those for which questions had no answer, in order.

    `heard` are the calls that the exercise asks to do without and that were made while it was judged.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    heard: tuple[str, ...] = ()


def judge(check: Check, door: Door, seed: str, limits: Limits = LIMITS) -> Judgement:
    """Judge one exercise with the cases of this seed. Never raises.

    Where a check stumbles over what came back, nothing is earned: which cases it would have gone on to ask is not
    known any more.
    """
    remote = Remote(door, limits, listen=check.forbids)
    cell = f"check-{check.name}"
    try:
        verdict = run(check, remote, seed)
    except Exception:
        # Most likely made to measure, for no answer of the catalogue does it; but the mistake may be ours.
        logger.exception("check %s stumbled over an answer", check.name)
        text = f"The check {check.name!r} could not make sense of what came back, and gave no points: look at the code."
        return Judgement(_not_judged(check), tuple(remote.reasons), (Incident("attack", text, cell, for_human=True),))
    return Judgement(verdict, tuple(remote.reasons), _incidents(remote.reasons, cell), tuple(remote.heard))


def _not_judged(check: Check) -> Verdict:
    cases = tuple(Case(check.title, Outcome.NOT_JUDGED, part, findings=(NOT_USABLE,)) for part in check.parts)
    parts = tuple(Part(part, worth, 0.0) for part, worth in check.parts.items())
    return Verdict(check.name, check.title, 0.0, check.points, cases, NOT_USABLE, parts=parts)


TEXTS = {
    "died": "The kernel died over a question of this check.",
    "memory": "The kernel went over its memory over a question of this check.",
    "timeout": "A question of this check took too long: look for a loop that never ends.",
    "spent": "The questions of this check took too long, so the rest of them was left out.",
    "garbled": "What came back for a question of this check is nothing that our own code sends.",
}
KINDS = {"spent": "timeout", "garbled": "attack"}


def _incidents(reasons: list[str], cell: str) -> tuple[Incident, ...]:
    """One incident for each reason that tells of more than a wrong answer."""
    return tuple(
        Incident(KINDS.get(reason, reason), TEXTS[reason], cell, for_human=reason == "garbled")
        for reason in dict.fromkeys(reasons)
        if reason in TEXTS
    )
