"""Checks of notebook 05 on images: two classes of ten, normalising, a convolved shape, and kernels set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from autograder.checks.experiments import Observation
from autograder.checks.fashion import flag, state_case
from autograder.checks.layers import unseen
from autograder.checks.registry import register
from autograder.checks.slips import constant
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="05_birds_vs_airplanes")

AIRPLANE, AUTOMOBILE, BIRD = 0, 1, 2
Listed = Sequence[tuple[str, str, Sequence[Array]]]  # id, text, the answers that it may lead to


def mistakes_about(observed: Observation, key: str, listed: Listed) -> list[Mistake]:
    """The misconceptions that have an answer, each with the one of its answers that was given, if any was."""
    got = observed.values.get(key)

    def given(answers: Sequence[Array]) -> Array:
        fitting = (answer for answer in answers if got is not None and agree(got, np.asarray(answer, dtype=float)))
        return next(fitting, answers[0])

    return [Mistake(identity, text, constant(given(answers))) for identity, text, answers in listed if len(answers)]


def explained(observed: Observation, error: str, sign: str, finding: Finding) -> Observation:
    """The observation; where it ended with an `error` whose message has this `sign` in it, with our explanation."""
    problem = observed.problem
    if problem is None or observed.error != error or sign not in problem.text:
        return observed
    return replace(observed, problem=replace(finding, text=f"{finding.text} {problem.text}"))


PAIR_SWAPPED = "The two things that you return are swapped."


# --- two of ten classes -----------------------------------------------------------------------------------------

AMBIGUOUS = Finding(
    "python-or",
    "`or`, `and` and `in` want one yes or no, and a comparison of a tensor has one for each label. "
    "Use `(labels == 0) | (labels == 2)`, with the brackets.",
)
LABEL_KINDS = (
    Mistake(
        "labels-bool",
        "Right, but your labels are True and False. A class is a whole number, and the loss wants int64: `.long()`.",
        constant("true or false"),
    ),
    Mistake(
        "labels-float",
        "Right, but your labels are decimal numbers. A class is a whole number, and the loss wants int64: `.long()`.",
        constant("decimal"),
    ),
)
LABELS_CHANGED = Finding(
    "changes-input",
    "What comes back is right, but the images or labels that were handed in are not what they were. Whoever calls "
    "`two_classes` still needs them: work on a copy (`.clone()`).",
)


@lesson(
    "two-classes",
    exercise="1",
    title="Two of ten classes",
    asks=("two_classes",),
    points={"images": 1, "labels": 1},
)
def two_classes(student: Student) -> Iterator[Case]:
    """Airplanes (0) and birds (2) stay, in the order that they had; a bird's new label is 1."""
    for kind in ("decimal", "whole"):
        images, labels = _photographs(student.random, kind)
        observed = student.observes("pair", "two_classes", first=images, second=labels)
        observed = explained(observed, "RuntimeError", "ambiguous", AMBIGUOUS)
        yield from _filtered(student, observed, images, labels, f"{len(labels)} images of {kind} numbers")


def _photographs(random: np.random.Generator, kind: str) -> tuple[Array, Array]:
    """Images (N, 3, 32, 32) of float32 or uint8, and labels (N,) with airplanes, automobiles and birds among them.

    Some bird comes before some airplane.
    """
    few, many = (int(n) for n in random.integers(3, 5, size=2))
    classes = [AIRPLANE] * few + [AUTOMOBILE] * 2 + [BIRD] * many + list(random.integers(3, 10, size=5))
    labels = np.array(classes)
    while np.array_equal(kept := labels[np.isin(labels, (AIRPLANE, BIRD))], np.sort(kept)):
        labels = random.permutation(classes)
    pixels = random.integers(0, 256, size=(len(labels), 3, 32, 32))
    return pixels.astype(np.uint8) if kind == "whole" else (pixels / 255).astype(np.float32), labels


