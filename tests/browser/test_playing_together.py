"""All kinds of live figures: in one page, in JupyterLab light and dark, and exported, without the network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from convcourse import figures
from convcourse.figures.live import SCRIPTS
from tests.browser import lab_page, playing
from tests.browser.lab_server import Server
from tests.browser.test_lessons import FROM_NBCONVERT

SETUP = """\
import torch
from torch import nn
from convcourse import figures, networks
torch.manual_seed(0)
grid = torch.arange(25.0).reshape(5, 5)
"""
# Kind → a cell that shows one.
CELLS = {
    "convolution": "figures.convolution(grid, torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]))",
    "pooling": "figures.pooling(grid[:4, :4])",
    "size": "figures.size_calculator(8, 3, 1, 2)",
    "layers": "figures.network(networks.lenet5(), (3, 32, 32))",
    "maps": "figures.maps(torch.randn(2, 1, 12, 12), nn.Conv2d(1, 6, 3))",
    "training": """\
curves = figures.training(6)
for epoch in range(1, 7):
    curves.add(epoch, loss={"training": 2 / epoch, "test": 2.4 / epoch}, accuracy={"test": 1 - 0.5 / epoch})
""",
}


@cache
def html(kind: str) -> str:
    """The figure of a kind as its cell makes it."""
    names: dict[str, Any] = {}
    exec(SETUP, names)
    exec(f"shown = {CELLS[kind]}" if kind != "training" else f"{CELLS[kind]}shown = curves.figure", names)
    return str(names["shown"]._repr_html_())


def test_every_kind_is_here() -> None:
    helpers = {"core", "grid"}
    assert {path.stem for path in SCRIPTS.glob("*.js")} - helpers == set(CELLS) == set(playing.MOVES)
    assert [playing.kinds(html(kind)) for kind in CELLS] == [[kind] for kind in CELLS]
    assert all(callable(vars(figures)[name]) for name in ("convolution", "pooling", "size_calculator", "network"))


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    "look", [{}, {"dark": True}, {"width": 360}, {"reduced_motion": True}], ids=["plain", "dark", "narrow", "calm"]
)
def test_a_figure_moves_and_is_accessible(
    kind: str,
    look: dict[str, object],
    show: Callable[..., Page],
    axe: Callable[..., None],
    screenshot: Callable[..., Path],
) -> None:
    page = show(html(kind), **look)
    axe(page)
    playing.play(page, page.locator(".convcourse-figure"), kind)
    axe(page)
    screenshot(page, f"figure-{kind}-{'-'.join(map(str, look)) or 'plain'}", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_copies_of_each_do_not_disturb_each_other(show: Callable[..., Page], axe: Callable[..., None]) -> None:
    page = show([html(kind) for kind in (*CELLS, *CELLS)])
    shown = page.locator(".convcourse-figure")
    expect(shown).to_have_count(2 * len(CELLS))
    untouched = [shown.nth(len(CELLS) + number).evaluate(playing.TOLD) for number in range(len(CELLS))]
    for number, kind in enumerate(CELLS):
        playing.play(page, shown.nth(number), kind)
    assert [shown.nth(len(CELLS) + number).evaluate(playing.TOLD) for number in range(len(CELLS))] == untouched
    axe(page)
    names = page.evaluate("Object.keys(window).filter((name) => /convcourse|mount|figure/i.test(name))")
    assert names == []


@pytest.mark.parametrize("kind", CELLS)
def test_where_no_script_runs_the_still_is_seen(kind: str, show: Callable[..., Page]) -> None:
    page = show(html(kind).replace("<script>", '<script type="text/plain">'))
    still = page.locator(".convcourse-figure > img")
    expect(still).to_be_visible()
    assert still.get_attribute("alt")
    assert still.evaluate("(image) => image.naturalWidth") > 100


def test_in_jupyterlab_and_exported(
    lab: Server, new_page: Callable[..., Page], screenshot: Callable[..., Path], exported: Callable[[Path], Path]
) -> None:
    """By mouse and keyboard, in the light theme, in the dark one, and in a notebook that is opened anew."""
    file = lab.folder / "figures.ipynb"
    notebook = new_notebook(
        cells=[new_code_cell(SETUP), *(new_code_cell(cell, id=kind) for kind, cell in CELLS.items())]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, file)

    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, file.name)
    lab_page.run_all(page)
    assert lab_page.errors(page) == []
    play_all(page)
    sources = [cell["source"] for cell in lab_page.read(page)]
    assert sources == [SETUP, *CELLS.values()]  # no key that a figure was meant to have has become a command
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator('body[data-jp-theme-light="false"]')).to_have_count(1)
    expect(page.locator(".convcourse-live .box.dark")).to_have_count(len(CELLS))
    play_all(page)
    lab_page.cell(page, 1)
    screenshot(page, "figures-in-dark-lab")
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
    expect(page.locator(".convcourse-live .box.dark")).to_have_count(0)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    lab_page.close_notebook(page)

    # Whoever has run it trusts it; the figures are alive when it is opened anew, before anything runs.
    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, file.name)
    play_all(page)
    lab_page.close_notebook(page)

    page = new_page(width=1000, height=900, excused=FROM_NBCONVERT)
    page.goto(exported(file).as_uri())
    play_all(page)


def test_an_untrusted_notebook_shows_the_stills(lab: Server, new_page: Callable[..., Page]) -> None:
    """What somebody else has run: JupyterLab lets no script of it run, and says nothing of it on the console."""
    outputs = [
        nbformat.v4.new_output("execute_result", data={"text/plain": kind, "text/html": html(kind)}, execution_count=1)
        for kind in CELLS
    ]
    cells = [new_code_cell("1", execution_count=1, outputs=[output]) for output in outputs]
    file = lab.folder / "untrusted.ipynb"
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, file)
    page = new_page(width=1280, height=900)
    lab_page.open_notebook(page, lab, file.name)
    stills = page.locator(".jp-OutputArea .convcourse-figure > img, .jp-OutputArea div > img")
    expect(stills).to_have_count(len(CELLS))
    for number in range(len(CELLS)):
        stills.nth(number).scroll_into_view_if_needed()
        expect(stills.nth(number)).to_be_visible()
    expect(page.locator(".convcourse-live")).to_have_count(0)
    lab_page.close_notebook(page)


def play_all(page: Page) -> None:
    shown = page.locator(".convcourse-figure:visible")
    expect(shown).to_have_count(len(CELLS))
    for number, kind in enumerate(CELLS):
        playing.play(page, shown.nth(number), kind)
