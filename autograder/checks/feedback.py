"""A verdict as the reader sees it: a small table in a notebook, lines of text anywhere else."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.student import close
from autograder.checks.verdict import Case, Finding, Outcome, Verdict

SHOWN_FAILURES = 3
LARGEST_SHOWN = 10  # rows and columns of an array that fit a feedback table
LONGEST_SHOWN = 60  # characters of a text that fit in one
CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0"  # a page may bring no style of its own
SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_ATTEMPTED: "–", Outcome.NOT_JUDGED: "?"}

Array = NDArray[Any]


class Feedback:
    """A verdict that shows itself: the points for nbgrader (text/plain), a table for people (text/html)."""

    def __init__(self, verdict: Verdict, marking: bool = False):
        self.verdict = verdict
        self.marking = marking

    def __repr__(self) -> str:
        return f"{self.verdict.points:g}"

    def __str__(self) -> str:
        return text(self.verdict, self.marking)

    def _repr_html_(self) -> str:
        return html(self.verdict, self.marking)


def headline(verdict: Verdict) -> str:
    """One line: how it stands and the points."""
    worth = f"{verdict.points:g} of {_points(verdict.maximum)}" if verdict.maximum else "no points, just for you"
    if verdict.passed:
        return f"✓ Right · {worth}"
    if not verdict.attempted:
        return f"– Not attempted · {worth}"
    return f"✗ {'Partly right' if verdict.points else 'Not yet'} · {worth}"


def closing(verdict: Verdict, marking: bool) -> str:
    """What a pass is worth, honestly."""
    if marking or not verdict.passed or not verdict.drawn:
        return ""
    return "These cases pass; marking uses other cases of the same kind."


def shares(verdict: Verdict) -> str:
    """Which part earned how much, where there are several: "max 1.5 of 1.5 · avg 0 of 1"."""
    named = [part for part in verdict.parts if part.name]
    if len(named) < 2 or not verdict.attempted:
        return ""
    return " · ".join(f"{part.name} {part.earned:g} of {part.points:g}" for part in named)


def aside(case: Case, verdict: Verdict) -> Finding | None:
    """What to say about one case besides the headline: nothing where the headline explains it as well.

    Of several, the one that most failures share. A guess that fits one case only is left out, for it may mislead.
    """
    if not case.findings or verdict.finding in case.findings:
        return None
    failures = [other.findings for other in verdict.cases if other.outcome is not Outcome.PASSED]
    best = max(case.findings, key=lambda finding: sum(finding in findings for findings in failures))
    return None if best.guess and sum(best in findings for findings in failures) == 1 else best


def difference_in_words(case: Case, telling: bool) -> str:
    """The first entry that differs, for arrays too large for the table: "at index (0, 1, 2): expected 5, yours 3"."""
    got, expected = case.got, case.expected
    if not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray) or got.shape != expected.shape:
        return ""
    wrong = np.argwhere(~close(got, expected))
    if fits(got) or not len(wrong):
        return ""
    index = tuple(int(n) for n in wrong[0])
    wanted = f"expected {_number(expected[index])}, " if telling else ""
    return f"at index {index}: {wanted}yours {_number(got[index])}"


def fits(array: Array) -> bool:
    """Whether an array is small enough to be shown in full."""
    return array.ndim <= 2 and array.size > 0 and max(array.shape, default=1) <= LARGEST_SHOWN


def tells_expected(verdict: Verdict, marking: bool) -> bool:
    """Whether to show what was expected. Not where that is the answer itself and there is time to think."""
    return verdict.drawn or marking


def text(verdict: Verdict, marking: bool = False) -> str:
    """The verdict in plain lines."""
    telling = tells_expected(verdict, marking)
    lines = [f"{verdict.title}: {headline(verdict)}"]
    if verdict.finding:
        lines.append(f"  {verdict.finding.text}")
    for case in _failures(verdict):
        lines.append(f"  {SIGNS[case.outcome]} {_unmarked(case.title)}")
        for label, value in (("expected", case.expected if telling else None), ("yours", case.got)):
            if value is not None:
                lines.append(f"      {label:8} {_inline(value)}")
        if words := difference_in_words(case, telling):
            lines.append(f"      {words}")
        if finding := aside(case, verdict):
            lines.append(f"      {finding.text}")
    lines += [f"  {line}" for line in _ending(verdict, marking)]
    return "\n".join(lines)


def html(verdict: Verdict, marking: bool = False) -> str:
    """The verdict as a small table that needs no stylesheet and no script."""
    colour = "#009E73" if verdict.passed else "#0072B2" if not verdict.attempted else "#D55E00"
    parts = [
        f'<div style="border-left:4px solid {colour};padding:2px 0 2px 12px;margin:4px 0;max-width:52em">',
        f'<p style="margin:4px 0"><strong>{escape(headline(verdict))}</strong> · {escape(verdict.title)}</p>',
    ]
    if verdict.finding:
        parts.append(f'<p style="margin:4px 0">{_code(verdict.finding.text)}</p>')
    failures = _failures(verdict)
    if failures:
        telling = tells_expected(verdict, marking)
        columns = ("Case", "Expected", "Yours") if telling else ("Case", "Yours")
        head = "".join(f'<th scope="col" style="{CELL}">{word}</th>' for word in columns)
        rows = "".join(_row(case, verdict, telling) for case in failures)
        parts.append(f'<table style="margin:6px 0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')
    if lines := _ending(verdict, marking):
        small = "<br>".join(map(escape, lines))
        parts.append(f'<p style="margin:4px 0;opacity:.8"><small>{small}</small></p>')
    return "".join([*parts, "</div>"])


def _failures(verdict: Verdict) -> list[Case]:
    """The first cases that went wrong; one that was not attempted has nothing to show, and shall give nothing away."""
    quiet = (Outcome.PASSED, Outcome.NOT_ATTEMPTED)
    return [case for case in verdict.cases if case.outcome not in quiet][:SHOWN_FAILURES]


def _ending(verdict: Verdict, marking: bool) -> list[str]:
    """The small lines below: how many cases pass and what that is worth, then each part's points."""
    if not verdict.attempted:
        return []
    lines = (f"{_tally(verdict)} {closing(verdict, marking)}".strip(), shares(verdict))
    return [line for line in lines if line]


