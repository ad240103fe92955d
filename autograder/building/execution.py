"""Running a lesson's notebook, and keeping the outputs of one that has been run."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from autograder.building.lesson import Cell, Lesson
from autograder.building.notebook import BuildError, metadata_of
from convcourse.figures.live import renewed

TIMEOUT = 1800  # seconds for one cell: a lesson may train on the full data

NOT_FOR_LESSONS = ("NBGRADER_EXECUTION", "CONVCOURSE_MARKING_SEED", "PYTHONSTARTUP")

VERDICT = re.compile(r"^(check|progress)\(", re.MULTILINE)  # a cell that shows what checks say, whatever the data

Say = Callable[[str], None]


def execute(
    notebook: NotebookNode, lesson: Lesson, timeout: int = TIMEOUT, say: Say = print, data: str | None = None
) -> None:
    """Run a lesson's notebook in a fresh kernel of this Python and put the outputs into it.

    `data` takes the place of CONVCOURSE_DATA.

    Raises BuildError, with the line in the lesson, for a cell that fails, takes longer than `timeout` seconds or
    writes to stderr, for which nbgrader would give no points.
    """
    codes = [(index, cell) for index, cell in enumerate(lesson.cells) if cell.kind == "code"]
    with fresh_kernel(notebook, timeout, {} if data is None else {"CONVCOURSE_DATA": data}) as client:
        for done, (index, cell) in enumerate(codes, 1):
            say(f"  {done}/{len(codes)} {where(lesson, cell)} {_summary(cell)}")
            try:
                client.execute_cell(notebook.cells[index], index)
            except CellExecutionError as error:
                raise BuildError(f"{where(lesson, cell)}: {error.ename}: {error.evalue}") from None
            except CellTimeoutError:
                raise BuildError(f"{where(lesson, cell)}: still running after {timeout} s") from None
            except DeadKernelError:
                raise BuildError(f"{where(lesson, cell)}: the kernel died while it ran this cell") from None
            for output in notebook.cells[index].outputs:
                if output.output_type == "stream" and output.name == "stderr":
                    told = output.text.strip().split("\n")[0]
                    raise BuildError(
                        f"{where(lesson, cell)}: this cell writes to stderr, for which nbgrader gives no points: {told}"
                    )
            if problem := problem_of(notebook.cells[index]):
                raise BuildError(f"{where(lesson, cell)}: this cell {problem}")
    notebook.metadata = nbformat.from_dict(metadata_of(lesson))  # nbclient has added this Python's version


@contextmanager
def fresh_kernel(
    notebook: NotebookNode, timeout: int = TIMEOUT, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[NotebookClient]:
    """A client for a notebook with a kernel of this Python, in an empty folder; both are gone afterwards.

    `settings` are added to its environment.
    """
    with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
        desk = Path(folder) / "desk"
        desk.mkdir()
        kernel = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),  # this Python's, whatever else is installed
            connection_file=f"{folder}/kernel.json",
            transport="ipc",  # sockets in a folder of our own: no ports to collide, no one to listen
            ip=f"{folder}/k",
        )
        client = NotebookClient(notebook, km=kernel, timeout=timeout, record_timing=False, coalesce_streams=True)
        client.owns_km = True  # so that the kernel is stopped when done
        with client.setup_kernel(cwd=str(desk), env={**_environment(folder), **settings}):
            yield client


def _environment(folder: str) -> dict[str, str]:
    """The kernel's environment: not marking, no habits of whoever builds, and sets in the same order every time."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_FOR_LESSONS}
    return environment | {"IPYTHONDIR": folder, "PYTHONHASHSEED": "0"}


def where(lesson: Lesson, cell: Cell) -> str:
    """A cell's place in its lesson, as file:line."""
    return f"{lesson.path.as_posix()}:{cell.line}"


def _summary(cell: Cell) -> str:
    return cell.grade_id or next((line.strip()[:60] for line in cell.source.split("\n") if line.strip()), "")


def outputs_of(path: Path, notebook: NotebookNode) -> list[NotebookNode] | None:
    """The run code cells of the notebook at `path`, if it runs the same code as `notebook`; else nothing."""
    try:
        committed = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        old = [cell for cell in committed.cells if cell.cell_type == "code"]
        same = [(cell.id, cell.source) for cell in old] == [
            (cell.id, cell.source) for cell in notebook.cells if cell.cell_type == "code"
        ]
        return old if same and not any(map(problem_of, old)) else None
    except (OSError, ValueError, AttributeError, KeyError, nbformat.ValidationError):
        return None  # not there, or no notebook: run it afresh


def problem_of(cell: NotebookNode) -> str:
    """What is wrong with the outputs of a cell of a solved notebook; nothing for a cell that has run well."""
    if cell.cell_type != "code":
        return ""
    if cell.execution_count is None:
        return "has not been run"
    for output in cell.outputs:
        if output.output_type == "error":
            return f"has failed with {output.ename}"
        if output.output_type == "stream" and output.name == "stderr":
            return "has written to stderr"
    if is_grade(cell):
        score, points = determine_grade(cell)
        if score is not None and score != points:  # None: for a person to mark
            return f"gets {score:g} of {points:g} points"
    return ""


def take_verdicts(notebook: NotebookNode, fresh: NotebookNode) -> None:
    """Give a notebook the outputs of another run for what the checks say, and leave all else as it is."""
    for cell, now in zip(notebook.cells, fresh.cells, strict=True):
        if cell.cell_type == "code" and VERDICT.search(cell.source):
            cell.outputs = now.outputs


def take_outputs(notebook: NotebookNode, old: list[NotebookNode]) -> None:
    """Give a notebook's code cells the outputs of `old`, code cells with the same sources.

    Figures get the scripts that they have today: the script is no result of the cell.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, before in zip(code, old, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
        for output in cell.outputs:
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = renewed(output.data["text/html"])
