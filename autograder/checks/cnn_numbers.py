"""Checks of notebook 04, by hand: the shapes, parameters and multiply–adds of the convolutional network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import Any

from autograder.checks.following import Shape, Slips, Step, best, dressed, followed, mistakes_of, typed, whole
from autograder.checks.registry import register
from autograder.checks.student import Student
from autograder.checks.verdict import Case

lesson = partial(register, notebook="04_cnn_gpu")

# --- shapes -----------------------------------------------------------------------------------------------------

SIZE_ONLY = "The channels are missing: a shape here is (channels, height, width)."
CHANNELS_LAST = "Channels come first: (channels, height, width)."
NOT_CHANGED_BY_FILTERS = "As many channels come out as there are filters, however many went in."
WINDOW_COUNT = "The + 1 is missing: a window of 3 has n − 3 + 1 places along n pixels."
PADDED = "That is with a padding of 1. Here there is none: only windows that fit count."
FIVE = "That is for a kernel of 5×5; here it is 3×3."
ALL_NUMBERS = "That is how many numbers there are. The shape is asked for: (channels, height, width)."
HALF_PIXEL = "There is no half pixel: what is left over gets no window."
WEIGHTS = "That is the shape of the layer's weights. What comes out of the layer is asked for."


def _convolved(shape: Shape, filters: int) -> tuple[Shape, Slips]:
    """What 3×3 filters make of a shape, and what goes wrong on the way."""
    c, h, w = shape
    right = (filters, h - 2, w - 2)
    return right, [
        ("channels-last", CHANNELS_LAST, (h - 2, w - 2, filters)),
        ("channels-kept", NOT_CHANGED_BY_FILTERS, (c, h - 2, w - 2)),
        ("padded", PADDED, (filters, h, w)),
        ("no-plus-one", WINDOW_COUNT, (filters, h - 3, w - 3)),
        ("kernel-5", FIVE, (filters, h - 4, w - 4)),
        ("size-only", SIZE_ONLY, (h - 2, w - 2)),
        ("multiplied", ALL_NUMBERS, prod(right)),
        ("weight-shape", WEIGHTS, (filters, c, 3, 3)),
    ]


def _first_convolved(shape: Shape) -> tuple[Shape, Slips]:
    return _convolved(shape, 64)


def _second_convolved(shape: Shape) -> tuple[Shape, Slips]:
    c, h, w = shape
    right, slips = _convolved(shape, 128)
    return right, [
        *slips,
        (
            "channels-multiplied",
            "Each filter adds up over all channels that come in and gives one map: channels are not multiplied.",
            (128 * c, h - 2, w - 2),
        ),
        (
            "channels-added",
            "The maps of the first block are not kept: what comes out are the maps of this layer only.",
            (128 + c, h - 2, w - 2),
        ),
        ("slide", "32 is what the slide says. The network here has another number of filters.", (32, h - 2, w - 2)),
    ]


def _pooled(shape: Shape) -> tuple[Shape, Slips]:
    c, h, w = shape
    slips: list[tuple[str, str, Any]] = [
        (
            "channels-pooled",
            "Pooling works on each channel for itself: as many come out as go in.",
            (c // 2, h // 2, w // 2),
        ),
        ("only-channels", "Pooling halves height and width, not the number of channels.", (c // 2, h, w)),
        ("pool-stride-1", "That is a window of 2 that moves by 1. Here it moves by 2.", (c, h - 1, w - 1)),
        (
            "like-a-kernel",
            "Unlike a 3×3 kernel, pooling takes no border away: it makes one number of each 2×2.",
            (c, h - 2, w - 2),
        ),
        ("not-pooled", "Pooling changes height and width.", (c, h, w)),
        ("channels-last", CHANNELS_LAST, (h // 2, w // 2, c)),
        ("only-height", "Pooling halves both, height and width.", (c, h // 2, w)),
        ("size-only", SIZE_ONLY, (h // 2, w // 2)),
    ]
    if h % 2:
        slips += [
            (
                "rounded-up",
                "The row and the column that are left over get no window: round down.",
                (c, (h + 1) // 2, (w + 1) // 2),
            ),
            ("not-rounded", HALF_PIXEL, (c, h / 2, w / 2)),
        ]
    return (c, h // 2, w // 2), slips


def _cut_off(shape: Shape) -> tuple[Shape, Slips]:
    c, h, w = shape
    return shape, [
        (
            "relu-pools",
            "ReLU turns negative numbers into 0, one by one. It has no window, and leaves the shape as it is.",
            (c, h // 2, w // 2),
        ),
        ("relu-drops", "ReLU makes negative numbers 0; it does not take them out. The shape stays.", (c // 2, h, w)),
        ("channels-last", CHANNELS_LAST, (h, w, c)),
        ("not-rounded", HALF_PIXEL, (c, h + 0.5, w + 0.5)),
    ]


def _flattened(shape: Shape) -> tuple[int, Slips]:
    c, h, w = shape
    return prod(shape), [
        ("not-flattened", "That is still three-dimensional. After `Flatten` there is one row: multiply.", shape),
        ("channels-left", "`Flatten` takes the channels in, too: one row of numbers for each image.", (c, h * w)),
        ("one-channel", "That is one channel. All of them stand in the row.", h * w),
        ("one-side", "That is channels times height. The width counts, too.", c * h),
        ("added", "You added the three sizes up; how many numbers there are is their product.", c + h + w),
        ("before-pooling", "That is how many numbers there are before the pooling of the second block.", c * 11 * 11),
        ("not-rounded", HALF_PIXEL, c * (h + 0.5) * (w + 0.5)),
    ]


STEPS: tuple[tuple[str, str, str, Step], ...] = (  # name, part, what it is made from, how
    ("after_conv1", "first block", "", _first_convolved),
    ("after_pool1", "first block", "after_conv1", _pooled),
    ("after_relu1", "first block", "after_pool1", _cut_off),
    ("after_conv2", "second block", "after_relu1", _second_convolved),
    ("after_pool2", "second block", "after_conv2", _pooled),
    ("after_relu2", "second block", "after_pool2", _cut_off),
    ("after_flatten", "flatten", "after_relu2", _flattened),
)


def _own_shape(student: Student, name: str) -> Shape | None:
    """The student's (channels, height, width), if a network such as this could have it on the way."""
    held = typed(student, name)
    if held is None or held.ndim != 1 or held.size not in (3, 4):
        return None
    c, h, w = (int(n) for n in held[-3:])
    return (c, h, w) if 1 <= c <= 10_000 and 4 <= h <= 28 and h == w else None


