"""nbgrader's own `autograde` on what students hand in: everybody gets a score, and nothing of theirs gets through but
the notebook. On a small course of its own, in which nothing is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading import account, handed_in
from autograder.grading.converter import RepairingAutograde
from autograder.grading.course import CourseError, nbgrader_api, prepare_environment
from autograder.grading.handed_in import read_release, repair_folder
from autograder.grading.preprocessors import REPAIRED, Repair

HERE = Path(__file__).resolve().parents[2]
NAME = "02_doubling"
RIGHT = "def double(x):\n    return x + x"
# nbgrader's own steps, but for running the notebook.
STEPS = """
c.Autograde.autograde_preprocessors = [
    "nbconvert.preprocessors.ClearMetadataPreprocessor", "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties", "nbgrader.preprocessors.CheckCellMetadata",
]
"""


def cell(kind, grade_id, source, **about):
    about = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False, **about}
    new = new_markdown_cell if kind == "markdown" else new_code_cell
    return new(source, metadata={"nbgrader": {"grade_id": grade_id, **about}}, id=grade_id)


def lesson(body):
    return new_notebook(
        cells=[
            new_markdown_cell("# Doubling", id="title"),
            cell("code", "answer-double", f"def double(x):\n{body}", solution=True),
            cell("code", "check-double", 'check("double")', grade=True, locked=True, points=2),
        ],
        metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    )


def released(root):
    return read_release(root / "notebooks" / NAME / f"{NAME}.ipynb")


def put(root, student, file, content, **others):
    """Lay a file into a student's folder; `content` is text, bytes, or the source of the answer of a whole notebook."""
    path = root / "submitted" / student / NAME / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if content == RIGHT:
        notebook = released(root)
        notebook.cells[1].source = RIGHT
        content = nbformat.writes(notebook)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with its gradebook, and the API of nbgrader on it."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text((HERE / "nbgrader_config.py").read_text() + STEPS)
    for folder, body in (
        ("solutions", "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"),
        ("notebooks", "    # YOUR CODE HERE\n    raise NotImplementedError"),
    ):
        path = root / folder / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(lesson(body), path)
    (root / "solutions" / NAME / "data.csv").write_text("1,2\n")
    prepare_environment()
    api = nbgrader_api(root)
    before = (root / "notebooks" / NAME / f"{NAME}.ipynb").read_bytes()
    assert api.generate_assignment(NAME)["success"]
    (root / "notebooks" / NAME / f"{NAME}.ipynb").write_bytes(before)
    return root, api


@pytest.fixture
def root(course):
    shutil.rmtree(course[0] / "submitted", ignore_errors=True)
    return course[0]


@pytest.fixture
def autograde(course):
    """Mark a student, as the formgrader's button does; the marked notebook, what was repaired, and what was said."""

    def run(student):
        outcome = course[1].autograde(NAME, student)
        assert outcome["success"], outcome
        assert course[1].coursedir.submitted_directory == "submitted"
        assert REPAIRED == {}
        notebook = nbformat.read(course[0] / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)
        nbformat.validate(notebook)
        with course[1].gradebook as gradebook:
            assert gradebook.find_submission(NAME, student).score is not None
        return notebook, account.read(notebook.metadata).remarks, outcome["log"]

    return run


def test_nbgrader_uses_it_wherever_it_would_use_its_own(course):
    for module in (nbgrader.apps.api, nbgrader.apps.autogradeapp, nbgrader.converters):
        assert module.Autograde is RepairingAutograde


def test_a_good_submission(root, autograde):
    put(root, "ada", f"{NAME}.ipynb", RIGHT)
    notebook, remarks, _ = autograde("ada")
    assert notebook.cells[1].source == RIGHT
    assert remarks == ()


