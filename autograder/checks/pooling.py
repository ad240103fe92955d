"""Checks of notebook 03: pooling by hand, in code and backwards, on one's own matrix, and what it is good for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks.plain import NOT_ATTEMPTED, Reply
from autograder.checks.registry import register
from autograder.checks.shortcuts import BACKWARD, POOLING
from autograder.checks.slips import STRIDE_ZERO, constant, equals, unfinished_loops
from autograder.checks.student import UNANSWERED, Mistake, Student, agree, close, difference
from autograder.checks.verdict import Case, Finding, Outcome
from convcourse.crosses import PLUS, cross_image, first_map, place_of_largest, second_map
from convcourse.matrices import KERNEL, own_matrix, plain_name
from convcourse.operations import correlate2d, max_pool_backward, output_size, pool2d, windows

Array = NDArray[Any]
lesson = partial(register, notebook="03_pooling")

HAND = np.array([[1, 3, 2, 0], [4, 8, 5, 1], [7, 2, 9, 6], [0, 3, 4, 5]])
NEGATIVE = np.array([[-6, -8, -9, -4], [-9, -7, -7, -9], [-1, -6, -6, -7], [-4, -3, -5, -8]])

ABOVE_0 = np.float32(30)  # more than any number of `different` is below zero, for images of up to 9×9


def different(random: np.random.Generator, *shape: int) -> Array:
    """Whole numbers in random order as float32, no two alike, a third of them below zero."""
    size = int(np.prod(shape))
    return (random.permutation(size) - size // 3).reshape(shape).astype(np.float32)


def reduced(x: ArrayLike, f: int, s: int, how: Callable[..., Any]) -> Array:
    """Pooling with another reduction than maximum and mean, such as `np.min` or `np.median`."""
    return np.asarray(how(windows(x, (f, f), s), axis=(2, 3)))


# --- by hand ----------------------------------------------------------------------------------------------------


def _hand_mistakes(swapped: Mistake, right: Array) -> list[Mistake]:
    """Slips that both halves of the exercise share, after the one that takes one for the other."""
    return [
        swapped,
        Mistake("sum", "You added the four numbers of each window up.", constant(reduced(HAND, 2, 2, np.sum))),
        Mistake("minimum", "These are the smallest numbers of the windows.", constant(reduced(HAND, 2, 2, np.min))),
        Mistake("corner", "These are the top left numbers of the windows; all four count.", constant(HAND[::2, ::2])),
        Mistake(
            "median",
            "This is the median, between the two middle numbers.",
            constant(reduced(HAND, 2, 2, np.median)),
        ),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
    ]


@lesson(
    "pool-by-hand",
    exercise="1",
    title="Four windows, twice",
    asks=("largest", "average"),
    points={"largest": 1, "average": 1},
)
def pool_by_hand(student: Student) -> Iterator[Case]:
    """Cut the 4×4 matrix into four windows of 2×2; each gives one number."""
    largest, average = pool2d(HAND, 2, 2), pool2d(HAND, 2, 2, "avg")
    mistakes = _hand_mistakes(
        Mistake("average-for-maximum", "These are the averages; `largest` holds the maxima.", constant(average)),
        largest,
    )
    mistakes += [
        Mistake(
            "stride-one",
            "Your window moved by 1: that gives 3×3. With stride 2 the windows do not overlap.",
            constant(pool2d(HAND, 2, 1)),
        ),
        Mistake("whole-matrix", "That is the largest of all; each window has its own maximum.", constant(HAND.max())),
        Mistake(
            "rows",
            "These are maxima of rows; a window is two rows high and two columns wide.",
            constant(HAND.max(axis=1)),
        ),
        Mistake("columns", "These are maxima of columns; a window is 2×2.", constant(HAND.max(axis=0))),
    ]
    yield student.holds("largest", largest, mistakes=mistakes, part="largest")
    mistakes = _hand_mistakes(
        Mistake("maximum-for-average", "These are the maxima; `average` holds the averages.", constant(largest)),
        average,
    )
    mistakes += [
        Mistake("halved", "A window has four numbers: divide their sum by 4, not by 2.", constant(average * 2)),
        Mistake(
            "middle-of-range",
            "This is halfway between smallest and largest; an average counts all four numbers.",
            constant((reduced(HAND, 2, 2, np.max) + reduced(HAND, 2, 2, np.min)) / 2),
        ),
        Mistake(
            "stride-one",
            "Your window moved by 1: that gives 3×3. With stride 2 the windows do not overlap.",
            constant(pool2d(HAND, 2, 1, "avg")),
        ),
        Mistake("whole-matrix", "That is the average of all; each window has its own average.", constant(HAND.mean())),
        Mistake(
            "rows",
            "These are averages of rows; a window is two rows high and two columns wide.",
            constant(HAND.mean(axis=1)),
        ),
        Mistake("columns", "These are averages of columns; a window is 2×2.", constant(HAND.mean(axis=0))),
    ]
    yield student.holds("average", average, mistakes=mistakes, part="average")


# --- in code ----------------------------------------------------------------------------------------------------


def _either(largest: Callable[..., Any], average: Callable[..., Any]) -> Callable[[Array, int, int, str], Array]:
    """Pooling that reduces windows in these ways, for mode "max" and mode "avg"."""
    return lambda x, f, s, mode: reduced(x, f, s, largest if mode == "max" else average)


def _from_zero(seen: Array, axis: tuple[int, int]) -> Array:
    return np.asarray(np.maximum(seen.max(axis=axis), 0))


def _largest_size(seen: Array, axis: tuple[int, int]) -> Array:
    return np.asarray(np.abs(seen).max(axis=axis))


def _cut_off(seen: Array, axis: tuple[int, int]) -> Array:
    return np.asarray(np.trunc(seen.mean(axis=axis)))


def _steps(rows: bool, columns: bool, otherwise: Callable[[int], int]) -> Callable[[Array, int, int, Any], Array]:
    """The stride works in some directions; in the others the window moves by `otherwise(f)`."""

    def answer(x: Array, f: int, s: int, mode: Any) -> Array:
        everywhere = pool2d(x, f, 1, mode)
        return everywhere[:: s if rows else otherwise(f), :: s if columns else otherwise(f)]

    return answer


def _position_without_stride(x: Array, f: int, s: int, mode: Any) -> Array:
    h, w = pool2d(x, f, s, mode).shape
    return pool2d(x, f, 1, mode)[:h, :w]


def _window_of_s(x: Array, f: int, s: int, mode: Any) -> Array:
    """Windows of s×s, as many as there are of f×f; at the edge they pool what they have."""
    h, w = pool2d(x, f, s, mode).shape
    how = np.max if mode == "max" else np.mean
    return np.array([[how(x[i * s : i * s + s, j * s : j * s + s]) for j in range(w)] for i in range(h)])


def _hanging_over(x: Array, f: int, s: int, mode: Any) -> Array:
    """Windows that begin on the image but end beyond it pool what they have."""
    h, w = (ceil((n - f) / s) + 1 for n in x.shape)
    how = np.max if mode == "max" else np.mean
    return np.array([[how(x[i * s : i * s + f, j * s : j * s + f]) for j in range(w)] for i in range(h)])


def _one_row(x: Array, f: int, s: int, mode: Any) -> Array:
    seen = windows(x, (f, f), s)[:, :, 0, :]
    return np.asarray(seen.max(axis=2) if mode == "max" else seen.mean(axis=2))


def _square_of_height(x: Array, f: int, s: int, mode: Any) -> Array:
    side = output_size(x.shape[0], f, s=s)
    return pool2d(x, f, s, mode)[:, :side]


POOL_MISTAKES = (
    Mistake(
        "always-average",
        'You take the average whatever the mode; for "max" the largest number is asked for.',
        _either(np.mean, np.mean),
    ),
    Mistake(
        "always-maximum",
        'You take the maximum whatever the mode; for "avg" the average is asked for.',
        _either(np.max, np.max),
    ),
    Mistake(
        "modes-swapped",
        "Your modes are swapped: maximum for average and average for maximum.",
        _either(np.mean, np.max),
    ),
    Mistake(
        "starts-at-0",
        "Your maximum starts at 0, so that windows of negative numbers answer 0. Start with a number of the window.",
        _either(_from_zero, np.mean),
    ),
    Mistake(
        "absolute",
        "You compare sizes without the sign: of −7 and 2 the larger is 2.",
        _either(_largest_size, np.mean),
    ),
    Mistake("minimum", "You take the smallest number of each window.", _either(np.min, np.mean)),
    Mistake(
        "sum",
        "You add the numbers of the window up; an average also divides by how many there are.",
        _either(np.max, np.sum),
    ),
    Mistake(
        "divided-by-f",
        "You divide by f; a window has f·f numbers.",
        lambda x, f, s, mode: pool2d(x, f, s, mode) * (f if mode == "avg" else 1),
    ),
    Mistake(
        "divided-by-4",
        "You divide by 4 whatever the window; it has f·f numbers.",
        lambda x, f, s, mode: pool2d(x, f, s, mode) * (f * f / 4 if mode == "avg" else 1),
    ),
    Mistake("median", "You take the median; an average adds up and divides.", _either(np.max, np.median)),
    Mistake(
        "truncated",
        "You lose what stands after the decimal point: is your result made of whole numbers?",
        lambda x, f, s, mode: np.trunc(pool2d(x, f, s, mode)),
    ),
    Mistake("rounded-average", "Your averages are cut to whole numbers: divide with `/`.", _either(np.max, _cut_off)),
    Mistake(
        "stride-ignored",
        "Your window always moves by its own width f; it should move by s.",
        lambda x, f, s, mode: pool2d(x, f, f, mode),
    ),
    Mistake(
        "stride-one",
        "Your window moves by one pixel; it should move by s.",
        lambda x, f, s, mode: pool2d(x, f, 1, mode),
    ),
    Mistake(
        "stride-rows-only",
        "The stride works downwards only; columns move by one pixel.",
        _steps(True, False, lambda f: 1),
    ),
    Mistake(
        "stride-columns-only",
        "The stride works sideways only; rows move by one pixel.",
        _steps(False, True, lambda f: 1),
    ),
    Mistake(
        "position-without-stride",
        "The size is right, but your window moves by one pixel: it starts at `i * s`, not at `i`.",
        _position_without_stride,
    ),
    Mistake("window-of-s", "Your windows are s×s; they should be f×f, and s is how far they move.", _window_of_s),
    *unfinished_loops(pool2d),
    Mistake("window-of-2", "Your windows are 2×2 whatever f is.", lambda x, f, s, mode: pool2d(x, 2, s, mode)),
    Mistake(
        "swapped-arguments",
        "Window and stride are swapped: the order is x, f, s, mode.",
        lambda x, f, s, mode: pool2d(x, s, f, mode),
    ),
    Mistake(
        "rounded-up",
        "You kept windows that hang over the edge. What is left over at the end is dropped: round the size down.",
        _hanging_over,
    ),
    Mistake(
        "one-short",
        "The last row and column of windows are missing. How many are there: (h − f) // s, or one more?",
        lambda x, f, s, mode: pool2d(x, f, s, mode)[:-1, :-1],
    ),
    Mistake(
        "padded",
        "You padded the image; here there is no padding.",
        lambda x, f, s, mode: pool2d(x, f, s, mode, padding=f // 2),
    ),
    Mistake(
        "padded-with-0",
        "You put zeros around the image; here there is no padding.",
        lambda x, f, s, mode: pool2d(np.pad(x, f // 2), f, s, mode),
    ),
    Mistake(
        "corner",
        "You keep the top left number of each window; all f·f take part.",
        lambda x, f, s, mode: windows(x, (f, f), s)[:, :, 0, 0],
    ),
    Mistake("one-row", "You only look along the window's first row; it is f rows high, too.", _one_row),
    Mistake(
        "height-only",
        "The width of the result follows from the image's width, not its height.",
        _square_of_height,
    ),
    Mistake(
        "transposed",
        "Right numbers, but the result is transposed: rows first.",
        lambda x, f, s, mode: pool2d(x, f, s, mode).T,
    ),
    Mistake(
        "whole-image",
        "This is one number for the whole image; each window gives one.",
        lambda x, f, s, mode: x.max() if mode == "max" else x.mean(),
    ),
)

TOO_LARGE = Finding(
    "accepts-large-window", "A window larger than the image fits nowhere: `raise ValueError` with a sentence."
)
OTHER_MODE = Finding(
    "accepts-any-mode", 'There are two modes, "max" and "avg". For any other: `raise ValueError` with a sentence.'
)


@lesson(
    "pool2d",
    exercise="2",
    title="Pooling in code",
    asks=("pool2d",),
    points={"max": 1.5, "avg": 1, "overlap": 0.5, "not square": 0.5, "refuses": 0.5},
    forbids=POOLING,
)
def check_pool2d(student: Student) -> Iterator[Case]:
    """`pool2d(x, f, s, mode)`: windows of f×f, moved by s; each gives its maximum ("max") or its average ("avg")."""
    draw = student.random
    cases: list[tuple[str, Array, int, int, Any, str]] = [
        ("max", different(draw, 4, 4), 2, 2, "max", ""),
        ("max", different(draw, 9, 9), 3, 3, "max", ""),
        ("max", different(draw, 4, 4) - np.float32(20), 2, 2, "max", "negative numbers, "),
        ("max", different(draw, 4, 4) / np.float32(4), 2, 2, "max", "decimals, "),
        ("avg", different(draw, 4, 4), 2, 2, "avg", ""),
        ("avg", different(draw, 6, 6), 3, 3, "avg", ""),
        ("avg", different(draw, 4, 4) / np.float32(4), 2, 2, "avg", "decimals, "),
        # Which sign the numbers have is a question of the parts above; here it would be one of luck.
        ("overlap", different(draw, 7, 7) + ABOVE_0, 3, 2, "max", ""),
        ("overlap", different(draw, 5, 5) + ABOVE_0, 2, 1, "avg", ""),
        ("overlap", different(draw, 8, 8) + ABOVE_0, 2, 3, "max", ""),
        ("overlap", different(draw, 7, 7) + ABOVE_0, 2, 2, "max", "a row and a column left over, "),
        ("overlap", different(draw, 8, 8) + ABOVE_0, 3, 3, "avg", "two rows and columns left over, "),
        ("not square", different(draw, 4, 6) + ABOVE_0, 2, 2, "max", ""),
        ("not square", different(draw, 7, 4) + ABOVE_0, 3, 1, "avg", ""),
    ]
    for part, x, f, s, mode, special in cases:
        yield student.returns(
            "pool2d",
            (x, f, s, mode),
            pool2d(x, f, s, mode),
            mistakes=POOL_MISTAKES,
            part=part,
            title=f'{special}{x.shape[0]}×{x.shape[1]} image, f = {f}, s = {s}, "{mode}"',
            may_refuse=True,
        )
    x = different(draw, 3, 4)
    yield student.accepts(  # just possible: so that one who refuses everything earns nothing
        "pool2d", (x, 3, 2, "max"), part="refuses", title='a window of 3 on a 3×4 image, s = 2, "max"'
    )
    impossible = [
        (different(draw, 3, 5), 4, 1, "max", TOO_LARGE, "a window of 4 on a 3×5 image"),
        (different(draw, 4, 4), 2, 0, "avg", STRIDE_ZERO, "stride 0"),
        (different(draw, 4, 4), 2, 2, "middle", OTHER_MODE, 'mode "middle"'),
    ]
    for x, f, s, mode, why, title in impossible:
        yield student.refuses("pool2d", (x, f, s, mode), why=why, part="refuses", title=title)


# --- one's own matrix -------------------------------------------------------------------------------------------


NO_NAME = Finding(
    "no-name",
    "Your matrix is drawn from your name: fill in `student_name` in the first cell, then run all cells from there.",
)
NOT_A_NAME = Finding("name-not-text", '`student_name` is text in quotes, such as "Ada Lovelace".')
B = np.array(KERNEL)


def with_centre(value: float) -> Array:
    """B with another number in its middle."""
    kernel = B.copy()
    kernel[1, 1] = value
    return kernel


def _matrix_of(student: Student) -> Array | Finding:
    """The matrix that belongs to the student's name, whatever became of `A`; or why there is none."""
    reply = student.value("student_name")
    if reply.problem == NOT_ATTEMPTED:
        return NO_NAME
    if reply.problem is not None and reply.problem.id in {"not-defined", *UNANSWERED}:
        return reply.problem
    if not isinstance(reply.value, str):
        return NOT_A_NAME
    return own_matrix(reply.value).numpy() if plain_name(reply.value) else NO_NAME


