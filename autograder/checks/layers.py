"""What a convolutional network is made of, read from an observation, and the usual slips in one for Fashion-MNIST."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray

from autograder.checks.experiments import Observation
from autograder.checks.experiments.networks import known_numbers
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.student import Mistake
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
Layer = Mapping[str, Any]

CONVOLUTIONS = {"Conv1d", "Conv2d", "Conv3d"}
NORMALISATIONS = {"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"}
DROPOUTS = {"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"}
IDLE = {"Identity"}
LARGEST_SETTING = 10**8
ORDER = ("Conv2d", "MaxPool2d", "ReLU", "Conv2d", "MaxPool2d", "ReLU", "Flatten", "Linear", "ReLU", "Linear")
FLATTENED = {  # numbers for one image: how one comes to count them instead of 128·5·5
    128 * 7 * 7: "128·7·7 is with padding, 28 → 14 → 7. Here each convolution takes a border away as well.",
    128 * 6 * 6: "128·6·6 is rounded up: of 11 rows pooling leaves one over.",
    128 * 11 * 11: "128·11·11 is before the second pooling.",
    128 * 12 * 12: "128·12·12 is without the first pooling.",
    128 * 24 * 24: "128·24·24 is without any pooling.",
    128 * 22 * 22: "128·22·22 is with a pooling that moves by 1.",
    32 * 5 * 5: "32·5·5 is with 32 filters in the second convolution, as the slide says.",
    64 * 5 * 5: "64·5·5 is with 64 filters in the second convolution.",
    5 * 5: "5·5 are the places of a single map. `Flatten` hands all maps over.",
    128: "128 are the maps. `Flatten` hands over all of their places.",
    28 * 28: "28·28 is the image that went in. Follow its shape through both blocks.",
}


@dataclass(frozen=True)
class Network:
    """A network as the experiment `network` saw it.

    `layers` are the modules in the order of their work (in that of their making, if the network stopped) with `kind`
    and settings; `weights` are the arrays of numbers to be learned; None stands for one too large to look at. `failed`
    says what stopped it, and is empty if nothing did. `known` tells whether its weights are those that it was given.
    """

    kind: str
    layers: tuple[Layer, ...]
    weights: tuple[Array | None, ...]
    failed: str
    known: bool = True

    @property
    def shapes(self) -> list[tuple[int, ...] | None]:
        """The shape of each array of weights."""
        return [None if array is None else array.shape for array in self.weights]

    @property
    def kinds(self) -> list[str]:
        """The kinds of the layers in a row, without those that do nothing."""
        return [layer["kind"] for layer in self.layers if layer["kind"] not in IDLE]

    def of_kind(self, kinds: Iterable[str]) -> list[Layer]:
        """The layers of these kinds, in order."""
        return [layer for layer in self.layers if layer["kind"] in kinds]

    @property
    def in_a_row(self) -> bool:
        """Whether the layers tell everything: in an `nn.Sequential` nothing happens between them."""
        return self.kind == "Sequential"


def network_of(observed: Observation, seed: int = 0) -> Network:
    """The network in an observation that has no problem of its own, of an experiment with this seed.

    Its weights have the values of that seed. If they have not, nobody has built a network, or one that writes over its
    own weights: there is nothing in it to look at. It is not `known` either where the first are too large to look at.
    """
    layers: list[Layer] = []
    for number in count():
        value = observed.values.get(f"layer {number}")
        if not isinstance(value, str):
            break
        layers.append(_layer(value))
    weights: list[Array | None] = []
    for number in count():
        key = f"parameter {number}"
        if key not in observed.values and key not in observed.problems:
            break
        held = observed.values.get(key)
        weights.append(held if isinstance(held, np.ndarray) else None)
    known = bool(weights) and weights[0] is not None
    if not _of_seed(weights, seed):
        known, layers, weights = False, [], [None] * len(weights)
    failed = str(observed.values.get("failed", ""))
    return Network(str(observed.values["kind"]), tuple(layers), tuple(weights), failed, known)


ROUNDED = 0.01  # what may be left of a number in a network of 16 bits


def _of_seed(weights: Sequence[Array | None], seed: int) -> bool:
    """Whether weights have the values of a seed, up to the first that are too large to look at."""
    random = torch.Generator().manual_seed(seed)
    for array in weights:
        if array is None:
            break
        if not np.allclose(array, known_numbers(array.shape, random).numpy(), rtol=ROUNDED, atol=ROUNDED):
            return False
    return True


def _layer(value: str) -> Layer:
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):  # a class with a name so long that its description was cut
        return {"kind": "?"}
    if not isinstance(read, dict) or not isinstance(read.get("kind"), str):
        return {"kind": "?"}
    return read if all(_is_setting(setting) for setting in read.values()) else {"kind": "?"}


def _is_setting(value: object) -> bool:
    """Whether a layer may have such a setting: a number of bearable size, a word, or a few whole numbers."""
    if isinstance(value, str):
        return re.fullmatch(r"\w{1,80}", value) is not None
    if isinstance(value, list):
        return len(value) <= 6 and all(isinstance(n, int) and abs(n) <= LARGEST_SETTING for n in value)
    return isinstance(value, int | float) and abs(value) <= LARGEST_SETTING


def unseen(observed: Observation, titles: Mapping[str, str]) -> Iterator[Case]:
    """The cases (title → part) of a check whose experiment came to nothing."""
    problem = observed.problem
    outcome = Outcome.NOT_ATTEMPTED if problem == NOT_ATTEMPTED else Outcome.FAILED
    for title, part in titles.items():
        yield Case(title, outcome, part, findings=() if problem is None else (problem,))


def square(setting: object) -> tuple[object, ...]:
    """A setting such as `kernel_size` for height and width, however it was given."""
    return tuple(setting) if isinstance(setting, list | tuple) else (setting, setting)


# --- slips ------------------------------------------------------------------------------------------------------


def slips_of(network: Network, also: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What differs from the network of the notebook, the likeliest cause first.

    `also` are kinds of layers that may be there besides.
    """
    return (
        *_foreign(network, set(also)),
        *_convolution_slips(network),
        *_pooling_slips(network),
        *_linear_slips(network),
    )


