"""A real browser for the tests of this folder: Debian's Chromium, driven by Playwright, with the network off.

`page` is an empty page, `show` one that has a piece of HTML in it, `lab` a JupyterLab server with the student's
notebooks, `axe` the accessibility run. A test fails, whatever else it asks, when its page has put an error on the
console or has asked for anything outside of this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import lab_server, watching

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "")  # another browser of that family, by its path
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = HERE / "node_modules/axe-core/axe.min.js"
SHOTS = os.environ.get("SCREENSHOTS", "")  # a folder that keeps what the tests have seen; left out, it is forgotten

# As much of a page as a figure needs around it to be judged by itself.
AROUND = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A figure</title>
<style>:root {{ color-scheme: light dark }} body {{ margin: 8px; font-family: sans-serif }}</style></head>
<body><main><h1>A figure</h1>
{html}
</main></body>
</html>
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The server and the browser start once; what uses JupyterLab comes last, so that quick tests fail first."""
    here = [item for item in items if HERE in item.path.parents]
    ordered = iter(sorted(here, key=lambda item: "lab" in getattr(item, "fixturenames", ())))
    items[:] = [next(ordered) if HERE in item.path.parents else item for item in items]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, one for all tests."""
    program = CHROMIUM or next(filter(None, map(shutil.which, NAMES)), "")
    if not program:
        pytest.fail("there is no Chromium: sudo apt install chromium, or name one by CHROMIUM=/path/to/it")
    # Its own sandbox wants rights that root in a container has not; it opens nothing here but our own pages.
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=flags)
        yield running
        running.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """new_page(width=760, height=900, dark=False, reduced_motion=False, excused=()): a page of its own.

    What is wrong on any of them fails the test at its end. `excused` are patterns of messages that this test expects.
    """
    opened: list[tuple[BrowserContext, list[str], tuple[str, ...]]] = []

    def open_page(
        width: int = 760,
        height: int = 900,
        *,
        dark: bool = False,
        reduced_motion: bool = False,
        excused: tuple[str, ...] = (),
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce" if reduced_motion else "no-preference",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(30_000)
        opened.append((context, watching.watch(context), excused))
        return context.new_page()

    yield open_page
    found = []
    for context, wrong, excused in opened:
        context.close()
        found += watching.not_excused(wrong, excused)
    if found:
        pytest.fail("the page told of errors:\n" + "\n".join(found))


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """An empty page, 760 pixels wide."""
    return new_page()


@pytest.fixture
def show(new_page: Callable[..., Page], tmp_path: Path) -> Callable[..., Page]:
    """show(html, width=760, dark=False, reduced_motion=False, …): open a piece of HTML, such as a figure's, as a file.

    `whole=True` takes the HTML for a whole page. More pieces in a list stand one below the other in one page.
    """
    count = 0

    def open_html(html: str | list[str], *, whole: bool = False, **options: Any) -> Page:
        nonlocal count
        count += 1
        text = html if isinstance(html, str) else "\n".join(f"<section>{piece}</section>" for piece in html)
        file = tmp_path / f"shown{count}.html"
        file.write_text(text if whole else AROUND.format(html=text), encoding="utf-8")
        opened = new_page(**options)
        opened.goto(file.as_uri())
        return opened

    return open_html


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """axe(page, include="body", rules_off=()): fail with a readable list if axe-core finds a violation."""
    if not AXE.is_file():
        pytest.fail("axe-core is not there: `make test-browser` installs it, or `npm ci` in tests/browser")
    source = AXE.read_text(encoding="utf-8")

    def judge(page: Page, include: str = "body", rules_off: tuple[str, ...] = ()) -> None:
        page.evaluate(source)
        rules = {rule: {"enabled": False} for rule in rules_off}
        result = page.evaluate(
            "([include, rules]) => axe.run({ include: [include] }, { rules, resultTypes: ['violations'] })",
            [include, rules],
        )
        assert result["passes"], f"axe-core found nothing to judge in {include}"
        told = [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
            + "\n".join(f"    {node['html'][:200]}\n      {node['failureSummary']}" for node in violation["nodes"])
            for violation in result["violations"]
        ]
        assert not told, "axe-core found:\n" + "\n".join(told)

    return judge


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[..., Path]:
    """screenshot(page, name, selector="", full_page=False): a PNG, kept if SCREENSHOTS names a folder."""
    folder = Path(SHOTS) if SHOTS else tmp_path

    def take(page: Page, name: str, selector: str = "", **options: Any) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        target = page.locator(selector).first if selector else page
        target.screenshot(path=path, animations="disabled", **options)
        return path

    return take


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, few_images: Path) -> Iterator[lab_server.Server]:
    """JupyterLab on a copy of notebooks/, reached by this machine alone; it ends with the tests.

    Its kernels have few images and train for two epochs.
    """
    place = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", place / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    with lab_server.running(place / "notebooks", place, few_images) as server:
        yield server


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """exported(notebook): that notebook as a page by nbconvert, as a teacher would put it on a site."""
    folder = tmp_path_factory.mktemp("exported")

    def export(notebook: Path) -> Path:
        target = folder / f"{notebook.stem}.html"
        command = [lab_server.PROGRAMS / "jupyter-nbconvert", "--to", "html", "--output", str(target), str(notebook)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return target

    return export
