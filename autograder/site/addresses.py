"""Where a link of one of the repository's texts leads on the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from autograder.site.text import SiteError, Where

LESSON = re.compile(r"notebooks/([^/]+)/\1\.ipynb")
PICTURES = (".png", ".svg", ".jpg")


@dataclass
class Addresses:
    """The site's addresses: `pages` are file of the repository → page, `repository` is where everything else lies.

    `files` gathers what the pages show or offer: file of the repository → its place on the site.
    """

    root: Path
    repository: str
    pages: Mapping[str, str]
    files: dict[str, str] = field(default_factory=dict)

    def seen_from(self, page: str, source: str = "README.md") -> Where:
        """How links in the text `source` are written on a page."""

        def where(link: str) -> str:
            parts = urlsplit(link)
            if parts.scheme or not parts.path:
                return link
            name = posixpath.normpath(posixpath.join(posixpath.dirname(source), parts.path))
            target = self.target(name)
            if not target.startswith("https://"):
                target = relative(page, target)
            return target + (f"#{parts.fragment}" if parts.fragment else "")

        return where

    def target(self, name: str) -> str:
        """Where a file of the repository is found: on the site if it can be, else in the repository.

        Raises SiteError for one that there is not.
        """
        lesson = LESSON.fullmatch(name)
        if lesson:
            return lesson_page(lesson[1])
        if name in self.pages:
            return self.pages[name]
        path = self.root / name
        if path.is_file() and path.suffix in PICTURES:
            return self.files.setdefault(name, f"images/{path.name}")
        if not path.exists():
            raise SiteError(f"a text points to {name}, which is not there")
        return f"{self.repository}/{'tree' if path.is_dir() else 'blob'}/main/{name}"


def lesson_page(name: str) -> str:
    """The page of a lesson."""
    return f"lessons/{name}.html"


def relative(page: str, target: str) -> str:
    """A place on the site as seen from one of its pages."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
