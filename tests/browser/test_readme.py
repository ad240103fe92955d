"""The README's pictures of notebooks are what these tests see. `make screenshots` takes them anew."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from torch import nn

from convcourse import figures
from tests.browser import lab_page, playing
from tests.browser.lab_server import Server
from tests.browser.test_lessons import answer

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / ".github" / "images"
TAKEN = ("notebook", "verdict", "layers")
TO = os.environ.get("PICTURES", "")  # where to write them; left out, what is taken is only looked at
LARGEST = 150_000  # bytes


@pytest.fixture
def take() -> Callable[[Page | Locator, str], None]:
    """take(page or element, name): a PNG of few colours, as small as a README's pictures should be."""

    def taken(what: Page | Locator, name: str) -> None:
        assert name in TAKEN
        whole = Image.open(io.BytesIO(what.screenshot(animations="disabled"))).convert("RGB")
        file = io.BytesIO()
        whole.quantize(200, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        assert len(file.getvalue()) < LARGEST
        if TO:
            (Path(TO) / f"{name}.png").write_bytes(file.getvalue())
            return
        with Image.open(IMAGES / f"{name}.png") as committed:
            assert abs(committed.width - whole.width) <= 40, "make screenshots takes the README's pictures anew"

    return taken


def test_notebook_02_can_be_played_with_before_its_exercises(
    lab: Server, new_page: Callable[..., Page], take: Callable[..., None], screenshot: Callable[..., Path]
) -> None:
    """Whoever opens it and runs the cells at its top slides the window, and sees the size change."""
    page = new_page(width=1080, height=860)
    lab_page.open_notebook(page, lab, "02_convolution/02_convolution.ipynb")
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    cells = lab_page.read(page)
    source = "\n".join(cell["source"] for cell in cells[: top(cells) + 1])
    assert "YOUR CODE HERE" not in source
    assert "= ..." not in source
    for cell in cells[: top(cells) + 1]:
        if cell["kind"] == "code":
            lab_page.run_cell(page, cell["id"])
    here = lab_page.cell(page, top(cells))
    figure = here.locator(".convcourse-figure")
    playing.play(page, figure, "convolution")

    size = figure.locator(".size")
    before = size.inner_text()
    figure.get_by_role("radiogroup", name="Padding").get_by_text("1", exact=True).click()
    expect(size).not_to_have_text(before)
    before = size.inner_text()
    figure.get_by_role("radiogroup", name="Stride").get_by_role("radio", checked=True).focus()
    page.keyboard.press("ArrowRight")
    expect(size).not_to_have_text(before)

    # As a student has it half-way: the window on its way, and what it has seen filled in.
    figure.get_by_role("radiogroup", name="Stride").get_by_text("1", exact=True).click()
    figure.get_by_role("button", name="Reset").click()
    for _ in range(20):
        figure.get_by_role("button", name="Step").click()
    page.mouse.move(5, 5)
    here.evaluate("(cell) => cell.scrollIntoView({ block: 'end' })")
    take(page, "notebook")
    screenshot(page, "readme-notebook")
    lab_page.close_notebook(page)


def top(cells: list[dict[str, object]]) -> int:
    """The number of the first cell that shows a figure to play with."""
    return next(n for n, cell in enumerate(cells) if "figures.convolution(" in str(cell["source"]))


def test_the_verdict_of_the_readme(show: Callable[..., Page], take: Callable[..., None]) -> None:
    import torch

    from autograder.checks import check

    names: dict[str, object] = {"torch": torch}
    exec(answer("conv2d-valid", "flipped"), names)
    page = show(check("conv2d-valid", names)._repr_html_(), width=760)
    page.locator("h1").evaluate("(heading) => heading.remove()")
    take(page.locator("main"), "verdict")


def test_the_layers_of_the_readme(show: Callable[..., Page], take: Callable[..., None]) -> None:
    # A network of no exercise, whose numbers the README may tell.
    first, second = nn.Conv2d(3, 12, 3, padding=1), nn.Conv2d(12, 24, 3, padding=1)
    network = nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), second, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(864, 5))
    page = show(figures.network(network, (3, 24, 24))._repr_html_(), width=776)
    page.locator(".block", has_text="Conv2d").nth(1).click()
    page.mouse.move(1, 1)
    page.evaluate("() => document.querySelector('.convcourse-live').shadowRoot.activeElement.blur()")
    take(page.locator(".convcourse-figure"), "layers")


def test_the_readme_shows_them_in_words_too() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {name: alt for alt, name in re.findall(r"!\[([^\]]*)\]\(\.github/images/([\w-]+)\.png\)", readme)}
    assert [name for name in TAKEN if len(shown.get(name, "")) < 60] == []
    sizes = {name: (IMAGES / f"{name}.png").stat().st_size for name in shown}
    assert [name for name in TAKEN if sizes[name] > LARGEST] == []
    with Image.open(IMAGES / "notebook.png") as picture:
        assert picture.width >= 1000