@lesson(
    "cnn-shapes",
    exercise="3",
    title="Ten shapes",
    asks=(*(step[0] for step in STEPS), "after_linear1", "after_relu3", "after_linear2"),
    points={"first block": 1, "second block": 1, "flatten": 1, "dense": 1},
)
def cnn_shapes(student: Student) -> Iterator[Case]:
    """One image (1, 28, 28) goes in: follow it layer by layer. A slip in one layer does not count again in the next."""
    truth: dict[str, Any] = {"": (1, 28, 28)}
    for name, part, before, step in STEPS:
        own = _own_shape(student, before) if before else None
        dress = dressed(student, name, 1 if step is _flattened else 3, one_image=True)
        yield followed(student, name, step, truth[before], own, before=before, part=part, dress=dress)
        truth[name], _ = step(truth[before])
    yield from _dense(student)


def _dense(student: Student) -> Iterator[Case]:
    """The shapes after the linear layers: one number each."""

    def numbers(name: str, step: Step, own: int | None = None, before: str = "") -> Case:
        dress = dressed(student, name, 1, one_image=True)
        return followed(student, name, step, 200, own, before=before, part="dense", dress=dress)

    flat = 128 * 5 * 5
    hidden: Slips = [
        ("linear-unchanged", "A linear layer gives as many numbers as it has outputs, however many went in.", flat),
        ("weights-counted", "That is how many weights the layer has. How many numbers come out of it?", flat * 200),
        ("parameters", "Those are the layer's parameters. How many numbers come out of it?", flat * 200 + 200),
        ("matrix", "That is the shape of the layer's weights; one row of numbers comes out.", (200, flat)),
        (
            "matrix-turned",
            "Those are inputs and outputs of the layer. What comes out is its outputs only.",
            (flat, 200),
        ),
        ("last-too-early", "That is the last layer's; another linear layer stands before it.", 10),
    ]
    yield numbers("after_linear1", lambda _: (200, hidden))
    cut: Slips = [
        ("relu-halves", "About half of the numbers may become 0, but they stay: ReLU keeps the shape.", 100),
        ("relu-gives-scores", "That is after the last layer. ReLU keeps the shape of what goes in.", 10),
        ("relu-from-flatten", "That went into the linear layer before; ReLU gets what came out of it.", flat),
    ]
    held = typed(student, "after_linear1")
    own = int(held.flat[-1]) if held is not None and held.size in (1, 2) and 1 <= held.flat[-1] <= 5000 else None
    yield numbers("after_relu3", lambda n: (n, cut if n == 200 else []), own, "after_linear1")
    scores: Slips = [
        ("one-class", "There is a score for each class; which one is largest comes later.", 1),
        ("scores-unchanged", "That is what goes into the last layer. It has one output for each class.", 200),
        ("last-weights", "That is how many weights the last layer has.", 2000),
        ("last-parameters", "Those are the parameters of the last layer.", 2010),
        ("last-matrix", "That is the shape of the last layer's weights.", (10, 200)),
    ]
    yield numbers("after_linear2", lambda _: (10, scores))