def _filtered(student: Student, observed: Observation, images: Array, labels: Array, title: str) -> Iterator[Case]:
    chosen = np.isin(labels, (AIRPLANE, BIRD))
    right = (labels == BIRD)[chosen].astype(float)
    of_images, of_labels = _filter_slips(images, labels)
    one = student.shows(
        observed,
        "first",
        images[chosen],
        mistakes=mistakes_about(observed, "first", of_images),
        part="images",
        title=f"{title}: the images",
    )
    two = student.shows(
        observed,
        "second",
        right,
        mistakes=mistakes_about(observed, "second", of_labels),
        part="labels",
        title=f"{title}: the labels",
    )
    yield one
    yield two
    if two.outcome is not Outcome.PASSED:
        return
    if observed.values.get("kind") in ("decimal", "true or false"):
        title = f"{title}: the kind of number of a label"
        yield student.shows(observed, "kind", "whole", mistakes=LABEL_KINDS, part="labels", title=title)
    if one.outcome is Outcome.PASSED and not flag(observed, "kept"):
        yield Case("what was handed in", Outcome.FAILED, "labels", "unchanged", "changed", (LABELS_CHANGED,))


def _filter_slips(images: Array, labels: Array) -> tuple[Listed, Listed]:
    """What goes wrong: about the images that come back, and about the labels."""
    chosen, cars, low = np.isin(labels, (AIRPLANE, BIRD)), labels <= AUTOMOBILE, labels <= BIRD
    new = (labels == BIRD).astype(float)
    order = np.argsort(labels[chosen], kind="stable")
    slips: Sequence[tuple[str, str, Sequence[Array], Sequence[Array]]] = (
        (
            "images-not-filtered",
            "All images come back, but not all labels: those of the other classes are left out. Choose both with the "
            "same mask.",
            [images],
            [],
        ),
        (
            "labels-not-filtered",
            "There is a label for every image that came, also for those that you left out. Choose both with the same "
            "mask.",
            [],
            [new, labels],
        ),
        (
            "nothing-left-out",
            "The labels are new, but nothing is left out: cars, cats and ships all have label 0 now, as if they were "
            "airplanes.",
            [images],
            [new],
        ),
        (
            "nothing-done",
            "Everything comes back as it was. Keep the images with label 0 or 2 only.",
            [images],
            [labels],
        ),
        (
            "automobile",
            "You took class 1 for the birds. In CIFAR-10 class 1 is the automobile; a bird has label 2, and only its "
            "new label is 1.",
            [images[cars]],
            [labels[cars], 1.0 - labels[cars]],
        ),
        (
            "below-3",
            "Everything up to class 2 is in it, automobiles (class 1) as well. Do you set the new labels before you "
            "choose? Then a bird looks like an automobile.",
            [images[low]],
            [np.minimum(labels[low], 1), new[low], labels[low]],
        ),
        (
            "birds-only",
            "Only the birds are left. Keep an image if it is one *or* the other.",
            [images[labels == BIRD]],
            [np.ones(int(new.sum())), np.full(int(new.sum()), BIRD)],
        ),
        (
            "and",
            "Nothing is left: no image has label 0 *and* 2. One or the other is `|`, not `&`.",
            [images[:0]],
            [labels[:0]],
        ),
        (
            "sorted",
            "The airplanes come first and then the birds. They are to stay in the order that they had, mixed.",
            [images[chosen][order]],
            [np.sort(new[chosen])],
        ),
        (
            "scaled",
            "The pixels are not what they were: here images are chosen, and not changed.",
            [images[chosen] / 255, images[chosen] * 255.0],
            [],
        ),
        (
            "keeps-2",
            "Your birds still have label 2. With two classes the labels are 0 and 1, for a network with two scores.",
            [],
            [labels[chosen]],
        ),
        (
            "labels-swapped",
            "Your airplanes have label 1 and your birds 0. It is the other way round.",
            [],
            [1 - new[chosen]],
        ),
        ("pair-swapped", f"{PAIR_SWAPPED} The images come first.", [new[chosen], labels[chosen]], [images[chosen]]),
    )
    return [(identity, text, first) for identity, text, first, _ in slips], [
        (identity, text, second) for identity, text, _, second in slips
    ]


# --- normalising ------------------------------------------------------------------------------------------------

