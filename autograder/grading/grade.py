"""`autograder grade`: from what lies in submitted/ to marks, feedback pages and a spreadsheet."""

from __future__ import annotations

import contextlib
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import DatabaseError

from autograder.grading import example, gradebook, marking, pool, progress, record, sandbox, submissions, table
from autograder.grading.collecting import people
from autograder.grading.course import Assignment, CourseError, assignments, nbgrader_api, prepare_environment
from autograder.grading.marking import Job, Means
from autograder.grading.progress import Reporter
from autograder.grading.record import Marked, Record
from autograder.grading.submissions import Fault, Submission

RECORDING = 1.0  # seconds between two times that what is done is put on record


class Interrupted(Exception):
    """Stopped by hand. What was finished is kept."""


def grade(root: Path, console: Console, means: Means, machine: TextIO | None = None) -> bool:
    """Mark all that is new or changed in `root`/submitted and show the marks; with nothing there, an example class,
    but never where the gradebook already holds work of somebody else. `machine` gets how far it is as JSON, a line for
    each result; the `console` does without then.

    Returns whether everything that lies there is marked now: it is not where a folder's name is no assignment's.
    Raises CourseError where the course itself is at fault, SandboxError where nothing can be run safely,
    pool.ClusterError, record.BusyError where another run is at it, and Interrupted.
    """
    root = root.resolve()
    known = assignments(root)
    private = root / ".marking"
    private.mkdir(mode=0o700, exist_ok=True)
    reporter = progress.reporter(console, machine)
    with record.alone(private / "lock"), _stoppable(), contextlib.ExitStack() as begun:
        try:
            return _grade(root, console, known, means, reporter, begun)
        except KeyboardInterrupt:
            pool.stop()
            reporter.end(0, stopped=True)
            raise Interrupted from None
        except DatabaseError as error:
            reporter.end(0, stopped=True)
            reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
            raise CourseError(
                f"the gradebook cannot be used: {reason}. What was marked is kept: the same command goes on from here"
            ) from None
        except BaseException:
            reporter.end(0, stopped=True)
            raise


def _grade(
    root: Path,
    console: Console,
    known: Mapping[str, Assignment],
    means: Means,
    reporter: Reporter,
    begun: contextlib.ExitStack,
) -> bool:
    if means.isolated and not means.scheduler and (why := sandbox.missing()):
        raise sandbox.SandboxError(why)
    kept, log = root / ".marking" / "graded.json", root / ".marking" / "log.txt"
    done = record.load(kept)
    for left in kept.parent.glob("tmp*"):  # folders of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    prepare_environment()
    api = nbgrader_api(root, means.isolated, means.gradebook)
    with api.gradebook as book:
        gradebook.complete(book)
        others = _others(book)
    if submissions.is_empty(root / "submitted"):
        if others:
            _say(console, "Nothing handed in: nothing to mark. Here is what the gradebook holds.", style="bold")
        else:
            _write_example(root, known)
            _say(console, "Nothing had been handed in: an example class now lies in submitted/.\n", style="bold")
            _say(console, example.about())
    elif (root / "submitted" / example.NOTE).exists():
        _say(
            console,
            f"This is the example class (who is who: submitted/{example.NOTE}). To remove it: {example.REMOVE}\n",
        )
    found, faults = submissions.find(root / "submitted", known, ignore=[example.NOTE])
    _show_faults(console, faults)
    new = sum(means.force or item.name not in done.submissions for item in found)  # these are run, more likely than not
    lent = begun.enter_context(pool.server(means.isolated, 0 if means.scheduler else min(new, means.workers)))

    _forget_example(root, api, done)
    lessons = dict(done.assignments)
    with api.gradebook as book:
        broken = _refresh_gradebook(api, book, known, done, {item.name for item in found}, log)
        if (root / "submitted" / example.NOTE).exists():
            done.example = sorted(pupil.student for pupil in example.CLASS)
            alone = not others and all(item.student in done.example for item in found)
            _set_due(book, done, alone)
        solved = {name: assignment.path for name, assignment in known.items()}
        rules, before = record.rules(root, solved, means.isolated), done.rules
        keys = {
            item.name: record.key(
                item.digest, known[item.assignment].digest, *record.that_apply(rules, item.assignment).values()
            )
            for item in found
        }
        todo = [
            job
            for item in found
            if item.assignment not in broken
            for job in _job(item, keys[item.name], done, book, root, means.force)
        ]
        done.rules = rules
        record.save(done, kept)
        names = people.load(kept.with_name(people.PEOPLE))
        for student in sorted({job.student for job in todo}):  # here, so that two processes never add the same one
            book.update_or_create_student(student, **names.get(student, {}))

    failures = {item.name: broken[item.assignment] for item in found if item.assignment in broken}
    unchanged = len(found) - len(todo) - len(failures)
    if unchanged:
        _say(console, f"{_plural(unchanged, 'submission')} unchanged since the last time.")
    again = {job.assignment for job in todo if job.mark and job.name in done.submissions}
    touching = {what: value for name in sorted(again) for what, value in record.that_apply(rules, name).items()}
    changed = [what for what, value in touching.items() if before and before.get(what) != value]
    changed += [f"the lesson {name}" for name in sorted(again) if lessons.get(name) != known[name].digest]
    if again and changed:
        _say(console, f"What was marked before is marked again, as these have changed: {', '.join(changed)}.")
    reporter.start(len(todo), unchanged)
    for fault in faults:
        reporter.fault(fault)
    saved = time.monotonic()
    pool.settle()
    try:
        for result in progress.followed(reporter, marking.run(todo, root, api, log, means, lent)):
            name = result.job.name
            if result.failure:
                failures[name] = result.failure
                done.submissions.pop(name, None)
            else:
                earlier = done.submissions.get(name)
                notes = list(result.notes) if result.job.mark or earlier is None else earlier.notes
                done.submissions[name] = Marked(keys[name], result.told, notes)
            if time.monotonic() - saved > RECORDING:  # it grows with the class; what it lacks is only saved again
                record.save(done, kept)
                saved = time.monotonic()
    finally:
        record.save(done, kept)

    reporter.end(len(failures), stopped=False)
    standing = _standing(api, done, found, faults, failures, broken)
    _show_marks(console, api, known, done, standing)
    _export(root, api)
    _show_failures(console, failures, log.relative_to(root))
    _show_unmarked(console, standing, faults)
    _show_by_hand(console, api)
    _show_next(console, bool(found))
    return not (failures or faults)


