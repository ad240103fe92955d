"""The site to read: its texts, its links, and how it is put together, on a small course."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.site import audiences
from autograder.site.addresses import Addresses, relative
from autograder.site.build import build_site
from autograder.site.copies import run_copies, run_copy
from autograder.site.lessons import lesson_body
from autograder.site.links import broken
from autograder.site.text import Page, SiteError, parts

README = """\
# A course

What it is. See [the lesson](notebooks/07_toy/07_toy.ipynb) and [the numbers](docs/numbers.md#how-many).

![A picture](.github/images/picture.png)

## Three commands

```console
# ## no heading
$ make
```

## For students

Read the [licence](LICENSE), or [look in here](solutions).

## For instructors

Give it out.

### What code can do

Nothing.

## Speed

Fast.

## For maintainers

See [CONTRIBUTING](CONTRIBUTING.md).
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of one lesson, with the texts that the site is made of."""
    root = tmp_path / "course"
    for name, text in {
        "README.md": README,
        "CONTRIBUTING.md": "# Changing it\n\n## A lesson\n\nBy hand.\n",
        "LICENSE": "Free.\n",
        "docs/numbers.md": "# Numbers\n\n## How many\n\nThree.\n",
        "benchmarks/times.md": "# Times\n\nShort.\n",
        "solutions/07_toy.py": "secret = 1\n",
        "pyproject.toml": '[project]\nurls.Repository = "https://github.com/them/course"\n',
        ".github/images/picture.png": "no real picture",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / "notebooks/07_toy").mkdir(parents=True)
    nbformat.write(toy(), root / "notebooks/07_toy/07_toy.ipynb")
    return root


def toy(**changes: str) -> NotebookNode:
    """A student's copy; `changes` are cell id → another source."""
    sources = {
        "words": "# 07 · A toy\n\n$x^2$\n\n| | |\n|---|---|\n| Time | short |\n\n## Exercise 1 · One · 1 point",
        "shown": "print('3 < 4')\n6 * 7",
        "answer-one": "one = ...  # a number",
        "check-one": "print('not attempted')",
    } | changes
    cells = [
        (nbformat.v4.new_markdown_cell if name == "words" else nbformat.v4.new_code_cell)(source, id=name)
        for name, source in sources.items()
    ]
    return nbformat.v4.new_notebook(cells=cells)


def ran(notebook: NotebookNode) -> NotebookNode:
    """As after a run, without one."""
    stream = nbformat.v4.new_output("stream", text="3 < 4\n")
    result = nbformat.v4.new_output("execute_result", {"text/plain": "42"}, execution_count=1)
    figure = nbformat.v4.new_output(
        "display_data",
        {"text/html": "<div id='fig'><img src='data:,'><script>let x = 1 < 2</script></div>", "text/plain": "A figure"},
    )
    notebook.cells[1].outputs = [stream, result, figure]
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="not attempted\n")]
    return notebook


def plain(link: str) -> str:
    return link


# --- texts ------------------------------------------------------------------------------------------------------


def test_a_text_is_divided_by_its_headings_of_the_second_level() -> None:
    found = parts(README)
    assert list(found) == ["", "Three commands", "For students", "For instructors", "Speed", "For maintainers"]
    assert "\n".join(found.values()) == README
    assert "no heading" in found["Three commands"]
    assert "What code can do" in found["For instructors"]


def test_headings_have_levels_words_and_anchors_of_their_own() -> None:
    page = Page(plain)
    html = page.render("## `conv2d` and *more*\n\n## Exercise 7 · Size · 2 points\n\n### A – b?\n\n### A b", shift=-1)
    assert [(heading.level, heading.words) for heading in page.headings[:2]] == [
        (1, "conv2d and more"),
        (1, "Exercise 7 · Size · 2 points"),
    ]
    assert [heading.anchor for heading in page.headings] == ["conv2d-and-more", "exercise-7", "a-b", "a-b-1"]
    assert '<h1 id="exercise-7">' in html
    assert "</h2>" in html


def test_formulas_are_mathml_and_one_that_cannot_be_is_refused() -> None:
    html = Page(plain).render("Inline $a_1$.\n\n$$\\frac{1}{2}$$\n\nA price of 5$ or 6$.")
    assert html.count("<math") == 2
    assert "5$ or 6$" in html
    with pytest.raises(SiteError, match="latex2mathml cannot read"):
        Page(plain).render("$\\begin{matrix}$")


def test_a_table_without_words_in_its_head_has_none() -> None:
    assert "<thead>" not in Page(plain).render("| | |\n|---|---|\n| a | b |\n")
    html = Page(plain).render("| a | |\n|---|---|\n| a | b |\n")
    assert "<thead>" in html
    assert "<th></th>" not in html


