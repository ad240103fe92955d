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
