"""Tables in text files, as learning platforms and spreadsheets write them: read leniently, written back faithfully.

A `Sheet` keeps every cell as it was written, quotes and all. Changing one cell changes its bytes and no others, so that
a platform reads back exactly what it exported, but for the marks.
"""

from __future__ import annotations

import codecs
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

LARGEST = 50_000_000  # bytes of a table; a gradebook of ten thousand students has a few million
DELIMITERS = ",;\t"
FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]|[\t\r\n]")  # what a spreadsheet takes for the beginning of a formula
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class SheetError(Exception):
    """A file is not the table that it should be."""


class Sheet:
    """A table with its bytes. `rows[r][c]` is the value of a cell; rows may differ in length."""

    def __init__(self, name: str, raw: list[list[str]], ends: list[str], delimiter: str, encoding: str, bom: bytes):
        self.name, self.delimiter = name, delimiter
        self._raw, self._ends, self._encoding, self._bom = raw, ends, encoding, bom
        self.rows = [[_value(cell) for cell in row] for row in raw]

    def put(self, row: int, column: int, value: str) -> None:
        """Change one cell, which must be there. A value that it already has leaves its bytes alone."""
        if self.rows[row][column] != value:
            self.rows[row][column] = value
            self._raw[row][column] = quoted(value, self.delimiter)

    def encode(self) -> bytes:
        """The table in the encoding that it came in. Raises SheetError for a letter that this encoding lacks."""
        text = "".join(self.delimiter.join(row) + end for row, end in zip(self._raw, self._ends, strict=True))
        try:
            return self._bom + text.encode(self._encoding)
        except UnicodeEncodeError as error:
            letter = text[error.start]
            raise SheetError(
                f"{self.name} is in {self._encoding}, which has no {letter!r}: save it as UTF-8"
            ) from error


def read(path: Path) -> Sheet:
    """The table in a file. Raises SheetError for one that is none, in words that name the file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SheetError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise SheetError(f"{path} is larger than {LARGEST // 1_000_000} MB: is it the right file?")
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Sheet:
    """The table in some bytes: UTF-8 or UTF-16 with or without a byte order mark, or else Windows' Western European;
    with commas, semicolons or tabs. Raises SheetError."""
    if data[:2] == b"PK":
        raise SheetError(f"{name} is a workbook or a zip, not a CSV file: save it as CSV (UTF-8)")
    text, encoding, bom = _decode(data, name)
    if "\0" in text:
        raise SheetError(f"{name} is not a text file: save it as CSV (UTF-8)")
    delimiter = _delimiter(text)
    raw, ends = _split(text, delimiter, name)
    return Sheet(name, raw, ends, delimiter, encoding, bom)


def _decode(data: bytes, name: str) -> tuple[str, str, bytes]:
    for bom, encoding in BOMS:
        if data.startswith(bom):
            try:
                return data[len(bom) :].decode(encoding), encoding, bom
            except UnicodeDecodeError as error:
                raise SheetError(f"{name} says that it is {encoding} and is not: save it as CSV (UTF-8)") from error
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding, b""
        except UnicodeDecodeError:
            continue
    raise SheetError(f"{name} is not a text file in an encoding that is known here: save it as CSV (UTF-8)")


def _delimiter(text: str) -> str:
    """The sign that stands most often in the first line that has any, outside of quotes."""
    for line in text.splitlines()[:5]:
        bare = re.sub(r'"(?:[^"]|"")*"', "", line)
        counts = {sign: bare.count(sign) for sign in DELIMITERS}
        if any(counts.values()):
            return max(DELIMITERS, key=lambda sign: counts[sign])
    return ","


def _split(text: str, delimiter: str, name: str) -> tuple[list[list[str]], list[str]]:
    """The cells of each line as they are written, and how each line ends."""
    bare = f"[^{re.escape(delimiter)}\r\n]*"
    cell = re.compile(f'(?:"[^"]*(?:""[^"]*)*"{bare}|(?!"){bare})(?P<end>{re.escape(delimiter)}|\r\n|\r|\n|\\Z)')
    raw: list[list[str]] = []
    ends: list[str] = []
    row: list[str] = []
    place = 0
    while place < len(text) or row:
        found = cell.match(text, place)
        if not found:
            raise SheetError(f'{name}, row {len(raw) + 1}: a quotation mark (") is opened and never closed')
        end = found["end"]
        row.append(text[place : found.start("end")])
        place = found.end()
        if end != delimiter:
            raw.append(row)
            ends.append(end)
            row = []
    return raw, ends


def _value(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    close = re.match(r'"([^"]*(?:""[^"]*)*)"', raw)
    assert close
    return close[1].replace('""', '"') + raw[close.end() :]


def quoted(value: str, delimiter: str = ",") -> str:
    """A value as a cell: in quotes where it needs them."""
    if value and (value != value.strip() or any(sign in value for sign in (delimiter, '"', "\r", "\n"))):
        return '"' + value.replace('"', '""') + '"'
    return value


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    For cells of text only; numbers stay numbers.
    """
    return "'" + text if FORMULA.match(text) else text


def table(rows: Iterable[Sequence[str]]) -> bytes:
    """A new table in UTF-8, with commas and plain line ends."""
    return "".join(",".join(quoted(cell) for cell in row) + "\n" for row in rows).encode()


def write(data: bytes, path: Path) -> None:
    """Put a file in its place, all of it or nothing, with the rights that a new file has."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:60]}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
