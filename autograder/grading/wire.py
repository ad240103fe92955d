"""Plain data as bytes, and back: the only thing that crosses between a student's kernel and the judge.

A message is None, a bool, an int of 64 bits, a float, a text, a list, a tuple, a dict with texts as keys, or a numpy
array of a few dtypes; nothing with methods of its own, and never pickle. `decode` believes nothing: each size is
checked against what is there before anything is made, so that a message of n bytes costs memory in proportion to n.

One value is a byte that names its kind, and then: 8 bytes for a number; a count of 4 bytes and UTF-8 for a text; a
count of 4 bytes and the entries for a list, tuple or dict (a text without its kind, and a value); the number of the
dtype, the number of axes, 8 bytes for each length and the numbers in C order for an array. All little-endian.
"""

from __future__ import annotations

import math
import struct
import sys
from typing import Any, Final

import numpy as np

# Bound here, for this module also works in the student's kernel: what becomes of the modules later is their affair.
_contiguous, _from_buffer, _dtype, _ndarray = np.ascontiguousarray, np.frombuffer, np.dtype, np.ndarray
_bytes_of, _shaped, _copied, _product = np.ndarray.tobytes, np.ndarray.reshape, np.ndarray.copy, math.prod

MAGIC: Final = b"cw1"
LARGEST_MESSAGE: Final = 32_000_000  # bytes
LONGEST_TEXT: Final = 65_536  # bytes of UTF-8
MOST_ENTRIES: Final = 50_000  # of all lists, tuples and dicts of a message together
DEEPEST: Final = 8  # lists in lists
MOST_AXES: Final = 16
MOST_NUMBERS: Final = LARGEST_MESSAGE  # lengths of 0 left out
DTYPES: Final = tuple(_dtype(name) for name in ("<f8", "<f4", "<i8", "u1", "?"))
NUMBER_OF: Final = {(dtype.kind, dtype.itemsize): number for number, dtype in enumerate(DTYPES)}

_INT, _FLOAT, _COUNT, _AXIS = (struct.Struct(layout) for layout in ("<q", "<d", "<I", "<Q"))


class WireError(ValueError):
    """Data that does not go over the wire, or bytes that are no message."""


def encode(value: object, most: int = LARGEST_MESSAGE) -> bytes:
    """A message of at most `most` bytes. Raises WireError for anything that is not plain data of bearable size."""
    pieces: list[bytes] = [MAGIC]
    _Writer(pieces, most).write(value, 0)
    return b"".join(pieces)


def decode(message: bytes, most: int = LARGEST_MESSAGE) -> Any:
    """What `encode` was given. Raises WireError, and nothing else, for bytes that it did not make."""
    if type(message) is not bytes or len(message) > most or message[: len(MAGIC)] != MAGIC:
        raise WireError("this is no message, or one that is too large")
    reader = _Reader(message)
    value = reader.read(0)
    if reader.at != len(message):
        raise WireError("something follows the message")
    return value


