"""nbgrader in JupyterLab: Validate on a student's notebook, and the formgrader on a class that is marked."""

from __future__ import annotations

import importlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from autograder.checks import CHECKS
from tests.browser import lab_page, lab_server
from tests.browser.lab_server import Server

ROOT = Path(__file__).resolve().parents[2]
NAME = "03_pooling"
# nbgrader's page of a submission takes what sets its formulas from a CDN, and does not look whether it has come.
MATHJAX = r"https://cdnjs\.cloudflare\.com/ajax/libs/mathjax/\S+"
NO_FORMULAS = (
    rf"^asked the network for {MATHJAX}$",
    rf"^console: Failed to load resource: \S+ \({MATHJAX}\)$",
    r"^not caught: ReferenceError: MathJax is not defined$",
)


def validate(page: Page) -> str:
    """Press Validate, and return what the dialog says."""
    page.get_by_role("button", name="Validate", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=lab_page.RUN)
    return dialog.inner_text()


def test_validate_says_what_is_not_done(
    lab: Server, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    (lab.folder / "untouched").mkdir()
    shutil.copy(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", lab.folder / "untouched")
    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, f"untouched/{NAME}.ipynb")
    words = validate(page)
    screenshot(page, "validated")
    graded = [check for check in CHECKS.values() if check.notebook == NAME]
    assert [check.name for check in graded if (f'check("{check.name}")' in words) != (check.points > 0)] == []
    lab_page.close_notebook(page)


def test_validate_finds_nothing_wrong_with_a_solved_notebook(lab: Server, new_page: Callable[..., Page]) -> None:
    (lab.folder / "solved").mkdir()
    shutil.copy(ROOT / "solutions" / NAME / f"{NAME}.ipynb", lab.folder / "solved")
    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, f"solved/{NAME}.ipynb")
    words = validate(page)
    assert "success" in words.casefold(), words
    lab_page.close_notebook(page)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab in a course of three students that has been marked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tests" / "grading")
        patch.delenv("CONVCOURSE_MARKING_SEED", raising=False)
        small_class, test_grade = (importlib.import_module(name) for name in ("small_class", "test_grade"))
        place = tmp_path_factory.mktemp("formgrader")
        answers = {"ada": test_grade.RIGHT, "bela": test_grade.LESS, "dora": "import os\nos._exit(1)"}
        root = small_class.course(place / "course", answers)
        test_grade.mark(root)
        os.environ.pop("CONVCOURSE_MARKING_SEED", None)  # reading the course's settings has set it
        with lab_server.running(root, place) as server:
            yield server


def test_the_formgrader_shows_a_marked_submission(
    marked: Server, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    page = new_page(width=1280, height=900)
    page.goto(f"{marked.url}/lab?reset")
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click(timeout=lab_page.STARTED)
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    inside = page.frame_locator("iframe[src*=formgrader], iframe#formgrader, .jp-IFrame iframe, iframe").first
    expect(inside.get_by_role("link", name="02_doubling", exact=True)).to_be_visible(timeout=lab_page.STARTED)
    screenshot(page, "formgrader-in-lab")


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("manage_submissions/02_doubling", r"\bada\b.*needs manual grading.*2 . 3"),
        ("manage_students", r"\bbela\b.*0.5 . 3"),
        ("gradebook/02_doubling/02_doubling", r"Submission #1"),
    ],
)
def test_the_formgraders_lists_open(
    path: str, row: str, marked: Server, new_page: Callable[..., Page], screenshot: Callable[..., Path]
) -> None:
    page = new_page(width=1280, height=900)
    page.goto(f"{marked.url}/formgrader/{path}")
    expect(page.get_by_role("row", name=re.compile(row))).to_be_visible()
    screenshot(page, f"formgrader-{path.replace('/', '-')}")


def test_a_person_marks_by_hand(marked: Server, new_page: Callable[..., Page], screenshot: Callable[..., Path]) -> None:
    page = new_page(width=1280, height=900, excused=NO_FORMULAS)
    # The list of submissions names nobody, and its order is one of random ids.
    listed = page.request.get(f"{marked.url}/formgrader/api/submitted_notebooks/02_doubling/02_doubling").json()
    (number,) = (each["id"] for each in listed if each["student"] == "ada")
    page.goto(f"{marked.url}/formgrader/gradebook/02_doubling/02_doubling")
    page.locator(f'a[href*="{number}"]').first.click()
    expect(page.get_by_text("def double(x):").first).to_be_visible()
    expect(page.get_by_text("Says ada.")).to_be_visible()
    screenshot(page, "formgrader-submission", full_page=True)
    with page.expect_response(lambda response: "/api/grade/" in response.url and response.request.method == "PUT"):
        page.locator("#manual-why").fill("1")
        page.locator("#manual-why").press("Tab")
    page.goto(f"{marked.url}/formgrader/manage_submissions/02_doubling")
    expect(page.get_by_role("row", name=re.compile(r"\bada\b.*graded.*3 . 3"))).to_be_visible()
