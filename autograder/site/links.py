"""Every link of a built site: those within it must lead somewhere, those that leave it must be well formed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
POINTING = {"href", "src", "poster", "data", "action", "srcset", "xlink:href"}


@dataclass
class Read(HTMLParser):
    """What a page points to, and what in it can be pointed to."""

    text: str
    links: list[tuple[str, str]] = field(default_factory=list)  # (tag, link)
    anchors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what matters of a tag."""
        for name, value in attrs:
            if name in POINTING:
                self.links.append((tag, value or ""))
            elif name == "id" and value:
                self.anchors.append(value)


def broken(folder: Path) -> list[str]:
    """What is wrong with the links of the site in a folder, each with its page; nothing where all is well."""
    pages = {path: Read(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        twice = {anchor for anchor in page.anchors if page.anchors.count(anchor) > 1}
        wrong = [f"the anchor {anchor} is there more than once" for anchor in sorted(twice)]
        wrong += [f"{link}: {why}" for tag, link in page.links for why in _faults(tag, link, path, folder, pages)]
        found += [f"{path.relative_to(folder).as_posix()}: {fault}" for fault in wrong]
    return found


def _faults(tag: str, link: str, path: Path, folder: Path, pages: dict[Path, Read]) -> Iterator[str]:
    if link.startswith("data:") and tag in ("img", "link"):
        return
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        if tag != "a":
            yield "the page fetches this from elsewhere"
        if parts.scheme != "https" or not HOST.fullmatch(parts.netloc) or re.search(r"[\s\"'<>\\]", link):
            yield "is no well formed address of a page elsewhere"
        return
    if not link or parts.path.startswith("/"):
        yield "leads nowhere when the site lies in a folder"
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(folder.resolve()) and target not in pages:
        yield "leaves the site"
    elif not target.is_file():
        yield "there is no such file"
    elif parts.fragment and (target not in pages or unquote(parts.fragment) not in pages[target].anchors):
        yield "there is no such anchor"