def _others(gradebook: Any) -> bool:
    """Whether the gradebook holds submissions of anybody but the students of the example class."""
    return any(
        not submission.student.id.startswith(example.PREFIX)
        for entry in gradebook.assignments
        for submission in entry.submissions
    )


def _set_due(gradebook: Any, done: Record, alone: bool) -> None:
    """Give the example class its due date, but only while it is `alone`: real work must not be late by it."""
    for entry in gradebook.assignments:
        if alone and entry.duedate is None and entry.name in done.assignments:
            entry.duedate = example.DUE
        elif not alone and entry.duedate == example.DUE:
            entry.duedate = None
    gradebook.db.commit()


@dataclass(frozen=True)
class Standing:
    """How a student's mark for an assignment stands, where it is not simply that of the file in submitted/.

    `marked` is whether the gradebook has one at all; `note` says what is the matter.
    """

    marked: bool
    note: str


def _standing(
    api: Any,
    done: Record,
    found: Sequence[Submission],
    faults: Sequence[Fault],
    failures: Mapping[str, str],
    broken: Mapping[str, str],
) -> dict[tuple[str, str], Standing]:
    """(student, assignment) → what is the matter, for all marks that are missing or not those of what lies there."""
    with api.gradebook as gradebook:
        present = {
            (submission.student.id, entry.name): f"{submission.student.id}/{entry.name}" in done.submissions
            or any(
                score is not None
                for notebook in submission.notebooks
                for grade in notebook.grades
                for score in (grade.auto_score, grade.manual_score)
            )
            for entry in gradebook.assignments
            for submission in entry.submissions
        }
    sound = {(item.student, item.assignment) for item in found}
    standing = {}
    for whose, marked in present.items():
        if whose not in sound:
            standing[whose] = Standing(marked, "no longer in submitted/")
    for fault in faults:
        whose = (fault.student, fault.assignment)
        if all(whose) and whose not in sound:
            marked = present.get(whose, False)
            standing[whose] = Standing(marked, "mark of an earlier file: see above" if marked else "see above")
    for name in failures:
        student, _, assignment = name.rpartition("/")
        marked = present.get((student, assignment), False)
        note = f"mark {'from before' if assignment in broken else 'of an earlier file or run'}: see below"
        standing[student, assignment] = Standing(marked, note if marked else "see below")
    return standing