def test_remarks_reach_the_marked_notebook_and_cannot_be_forged(root, autograde):
    notebook = released(root)
    notebook.cells[1].source = RIGHT
    del notebook.cells[2]
    account.write(account.Account(remarks=(account.Remark("forged", "x"),)), notebook.metadata)
    put(root, "bob", f"{NAME}.ipynb", nbformat.writes(notebook))
    marked, remarks, said = autograde("bob")
    assert [(remark.kind, remark.cell) for remark in remarks] == [("check-missing", "check-double")]
    assert "The check check-double had been deleted and was put back." in said
    assert [item.id for item in marked.cells] == ["title", "answer-double", "check-double"]


@pytest.mark.parametrize(
    ("file", "content", "kind"),
    [
        (f"{NAME}.ipynb", b"\xff\xfe broken", "unreadable"),
        (f"{NAME}.ipynb", b"", "unreadable"),
        (f"{NAME}.ipynb", '{"nbformat": 9, "cells": 3}', "unreadable"),
        (f"{NAME}.ipynb", json.dumps({"cells": []}), "other-notebook"),
        (f"{NAME} (1).ipynb", RIGHT, "file-name"),
        ("deep/homework.IPYNB", RIGHT, "file-name"),
        ("photo.jpg", b"", "unreadable"),
    ],
)
def test_whatever_was_handed_in_gets_a_score(root, autograde, file, content, kind):
    put(root, "carl", file, content)
    notebook, remarks, _ = autograde("carl")
    assert [remark.kind for remark in remarks] == [kind]
    assert (notebook.cells[1].source == RIGHT) == (content == RIGHT)


def test_old_metadata_does_not_stop_anything(root, autograde):
    for version in (0, 1, 99):
        notebook = released(root)
        notebook.cells[1].source = RIGHT
        notebook.cells[2].metadata.nbgrader.schema_version = version
        put(root, "dora", f"{NAME}.ipynb", nbformat.writes(notebook))
        marked, _, _ = autograde("dora")
        assert marked.cells[2].metadata.nbgrader.schema_version == 3
        assert marked.cells[1].source == RIGHT


def test_nothing_else_of_the_student_reaches_the_folder_where_the_notebook_runs(root, autograde, tmp_path):
    put(root, "eve", f"{NAME}.ipynb", RIGHT)
    put(root, "eve", "numpy.py", "raise SystemExit")
    put(root, "eve", "convcourse/__init__.py", "")
    put(root, "eve", "data.csv", "mine")
    (root / "submitted" / "eve" / NAME / "link.csv").symlink_to(tmp_path)
    os.mkfifo(root / "submitted" / "eve" / NAME / "pipe")
    autograde("eve")
    folder = root / "autograded" / "eve" / NAME
    assert sorted(path.name for path in folder.rglob("*")) == [f"{NAME}.ipynb", "data.csv"]
    assert (folder / "data.csv").read_text() == "1,2\n"  # the course's own


def test_a_notebook_that_is_a_link_is_not_followed(root, autograde, tmp_path):
    real = put(root, "ada", f"{NAME}.ipynb", RIGHT)
    link = root / "submitted" / "frank" / NAME / f"{NAME}.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    notebook, remarks, _ = autograde("frank")
    assert notebook.cells[1].source != RIGHT
    assert [remark.kind for remark in remarks] == ["file-refused", "unreadable"]


def test_timestamps_count_and_bad_ones_are_told(course, root, autograde):
    put(root, "grace", f"{NAME}.ipynb", RIGHT)
    when = put(root, "grace", "timestamp.txt", "2026-03-05 08:15:33 UTC")
    autograde("grace")
    with course[1].gradebook as gradebook:
        assert str(gradebook.find_submission(NAME, "grace").timestamp) == "2026-03-05 08:15:33"
    assert (root / "autograded" / "grace" / NAME / "timestamp.txt").exists()
    when.write_text("yesterday")
    _, remarks, _ = autograde("grace")
    assert [remark.kind for remark in remarks] == ["timestamp"]
    assert not (root / "autograded" / "grace" / NAME / "timestamp.txt").exists()


