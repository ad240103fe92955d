"""Why a name is missing from a notebook: the cell that should define it has stopped."""

from __future__ import annotations

import contextlib
import linecache
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from autograder.checks.plain import own_place, raised
from autograder.checks.verdict import Case, Finding, Verdict


def with_cause(verdict: Verdict, asks: Iterable[str], names: Mapping[str, object]) -> Verdict:
    """The verdict, which tells the error in place of "there is no such name" where a cell that speaks of it raised one.

    `asks` are the names that the check needs, `names` those that the notebook has defined.
    """
    missing = next((name for name in asks if name not in names), "")
    if verdict.finding is None or verdict.finding.id != "not-defined" or not missing:
        return verdict
    told = _last_error(missing)
    if not told:
        return verdict
    text = f"There is no `{missing}` yet: the cell that should define it did not get through. {told}"
    return in_other_words(verdict, Finding("not-defined", text))


def in_other_words(verdict: Verdict, finding: Finding) -> Verdict:
    """The verdict with this finding in place of the one that it has now, for all of its cases as well."""
    old = verdict.finding
    return replace(verdict, finding=finding, cases=tuple(_explained(case, old, finding) for case in verdict.cases))


def _explained(case: Case, old: Finding | None, new: Finding) -> Case:
    findings = (new if old and one.id == old.id else one for one in case.findings)
    return replace(case, findings=tuple(dict.fromkeys(findings)))


def _last_error(name: str) -> str:
    """The last error that Python or IPython has shown, if the cell it came from speaks of this name."""
    error: Any = getattr(sys, "last_value", None)
    if not issubclass(type(error), BaseException):
        return ""
    with contextlib.suppress(Exception):  # whatever a notebook has done to what it finds here, the check goes on
        file, _ = own_place(error)
        if any(re.search(rf"\b{name}\b", line) for line in linecache.getlines(file)):
            return raised(error).text
    return ""
