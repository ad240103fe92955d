"""What a notebook and the README tell Colab: what to open, and on what kind of machine."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.building.handout import student_copy
from autograder.building.lesson import Lesson, lesson_files, on_colab, repository
from autograder.building.notebook import student_path, to_notebook

WITH_GPU = {"01_fmnist_mlp", "04_cnn_gpu", "05_birds_vs_airplanes"}
ADDRESS = re.compile(r"https://colab\.research\.google\.com/[^\s)\"<>]*")


# --- the machine that Colab starts ------------------------------------------------------------------------------


def test_lessons_that_train_ask_for_a_gpu_and_no_others(name: str, solved: NotebookNode, student: NotebookNode) -> None:
    asked = {"accelerator": "GPU", "colab": {"gpuType": "T4"}} if name in WITH_GPU else {}
    for notebook in (solved, student):
        assert {key: notebook.metadata[key] for key in ("accelerator", "colab") if key in notebook.metadata} == asked


def test_the_build_and_nbgrader_keep_what_is_asked_for(name: str, lesson: Lesson, root: Path) -> None:
    made = to_notebook(lesson)
    handed_out = nbformat.reads(student_copy(made, name, root), as_version=nbformat.NO_CONVERT)
    assert handed_out.metadata == made.metadata
    assert (made.metadata.get("accelerator") == "GPU") == (name in WITH_GPU)


# --- what the buttons open --------------------------------------------------------------------------------------


def opened(address: str, root: Path) -> Path:
    """The file of the course that an address of Colab's opens, where the course's repository is as `root`.

    Raises AssertionError for an address of another form or another repository.
    """
    home = repository(root).removeprefix("https://github.com/")
    match = re.fullmatch(rf"https://colab\.research\.google\.com/github/{re.escape(home)}/blob/main/(.+)", address)
    assert match, f"{address} opens nothing of {home}"
    return root / match[1]


def test_a_notebook_opens_its_own_students_copy(
    name: str, lesson: Lesson, solved: NotebookNode, student: NotebookNode, root: Path
) -> None:
    for notebook in (solved, student):
        (address,) = ADDRESS.findall(notebook.cells[0].source)
        assert opened(address, root) == student_path(root, name)
        assert address == on_colab(repository(root), lesson.name)
        rest = "\n".join(cell.source for cell in notebook.cells[1:])
        assert ADDRESS.findall(rest) == []


def test_the_readme_opens_every_students_copy_in_order(root: Path) -> None:
    found = ADDRESS.findall((root / "README.md").read_text(encoding="utf-8"))
    assert [opened(address, root) for address in found] == [
        student_path(root, lesson.stem) for lesson in lesson_files(root)
    ]
    assert all(opened(address, root).is_file() for address in found)


def test_lessons_name_no_place_of_colabs_themselves(lesson: Lesson, root: Path) -> None:
    """There is one setting, the repository in pyproject.toml; a lesson has only the word that stands for it."""
    text = (root / lesson.path).read_text(encoding="utf-8")
    assert text.count("{{colab}}") == 1
    assert ADDRESS.findall(text) == []
    assert repository(root) not in text
