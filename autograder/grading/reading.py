"""What a student's file holds, as plain strings: whatever it is, reading it never raises.

A notebook is looked at as the list of its cells; outputs, settings and everything else in it are left behind here. So
nothing that comes later has to know of versions, encodings and damage.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.grading.account import Remark

LARGEST = 50_000_000  # bytes of one notebook; with all its pictures a solved one has two million
MOST_CELLS = 1_500  # the longest lesson has 120
MOST_PARTS = 2_000_000  # brackets of its JSON, each of which costs memory
PICTURES = ("image/png", "image/jpeg", "image/gif")
LARGEST_PICTURES = 5_000_000  # characters of base64 in one cell
FALSE_STARTS = 20  # places in a damaged file where a cell seems to begin and does not

_CELL = re.compile(r'\{\s*"(?:cell_type|metadata|id|attachments|source|execution_count|outputs|input)"\s*:')
_ENDS = tuple("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")  # where Jupyter cuts a source into lines
_VERSIONS = {3, 4}  # of the format, known; one and two are read as three, later ones as four


@dataclass(frozen=True)
class Cell:
    """A cell as a student has it. `kind` is "code", "markdown" or "raw"; `about` is what nbgrader keeps of it, `tags`
    are its tags, `pictures` those pasted into its text: name → type → base64."""

    kind: str
    source: str
    grade_id: str = ""
    cell_id: str = ""
    about: Mapping[str, bool | float | str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """The cells of a file, and what had to be put right to read them. `problem` says why it is no notebook, in words
    that go on from "the file"; then there are no cells."""

    cells: tuple[Cell, ...] = ()
    remarks: tuple[Remark, ...] = ()
    problem: str = ""


def read(raw: bytes) -> Written:
    """The cells that a file holds, or why it is no notebook."""
    if not raw.strip(b"\0 \t\r\n"):
        return Written(problem="is empty")
    if len(raw) > LARGEST:
        return Written(problem=f"is larger than {LARGEST // 1_000_000} MB")
    try:
        return _read(raw)
    except RecursionError:
        return Written(problem="is nested too deeply to be a notebook")
    except MemoryError:
        return Written(problem="needs too much memory to be read")


def _read(raw: bytes) -> Written:
    text, remarks = decode(raw)
    if text.count("[") + text.count("{") > MOST_PARTS:
        return Written(problem="has too many parts to be a notebook")
    data, damage = parse(text)
    if data is None:
        return Written(problem=_what_else(text))
    remarks += damage
    entries = _entries(data)
    if entries is None:
        return Written(problem="is JSON, but has no list of cells")
    remarks += _version(data)
    cells = [cell for entry in entries[:MOST_CELLS] for cell in _cell(entry)]
    if len(entries) > MOST_CELLS:
        told = f"The notebook has {len(entries)} cells; those after the first {MOST_CELLS} were left out."
        remarks.append(Remark("too-many-cells", told, mild=told))
    lost = len(entries[:MOST_CELLS]) - len(cells)
    if lost:
        remarks.append(Remark("cell-damaged", f"{_counted(lost, 'entry', 'entries')} of the notebook were no cells."))
    return Written(tuple(cells), tuple(remarks))


# --- from bytes to text -----------------------------------------------------------------------------------------


def decode(raw: bytes) -> tuple[str, list[Remark]]:
    """The text of a file, whatever it was saved as, and a remark where that is not UTF-8."""
    encoding = _unicode(raw)
    if encoding != "utf-8":
        remark = Remark("encoding", f"The file was saved as {encoding.upper()} in place of UTF-8, and was converted.")
        return raw.decode(encoding, "replace").lstrip("\ufeff"), [remark]
    try:
        return raw.decode("utf-8").lstrip("\ufeff"), []
    except UnicodeDecodeError:
        pass
    mended = raw.decode("utf-8", "replace")
    broken = mended.count("\ufffd")
    if sum(letter > "\x7f" for letter in mended) >= 2 * broken:  # UTF-8 with a few bytes spoilt
        text = f"{_counted(broken, 'byte', 'bytes')} of the file were spoilt and became “\ufffd”."
        return mended.lstrip("\ufeff"), [Remark("encoding", text)]
    remark = Remark("encoding", "The file was saved in an old Windows or Latin-1 encoding, and was converted.")
    try:
        return raw.decode("cp1252"), [remark]
    except UnicodeDecodeError:
        return raw.decode("latin-1"), [remark]


def _unicode(raw: bytes) -> str:
    """Which kind of Unicode, by the mark at the beginning or by where the zeros are."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32")):
        if raw.startswith(mark):
            return encoding
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if raw[1:2] == b"\0" and raw[:1] != b"\0":
        return "utf-32-le" if raw[1:4] == b"\0\0\0" else "utf-16-le"
    if raw[:1] == b"\0" and raw[1:2] != b"\0":
        return "utf-16-be"
    return "utf-32-be" if raw[:3] == b"\0\0\0" else "utf-8"