def pool_mistakes(matrix: Array) -> list[Mistake]:
    """What goes wrong on the way from A (8×8) to C (4×4)."""
    right = pool2d(matrix, 2, 2)
    return [
        Mistake("average", "You took averages; C holds the maxima.", constant(pool2d(matrix, 2, 2, "avg"))),
        Mistake(
            "minimum", "You took the smallest numbers; C holds the largest.", constant(reduced(matrix, 2, 2, np.min))
        ),
        Mistake(
            "sum", "You added each window up; C holds its largest number.", constant(reduced(matrix, 2, 2, np.sum))
        ),
        Mistake(
            "corner",
            "You kept the top left number of each window; take the largest of the four.",
            constant(matrix[::2, ::2]),
        ),
        Mistake(
            "starts-at-0",
            "A window of negative numbers has a negative maximum: the one nearest to 0, not 0 itself.",
            constant(np.maximum(right, 0)),
        ),
        Mistake(
            "absolute",
            "You took the largest size without its sign: of −5 and 3 the larger is 3.",
            constant(pool2d(np.abs(matrix), 2, 2)),
        ),
        Mistake(
            "stride-one",
            "Your windows overlap (7×7): with stride 2 they lie side by side.",
            constant(pool2d(matrix, 2, 1)),
        ),
        Mistake(
            "four-by-four", "Your windows are 4×4; they should be 2×2, 16 of them.", constant(pool2d(matrix, 4, 4))
        ),
        Mistake(
            "three-window",
            "Your windows are 3×3 (with padding); 2×2 is asked for.",
            constant(pool2d(matrix, 3, 2, padding=1)),
        ),
        Mistake("rows-only", "You paired rows but not columns.", constant(matrix.reshape(4, 2, 8).max(axis=1))),
        Mistake("columns-only", "You paired columns but not rows.", constant(matrix.reshape(8, 4, 2).max(axis=2))),
        Mistake(
            "whole-matrix", "That is the largest number of all; each of 16 windows gives one.", constant(matrix.max())
        ),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
        Mistake(
            "nobody",
            "This belongs to nobody's A, from before you gave your name. Run all cells again, from your name on.",
            constant(pool2d(own_matrix("").numpy(), 2, 2)),
        ),
    ]


