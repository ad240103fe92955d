"""What checks say, in a browser: readable on narrow and on dark pages, with the keyboard, and by axe-core."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Page, expect

from autograder.checks import check
from autograder.checks.standing import Line, Standing

Show = Callable[..., Page]
LABS_OWN = "<style>code { white-space: pre-wrap }</style>"  # as JupyterLab has it
LONG = "a_name_that_nothing_breaks_" * 12


def flipped(image: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0) -> torch.Tensor:
    padded = torch.nn.functional.pad(image, (padding,) * 4)[None, None].float()
    return torch.nn.functional.conv2d(padded, kernel.flip(0, 1)[None, None].float(), stride=stride)[0, 0]


def failing(image: torch.Tensor, p: int) -> torch.Tensor:
    raise RuntimeError(LONG)


VERDICTS = {
    "flipped": lambda: check("conv2d", {"conv2d": flipped}),
    "raised": lambda: check("pad2d", {"pad2d": failing}),
    "typed": lambda: check("windows-by-hand", {"c12": 86, "c20": 106, "c21": LONG}),
    "missing": lambda: check("pixel-uses", {}),
    "right": lambda: check("output-size", {"output_size": lambda n, f, p, s: (n + 2 * p - f) // s + 1}),
    "progress": lambda: Standing(
        "02_convolution", (Line("1", "Windows", "right", 2, 2), Line("2", "Convolved", "not run", 0, 1))
    ),
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 760])
def test_axe_finds_nothing(show: Show, axe: Callable[..., None], width: int, dark: bool) -> None:
    pieces = [made()._repr_html_() for made in VERDICTS.values()]
    page = show([piece.replace("<details", "<details open") for piece in pieces], width=width, dark=dark)
    axe(page)


@pytest.mark.parametrize("name", VERDICTS)
def test_it_fits_a_narrow_page(show: Show, name: str) -> None:
    opened = VERDICTS[name]()._repr_html_().replace("<details", "<details open")
    page = show(LABS_OWN + opened, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if page.locator("table code").count():
        lines = "code => new Set([...code.getClientRects()].map(one => Math.round(one.top))).size"
        matrix = page.locator("table code").first
        assert matrix.evaluate(lines) == matrix.locator("br").count() + 1, "the rows of a matrix are not broken"


def test_help_is_opened_step_by_step_with_the_keyboard(show: Show) -> None:
    page = show(VERDICTS["flipped"]()._repr_html_())
    nudge, more = page.get_by_text("pad first, then move"), page.get_by_text("Try this in a cell of its own")
    expect(nudge).to_be_hidden()
    page.locator("summary", has_text="12 cases pass.").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(nudge).to_be_visible()
    expect(more).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(more).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "A case to try: Stride and padding"


def test_what_scrolls_is_reached_with_the_keyboard(show: Show) -> None:
    page = show(VERDICTS["raised"]()._repr_html_(), width=300)
    box = page.get_by_role("region", name="What differs: A frame of zeros")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


def test_a_screen_reader_hears_a_table_with_its_heads(show: Show) -> None:
    page = show(VERDICTS["flipped"]()._repr_html_())
    table = page.get_by_role("table", name="What differs: the first 3 of 11 cases")
    for head in ("Expected", "Yours"):
        expect(table.get_by_role("columnheader", name=head)).to_be_visible()
    expect(table.get_by_role("rowheader")).to_have_count(3)