# --- parameters -------------------------------------------------------------------------------------------------

NO_BIAS = "The bias is missing: each filter, and each unit of a linear layer, has one besides its weights."
ONE_BIAS = "You counted one bias for the whole layer; each of its outputs has one."
ONE_INPUT = "That counts one input channel. A filter of the second layer looks at all 64 maps: 3·3·64 weights."


def _first_layer(per_filter: int) -> tuple[int, Slips]:
    return 64 * per_filter, [
        ("bias-forgotten", NO_BIAS, 576),
        ("one-bias", ONE_BIAS, 577),
        ("one-filter", "That is one filter. The layer has 64.", per_filter),
        (
            "pixels-counted",
            "That is how many numbers come out of the layer. Its weights are shared by all places.",
            64 * 26 * 26,
        ),
        (
            "weights-per-place",
            "Those are the multiplications. The same weights serve at every place: count them once.",
            64 * 26 * 26 * 9,
        ),
        ("fully-connected", "That is a linear layer from all pixels. A filter sees nine of them at a time.", 785 * 64),
        ("filters-128", "128 filters are in the second convolution; the first has 64.", 128 * per_filter),
    ]


def _second_layer(per_filter: int) -> tuple[int, Slips]:
    return 128 * per_filter, [
        ("bias-forgotten", NO_BIAS, 73_728),
        ("one-bias", ONE_BIAS, 73_729),
        ("input-channels-forgotten", f"9·128 + 128: {ONE_INPUT[0].lower()}{ONE_INPUT[1:]}", 1_280),
        (
            "bias-of-inputs",
            "You counted a bias for each channel that comes in. A bias belongs to what comes out.",
            73_728 + 64,
        ),
        (
            "bias-per-kernel",
            "You counted a bias for each 3×3 kernel. A filter has 64 kernels, but one bias.",
            64 * 128 * 10,
        ),
        ("slide", "That is with the slide's 32 filters. The network here has 128.", 32 * 577),
        ("one-filter", "That is one filter. The second layer has 128.", per_filter),
    ]