CHANNELS = (0, 2, 3)  # the axes that a channel's mean goes over
NO_KEEPDIM = Finding(
    "no-keepdim",
    "Three means, one for each channel, are laid along the last axis, which is the columns. Give them the shape "
    "(1, 3, 1, 1): `keepdim=True`, or `mean[:, None, None]`.",
)
BY_IMAGE = Finding(
    "by-image",
    "There is a mean for each training image, and there are not as many validation images. One mean for each channel "
    "is asked for, over all images: `dim=(0, 2, 3)`.",
)
IMAGES_CHANGED = Finding(
    "changes-input",
    "What comes back is right, but the images that were handed in are not what they were: `-=` and `/=` write into "
    "them. Whoever calls `normalise` still needs them: `images - mean` makes new ones.",
)


@lesson(
    "normalise",
    exercise="2",
    title="Normalise, and do not peek",
    asks=("normalise",),
    points={"training": 1, "validation": 1},
)
def normalise(student: Student) -> Iterator[Case]:
    """Mean and standard deviation of each channel come from the training images, and serve for both sets."""
    for n, m in ((6, 4), (5, 7)):
        train, validation = _two_sets(student.random, n, m)
        observed = student.observes("pair", "normalise", first=train, second=validation)
        observed = explained(observed, "RuntimeError", "non-singleton dimension 0", BY_IMAGE)
        observed = explained(observed, "RuntimeError", "non-singleton dimension 3", NO_KEEPDIM)
        yield from _normalised_sets(student, observed, train, validation)


def _two_sets(random: np.random.Generator, n: int, m: int) -> tuple[Array, Array]:
    """Training images (n, 3, 5, 7) and validation images (m, 3, 5, 7): no two channels are alike, nor the two sets."""
    means, widths = random.permutation([0.2, 0.5, 0.8]), random.permutation([0.1, 0.2, 0.35])
    sets = []
    for size, shift, stretch in ((n, 0.0, 1.0), (m, 0.15, 1.4)):
        noise = random.normal(size=(size, 3, 5, 7))
        each = random.normal(size=(size, 3, 1, 1)) / 2  # some images are brighter than others
        images = (means + shift)[:, None, None] + (noise + each) * (stretch * widths)[:, None, None]
        sets.append(images.astype(np.float32))
    return sets[0], sets[1]


def _statistics(images: Array, axes: tuple[int, ...] | None, ddof: int) -> tuple[Array, Array]:
    return images.mean(axis=axes, keepdims=True), images.std(axis=axes, keepdims=True, ddof=ddof)


def _scaled(images: Array, statistics: tuple[Array, Array]) -> Array:
    mean, width = statistics
    return np.asarray((images - mean) / width)


def _normalised_sets(student: Student, observed: Observation, train: Array, validation: Array) -> Iterator[Case]:
    a, b = train.astype(np.float64), validation.astype(np.float64)
    by_ddof = [(_scaled(a, s), _scaled(b, s)) for s in (_statistics(a, CHANNELS, ddof) for ddof in (1, 0))]
    got = observed.values.get("first")
    # Dividing by n or n − 1 under the root are both right, if both sets are divided alike.
    told = [pair for pair in by_ddof if got is not None and agree(got, pair[0])]
    if not told:
        second = observed.values.get("second")
        told = [pair for pair in by_ddof if second is not None and agree(second, pair[1])]
    right = (told or by_ddof)[0]
    slips = _statistics_slips(a, b)
    sizes = f"{len(a)} training and {len(b)} validation images"
    passed = True
    for position, key, part in ((0, "first", "training"), (1, "second", "validation")):
        listed = [(identity, text, [pair[position] for pair in pairs]) for identity, text, pairs in slips]
        case = student.shows(
            observed,
            key,
            right[position],
            mistakes=mistakes_about(observed, key, [entry for entry in listed if entry[2][0] is not right[position]]),
            part=part,
            title=f"{sizes}: the {part} images",
        )
        passed &= case.outcome is Outcome.PASSED
        yield case
    if passed and not flag(observed, "kept"):
        yield Case("what was handed in", Outcome.FAILED, "training", "unchanged", "changed", (IMAGES_CHANGED,))


