"""Checks of notebook 02: convolution by hand, with stride and padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import ceil
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.checks.registry import register
from autograder.checks.shortcuts import CONVOLUTION, COURSE, PADDING
from autograder.checks.slips import STRIDE_ZERO, constant, equals, unfinished_loops
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding
from convcourse.operations import (
    conv_matrix,
    convolve2d,
    correlate2d,
    correlate_channels,
    output_size,
    pad2d,
    pixel_uses,
    transposed_size,
)

Array = NDArray[Any]
lesson = partial(register, notebook="02_convolution")

COUNTING = np.arange(1, 17).reshape(4, 4)  # the decks' worked example: 1 … 16
SMALL = np.array([[1, 2], [3, 4]])


def numbers(random: np.random.Generator, *shape: int, low: int = -4, high: int = 9) -> Array:
    """Small whole numbers as float32, no two alike side by side, so that a shift or a swap always shows."""
    return random.integers(low, high, size=shape, endpoint=True).astype(np.float32) + np.where(
        np.indices(shape).sum(axis=0) % 2 == 0, 0, 14
    ).astype(np.float32)


def kernel_of(random: np.random.Generator, *shape: int) -> Array:
    """A kernel of different whole numbers in random order, so that no flip or turn leaves it as it was."""
    size = int(np.prod(shape))
    values = random.permutation(np.arange(-(size // 2), size - size // 2) + 0.0)
    values[values == 0] = size
    return values.reshape(shape).astype(np.float32)


# --- by hand ----------------------------------------------------------------------------------------------------


@lesson(
    "windows-by-hand",
    exercise="1",
    title="The missing windows",
    asks=("c12", "c20", "c21", "c22"),
    points={"c12": 0.5, "c20": 0.5, "c21": 0.5, "c22": 0.5},
)
def windows_by_hand(student: Student) -> Iterator[Case]:
    """Lay the kernel on the window, multiply pair by pair, add the four products."""
    right = correlate2d(COUNTING, SMALL)
    # in tens, on from the first number asked for, or on from the last of the first row that the figure shows
    counted_on = {"c12": (104, 74), "c20": (114, 84), "c21": (124, 94), "c22": (134, 104)}
    for name in ("c12", "c20", "c21", "c22"):
        i, j = int(name[1]), int(name[2])
        held = student.value(name).value
        window = COUNTING[i : i + 2, j : j + 2]
        mistakes = [
            Mistake(
                "flipped",
                "You turned the kernel by half a turn before multiplying. Here it lies on the window as printed: "
                "the 1 on the top left entry.",
                constant((window * SMALL[::-1, ::-1]).sum()),
            ),
            Mistake(
                "kernel-transposed",
                "You read the kernel by columns: top right is 2, bottom left is 3.",
                constant((window * SMALL.T).sum()),
            ),
            Mistake("not-multiplied", "You added the window up without the kernel's numbers.", constant(window.sum())),
            Mistake(
                "first-row-only",
                "You stopped after the window's first row; there are four products.",
                constant((window * SMALL)[0].sum()),
            ),
            Mistake(
                "one-term-short",
                "The last product, bottom right, is missing from your sum.",
                constant((window * SMALL).sum() - window[1, 1] * SMALL[1, 1]),
            ),
            Mistake(
                "one-left",
                "That is the window one step to the left. Count rows and columns from 0.",
                constant(right[i, j - 1] if j else np.nan),
            ),
            Mistake(
                "one-up",
                "That is the window one row further up. Count rows from 0.",
                constant(right[i - 1, j]),
            ),
            Mistake("swapped", "You swapped row and column: `c12` is row 1, column 2.", constant(right[j, i])),
            Mistake(
                "counted-on",
                "You went on counting in tens. From one row to the next the window jumps: compute it.",
                constant(next((number for number in counted_on[name] if equals(held, number)), np.nan)),
            ),
        ]
        yield student.holds(name, right[i, j], mistakes=mistakes, part=name)


@lesson("true-convolution", exercise="2", title="The same, truly convolved", asks=("convolved",), points=1)
def true_convolution(student: Student) -> Iterator[Case]:
    """Flip the kernel in both directions first, then slide as before."""
    right = convolve2d(COUNTING, SMALL)
    mistakes = [
        Mistake(
            "not-flipped",
            "This is cross-correlation: the kernel was used as printed. True convolution flips it first.",
            constant(correlate2d(COUNTING, SMALL)),
        ),
        Mistake(
            "flipped-sideways",
            "You flipped left and right only. Flip top and bottom as well: the 4 comes to the top left.",
            constant(correlate2d(COUNTING, SMALL[:, ::-1])),
        ),
        Mistake(
            "flipped-upside-down",
            "You flipped top and bottom only. Flip left and right as well: the 4 comes to the top left.",
            constant(correlate2d(COUNTING, SMALL[::-1])),
        ),
        Mistake(
            "transposed",
            "You mirrored the kernel along its diagonal; a flip in both directions is a half turn.",
            constant(correlate2d(COUNTING, SMALL.T)),
        ),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
        Mistake(
            "flipped-result",
            "You flipped the result in place of the kernel.",
            constant(correlate2d(COUNTING, SMALL)[::-1, ::-1]),
        ),
        Mistake(
            "doubled-back",
            "Right numbers in opposite order: flip only the kernel, neither image nor result.",
            constant(right[::-1, ::-1]),
        ),
    ]
    yield student.holds("convolved", right, mistakes=mistakes)


@lesson("nine-terms", exercise="Fix the slide", title="Nine terms, not five", asks=("terms",), points=0)
def nine_terms(student: Student) -> Iterator[Case]:
    """A 3×3 window has nine products, the zeros among them too."""
    window = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    cross = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    right = (window * cross).ravel()
    flat = student.value("terms")
    shaped = right.reshape(3, 3) if isinstance(flat.value, np.ndarray) and flat.value.ndim == 2 else right
    mistakes = [
        Mistake("five-terms", "Five terms, as on the slide. Products with 0 are terms too.", constant([1, 0, 0, 0, 1])),
        Mistake("three-terms", "You left the zeros out: nine products, most of them 0.", constant([1, 1, 1])),
        Mistake(
            "window-only", "This is the window itself; multiply by the kernel.", constant(window.reshape(shaped.shape))
        ),
        Mistake(
            "kernel-only", "This is the kernel itself; multiply by the window.", constant(cross.reshape(shaped.shape))
        ),
        Mistake(
            "sums", "You added window and kernel; multiply them.", constant((window + cross).reshape(shaped.shape))
        ),
        Mistake(
            "by-columns",
            "Right products, read by columns. Read row by row.",
            constant((window * cross)[:, ::-1].reshape(shaped.shape)),
        ),
        Mistake("total", "This is their sum. Type the nine products.", constant(int(right.sum()))),
        Mistake(
            "as-text",
            "This is text. Type nine numbers in brackets, such as `[1 * 1, 1 * 0, …]`, and Python multiplies for you.",
            constant(flat.value if isinstance(flat.value, str) else np.nan),
        ),
    ]
    yield student.holds("terms", shaped, mistakes=mistakes)


# --- sliding ----------------------------------------------------------------------------------------------------


def _windows_then_kernel(how: Callable[[Array, Array], Any]) -> Callable[[Array, Array], Array]:
    return lambda image, kernel: _windows_then(lambda window: how(window, kernel))(image, kernel)


def _short(image: Array, kernel: Array) -> Array:
    return correlate2d(image, kernel)[:-1, :-1]


def _windows_then(how: Callable[[Array], Any]) -> Callable[[Array, Array], Array]:
    def answer(image: Array, kernel: Array) -> Array:
        seen = np.lib.stride_tricks.sliding_window_view(image, (kernel.shape[0], kernel.shape[1]))
        return np.array([[how(window) for window in row] for row in seen])

    return answer


def _square_of_height(image: Array, kernel: Array) -> Array:
    side = output_size(image.shape[0], kernel.shape[0])
    return correlate2d(image, kernel)[:side, :side]


def _jumping(image: Array, kernel: Array) -> Array:
    return correlate2d(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]]


VALID_MISTAKES = (
    Mistake(
        "flipped",
        "You flipped the kernel: that is the mathematicians' convolution. A network's layer, and this function, "
        "lay it on the window as it is.",
        convolve2d,
    ),
    Mistake(
        "one-short",
        "The last row and column of windows are missing. How many steps are there: h − f, or h − f + 1?",
        _short,
    ),
    *unfinished_loops(correlate2d),
    Mistake(
        "matrix-product",
        "`@` is the matrix product, rows times columns. Multiply entry by entry with `*`, then add up.",
        _windows_then_kernel(lambda window, kernel: (window @ kernel).sum()),
    ),
    Mistake(
        "kernel-transposed",
        "Rows and columns of the kernel are swapped.",
        lambda image, kernel: correlate2d(image, kernel.T),
    ),
    Mistake(
        "flipped-upside-down",
        "You flipped the kernel's rows; lay it on the window as it is.",
        lambda image, kernel: correlate2d(image, kernel[::-1]),
    ),
    Mistake(
        "flipped-sideways",
        "You flipped the kernel's columns; lay it on the window as it is.",
        lambda image, kernel: correlate2d(image, kernel[:, ::-1]),
    ),
    Mistake(
        "running-total",
        "Your sum runs on from window to window: start at 0 for each.",
        lambda i, k: correlate2d(i, k).cumsum().reshape(correlate2d(i, k).shape),
    ),
    Mistake("transposed", "Right numbers, but the result is transposed: rows first.", lambda i, k: correlate2d(i, k).T),
    Mistake("mean", "You averaged the products; add them up.", lambda i, k: correlate2d(i, k) / k.size),
    Mistake(
        "largest-product",
        "You took the largest product of each window; add all of them up.",
        lambda image, kernel: (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).max(axis=(2, 3)),
    ),
    Mistake("not-multiplied", "You added the window up without the kernel's weights.", _windows_then(np.sum)),
    Mistake("jumping", "Your windows jump by a whole kernel; move them by one pixel.", _jumping),
    Mistake(
        "height-only", "The width of the result follows from the image's width, not its height.", _square_of_height
    ),
    Mistake(
        "padded",
        "The result is as large as the image: you padded it. No padding here.",
        lambda image, kernel: correlate2d(np.pad(image, [((k - 1) // 2, k // 2) for k in kernel.shape]), kernel),
    ),
    Mistake(
        "truncated",
        "You lose what stands after the decimal point: is the result made of whole numbers only?",
        lambda image, kernel: np.trunc(correlate2d(image, kernel)),
    ),
    Mistake(
        "plus",
        "You added kernel and window; multiply them entry by entry.",
        lambda image, kernel: (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) + kernel).sum(axis=(2, 3)),
    ),
)


@lesson(
    "conv2d-valid",
    exercise="3",
    title="Slide the window",
    asks=("conv2d_valid",),
    points={"square": 2, "not square": 1},
    forbids=CONVOLUTION,
)
def check_conv2d_valid(student: Student) -> Iterator[Case]:
    """`conv2d_valid(image, kernel)` lays the kernel on every window where it fits, and sums the products."""
    draw = student.random
    cases = [
        # upside down: of the worked example the right numbers are the answers of exercise 1
        (
            "square",
            COUNTING[::-1].astype(np.float32),
            SMALL.astype(np.float32),
            "1 to 16, from the last row to the first",
        ),
        ("square", numbers(draw, 5, 5), kernel_of(draw, 3, 3), "a 5×5 image, a 3×3 kernel"),
        ("square", numbers(draw, 4, 4) + np.float32(0.25), kernel_of(draw, 2, 2) / 2, "numbers with decimals"),
        ("square", numbers(draw, 3, 3), kernel_of(draw, 3, 3), "the kernel as large as the image"),
        ("not square", numbers(draw, 4, 6), kernel_of(draw, 3, 2), "a 4×6 image, a 3×2 kernel"),
        ("not square", numbers(draw, 6, 3), kernel_of(draw, 2, 3), "a 6×3 image, a 2×3 kernel"),
    ]
    for part, image, kernel, title in cases:
        yield student.returns(
            "conv2d_valid", (image, kernel), correlate2d(image, kernel), mistakes=VALID_MISTAKES, part=part, title=title
        )


# --- edges and borders ------------------------------------------------------------------------------------------


@lesson("horizontal-edge", exercise="4", title="Mend the horizontal edge", asks=("horizontal",), points=1)
def horizontal_edge(student: Student) -> Iterator[Case]:
    """It must answer 0 on a flat area, whatever its value, and strongly where bright lies above dark."""
    right = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    held = student.value("horizontal").value
    if isinstance(held, np.ndarray) and agree(held, -right.astype(float)):
        right = -right  # dark above bright: the same detector with the other sign
    corner = float(held[0, 0]) if isinstance(held, np.ndarray) and held.shape == (3, 3) else 0.0
    up = -1 if corner < 0 else 1
    mistakes = [
        Mistake(
            "as-printed",
            "As printed it answers 6c on a flat area of value c: it blurs, it finds no edge.",
            constant(abs(right)),
        ),
        Mistake("vertical", "This one finds vertical edges.", constant([[1, 0, -1]] * 3)),
        Mistake("vertical-negative", "This one finds vertical edges, from dark to bright.", constant([[-1, 0, 1]] * 3)),
        Mistake(
            "line",
            "This sums to 0, but it finds a thin line: both sides count alike. An edge has two different sides.",
            constant([[1, 1, 1], [-2, -2, -2], [1, 1, 1]]),
        ),
        Mistake(
            "sobel",
            "That is Sobel's kernel, a good one. The slide's has only ones; mend just its last row.",
            constant(up * np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])),
        ),
        Mistake(
            "scharr",
            "That is Scharr's kernel, a good one. The slide's has only ones; mend just its last row.",
            constant(up * np.array([[3, 10, 3], [0, 0, 0], [-3, -10, -3]])),
        ),
        Mistake(
            "scaled",
            "A detector, but with every weight multiplied by the same number. Leave the slide's first row as it is.",
            constant(corner * np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]) if corner else np.nan),
        ),
        Mistake(
            "last-row-zero",
            "It still answers 3c on a flat area: the last row must take away what the first adds.",
            constant([[1, 1, 1], [0, 0, 0], [0, 0, 0]]),
        ),
        Mistake(
            "one-minus",
            "It still answers c·(3 − 1) on a flat area, where an edge detector answers 0.",
            constant([[1, 1, 1], [0, 0, 0], [0, -1, 0]]),
        ),
        Mistake(
            "middle-row",
            "You changed the middle row; it is the last row that is wrong.",
            constant([[1, 1, 1], [-1, -1, -1], [1, 1, 1]]),
        ),
        Mistake(
            "all-negative", "Now all rows pull the same way: on a flat area it answers −6c.", constant(-abs(right))
        ),
    ]
    yield student.holds("horizontal", right, mistakes=mistakes)


@lesson("pixel-uses", exercise="5", title="How often is each pixel used?", asks=("uses",), points=1)
def check_pixel_uses(student: Student) -> Iterator[Case]:
    """Count for each pixel of a 5×5 image the 3×3 windows that contain it."""
    line = np.array([1, 2, 3, 2, 1])
    mistakes = [
        Mistake(
            "all-nine",
            "There are nine windows, but not every one of them covers every pixel: how many cover a corner?",
            constant(np.full((5, 5), 9)),
        ),
        Mistake("all-once", "Windows overlap, so most pixels are used more than once.", constant(np.ones((5, 5)))),
        Mistake(
            "windows", "This counts the 3×3 results. Count for each of the 25 pixels.", constant(np.full((3, 3), 9))
        ),
        Mistake(
            "minimum",
            "Rows and columns are independent of each other: multiply the two counts; you took the smaller.",
            constant(np.minimum.outer(line, line)),
        ),
        Mistake(
            "added",
            "Rows and columns are independent of each other: multiply the two counts; you added them.",
            constant(np.add.outer(line, line) - 1),
        ),
        Mistake(
            "padded",
            "That is with one pixel of padding. Here there is none.",
            constant(np.outer([2, 3, 3, 3, 2], [2, 3, 3, 3, 2])),
        ),
        Mistake("two-by-two", "That is for a 2×2 window.", constant(pixel_uses(5, 2))),
        Mistake(
            "rows-only", "You counted along the rows only; windows move down, too.", constant(np.tile(line, (5, 1)))
        ),
        Mistake(
            "columns-only",
            "You counted down the columns only; windows move sideways, too.",
            constant(np.tile(line, (5, 1)).T),
        ),
        Mistake("one-line", "That is the count along one line; the image has 5×5 pixels.", constant(line)),
    ]
    yield student.holds("uses", pixel_uses(5, 3), mistakes=mistakes)


# --- padding ----------------------------------------------------------------------------------------------------


def _frame(top: int, bottom: int, left: int, right: int, mode: Any = "constant") -> Callable[[Array, int], Array]:
    return lambda image, p: np.pad(image, ((top * p, bottom * p), (left * p, right * p)), mode=mode)


def _ones(image: Array, p: int) -> Array:
    return np.pad(image, p, constant_values=1)


PAD_MISTAKES = (
    Mistake("top-left-only", "You padded the top and the left only. The frame goes all round.", _frame(1, 0, 1, 0)),
    Mistake(
        "bottom-right-only", "You padded the bottom and the right only. The frame goes all round.", _frame(0, 1, 0, 1)
    ),
    Mistake("rows-only", "You added rows but no columns.", _frame(1, 1, 0, 0)),
    Mistake("columns-only", "You added columns but no rows.", _frame(0, 0, 1, 1)),
    Mistake(
        "one-thick", "Your frame is always one pixel thick; it should be `p` pixels.", lambda image, p: np.pad(image, 1)
    ),
    Mistake("twice-thick", "Your frame is 2p thick: p pixels go on each side.", lambda image, p: np.pad(image, 2 * p)),
    Mistake("repeated-edge", "You repeated the border pixels. Zero padding is asked for.", _frame(1, 1, 1, 1, "edge")),
    Mistake("ones", "Your frame is made of ones; it should be zeros.", _ones),
    Mistake(
        "image-lost",
        "The frame is there but the image in its middle is gone: copy it in.",
        lambda image, p: np.zeros_like(np.pad(image, p)),
    ),
    Mistake("unpadded", "The image comes back as it was.", lambda image, p: image),
    Mistake("swapped", "Rows and columns are swapped.", lambda image, p: np.pad(image, p).T),
    Mistake(
        "corner",
        "The image sits in the top left corner of the frame; it belongs in the middle.",
        lambda image, p: np.pad(image, ((0, 2 * p), (0, 2 * p))),
    ),
)


@lesson("pad2d", exercise="6", title="A frame of zeros", asks=("pad2d",), points=1, forbids=PADDING)
def check_pad2d(student: Student) -> Iterator[Case]:
    """`pad2d(image, p)` puts p zeros on each of the four sides and leaves the image alone."""
    for (h, w), p in (((3, 3), 2), ((2, 4), 1), ((4, 3), 3), ((3, 4), 0)):
        image = numbers(student.random, h, w) + 20
        yield student.returns(
            "pad2d", (image, p), pad2d(image, p), mistakes=PAD_MISTAKES, title=f"a {h}×{w} image, p = {p}"
        )


@lesson(
    "same-padding",
    exercise="Fix the slide",
    title="How large is “same”?",
    asks=("padded_side", "result_side"),
    points=0,
)
def same_padding(student: Student) -> Iterator[Case]:
    """A 5×5 image, a 3×3 kernel, and a result as large as the image."""
    yield student.holds(
        "padded_side",
        7,
        mistakes=[
            Mistake("one-column", "6, as on the slide: padding stands on both sides, so it counts twice.", constant(6)),
            Mistake("not-padded", "That is the image before padding.", constant(5)),
            Mistake(
                "two-each", "A frame of 2 is more than is needed: 9 − 3 + 1 = 7, larger than the image.", constant(9)
            ),
            Mistake(
                "kernel-added", "You added the whole kernel: 5 + 3. It is f − 1 = 2 pixels that get lost.", constant(8)
            ),
        ],
    )
    yield student.holds(
        "result_side",
        5,
        mistakes=[
            Mistake("valid", "3 is the size without padding. “Same” means as large as the image.", constant(3)),
            Mistake("valid-of-six", "4 is what the slide's 6×6 would give: 6 − 3 + 1.", constant(4)),
            Mistake("not-cut", "7 is the padded image; the kernel takes f − 1 = 2 away again.", constant(7)),
        ],
    )


# --- sizes ------------------------------------------------------------------------------------------------------


TOO_LARGE = Finding(
    "accepts-large-kernel", "A window larger than the padded image fits nowhere: `raise ValueError` with a sentence."
)
NEGATIVE_PADDING = Finding(
    "accepts-negative-padding", "Padding below 0 has no meaning: `raise ValueError` with a sentence."
)

SIZE_MISTAKES = (
    Mistake(
        "ceiling",
        "You rounded up. Half a step at the end is no window: round down.",
        lambda n, f, p, s: ceil((n + 2 * p - f) / s) + 1,
    ),
    Mistake(
        "not-rounded",
        "A size is a whole number: round (n + 2p − f)/s down (`//`).",
        lambda n, f, p, s: (n + 2 * p - f) / s + 1,
    ),
    Mistake(
        "rounded", "You rounded to the nearest number; round down.", lambda n, f, p, s: round((n + 2 * p - f) / s) + 1
    ),
    Mistake(
        "no-plus-one",
        "One is missing: the place where the window stands before its first step counts, too.",
        lambda n, f, p, s: (n + 2 * p - f) // s,
    ),
    Mistake(
        "padding-once", "You counted the padding once; it stands at both ends.", lambda n, f, p, s: (n + p - f) // s + 1
    ),
    Mistake("padding-ignored", "The padding is missing.", lambda n, f, p, s: (n - f) // s + 1),
    Mistake("stride-ignored", "The stride is missing.", lambda n, f, p, s: n + 2 * p - f + 1),
    Mistake(
        "plus-one-inside",
        "The + 1 comes after the division: the first window is there whatever the stride.",
        lambda n, f, p, s: (n + 2 * p - f + 1) // s,
    ),
    Mistake(
        "kernel-ignored",
        "The size of the kernel is missing: the last f − 1 pixels start no window.",
        lambda n, f, p, s: (n + 2 * p - 1) // s + 1,
    ),
    Mistake(
        "stride-and-kernel-swapped", "You swapped the roles of f and s.", lambda n, f, p, s: (n + 2 * p - s) // f + 1
    ),
    Mistake(
        "n-divided",
        "You divided only a part: the whole of n + 2p − f is divided by s.",
        lambda n, f, p, s: n // s + 2 * p - f + 1,
    ),
    Mistake(
        "brackets-missing",
        "Python divides before it adds: put n + 2p − f in brackets.",
        lambda n, f, p, s: n + 2 * p - f // s + 1,
    ),
    Mistake(
        "stride-and-padding-swapped",
        "You swapped the roles of p and s: the order is n, f, p, s.",
        lambda n, f, p, s: (n + 2 * s - f) // p + 1,
    ),
)


@lesson(
    "output-size",
    exercise="7",
    title="How large is the result?",
    asks=("output_size",),
    points={"size": 1.5, "refuses": 0.5},
    forbids=COURSE,
)
def check_output_size(student: Student) -> Iterator[Case]:
    """`output_size(n, f, p, s)`: how many windows of f fit on n pixels, padded by p at both ends, in steps of s."""
    draw = student.random
    questions = [(6, 3, 0, 1), (5, 3, 1, 2), (7, 2, 0, 3), (224, 7, 3, 2)]
    questions += [
        (int(draw.integers(8, 40)), int(draw.integers(2, 6)), int(draw.integers(1, 4)), int(draw.integers(2, 5)))
        for _ in range(4)
    ]
    questions += [(11, 4, 1, 4), (13, 3, 2, 5)]
    for n, f, p, s in questions:
        yield student.returns(
            "output_size",
            (n, f, p, s),
            output_size(n, f, p, s),
            mistakes=SIZE_MISTAKES,
            part="size",
            title=f"n = {n}, f = {f}, p = {p}, s = {s}",
            may_refuse=True,
        )
    # just possible: so that one who refuses everything earns nothing
    yield student.accepts("output_size", (4, 6, 1, 2), part="refuses", title="n = 4, f = 6, p = 1, s = 2")
    impossible = [((3, 6, 1, 1), TOO_LARGE), ((6, 3, 0, 0), STRIDE_ZERO), ((6, 3, -1, 1), NEGATIVE_PADDING)]
    for (n, f, p, s), why in impossible:
        yield student.refuses(
            "output_size", (n, f, p, s), why=why, part="refuses", title=f"n = {n}, f = {f}, p = {p}, s = {s}"
        )


# --- stride and padding -----------------------------------------------------------------------------------------


Answer4 = Callable[[Array, Array, int, int], Array]


def _padded(how: Callable[[Array, int], Array]) -> Answer4:
    """Convolve after padding in another way than all round with zeros."""
    return lambda image, kernel, stride, padding: correlate2d(how(image, padding), kernel, stride)


def _stepped(rows: bool, columns: bool) -> Answer4:
    def answer(image: Array, kernel: Array, stride: int, padding: int) -> Array:
        everywhere = correlate2d(image, kernel, 1, padding)
        return everywhere[:: stride if rows else 1, :: stride if columns else 1]

    return answer


def _padded_afterwards(image: Array, kernel: Array, stride: int, padding: int) -> Array:
    return np.pad(correlate2d(image, kernel, stride), padding)


def _late_start(image: Array, kernel: Array, stride: int, padding: int) -> Array:
    return correlate2d(image, kernel, 1, padding)[stride - 1 :: stride, stride - 1 :: stride]


def _rounded_up(image: Array, kernel: Array, stride: int, padding: int) -> Array:
    """Windows that hang over the edge are filled up with zeros, as a size rounded up demands."""
    h, w = (ceil((n + 2 * padding - f) / stride) for n, f in zip(image.shape, kernel.shape, strict=True))
    room = pad2d(image, padding)
    need = [(0, size * stride + f - n) for size, f, n in zip((h, w), kernel.shape, room.shape, strict=True)]
    return correlate2d(np.pad(room, [(0, max(0, more)) for _, more in need]), kernel, stride)


def _last_dropped(image: Array, kernel: Array, stride: int, padding: int) -> Array:
    return correlate2d(image, kernel, stride, padding)[:-1, :-1]


def _position_without_stride(image: Array, kernel: Array, stride: int, padding: int) -> Array:
    h, w = correlate2d(image, kernel, stride, padding).shape
    return correlate2d(image, kernel, 1, padding)[:h, :w]


CONV_MISTAKES = (
    Mistake("flipped", "You flipped the kernel; lay it on the window as it is.", convolve2d),
    Mistake("stride-ignored", "The stride has no effect: the window moves by one pixel.", _stepped(False, False)),
    Mistake(
        "position-without-stride",
        "The size is right, but your window moves by one pixel: it starts at `i * stride`, not at `i`.",
        _position_without_stride,
    ),
    Mistake("stride-rows-only", "The stride works downwards only; columns move by one pixel.", _stepped(True, False)),
    Mistake("stride-columns-only", "The stride works sideways only; rows move by one pixel.", _stepped(False, True)),
    Mistake("padding-ignored", "The padding has no effect.", lambda i, k, s, p: correlate2d(i, k, s, 0)),
    Mistake("padding-top-left", "You padded the top and the left only.", _padded(_frame(1, 0, 1, 0))),
    Mistake("padding-bottom-right", "You padded the bottom and the right only.", _padded(_frame(0, 1, 0, 1))),
    Mistake("padding-rows-only", "You padded the top and the bottom only.", _padded(_frame(1, 1, 0, 0))),
    Mistake(
        "padding-twice",
        "You padded twice as much as asked: `padding` pixels go on each side.",
        lambda i, k, s, p: correlate2d(i, k, s, 2 * p),
    ),
    Mistake(
        "padding-edge",
        "You padded with copies of the border; zeros are asked for.",
        _padded(_frame(1, 1, 1, 1, "edge")),
    ),
    Mistake(
        "padded-afterwards",
        "You framed the result; it is the image that gets the frame, before the window moves.",
        _padded_afterwards,
    ),
    Mistake("late-start", "Your first window stands one step inside; it belongs in the top left corner.", _late_start),
    Mistake("rounded-up", "You rounded the size up, so that the last windows hang over the edge.", _rounded_up),
    Mistake(
        "one-short", "The last row and column of windows are missing: check how far your loops run.", _last_dropped
    ),
    *unfinished_loops(correlate2d),
    Mistake(
        "kernel-transposed", "Rows and columns of the kernel are swapped.", lambda i, k, s, p: correlate2d(i, k.T, s, p)
    ),
    Mistake(
        "swapped-arguments",
        "Stride and padding are swapped: the order is image, kernel, stride, padding.",
        lambda i, k, s, p: correlate2d(i, k, p, s),
    ),
    Mistake(
        "stride-dilates",
        "You spread the kernel's points out (that is dilation); stride moves the whole window.",
        lambda i, k, s, p: correlate2d(
            i, np.kron(k, np.eye(1, s * s).reshape(s, s))[: (k.shape[0] - 1) * s + 1, : (k.shape[1] - 1) * s + 1], 1, p
        ),
    ),
)


@lesson(
    "conv2d",
    exercise="8",
    title="Stride and padding",
    asks=("conv2d",),
    points={"stride": 1, "padding": 1, "both": 1, "not square": 0.5, "refuses": 0.5},
    forbids=CONVOLUTION,
)
def check_conv2d(student: Student) -> Iterator[Case]:
    """`conv2d(image, kernel, stride, padding)`: pad first, then move the window by `stride` in both directions."""
    draw = student.random
    cases: Sequence[tuple[str, tuple[int, int], tuple[int, int], int, int]] = [
        ("stride", (6, 6), (3, 3), 2, 0),
        ("stride", (7, 7), (2, 2), 3, 0),
        ("padding", (4, 4), (3, 3), 1, 1),
        ("padding", (3, 3), (2, 2), 1, 2),
        ("both", (6, 6), (3, 3), 2, 1),
        ("both", (7, 7), (4, 4), 3, 2),
        ("not square", (5, 8), (2, 3), 2, 1),
        ("not square", (8, 4), (3, 1), 3, 0),
    ]
    for part, (h, w), (f_h, f_w), stride, padding in cases:
        image, kernel = numbers(draw, h, w), kernel_of(draw, f_h, f_w)
        yield student.returns(
            "conv2d",
            (image, kernel, stride, padding),
            correlate2d(image, kernel, stride, padding),
            mistakes=CONV_MISTAKES,
            part=part,
            title=f"{h}×{w} image, {f_h}×{f_w} kernel, stride {stride}, padding {padding}",
            may_refuse=True,
        )
    image, kernel = numbers(draw, 4, 4), kernel_of(draw, 6, 6)
    yield student.accepts(  # just possible: so that one who refuses everything earns nothing
        "conv2d", (image, kernel, 2, 1), part="refuses", title="a 6×6 kernel on a 4×4 image with padding 1"
    )
    impossible = [
        (kernel_of(draw, 7, 7), 1, 1, TOO_LARGE, "a 7×7 kernel on a 4×4 image with padding 1"),
        (kernel_of(draw, 2, 2), 0, 0, STRIDE_ZERO, "stride 0"),
        (kernel_of(draw, 2, 2), 1, -1, NEGATIVE_PADDING, "padding −1"),
    ]
    for kernel, stride, padding, why, title in impossible:
        yield student.refuses("conv2d", (image, kernel, stride, padding), why=why, part="refuses", title=title)


@lesson("transposed-size", exercise="Quick question", title="How far it grows", asks=("larger",), points=0)
def check_transposed_size(student: Student) -> Iterator[Case]:
    """A transposed convolution with f = 5, s = 3, p = 1 on 7 pixels."""
    n, f, p, s = 7, 5, 1, 3
    mistakes = [
        Mistake(
            "forward",
            "That is an ordinary convolution: it shrinks. The transposed one grows.",
            constant(output_size(n, f, p, s)),
        ),
        Mistake(
            "padding-added", "Here padding is taken away from the result: − 2p.", constant((n - 1) * s + 2 * p + f)
        ),
        Mistake("padding-ignored", "The padding is missing: − 2p.", constant((n - 1) * s + f)),
        Mistake("padding-once", "The padding is taken away at both ends: − 2p.", constant((n - 1) * s - p + f)),
        Mistake("n-steps", "Between n windows there are n − 1 steps.", constant(n * s - 2 * p + f)),
        Mistake("no-kernel", "The last window is f wide: + f.", constant((n - 1) * s - 2 * p)),
    ]
    yield student.holds("larger", transposed_size(n, f, p, s), mistakes=mistakes)


# --- as a matrix ------------------------------------------------------------------------------------------------


def _no_gaps(kernel: Array, shape: tuple[int, int]) -> Array:
    """The kernel's rows written one after another, forgetting that a row of the image lies between them."""
    matrix = np.zeros_like(conv_matrix(kernel, shape))
    for row, line in enumerate(conv_matrix(kernel, shape)):
        start = int(np.flatnonzero(line)[0])
        matrix[row, start : start + kernel.size] = kernel.ravel()
    return matrix