def clean(text: str) -> str:
    """A text with one kind of line end and without halves of letters, which no file could hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


# --- from text to JSON ------------------------------------------------------------------------------------------


def parse(text: str) -> tuple[Any, list[Remark]]:
    """The JSON in a text and, where it is damaged, a remark; None where no notebook can be made out.

    A file that was cut off, or has something before, between or after its cells, gives the cells that are whole.
    """
    decoder = json.JSONDecoder(parse_int=_number, strict=False)
    body = text.strip("\0 \t\r\n")
    try:
        data, end = decoder.raw_decode(body)
    except ValueError:
        data, end = None, 0
    if isinstance(data, dict):
        if body[end:]:
            return data, [Remark("trailing", "Something stood after the end of the notebook, and was left out.")]
        return data, []
    if data is not None and not body[end:]:
        return data, []  # sound JSON, but something else
    cells = list(_salvage(decoder, body))
    if not cells:
        return None, []
    told = f"The file is damaged; the {_counted(len(cells), 'cell that is', 'cells that are')} whole were kept."
    return {"nbformat": 4, "cells": cells}, [Remark("damaged", told, mild=f"{told} Is your own copy complete?")]


def _salvage(decoder: json.JSONDecoder, text: str) -> Iterator[dict[str, Any]]:
    """The cells that can still be read in a text that is no JSON."""
    at, failures = 0, 0
    while failures < FALSE_STARTS and (found := _CELL.search(text, at)):
        try:
            data, at = decoder.raw_decode(text, found.start())
        except ValueError:
            at, failures = found.end(), failures + 1
            continue
        if isinstance(data, dict) and "cell_type" in data:
            yield data


def _number(digits: str) -> int:
    return int(digits) if len(digits) < 20 else 0  # none that matters is longer, and Python refuses very long ones


def _what_else(text: str) -> str:
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "is a web page, not a notebook"
    if start.startswith("%pdf"):
        return "is a PDF, not a notebook"
    if start.startswith("pk\x03\x04"):
        return "is a ZIP archive, not a notebook"
    return "is not a notebook"


# --- from JSON to cells -----------------------------------------------------------------------------------------


def _entries(data: Any) -> list[Any] | None:
    """The list of cells, which the older formats keep in worksheets."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    sheets = data.get("worksheets")
    if not isinstance(sheets, list):
        return None
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [entry for cells in lists if isinstance(cells, list) for entry in cells]


def _version(data: Mapping[str, Any]) -> list[Remark]:
    version = data.get("nbformat", 4)
    if isinstance(version, int) and version in _VERSIONS:
        return []
    shown = str(version)[:20] if isinstance(version, int | float | str) else "unknown"
    return [Remark("format", f"The notebook has format {clean(shown)}, and was read as well as could be.")]


def _cell(entry: Any) -> Iterator[Cell]:
    """A cell from its JSON, of any version; nothing for what is none."""
    if not isinstance(entry, dict):
        return
    metadata = entry.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind, source = entry.get("cell_type"), clean(_text(entry.get("source", entry.get("input"))))
    if kind == "heading":
        level = entry.get("level")
        depth = min(max(level, 1), 6) if isinstance(level, int) else 1
        kind, source = "markdown", f"{'#' * depth} {source}"
    cell = Cell(kind if kind in ("code", "markdown") else "raw", source)
    about = metadata.get("nbgrader")
    about = about if isinstance(about, dict) else {}
    tags = metadata.get("tags")
    yield replace(
        cell,
        grade_id=_name(about.get("grade_id")),
        # Colab writes the old format, and keeps ids of its own in the metadata.
        cell_id=_name(entry.get("id")) or _name(metadata.get("id")),
        about={
            key: clean(value) if isinstance(value, str) else value
            for key, value in about.items()
            if key in ("points", "grade", "solution", "locked", "task") and isinstance(value, bool | int | float | str)
        },
        tags=tuple(clean(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        pictures=_pictures(entry.get("attachments")) if cell.kind != "code" else {},
    )


def _text(source: Any) -> str:
    """A source as text: it may be a string, a list of lines, or something that a converter has made of it."""
    if isinstance(source, str):
        return source
    if isinstance(source, bool) or source is None:
        return ""
    if isinstance(source, int | float):
        return str(source)
    if not isinstance(source, list):
        return ""
    lines = [line for line in source if isinstance(line, str)]
    # Lines without their ends come from converters; Jupyter itself never writes them.
    torn = len(lines) > 1 and not any(line.endswith(_ENDS) for line in lines[:-1])
    return ("\n" if torn else "").join(lines)


def _name(value: Any) -> str:
    return clean(value)[:200] if isinstance(value, str) else ""


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures that somebody pasted into a text, such as a photograph of a sheet of paper."""
    found: dict[str, dict[str, str]] = {}
    room = LARGEST_PICTURES
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            content = "".join(_text(data).split())
            if kind not in PICTURES or not content or len(content) > room or not _is_base64(content):
                continue
            room -= len(content)
            found.setdefault(clean(name)[:200], {})[kind] = content
    return found


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
