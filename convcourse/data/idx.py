"""IDX, the format that MNIST and Fashion-MNIST come in: two zero bytes, one for the type, one for the number of
dimensions, then every dimension as a big-endian 32-bit number, then the data, the last dimension running fastest.

Only unsigned bytes (type 8) are read and written here. torchvision's own reader does not compare a file's size with its
header, so a file that was cut short gives it a wrong shape or an error that names no file: hence `shape`.
"""

from __future__ import annotations

import gzip
import math
import shutil
import zlib
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

UNSIGNED_BYTE = 8
GZIP = b"\x1f\x8b"  # how every gzipped file begins


class DataError(ValueError):
    """Data that cannot be used. The message names the file and says what is wrong with it."""


def shape(file: Path, dimensions: int, called: Path | None = None) -> tuple[int, ...]:
    """The shape that an unpacked IDX file of unsigned bytes has, after making sure that its size agrees.

    Raises DataError for a file that cannot be read, is empty, begins in another way, has another number of dimensions,
    or holds more or fewer bytes than its header says; it names the file, or in its place the one that it is `called`.
    The data itself is not read.
    """
    called = called or file
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            header = opened.read(4 + 4 * dimensions)
    except OSError as error:
        raise DataError(f"{called} cannot be read: {error.strerror or error}.") from error
    if not header:
        raise DataError(f"{called} is empty.")
    magic = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if header[:4] != magic[: len(header[:4])]:
        raise DataError(
            f"{called} is not an IDX file of bytes with {dimensions} dimension{'s' if dimensions > 1 else ''}: "
            f"it begins with {header[:4].hex(' ')}, not with {magic.hex(' ')}."
        )
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"{called} is cut short: it ends within its header.")
    sizes = tuple(int.from_bytes(header[at : at + 4], "big") for at in range(4, len(header), 4))
    promised, there = math.prod(sizes), size - len(header)
    if there != promised:
        what = "is cut short" if there < promised else "is too long"
        form = " × ".join(f"{n:,}" for n in sizes)
        raise DataError(f"{called} {what}: its header promises {form} bytes of data, and {there:,} are there.")
    return sizes


def read(file: Path, dimensions: int, called: Path | None = None) -> npt.NDArray[np.uint8]:
    """The array in an unpacked IDX file of unsigned bytes. Raises DataError as `shape` does."""
    sizes = shape(file, dimensions, called)
    return np.fromfile(file, dtype=np.uint8, offset=4 + 4 * dimensions).reshape(sizes)


def write(array: npt.NDArray[np.uint8], file: IO[bytes] | gzip.GzipFile) -> None:
    """Write an array of unsigned bytes as IDX."""
    file.write(bytes([0, 0, UNSIGNED_BYTE, array.ndim]))
    file.write(np.asarray(array.shape, dtype=">u4").tobytes())
    file.write(np.ascontiguousarray(array, dtype=np.uint8).tobytes())


def unpack(source: Path, target: Path) -> None:
    """Copy `source` to `target`, unpacked where it is gzipped (its first bytes tell, not its name).

    Raises DataError, naming `source`, where that cannot be read or is damaged, and OSError where `target` cannot be
    written.
    """
    try:
        opened = source.open("rb")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}.") from error
    with opened, target.open("wb") as written:
        gzipped = opened.read(2) == GZIP
        opened.seek(0)
        if not gzipped:
            shutil.copyfileobj(opened, written)
            return
        try:
            with gzip.GzipFile(fileobj=opened) as unpacked:
                shutil.copyfileobj(unpacked, written)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{source} is damaged and cannot be unpacked: {error}.") from error
