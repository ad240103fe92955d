"""Questions to a kernel and its answers, over a socket that has them alone.

Each is a frame: a mark of 16 bytes, which the answer repeats, the length as 8 bytes, and so many bytes. Jupyter's
messages cost several times as much, and a notebook has sixty questions.
"""

from __future__ import annotations

import socket
import struct

HEADER = struct.Struct("<16sQ")
PART = 1 << 20  # bytes that are read at once


def frame(mark: bytes, content: bytes) -> bytes:
    """A frame as it is sent."""
    return HEADER.pack(mark, len(content)) + content


def receive(source: socket.socket) -> tuple[bytes, bytes] | None:
    """The mark and the content of the next frame, for who trusts the other side; None where it has gone."""
    header = _exactly(source, HEADER.size)
    if header is None:
        return None
    mark, length = HEADER.unpack(header)
    content = _exactly(source, length)
    return None if content is None else (mark, content)


def _exactly(source: socket.socket, count: int) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        part = source.recv(min(count - len(found), PART))
        if not part:
            return None
        found += part
    return bytes(found)
