"""A verdict as the reader sees it: a small table in a notebook, lines of text anywhere else."""

from __future__ import annotations

import sys
from html import escape
from typing import Any

from autograder.checks import showing
from autograder.checks.showing import code
from autograder.checks.verdict import Case, Finding, Outcome, Verdict

SHOWN_FAILURES = 3
SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_ATTEMPTED: "–", Outcome.NOT_JUDGED: "?"}
# How each outcome is called by those who do not see the sign.
WORDS = {Outcome.PASSED: "passes", Outcome.FAILED: "fails", Outcome.NOT_ATTEMPTED: "open", Outcome.NOT_JUDGED: "open"}
# A page may bring no style of its own, and be light or dark: no colour but greys that do on both.
CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0;border:0"
RULE = "border-top:1px solid rgba(128,128,128,.35)"
PARAGRAPH = "margin:4px 0"
# What leaves nothing to compare; the last ones tell how the cell ended that should have defined it.
NOTHING_THERE = {"not-defined", "not-a-function", "timeout", "died", "memory", "flood"}
HINTS = "The hints above your answer go on from here, step by step."


class Feedback:
    """A verdict that shows itself: the points for nbgrader (text/plain), a table for people (text/html).

    In a terminal, where nobody would see the table, it is lines of text.
    """

    def __init__(self, verdict: Verdict, marking: bool = False):
        self.verdict = verdict
        self.marking = marking

    @property
    def points(self) -> str:
        """The points as nbgrader reads them."""
        return f"{self.verdict.points:g}"

    def __repr__(self) -> str:
        return text(self.verdict, self.marking)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython takes for text/plain: in a notebook that is what nbgrader reads."""
        printer.text(repr(self) if _in_terminal() else self.points)

    def _repr_html_(self) -> str:
        return html(self.verdict, self.marking)


def _in_terminal() -> bool:
    """Whether this is IPython in a terminal, which shows no HTML. It is not imported where it is not in use."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and type(ipython.get_ipython()).__name__ == "TerminalInteractiveShell"


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
    if not case.findings or any(_as_told(finding, verdict.finding) for finding in case.findings):
        return None
    failures = [other.findings for other in verdict.cases if other.outcome is not Outcome.PASSED]
    best = max(case.findings, key=lambda finding: sum(finding in findings for findings in failures))
    return None if best.guess and sum(best in findings for findings in failures) == 1 else best


def _as_told(finding: Finding, told: Finding | None) -> bool:
    """Whether a finding has been told: the same error in the same line may name other numbers each time."""
    if finding == told:
        return True
    if told is None or not finding.id == told.id == "raised":
        return False
    return finding.text.partition(": ")[0] == told.text.partition(": ")[0]


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
        for label, value, other in (
            ("expected", case.expected if telling else None, None),
            ("yours", case.got, case.expected),
        ):
            if value is not None:
                first, *rest = showing.lines(value, other)
                lines += [f"      {label:8}  {first}", *(" " * 16 + line for line in rest)]
        lines += [f"      {words}" for words in _notes(case, verdict, telling)]
    lines += [f"  {line}" for line in _ending(verdict, marking)]
    if nudge := _nudge(verdict):
        lines.append(f"  Help: {nudge}")
    return "\n".join(lines)


def html(verdict: Verdict, marking: bool = False) -> str:
    """The verdict as a small table that needs no stylesheet and no script."""
    colour = "#009E73" if verdict.passed else "#0072B2" if not verdict.attempted else "#D55E00"
    parts = [
        f'<div style="border-left:4px solid {colour};padding:2px 0 2px 12px;margin:4px 0;max-width:52em;'
        'overflow-wrap:anywhere">',
        f'<p style="{PARAGRAPH}"><strong>{escape(headline(verdict))}</strong> · {escape(verdict.title)}</p>',
    ]
    if verdict.finding:
        parts.append(f'<p style="{PARAGRAPH}">{code(verdict.finding.text)}</p>')
    parts.append(_table(verdict, tells_expected(verdict, marking)))
    for line in _ending(verdict, marking):
        cases = line == _tally(verdict) and not marking
        parts.append(_all_cases(verdict, line) if cases else _paragraph(line))
    parts.append(_help(verdict, marking))
    return "".join([*parts, "</div>"])


def _paragraph(words: str) -> str:
    return f'<p style="{PARAGRAPH}">{escape(words)}</p>'


def _failures(verdict: Verdict, most: int = SHOWN_FAILURES) -> list[Case]:
    """The first cases that went wrong; what is not there or not attempted has nothing to show, nor to give away."""
    if verdict.finding and verdict.finding.id in NOTHING_THERE:
        return []
    quiet = (Outcome.PASSED, Outcome.NOT_ATTEMPTED)
    return [case for case in verdict.cases if case.outcome not in quiet][:most]


def _notes(case: Case, verdict: Verdict, telling: bool) -> list[str]:
    """What to say of a case in words: what is shown of it, where it differs, and why, unless that has been said."""
    finding = aside(case, verdict)
    counted = any(told.id == "wrong-values" for told in (finding, verdict.finding) if told)
    notes = (
        showing.extent(case.got, case.expected),
        showing.difference(case.got, case.expected, telling, counting=not counted),
        finding.text if finding else "",
    )
    return [words for words in notes if words]


