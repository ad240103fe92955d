"""Each kind of live figure, moved by mouse and by keyboard, wherever it stands: a notebook, an exported page."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import FloatRect, Locator, Page

# All that a figure tells a reader, seen or heard.
TOLD = """
(figure) => {
  const root = figure.querySelector(".convcourse-live").shadowRoot;
  const heard = [...root.querySelectorAll("[aria-valuetext], [aria-label], [aria-pressed]")].map((each) =>
    ["aria-valuetext", "aria-label", "aria-pressed"].map((name) => each.getAttribute(name)).join());
  const set = [...root.querySelectorAll("input, select")].map((each) => `${each.value} ${each.checked}`);
  return [root.querySelector(".box").textContent, ...heard, ...set].join("|");
}
"""


def kinds(html: str) -> list[str]:
    """The kinds of the figures in a piece of HTML, in order."""
    return re.findall(r'\bmount\("[0-9a-f]{12}",([a-z]+),', html)


def play(page: Page, figure: Locator, kind: str) -> None:
    """Move a figure by mouse, then by keyboard. Raises AssertionError where nothing comes of it."""
    figure.scroll_into_view_if_needed()
    by_mouse, by_keyboard = MOVES[kind]
    for way, move in (("mouse", by_mouse), ("keyboard", by_keyboard)):
        before = figure.evaluate(TOLD)
        move(page, figure)
        for _ in range(40):
            if figure.evaluate(TOLD) != before:
                break
            page.wait_for_timeout(50)
        else:
            raise AssertionError(f"the {kind} figure does not move by {way}")


def _window(figure: Locator) -> Locator:
    return figure.get_by_role("slider", name=re.compile(r"^Window on the "))


def _box(drawn: Locator) -> FloatRect:
    """Where it stands on the page, once it stands still and nothing is before it, as while a lab changes its theme."""
    drawn.hover()
    box = drawn.bounding_box()
    assert box
    return box


def _drag_window(page: Page, figure: Locator) -> None:
    """From where it stands to the opposite corner."""
    grid = _window(figure)
    whole, window = _box(grid), grid.locator("rect.window").bounding_box()
    assert window
    at_end = window["x"] + window["width"] > whole["x"] + whole["width"] - 8
    page.mouse.move(window["x"] + window["width"] / 2, window["y"] + window["height"] / 2)
    page.mouse.down()
    page.mouse.move(whole["x"] + (4 if at_end else whole["width"] - 4), whole["y"] + whole["height"] / 2, steps=8)
    page.mouse.up()


def _push(page: Page, figure: Locator) -> None:
    """The first slider, by the arrow key that it has room for."""
    slider = figure.get_by_role("slider").first
    slider.focus()
    before = slider.input_value()
    for key in ("ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
        if slider.input_value() != before:
            return


def _move_window(page: Page, figure: Locator) -> None:
    grid = _window(figure)
    grid.focus()
    before = grid.get_attribute("aria-valuetext")
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        if grid.get_attribute("aria-valuetext") != before:
            return


def _slide(page: Page, figure: Locator) -> None:
    """Click on the other end of the first slider."""
    slider = figure.get_by_role("slider").first
    box = _box(slider)
    low, high, value = (float(slider.evaluate(f"(input) => input.{name}")) for name in ("min", "max", "value"))
    far = 0.95 if value - low < high - value else 0.05
    page.mouse.click(box["x"] + far * box["width"], box["y"] + box["height"] / 2)


def _choose_block(page: Page, figure: Locator) -> None:
    figure.locator(".block[aria-pressed=false]").last.click()


def _walk_blocks(page: Page, figure: Locator) -> None:
    figure.locator(".block[aria-pressed=true]").focus()
    page.keyboard.press("ArrowLeft")


def _choose_map(page: Page, figure: Locator) -> None:
    figure.locator(".small button[aria-pressed=false]").last.click()


def _walk_maps(page: Page, figure: Locator) -> None:
    figure.locator(".small button[aria-pressed=true]").focus()
    page.keyboard.press("ArrowLeft")


def _point_at_epoch(page: Page, figure: Locator) -> None:
    """The first epoch, as the last is read at first."""
    box = _box(figure.get_by_role("img").first)
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] * 0.12, box["y"] + box["height"] / 2, steps=4)


MOVES: dict[str, tuple[Callable[[Page, Locator], None], Callable[[Page, Locator], None]]] = {
    "convolution": (_drag_window, _move_window),
    "pooling": (_drag_window, _move_window),
    "size": (_slide, _push),
    "layers": (_choose_block, _walk_blocks),
    "maps": (_choose_map, _walk_maps),
    "training": (_point_at_epoch, _push),
}
