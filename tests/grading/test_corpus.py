"""The corpus: that it is what it says, and that our marking of it is without a fault."""

from __future__ import annotations

import ast
import json
import os
import re
import stat
from collections import Counter
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.checks.registry import CHECKS, run
from autograder.checks.student import Namespace
from tests.grading.corpus import BROKEN, DISHONEST, KINDS, MARK, UNUSUAL, Fifo, Folder, Link, Specimen, page, specimens
from tests.grading.corpus.classroom import Canaries, changed, files, scripts, write
from tests.grading.corpus.notebooks import GUESSES, NAMES, SOLVED, Paper, points, solution, strip_metadata
from tests.grading.corpus.outcome import OURS, STOCK, Marked, reckon
from tests.grading.corpus.snippets import CELLS
from tests.grading.corpus.table import counts, details, table

EVERY_DAY = 40  # of each kind
AT_LEAST = {DISHONEST: 75, BROKEN: 70, UNUSUAL: 70}


@pytest.fixture(scope="module")
def corpus() -> list[Specimen]:
    return specimens()


def fingerprint(found: list[Specimen]) -> str:
    total = sha256()
    for specimen in found:
        total.update(repr(replace(specimen, files=sorted(specimen.files))).encode())
        for content in specimen.files.values():
            total.update(content if isinstance(content, bytes) else repr(content).encode())
    return total.hexdigest()


def test_there_are_enough_of_each_kind_and_of_each_lesson(corpus):
    kinds = Counter(specimen.kind for specimen in corpus)
    assert set(kinds) == set(KINDS)
    assert {kind: kinds[kind] for kind in KINDS if kinds[kind] < AT_LEAST[kind]} == {}
    assert {specimen.assignment for specimen in corpus} == set(NAMES.values())


def test_it_is_the_same_each_time(corpus):
    assert fingerprint(specimens()) == fingerprint(corpus)


def test_names_can_be_students(corpus):
    names = [specimen.name for specimen in corpus]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []
    assert all(specimen.note for specimen in corpus)


def test_what_is_deserved_is_possible(corpus):
    number = {name: short for short, name in NAMES.items()}
    for specimen in corpus:
        worth = points(number[specimen.assignment])
        assert set(specimen.at_least) == set(specimen.at_most) == set(worth), specimen.name
        for cell, full in worth.items():
            assert 0 <= specimen.at_least[cell] <= specimen.at_most[cell] <= full, (specimen.name, cell)
        if specimen.kind == UNUSUAL:
            assert specimen.at_least == worth, specimen.name
        if specimen.kind == DISHONEST and not specimen.reported:
            assert sum(specimen.at_most.values()) < sum(worth.values()), specimen.name


def test_every_lesson_has_marks_that_a_cheat_can_be_after():
    for number, solved in SOLVED.items():
        honest = sum(worth for cell, worth in points(number).items() if cell[6:] in solved)
        assert 0 < honest < sum(points(number).values())


@pytest.mark.parametrize("check", [check for guesses in GUESSES.values() for check in guesses])
def test_guesses_are_worth_nothing(check):
    source = next(guesses[check] for guesses in GUESSES.values() if check in guesses)
    names = {"np": np, "torch": torch, "F": F, "nn": nn, "student_name": "Grace Hopper"}
    exec(source, names)
    verdict = run(CHECKS[check], Namespace(names), "some seed")
    assert verdict.points == 0
    assert verdict.attempted


@pytest.mark.parametrize("number", SOLVED)
def test_guesses_fill_all_that_is_not_solved(number):
    paper = Paper(number).guess()
    for grade_id in points(number):
        check = grade_id.removeprefix("check-")
        filled = paper.cell(f"answer-{check}")["source"]
        if check in SOLVED[number]:
            assert filled == solution(number, f"answer-{check}")
        elif number in GUESSES:
            assert filled == GUESSES[number][check]


