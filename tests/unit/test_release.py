"""nbgrader works on this course's layout with this course's settings, and empties solutions in our way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import Execute

from autograder.building.build import build_lessons
from autograder.building.handout import settings, student_copy
from autograder.building.lesson import read_lesson
from autograder.building.notebook import BuildError, solved_path, student_path, to_notebook
from autograder.building.release import ClearSolutions
from autograder.grading.execute import SandboxedExecute
from autograder.grading.limits import LIMITS
from autograder.grading.preprocessors import Repair

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stub:
    notebook: str
    exercise: str
    points: float


CHECKS = {"values": Stub("07_toy", "1", 1), "double": Stub("07_toy", "2", 3)}

TOY = """\
# %% [markdown]
# # 07 · A toy
#
# **4 points**

# %% locked="setup"
def check(name):
    if name == "values":
        return float(treasure == 4711)
    try:
        return 1.0 + 2 * (double(4) == 8)
    except NotImplementedError:
        return 0

# %% [markdown]
# ## Exercise 1 · values · 1 point · ●○○ · 2 minutes

# %% answer="values"
### BEGIN SOLUTION
treasure = 4711
### END SOLUTION

# %% check="values" points=1
check("values")

# %% [markdown]
# ## Exercise 2 · double · 3 points · ●●● · 12 minutes

