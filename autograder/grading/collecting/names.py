"""Names of people and of files, as far as two spellings of one name can be told to be the same without guessing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Letters that Unicode does not take apart into a plain one and an accent.
PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ħ": "h"})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
COPY = re.compile(
    r"^(?:copy of|kopie von|copie de|copia de|cópia de|copia di|kopia|kopi av|kopie van)\s+"
    r"|^копия\s+|[\s\-–_]+(?:copy|kopie|copie|copia)\s*\d*$",
    re.IGNORECASE,
)
BRACKETS = re.compile(r"\s*\((\d{1,4})\)$")  # of browsers
DASHES = re.compile(r"-(?:copy)?(\d{1,3})$", re.IGNORECASE)  # of Canvas and Jupyter


def exact(text: str) -> str:
    """A name with its spaces in order, and its accents in the one form that all systems should use."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str, german: bool = False) -> list[str]:
    """A name's words without accents, case and punctuation; `german` writes ä as ae in place of a."""
    text = unicodedata.normalize("NFC", text).lower()
    if german:
        text = text.translate(GERMAN)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).casefold().translate(PLAIN)
    return re.findall(r"[^\W_]+", re.sub(r"['’ʼ‘`´]", "", text))


def keys(name: str) -> frozenset[str]:
    """What a name is looked up by: its words run together, beginning at any of them.

    "Ada Lovelace", "Lovelace, Ada", "ADA LOVELACE" and Canvas's "lovelaceada" have a key in common.
    """
    found = set()
    for german in (False, True):
        parts = words(name, german)
        found |= {"".join(parts[start:] + parts[:start]) for start in range(len(parts))}
    return frozenset(found - {""})


def canvas_form(sortable: str) -> str:
    """How Canvas writes "Lovelace, Ada" at the beginning of a file's name: lovelaceada."""
    return re.sub(r"\W", "", exact(sortable).lower())


def slug(name: str) -> str:
    """A name as a folder: ada-lovelace."""
    return "-".join(words(name))


def stem(file: str) -> str:
    """A notebook's name without its ending, also the ones that browsers add."""
    return re.sub(r"\.ipynb(?:\.(?:txt|json))?$", "", file, flags=re.IGNORECASE)


def is_notebook(file: str) -> bool:
    """Whether a file is called as a notebook, .ipynb.txt and .ipynb.json of some browsers included."""
    return stem(file) != file


def plain_stem(file: str, dashes: bool = True) -> tuple[str, int]:
    """A notebook's name without what copying adds ("Copy of", "(3)", "-1"), and the number that it added.

    `dashes` is whether "-1" is taken for such a number: it is none in the names of student-1 and student-2.
    """
    name, number = exact(stem(file).replace("+", " ").replace("%20", " ")), 0
    while True:
        found = BRACKETS.search(name) or (DASHES.search(name) if dashes else None)
        shorter = name[: found.start()] if found else COPY.sub("", name)
        if not shorter.strip() or shorter == name:
            return name, number
        if found:
            number = max(number, int(found[1]))
        name = shorter.strip()


def assignment_in(title: str, known: Iterable[str]) -> tuple[str, str] | None:
    """The one assignment whose whole name stands in a title, and what else stands there; None for none or several.

    "Ada Lovelace - 02 Convolution" gives 02_convolution and "Ada Lovelace".
    """
    title = exact(title)
    spans = [(match.start(), match.end()) for match in re.finditer(r"[^\W_]+", title)]
    said = ["".join(words(title[start:end])) for start, end in spans]
    found: list[tuple[str, int, int]] = []
    for name in known:
        parts = words(name)
        places = [start for start in range(len(said)) if parts and said[start : start + len(parts)] == parts]
        if places:
            found.append((name, places[0], places[0] + len(parts)))
    # A name within a longer one (02_convolution in 02_convolution_extra) is not meant where the longer one stands.
    meant = [item for item in found if not any(_inside(item, other) for other in found)]
    if len(meant) != 1:
        return None
    name, first, last = meant[0]
    rest = f"{title[: spans[first][0]]} {title[spans[last - 1][1] :]}"
    return name, re.sub(r"^[\W_]+|[\W_]+$", "", rest)


def _inside(item: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return other[1] <= item[1] and item[2] <= other[2] and other[2] - other[1] > item[2] - item[1]
