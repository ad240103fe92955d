"""From text to notebook: the solved notebook, run, and the student's copy that nbgrader makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

from autograder.building.compare import differences, strays
from autograder.building.execution import TIMEOUT, Say, execute, outputs_of, take_outputs, take_verdicts
from autograder.building.handout import CONFIG, student_copy
from autograder.building.lesson import LessonError, Registered, lesson_files, read_lesson
from autograder.building.notebook import BuildError, solved_path, student_path, text_of, to_notebook, write

Checks = Mapping[str, Registered]


def course_root(start: Path) -> Path:
    """The folder of the course that `start` lies in: the nearest one above it with an nbgrader_config.py.

    Raises BuildError where there is none.
    """
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise BuildError(f"{start} lies in no course: neither it nor a folder above it has an {CONFIG}")


def find_lessons(root: Path, wanted: tuple[str, ...] = ()) -> list[Path]:
    """The lessons meant by names (02, 02_convolution) or paths; all of the course where none is named.

    Raises BuildError for a name that no lesson has, and for a course without lessons.
    """
    known = lesson_files(root)
    if not known:
        raise BuildError(f"{root / 'solutions'} holds no lesson; one is called like 02_convolution.py")
    if not wanted:
        return known
    found = []
    for word in wanted:
        path = Path(word)
        stem = path.stem if path.suffix in (".py", ".ipynb") else path.name
        match = [lesson for lesson in known if lesson.stem == stem or lesson.stem.startswith(f"{stem}_")]
        if path.suffix == ".py" and path.is_file():
            match = [path.resolve()]
        if len(match) != 1:
            raise BuildError(f"{word}: no such lesson; there are: {', '.join(lesson.stem for lesson in known)}")
        found += [lesson for lesson in match if lesson not in found]
    return found


def build(
    path: Path,
    root: Path,
    checks: Checks,
    *,
    run: bool = False,
    verdicts: bool = False,
    timeout: int = TIMEOUT,
    say: Say = print,
) -> None:
    """Build the solved notebook and the student's copy of one lesson, and write those that changed.

    Code is run only where it is not what the solved notebook has been run with, or if `run` says so. With `verdicts`
    what has been run is run again on the small sample, and only what the checks say is taken from that.
    Raises LessonError for a faulty text and BuildError for all else; then nothing has been written.
    """
    lesson = read_lesson(path, root, checks)
    solved = to_notebook(lesson)
    student = student_copy(solved, lesson.name, root)
    old = None if run else outputs_of(solved_path(root, lesson.name), solved)
    if old is None:
        say(f"{lesson.name}: running")
        execute(solved, lesson, timeout, say)
    else:
        say(f"{lesson.name}: same code as before, keeping its outputs")
        take_outputs(solved, old)
        if verdicts:
            say("  running on the sample for what the checks say")
            fresh = deepcopy(solved)
            execute(fresh, lesson, timeout, say, data="sample")
            take_verdicts(solved, fresh)
    for target, text in ((solved_path(root, lesson.name), text_of(solved)), (student_path(root, lesson.name), student)):
        changed = write(target, text)
        say(f"  {'wrote' if changed else 'unchanged'} {target.relative_to(root).as_posix()}")


def build_lessons(
    wanted: tuple[str, ...],
    root: Path,
    checks: Checks,
    *,
    run: bool = False,
    verdicts: bool = False,
    timeout: int = TIMEOUT,
    say: Say = print,
) -> list[str]:
    """Build the lessons named, or all; one that fails does not stop the next. Returns what went wrong, line by line."""
    wrong: list[str] = []
    for path in find_lessons(root, wanted):
        try:
            build(path, root, checks, run=run, verdicts=verdicts, timeout=timeout, say=say)
        except (LessonError, BuildError, OSError) as error:
            wrong += str(error).split("\n")
    return wrong


def check_lessons(wanted: tuple[str, ...], root: Path, checks: Checks, *, say: Say = print) -> list[str]:
    """Compare the committed notebooks of the lessons named, or of all, with their texts. Returns what differs."""
    wrong: list[str] = []
    for path in find_lessons(root, wanted):
        try:
            found = list(map(str, differences(read_lesson(path, root, checks), root)))
        except (LessonError, BuildError, OSError) as error:
            found = str(error).split("\n")
        say(f"{path.stem}: {'differs' if found else 'as its text builds it'}")
        wrong += found
    return wrong + ([] if wanted else list(map(str, strays(root))))
