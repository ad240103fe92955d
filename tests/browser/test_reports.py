"""What people read of marking: a verdict, a student's feedback page and the class report, in a browser."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Page

from autograder.catalogue import all_answers
from autograder.checks import CHECKS, check

GRADING = Path(__file__).resolve().parents[1] / "grading"
# Something to show of each kind: a window that differs, a shape, a sentence, several parts, large arrays.
VERDICTS = {
    "right": ("conv2d-valid", None),
    "wrong": ("conv2d-valid", "flipped"),
    "partly right": ("pool2d", "always-average"),
    "numbers": ("windows-by-hand", "flipped"),
    "words": ("not-a-filter", "both"),
}


@pytest.fixture(scope="module")
def grading() -> Callable[[str], ModuleType]:
    """What the tests of marking make their examples with; they import each other by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GRADING)
        yield importlib.import_module


def shown(name: str, says: str | None) -> str:
    """The HTML of a verdict on an answer of the catalogue."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    fitting = (a for a in all_answers() if a.check == name and (a.label == says if says else a.right))
    names: dict[str, object] = {"np": np, "torch": torch, "F": F, "nn": nn}
    exec(next(fitting).source, names)
    return check(name, names)._repr_html_()


@pytest.mark.parametrize("width", [760, 360])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_verdicts_are_accessible(
    width: int, dark: bool, show: Callable[..., Page], axe: Callable[..., None], screenshot: Callable[..., Path]
) -> None:
    pieces = [shown(*which) for which in VERDICTS.values()]
    pieces.append(check("conv2d", {})._repr_html_())
    pieces.append(check("conv2d", {"conv2d": lambda *given, **more: 1 / 0})._repr_html_())
    page = show(pieces, width=width, dark=dark)
    screenshot(page, f"verdicts-{width}-{'dark' if dark else 'light'}", full_page=True)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_check_says_something_accessible(show: Callable[..., Page], axe: Callable[..., None]) -> None:
    page = show([check(name, {})._repr_html_() for name in CHECKS])
    axe(page)


@pytest.mark.parametrize("width", [1000, 360])
def test_a_feedback_page_is_accessible(
    width: int,
    grading: Callable[[str], ModuleType],
    show: Callable[..., Page],
    axe: Callable[..., None],
    screenshot: Callable[..., Path],
) -> None:
    page = show(grading("test_feedback_page").made(), whole=True, width=width)
    screenshot(page, f"feedback-{width}", full_page=True)
    for folded in page.locator("details").all():
        folded.evaluate("(details) => { details.open = true; }")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_of_a_students_acts_on_a_feedback_page(
    grading: Callable[[str], ModuleType], show: Callable[..., Page]
) -> None:
    """In a browser, which knows more ways to act than a reader of HTML. A question to the network fails this, too."""
    pages, feedback = grading("pages"), grading("test_feedback_page")
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

    hostile = {name: words for name, words in pages.HOSTILE.items() if len(words) < 50_000}
    assert len(hostile) > 90
    notebook = feedback.marked()
    for words in hostile.values():
        words = words.encode("utf-8", "replace").decode("utf-8")
        told = new_code_cell(
            "1", outputs=[new_output("display_data", data={"text/html": words, "text/markdown": words})]
        )
        html = new_code_cell("2", outputs=[new_output("display_data", data={"text/html": words})])
        notebook.cells[2:2] = [new_markdown_cell(words), told, html]
    page = show(feedback.made(notebook), whole=True, width=1000)
    page.wait_for_timeout(1000)
    assert pages.FLAG not in page.title()
    assert page.evaluate("document.scripts.length") == 0
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').filter((each) => !each.name.startsWith('data:')).length"
        )
        == 0
    )


@pytest.mark.parametrize("width", [1000, 360])
def test_the_class_report_is_accessible(
    width: int,
    grading: Callable[[str], ModuleType],
    show: Callable[..., Page],
    axe: Callable[..., None],
    screenshot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    from autograder.reports.classreport.page import report

    invented = grading("invented")
    root = tmp_path
    known = invented.course(root)
    invented.write(root, known, invented.rich(known), names={"ada": ("Ada", "King & Co")})
    written = report(root, root / "report.html").read_text(encoding="utf-8")
    page = show(written, whole=True, width=width)
    screenshot(page, f"class-report-{width}", full_page=True)
    for folded in page.locator("details").all():
        folded.evaluate("(details) => { details.open = true; }")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
