"""Checks of notebook 06 on networks: LeNet-5 built, a network within a budget, and a summary of one's own."""

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

from autograder.checks.experiments import Observation
from autograder.checks.experiments.summaries import KNOWN, Row, known, modules_in_order
from autograder.checks.layers import (
    ACTIVATIONS,
    CONVOLUTIONS,
    DROPOUTS,
    NO_BIAS,
    NORMALISATIONS,
    Network,
    end_mistakes,
    network_of,
    square,
    stopped,
    unseen,
    window_slips,
)
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.registry import register
from autograder.checks.student import Mistake, Student
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="06_lenet5_parameters")

IMAGE = (3, 32, 32)


def _judged(title: str, why: Sequence[Finding], part: str = "", expected: object = None, got: object = None) -> Case:
    """A case that passes if there is nothing to say against it."""
    return Case(title, Outcome.FAILED if why else Outcome.PASSED, part, expected, got, tuple(why))


# --- LeNet5 -----------------------------------------------------------------------------------------------------

LAYERS, SCORES, CLASSES = "layers", "scores", "classes"
FIXED: Mapping[str, tuple[int, ...]] = {  # weights whose shape does not hang on the number of classes
    "the first convolution": (8, 3, 5, 5),
    "the second convolution": (16, 8, 5, 5),
    "the first linear layer": (120, 400),
    "the second linear layer": (84, 120),
}
HIDDEN_SHAPES: Mapping[tuple[int, ...], str] = {(120, 400): "(120, …)"}  # what the student has to find out is not shown
FLATTENED = {  # numbers for one image: how one comes to count them instead of 16·5·5
    16 * 8 * 8: "16·8·8 is with padded convolutions. Here none is padded.",
    16 * 6 * 6: "16·6·6 is for 3×3 windows. Here they are 5×5.",
    16 * 10 * 10: "16·10·10 is before the second pooling.",
    16 * 24 * 24: "16·24·24 is without any pooling.",
    8 * 5 * 5: "8·5·5 is with 8 maps; the second convolution makes 16.",
    5 * 5: "5·5 are the places of a single map. Flatten hands all maps over.",
    16: "16 are the maps. Flatten hands over all of their places.",
    16 * 5: "16·5 is one row of each map.",
}
NO_SUPER = Finding(
    "no-super", "`super().__init__()` is missing, or comes too late: it is the first line of your `__init__`."
)
NO_FORWARD = Finding("no-forward", "There is no method `forward(self, x)`, or its name is spelt in another way.")
NO_RETURN = Finding("no-return", "Your `forward` returns nothing (`None`). Is the `return` missing?")
SHARED = Finding(
    "shared-weights",
    "Two networks of your class have the same weights: the layers were made outside of `__init__`. Make them inside.",
)
IMAGES_LOST = Finding(
    "images-lost",
    "All images become one long row. Each needs a row of its own: the first axis is N, and flatten begins after it.",
)
AXIS_LOST = Finding(
    "axis-lost",
    "The scores of one image lose their first axis: (1, …) is asked for, since one image is a batch, too.",
)
NO_FLATTEN = Finding(
    "no-flatten", "The first linear layer gets maps. It wants one row of numbers for each image: flatten them first."
)
CLASSES_IGNORED = Finding(
    "classes-ignored", "`n_classes` is not used: the last layer has ten outputs whatever one asks for."
)
OTHER_SHAPE = Finding("other-weights", "Weights of this shape are missing. Compare the layer with the table.")
MORE_WEIGHTS = Finding("more-weights", "There are weights besides those of the five layers that learn.")
UNLIKE = Finding("unlike", "With other layers than those asked for, the scores cannot be compared.")