def _write_example(root: Path, known: Mapping[str, Assignment]) -> None:
    from autograder import catalogue  # imports torch, which a run that only marks can do without

    try:
        example.write(root, known, catalogue.all_answers())
    except catalogue.CatalogueError as error:
        raise CourseError(str(error)) from error


def _job(item: Submission, key: str, done: Record, gradebook: Any, root: Path, force: bool) -> Iterator[Job]:
    """What is left to do for a submission: mark it, or write its page again because the gradebook says otherwise now
    (someone marked by hand), or nothing."""
    from nbgrader.api import MissingEntry

    marked = done.submissions.get(item.name)
    copies = [
        root / "autograded" / item.name / f"{item.assignment}.ipynb",
        root / "feedback" / item.name / f"{item.assignment}.html",
    ]
    try:
        submission = gradebook.find_submission(item.assignment, item.student)
    except MissingEntry:
        submission = None
    if force or submission is None or marked is None or marked.key != key or not copies[0].exists():
        yield Job(item.student, item.assignment)
    elif marked.told != marking.state(submission) or not copies[1].exists():
        yield Job(item.student, item.assignment, mark=False)


def _refresh_gradebook(
    api: Any, gradebook: Any, known: Mapping[str, Assignment], done: Record, handed_in: set[str], log: Path
) -> dict[str, str]:
    """See to it that the gradebook knows every assignment as it is now. Returns those it cannot take, and why."""
    present = {entry.name for entry in gradebook.assignments}
    broken = {}
    for name, assignment in known.items():
        entry = gradebook.find_assignment(name) if name in present else None
        if entry is not None and done.assignments.get(name) == assignment.digest:
            continue
        try:
            wanted = set(assignment.graded) | set(assignment.solutions)
            if entry is not None and entry.submissions and _cells(entry) != wanted:
                _make_room(gradebook, entry, handed_in)
            gradebook.db.remove()  # nbgrader writes through a connection of its own
            marking.put_into_gradebook(name, api, log)
            done.assignments[name] = assignment.digest
        except CourseError as error:
            broken[name] = str(error)
    return broken


def _cells(entry: Any) -> set[str]:
    return {
        cell.name
        for notebook in entry.notebooks
        for cell in (*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells)
    }


def _make_room(gradebook: Any, entry: Any, handed_in: set[str]) -> None:
    """Take an assignment whose exercises have changed out of the gradebook, as nbgrader cannot add or drop cells
    under submissions. Only where nothing can be lost: all of it will be marked again, and no one marked by hand.
    """
    by_hand = any(
        grade.manual_score is not None or grade.extra_credit is not None
        for submission in entry.submissions
        for notebook in submission.notebooks
        for grade in notebook.grades
    ) or any(
        comment.manual_comment
        for submission in entry.submissions
        for notebook in submission.notebooks
        for comment in notebook.comments
    )
    gone = [item.student.id for item in entry.submissions if f"{item.student.id}/{entry.name}" not in handed_in]
    if by_hand or gone:
        kept = (
            "marks given by hand"
            if by_hand
            else f"marks of {', '.join(gone)}, whose work now is not there to be marked"
        )
        raise CourseError(
            f"the exercises of {entry.name} have changed, and the gradebook holds {kept}: keep a copy of gradebook.db "
            "and delete it, or go back to the lesson that was handed out"
        )
    due = entry.duedate
    gradebook.remove_assignment(entry.name)
    if due is not None:
        gradebook.add_assignment(entry.name, duedate=due.isoformat())


def _forget_example(root: Path, api: Any, done: Record) -> None:
    """When the example class has been removed from submitted/, take it out of everything that was made from it."""
    if not done.example or (root / "submitted" / example.NOTE).exists():
        return
    with api.gradebook as gradebook:
        present = {student.id for student in gradebook.students}
        for student in done.example:
            if not student.startswith(example.PREFIX):
                continue  # never a real one, whatever the record says
            if student in present:
                gradebook.remove_student(student)
            for step in ("autograded", "feedback"):
                shutil.rmtree(root / step / student, ignore_errors=True)
            for name in [name for name in done.submissions if name.startswith(f"{student}/")]:
                del done.submissions[name]
        for entry in gradebook.assignments:
            if entry.duedate == example.DUE:
                entry.duedate = None
        gradebook.db.commit()
    done.example = []


# --- what the reader sees ---------------------------------------------------------------------------------------


def _say(console: Console, text: str, style: str = "") -> None:
    """Print words as they are: no markup, no colouring of numbers, no breaking of names."""
    console.print(Text(text, style), soft_wrap=True)


