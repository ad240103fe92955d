"""Checks of notebook 05 on its network: as a module of nine layers, and with functions in place of five of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from autograder.checks.birds import explained
from autograder.checks.experiments import Observation
from autograder.checks.experiments.state_dicts import NET, net_weights
from autograder.checks.experiments.steps import flat
from autograder.checks.fashion import state_case, value_of
from autograder.checks.layers import DROPOUTS, NORMALISATIONS, Network, network_of, square, unseen
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.registry import register
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
Activation = Callable[[Tensor], Tensor]
lesson = partial(register, notebook="05_birds_vs_airplanes")

WEIGHTS = "weights and biases"
SIDE, FLAT, HIDDEN, SCORES = 32, 512, 32, 2
PARAMETERS = 18_090
NO_SUPER = Finding(
    "no-super",
    "`super().__init__()` has to come first in `__init__`: before it, a module cannot take any layers.",
)
NOT_A_MODULE = Finding(
    "not-a-module", "Calling your class makes no network: it has to be an `nn.Module`, `class …(nn.Module):`."
)
RETURNED_NOTHING = Finding("returned-nothing", "`forward` returns nothing (`None`). Is the `return` missing?")
NO_FORWARD = Finding("no-forward", "The network has no `forward` yet; mind the spelling and the indentation.")
TANH = "The notebook's network has a tanh after each convolution and after the first linear layer."


# --- what the network answers -----------------------------------------------------------------------------------


def as_it_came(x: Tensor) -> Tensor:
    return x


def halved(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 2)


def in_rows(x: Tensor) -> Tensor:
    return x.flatten(1)


def answers(
    x: Tensor,
    weights: Mapping[str, Tensor],
    *,
    between: Sequence[Activation] = (torch.tanh, torch.tanh, torch.tanh),
    pool: Activation = halved,
    stride: int = 1,
    flatten: Activation = in_rows,
    end: Activation = as_it_came,
) -> Array:
    """The scores (N, 2) of the network with these weights (named as in `NET`) for images (N, 3, 32, 32)."""

    def layer(name: str) -> tuple[Tensor, Tensor]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    x = pool(between[0](F.conv2d(x, *layer("conv1"), padding=1, stride=stride)))
    x = pool(between[1](F.conv2d(x, *layer("conv2"), padding=1, stride=stride)))
    x = between[2](F.linear(flatten(x), *layer("fc1")))
    return np.asarray(end(F.linear(x, *layer("fc2"))).numpy())


SLIPS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "relu": (f"You have ReLU where tanh is asked for. {TANH}", {"between": (F.relu,) * 3}),
    "sigmoid": (f"You have a sigmoid where tanh is asked for. {TANH}", {"between": (torch.sigmoid,) * 3}),
    "no-tanh": (
        "There is no tanh at all. Without anything bent between them, layers in a row can do no more than one.",
        {"between": (as_it_came,) * 3},
    ),
    "no-first-tanh": (
        "The tanh after the first convolution is missing.",
        {"between": (as_it_came, torch.tanh, torch.tanh)},
    ),
    "no-second-tanh": (
        "The tanh after the second convolution is missing.",
        {"between": (torch.tanh, as_it_came, torch.tanh)},
    ),
    "no-third-tanh": (
        "The tanh between the two linear layers is missing: the two then do no more than one.",
        {"between": (torch.tanh, torch.tanh, as_it_came)},
    ),
    "tanh-at-end": (
        "There is a tanh after the last layer, too: no score could be larger than 1. Scores come as they are.",
        {"end": torch.tanh},
    ),
    "softmax": (
        "There is a softmax at the end. The network gives scores: `CrossEntropyLoss` has the softmax inside.",
        {"end": partial(torch.softmax, dim=1)},
    ),
    "log-softmax": (
        "There is a logarithm of a softmax at the end. The network gives scores: `CrossEntropyLoss` does the rest.",
        {"end": partial(torch.log_softmax, dim=1)},
    ),
    "average-pooling": (
        "You pool by average; max-pooling is asked for.",
        {"pool": partial(F.avg_pool2d, kernel_size=2)},
    ),
    "stride-for-pooling": (
        "Your convolutions move by two, and nothing is pooled. Here they move by one, and max-pooling halves the maps.",
        {"pool": as_it_came, "stride": 2},
    ),
    "channels-last": (
        "You flatten in another order: channels are moved to the end first. Flatten (N, 8, 8, 8) as it comes.",
        {"flatten": lambda x: x.permute(0, 2, 3, 1).flatten(1)},
    ),
}
FUNCTIONAL = (  # the slips that the functional version invites
    *("relu", "no-tanh", "no-first-tanh", "no-second-tanh", "no-third-tanh"),
    *("tanh-at-end", "softmax", "average-pooling", "channels-last"),
)


def _score_mistakes(x: Tensor, weights: Mapping[str, Tensor], among: Sequence[str]) -> list[Mistake]:
    return [
        Mistake(identity, SLIPS[identity][0], partial(answers, x, weights, **SLIPS[identity][1])) for identity in among
    ]


# --- why a network stops, or has other weights ------------------------------------------------------------------

STOPS_AT = re.compile(r"\((\d+)x(\d+) and (\d+)x(\d+)\)")  # torch's words on two matrices that do not fit
HANDED_ON = {  # numbers for one image that come to the first linear layer, and why
    8 * 6 * 6: (
        "no-padding",
        "Without padding each convolution takes a border away, and 8 maps of 6×6 are left: `padding=1`.",
    ),
    8 * 16 * 16: ("pool-missing", "8 maps of 16×16: one of the two poolings is missing."),
    8 * 32 * 32: ("pool-missing", "8 maps of 32×32: both poolings are missing."),
    8 * 30 * 30: (
        "pool-stride",
        "Your pooling windows move by one. By two (`nn.MaxPool2d(2)` and `F.max_pool2d(x, 2)` do so), the maps halve.",
    ),
    8 * 4 * 4: ("pool-size", "8 maps of 4×4: something halves them a third time."),
    8 * 2 * 2: ("pool-size", "8 maps of 2×2: your pooling windows are 4×4, and should be 2×2."),
}


def _on_the_way(failed: str, first: tuple[int, ...], images: int) -> Iterator[Finding]:
    """What the numbers tell that come to the first linear layer, whose weights have shape `first`.

    How many come is known if the network stops there; otherwise they are as many as the layer takes.
    """
    rows, handed = 0, first[1]
    stops = STOPS_AT.search(failed)
    if stops and (int(stops[4]), int(stops[3])) == first:
        rows, handed = int(stops[1]), int(stops[2])
    if handed in HANDED_ON and rows in (0, images):
        yield Finding(*HANDED_ON[handed])
    elif rows == images * 8 * 8:
        yield Finding(
            "no-flatten",
            "The maps come to the first linear layer as they are. It wants one row for each image: "
            "`x.flatten(1)`, or `x.view(-1, 8 * 8 * 8)`.",
        )
    elif (rows == 1 < images) or ("input (" in failed and "vec (" in failed):
        yield Finding(
            "batch-flattened",
            "One row is made of the whole batch. The images stay apart if you flatten from axis 1 on: `x.flatten(1)`.",
        )
    elif rows and rows != images:
        yield Finding(
            "wrong-view",
            f"You spread {images} images over {rows} rows of {handed} numbers. Each image is one row, of all of its "
            "8·8·8 numbers.",
        )
    elif "is invalid for input of size" in failed:
        yield Finding(
            "wrong-view",
            "The numbers of a batch cannot be laid out in the rows that your `view` asks for. Each image is one row, "
            "of all of its 8·8·8 numbers.",
        )


def _stopped(failed: str) -> Finding:
    if 'missing the required "forward"' in failed or failed.startswith("NotImplementedError"):
        return NO_FORWARD
    return Finding("stops", f"On images of 32×32 your network stops with {failed[:200].rstrip('.')}.")


def _net_slips(network: Network, images: int) -> Iterator[Finding]:
    """What differs from the network of the exercise, the likeliest cause first."""
    kinds = set(network.kinds)
    shapes = [shape for shape in network.shapes if shape is not None]
    if not shapes:
        yield Finding("no-layers", "Nothing in it learns: two convolutions and two linear layers are asked for.")
        return
    if kinds & NORMALISATIONS:
        yield Finding("batch-norm", "There is batch normalisation in it. It may help, but here it is not asked for.")
    yield from _convolution_slips(network, [shape for shape in shapes if len(shape) == 4])
    linear = [shape for shape in shapes if len(shape) == 2]
    yield from _on_the_way(network.failed, linear[0] if linear else (HIDDEN, FLAT), images)
    yield from _linear_slips(linear)
    if len([shape for shape in shapes if len(shape) == 1]) < 4:
        yield Finding("no-bias", "A layer has no bias. Leave out `bias=False`.")


def _convolution_slips(network: Network, shapes: Sequence[tuple[int, ...]]) -> Iterator[Finding]:
    if len(shapes) != 2:
        yield Finding("convolutions", f"There should be two convolutions; yours has {len(shapes)}.")
        return
    (first, coming), (second, taking) = ((shape[0], shape[1]) for shape in shapes)
    if coming == 1:
        yield Finding("grey", "Your first convolution takes one channel. These images have three colours.")
    elif coming != 3:
        yield Finding("channels-in", f"Your first convolution takes {coming} channels; the images have three.")
    if (first, second) == (8, 16):
        yield Finding("filters-swapped", "16 and 8 are swapped: first 16 filters, then 8.")
    elif taking != first:
        yield Finding(
            "channels-do-not-fit",
            f"The first convolution makes {first} channels, and the second takes {taking}. As many as come out have to "
            "go in.",
        )
    elif (first, second) != (16, 8):
        yield Finding("filters", f"Your convolutions have {first} and {second} filters; 16 and 8 are asked for.")
    if any(shape[2:] != (3, 3) for shape in shapes):
        yield Finding("kernel-size", "The kernels of both convolutions are 3×3; one of yours is not.")
    elif any(square(layer.get("padding")) in ((0, 0), ("valid", "valid")) for layer in network.of_kind({"Conv2d"})):
        yield Finding(*HANDED_ON[8 * 6 * 6])


def _linear_slips(shapes: Sequence[tuple[int, ...]]) -> Iterator[Finding]:
    if len(shapes) != 2:
        yield Finding("linear-layers", f"There should be two linear layers; yours has {len(shapes)}.")
        return
    (hidden, inputs), (scores, passed_on) = shapes
    if scores == 1:
        yield Finding(
            "one-score",
            "Your last layer gives one score. With `CrossEntropyLoss` each class has its own: airplane and bird, two.",
        )
    elif scores == 10:
        yield Finding("ten-scores", "Ten scores are for all of CIFAR-10. Here there are two classes.")
    elif scores != SCORES:
        yield Finding("scores", f"Your last layer gives {scores} scores; there are two classes.")
    if passed_on != hidden:
        yield Finding(
            "linear-do-not-fit",
            f"The first linear layer gives {hidden} numbers, and the last takes {passed_on}. They have to agree.",
        )
    elif hidden != HIDDEN:
        yield Finding("hidden-size", f"Your first linear layer has {hidden} outputs; {HIDDEN} are asked for.")
    if inputs != FLAT:
        yield Finding(
            "flatten-size",
            f"The first linear layer takes {inputs} numbers. What is flattened are 8 maps of 8×8 for each image.",
        )


# --- the module -------------------------------------------------------------------------------------------------


def _built(observed: Observation) -> Observation:
    """What a class led to; with our words where it is no network, or does not call `super`."""
    observed = explained(observed, "AttributeError", "Module.__init__()", NO_SUPER)
    problem = observed.problem
    return replace(observed, problem=NOT_A_MODULE) if problem and problem.id == "not-a-network" else observed


@lesson("net", exercise="5", title="Net", asks=("Net",), points={"weights": 1, "shape": 1, "scores": 2})
def net(student: Student) -> Iterator[Case]:
    """Images (N, 3, 32, 32) in, two scores (N, 2) out; it is tried with weights of our own."""
    for images in (3, 1):
        x = student.random.normal(size=(images, 3, SIDE, SIDE)).astype(np.float32)
        seed = int(student.random.integers(2**31))
        observed = _built(student.observes("network", "Net", arguments=(), x=x, seed=seed))
        several = "3 images" if images == 3 else "1 image"
        if observed.problem is not None:
            yield from unseen(observed, {WEIGHTS: "weights", f"{several}: shape": "shape", several: "scores"})
            continue
        network = network_of(observed, seed)
        why = tuple(_net_slips(network, images))
        if images == 3:
            yield _weights_case(network, why)
            dropped = any(float(layer.get("p", 0)) > 0 for layer in network.of_kind(DROPOUTS))
            yield state_case(observed, "layers besides", "scores", "none", ((dropped, "dropout", DROPOUT),))
        yield _shape_case(observed, network, images, why, f"{several}: shape")
        yield _scores_case(student, observed, network, torch.tensor(x), why, f"{several}: scores")


DROPOUT = Finding("dropout", "There is dropout in it. It may help, but here it is not asked for.")
OTHER_WEIGHTS = Finding("other-weights", "These are not the weights of the four layers. Compare them one by one.")


def _weights_case(network: Network, why: tuple[Finding, ...]) -> Case:
    shapes = [shape for shape in network.shapes if shape is not None]
    same = len(shapes) == len(network.shapes) and sorted(shapes) == sorted(NET.values())
    got = sum(int(np.prod(shape)) for shape in shapes)
    return Case(
        WEIGHTS,
        Outcome.PASSED if same else Outcome.FAILED,
        "weights",
        f"{PARAMETERS:,}: {_listed(list(NET.values()))}",
        f"{got:,}: {_listed(shapes)}",
        () if same else (*why, OTHER_WEIGHTS),
    )


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join("×".join(map(str, shape)) for shape in shapes) or "none"


def _shape_case(observed: Observation, network: Network, images: int, why: tuple[Finding, ...], title: str) -> Case:
    expected = f"({images}, {SCORES})"
    if network.failed:
        return Case(title, Outcome.FAILED, "shape", expected, "it stops", (*why, _stopped(network.failed)))
    y = observed.values.get("y")
    if not isinstance(y, np.ndarray):
        return Case(title, Outcome.FAILED, "shape", expected, "nothing", (_no_scores(observed),))
    if y.shape != (images, SCORES):
        return Case(title, Outcome.FAILED, "shape", expected, str(y.shape), (*why, _other_shape(y, images)))
    if not network.known:
        return Case(title, Outcome.FAILED, "shape", expected, "from other weights", (*why, OTHER_WEIGHTS))
    return Case(title, Outcome.PASSED, "shape", expected, expected)


def _no_scores(observed: Observation) -> Finding:
    problem = observed.problems.get("y")
    return RETURNED_NOTHING if problem is None or problem == NOT_ATTEMPTED else problem


def _other_shape(y: Array, images: int) -> Finding:
    if y.shape == (images,):
        return Finding(
            "class-for-scores",
            "One number for each image comes back. Do you choose the class in `forward`? The loss needs both scores.",
        )
    if y.shape == (SCORES,):
        return Finding("squeezed", "A batch of one image is still a batch: its scores have shape (1, 2).")
    return Finding("other-shape", f"Your scores have shape {y.shape}; a row of two for each image is asked for.")


def _scores_case(
    student: Student, observed: Observation, network: Network, x: Tensor, why: tuple[Finding, ...], title: str
) -> Case:
    """Whether the network answers as its own weights tell."""
    if network.failed:
        return Case(title, Outcome.FAILED, "scores", "two for each image", "it stops", (*why, _stopped(network.failed)))
    y = observed.values.get("y")
    if not isinstance(y, np.ndarray):
        return Case(title, Outcome.FAILED, "scores", "two for each image", "nothing", (_no_scores(observed),))
    found = {array.shape: torch.tensor(array).float() for array in network.weights if array is not None}
    if len(network.weights) != len(NET) or set(found) != set(NET.values()):
        findings = (*why, OTHER_WEIGHTS)
        return Case(title, Outcome.FAILED, "scores", "from the layers asked for", "from other layers", findings)
    if y.shape != (len(x), SCORES):
        findings = (*why, _other_shape(y, len(x)))
        return Case(title, Outcome.FAILED, "scores", "two for each image", f"shape {y.shape}", findings)
    weights = {name: found[shape] for name, shape in NET.items()}
    mistakes = _score_mistakes(x, weights, tuple(SLIPS))
    return student.shows(observed, "y", answers(x, weights), mistakes=mistakes, part="scores", title=title)


# --- the functional version -------------------------------------------------------------------------------------

LAYERS = {"conv1": "Conv2d", "conv2": "Conv2d", "fc1": "Linear", "fc2": "Linear"}
MODULES_KEPT = Finding(
    "modules-kept",
    "There are modules besides the four layers. What has no parameters is called as a function here: `torch.tanh(x)`, "
    "`F.max_pool2d(x, 2)`, `x.flatten(1)`.",
)
OTHER_NAMES = Finding(
    "other-names",
    "Your layers have other names. Weights are handed over by name: it has to be conv1, conv2, fc1 and fc2, as in Net.",
)
LAYERS_MISSING = Finding("layers-missing", "Four layers have parameters: two convolutions, two linear. One is missing.")


@lesson(
    "functional-net",
    exercise="6",
    title="The functional version",
    asks=("FunctionalNet",),
    points={"layers": 1, "scores": 1},
)
def functional_net(student: Student) -> Iterator[Case]:
    """Four layers as attributes, functions for the rest; given the weights of Net, it answers as Net does."""
    for images in (3, 2):
        seed = int(student.random.integers(2**31))
        x = student.random.normal(size=(images, 3, SIDE, SIDE)).astype(np.float32)
        observed = _built(student.observes("taking_over", "FunctionalNet", seed=seed, x=x))
        if observed.problem is not None:
            yield from unseen(observed, {"layers": "layers", f"scores for {images} images": "scores"})
            continue
        why = tuple(_functional_slips(observed, images))
        if images == 3:
            yield _layers_case(observed, why)
            yield _fit_case(observed, seed, why)
        yield _agreement_case(student, observed, torch.tensor(x), net_weights(seed), why)


def _modules(observed: Observation) -> dict[str, str]:
    """The modules of a network: name → kind."""
    entries = (entry.split(":") for entry in str(observed.values["modules"]).split())
    return {entry[0]: entry[-1] for entry in entries}


def _functional_slips(observed: Observation, images: int) -> Iterator[Finding]:
    modules = _modules(observed)
    kinds = list(modules.values())
    lacking = [name for name in LAYERS if name not in modules]
    if lacking and all(kinds.count(kind) >= 2 for kind in ("Conv2d", "Linear")):
        yield OTHER_NAMES
    elif lacking:
        yield LAYERS_MISSING
    elif len(modules) > len(LAYERS):
        yield MODULES_KEPT
    misfits = dict(entry.split("=") for entry in str(observed.values["misfits"]).split())
    first = tuple(int(n) for n in misfits.get("fc1.weight", f"{HIDDEN}x{FLAT}").split("x"))
    if len(first) == 2:
        yield from _on_the_way(str(observed.values.get("failed", "")), first, images)
    if str(observed.values["missing"]) and not lacking:
        yield Finding("no-bias", "A layer has no bias, and cannot take over the one of Net: leave out `bias=False`.")
    if misfits:
        yield Finding(
            "other-sizes",
            f"A layer has another size than in Net, and cannot take over its weights: {', '.join(misfits)}.",
        )


def _layers_case(observed: Observation, why: tuple[Finding, ...]) -> Case:
    modules = _modules(observed)
    fine = modules == LAYERS
    findings = () if fine else (*why, MODULES_KEPT)
    got = " ".join(f"{name}:{kind}" for name, kind in modules.items()) or "none"
    wanted = " ".join(f"{name}:{kind}" for name, kind in LAYERS.items())
    return Case("layers", Outcome.PASSED if fine else Outcome.FAILED, "layers", wanted, got, findings)


def _fit_case(observed: Observation, seed: int, why: tuple[Finding, ...]) -> Case:
    """Whether the weights of Net found their places, which shows that there are such layers."""
    missing, unexpected, misfits = (str(observed.values[key]) for key in ("missing", "unexpected", "misfits"))
    faults = [
        text
        for names, text in (
            (missing, f"missing: {missing}"),
            (unexpected, f"only here: {unexpected}"),
            (misfits, f"of another size: {misfits}"),
        )
        if names
    ]
    if not faults and not agree(value_of(observed, "held"), flat(list(net_weights(seed).values())).double().numpy()):
        faults = ["other numbers"]
    findings = (*why, OTHER_WEIGHTS) if faults else ()
    outcome = Outcome.FAILED if faults else Outcome.PASSED
    return Case("its state dict", outcome, "layers", "fits Net's", "; ".join(faults) or "fits Net's", findings)


def _agreement_case(
    student: Student, observed: Observation, x: Tensor, weights: Mapping[str, Tensor], why: tuple[Finding, ...]
) -> Case:
    title = f"scores for {len(x)} images, with Net's weights"
    expected = answers(x, weights)
    failed = str(observed.values.get("failed", ""))
    if failed:
        return Case(title, Outcome.FAILED, "scores", expected, "it stops", (*why, _stopped(failed)))
    if str(observed.values["missing"]) or str(observed.values["misfits"]):
        return Case(title, Outcome.FAILED, "scores", expected, "from weights of its own", (*why, OTHER_WEIGHTS))
    y = observed.values.get("y")
    if not isinstance(y, np.ndarray):
        return Case(title, Outcome.FAILED, "scores", expected, "nothing", (_no_scores(observed),))
    if y.shape != expected.shape:
        return Case(title, Outcome.FAILED, "scores", expected, y, (*why, _other_shape(y, len(x))))
    mistakes = _score_mistakes(x, weights, FUNCTIONAL)
    return student.shows(observed, "y", expected, mistakes=mistakes, part="scores", title=title)
