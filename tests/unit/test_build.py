"""From text to notebook: the same text gives the same bytes, and a notebook that differs from its text is found out."""

from __future__ import annotations

import os
import shutil
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from autograder.building import execution
from autograder.building.build import build, build_lessons, check_lessons, course_root, find_lessons
from autograder.building.lesson import read_lesson
from autograder.building.notebook import BuildError, solved_path, student_path, text_of, to_notebook, write
from autograder.cli import main

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stub:
    notebook: str
    exercise: str
    points: float


CHECKS = {"values": Stub("07_toy", "1", 1), "double": Stub("07_toy", "2", 2)}

TOY = '''\
# %% [markdown]
# # 07 · A toy
#
# **4 points**

# %%
def check(name):
    return {"values": 1, "double": 2}[name]
print("one")
print("two")

# %% locked="setup" tags=["nbval-check-output"]
N = 3
N

# %% [markdown]
# ## Exercise 1 · values · 1 point · ●○○ · 2 minutes

# %% answer="values"
### BEGIN SOLUTION
treasure = 4711  # a number
### END SOLUTION

# %% check="values" points=1
check("values")

# %% [markdown]
# ## Exercise 2 · double · 3 points · ●●● · 12 minutes

# %% answer="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    hidden = 2
    return hidden * x
    ### END SOLUTION

# %% check="double" points=2
check("double")

# %% [markdown] manual="why" points=1
# ### BEGIN SOLUTION
# Because of the secret reason.
# ### END SOLUTION

# %%
print("again")

# %%
print("again")
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one small lesson, with this repository's settings of nbgrader."""
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "07_toy.py").write_text(TOY, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built once; to be copied, not changed."""
    root = tmp_path_factory.mktemp("ready")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    (root / "solutions").mkdir()
    (root / "solutions" / "07_toy.py").write_text(TOY, encoding="utf-8")
    assert build_lessons((), root, CHECKS, say=lambda _: None) == []
    return root


@pytest.fixture
def built(ready: Path, tmp_path: Path) -> Path:
    """A course already built."""
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    return tmp_path


def lesson_of(root: Path) -> Path:
    return root / "solutions" / "07_toy.py"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def bytes_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def differences(root: Path) -> list[str]:
    return check_lessons((), root, CHECKS, say=lambda _: None)


# --- the solved notebook ---------------------------------------------------------------------------------------


def test_the_solved_notebook_has_been_run_and_says_nothing_of_the_machine(built: Path) -> None:
    notebook = nbformat.read(solved_path(built, "07_toy"), as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, 9))
    assert [output.text for output in code[0].outputs] == ["one\ntwo\n"]
    assert code[1].outputs[0].data["text/plain"] == "3"
    assert code[3].outputs[0].data["text/plain"] == "1"
    assert not any("execution" in cell.metadata for cell in notebook.cells)


def test_headers_become_nbgraders_metadata(built: Path) -> None:
    notebook = nbformat.read(solved_path(built, "07_toy"), as_version=nbformat.NO_CONVERT)
    found = {cell.id: dict(cell.metadata) for cell in notebook.cells if "nbgrader" in cell.metadata}
    shared = {"schema_version": 3, "task": False}
    assert found == {
        "locked-setup": {
            "nbgrader": shared | {"grade_id": "locked-setup", "grade": False, "solution": False, "locked": True},
            "tags": ["nbval-check-output"],
        },
        "answer-values": {
            "nbgrader": shared | {"grade_id": "answer-values", "grade": False, "solution": True, "locked": False}
        },
        "check-values": {
            "nbgrader": shared
            | {"grade_id": "check-values", "grade": True, "solution": False, "locked": True, "points": 1}
        },
        "answer-double": {
            "nbgrader": shared | {"grade_id": "answer-double", "grade": False, "solution": True, "locked": False}
        },
        "check-double": {
            "nbgrader": shared
            | {"grade_id": "check-double", "grade": True, "solution": False, "locked": True, "points": 2}
        },
        "manual-why": {
            "nbgrader": shared
            | {"grade_id": "manual-why", "grade": True, "solution": True, "locked": False, "points": 1}
        },
    }


def test_ids_are_unique_and_follow_the_text(course: Path) -> None:
    notebook = to_notebook(read_lesson(lesson_of(course), course, CHECKS))
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert notebook.cells[-1].source == notebook.cells[-2].source
    edit(lesson_of(course), "A toy", "A tool")
    changed = [cell.id for cell in to_notebook(read_lesson(lesson_of(course), course, CHECKS)).cells]
    assert changed[0] != ids[0]
    assert changed[1:] == ids[1:]


def test_a_second_build_changes_no_byte_and_runs_nothing(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bytes_of(built)
    times = {path: path.stat().st_mtime_ns for path in built.rglob("*.ipynb")}
    monkeypatch.setattr("autograder.building.build.execute", lambda *_: pytest.fail("ran"))
    assert build_lessons((), built, CHECKS) == []
    assert bytes_of(built) == before
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*.ipynb")} == times


def test_a_build_from_nothing_gives_the_same_bytes(built: Path) -> None:
    before = bytes_of(built)
    build(lesson_of(built), built, CHECKS, run=True)
    assert bytes_of(built) == before


def test_prose_is_rebuilt_without_running_and_code_is_run_again(built: Path) -> None:
    said: list[str] = []
    edit(lesson_of(built), "A toy", "A tool")
    build(lesson_of(built), built, CHECKS, say=said.append)
    assert any("keeping its outputs" in line for line in said)
    assert differences(built) == []
    edit(lesson_of(built), 'print("two")', 'print("three")')
    build(lesson_of(built), built, CHECKS, say=said.append)
    assert any("running" in line for line in said)
    assert "three\\n" in solved_path(built, "07_toy").read_text()
    assert differences(built) == []


def test_what_checks_say_can_be_taken_from_a_short_run(built: Path) -> None:
    path = solved_path(built, "07_toy")
    before = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    notebook = deepcopy(before)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.update(text="old\n") if "text" in output else output.data.update({"text/html": "old"})
    path.write_text(text_of(notebook))
    build(lesson_of(built), built, CHECKS, verdicts=True)
    after = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    shown = [cell for cell in after.cells if cell.get("outputs")]
    fresh = [cell for cell in shown if execution.VERDICT.search(cell.source)]
    assert fresh
    assert len(fresh) < len(shown)
    for cell in shown:
        (same,) = [one for one in before.cells if one.id == cell.id]
        assert (cell.outputs == same.outputs) == (cell in fresh)


def test_a_notebook_with_a_failed_or_missing_run_is_run_again(built: Path) -> None:
    path = solved_path(built, "07_toy")
    wanted = to_notebook(read_lesson(lesson_of(built), built, CHECKS))
    assert execution.outputs_of(path, wanted) is not None
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    notebook.cells[1].execution_count = None
    path.write_text(text_of(notebook))
    assert execution.outputs_of(path, wanted) is None
    path.write_text("{")
    assert execution.outputs_of(path, wanted) is None
    path.unlink()
    assert execution.outputs_of(path, wanted) is None


# --- what stops a build ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (
            "import sys\nprint('careful', file=sys.stderr)",
            "writes to stderr, for which nbgrader gives no points: careful",
        ),
        ("import warnings\nwarnings.warn('old')", "writes to stderr"),
        ("import os\nos._exit(1)", "the kernel died"),
    ],
)
def test_a_cell_that_goes_wrong_stops_the_build_with_its_line(course: Path, code: str, words: str) -> None:
    edit(lesson_of(course), 'print("one")\nprint("two")', code)
    told = build_lessons((), course, CHECKS, say=lambda _: None)
    assert len(told) == 1
    assert told[0].startswith("solutions/07_toy.py:6: ")
    assert words in told[0]
    assert not list(course.rglob("*.ipynb"))


def test_a_cell_that_takes_too_long_is_named(course: Path) -> None:
    edit(lesson_of(course), 'print("one")', "import time\ntime.sleep(60)")
    told = build_lessons((), course, CHECKS, timeout=1, say=lambda _: None)
    assert told == ["solutions/07_toy.py:6: still running after 1 s"]


def test_lessons_run_as_lessons_whatever_the_builder_is_up_to(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("CONVCOURSE_MARKING_SEED", "hush")
    code = "import os\nprint(sorted(n for n in os.environ if 'NBGRADER' in n or 'MARKING' in n), os.listdir())"
    edit(lesson_of(course), 'print("one")\nprint("two")', code + "\nopen('left-behind', 'w').close()")
    assert build_lessons((), course, CHECKS, say=lambda _: None) == []
    text = solved_path(course, "07_toy").read_text()
    assert "hush" not in text
    assert "[] []" in text
    assert not list(course.rglob("left-behind"))


def test_a_faulty_lesson_is_refused_with_all_its_faults_and_nothing_is_written(course: Path) -> None:
    edit(lesson_of(course), "**4 points**", "**5 points**")
    edit(lesson_of(course), 'locked="setup"', 'unlocked="setup"')
    told = build_lessons((), course, CHECKS)
    assert [line.split(": ")[0] for line in told] == ["solutions/07_toy.py:4", "solutions/07_toy.py:12"]
    assert not list(course.rglob("*.ipynb"))


def test_one_lesson_that_fails_does_not_stop_the_next(course: Path) -> None:
    (course / "solutions" / "01_none.py").write_text("# %%\nx = 1\n")
    told = build_lessons((), course, CHECKS, say=lambda _: None)
    assert told
    assert all(line.startswith("solutions/01_none.py:") for line in told)
    assert student_path(course, "07_toy").is_file()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "file.txt"
    assert write(path, "before")
    assert not write(path, "before")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(path, "after")
    assert bytes_of(tmp_path) == {"folder/file.txt": b"before"}


# --- the student's copy ----------------------------------------------------------------------------------------


def test_the_students_copy_has_stubs_checksums_and_no_solution(built: Path) -> None:
    text = student_path(built, "07_toy").read_text(encoding="utf-8")
    for secret in ("4711", "hidden", "secret reason", "BEGIN SOLUTION", "one\\n"):
        assert secret not in text.replace('print(\\"one\\")', "")
    notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert sources["answer-values"] == "treasure = ...  # a number"
    assert sources["answer-double"] == (
        'def double(x):\n    """Twice x."""\n    # YOUR CODE HERE\n    raise NotImplementedError'
    )
    assert sources["manual-why"] == "YOUR ANSWER HERE"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        if "nbgrader" in cell.metadata:
            assert len(cell.metadata.nbgrader.checksum) == 32
    solved = nbformat.read(solved_path(built, "07_toy"), as_version=nbformat.NO_CONVERT)
    assert list(sources) == [cell.id for cell in solved.cells]


def test_building_leaves_no_gradebook_and_no_secret(built: Path) -> None:
    assert sorted(path.name for path in built.iterdir()) == ["nbgrader_config.py", "notebooks", "solutions"]
    assert "CONVCOURSE_MARKING_SEED" not in os.environ


# --- build --check ---------------------------------------------------------------------------------------------


def test_what_was_just_built_does_not_differ(built: Path) -> None:
    before = bytes_of(built)
    assert differences(built) == []
    assert bytes_of(built) == before


def test_one_word_in_a_lesson_is_a_difference_in_both_notebooks(built: Path) -> None:
    edit(lesson_of(built), "A toy", "A tool")
    solved, student = differences(built)
    assert solved.startswith("solutions/07_toy/07_toy.ipynb: cell ")
    assert "source: '# 07 · A toy' here, '# 07 · A tool' in solutions/07_toy.py:1" in solved
    assert student.startswith("notebooks/07_toy/07_toy.ipynb: cell ")


def test_a_solution_changed_in_the_text_differs_in_the_solved_notebook_only(built: Path) -> None:
    edit(lesson_of(built), "4711", "4712")
    (solved,) = differences(built)
    assert solved.startswith("solutions/07_toy/07_toy.ipynb: cell answer-values: source: ")


@pytest.mark.parametrize(
    ("where", "old", "new", "words"),
    [
        (solved_path, "Because of the secret reason.", "Because of the secret reason!", "cell manual-why: source: "),
        (solved_path, "hidden * x", "x * hidden", "cell answer-double: source: 'return x * hidden' here"),
        (student_path, "treasure = ...", "treasure = 1", "cell answer-values: source: 'treasure = 1"),
        (student_path, '"points": 2', '"points": 3', "cell check-double: metadata: nbgrader should be as in"),
        (student_path, '"deletable": false,', "", "cell locked-setup: metadata: deletable should be as in"),
        (solved_path, '"language_info": {\n   "name": "python"', '"language_info": {\n   "name": "snake"', "metadata"),
        (solved_path, '"execution_count": 1,', '"execution_count": null,', "has not been run"),
        (solved_path, '"name": "stdout"', '"name": "stderr"', "has written to stderr"),
        (student_path, '"cells": [', '"cells":  [', "not written as the build writes them"),
        (solved_path, '"cells": [', '"cells":  [', "not written as the build writes them"),
        (solved_path, '"cells": [', '"cells" [', "is no notebook"),
    ],
)
def test_an_edited_notebook_is_found_out(built: Path, where: object, old: str, new: str, words: str) -> None:
    path = where(built, "07_toy")  # type: ignore[operator]
    edit(path, old, new)
    found = differences(built)
    assert found
    assert all(line.startswith(f"{path.relative_to(built)}: ") for line in found)
    assert any(words in line for line in found), found


def test_outputs_alone_are_no_difference(built: Path) -> None:
    edit(solved_path(built, "07_toy"), '"one\\n"', '"eins\\n"')
    assert differences(built) == []


def test_cells_in_another_order_missing_or_added_are_named(built: Path) -> None:
    path = student_path(built, "07_toy")
    original = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    swapped = nbformat.from_dict(original)
    swapped.cells[2], swapped.cells[3] = swapped.cells[3], swapped.cells[2]
    path.write_text(text_of(swapped))
    assert ["order: the lesson has locked-setup in its place" in line for line in differences(built)] == [True]
    shorter = nbformat.read(student_path(built, "07_toy"), as_version=nbformat.NO_CONVERT)
    shorter.cells = [cell for cell in shorter.cells if cell.id != "check-double"]
    path.write_text(text_of(shorter))
    assert any("cell check-double: order: this cell is missing" in line for line in differences(built))
    longer = nbformat.from_dict(original)
    longer.cells.insert(2, nbformat.v4.new_code_cell("x", id="mine"))
    path.write_text(text_of(longer))
    assert any("cell mine: order: the lesson has no such cell" in line for line in differences(built))


def test_missing_notebooks_and_files_of_no_lesson_are_named(built: Path) -> None:
    student_path(built, "07_toy").unlink()
    (built / "notebooks" / "08_old").mkdir()
    (built / "notebooks" / "08_old" / "08_old.ipynb").write_text("{}")
    (built / "solutions" / "07_toy" / "notes.txt").write_text("?")
    (built / "solutions" / ".ipynb_checkpoints").mkdir()
    (built / "solutions" / ".ipynb_checkpoints" / "x.ipynb").write_text("{}")
    assert differences(built) == [
        "notebooks/07_toy/07_toy.ipynb: is missing",
        "solutions/07_toy/notes.txt: belongs to no lesson",
        "notebooks/08_old/08_old.ipynb: belongs to no lesson",
    ]


# --- the command -----------------------------------------------------------------------------------------------


def test_lessons_are_found_by_number_name_or_path(course: Path) -> None:
    for word in ("07", "07_toy", "solutions/07_toy.py", "solutions/07_toy/07_toy.ipynb", str(lesson_of(course))):
        assert find_lessons(course, (word,)) == [lesson_of(course)]
    with pytest.raises(BuildError, match="08: no such lesson; there are: 07_toy"):
        find_lessons(course, ("08",))
    lesson_of(course).unlink()
    with pytest.raises(BuildError, match="holds no lesson"):
        find_lessons(course)


def test_the_course_is_found_from_within(course: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert course_root(course / "solutions") == course
    with pytest.raises(BuildError, match="lies in no course"):
        course_root(tmp_path_factory.mktemp("elsewhere"))


def test_the_command_builds_checks_and_says_what_to_do(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.checks.CHECKS", CHECKS)
    monkeypatch.chdir(built)
    fine = CliRunner().invoke(main, ["build", "--check"])
    assert (fine.exit_code, fine.output) == (0, "07_toy: as its text builds it\n")
    edit(lesson_of(built), "A toy", "A tool")
    differing = CliRunner().invoke(main, ["build", "--check"])
    assert differing.exit_code == 1
    assert "07_toy: differs" in differing.output
    assert "run `make notebooks`" in differing.output
    assert CliRunner().invoke(main, ["build", "07"]).exit_code == 0
    assert CliRunner().invoke(main, ["build", "--check", "07"]).exit_code == 0
    edit(lesson_of(built), "points=2", "points=9")
    faulty = CliRunner().invoke(main, ["build"])
    assert faulty.exit_code == 1
    assert "solutions/07_toy.py:38: points=9, but check 'double' is registered with 2" in faulty.output
    unknown = CliRunner().invoke(main, ["build", "99"])
    assert (unknown.exit_code, unknown.output) == (1, "Error: 99: no such lesson; there are: 07_toy\n")
