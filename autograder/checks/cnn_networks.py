"""Checks of notebook 04 on networks: the one of ten layers, and the same with batch normalisation and dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from autograder.checks.experiments import Observation
from autograder.checks.experiments.networks import shaken
from autograder.checks.fashion import value_of
from autograder.checks.layers import (
    CONVOLUTIONS,
    DROPOUTS,
    IDLE,
    NORMALISATIONS,
    ORDER,
    Layer,
    Network,
    end_mistakes,
    network_of,
    row,
    slips_of,
    stopped,
    unseen,
)
from autograder.checks.registry import register
from autograder.checks.student import Mistake, Student
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="04_cnn_gpu")

SIDE = 28
ADDED = NORMALISATIONS | DROPOUTS


# --- the network ------------------------------------------------------------------------------------------------

WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "the first convolution": (64, 1, 3, 3),
    "the second convolution": (128, 64, 3, 3),
    "the first linear layer": (200, 3200),
    "the last linear layer": (10, 200),
}
BIASES = ((64,), (128,), (200,), (10,))
ONE_NETWORK = Finding(
    "one-network",
    "Two calls give the same weights: the network was built outside of the function. Build it inside, so that each "
    "call makes a new one.",
)


def _scores(
    x: Tensor,
    weights: Mapping[tuple[int, ...], Tensor],
    *,
    relus: tuple[bool, bool, bool] = (True, True, True),
    pool: Callable[..., Tensor] = F.max_pool2d,
    activation: Callable[..., Tensor] = F.relu,
    end: Callable[..., Tensor] = lambda scores: scores,
) -> Array:
    """The answer of the network with these weights (found by their shape) to images (N, 1, 28, 28)."""

    def kept(values: Tensor) -> Tensor:
        return values

    first, second, third = (activation if relu else kept for relu in relus)
    (w1, w2, w3, w4), (b1, b2, b3, b4) = ([weights[shape] for shape in shapes] for shapes in (WEIGHTS.values(), BIASES))
    x = pool(first(F.conv2d(x, w1, b1)), 2)
    x = pool(second(F.conv2d(x, w2, b2)), 2)
    x = third(F.linear(x.flatten(1), w3, b3))
    return np.asarray(end(F.linear(x, w4, b4)).numpy())


def _score_mistakes(x: Tensor, weights: Mapping[tuple[int, ...], Tensor]) -> list[Mistake]:
    """What networks with the right weights get wrong."""

    def leads_to(**options: Any) -> Callable[[], Array]:
        return lambda: _scores(x, weights, **options)

    return [
        *end_mistakes(leads_to),
        Mistake(
            "no-relu",
            "There is no ReLU at all. Without one, layers in a row can do no more than a single one.",
            leads_to(relus=(False, False, False)),
        ),
        Mistake(
            "no-first-relu",
            "The ReLU of the first block is missing: the second convolution gets negative numbers.",
            leads_to(relus=(False, True, True)),
        ),
        Mistake(
            "no-second-relu",
            "The ReLU of the second block is missing, before it is flattened.",
            leads_to(relus=(True, False, True)),
        ),
        Mistake(
            "no-third-relu",
            "The ReLU between the two linear layers is missing: the two then do no more than one.",
            leads_to(relus=(True, True, False)),
        ),
        Mistake(
            "average-pooling",
            "You pool by average; max-pooling is asked for.",
            leads_to(pool=F.avg_pool2d),
        ),
    ]


@lesson("make-cnn", exercise="2", title="The network", asks=("make_cnn",), points=3)
def check_make_cnn(student: Student) -> Iterator[Case]:
    """`make_cnn()` builds ten layers: (N, 1, 28, 28) in, (N, 10) out; it is tried with weights of our own."""
    x = student.random.normal(size=(3, 1, SIDE, SIDE)).astype(np.float32)
    seed = int(student.random.integers(2**31))
    observed = student.observes("network", "make_cnn", arguments=(), x=x, seed=seed)
    if observed.problem is not None:
        yield from unseen(observed, dict.fromkeys([*(f"weights of {name}" for name in WEIGHTS), SCORES], ""))
        return
    network = network_of(observed, seed)
    why = slips_of(network)
    yield from _weight_cases(network, why)
    yield _others_case(network, why)
    yield _score_case(student, observed, network, torch.tensor(x), why)
    yield _fresh_case(observed)


SCORES = "scores for 3 images of 28×28"
OTHER_SIZE = Finding("other-size", "Weights of this size are missing. Compare the layer with the list in the exercise.")
OTHER_WEIGHTS = Finding("other-weights", "There are weights besides those of the four layers that learn.")


def _weight_cases(network: Network, why: tuple[Finding, ...]) -> Iterator[Case]:
    """Whether the weights of the four layers are there, each with its bias."""
    shapes = list(network.shapes)
    spare = [shape for shape in shapes if shape not in WEIGHTS.values()]
    for name, wanted in WEIGHTS.items():
        others = [shape for shape in spare if shape is None or len(shape) == len(wanted)]
        got = wanted if wanted in shapes else next(iter(others), None)
        if got in spare:
            spare.remove(got)
        # of the first linear layer the student has to find the inputs, so that they are not shown
        expected: object = "(200, …)" if wanted == (200, 3200) else np.array(wanted)
        outcome = Outcome.PASSED if got == wanted else Outcome.FAILED
        held: object = str(got) if isinstance(expected, str) else np.array(got)
        if got is None:
            held = "too many to look at" if others else "none"
        findings = () if got == wanted else (*why, OTHER_SIZE)
        yield Case(f"weights of {name}", outcome, "", expected, held, findings)
    biases = sorted(shape for shape in shapes if shape is not None and len(shape) == 1)
    short = set(BIASES) - set(biases)
    yield Case(
        "biases of the four layers",
        Outcome.FAILED if short else Outcome.PASSED,
        expected=" ".join(str(n) for (n,) in BIASES),
        got=" ".join(str(n) for (n,) in biases) or "none",
        findings=(*why, OTHER_SIZE) if short else (),
    )


def _others_case(network: Network, why: tuple[Finding, ...]) -> Case:
    """Whether there is nothing that the network should not have."""
    foreign = [kind for kind in network.kinds if kind in ADDED]
    spare = [shape for shape in network.shapes if shape not in (*WEIGHTS.values(), *BIASES)]
    more = len(network.shapes) - len(WEIGHTS) - len(BIASES)
    fine = not foreign and (more <= 0 or bool(spare))  # weights of a wrong size are told of elsewhere
    return Case(
        "layers that do not belong here",
        Outcome.PASSED if fine else Outcome.FAILED,
        expected="none",
        got=" ".join(foreign) or ("none" if fine else f"{more} more arrays of weights"),
        findings=() if fine else (*why, OTHER_WEIGHTS),
    )


def _score_case(student: Student, observed: Observation, network: Network, x: Tensor, why: tuple[Finding, ...]) -> Case:
    """Whether the network answers as its own weights tell."""
    if network.failed:
        return Case(SCORES, Outcome.FAILED, "", "10 for each image", "it stops", (*why, stopped(network, SIDE)))
    found = {array.shape: torch.tensor(array).float() for array in network.weights if array is not None}
    if len(network.weights) == len(found) and set(found) == {*WEIGHTS.values(), *BIASES}:
        expected = _scores(x, found)
        case = student.shows(observed, "y", expected, mistakes=_score_mistakes(x, found), title=SCORES)
        if case.outcome is Outcome.PASSED:
            return case
        return replace(case, findings=(*(f for f in case.findings if f.id != "wrong-values"), *why, *case.findings))
    return Case(SCORES, Outcome.FAILED, "", "from the layers asked for", "from other layers", (*why, OTHER_WEIGHTS))


def _fresh_case(observed: Observation, part: str = "") -> Case:
    fresh = bool(np.all(observed.values["fresh"]))
    return Case(
        "a second call",
        Outcome.PASSED if fresh else Outcome.FAILED,
        part,
        "a new network",
        "a new network" if fresh else "the same weights",
        () if fresh else (ONE_NETWORK,),
    )


# --- normalise and drop -----------------------------------------------------------------------------------------


@lesson(
    "regularised-cnn",
    exercise="6",
    title="Normalise and drop",
    asks=("make_regularised_cnn",),
    points={"network": 1, "batch normalisation": 1, "dropout": 1},
)
def regularised_cnn(student: Student) -> Iterator[Case]:
    """The network of exercise 2 with batch normalisation after each convolution and dropout before the last layer."""
    x = student.random.normal(size=(3, 1, SIDE, SIDE)).astype(np.float32)
    seed = int(student.random.integers(2**31))
    observed = student.observes("network", "make_regularised_cnn", arguments=(), x=x, seed=seed)
    if observed.problem is not None:
        titles = {SCORES: "network", "batch normalisation": "batch normalisation", "dropout": "dropout"}
        yield from unseen(observed, titles)
        return
    network = network_of(observed, seed)
    added = [kind for kind in network.kinds if kind in ADDED]
    nothing = () if added else (NOTHING_ADDED,)
    why = (*_no_row(network), *nothing)
    normalising = _normalising_slips(network)
    yield from _network_cases(observed, network, torch.tensor(x), seed, (*why, *normalising, *slips_of(network, ADDED)))
    for number, name in enumerate(("first", "second")):
        yield _normalised_case(network, number, name, (*why, *normalising))
    yield _dropout_case(network, why)


NOTHING_ADDED = Finding("nothing-added", "This is the network of exercise 2, without normalisation and dropout.")
NOT_A_ROW = Finding(
    "not-sequential",
    "One `nn.Sequential` is asked for, with every layer in it, dropout and ReLU too. (It may hold others.)",
)


def _no_row(network: Network) -> tuple[Finding, ...]:
    return () if network.in_a_row else (NOT_A_ROW,)


def _network_cases(
    observed: Observation, network: Network, x: Tensor, seed: int, why: tuple[Finding, ...]
) -> Iterator[Case]:
    """Whether it is the network of exercise 2, as one `nn.Sequential`, but for what was to be added."""
    part = "network"
    yield Case(
        "what is returned",
        Outcome.PASSED if network.in_a_row else Outcome.FAILED,
        part,
        "Sequential",
        network.kind,
        () if network.in_a_row else (NOT_A_ROW,),
    )
    kinds = [kind for kind in network.kinds if kind not in ADDED]
    added = len(kinds) < len(network.kinds)
    misfits = slips_of(network, ADDED)
    same = _poolings_first(kinds) == list(ORDER) and not misfits
    yield Case(
        "the layers of exercise 2" if same or not added else "the layers of exercise 2 among yours",
        Outcome.PASSED if same and added else Outcome.FAILED,
        part,
        row(ORDER) + ", and more",
        row(kinds) + (", and more" if added else ""),
        () if same and added else (*why, OTHER_ROW),
    )
    if network.failed:
        yield Case(SCORES, Outcome.FAILED, part, "10 for each image", "it stops", (*why, stopped(network, SIDE)))
    elif same and network.in_a_row:
        agrees = _as_rebuilt(observed, network, x, seed)
        yield Case(
            SCORES,
            Outcome.PASSED if agrees else Outcome.FAILED,
            part,
            "as its layers tell",
            "as its layers tell" if agrees else "others",
            () if agrees else (HIDDEN,),
        )
    yield _fresh_case(observed, part)


OTHER_ROW = Finding(
    "other-row", "These are not the layers of exercise 2: compare the row with the list there, one by one."
)
HIDDEN = Finding(
    "hidden",
    "The network does something besides its layers, or a layer has unusual settings: give none but those asked for.",
)


def _poolings_first(kinds: Sequence[str]) -> list[str]:
    """The layers with each ReLU that comes right before a pooling put after it, which changes nothing."""
    order = list(kinds)
    for i in range(len(order) - 1):
        if order[i : i + 2] == ["ReLU", "MaxPool2d"]:
            order[i : i + 2] = ["MaxPool2d", "ReLU"]
    return order


def _as_rebuilt(observed: Observation, network: Network, x: Tensor, seed: int) -> bool:
    """Whether a network that we build from the layers seen, with the same known weights, gives the same scores."""
    try:
        ours = shaken(nn.Sequential(*(_built(layer) for layer in network.layers)), seed).eval()
        with torch.no_grad():
            expected = ours(x).numpy()
        got = value_of(observed, "y")
    except (RuntimeError, ValueError, TypeError, KeyError):
        return False
    room = 0.02 * np.abs(expected).max()  # a batch normalisation may have another small number under its root
    return got.shape == expected.shape and bool((np.abs(got - expected) <= room).all())


def _built(layer: Layer) -> nn.Module:
    """A layer from its description.

    Raises KeyError for a kind that has no place in the network, and ValueError for more channels than any map has.
    """
    if layer.get("num_features", 0) > 10_000:
        raise ValueError("so many channels cannot be normalised here")
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in layer.items()}
    make, names = {
        "Conv2d": (nn.Conv2d, ("in_channels", "out_channels", "kernel_size", "bias")),
        "MaxPool2d": (nn.MaxPool2d, ("kernel_size", "stride")),
        "Linear": (nn.Linear, ("in_features", "out_features", "bias")),
        "Flatten": (nn.Flatten, ("start_dim", "end_dim")),
        "BatchNorm1d": (nn.BatchNorm1d, ("num_features", "affine")),
        "BatchNorm2d": (nn.BatchNorm2d, ("num_features", "affine")),
        "ReLU": (nn.ReLU, ()),
        **dict.fromkeys((*DROPOUTS, "Identity"), (nn.Identity, ())),
    }[layer["kind"]]
    built: nn.Module = make(**{name: given[name] for name in names if name in given})
    return built


def _working(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if layer["kind"] not in IDLE]


def _block(network: Network, number: int) -> list[Layer]:
    """What follows on convolution 0 or 1, up to the next layer with a matrix of weights, or `Flatten`."""
    layers = _working(network)
    places = [i for i, layer in enumerate(layers) if layer["kind"] in CONVOLUTIONS]
    if number >= len(places):
        return []
    rest = layers[places[number] + 1 :]
    ends = [i for i, layer in enumerate(rest) if layer["kind"] in CONVOLUTIONS | {"Linear", "Flatten"}]
    return rest[: ends[0]] if ends else rest


def _normalising_slips(network: Network) -> tuple[Finding, ...]:
    """What is wrong with the batch normalisation, the likeliest cause first."""
    layers = _working(network)
    kinds = [layer["kind"] for layer in layers]
    found: list[Finding] = []

    def say(identity: str, text: str) -> None:
        if identity not in [finding.id for finding in found]:
            found.append(Finding(identity, text))

    norms = [i for i, kind in enumerate(kinds) if kind in NORMALISATIONS]
    convolutions = [i for i, kind in enumerate(kinds) if kind in CONVOLUTIONS]
    linear = [i for i, kind in enumerate(kinds) if kind in {"Linear", "Flatten"}]
    if OTHER_NORMALISATIONS & set(kinds):
        say("other-norm", "That is another kind of normalisation. Batch normalisation is `nn.BatchNorm2d`.")
    if not norms:
        say("no-batch-norm", "There is no batch normalisation: `nn.BatchNorm2d` after each of the two convolutions.")
        return tuple(found)
    if any(kinds[i] == "BatchNorm2d" and linear and i > linear[0] for i in norms):
        say(
            "batch-norm-2d-after-flatten",
            "`BatchNorm2d` normalises maps, and after `Flatten` there are none. It belongs after the convolutions.",
        )
    if any(kinds[i] != "BatchNorm2d" and (not linear or i < linear[0]) for i in norms):
        say("batch-norm-1d", "Maps have height and width: after a convolution it is `nn.BatchNorm2d`.")
    if convolutions and norms[0] < convolutions[0]:
        say(
            "batch-norm-before-convolution",
            "Batch normalisation comes after its convolution. Yours comes before, and normalises what goes in.",
        )
    for number, place in enumerate(convolutions):
        block = _block(network, number)
        names = [layer["kind"] for layer in block]
        channels = layers[place].get("out_channels")
        sizes = [layer.get("num_features") for layer in block if layer["kind"] in NORMALISATIONS]
        if any(size != channels for size in sizes):
            say(
                "num-features",
                f"After a convolution with {channels} filters there is `BatchNorm2d({sizes[0]})`. "
                "Its number should be how many maps there are, for each has a mean of its own.",
            )
        if "ReLU" in names and any(kind in NORMALISATIONS for kind in names[names.index("ReLU") :]):
            say(
                "batch-norm-after-relu",
                "Your batch normalisation comes after the ReLU. It should come before, and decide what is cut off.",
            )
        if names.count("BatchNorm2d") > 1:
            say("batch-norm-twice", "Once is enough: normalising again what was just normalised changes little.")
    if any("BatchNorm2d" not in [layer["kind"] for layer in _block(network, k)] for k in (0, 1)):
        say("one-batch-norm", "One of the two convolutions has no `nn.BatchNorm2d` right behind it.")
    last = max((i for i, kind in enumerate(kinds) if kind == "Linear"), default=len(kinds))
    if norms[-1] > last:
        say("batch-norm-at-end", "Your last layer is followed by batch normalisation. Leave the scores as they are.")
    return tuple(found)


OTHER_NORMALISATIONS = {"LayerNorm", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "LocalResponseNorm", "RMSNorm"}


def _normalised_case(network: Network, number: int, name: str, why: tuple[Finding, ...]) -> Case:
    """Whether the maps of one convolution are normalised before they are cut off at zero."""
    block = _block(network, number)
    kinds = [layer["kind"] for layer in block]
    before = kinds[: kinds.index("ReLU")] if "ReLU" in kinds else kinds
    channels = (64, 128)[number]
    right = [layer for layer in block if layer["kind"] == "BatchNorm2d" and layer.get("num_features") == channels]
    everywhere = {finding.id for finding in why} & {"batch-norm-before-convolution", "batch-norm-at-end"}
    fine = bool(right) and not everywhere and network.known
    fine = fine and sum(kind in NORMALISATIONS for kind in kinds) == before.count("BatchNorm2d") == 1
    shown = " ".join(
        f"{layer['kind']}({layer.get('num_features')})" if layer["kind"] in NORMALISATIONS else row([layer["kind"]])
        for layer in block
    )
    return Case(
        f"what follows on the {name} convolution",
        Outcome.PASSED if fine else Outcome.FAILED,
        "batch normalisation",
        f"BatchNorm2d({channels}), then ReLU; pool where you like",
        shown or "nothing",
        () if fine else (*why, NOT_NORMALISED),
    )


NOT_NORMALISED = Finding("not-normalised", "After each convolution, and before its ReLU, comes one `nn.BatchNorm2d`.")


def _dropout_case(network: Network, why: tuple[Finding, ...]) -> Case:
    """Whether something is dropped before the last linear layer, and nothing where that does harm."""
    slip = _dropout_slip(network) or (None if network.known else HIDDEN)
    kinds = [kind for kind in network.kinds if kind not in NORMALISATIONS]
    found = [f"{layer['kind']}({layer.get('p')})" for layer in network.of_kind(DROPOUTS)]
    last = max((i for i, kind in enumerate(kinds) if kind == "Linear"), default=0)
    return Case(
        "dropout",
        Outcome.FAILED if slip else Outcome.PASSED,
        "dropout",
        "before the last linear layer, 0 < p < 1",
        f"{' '.join(found) or 'none'}; the row ends with {row(kinds[max(0, last - 3) :])}",
        (*why, slip) if slip else (),
    )


def _dropout_slip(network: Network) -> Finding | None:
    layers = _working(network)
    kinds = [layer["kind"] for layer in layers]
    places = [i for i, kind in enumerate(kinds) if kind in DROPOUTS]
    if not places:
        return Finding("no-dropout", "There is no dropout layer: `nn.Dropout` somewhere before the last linear layer.")
    if any(float(layers[i].get("p", 0)) <= 0 for i in places):
        return Finding("p-zero", "With p = 0 nothing is ever dropped.")
    if any(float(layers[i].get("p", 0)) >= 1 for i in places):
        return Finding("p-one", "With p = 1 everything is dropped. p is the share that goes.")
    if any("Linear" not in kinds[i:] for i in places):
        return Finding(
            "dropout-at-end", "Dropout after the last layer throws scores away, right ones too. It belongs before it."
        )
    if any(not {"Linear", *CONVOLUTIONS} & set(kinds[:i]) for i in places):
        return Finding("dropout-on-input", "Dropout comes first, and takes pixels away. It is for what layers find.")
    flat = kinds.index("Flatten") if "Flatten" in kinds else len(kinds)
    for i in places:
        if kinds[i] == "Dropout2d" and i > flat:
            return Finding(
                "dropout2d-after-flatten",
                "`Dropout2d` drops whole maps, and after `Flatten` there are none: use `nn.Dropout` there.",
            )
        if kinds[i] not in {"Dropout", "Dropout2d"}:
            return Finding("other-dropout", f"`{kinds[i]}` is for other networks. Use `nn.Dropout` (or `Dropout2d`).")
        following = kinds[i + 1 :]
        weights = [k for k, kind in enumerate(following) if kind in CONVOLUTIONS | {"Linear"}]
        if NORMALISATIONS & set(following[: weights[0]]):
            return Finding(
                "dropout-before-batch-norm",
                "Dropout right before batch normalisation: what is dropped makes numbers vary more in training than "
                "later, and the means and variances learned then do not fit. Normalise first.",
            )
    return None