# %% answer="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double" points=3
check("double")
"""


def new_course(root: Path) -> Path:
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    (root / "solutions").mkdir()
    (root / "solutions" / "07_toy.py").write_text(TOY, encoding="utf-8")
    assert build_lessons((), root, CHECKS, say=lambda _: None) == []
    return root


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_course(tmp_path_factory.mktemp("course"))


def nbgrader(root: Path, *words: str) -> str:
    """Run nbgrader in the course's folder, as an instructor does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # alembic is called by its name
    environment = {name: value for name, value in os.environ.items() if name != "CONVCOURSE_MARKING_SEED"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=root, env=environment | {"PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def cell(source: str, kind: str = "code") -> nbformat.NotebookNode:
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    graded = kind != "code"
    metadata = {"nbgrader": {"grade": graded, "solution": True, "locked": False, "grade_id": "a", "schema_version": 3}}
    return make(source, metadata=metadata)


def cleared(source: str, kind: str = "code") -> str:
    notebook = nbformat.v4.new_notebook(cells=[cell(source, kind)])
    return str(ClearSolutions(config=settings(REPOSITORY)).preprocess(notebook, {})[0].cells[0].source)


# --- emptying solutions ----------------------------------------------------------------------------------------


def test_values_become_stubs_and_functions_nbgraders() -> None:
    source = (
        "import math\n### BEGIN SOLUTION\na = [\n  1,  # one\n]  # a list\nb = 2\n### END SOLUTION\n"
        "def f(x):\n    if x:\n        ### BEGIN SOLUTION\n        return b\n        ### END SOLUTION"
    )
    assert cleared(source) == (
        "import math\na = ...  # a list\nb = ...\n"
        "def f(x):\n    if x:\n        # YOUR CODE HERE\n        raise NotImplementedError"
    )


def test_a_cell_without_marks_is_replaced_whole() -> None:
    assert cleared("x = 1") == "# YOUR CODE HERE\nraise NotImplementedError"
    assert cleared("Because.", "markdown") == "YOUR ANSWER HERE"
    assert cleared("Why?\n\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "markdown") == "Why?\n\nYOUR ANSWER HERE"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("### BEGIN SOLUTION\nprint(1)\n### END SOLUTION", "only assignments"),
        ("### BEGIN SOLUTION\nx = 1", "without an"),
        ("x = 1\n### END SOLUTION", "without a"),
    ],
)
def test_solutions_at_fault_are_refused(source: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        cleared(source)


def test_a_solution_in_a_cell_that_is_no_answer_is_refused() -> None:
    plain = nbformat.v4.new_code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
    with pytest.raises(RuntimeError, match="non-solution cell"):
        ClearSolutions(config=settings(REPOSITORY)).preprocess(nbformat.v4.new_notebook(cells=[plain]), {})


# --- the settings ----------------------------------------------------------------------------------------------


def test_the_settings_keep_nbgraders_steps_but_for_the_solutions() -> None:
    stock = [step.__name__ for step in GenerateAssignment.class_traits()["preprocessors"].default()]
    ours = settings(REPOSITORY).GenerateAssignment.preprocessors
    names = [step.rpartition(".")[2] if isinstance(step, str) else step.__name__ for step in ours]
    assert names == stock
    assert [step for step in ours if isinstance(step, str)] == ["autograder.building.release.ClearSolutions"]


def test_autograde_repairs_and_runs_submissions_in_the_sandbox_and_nowhere_else() -> None:
    config = settings(REPOSITORY)
    steps = Autograde(config=config).autograde_preprocessors
    assert steps[0] == f"{SandboxedExecute.__module__}.{SandboxedExecute.__name__}"
    assert Execute not in steps
    assert Autograde(config=config).sanitize_preprocessors[0] == f"{Repair.__module__}.{Repair.__name__}"
    execute = SandboxedExecute(config=config)
    assert execute.isolated
    assert execute.limits() == LIMITS
    assert Path(execute.cache) == REPOSITORY / ".marking" / "cache"


def test_the_settings_point_into_the_course_and_load_quickly() -> None:
    config = settings(REPOSITORY).CourseDirectory
    assert config.db_url == f"sqlite:///{REPOSITORY / 'gradebook.db'}"
    assert (config.course_id, config.root) == ("convcourse", str(REPOSITORY))
    load = f"from autograder.building.handout import settings; settings({str(REPOSITORY)!r})"
    code = f"{load}; import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_refusal_of_nbgrader_is_passed_on(course: Path) -> None:
    notebook = to_notebook(read_lesson(course / "solutions" / "07_toy.py", course, CHECKS))
    notebook.cells[1].metadata.nbgrader.grade_id = "check-double"
    with pytest.raises(BuildError, match=r"(?s)student's copy of 07_toy.*Duplicate grade id"):
        student_copy(notebook, "07_toy", course)


# --- nbgrader itself, from the course's folder -------------------------------------------------------------------


@pytest.mark.slow
def test_nbgrader_makes_the_same_copy_as_the_build(course: Path, tmp_path: Path) -> None:
    shutil.copytree(course, tmp_path, dirs_exist_ok=True)
    before = student_path(tmp_path, "07_toy").read_bytes()
    student_path(tmp_path, "07_toy").unlink()
    nbgrader(tmp_path, "generate_assignment", "07_toy", "--force")
    assert student_path(tmp_path, "07_toy").read_bytes() == before
    assert [path.name for path in (tmp_path / "notebooks").rglob("*") if path.is_file()] == ["07_toy.ipynb"]
    assert (tmp_path / "gradebook.db").is_file()
    assert (tmp_path / ".marking" / "seed").stat().st_mode & 0o777 == 0o600
    assert "Success" in nbgrader(tmp_path, "validate", str(solved_path(tmp_path, "07_toy")))
    assert "FAILED ON 2 CELL(S)" in nbgrader(tmp_path, "validate", str(student_path(tmp_path, "07_toy")))


@pytest.mark.slow
def test_nbgrader_marks_with_partial_credit_and_its_own_time_limit(course: Path, tmp_path: Path) -> None:
    shutil.copytree(course, tmp_path, dirs_exist_ok=True)
    solved, student = (place(tmp_path, "07_toy").read_text() for place in (solved_path, student_path))
    submissions = {
        "ann": solved,
        "bob": student,
        "cat": solved.replace("return 2 * x", "return 3 * x"),
        "dan": solved.replace("treasure = 4711", "import time; time.sleep(60)"),
    }
    for name, text in submissions.items():
        path = tmp_path / "submitted" / name / "07_toy" / "07_toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    nbgrader(tmp_path, "generate_assignment", "07_toy", "--force")
    nbgrader(tmp_path, "autograde", "07_toy", "--SandboxedExecute.cell_seconds=8")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "convcourse") as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions("07_toy")}
    assert scores == {"ann": 4, "bob": 0, "cat": 2, "dan": 3}
    assert "TimeIsUp" in (tmp_path / "autograded" / "dan" / "07_toy" / "07_toy.ipynb").read_text()
    nbgrader(tmp_path, "generate_feedback", "07_toy")
    assert (tmp_path / "feedback" / "cat" / "07_toy" / "07_toy.html").is_file()
    nbgrader(tmp_path, "export")
    rows = (tmp_path / "grades.csv").read_text().splitlines()
    assert [row.split(",")[3] for row in rows[1:]] == ["ann", "bob", "cat", "dan"]
