"""What lies in a zip or a folder that came from elsewhere: its files one by one, and what is refused and why.

Nothing is unpacked here. A file's bytes are read when they are asked for, and counted while they are inflated: what a
zip says of its own sizes is not believed.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.grading.reading import LARGEST
from autograder.grading.submissions import ascii_control_free

MOST_FILES = 20_000
LARGEST_IN_ALL = 8_000_000_000  # bytes of all files that are read
HIGHEST_RATIO, RATIO_FROM = 250, 5_000_000  # a notebook deflates to a hundredth at best; bytes from which it is asked
CHUNK = 1 << 16
LONGEST = 200  # bytes of one name
JUNK = re.compile(r"^(?:__MACOSX|\.[^.\\][^\\]*|Thumbs\.db|desktop\.ini|~\$.*)$", re.IGNORECASE)
# Names that Windows keeps for devices: a course that is marked there, or synced to there, cannot hold them.
RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


class SourceError(Exception):
    """A source cannot be collected from at all."""


class RefusedError(Exception):
    """One file of a source cannot be read; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One file of a source: where it lies in it, and the time that the source gives it, in no known time zone.

    `parts` is the path below the source, of plain names only.
    """

    parts: tuple[str, ...]
    time: datetime.datetime | None
    where: str  # how the source itself finds it

    @property
    def shown(self) -> str:
        """The path as it can be printed."""
        return ascii_control_free("/".join(self.parts))


@dataclass
class Source:
    """A zip or a folder, open. `refused` are (path, reason) of what is not among `entries`."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    archive: zipfile.ZipFile | None = None
    _read: dict[str, int] = field(default_factory=dict)

    def read(self, entry: Entry) -> bytes:
        """The bytes of a file. Raises RefusedError for one that is too large, damaged, or has gone."""
        try:
            with self._open(entry) as file:
                return self._counted(entry, file)
        except RefusedError:
            raise
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
            what = "damaged in the zip" if self.archive else "cannot be read"
            raise RefusedError(f"{what} ({error})") from error

    @contextlib.contextmanager
    def _open(self, entry: Entry) -> Iterator[IO[bytes]]:
        if self.archive:
            with self.archive.open(self.archive.infolist()[int(entry.where)]) as file:
                yield file
            return
        handle = os.open(self.path / entry.where, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RefusedError("not a file")
            yield file

    def _counted(self, entry: Entry, file: IO[bytes]) -> bytes:
        packed = self.archive.infolist()[int(entry.where)].compress_size if self.archive else None
        before = sum(size for where, size in self._read.items() if where != entry.where)
        content = bytearray()
        while chunk := file.read(CHUNK):
            content += chunk
            if len(content) > LARGEST:
                raise RefusedError(f"larger than {LARGEST // 1_000_000} MB: ask for it with its outputs cleared")
            if packed is not None and len(content) > max(RATIO_FROM, HIGHEST_RATIO * packed):
                raise RefusedError(f"more than {HIGHEST_RATIO} times as large as it is in the zip: a zip bomb")
            if before + len(content) > LARGEST_IN_ALL:
                raise SourceError(f"{self.path} holds more than {LARGEST_IN_ALL // 10**9} GB")
        self._read[entry.where] = len(content)
        return bytes(content)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Source]:
    """A zip or a folder. Raises SourceError for anything else."""
    if path.is_dir():
        source = Source(path)
        _list_folder(source)
        yield source
        return
    if not path.is_file():
        raise SourceError(f"there is no {path}: give the zip that you downloaded, or a folder")
    if not zipfile.is_zipfile(path):
        raise SourceError(f"{path} is not a zip (or it is damaged): give the zip that you downloaded, or a folder")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(f"{path} is damaged ({error}): download it again") from error
    with archive:
        source = Source(path, archive=archive)
        _list_zip(source, archive)
        yield source