def _statistics_slips(a: Array, b: Array) -> Sequence[tuple[str, str, Sequence[tuple[Array, Array]]]]:
    """Misconceptions, each with the pairs of training and validation images that it may lead to."""

    def both(*of: Callable[[Array, int], tuple[Array, Array]]) -> list[tuple[Array, Array]]:
        """The same statistics for both sets, those of the training images."""
        return [(_scaled(a, of_set(a, ddof)), _scaled(b, of_set(a, ddof))) for of_set in of for ddof in (1, 0)]

    def each(of: Callable[[Array, int], tuple[Array, Array]]) -> list[tuple[Array, Array]]:
        """Each set by statistics of its own."""
        return [(_scaled(a, of(a, ddof)), _scaled(b, of(b, ddof))) for ddof in (1, 0)]

    def over(axes: tuple[int, ...] | None) -> Callable[[Array, int], tuple[Array, Array]]:
        return lambda images, ddof: _statistics(images, axes, ddof)

    def variance(images: Array, ddof: int) -> tuple[Array, Array]:
        return images.mean(CHANNELS, keepdims=True), images.var(CHANNELS, keepdims=True, ddof=ddof)

    def mean_of_widths(images: Array, ddof: int) -> tuple[Array, Array]:
        widths = images.std(axis=(2, 3), keepdims=True, ddof=ddof)
        return images.mean(CHANNELS, keepdims=True), widths.mean(axis=0, keepdims=True)

    def extent(images: Array, ddof: int) -> tuple[Array, Array]:
        low, high = images.min(CHANNELS, keepdims=True), images.max(CHANNELS, keepdims=True)
        return low, high - low

    def shift_only(images: Array, ddof: int) -> tuple[Array, Array]:
        return images.mean(CHANNELS, keepdims=True), np.ones(1)

    def scale_only(images: Array, ddof: int) -> tuple[Array, Array]:
        return np.zeros(1), images.std(CHANNELS, keepdims=True, ddof=ddof)

    def exchanged(images: Array, ddof: int) -> tuple[Array, Array]:
        mean, width = _statistics(images, CHANNELS, ddof)
        return width, mean

    together = np.concatenate([a, b])
    right = both(over(CHANNELS))
    return (
        (
            "own-statistics",
            "Your validation images are normalised by their own mean and standard deviation. That is peeking: the "
            "same picture would come out differently in other company. Use the numbers of the training images.",
            each(over(CHANNELS)),
        ),
        (
            "own-mean",
            "You shift the validation images by their own mean. Both numbers come from the training images.",
            [
                (first, (b - b.mean(CHANNELS, keepdims=True)) / a.std(CHANNELS, keepdims=True, ddof=ddof))
                for (first, _), ddof in zip(right, (1, 0), strict=True)
            ],
        ),
        (
            "validation-left",
            "Your validation images come back as they were. This also happens if you take mean and standard deviation "
            "from training images that are normalised already: they are 0 and 1 then.",
            [(first, b) for first, _ in right],
        ),
        (
            "both-together",
            "Mean and standard deviation are those of all images together. Nothing is to be computed from the "
            "validation images: leave them out.",
            [(_scaled(a, s), _scaled(b, s)) for s in (_statistics(together, CHANNELS, ddof) for ddof in (1, 0))],
        ),
        (
            "one-for-all-channels",
            "You use one mean and one standard deviation for all channels. Red, green and blue each have their own: "
            "`dim=(0, 2, 3)`.",
            both(over(None)),
        ),
        (
            "by-pixel",
            "You normalise pixel by pixel (`dim=0`): each place has a mean of its own. A channel has one for all of "
            "its places.",
            both(over((0,))),
        ),
        (
            "each-image",
            "You normalise image by image. A dark and a bright picture then look alike; the mean goes over all of the "
            "training images.",
            [*each(over((2, 3))), *each(over((1, 2, 3)))],
        ),
        (
            "by-column",
            "Your means go over the wrong axes, as if the channel came last. Here it is axis 1: average over the "
            "others, `dim=(0, 2, 3)`.",
            both(over((0, 1, 2))),
        ),
        (
            "variance",
            "You divide by the variance. The standard deviation is its square root.",
            both(variance),
        ),
        (
            "mean-of-deviations",
            "This is the average of the images' standard deviations, which leaves out how images differ from each "
            "other. Take it over all images at once: `dim=(0, 2, 3)`.",
            both(mean_of_widths),
        ),
        (
            "from-0-to-1",
            "You stretch each channel from its smallest to its largest number. Subtract the mean, and divide by the "
            "standard deviation.",
            both(extent),
        ),
        ("shifted-only", "You subtract the mean, but do not divide by the standard deviation.", both(shift_only)),
        ("scaled-only", "You divide by the standard deviation, but do not subtract the mean.", both(scale_only)),
        (
            "exchanged",
            "Mean and standard deviation are exchanged: the mean is subtracted, and then comes the division.",
            both(exchanged),
        ),
        (
            "pair-swapped",
            f"{PAIR_SWAPPED} The training images come first.",
            [(second, first) for first, second in right],
        ),
    )