def _linear(inputs: int) -> tuple[int, Slips]:
    return inputs * 200 + 200, [
        ("bias-forgotten", NO_BIAS, inputs * 200),
        ("one-bias", ONE_BIAS, inputs * 200 + 1),
        (
            "bias-of-inputs",
            "You counted a bias for each input. Each of the 200 outputs has one.",
            inputs * 200 + inputs,
        ),
        (
            "places-forgotten",
            "That is one input for each map. `Flatten` hands over all of its 5·5 places.",
            128 * 200 + 200,
        ),
        (
            "maps-forgotten",
            "That is the 25 places of a single map. `Flatten` hands over all of the 128 maps.",
            25 * 200 + 200,
        ),
        (
            "flatten-rounded-up",
            "That is with maps of 6×6. Of 11 rows, pooling by 2 leaves one over: round down.",
            (128 * 36 + 1) * 200,
        ),
        (
            "flatten-padded",
            "That is with maps of 7×7, as padding would give. There is none here.",
            (128 * 49 + 1) * 200,
        ),
        ("flatten-not-pooled", "That is with maps of 11×11, before the second pooling.", (128 * 121 + 1) * 200),
        ("flatten-32", "That is with the slide's 32 maps. Here there are 128.", (32 * 25 + 1) * 200),
        ("flatten-64", "That is with 64 maps; the second convolution makes 128.", (64 * 25 + 1) * 200),
    ]


@lesson(
    "cnn-parameters",
    exercise="4",
    title="Every parameter",
    asks=(
        "per_filter_1",
        "conv1_parameters",
        "per_filter_2",
        "conv2_parameters",
        "linear1_parameters",
        "linear2_parameters",
        "other_parameters",
        "total_parameters",
    ),
    points={"first convolution": 1, "second convolution": 1, "first linear": 1, "total": 1},
)
def cnn_parameters(student: Student) -> Iterator[Case]:
    """Weights and biases of all ten layers, in steps. A slip in one step does not count again in the next."""
    first: Slips = [
        ("bias-forgotten", NO_BIAS, 9),
        ("one-side", "A kernel of 3×3 has nine weights, not three.", 4),
        ("whole-image", "That is a weight for every pixel. A filter is 3×3 and moves over the image.", 785),
        ("all-filters", "That is the whole layer; one filter is asked for first.", 640),
        ("rgb", "That is for three colours. Fashion-MNIST is grey: one channel.", 28),
    ]
    part = "first convolution"
    yield student.holds("per_filter_1", 10, mistakes=mistakes_of(first), part=part)
    yield followed(
        student,
        "conv1_parameters",
        _first_layer,
        10,
        whole(student, "per_filter_1", (2, 1000)),
        before="per_filter_1",
        part=part,
    )
    second: Slips = [
        ("bias-forgotten", NO_BIAS, 576),
        ("input-channels-forgotten", ONE_INPUT, 10),
        ("output-channels", "128 is how many filters there are. How deep is one of them?", 9 * 128 + 1),
        ("bias-of-inputs", "You counted a bias for each channel that comes in. A filter has one bias.", 576 + 64),
        ("one-side", "A kernel of 3×3 has nine weights for each channel, not three.", 3 * 64 + 1),
        ("all-filters", "That is the whole layer; one of its filters is asked for first.", 73_856),
    ]
    part = "second convolution"
    yield student.holds("per_filter_2", 577, mistakes=mistakes_of(second), part=part)
    yield followed(
        student,
        "conv2_parameters",
        _second_layer,
        577,
        whole(student, "per_filter_2", (2, 10_000)),
        before="per_filter_2",
        part=part,
    )
    yield followed(
        student,
        "linear1_parameters",
        _linear,
        3200,
        whole(student, "after_flatten", (100, 100_000)),
        before="after_flatten",
        part="first linear",
    )
    yield from _rest(student)


