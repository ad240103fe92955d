"""Which file of what somebody handed in is the notebook. Nothing else is opened, and no link is followed."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.account import Remark
from autograder.grading.reading import LARGEST

DEEPEST = 3  # folders below that of the assignment
MOST_ENTRIES = 2_000  # files and folders that are looked at
MOST_TRIED = 10  # notebooks that are opened to see which is the right one
LONGEST_TIMESTAMP = 200  # bytes

ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers add the others
_BEFORE = re.compile(r"^(?:copy of|kopie von|copie de|copia de|kopia)[ _-]+", re.IGNORECASE)
_AFTER = re.compile(
    r"[ _-]*(?:\((?P<a>\d+)\)|[-_ ](?P<b>\d{1,2})|[-_ ]?v(?:ersion)?[-_ ]?(?P<c>\d+)|[-_ ](?:copy|kopie)(?P<d>\d*)"
    r"|[-_ ](?:final|new|neu|abgabe|solved|solution|submission))$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Handed:
    """What was handed in for an assignment: the bytes of its notebook, or why there is none (`problem`)."""

    raw: bytes = b""
    problem: str = ""
    remarks: tuple[Remark, ...] = ()


class RefusedError(Exception):
    """A file will not be opened; the message goes on from its name."""


@dataclass
class _Looked:
    """What lies in a folder: files that may be notebooks, the names of others, and what is not opened, with why."""

    notebooks: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def choose(folder: Path, name: str, fits: Callable[[bytes], bool]) -> Handed:
    """The notebook among the files in `folder`: `name`.ipynb, or what comes nearest to it and `fits`.

    Exact names come first, then those in a deeper folder, then other versions of the name (the highest number, the
    newest), then any notebook. Of these the first that fits is taken; where none does, the first.
    """
    looked = _look(folder)
    remarks = [Remark("file-refused", f"{printable(which)} {why}.") for which, why in looked.refused]
    ranked = sorted(looked.notebooks, key=lambda path: _rank(path, folder, name))
    contents: list[tuple[Path, bytes]] = []
    chosen: tuple[Path, bytes] | None = None
    for path in ranked[:MOST_TRIED]:
        try:
            raw = content(path, LARGEST)
        except RefusedError as error:
            remarks.append(Remark("file-refused", f"{printable(_relative(path, folder))} {error}."))
            continue
        contents = contents or [(path, raw)]
        if len(ranked) == 1 or fits(raw):
            chosen = (path, raw)
            break
    chosen = chosen or (contents[0] if contents else None)
    if chosen is None:
        listed = ", ".join(printable(other) for other in looked.others[:3])
        problem = f"There is no notebook in what was handed in{f', only {listed}' if listed else ''}."
        if remarks:
            problem = f"There is no notebook in what was handed in that can be used. {remarks[0].text}"
        return Handed(problem=problem, remarks=tuple(remarks))
    path, raw = chosen
    where = _relative(path, folder)
    if where != f"{name}.ipynb":
        mild = (
            f"Your file is called {printable(path.name)}; it should be {name}.ipynb." if path.parent == folder else ""
        )
        remarks.append(Remark("file-name", f"{printable(where)} was taken for {name}.ipynb.", mild=mild))
    beside = [printable(_relative(other, folder)) for other in ranked if other != path]
    if beside:
        listed = ", ".join(beside[:5]) + (" …" if beside[5:] else "")
        text = f"Of {len(ranked)} notebooks {printable(where)} was marked, and not {listed}."
        remarks.append(Remark("file-others", text, mild=text))
    return Handed(raw, remarks=tuple(remarks))


def timestamp(folder: Path) -> tuple[str, list[Remark]]:
    """When something was handed in, as `timestamp.txt` beside it says; empty where it says nothing that is a date."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    try:
        raw = content(path, LONGEST_TIMESTAMP)
    except FileNotFoundError:
        return "", []
    except RefusedError as error:
        return "", [_no_date(f"timestamp.txt {error}")]
    try:
        text = raw.decode("utf-8-sig").strip()
        if text:
            parse_utc(text).isoformat()
        return text, []
    except Exception:  # a parser of dates meets anything here
        return "", [_no_date("timestamp.txt holds no date such as 2026-03-01 18:30:00 UTC")]