def name_fault(name: str) -> str | None:
    """Why a file or folder cannot be called this, or None."""
    if name in ("", ".", ".."):
        return "leads out of its folder"
    if any(not letter.isprintable() for letter in name):
        return "has a name with control signs in it"
    if "\\" in name or ":" in name:
        return "has a backslash or a colon in its name"
    if RESERVED.match(name) or name.endswith((".", " ")):
        return "has a name that Windows does not allow"
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST:
        return "has a very long name"
    return None


def _list_zip(source: Source, archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise SourceError(f"{source.path} holds more than {MOST_FILES} files: is it the right zip?")
    found: list[Entry] = []
    for number, info in enumerate(infos):
        name, fault = _zip_name(info)
        parts = tuple(name.split("/"))
        if any(JUNK.match(part) for part in parts):
            continue
        fault = fault or _path_fault(name) or _zip_fault(info)
        if fault:
            source.refused.append((ascii_control_free(name), fault))
        elif not info.is_dir():
            found.append(Entry(parts, _zip_time(info), str(number)))
    _keep_single(source, found)


def _zip_name(info: zipfile.ZipInfo) -> tuple[str, str | None]:
    """A member's path, and what is wrong with how it is written."""
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        try:  # many programs write UTF-8 without saying so; zipfile has taken it for the code page of old PCs
            name = name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return (
                name,
                "its name is not in UTF-8, so that it cannot be told whose it is: rename it and hand it in by hand",
            )
    return name, None


def _path_fault(name: str) -> str | None:
    if name.startswith("/"):
        return "an absolute path"
    for part in name.removesuffix("/").split("/"):
        fault = name_fault(part)
        if fault:
            return fault
    return None


def _zip_fault(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a link, and links are not followed"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "not a file"
    if info.flag_bits & 0x1:
        return "encrypted: unpack it yourself"
    # Other methods inflate without a limit on how much comes at once.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed by a method that is not read here: pack it as a plain zip"
    return None


def _zip_time(info: zipfile.ZipInfo) -> datetime.datetime | None:
    try:
        return datetime.datetime(*info.date_time) if info.date_time > (1980, 1, 1, 0, 0, 0) else None
    except ValueError:
        return None


def _list_folder(source: Source) -> None:
    found: list[Entry] = []

    def unreadable(error: OSError) -> None:
        source.refused.append((ascii_control_free(str(error.filename)), f"cannot be read: {error.strerror}"))

    for place, folders, files in os.walk(source.path, onerror=unreadable):
        below = PurePosixPath(Path(place).relative_to(source.path).as_posix())
        for name in sorted([*folders, *files]):
            path, parts = Path(place) / name, (*below.parts, name)
            fault = None if JUNK.match(name) else name_fault(name)
            try:
                state = path.lstat()
            except OSError as error:
                fault = fault or f"cannot be read: {error.strerror}"
            if not fault and not JUNK.match(name) and stat.S_ISLNK(state.st_mode):
                fault = "a link, and links are not followed"
            if fault:
                source.refused.append((ascii_control_free("/".join(parts)), fault))
            elif name in files and not JUNK.match(name):
                time = datetime.datetime.fromtimestamp(state.st_mtime, datetime.UTC).replace(tzinfo=None)
                found.append(Entry(parts, time, "/".join(parts)))
            if (fault or JUNK.match(name)) and name in folders:
                folders.remove(name)
        folders.sort()
        if len(found) > MOST_FILES:
            raise SourceError(f"{source.path} holds more than {MOST_FILES} files: is it the right folder?")
    source.entries = found


def _keep_single(source: Source, found: list[Entry]) -> None:
    """Refuse the members of a zip whose paths are the same but for case: nobody can tell which one counts."""
    often = Counter("/".join(entry.parts).casefold() for entry in found)
    for entry in found:
        if often["/".join(entry.parts).casefold()] > 1:
            source.refused.append(
                (entry.shown, "twice in the zip under this name (or but for small and capital letters)")
            )
        else:
            source.entries.append(entry)