def _rest(student: Student) -> Iterator[Case]:
    """The last linear layer, the layers that learn nothing, and the sum."""
    last: Slips = [
        ("bias-forgotten", NO_BIAS, 2_000),
        ("one-bias", ONE_BIAS, 2_001),
        ("bias-of-inputs", "You counted a bias for each of the 200 inputs. Each score has one.", 2_200),
        (
            "from-flatten",
            "The last layer gets what the layer before it gives: 200 numbers, not all of `Flatten`'s.",
            32_010,
        ),
        ("outputs-only", "That is one weight for each input. Each of the scores has its own 200.", 201),
    ]
    yield student.holds("linear2_parameters", 2_010, mistakes=mistakes_of(last), part="total")
    others: Slips = [
        (
            "window",
            "That counts the entries of the pooling windows. They hold no weights: the largest number passes.",
            8,
        ),
        ("one-window", "A pooling window is 2×2, but it holds no weights.", 4),
        ("one-each", "Six layers, but nothing in them is learned.", 6),
        ("settings", "Kernel size and stride are hyperparameters: you choose them, nothing is learned.", 2),
    ]
    yield student.holds("other_parameters", 0, mistakes=mistakes_of(others), part="total")
    sums: Slips = [
        ("bias-forgotten", NO_BIAS, 576 + 73_728 + 640_000 + 2_000),
        ("last-left-out", "The last linear layer is not in your sum.", 716_706 - 2_010),
        ("first-left-out", "The first convolution is not in your sum.", 716_706 - 640),
        ("second-left-out", "The second convolution is not in your sum.", 716_706 - 73_856),
        ("convolutions-only", "Those are the convolutions. The linear layers count, too.", 640 + 73_856),
        ("linear-only", "Those are the linear layers. The convolutions count, too.", 642_210),
        ("filters-twice", "Your sum has the single filters in it, too; they are part of their layers.", 716_706 + 587),
        ("other-network", "That is the MLP of notebook 01.", 795_010),
        ("slide", "That is with the slide's 32 filters. Here the second convolution has 128.", 181_314),
    ]
    readings = [student.holds("total_parameters", 716_706, mistakes=mistakes_of(sums), part="total")]
    own = [
        whole(student, name, (100, 10**8))
        for name in ("conv1_parameters", "conv2_parameters", "linear1_parameters", "linear2_parameters")
    ]
    if None not in own and own != [640, 73_856, 640_200, 2_010]:
        title = "`total_parameters`, the sum of your own layers (not all of them right yet)"
        readings.append(student.holds("total_parameters", sum(n or 0 for n in own), part="total", title=title))
    yield best(readings)


# --- fix the slide ----------------------------------------------------------------------------------------------


@lesson("slide-filters", exercise="Fix the slide", title="64 and 32 filters", asks=("with_32",), points=0)
def slide_filters(student: Student) -> Iterator[Case]:
    """The slide's text says 64 and 32 filters. How many parameters would the network have then, in all?"""
    slips: Slips = [
        ("unchanged", "That is with 128 filters, the network that you built. The text says 32.", 716_706),
        (
            "first-changed",
            "You changed the first convolution. It keeps its 64 filters; the second has 32 in place of 128.",
            320 + (9 * 32 + 1) * 128 + 640_200 + 2_010,
        ),
        (
            "both-changed",
            "You gave both convolutions 32 filters. The first keeps its 64.",
            320 + 9_248 + 160_200 + 2_010,
        ),
        (
            "flatten-kept",
            "The second convolution is right. With fewer maps `Flatten` hands fewer numbers over, and the linear layer "
            "shrinks as well.",
            640 + 18_464 + 640_200 + 2_010,
        ),
        (
            "convolution-kept",
            "The linear layer is right. The second convolution shrinks as well.",
            640 + 73_856 + 160_200 + 2_010,
        ),
        ("input-channels-forgotten", ONE_INPUT, 640 + 320 + 160_200 + 2_010),
        ("bias-forgotten", NO_BIAS, 576 + 18_432 + 160_000 + 2_000),
        ("convolution-only", "That is the second convolution. All layers together are asked for.", 18_464),
        ("linear-only", "That is the first linear layer. All layers together are asked for.", 160_200),
        ("difference", "That is how many fewer there are. How many are left?", 716_706 - 181_314),
        ("quarter", "Not every layer shrinks to a quarter: count them one by one.", 716_706 / 4),
    ]
    yield student.holds("with_32", 181_314, mistakes=mistakes_of(slips))


