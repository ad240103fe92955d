"""A matrix of one's own: small whole numbers, drawn from a name, for the exercise that pairs of students compare."""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from types import EllipsisType

import numpy as np
import torch
from numpy.typing import NDArray

from convcourse.operations import correlate2d, pool2d

LONGEST_NAME = 1000
SIDE, LOWEST, HIGHEST = 8, -5, 9
KERNEL = ((1, 1, 1), (1, -2, 1), (1, 1, 1))  # the exercise's B; symmetric, so flipping it changes nothing


def own_matrix(name: str | EllipsisType | None) -> torch.Tensor:
    """The matrix A that belongs to a name: float32 (8, 8), whole numbers from −5 to 9.

    The same name always gives the same matrix: capitals, spaces around or between words and the way an accent is
    stored make no difference. Without a name (`...`, None or only spaces) it is the matrix of nobody, so that a
    notebook runs before its first line is filled in. Raises TypeError for anything else that is not text.
    """
    if name is None or name is Ellipsis:
        name = ""
    if not isinstance(name, str):
        raise TypeError(f'a name is text in quotes, such as "Ada Lovelace", not {type(name).__name__}')
    draws = (_draw(plain_name(name), number) for number in itertools.count())
    return torch.from_numpy(next(matrix for matrix in draws if _telling(matrix)))


def plain_name(name: str) -> str:
    """The name as it counts: Unicode's NFKC form, no capitals, single spaces; empty where there is no name."""
    # A name of bearable length that UTF-8 can write, which a lone surrogate from a damaged file cannot.
    name = name[:LONGEST_NAME].encode("utf-8", "replace").decode()
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def _draw(name: str, number: int) -> NDArray[np.float32]:
    """Whole numbers from the bytes of a hash: unlike a random generator's, the same in every version of numpy."""
    digest = hashlib.shake_256(f"{number} {name}".encode(errors="surrogatepass")).digest(SIDE * SIDE)
    values = np.frombuffer(digest, dtype=np.uint8) % (HIGHEST - LOWEST + 1)
    return (values.astype(np.float32) + LOWEST).reshape(SIDE, SIDE)


def _telling(matrix: NDArray[np.float32]) -> bool:
    """Whether usual slips show: a maximum taken from 0 or of sizes only, rows for columns, another number in B."""
    pooled = pool2d(matrix, 2, 2)
    convolved = correlate2d(pooled, KERNEL, padding=2)
    small = correlate2d(convolved, KERNEL, stride=3)
    below_zero = pooled.min() < 0
    sizes_differ = (pool2d(np.abs(matrix), 2, 2) != np.abs(pooled)).any()
    varied = len(np.unique(pooled)) >= 6 and np.count_nonzero(pooled == 0) <= 2
    rows_count = not np.array_equal(pooled, pooled.T) and not np.array_equal(convolved, convolved.T)
    all_different = len(np.unique(np.append(small, 0))) == small.size + 1
    return bool(below_zero and sizes_differ and varied and rows_count and all_different)
