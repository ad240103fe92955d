"""Reading a catalogue: what an answer is, and which faults are refused with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.catalogue import CatalogueError, all_answers, listing, load
from autograder.checks import CHECKS
from autograder.cli import main

KNOWN = {"pad2d", "conv2d"}
GOOD = """# What these answers are for.

# %% right="pad2d" style="numpy"
def pad2d(image, p):
    # a comment stays

    return np.pad(image, p)

# %% right="pad2d" style="torch"
pad2d = torch.nn.ZeroPad2d

# %% wrong="pad2d" says="one-side"
def pad2d(image, p):
    return image

# %% right="conv2d" style="numpy"
conv2d = 1
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def put(text: str) -> Path:
        path = tmp_path / "catalogue.py"
        path.write_text(text, encoding="utf-8")
        return path

    return put


def test_answers_come_in_order_with_their_lines(write: Callable[[str], Path]) -> None:
    path = write(GOOD)
    answers = load(path, KNOWN)
    assert [(answer.check, answer.right, answer.label, answer.line) for answer in answers] == [
        ("pad2d", True, "numpy", 3),
        ("pad2d", True, "torch", 9),
        ("pad2d", False, "one-side", 12),
        ("conv2d", True, "numpy", 16),
    ]
    assert answers[0].source == "def pad2d(image, p):\n    # a comment stays\n\n    return np.pad(image, p)"
    assert {answer.file for answer in answers} == {str(path)}


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ('# %% right="pad" style="lists"\nx = 1', "there is no check 'pad'"),
        (
            '# %% wrong="pad2d" says="one-side"\nx = 1',
            'two wrong answers with says="one-side"; the first is on line 12',
        ),
        ('# %% right="pad2d" style="numpy"\nx = 1', 'two right answers with style="numpy"; the first is on line 3'),
        ('# %% wrong="pad2d" says="lost"\n', "the cell is empty"),
        ('# %% wrong="pad2d" style="numpy"\nx = 1', "unknown key 'style'; a wrong answer has wrong= and says="),
        ('# %% right="pad2d" style="b" points=1\nx = 1', "unknown key 'points'"),
        ('# %% right="pad2d"\nx = 1', "a right answer needs style="),
        ('# %% wrong="pad2d" says=""\nx = 1', "a wrong answer needs says="),
        ('# %% right="pad2d" wrong="pad2d"\nx = 1', "the header must be"),
        ('# %% right="pad2d" style=numpy\nx = 1', "the header must be"),
        ("# %% a title\nx = 1", "the header must be"),
        ("# %%\nx = 1", "the header must be"),
    ],
)
def test_a_fault_is_refused_with_file_and_line(write: Callable[[str], Path], cell: str, fault: str) -> None:
    path = write(f"{GOOD}\n{cell}")
    with pytest.raises(CatalogueError) as caught:
        load(path, KNOWN)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:19: ")
    assert fault in line


def test_all_faults_are_told_at_once(write: Callable[[str], Path]) -> None:
    path = write('# %% right="a" style="x"\n1\n\n# %% right="b" style="x"\n2\n')
    with pytest.raises(CatalogueError) as caught:
        load(path, KNOWN)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [f"{path}:1", f"{path}:4"]


def test_the_same_misconception_may_happen_in_two_exercises(write: Callable[[str], Path]) -> None:
    path = write('# %% wrong="pad2d" says="flipped"\n1\n\n# %% wrong="conv2d" says="flipped"\n2\n')
    assert [answer.check for answer in load(path, KNOWN)] == ["pad2d", "conv2d"]


def test_faults_of_several_catalogues_are_told_together(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text('# %% right="nothing" style="x"\n1\n')
    with pytest.raises(CatalogueError, match=r"one\.py:1(.|\n)*two\.py:1"):
        all_answers(tmp_path)


def test_every_check_is_listed_with_what_proves_it() -> None:
    answers = all_answers()
    rows = {str(row["check"]): row for row in listing(CHECKS.values(), answers)}
    assert list(rows) == list(CHECKS)
    assert rows["pad2d"]["points"] == CHECKS["pad2d"].points
    assert rows["pad2d"]["wrong"] == sum(a.check == "pad2d" and not a.right for a in answers) > 5
    run = CliRunner().invoke(main, ["checks", "--json"])
    assert run.exit_code == 0
    assert json.loads(run.output) == list(rows.values())


def test_the_listing_has_totals() -> None:
    run = CliRunner().invoke(main, ["checks"])
    assert run.exit_code == 0
    head, *body, foot = run.output.splitlines()
    assert head.split() == ["notebook", "exercise", "check", "points", "right", "wrong"]
    assert len(body) == len(CHECKS)
    answers = all_answers()
    right = sum(answer.right for answer in answers)
    points = f"{sum(check.points for check in CHECKS.values()):g}"
    assert foot.split() == [str(len(CHECKS)), "checks", points, str(right), str(len(answers) - right)]
