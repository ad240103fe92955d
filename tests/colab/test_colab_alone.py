"""Each student's notebook alone on a machine like Colab's: it installs the course, runs, draws, checks, and what Colab
saves of it is marked like what Jupyter saves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from autograder.building.notebook import solved_path
from autograder.grading.handed_in import read_release, repair_folder
from tests.colab import environment, sessions
from tests.grading.corpus.notebooks import NAMES, ROOT, Paper, as_colab, points

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of a machine like Colab's."""
    return environment.colab_python()


@pytest.fixture(scope="session")
def machine(python: Path, few_images: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of that machine. With few images, training takes no time."""
    course = sessions.clone(tmp_path_factory.mktemp("course"))
    return sessions.surroundings(python, course, tmp_path_factory.mktemp("home"), few_images)


def asked(python: Path, machine: dict[str, str], program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program run by that machine's Python."""
    return subprocess.run([python, "-c", program], cwd=folder, env=machine, capture_output=True, text=True, check=False)


Run = Callable[[str, bool], Paper]


@pytest.fixture(scope="session")
def ran(python: Path, machine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """ran(number, solved): a student's copy after a run from top to bottom, as handed out or with every exercise
    solved. Each is run once; whoever changes it, changes a copy."""

    @cache
    def attempt(number: str, solved: bool) -> Paper | Exception:
        paper = Paper(number).solve() if solved else Paper(number)
        folder = tmp_path_factory.mktemp(f"content{number}")
        try:
            done = sessions.run(nbformat.from_dict(paper.content), python, machine, folder)
        except Exception as error:  # each test that asks is told, and nothing is run twice
            return error
        paper.content = json.loads(json.dumps(done))
        return paper

    def run(number: str, solved: bool) -> Paper:
        found = attempt(number, solved)
        if isinstance(found, Exception):
            raise found
        return found

    return run


@pytest.fixture(params=NAMES)
def untouched(request: pytest.FixtureRequest, ran: Run) -> Paper:
    """What a student first sees of each lesson."""
    return ran(request.param, False)


@pytest.fixture(params=NAMES)
def solved(request: pytest.FixtureRequest, ran: Run) -> Paper:
    """Each lesson with every exercise solved."""
    return ran(request.param, True)


def code(paper: Paper) -> list[NotebookNode]:
    """The code cells of a notebook that has run."""
    return [cell for cell in nbformat.from_dict(paper.content).cells if cell.cell_type == "code"]


def said(paper: Paper) -> dict[str, NotebookNode]:
    """What each check that carries points has answered, by grade id."""
    found = {}
    for cell in code(paper):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in points(paper.number):
            (found[name],) = [output for output in cell.outputs if output.output_type == "execute_result"]
    return found


# --- the machine ------------------------------------------------------------------------------------------------


def test_the_machine_is_like_colabs(python: Path, machine: dict[str, str], tmp_path: Path) -> None:
    versions = {"IPython": "7.34.0", "ipykernel": "6.17.1", "ipywidgets": "7.7.1"}
    program = (
        f"import torch, torchvision; {'; '.join(f'import {name}; print({name}.__version__)' for name in versions)}"
    )
    done = asked(python, machine, program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(versions.values())


@pytest.mark.parametrize("name", ["convcourse", "autograder", "nbgrader", "jupytext", "nbclient", "pytest"])
def test_the_machine_has_nothing_of_the_course_nor_of_these_tests(
    python: Path, machine: dict[str, str], tmp_path: Path, name: str
) -> None:
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "convcourse"], env=machine, check=True)
    done = asked(python, machine, f"import {name}", tmp_path)
    assert f"No module named '{name}'" in done.stderr


# --- running ----------------------------------------------------------------------------------------------------


def test_it_runs_as_it_is_handed_out_and_nothing_is_attempted(untouched: Paper) -> None:
    assert [output for cell in code(untouched) for output in cell.outputs if output.get("name") == "stderr"] == []
    found = said(untouched)
    assert set(found) == set(points(untouched.number))
    for name, output in found.items():
        assert output.data["text/plain"] == "0", name
        assert "Not attempted" in output.data["text/html"], name


def test_solved_it_has_all_points(solved: Paper) -> None:
    assert [output for cell in code(solved) for output in cell.outputs if output.get("name") == "stderr"] == []
    assert {name: float(output.data["text/plain"]) for name, output in said(solved).items()} == points(solved.number)


def test_it_draws_what_it_draws_in_jupyter(solved: Paper) -> None:
    """Every picture; and to the letter, on another IPython, whatever the lesson says must stay as it is."""
    committed = nbformat.read(solved_path(ROOT, solved.name), as_version=nbformat.NO_CONVERT)
    ours = {cell.id: cell for cell in committed.cells if cell.cell_type == "code"}
    pictures = exact = 0
    for cell in code(solved):
        here, there = (
            ["".join(output.get("data", {}).get("text/html", "")) for output in which.outputs]
            for which in (cell, ours[cell.id])
        )
        assert [html.count("<img") for html in here] == [html.count("<img") for html in there], cell.id
        pictures += sum(html.count("<img") for html in here)
        if "nbval-check-output" in cell.metadata.get("tags", []):
            assert [without_count(output) for output in cell.outputs] == [
                without_count(output) for output in ours[cell.id].outputs
            ], cell.id
            exact += 1
    assert pictures
    assert exact


def without_count(output: NotebookNode) -> dict[str, object]:
    return {key: value for key, value in output.items() if key != "execution_count"}


def test_the_course_leaves_colabs_own_packages_as_they_are(
    untouched: Paper, python: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    done = asked(python, machine, "import IPython, numpy; print(IPython.__version__, numpy.__version__)", tmp_path)
    assert done.stdout.split() == ["7.34.0", "2.0.2"]


# --- what Colab saves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finished", [False, True], ids=["untouched", "solved"])
@pytest.mark.parametrize("number", NAMES)
def test_what_colab_saves_is_read_as_what_jupyter_saves(number: str, finished: bool, ran: Run, tmp_path: Path) -> None:
    paper = ran(number, finished)
    release = read_release(ROOT / "notebooks" / paper.name / f"{paper.name}.ipynb")
    plain = Paper(number).solve() if finished else Paper(number)
    read = {}
    for way, written in {"colab": as_colab(paper.copy(), widgets=True), "jupyter": plain}.items():
        folder = tmp_path / way
        folder.mkdir()
        (folder / f"{paper.name}.ipynb").write_bytes(written.bytes())
        read[way] = repair_folder(folder, release, paper.name)
    assert read["colab"].notebook == read["jupyter"].notebook
    assert read["jupyter"].remarks == ()


def test_what_colab_saves_has_the_marks_of_what_jupyter_saves(ran: Run, tmp_path: Path) -> None:
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for number, name in NAMES.items():
        saved = as_colab(ran(number, True).copy(), widgets=True)
        for student, paper in {"colab": saved, "jupyter": Paper(number).solve()}.items():
            path = tmp_path / "submitted" / student / name / f"{name}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_bytes(paper.bytes())
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CONVCOURSE_MARKING", "NBGRADER"))}
    kept |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade"]
    done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        for number, name in NAMES.items():
            for student in ("colab", "jupyter"):
                (notebook,) = gradebook.find_submission(name, student).notebooks
                marks = {grade.name: grade.auto_score for grade in notebook.grades if grade.name in points(number)}
                assert marks == points(number), (name, student)
