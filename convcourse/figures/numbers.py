"""Numbers in and out of a figure: arrays of any kind to numpy, numbers to the text that a reader sees."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Numbers = ArrayLike | torch.Tensor
Entry = int | float | str | None

MINUS = "−"


def array_of(numbers: Numbers, name: str, axes: int = 2) -> Array:
    """Numbers as a numpy array with `axes` axes. Raises ValueError, naming what it is, where it has another shape."""
    array = _array(numbers)
    if array.ndim != axes or not array.size:
        wanted = "rows and columns" if axes == 2 else f"{axes} axes"
        raise ValueError(f"the {name} needs {wanted} with something in them; its shape is {array.shape}")
    return array


def rows_of(numbers: object, name: str = "grid") -> tuple[tuple[Entry, ...], ...]:
    """The entries of a grid, row by row; a single number or a flat list is one row. None stays an empty cell.

    Raises ValueError for rows of different lengths and for more than two axes.
    """
    array = _array(numbers)
    if array.ndim > 2 or not array.size:
        raise ValueError(f"the {name} has shape {array.shape}; a number grid shows one or more rows of numbers")
    return tuple(tuple(entry(value) for value in row) for row in np.atleast_2d(array))


def _array(numbers: Any) -> Array:
    if isinstance(numbers, torch.Tensor):
        return np.asarray(numbers.detach().cpu().resolve_neg())
    if not isinstance(numbers, list | tuple):
        return np.asarray(numbers)
    parts = [_array(part) if isinstance(part, list | tuple | np.ndarray | torch.Tensor) else part for part in numbers]
    shapes = [part.shape if isinstance(part, np.ndarray) else () for part in parts]
    if len(set(shapes)) > 1:
        raise ValueError(f"the rows have different lengths: {', '.join(size(shape) or '1' for shape in shapes)}")
    worded = any(part is None or isinstance(part, str) or _kind(part) == "O" for part in parts)
    return np.array(parts, dtype=object if worded else None)


def _kind(part: Any) -> str:
    return part.dtype.kind if isinstance(part, np.ndarray) else ""


def entry(value: Any) -> Entry:
    """One element of an array as plain int, float, text or None."""
    if value is None or isinstance(value, str):
        return value
    number = value.item() if isinstance(value, np.generic) else value
    return int(number) if isinstance(number, bool | int) else float(number)


def show(value: Entry) -> str:
    """What a cell says: whole numbers without decimals, others with at most two, nothing for None, "?" for NaN."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int):
        text = str(abs(value))
    elif math.isnan(value):
        return "?"
    elif math.isinf(value):
        text = "∞"
    else:
        text = f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def listed(values: Iterable[Entry]) -> str:
    """Numbers in reading order, a space between them."""
    return " ".join("empty" if value is None else show(value) for value in values)


def exact(value: Entry) -> bool:
    """Whether `show` gives the whole value, nothing rounded away."""
    return (
        not isinstance(value, float) or not math.isfinite(value) or math.isclose(value, round(value, 2), abs_tol=1e-12)
    )


def equals(*values: Entry) -> str:
    """The sign before a result: "≈" where one of these values is shown rounded."""
    return "=" if all(exact(value) for value in values) else "≈"


def summed(values: Iterable[Entry], gap: str = "") -> str:
    """Values as a sum, 2+6−1; `gap` stands on both sides of every sign."""
    text = ""
    for value in values:
        shown = show(value)
        if not text:
            text = shown
        elif shown.startswith(MINUS):
            text += f"{gap}{MINUS}{gap}{shown.removeprefix(MINUS)}"
        else:
            text += f"{gap}+{gap}{shown}"
    return text


def bracketed(value: Entry) -> str:
    """A factor in a product: negative numbers in brackets."""
    shown = show(value)
    return f"({shown})" if shown.startswith(MINUS) else shown


def size(shape: Iterable[int]) -> str:
    """A size as people write it: 4×4."""
    return "×".join(str(n) for n in shape)


def count(n: int, thing: str) -> str:
    """A number and its noun: 1 pixel, 2 pixels."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def decimals(value: float, places: int) -> str:
    """A number with exactly so many decimals, however many of them are zeros: 0.910."""
    if not math.isfinite(value):
        return show(value)
    text = f"{abs(value):.{places}f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def thousands(n: int) -> str:
    """A whole number with its thousands apart: 795,010."""
    return f"{n:,}"
