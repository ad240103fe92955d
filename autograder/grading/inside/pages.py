"""Memory in large pages, which a fork copies by one entry for 2 MB in place of 512.

A kernel is three forks away from a server whose imports fill 400 MB: copying all its entries, and giving them back when
the kernel ends, takes several times as long as what the kernel itself does to begin.
"""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress

LARGE = 2 << 20  # bytes of a large page
COLLAPSE = 25  # MADV_COLLAPSE, of Linux 6.1 and later: see madvise(2)
OURS = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0\s*(?:\[heap\])?$")  # memory that is private and no file's

_libc = ctypes.CDLL(None, use_errno=True)


def enlarge() -> None:
    """Put what this process holds into large pages, as far as this system can. It takes about a second, once."""
    with suppress(OSError), open("/proc/self/maps") as file:
        places = [(int(found[1], 16), int(found[2], 16)) for found in map(OURS.match, file) if found]
        for begin, end in places:
            if end - begin >= LARGE:
                # What cannot be done is left as it was.
                _libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), COLLAPSE)


def large() -> int:
    """Bytes of this process that are in large pages."""
    with suppress(OSError), open(f"/proc/{os.getpid()}/smaps_rollup") as file:
        return sum(int(line.split()[1]) << 10 for line in file if line.startswith("AnonHugePages:"))
    return 0