@lesson("own-pool", exercise="3", title="Your matrix: A to C", asks=("C",), points=2)
def own_pool(student: Student) -> Iterator[Case]:
    """C is A after 2×2 max-pooling with stride 2. A is drawn anew from `student_name` here."""
    matrix = _matrix_of(student)
    if isinstance(matrix, Finding):
        yield from _without_name(student, "C", ("",), matrix)
        return
    yield student.holds("C", pool2d(matrix, 2, 2), mistakes=pool_mistakes(matrix))


def convolve_mistakes(matrix: Array, pooled: Array) -> list[Mistake]:
    """What goes wrong on the way from C (4×4) to D (6×6); `matrix` is A."""
    padded = np.pad(pooled, 2)
    right = correlate2d(padded, B)
    return [
        Mistake(
            "padding-1",
            "Your frame is 1 wide (4×4 results); C is padded by 2 on every side.",
            constant(correlate2d(pooled, B, padding=1)),
        ),
        Mistake(
            "not-padded",
            "You did not pad (2×2 results): put a frame of zeros, 2 wide, around C first.",
            constant(correlate2d(pooled, B)),
        ),
        Mistake(
            "padding-3",
            "Your frame is 3 wide (8×8 results); C is padded by 2 on every side.",
            constant(correlate2d(pooled, B, padding=3)),
        ),
        Mistake(
            "padded-top-left",
            "You padded the top and the left only; the frame goes all round.",
            constant(correlate2d(np.pad(pooled, ((2, 0), (2, 0))), B)),
        ),
        Mistake(
            "padded-bottom-right",
            "You padded the bottom and the right only; the frame goes all round.",
            constant(correlate2d(np.pad(pooled, ((0, 2), (0, 2))), B)),
        ),
        Mistake(
            "padded-rows-only",
            "You padded the top and the bottom only.",
            constant(correlate2d(np.pad(pooled, ((2, 2), (0, 0))), B)),
        ),
        Mistake(
            "padded-columns-only",
            "You padded the left and the right only.",
            constant(correlate2d(np.pad(pooled, ((0, 0), (2, 2))), B)),
        ),
        Mistake(
            "padded-edge",
            "You padded with copies of C's border; zeros are asked for.",
            constant(correlate2d(np.pad(pooled, 2, mode="edge"), B)),
        ),
        Mistake(
            "padded-ones",
            "Your frame is made of ones; zeros are asked for.",
            constant(correlate2d(np.pad(pooled, 2, constant_values=1), B)),
        ),
        Mistake(
            "padded-afterwards",
            "You convolved first and framed the result with zeros; it is C that gets the frame.",
            constant(np.pad(correlate2d(pooled, B), 2)),
        ),
        Mistake(
            "centre-plus-1",
            "You added the nine numbers up: the one in the middle counts −2 times.",
            constant(correlate2d(padded, with_centre(1))),
        ),
        Mistake(
            "centre-plus-2",
            "The sign of the middle was lost: it is −2, not 2.",
            constant(correlate2d(padded, with_centre(2))),
        ),
        Mistake(
            "centre-0", "You left the middle out; it counts −2 times.", constant(correlate2d(padded, with_centre(0)))
        ),
        Mistake(
            "centre-minus-1", "The middle counts −2 times, not −1.", constant(correlate2d(padded, with_centre(-1)))
        ),
        Mistake("mean", "You averaged the nine products; add them up.", constant(right / 9)),
        Mistake("from-a", "You convolved A itself; D is made from C.", constant(correlate2d(matrix, B))),
        Mistake(
            "from-averages",
            "You pooled by average on the way; D is made from C, the maxima.",
            constant(correlate2d(pool2d(matrix, 2, 2, "avg"), B, padding=2)),
        ),
        Mistake(
            "stride-two",
            "Your window moves by 2 (3×3 results); here it moves by 1.",
            constant(correlate2d(padded, B, 2)),
        ),
        Mistake("only-padded", "This is C in its frame; now slide B over it.", constant(padded)),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
    ]


