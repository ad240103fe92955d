"""What the two Fashion-MNIST notebooks share: judging a dataset class, and code by what it does to a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.checks.experiments import EXPERIMENTS, Observation
from autograder.checks.plain import NOT_ATTEMPTED, as_argument, quiet, raised
from autograder.checks.slips import constant
from autograder.checks.student import Mistake, Student
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]

SIDE, CLASSES = 28, 10
KEEPS_ARGUMENTS = Finding(
    "changes-input",
    "The items are right, but the images or labels that were handed in are not what they were. "
    "Make new tensors; whoever calls the class still needs the old ones.",
)


# --- datasets ---------------------------------------------------------------------------------------------------


def garments(random: np.random.Generator, brightest: int) -> tuple[Array, Array]:
    """Images (N, 28, 28) and labels (N,), both uint8: every image of another brightness, one of them just `brightest`.

    No two labels are alike.
    """
    n = int(random.integers(6, 10))
    tops = random.permutation(np.linspace(80, brightest, n).astype(int))
    images = np.stack([random.integers(0, top + 1, (SIDE, SIDE)) for top in tops])
    for image, top in zip(images, tops, strict=True):
        image[random.integers(SIDE), random.integers(SIDE)] = top
    labels = random.permutation(CLASSES)[:n]
    return images.astype(np.uint8), labels.astype(np.uint8)


def item_cases(
    student: Student,
    class_name: str,
    item_shape: tuple[int, ...],
    *,
    misshapen: Callable[[Array], Sequence[Mistake]],
) -> Iterator[Case]:
    """Cases for a dataset class of Fashion-MNIST whose images have `item_shape`, for the parts "length", "images" and
    "labels".

    `misshapen` gets the scaled images (N, 28, 28), and gives what only this class does wrong: what the items of a wrong
    shape or order would be, as the batch (N, …) of all of them.
    """
    for brightest, label_type, title in ((255, np.int64, "images"), (200, np.uint8, "darker images, labels of uint8")):
        images, labels = garments(student.random, brightest)
        observed = student.observes(
            "batches", class_name, images=images, labels=labels.astype(label_type), batch_size=4
        )
        yield from _items(student, observed, images, labels, item_shape, misshapen(images / 255), title)


def _items(
    student: Student,
    observed: Observation,
    images: Array,
    labels: Array,
    item_shape: tuple[int, ...],
    misshapen: Sequence[Mistake],
    title: str,
) -> Iterator[Case]:
    n = len(images)
    x, y = (images / 255).reshape(n, *item_shape), labels.astype(np.float64)
    swapped = Mistake("pair-swapped", "Image and label are swapped: an item is `(x, y)`, the image first.", constant(y))
    yield student.shows(
        observed,
        "length",
        n,
        mistakes=_length_mistakes(item_shape),
        part="length",
        title=f"{n} {title}: `len`",
    )
    case = student.shows(
        observed,
        "x",
        x,
        mistakes=[swapped, *_image_mistakes(images.astype(np.float64), item_shape), *misshapen],
        part="images",
        title=f"{n} {title}: the images of all items",
    )
    yield case
    if case.outcome is Outcome.PASSED:  # of numbers that are wrong, the type says nothing new
        yield student.shows(
            observed, "x_dtype", "float32", mistakes=IMAGE_TYPES, part="images", title=f"{n} {title}: type of an image"
        )
        if not np.all(observed.values.get("kept", 1)):
            yield Case("what was handed in", Outcome.FAILED, "images", "unchanged", "changed", (KEEPS_ARGUMENTS,))
    case = student.shows(
        observed,
        "y",
        y,
        mistakes=[
            Mistake(swapped.id, swapped.text, constant(x)),
            *_label_mistakes(labels),
        ],
        part="labels",
        title=f"{n} {title}: the labels of all items",
    )
    yield case
    if case.outcome is Outcome.PASSED:
        yield student.shows(
            observed, "y_dtype", "int64", mistakes=LABEL_TYPES, part="labels", title=f"{n} {title}: type of a label"
        )


ALWAYS_FIRST = "Every item is item 0. `__getitem__` gets the number i: use it."
ONE_TOO_FAR = "Item i is what item i − 1 should be: the first item is number 0."
IMAGE_TYPES = (
    Mistake(
        "float64",
        "The numbers are right, but float64: the weights of a network are float32, and the two do not mix. "
        "Use `.float()`.",
        constant("float64"),
    ),
)
LABEL_TYPES = (
    Mistake(
        "labels-float",
        "Your labels are decimal numbers (float32). A class is a whole number, and the loss wants int64: `.long()`.",
        constant("float32"),
    ),
    Mistake(
        "labels-uint8",
        "Labels that come as uint8 stay so. The loss wants int64, whatever came: `.long()`.",
        constant("uint8"),
    ),
)


def _length_mistakes(item_shape: tuple[int, ...]) -> list[Mistake]:
    return [
        Mistake(
            "length-fixed",
            "60,000 is the size of one data set. Another may be smaller: count what was handed in.",
            constant(60_000),
        ),
        Mistake(
            "length-of-item",
            f"{item_shape[0]} is the size of one item; `len` is how many items there are.",
            constant(item_shape[0]),
        ),
    ]


def _image_mistakes(images: Array, item_shape: tuple[int, ...]) -> list[Mistake]:
    """What goes wrong on the way from pixels, images (N, 28, 28) from 0 to 255, to items."""

    def items(values: Array) -> Callable[..., Array]:
        return constant(values.reshape(len(images), *item_shape))

    each = images.max(axis=(1, 2), keepdims=True)
    return [
        Mistake(
            "not-scaled",
            "Your pixels still go from 0 to 255. A network learns badly from numbers that large: divide by 255.",
            items(images),
        ),
        Mistake(
            "whole-division",
            "You divided with `//`: everything below 255 became 0. Use `/`.",
            items(images // 255),
        ),
        Mistake("scaled-twice", "You divided by 255 twice.", items(images / 255 / 255)),
        Mistake(
            "divided-by-256",
            "You divided by 256. The brightest pixel is 255, and should become 1.",
            items(images / 256),
        ),
        Mistake(
            "divided-by-maximum",
            "You divided by the brightest pixel of these images. With darker ones that gives another scale: "
            "divide by 255, always.",
            items(images / images.max()),
        ),
        Mistake(
            "divided-by-own-maximum",
            "You divided each image by its own brightest pixel: dark and bright garments then look alike. "
            "Divide by 255.",
            items(images / each),
        ),
        Mistake(
            "from-minus-1",
            "Your pixels go from −1 to 1; here they go from 0 to 1.",
            items(images / 127.5 - 1),
        ),
        Mistake("inverted", "Black and white are swapped: 255 should become 1, and 0 stay 0.", items(1 - images / 255)),
        Mistake(
            "always-first",
            ALWAYS_FIRST,
            items(np.broadcast_to(images[:1] / 255, images.shape)),
        ),
        Mistake(
            "one-too-far",
            ONE_TOO_FAR,
            items(np.roll(images, 1, axis=0) / 255),
        ),
    ]


def _label_mistakes(labels: Array) -> list[Mistake]:
    n = len(labels)
    return [
        Mistake(
            "one-hot",
            "Your labels are vectors with a single 1. The label is the number of the class itself.",
            constant(np.eye(CLASSES)[labels]),
        ),
        Mistake(
            "labels-from-1",
            "Your labels are one too large: the classes are numbered 0 to 9.",
            constant(labels + 1.0),
        ),
        Mistake(
            "labels-scaled",
            "You divided the labels by 255, too. A label is a class number, not a brightness.",
            constant(labels / 255),
        ),
        Mistake(
            "index-for-label",
            "Your label is the item's own number i; it should be `labels[i]`.",
            constant(np.arange(n)),
        ),
        Mistake("always-first", ALWAYS_FIRST, constant(np.repeat(labels[:1], n))),
        Mistake("one-too-far", ONE_TOO_FAR, constant(np.roll(labels, 1))),
    ]


# --- code that trains or measures a network ---------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """A misconception about code: what to tell the student, and a function that has it."""

    id: str
    text: str
    function: Callable[..., object]


def foretold(experiment: str, function: Callable[..., object], arguments: Mapping[str, object]) -> Observation:
    """What the experiment brings back for a function of ours, right or knowingly wrong, in place of the student's."""
    given = {key: as_argument(value) for key, value in arguments.items()}
    try:
        with quiet(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.default_generator.manual_seed(0)
            measured = EXPERIMENTS[experiment](function, **given)
    except Exception as error:  # this misconception comes to no end here
        return Observation(problem=raised(error))
    return Observation({key: value if isinstance(value, str) else _numbers(value) for key, value in measured.items()})


def _numbers(value: Any) -> Array:
    return np.asarray(value.detach() if isinstance(value, torch.Tensor) else value, dtype=np.float64)


def foreseen(slips: Sequence[Slip], experiment: str, arguments: Mapping[str, object]) -> dict[Slip, Observation]:
    """What each slip leads to in the experiment."""
    return {slip: foretold(experiment, slip.function, arguments) for slip in slips}


def leading_to(ends: Mapping[Slip, Observation], key: str) -> list[Mistake]:
    """The slips as mistakes: each answers with what it led to under `key`."""
    return [Mistake(slip.id, slip.text, partial(value_of, end, key)) for slip, end in ends.items()]


def value_of(observation: Observation, key: str) -> Array:
    """The numbers under a key. Raises ValueError where the experiment did not come to any."""
    value = None if observation.problem else observation.values.get(key)
    if not isinstance(value, np.ndarray):
        raise ValueError(f"nothing was measured under {key!r}")
    return value


def returned(
    student: Student,
    observed: Observation,
    key: str,
    expected: float,
    *,
    name: str,
    mistakes: Sequence[Mistake],
    part: str,
    title: str,
) -> Case:
    """A case: what `name` returned, brought back under `key`, is `expected`. No such key tells that it was nothing."""
    if observed.problem is None and key not in observed.values and key not in observed.problems:
        nothing = Finding("returned-nothing", f"`{name}` returned nothing (`None`). Is the `return` missing?")
        return Case(title, Outcome.FAILED, part, np.asarray(expected), None, (nothing,))
    return student.shows(observed, key, expected, mistakes=mistakes, part=part, title=title)


def state_case(
    observed: Observation, title: str, part: str, expected: str, faults: Sequence[tuple[bool, str, Finding]]
) -> Case:
    """A case about the state in which code left or asked a network: it passes where no fault holds.

    A fault is whether it holds, what came in place of what was expected, and why that is wrong.
    """
    problem = observed.problem
    if problem is not None:
        outcome = Outcome.NOT_ATTEMPTED if problem == NOT_ATTEMPTED else Outcome.FAILED
        return Case(title, outcome, part, expected, None, (problem,))
    found = [(got, finding) for holds, got, finding in faults if holds]
    if found:
        return Case(title, Outcome.FAILED, part, expected, found[0][0], tuple(finding for _, finding in found))
    return Case(title, Outcome.PASSED, part, expected, expected)


def flag(observed: Observation, key: str) -> bool:
    """Whether the experiment found this to be so; False where it found nothing."""
    value = observed.values.get(key)
    return isinstance(value, np.ndarray) and value.size == 1 and bool(value)
