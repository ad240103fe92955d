"""A finished training run in a browser, read point by point."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from convcourse import figures

Show = Callable[..., Page]


def run(epochs: int = 20) -> str:
    curves = figures.training(epochs)
    for epoch in range(1, epochs + 1):
        accuracy = {"validation": 0.5 + 0.4 * epoch / epochs} if epoch % 2 == 0 else {}
        curves.add(epoch, loss={"training": 2 / epoch, "validation": 2.5 / epoch}, accuracy=accuracy)
    return curves.figure._repr_html_()


def read(page: Page | Locator) -> list[str]:
    """The words of the table: its head, then its rows."""
    return [row.replace("\t", " ") for row in page.locator(".read tr").all_inner_texts()]


def test_the_last_epoch_is_read_first(show: Show) -> None:
    page = show(run())
    assert read(page) == ["epoch 20 loss accuracy", "training 0.100 –", "validation 0.125 0.900"]


def test_the_keyboard_reads_epoch_by_epoch(show: Show) -> None:
    page = show(run())
    page.get_by_role("slider", name="epoch").focus()
    page.keyboard.press("ArrowLeft")
    assert read(page)[0] == "epoch 19 loss accuracy"
    page.keyboard.press("Home")
    assert read(page) == ["epoch 1 loss accuracy", "training 2.000 –", "validation 2.500 –"]
    expect(page.locator("[role=status]")).to_have_text(
        "Epoch 1. training: loss 2.000 . validation: loss 2.500 ", use_inner_text=False
    )


def test_the_pointer_reads_the_nearest_epoch(show: Show) -> None:
    page = show(run())
    panel = page.get_by_role("img", name="loss over the epochs")
    box = panel.bounding_box()
    assert box is not None
    left, right = 46, box["width"] - 12
    page.mouse.move(box["x"] + left + (right - left) * (5.2 - 1) / 19, box["y"] + 80)
    assert read(page)[0] == "epoch 5 loss accuracy"
    expect(page.get_by_role("slider", name="epoch")).to_have_attribute("aria-valuetext", "5")
    assert panel.locator("circle").count() == 2


def test_the_later_half_can_be_seen_closer(show: Show) -> None:
    page = show(run())
    panel = page.get_by_role("img", name="loss over the epochs")
    assert "2" in panel.locator("text").all_text_contents()
    page.get_by_label("zoom in on the later half").check()
    assert "2" not in panel.locator("text").all_text_contents()
    assert "0.15" in panel.locator("text").all_text_contents()


def test_a_run_without_numbers_or_with_one_epoch_is_shown(show: Show) -> None:
    empty, one = figures.training(3), figures.training(1)
    one.add(1, loss={"training": 0.5}, accuracy={"test": 0.75})
    page = show([empty.figure._repr_html_(), one.figure._repr_html_()])
    first, second = page.locator(".convcourse-figure").all()
    expect(first.locator(".convcourse-live")).to_be_attached()
    assert read(second) == ["epoch 1 loss accuracy", "training 0.500 –", "test – 0.750"]


def test_two_in_one_page_do_not_disturb_each_other(show: Show) -> None:
    page = show([run(), run()])
    first, second = page.locator(".convcourse-figure").all()
    first.get_by_role("slider", name="epoch").focus()
    page.keyboard.press("Home")
    assert read(first)[0] == "epoch 1 loss accuracy"
    assert read(second)[0] == "epoch 20 loss accuracy"


@pytest.mark.parametrize(("width", "dark"), [(760, False), (360, False), (760, True)])
def test_it_is_accessible_and_fits(
    show: Show, axe: Callable[..., None], screenshot: Callable[..., object], width: int, dark: bool
) -> None:
    page = show(run(), width=width, dark=dark)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, f"training-{width}{'-dark' if dark else ''}", full_page=True)