@lesson(
    "own-convolve",
    exercise="4",
    title="Your matrix: C to D",
    asks=("D",),
    points={"shape": 0.5, "inside": 1, "border": 1.5},
)
def own_convolve(student: Student) -> Iterator[Case]:
    """D is C with two rows of zeros on every side, cross-correlated with B. A slip in your C does not count twice."""
    matrix = _matrix_of(student)
    if isinstance(matrix, Finding):
        yield from _without_name(student, "D", ("shape", "inside", "border"), matrix)
        return
    reply = student.value("D")
    yield from _best(
        _convolved(
            reply,
            correlate2d(pooled, B, padding=2),
            [
                *_from_unfit(student, "C", pooled, lambda own: correlate2d(own, B, padding=2)),
                *convolve_mistakes(matrix, pooled),
            ],
            6 * pooled.sum() if _is(student, "C", pooled) else None,
            note,
        )
        for pooled, note in _starts(student, "C", pool2d(matrix, 2, 2))
    )


def _convolved(reply: Reply, right: Array, mistakes: Sequence[Mistake], total: float | None, note: str) -> list[Case]:
    """Cases for D. `total` is the sum that it should have, where it may be told."""
    if not isinstance(reply.value, np.ndarray):
        return _no_numbers(reply, right, ("shape", "inside", "border"), f"`D`{note}")
    got = reply.value
    middle, sized = _middle(got), got.shape == right.shape
    inside = middle is not None and agree(middle, right[2:4, 2:4])
    outside = sized and agree(_border(got), _border(right))
    named = _named(got, mistakes)
    other = difference(got, right)
    if sized and inside:
        row, column = np.argwhere(~np.isclose(got, right))[0] if not outside else (0, 0)
        other = Finding(
            "border-only",
            "The inside is right. Only windows that reach into the frame are wrong: look at what it holds, "
            f"for a start at index ({row}, {column}).",
        )
    elif outside:
        other = Finding(
            "inside-only",
            "All else is right: the mistake is among the four entries in the middle, whose windows lie wholly on C. "
            "Work these four again.",
        )
    elif sized and np.isfinite(got).all():
        other = _by_sum(got, float(right.sum()), total)
    why = named or (other,)
    return [
        _size_case(got, right, "shape", f"rows and columns of `D`{note}", named),
        _case(
            f"the inside of `D`, without zeros{note}",
            inside,
            "inside",
            right[2:4, 2:4],
            got if middle is None else middle,
            why,
        ),
        _case(f"`D`, the windows with zeros{note}", outside, "border", right, got, why),
    ]


