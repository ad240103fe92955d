"""The harness itself: what it must not let pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import watching

Show = Callable[..., Page]


def test_a_piece_of_html_is_shown_as_a_page(show: Show, axe: Callable[..., None]) -> None:
    opened = show('<p id="here">A sentence.</p>', width=360, dark=True)
    assert opened.locator("#here").inner_text() == "A sentence."
    assert opened.evaluate("innerWidth") == 360
    assert opened.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    axe(opened)


def test_axe_tells_of_a_picture_without_words(show: Show, axe: Callable[..., None]) -> None:
    opened = show('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')
    with pytest.raises(AssertionError, match="image-alt"):
        axe(opened)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('oh no')", "console: oh no"),
        ("throw new Error('never caught')", "not caught: Error: never caught"),
        ("fetch('https://example.org/').catch(() => 0)", "asked the network for https://example.org/"),
        ("console.warn('only a word')", ""),
    ],
)
def test_what_is_wrong_on_a_page_is_noticed(browser: Browser, script: str, complaint: str) -> None:
    context = browser.new_context()
    wrong = watching.watch(context)
    opened = context.new_page()
    opened.set_content(f"<script>{script}</script>")
    opened.wait_for_timeout(200)
    context.close()
    assert any(complaint in message for message in wrong) if complaint else wrong == []


def test_an_excuse_covers_its_own_message_alone() -> None:
    assert watching.not_excused(["console: a known one", "console: another"], ("a known",)) == ["console: another"]
