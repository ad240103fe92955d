"""Where data may lie and in which order it is looked for, and how a reader is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from convcourse.data.idx import DataError

Data = TypeVar("Data")

REPLACE_IT = "Put a whole copy in its place, or set CONVCOURSE_DATA to another folder."


def first_of(
    nothing: str,
    in_folder: Callable[[Path], Data | None],
    tiers: Iterable[Callable[[], Data | None]],
    sample: Callable[[str], Data],
    few: Callable[[str], Data],
) -> Data | None:
    """The data that is to be used, or None where neither the reader's folder nor any of the `tiers` has it.

    When nbgrader marks, it is a `few` of the sample, and with CONVCOURSE_DATA=sample the `sample`; both are told why.
    Then comes the folder $CONVCOURSE_DATA (what `in_folder` finds there; `nothing` opens the sentence that is said
    where it finds none), and then the tiers in their order. Raises DataError where the folder is none, or holds data
    that is incomplete or damaged.
    """
    chosen = os.environ.get("CONVCOURSE_DATA", "")
    if os.environ.get("NBGRADER_EXECUTION"):
        return few("as always in marking")
    if chosen == "sample":
        return sample("as CONVCOURSE_DATA=sample asks for")
    if chosen:
        folder = chosen_folder(chosen)
        try:
            data = in_folder(folder)
        except DataError as error:
            raise DataError(f"{error} {REPLACE_IT}") from error
        if data is not None:
            return data
        say(f"{nothing} in {shown(folder)} (CONVCOURSE_DATA); looking elsewhere.")
    return next((data for tier in tiers if (data := tier()) is not None), None)


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