# --- a convolved shape ------------------------------------------------------------------------------------------

SHAPE_SLIPS: Sequence[tuple[str, str, Any]] = (
    (
        "padding-assumed",
        "That would be with padding. Without it, a window of three finds no place around the outermost pixels.",
        (1, 16, 32, 32),
    ),
    (
        "batch-forgotten",
        "Rows, columns and channels are right. The image goes in as a batch of one, with shape (1, 3, 32, 32), so that "
        "what comes out has an axis for the images as well: four numbers.",
        (16, 30, 30),
    ),
    (
        "channels-last",
        "Your channels come last. In PyTorch the order is images, channels, rows, columns.",
        (1, 30, 30, 16),
    ),
    (
        "channels-of-input",
        "Three is the number of channels that go in. Each filter makes one map out of all three.",
        (1, 3, 30, 30),
    ),
    (
        "channels-multiplied",
        "A filter reaches through all three channels and adds up: one map for each filter, not three.",
        (1, 48, 30, 30),
    ),
    ("one-map", "There is a map for each filter, and they are not added up.", (1, 1, 30, 30)),
    ("off-by-one-map", "Not all of the filters' maps are counted: number 0 is one, too.", (1, 15, 30, 30)),
    (
        "border-twice",
        "You took too wide a border away: a kernel of three reaches one pixel to each side.",
        (1, 16, 28, 28),
    ),
    ("no-plus-one", "The first place of the window counts, too: n − f + 1.", (1, 16, 29, 29)),
    (
        "one-side",
        "One row and one column are gone on one side only. A window of three loses some on both.",
        (1, 16, 31, 31),
    ),
    ("stride-of-kernel", "That is a window that moves on by three. This one moves by one.", (1, 16, 10, 10)),
    (
        "weights",
        "That is the shape of the layer's weights, and not of what comes out of it.",
        (16, 3, 3, 3),
    ),
    (
        "images-are-channels",
        "Three is the number of channels that go in; the first number is how many images there are.",
        (3, 16, 30, 30),
    ),
    ("axes-swapped", "Images and channels are swapped: images come first.", (16, 1, 30, 30)),
    ("counted", "That is how many numbers come out. Their arrangement is asked for: four numbers.", 16 * 30 * 30),
)


@lesson("convolved-shape", exercise="3", title="One image, convolved", asks=("convolved_shape",), points=1)
def convolved_shape(student: Student) -> Iterator[Case]:
    """Images, channels, rows, columns: what `nn.Conv2d(3, 16, kernel_size=3)` makes of one image (1, 3, 32, 32)."""
    held = student.value("convolved_shape").value
    any_number = isinstance(held, np.ndarray) and held.ndim == 1 and held.size == 4 and held[0] == -1
    # torchsummary writes −1 where PyTorch writes the number of images
    mistakes = [Mistake(identity, text, constant(shape)) for identity, text, shape in SHAPE_SLIPS]
    yield student.holds("convolved_shape", (-1 if any_number else 1, 16, 30, 30), mistakes=mistakes)


# --- kernels set by hand ----------------------------------------------------------------------------------------

