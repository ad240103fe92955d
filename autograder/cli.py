"""The command line: `autograder COMMAND`. Each command is a thin shell around one function."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.grading.collecting.roster import Roster
    from autograder.reports.export.filling import Filled


@click.group()
@click.version_option(package_name="convcourse")
def main() -> None:
    """Build the lessons of convcourse and mark its exercises."""


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; fail where the notebooks are not what the lessons build.")
@click.option("--run", is_flag=True, help="Run the code again, even where it is the same as before.")
@click.option("--verdicts", is_flag=True, help="Run on the small sample for what the checks say; keep all else.")
@click.option("--timeout", default=1800, show_default=True, metavar="SECONDS", help="The longest one cell may take.")
def build(lessons: tuple[str, ...], check: bool, run: bool, verdicts: bool, timeout: int) -> None:
    """Build the notebooks of the lessons, or of those named (02, 02_convolution, solutions/02_convolution.py)."""
    from autograder.building.build import build_lessons, check_lessons, course_root
    from autograder.building.notebook import BuildError
    from autograder.checks import CHECKS

    try:
        root = course_root(Path.cwd())
        if check:
            wrong = check_lessons(lessons, root, CHECKS, say=click.echo)
        else:
            wrong = build_lessons(lessons, root, CHECKS, run=run, verdicts=verdicts, timeout=timeout, say=click.echo)
    except BuildError as error:
        raise click.ClickException(str(error)) from None
    for line in wrong:
        click.echo(line, err=True)
    if wrong and check:
        click.echo("The notebooks follow their texts: run `make notebooks`, look at them and commit them.", err=True)
    if wrong:
        raise SystemExit(1)


@main.command()
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), help="The folder to write; by default build/site."
)
def site(to: Path | None) -> None:
    """Build pages to read: the lessons as students see them, and one for students, instructors and maintainers.

    The students' copies are run for it on the data that are at hand; runs are kept in build/site-runs.
    """
    from autograder.building.build import course_root
    from autograder.building.notebook import BuildError
    from autograder.site.build import build_site
    from autograder.site.copies import run_copies
    from autograder.site.text import SiteError

    try:
        root = course_root(Path.cwd())
        target = to or root / "build" / "site"
        pages = build_site(root, target, run_copies(root, root / "build" / "site-runs", say=click.echo))
    except (BuildError, SiteError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"wrote {len(pages)} files; begin with {target / 'index.html'}")


@main.command()
@click.option(
    "--root",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder, with solutions/ and submitted/ in it.",
)
@click.option("--force", is_flag=True, help="Run and mark everything again, changed or not.")
@click.option(
    "--jobs", "--workers", "jobs", type=click.IntRange(min=1), help="Notebooks run at once; by default one a core."
)
@click.option("--scheduler", default="", metavar="tcp://…", help="Run them on the workers of this Dask scheduler.")
@click.option("--no-sandbox", is_flag=True, help="Let what students wrote do all that you may do. Every page says so.")
@click.option(
    "--gradebook",
    default="",
    metavar="postgresql://…",
    help="A gradebook in PostgreSQL, user@host/database; for all commands: CONVCOURSE_GRADEBOOK in the environment.",
)
@click.option("--json", "as_json", is_flag=True, help="Tell how it goes for programs: one JSON object a line.")
def grade(
    root: Path, force: bool, jobs: int | None, scheduler: str, no_sandbox: bool, gradebook: str, as_json: bool
) -> None:
    """Mark what lies in submitted/STUDENT/ASSIGNMENT/, or an example class where nothing does.

    It can be stopped, or killed, at any moment: the same command goes on from there.
    """
    import sys

    from rich.console import Console

    from autograder.grading.course import CourseError
    from autograder.grading.grade import Interrupted
    from autograder.grading.grade import grade as mark
    from autograder.grading.marking import Means
    from autograder.grading.pool import ClusterError
    from autograder.grading.record import BusyError
    from autograder.grading.sandbox import SandboxError

    console = Console(stderr=as_json)
    if not console.is_terminal:
        console = Console(stderr=as_json, width=120)
    means = Means(jobs or os.cpu_count() or 1, scheduler, not no_sandbox, force, gradebook)
    try:
        complete = mark(root, console, means, sys.stdout if as_json else None)
    except (CourseError, BusyError, ClusterError, SandboxError) as error:
        raise click.ClickException(str(error)) from error
    except Interrupted:
        click.echo("\nStopped. What was marked is kept: the same command goes on from here.", err=True)
        raise SystemExit(130) from None
    if not complete:
        raise SystemExit(1)


@main.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--root",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder; its submitted/ is filled.",
)
@click.option(
    "--roster",
    "roster_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Who is in the class: a CSV file, also one that Canvas or Moodle exports. Else ids come from files' names.",
)
@click.option("--assignment", default="", metavar="NAME", help="Everything is this assignment (02, 02_convolution).")
@click.option("--dry-run", is_flag=True, help="Only say what would be placed.")
@click.option(
    "--replace", "replace_all", is_flag=True, help="Take the new file also where it may not be the newer one."
)
def collect(
    source: Path, root: Path, roster_file: Path | None, assignment: str, dry_run: bool, replace_all: bool
) -> None:
    """Put what SOURCE holds into submitted/STUDENT/ASSIGNMENT/.

    SOURCE is a zip of submissions from Canvas or Moodle, or a folder: one for each student, files named by student, or
    nbgrader's own. What cannot be placed without doubt is told, and stays where it is.
    """
    from autograder.grading.collecting.archive import SourceError
    from autograder.grading.collecting.collect import collect as put
    from autograder.grading.collecting.roster import RosterError, read_roster
    from autograder.grading.collecting.subject import SubjectError
    from autograder.grading.course import CourseError
    from autograder.grading.record import BusyError

    try:
        roster = read_roster(roster_file) if roster_file else None
        said = put(root, source, roster, assignment, dry_run=dry_run, replace_all=replace_all)
    except (CourseError, BusyError, SourceError, RosterError, SubjectError) as error:
        raise click.ClickException(str(error)) from error
    for line in said.lines:
        click.echo(str(line), err=line.kind == "not placed")
    for remark in said.remarks:
        click.echo(remark)
    click.echo(("Nothing was written (--dry-run): " if dry_run else "") + said.summary)
    if not said.complete:
        raise SystemExit(1)


def _export_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every table of marks has."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="The file to write."),
        click.option("--partial", is_flag=True, help="Also marks of which parts are still to be marked by hand."),
        click.option(
            "--roster", "roster_file", type=file, help="A CSV file that says by which ids a student is known."
        ),
        click.option("--assignment", "wanted", multiple=True, metavar="NAME", help="Only this one; may be repeated."),
        click.option(
            "--root",
            default=".",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The course's folder, with gradebook.db in it.",
        ),
    ):
        command = option(command)
    return command


@main.group()
def export() -> None:
    """Hand marks on: to Canvas, to Moodle, or as a plain table."""


@export.command()
@click.argument("gradebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", "columns", multiple=True, metavar="NAME=ASSIGNMENT", help="Which column is which assignment.")
@click.option("--in-place", is_flag=True, help="Write over the file itself.")
@_export_options
def canvas(
    gradebook: Path,
    columns: tuple[str, ...],
    in_place: bool,
    root: Path,
    wanted: tuple[str, ...],
    roster_file: Path | None,
    partial: bool,
    to: Path | None,
) -> None:
    """Fill in GRADEBOOK, a CSV file from Canvas (Grades → Export), for Canvas to import. All else in it stays."""
    from autograder.reports.export import canvas as ours
    from autograder.reports.export.export import collected_in, columns_by_title, marks_of

    with _export_errors():
        marks = marks_of(root, wanted)
        filled = ours.fill(
            gradebook,
            marks,
            chosen=columns_by_title(columns, marks.assignments, root),
            roster=_roster(roster_file),
            collected=collected_in(root),
            partial=partial,
        )
        _hand_on(filled, to or (gradebook if in_place else _beside(gradebook)), gradebook, in_place)


@export.command()
@click.argument("worksheet", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--comments", is_flag=True, help="Fill in Feedback comments as well.")
@click.option("--in-place", is_flag=True, help="Write over the file itself.")
@_export_options
def moodle(
    worksheet: Path | None,
    comments: bool,
    in_place: bool,
    root: Path,
    wanted: tuple[str, ...],
    roster_file: Path | None,
    partial: bool,
    to: Path | None,
) -> None:
    """Fill in WORKSHEET, an assignment's grading worksheet from Moodle; without one, write a table that Moodle's
    gradebook imports."""
    from autograder.reports.export import moodle as ours
    from autograder.reports.export.export import collected_in, marks_of

    if worksheet is None and (in_place or comments):
        raise click.UsageError("--in-place and --comments are about a worksheet: name its file")
    with _export_errors():
        marks, roster = marks_of(root, wanted), _roster(roster_file)
        if worksheet is None:
            _hand_on(ours.table(marks, roster, partial=partial), to or root / "moodle_marks.csv")
            return
        filled = ours.fill(
            worksheet, marks, roster=roster, collected=collected_in(root), partial=partial, comments=comments
        )
        _hand_on(filled, to or (worksheet if in_place else _beside(worksheet)), worksheet, in_place)


@export.command("csv")
@_export_options
def csv_table(root: Path, wanted: tuple[str, ...], roster_file: Path | None, partial: bool, to: Path | None) -> None:
    """Write a table with a row for each student and a column for each exercise."""
    from autograder.reports.export.export import marks_of
    from autograder.reports.export.table import table

    with _export_errors():
        filled = table(marks_of(root, wanted), _roster(roster_file), partial=partial)
        _hand_on(filled, to or root / "exercises.csv")


@contextlib.contextmanager
def _export_errors() -> Iterator[None]:
    from autograder.grading.cells import SheetError
    from autograder.grading.collecting.roster import RosterError
    from autograder.grading.course import CourseError
    from autograder.reports.export.marks import ExportError

    try:
        yield
    except (CourseError, ExportError, RosterError, SheetError) as error:
        raise click.ClickException(str(error)) from error


def _roster(path: Path | None) -> Roster | None:
    from autograder.grading.collecting.roster import read_roster

    return read_roster(path) if path else None


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}_marks.csv")


def _hand_on(filled: Filled, target: Path, template: Path | None = None, in_place: bool = False) -> None:
    """Write a table and say what is in it; fail where a mark found no place."""
    from autograder.reports.export.export import save

    save(filled, target, template, in_place=in_place)
    for line in filled.said:
        click.echo(line)
    for line in filled.problems:
        click.echo(line, err=True)
    click.echo(f"Written: {target}")
    if filled.problems:
        raise SystemExit(1)


@main.command()
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option(
    "--root",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder, with gradebook.db and autograded/ in it.",
)
@click.option(
    "--to",
    default="report.html",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
def report(assignments: tuple[str, ...], root: Path, to: Path) -> None:
    """Write a report on the class, all assignments or those named (02, 02_convolution), as one page."""
    from autograder.grading.course import CourseError
    from autograder.reports.classreport.page import report as write

    try:
        click.echo(f"The report on the class: {write(root, to, assignments)}")
    except CourseError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--assignment", default="", metavar="NAME", help="The lesson that it is meant for; else it is guessed.")
@click.option(
    "--release",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The notebook as it was handed out; else the one in the course that the notebook or this folder lies in.",
)
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Save the repaired notebook there.")
@click.option("--overwrite", is_flag=True, help="Save it even where there is a file already.")
def doctor(notebook: Path, assignment: str, release: Path | None, write: Path | None, overwrite: bool) -> None:
    """Say what marking would have to repair of a NOTEBOOK, and whether it can be marked.

    Returns 0 where there is nothing to repair, 1 where there is, 2 where it cannot be marked.
    """
    from autograder.grading.doctor import UNUSABLE, DoctorError, examine, lines, save

    try:
        diagnosis = examine(notebook, assignment, release)
        for line in lines(diagnosis):
            click.echo(line)
        if write is not None:
            save(diagnosis.repaired.notebook, write, notebook, overwrite)
            click.echo(f"The repaired notebook: {write}")
    except DoctorError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(UNUSABLE) from error
    raise SystemExit(diagnosis.code)


@main.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--assignment", default="", metavar="NAME", help="The lesson that it is meant for; else it is guessed.")
@click.option(
    "--release",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The notebook as it was handed out; else the one in the course that the notebook or this folder lies in.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def check(notebook: Path, assignment: str, release: Path | None, as_json: bool) -> None:
    """Run a NOTEBOOK before it is handed in, and show its points so far: on the visible cases only.

    It is repaired and run as it will be when it is marked, from the top and on the built-in data; the file stays as it
    is. Returns 0 where it ran, however many points it has, and 1 where it could not be run.
    """
    import json

    from rich.console import Console

    from autograder.grading.rehearsal import RehearsalError, as_data, lines, rehearse, table

    console, aside = Console(highlight=False), Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console = Console(width=120, highlight=False)
    try:
        with aside.status("Running the notebook, which takes up to a minute …"):
            done = rehearse(notebook, assignment, release, lambda words: aside.print(words, markup=False))
    except RehearsalError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(as_data(done), indent=2, ensure_ascii=False))
        return
    for note in done.notes:
        console.print(note, markup=False)
    console.print(table(done.standing))
    for line in lines(done):
        console.print(line, markup=False)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def checks(as_json: bool) -> None:
    """List every check with its notebook, exercise and points, and how many answers prove it."""
    import json

    from rich.console import Console

    from autograder.catalogue import CatalogueError, all_answers, listing, table
    from autograder.checks import CHECKS

    try:
        rows = listing(CHECKS.values(), all_answers())
    except CatalogueError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        Console().print(table(rows))
