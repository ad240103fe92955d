"""The gradebook as tables for the terminal: marks by student and by exercise. No mark is computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.grading.course import Assignment
from autograder.grading.submissions import ascii_control_free

NO_ANSWER, BY_HAND, UNMARKED = "–", "?", "✗"


def marks(
    gradebook: Any, assignment: Assignment, notes: Mapping[str, Sequence[str]], unmarked: Set[str] = frozenset()
) -> Table:
    """One row for each student, one column for each exercise, the total, and what else there is to say.

    `gradebook` is an open nbgrader Gradebook; `notes` gives remarks by student. Those in `unmarked` handed in
    something that has no mark: they get a row of their own, whatever the gradebook says of them.
    """
    entry = gradebook.find_assignment(assignment.name)
    full = worth(entry)
    columns = [name for name in assignment.graded if full.get(name)]
    submissions = {submission.student.id: submission for submission in entry.submissions}
    late = any(submission.total_seconds_late for student, submission in submissions.items() if student not in unmarked)

    table = Table(title=assignment.name, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.pad_edge, table.padding, table.caption_justify, table.show_footer = False, (0, 1, 0, 0), "left", True
    table.caption_style = "dim"
    table.add_column("student", footer="out of", no_wrap=True)
    for name in columns:
        table.add_column(assignment.heading[name][0], footer=f"{full[name]:g}", justify="right", no_wrap=True)
    table.add_column("total", footer=f"{entry.max_score:g}", justify="right", no_wrap=True, style="bold")
    if late:
        table.add_column("late", justify="right", no_wrap=True)
    table.add_column("notes", overflow="fold")
    for student in sorted({*submissions, *unmarked}):
        shown = ascii_control_free(student)
        if student in unmarked:
            sign, gap = Text(UNMARKED, "bold red"), [""] if late else []
            table.add_row(shown, *[""] * len(columns), sign, *gap, Text("; ".join(notes.get(student, ()))))
            continue
        submission = submissions[student]
        grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
        skipped = unanswered(submission)
        scores = [score(grades.get(name), assignment, name, skipped) for name in columns]
        row: list[str | Text] = [shown, *scores, total(submission)]
        if late:
            row.append(lateness(submission.total_seconds_late))
        remarks = [
            *([waiting(by_hand(submission))] if by_hand(submission) else []),
            *_attempts(assignment, columns, skipped),
            *notes.get(student, ()),
        ]
        table.add_row(*row, Text("; ".join(remarks)))
    table.caption = Text(" · ".join(" ".join(assignment.heading[name]) for name in columns) + "\n" + key(), "dim")
    return table


def key() -> str:
    """What the signs in the table mean."""
    return f"{NO_ANSWER}: not attempted   {BY_HAND}: still to be marked by hand   {UNMARKED}: not marked"


def unanswered(submission: Any) -> set[str]:
    """The answer cells that a student left as they were: nbgrader writes "No response." beside them."""
    return {
        comment.name
        for notebook in submission.notebooks
        for comment in notebook.comments
        if comment.auto_comment == "No response."
    }


def by_hand(submission: Any) -> int:
    """How many exercises of a submission wait for a person: those that no check marks, and those whose mark somebody
    gave before the work changed. Where marking failed, nothing waits: nbgrader then calls all of it unmarked."""
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    written = {comment.name for notebook in submission.notebooks for comment in notebook.comments}
    checked = [grade for grade in grades if grade.name not in written]
    if checked and all(grade.auto_score is None and grade.manual_score is None for grade in checked):
        return 0
    return sum(grade.needs_manual_grade for grade in grades)


def waiting(exercises: int) -> str:
    """That so many exercises have no mark yet, in words."""
    return f"{exercises} exercise{'' if exercises == 1 else 's'} to be marked by hand"


def worth(entry: Any) -> dict[str, float]:
    """The full points of each marked cell of an assignment in the gradebook."""
    return {
        cell.name: cell.max_score
        for notebook in entry.notebooks
        for cell in (*notebook.grade_cells, *notebook.task_cells)
    }


def points(submission: Any) -> float:
    """The score that the gradebook gives, less its penalty for lateness."""
    return max(0.0, float(submission.score) - float(submission.late_submission_penalty))


def total(submission: Any) -> str:
    """The points, with a question mark while parts are open."""
    return f"{points(submission):g}{BY_HAND if submission.needs_manual_grade else ''}"


def lateness(seconds: float) -> str:
    """How late, to the largest unit that fits: 2 d, 3 h, 12 min."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return "1 min" if seconds else ""


def score(grade: Any, assignment: Assignment, name: str, skipped: set[str]) -> Text:
    """The score of one exercise, or the sign that stands for it; `skipped` are the answer cells left as they were."""
    if grade is None:
        return Text("")
    if grade.needs_manual_grade:
        known = grade.manual_score is not None or grade.auto_score is not None
        return Text(f"{grade.score:g}{BY_HAND}" if known else BY_HAND, "yellow")
    answers = assignment.answers[name]
    if not grade.score and answers and skipped.issuperset(answers):
        return Text(NO_ANSWER, "dim")
    return Text(f"{grade.score:g}", "" if grade.score >= grade.max_score else "yellow" if grade.score else "red")


def _attempts(assignment: Assignment, columns: Sequence[str], skipped: set[str]) -> list[str]:
    """Told apart: nothing done at all, and some exercises left out."""
    judged = [name for name in columns if assignment.answers[name]]
    left = [name for name in judged if skipped.issuperset(assignment.answers[name])]
    if judged and len(left) == len(judged):
        return ["nothing attempted"]
    return [f"{len(left)} not attempted"] if left else []