def _one_step_a_row(kernel: Array, shape: tuple[int, int]) -> Array:
    """Each row of the matrix one to the right of the last, forgetting that the window also changes rows."""
    right = conv_matrix(kernel, shape)
    return np.stack([np.roll(right[0], step) for step in range(len(right))])


def _height_for_width(kernel: Array, shape: tuple[int, int]) -> Array:
    right = conv_matrix(kernel, shape)
    matrix = np.zeros_like(right)
    h, w = shape
    places = [(i, j) for i in range(h - kernel.shape[0] + 1) for j in range(w - kernel.shape[1] + 1)]
    for row, (i, j) in enumerate(places):
        for k, m in np.ndindex(*kernel.shape):
            matrix[row, (i + k) * h + j + m] = kernel[k, m]
    return matrix


def _reused(clear: bool, add: bool, same: bool) -> Callable[[Array, tuple[int, int]], Array]:
    """One row used for every window: cleared in between or not, written over or added to, kept or copied."""

    def answer(kernel: Array, shape: tuple[int, int]) -> Array:
        right = conv_matrix(kernel, shape)
        seen = conv_matrix(np.ones_like(kernel), shape) != 0
        matrix, row = np.zeros_like(right), np.zeros_like(right[0])
        for number, (weights, window) in enumerate(zip(right, seen, strict=True)):
            row = np.where(window, weights + add * row, row * (not clear))
            matrix[number] = row
        return np.tile(row, (len(right), 1)) if same else matrix

    return answer


