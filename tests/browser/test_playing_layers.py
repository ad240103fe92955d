"""The network figure in a browser: read by mouse and by keyboard, changed, broken and mended."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from convcourse import figures, networks

Show = Callable[..., Page]


def lenet(**options: object) -> str:
    return figures.network(networks.lenet5(), (3, 32, 32), **options)._repr_html_()  # type: ignore[arg-type]


def chosen(page: Page | Locator) -> Locator:
    return page.locator(".block[aria-pressed=true]")


def derived(page: Page | Locator, term: str) -> str:
    return page.locator(f".chosen dt:text-is('{term}') + dd").inner_text()


def field(page: Page | Locator, name: str, value: int) -> None:
    box = page.get_by_label(name, exact=True)
    box.fill(str(value))
    box.press("Enter")


def test_it_takes_the_place_of_the_still(show: Show) -> None:
    page = show(lenet())
    expect(page.locator("img")).to_be_hidden()
    expect(page.locator(".block")).to_have_count(13)
    expect(page.locator(".total")).to_have_text("62,958 parameters · 849,320 multiply–adds")


def test_a_block_tells_where_its_numbers_come_from(show: Show) -> None:
    page = show(lenet())
    page.locator(".block", has_text="Conv2d").nth(1).click()
    assert derived(page, "parameters").startswith("16 filters of 5·5·8 weights and a bias: (5·5·8 + 1)·16 = 3,216")
    assert derived(page, "multiply–adds").startswith("16·10·10 numbers of 5·5·8 products each: 1,600·200 = 320,000")
    assert derived(page, "shape").startswith("16×10×10. Rows and columns ⌊(14 + 2·0 − 5)/1⌋ + 1 = 10")


def test_the_keyboard_walks_through_the_blocks(show: Show) -> None:
    page = show(lenet())
    chosen(page).focus()
    page.keyboard.press("End")
    expect(page.locator(".chosen .heading")).to_have_text("Layer 12: Linear")
    page.keyboard.press("ArrowLeft")
    expect(chosen(page)).to_be_focused()
    expect(page.locator(".chosen .heading")).to_have_text("Layer 11: ReLU")
    page.keyboard.press("Home")
    expect(page.locator(".chosen .heading")).to_have_text("What goes in")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(page.locator(".block")).to_have_count(12)
    expect(chosen(page)).to_be_focused()
    expect(page.locator("[role=status]")).to_contain_text("Conv2d removed. ")
    expect(page.locator("[role=status]")).to_contain_text("Layer 1: ReLU")


def test_a_change_runs_through_the_whole_network(show: Show) -> None:
    page = show(lenet(), reduced_motion=True)
    page.wait_for_timeout(400)
    expect(page.locator("[role=status]")).to_have_text("")  # nothing is said before the reader does something
    page.locator(".block", has_text="Conv2d").first.click()
    field(page, "filters", 6)
    expect(page.locator("[role=status]")).to_contain_text("filters 6. ")
    expect(page.locator(".block", has_text="Conv2d").first).to_contain_text("6×28×28")
    total = 6 * 76 + 16 * (25 * 6 + 1) + 48_120 + 10_164 + 850
    expect(page.locator(".total")).to_contain_text(f"{total:,} parameters")
    page.get_by_label("bias").uncheck()
    expect(page.locator(".total")).to_contain_text(f"{total - 6:,} parameters")
    page.locator(".block").first.click()
    field(page, "channels", 1)
    expect(page.locator(".total")).to_contain_text(f"{total - 6 - 6 * 50:,} parameters")
    page.get_by_role("button", name="As it was").click()
    expect(page.locator(".total")).to_contain_text("62,958 parameters")


def test_what_does_not_fit_is_told_and_can_be_mended(show: Show) -> None:
    page = show(lenet())
    page.locator(".block", has_text="Conv2d").nth(1).click()
    field(page, "window", 15)
    alarm = page.locator(".alarm")
    expect(alarm).to_have_text(
        "Layer 4, Conv2d 15×15, does not fit. The window is larger than what comes in: 15×15 on 14×14."
    )
    expect(page.locator("[role=status]")).to_contain_text("does not fit")
    expect(page.locator(".block.misfit")).to_contain_text("does not fit")
    expect(page.locator(".block").last).to_contain_text("?")
    expect(page.locator(".total")).to_have_text("No total: a layer does not fit.")
    field(page, "padding", 1)
    expect(alarm).to_be_hidden()
    expect(page.locator(".block.misfit")).to_have_count(0)


def test_layers_are_added_moved_and_taken_away(show: Show) -> None:
    page = show(lenet())
    page.locator(".block", has_text="Conv2d").first.click()
    page.get_by_label("Add behind it:").select_option("BatchNorm2d")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".chosen .heading")).to_have_text("Layer 2: BatchNorm2d")
    assert derived(page, "parameters").startswith("A scale and a shift for each of 8 channels: 2·8 = 16")
    page.get_by_role("button", name="Later").click()
    expect(page.locator(".chosen .heading")).to_have_text("Layer 3: BatchNorm2d")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".total")).to_contain_text("62,958 parameters")


def test_a_budget_says_what_is_too_much(show: Show) -> None:
    page = show(lenet(budget=(20_000, 1_000_000)))
    expect(page.locator(".total")).to_have_text(
        "62,958 parameters, 42,958 too many ✗ · 849,320 multiply–adds of 1,000,000 ✓"
    )


def test_two_in_one_page_do_not_disturb_each_other(show: Show) -> None:
    page = show([lenet(), lenet()])
    first, second = page.locator(".convcourse-figure").all()
    first.locator(".block").first.click()
    field(first, "rows", 64)
    expect(first.locator(".block").first).to_contain_text("3×64×32")
    expect(second.locator(".block").first).to_contain_text("3×32×32")
    expect(second.locator(".total")).to_have_text("62,958 parameters · 849,320 multiply–adds")


@pytest.mark.parametrize(("width", "dark"), [(760, False), (360, False), (760, True)])
def test_it_is_accessible_and_fits(
    show: Show, axe: Callable[..., None], screenshot: Callable[..., object], width: int, dark: bool
) -> None:
    page = show(lenet(budget=(20_000, 1_000_000)), width=width, dark=dark)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".block", has_text="Conv2d").nth(1).click()
    field(page, "window", 15)
    axe(page)
    screenshot(page, f"layers-{width}{'-dark' if dark else ''}", full_page=True)


def test_its_letters_are_large_enough_and_its_buttons_too(show: Show) -> None:
    page = show(lenet(), width=360)
    sizes = page.evaluate(
        "[...document.querySelector('.convcourse-live').shadowRoot.querySelectorAll('.box *')]"
        ".filter((one) => one.textContent && !one.children.length)"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 12
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_without_scripts_the_still_is_seen(show: Show) -> None:
    page = show(re.sub(r"<script>.*</script>", "", lenet(), flags=re.S))
    expect(page.locator("img")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("In all 62,958 parameters"))).to_be_visible()