@pytest.mark.parametrize("kind", [DISHONEST, UNUSUAL])
def test_cells_are_python_unless_they_are_magic(kind):
    text = (CELLS / f"{kind}.txt").read_text(encoding="utf-8")
    cells = re.split(r"^# %% .*\n", text, flags=re.MULTILINE)[1:]
    assert len(cells) > AT_LEAST[kind] / 2
    for cell in cells:
        if not re.search(r"^[%!]|= !", cell, re.MULTILINE):
            compile(cell.replace("@PORT@", "1"), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_headers_that_cannot_be_read_are_refused(tmp_path, monkeypatch):
    from tests.grading.corpus import snippets

    monkeypatch.setattr(snippets, "CELLS", tmp_path)
    (tmp_path / "broken.txt").write_text('# %% name="x" in="02" note="y" sideways\n1\n')
    with pytest.raises(ValueError, match=r"broken\.txt:1: cannot read this header"):
        list(snippets.read(BROKEN))
    (tmp_path / "broken.txt").write_text('# %% name="x" in="02" note="y" before="check-nothing"\n1\n')
    with pytest.raises(ValueError, match=r"broken\.txt:1: .*has no cell check-nothing"):
        list(snippets.read(BROKEN))


def test_papers_are_notebooks_and_lose_their_metadata_where_they_should():
    paper = Paper("06").solve()
    assert json.loads(paper.bytes())["cells"] == paper.cells
    assert {cell["metadata"]["nbgrader"]["grade_id"] for cell in paper.checks} == set(points("06"))
    lost = strip_metadata(paper.copy())
    assert lost.checks == []
    assert [cell["source"] for cell in lost.cells] == [cell["source"] for cell in paper.cells]


def test_files_are_handed_in_as_they_are(tmp_path):
    contents = {"a.ipynb": b"{}", "deep/b.py": b"1", "c": Link("a.ipynb"), "d": Fifo(), "e.ipynb": Folder()}
    write(tmp_path / "ada", contents)
    assert (tmp_path / "ada" / "deep" / "b.py").read_bytes() == b"1"
    assert (tmp_path / "ada" / "c").resolve() == tmp_path / "ada" / "a.ipynb"
    assert stat.S_ISFIFO((tmp_path / "ada" / "d").stat().st_mode)
    assert (tmp_path / "ada" / "e.ipynb").is_dir()


def test_canaries_and_changes_are_found(tmp_path):
    (tmp_path / "autograded").mkdir()
    (tmp_path / "autograded" / "x.ipynb").write_text('{"text": "corpus-canary-123"}')
    (tmp_path / "page.html").write_text(f"<p>&lt;script&gt;{MARK}</p>")
    (tmp_path / "a").write_text("1")
    assert Canaries({"secret": "corpus-canary-123", "other": "nowhere"}).seen(tmp_path) == ["secret"]
    assert not scripts(tmp_path)
    (tmp_path / "page.html").write_text(f"<script>x = '{MARK}'</script>")
    assert scripts(tmp_path)
    before = files(tmp_path)
    assert set(before) == {"page.html", "a"}
    (tmp_path / "a").write_text("2")
    (tmp_path / "b").write_text("3")
    (tmp_path / "page.html").unlink()
    assert changed(before, files(tmp_path)) == ["page.html is gone", "b is new", "a has changed"]


def specimen(**more) -> Specimen:
    bounds = {"at_least": {"check-a": 1.0, "check-b": 0.0}, "at_most": {"check-a": 1.0, "check-b": 0.0}}
    return Specimen(**{"name": "x", "kind": DISHONEST, "assignment": "02", "note": "", "files": {}, **bounds, **more})


def marked(points, **more) -> Marked:
    return Marked(**{"name": "x", "way": OURS, "secrets": [], "effects": [], "reported": [], **more, "points": points})


@pytest.mark.parametrize(
    ("points", "undeserved", "lost", "unmarked"),
    [
        ({"check-a": 1.0, "check-b": 0.0}, 0, 0, False),
        ({"check-a": 1.0, "check-b": 2.0}, 2, 0, False),
        ({"check-a": 0.5, "check-b": 0.0}, 0, 0.5, False),
        ({"check-a": None, "check-b": 0.0}, 0, 1, True),
        ({}, 0, 1, True),
    ],
)
def test_points_are_compared_with_what_is_deserved(points, undeserved, lost, unmarked):
    found = reckon(specimen(), marked(points))
    assert (found.undeserved, found.lost, found.unmarked) == (undeserved, lost, unmarked)


def test_what_has_to_be_reported_is_undeserved_where_it_is_not():
    forbidden = specimen(at_most={"check-a": 1.0, "check-b": 3.0}, reported=True)
    points = {"check-a": 1.0, "check-b": 3.0}
    assert reckon(forbidden, marked(points)).undeserved == 3
    assert reckon(forbidden, marked(points, reported=["forbidden"])).undeserved == 0


def test_honest_work_must_not_be_suspected():
    points = {"check-a": 1.0, "check-b": 0.0}
    suspected = marked(points, reported=["forbidden"])
    assert reckon(specimen(kind=UNUSUAL), suspected).suspected
    assert not reckon(specimen(kind=UNUSUAL), marked(points, reported=["timeout"])).suspected
    assert not reckon(specimen(kind=UNUSUAL, reported=True), suspected).suspected
    assert not reckon(specimen(), suspected).suspected


def test_the_table_counts_by_kind_and_way():
    one, other = specimen(), specimen(name="y", kind=BROKEN)
    results = [
        marked({"check-a": 1.0, "check-b": 2.0}, effects=["sang"]),
        marked({}, name="y", failure="it gave up"),
        marked({"check-a": 1.0, "check-b": 0.0}, way=STOCK, secrets=["secret"]),
    ]
    ours = counts([one, other], results, OURS)
    assert ours[DISHONEST]["with undeserved points"] == ours["all"]["with undeserved points"] == 1
    assert ours[BROKEN]["without a mark"] == ours["all"]["effects on others"] == 1
    assert counts([one, other], results, STOCK)["all"]["secrets seen"] == 1
    assert table([one, other], results).row_count == 5
    text = page.page([one, other], results)
    assert re.search(r"\| dishonest \| stock \| 1 \|", text)
    assert text.index("What ours does with which") < text.index("What stock does with which")
    assert details([one, other], results, OURS) == [
        "broken y [02]: no mark (it gave up); 1 points lost (a)",
        "dishonest x [02]: 2 points undeserved; did: sang",
    ]


def chosen(corpus):
    """Enough of each kind for every day, the same on every machine; `make corpus` marks them all."""
    everything = os.environ.get("CONVCOURSE_CORPUS") == "all"
    few = []
    for kind in (DISHONEST, BROKEN, UNUSUAL):
        mixed = sorted((one for one in corpus if one.kind == kind), key=lambda one: sha256(one.name.encode()).digest())
        few += mixed if everything else mixed[:EVERY_DAY]
    return few


@pytest.mark.slow
def test_our_marking_gives_everybody_what_they_deserve(corpus, tmp_path):
    from tests.grading.corpus import ours

    few = chosen(corpus)
    results, course, said = ours.mark(few, 2, tmp_path)
    assert course == [], said[-3000:]
    assert {one.name for one in results} == {one.name for one in few}
    assert details(few, results, OURS) == []