def _by_columns(kernel: Array, shape: tuple[int, int]) -> Array:
    right = conv_matrix(kernel, shape)
    h, w = (n - f + 1 for n, f in zip(shape, kernel.shape, strict=True))
    return right.reshape(h, w, -1).swapaxes(0, 1).reshape(right.shape)


MATRIX_MISTAKES = (
    Mistake(
        "transposed",
        "This is the transpose: one *row* for each window, one column for each pixel.",
        lambda kernel, shape: conv_matrix(kernel, shape).T,
    ),
    Mistake("flipped", "You flipped the kernel.", lambda kernel, shape: conv_matrix(kernel[::-1, ::-1], shape)),
    Mistake(
        "kernel-transposed",
        "Rows and columns of the kernel are swapped.",
        lambda kernel, shape: conv_matrix(kernel.T, shape),
    ),
    Mistake(
        "no-gaps",
        "The kernel's rows stand side by side. In the flattened image, one row of the window is a whole image "
        "row away from the next.",
        _no_gaps,
    ),
    Mistake(
        "one-step-a-row",
        "Each row is the one above it, moved by one. At the end of an image row the window jumps to the next.",
        _one_step_a_row,
    ),
    Mistake(
        "height-for-width",
        "Pixel (i, j) of an image of width w is entry i·w + j: you used the height.",
        _height_for_width,
    ),
    Mistake(
        "ones",
        "Right places, but 1 where the kernel's weights belong.",
        lambda kernel, shape: conv_matrix(np.ones_like(kernel), shape),
    ),
    Mistake(
        "first-row-only",
        "Only the first window is filled in.",
        lambda kernel, shape: np.concatenate(
            [conv_matrix(kernel, shape)[:1], np.zeros_like(conv_matrix(kernel, shape)[1:])]
        ),
    ),
    Mistake(
        "one-row-for-all",
        "All your rows are one and the same: every window was written into it. Make a new row of zeros for each.",
        _reused(clear=False, add=False, same=True),
    ),
    Mistake(
        "one-row-summed",
        "All your rows are one and the same, the sum of all windows. Make a new row of zeros for each window.",
        _reused(clear=False, add=True, same=True),
    ),
    Mistake(
        "last-window-everywhere",
        "All your rows are the last window's: they are one and the same row. Make a new one for each window.",
        _reused(clear=True, add=False, same=True),
    ),
    Mistake(
        "not-cleared",
        "Each row still holds the windows before it. Start each row with zeros.",
        _reused(clear=False, add=False, same=False),
    ),
    Mistake(
        "windows-by-columns",
        "Right rows, in another order: the windows go along a row of the image first, then down.",
        _by_columns,
    ),
    Mistake("last-row-missing", "The last window is missing.", lambda kernel, shape: conv_matrix(kernel, shape)[:-1]),
    Mistake(
        "four-axes",
        "Right entries; now flatten: windows in one axis, pixels in the other.",
        lambda kernel, shape: conv_matrix(kernel, shape).reshape(
            shape[0] - kernel.shape[0] + 1, shape[1] - kernel.shape[1] + 1, *shape
        ),
    ),
)