def test_a_second_run_replaces_the_first(root, autograde):
    path = put(root, "hedy", f"{NAME}.ipynb", "lost")
    assert [remark.kind for remark in autograde("hedy")[1]] == ["unreadable"]
    path.write_bytes(put(root, "ada", f"{NAME}.ipynb", RIGHT).read_bytes())
    notebook, remarks, _ = autograde("hedy")
    assert notebook.cells[1].source == RIGHT
    assert remarks == ()


def test_a_fault_of_repair_itself_costs_nobody_else_and_is_told(root, autograde, monkeypatch):
    def broken(raw, release, name):
        raise ZeroDivisionError

    put(root, "ida", f"{NAME}.ipynb", RIGHT)
    monkeypatch.setattr(handed_in, "repair", broken)
    notebook, remarks, _ = autograde("ida")
    assert [remark.kind for remark in remarks] == ["repair-failed"]
    assert "ZeroDivisionError" in remarks[0].text
    assert notebook.cells[1].source != RIGHT


def test_where_there_is_nothing_to_mark_that_is_said(course, root):
    (root / "submitted" / "jack" / NAME).mkdir(parents=True)
    outcome = course[1].autograde(NAME, "jack")
    assert not outcome["success"]
    assert "There is nothing to mark in" in outcome["log"]
    assert f"{NAME} is an empty folder" in outcome["log"]


def test_without_the_lesson_as_handed_out_it_says_what_to_do(course, root):
    put(root, "ada", f"{NAME}.ipynb", RIGHT)
    handed_out = root / "notebooks" / NAME / f"{NAME}.ipynb"
    content = handed_out.read_bytes()
    try:
        handed_out.write_text("lost")
        outcome = course[1].autograde(NAME, "ada")
        assert "is not a notebook: run `autograder build` to make it again" in outcome["log"]
        handed_out.unlink()
        outcome = course[1].autograde(NAME, "ada")
        assert not outcome["success"]
        assert "to compare submissions with: run `autograder build`" in outcome["log"]
    finally:
        handed_out.write_bytes(content)
    with pytest.raises(CourseError, match="run `autograder build`"):
        read_release(root / "nowhere.ipynb")


def test_the_step_repairs_by_itself_under_nbgraders_own_converter(course, root):
    notebook = released(root)
    notebook.cells[1].source = RIGHT
    notebook.cells.reverse()
    resources = {"nbgrader": {"student": "ada", "assignment": NAME, "notebook": NAME}}
    mended, _ = Repair(parent=course[1])(notebook, resources)
    assert [item.id for item in mended.cells] == ["title", "answer-double", "check-double"]
    assert [remark.kind for remark in account.read(mended.metadata).remarks] == ["moved", "moved"]


def test_a_folder_is_repaired_without_nbgrader(root):
    path = put(root, "ada", f"{NAME} (2).ipynb", RIGHT)
    repaired = repair_folder(path.parent, released(root), NAME)
    assert repaired.notebook.cells[1].source == RIGHT
    assert [remark.kind for remark in repaired.remarks] == ["file-name"]


def test_a_class_in_one_command(course, root):
    put(root, "ada", f"{NAME}.ipynb", RIGHT)
    put(root, "bob", f"{NAME}.ipynb", "not a notebook")
    put(root, "carl", "essay.txt", "x")
    put(root, "dora", "timestamp.txt", "yesterday")
    deep = put(root, "eve", f"{NAME}.ipynb", b"[" * 100_000)
    (root / "submitted" / "fay").symlink_to(deep.parents[1])
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is a link, and links are not followed" in done.stderr
    for student in ("ada", "bob", "carl", "dora", "eve"):
        assert (root / "autograded" / student / NAME / f"{NAME}.ipynb").exists()
    assert not (root / "autograded" / "fay").exists()
    with course[1].gradebook as gradebook:
        marked = {item.student.id for item in gradebook.find_assignment(NAME).submissions}
    assert {"ada", "bob", "carl", "dora", "eve"} <= marked