def _scores(
    x: Tensor,
    weights: Mapping[tuple[int, ...], Tensor],
    *,
    relus: tuple[bool, bool, bool, bool] = (True, True, True, True),
    activation: Callable[[Tensor], Tensor] = F.relu,
    pool: Callable[..., Tensor] = F.max_pool2d,
    end: Callable[[Tensor], Tensor] = lambda scores: scores,
) -> Array:
    """What LeNet-5 with these weights (found by their shape) answers to images (N, 3, 32, 32)."""

    def cut(x: Tensor, number: int) -> Tensor:
        return activation(x) if relus[number] else x

    def layer(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        return weights[shape], weights[shape[:1]]

    first, second, third, fourth = FIXED.values()
    x = pool(cut(F.conv2d(x, *layer(first)), 0), 2)
    x = pool(cut(F.conv2d(x, *layer(second)), 1), 2)
    x = cut(F.linear(x.flatten(1), *layer(third)), 2)
    x = cut(F.linear(x, *layer(fourth)), 3)
    return np.asarray(end(F.linear(x, *layer((10, 84)))).numpy())


def _score_mistakes(x: Tensor, weights: Mapping[tuple[int, ...], Tensor]) -> list[Mistake]:
    """What networks with the right weights get wrong."""

    def leads_to(**options: Any) -> Callable[[], Array]:
        return lambda: _scores(x, weights, **options)

    missing = "A ReLU is missing:"
    return [
        *end_mistakes(leads_to),
        Mistake(
            "no-relu",
            "There is no ReLU at all. Without one, layers in a row can do no more than a single one.",
            leads_to(relus=(False,) * 4),
        ),
        Mistake(
            "no-conv-relu",
            "The convolutions have no ReLU: one is missing after each of the two.",
            leads_to(relus=(False, False, True, True)),
        ),
        Mistake(
            "no-linear-relu",
            "The linear layers have no ReLU between them: three in a row then do no more than one.",
            leads_to(relus=(True, True, False, False)),
        ),
        Mistake("no-relu-1", f"{missing} the one after the first convolution.", leads_to(relus=(False, *[True] * 3))),
        Mistake(
            "no-relu-2",
            f"{missing} the one after the second convolution.",
            leads_to(relus=(True, False, True, True)),
        ),
        Mistake(
            "no-relu-3",
            f"{missing} the one after the linear layer with 120 units.",
            leads_to(relus=(True, True, False, True)),
        ),
        Mistake(
            "no-relu-4",
            f"{missing} the one after the linear layer with 84 units.",
            leads_to(relus=(True, True, True, False)),
        ),
        Mistake("average-pooling", "You pool by average; max-pooling is asked for.", leads_to(pool=F.avg_pool2d)),
        Mistake(
            "tanh",
            "That is with tanh, close to what the paper had. Here it is ReLU.",
            leads_to(activation=torch.tanh),
        ),
        Mistake("sigmoid", "That is with a sigmoid. Here it is ReLU.", leads_to(activation=torch.sigmoid)),
    ]


@lesson("lenet5", exercise="5", title="LeNet5", asks=("LeNet5",), points={LAYERS: 1, SCORES: 1, CLASSES: 1})
def lenet5(student: Student) -> Iterator[Case]:
    """The network of the table as a module: its layers, what it answers with weights of our own, and `n_classes`."""
    x = student.random.normal(size=(3, *IMAGE)).astype(np.float32)
    n = int(student.random.choice([2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 15]))
    seed = int(student.random.integers(2**31))
    ten = student.observes("network", "LeNet5", arguments=(10,), x=x, seed=seed)
    if ten.problem is not None:
        seen = replace(ten, problem=_why_not_built(ten.problem))
        yield from unseen(seen, {"the layers": LAYERS, "the scores": SCORES, "other numbers of classes": CLASSES})
        return
    network = network_of(ten, seed)
    why = _slips(network)
    yield from _layer_cases(ten, network, why)
    yield _score_case(student, ten, network, x, why)
    lost = IMAGES_LOST if IMAGES_LOST in _stops(network) else AXIS_LOST
    for arguments, classes, title in (((n,), n, f"n_classes = {n}"), ((), 10, "no number of classes given")):
        seed = int(student.random.integers(2**31))
        other = student.observes("network", "LeNet5", arguments=arguments, x=x[:1], seed=seed)
        yield from _class_cases(other, classes, title, lost, seed)


def _why_not_built(problem: Finding) -> Finding:
    return NO_SUPER if problem.id == "raised" and "Module.__init__()" in problem.text else problem


def _layer_cases(observed: Observation, network: Network, why: tuple[Finding, ...]) -> Iterator[Case]:
    """Whether the weights are those of the table, and no others, anew in each network."""
    wanted = {**FIXED, "the last linear layer": (10, 84)}
    spare = [shape for shape in network.shapes if shape not in wanted.values()]
    for name, shape in wanted.items():
        there = shape in network.shapes
        others = [other for other in spare if other is not None and len(other) == len(shape)]
        got: Any = np.array(shape) if there else np.array(others[0]) if others else None
        if not there and others:
            spare.remove(others[0])
        expected: Any = HIDDEN_SHAPES.get(shape, np.array(shape))
        if isinstance(expected, str) and isinstance(got, np.ndarray):
            got = str(tuple(int(entry) for entry in got))
        yield _judged(f"weights of {name}", () if there else (*why, OTHER_SHAPE), LAYERS, expected, got)
    biases = {(shape[0],) for shape in wanted.values()}
    short = biases - set(network.shapes)
    yield _judged("a bias in each of them", (*why, OTHER_SHAPE) if short else (), LAYERS, "5", f"{5 - len(short)}")
    foreign = [kind for kind in network.kinds if kind in NORMALISATIONS | DROPOUTS]
    more = len(network.shapes) - 2 * len(wanted)
    fine = not foreign and more <= 0
    yield _judged("nothing besides", () if fine else (*why, MORE_WEIGHTS), LAYERS, "nothing", " ".join(foreign) or more)
    fresh = bool(np.all(observed.values["fresh"]))
    yield _judged("a second network", () if fresh else (SHARED,), LAYERS)


def _score_case(student: Student, observed: Observation, network: Network, x: Array, why: tuple[Finding, ...]) -> Case:
    """Whether the network for ten classes answers as its own weights tell."""
    title, expected = "scores for 3 images and 10 classes", "10 for each image"
    if network.failed:
        return _stopped_case(network, why, SCORES, title, expected)
    if observed.problems.get("y") == NOT_ATTEMPTED:
        return _judged(title, (NO_RETURN,), SCORES, expected)
    found = {array.shape: torch.tensor(array).float() for array in network.weights if array is not None}
    shapes = {*FIXED.values(), (10, 84)}
    if set(found) == shapes | {shape[:1] for shape in shapes}:
        images = torch.tensor(x)
        mistakes = _score_mistakes(images, found)
        case = student.shows(observed, "y", _scores(images, found), mistakes=mistakes, part=SCORES, title=title)
        if case.outcome is Outcome.PASSED:
            return case
        named = tuple(finding for finding in case.findings if finding.id != "wrong-values")
        return replace(case, findings=(*named, *why, *case.findings))
    value = observed.reply("y").value
    got = f"shape {value.shape}" if isinstance(value, np.ndarray) else value
    return _judged(title, (*why, UNLIKE), SCORES, expected, got)


def _class_cases(observed: Observation, n_classes: int, title: str, lost: Finding, seed: int) -> Iterator[Case]:
    """Whether a network for so many classes has them in its last layer, and in its scores for one image.

    `lost` is what to say where the axis of the images is lost.
    """
    if observed.problem is not None:
        yield from unseen(observed, {title: CLASSES})
        return
    network = network_of(observed, seed)
    ignored = n_classes != 10 and (10, 84) in network.shapes
    why = (CLASSES_IGNORED,) if ignored else _slips(network, n_classes)
    there = (n_classes, 84) in network.shapes
    yield _judged(f"weights of the last layer, {title}", () if there else (*why, OTHER_SHAPE), CLASSES)
    title = f"scores for 1 image, {title}"
    expected = f"shape (1, {n_classes})"
    if network.failed:
        yield _stopped_case(network, why, CLASSES, title, expected)
        return
    y = observed.reply("y").value
    got = y.shape if isinstance(y, np.ndarray) else None
    if got == (1, n_classes):
        why = ()
    elif observed.problems.get("y") == NOT_ATTEMPTED:
        why = (NO_RETURN,)
    else:
        why = (*([lost] if got == (n_classes,) else []), *why, UNLIKE)
    yield _judged(title, why, CLASSES, expected, f"shape {got}")


def _stopped_case(network: Network, why: tuple[Finding, ...], part: str, title: str, expected: str) -> Case:
    """A case for a network that gave no answer; a `forward` that is still the stub has not been attempted."""
    if network.failed.strip() == "NotImplementedError:":
        return Case(title, Outcome.NOT_ATTEMPTED, part, expected, None, (NOT_ATTEMPTED,))
    findings = (*_stops(network), *why, stopped(network, 32))
    return Case(title, Outcome.FAILED, part, expected, "it stops", findings)


def _stops(network: Network) -> Iterator[Finding]:
    """What can be read off the message of a network that stopped."""
    if "missing the required" in network.failed:
        yield NO_FORWARD
    if "1200" in network.failed:
        yield IMAGES_LOST
    if "240x5" in network.failed or "80x5" in network.failed:
        yield NO_FLATTEN


def _slips(network: Network, n_classes: int = 10) -> tuple[Finding, ...]:
    """What differs from the network of the table, the likeliest cause first, as far as its layers show."""
    return (
        *_foreign(network),
        *_convolution_slips(network),
        *_pooling_slips(network),
        *_linear_slips(network, n_classes),
    )


def _foreign(network: Network) -> Iterator[Finding]:
    kinds = network.kinds
    if DROPOUTS & set(kinds):
        yield Finding("dropout", "There is dropout in it. The network of the table has none.")
    if NORMALISATIONS & set(kinds):
        yield Finding("batch-norm", "There is batch normalisation in it. The network of the table has none.")
    for kind in kinds:
        if kind in ACTIVATIONS - {"Tanh", "Sigmoid"}:
            yield Finding("other-activation", f"`{kind}` is no ReLU, and ReLU is asked for.")
            return


def _convolution_slips(network: Network) -> Iterator[Finding]:
    convolutions = network.of_kind(CONVOLUTIONS)
    if len(convolutions) != 2:
        if convolutions:
            yield Finding("convolutions", f"There should be two convolutions; yours has {len(convolutions)}.")
        return
    first, second = convolutions
    filters = (first.get("out_channels"), second.get("out_channels"))
    if first.get("in_channels") == 1:
        yield Finding("grey", "Your first convolution wants grey images, as in 1998. These have three colours.")
    if any(square(layer.get("kernel_size")) != (5, 5) for layer in convolutions):
        yield Finding("kernel-size", "The windows of both convolutions are 5×5; one of yours is not.")
    if any(square(layer.get("padding")) not in ((0, 0), ("valid", "valid")) for layer in convolutions):
        yield Finding("padding", "A convolution of yours is padded. In the table none is: 32 → 28 → 14 → 10 → 5.")
    if any(square(layer.get("stride")) != (1, 1) for layer in convolutions):
        yield Finding("conv-stride", "A convolution of yours moves by more than 1. Here pooling makes maps smaller.")
    if second.get("in_channels") != filters[0]:
        yield Finding(
            "channels-do-not-fit",
            f"The first convolution makes {filters[0]} channels, and the second wants {second.get('in_channels')}. "
            "As many as come out have to go in.",
        )
    elif filters == (6, 16):
        yield Finding("classic-filters", "The network of 1998 had 6 and 16 filters. The one in the table has 8 and 16.")
    elif filters != (8, 16):
        yield Finding(
            "filters", f"Your convolutions have {filters[0]} and {filters[1]} filters; 8 and 16 are asked for."
        )
    if not all(layer.get("bias", True) for layer in convolutions):
        yield NO_BIAS


def _pooling_slips(network: Network) -> Iterator[Finding]:
    pools = network.of_kind({"MaxPool2d", "AvgPool2d"})
    yield from window_slips(pools)
    if network.in_a_row and len(pools) < 2:
        yield Finding("pool-missing", "After each of the two convolutions there is pooling. One is missing.")


def _linear_slips(network: Network, n_classes: int) -> Iterator[Finding]:
    linear = [(layer["out_features"], layer["in_features"]) for layer in network.of_kind({"Linear"})]
    if len(linear) != 3:
        if linear:
            yield Finding("linear-layers", f"There should be three linear layers; yours has {len(linear)}.")
        return
    inputs, sizes = linear[0][1], [outputs for outputs, _ in linear]
    if inputs != 400:
        how = FLATTENED.get(inputs, f"Yours takes {inputs}.")
        yield Finding("flatten-size", f"The first linear layer reads what pool 2 leaves. {how}")
    if sizes[:2] == [84, 120]:
        yield Finding("hidden-swapped", "First 120 units, then 84; yours have it the other way round.")
    elif sizes[:2] != [120, 84]:
        yield Finding("hidden-sizes", f"The linear layers have 120 and 84 units, then the classes; yours have {sizes}.")
    if sizes[2] != n_classes:
        yield Finding(
            "classes", f"For {n_classes} classes there are {n_classes} scores. Your last layer has {sizes[2]}."
        )
    if not all(layer.get("bias", True) for layer in network.of_kind({"Linear"})):
        yield NO_BIAS


# --- a network within a budget ----------------------------------------------------------------------------------

PARAMETERS, MULTIPLY_ADDS, CONVOLVED = 20_000, 1_000_000, 2
BUDGET, NETWORK = "budget", "network"
TITLES = {
    "what it costs": BUDGET,
    "scores for 3 images": NETWORK,
    "every pixel": NETWORK,
}
ONE_NETWORK = Finding(
    "one-network",
    "Two calls give the same weights: the network was built outside of the function. Build it inside, so that each "
    "call makes a new one.",
)
MIXED = Finding(
    "mixed",
    "An image's scores depend on the other images in its batch, or change from call to call. In eval mode neither "
    "should happen.",
)


@lesson(
    "budget-network",
    exercise="8",
    title="Design within a budget",
    asks=("budget_network",),
    points={BUDGET: 1, NETWORK: 1},
)
def budget_network(student: Student) -> Iterator[Case]:
    """Two convolutions, at most 20,000 parameters and 1,000,000 multiply–adds: 1 point. Only then is there a second."""
    x = student.random.normal(size=(3, *IMAGE)).astype(np.float32)
    order = [int(n) for n in student.random.integers(0, len(x), 8)]
    observed = student.observes("budget", "budget_network", shape=IMAGE, x=x, order=order)
    if observed.problem is not None:
        yield from unseen(observed, TITLES)
        return
    failed = str(observed.values.get("failed", ""))
    if failed:
        stops = Finding("stops", f"On images of 32×32 your network stops with {failed[:200].rstrip('.')}.")
        for title, part in TITLES.items():
            yield _judged(title, (stops,), part, got="it stops")
        return
    over = tuple(_over(observed))
    yield from _cost_cases(observed, over)
    # a network of any size is no answer to this exercise: its second point hangs on the first
    yield _judged("the same, within the budget", over, NETWORK)
    fresh = bool(np.all(observed.values["fresh"]))
    yield _judged("a second call", () if fresh else (ONE_NETWORK,), NETWORK, "a new network")
    yield _scores_case(observed, order)
    yield _training_case(observed)
    if "used" in observed.values:
        yield _pixel_case(observed)


def _number(observed: Observation, key: str) -> int:
    value = observed.reply(key).value
    return int(value) if isinstance(value, np.ndarray) and value.ndim == 0 else 0


def _over(observed: Observation) -> Iterator[Finding]:
    """What is beyond the budget, or not a network as asked for."""
    parameters, work = (_number(observed, key) for key in ("parameters", "work"))
    unlisted, convolutions = (_number(observed, key) for key in ("unlisted", "convolutions"))
    if unlisted:
        yield Finding(
            "unlisted",
            f"{unlisted:,} weights are at work that `parameters()` does not list, so that no optimiser would train "
            "them. Layers in a Python list are not seen: use `nn.ModuleList` or `nn.Sequential`.",
        )
    if convolutions == 0:
        yield Finding("no-convolution", "There is no convolution in it; at least two are asked for.")
    elif convolutions < CONVOLVED:
        yield Finding("one-convolution", "There is one convolution in it; at least two are asked for.")
    if parameters > PARAMETERS:
        yield Finding(
            "too-many-parameters",
            f"{parameters:,} parameters are more than {PARAMETERS:,}. Most of them usually sit in the first linear "
            "layer: fewer or smaller maps before it.",
        )
    if work > MULTIPLY_ADDS:
        yield Finding(
            "too-much-work",
            f"{work:,} multiply–adds for one image are more than {MULTIPLY_ADDS:,}. A filter works once for each place "
            "of its map: make maps small early, or take fewer filters where they are large.",
        )


def _cost_cases(observed: Observation, over: tuple[Finding, ...]) -> Iterator[Case]:
    """The costs, one by one."""
    said = {finding.id: finding for finding in over}
    for key, title, expected, causes in (
        ("convolutions", "convolutions", f"at least {CONVOLVED}", ("no-convolution", "one-convolution")),
        ("parameters", "parameters", f"at most {PARAMETERS:,}", ("too-many-parameters",)),
        ("unlisted", "weights that are not among the parameters", "0", ("unlisted",)),
        ("work", "multiply–adds for one image", f"at most {MULTIPLY_ADDS:,}", ("too-much-work",)),
    ):
        why = [said[cause] for cause in causes if cause in said]
        yield _judged(title, why, BUDGET, expected, f"{_number(observed, key):,}")


def _scores_case(observed: Observation, order: Sequence[int]) -> Case:
    """Ten finite scores for each image, the same when it is asked alone, which was done in this order."""
    scores, singly = (observed.reply(key).value for key in ("scores", "singly"))
    title = "scores for 3 images"
    if not isinstance(scores, np.ndarray) or not isinstance(singly, np.ndarray):
        return _judged(
            title, (Finding("no-numbers", "What comes out of the network is no tensor of numbers."),), NETWORK
        )
    why: tuple[Finding, ...] = ()
    if scores.shape != (3, 10):
        why = (_wrong_shape(scores.shape),)
    elif not np.isfinite(scores).all():
        why = (Finding("not-finite", "There are scores that are no finite numbers: somewhere a division by 0."),)
    elif singly.shape != (len(order), 10) or not np.allclose(scores[list(order)], singly, rtol=1e-2, atol=1e-3):
        why = (MIXED,)
    return _judged(title, why, NETWORK, "shape (3, 10)", f"shape {scores.shape}")


def _wrong_shape(shape: tuple[int, ...]) -> Finding:
    if len(shape) == 4 and shape[1] == 10:
        return Finding(
            "not-flat", f"The scores of 3 images have shape {shape}. (3, 10) is asked for: flatten at the end."
        )
    if len(shape) == 2 and shape[0] == 3:
        return Finding("classes", f"There are ten classes, so ten scores for each image; yours has {shape[1]}.")
    return Finding("wrong-scores", f"The scores of 3 images have shape {shape}; (3, 10) is asked for.")


def _training_case(observed: Observation) -> Case:
    """Whether the network can be trained: it works in training mode, too."""
    failed = str(observed.values.get("training_failed", ""))
    scores = observed.reply("scores").value
    why: tuple[Finding, ...] = ()
    if failed:
        text = f"In training mode your network stops with {failed[:200].rstrip('.')}."
        why = (Finding("stops-in-training", text),)
    elif isinstance(scores, np.ndarray) and not np.array_equal(np.asarray(observed.values["training"]), scores.shape):
        why = (Finding("other-in-training", "In training mode the scores have another shape than in eval mode."),)
    return _judged("training mode", why, NETWORK)


def _pixel_case(observed: Observation) -> Case:
    """Whether no number of the image is left out."""
    value = observed.reply("used").value
    scores = observed.reply("scores").value
    answers = isinstance(scores, np.ndarray) and bool(np.ptp(scores, axis=0).any())  # not the same to every image
    fine = isinstance(value, np.ndarray) and value.shape == IMAGE and answers
    used: NDArray[np.bool_] = np.asarray(value, dtype=float) > 0 if fine else np.zeros(IMAGE, dtype=bool)
    why = () if used.all() else (_unused(used),)
    return _judged("numbers of the image that the scores depend on", why, NETWORK, f"{used.size:,}", f"{used.sum():,}")


def _unused(used: NDArray[np.bool_]) -> Finding:
    """The plainest true thing about which numbers do not count."""
    channels, rows, columns = used.any(axis=(1, 2)), used.any(axis=(0, 2)), used.any(axis=(0, 1))
    dead = [int(i) for i in np.flatnonzero(~rows)], [int(i) for i in np.flatnonzero(~columns)]
    if not used.any():
        return Finding("constant", "The scores do not depend on the image at all.")
    if not channels.all():
        return Finding("channel-left-out", "The scores do not depend on every channel: one or two are left out.")
    if dead[0] and dead[1] and max(*dead[0], *dead[1]) == IMAGE[1] - 1 and min(*dead[0], *dead[1]) > IMAGE[1] // 2:
        return Finding(
            "last-left-over",
            f"The scores do not depend on every pixel: the last {len(dead[0])} of the rows and {len(dead[1])} of the "
            "columns are left over, where no window fits any more. Pad, or choose another stride.",
        )
    inside = [i for line in dead for i in line if 2 < i < IMAGE[1] - 3]
    if dead[0] and dead[1] and not inside:
        return Finding("cropped", "The scores do not depend on every pixel: the border of the image is left out.")
    if dead[0] and dead[1]:
        return Finding(
            "stepped-over",
            "The scores do not depend on every pixel: a window steps over whole rows and columns. The stride is larger "
            "than the window.",
        )
    return Finding(
        "pixels-left-out", f"The scores do not depend on every pixel: {int((~used).sum()):,} numbers are left out."
    )


# --- a summary of one's own -------------------------------------------------------------------------------------


@lesson("own-summary", exercise="A summary", title="A summary of your own", asks=("my_summary",), points=0)
def own_summary(student: Student) -> Iterator[Case]:
    """`my_summary(model, input_shape)`: a row for each layer that contains no others, in the order of their work."""
    for kind in KNOWN:
        filters = int(student.random.integers(3, 12))
        observed = student.observes("own_summary", "my_summary", kind=kind, filters=filters)
        if observed.problem is not None:
            yield from unseen(observed, {kind: ""})
            continue
        yield from _summary_cases(observed, kind, filters)


def _summary_cases(observed: Observation, kind: str, filters: int) -> Iterator[Case]:
    truth, slips = _summaries(kind, filters)
    rows = list(_rows(observed))
    why: list[Finding] = []
    if [row for _, row in rows] != truth:
        held = [row for _, row in rows]
        why = [finding for finding, wrong in slips if _alike(held, wrong)]
        if not why:  # two slips at once: the axis of the images, and another
            bare = [(name, shape[1:] if isinstance(shape, tuple) else shape, count) for name, shape, count in held]
            other = [finding for finding, wrong in slips if _alike(bare, wrong)]
            why = [finding for finding, _ in slips if other and finding.id == "with-images"] + other
        why += [finding for problem, _ in rows for finding in problem][:1]
        why = why or [Finding("other-rows", "These are not the layers as they work, with shape and parameters.")]
    first = next((i for i, row in enumerate(truth) if i >= len(rows) or rows[i][1] != row), None)
    shown = (None, None) if first is None else (truth[first], rows[first][1] if first < len(rows) else "no row")
    place = "" if first is None or not why else f", row {first + 1}"
    expected, got = (_in_words(row) for row in shown) if why and first is not None else (len(truth), len(rows))
    yield _judged(f"{kind}{place}", why, "", expected, got)
    left = _number(observed, "hooks")
    hooks = Finding(
        "hooks-left", "Your hooks are still on the network, and go on listening: `remove()` each at the end."
    )
    yield _judged(f"hooks that are left, {kind}", (hooks,) if left else (), "", "none", f"{left}")


def _in_words(row: object) -> object:
    if not isinstance(row, tuple):
        return row
    name, shape, count = row
    return f"{name} {shape} {count}"


def _rows(observed: Observation) -> Iterator[tuple[tuple[Finding, ...], tuple[Any, ...]]]:
    """Each row of the student's as plain Python, after what is wrong with the kinds of its entries."""
    for i in range(_number(observed, "rows")):
        name = re.sub(r"-\d+$", "", str(observed.reply(f"name {i}").value))  # `torchsummary` counts the layers
        shape, count = observed.reply(f"shape {i}"), observed.reply(f"count {i}")
        problems = tuple(reply.problem for reply in (shape, count) if reply.problem)
        yield problems, (name, _whole_numbers(shape.value), _whole_numbers(count.value))


def _whole_numbers(value: object) -> Any:
    if not isinstance(value, np.ndarray) or not np.isfinite(value).all():
        return None
    listed = value.astype(int).tolist() if (value == np.round(value)).all() else None
    return tuple(listed) if isinstance(listed, list) and value.ndim == 1 else listed


def _alike(held: Sequence[tuple[Any, ...]], wrong: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the rows are those that a slip leads to; ... in a slip's row stands for anything."""

    def fits(entry: object, right: object) -> bool:
        if isinstance(entry, tuple) and isinstance(right, tuple):
            return len(entry) == len(right) and all(map(fits, entry, right))
        return right is ... or entry == right

    return len(held) == len(wrong) and all(map(fits, held, wrong))


def _summaries(kind: str, filters: int) -> tuple[list[Row], list[tuple[Finding, list[tuple[Any, ...]]]]]:
    """The rows for one of the known networks, and the rows that slips lead to."""
    model, item = known(kind, filters)
    worked = modules_in_order(model, item)

    def row(module: torch.nn.Module, shape: tuple[int, ...]) -> Row:
        return type(module).__name__, shape, sum(parameter.numel() for parameter in module.parameters())

    everything = [row(*entry) for entry in worked]
    leaves = [(module, shape) for module, shape in worked if not list(module.children())]
    truth = [row(*entry) for entry in leaves]
    shapes = dict(leaves)
    defined = [row(module, shapes[module]) for module in model.modules() if module in shapes]
    containers = [entry for entry, (module, _) in zip(everything, worked, strict=True) if module is not model]
    top = [row(module, shape) for module, shape in worked if module in list(model.children())]
    total = sum(count for _, _, count in truth)
    outputs = [shape for _, shape, _ in truth]
    inputs = [item, *outputs[:-1]]
    named = {module: name for name, module in model.named_modules()}

    def changed(change: Callable[[torch.nn.Module, Row], tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [change(module, entry) for (module, _), entry in zip(leaves, truth, strict=True)]

    def numbers(module: torch.nn.Module, pick: Callable[[list[torch.nn.Parameter]], int]) -> int:
        return pick(list(module.parameters()))

    slips: list[tuple[str, str, Sequence[tuple[Any, ...]]]] = [
        ("containers", "Layers that only contain others are listed, too: leave out those with children.", everything),
        (
            "containers-inside",
            "The network itself is left out, but other layers that only contain layers are listed.",
            containers,
        ),
        ("top-only", "Only the outermost layers are listed: `children()` does not look into them.", top),
        (
            "with-images",
            "The shape has the number of images in front: leave out the first axis.",
            changed(lambda _, r: (r[0], (..., *r[1]), r[2])),
        ),
        (
            "all-parameters",
            "Each row has the parameters of the whole network. A row counts those of its own layer.",
            changed(lambda _, r: (r[0], r[1], total)),
        ),
        (
            "weights-only",
            "The biases are missing: `layer.parameters()` has all that is learned.",
            changed(lambda m, r: (r[0], r[1], numbers(m, lambda p: p[0].numel() if p else 0))),
        ),
        (
            "tensors-counted",
            "You counted tensors (weights, biases), not the numbers in them: `numel()`.",
            changed(lambda m, r: (r[0], r[1], numbers(m, len))),
        ),
        (
            "running-total",
            "The number of parameters runs on from row to row: count anew for each layer.",
            [(r[0], r[1], int(n)) for r, n in zip(truth, np.cumsum([r[2] for r in truth]), strict=True)],
        ),
        ("total-added", "Your last row holds the total. List the layers only.", [*truth, (..., ..., total)]),
        ("as-defined", "Your rows are in the order in which layers were made, not in which they work.", defined),
        ("backwards", "The rows stand in opposite order: the layer that works first comes first.", truth[::-1]),
        (
            "input-shapes",
            "The shapes are those of what goes in. What comes out is asked for.",
            [(r[0], shape, r[2]) for r, shape in zip(truth, inputs, strict=True)],
        ),
        (
            "numbers-for-shapes",
            "You give how many numbers come out. Their shape is asked for.",
            changed(lambda _, r: (r[0], int(np.prod(r[1])), r[2])),
        ),
        (
            "learning-only",
            "Only layers with parameters are listed. The others work as well.",
            [r for r in truth if r[2]],
        ),
        ("twice", "Each layer is listed twice: two hooks hang on it.", [r for entry in truth for r in (entry, entry)]),
        ("first-only", "Only the first layer is listed. Does `return` stand inside a loop?", truth[:1]),
        ("last-only", "Only the last layer is listed: append each row to the list.", truth[-1:]),
        (
            "by-place",
            "A row begins with the name of the layer's class, not with its name inside the network.",
            changed(lambda m, r: (named[m], r[1], r[2])),
        ),
        (
            "whole-class",
            "The class's own name is enough: `type(layer).__name__`.",
            changed(lambda m, r: (str(type(m)), r[1], r[2])),
        ),
        ("nothing-listed", "The list is empty. Has the network worked, with your hooks on it?", []),
    ]
    return truth, [(Finding(identity, text), list(rows)) for identity, text, rows in slips]