@lesson(
    "conv-matrix",
    exercise="9",
    title="Convolution as a matrix",
    asks=("conv_matrix",),
    points={"square": 1, "not square": 1},
    forbids=COURSE,
)
def check_conv_matrix(student: Student) -> Iterator[Case]:
    """`conv_matrix(kernel, shape) @ image.ravel()` is the valid result, flattened: one row for each window."""
    draw = student.random
    for part, shape, (f_h, f_w) in (
        ("square", (3, 3), (2, 2)),
        ("square", (4, 4), (3, 3)),
        ("not square", (3, 4), (2, 2)),
        ("not square", (4, 3), (1, 2)),
    ):
        kernel = kernel_of(draw, f_h, f_w)
        yield student.returns(
            "conv_matrix",
            (kernel, torch.Size(shape)),  # as `image.shape` would be
            conv_matrix(kernel, shape),
            mistakes=MATRIX_MISTAKES,
            part=part,
            title=f"a {f_h}×{f_w} kernel on a {shape[0]}×{shape[1]} image",
        )


# --- channels and filters ---------------------------------------------------------------------------------------


MULTI_MISTAKES = (
    Mistake("no-bias", "The bias is missing.", lambda x, w, b: correlate_channels(x, w, 0 * b)),
    Mistake(
        "bias-per-channel",
        "You added the bias once for each input channel; once for each filter is enough.",
        lambda x, w, b: correlate_channels(x, w, b * x.shape[0]),
    ),
    Mistake(
        "first-bias", "All filters got the first one's bias.", lambda x, w, b: correlate_channels(x, w, 0 * b + b[0])
    ),
    Mistake(
        "first-channel",
        "Only the first channel counts in your result; sum over all of them.",
        lambda x, w, b: correlate_channels(x[:1], w[:, :1], b),
    ),
    Mistake(
        "last-channel",
        "Only the last channel counts in your result: is it `=` where `+=` belongs?",
        lambda x, w, b: correlate_channels(x[-1:], w[:, -1:], b),
    ),
    Mistake(
        "running-total",
        "Your sum runs on from filter to filter: start at 0 for each.",
        lambda x, w, b: correlate_channels(x, w, 0 * b).cumsum(axis=0) + b[:, None, None],
    ),
    Mistake(
        "mean-of-channels",
        "You averaged over the channels; add them up.",
        lambda x, w, b: correlate_channels(x, w / x.shape[0], b),
    ),
    Mistake(
        "channels-not-summed",
        "You kept one map for each filter *and* channel; a filter gives one map, the sum over its channels.",
        lambda x, w, b: np.stack(
            [[correlate2d(c, k) + bias for c, k in zip(x, f, strict=True)] for f, bias in zip(w, b, strict=True)]
        ),
    ),
    Mistake(
        "filters-summed",
        "You added all filters up into one map; each filter makes a map of its own.",
        lambda x, w, b: correlate_channels(x, w, b).sum(axis=0),
    ),
    Mistake("flipped", "You flipped the kernels.", lambda x, w, b: correlate_channels(x, w[:, :, ::-1, ::-1], b)),
    Mistake(
        "channels-reversed",
        "The channels of image and filter are paired in opposite order.",
        lambda x, w, b: correlate_channels(x, w[:, ::-1], b),
    ),
    Mistake(
        "last-filter",
        "All maps are the last filter's: is the result filled inside the loop?",
        lambda x, w, b: np.stack([correlate_channels(x, w, b)[-1]] * len(b)),
    ),
    Mistake(
        "same-kernel",
        "You used the kernel of the first channel for all channels; each channel has its own.",
        lambda x, w, b: correlate_channels(x, np.repeat(w[:, :1], x.shape[0], axis=1), b),
    ),
    Mistake(
        "channels-last",
        "The maps are in the last axis; (C, H, W) has them first.",
        lambda x, w, b: np.moveaxis(correlate_channels(x, w, b), 0, -1),
    ),
)