def _foreign(network: Network, also: set[str]) -> Iterator[Finding]:
    kinds = [kind for kind in network.kinds if kind not in also]
    if "Softmax" in kinds or "Softmax2d" in kinds:
        yield Finding(
            "softmax",
            "There is a softmax in it. The network gives scores: `CrossEntropyLoss` has the softmax inside.",
        )
    if "LogSoftmax" in kinds:
        yield Finding(
            "log-softmax",
            "There is a logarithm of a softmax in it. The network gives scores: `CrossEntropyLoss` does the rest.",
        )
    if NORMALISATIONS & set(kinds):
        yield Finding("batch-norm", "There is batch normalisation in it. That is for exercise 6; here, ten layers.")
    if DROPOUTS & set(kinds):
        yield Finding("dropout", "There is dropout in it. That is for exercise 6; here, ten layers.")
    if "AvgPool2d" in kinds:
        yield Finding("average-pooling", "You pool by average; max-pooling is asked for.")
    for kind in kinds:
        if kind in ACTIVATIONS:
            yield Finding("other-activation", f"`{kind}` is no ReLU. After both poolings and the linear layer: ReLU.")
            return


ACTIVATIONS = {
    *("Sigmoid", "Tanh", "Hardtanh", "LeakyReLU", "PReLU", "RReLU", "ReLU6"),
    *("ELU", "GELU", "SELU", "CELU", "SiLU", "Softplus", "Mish"),
}


def _convolution_slips(network: Network) -> Iterator[Finding]:
    convolutions = network.of_kind(CONVOLUTIONS)
    if not convolutions:  # none that can be seen: their weights tell less, but the shapes are judged anyway
        return
    if any(layer["kind"] != "Conv2d" for layer in convolutions):
        yield Finding("not-2d", "An image has height and width: `nn.Conv2d`, not 1d or 3d.")
        return
    if len(convolutions) != 2:
        yield Finding("convolutions", f"There should be two convolutions; yours has {len(convolutions)}.")
        return
    first, second = convolutions
    if first.get("in_channels") == 3:
        yield Finding("rgb", "Your first convolution wants three colours. Fashion-MNIST is grey: one channel.")
    if any(square(layer.get("kernel_size")) != (3, 3) for layer in convolutions):
        yield Finding("kernel-size", "The kernels of both convolutions are 3×3; one of yours is not.")
    if any(square(layer.get("padding")) not in ((0, 0), ("valid", "valid")) for layer in convolutions):
        yield Finding("padding", "Your convolutions are padded. Without padding, each takes a border of 1 away.")
    if any(square(layer.get("stride")) != (1, 1) for layer in convolutions):
        yield Finding("conv-stride", "A convolution of yours moves by more than 1. Here pooling makes maps smaller.")
    if any(square(layer.get("dilation")) != (1, 1) or layer.get("groups") != 1 for layer in convolutions):
        yield Finding("conv-settings", "A convolution of yours has a dilation or groups; leave both as they are.")
    if second.get("in_channels") != first.get("out_channels"):
        yield Finding(
            "channels-do-not-fit",
            f"The first convolution makes {first.get('out_channels')} channels, and the second wants "
            f"{second.get('in_channels')}. As many as come out have to go in.",
        )
    elif second.get("out_channels") == 32:
        yield Finding("slide", "32 filters in the second convolution are what the slide's text says. Here it has 128.")
    elif (first.get("out_channels"), second.get("out_channels")) != (64, 128):
        yield Finding(
            "filters",
            f"Your convolutions have {first.get('out_channels')} and {second.get('out_channels')} filters; "
            "64 and 128 are asked for.",
        )
    if not all(layer.get("bias", True) for layer in convolutions):
        yield NO_BIAS


