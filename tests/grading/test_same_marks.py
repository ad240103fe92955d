"""Honest work has the same marks however it is marked: in the sandbox, without one, and by checks in its own kernel."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.notebooknode import NotebookNode

from autograder.catalogue import all_answers
from autograder.grading import account, example
from autograder.grading.course import assignments
from autograder.grading.handed_in import read_release, repair_folder
from autograder.grading.kernels import Kernel
from autograder.grading.limits import LIMITS
from autograder.grading.outputs import Outputs
from autograder.grading.running import CHECK, run
from autograder.grading.sandbox import Sandbox

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NAMES = [path.name for path in sorted((ROOT / "notebooks").iterdir())]
SEED = "one student of a class"
HONEST = ("ada", "carl", "emmy", "henri")  # right in two styles, and wrong in the ways of honest people


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course to which the example class has handed in."""
    root = tmp_path_factory.mktemp("honest")
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder)
    example.write(root, assignments(root), all_answers())
    return root


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[tuple[Sandbox, Sandbox]]:
    """With isolation and without."""
    with Sandbox() as closed, Sandbox(isolated=False) as opened:
        yield closed, opened


def points(notebook: NotebookNode) -> dict[str, float]:
    """What each check says, as nbgrader reads it."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            (output,) = [each for each in cell.outputs if each.output_type == "execute_result"]
            found[cell.metadata.nbgrader.grade_id] = float(output.data["text/plain"])
    return found


def judged_by_itself(notebook: NotebookNode, sandbox: Sandbox) -> dict[str, float]:
    """The points where every check runs in the student's own kernel, as stock nbgrader has it."""
    found = {}
    with Kernel(sandbox) as kernel:
        kernel.execute(f"import os; os.environ['CONVCOURSE_MARKING_SEED'] = {SEED!r}", 60, Outputs(LIMITS, 10_000))
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            shown = Outputs(LIMITS, LIMITS.notebook_output)
            kernel.execute(cell.source, 300, shown)
            if cell.metadata.get("nbgrader", {}).get("grade") and CHECK.fullmatch(cell.source):
                (result,) = [output for output in shown.kept if output.output_type == "execute_result"]
                found[cell.metadata.nbgrader.grade_id] = float(result.data["text/plain"])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_honest_work_has_the_same_marks_however_it_is_marked(
    name: str, handed_in: Path, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    closed, opened = sandboxes
    release = read_release(handed_in / "notebooks" / name / f"{name}.ipynb")
    for student in HONEST:
        folder = handed_in / "submitted" / f"{example.PREFIX}{student}" / name
        repaired = repair_folder(folder, release, name)
        assert repaired.remarks == (), student
        marked = {which.isolated: run(repaired.notebook, which, SEED) for which in (closed, opened)}
        inside = judged_by_itself(repaired.notebook, opened)
        assert points(marked[True]) == inside, student
        assert points(marked[False]) == inside, student
        assert [account.read(marked[kept].metadata).isolation for kept in (True, False)] == ["sandbox", "none"]
        assert (sum(inside.values()) >= 19) == (student in ("ada", "emmy")), student