class _Writer:
    """Adds pieces until the message is too large."""

    def __init__(self, pieces: list[bytes], most: int):
        self.pieces = pieces
        self.room = most - len(MAGIC)
        self.entries = 0

    def add(self, *pieces: bytes) -> None:
        self.room -= sum(map(len, pieces))
        if self.room < 0:
            raise WireError("this message is too large")
        self.pieces += pieces

    def write(self, value: object, depth: int) -> None:
        kind = type(value)
        if value is None:
            self.add(b"N")
        elif kind is bool:
            self.add(b"T" if value else b"F")
        elif isinstance(value, int) and kind is int:
            if not -(2**63) <= value < 2**63:
                raise WireError("this whole number is too large")
            self.add(b"i", _INT.pack(value))
        elif kind is float:
            self.add(b"d", _FLOAT.pack(value))
        elif isinstance(value, str) and kind is str:
            self.add(b"s")
            self.text(value)
        elif isinstance(value, list | tuple) and kind in (list, tuple):
            self.count(b"l" if kind is list else b"t", len(value), depth)
            for entry in value:
                self.write(entry, depth + 1)
        elif isinstance(value, dict) and kind is dict:
            self.count(b"m", len(value), depth)
            for key, entry in value.items():
                self.text(key)
                self.write(entry, depth + 1)
        elif isinstance(value, _ndarray) and kind is _ndarray:
            self.array(value)
        else:
            raise WireError(f"{kind.__name__} is no plain data")

    def text(self, value: object) -> None:
        if not isinstance(value, str) or type(value) is not str or len(value) > LONGEST_TEXT:
            raise WireError("this is no text, or one that is too long")
        try:
            data = value.encode()
        except UnicodeEncodeError as error:
            raise WireError("this text is no Unicode") from error
        if len(data) > LONGEST_TEXT:
            raise WireError("this text is too long")
        self.add(_COUNT.pack(len(data)), data)

    def count(self, kind: bytes, number: int, depth: int) -> None:
        self.entries += number
        if depth >= DEEPEST or self.entries > MOST_ENTRIES:
            raise WireError("these lists are too deep or too long")
        self.add(kind, _COUNT.pack(number))

    def array(self, value: np.ndarray[Any, Any]) -> None:
        number = NUMBER_OF.get((value.dtype.kind, value.dtype.itemsize))
        if number is None or value.ndim > MOST_AXES or _product(n or 1 for n in value.shape) > MOST_NUMBERS:
            raise WireError(f"an array of {value.dtype} and shape {value.shape} does not go over the wire")
        if value.nbytes > self.room:  # before it is copied: a view may be larger than the memory
            raise WireError("this message is too large")
        data = _bytes_of(_contiguous(value, dtype=DTYPES[number]))
        self.add(b"a", bytes((number, value.ndim)), *map(_AXIS.pack, value.shape), data)


class _Reader:
    """Reads a message from front to back."""

    def __init__(self, message: bytes):
        self.message = message
        self.at = len(MAGIC)
        self.entries = 0

    def take(self, size: int) -> bytes:
        if size > len(self.message) - self.at:
            raise WireError("the message ends too soon")
        self.at += size
        return self.message[self.at - size : self.at]

    def read(self, depth: int) -> Any:
        kind = self.take(1)
        if kind in _SINGLE:
            return _SINGLE[kind]
        if kind == b"i":
            return _INT.unpack(self.take(8))[0]
        if kind == b"d":
            return _FLOAT.unpack(self.take(8))[0]
        if kind == b"s":
            return self.text()
        if kind in (b"l", b"t"):
            entries = [self.read(depth + 1) for _ in range(self.count(depth))]
            return entries if kind == b"l" else tuple(entries)
        if kind == b"m":
            held: dict[str, Any] = {}
            for _ in range(self.count(depth)):
                key = self.text()
                if key in held:
                    raise WireError("a key comes twice")
                held[key] = self.read(depth + 1)
            return held
        if kind == b"a":
            return self.array()
        raise WireError("this is no kind of data")

    def text(self) -> str:
        size = _COUNT.unpack(self.take(4))[0]
        if size > LONGEST_TEXT:
            raise WireError("this text is too long")
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise WireError("this text is no UTF-8") from error

    def count(self, depth: int) -> int:
        number: int = _COUNT.unpack(self.take(4))[0]
        self.entries += number
        if depth >= DEEPEST or self.entries > MOST_ENTRIES or number > len(self.message) - self.at:
            raise WireError("these lists are too deep or too long")
        return number

    def array(self) -> np.ndarray[Any, Any]:
        number, axes = self.take(2)
        if number >= len(DTYPES) or axes > MOST_AXES:
            raise WireError("this is no array")
        shape = tuple(_AXIS.unpack(self.take(8))[0] for _ in range(axes))
        size = _product(shape) * DTYPES[number].itemsize
        if _product(n or 1 for n in shape) > MOST_NUMBERS or size > len(self.message) - self.at:
            raise WireError("the message ends before its array")
        data = self.take(size)
        if DTYPES[number].kind == "b" and max(data, default=0) > 1:
            raise WireError("this is neither true nor false")
        return _copied(_shaped(_from_buffer(data, dtype=DTYPES[number]), shape))


_SINGLE: Final[dict[bytes, bool | None]] = {b"N": None, b"T": True, b"F": False}

if sys.byteorder != "little":  # the copies above would have the wrong order
    raise ImportError("the wire is made for little-endian machines")
