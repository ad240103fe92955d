"""Convolution, pooling and sizes to play with. What is shown first comes from `convcourse.operations`."""

from __future__ import annotations

from convcourse.figures.live import Live, live
from convcourse.figures.overviews import size_line_scene


def size_calculator(n: int, f: int, p: int = 0, s: int = 1, caption: str = "") -> Live:
    """The size formula to play with: `n` pixels, a window of `f`, `p` padding at both ends, moved by `s`.

    Raises ValueError where no window fits.
    """
    return live(size_line_scene(n, f, p, s, caption), "size", {"n": n, "f": f, "p": p, "s": s})
