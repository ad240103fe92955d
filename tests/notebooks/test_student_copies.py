"""What students open: it runs untouched, gives nothing away, and each of its exercises stands for itself."""

from __future__ import annotations

import ast
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import Lesson, repository
from autograder.building.notebook import metadata_of, student_path
from autograder.building.regions import find_regions
from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]

RIGHT = {answer.check: answer.source for answer in reversed(all_answers()) if answer.right}  # the first one of each
# In 03 a matrix is drawn from the name; the catalogue's typed answers are those of this one.
STUDENT = 'student_name = "Ada Lovelace"'

# Of a solution, these lines tell nothing: a plain cell may well have them too.
TELLS_NOTHING = (")", "]", "}", "return result", "else:")
# Idioms of PyTorch that a lesson's own cells use as well: the hints name them, and their order is what is asked for.
IDIOMS = {
    "01_fmnist_mlp": ("model.eval()", "with torch.no_grad():"),
    "04_cnn_gpu": (
        *("x, y = x.to(device), y.to(device)", "opt.zero_grad()", "loss.backward()", "opt.step()"),
        *("nn.ReLU(),", "nn.MaxPool2d(2),", "nn.Flatten(),"),  # of another network, to be played with
    ),
    "05_birds_vs_airplanes": ("with torch.no_grad():",),
    "06_lenet5_parameters": ("nn.Flatten(),",),
}


def answers(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# --- what is in the file ----------------------------------------------------------------------------------------


def test_the_copy_has_the_lessons_cells(lesson: Lesson, student: NotebookNode) -> None:
    nbformat.validate(student)
    assert [cell.cell_type for cell in student.cells] == [cell.kind for cell in lesson.cells]
    named = {cell.grade_id for cell in lesson.cells if cell.role}
    assert {cell.id for cell in student.cells if "nbgrader" in cell.metadata} == named


def test_the_copy_opens_in_any_jupyter(lesson: Lesson, student: NotebookNode) -> None:
    assert student.metadata == metadata_of(lesson)
    assert student.metadata.kernelspec.name == "python3"
    assert student.nbformat == 4


def test_no_outputs_are_handed_out(student: NotebookNode) -> None:
    assert [(cell.outputs, cell.execution_count) for cell in code(student)] == [([], None)] * len(code(student))


def test_every_answer_is_a_stub(student: NotebookNode) -> None:
    assert answers(student)
    for cell in answers(student):
        if cell.cell_type == "markdown":
            assert "YOUR ANSWER HERE" in cell.source, cell.id
            continue
        tree = ast.parse(cell.source)
        missing = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value is Ellipsis]
        raised = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        assert missing or raised, cell.id
        assert all(ast.unparse(node) == "raise NotImplementedError" for node in raised), cell.id


def test_checks_and_setup_cannot_be_edited(student: NotebookNode) -> None:
    for cell in student.cells:
        if cell.id.startswith(("check-", "locked-")):
            assert (cell.metadata.nbgrader.locked, cell.metadata.nbgrader.solution) == (True, False), cell.id


def test_no_line_of_a_solution_is_handed_out(name: str, lesson: Lesson, student: NotebookNode) -> None:
    text = student_path(ROOT, name).read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" not in text
    assert "END SOLUTION" not in text
    handed_out = {line.partition("  #")[0].strip() for cell in code(student) for line in cell.source.split("\n")}
    secret = [
        (cell.name, told)
        for cell in lesson.cells
        for region in find_regions(cell.source)[0]
        for line in cell.source.split("\n")[region.begin + 1 : region.end]
        if (told := line.partition("  #")[0].strip()) and told not in (*TELLS_NOTHING, *IDIOMS.get(name, ()))
    ]
    assert secret
    assert [(answer, line) for answer, line in secret if line in handed_out] == []


# --- running it from top to bottom ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def untouched(name: str, run_untouched: Callable[[str], NotebookNode]) -> NotebookNode:
    """The student's copy, run in a kernel of its own as it is handed out."""
    return run_untouched(name)


def test_the_copy_runs_untouched(untouched: NotebookNode) -> None:
    assert all(cell.execution_count for cell in code(untouched))
    found = [
        (cell.id, output)
        for cell in code(untouched)
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]
    assert found == []


def test_untouched_figures_show_no_network_that_is_asked_for(name: str, untouched: NotebookNode) -> None:
    outputs = [output for cell in code(untouched) for output in cell.outputs if "data" in output]
    live = [one.data["text/plain"] for one in outputs if "convcourse-figure" in one.data.get("text/html", "")]
    asked = {
        "04_cnn_gpu": ("64×26×26", "128×11×11", "716,706", "73,856"),
        "06_lenet5_parameters": ("10×37×37", "8×28×28", "62,958", "3,216"),
    }
    assert not [(number, words) for words in live for number in asked.get(name, ()) if number in words]
    waits = {"04_cnn_gpu": 1, "06_lenet5_parameters": 2}.get(name, 0)
    assert sum("this shows" in one.data["text/plain"] for one in outputs) == waits