Weights = tuple[Array, float]  # of a convolution from 3 channels to 1: (3, 3, 3), and the bias
EDGE = np.array([1.0, 0.0, -1.0])
RETURNS_NEW = Finding(
    "returns-new",
    "The layer that was handed in is as it was; you set up another one and return it. Change the weights of `conv` "
    "itself, and return nothing.",
)
UNCHANGED = "The layer answers as before: nothing was written into its weights."
BIAS_LEFT = "The weights are right, but the bias is still what it was, and is added to every answer: set it to 0."
FIRST_CHANNEL = (
    "Only the first of the three channels has new weights. `conv.weight` has shape (1, 3, 3, 3): one filter, three "
    "channels, rows, columns."
)


def blur_slips(weight: Array, bias: float) -> Sequence[tuple[str, str, Sequence[Weights]]]:
    """Wrong blurs, from a layer that had this weight (3, 3, 3) and bias before."""
    full, first = np.ones((3, 3, 3)), weight.copy()
    one_channel = np.stack([np.full((3, 3), 1 / 9), np.zeros((3, 3)), np.zeros((3, 3))])
    options = []
    for value in (1 / 27, 1 / 9):
        first = weight.copy()
        first[0] = value
        options += [(first, 0.0), (first, bias)]
    return (
        (
            "ninth",
            "Each weight is 1/9: that is the mean of nine numbers. A window through three channels holds more, and "
            "the answer is three times too bright.",
            [(full / 9, 0.0), (full / 9, bias)],
        ),
        ("sum", "You add all numbers of the window up; the mean is asked for.", [(full, 0.0), (full, bias)]),
        (
            "third",
            "Each weight is 1/3: that is the mean over the channels, and the sum over the nine places of the window.",
            [(full / 3, 0.0), (full / 3, bias)],
        ),
        ("bias-left", BIAS_LEFT, [(full / 27, bias)]),
        (
            "bias-too",
            "You set the bias as well as the weights to the same number. It is no weight: it is added, so set it to 0.",
            [(full / 27, 1 / 27)],
        ),
        ("first-channel", FIRST_CHANNEL, options),
        (
            "one-channel",
            "This is the mean over one channel; the others have weight 0. All three belong to the 27 numbers.",
            [(one_channel, 0.0), (one_channel, bias)],
        ),
    )


def edge_slips(weight: Array, bias: float) -> Sequence[tuple[str, str, Sequence[Weights]]]:
    """Wrong edges, from a layer that had this weight (3, 3, 3) and bias before."""
    right = np.broadcast_to(EDGE, (3, 3, 3))

    def with_any_bias(*kernels: Array) -> list[Weights]:
        return [(np.broadcast_to(kernel, (3, 3, 3)), b) for kernel in kernels for b in (0.0, bias)]

    first, middle = weight.copy(), weight.copy()
    first[0] = EDGE
    middle[..., 0], middle[..., 2] = 1, -1
    row, laplacian = np.zeros((3, 3)), np.full((3, 3), -1.0)
    row[1], laplacian[1, 1] = EDGE, 8
    return (
        (
            "rows-for-columns",
            "You subtract the bottom row from the top one. Left and right are columns, the last axis of the weights.",
            with_any_bias(EDGE[:, None]),
        ),
        (
            "sign-flipped",
            "You take right minus left. The window is not turned around: its first column is the left one, and gets "
            "the plus.",
            with_any_bias(-EDGE),
        ),
        (
            "sobel",
            "Your middle row counts twice, as in a Sobel kernel. Here all rows count alike.",
            with_any_bias(np.array([1.0, 2.0, 1.0])[:, None] * EDGE),
        ),
        (
            "averaged",
            "The difference is divided by something. Rows and channels are to be added up, not averaged.",
            with_any_bias(EDGE / 3, EDGE / 9, EDGE / 27),
        ),
        ("bias-left", BIAS_LEFT, [(right, bias)]),
        ("first-channel", FIRST_CHANNEL, [(first, 0.0), (first, bias)]),
        (
            "middle-column-left",
            "The middle column still has the weights that it had. It does not count here: set it to 0.",
            [(middle, 0.0), (middle, bias)],
        ),
        (
            "middle-row",
            "Only the middle row has weights. All three rows are added up.",
            with_any_bias(row),
        ),
        (
            "neighbours",
            "You subtract the middle column from the left one; it is the right one that is to be subtracted.",
            with_any_bias(np.array([1.0, -1.0, 0.0])),
        ),
        (
            "all-around",
            "You subtract all neighbours from the middle, as for edges of any direction. Here it is left minus right.",
            with_any_bias(laplacian, laplacian / 9),
        ),
    )


