"""From root to an ordinary user who still sees a few chosen places, for bubblewrap wants to be called by such a user.

`python launcher.py '{"user": 64123, "folder": …, "places": [source, …], "command": […]}'` shows each source as
`folder`/0, `folder`/1, … in a mount namespace of its own, wherever it lies (Python may lie in root's home, which no
other user may enter), gives up root for good and becomes the command. Only the standard library is needed.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path

NEWNS, BIND, RECURSIVE, PRIVATE = 0x20000, 4096, 16384, 1 << 18


def _must(result: int, what: str) -> None:
    if result != 0:
        raise SystemExit(f"{what}: {os.strerror(ctypes.get_errno())}")


def main() -> None:
    """Become the command."""
    told = json.loads(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.unshare(NEWNS), "a mount namespace")
    _must(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None), "private mounts")
    for number, source in enumerate(told["places"]):
        place = Path(told["folder"], str(number))
        if os.path.isdir(source):
            place.mkdir()
        else:
            place.touch()
        _must(libc.mount(os.fsencode(source), bytes(place), None, BIND | RECURSIVE, None), f"showing {source}")
    os.setgroups([])
    os.setresgid(told["user"], told["user"], told["user"])
    os.setresuid(told["user"], told["user"], told["user"])
    os.execv(told["command"][0], told["command"])


if __name__ == "__main__":
    main()
