"""The class report as one page of HTML: no script, nothing from elsewhere, written whole or not at all."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.grading import example, record, submissions
from autograder.grading.course import Assignment, CourseError, assignments, nbgrader_api, prepare_environment
from autograder.grading.submissions import Fault, Submission
from autograder.grading.table import waiting as waiting_in_words
from autograder.reports.classreport import charts, data, similar, summary
from autograder.reports.classreport.data import STANDINGS, Row, Work
from autograder.reports.classreport.similar import Group

MOST_NAMES = 30  # of students in one sentence
MOST_IDEAS = 6  # behind wrong answers to one exercise that are told in full
MOST_PAIRS = 12  # of one group of similar submissions
MOST_LINES = 80  # of an answer that is shown beside another
WIDE = 9  # exercises, from which on the table of marks is printed across the page


@dataclass(frozen=True)
class Chapter:
    """One assignment as the page shows it."""

    work: Work
    spread: summary.Spread | None
    exercises: tuple[summary.Summary, ...]
    repairs: tuple[summary.Repair, ...]
    tasks: Mapping[str, tuple[summary.Task, ...]]
    marking: summary.Marking
    groups: tuple[Group, ...]
    faults: tuple[Fault, ...]
    fresh: tuple[str, ...]  # those whose work lies in submitted/ and has never been marked

    @property
    def handed_in(self) -> int:
        """How many have handed in, as far as the gradebook knows."""
        return sum(row.why != data.ABSENT for row in self.work.rows)


def report(root: Path, to: Path, names: Sequence[str] = ()) -> Path:
    """Write the report on the class of the course in `root` to the file `to`, on all assignments or those `names`.

    A name may be shortened to its beginning, as 02 is enough. Raises CourseError where there is no gradebook, no such
    assignment, or `to` cannot be written.
    """
    root = root.resolve()
    known = chosen(assignments(root), names)
    prepare_environment()
    api = nbgrader_api(root)
    kept = Path(api.coursedir.db_url.partition("sqlite:///")[2].partition("?")[0])
    if api.coursedir.db_url.startswith("sqlite:") and not kept.is_file():
        raise CourseError(f"there is no gradebook {kept} to report on: run `autograder grade` first")
    found, faults = submissions.find(root / "submitted", known, ignore=[example.NOTE])
    chapters = [chapter(work, faults, found) for work in read(root, api, known)]
    loose = [fault for fault in faults if fault.assignment not in known]
    write(render(chapters, loose, datetime.datetime.now(datetime.UTC)), to)
    return to


def chosen(known: Mapping[str, Assignment], names: Sequence[str]) -> dict[str, Assignment]:
    """The assignments with these names or beginnings, all of them where there are none. Raises CourseError."""
    found = {}
    for name in names:
        fitting = [each for each in known if each == name] or [each for each in known if each.startswith(name)]
        if len(fitting) != 1:
            trouble = "no assignment" if not fitting else "more than one assignment"
            raise CourseError(f"{trouble} begins with {name!r}; there are {', '.join(known)}")
        found[fitting[0]] = known[fitting[0]]
    return {name: known[name] for name in known if name in found} if names else dict(known)


def read(root: Path, api: Any, known: Mapping[str, Assignment]) -> list[Work]:
    """Each assignment from the gradebook and the marked notebooks."""
    done = record.load(root / ".marking" / "graded.json").submissions
    works = []
    with api.gradebook as gradebook:
        students = [str(student.id) for student in gradebook.students]
        for name, assignment in known.items():
            folder = api.coursedir.autograded_directory
            marked = {who: Path(api.coursedir.format_path(folder, who, name)) / f"{name}.ipynb" for who in students}
            notes = {who: done[f"{who}/{name}"].notes for who in students if f"{who}/{name}" in done}
            works.append(data.work(gradebook, assignment, marked, notes))
    return works


def render(chapters: Sequence[Chapter], loose: Sequence[Fault], now: datetime.datetime) -> str:
    """The page. `loose` are faults in submitted/ that belong to no assignment."""
    environment = Environment(
        loader=PackageLoader("autograder.reports", "classreport"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(code=code, number=number, people=people, plural=plural)
    return environment.get_template("report.html.j2").render(
        chapters=chapters,
        loose=loose,
        now=now,
        charts=charts,
        standings=STANDINGS,
        totals=totals,
        most_ideas=MOST_IDEAS,
        most_pairs=MOST_PAIRS,
        most_lines=MOST_LINES,
        wide=WIDE,
        columns=columns,
        remarks=remarks,
        versions=[f"{name} {version(name)}" for name in ("convcourse", "nbgrader")],
    )


def write(page: str, to: Path) -> None:
    """Write a page, all of it or nothing. Raises CourseError where that can't be done."""
    temporary = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8", errors="replace")
        os.replace(temporary, to)
    except OSError as error:
        raise CourseError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def chapter(work: Work, faults: Sequence[Fault] = (), found: Sequence[Submission] = ()) -> Chapter:
    """What there is to say of an assignment; `faults` and `found` are what lies in submitted/."""
    answers = {row.student: row.answers for row in work.rows if row.answers}
    known = {row.student for row in work.rows if row.why != data.ABSENT}
    return Chapter(
        work,
        summary.spread(work.rows),
        summary.exercises(work),
        summary.repairs(work.rows),
        summary.tasks(work),
        summary.marking(work.rows),
        similar.groups(answers, work.handed_out),
        tuple(fault for fault in faults if fault.assignment == work.name),
        tuple(item.student for item in found if item.assignment == work.name and item.student not in known),
    )


# --- for the template -------------------------------------------------------------------------------------------


def code(words: str) -> Markup:
    """Escaped text in which `code` is set as code."""
    pieces = str(escape(words)).split("`")
    return Markup("".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces)))


def number(value: float) -> str:
    """Points without needless digits: 3, 2.5, 0.33."""
    return f"{round(value, 2):g}"


def people(students: Sequence[str]) -> str:
    """Students in one line, the first of them where they are many."""
    more = len(students) - MOST_NAMES
    return ", ".join(students) if more <= 1 else f"{', '.join(students[:MOST_NAMES])} and {more} more"


def plural(count: int, noun: str) -> str:
    """1 student, 2 students."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def totals(work: Work) -> list[float]:
    """The totals of those who have a mark."""
    return [row.total for row in work.rows if row.total is not None]


def columns(rows: Sequence[Row]) -> dict[str, bool]:
    """Which of the columns that are not always there the table of marks has."""
    return {
        "late": any(row.late for row in rows),
        "penalty": any(row.penalty for row in rows),
        "notes": any(row.notes or row.why or row.waiting for row in rows),
    }


def remarks(row: Row) -> str:
    """What the table of marks says beside a student's marks."""
    waiting = [waiting_in_words(row.waiting)] if row.waiting else []
    return "; ".join([*([row.why] if row.why else []), *waiting, *row.notes])
