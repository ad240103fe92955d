"""A page for each audience, put together from the texts that the repository has: said once, read in two places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.site.text import Page, SiteError, Where, parts

BEGINNING = ""  # of a text: what stands before its first heading of the second level


@dataclass(frozen=True)
class Audience:
    """A page made of texts. `takes` are (file, heading of the second level); without a heading, the whole file.

    Where the first of them has a heading, that is the page's title.
    """

    target: str
    name: str
    takes: tuple[tuple[str, str | None], ...]


AUDIENCES = (
    Audience("index.html", "Start", (("README.md", BEGINNING),)),
    Audience("student.html", "Students", (("README.md", "For students"),)),
    Audience("instructor.html", "Instructors", (("README.md", "For instructors"), ("README.md", "Three commands"))),
    Audience(
        "maintainer.html",
        "Maintainers",
        (("README.md", "For maintainers"), ("CONTRIBUTING.md", None), ("README.md", "Speed")),
    ),
)


def further(root: Path) -> tuple[Audience, ...]:
    """The texts that have a page of their own, as the README points to them."""
    files = [*sorted((root / "docs").glob("*.md")), *sorted((root / "benchmarks").glob("*.md"))]
    names = [path.relative_to(root).as_posix() for path in files]
    return tuple(Audience(f"{name.removesuffix('.md')}.html", "", ((name, None),)) for name in names)


def body(audience: Audience, root: Path, where: Where) -> tuple[str, Page]:
    """The HTML of such a page, with its headings, the first of which is of the first level.

    Raises SiteError where a text or a part of it is missing.
    """
    page, made = Page(where), []
    for place, (name, wanted) in enumerate(audience.takes):
        source = part(root, name, wanted)
        top = 1 if wanted in (None, BEGINNING) else 2  # the level of its own first heading
        made.append(page.render(source, (1 if place == 0 else 2) - top))
    return "\n".join(made), page


def part(root: Path, name: str, wanted: str | None) -> str:
    """A text of the repository, or what stands there under one heading. Raises SiteError where it is missing."""
    try:
        text = (root / name).read_text(encoding="utf-8")
    except OSError:
        raise SiteError(f"{name} is missing") from None
    if wanted is None:
        return text
    found = parts(text)
    if wanted not in found:
        raise SiteError(f"{name} has no part “{wanted}”; there are: {', '.join(filter(None, found))}")
    return found[wanted]
