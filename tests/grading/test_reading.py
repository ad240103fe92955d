"""Files as they come: encodings, versions, damage. Reading never raises, and says why it found nothing."""

from __future__ import annotations

import json

import pytest

from autograder.grading import reading
from autograder.grading.reading import read


def notebook(*sources, **more) -> dict:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "id": f"c{n}"} for n, source in enumerate(sources)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **more}


def raw(*sources, **more) -> bytes:
    return json.dumps(notebook(*sources, **more), ensure_ascii=False).encode()


def sources(content: bytes) -> list[str]:
    return [cell.source for cell in read(content).cells]


def kinds(content: bytes) -> list[str]:
    return [remark.kind for remark in read(content).remarks]


def test_a_sound_notebook() -> None:
    written = read(raw("x = 1", "größe = “2”"))
    assert [cell.source for cell in written.cells] == ["x = 1", "größe = “2”"]
    assert (written.remarks, written.problem) == ((), "")


@pytest.mark.parametrize(
    ("encoding", "remarks"),
    [
        ("utf-8-sig", []),
        ("utf-16", ["encoding"]),
        ("utf-16-le", ["encoding"]),
        ("utf-16-be", ["encoding"]),
        ("utf-32", ["encoding"]),
        ("utf-32-be", ["encoding"]),
        ("cp1252", ["encoding"]),
        ("latin-1", ["encoding"]),
    ],
)
def test_encodings(encoding: str, remarks: list[str]) -> None:
    content = raw("größe = 'é'").decode().encode(encoding)
    assert sources(content) == ["größe = 'é'"]
    assert kinds(content) == remarks


def test_a_few_spoilt_bytes_do_not_spoil_the_rest() -> None:
    content = raw("a = 'ää'", "b = 'öö'").replace(b"b =", b"\xff =")
    assert sources(content) == ["a = 'ää'", "\ufffd = 'öö'"]
    assert kinds(content) == ["encoding"]


def test_a_byte_that_no_encoding_has() -> None:
    assert sources(raw("x = 1").replace(b"x", b"\x81")) == ["\x81 = 1"]


def test_line_ends_and_halves_of_letters() -> None:
    assert sources(raw("a\r\nb\rc")) == ["a\nb\nc"]
    assert sources(b'{"cells": [{"cell_type": "code", "source": "\\ud800 \\ud83d\\ude00"}]}') == ["\ufffd \U0001f600"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (["a\n", "b"], "a\nb"),
        (["a", "b"], "a\nb"),
        (["a\f", "b"], "a\fb"),
        (["a", None, 3], "a"),
        (104, "104"),
        (None, ""),
        (True, ""),
        ({"a": 1}, ""),
    ],
)
def test_sources_of_any_kind(source: object, expected: str) -> None:
    assert sources(raw(source)) == [expected]


def test_trailing_garbage_and_raw_line_ends_in_strings() -> None:
    assert sources(raw("x = 1") + b"\n<html>") == ["x = 1"]
    assert kinds(raw("x = 1") + b"\n<html>") == ["trailing"]
    assert sources(raw("x = 1\ny = 2").replace(b"\\n", b"\n")) == ["x = 1\ny = 2"]


def test_a_file_that_was_cut_off_gives_the_cells_that_are_whole() -> None:
    content = raw("a = 1", "b = 2", "c = 3")
    written = read(content[: content.index(b"c = 3")])
    assert [cell.source for cell in written.cells] == ["a = 1", "b = 2"]
    assert [remark.kind for remark in written.remarks] == ["damaged"]
    assert "Is your own copy complete?" in written.remarks[0].mild


def test_marks_of_a_merge_between_cells() -> None:
    content = json.dumps(notebook("a = 1", "b = 2"), indent=1).encode()
    broken = content.replace(b'  {\n   "cell_type"', b'<<<<<<< HEAD\n  {\n   "cell_type"')
    assert broken != content
    assert sources(broken) == ["a = 1", "b = 2"]


@pytest.mark.parametrize(
    ("version", "remarks"), [(4, []), (5, ["format"]), (99, ["format"]), ("x", ["format"]), ([], ["format"])]
)
def test_versions(version: object, remarks: list[str]) -> None:
    content = raw("x = 1", nbformat=version, nbformat_minor=version)
    assert sources(content) == ["x = 1"]
    assert kinds(content) == remarks


def test_the_third_format() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Title"},
        {"cell_type": "code", "input": ["a\n", "b"], "outputs": []},
        {"cell_type": "html", "source": "<b>"},
    ]
    written = read(json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}, 3]}).encode())
    assert [(cell.kind, cell.source) for cell in written.cells] == [
        ("markdown", "## Title"),
        ("code", "a\nb"),
        ("raw", "<b>"),
    ]
    assert written.remarks == ()


def test_what_json_allows_and_nobody_expects() -> None:
    assert sources(b'{"cells": [], "cells": [{"cell_type": "code", "source": "a", "source": "b"}]}') == ["b"]
    assert sources(b'{"x": NaN, "y": -Infinity, "z": %s, "cells": []}' % (b"9" * 10_000)) == []
    assert read(b'{"cells": [3, null, {"cell_type": "code", "source": "x"}]}').remarks[0].kind == "cell-damaged"
    odd = {"cell_type": [], "metadata": [], "id": 3, "attachments": 3, "source": "x", "outputs": None}
    assert [(cell.kind, cell.source) for cell in read(json.dumps({"cells": [odd]}).encode()).cells] == [("raw", "x")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\0\0 \n", "is empty"),
        (b"My answers: 104", "is not a notebook"),
        (b"<!DOCTYPE html><p>", "is a web page"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PK\x03\x04\x14", "is a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "is not a notebook"),
        (b"[1, 2]", "is JSON, but has no list of cells"),
        (b'{"cells": 3}', "is JSON, but has no list of cells"),
        (b'{"worksheets": 3}', "is JSON, but has no list of cells"),
        (b"[" * 200_000, "is nested too deeply"),
        (b'{"a":' * 200_000, "is nested too deeply"),
        (b"[[]," * 1_500_000, "has too many parts"),
        (b" " * reading.LARGEST + b"{}", "is larger than 50 MB"),
    ],
)
def test_why_it_is_none(content: bytes, problem: str) -> None:
    written = read(content)
    assert written.cells == ()
    assert written.problem.startswith(problem)


def test_no_more_cells_than_anybody_writes() -> None:
    written = read(raw(*["x"] * (reading.MOST_CELLS + 5)))
    assert len(written.cells) == reading.MOST_CELLS
    assert [remark.kind for remark in written.remarks] == ["too-many-cells"]