@lesson(
    "conv2d-multi",
    exercise="10",
    title="Channels and filters",
    asks=("conv2d_multi",),
    points={"channels": 1, "filters": 1, "bias": 1},
    forbids=CONVOLUTION,
)
def check_conv2d_multi(student: Student) -> Iterator[Case]:
    """`conv2d_multi(x, w, b)`: each filter sums over all channels, adds its bias, and makes one map."""
    draw = student.random
    for part, channels, filters, (h, w), (f_h, f_w), biased in (
        ("channels", 3, 1, (4, 4), (2, 2), False),
        ("channels", 2, 1, (3, 5), (2, 3), False),
        ("filters", 1, 4, (4, 4), (3, 3), False),
        ("filters", 3, 2, (5, 4), (3, 2), False),
        ("bias", 1, 3, (3, 3), (2, 2), True),
        ("bias", 3, 2, (4, 5), (2, 2), True),
    ):
        x = numbers(draw, channels, h, w)
        weights = kernel_of(draw, filters, channels, f_h, f_w)
        b = draw.permutation(np.arange(1, filters + 1)).astype(np.float32) * 100 * biased
        size = (
            f"{channels} channel{'s' * (channels > 1)} of {h}×{w}, {filters} filter{'s' * (filters > 1)} of {f_h}×{f_w}"
        )
        yield student.returns(
            "conv2d_multi",
            (x, weights, b),
            correlate_channels(x, weights, b),
            mistakes=MULTI_MISTAKES,
            part=part,
            title=size + (", with bias" if biased else ", bias 0"),
        )


@lesson("filter-parameters", exercise="Quick question", title="Counting parameters", asks=("parameters",), points=0)
def filter_parameters(student: Student) -> Iterator[Case]:
    """Ten filters of 3×3 on an RGB image, each with its bias."""
    mistakes = [
        Mistake("one-channel", "100 = (3·3 + 1)·10: you counted one input channel; there are 3.", constant(100)),
        Mistake("no-bias", "270 = 3·3·3·10: the ten biases are missing.", constant(270)),
        Mistake("one-bias", "271 = 270 + 1: every filter has a bias of its own.", constant(271)),
        Mistake(
            "bias-per-channel",
            "300 = (9 + 1)·3·10: one bias a filter, not one for each of its channels.",
            constant(300),
        ),
        Mistake("one-filter", "28 is a single filter; there are ten.", constant(28)),
        Mistake("no-channels-no-bias", "90 = 3·3·10: three input channels and the biases are missing.", constant(90)),
        Mistake("one-filter-no-bias", "27 is a single filter without its bias.", constant(27)),
    ]
    yield student.holds("parameters", 280, mistakes=mistakes)