@lesson(
    "set-kernels",
    exercise="4",
    title="Blur and edge by hand",
    asks=("set_blur", "set_edge"),
    points={"blur": 1, "edge": 1},
)
def set_kernels(student: Student) -> Iterator[Case]:
    """`set_blur(conv)` and `set_edge(conv)` write into the weights of a layer, judged by what it answers afterwards."""
    for name, part, kernel, slips in (
        ("set_blur", "blur", np.full((3, 3, 3), 1 / 27), blur_slips),
        ("set_edge", "edge", np.broadcast_to(EDGE, (3, 3, 3)), edge_slips),
    ):
        for padding in (0, 1):
            draw = student.random
            weight = draw.normal(size=(3, 3, 3)).astype(np.float32)
            bias = float(draw.uniform(0.5, 1.0))
            x = draw.normal(size=(2, 3, 5, 6)).astype(np.float32)
            observed = student.observes(
                "setting_a_kernel",
                name,
                weight=weight[None],
                bias=np.array([bias], dtype=np.float32),
                padding=padding,
                x=x,
            )
            title = f"`{name}`, {'padded' if padding else 'no padding'}"
            answer = partial(_convolved, x, padding)
            before = weight, bias
            yield from _kernel_cases(student, observed, part, title, answer, (kernel, 0.0), before, slips(*before))


def _convolved(x: Array, padding: int, weights: Weights) -> Array:
    """What a convolution with these weights makes of images (N, 3, H, W)."""
    kernel = torch.tensor(np.array(weights[0]), dtype=torch.float64)[None]
    bias = torch.tensor([weights[1]], dtype=torch.float64)
    return np.asarray(F.conv2d(torch.tensor(x).double(), kernel, bias, padding=padding).numpy())


def _kernel_cases(
    student: Student,
    observed: Observation,
    part: str,
    title: str,
    answer: Callable[[Weights], Array],
    right: Weights,
    before: Weights,
    slips: Sequence[tuple[str, str, Sequence[Weights]]],
) -> Iterator[Case]:
    if observed.problem is not None:
        yield from unseen(observed, {title: part})
        return
    failed = observed.values.get("failed")
    if isinstance(failed, str):
        why = Finding(
            "wrong-shape-of-weights",
            "With these weights the layer cannot work any more. They have to keep their shape, (1, 3, 3, 3): one "
            f"filter, three channels, rows, columns. It stopped with {failed[:200].rstrip('.')}.",
        )
        yield Case(title, Outcome.FAILED, part, "an answer", "it stops", (why,))
        return
    listed = [(identity, text, [answer(weights) for weights in options]) for identity, text, options in slips]
    unchanged = (
        (RETURNS_NEW.id, RETURNS_NEW.text)
        if observed.values.get("returned") == "another layer"
        else ("unchanged", UNCHANGED)
    )
    listed.append((*unchanged, [answer(before)]))
    yield student.shows(
        observed,
        "y",
        answer(right),
        mistakes=mistakes_about(observed, "y", listed),
        part=part,
        title=f"{title}: what the layer answers",
    )
    yield state_case(
        observed,
        f"{title}: the layer's parameters",
        part,
        "still learning",
        (
            (not flag(observed, "parameter"), "no Parameter", NO_PARAMETER),
            (not flag(observed, "learning"), "frozen", FROZEN),
        ),
    )


NO_PARAMETER = Finding(
    "no-parameter",
    "`conv.weight` is no Parameter any more: neither an optimiser nor a state dict will find it. Write the numbers "
    "into the one that is there.",
)
FROZEN = Finding(
    "frozen",
    "The layer's weights do not want gradients any more (`requires_grad`): it will never learn. Leave that switch "
    "alone, and use `with torch.no_grad():`.",
)