NO_BIAS = Finding("no-bias", "A layer has no bias. Each filter, and each unit, has one: leave out `bias=False`.")


def window_slips(pools: Sequence[Layer]) -> Iterator[Finding]:
    """What is wrong with pooling windows that should be 2×2 and not overlap."""
    if any(square(layer.get("kernel_size")) != (2, 2) for layer in pools):
        yield Finding("pool-size", "The pooling windows are 2×2; yours are of another size.")
    elif any(square(layer.get("stride")) != (2, 2) for layer in pools):
        yield Finding("pool-stride", "Your pooling moves by 1; with stride 2 (the default) windows do not overlap.")


def _pooling_slips(network: Network) -> Iterator[Finding]:
    pools = network.of_kind({"MaxPool2d", "AvgPool2d"})
    yield from window_slips(pools)
    if any(square(layer.get("padding", 0)) != (0, 0) for layer in pools):
        yield Finding("pool-padding", "Your pooling is padded; here it is not.")
    if network.in_a_row and not network.failed and len(pools) < 2:
        yield Finding("pool-missing", "Each of the two blocks has a pooling layer. One is missing.")
    if network.in_a_row and network.failed and not pools:
        yield Finding("pool-missing", "Each of the two blocks has a pooling layer. There is none.")


def _linear_slips(network: Network) -> Iterator[Finding]:
    linear = [shape for shape in network.shapes if shape is not None and len(shape) == 2]
    linear = [(layer["out_features"], layer["in_features"]) for layer in network.of_kind({"Linear"})] or linear
    bare = set(network.kinds) <= {*ORDER, *NORMALISATIONS, *DROPOUTS} - {"Flatten"}
    if network.in_a_row and network.failed and bare:
        yield Finding(
            "no-flatten",
            "`nn.Flatten()` is missing: a linear layer wants one row of numbers for each image, not maps.",
        )
    if len(linear) != 2:
        yield Finding("linear-layers", f"There should be two linear layers; yours has {len(linear)}.")
        return
    (hidden, inputs), (classes, passed_on) = linear
    if passed_on != hidden:
        yield Finding(
            "linear-do-not-fit",
            f"The first linear layer gives {hidden} numbers, and the last wants {passed_on}. They have to agree.",
        )
    elif hidden != 200:
        yield Finding("hidden-size", f"Your first linear layer has {hidden} outputs; 200 are asked for.")
    if classes != 10:
        yield Finding("classes", f"There are ten classes, so ten scores. Your last layer has {classes}.")
    if inputs != 3200:
        how = FLATTENED.get(inputs, f"Yours takes {inputs}. Follow the shape through both blocks, or print it.")
        yield Finding("flatten-size", f"The first linear layer takes what `Flatten` hands over. {how}")
    if not all(layer.get("bias", True) for layer in network.of_kind({"Linear"})):
        yield NO_BIAS


def stopped(network: Network, side: int) -> Finding:
    """What to say of a network that stops, on images with this side, where no usual slip explains it."""
    return Finding("stops", f"On images of {side}×{side} your network stops with {network.failed[:200].rstrip('.')}.")


def end_mistakes(leads_to: Callable[..., Callable[[], ArrayLike]]) -> list[Mistake]:
    """What may stand after the last linear layer and should not; `leads_to(end=…)` gives the answer with it."""
    return [
        Mistake(
            "softmax",
            "There is a softmax at the end. The network gives scores: `CrossEntropyLoss` has the softmax inside.",
            leads_to(end=partial(torch.softmax, dim=1)),
        ),
        Mistake(
            "log-softmax",
            "There is a logarithm of a softmax at the end. The network gives scores: `CrossEntropyLoss` does the rest.",
            leads_to(end=partial(torch.log_softmax, dim=1)),
        ),
        Mistake(
            "relu-at-end",
            "There is a ReLU at the end: scores below 0 are lost. The last linear layer is the last layer.",
            leads_to(end=F.relu),
        ),
    ]


def row(kinds: Sequence[str]) -> str:
    """The kinds of layers in a row, short enough to be shown."""
    return " ".join(SHORT.get(kind, kind) for kind in kinds) or "nothing"


SHORT = {"Conv2d": "conv", "MaxPool2d": "pool", "AvgPool2d": "avg", "Flatten": "flat", "Linear": "lin"}
