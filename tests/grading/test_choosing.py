"""Which of the files that somebody handed in is the notebook, and what is never opened."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from autograder.grading import choosing
from autograder.grading.choosing import choose, timestamp

NAME = "02_convolution"
GOOD, BAD = b"good", b"bad"


def pick(folder: Path):
    return choose(folder, NAME, lambda raw: raw.startswith(GOOD))


def put(folder: Path, *names: str, content: bytes = GOOD) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content + b" " + name.encode())


def kinds(handed) -> list[str]:
    return [remark.kind for remark in handed.remarks]


def test_the_right_name_needs_no_words(tmp_path: Path) -> None:
    put(tmp_path, f"{NAME}.ipynb", "data.csv", "timestamp.txt", f".ipynb_checkpoints/{NAME}.ipynb")
    handed = pick(tmp_path)
    assert (handed.raw, handed.remarks, handed.problem) == (f"good {NAME}.ipynb".encode(), (), "")


@pytest.mark.parametrize(
    "name",
    [
        *(f"{NAME} (1).ipynb", f"Copy of {NAME}.ipynb", f"Kopie von {NAME}.ipynb", f"{NAME}-1.ipynb"),
        *(f"{NAME}_final.ipynb", f"{NAME}.IPYNB", f"{NAME.upper()}.ipynb", f"{NAME}.ipynb.txt", f"{NAME}-Copy1.ipynb"),
        *(f"folder/{NAME}.ipynb", "homework.ipynb", f"jsmith_{NAME}_v2.ipynb"),
    ],
)
def test_a_single_notebook_of_any_name_is_it_and_that_is_told(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    handed = pick(tmp_path)
    assert handed.raw == f"good {name}".encode()
    assert kinds(handed) == ["file-name"]
    assert f"{name} was taken for {NAME}.ipynb" in handed.remarks[0].text


@pytest.mark.parametrize(
    "names",
    [
        [f"{NAME}.ipynb", f"{NAME} (1).ipynb", "a.ipynb"],
        [f"folder/{NAME}.ipynb", f"{NAME} (1).ipynb", "a.ipynb"],
        [f"{NAME} (10).ipynb", f"{NAME} (9).ipynb", f"{NAME}-Copy1.ipynb"],
        [f"{NAME}_v3.ipynb", f"{NAME}_v2_final.ipynb"],
        [f"Copy of {NAME}.ipynb", f"ada {NAME} x.ipynb"],
        [f"ada {NAME}.ipynb", "02.ipynb"],
    ],
)
def test_of_several_the_likeliest_counts_and_the_others_are_told(tmp_path: Path, names: list[str]) -> None:
    put(tmp_path, *reversed(names))
    handed = pick(tmp_path)
    assert handed.raw == f"good {names[0]}".encode()
    remark = handed.remarks[-1]
    assert remark.kind == "file-others"
    assert all(name in remark.text for name in names)
    assert remark.mild == remark.text


def test_of_two_that_could_be_the_newer_counts(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", "b.ipynb")
    now = time.time()
    os.utime(tmp_path / "b.ipynb", (now - 100, now - 100))
    assert pick(tmp_path).raw == b"good a.ipynb"
    os.utime(tmp_path / "a.ipynb", (now - 200, now - 200))
    assert pick(tmp_path).raw == b"good b.ipynb"


def test_one_that_cannot_be_used_gives_way_to_one_that_can(tmp_path: Path) -> None:
    put(tmp_path, f"{NAME}.ipynb", content=BAD)
    assert pick(tmp_path).raw == f"bad {NAME}.ipynb".encode()
    put(tmp_path, "mine.ipynb")
    assert pick(tmp_path).raw == b"good mine.ipynb"


def test_links_pipes_sockets_and_folders_are_told_and_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    put(tmp_path, "secret.ipynb")
    put(folder, "x.ipynb/inside.ipynb")
    (folder / f"{NAME}.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s.ipynb"))
        handed = pick(folder)
    assert handed.raw == b""
    assert handed.problem.startswith("There is no notebook in what was handed in that can be used.")
    told = {remark.text for remark in handed.remarks}
    assert told == {
        f"{NAME}.ipynb is a link, and links are not followed.",
        "elsewhere is a link, and links are not followed.",
        "pipe.ipynb is neither a file nor a folder.",
        "s.ipynb is neither a file nor a folder.",
        "x.ipynb is a folder.",
    }


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / f"{NAME}.ipynb").open("wb") as file:
        file.truncate(choosing.LARGEST + 1)
    handed = pick(tmp_path)
    assert "is larger than 50 MB" in handed.problem
    put(tmp_path, "small.ipynb")
    assert pick(tmp_path).raw == b"good small.ipynb"


def test_nothing_that_is_a_notebook(tmp_path: Path) -> None:
    assert pick(tmp_path).problem == "There is no notebook in what was handed in."
    put(tmp_path, "photo.jpg", "notes/a\x1bb.txt")
    assert pick(tmp_path).problem == "There is no notebook in what was handed in, only photo.jpg, notes/a?b.txt."
    assert pick(tmp_path / "missing").problem == "There is no notebook in what was handed in."


@pytest.mark.parametrize("text", ["2026-03-01 18:30:00 UTC", "2026-03-01 18:30:00.123 UTC\n", "", " \n"])
def test_when_it_was_handed_in(tmp_path: Path, text: str) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    assert timestamp(tmp_path) == (text.strip(), [])


@pytest.mark.parametrize("content", [b"yesterday", b"\xff\xfe\0", b"9" * 150, b"2026-99-99", b"x" * 5000, b"1 1 1 1"])
def test_a_timestamp_that_is_no_date_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "timestamp.txt").write_bytes(content)
    text, remarks = timestamp(tmp_path)
    assert text == ""
    assert [remark.kind for remark in remarks] == ["timestamp"]


def test_a_timestamp_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    assert timestamp(tmp_path) == ("", [])
    os.mkfifo(tmp_path / "timestamp.txt")
    assert "is neither a file nor a folder" in timestamp(tmp_path)[1][0].text
