"""The page that a student gets back: what it shows, whose word is whose, and what never stands on it."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from pages import FLAG, HOSTILE, PNG, SVG, Reader

from autograder.checks import check
from autograder.checks.feedback import Feedback
from autograder.grading import account
from autograder.grading.account import Account, Incident, Judged, Remark
from autograder.grading.course import nbgrader_api, prepare_environment
from autograder.reports import clean
from autograder.reports.page import Mark, Marks, make_page, points, render

ROOT = Path(__file__).resolve().parents[2]
NAME = "02_padding"
SEED = "5ec1e7f00d5ec1e7"
VISIBLE, HIDDEN = "assert double(2) == 4", "assert double(-7) == -14"
TEST = f"{VISIBLE}\n### BEGIN HIDDEN TESTS\n{HIDDEN}, 'not for negatives'\n### END HIDDEN TESTS\n"
STUB = "# YOUR CODE HERE\nraise NotImplementedError"
PAD = "import torch\n\ndef pad2d(image, p):\n    return torch.nn.functional.pad(image, (p, p, p, p))"
MARKS = Marks(
    "ada",
    NAME,
    NAME,
    score=3.5,
    maximum=6,
    cells={
        "check-pad2d": Mark(1, 1),
        "test-double": Mark(2, 2),
        "manual-why": Mark(0.5, 2),
        "check-same-padding": Mark(0, 1),
    },
    comments={"manual-why": "Say *why*: $p = 1$."},
    answers=frozenset({"answer-pad2d", "answer-double", "manual-why"}),
)
RIGHT = Feedback(check("pad2d", {"pad2d": lambda image, p: torch.nn.functional.pad(image, (p, p, p, p))}).verdict, True)
SANDBOXED = Account(isolation=account.SANDBOX)


def graded(kind, grade_id, source, **about):
    about = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False, **about}
    made = (new_markdown_cell if kind == "markdown" else new_code_cell)(source)
    made.metadata.nbgrader, made.id = {"grade_id": grade_id, **about}, grade_id
    return made


def released():
    """What was handed out."""
    return new_notebook(
        cells=[
            new_markdown_cell("# 02 · Padding\n\nA border of noughts, $p$ wide.", id="title"),
            graded("code", "locked-setup", "from autograder.checks import check", locked=True),
            new_markdown_cell(
                "## Exercise 1 · A frame · 1 point\n\nPad.\n\n<details><summary>Hint 1</summary>Zeros.</details>",
                id="e1",
            ),
            graded("code", "answer-pad2d", STUB, solution=True),
            graded("code", "check-pad2d", 'check("pad2d")', grade=True, locked=True, points=1),
            new_code_cell("pad2d", id="look"),
            new_markdown_cell("## Only to read\n\nNothing to do here.", id="prose"),
            new_markdown_cell("## Exercise 2 · Twice · 2 points", id="e2"),
            graded("code", "answer-double", STUB, solution=True),
            graded("code", "test-double", VISIBLE + "\n", grade=True, locked=True, points=2),
            new_markdown_cell("## Exercise 3 · Why? · 2 points", id="e3"),
            graded("markdown", "manual-why", "YOUR ANSWER HERE", grade=True, solution=True, points=2),
        ]
    )


def marked(outcome=SANDBOXED):
    """What a student made of it, as marking leaves it."""
    notebook = released()
    cells = {cell.id: cell for cell in notebook.cells}
    cells["answer-pad2d"].source = PAD
    cells["check-pad2d"].outputs = [judged()]
    cells["answer-double"].source = "def double(x):\n    return x + x"
    cells["test-double"].source = TEST
    cells["manual-why"].source = "# Because\n\nthe *corner* is seen once."
    if outcome is not None:
        account.write(outcome, notebook.metadata)
    return notebook


def judged(feedback=None):
    """The output that marking writes into a check cell."""
    feedback = feedback or RIGHT
    return new_output(
        "execute_result", data={"text/plain": feedback.points, "text/html": feedback._repr_html_()}, execution_count=1
    )


def made(notebook=None, marks=MARKS, handed_out=True, secret=""):
    notebook = notebook or marked()
    return render(make_page(notebook, marks, released() if handed_out else None, secret))


def cell(notebook, name):
    return next(item for item in notebook.cells if item.id == name)


class Page:
    """A page that was read strictly: its tags, and its text by whose it is."""

    def __init__(self, source: str) -> None:
        self.source = source
        before, _, rest = source.partition("<style>")
        self.style, _, after = rest.partition("</style>")
        self.reader = Reader((before + after).replace("<!DOCTYPE html>", "", 1))
        assert self.reader.open == []
        assert self.reader.comments == []

    def within(self, *starts: str) -> str:
        """The text that stands in a tag of one of these classes, such as "section.verdict"."""
        return "".join(
            text for path, text in self.reader.texts if any(tag.startswith(start) for tag in path for start in starts)
        )

    def outside(self, *starts: str) -> str:
        return "".join(
            text
            for path, text in self.reader.texts
            if not any(tag.startswith(start) for tag in path for start in starts)
        )

    def count(self, tag: str, **attributes: str) -> int:
        return sum(
            name == tag and attributes.items() <= {key: value or "" for key, value in had.items()}.items()
            for name, had in self.reader.tags
        )

    @property
    def verdicts(self) -> list[str]:
        """How each verdict stands."""
        classes = [had.get("class") or "" for tag, had in self.reader.tags if tag == "section"]
        return [name.split()[1] for name in classes if name.startswith("verdict ")]


OURS = {
    *("html", "head", "meta", "title", "body", "header", "main", "div", "section", "details", "summary", "figure"),
    *("figcaption", "h1", "h2", "h3", "p", "a", "span", "strong", "bdi", "ul", "li", "caption"),
    *(clean.TEXT_TAGS | clean.MATH_TAGS | clean.VERDICT_TAGS),
}
STUDENTS = ("figure.yours", "figure.theirs")


def assert_safe(page: Page) -> None:
    """Nothing acts, nothing is fetched, and each attribute is one that the template or the cleaning writes."""
    for tag, had in page.reader.tags:
        assert tag in OURS, tag
        for name, value in had.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", (tag, value)
            if name == "href":
                assert re.fullmatch(r"#[a-z0-9-]+|https://\S+", value), value
            if name == "src":
                assert value.startswith("data:image/"), value
            if name == "id":
                assert re.fullmatch(r"summary|exercises|(?:cell|part)-\d+", value), value
            assert FLAG not in (value or "") or name in ("alt", "href"), (tag, name, value)
    ids = [had["id"] for _, had in page.reader.tags if had.get("id")]
    assert len(ids) == len(set(ids))
    assert "url(" not in page.style
    assert "@import" not in page.style


# --- what it shows ----------------------------------------------------------------------------------------------


def test_the_page_tells_the_score_the_exercises_and_the_verdicts():
    page = Page(made())
    assert_safe(page)
    assert page.within("p.total") == "3.5 of 6 points"
    rows = [re.sub(r"\s+", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", page.source, re.DOTALL)]
    texts = [re.sub("<[^>]*>", "|", row) for row in rows]
    assert [re.sub(r"\|+", "|", text).strip("|") for text in texts[1:6]] == [
        "1|A frame|✓|right|1|1",
        "2|Twice|✓|right|2|2",
        "3|Why?|◐|partly right|0.5|2",
        "same-padding|✗|not yet|0|1",
        "Total|3.5|6",
    ]
    assert page.verdicts == ["right", "right", "partly"]
    for _, had in page.reader.tags:
        target = had.get("href") or ""
        assert not target.startswith("#") or f'id="{target[1:]}"' in page.source
    assert page.source.count('<th scope="col"') == 5 + page.within("section.verdict").count("Yours") * 3
    assert page.count("tr") > 5
    assert "def" in page.within("figure.yours code")
    assert "corner" in page.within("figure.yours words")
    assert "Your own cell" not in page.source


def test_what_a_check_says_is_told():
    notebook = marked()
    said = cell(notebook, "check-pad2d").outputs[0].data["text/html"]
    words = Reader(said).text
    page = Page(made(notebook))
    assert words in page.within("section.verdict")
    assert page.source.count(re.search(r"<strong>(.*?)</strong>", said)[1]) == 1


def test_the_lesson_is_folded_and_the_rest_is_not():
    page = Page(made())
    folded, open_ = page.within("details"), page.outside("details")
    for words in ("Nothing to do here.", "A border of noughts", "Hint 1", "from autograder.checks import check"):
        assert words in folded
        assert words not in open_
    for words in ("Exercise 1 · A frame", "What the check says", "the corner is seen once"):
        assert words in open_
    assert page.count("details", **{"class": "fold reading"}) == 2
    assert page.source.count("<math") == 2  # the lesson's, and the comment's
    assert page.source.count("<summary>Hint 1</summary>") == 1


def test_it_is_readable_by_all():
    page = Page(made())
    assert page.count("html", lang="en") == 1
    assert page.within("title") == "02 · Padding · feedback for ada"
    levels = [int(tag[1]) for tag, _ in page.reader.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[:2] == [1, 2]
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert all(had.get("scope") in ("row", "col") for tag, had in page.reader.tags if tag == "th")
    assert "prefers-color-scheme: dark" in page.style
    assert "@media print" in page.style
    assert page.count("a", **{"class": "skip", "href": "#exercises"}) == 1


def test_the_policy_of_the_page_forbids_everything_else():
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', made())
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert "script" not in policy


def test_points_are_said_as_people_say_them():
    assert [points(number) for number in (2.0, 1.5, 1 / 3, 0, 100, 16.45)] == ["2", "1.5", "0.33", "0", "100", "16.45"]


# --- where the numbers come from --------------------------------------------------------------------------------


def test_the_score_is_the_gradebooks_whatever_the_notebook_says():
    notebook = marked()
    right = cell(notebook, "check-pad2d").outputs[0]
    right.data["text/html"] = "<p><strong>✓ Right · 99 of 99 points</strong></p>"
    right.data["text/plain"] = "99"
    cell(notebook, "check-pad2d").metadata.nbgrader.points = 99
    cell(notebook, "check-pad2d").metadata.nbgrader.score = 99
    marks = replace(MARKS, score=2.5, cells=MARKS.cells | {"check-pad2d": Mark(0, 1)})
    page = Page(made(notebook, marks))
    assert page.within("p.total") == "2.5 of 6 points"
    assert "0 of 1 point" in page.within("span.points")
    assert "99" not in page.within("table.scores", "span.points", "p.total")
    assert page.verdicts[0] == "wrong"


def test_late_waiting_extra_and_set_by_hand():
    cells = {
        "check-pad2d": Mark(1, 1, automatic=0),
        "test-double": Mark(2.5, 2, extra=0.5),
        "manual-why": Mark(0, 2, True),
    }
    page = Page(made(marks=replace(MARKS, score=3.5, maximum=5, penalty=2, cells=cells)))
    assert page.within("p.total") == "1.5 of 5 points"
    assert "Handed in late: 3.5 points, less a penalty of 2, make 1.5." in page.reader.text
    assert "1 answer still waits for a person" in page.reader.text
    assert "A person has set these points; the marking gave 0." in page.within("section.verdict")
    assert "They include 0.5 of extra credit." in page.within("section.verdict")
    assert page.verdicts == ["right", "right", "waiting"]
    assert Page(made(marks=replace(MARKS, penalty=99))).within("p.total") == "0 of 6 points"


def test_comments_stand_by_their_answer():
    page = Page(made())
    assert "Say why: " in page.within("section.comment")
    assert page.count("section", **{"class": "comment"}) == 1
    hostile = Page(made(marks=replace(MARKS, comments={"manual-why": HOSTILE["script"] + HOSTILE["class of ours"]})))
    assert_safe(hostile)
    assert len(hostile.verdicts) == 3


def test_a_check_that_is_gone_has_a_row_and_no_link():
    notebook = marked()
    notebook.cells = [item for item in notebook.cells if item.id != "check-pad2d"]
    page = Page(made(notebook))
    assert page.verdicts == ["right", "partly"]
    assert '<th scope="row">1</th>' in page.source


# --- whose word is whose ----------------------------------------------------------------------------------------


def hostile(words, number=0):
    """Cells that hold such contents in every place that a notebook has."""
    outputs = [
        new_output("stream", name="stdout", text=words),
        new_output("stream", name="stderr", text=words),
        new_output("display_data", data={"text/html": words}),
        new_output("display_data", data={"text/html": words, "text/plain": words}),
        new_output("display_data", data={"text/markdown": words}),
        new_output("display_data", data={"text/latex": words}),
        new_output("display_data", data={"image/svg+xml": words, "text/plain": words}),
        new_output("display_data", data={"image/png": words}, metadata={"image/png": {"alt": words}}),
        new_output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": words}}),
        new_output("display_data", data={"application/javascript": words, "application/pdf": words}),
        new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": words}}),
        new_output("error", ename=words, evalue=words, traceback=[words]),
        new_output("execute_result", data={"text/plain": words}, execution_count=1),
    ]
    about = {"name": words, "executionInfo": {"user": {"displayName": words}}, "tags": [words]}
    name = re.sub(r"\W", "-", words)[:40] + str(number)
    plain = {"source": words, "id": words, "metadata": about}
    cells = [
        {**plain, "cell_type": "code", "outputs": outputs},
        {**plain, "cell_type": "markdown", "attachments": {words[:50]: {"image/svg+xml": words}}},
        {**plain, "cell_type": "raw"},
        {**plain, "cell_type": words},
        graded("code", words, words, grade=True, points=5) | {"outputs": outputs},
        graded("code", name, 'check("pad2d")', grade=True, points=5) | {"outputs": [judged(_Forged())]},
        graded("markdown", words, words, grade=True, solution=True, points=5),
    ]
    return [nbformat.from_dict(cell) for cell in cells]


class _Forged:
    points = "5"

    def _repr_html_(self):
        return "<p><strong>✓ Right · 5 of 5 points</strong></p><table><tr><td>forged</td></tr></table>"


def test_nothing_that_a_student_writes_acts_or_leaves_its_frame():
    notebook = marked()
    start = time.perf_counter()
    for number, words in enumerate(HOSTILE.values()):
        notebook.cells += hostile(words[:3_000], number)
    source = made(notebook)
    assert time.perf_counter() - start < 30
    source.encode()
    page = Page(source)
    assert_safe(page)
    assert page.verdicts == ["right", "right", "partly"]
    # The page without them has the same words outside the frames.
    ours = re.sub(r"\s+", " ", Page(made()).outside(*STUDENTS))
    told = re.sub(r"\s+", " ", page.outside(*STUDENTS))
    assert told.replace(" Code of the lesson", "") == ours.replace(" Code of the lesson", "")
    assert page.within(*STUDENTS).count("forged") == len(HOSTILE)
    assert "7*7" in page.within("figure.yours")
    assert "49" not in page.within("figure.yours")
    assert "again" not in page.within("figure.yours").replace("%}again{%", "")


@pytest.mark.parametrize("name", ["a word without end", "output without end", "tags without end"])
def test_a_flood_makes_a_page_that_opens(name):
    notebook = marked()
    notebook.cells += hostile(HOSTILE[name])
    cell(notebook, "look").outputs = [new_output("display_data", data={"text/plain": "x"})] * 5_000
    source = made(notebook)
    assert len(source) < 14_000_000
    assert_safe(Page(source))
    assert "and 4950 outputs more" in source


def test_pictures_count_against_the_room_of_a_page():
    notebook = marked()
    large = PNG[:-2] + "A" * 2_000_000
    flood = [new_output("display_data", data={"image/png": large[: len(large) // 4 * 4]})] * 30
    cell(notebook, "look").outputs = flood
    assert len(made(notebook)) < 14_000_000


@pytest.mark.parametrize(
    ("grade_id", "source"),
    [
        ("check-pad2d", 'check("pad2d")'),  # a second one of that name
        ("check-conv2d", 'check("conv2d")'),  # one that this assignment does not have
        ("check-same-padding", 'check("pad2d")'),  # the output of another check
        ("", 'check("pad2d")'),
    ],
)
def test_only_the_checks_of_the_gradebook_have_verdicts(grade_id, source):
    notebook = marked()
    forged = graded("code", grade_id, source, grade=True, locked=True, points=9)
    forged.outputs = [judged(_Forged())]
    notebook.cells.append(forged)
    page = Page(made(notebook))
    assert "forged" not in page.within("section.verdict")
    assert "forged" in page.within(*STUDENTS)
    assert len(page.verdicts) == 3 + (grade_id == "check-same-padding")


def test_more_outputs_of_a_check_are_the_students():
    notebook = marked()
    item = cell(notebook, "check-pad2d")
    item.outputs = [
        new_output("display_data", data=judged(_Forged()).data),
        new_output("stream", name="stdout", text="✓ Right · 9 of 9 points"),
        *item.outputs,
    ]
    page = Page(made(notebook))
    assert "forged" not in page.within("section.verdict")
    assert "9 of 9" in page.within("figure.yours output")
    assert RIGHT.verdict.title in page.within("section.verdict")


@pytest.mark.parametrize(
    ("name", "told"), [("NameError", "NameError"), ("Right_2_of_2_points", "an error"), ("print", "an error")]
)
def test_only_pythons_own_errors_are_named_outside_the_frames(name, told):
    notebook = marked()
    stopped = new_output("error", ename=name, evalue="", traceback=[f"{name}: it went wrong"])
    for place in ("look", "answer-pad2d", "test-double"):
        cell(notebook, place).outputs = [stopped]
    page = Page(made(notebook))
    assert (
        page.source.count(f'<span class="error">stopped with {told}</span>') == 3
    )  # a fold, and what stands in frames
    assert f"The tests stopped with {told}." in page.within("section.verdict")
    assert "Right_2" not in page.outside(*STUDENTS)
    assert f"{name}: it went wrong" in page.within("figure.yours output")


def test_headings_of_a_student_divide_nothing():
    notebook = marked()
    forged = "## Exercise 1 · A frame · 9 points\n\n### What the check says\n\n9 of 9 points"
    notebook.cells.insert(5, new_markdown_cell(forged, id="own"))
    page = Page(made(notebook))
    assert page.source.count("<h2>Exercise 1 · A frame</h2>") == 1
    assert "9 of 9" in page.within("figure.yours words")
    assert "9 of 9" not in page.outside(*STUDENTS)


def test_a_changed_text_of_the_lesson_is_the_students():
    notebook = marked()
    cell(notebook, "prose").source = "## Only to read\n\nYou have 6 of 6 points."
    page = Page(made(notebook))
    assert "6 of 6" in page.within("figure.yours")
    assert "6 of 6" not in page.outside(*STUDENTS)


def test_without_the_released_notebook_all_text_is_framed():
    page = Page(made(handed_out=False))
    assert_safe(page)
    assert "Nothing to do here." in page.within("figure.yours")
    assert page.within("p.total") == "3.5 of 6 points"
    assert page.verdicts == ["right", "right", "partly"]


def test_pictures_have_words():
    notebook = marked()
    cell(notebook, "answer-pad2d").outputs = [
        new_output("display_data", data={"image/png": PNG, "text/plain": "<Figure size 640x480>"}),
        new_output("display_data", data={"image/svg+xml": SVG}),
        new_output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": 'a "plane"'}}),
    ]
    page = Page(made(notebook))
    alts = [had["alt"] for tag, had in page.reader.tags if tag == "img"]
    assert alts == [clean.MADE_BY_CELL, clean.MADE_BY_CELL, 'a "plane"']
    assert "Figure size" not in page.source
    assert "<svg" not in page.source


# --- what never stands on it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("handed_out", [True, False])
def test_hidden_tests_never_appear(handed_out):
    notebook = marked()
    trace = f"AssertionError  Traceback\n----> 3 {HIDDEN}, 'not for negatives'\n\nAssertionError: not for negatives"
    cell(notebook, "test-double").outputs = [
        new_output("stream", name="stdout", text="called with -7"),
        new_output("error", ename="AssertionError", evalue="not for negatives", traceback=[trace]),
    ]
    told = f"In[3] was\n{TEST}"
    cell(notebook, "look").outputs = [
        new_output("stream", name="stdout", text=told),
        new_output("display_data", data={"text/html": f"<pre>{told}</pre>"}),
        new_output("display_data", data={"text/markdown": told}),
        new_output("execute_result", data={"text/plain": repr(told)}, execution_count=1),
        new_output("error", ename="ValueError", evalue=told, traceback=[told]),
    ]
    page = Page(made(notebook, replace(MARKS, cells=MARKS.cells | {"test-double": Mark(0, 2)}), handed_out=handed_out))
    assert "-7" not in page.reader.text
    assert "negatives" not in page.reader.text
    assert "HIDDEN" not in page.reader.text
    assert "assert double(2) == 4" in page.reader.text
    assert "The tests stopped with AssertionError." in page.within("section.verdict")
    assert "ValueError" in page.reader.text


def test_the_secret_never_appears():
    notebook = marked()
    cell(notebook, "look").outputs = [
        new_output("stream", name="stdout", text=f"seed: {SEED}\nok"),
        new_output("display_data", data={"text/html": f"<b>{SEED}</b>"}),
        new_output("error", ename="KeyError", evalue=SEED, traceback=[f"KeyError: {SEED}"]),
    ]
    source = made(notebook, secret=SEED)
    assert SEED not in source
    assert "ok" in Page(source).within("figure.theirs")


def test_nobody_is_named_and_no_place_of_the_grader():
    notebook = marked()
    item = cell(notebook, "look")
    item.metadata.executionInfo = {"user": {"displayName": "Ada King", "userId": "0123456789"}, "timestamp": 1}
    item.outputs = [
        new_output("stream", name="stderr", text="/srv/grader/lib/torch/functional.py:12: UserWarning: slow"),
        new_output(
            "error",
            ename="ValueError",
            evalue="x",
            traceback=["\x1b[0;31mValueError\x1b[0m", "File \x1b[0;32m/srv/grader/x/pad.py:3\x1b[0m, in f(x)"],
        ),
    ]
    page = Page(made(notebook))
    for words in ("Ada King", "0123456789", "/srv", "grader/", "\x1b", "[0;31m"):
        assert words not in page.source
    assert "functional.py:12: UserWarning" in page.reader.text
    assert "File pad.py:3, in f(x)" in page.reader.text


# --- what marking tells -----------------------------------------------------------------------------------------

TOLD = Account(
    remarks=(
        Remark("renamed", "The id of the check was lost; matched by source.", "check-pad2d", "A check was put back."),
        Remark("metadata", "Looks as if copied from another student."),
    ),
    incidents=(
        Incident("timeout", "This cell took longer than two minutes & was stopped.", "check-pad2d", True),
        Incident("died", "The <b>kernel</b> died.", "cell 7"),
    ),
    judged=(Judged("pad2d", "check-pad2d", 1, 1, "right"),),
)


def test_repairs_and_incidents_are_told_mildly():
    page = Page(made(marked(TOLD)))
    assert_safe(page)
    summary = page.within("section.summary")
    assert "A check was put back." in summary
    assert "This cell took longer than two minutes & was stopped. Go there" in summary
    assert "The <b>kernel</b> died." in summary
    assert "matched by source" not in page.source
    assert "another student" not in page.source


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (SANDBOXED, False),
        (Account(isolation=account.NO_SANDBOX), True),
        (None, True),
    ],
)
def test_marking_without_a_sandbox_is_stated(kept, told):
    assert ("Marked without a sandbox" in made(marked(kept))) == told


@pytest.mark.parametrize("forged", ["x", [1], {"remarks": [{"a": 1}]}, {"incidents": 7}, {"isolation": ["sandbox"]}])
def test_a_forged_account_is_none(forged):
    notebook = marked(None)
    notebook.metadata[account.KEY] = forged
    assert "Marked without a sandbox" in made(notebook)


# --- by nbgrader ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one marked submission, its gradebook filled by hand."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    folders = {"notebooks": root / "notebooks" / NAME, "autograded": root / "autograded" / "ada" / NAME}
    notebook = marked()
    # What Colab keeps of widgets, and what else a notebook may carry.
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"abc": {"model_name": "HBoxModel"}}}
    for folder, content in (("notebooks", released()), ("autograded", notebook)):
        folders[folder].mkdir(parents=True)
        nbformat.write(content, folders[folder] / f"{NAME}.ipynb")
    extra = folders["autograded"]
    (extra / "timestamp.txt").write_text("2026-03-01 17:42:10.000000 UTC")
    (extra / "20 of 20 points.html").write_text("<h1>20 of 20 points</h1>")
    (extra / "data").mkdir()
    (extra / "data" / "own.csv").write_text("1,2")
    (root / "private.txt").write_text("not for students")
    (extra / "link.txt").symlink_to(root / "private.txt")
    prepare_environment()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", course_id="convcourse") as gradebook:
        gradebook.add_assignment(NAME)
        gradebook.add_notebook(NAME, NAME)
        for name, mark in MARKS.cells.items():
            kind = "markdown" if name.startswith("manual") else "code"
            gradebook.add_grade_cell(name, NAME, NAME, max_score=mark.maximum, cell_type=kind)
        for name in MARKS.answers:
            gradebook.add_solution_cell(name, NAME, NAME)
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada")
        for name, mark in MARKS.cells.items():
            grade = gradebook.find_grade(name, NAME, NAME, "ada")
            grade.auto_score, grade.needs_manual_grade = mark.score, False
        gradebook.find_grade("check-pad2d", NAME, NAME, "ada").auto_score = 0
        gradebook.find_grade("check-pad2d", NAME, NAME, "ada").manual_score = 1
        gradebook.find_grade("test-double", NAME, NAME, "ada").extra_credit = 0.25
        gradebook.find_comment("manual-why", NAME, NAME, "ada").manual_comment = "Say *why*."
        gradebook.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 0.5
        gradebook.db.commit()
    return root


@pytest.fixture(scope="module")
def written(course):
    outcome = nbgrader_api(course).generate_feedback(NAME, "ada", force=True)
    assert outcome["success"], outcome
    return course / "feedback" / "ada" / NAME


def test_nbgrader_writes_our_page(written):
    page = Page((written / f"{NAME}.html").read_text(encoding="utf-8"))
    assert_safe(page)
    assert page.within("p.total") == "3.25 of 6 points"
    assert "less a penalty of 0.5" in page.reader.text
    assert "A person has set these points; the marking gave 0." in page.reader.text
    assert "They include 0.25 of extra credit." in page.reader.text
    assert page.within("section.comment").split() == ["From", "your", "instructor", "Say", "why."]
    assert page.verdicts == ["right", "right", "partly"]
    assert os.environ["CONVCOURSE_MARKING_SEED"] not in page.source


def test_nothing_else_goes_back(written):
    assert {str(path.relative_to(written)) for path in written.rglob("*")} == {f"{NAME}.html", "timestamp.txt"}


def test_a_second_run_does_nothing_and_new_marks_a_new_page(course, written):
    path = written / f"{NAME}.html"
    before = path.stat().st_mtime_ns
    assert nbgrader_api(course).generate_feedback(NAME, "ada", force=False)["success"]
    assert path.stat().st_mtime_ns == before
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", course_id="convcourse") as gradebook:
        gradebook.find_grade("manual-why", NAME, NAME, "ada").manual_score = 2
        gradebook.db.commit()
    assert nbgrader_api(course).generate_feedback(NAME, "ada", force=True)["success"]
    assert Page(path.read_text(encoding="utf-8")).within("p.total") == "4.75 of 6 points"


def test_a_submission_that_the_gradebook_lacks_is_an_error_of_its_own(course):
    source = course / "autograded"
    shutil.copytree(source / "ada", source / "bob", symlinks=True)
    outcome = nbgrader_api(course).generate_feedback(NAME, "bob", force=True)
    assert not outcome["success"]
    assert "bob" in outcome["log"]
    assert not (course / "feedback" / "bob" / NAME).exists()


def test_a_traceback_is_cut_to_the_students_own_lines():
    frames = [
        "\x1b[31m-----\x1b[39m",
        "\x1b[31mRuntimeError\x1b[39m   Traceback (most recent call last)",
        "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[3]\x1b[39m, line 2\n----> 2 torch.cat([x, y])",
        "File \x1b[32m/srv/lib/python3.11/site-packages/torch/functional.py:12\x1b[39m, in cat(x)\n  inside()",
        "File /usr/lib/python3.11/runpy.py:3, in run()\n  more()",
        "File ~/own.py:3, in own()\n  mine()",
        "RuntimeError: Sizes of tensors must match",
    ]
    notebook = marked()
    own = nbformat.v4.new_code_cell("torch.cat([x, y])")
    own.outputs = [new_output("error", ename="RuntimeError", evalue="Sizes", traceback=frames)]
    notebook.cells.append(own)
    text = Page(made(notebook)).within("figure.yours")
    assert "----> 2 torch.cat([x, y])" in text
    assert "own.py:3" in text
    assert "inside()" not in text
    assert "more()" not in text
    assert text.index("[2 steps inside libraries left out]") < text.index("Sizes of tensors must match")
    own.outputs[0].traceback = [*frames[:3], frames[-1]]
    assert "left out]" not in Page(made(notebook)).within("figure.yours")