def _no_date(text: str) -> Remark:
    return Remark("timestamp", f"{text}, so it is not known when this was handed in, nor whether it was late.")


def content(path: Path, largest: int) -> bytes:
    """The bytes of a plain file. Raises RefusedError for anything else, and FileNotFoundError."""
    try:
        _plain(os.lstat(path), largest)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        _plain(os.fstat(handle), largest)  # it may have become another one meanwhile
        raw = file.read(largest + 1)
    if len(raw) > largest:
        raise RefusedError(_too_large(largest))
    return raw


def _plain(found: os.stat_result, largest: int) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise RefusedError("is a link, and links are not followed")
    if stat.S_ISDIR(found.st_mode):
        raise RefusedError("is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise RefusedError("is neither a file nor a folder")
    if found.st_size > largest:
        raise RefusedError(_too_large(largest))


def _too_large(largest: int) -> str:
    size = f"{largest // 1_000_000} MB" if largest >= 1_000_000 else f"{largest} bytes"
    return f"is larger than {size}"


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder, by name, without what programs hide there."""
    try:
        with os.scandir(folder) as found:
            listed = [entry for _, entry in zip(range(MOST_ENTRIES), found, strict=False)]
    except OSError:
        return
    for entry in sorted(listed, key=lambda entry: entry.name):
        if not entry.name.startswith((".", "__MACOSX")):
            yield entry


def _look(folder: Path) -> _Looked:
    looked = _Looked()
    waiting, seen = [(folder, 0)], 0
    while waiting and seen < MOST_ENTRIES:
        here, depth = waiting.pop(0)
        for entry in entries(here):
            seen += 1
            path = Path(entry.path)
            notebook = entry.name.lower().endswith(ENDINGS)
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
            except OSError:
                continue
            if stat.S_ISDIR(mode) and not notebook:
                if depth < DEEPEST:
                    waiting.append((path, depth + 1))
            elif stat.S_ISREG(mode):
                if notebook:
                    looked.notebooks.append(path)
                elif entry.name != "timestamp.txt":
                    looked.others.append(_relative(path, folder))
            elif notebook or stat.S_ISLNK(mode):
                why = "is a folder" if stat.S_ISDIR(mode) else "is neither a file nor a folder"
                why = "is a link, and links are not followed" if stat.S_ISLNK(mode) else why
                looked.refused.append((_relative(path, folder), why))
    return looked


def _rank(path: Path, folder: Path, name: str) -> tuple[int, int, int, float, str]:
    """The smaller, the likelier is a file the notebook `name`."""
    stem, version = _stem(path.name), 0
    depth = len(path.relative_to(folder).parts) - 1
    if stem == name and path.suffix == ".ipynb":
        kind = 0
    elif stem.casefold() == name.casefold():
        kind = 1
    else:
        bare, version = _bare(stem)
        kind = 2 if bare == name.casefold() else 3 if name.casefold() in stem.casefold() else 4
    try:
        written = os.lstat(path).st_mtime
    except OSError:
        written = 0
    return kind, depth, -version, -written, str(path)


def bare_name(name: str) -> str:
    """A file's name without its ending and without what copying adds, in small letters."""
    return _bare(_stem(name))[0]


def _stem(name: str) -> str:
    ending = next((ending for ending in sorted(ENDINGS, key=len, reverse=True) if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def _bare(stem: str) -> tuple[str, int]:
    """A name without what programs and people add to copies, and the number of the copy."""
    version = 0
    while found := _BEFORE.match(stem):
        stem = stem[found.end() :]
    while found := _AFTER.search(stem):
        version = max([version, *(int(digits) for digits in found.groups() if digits)])
        stem = stem[: found.start()]
    return stem.casefold(), version


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def printable(name: str) -> str:
    """A name that a student chose, with what would upset a terminal or a page replaced."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
