"""The pooling figure in a browser: forward, and the gradient's way back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from convcourse import figures, operations
from convcourse.figures.numbers import show as written

Show = Callable[..., Page]

X = np.array([[2, 5, 1, 0, 3], [5, 4, 2, 6, 1], [0, 1, 3, 3, 8], [2, 9, 3, 1, 0], [1, 0, 4, 2, 7]])  # with ties


def pooling(**options: object) -> str:
    return figures.pooling(X, **options)._repr_html_()  # type: ignore[arg-type]


def table(page: Page | Locator, name: str) -> list[list[str]]:
    told = page.get_by_role("img", name=name).get_attribute("aria-label") or ""
    return [row.split() for row in told.partition(": ")[2].split("; ")]


def shown(array: np.ndarray) -> list[list[str]]:
    return [[written(value) for value in row] for row in array.tolist()]


def pick(page: Page | Locator, group: str, words: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_text(words, exact=True).click()


def fill(page: Page | Locator) -> None:
    """Press the button, where not everything is there already."""
    button = page.get_by_role("button", name="Fill all")
    if button.is_enabled():
        button.click()


def window(page: Page | Locator) -> Locator:
    return page.get_by_role("slider", name="Window on the map")


def test_it_takes_the_place_of_the_still(show: Show) -> None:
    page = show(pooling())
    expect(page.locator("img")).to_be_hidden()
    assert table(page, "Max-pooled") == [["5", "empty"], ["empty", "empty"]]
    expect(page.locator(".sums")).to_contain_text("max(2, 5, 5, 4) = 5")
    expect(page.locator(".sums")).to_contain_text("2 are equally large; the first is marked.")
    expect(page.locator(".size")).to_contain_text("⌊(5 − 2)/2⌋ + 1 = ⌊1.5⌋ + 1 = 2")
    expect(page.locator(".size")).to_contain_text("left over")


@pytest.mark.parametrize(("f", "s"), [(2, 1), (3, 2), (3, 3)])
@pytest.mark.parametrize("mode", ["maximum", "average"])
def test_it_pools_as_the_course_does(show: Show, f: int, s: int, mode: str) -> None:
    page = show(pooling())
    pick(page, "Keep the", mode)
    pick(page, "Window f", str(f))
    pick(page, "Stride s", str(s))
    fill(page)
    name = "Max-pooled" if mode == "maximum" else "Average-pooled"
    assert table(page, name) == shown(operations.pool2d(X, f, s, "max" if mode == "maximum" else "avg"))


def test_the_frame_never_wins_a_maximum_but_counts_in_a_mean(show: Show) -> None:
    page = show(figures.pooling(X - 10)._repr_html_())
    pick(page, "Padding p", "1")
    fill(page)
    assert table(page, "Max-pooled") == shown(operations.pool2d(X - 10, 2, 2, "max", 1))
    expect(page.locator(".sums")).to_contain_text("max(−∞, −∞, −∞, −8) = −8")
    pick(page, "Keep the", "average")
    fill(page)
    assert table(page, "Average-pooled") == shown(operations.pool2d(X - 10, 2, 2, "avg", 1))


def test_the_gradient_goes_to_the_first_winner(show: Show) -> None:
    page = show(pooling(backward=True, grad_output=[[10, 20], [30, 40]]))
    assert table(page, "Gradient of the map so far")[0] == ["0", "10", "empty", "empty", "empty"]
    expect(page.locator(".sums")).to_have_text(
        "10 arrives and goes to the first of 2 equally large entries, 5 at row 0, column 1. The others get nothing."
    )
    page.get_by_role("button", name="Step").click()
    expect(page.locator(".sums")).to_contain_text("20 arrives and goes to the largest entry, 6 at row 1, column 3.")
    fill(page)
    expected = operations.max_pool_backward(X, [[10, 20], [30, 40]])
    assert table(page, "Gradient of the map so far") == shown(expected)


def test_an_average_shares_the_gradient(show: Show) -> None:
    page = show(pooling(backward=True, grad_output=[[10, 20], [30, 40]]))
    pick(page, "Keep the", "average")
    expect(page.locator(".sums")).to_contain_text("each of the 4 entries gets 2.5.")
    fill(page)
    expected = operations.avg_pool_backward((5, 5), [[10, 20], [30, 40]])
    assert table(page, "Gradient of the map so far") == shown(expected)


def test_where_windows_overlap_gradients_add_up(show: Show) -> None:
    page = show(pooling(backward=True))
    pick(page, "Stride s", "1")
    fill(page)
    arriving = 10 * np.arange(1, 17).reshape(4, 4)
    assert table(page, "Gradient of the map so far") == shown(operations.max_pool_backward(X, arriving, 2, 1))
    expect(page.get_by_text("where windows overlap it adds up")).to_be_visible()


def test_the_window_moves_by_pointer_and_by_keyboard(show: Show) -> None:
    page = show(pooling())
    window(page).focus()
    page.keyboard.press("ArrowDown")
    expect(window(page)).to_have_attribute("aria-valuetext", "row 1, column 0")
    page.keyboard.press("End")
    expect(window(page)).to_have_attribute("aria-valuetext", "row 1, column 1")
    expect(page.get_by_role("status")).to_contain_text("Window at row 1, column 1: max(3, 3, 3, 1) = 3.")
    box = window(page).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.65)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(window(page)).to_have_attribute("aria-valuetext", "row 0, column 0")


def test_it_fits_a_telephone_and_two_share_a_page(show: Show) -> None:
    page = show([pooling(), pooling(backward=True)], width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    first, second = (page.locator("section").nth(k) for k in range(2))
    pick(second, "Keep the", "average")
    second.get_by_role("button", name="Step").click()
    expect(window(first)).to_have_attribute("aria-valuenow", "0")
    assert table(first, "Max-pooled")[0][0] == "5"


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(show: Show, axe: Callable[..., None], dark: bool) -> None:
    page = show([pooling(), pooling(backward=True)], dark=dark)
    axe(page)
    first, second = (page.locator("section").nth(k) for k in range(2))
    pick(first, "Padding p", "1")
    fill(first)
    pick(second, "Keep the", "average")
    axe(page)
