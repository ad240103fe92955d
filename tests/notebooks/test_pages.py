"""The site of the real course: nothing on it gives an answer away, and it is fit to be read anywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import lesson_files, read_lesson
from autograder.building.notebook import solved_path, student_path
from autograder.building.regions import find_regions
from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.site.build import build_site
from autograder.site.links import broken

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in lesson_files(ROOT)]
MARKS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION.*\n?", re.MULTILINE)
TELLING = 12  # characters, without spaces, from which on a line of code or of output says something

# Where a lesson prints the source of one of the course's own functions: idioms of PyTorch that answers share with it.
PRINTED = ("return nn.Sequential(", "model.train()", "model.eval()", "loss.backward()", "opt.zero_grad()", "opt.step()")


@pytest.fixture(scope="session")
def copies(run_untouched: Callable[[str], NotebookNode]) -> dict[str, NotebookNode]:
    return {name: run_untouched(name) for name in LESSONS}


@pytest.fixture(scope="session")
def site(copies: dict[str, NotebookNode], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the course, made from a checkout in which there are neither solutions nor catalogues."""
    root = tmp_path_factory.mktemp("course")
    (root / "solutions").mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith(("solutions/", "autograder/checks/catalogue/")) and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
    build_site(root, root / "site", copies)
    return root / "site"


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, str]:
    """Address on the site → HTML."""
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))
    }


# --- no answers -------------------------------------------------------------------------------------------------


def squeezed(line: str) -> str:
    return "".join(line.partition("  #")[0].split())


def lines(text: str) -> set[str]:
    """The lines of a text that say something, without spaces and comments."""
    return {told for line in text.split("\n") if len(told := squeezed(line)) >= TELLING}


def shown(html: str) -> set[str]:
    """All lines of a page, whether they are read or stand in a script or an attribute."""
    return lines(unescape(re.sub(r"</?(?:span|code|pre|div|p|td|tr|br)\b[^>]*>", "", html))) | lines(unescape(html))


def given(name: str) -> set[str]:
    """What the student's copy says itself, hints included."""
    notebook = nbformat.read(student_path(ROOT, name), as_version=nbformat.NO_CONVERT)
    return set().union(*(lines(cell.source) for cell in notebook.cells))


@cache
def solved_notebook(name: str) -> NotebookNode:
    return nbformat.read(solved_path(ROOT, name), as_version=nbformat.NO_CONVERT)


@cache
def secrets(name: str) -> frozenset[str]:
    """Lines of the lesson's solutions, of the catalogue's right answers, and of what answers have shown when run."""
    cells = read_lesson(ROOT / "solutions" / f"{name}.py", ROOT, CHECKS).cells
    found = set[str]()
    for cell in cells:
        for region in find_regions(cell.source)[0]:
            found |= lines("\n".join(cell.source.split("\n")[region.begin + 1 : region.end]))
    for answer in all_answers():
        if answer.right and CHECKS[answer.check].notebook == name:
            found |= lines(answer.source)
    for cell in solved_notebook(name).cells:
        if cell.get("id", "").startswith("answer-"):
            for output in cell.outputs:
                found |= lines(output.get("text", "") or output.data["text/plain"])
    return frozenset(found - given(name) - set(map(squeezed, PRINTED)))


@pytest.mark.parametrize("name", LESSONS)
def test_no_answer_is_on_a_lessons_page(name: str, pages: dict[str, str]) -> None:
    assert len(secrets(name)) > 20
    assert shown(pages[f"lessons/{name}.html"]) & secrets(name) == set()


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_of_a_solved_copy_would_be_noticed(name: str, copies: dict[str, NotebookNode], tmp_path: Path) -> None:
    solved = nbformat.from_dict(solved_notebook(name))
    for cell in solved.cells:
        cell.source = MARKS.sub("", cell.source)
    build_site(ROOT, tmp_path / "site", copies | {name: solved})
    assert shown((tmp_path / f"site/lessons/{name}.html").read_text(encoding="utf-8")) & secrets(name)


@pytest.mark.parametrize("name", LESSONS)
def test_values_that_are_asked_for_are_not_assigned_anywhere(name: str, pages: dict[str, str]) -> None:
    text = unescape(re.sub(r"<[^>]*>", "", pages[f"lessons/{name}.html"]))
    for cell in read_lesson(ROOT / "solutions" / f"{name}.py", ROOT, CHECKS).cells:
        for region in find_regions(cell.source)[0]:
            for line in cell.source.split("\n")[region.begin + 1 : region.end]:
                if not region.indent and re.match(r"\w+ = ", line):
                    assert not re.search(rf"^{re.escape(line.partition('  #')[0].strip())}\b", text, re.MULTILINE), line


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_shows_the_students_copy_and_what_it_draws(
    name: str, pages: dict[str, str], copies: dict[str, NotebookNode]
) -> None:
    page = pages[f"lessons/{name}.html"]
    figures = [
        output.data["text/html"]
        for cell in copies[name].cells
        if cell.cell_type == "code" and not cell.id.startswith("check-")
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert figures
    assert [html[:80] for html in figures if html not in page] == []  # to the letter, scripts included
    code = "\n".join(cell.source for cell in copies[name].cells if cell.cell_type == "code")
    assert lines(code) - shown(page) == set()


# --- fit to be read ---------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, *names: str) -> Iterator[dict[str, str | None]]:
        return (attributes for tag, attributes in self.tags if tag in names)


def test_every_page_has_a_language_a_title_and_headings_in_order(pages: dict[str, str]) -> None:
    titles = set()
    for name, html in pages.items():
        outline = Outline(html)
        assert [attributes["lang"] for attributes in outline.named("html")] == ["en-GB"], name
        titles.add(re.findall(r"<title>([^<]+)</title>", html)[0])
        assert len(list(outline.named("main"))) == 1, name
        levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), (name, levels)
    assert len(titles) == len(pages)


def test_every_picture_has_its_words(pages: dict[str, str]) -> None:
    count = 0
    for name, html in pages.items():
        for attributes in Outline(html).named("img"):
            assert len(attributes.get("alt") or "") > 10, name
            count += 1
    assert count > 30


def test_nothing_comes_from_elsewhere_and_scripts_only_with_figures(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        outline = Outline(html)
        policy = unescape(re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[0])
        assert "default-src 'none'" in policy
        assert "http" not in policy
        scripts = len(list(outline.named("script")))
        assert scripts == html.count('<div class="convcourse-figure"'), name
        assert ("script-src 'none'" in policy) == (not name.startswith("lessons/")), name
        for attributes in outline.named("script", "img", "iframe", "source", "link", "object", "embed"):
            for key in ("src", "href", "data"):
                assert not re.match(r"(?:https?:)?//", attributes.get(key) or ""), (name, attributes)
        for style in re.findall(r"(?s)<style>(.*?)</style>", html):
            assert "url(" not in style
            assert "@import" not in style


def test_formulas_are_mathml(pages: dict[str, str]) -> None:
    assert pages["lessons/02_convolution.html"].count("<math") > 20
    for name, html in pages.items():
        words = re.sub(r"(?s)<(script|pre|code)\b.*?</\1>", "", html)
        assert not re.search(r"\$\$|\\frac|\\sum|\\\(", unescape(re.sub(r"<[^>]*>", "", words))), name


def test_all_links_lead_somewhere(site: Path) -> None:
    assert broken(site) == []
