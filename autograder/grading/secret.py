"""The secret of a class, from which the cases used in marking are drawn."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path


def marking_seed_file(root: Path) -> str:
    """The secret in `.marking/seed` of the course at `root`, which only its owner can read; made when there is none.

    Of several processes that make it at once, one wins and all return the same. Raises OSError where it can be
    neither read nor made, and ValueError for a file that is empty.
    """
    path = root / ".marking" / "seed"
    if not path.exists():
        _make(path)
    seed = path.read_text(encoding="ascii").strip()
    if not seed:
        raise ValueError(f"{path} is empty; delete it and a new secret will be drawn")
    return seed


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="seed-")  # readable by its owner alone
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        try:
            os.link(temporary, path)  # unlike os.replace, never puts a second secret over the first
        except FileExistsError:
            pass  # another process was quicker
        except OSError:  # a file system without hard links
            os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