def _ending(verdict: Verdict, marking: bool) -> list[str]:
    """The lines below: how many cases pass, what that is worth, and each part's points."""
    if not verdict.attempted or (verdict.finding and verdict.finding.id in NOTHING_THERE):
        return []
    lines = (_tally(verdict), closing(verdict, marking), shares(verdict))
    return [line for line in lines if line]


def _tally(verdict: Verdict) -> str:
    passed = sum(case.outcome is Outcome.PASSED for case in verdict.cases)
    return f"{passed} of {len(verdict.cases)} cases pass." if len(verdict.cases) > 1 else ""


def _points(points: float) -> str:
    return f"{points:g} point" + ("" if points == 1 else "s")


# --- the pieces of the page -------------------------------------------------------------------------------------


def _table(verdict: Verdict, telling: bool) -> str:
    """The first failures, expected beside got; below each its words, so that it fits a narrow page."""
    failures = _failures(verdict)
    if not failures:
        return ""
    number = len(_failures(verdict, len(verdict.cases)))
    caption = (
        "What differs" if number == len(failures) else f"What differs: the first {len(failures)} of {number} cases"
    )
    columns = ("Expected", "Yours") if telling else ("Yours",)
    head = "".join(f'<th scope="col" style="{CELL};white-space:nowrap">{word}</th>' for word in columns)
    rows = "".join(_rows(case, verdict, telling) for case in failures)
    return (
        f'<div style="overflow-x:auto"{_scrolled("What differs", verdict)}>'
        '<table style="margin:6px 0;border-collapse:collapse;font-size:inherit;overflow-wrap:break-word;'
        'min-width:min(100%,17em)">'
        f'<caption style="caption-side:top;text-align:left;font-style:italic;padding:2px 0">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead>{rows}</table></div>"
    )


def _rows(case: Case, verdict: Verdict, telling: bool) -> str:
    """The rows of one case: its title over both columns, the values, and what there is to say of them."""
    span = f' colspan="{2 if telling else 1}"'
    title = f"{SIGNS[case.outcome]} {code(case.title)}"
    values = ((case.expected, case.got), (case.got, case.expected))[0 if telling else 1 :]
    notes = "<br>".join(code(words) for words in _notes(case, verdict, telling))
    row = '<tr style="background:none">'  # JupyterLab shades every other row of a body
    below = f'{row}<td{span} style="{CELL};max-width:40em;white-space:normal">{notes}</td></tr>' if notes else ""
    return (
        f'<tbody>{row}<th scope="rowgroup"{span} style="{CELL};{RULE};font-weight:normal">{title}</th></tr>{row}'
        + "".join(
            _value(value, other if place else None) for place, (value, other) in enumerate(values, 2 - len(values))
        )
        + f"</tr>{below}</tbody>"
    )


def _value(value: object, other: object) -> str:
    wrap = "nowrap" if hasattr(value, "shape") else "normal"
    return f'<td style="{CELL};white-space:{wrap}">{showing.cell(value, other)}</td>'


def _all_cases(verdict: Verdict, tally: str) -> str:
    """How many cases pass; opened, which ones."""
    items = "".join(
        f"<li>{SIGNS[case.outcome]} {code(case.title)}: {WORDS[case.outcome]}</li>" for case in verdict.cases
    )
    return f'<details style="{PARAGRAPH}"><summary>{escape(tally)}</summary><ul>{items}</ul></details>'


def _nudge(verdict: Verdict) -> str:
    """The first help, for an answer that was begun and is not right."""
    there = verdict.finding is None or verdict.finding.id not in NOTHING_THERE
    return verdict.advice if there and verdict.attempted and not verdict.passed else ""


def _help(verdict: Verdict, marking: bool) -> str:
    """Help in two steps, each folded: a reminder of what is asked, then a case to try. That is secret in marking."""
    nudge = _nudge(verdict)
    if not nudge:
        return ""
    more = "" if marking else _more(verdict)
    inner = f'<details style="{PARAGRAPH}"><summary>More help</summary>{more}</details>' if more else ""
    return f'<details style="{PARAGRAPH}"><summary>Help</summary><p>{code(nudge)}</p>{inner}</details>'


def _more(verdict: Verdict) -> str:
    """A call that fails, to be tried in a cell of its own, and where to look."""
    calls = (showing.typed(case.call) for case in _failures(verdict, len(verdict.cases)) if case.call)
    tried = next(filter(None, calls), "")
    if not tried:
        return f"<p>{HINTS}</p>"
    block = "white-space:pre;overflow-x:auto;background:none;margin:4px 0;font-family:monospace"
    return (
        "<p>Try this in a cell of its own, and print what happens on the way:</p>"
        f'<pre style="{block}"{_scrolled("A case to try", verdict)}>{escape(tried)}</pre><p>{HINTS}</p>'
    )


def _scrolled(label: str, verdict: Verdict) -> str:
    """What a box needs that a narrow page may make scroll, to be reached and told apart by those who use no mouse."""
    return f' tabindex="0" role="region" aria-label="{label}: {escape(verdict.title)}"'


def _unmarked(words: str) -> str:
    return words.replace("`", "")