def test_untouched_exercises_are_not_attempted(name: str, untouched: NotebookNode) -> None:
    shown = {cell.id.removeprefix("check-"): cell.outputs for cell in code(untouched) if cell.id.startswith("check-")}
    assert set(shown) == {check.name for check in CHECKS.values() if check.notebook == name}
    for check, (output,) in shown.items():
        assert output.output_type == "execute_result", check
        assert output.data["text/plain"] == "0", check
        assert "Not attempted" in output.data["text/html"], check


# --- one exercise at a time -------------------------------------------------------------------------------------


@pytest.fixture
def quiet(quick_lessons: None) -> Iterator[None]:
    """Lessons set how tensors are printed, seeds and threads; other tests shall not notice."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)  # on arrays this small, threads only wait for one another
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)
    torch.set_printoptions(profile="default")  # type: ignore[no-untyped-call]


def run(name: str, sheet: dict[str, str]) -> tuple[dict[str, Verdict], dict[str, object]]:
    """What each check says when a student's copy runs, in this process, with these answers; and its variables."""
    notebook = nbformat.read(student_path(ROOT, name), as_version=nbformat.NO_CONVERT)
    sheet = {"student-name": STUDENT} | sheet
    names: dict[str, object] = {"__name__": "__main__"}
    found: dict[str, Verdict] = {}
    for cell in code(notebook):
        if cell.id.startswith("check-"):
            found[cell.id.removeprefix("check-")] = eval(cell.source, names).verdict
        else:
            exec(sheet.get(cell.id.removeprefix("answer-"), cell.source), names)
    return found, names


@cache
def right_answers(name: str) -> dict[str, str]:
    """A right answer to each exercise that needs no other: functions as the catalogue has them, values typed out."""
    sheet = {check: source for check, source in RIGHT.items() if CHECKS[check].notebook == name}
    found, names = run(name, sheet)
    assert [check for check, verdict in found.items() if not verdict.passed] == []
    for check in sheet:
        values = {asked: names[asked] for asked in CHECKS[check].asks}
        if not any(map(callable, values.values())):
            sheet[check] = "\n".join(f"{asked} = {np.asarray(value).tolist()!r}" for asked, value in values.items())
    return sheet


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("check", CHECKS)
def test_an_exercise_solved_alone_changes_no_other(check: str) -> None:
    lesson = CHECKS[check].notebook
    found, _ = run(lesson, {check: right_answers(lesson)[check]})
    own = found.pop(check)
    assert own.passed
    assert own.points == own.maximum == CHECKS[check].points
    assert {other: verdict.finding for other, verdict in found.items()} == dict.fromkeys(found, NOT_ATTEMPTED)
    assert not any(verdict.attempted or verdict.points for verdict in found.values())


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_left_among_right_answers_fails_its_own_check_alone(check: str) -> None:
    lesson = CHECKS[check].notebook
    found, _ = run(lesson, {other: source for other, source in right_answers(lesson).items() if other != check})
    own = found.pop(check)
    assert (own.attempted, own.passed, own.points) == (False, False, 0)
    assert [other for other, verdict in found.items() if not verdict.passed] == []


# --- on Colab ---------------------------------------------------------------------------------------------------


def run_setup(student: NotebookNode, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, object]]]:
    """Run the setup cell and return the commands it would have started."""
    started: list[tuple[list[str], dict[str, object]]] = []
    ordinary = subprocess.run

    def run(words: list[str], **options: object) -> object:
        """Start nothing that would install; libraries that the cell imports may ask the system what they like."""
        return started.append((words, options)) if "pip" in words else ordinary(words, **options)  # type: ignore

    monkeypatch.setattr(subprocess, "run", run)
    (setup,) = [cell for cell in student.cells if cell.id == "locked-setup"]
    exec(setup.source, {})
    return started


@pytest.mark.usefixtures("quiet")
def test_on_colab_the_setup_installs_the_course_alone(student: NotebookNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    ((words, options),) = run_setup(student, monkeypatch)
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    assert "--no-deps" in words  # what Colab has stays as it is
    assert words[-1] == f"git+{repository(ROOT)}"
    assert words[-1].startswith("git+https://")
    assert options.get("check") is True


@pytest.mark.usefixtures("quiet")
def test_elsewhere_the_setup_installs_nothing(student: NotebookNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    assert run_setup(student, monkeypatch) == []


def test_nothing_of_the_course_is_needed_before_it_is_installed(student: NotebookNode) -> None:
    """Colab has no `autograder` and no `convcourse` until the setup cell has run."""
    before = code(student)[: [cell.id for cell in code(student)].index("locked-setup") + 1]
    imported = []
    for statement in [statement for cell in before for statement in ast.parse(cell.source).body]:
        if isinstance(statement, ast.If):
            assert ast.unparse(statement.test) == "'google.colab' in sys.modules"
            break
        imported += [node for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom)]
    else:
        pytest.fail("the setup cell asks nowhere whether it runs on Colab")
    assert [ast.unparse(node) for node in imported] == ["import sys"]
