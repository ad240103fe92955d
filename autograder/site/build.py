"""The whole site, from the students' copies that have run and the repository's texts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat.notebooknode import NotebookNode
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]

from autograder.building.lesson import repository
from autograder.site import audiences
from autograder.site.addresses import Addresses, lesson_page, relative
from autograder.site.lessons import lesson_body
from autograder.site.links import broken
from autograder.site.text import Page, SiteError

COURSE = "convcourse"
LIGHT, DARK = "default", "github-dark"  # Pygments' styles
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Around:
    """What else a page offers; pages are (address on the site, title). `file` is the notebook of a lesson's page."""

    previous: tuple[str, str] | None = None
    next: tuple[str, str] | None = None
    file: str = ""
    more: Sequence[tuple[str, str]] = ()


def build_site(root: Path, target: Path, copies: Mapping[str, NotebookNode]) -> list[str]:
    """Write the site of the course at `root` into the folder `target`, which is replaced; returns its pages.

    `copies` are the students' copies, run, by name. Nothing under solutions/ is read. Raises SiteError for a text, a
    notebook or a link at fault; then nothing has been written.
    """
    further = audiences.further(root)
    pages = {take[0]: page.target for page in further for take in page.takes}
    pages |= {"README.md": "index.html", "CONTRIBUTING.md": "maintainer.html"}
    addresses = Addresses(root, repository(root), pages)
    made: dict[str, str] = {}
    names = sorted(copies)
    titles: dict[str, str] = {}
    bodies: dict[str, tuple[str, Page]] = {}
    for name in names:
        page = Page(addresses.seen_from(lesson_page(name), f"notebooks/{name}/{name}.ipynb"))
        bodies[name] = lesson_body(copies[name], page), page
        titles[name] = _title(lesson_page(name), page)
        addresses.files[f"notebooks/{name}/{name}.ipynb"] = f"notebooks/{name}.ipynb"
    lessons = [(lesson_page(name), titles[name]) for name in names]
    for place, name in enumerate(names):
        body, page = bodies[name]
        around = Around(
            previous=lessons[place - 1] if place else None,
            next=lessons[place + 1] if place + 1 < len(lessons) else None,
            file=f"notebooks/{name}.ipynb",
        )
        made[lesson_page(name)] = _page(lesson_page(name), body, page, lessons, around)
    for audience in (*audiences.AUDIENCES, *further):
        body, page = audiences.body(audience, root, addresses.seen_from(audience.target, audience.takes[0][0]))
        more = [each for each in further if _belongs(each, audience)]
        around = Around(more=[(each.target, _first_heading(root, each)) for each in more])
        made[audience.target] = _page(audience.target, body, page, lessons, around)
    _write(root, target, made, addresses.files)
    return sorted(made)


def _belongs(further: audiences.Audience, audience: audiences.Audience) -> bool:
    """Whether a page points to a text that has a page of its own: on marking, or on training."""
    kind = {"instructor.html": "docs/", "maintainer.html": "benchmarks/"}.get(audience.target)
    return bool(kind) and further.target.startswith(str(kind))


def _first_heading(root: Path, audience: audiences.Audience) -> str:
    _, page = audiences.body(audience, root, lambda link: link)
    return _title(audience.target, page)


def _title(target: str, page: Page) -> str:
    """The words of a page's first heading. Raises SiteError where its headings are not in order."""
    levels = [heading.level for heading in page.headings]
    if levels[:1] != [1] or levels.count(1) > 1:
        raise SiteError(f"{target}: a page has one heading of the first level, at the top; here they are {levels}")
    for before, heading in pairwise(page.headings):
        if heading.level > before.level + 1:
            raise SiteError(f"{target}: “{heading.words}” is of level {heading.level}, under one of {before.level}")
    return page.headings[0].words


def _page(target: str, body: str, page: Page, lessons: list[tuple[str, str]], around: Around) -> str:
    def to(other: str) -> str:
        return relative(target, other)

    template = _environment().get_template("page.html.j2")
    return template.render(
        course=COURSE,
        title=_title(target, page),
        body=Markup(body),
        headings=[heading for heading in page.headings if heading.level == 2],
        target=target,
        lessons=lessons,
        menu=[(each.target, each.name) for each in audiences.AUDIENCES],
        to=to,
        around=around,
        style=Markup(_style()),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("autograder.site", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """Our style sheet, with colours for code by Pygments, light and dark."""
    own = (HERE / "site.css").read_text(encoding="utf-8")
    light, dark = (
        HtmlFormatter(style=style, cssclass="highlight").get_style_defs([".highlight", "pre code"])
        for style in (LIGHT, DARK)
    )
    dark = f"@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
    return f"{own}\n{light}\n{dark}\npre code {{ background: none; }}\n"


def _write(root: Path, target: Path, made: Mapping[str, str], files: Mapping[str, str]) -> None:
    """Write a site beside its place, look at its links, and only then put it there."""
    fresh = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for name, text in made.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_text(text, encoding="utf-8")
        for source, name in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / source, fresh / name)
        wrong = broken(fresh)
        if wrong:
            raise SiteError("\n".join(wrong))
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
