"""The command line: `autograder COMMAND`. Each command is a thin shell around one function."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
@click.version_option(package_name="convcourse")
def main() -> None:
    """Build the lessons of convcourse and mark its exercises."""


@main.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Write nothing; fail where the notebooks are not what the lessons build.")
@click.option("--run", is_flag=True, help="Run the code again, even where it is the same as before.")
@click.option("--timeout", default=1800, show_default=True, metavar="SECONDS", help="The longest one cell may take.")
def build(lessons: tuple[str, ...], check: bool, run: bool, timeout: int) -> None:
    """Build the notebooks of the lessons, or of those named (02, 02_convolution, solutions/02_convolution.py)."""
    from autograder.building.build import build_lessons, check_lessons, course_root
    from autograder.building.notebook import BuildError
    from autograder.checks import CHECKS

    try:
        root = course_root(Path.cwd())
        if check:
            wrong = check_lessons(lessons, root, CHECKS, say=click.echo)
        else:
            wrong = build_lessons(lessons, root, CHECKS, run=run, timeout=timeout, say=click.echo)
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
    "--root",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The course's folder, with solutions/ and submitted/ in it.",
)
@click.option("--force", is_flag=True, help="Mark everything again, changed or not.")
@click.option("--workers", type=click.IntRange(min=1), help="Notebooks run at once; by default one a core, at most 4.")
def grade(root: Path, force: bool, workers: int | None) -> None:
    """Mark what lies in submitted/STUDENT/ASSIGNMENT/, or an example class where nothing does."""
    from rich.console import Console

    from autograder.grading.course import CourseError
    from autograder.grading.grade import Interrupted
    from autograder.grading.grade import grade as mark
    from autograder.grading.record import BusyError

    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    try:
        complete = mark(root, console, force=force, workers=workers)
    except (CourseError, BusyError) as error:
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
