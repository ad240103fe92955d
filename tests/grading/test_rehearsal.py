"""`autograder check`: a notebook run before it is handed in, from a course or alone, and what cannot be run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.grading import rehearsal, sandbox
from autograder.grading.rehearsal import AS_IT_IS, NO_SANDBOX, RehearsalError, rehearse

ROOT = Path(__file__).parents[2]
NAME = "02_convolution"
TYPED = {
    "answer-pad2d": "def pad2d(image, p):\n    return torch.nn.functional.pad(image, (p, p, p, p))",
    "answer-output-size": "def output_size(n, f, p, s):\n    return (n + 2 * p - f) // s + 1",
    "answer-conv2d": "def conv2d(image, kernel, stride, padding)\n    return image",
    "answer-conv2d-valid": "def conv2d_valid(image, kernel):\n    raise ValueError('[bold]\\x1b[31m <b>')",
}


@pytest.fixture(scope="module", autouse=True)
def sandboxes():
    yield
    sandbox.close_shared()


def work(path: Path, typed: dict[str, str] = TYPED) -> Path:
    """A notebook with a few answers, saved as `path`."""
    notebook = nbformat.read(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = typed.get(cell.id, cell.source)
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


def check(*arguments: object):
    done = CliRunner().invoke(main, ["check", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A folder that lies in no course."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


RELEASE = ROOT / "notebooks" / NAME / f"{NAME}.ipynb"


def test_it_runs_and_shows_the_points_by_exercise(alone):
    path = work(alone / "mine (2).ipynb")
    before = path.read_bytes()
    done = check(path, "--release", RELEASE)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].strip() == "Your points so far: visible cases only"
    assert next(line for line in lines if line.startswith("6 · A frame of zeros")).split()[-3:] == ["1", "of", "1"]
    assert next(line for line in lines if line.startswith("Together")).split()[-3:] == ["2.5", "of", "20"]
    assert "The cell of this answer stopped with SyntaxError" in " ".join(done.stdout.split())
    assert "Marking uses other cases of the same kind." in lines
    assert "\x1b" not in done.stdout, "what a student's exception says is shown as it is, and colours nothing"
    assert "[bold]" in done.stdout
    assert path.read_bytes() == before


def test_for_programs(alone):
    told = json.loads(check(work(alone / "a.ipynb"), "--release", RELEASE, "--json").stdout)
    assert (told["lesson"], told["cases"], told["points"], told["maximum"]) == (NAME, "visible", 2.5, 20)
    assert told["sandbox"] is not bool(sandbox.missing())
    states = {one["check"]: one["state"] for one in told["exercises"]}
    assert (states["pad2d"], states["output-size"], states["conv2d-valid"]) == ("right", "partly", "wrong")
    assert states["pixel-uses"] == "not attempted"
    assert "not run" not in states.values()


def test_alone_it_is_run_as_it_is(alone):
    done = rehearse(work(alone / "a.ipynb"))
    assert done.notes == (AS_IT_IS,)
    assert (done.standing.notebook, done.standing.points) == (NAME, 2.5)


def test_what_was_repaired_is_told(alone):
    path = work(alone / "a.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "check-pad2d"]
    nbformat.write(notebook, path)
    done = rehearse(path, release=RELEASE)
    assert done.notes
    assert {line.check: line.state for line in done.standing.lines}["pad2d"] == "right", "the check was put back"


def test_without_a_sandbox_it_says_so_and_runs(alone, monkeypatch):
    monkeypatch.setattr(rehearsal, "missing", lambda: "bubblewrap is missing.")
    done = check(work(alone / "a.ipynb"), "--release", RELEASE)
    assert done.exit_code == 0
    assert NO_SANDBOX in " ".join(done.stderr.split())
    assert "2.5 of 20" in done.stdout


def test_where_no_kernel_starts_it_says_what_to_do(alone, monkeypatch):
    def fails(*arguments: object) -> None:
        raise sandbox.SandboxError("The sandbox did not start: no memory")

    monkeypatch.setattr(rehearsal, "run", fails)
    done = check(work(alone / "a.ipynb"), "--release", RELEASE)
    assert done.exit_code == 1
    assert "The sandbox did not start: no memory. Run all of its cells in Jupyter instead" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b"%PDF-1.7", "it is a PDF, not a notebook"),
        (b"<!doctype html><html>", "it is a web page, not a notebook"),
        (b"\xff\xfe\x00", "not a notebook"),
        (b'{"cells": [], "nbformat": 4}', "has no check of this course in it"),
    ],
)
def test_what_is_no_notebook_is_told_in_words(alone, content, says):
    (alone / "a.ipynb").write_bytes(content)
    done = check(alone / "a.ipynb")
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_a_lesson_without_checks(alone):
    strange = shutil.copy(RELEASE, alone / "99_strange.ipynb")
    with pytest.raises(RehearsalError, match="no checks for a lesson called 99_strange"):
        rehearse(work(alone / "a.ipynb"), release=Path(strange))


# --- where the packages are missing -----------------------------------------------------------------------------


def without(package: str, *words: object) -> subprocess.CompletedProcess[str]:
    """The command in a Python that lacks a package."""
    program = "import sys; sys.modules[sys.argv.pop(1)] = None; from autograder.entry import main; main()"
    command = [sys.executable, "-c", program, package, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("package", ["click", "rich", "zmq"])
def test_a_student_without_the_packages_is_told_what_to_install(alone, package):
    done = without(package, "check", work(alone / "a.ipynb"))
    assert done.returncode == 1
    assert f"needs {package}, which is not installed" in done.stderr
    assert 'python -m pip install "convcourse[grading] @ git+https://' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_is_no_missing_package():
    done = without("autograder.grading.rehearsal", "check", __file__)
    assert "ModuleNotFoundError" in done.stderr
    assert "pip install" not in done.stderr