# --- multiply–adds ----------------------------------------------------------------------------------------------


@lesson(
    "multiply-adds",
    exercise="7",
    title="The price in multiplications",
    asks=("mlp_multiply_adds", "cnn_multiply_adds"),
    points=1,
)
def multiply_adds(student: Student) -> Iterator[Case]:
    """For one image: how often is a weight multiplied by a number? A shared weight counts at every place it is used."""
    parameters = "Those are the parameters. A bias is added, not multiplied."
    mlp: Slips = [
        ("parameters", parameters, 795_010),
        ("flops", "You counted multiplications and additions apart. One multiply–add is both together.", 1_588_000),
        ("first-only", "That is the first layer; the second multiplies, too.", 784_000),
        ("last-only", "That is the last layer; the first one does most of the work.", 10_000),
        (
            "layers-multiplied",
            "You multiplied the layers with one another. One works after the other: add them up.",
            784 * 1000 * 10,
        ),
        ("sizes-added", "You added the sizes up. Each input meets each output: multiply them.", 784 + 1000 + 10),
    ]
    yield student.holds("mlp_multiply_adds", 794_000, mistakes=mistakes_of(mlp))
    conv1, conv2, linear = 64 * 26 * 26 * 9, 128 * 11 * 11 * 576, 642_000
    cnn: Slips = [
        ("parameters", parameters, 716_706),
        ("flops", "You counted multiplications and additions apart. One multiply–add is both together.", 2 * 9_952_464),
        (
            "weights-counted",
            "Those are the weights, each counted once. A filter's weights are used again at every place.",
            576 + 73_728 + linear,
        ),
        (
            "biases-added",
            "You counted the biases as well. A bias is added, not multiplied.",
            9_952_464 + 64 * 26 * 26 + 128 * 11 * 11 + 210,
        ),
        (
            "channels-forgotten",
            "That counts one input channel for the second convolution. Each of its numbers is a sum over all 64 maps.",
            conv1 + 128 * 11 * 11 * 9 + linear,
        ),
        (
            "one-map",
            "That is one output map for each convolution. Every filter makes a map of its own.",
            26 * 26 * 9 + 11 * 11 * 576 + linear,
        ),
        (
            "input-size",
            "You counted the places that go in, 28×28 and 13×13. A filter works once for each place that comes out.",
            64 * 28 * 28 * 9 + 128 * 13 * 13 * 576 + linear,
        ),
        (
            "pooled-size",
            "You counted the places after pooling. The convolution worked for all of them before.",
            64 * 13 * 13 * 9 + 128 * 5 * 5 * 576 + linear,
        ),
        (
            "not-pooled",
            "That is a second convolution on 26×26. The maps are pooled before it.",
            conv1 + 128 * 24 * 24 * 576 + linear,
        ),
        ("convolutions-only", "Those are the convolutions. The linear layers multiply, too.", conv1 + conv2),
        ("linear-only", "Those are the linear layers. The convolutions do most of the work.", linear),
        (
            "slide",
            "That is with the slide's 32 filters; the second convolution has 128.",
            conv1 + conv2 // 4 + 160_000 + 2_000,
        ),
    ]
    yield student.holds("cnn_multiply_adds", 9_952_464, mistakes=mistakes_of(cnn))
