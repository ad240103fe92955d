"""The site to read, opened as files: figures alive, fit for everybody, on a small screen, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from autograder.building.notebook import student_path
from autograder.site.build import build_site
from autograder.site.copies import run_copy
from convcourse import figures
from tests.browser.playing import kinds, play

ROOT = Path(__file__).parents[2]
RUN = ("02_convolution", "03_pooling")  # the others take longer; their pages have the same parts
TEXTS = ("index", "student", "instructor", "maintainer", "docs/scale")
ALL = (*TEXTS, *(f"lessons/{name}" for name in RUN))

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with the outputs of two lessons, and one figure more in the first."""
    copies = {}
    for folder in sorted((ROOT / "notebooks").iterdir()):
        notebook = nbformat.read(student_path(ROOT, folder.name), as_version=nbformat.NO_CONVERT)
        copies[folder.name] = run_copy(notebook, timeout=300) if folder.name in RUN else notebook
    figure = figures.convolution(np.arange(25).reshape(5, 5), np.array([[1, 2], [3, 4]]))
    data = {"text/html": figure._repr_html_(), "text/plain": figure.alt}
    shown = next(cell for cell in copies[RUN[0]].cells if cell.get("outputs"))
    shown.outputs.append(nbformat.v4.new_output("display_data", data))
    target = tmp_path_factory.mktemp("reading") / "site"
    build_site(ROOT, target, copies)
    return target


def opened(page: Page, site: Path, name: str) -> Page:
    page.goto((site / f"{name}.html").as_uri())
    return page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ALL)
def test_a_page_is_fit_for_everybody(
    name: str, dark: bool, site: Path, new_page: NewPage, axe: Callable[..., None]
) -> None:
    page = opened(new_page(width=1000, dark=dark), site, name)
    axe(page, include="html")


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_wider_than_a_small_screen(name: str, site: Path, new_page: NewPage) -> None:
    page = opened(new_page(width=360), site, name)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .filter((each) => !each.closest('.table, math, pre code'))
        .slice(0, 5).map((each) => each.outerHTML.slice(0, 100))"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", RUN)
def test_every_figure_is_alive(name: str, site: Path, new_page: NewPage) -> None:
    page = opened(new_page(width=1000), site, f"lessons/{name}")
    found = kinds((site / f"lessons/{name}.html").read_text(encoding="utf-8"))
    assert found or name != RUN[0]
    there = page.locator(".convcourse-figure")
    expect(there).to_have_count(len(found))
    for place, kind in enumerate(found):
        expect(there.nth(place).locator("img").first).to_be_hidden()
        play(page, there.nth(place), kind)


def test_pages_follow_the_readers_colours(site: Path, new_page: NewPage) -> None:
    grounds = [
        opened(new_page(dark=dark), site, "index").evaluate("getComputedStyle(document.body).backgroundColor")
        for dark in (False, True)
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(22, 26, 32)"]


def test_on_paper_there_is_the_text_alone(site: Path, new_page: NewPage) -> None:
    page = opened(new_page(dark=True), site, "lessons/02_convolution")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("header")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_reader_gets_from_page_to_page(site: Path, new_page: NewPage) -> None:
    page = opened(new_page(width=1000), site, "index")
    page.get_by_role("link", name="02 Convolution", exact=True).click()
    expect(page).to_have_title("02 · Convolution by hand, with stride and padding · convcourse")
    page.get_by_role("link", name="→").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("03 · Pooling")
    page.get_by_text("On this page").click()
    page.get_by_role("navigation", name="On this page").get_by_role("link").nth(1).click()
    assert "#" in page.url
    page.get_by_role("link", name="Instructors").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For instructors")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the text")).to_be_focused()
