"""The size calculator in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from convcourse import figures

Show = Callable[..., Page]


def size(n: int = 8, f: int = 3, p: int = 0, s: int = 2) -> str:
    return figures.size_calculator(n, f, p, s)._repr_html_()


def change(page: Page, name: str, value: int) -> None:
    page.get_by_role("slider", name=name).fill(str(value))


def test_it_begins_as_the_still_does(show: Show) -> None:
    page = show(size())
    expect(page.locator("img")).to_be_hidden()
    expect(page.locator(".formula")).to_have_text("⌊(8 − 3)/2⌋ + 1 = ⌊2.5⌋ + 1 = 3")
    expect(page.locator(".why")).to_contain_text("1 cell at the end is left over.")


@pytest.mark.parametrize(
    ("settings", "formula", "why"),
    [
        ({"pixels n": 9}, "⌊(9 − 3)/2⌋ + 1 = 4", "Nothing is left over."),
        ({"padding p": 1}, "⌊(8 + 2·1 − 3)/2⌋ + 1 = ⌊3.5⌋ + 1 = 4", "1 cell at the end is left over."),
        ({"stride s": 4}, "⌊(8 − 3)/4⌋ + 1 = ⌊1.25⌋ + 1 = 2", "1 cell between the windows goes unseen."),
        ({"window f": 8}, "⌊(8 − 8)/2⌋ + 1 = 1", "The first place uses 8 cells, which leaves 0."),
        ({"window f": 9}, "No size", "A window of 9 does not fit on 8 pixels."),
        ({"window f": 11, "padding p": 1}, "No size", "A window of 11 does not fit on 8 + 2·1 = 10 pixels."),
    ],
)
def test_the_formula_follows(show: Show, settings: dict[str, int], formula: str, why: str) -> None:
    page = show(size())
    for name, value in settings.items():
        change(page, name, value)
    expect(page.locator(".formula")).to_have_text(formula)
    expect(page.locator(".why")).to_contain_text(why)


def test_the_line_shows_every_place(show: Show) -> None:
    page = show(size())
    for name, value in (("pixels n", 12), ("padding p", 2), ("stride s", 3)):
        change(page, name, value)
    told = page.get_by_role("img", name="A line of 12 pixels").get_attribute("aria-label")
    assert told == "A line of 12 pixels, 2 padded at both ends. Windows of 3 begin at 0, 3, 6, 9, 12."
    expect(page.locator(".line path")).to_have_count(5 + 1)  # the places, and one cell that is left over
    expect(page.get_by_text("left over", exact=True)).to_be_visible()


def test_the_keyboard_moves_a_slider_and_a_screen_reader_hears(show: Show) -> None:
    page = show(size())
    page.get_by_role("slider", name="stride s").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".formula")).to_have_text("⌊(8 − 3)/1⌋ + 1 = 6")
    expect(page.get_by_role("status")).to_contain_text("⌊(8 − 3)/1⌋ + 1 = 6. The first place uses 3 of the 8 cells")


@pytest.mark.parametrize("width", [360, 760])
def test_it_fits(show: Show, width: int) -> None:
    page = show([size(), size()], width=width)
    for slider in page.locator("section").first.get_by_role("slider").all():
        slider.press("End")
    expect(page.locator("section").first.locator(".formula")).to_have_text("⌊(32 + 2·5 − 11)/5⌋ + 1 = ⌊6.2⌋ + 1 = 7")
    expect(page.locator("section").last.locator(".formula")).to_have_text("⌊(8 − 3)/2⌋ + 1 = ⌊2.5⌋ + 1 = 3")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(show: Show, axe: Callable[..., None], dark: bool) -> None:
    page = show(size(9, 2, 1, 3), dark=dark)
    axe(page)
    change(page, "window f", 11)
    axe(page)
