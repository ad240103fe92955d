"""How far a student has come: what the checks of one notebook have said, exercise by exercise, in one table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from autograder.checks.registry import BY_HAND, CHECKS
from autograder.checks.verdict import Outcome, Verdict

# What may be said of an exercise: a sign and words, so that nothing hangs on colour.
STATES: Mapping[str, tuple[str, str]] = {
    "right": ("✓", "right"),
    "partly": ("◐", "partly right"),
    "wrong": ("✗", "not yet"),
    "not attempted": ("–", "not attempted"),
    "not judged": ("?", "could not be judged"),
    "not run": ("○", "check not run"),
    "by hand": ("…", "read by a person"),
}
CAPTION = "Your points so far: visible cases only"
HONEST = "Marking uses other cases of the same kind."
WHILE_MARKING = "Nothing is summed up here while the notebook is marked: the marks stand with the checks."
ROW = (
    "padding:3px 12px 3px 0;text-align:left;vertical-align:top;white-space:normal;"
    "border-bottom:1px solid rgba(128,128,128,.35)"  # to be seen on light and on dark pages
)
NUMBER = ROW.replace("text-align:left", "text-align:right").replace("white-space:normal", "white-space:nowrap")


@dataclass(frozen=True)
class Line:
    """One exercise: `exercise` is its number, or its kind where it has none; `state` is one of STATES."""

    exercise: str
    title: str
    state: str
    points: float
    maximum: float
    check: str = ""
    said: str = ""  # the misconception, where the check named one


@dataclass(frozen=True)
class Standing:
    """The exercises of one notebook in order, and the points so far. It shows itself in notebooks and terminals."""

    notebook: str
    lines: tuple[Line, ...]

    @property
    def points(self) -> float:
        """What the visible cases have earned."""
        return sum(line.points for line in self.lines)

    @property
    def maximum(self) -> float:
        """What the notebook is worth, with what a person marks."""
        return sum(line.maximum for line in self.lines)

    @property
    def exercises(self) -> tuple[Line, ...]:
        """The lines that carry points."""
        return tuple(line for line in self.lines if line.maximum)

    def remarks(self) -> Iterator[str]:
        """What there is to know of the table, a sentence each."""
        waiting = [line.exercise for line in self.exercises if line.state == "not run"]
        if len(waiting) == sum(line.state != "by hand" for line in self.exercises):
            yield "No check has been run yet."
        elif waiting:
            yield f"Not run yet: the check{_s(waiting)} of exercise{_s(waiting)} {_joined(waiting)}."
        yield HONEST
        if by_hand := sum(line.maximum for line in self.lines if line.state == "by hand"):
            yield f"{by_hand:g} point{'' if by_hand == 1 else 's'} come{'s' if by_hand == 1 else ''} from a person."
        if extra := [line for line in self.lines if not line.maximum]:
            right = sum(line.state == "right" for line in extra)
            yield f"Questions without points: {right} of {len(extra)} right."

    def __repr__(self) -> str:
        """The table in lines of text."""
        if _marking():
            return WHILE_MARKING
        rows = [(name(line), how(line), worth(line)) for line in self.exercises]
        rows.append(("Together", "", f"{self.points:g} of {self.maximum:g}"))
        first, second, third = (max(len(row[column]) for row in rows) for column in range(3))
        table = [f"  {a:{first}}  {b:{second}}  {c:>{third}}" for a, b, c in rows]
        rule = "  " + "-" * (first + second + third + 4)
        return "\n".join([CAPTION, *table[:-1], rule, table[-1], *(f"  {remark}" for remark in self.remarks())])

    def _repr_html_(self) -> str:
        if _marking():
            return f"<p>{escape(WHILE_MARKING)}</p>"
        body = "".join(
            f'<tr><th scope="row" style="{ROW};font-weight:normal">{escape(name(line))}</th>'
            f'<td style="{ROW}">{_how(line)}</td><td style="{NUMBER}">{escape(worth(line))}</td></tr>'
            for line in self.exercises
        )
        head = "".join(
            f'<th scope="col" style="{style}">{word}</th>'
            for word, style in (("Exercise", ROW), ("How it stands", ROW), ("Points", NUMBER))
        )
        foot = f'<th scope="row" colspan="2" style="{ROW}">Together</th>'
        total = f'<td style="{NUMBER}"><strong>{self.points:g} of {self.maximum:g}</strong></td>'
        return (
            '<table style="margin:6px 0;border-collapse:collapse;font-variant-numeric:tabular-nums">'
            f'<caption style="caption-side:top;text-align:left;font-weight:bold;padding:2px 0">{CAPTION}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot><tr>{foot}{total}</tr></tfoot></table>"
            f'<p style="margin:4px 0;max-width:52em">{escape(" ".join(self.remarks()))}</p>'
        )


_said: dict[str, Verdict] = {}  # the last word of each check that a cell of this kernel has run


def remember(verdict: Verdict) -> None:
    """Note what a check has said, for the table at the end."""
    _said[verdict.check] = verdict


def progress(notebook: str) -> Standing:
    """How far the student of a lesson (such as "02_convolution") has come: what each check said last in this kernel.

    A check that was not run is shown as such. Raises KeyError for a lesson that has no checks.
    """
    return standing(notebook, (_line(verdict) for verdict in _said.values()))


def standing(notebook: str, known: Iterable[Line]) -> Standing:
    """All exercises of a lesson, with what is known of some. Raises KeyError for a lesson that has no checks."""
    by_check = {line.check: line for line in known}
    lines = [
        by_check.get(check.name, Line(check.exercise, check.title, "not run", 0.0, check.points, check.name))
        for check in CHECKS.values()
        if check.notebook == notebook
    ]
    if not lines:
        lessons = ", ".join(sorted({check.notebook for check in CHECKS.values()}))
        raise KeyError(f"there is no lesson {notebook!r}; there are: {lessons}")
    lines += [Line(one.exercise, one.title, "by hand", 0.0, one.points) for one in BY_HAND if one.notebook == notebook]
    order = sorted(lines, key=lambda line: (not line.exercise.isdigit(), line.exercise.zfill(3)))
    return Standing(notebook, tuple(order))


def _line(verdict: Verdict) -> Line:
    check = CHECKS[verdict.check]
    said = "" if verdict.passed or verdict.finding is None else verdict.finding.text
    return Line(check.exercise, check.title, state(verdict), verdict.points, verdict.maximum, check.name, said)


def state(verdict: Verdict) -> str:
    """One of STATES for a verdict."""
    if verdict.passed:
        return "right"
    if not verdict.attempted:
        return "not attempted"
    if any(case.outcome is Outcome.NOT_JUDGED for case in verdict.cases):
        return "not judged"
    return "partly" if verdict.points else "wrong"


def name(line: Line) -> str:
    """Number and title of an exercise."""
    return f"{line.exercise} · {line.title}"


def how(line: Line) -> str:
    """How it stands, in a sign and a word."""
    return " ".join(STATES[line.state])


def worth(line: Line) -> str:
    """The points of an exercise; those that a person gives are not known."""
    return f"{'?' if line.state == 'by hand' else f'{line.points:g}'} of {line.maximum:g}"


def _how(line: Line) -> str:
    sign, word = STATES[line.state]
    return f'<span aria-hidden="true">{sign}</span> {escape(word)}'


def _marking() -> bool:
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def _s(several: list[str]) -> str:
    return "" if len(several) == 1 else "s"


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
