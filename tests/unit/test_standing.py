"""The table at the end of a notebook: how far the student has come."""

import html.parser
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.building.lesson import EXERCISE, read_lesson
from autograder.building.notebook import lesson_path
from autograder.checks import CHECKS, check, progress, standing
from autograder.checks.registry import BY_HAND
from autograder.checks.standing import HONEST, STATES, WHILE_MARKING, Line, Standing

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted({check.notebook for check in CHECKS.values()})
WRITTEN = {
    "pad2d": "import torch\ndef pad2d(image, p):\n    return torch.nn.functional.pad(image, (p, p, p, p))",
    "output-size": "def output_size(n, f, p, s):\n    return (n + 2 * p - f) // s + 1",
    "true-convolution": "flipped = [[1.0, 2.0], [3.0, 4.0]]",
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A kernel in which no check has been run."""
    monkeypatch.setattr(standing, "_said", {})
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def run(*names: str, **written: str) -> None:
    """Run checks as the cells of a notebook do."""
    space = {"check": check}
    for name in names:
        exec((WRITTEN | written).get(name, ""), space)
        exec(f'check("{name}")', space)


def states(notebook: str = "02_convolution") -> dict[str, str]:
    return {line.check: line.state for line in progress(notebook).lines}


# --- what is in it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_of_the_lesson_has_a_line(name):
    lesson = read_lesson(lesson_path(ROOT, name), ROOT, CHECKS)
    headings = [found for cell in lesson.cells if (found := EXERCISE.match(cell.source))]
    told = [(line.exercise, line.title, line.maximum) for line in progress(name).exercises]
    assert told == [(one["number"], one["title"], float(one["points"].split()[0])) for one in headings]
    assert progress(name).maximum == 20
    by_hand = {(cell.name, cell.points) for cell in lesson.cells if cell.role == "manual"}
    assert by_hand == {(one.name, one.points) for one in BY_HAND if one.notebook == name}


def test_before_anything_is_run():
    assert set(states().values()) == {"not run"}
    assert progress("02_convolution").points == 0
    assert "No check has been run yet." in repr(progress("02_convolution"))
    assert "No check has been run yet." in repr(progress("01_fmnist_mlp")), "what a person reads has no check"


def test_what_was_run_is_told_and_the_rest_too():
    run("pad2d", "output-size", "windows-by-hand")
    found = states()
    assert (found["pad2d"], found["output-size"], found["windows-by-hand"]) == ("right", "partly", "wrong")
    assert set(found.values()) == {"right", "partly", "wrong", "not run"}
    table = progress("02_convolution")
    assert (table.points, table.maximum) == (2.5, 20)
    assert "Not run yet: the checks of exercises 2, 3, 4, 5, 8, 9 and 10." in " ".join(table.remarks())
    assert set(states("03_pooling").values()) == {"not run"}


def test_a_stub_is_not_attempted():
    run("pad2d", pad2d="def pad2d(image, p):\n    raise NotImplementedError")
    assert states()["pad2d"] == "not attempted"


def test_the_last_word_of_a_check_counts():
    run("pad2d", pad2d="def pad2d(image, p):\n    return image")
    assert states()["pad2d"] == "wrong"
    run("pad2d")
    assert states()["pad2d"] == "right"
    run("pad2d", pad2d="pad2d = None")
    assert states()["pad2d"] == "not attempted"


def test_answers_from_elsewhere_are_not_the_notebooks():
    check("pad2d", {})
    assert states()["pad2d"] == "not run"


def test_a_lesson_that_does_not_exist():
    with pytest.raises(KeyError, match=r"no lesson '02'; there are: 01_fmnist_mlp, 02_convolution"):
        progress("02")


# --- how it looks -----------------------------------------------------------------------------------------------

SAMPLE = Standing(
    "02_convolution",
    (
        Line("1", "By hand", "right", 2, 2),
        Line("2", "In code", "partly", 0.5, 4),
        Line("3", "Once more", "not run", 0, 2),
        Line("10", "Explain <it>", "by hand", 0, 1),
        Line("Quick question", "How many?", "right", 0, 0),
    ),
)


def test_it_is_readable_line_by_line():
    assert repr(SAMPLE).splitlines() == [
        "Your points so far: visible cases only",
        "  1 · By hand        ✓ right               2 of 2",
        "  2 · In code        ◐ partly right      0.5 of 4",
        "  3 · Once more      ○ check not run       0 of 2",
        "  10 · Explain <it>  … read by a person    ? of 1",
        "  -----------------------------------------------",
        "  Together                               2.5 of 9",
        "  Not run yet: the check of exercise 3.",
        f"  {HONEST}",
        "  1 point comes from a person.",
        "  Questions without points: 1 of 1 right.",
    ]


class Table(html.parser.HTMLParser):
    def __init__(self, source: str):
        super().__init__()
        self.open, self.heads, self.words = [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "th":
            self.heads.append(dict(attributes).get("scope"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_it_is_a_table_that_can_be_listened_to():
    source = SAMPLE._repr_html_()
    table = Table(source)
    assert table.heads == ["col"] * 3 + ["row"] * 5
    assert source.count("<caption") == 1
    for line in SAMPLE.exercises:
        assert STATES[line.state][1] in " ".join(table.words), "the sign alone says nothing to those who listen"
    assert "Explain &lt;it&gt;" in source
    assert "2.5 of 9" in source


def test_it_is_no_mark():
    shown, _ = InteractiveShell.instance().display_formatter.format(SAMPLE)
    assert set(shown) == {"text/plain", "text/html"}
    assert shown["text/plain"] == repr(SAMPLE)
    with pytest.raises(ValueError, match="could not convert"):
        float(shown["text/plain"])


def test_while_marking_it_says_nothing_of_points(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    run("pad2d")
    for said in (repr(progress("02_convolution")), progress("02_convolution")._repr_html_()):
        assert WHILE_MARKING in said
        assert " of " not in said
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert "1 of 20" in repr(progress("02_convolution"))