# --- addresses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("notebooks/07_toy/07_toy.ipynb", "lessons/07_toy.html"),
        ("docs/numbers.md#how-many", "docs/numbers.html#how-many"),
        ("LICENSE", "https://github.com/them/course/blob/main/LICENSE"),
        ("solutions", "https://github.com/them/course/tree/main/solutions"),
        ("#speed", "#speed"),
        ("https://example.org/a?b#c", "https://example.org/a?b#c"),
        (".github/images/picture.png", "images/picture.png"),
    ],
)
def test_links_lead_where_the_site_has_things(course: Path, link: str, leads_to: str) -> None:
    addresses = Addresses(course, "https://github.com/them/course", {"docs/numbers.md": "docs/numbers.html"})
    assert addresses.seen_from("index.html")(link) == leads_to
    assert (addresses.files != {}) == link.endswith(".png")


def test_links_are_seen_from_where_they_stand(course: Path) -> None:
    addresses = Addresses(course, "https://github.com/them/course", {"README.md": "index.html"})
    assert addresses.seen_from("docs/numbers.html", "docs/numbers.md")("../README.md") == "../index.html"
    assert relative("lessons/07_toy.html", "index.html") == "../index.html"
    with pytest.raises(SiteError, match=r"points to docs/gone\.md"):
        addresses.seen_from("docs/numbers.html", "docs/numbers.md")("gone.md")


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ('<a href="b.html">', "there is no such file"),
        ('<a href="#c">', "there is no such anchor"),
        ('<a href="a.html#c">', "there is no such anchor"),
        ('<a href="../up.html">', "leaves the site"),
        ('<a href="/a.html">', "leads nowhere"),
        ('<a href="">', "leads nowhere"),
        ('<a href="http://example.org/">', "no well formed address"),
        ('<a href="https://localhost/x">', "no well formed address"),
        ('<a href="https://exa mple.org/">', "no well formed address"),
        ('<a href="javascript:x">', "no well formed address"),
        ('<a href="//example.org/">', "no well formed address"),
        ('<script src="https://example.org/x.js"></script>', "fetches this from elsewhere"),
        ('<img src="https://example.org/x.png" alt="">', "fetches this from elsewhere"),
        ('<link rel="stylesheet" href="https://example.org/x.css">', "fetches this from elsewhere"),
        ('<a href="data:text/html,x">', "no well formed address"),
        ('<p id="x"></p><p id="x">', "more than once"),
    ],
)
def test_every_faulty_link_is_told_with_its_page(tmp_path: Path, html: str, told: str) -> None:
    (tmp_path / "up.html").touch()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/a.html").write_text(html, encoding="utf-8")
    (fault, *_) = broken(tmp_path / "site")
    assert fault.startswith("a.html: ")
    assert told in "\n".join(broken(tmp_path / "site"))


def test_sound_links_are_not_complained_of(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.html").write_text(
        '<h2 id="x">X</h2><a href="b/c.html#y"></a><a href="#x"></a><a href="https://example.org/a_(b)?c=d&amp;e#f">'
        '</a><img alt="" src="data:image/png;base64,xx">',
        encoding="utf-8",
    )
    (tmp_path / "b/c.html").write_text('<h2 id="y">Y</h2><a href="../a.html#x"></a>', encoding="utf-8")
    assert broken(tmp_path) == []


# --- lessons ----------------------------------------------------------------------------------------------------


def test_a_lessons_page_shows_outputs_as_they_are_and_none_of_checks() -> None:
    html = lesson_body(ran(toy()), Page(plain))
    assert "3 &lt; 4" in html
    assert ">42<" in html
    assert "<div id='fig'><img src='data:,'><script>let x = 1 < 2</script></div>" in html
    assert "A figure" not in html  # only the richest of its forms
    assert ">not attempted\n<" not in html
    assert html.index("For your answer") < html.index("answers at once")


@pytest.mark.parametrize("mark", ["### BEGIN SOLUTION", "### END SOLUTION", "### BEGIN HIDDEN TESTS"])
def test_a_notebook_that_is_no_students_is_refused(mark: str) -> None:
    with pytest.raises(SiteError, match="cell answer-one is no student's"):
        lesson_body(toy(**{"answer-one": f"{mark}\none = 1"}), Page(plain))


def test_an_output_that_the_page_cannot_show_is_refused() -> None:
    notebook = ran(toy())
    notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", {"image/png": "xx", "text/plain": "a picture"})]
    with pytest.raises(SiteError, match=r"cell shown .*image/png"):
        lesson_body(notebook, Page(plain))
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stderr", text="oh")]
    with pytest.raises(SiteError, match=r"cell shown .*stderr"):
        lesson_body(notebook, Page(plain))


# --- the whole --------------------------------------------------------------------------------------------------