def _middle(got: Array) -> Array | None:
    """The four entries around the middle, where a result of any padding has the windows that need none."""
    if got.ndim != 2 or min(got.shape) < 2 or any(n % 2 for n in got.shape):
        return None
    row, column = (n // 2 for n in got.shape)
    return got[row - 1 : row + 1, column - 1 : column + 1]


def _border(got: Array) -> Array:
    """The 32 entries of D whose windows reach into the frame."""
    outside = np.ones((6, 6), dtype=bool)
    outside[2:4, 2:4] = False
    return got[outside]


def _by_sum(got: Array, right: float, told: float | None) -> Finding:
    """Advice for want of a misconception: the sum tells whether products are missing."""
    known = "" if told is None else f", {told:g}"
    sums = f"B adds up to 6 and each number of C meets all of B: D's sum is 6 times C's{known}."
    if agree(np.asarray(got.sum()), np.asarray(right)):
        return Finding(
            "sum-agrees", f"{sums} Yours is that, too: every product is there, but some stand in the wrong place."
        )
    return Finding(
        "sum-differs",
        f"No usual slip explains this, but here is a test of your own. {sums} Yours adds up to {got.sum():g}.",
    )


def stride_mistakes(pooled: Array, convolved: Array) -> list[Mistake]:
    """What goes wrong on the way from D (6×6) to E (2×2); `pooled` is C."""
    right = correlate2d(convolved, B, 3)
    everywhere = correlate2d(convolved, B)
    return [
        Mistake(
            "stride-one",
            "Your window moves by 1 (4×4 results); with stride 3 it makes two stops in each direction.",
            constant(everywhere),
        ),
        Mistake(
            "stride-two",
            "Your second windows start at 2; with stride 3 they start at 3.",
            constant(everywhere[::2, ::2]),
        ),
        Mistake(
            "stride-rows-only", "The stride works downwards only; sideways it is 3, too.", constant(everywhere[::3])
        ),
        Mistake(
            "stride-columns-only",
            "The stride works sideways only; downwards it is 3, too.",
            constant(everywhere[:, ::3]),
        ),
        Mistake("padded", "You padded D by 1; here there is no padding.", constant(correlate2d(convolved, B, 3, 1))),
        Mistake(
            "padded-by-2",
            "You padded D by 2 as you did C; here there is no padding.",
            constant(correlate2d(convolved, B, 3, 2)),
        ),
        *_pooled_or_from_c(pool2d(convolved, 3, 3), correlate2d(pooled, B)),
        Mistake(
            "from-padded-c",
            "These are entries of D itself, or C convolved at stride 3; each entry of E is made of nine of D.",
            constant(correlate2d(pooled, B, 3, 2)),
        ),
        Mistake(
            "centre-plus-1",
            "You added the nine numbers up: the one in the middle counts −2 times.",
            constant(correlate2d(convolved, with_centre(1), 3)),
        ),
        Mistake(
            "centre-plus-2",
            "The sign of the middle was lost: it is −2, not 2.",
            constant(correlate2d(convolved, with_centre(2), 3)),
        ),
        Mistake(
            "centre-0",
            "You left the middle out; it counts −2 times.",
            constant(correlate2d(convolved, with_centre(0), 3)),
        ),
        Mistake(
            "centre-minus-1",
            "The middle counts −2 times, not −1.",
            constant(correlate2d(convolved, with_centre(-1), 3)),
        ),
        Mistake("mean", "You averaged the nine products; add them up.", constant(right / 9)),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
    ]


def _pooled_or_from_c(maximum: Array, from_c: Array) -> list[Mistake]:
    """Two slips that come to the same for many matrices: then one sentence for both."""
    if agree(maximum, from_c):
        return [Mistake("maximum", "You pooled D, or you convolved C. Slide B over D.", constant(maximum))]
    return [
        Mistake("from-c", "You convolved C; E is made from D.", constant(from_c)),
        Mistake("maximum", "You pooled D; slide B over it.", constant(maximum)),
    ]


@lesson("own-stride", exercise="5", title="Your matrix: D to E", asks=("E",), points={"size": 0.5, "numbers": 1.5})
def own_stride(student: Student) -> Iterator[Case]:
    """E is D cross-correlated with B at stride 3, without padding. A slip in your D does not count twice."""
    matrix = _matrix_of(student)
    if isinstance(matrix, Finding):
        yield from _without_name(student, "E", ("size", "numbers"), matrix)
        return
    reply = student.value("E")
    pooled = pool2d(matrix, 2, 2)
    yield from _best(
        _strided(
            reply,
            correlate2d(convolved, B, 3),
            [
                *_from_unfit(student, "D", convolved, lambda own: correlate2d(own, B, 3)),
                *stride_mistakes(pooled, convolved),
            ],
            note,
        )
        for convolved, note in _starts(student, "D", correlate2d(pooled, B, padding=2))
    )


def _strided(reply: Reply, right: Array, mistakes: Sequence[Mistake], note: str) -> list[Case]:
    if not isinstance(reply.value, np.ndarray):
        return _no_numbers(reply, right, ("size", "numbers"), f"`E`{note}")
    got = reply.value
    named = _named(got, mistakes)
    return [
        _size_case(got, right, "size", f"rows and columns of `E`{note}", named),
        _case(
            f"the numbers of `E`{note}",
            agree(got, right),
            "numbers",
            right,
            got,
            named or (difference(got, right),),
        ),
    ]


def _starts(student: Student, name: str, right: Array) -> list[tuple[Array, str]]:
    """What the next step may start from: the right matrix, and a wrong one of the student's own if it is fit for that.

    A matrix of the wrong shape, of few different numbers or full of zeros would make the next step another, easier one.
    """
    own = _own(student, name, right)
    if own is None or agree(own, right) or _unfit(own):
        return [(right, "")]
    return [(own, f", from your own `{name}` (which is not right yet)"), (right, "")]


def _own(student: Student, name: str, right: Array) -> Array | None:
    """The student's matrix of that name, if it is one of numbers and has the right shape."""
    own = student.value(name).value
    fine = isinstance(own, np.ndarray) and own.shape == right.shape and bool(np.isfinite(own).all())
    return own if fine and isinstance(own, np.ndarray) else None


def _is(student: Student, name: str, matrix: Array) -> bool:
    own = _own(student, name, matrix)
    return own is not None and agree(own, matrix)


def _unfit(own: Array) -> bool:
    """Whether the next step from this matrix would be another, easier one."""
    return bool(len(np.unique(own)) <= 2 or np.count_nonzero(own == 0) > own.size // 4 or np.abs(own).max() > 10_000)


def _from_unfit(student: Student, name: str, right: Array, following: Callable[[Array], Array]) -> list[Mistake]:
    """An answer that follows from a matrix of the student's own that cannot count."""
    own = _own(student, name, right)
    if own is None or not _unfit(own):
        return []
    text = (
        f"This is worked from your own `{name}`, which is full of zeros, or has very few different numbers or huge "
        f"ones. That makes this step a different one. Mend `{name}` first."
    )
    return [Mistake("from-unfit", text, constant(following(own)))]


def _best(readings: Iterable[list[Case]]) -> list[Case]:
    """The reading in the student's favour: most cases passed, then a misconception that explains the rest."""
    return max(
        readings,
        key=lambda cases: (
            sum(case.outcome is Outcome.PASSED for case in cases),
            not {f.id for case in cases if case.outcome is not Outcome.PASSED for f in case.findings} & UNEXPLAINED,
        ),
    )


UNEXPLAINED = {"wrong-shape", "wrong-values", "sum-differs", "sum-agrees", "border-only", "inside-only"}


def _named(got: Array, mistakes: Iterable[Mistake]) -> tuple[Finding, ...]:
    """The misconceptions that lead to this answer; one number over and over is filled in, not worked out."""
    if got.size > 1 and len(np.unique(got)) == 1:
        return (Finding("constant", f"Every entry is {got.flat[0]:g}: now work the numbers out."),)
    return tuple(
        Finding(mistake.id, mistake.text)
        for mistake in mistakes
        if agree(got, np.asarray(mistake.answer(), dtype=float))
    )


def _case(title: str, right: bool, part: str, expected: Array, got: Array, why: tuple[Finding, ...]) -> Case:
    return Case(title, Outcome.PASSED if right else Outcome.FAILED, part, expected, got, () if right else why)


def _size_case(got: Array, right: Array, part: str, title: str, named: tuple[Finding, ...]) -> Case:
    """Whether the answer has the right size and was worked out: one number is right, or a usual slip explains all."""
    why = named or (difference(got, right),)
    if got.shape != right.shape:
        return _case(title, False, part, np.array(right.shape), np.array(got.shape), why)
    worked = len(np.unique(got)) > 1 and bool(named or close(got, right).any())
    return _case(f"{title}, and at least one right number", worked, part, right, got, why)


def _no_numbers(reply: Reply, right: Array, parts: Iterable[str], title: str) -> list[Case]:
    """Cases for an answer that is missing, or is not made of numbers."""
    if reply.problem == NOT_ATTEMPTED:
        return [Case(title, Outcome.NOT_ATTEMPTED, part, right, None, (NOT_ATTEMPTED,)) for part in parts]
    why = reply.problem or difference(str(reply.value), right)
    return [Case(title, Outcome.FAILED, part, right, reply.value, (why,)) for part in parts]


def _without_name(student: Student, name: str, parts: Iterable[str], why: Finding) -> list[Case]:
    """Cases for an answer that nobody can judge, for there is no name and so no matrix that it belongs to."""
    attempted = student.value(name).problem != NOT_ATTEMPTED
    outcome, finding = (Outcome.FAILED, why) if attempted else (Outcome.NOT_ATTEMPTED, NOT_ATTEMPTED)
    return [Case(f"`{name}`", outcome, part, findings=(finding,)) for part in parts]


# --- backwards --------------------------------------------------------------------------------------------------


def _to(
    choose: Callable[[Array], Any], worth: Callable[[Any, Array], Any] = lambda g, window: g
) -> Callable[[Array, Array], Array]:
    """A backward pass that gives `worth(gradient, window)` to the entries of each window that `choose` marks."""

    def answer(x: Array, grad_output: Array) -> Array:
        grad = np.zeros(x.shape)
        for i, j in np.ndindex(*grad_output.shape):
            window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            chosen = np.asarray(choose(window), dtype=float)
            grad[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = chosen * worth(grad_output[i, j], window)
        return grad

    return answer


def _first(window: Array) -> Array:
    marks = np.zeros(4)
    marks[int(np.argmax(window))] = 1
    return marks.reshape(2, 2)


def _last(window: Array) -> Array:
    return _first(window[::-1, ::-1])[::-1, ::-1]


def _tied(window: Array) -> Array:
    return np.asarray(window == window.max())


def _corner(window: Array) -> Array:
    return np.array([[1, 0], [0, 0]])


def _from_zero_up(window: Array) -> Array:
    """The maximum of a search that starts at 0 in the top left corner."""
    return _first(window) if window.max() > 0 else _corner(window)


def _not_doubled(read: int, write: int) -> Callable[[Array, Array], Array]:
    """Windows read, and gradients written, at i and j times these numbers; both should be 2."""

    def answer(x: Array, grad_output: Array) -> Array:
        grad = np.zeros(x.shape)
        for i, j in np.ndindex(*grad_output.shape):
            row, column = np.argwhere(_first(x[read * i : read * i + 2, read * j : read * j + 2]))[0]
            grad[write * i + row, write * j + column] = grad_output[i, j]
        return grad

    return answer


def _wherever_equal(x: Array, grad_output: Array) -> Array:
    """Each window's maximum looked up in the whole image, so that later windows write over earlier ones."""
    grad = np.zeros(x.shape)
    for (i, j), gradient in np.ndenumerate(grad_output):
        grad[x == x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()] = gradient
    return grad


def _one_for_all(x: Array, grad_output: Array) -> Array:
    grad = np.zeros(x.size)
    grad[int(np.argmax(x))] = grad_output.sum()
    return grad.reshape(x.shape)


def _on_top_of_x(x: Array, grad_output: Array) -> Array:
    grad = max_pool_backward(x, grad_output)
    return np.where(grad != 0, grad, x)


def _even_part(x: Array, grad_output: Array) -> Array:
    h, w = grad_output.shape
    return max_pool_backward(x, grad_output)[: 2 * h, : 2 * w]


BACKWARD_MISTAKES = (
    Mistake(
        "spread",
        "You spread the gradient evenly over the window: that is average pooling. Here the maximum gets it all.",
        _to(np.ones_like, lambda g, window: g / 4),
    ),
    Mistake("everywhere", "All four entries of a window get the gradient; only its maximum does.", _to(np.ones_like)),
    Mistake(
        "all-ties",
        "Where the maximum stands twice you gave the gradient twice; the first in reading order gets it.",
        _to(_tied),
    ),
    Mistake(
        "shared-ties",
        "Where the maximum stands twice you shared the gradient; in PyTorch the first in reading order gets it all.",
        _to(_tied, lambda g, window: g / (window == window.max()).sum()),
    ),
    Mistake(
        "last-maximum",
        "Of equal maxima you chose the last; PyTorch chooses the first. Compare with > in place of >=.",
        _to(_last),
    ),
    Mistake(
        "columns-first",
        "Of equal maxima you chose the first by columns; reading order goes along the rows.",
        _to(lambda window: _first(window.T).T),
    ),
    Mistake(
        "starts-at-0",
        "Your search for the maximum starts at 0, so that in a window of negative numbers it finds none.",
        _to(_from_zero_up),
    ),
    Mistake(
        "corner",
        "The gradient always goes to the top left entry; it belongs to the maximum, wherever that is.",
        _to(_corner),
    ),
    Mistake("minimum", "Your gradient goes to the smallest entry.", _to(lambda window: _first(-window))),
    Mistake(
        "absolute",
        "You looked for the largest size without its sign: of −7 and 2 the maximum is 2.",
        _to(lambda window: _first(np.abs(window))),
    ),
    Mistake(
        "times-x",
        "You multiplied the gradient by the maximum. The derivative of a maximum with respect to its own entry is 1.",
        _to(_first, lambda g, window: g * window.max()),
    ),
    Mistake(
        "value",
        "You put the maximum itself in its place; what goes there is the gradient of the output.",
        _to(_first, lambda g, window: window.max()),
    ),
    Mistake(
        "ones",
        "You put 1 at the maxima: that is the local derivative. Multiply by `grad_output`.",
        _to(_first, lambda g, window: 1),
    ),
    Mistake(
        "starts-from-x",
        "The other entries still hold x; they have no influence on the output, so their gradient is 0.",
        _on_top_of_x,
    ),
    Mistake(
        "place-not-doubled",
        "You look in the right window, but window (i, j) starts at row 2·i and column 2·j of the gradient, too.",
        _not_doubled(2, 1),
    ),
    Mistake(
        "window-not-doubled",
        "You look for the maximum in the wrong window: window (i, j) starts at row 2·i and column 2·j of x.",
        _not_doubled(1, 2),
    ),
    Mistake(
        "nothing-doubled",
        "Your windows move by one: window (i, j) starts at row 2·i and column 2·j, in x and in the gradient.",
        _not_doubled(1, 1),
    ),
    Mistake(
        "place-swapped",
        "Row and column inside the window are swapped: `argmax` counts 2·row + column.",
        _to(lambda window: _first(window).T),
    ),
    Mistake(
        "wherever-equal",
        "You look for a window's maximum in the whole image, and find the same number in other windows, too.",
        _wherever_equal,
    ),
    Mistake(
        "one-for-all", "Only the largest number of the image gets a gradient; each window has a maximum.", _one_for_all
    ),
    Mistake(
        "output-shape",
        "Your gradient is as large as the output; it needs the shape of the input x.",
        lambda x, grad_output: grad_output,
    ),
    Mistake(
        "leftover-dropped",
        "A last row or column that no window uses is missing: its gradient is 0. Start with zeros like x.",
        _even_part,
    ),
    Mistake(
        "transposed",
        "The right gradient, transposed: rows first.",
        lambda x, grad_output: max_pool_backward(x, grad_output).T,
    ),
    Mistake(
        "output-transposed",
        "Window (i, j) gets the gradient of output (j, i): rows and columns of `grad_output` are swapped.",
        lambda x, grad_output: max_pool_backward(x, grad_output.T),
    ),
)


def gradients(random: np.random.Generator, h: int, w: int) -> Array:
    """Gradients of an output (h, w): all different, none of them 0 or 1, some negative, as float32."""
    values = random.permutation(np.arange(h * w) + 2) * random.choice([-1.0, 1.0], size=h * w) * 0.5
    values[np.abs(values) == 1] *= 50
    return np.asarray(values.reshape(h, w), dtype=np.float32)


def _tiled(random: np.random.Generator, h: int, w: int) -> Array:
    """An image whose windows all hold the same four numbers, each in another order."""
    rows = [[random.permutation([-3.0, 1.0, 4.0, 8.0]).reshape(2, 2) for _ in range(w // 2)] for _ in range(h // 2)]
    return np.block(rows).astype(np.float32)


def _not_first(x: Array) -> Array:
    """x with no 2×2 window's maximum at its top left: who looks for one above 0 would be right there, by luck."""
    x = x.copy()
    for window in (x[i : i + 2, j : j + 2] for i in range(0, x.shape[0], 2) for j in range(0, x.shape[1], 2)):
        if window.argmax() == 0:
            window[:] = window[::-1, ::-1].copy()
    return x


@lesson(
    "max-pool-backward",
    exercise="6",
    title="Back through the maximum",
    asks=("max_pool_backward",),
    points={"one window": 1, "several": 1, "ties": 1, "leftover": 1},
    forbids=BACKWARD,
)
def check_max_pool_backward(student: Student) -> Iterator[Case]:
    """`max_pool_backward(x, grad_output)`: the first maximum of each 2×2 window gets its gradient, the rest 0."""
    draw = student.random
    one, level = np.float32(1), float(draw.integers(2, 9))
    bent = np.array([[-8, level], [level, 1]], dtype=np.float32)
    kinds = np.block(
        [
            [np.array([[level, 0], [-9, level]]), np.array([[-1, -2], [-1, -9]])],
            [np.array([[0, 1], [level, level]]), np.array([[1, level], [level, level]])],
        ]
    ).astype(np.float32)
    cases: list[tuple[str, Array, str]] = [
        ("one window", np.array([[-9, 5], [1, 2]], dtype=np.float32) * one, "one window, the maximum top right"),
        ("one window", np.array([[4, -7], [3, 6]], dtype=np.float32), "one window, the maximum bottom right"),
        ("one window", _not_first(different(draw, 2, 2) - ABOVE_0), "one window of negative numbers"),
        ("several", different(draw, 4, 4), "4×4"),
        ("several", _tiled(draw, 4, 4), "4×4, the same numbers in every window"),
        ("several", different(draw, 4, 6), "4×6"),
        ("several", _not_first(different(draw, 6, 2) - ABOVE_0), "6×2, negative numbers"),
        ("ties", bent, "one window, the maximum twice"),
        ("ties", kinds, "4×4, the maximum twice or more in every window"),
        ("ties", np.full((2, 4), level, dtype=np.float32), "2×4, all numbers equal"),
        ("leftover", different(draw, 5, 5) + ABOVE_0, "5×5"),
        ("leftover", different(draw, 5, 4) + ABOVE_0, "5×4"),
        ("leftover", (different(draw, 4, 7) + ABOVE_0) / np.float32(4), "4×7, decimals"),
    ]
    for part, x, title in cases:
        grad_output = gradients(draw, x.shape[0] // 2, x.shape[1] // 2)
        yield student.returns(
            "max_pool_backward",
            (x, grad_output),
            max_pool_backward(x, grad_output),
            mistakes=BACKWARD_MISTAKES,
            part=part,
            title=title,
        )


# --- what it is good for ----------------------------------------------------------------------------------------


@lesson(
    "three-ways",
    exercise="7",
    title="Three ways to downsample",
    asks=("after_average", "after_maximum", "after_strided"),
    points={"average": 0.25, "maximum": 0.25, "strided": 0.5},
)
def three_ways(student: Student) -> Iterator[Case]:
    """⌊(n + 2p − f)/s⌋ + 1, three times, for a map that is 37 pixels wide."""
    n = 37

    def slips(name: str, *listed: tuple[str, str, Sequence[float]]) -> list[Mistake]:
        """Each slip with all the answers it may lead to; the right one among them tells slips apart elsewhere."""
        held = student.value(name).value
        return [
            Mistake(identity, text, constant(next((answer for answer in answers if equals(held, answer)), np.nan)))
            for identity, text, answers in listed
        ]

    not_changed = "37 is the size before. Each of the three layers makes the map smaller."
    rounded_up = "You rounded up. A last step that does not fit is not made: round down."
    not_rounded = "A size is a whole number: what is left over is dropped, so round down."
    no_kernel = "The window's own width f is missing: take it away before you divide by the stride."
    one_missing = "One is missing: the place where the window stands before its first step counts, too."
    divided = "Dividing by the stride is not all: first take the window's width away, and add 1 at the end."
    average = slips(
        "after_average",
        ("unchanged", not_changed, [n]),
        ("rounded-up", rounded_up, [19]),
        ("not-rounded", not_rounded, [18.5]),
        (
            "stride-one",
            "36 is with stride 1. Without a stride the window of a pooling layer moves by its own width.",
            [36],
        ),
        ("no-plus-one", one_missing, [17]),
        ("added-not-halved", "35 takes 2 away; a stride of 2 halves the size.", [35]),
        ("kernel-ignored", no_kernel, [19]),
    )
    maximum = slips(
        "after_maximum",
        ("unchanged", not_changed, [n]),
        ("rounded-up", rounded_up, [19]),
        (
            "padding-missing",
            "18: the padding is missing, or counted at one end only, or the + 1 is missing. Which is it?",
            [18],
        ),
        ("no-plus-one", one_missing, [18]),
        (
            "stride-of-window",
            "13 is with a stride of 3, the window's width; here `stride=2` is given.",
            [13],
        ),
        ("not-rounded", not_rounded, [18.5]),
        ("kernel-ignored", no_kernel, [20, 20.5]),
        ("stride-one", "35 leaves out stride and padding, 37 is with padding but without the stride.", [35]),
        ("divided-only", divided, [18, 18.5]),
    )
    strided = slips(
        "after_strided",
        ("unchanged", not_changed, [n]),
        ("rounded-up", rounded_up, [12]),
        ("not-rounded", not_rounded, [32 / 3 + 1]),
        ("no-plus-one", one_missing, [10]),
        ("stride-one", "33 is with stride 1; divide 37 − 5 by the stride.", [33]),
        (
            "stride-of-window",
            "7 is with a stride of 5, the window's width; a convolution moves by its own stride, 3.",
            [7],
        ),
        ("kernel-ignored", no_kernel, [13]),
        ("divided-only", divided, [37 / 3, 12]),
    )
    yield student.holds("after_average", output_size(n, 2, s=2), mistakes=average, part="average")
    yield student.holds("after_maximum", output_size(n, 3, 1, 2), mistakes=maximum, part="maximum")
    yield student.holds("after_strided", output_size(n, 5, s=3), mistakes=strided, part="strided")


def _valid(image: Array) -> tuple[int, int]:
    """Both stages without padding, so that the maps are smaller and places move."""
    first = np.maximum(correlate2d(image, PLUS) - 4, 0)
    return place_of_largest(correlate2d(pool2d(first, 2, 2), PLUS))


CROSS_MISTAKES = (
    Mistake(
        "one-stage",
        "You stopped after stage 1, where every small cross answers as loudly. Look for the cross again.",
        lambda image: place_of_largest(pool2d(first_map(image), 2, 2)),
    ),
    Mistake(
        "one-stage-pixels",
        "This is the first small cross in the image. Pool the map of stage 1, then look for the cross again.",
        lambda image: place_of_largest(first_map(image)),
    ),
    Mistake(
        "swapped",
        "Column first, row second; it is the other way round.",
        lambda image: place_of_largest(second_map(image))[::-1],
    ),
    Mistake(
        "flat-index",
        "`argmax` counts all entries in reading order: split its answer with `divmod`, by the number of columns.",
        lambda image: int(np.argmax(second_map(image))),
    ),
    Mistake(
        "pixels",
        "These are pixels of the image; the place on the second map (12×12) is asked for.",
        lambda image: [2 * n for n in place_of_largest(second_map(image))],
    ),
    Mistake(
        "no-pooling",
        "You left the pooling out: the second kernel then sees the same small neighbourhood as the first.",
        lambda image: place_of_largest(correlate2d(first_map(image), PLUS, padding=1)),
    ),
    Mistake(
        "average-pooling",
        "You pooled by average, which favours thick shapes: a shape without one arm wins.",
        lambda image: place_of_largest(correlate2d(pool2d(first_map(image), 2, 2, "avg"), PLUS, padding=1)),
    ),
    Mistake(
        "first-stage-missing",
        "You pooled the image itself: thick bars look like crosses then. Stage 1 comes first.",
        lambda image: place_of_largest(correlate2d(pool2d(image, 2, 2), PLUS, padding=1)),
    ),
    Mistake(
        "first-not-padded",
        "Your first stage is not padded, so that all places move.",
        lambda image: place_of_largest(
            correlate2d(pool2d(np.maximum(correlate2d(image, PLUS) - 4, 0), 2, 2), PLUS, 1, 1)
        ),
    ),
    Mistake(
        "second-not-padded",
        "Your second stage is not padded, so that all places move by one.",
        lambda image: [n - 1 for n in place_of_largest(second_map(image))],
    ),
    Mistake("not-padded", "Your stages are not padded: use `padding=1`, so that places stay where they are.", _valid),
    Mistake(
        "from-1",
        "You count rows and columns from 1; count from 0.",
        lambda image: [n + 1 for n in place_of_largest(second_map(image))],
    ),
    Mistake(
        "value",
        "This is the largest value itself; its place (row, column) is asked for.",
        lambda image: second_map(image).max(),
    ),
    Mistake("second-map", "This is the whole second map; return the place of its largest entry.", second_map),
)


@lesson("two-crosses", exercise="8", title="A large cross from two small ones", asks=("find_large_cross",), points=1)
def two_crosses(student: Student) -> Iterator[Case]:
    """`find_large_cross(image)`: cross, ReLU, max-pooling, cross; then the (row, column) of the largest entry."""
    for number in range(1, 5):
        image = cross_image(student.random)
        yield student.returns(
            "find_large_cross",
            (image,),
            place_of_largest(second_map(image)),
            mistakes=CROSS_MISTAKES,
            flat=True,  # as `np.where` and `nonzero` have it
            title=f"picture {number}",
        )


@lesson(
    "max-pool-padding",
    exercise="9",
    title="What stands in the frame?",
    asks=("padded_maximum", "widest_padding"),
    points={"frame": 0.5, "width": 0.5},
)
def max_pool_padding(student: Student) -> Iterator[Case]:
    """`MaxPool2d(3, stride=2, padding=1)` on a matrix of negative numbers, and how much padding it allows."""
    right = pool2d(NEGATIVE, 3, 2, padding=1)
    mistakes = [
        Mistake(
            "zeros",
            "Zeros in the frame win against all negative numbers. `MaxPool2d` pads with −∞, which never wins.",
            constant(reduced(np.pad(NEGATIVE, 1), 3, 2, np.max)),
        ),
        Mistake(
            "all-zeros", "A 0 is nowhere in the matrix: the frame of `MaxPool2d` holds −∞.", constant(np.zeros((2, 2)))
        ),
        Mistake(
            "not-padded", "Without padding a single window fits. Put the frame around the matrix first.", constant(-1)
        ),
        Mistake(
            "stride-one-unpadded",
            "You moved the window by 1 and left the frame out.",
            constant(pool2d(NEGATIVE, 3, 1)),
        ),
        Mistake(
            "stride-one",
            "Your window moves by 1 (4×4 results); here the stride is 2.",
            constant(pool2d(NEGATIVE, 3, 1, padding=1)),
        ),
        Mistake(
            "two-by-two", "You used windows of 2×2; here they are 3×3 and overlap.", constant(pool2d(NEGATIVE, 2, 2))
        ),
        Mistake(
            "bottom-right",
            "Your frame is at the bottom and the right; the first window starts in the frame, top left.",
            constant(pool2d(np.pad(NEGATIVE.astype(float), ((0, 1), (0, 1)), constant_values=-np.inf), 3, 2)),
        ),
        Mistake(
            "bottom-right-zeros",
            "Your frame has zeros, at the bottom and the right only; it goes all round and holds −∞.",
            constant(pool2d(np.pad(NEGATIVE, ((0, 1), (0, 1))), 3, 2)),
        ),
        Mistake(
            "farthest-from-0",
            "Of negative numbers the largest is the one nearest to 0: −2 is larger than −7.",
            constant(-reduced(np.pad(-NEGATIVE, 1), 3, 2, np.max)),
        ),
        Mistake("average", "These are averages, with zeros in the frame.", constant(pool2d(NEGATIVE, 3, 2, "avg", 1))),
        Mistake(
            "sign",
            "The sizes are right, the signs are missing: all numbers of the matrix are negative.",
            constant(-right),
        ),
        Mistake(
            "infinity",
            "Each window also has numbers of the matrix, and they win against −∞.",
            constant(np.where([[1, 1], [1, 0]], -np.inf, -3)),
        ),
        Mistake("swapped", "Right numbers, rows and columns swapped.", constant(right.T)),
    ]
    yield student.holds("padded_maximum", right, mistakes=mistakes, part="frame")
    widths = [
        Mistake("whole-window", "With 5 a window would lie wholly in the frame, and answer −∞.", constant(5)),
        Mistake(
            "all-but-one", "4 would do for a convolution; `MaxPool2d` allows at most half the window.", constant(4)
        ),
        Mistake("half-rounded-up", "Half of 5 is rounded down, not up.", constant(3)),
        Mistake("not-rounded", "Half of 5, but padding is a whole number of pixels: round down.", constant(2.5)),
        Mistake("one", "1 is the most for a window of 3 (or 2); this one is 5 wide.", constant(1)),
        Mistake("none", "`MaxPool2d` can be padded, by at most half the window.", constant(0)),
        Mistake(
            "unlimited",
            "It is not unlimited: at most half the window, else PyTorch stops with an error.",
            constant(np.inf),
        ),
    ]
    yield student.holds("widest_padding", 2, mistakes=widths, part="width")


# --- fix the slide ----------------------------------------------------------------------------------------------


@lesson(
    "not-a-filter",
    exercise="Fix the slide",
    title="Which pooling is a convolution?",
    asks=("is_convolution", "its_weight"),
    points=0,
)
def not_a_filter(student: Student) -> Iterator[Case]:
    """A convolution multiplies by fixed weights and adds up. Which pooling does that, and with what weights?"""
    word = student.value("is_convolution").value
    said = " ".join(word.casefold().split()) if isinstance(word, str) else ""
    accepted = ("average", "avg", "average pooling", "average-pooling", "avg pooling", "avg-pooling", "mean")
    expected = word if isinstance(word, str) and said in accepted else "average"
    choices: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "max": (
            "A maximum is no sum with fixed weights: raise one number of a window and see whether the result follows.",
            ("max", "maximum", "max pooling", "max-pooling"),
        ),
        "both": (
            "Not both: the maximum chooses, and choosing is not multiplying by fixed weights.",
            ("both", "both of them"),
        ),
        "neither": (
            "One of them is: (a + b + c + d)/4 is a sum of four products.",
            ("neither", "none", "neither of them"),
        ),
    }
    mistakes = [
        Mistake(identity, text, constant(word if said in words else identity))
        for identity, (text, words) in choices.items()
        if isinstance(word, str)
    ]
    yield student.holds("is_convolution", expected, mistakes=mistakes)

    held = student.value("its_weight").value
    kernel = np.full((2, 2), 0.25) if isinstance(held, np.ndarray) and held.shape == (2, 2) else np.array(0.25)
    weights = [
        Mistake("ones", "With weights of 1 you get the sum of the window.", constant(np.ones_like(kernel))),
        Mistake("half", "1/2 is for windows of two numbers; 2×2 are four.", constant(0 * kernel + 0.5)),
        Mistake("four", "4 is how many weights there are; each of them is smaller than 1.", constant(0 * kernel + 4)),
        Mistake("percent", "As a number that is 0.25.", constant(0 * kernel + 25)),
        Mistake("zero", "With weights of 0 the result is always 0.", constant(0 * kernel)),
        Mistake(
            "two-by-two",
            "2 is the width of the window; the weights of one window add up to 1.",
            constant(0 * kernel + 2),
        ),
        Mistake("ninth", "1/9 is for windows of 3×3.", constant(0 * kernel + 1 / 9)),
    ]
    yield student.holds("its_weight", kernel, mistakes=weights)


@lesson("pooled-shape", exercise="Fix the slide", title="What was pooled?", asks=("pooled_shape",), points=0)
def pooled_shape(student: Student) -> Iterator[Case]:
    """One RGB image of 32×32, through 16 filters of 3×3 without padding, then `MaxPool2d(2)`."""
    mistakes = [
        Mistake(
            "input-pooled",
            "As on the slide: that pools the input. Pool what the convolution made of it.",
            constant((1, 3, 16, 16)),
        ),
        Mistake(
            "same-padding",
            "That is with padding. Without it the convolution makes 30×30 of 32×32.",
            constant((1, 16, 16, 16)),
        ),
        Mistake(
            "not-pooled", "That is the convolved image; pooling halves height and width.", constant((1, 16, 30, 30))
        ),
        Mistake(
            "channels-kept", "The convolution has 16 filters, so 16 channels come out of it.", constant((1, 3, 15, 15))
        ),
        Mistake(
            "channels-pooled",
            "Pooling leaves the channels alone; it works on each one for itself.",
            constant((1, 8, 15, 15)),
        ),
        Mistake("no-batch", "The batch of one image is missing: four axes, (N, C, H, W).", constant((16, 15, 15))),
        Mistake(
            "channels-last",
            "PyTorch has the channels before height and width: (N, C, H, W).",
            constant((1, 15, 15, 16)),
        ),
        Mistake(
            "stride-one", "29 is a window of 2 with stride 1; `MaxPool2d(2)` moves by 2.", constant((1, 16, 29, 29))
        ),
        Mistake(
            "kernel-minus", "A 3×3 kernel takes 2 pixels away, not 3 or 4: 32 − 3 + 1 = 30.", constant((1, 16, 14, 14))
        ),
        Mistake("unchanged", "That is the input's size; both layers make it smaller.", constant((1, 16, 32, 32))),
        Mistake("only-width", "Height and width are both halved.", constant((1, 16, 30, 15))),
    ]
    yield student.holds("pooled_shape", (1, 16, 15, 15), mistakes=mistakes)


@lesson("pool-parameters", exercise="Quick question", title="What pooling learns", asks=("pool_parameters",), points=0)
def pool_parameters(student: Student) -> Iterator[Case]:
    """How many weights does `MaxPool2d(2)` train?"""
    mistakes = [
        Mistake(
            "window",
            "4 is the size of the window. There is no weight in it: the largest number is taken as it is.",
            constant(4),
        ),
        Mistake("window-and-bias", "5 would be a 2×2 kernel with a bias. Pooling has neither.", constant(5)),
        Mistake("one", "There is no weight and no bias: nothing is trained.", constant(1)),
        Mistake(
            "hyperparameters",
            "Window and stride are two hyperparameters: you choose them, nothing is trained.",
            constant(2),
        ),
        Mistake("three", "Window, stride and padding are chosen by you, not trained.", constant(3)),
    ]
    yield student.holds("pool_parameters", 0, mistakes=mistakes)
