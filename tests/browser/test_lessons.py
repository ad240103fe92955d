"""Each student's notebook in JupyterLab: opened, run from top to bottom, an exercise got wrong, then solved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect
from torch import nn

from autograder.building.lesson import lesson_files
from autograder.catalogue import all_answers
from autograder.checks import CHECKS, check
from autograder.checks.verdict import Verdict
from tests.browser import lab_page, playing
from tests.browser.lab_server import Server

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in lesson_files(ROOT)]
# Lesson → the exercise to solve, and the misconception to have first.
EXERCISES = {
    "01_fmnist_mlp": ("make-mlp", "no-relu"),
    "02_convolution": ("conv2d-valid", "flipped"),
    "03_pooling": ("pool2d", "always-average"),
    "04_cnn_gpu": ("multiply-adds", "parameters"),
    "05_birds_vs_airplanes": ("convolved-shape", "channels-last"),
    "06_lenet5_parameters": ("conv-parameters", "bias-forgotten"),
}
# nbconvert's own page asks CDNs for what our figures do without: formulas, and widgets that no lesson has.
CDN = r"https://(?:cdnjs\.cloudflare\.com|cdn\.jsdelivr\.net|unpkg\.com)/\S*(?:mathjax|require|mermaid|embed-amd|font-awesome)"
FROM_NBCONVERT = (rf"(?i)^asked the network for {CDN}", rf"(?i)^console: Failed to load resource: .*\({CDN}")


def answer(name: str, says: str = "") -> str:
    """From the catalogue: the wrong answer that has this misconception, or the first right one."""
    fitting = (a for a in all_answers() if a.check == name and (a.label == says if says else a.right))
    return next(fitting).source.strip()


def verdict_on(name: str, source: str) -> Verdict:
    """What the check says of an answer outside of any notebook."""
    names: dict[str, object] = {"np": np, "torch": torch, "F": F, "nn": nn}
    exec(source, names)
    return check(name, names).verdict


def test_every_lesson_has_an_exercise_here() -> None:
    assert sorted(EXERCISES) == LESSONS


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_in_jupyterlab(
    name: str,
    lab: Server,
    new_page: Callable[..., Page],
    screenshot: Callable[..., Path],
    exported: Callable[[Path], Path],
) -> None:
    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, f"{name}/{name}.ipynb")
    screenshot(page, f"{name}-opened")
    lab_page.run_all(page)

    # Untouched, every check says so, and nothing fails.
    cells = lab_page.read(page)
    code = [cell for cell in cells if cell["kind"] == "code"]
    assert [cell["id"] for cell in code if cell["count"] is None and cell["source"].strip()] == []
    assert lab_page.errors(page) == []
    checks = [cell for cell in cells if cell["id"].startswith("check-")]
    assert {cell["id"] for cell in checks} == {f"check-{c.name}" for c in CHECKS.values() if c.notebook == name}
    assert [cell["id"] for cell in checks if "Not attempted" not in lab_page.html_of(cell)] == []

    # Every figure that can be played with has come to life, once, in place of its still.
    kinds = [kind for cell in cells for kind in playing.kinds(lab_page.html_of(cell))]
    figures = page.locator(".jp-NotebookPanel:visible .convcourse-figure")
    expect(figures).to_have_count(len(kinds))
    for number, kind in enumerate(kinds):
        figure = figures.nth(number)
        expect(figure.locator(".convcourse-live")).to_have_count(1)
        expect(figure.locator("> img")).to_have_css("display", "none")
        playing.play(page, figure, kind)
    assert [cell["source"] for cell in lab_page.read(page)] == [cell["source"] for cell in cells]

    # A wrong answer is told its misconception, a right one its points.
    exercise, misconception = EXERCISES[name]
    wrong, right = answer(exercise, misconception), answer(exercise)
    said = verdict_on(exercise, wrong)
    assert said.finding is not None
    assert not said.passed
    lab_page.type_answer(page, f"answer-{exercise}", wrong)
    shown = lab_page.run_cell(page, f"check-{exercise}").locator(".jp-OutputArea")
    expect(shown).to_contain_text("✗")
    expect(shown).to_contain_text(said.finding.text.replace("`", ""))
    expect(shown).to_contain_text(f"{said.points:g} of {said.maximum:g} point")
    screenshot(page, f"{name}-wrong")

    lab_page.type_answer(page, f"answer-{exercise}", right)
    shown = lab_page.run_cell(page, f"check-{exercise}").locator(".jp-OutputArea")
    maximum = f"{said.maximum:g}"
    expect(shown).to_contain_text("✓ Right")
    expect(shown).to_contain_text(f"{maximum} of {maximum} point")
    screenshot(page, f"{name}-right")
    assert lab_page.errors(page) == []

    # Saved by Ctrl+S, the file has the answer and its verdict, and stays small.
    page.keyboard.press("ControlOrMeta+s")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    file = lab.folder / name / f"{name}.ipynb"
    saved = {cell["id"]: "".join(cell["source"]) for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]}
    assert saved[f"answer-{exercise}"] == right
    assert file.stat().st_size < 2_000_000
    lab_page.close_notebook(page)

    # Exported, its figures move without a kernel, too.
    page = new_page(width=1000, height=900, excused=FROM_NBCONVERT)
    page.goto(exported(file).as_uri())
    figures = page.locator(".convcourse-figure")
    expect(figures).to_have_count(len(kinds))
    for number, kind in enumerate(kinds):
        playing.play(page, figures.nth(number), kind)