def _say_folded(console: Console, text: str, indent: str = "  ") -> None:
    """Print a long list on as many lines as it takes, never breaking a name."""
    width = max(console.width, 40)
    folded = fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    _say(console, folded)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _show_faults(console: Console, faults: Sequence[Fault]) -> None:
    if faults:
        _say(console, f"Not marked, {_plural(len(faults), 'thing')} in submitted/ to put right:", "bold")
        for fault in faults:
            _say(console, f"  {fault.path}: {fault.reason}")
        _say(console, "")


def _show_marks(
    console: Console,
    api: Any,
    known: Mapping[str, Assignment],
    done: Record,
    standing: Mapping[tuple[str, str], Standing],
) -> None:
    with api.gradebook as gradebook:
        entries = {entry.name: entry for entry in gradebook.assignments}
        for name, assignment in known.items():
            here = {student: how for (student, of), how in standing.items() if of == name}
            if name not in entries or not (entries[name].submissions or here):
                continue
            notes = {
                student: list(marked.notes)
                for path, marked in done.submissions.items()
                for student, _, of in [path.rpartition("/")]
                if of == name
            }
            unmarked = set()
            for student, how in here.items():
                if how.marked:
                    notes[student] = [how.note, *notes.get(student, [])]
                else:
                    notes[student] = [f"not marked: {how.note}"]
                    unmarked.add(student)
            console.print()
            console.print(table.marks(gradebook, assignment, notes, unmarked))


def _export(root: Path, api: Any) -> None:
    """Write grades.csv as `nbgrader export` does, all of it or nothing."""
    from autograder.grading.spreadsheet import Spreadsheet

    with api.gradebook as gradebook:
        Spreadsheet(parent=api, to=str(root / "grades.csv")).export(gradebook)


def _show_failures(console: Console, failures: Mapping[str, str], log: Path) -> None:
    if failures:
        _say(console, f"\nCould not be marked ({log} has what nbgrader said):", "bold red")
    for reason in dict.fromkeys(failures.values()):
        names = ", ".join(submissions.ascii_control_free(name) for name in failures if failures[name] == reason)
        _say_folded(console, f"{names}: {reason}")


def _show_unmarked(console: Console, standing: Mapping[tuple[str, str], Standing], faults: Sequence[Fault]) -> None:
    missing: dict[str, list[str]] = {}
    for (student, assignment), how in standing.items():
        if not how.marked:
            missing.setdefault(student, []).append(assignment)
    for fault in faults:  # those that no table can show: of which assignment, nobody knows
        if fault.student and not fault.assignment:
            missing.setdefault(fault.student, [])
    if not missing:
        return
    names = [f"{name} ({', '.join(work)})" if work else name for name, work in sorted(missing.items())]
    who = "1 student has" if len(names) == 1 else f"{len(names)} students have"
    _say(console, "")
    listed = submissions.ascii_control_free(", ".join(names))
    _say_folded(console, f"{who} no mark: {listed}", indent="")
    _say(console, "In grades.csv, nbgrader's own export, they are missing or stand there as 0.")


def _show_by_hand(console: Console, api: Any) -> None:
    """Say which marks are not final, as a person has to read something first."""
    with api.gradebook as gradebook:
        counts = {entry.name: [table.by_hand(each) for each in entry.submissions] for entry in gradebook.assignments}
    left = {name: [count for count in waiting if count] for name, waiting in counts.items() if any(waiting)}
    if not left:
        return
    _say(console, "\nNot final yet", "bold")
    for name, waiting in left.items():
        _say(console, f"  {name}: {table.waiting(sum(waiting))}, in {_plural(len(waiting), 'submission')}")
    for line in (
        "Totals and the scores in grades.csv are without them; its column to_mark_by_hand says where.",
        "Mark them in `make lab`, menu Nbgrader, Formgrader, Manual Grading; then `make grade` again.",
    ):
        _say(console, line)


def _show_next(console: Console, any_found: bool) -> None:
    if not any_found:
        _say(console, "\nThere is nothing to mark: put notebooks into submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb.")
        return
    _say(console, "\nWhere to look next", "bold")
    for where, what in (
        ("feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html", "each student's page"),
        ("grades.csv", "all marks, for a spreadsheet"),
        ("make lab", "menu Nbgrader, Formgrader: see answers, mark by hand, comment"),
    ):
        _say(console, f"  {where:45}  {what}")


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let `kill` stop a run as cleanly as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
