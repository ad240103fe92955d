"""What lies in submitted/: which work is found, and the line that each other thing gets."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.course import Assignment, read_assignment
from autograder.grading.submissions import Submission, digest, find, is_empty

NAME = "02_convolution"


def notebook(*grade_ids: str, named: bool = True) -> str:
    about = {"grade": True, "points": 1, "solution": False, "locked": True, "schema_version": 3}
    cells = [
        new_code_cell("1", metadata={"nbgrader": {**about, "grade_id": grade_id}} if named else {}, id=f"cell-{place}")
        for place, grade_id in enumerate(grade_ids or ["check-pad2d"])
    ]
    return str(nbformat.writes(new_notebook(cells=cells)))


@pytest.fixture
def known(tmp_path: Path) -> dict[str, Assignment]:
    solved = tmp_path / "solved.ipynb"
    solved.write_text(notebook())
    return {name: read_assignment(name, solved) for name in (NAME, "03_pooling")}


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    folder = tmp_path / "submitted"
    put(folder / "ada" / NAME / f"{NAME}.ipynb", notebook())
    return folder


def put(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def only_fault(folder: Path, known: dict[str, Assignment]) -> str:
    """The one line about the one thing that is wrong; ada's work must be found all the same."""
    found, (fault,) = find(folder, known)
    assert [item.name for item in found] == [f"ada/{NAME}"]
    return f"{fault.path}: {fault.reason}"


def test_good_work_is_found_and_hidden_files_do_not_matter(submitted: Path, known: dict[str, Assignment]) -> None:
    put(submitted / ".DS_Store", "")
    put(submitted / "ada" / ".ipynb_checkpoints" / "x", "")
    put(submitted / "ada" / "03_pooling" / "03_pooling.ipynb", notebook())
    put(submitted / "ada" / "03_pooling" / "timestamp.txt", "2026-03-01 18:30:00 UTC")
    put(submitted / "EXAMPLE.txt", "who is who")
    found, faults = find(submitted, known, ignore=["EXAMPLE.txt"])
    assert [(item.student, item.assignment) for item in found] == [("ada", NAME), ("ada", "03_pooling")]
    assert faults == []


@pytest.mark.parametrize(
    ("path", "content", "line"),
    [
        (f"emmy/{NAME}", notebook(), f"emmy/{NAME}: a file where a folder should be"),
        (
            f"emmy/{NAME}.ipynb",
            notebook(),
            f"emmy/{NAME}.ipynb: not in an assignment's folder: move it into emmy/{NAME}/",
        ),
        ("emmy/2_convolution/x.ipynb", notebook(), f"there is no assignment of this name; did you mean {NAME}?"),
        ("emmy/essay/x.ipynb", notebook(), f"emmy/essay: there is no assignment of this name; there are {NAME}, 03_"),
        ("class.zip", "", "class.zip: not a student's folder: files belong into STUDENT/ASSIGNMENT/"),
        ("Noether, Emmy/x", "", "Noether, Emmy: a student's name cannot have brackets, commas"),
        ("emmy[1]/x", "", "emmy[1]: a student's name cannot have brackets"),
    ],
)
def test_one_line_for_each_thing(
    submitted: Path, known: dict[str, Assignment], path: str, content: str, line: str
) -> None:
    put(submitted / path, content)
    said = only_fault(submitted, known)
    assert said.startswith("submitted/")
    assert line in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("path", "content", "remark"),
    [
        (f"{NAME}.ipynb", notebook(), ""),
        (f"{NAME} (1).ipynb", notebook(), f"file-name: {NAME} (1).ipynb was taken for {NAME}.ipynb."),
        (f"deep/{NAME}.ipynb", notebook(), f"file-name: deep/{NAME}.ipynb was taken for {NAME}.ipynb."),
        (f"{NAME}.ipynb", notebook("check-pad2d", "check-pad2d"), ""),
        (f"{NAME}.ipynb", notebook("check-pad2d", "check-pad"), ""),
        (f"{NAME}.ipynb", notebook("other"), ""),
        (f"{NAME}.ipynb", notebook(named=False), ""),
        (f"{NAME}.ipynb", "104, 124", ""),
        (f"{NAME}.ipynb", "", ""),
        ("photo.jpg", "", "unreadable: There is no notebook in what was handed in, only photo.jpg."),
        ("timestamp.txt", "2026-03-01 18:30:00 UTC", "unreadable: There is no notebook in what was handed in."),
    ],
)
def test_whatever_lies_in_the_folder_of_an_assignment_can_be_marked(
    submitted: Path, known: dict[str, Assignment], path: str, content: str, remark: str
) -> None:
    put(submitted / "emmy" / NAME / path, content)
    found, faults = find(submitted, known)
    assert faults == []
    assert [item.name for item in found] == [f"ada/{NAME}", f"emmy/{NAME}"]
    assert [f"{each.kind}: {each.text}" for each in found[1].remarks] == ([remark] if remark else [])


