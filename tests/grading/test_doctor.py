"""`autograder doctor`: what it says of a notebook, what it returns, and that it never harms one."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_notebook

from autograder.cli import main
from autograder.grading.doctor import DoctorError, examine, lines, save

ROOT = Path(__file__).parents[2]
NAME = "02_convolution"
PAD = "def pad2d(image, p):\n    return F.pad(image, (p, p, p, p))"


@pytest.fixture
def course(tmp_path):
    """A course with two lessons handed out, and nothing else."""
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "nbgrader_config.py").write_text("")
    for name in (NAME, "03_pooling"):
        shutil.copytree(ROOT / "notebooks" / name, tmp_path / "course" / "notebooks" / name)
    return tmp_path / "course"


def work(path, name=NAME, answers=True):
    """A notebook in which pad2d is answered, saved as `path`."""
    notebook = nbformat.read(ROOT / "notebooks" / name / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if answers and cell.metadata.get("nbgrader", {}).get("grade_id") == "answer-pad2d":
            cell.source = PAD
    nbformat.write(notebook, path)
    return path


def damaged(path):
    notebook = nbformat.read(work(path), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "check-pad2d"]
    nbformat.write(notebook, path)
    return path


def doctor(*arguments):
    done = CliRunner().invoke(main, ["doctor", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_nothing_to_repair(course):
    code, said = doctor(work(course / f"{NAME}.ipynb"))
    assert code == 0
    assert said.splitlines()[:2] == [
        f"{NAME}.ipynb, compared with {NAME} as it was handed out",
        "Nothing to repair.",
    ]
    assert "Answered: 1 of " in said
    assert "Still as handed out: predict-moved, windows-by-hand," in said
    assert "pad2d" not in said.split("Still as handed out")[1]
    assert "It will be taken for" not in said


def test_what_is_repaired_is_told(course):
    code, said = doctor(damaged(course / "mine.ipynb"))
    assert code == 1
    assert "It can be marked. This is repaired before:\n  - The check check-pad2d had been deleted" in said
    assert said.endswith(f"It will be taken for {NAME}.ipynb, whatever it is called.\n")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (f"{NAME}.ipynb", "My answers: 104", "The file is not a notebook."),
        (f"{NAME} (1).ipynb", nbformat.writes(new_notebook()), "The notebook is empty."),
    ],
)
def test_what_cannot_be_marked(course, name, content, words):
    (course / name).write_text(content)
    code, said = doctor(course / name)
    assert code == 2
    assert words in said
    assert "It cannot be marked as it is" in said
    assert "Answered" not in said


def test_the_lesson_is_told_by_the_name_or_by_the_content_or_by_hand(course):
    path = work(course / "homework.ipynb", "03_pooling")
    assert examine(path).name == "03_pooling"
    assert examine(work(course / "03_pooling (2).ipynb", "03_pooling")).name == "03_pooling"
    mistaken = examine(work(course / f"{NAME}.ipynb", "03_pooling"))
    assert mistaken.code == 2
    assert any("none of the exercises of 02_convolution" in line for line in lines(mistaken))
    assert examine(path, NAME).code == 2
    (course / "x.ipynb").write_text("{}")
    with pytest.raises(DoctorError, match=f"say --assignment and one of {NAME}, 03_pooling"):
        examine(course / "x.ipynb")
    with pytest.raises(DoctorError, match="there is no lesson called 07"):
        examine(path, "07")


def test_outside_of_a_course_it_says_what_it_needs(tmp_path, monkeypatch, course):
    outside = tmp_path / "home"
    outside.mkdir()
    path = work(outside / f"{NAME}.ipynb")
    monkeypatch.chdir(outside)
    code, said = doctor(path)
    assert code == 2
    assert "lies in a course (a folder with nbgrader_config.py): go there, or name the notebook as it was" in said
    code, said = doctor(path, "--release", course / "notebooks" / NAME / f"{NAME}.ipynb")
    assert code == 0
    assert "Nothing to repair." in said
    monkeypatch.chdir(course)
    assert doctor(path)[0] == 0
    shutil.rmtree(course / "notebooks")
    assert "there are no lessons in" in doctor(path)[1]


def test_the_repaired_notebook_is_written_beside_and_never_over_the_original(course):
    path = damaged(course / f"{NAME}.ipynb")
    before = path.read_bytes()
    code, said = doctor(path, "--write", course / "repaired.ipynb")
    assert code == 1
    assert "The repaired notebook:" in said
    assert doctor(course / "repaired.ipynb")[0] == 0
    for target in (path, course / "repaired.ipynb"):
        content = target.read_bytes()
        code, said = doctor(path, "--write", target)
        assert code == 2
        assert "is not written, as" in said
        assert target.read_bytes() == content
    assert path.read_bytes() == before
    assert doctor(path, "--write", path, "--overwrite")[0] == 1
    assert doctor(path)[0] == 0
    assert list(course.glob(".doctor*")) == []


def test_a_folder_that_is_not_there_is_told(course, tmp_path):
    path = work(course / f"{NAME}.ipynb")
    with pytest.raises(DoctorError, match="cannot be written: No such file"):
        save(examine(path).repaired.notebook, tmp_path / "nowhere" / "x.ipynb", path)
