"""Folders that a reader chooses with CONVCOURSE_DATA, and how a reader is told where data lies."""

from __future__ import annotations

import os
from pathlib import Path

from convcourse.data.idx import DataError

REPLACE_IT = "Put a whole copy in its place, or set CONVCOURSE_DATA to another folder."


def chosen_folder(chosen: str) -> Path:
    """The folder that CONVCOURSE_DATA names. Raises DataError where it is none, or cannot be read."""
    folder = Path(os.path.expanduser(chosen)).absolute()
    if not os.path.isdir(folder):
        raise DataError(
            f"CONVCOURSE_DATA is {chosen!r}, which is not a folder. Set it to a folder with "
            "data, or to the word sample for the data that comes with the course, or unset it."
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DataError(f"{folder} cannot be read: permission denied. {REPLACE_IT}")
    return folder


def shown(path: Path) -> str:
    """A path as a reader knows it, and without the reader's name: a notebook that prints it may be passed on."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def say(sentence: str) -> None:
    """Print a sentence at once."""
    print(sentence, flush=True)
