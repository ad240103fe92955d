"""Checks of notebook 06 on numbers: what a convolution costs, what it leaves, and LeNet-5's table with its errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.convolution import SIZE_MISTAKES, TOO_LARGE
from autograder.checks.experiments import Observation
from autograder.checks.following import Shape, Slips, best, dressed, followed, from_own, map_shape, mistakes_of, whole
from autograder.checks.layers import unseen
from autograder.checks.registry import register
from autograder.checks.slips import STRIDE_ZERO
from autograder.checks.student import Mistake, Student
from autograder.checks.verdict import Case, Finding, Outcome
from convcourse.operations import output_size

Array = NDArray[Any]
lesson = partial(register, notebook="06_lenet5_parameters")

IMAGE: Shape = (3, 32, 32)
CONV1, CONV2, FC1, FC2, LAST = 608, 3_216, 48_120, 10_164, 850  # parameters of the table's layers
LINEAR = FC1 + FC2 + LAST
TOTAL = CONV1 + CONV2 + LINEAR


# --- the parameters of a convolution ----------------------------------------------------------------------------

NO_BIAS = "The bias is missing: each filter has one besides its weights."
ONE_BIAS = "You counted one bias for the whole layer; each filter has one."
ONE_SLICE = (
    "That is for one input channel. A filter is as deep as its input: a weight for each row, column and channel."
)
BIAS_PER_SLICE = "You counted a bias for each slice of a filter. A filter has one for all of its slices together."
ONE_FILTER = "That is one filter. The layer has several, and each has weights and a bias of its own."
TURNED = "Inputs and filters are swapped: as many biases as filters, as many slices as input channels."


def conv_parameters(f: int, c_in: int, c_out: int, bias: bool = True) -> int:
    """c_out filters of f·f·c_in weights, and with `bias` one more for each."""
    return c_out * (f * f * c_in + int(bias))


PARAMETER_MISTAKES = (
    Mistake("one-slice", ONE_SLICE, lambda f, c_in, c_out, bias=True: c_out * (f * f + bias)),
    Mistake("bias-per-slice", BIAS_PER_SLICE, lambda f, c_in, c_out, bias=True: c_out * c_in * (f * f + bias)),
    Mistake("bias-forgotten", NO_BIAS, lambda f, c_in, c_out, bias=True: conv_parameters(f, c_in, c_out, False)),
    Mistake(
        "bias-always",
        "You count biases even where there are none: with `bias=False` they are left out.",
        lambda f, c_in, c_out, bias=True: conv_parameters(f, c_in, c_out),
    ),
    Mistake(
        "bias-upside-down",
        "Biases are counted where there are none, and the other way round.",
        lambda f, c_in, c_out, bias=True: conv_parameters(f, c_in, c_out, not bias),
    ),
    Mistake("turned", TURNED, lambda f, c_in, c_out, bias=True: conv_parameters(f, c_out, c_in, bias)),
    Mistake(
        "one-side",
        "A window of f has f rows and f columns: f·f weights in each slice, not f.",
        lambda f, c_in, c_out, bias=True: c_out * (f * c_in + bias),
    ),
    Mistake(
        "doubled",
        "f·f is not 2·f: rows times columns.",
        lambda f, c_in, c_out, bias=True: c_out * (2 * f * c_in + bias),
    ),
    Mistake(
        "cube",
        "f·f·f is a filter as deep as it is wide. Its depth is the number of input channels.",
        lambda f, c_in, c_out, bias=True: c_out * (f**3 + bias),
    ),
    Mistake(
        "added",
        "Input channels are not added to f·f: every channel has f·f weights of its own.",
        lambda f, c_in, c_out, bias=True: c_out * (f * f + c_in + bias),
    ),
    Mistake("one-filter", ONE_FILTER, lambda f, c_in, c_out, bias=True: f * f * c_in + bias),
    Mistake("one-bias", ONE_BIAS, lambda f, c_in, c_out, bias=True: conv_parameters(f, c_in, c_out, False) + bias),
    Mistake(
        "shape",
        "That is the shape of the weights. How many numbers are in it, and how many biases come with them?",
        lambda f, c_in, c_out, bias=True: (c_out, c_in, f, f),
    ),
)
TEN_SLIPS: Slips = (
    ("one-slice", "That is right for a grey image: nine weights and a bias. An RGB image has three channels.", 100),
    ("bias-per-slice", BIAS_PER_SLICE, 300),
    ("bias-forgotten", "Biases are asked for, too: one for each filter.", 270),
    ("one-filter", ONE_FILTER, 28),
    ("one-bias", ONE_BIAS, 271),
    ("turned", TURNED, 273),
    ("doubled", "3·3 is not 2·3: rows times columns.", 190),
    ("added", "The three channels are not added to the nine weights: every channel has nine of its own.", 130),
    (
        "image-counted",
        "That is a weight for each pixel of an image. The filters are small and move: the image's size does not count.",
        10 * (3 * 32 * 32 + 1),
    ),
)


@lesson(
    "conv-parameters",
    exercise="1",
    title="The parameters of a convolution",
    asks=("conv_parameters", "ten_filters"),
    points={"function": 1, "ten filters": 1},
)
def check_conv_parameters(student: Student) -> Iterator[Case]:
    """`conv_parameters(f, c_in, c_out, bias)`: how many numbers a layer learns, with biases unless you say no."""
    draw = student.random
    for given in ((), (True,), (False,), (), (False,)):
        f = int(draw.integers(4, 10))
        c_in, c_out = (int(n) for n in draw.permutation(np.arange(10, 40))[:2])
        title = f"f = {f}, c_in = {c_in}, c_out = {c_out}" + "".join(f", bias = {bias}" for bias in given)
        yield student.returns(
            "conv_parameters",
            (f, c_in, c_out, *given),
            conv_parameters(f, c_in, c_out, *given),
            mistakes=PARAMETER_MISTAKES,
            part="function",
            title=title,
        )
    yield student.holds("ten_filters", 280, mistakes=mistakes_of(TEN_SLIPS), part="ten filters")


# --- the sizes that convolutions leave --------------------------------------------------------------------------


def _with_defaults(answer: Callable[..., Any]) -> Callable[..., Any]:
    return lambda n, f, p=0, s=1: answer(n, f, p, s)


OUTPUT_MISTAKES = tuple(Mistake(slip.id, slip.text, _with_defaults(slip.answer)) for slip in SIZE_MISTAKES)
SLIP_TEXT = {slip.id: slip.text for slip in SIZE_MISTAKES}


@lesson(
    "conv-output",
    exercise="2",
    title="A chain of sizes",
    asks=("conv_output", "size_1", "size_2", "size_3", "numbers_left"),
    points={"function": 1, "chain": 1},
)
def check_conv_output(student: Student) -> Iterator[Case]:
    """`conv_output(n, f, p, s)`: how many windows of f fit on n pixels, padded by p at both ends, in steps of s."""
    draw = student.random
    questions: list[tuple[int, ...]] = [(6, 3), (int(draw.integers(20, 60)), int(draw.integers(4, 8)))]
    questions += [(int(draw.integers(20, 60)), int(draw.integers(4, 8)), int(draw.integers(1, 4)))]
    questions += [
        (int(draw.integers(20, 60)), int(draw.integers(4, 8)), int(draw.integers(1, 4)), int(draw.integers(2, 5)))
        for _ in range(4)
    ]
    questions += [(11, 4, 1, 4), (13, 3, 2, 5), (4, 6, 1, 2)]
    for question in questions:
        yield student.returns(
            "conv_output",
            question,
            output_size(*question),
            mistakes=OUTPUT_MISTAKES,
            part="function",
            title=_question(question),
            may_refuse=True,
        )
    for question, why in (((3, 6, 1, 1), TOO_LARGE), ((2, 5), TOO_LARGE), ((6, 3, 0, 0), STRIDE_ZERO)):
        yield student.refuses("conv_output", question, why=why, part="function", title=_question(question))
    yield from _chain(student)


def _question(numbers: Sequence[int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in zip("nfps", numbers, strict=False))


UNCHANGED = "That is the size before. Without padding every window wider than one pixel takes something away."
FILTERS = "That is the number of filters: it says how many maps there are, not how large they are."
STRIDE_FORGOTTEN = "That is with stride 1. Here the window moves by 2."


def _chain(student: Student) -> Iterator[Case]:
    """Three sizes and the numbers at their end; each may start from the student's own size before it."""

    def small(size: int) -> tuple[int, Slips]:
        return size - 2, [
            ("unchanged", UNCHANGED, size),
            ("no-plus-one", SLIP_TEXT["no-plus-one"], size - 3),
            ("divided-by-kernel", "The window's width is taken away; nothing is divided by it.", size // 3),
            ("padding-added", "Your map grows. There is no padding here.", size + 2),
            ("filters", FILTERS, 10),
        ]

    def wide(filters: int) -> Callable[[int], tuple[int, Slips]]:
        def step(size: int) -> tuple[int, Slips]:
            return (size - 5) // 2 + 1, [
                ("unchanged", UNCHANGED, size),
                ("stride-forgotten", STRIDE_FORGOTTEN, size - 4),
                ("no-plus-one", SLIP_TEXT["no-plus-one"], (size - 5) // 2),
                ("kernel-ignored", SLIP_TEXT["kernel-ignored"], size // 2),
                ("kernel-ignored-up", "Half, rounded up: that leaves out the window's width.", (size + 1) // 2),
                ("not-rounded", SLIP_TEXT["not-rounded"], (size - 5) / 2 + 1 if size % 2 == 0 else np.nan),
                ("filters", FILTERS, filters),
            ]

        return step

    def left(size: int) -> tuple[int, Slips]:
        return size * size * 40, [
            ("maps-forgotten", "That is one map. There are as many as the last layer has filters.", size * size),
            (
                "second-layer",
                "Those would be the second layer's 20 maps. What goes on are the maps of the last layer.",
                size * size * 20,
            ),
            ("one-row", "That is one row of each map. Rows times columns times maps.", size * 40),
            (
                "filters-multiplied",
                "You multiplied the filters of all layers. Each makes its own maps, and only the last ones go on.",
                size * size * 10 * 20 * 40,
            ),
            (
                "filters-added",
                "You added the filters of all layers. Only the maps of the last layer go on.",
                size * size * 70,
            ),
            ("sizes-added", "You added; how many numbers there are is a product.", 2 * size + 40),
            (
                "weights-counted",
                "Those are the parameters of the last layer. How many numbers come out of it?",
                40 * (25 * 20 + 1),
            ),
            ("shape-typed", "That is the shape. How many numbers does it hold?", (40, size, size)),
        ]

    steps = (
        ("size_1", "", 39, small),
        ("size_2", "size_1", 37, wide(20)),
        ("size_3", "size_2", 17, wide(40)),
        ("numbers_left", "size_3", 7, left),
    )
    for name, before, start, step in steps:
        own = whole(student, before, (5, 45)) if before else None
        if name == "numbers_left":
            own = whole(student, before, (2, 39))
        yield followed(student, name, step, start, own, before=before, part="chain")


# --- the table --------------------------------------------------------------------------------------------------

SIZE_ONLY = "The channels are missing: a shape here is (channels, rows, columns)."
CHANNELS_LAST = (
    "That is (rows, columns, channels), as many tables have it. Here, as in PyTorch, the channels come first."
)
CHANNELS_KEPT = "As many channels come out as there are filters, however many went in."
NO_PLUS_ONE = "The + 1 is missing: a window of 5 has n − 5 + 1 places along n pixels."
PADDED = "That is with padding. Here there is none: each convolution makes the maps smaller."
KERNEL_3 = "That is for windows of 3×3; here they are 5×5."
ALL_NUMBERS = "That is how many numbers there are. The shape is asked for: (channels, rows, columns)."
WEIGHTS = "That is the shape of the layer's weights. What comes out of the layer is asked for."
ONE_MAP = "That is a single map. All of the channels count."
ONE_SIDE = "That is channels times rows. The columns count, too."
SIZES_ADDED = "You added the three sizes up; how many numbers there are is their product."
PARAMETERS_AS_SIZE = "Those are the parameters. The size is how many numbers come out."
POOL_LEARNS = "Pooling has no weights: it takes the largest number of each window, whatever it is."


def _convolved(filters: int) -> Callable[[Shape], tuple[Shape, Slips]]:
    """What so many 5×5 filters make of a shape, and what goes wrong on the way."""

    def step(shape: Shape) -> tuple[Shape, Slips]:
        c, h, w = shape
        right = (filters, h - 4, w - 4)
        return right, [
            ("channels-last", CHANNELS_LAST, (h - 4, w - 4, filters)),
            ("channels-kept", CHANNELS_KEPT, (c, h - 4, w - 4)),
            (
                "channels-multiplied",
                "Each filter adds up over all channels and gives one map: channels are not multiplied.",
                (filters * c, h - 4, w - 4),
            ),
            (
                "channels-added",
                "What went in is not kept: what comes out are the maps of this layer only.",
                (filters + c, h - 4, w - 4),
            ),
            ("padded", PADDED, (filters, h, w)),
            ("no-plus-one", NO_PLUS_ONE, (filters, h - 5, w - 5)),
            ("kernel-3", KERNEL_3, (filters, h - 2, w - 2)),
            (
                "pooled-at-once",
                "That is after the pooling, too. Each has its own row.",
                (filters, h // 2 - 2, w // 2 - 2),
            ),
            ("size-only", SIZE_ONLY, (h - 4, w - 4)),
            ("multiplied", ALL_NUMBERS, prod(right)),
            ("weight-shape", WEIGHTS, (filters, c, 5, 5)),
        ]

    return step


def _pooled(shape: Shape) -> tuple[Shape, Slips]:
    c, h, w = shape
    right = (c, h // 2, w // 2)
    return right, [
        ("channels-last", CHANNELS_LAST, (h // 2, w // 2, c)),
        ("channels-pooled", "Pooling works on each channel by itself: as many come out.", (c // 2, h // 2, w // 2)),
        ("only-channels", "Pooling halves rows and columns, not the number of channels.", (c // 2, h, w)),
        ("pool-stride-1", "That is a window of 2 that moves by 1. Here it moves by 2.", (c, h - 1, w - 1)),
        ("like-a-kernel", "Pooling is no 5×5 convolution: it makes one number of each 2×2.", (c, h - 4, w - 4)),
        ("not-pooled", "Pooling changes rows and columns.", (c, h, w)),
        ("size-only", SIZE_ONLY, (h // 2, w // 2)),
        ("multiplied", ALL_NUMBERS, prod(right)),
    ]


def _size(*more: tuple[str, str, Any]) -> Callable[[Shape], tuple[int, Slips]]:
    def step(shape: Shape) -> tuple[int, Slips]:
        c, h, w = shape
        return c * h * w, [
            ("one-map", ONE_MAP, h * w),
            ("one-side", ONE_SIDE, c * h),
            ("sizes-added", SIZES_ADDED, c + h + w),
            *more,
        ]

    return step


def _pool_size(shape: Shape) -> tuple[int, Slips]:
    right, slips = _size()(shape)
    halved = "That is half of what went in. A window is 2×2: one number is left of four."
    return right, [*slips, ("halved-once", halved, 2 * right), ("size-not-pooled", "That went in.", 4 * right)]


def _first_parameters(channels: int) -> tuple[int, Slips]:
    return 8 * (25 * channels + 1), [
        ("one-slice", "That is for one input channel; the image has three, so each filter has three slices.", 208),
        ("bias-forgotten", NO_BIAS, 600),
        ("bias-per-slice", BIAS_PER_SLICE, 624),
        ("one-bias", ONE_BIAS, 601),
        ("one-filter", ONE_FILTER, 76),
        ("turned", TURNED, 603),
        ("row-of-five", "A window of 5 has 5·5 weights in each slice, not 5.", 128),
        (
            "weights-per-place",
            "Those are the multiplications. The same weights serve at every place: count them once.",
            28 * 28 * 8 * 75,
        ),
        (
            "size-as-parameters",
            "That is how many numbers come out. How many are learned?",
            8 * 28 * 28,
        ),
    ]


def _second_parameters(channels: int) -> tuple[int, Slips]:
    return 16 * (25 * channels + 1), [
        ("one-slice", "That is for one input channel. A filter of conv 2 looks at every map of pool 1.", 416),
        (
            "image-channels",
            "That is for three input channels, those of the image. Conv 2 reads the maps of pool 1.",
            16 * 76,
        ),
        ("bias-forgotten", NO_BIAS, 3_200),
        ("bias-per-slice", BIAS_PER_SLICE, 3_328),
        ("one-bias", ONE_BIAS, 3_201),
        ("one-filter", ONE_FILTER, 201),
        ("turned", TURNED, 3_208),
        ("row-of-five", "A window of 5 has 5·5 weights in each slice, not 5.", 16 * 41),
        ("size-as-parameters", "That is how many numbers come out. How many are learned?", 1_600),
    ]


def _pool_parameters(channels: int) -> Slips:
    return [
        ("window-weights", f"{POOL_LEARNS} The window's four places are not weights.", 4),
        ("window-weights-each", f"{POOL_LEARNS} Nor does each channel have a window with weights.", 4 * channels),
        ("settings", "Window and stride are settings: you choose them, nothing is learned.", 2),
        (
            "as-in-1998",
            "In the paper of 1998 each pooled map had a weight and a bias. Max-pooling has none.",
            2 * channels,
        ),
        ("pooled-parameters", f"{POOL_LEARNS} Nor does it have a bias for each channel.", channels),
    ]


def _first_linear(inputs: int) -> tuple[int, Slips]:
    return inputs * 120 + 120, [
        ("bias-forgotten", "The biases are missing: each unit has one besides its weights.", inputs * 120),
        ("one-bias", "You counted one bias for the whole layer; each unit has one.", inputs * 120 + 1),
        (
            "bias-of-inputs",
            "You counted a bias for each input. Each unit of the layer has one.",
            inputs * 120 + inputs,
        ),
        (
            "maps-forgotten",
            "That reads the 25 places of a single map. The layer reads all maps of pool 2.",
            25 * 120 + 120,
        ),
        ("places-forgotten", "That reads one number of each map. The layer reads all of their places.", 16 * 120 + 120),
        ("flatten-not-pooled", "That reads conv 2. The layer reads what pool 2 leaves.", 1_600 * 120 + 120),
        ("units-only", "That is one number for each unit. Each unit has a weight for every input.", 120),
    ]


FC2_SLIPS: Slips = (
    ("bias-forgotten", "The biases are missing: each of the units has one besides its weights.", 10_080),
    ("one-bias", "You counted one bias for all units; each has one.", 10_081),
    ("bias-of-inputs", "You counted a bias for each of the 120 inputs. Each unit of the layer has one.", 10_200),
    (
        "from-pool",
        "That reads pool 2. The second linear layer reads what the first one gives: 120 numbers.",
        400 * 84 + 84,
    ),
    ("units-only", "That is one number for each unit. Each unit has a weight for each of 120 inputs.", 84),
)
LAST_SLIPS: Slips = (
    ("bias-forgotten", "The biases are missing: each of the ten units has one besides its weights.", 840),
    ("one-bias", "You counted one bias for all ten units; each has one.", 841),
    ("bias-of-inputs", "You counted a bias for each of the 84 inputs. Each of the ten units has one.", 924),
    (
        "from-pool",
        "The last layer reads the 84 numbers of the layer before it, no others.",
        400 * 10 + 10,
    ),
    ("from-first", "That reads the first linear layer. The last layer reads the second: 84 numbers.", 120 * 10 + 10),
    ("units-only", "That is one number for each class. Each of the ten units has a weight for each of 84 inputs.", 10),
    (
        "softmax-learns-nothing",
        "The softmax itself learns nothing, but before it each class gets its score from a linear layer.",
        0,
    ),
)
TOTAL_SLIPS: Slips = (
    ("bias-forgotten", "The biases are not in your sum.", 62_720),
    ("slide", "That is what the published table says, and it is not right.", 59_758),
    ("last-left-out", "The layer with 10 units is not in your sum.", TOTAL - LAST),
    ("second-left-out", "The layer with 84 units is not in your sum.", TOTAL - FC2),
    ("first-left-out", "The layer with 120 units is not in your sum.", TOTAL - FC1),
    ("conv1-left-out", "Conv 1 is not in your sum.", TOTAL - CONV1),
    ("conv2-left-out", "Conv 2 is not in your sum.", TOTAL - CONV2),
    ("convolutions-only", "Those are the convolutions. The linear layers count, too.", CONV1 + CONV2),
    ("linear-only", "Those are the linear layers. The convolutions count, too.", LINEAR),
    ("image-counted", "The image is not learned: it does not belong in the sum.", TOTAL + 3_072),
    ("sizes-summed", "Those are all sizes added up. The parameters are asked for.", 10_054),
    ("sizes-summed-too", "Those are all sizes added up, the image's too. The parameters are asked for.", 13_126),
)


@lesson(
    "lenet-table",
    exercise="3",
    title="The table, cell by cell",
    asks=(
        *("conv1_shape", "conv1_size", "conv1_parameters", "pool1_shape", "pool1_size", "pool1_parameters"),
        *("conv2_shape", "conv2_size", "conv2_parameters", "pool2_shape", "pool2_size", "pool2_parameters"),
        *("fc1_parameters", "fc2_parameters", "softmax_parameters", "total_parameters"),
    ),
    points={"conv 1": 1, "pool 1": 1, "conv 2": 1, "pool 2": 1, "linear layers": 1, "total": 1},
)
def lenet_table(student: Student) -> Iterator[Case]:
    """Row by row: shape, size and parameters. A slip in one entry does not count again in those that follow from it."""
    published = ("slide", "That is what the published table says; multiply it out yourself.", 6_072)
    first = _size(published, ("parameters-as-size", PARAMETERS_AS_SIZE, CONV1))
    second = _size(("parameters-as-size", PARAMETERS_AS_SIZE, CONV2))
    yield from _row(student, "conv1", "", IMAGE, _convolved(8), first, _first_parameters)
    yield from _row(student, "pool1", "conv1", (8, 28, 28), _pooled, _pool_size)
    yield from _row(student, "conv2", "pool1", (8, 14, 14), _convolved(16), second, _second_parameters)
    yield from _row(student, "pool2", "conv2", (16, 10, 10), _pooled, _pool_size)
    yield from _linear_rows(student)
    yield _total(student)


def _row(
    student: Student,
    layer: str,
    before: str,
    start: Shape,
    shape_step: Callable[[Shape], tuple[Shape, Slips]],
    size_step: Callable[[Shape], tuple[int, Slips]],
    parameter_step: Callable[[int], tuple[int, Slips]] | None = None,
) -> Iterator[Case]:
    """Shape, size and parameters of a convolution or a pooling, each from the right entries before it or one's own."""
    part = f"{layer[:-1]} {layer[-1]}"
    name = f"{layer}_shape"
    right, _ = shape_step(start)
    came = map_shape(student, f"{before}_shape", (6, 32)) if before else None
    dress = dressed(student, name)
    yield followed(student, name, shape_step, start, came, before=f"{before}_shape", part=part, dress=dress)
    own = map_shape(student, name, (2, 32))
    yield followed(student, f"{layer}_size", size_step, right, own, before=name, part=part)
    name = f"{layer}_parameters"
    if parameter_step is None:
        yield student.holds(name, 0, mistakes=mistakes_of(_pool_parameters(right[0])), part=part)
    else:
        channels = came[0] if came else None
        yield followed(student, name, parameter_step, start[0], channels, before=f"{before}_shape", part=part)


def _linear_rows(student: Student) -> Iterator[Case]:
    """The three linear layers; the first may read the student's own pool 2."""
    part = "linear layers"
    shape = map_shape(student, "pool2_shape", (2, 16))
    readings = [
        followed(student, "fc1_parameters", _first_linear, 400, own, before=before, part=part)
        for own, before in (
            (whole(student, "pool2_size", (25, 20_000)), "pool2_size"),
            (prod(shape) if shape else None, "pool2_shape"),
        )
    ]
    yield best(readings)
    yield student.holds("fc2_parameters", FC2, mistakes=mistakes_of(FC2_SLIPS), part=part)
    yield student.holds("softmax_parameters", LAST, mistakes=mistakes_of(LAST_SLIPS), part=part)


def _total(student: Student) -> Case:
    """The sum of all parameters, or of the student's own."""
    right = {"conv1": CONV1, "conv2": CONV2, "fc1": FC1, "fc2": FC2, "softmax": LAST}
    own = [whole(student, f"{layer}_parameters", (50, 1_000_000)) for layer in right]
    readings = [student.holds("total_parameters", TOTAL, mistakes=mistakes_of(TOTAL_SLIPS), part="total")]
    if None not in own and own != list(right.values()):
        title = "`total_parameters`, the sum of your own layers (not all of them right yet)"
        readings.append(student.holds("total_parameters", sum(n or 0 for n in own), part="total", title=title))
    return best(readings)


# --- four wrong entries -----------------------------------------------------------------------------------------

COLUMNS = ("shape", "size", "parameters")
ROWS = ("input", "conv 1", "pool 1", "conv 2", "pool 2", "linear 1", "linear 2", "softmax")
ENTRIES = {f"{row} {column}" for row in ROWS for column in COLUMNS} | {"total parameters"}
WORDS = dict.fromkeys(("parameter", "params", "param"), "parameters") | {
    "sizes": "size",
    "shapes": "shape",
    "convolution": "conv",
    "pooling": "pool",
    "fc": "linear",
    "image": "input",
}
PARTS = ("first entry", "second entry", "third entry", "fourth entry")
ADDED = "That is the difference. Type the number that should stand in the table."
AS_PRINTED = "That is the number that stands in the table already, and it is wrong."
Wrong = dict[str, tuple[int, Slips]]  # an entry that is wrong in the table: what is right, and the slips
WRONG_ENTRIES: Wrong = {
    "conv 1 size": (
        6_272,
        [
            ("as-printed", AS_PRINTED, 6_072),
            ("difference", ADDED, 200),
            ("one-map", ONE_MAP, 784),
            ("image-channels", "That multiplies by the channels of the image; these are maps of conv 1.", 28 * 28 * 3),
        ],
    ),
    "conv 1 parameters": (
        CONV1,
        [
            ("as-printed", AS_PRINTED, 208),
            ("difference", ADDED, 400),
            ("bias-forgotten", NO_BIAS, 600),
            ("bias-per-slice", BIAS_PER_SLICE, 624),
            ("one-filter", ONE_FILTER, 76),
        ],
    ),
    "conv 2 parameters": (
        CONV2,
        [
            ("as-printed", AS_PRINTED, 416),
            ("difference", ADDED, 2_800),
            ("bias-forgotten", NO_BIAS, 3_200),
            ("bias-per-slice", BIAS_PER_SLICE, 3_328),
            ("one-filter", ONE_FILTER, 201),
            ("image-channels", "That reads three channels, as if conv 2 saw the image. It reads pool 1.", 16 * 76),
        ],
    ),
    "total parameters": (
        TOTAL,
        [
            ("as-printed", AS_PRINTED, 59_758),
            ("difference", ADDED, 3_200),
            ("bias-forgotten", "There are biases missing in your sum.", 62_720),
            ("size-in-total", "Sizes do not count in the total: only parameters do.", TOTAL + 200),
            ("one-mended", "Two numbers in that sum are wrong in the table; you mended one.", 59_758 + 400),
            ("other-mended", "You mended one number of that sum, but another is wrong as well.", 59_758 + 2_800),
        ],
    ),
}
PRINTED: dict[str, Any] = {  # and right
    "input shape": (32, 32, 3),
    "conv 1 shape": (28, 28, 8),
    "pool 1 shape": (14, 14, 8),
    "conv 2 shape": (10, 10, 16),
    "pool 2 shape": (5, 5, 16),
    "linear 1 shape": (120, 1),
    "linear 2 shape": (84, 1),
    "softmax shape": (10, 1),
    "input size": 3_072,
    "pool 1 size": 1_568,
    "conv 2 size": 1_600,
    "pool 2 size": 400,
    "linear 1 size": 120,
    "linear 2 size": 84,
    "softmax size": 10,
    "input parameters": 0,
    "pool 1 parameters": 0,
    "pool 2 parameters": 0,
    "linear 1 parameters": FC1,
    "linear 2 parameters": FC2,
    "softmax parameters": LAST,
}
NOT_FOUND = Finding(
    "not-found", "Four entries are wrong, and you have found some of them. Go on: derive each number and compare."
)
NONE_NAMED = Finding("none-named", "The dictionary is empty. Put in each wrong entry, with the right number.")


@lesson(
    "four-errors",
    exercise="4",
    title="Four wrong entries",
    asks=("corrected",),
    points=dict.fromkeys(PARTS, 0.75),
)
def four_errors(student: Student) -> Iterator[Case]:
    """A quarter of the points for each wrong entry with its right number. Naming a right entry costs just as much."""
    observed = student.observes("entries", "corrected")
    if observed.problem is not None:
        yield from unseen(observed, {f"`corrected`, {part}": part for part in PARTS})
        return
    names = _entries(observed)
    found = [case for key, entry in names if entry in WRONG_ENTRIES for case in [_found(student, observed, key, names)]]
    right = [case for case in found if case.outcome is Outcome.PASSED]
    wrong = [case for case in found if case.outcome is not Outcome.PASSED]
    missing = len(WRONG_ENTRIES) - len(found)
    nothing = NOT_FOUND if names else NONE_NAMED
    wrong += [Case("a wrong entry that you have not named", Outcome.FAILED, findings=(nothing,))] * missing
    for case, part in zip([*right, *wrong], PARTS, strict=True):
        yield _in_part(case, part)
    for number, case in enumerate(_extra(observed, key, entry) for key, entry in names if entry not in WRONG_ENTRIES):
        yield _in_part(case, PARTS[max(0, len(right) - 1 - number)])  # takes one away of those that were found


def _in_part(case: Case, part: str) -> Case:
    return Case(case.title, case.outcome, part, case.expected, case.got, case.findings)


def _entries(observed: Observation) -> list[tuple[int, str]]:
    """Where in the dictionary each entry stands, the name as the table would have it; the first where two are alike."""
    count = observed.reply("entries").value
    found: dict[str, int] = {}
    for i in range(int(np.max(count)) if isinstance(count, np.ndarray) else 0):
        found.setdefault(entry_name(str(observed.reply(f"name {i}").value)), i)
    return [(i, name) for name, i in found.items()]


def entry_name(written: str) -> str:
    """An entry's name as the table would have it: "Size of Conv1" is "conv 1 size". Case and spaces do not matter."""
    words = [WORDS.get(word, word) for word in re.findall(r"[^\W\d_]+|\d+", written.casefold())]
    row = " ".join(word for word in words if word not in {*COLUMNS, "of", "the"})
    columns = [word for word in words if word in COLUMNS]
    return f"{row} {' '.join(columns or ['parameters'] * (row == 'total'))}".strip()


def _found(student: Student, observed: Observation, key: int, names: Sequence[tuple[int, str]]) -> Case:
    """Whether an entry that is wrong in the table has the right number; a total may be that of the student's own."""
    entry = dict(names)[key]
    right, slips = WRONG_ENTRIES[entry]
    title = f'`"{entry}"`'
    readings = [student.shows(observed, f"value {key}", right, mistakes=mistakes_of(slips), title=title)]
    if entry == "total parameters":
        own = _own_numbers(observed, names)
        if own is not None and sum(own) != CONV1 + CONV2:
            note = from_own("corrected")
            readings.append(student.shows(observed, f"value {key}", sum(own) + LINEAR, title=f"{title}{note}"))
    case = best(readings)
    if case.outcome is Outcome.NOT_ATTEMPTED:
        return Case(title, Outcome.FAILED, "", right, None, (NO_NUMBER,))
    return case


NO_NUMBER = Finding("no-number", "This entry has a name but no number yet.")


def _own_numbers(observed: Observation, names: Sequence[tuple[int, str]]) -> list[int] | None:
    """What the student has for the parameters of both convolutions, if that could be."""
    numbers = []
    for key, entry in names:
        value = observed.reply(f"value {key}").value
        if entry in {"conv 1 parameters", "conv 2 parameters"} and isinstance(value, np.ndarray) and value.size == 1:
            numbers.append(float(value.flat[0]))
    if len(numbers) != 2 or not all(50 <= n <= 100_000 and n == round(n) for n in numbers):
        return None
    return [int(n) for n in numbers]


def _extra(observed: Observation, key: int, entry: str) -> Case:
    """A failed case for an entry that is not among the wrong ones."""
    reply = observed.reply(f"value {key}")
    shown = str(observed.reply(f"name {key}").value)[:40]
    costs = "It takes away one that you found."
    if entry not in ENTRIES:
        text = f"There is no entry “{shown}” in the table. Give row and column, such as `pool 1 size`. {costs}"
        why = Finding("unknown-entry", text)
    elif isinstance(reply.value, np.ndarray) and np.array_equal(reply.value, PRINTED[entry]):
        text = f"“{shown}” is right as it stands in the table: only the wrong entries belong here. {costs}"
        why = Finding("right-already", text)
    elif isinstance(reply.value, np.ndarray) and sorted(reply.value.flat) == sorted(np.ravel(PRINTED[entry])):
        text = f"“{shown}” is in another order than PyTorch's, which is no error: the table says what it means. {costs}"
        why = Finding("other-order", text)
    else:
        why = Finding("right-entry-changed", f"“{shown}” was right, and you changed it. {costs}")
    return Case(f"“{shown}”", Outcome.FAILED, "", "not in your dictionary", reply.value, (why,))


# --- the classic, and five classes ------------------------------------------------------------------------------


@lesson("classic-lenet", exercise="6", title="The classic", asks=("classic_parameters",), points=1)
def classic_lenet(student: Student) -> Iterator[Case]:
    """Grey images, 6 and 16 filters of 5×5, each filter of the second convolution on all 6 maps, then 120, 84, 10."""
    first, second = 6 * 26, 16 * 151
    slips: Slips = [
        (
            "sparse",
            "That is the paper's own count. There most filters of the second convolution see only some of the maps.",
            60_000,
        ),
        ("colour", "That is for colour images. Here they are grey: one channel.", 6 * 76 + second + LINEAR),
        ("grey-as-nothing", "Grey is one channel, not none: the first filters have weights, too.", 6 + second + LINEAR),
        ("unchanged", "That is the network of the table. Here images are grey, and there are other filters.", TOTAL),
        (
            "eight-filters",
            "That is the table's network for grey images. Here the first convolution has 6 filters.",
            208 + CONV2 + LINEAR,
        ),
        (
            "eight-maps",
            "The second convolution reads the maps that the first one makes: 6, not 8.",
            first + CONV2 + LINEAR,
        ),
        ("one-slice", "Each filter of the second convolution sees all 6 maps, not one.", first + 416 + LINEAR),
        ("turned", "Inputs and filters of the second convolution are swapped.", first + 6 * 401 + LINEAR),
        (
            "bias-forgotten",
            "The biases are missing: one for each filter and each unit.",
            150 + 2_400 + 48_000 + 10_080 + 840,
        ),
        ("bias-per-slice", BIAS_PER_SLICE, first + 16 * 6 * 26 + LINEAR),
        ("linear-only", "Those are the linear layers. The convolutions count, too.", LINEAR),
        ("convolutions-only", "Those are the convolutions. The linear layers count, too.", first + second),
        (
            "pooling-learns",
            "You counted a weight and a bias for each pooled map. The paper's had them; max-pooling has none.",
            first + second + LINEAR + 2 * (6 + 16),
        ),
        (
            "one-map-flattened",
            "The first linear layer reads the places of all 16 maps, not of one.",
            first + second + 3_120 + FC2 + LAST,
        ),
    ]
    yield student.holds("classic_parameters", first + second + LINEAR, mistakes=mistakes_of(slips))


@lesson("five-classes", exercise="7", title="Five classes", asks=("parameters_with_5", "outputs_with_5"), points=1)
def five_classes(student: Student) -> Iterator[Case]:
    """The network of the table for images of five classes: what changes, and what stays?"""
    fewer = 5 * 85
    slips: Slips = [
        ("unchanged", "That is with ten classes. One layer becomes smaller.", TOTAL),
        ("bias-kept", "Units that are removed take their biases with them.", TOTAL - 5 * 84),
        ("last-dropped", "That is without any last layer. It becomes smaller, but stays.", TOTAL - LAST),
        ("last-only", "That is the last layer. The whole network is asked for.", fewer),
        ("halved", "Only one layer knows how many classes there are; the others do not shrink.", TOTAL / 2),
        ("grown", "Fewer classes, but more parameters? Subtract.", TOTAL + fewer),
        ("unit-counted", "Removing a unit removes all of its weights, too.", TOTAL - 5),
        (
            "all-linear-halved",
            "You halved all linear layers. Those with 120 and 84 units know nothing of classes.",
            CONV1 + CONV2 + LINEAR / 2,
        ),
        ("published", "That starts from the published total, which is wrong.", 59_758 - fewer),
        ("added-layer", "That puts a layer of 5 units behind the ten. It takes their place.", TOTAL + 55),
    ]
    own = whole(student, "total_parameters", (10_000, 1_000_000))
    readings = [student.holds("parameters_with_5", TOTAL - fewer, mistakes=mistakes_of(slips))]
    if own is not None and own != TOTAL:
        title = f"`parameters_with_5`{from_own('total_parameters')}"
        readings.append(student.holds("parameters_with_5", own - fewer, title=title))
    yield best(readings)
    outputs: Slips = [
        ("ten-outputs", "That is one score for each of ten classes.", 10),
        ("powers", "A class is no binary number: one score for each class, no combinations.", 32),
        ("one-output", "One number cannot say which of the classes: each has a score of its own.", 1),
        ("one-less", "One could be left out, since probabilities add up to 1; but here each class has its score.", 4),
        ("units-before", "Those are the units of the layer before.", 84),
    ]
    yield student.holds("outputs_with_5", 5, mistakes=mistakes_of(outputs))