def test_a_second_notebook_is_not_passed_over_in_silence(submitted: Path, known: dict[str, Assignment]) -> None:
    put(submitted / "ada" / NAME / f"{NAME} (1).ipynb", notebook())
    ((item,), faults) = find(submitted, known)
    assert faults == []
    assert [remark.text for remark in item.remarks] == [
        f"Of 2 notebooks {NAME}.ipynb was marked, and not {NAME} (1).ipynb."
    ]


def test_empty_folders(submitted: Path, known: dict[str, Assignment]) -> None:
    (submitted / "emmy" / NAME).mkdir(parents=True)
    assert f"submitted/emmy/{NAME}: an empty folder: put {NAME}.ipynb into it" in only_fault(submitted, known)
    (submitted / "emmy" / NAME).rmdir()
    assert "submitted/emmy: nothing in it" in only_fault(submitted, known)


@pytest.mark.parametrize("path", ["emmy", f"emmy/{NAME}"])
def test_links_are_not_followed(submitted: Path, known: dict[str, Assignment], tmp_path: Path, path: str) -> None:
    put(tmp_path / "elsewhere" / f"{NAME}.ipynb", notebook())
    link = submitted / path
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere")
    assert f"submitted/{path}: a link, and links are not followed" in only_fault(submitted, known)


@pytest.mark.parametrize("name", [f"{NAME}.ipynb", "data"])
def test_links_in_a_submission_are_not_followed_and_change_its_digest(
    submitted: Path, known: dict[str, Assignment], tmp_path: Path, name: str
) -> None:
    put(tmp_path / "elsewhere" / f"{NAME}.ipynb", notebook())
    link = submitted / "emmy" / NAME / name
    link.parent.mkdir(parents=True)
    before = digest(link.parent)
    link.symlink_to(tmp_path / "elsewhere" / f"{NAME}.ipynb" if name.endswith("ipynb") else tmp_path / "elsewhere")
    found, faults = find(submitted, known)
    assert faults == []
    assert f"file-refused: {name} is a link, and links are not followed." in [
        f"{remark.kind}: {remark.text}" for remark in found[1].remarks
    ]
    assert found[1].remarks[-1].kind == "unreadable"
    assert digest(link.parent) != before
    (tmp_path / "elsewhere" / f"{NAME}.ipynb").write_text("changed")
    assert found[1].digest == digest(link.parent)


def test_a_timestamp_that_is_no_date(submitted: Path, known: dict[str, Assignment]) -> None:
    put(submitted / "emmy" / NAME / f"{NAME}.ipynb", notebook())
    put(submitted / "emmy" / NAME / "timestamp.txt", "yesterday")
    found, faults = find(submitted, known)
    assert faults == []
    told = [remark.text for remark in found[1].remarks]
    assert told[0].startswith("timestamp.txt holds no date such as 2026-03-01 18:30:00 UTC, so it is not known")
    assert "The formgrader's list of submissions shows an error while" in told[1]


@pytest.mark.parametrize(
    ("path", "student", "assignment"),
    [
        (f"emmy/{NAME}", "emmy", NAME),
        (f"emmy/{NAME}.ipynb", "emmy", NAME),
        ("emmy/2_convolution/x.ipynb", "emmy", NAME),
        ("emmy/essay/x.ipynb", "emmy", ""),
        ("Noether, Emmy/x", "Noether, Emmy", ""),
        ("class.zip", "", ""),
    ],
)
def test_whose_work_has_no_mark_is_known_as_far_as_can_be_told(
    submitted: Path, known: dict[str, Assignment], path: str, student: str, assignment: str
) -> None:
    put(submitted / path, "")
    _, (fault,) = find(submitted, known)
    assert (fault.student, fault.assignment) == (student, assignment)


def test_a_name_cannot_play_with_the_terminal(submitted: Path, known: dict[str, Assignment]) -> None:
    put(submitted / "emmy" / "\x1b[2Jessay" / "x", "")
    assert "submitted/emmy/?[2Jessay: " in only_fault(submitted, known)


def test_the_digest_changes_with_any_byte_and_any_name(submitted: Path, known: dict[str, Assignment]) -> None:
    work = submitted / "ada" / NAME
    seen = {digest(work)}
    put(work / "data.csv", "1")
    seen.add(digest(work))
    put(work / "data.csv", "2")
    seen.add(digest(work))
    (work / "data.csv").rename(work / "data.tsv")
    seen.add(digest(work))
    assert len(seen) == 4
    assert find(submitted, known)[0] == [Submission("ada", NAME, digest(work))]


def test_nothing_handed_in(tmp_path: Path) -> None:
    assert is_empty(tmp_path / "submitted")
    put(tmp_path / "submitted" / ".gitkeep", "")
    assert is_empty(tmp_path / "submitted")
    put(tmp_path / "submitted" / "class.zip", "")
    assert not is_empty(tmp_path / "submitted")
