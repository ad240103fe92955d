"""Values as a reader sees them in a verdict: numbers, small arrays in full, large ones around what differs, text."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.student import close
from autograder.checks.verdict import Call

LARGEST_SHOWN = 10  # rows and columns of an array that fit a feedback table
AROUND = 5  # rows and columns that are shown of a longer axis
LONGEST_SHOWN = 60  # characters of a text that fit in one
MOST_TYPED = 120  # numbers of a call that a reader may want to try
NAMED = 3  # entries that differ which are told one by one

Array = NDArray[Any]
Part = tuple[int | slice, ...]


def fits(array: Array) -> bool:
    """Whether an array is small enough to be shown in full."""
    return array.ndim <= 2 and array.size > 0 and max(array.shape, default=1) <= LARGEST_SHOWN


def wrong_entries(got: object, expected: object) -> Array:
    """The indices of the entries that differ, a row each; none where two values cannot be compared entry by entry."""
    if not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray) or got.shape != expected.shape:
        return np.zeros((0, 0), dtype=int)
    return np.argwhere(~close(got, expected))


def part(array: Array, wrong: Array) -> Part:
    """The part of an array that a table shows: all of a small one, else what surrounds the first wrong entry.

    Of more than two axes, the first ones stay where that entry is.
    """
    if fits(array):
        return tuple(slice(0, length) for length in array.shape)
    at = [int(n) for n in wrong[0]] if len(wrong) else [0] * array.ndim
    return (*at[:-2], *(_around(n, length) for n, length in zip(at[-2:], array.shape[-2:], strict=True)))


def _around(place: int, length: int) -> slice:
    most = length if length <= LARGEST_SHOWN else AROUND
    start = max(0, min(place - most // 2, length - most))
    return slice(start, start + most)


def in_words(shown: Part) -> str:
    """A part as one types it: [0, 3:10, 0:7]."""
    return f"[{', '.join(f'{one.start}:{one.stop}' if isinstance(one, slice) else str(one) for one in shown)}]"


def number(value: float) -> str:
    """Whole numbers in full, for in 716,706 the last digit may be the wrong one; others to four digits."""
    return f"{value + 0:.0f}" if abs(value) < 1e9 and value == round(value) else f"{value:.4g}"


def cell(value: object, other: object = None) -> str:
    """A value as HTML; entries that differ from `other` are bold and underlined."""
    if value is None:
        return "<em>nothing</em>"
    if not isinstance(value, np.ndarray):
        return escape(word(value))
    if not value.size:
        return f"shape {value.shape}"
    entries = _entries(value, other)
    width = max(len(text) for row in entries for text, _ in row)
    rows = [
        " &nbsp;".join("&nbsp;" * (width - len(text)) + _marked(text, differs) for text, differs in row)
        for row in entries
    ]
    style = "background:none;color:inherit;padding:0;white-space:pre"  # pages have styles of their own for code
    return f'<code style="{style}">{"<br>".join(rows)}</code>'


def _marked(text: str, differs: bool) -> str:
    return f"<b><u>{text}</u></b>" if differs else text


def lines(value: object, other: object = None) -> list[str]:
    """A value in plain text, line by line; entries that differ from `other` have a star."""
    if not isinstance(value, np.ndarray):
        return [word(value)]
    if not value.size:
        return [f"shape {value.shape}"]
    rows = _entries(value, other)
    starred = any(differs for row in rows for _, differs in row)
    written = [[text + "*" * differs + " " * (starred and not differs) for text, differs in row] for row in rows]
    width = max(len(text) for row in written for text in row)
    return ["  ".join(text.rjust(width) for text in row).rstrip() for row in written]


def _entries(value: Array, other: object) -> list[list[tuple[str, bool]]]:
    """What is shown of an array, row by row: each number as text, and whether it differs from `other`."""
    wrong = wrong_entries(value, other)
    shown = part(value, wrong)
    differ = np.zeros(value.shape, dtype=bool)
    for index in wrong:
        differ[tuple(index)] = True
    return [
        [(number(entry), bool(differs)) for entry, differs in zip(entries, marks, strict=True)]
        for entries, marks in zip(np.atleast_2d(value[shown]), np.atleast_2d(differ[shown]), strict=True)
    ]


def difference(got: object, expected: object, telling: bool, counting: bool = True) -> str:
    """Where two values differ, for those who cannot see the marks, and for arrays too large for the table.

    `telling` gives the expected number away; `counting` tells how many entries differ.
    """
    wrong = wrong_entries(got, expected)
    if not len(wrong) or not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray) or not got.ndim:
        return ""
    indices = [tuple(int(n) for n in index) for index in wrong[:NAMED]]
    if fits(got):
        places = ", ".join(map(_place, indices)) + (", …" if len(wrong) > NAMED else "")
        if not counting or len(wrong) == got.size:
            return "" if not counting or got.size == 1 else f"all {got.size} entries differ"
        return f"{len(wrong)} of {got.size} entries differ{'s' if len(wrong) == 1 else ''}: {places}"
    wanted = f"expected {number(expected[indices[0]])}, " if telling else ""
    return f"at index {_place(indices[0])}: {wanted}yours {number(got[indices[0]])}"


def _place(index: tuple[int, ...]) -> str:
    return str(index) if len(index) > 1 else str(index[0])


def extent(got: object, expected: object) -> str:
    """What a table shows of values that it cannot show in full."""
    if not isinstance(got, np.ndarray) or not got.size:
        return ""
    if not isinstance(expected, np.ndarray) or got.shape != expected.shape:
        return "" if fits(got) else f"yours has shape {got.shape}, of which this is {in_words(part(got, got[:0]))}"
    shown = in_words(part(got, wrong_entries(got, expected)))
    return "" if fits(got) else f"shown: {shown} of shape {got.shape}"


def word(value: object) -> str:
    """A value that is no array, in a few words of one line."""
    words = str(value)
    return words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + "…"


def code(words: str) -> str:
    """Escaped text in which `code` is set as code."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def typed(call: Call) -> str:
    """A call as one types it into a cell, to try it; nothing for one that is too long to be looked at."""
    if sum(one.size if isinstance(one, np.ndarray) else 1 for one in call.arguments) > MOST_TYPED:
        return ""
    arguments = [_argument(one) for one in call.arguments]
    if sum(map(len, arguments)) <= LONGEST_SHOWN and not any("\n" in one for one in arguments):
        return f"{call.name}({', '.join(arguments)})"
    inside = "".join("    " + one.replace("\n", "\n    ") + ",\n" for one in arguments)
    return f"{call.name}(\n{inside})"


def _argument(argument: object) -> str:
    if not isinstance(argument, np.ndarray):
        return repr(tuple(argument) if isinstance(argument, tuple) else argument)
    start = "torch.tensor("
    return f"{start}{_nested(argument, len(start) + 1)})"


def _nested(array: Array, indent: int) -> str:
    """An array as nested lists, with the rows below each other."""
    if array.ndim == 0:
        return _literal(array[()])
    if array.ndim == 1:
        return f"[{', '.join(map(_literal, array))}]"
    return f"[{(',' + chr(10) + ' ' * indent).join(_nested(row, indent + 1) for row in array)}]"


def _literal(entry: Any) -> str:
    if entry.dtype.kind != "f":
        return str(entry.item())
    if not np.isfinite(entry):
        return f'float("{entry}")'
    text = f"{entry:.6g}"
    return text if "." in text or "e" in text else f"{text}."