def _tally(verdict: Verdict) -> str:
    passed = sum(case.outcome is Outcome.PASSED for case in verdict.cases)
    return f"{passed} of {len(verdict.cases)} cases pass." if len(verdict.cases) > 1 else ""


def _points(points: float) -> str:
    return f"{points:g} point" + ("" if points == 1 else "s")


def _row(case: Case, verdict: Verdict, telling: bool) -> str:
    finding = aside(case, verdict)
    said = [difference_in_words(case, telling), finding.text if finding else ""]
    extra = "".join(f"<br><small>{_code(words)}</small>" for words in said if words)
    cells = "".join(
        f'<td style="{CELL};white-space:nowrap">{_cell(value, other)}</td>'
        for value, other in ((case.expected, None), (case.got, case.expected))[0 if telling else 1 :]
    )
    style = f"{CELL};max-width:24em;white-space:normal"
    return f'<tr><td style="{style}">{SIGNS[case.outcome]} {_code(case.title)}{extra}</td>{cells}</tr>'


def _cell(value: object, expected: object) -> str:
    """A value; entries that differ from what was expected are underlined and bold."""
    if value is None:
        return "<em>nothing</em>"
    if not isinstance(value, np.ndarray):
        return escape(_word(value))
    comparable = isinstance(expected, np.ndarray) and expected.shape == value.shape
    if not fits(value):
        return f"shape {value.shape}"
    grid = np.atleast_2d(value)
    truth = np.atleast_2d(np.asarray(expected)) if comparable else grid
    width = max(len(_number(number)) for number in grid.flat)
    rows = []
    for mine, theirs in zip(grid, truth, strict=True):
        entries = []
        for number, right in zip(mine, theirs, strict=True):
            shown = _number(number)
            differs = comparable and not close(number, right)
            marked = f"<b><u>{shown}</u></b>" if differs else shown
            entries.append("&nbsp;" * (width - len(shown)) + marked)
        rows.append(" &nbsp;".join(entries))
    return '<code style="background:none">' + "<br>".join(rows) + "</code>"


def _number(number: float) -> str:
    """Whole numbers in full, for in 716,706 the last digit may be the wrong one; others to four digits."""
    return f"{number + 0:.0f}" if abs(number) < 1e9 and number == round(number) else f"{number:.4g}"


def _inline(value: object) -> str:
    if isinstance(value, np.ndarray):
        if not fits(value):
            return f"shape {value.shape}"
        shown = np.array2string(value, precision=4, suppress_small=True, separator=", ", max_line_width=120)
        return shown.replace("\n", "\n" + " " * 15)
    return _word(value)


def _word(value: object) -> str:
    words = str(value)
    return words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + "…"


def _code(words: str) -> str:
    """Escaped text in which `code` is set as code."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def _unmarked(words: str) -> str:
    return words.replace("`", "")
