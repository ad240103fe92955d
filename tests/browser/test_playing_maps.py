"""Feature maps in a browser: another image, another map, another stage, and the window behind a number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from playwright.sync_api import Page, expect
from torch import nn

from convcourse import figures
from convcourse.figures.feature_maps import maps

Show = Callable[..., Page]
SIDE = 12


def made(n: int = 2, channels: int = 3, stride: int = 1) -> tuple[torch.Tensor, nn.Conv2d]:
    random = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(channels, 6, 3, stride=stride, padding=1)
    with torch.no_grad():
        conv.weight.copy_(torch.randn(conv.weight.shape, generator=random))
        conv.bias.zero_()  # type: ignore[union-attr]
    return torch.randn(n, channels, SIDE, SIDE, generator=random), conv


def told(page: Page) -> str:
    return page.locator(".note").inner_text()


def grey(page: Page, selector: str, i: int, j: int) -> int:
    """The brightness of one number on a canvas, from 0 to 255."""
    return int(
        page.locator(selector).first.evaluate(
            "(canvas, [i, j]) => canvas.getContext('2d').getImageData(j, i, 1, 1).data[0]", [i, j]
        )
    )


def test_the_pictures_are_the_numbers(show: Show) -> None:
    images, conv = made(channels=1)
    page = show(maps(images, conv)._repr_html_())
    with torch.no_grad():
        right = conv(images)[0]
    for k in (0, 4):
        wanted = (right[k] - right[k].min()) / (right[k].max() - right[k].min()) * 255
        for i, j in ((0, 0), (5, 7), (11, 11)):
            assert abs(grey(page, f".small li:nth-child({k + 1}) canvas", i, j) - wanted[i, j]) <= 1
    page.locator(".small button").nth(4).click()
    assert abs(grey(page, ".views .panel:nth-child(2) canvas", 3, 3) - wanted[3, 3]) <= 1


def test_a_map_is_chosen_by_mouse_and_by_keyboard(show: Show) -> None:
    page = show(maps(*made())._repr_html_())
    page.get_by_role("button", name="map 3,").click()
    expect(page.locator(".views .title", has_text="map 3")).to_be_visible()
    expect(page.locator(".views .title", has_text="filter 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="map 4,")).to_be_focused()
    expect(page.get_by_role("button", name="map 4,")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Home")
    expect(page.locator(".views .title", has_text="map 0")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="map 0,")).to_be_focused()
    expect(page.locator("[role=status]")).to_contain_text("map 0, from")


def test_another_image_keeps_the_map(show: Show) -> None:
    page = show(maps(*made(), titles=["left one", "right one"])._repr_html_())
    page.get_by_role("button", name="map 2,").click()
    before = told(page)
    page.get_by_role("radio", name="right one").check(force=True)
    expect(page.locator(".views .title", has_text="right one")).to_be_visible()
    expect(page.locator(".views .title", has_text="map 2")).to_be_visible()
    assert told(page) != before


def test_a_place_on_the_map_tells_its_value_and_its_window(show: Show) -> None:
    images, conv = made(stride=2)
    page = show(maps(images, conv)._repr_html_())
    large = page.locator(".views .panel:nth-child(2) .view")
    box = large.bounding_box()
    assert box is not None
    large.click(position={"x": box["width"] * 4.5 / 6, "y": box["height"] * 1.5 / 6})
    with torch.no_grad():
        value = conv(images)[0, 0, 1, 4].item()
    words = told(page)
    assert words.startswith("Map 0, row 1, column 4: about ")
    assert abs(float(words.split("about ")[1].split(". ")[0].replace("−", "-")) - value) < 0.1
    assert "rows 1 to 3 and columns 7 to 9 of the input" in words
    expect(page.get_by_role("slider", name="column")).to_have_value("4")
    page.get_by_role("slider", name="row").focus()
    page.keyboard.press("ArrowRight")
    assert told(page).startswith("Map 0, row 2, column 4")
    assert page.locator(".views .panel:first-child rect").first.get_attribute("y") == "3"


def test_stages_are_switched(show: Show) -> None:
    images, conv = made()
    other = nn.Conv2d(3, 6, 3, padding=1)
    page = show(maps(images, {"before": conv, "after": other})._repr_html_())
    expect(page.locator(".views .title", has_text="map 0, after")).to_be_visible()
    after = page.locator(".filter").first.inner_text()
    page.get_by_role("radio", name="before").check(force=True)
    expect(page.locator(".views .title", has_text="map 0, before")).to_be_visible()
    assert page.locator(".filter").first.inner_text() != after


def test_one_scale_makes_maps_comparable(show: Show) -> None:
    weak = torch.linspace(-1, 1, 9).view(1, 1, 3, 3)
    page = show(maps(torch.zeros(1, 1, 3, 3), maps=torch.cat([weak, 10 * weak], 1))._repr_html_())
    assert grey(page, ".small li:first-child canvas", 2, 2) == 255
    page.get_by_label("one scale for all maps").check()
    assert abs(grey(page, ".small li:first-child canvas", 2, 2) - 255 * 11 / 20) <= 1
    expect(page.locator(".ends")).to_contain_text("−10 black")


def test_maps_without_filters_show_none(show: Show) -> None:
    page = show(maps(torch.zeros(1, 1, 3, 3), maps=torch.rand(1, 3, 4, 4))._repr_html_())
    expect(page.locator(".views .title", has_text="filter")).to_be_hidden()
    assert told(page).endswith(".")
    assert "of the input" not in told(page)


def test_two_in_one_page_do_not_disturb_each_other(show: Show) -> None:
    html = maps(*made())._repr_html_()
    page = show([html, html])
    first, second = page.locator(".convcourse-figure").all()
    first.get_by_role("button", name="map 5,").click()
    first.get_by_role("radio", name="image 1").check(force=True)
    expect(first.locator(".title", has_text="map 5")).to_be_visible()
    expect(second.locator(".title", has_text="map 0")).to_be_visible()
    expect(second.get_by_role("radio", name="image 0")).to_be_checked()


@pytest.mark.parametrize(("width", "dark"), [(760, False), (360, False), (760, True)])
def test_it_is_accessible_and_fits(
    show: Show, axe: Callable[..., None], screenshot: Callable[..., object], width: int, dark: bool
) -> None:
    images, conv = made(4)
    page = show(figures.maps(images, {"before": conv, "after": conv})._repr_html_(), width=width, dark=dark)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, f"maps-{width}{'-dark' if dark else ''}", full_page=True)