def build(course: Path, notebook: NotebookNode | None = None) -> Path:
    build_site(course, course / "site", {"07_toy": notebook or ran(toy())})
    return course / "site"


def test_the_site_has_a_page_for_each_lesson_audience_and_text(course: Path) -> None:
    site = build(course)
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert found == {
        *("index.html", "student.html", "instructor.html", "maintainer.html", "lessons/07_toy.html"),
        *("docs/numbers.html", "benchmarks/times.html", "notebooks/07_toy.ipynb", "images/picture.png"),
    }
    assert (site / "notebooks/07_toy.ipynb").read_bytes() == (course / "notebooks/07_toy/07_toy.ipynb").read_bytes()


def test_a_second_build_is_the_same_to_the_byte(course: Path) -> None:
    first = {path.name: path.read_bytes() for path in build(course).rglob("*.*") if path.is_file()}
    assert {path.name: path.read_bytes() for path in build(course).rglob("*.*") if path.is_file()} == first


def test_nothing_is_read_from_the_solutions(course: Path) -> None:
    shutil.rmtree(course / "solutions")
    (course / "README.md").write_text(README.replace("[look in here](solutions)", "look"), encoding="utf-8")
    build(course)


def break_link(course: Path) -> NotebookNode | None:
    (course / "docs/numbers.md").write_text("# Numbers\n", encoding="utf-8")
    return None


def lose_part(course: Path) -> NotebookNode | None:
    (course / "README.md").write_text(README.replace("## Speed", "## Pace"), encoding="utf-8")
    return None


def skip_level(course: Path) -> NotebookNode | None:
    return ran(toy(words="# 07 · A toy\n\n### Too low"))


def two_titles(course: Path) -> NotebookNode | None:
    return ran(toy(words="# 07 · A toy\n\n# Another"))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (break_link, r"index\.html: docs/numbers\.html#how-many: there is no such anchor"),
        (lose_part, "README.md has no part “Speed”"),
        (skip_level, "“Too low” is of level 3, under one of 1"),
        (two_titles, "one heading of the first level"),
    ],
)
def test_a_faulty_site_is_told_and_the_old_one_stays(
    course: Path, spoil: Callable[[Path], NotebookNode | None], told: str
) -> None:
    before = {path: path.read_bytes() for path in build(course).rglob("*") if path.is_file()}
    notebook = spoil(course)
    with pytest.raises(SiteError, match=told):
        build(course, notebook)
    assert {path: path.read_bytes() for path in (course / "site").rglob("*") if path.is_file()} == before
    assert [path.name for path in course.iterdir() if path.name.endswith(".tmp")] == []


def test_each_audience_is_told_what_the_texts_say(course: Path) -> None:
    site = build(course)
    texts = {
        name: (site / f"{name}.html").read_text(encoding="utf-8") for name in ("student", "instructor", "maintainer")
    }
    assert "Give it out." in texts["instructor"]
    assert '<h1 id="for-instructors">' in texts["instructor"]
    assert '<h2 id="what-code-can-do">' in texts["instructor"]
    assert '<h2 id="changing-it">' in texts["maintainer"]
    assert '<h3 id="a-lesson">' in texts["maintainer"]
    assert 'href="benchmarks/times.html"' in texts["maintainer"]
    assert 'href="docs/numbers.html"' in texts["instructor"]


def test_every_part_of_the_readme_is_on_one_page() -> None:
    root = Path(__file__).parents[2]
    taken = [wanted for audience in audiences.AUDIENCES for name, wanted in audience.takes if name == "README.md"]
    assert sorted(map(str, taken)) == sorted(parts((root / "README.md").read_text(encoding="utf-8")))


# --- running ----------------------------------------------------------------------------------------------------


def test_copies_are_run_once_and_again_when_something_has_changed(course: Path, tmp_path: Path) -> None:
    said: list[str] = []
    first = run_copies(course, tmp_path / "runs", say=said.append)
    assert [output.get("text") for output in first["07_toy"].cells[1].outputs][:1] == ["3 < 4\n"]
    assert run_copies(course, tmp_path / "runs", say=said.append) == first
    (course / "convcourse").mkdir()
    (course / "convcourse/new.py").write_text("x = 1\n", encoding="utf-8")
    run_copies(course, tmp_path / "runs", say=said.append)
    running, before = "07_toy: running the student's copy", "07_toy: as it ran before"
    assert said == [running, before, running]


def test_a_copy_that_fails_is_told_with_its_cell() -> None:
    with pytest.raises(SiteError, match="cell shown: ZeroDivisionError"):
        run_copy(toy(shown="1 / 0"))


def test_a_course_without_notebooks_has_no_site(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="holds no notebooks"):
        run_copies(tmp_path, tmp_path / "runs")
