"""Checks of notebook 01: the data as vectors, the network, one step of training, and counting what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from autograder.checks.experiments import Observation
from autograder.checks.experiments.steps import flat, known_network
from autograder.checks.fashion import (
    Slip,
    flag,
    foreseen,
    foretold,
    item_cases,
    leading_to,
    returned,
    state_case,
    value_of,
)
from autograder.checks.layers import network_of
from autograder.checks.registry import register
from autograder.checks.slips import constant, equals
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="01_fmnist_mlp")

NOT_ANSWERED = np.array(np.nan)  # agrees with nothing


# --- the data ---------------------------------------------------------------------------------------------------


def _no_vectors(images: Array) -> list[Mistake]:
    n = len(images)
    return [
        Mistake(
            "not-flattened",
            "Your items are still images, 28×28. This network wants vectors: `.reshape(len(images), -1)`.",
            constant(images),
        ),
        Mistake(
            "with-channel",
            "Your items have a channel axis, (1, 28, 28), as a convolution wants it; here each is a vector.",
            constant(images[:, None]),
        ),
        Mistake(
            "row-of-one",
            "Each item has shape (1, 784), one axis too many: that of the batch comes from the DataLoader.",
            constant(images.reshape(n, 1, -1)),
        ),
        Mistake(
            "columns-first",
            "Your vectors go down the columns; `reshape` and `flatten` go along the rows.",
            constant(images.transpose(0, 2, 1).reshape(n, -1)),
        ),
    ]


@lesson(
    "fashion-vectors",
    exercise="1",
    title="A dataset of vectors",
    asks=("FashionVectors",),
    points={"length": 0.5, "images": 1.5, "labels": 1},
)
def fashion_vectors(student: Student) -> Iterator[Case]:
    """`FashionVectors(images, labels)`: item i is a vector of 784 numbers from 0 to 1, float32, and an int64 label."""
    yield from item_cases(student, "FashionVectors", (784,), misshapen=_no_vectors)


# --- counting weights -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """A linear layer, with the names under which its parameters are typed."""

    weights: str
    biases: str
    both: str
    part: str
    n_in: int
    n_out: int


LAYERS = (
    Layer("weights_1", "biases_1", "layer_1", "first layer", 784, 1000),
    Layer("weights_2", "biases_2", "layer_2", "second layer", 1000, 10),
)
ADDED = "You added the sizes of the two ends. Each unit at one end has an arrow to every unit at the other."
BIASES_IN_WEIGHTS = "The biases are in it already. They are counted by themselves in the next line."
ONE_SIDE = "28 is the side of an image; its pixels are 28 × 28."
OTHER_LAYER = "These are the sizes of the whole network's ends. Each layer leads from one row of units to the next."
BIAS_PER_INPUT = "One bias for each input? A bias is added to each sum, and there is one sum for each output."
ONE_BIAS = "A single bias for the layer would shift all outputs alike; each output has a bias of its own."
NO_BIAS = "`nn.Linear` has biases unless it is told `bias=False`."
OUTPUT_MISSING = "That is the number of arrows into a single unit. How many such units are there?"
INPUT_MISSING = "That is how many units the arrows lead to. How many arrows end in each?"
WITHOUT_BIASES = "The biases are missing: all parameters are weights and biases."
MULTIPLIED = "You multiplied two counts that have to be added: parameters here plus parameters there."


def _slips(held: Array | str | None, *listed: tuple[str, str, Sequence[float]]) -> list[Mistake]:
    """Misconceptions about a typed number, each with the answers that it leads to."""
    return [
        Mistake(identity, text, constant(next((answer for answer in answers if equals(held, answer)), np.nan)))
        for identity, text, answers in listed
    ]


def _plausible(held: Array | str | None, right: float, mistakes: Sequence[Mistake]) -> bool:
    """Whether a typed number is right, or what a usual slip leads to: fit to go on from."""
    return isinstance(held, np.ndarray) and any(
        agree(held, np.asarray(answer, dtype=float)) for answer in (right, *(mistake.answer() for mistake in mistakes))
    )


def _sum_of(student: Student, names: Sequence[str]) -> float:
    values = [student.value(name).value for name in names]
    return float(sum(value.item() for value in values if isinstance(value, np.ndarray) and value.size == 1))


@lesson(
    "mlp-weights",
    exercise="2",
    title="Count the weights",
    asks=("weights_1", "biases_1", "layer_1", "weights_2", "biases_2", "layer_2", "total"),
    points={"first layer": 1, "second layer": 1, "total": 1},
)
def mlp_weights(student: Student) -> Iterator[Case]:
    """Weights are arrows from each unit to each unit of the next row; each unit that arrows lead to has one bias."""
    fit = True
    for layer in LAYERS:
        n_in, n_out = layer.n_in, layer.n_out
        ends = {784 * 10, 785 * 10}
        held = {name: student.value(name).value for name in (layer.weights, layer.biases, layer.both)}
        weights = _slips(
            held[layer.weights],
            ("added", ADDED, [n_in + n_out]),
            ("biases-in-weights", BIASES_IN_WEIGHTS, [n_in * n_out + n_out]),
            ("one-side", ONE_SIDE, [28 * n_out] if n_in == 784 else []),
            ("other-layer", OTHER_LAYER, sorted(ends)),
            ("output-missing", OUTPUT_MISSING, [n_in]),
            ("input-missing", INPUT_MISSING, [n_out]),
        )
        biases = _slips(
            held[layer.biases],
            ("bias-per-input", BIAS_PER_INPUT, [n_in]),
            ("one-bias", ONE_BIAS, [1]),
            ("no-bias", NO_BIAS, [0]),
            (
                "bias-per-weight",
                "One bias for each arrow? Arrows carry weights; a bias is added to each sum.",
                [n_in * n_out],
            ),
        )
        both = _slips(
            held[layer.both],
            ("without-biases", WITHOUT_BIASES, [n_in * n_out]),
            ("bias-per-input", BIAS_PER_INPUT, [n_in * n_out + n_in]),
            ("one-bias", ONE_BIAS, [n_in * n_out + 1]),
            ("added", ADDED, [n_in + n_out, n_in + 2 * n_out]),
            ("multiplied", MULTIPLIED, [n_in * n_out * n_out]),
            ("one-side", ONE_SIDE, [29 * n_out] if n_in == 784 else []),
            ("other-layer", OTHER_LAYER, [*sorted(ends), 784 * 10 + 10]),
        )
        yield student.holds(layer.weights, n_in * n_out, mistakes=weights, part=layer.part)
        yield student.holds(layer.biases, n_out, mistakes=biases, part=layer.part)
        right = (n_in + 1) * n_out
        own, note = float(right), ""
        if _plausible(held[layer.weights], n_in * n_out, weights) and _plausible(held[layer.biases], n_out, biases):
            added = _sum_of(student, (layer.weights, layer.biases))
            if added != right and equals(held[layer.both], added):
                own, note = added, ", from your own numbers (which are not all right yet)"
        yield student.holds(layer.both, own, mistakes=both, part=layer.part, title=f"`{layer.both}`{note}")
        fit &= bool(note) or _plausible(held[layer.both], right, both)
    yield _total(student, fit)


def _total(student: Student, fit: bool) -> Case:
    """The case for the sum of both layers, of the student's own where these are `fit` to go on from."""
    right = sum((layer.n_in + 1) * layer.n_out for layer in LAYERS)
    held = student.value("total").value
    mistakes = _slips(
        held,
        ("without-biases", WITHOUT_BIASES, [sum(layer.n_in * layer.n_out for layer in LAYERS)]),
        ("multiplied", MULTIPLIED, [785 * 1000 * 1001 * 10]),
        (
            "units",
            "That is how many units there are, not how many parameters: add up what you have for the two layers.",
            [784 + 1000 + 10, 1000 + 10],
        ),
        (
            "one-layer",
            "That is one of the two layers; the network has both.",
            [(layer.n_in + 1) * layer.n_out for layer in LAYERS],
        ),
        ("biases-twice", "The biases are counted twice: they are in `layer_1` and `layer_2` already.", [right + 1010]),
    )
    if fit:
        added = _sum_of(student, [layer.both for layer in LAYERS])
        if added != right and equals(held, added):
            title = "`total`, from your own layers (which are not all right yet)"
            return student.holds("total", added, part="total", title=title)
    return student.holds("total", right, mistakes=mistakes, part="total")


@lesson("megabytes", exercise="Quick question", title="Megabytes", asks=("megabytes",), points=0)
def megabytes(student: Student) -> Iterator[Case]:
    """795,010 parameters of type float32, in megabytes of 1024² bytes, as `torchsummary` counts."""
    parameters = 795_010
    held = student.value("megabytes").value

    def rounded(number: float) -> float:
        """The number, or what was typed if that is the number to two digits or more."""
        near = isinstance(held, np.ndarray) and held.size == 1 and abs(float(held.reshape(())) - number) < 0.0051
        return float(held.reshape(())) if near and isinstance(held, np.ndarray) else number

    slips = (
        (
            "thousands",
            "You divided by 1000²; `torchsummary` divides by 1024². Both are called megabytes.",
            parameters * 4 / 1000**2,
        ),
        (
            "thousand-and-1024",
            "You divided once by 1000 and once by 1024: here it is 1024 both times.",
            parameters * 4 / 1024 / 1000,
        ),
        ("one-byte", "You counted one byte for each parameter. How many bits has a float32?", parameters / 1024**2),
        ("bits", "Those are megabits: a byte has 8 bits.", parameters * 32 / 1024**2),
        ("float64", "You counted 8 bytes for each, as float64 needs; these are float32.", parameters * 8 / 1024**2),
        ("float16", "You counted 2 bytes for each, as float16 needs; these are float32.", parameters * 2 / 1024**2),
        ("bytes", "Those are bytes: divide by 1024².", parameters * 4),
        ("kilobytes", "Those are kilobytes: divide by 1024 once more.", parameters * 4 / 1024),
        ("millions", "That is how many million parameters there are. Each needs several bytes.", parameters / 1e6),
        (
            "weights-only",
            "Those are the weights without the biases, which need memory, too.",
            (parameters - 1010) * 4 / 1024**2 if equals(held, (parameters - 1010) * 4 / 1024**2) else np.nan,
        ),
        ("whole", "Two digits after the point, please.", 3 if equals(held, 3) else np.nan),
    )
    mistakes = [Mistake(identity, text, constant(rounded(answer))) for identity, text, answer in slips]
    right = parameters * 4 / 1024**2
    yield student.holds(
        "megabytes", right if equals(held, (parameters - 1010) * 4 / 1024**2) else rounded(right), mistakes=mistakes
    )


# --- the network ------------------------------------------------------------------------------------------------


SHAPES = {
    "no-layers": "There is nothing to learn in it: a network needs two `nn.Linear`.",
    "sizes-fixed": "The sizes 784, 1000 or 10 are written into your network. Use the arguments: here `make_mlp` is "
    "called with other sizes.",
    "no-bias": "There are weights, but biases are missing: leave `bias=False` out.",
    "one-layer": "There is only one linear layer, straight from input to output. The hidden layer is missing.",
    "three-layers": "There are more than two linear layers; one hidden layer needs two.",
    "hidden-ignored": "None of your layers has `n_hidden` units.",
    "hidden-and-output-swapped": "`n_hidden` and `n_out` are swapped.",
    "linear-swapped": "`nn.Linear` takes the number of inputs first, then the number of outputs.",
    "extra-parameters": "Right linear layers, and something else that learns, such as batch normalisation. "
    "Linear, ReLU, linear is all.",
    "wrong-layers": "The sizes of the layers are not right: n_in to n_hidden, then n_hidden to n_out.",
}
ONE_NETWORK = Finding(
    "one-network",
    "Two calls give networks that share their weights: training one changes the other. Make the layers inside "
    "`make_mlp`.",
)
DROPOUT = Finding("dropout", "There is dropout in it. It may help, but here linear, ReLU, linear is asked for.")


def _fault_of_shapes(shapes: Sequence[tuple[int, ...]], n_in: int, n_hidden: int, n_out: int) -> Finding | None:
    """What is wrong with the shapes of a network's parameters, if anything is."""
    right = [(n_hidden, n_in), (n_hidden,), (n_out, n_hidden), (n_out,)]
    if sorted(shapes) == sorted(right):
        return None
    weights = sorted(shape for shape in shapes if len(shape) == 2)
    sizes = {size for shape in shapes for size in shape}
    rules = {
        "no-layers": not weights,
        "sizes-fixed": bool(sizes & {784, 1000}) or (10 in sizes and n_out not in sizes),
        "no-bias": weights == sorted([right[0], right[2]]) and len(shapes) < 4,
        "one-layer": len(weights) == 1,
        "three-layers": len(weights) > 2,
        "hidden-ignored": n_hidden not in sizes,
        "hidden-and-output-swapped": weights == sorted([(n_out, n_in), (n_hidden, n_out)]),
        "linear-swapped": bool({(n_in, n_hidden), (n_hidden, n_out)} & set(weights)),
        "extra-parameters": weights == sorted([right[0], right[2]]),
        "wrong-layers": True,
    }
    name = next(name for name, holds in rules.items() if holds)
    return Finding(name, SHAPES[name])


def _sigmoid(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-values)))


def _relu(values: Array) -> Array:
    return np.maximum(values, 0)


def _softmax(values: Array, axis: int = 1) -> Array:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def _same(values: Array) -> Array:
    return values


def _answers(x: Array, parameters: Sequence[Array], n_in: int, n_hidden: int) -> Callable[..., Array]:
    """The forward pass of the two linear layers among the parameters, with any functions between and after."""
    by_shape = {parameter.shape: parameter for parameter in parameters}
    n_out = next(shape[0] for shape in by_shape if len(shape) == 2 and shape != (n_hidden, n_in))
    w1, b1 = by_shape[n_hidden, n_in], by_shape[(n_hidden,)]
    w2, b2 = by_shape[n_out, n_hidden], by_shape[(n_out,)]

    def forward(between: Callable[[Array], Array], after: Callable[[Array], Array] = _same) -> Array:
        return after(between(x @ w1.T + b1) @ w2.T + b2)

    return forward


def _score_mistakes(forward: Callable[..., Array]) -> list[Mistake]:
    listed: tuple[tuple[str, str, Callable[[Array], Array], Callable[[Array], Array]], ...] = (
        (
            "no-relu",
            "There is no ReLU between the layers. Two linear layers in a row are just one linear layer.",
            _same,
            _same,
        ),
        (
            "relu-at-the-end",
            "There is a ReLU after the last layer, too: scores below 0 are lost. It belongs between the layers only.",
            _relu,
            _relu,
        ),
        (
            "relu-misplaced",
            "The ReLU comes after the last layer; it belongs between the two.",
            _same,
            _relu,
        ),
        (
            "softmax",
            "Your network answers with probabilities (softmax). Scores are asked for: the loss does that step itself.",
            _relu,
            _softmax,
        ),
        (
            "log-softmax",
            "Your network answers with logarithms of probabilities. Scores are asked for: the loss does that itself.",
            _relu,
            lambda scores: np.log(_softmax(scores)),
        ),
        (
            "softmax-of-batch",
            "Your softmax goes down the batch (`dim=0`), so that the items divide one probability among themselves; "
            "besides, scores are asked for, without softmax.",
            _relu,
            lambda scores: _softmax(scores, 0),
        ),
        ("sigmoid-at-the-end", "There is a sigmoid after the last layer; scores may be any number.", _relu, _sigmoid),
        ("sigmoid", "Between the layers there is a sigmoid; ReLU is asked for.", _sigmoid, _same),
        ("tanh", "Between the layers there is a tanh; ReLU is asked for.", np.tanh, _same),
    )
    return [Mistake(identity, text, partial(forward, between, after)) for identity, text, between, after in listed]


@lesson("make-mlp", exercise="3", title="The network", asks=("make_mlp",), points={"layers": 1, "scores": 1})
def make_mlp(student: Student) -> Iterator[Case]:
    """`make_mlp(n_in, n_hidden, n_out)`: linear, ReLU, linear, with scores (N, n_out) for a batch (N, n_in)."""
    for n in (5, 4):
        n_in, n_hidden, n_out = (int(size) for size in student.random.permutation([3, 4, 5, 6, 7, 8])[:3])
        x = student.random.normal(size=(n, n_in)).astype(np.float32)
        seed = int(student.random.integers(2**31))
        observed = student.observes("network", "make_mlp", arguments=(n_in, n_hidden, n_out), x=x, seed=seed)
        yield from _network_cases(student, observed, x, (n_in, n_hidden, n_out), seed)


def _described(shapes: Sequence[tuple[int, ...]]) -> str:
    """The shapes of parameters in words: "weights 4×5, 8×4; biases 4, 8"."""
    weights = ", ".join("×".join(map(str, shape)) for shape in shapes if len(shape) > 1)
    biases = ", ".join(str(shape[0]) for shape in shapes if len(shape) == 1)
    return f"weights {weights or 'none'}; biases {biases or 'none'}"


def _network_cases(
    student: Student, observed: Observation, x: Array, sizes: tuple[int, int, int], seed: int
) -> Iterator[Case]:
    call = f"make_mlp{sizes}"
    n_in, n_hidden, n_out = sizes
    wanted = _described([(n_hidden, n_in), (n_hidden,), (n_out, n_hidden), (n_out,)])
    title = f"`{call}`: weights and biases"
    if observed.problem is not None:
        yield state_case(observed, title, "layers", wanted, ())
        yield state_case(observed, f"`{call}`: scores", "scores", "scores", ())
        return
    network = network_of(observed, seed)
    # what is too large to look at has a shape that is wrong here
    parameters = [np.zeros((0, 0)) if array is None else array for array in network.weights]
    fault = _fault_of_shapes([parameter.shape for parameter in parameters], *sizes)
    if fault is not None:
        got = _described([parameter.shape for parameter in parameters])
        yield Case(title, Outcome.FAILED, "layers", wanted, got, (fault,))
        yield Case(f"`{call}`: scores", Outcome.FAILED, "scores", None, None, (fault,))
        return
    yield Case(title, Outcome.PASSED, "layers", wanted, wanted)
    drops = any("Dropout" in layer["kind"] and layer.get("p", 0) for layer in network.layers)
    yield state_case(
        observed,
        f"`{call}`: layers",
        "layers",
        "linear, ReLU, linear",
        (
            (not flag(observed, "fresh"), "one network for all", ONE_NETWORK),
            (drops, "dropout, too", DROPOUT),
        ),
    )
    title = f"`{call}`: scores for {len(x)} vectors"
    failed = observed.values.get("failed")
    forward = _answers(x, parameters, n_in, n_hidden)
    if failed is not None:
        why = Finding("raised", f"The network could not answer to a batch {x.shape}: {str(failed)[:200]}")
        yield Case(title, Outcome.FAILED, "scores", forward(_relu), None, (why,))
        return
    yield student.shows(observed, "y", forward(_relu), mistakes=_score_mistakes(forward), part="scores", title=title)


# --- one step of training ---------------------------------------------------------------------------------------


def routine(
    words: str,
    *,
    see: Callable[[Tensor], Tensor] = lambda scores: scores,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
    times: Callable[[Tensor], float] = lambda x: 1.0,
) -> Callable[..., object]:
    """A `train_batch` that does these things in this order: train, eval, zero, forward, backward, step.

    The loss sees `see(scores)` in place of the scores; `loss` stands in for the loss function, and its value is
    multiplied by `times(x)`.
    """

    def train_batch(
        x: Tensor, y: Tensor, model: nn.Module, opt: Any, loss_fn: Callable[[Tensor, Tensor], Tensor]
    ) -> object:
        value = x.new_zeros(())
        for word in words.split():
            if word == "train":
                model.train()
            elif word == "eval":
                model.eval()
            elif word == "zero":
                opt.zero_grad()
            elif word == "forward":
                value = (loss or loss_fn)(see(model(x)), y) * times(x)
            elif word == "backward":
                value.backward(retain_graph=True)
            elif word == "step":
                opt.step()
        return value.detach()

    return train_batch


RIGHT = "train zero forward backward step"
LOSS_SLIPS = (
    Slip(
        "softmax-first",
        "You took the softmax of the scores before the loss. The loss wants scores; cross-entropy does the softmax "
        "itself, and twice is too much.",
        routine(RIGHT, see=lambda scores: scores.softmax(1)),
    ),
    Slip(
        "log-softmax-first",
        "You took `log_softmax` of the scores before the loss. That is the loss's own business: pass the scores on.",
        routine(RIGHT, see=lambda scores: scores.log_softmax(1)),
    ),
    Slip(
        "sigmoid-first",
        "You took the sigmoid of the scores before the loss; pass the scores on.",
        routine(RIGHT, see=lambda scores: scores.sigmoid()),
    ),
    Slip(
        "own-loss",
        "You always take the cross-entropy. Use the `loss_fn` that is handed in: here it is another one.",
        routine(RIGHT, loss=F.cross_entropy),
    ),
    Slip(
        "sum-trained",
        "You multiplied the loss by the size of the batch before `backward`: the step becomes that much larger.",
        routine(RIGHT, times=len),
    ),
)
NUMBER_SLIPS = (
    Slip(
        "loss-after-step",
        "This is the loss after the step; that of before is asked for, the one that the gradient came from.",
        routine(RIGHT + " forward"),
    ),
    Slip(
        "sum-returned",
        "This is the loss times the size of the batch; `loss_fn` gives the mean, and the mean is asked for.",
        routine("forward", times=len),
    ),
)
CLEAR_SLIPS = (
    Slip(
        "no-zero-grad",
        "Gradients from before are still in: `backward` adds to what is there. Call `opt.zero_grad()` before it.",
        routine("train forward backward step"),
    ),
    Slip(
        "zero-at-the-end",
        "You clear the gradients after the step. Those left over from before the call still count: clear first.",
        routine("train forward backward step zero"),
    ),
)
MODE_SLIPS = (
    Slip(
        "train-forgotten",
        "The model is trained in whatever mode it came. If that is eval mode, dropout and batch normalisation do not "
        "learn as they should: call `model.train()` first.",
        routine("zero forward backward step"),
    ),
    Slip(
        "eval-called",
        "The model is in eval mode while it is trained. `model.train()` is the mode to learn in.",
        routine("eval zero forward backward step"),
    ),
    Slip(
        "train-late",
        "`model.train()` comes after the model has answered: call it first.",
        routine("zero forward train backward step"),
    ),
)


def _routine_mistakes(observed: Observation, start: Array) -> list[Mistake]:
    """What the order of events in the first call tells about weights that came out wrong; `start` is what they were."""
    events = str(observed.values.get("events", ""))
    weights = observed.values.get("weights", NOT_ANSWERED)
    moved = isinstance(weights, np.ndarray) and not agree(weights, start)
    backwards, steps = events.count("backward"), events.count("step")
    rules: tuple[tuple[bool, str, str], ...] = (
        ("forward" not in events, "no-forward", "The model was never asked: the loss needs `model(x)`."),
        (
            not backwards and "forward" in events,
            "no-backward",
            "There is no gradient to step along: `loss.backward()` is missing.",
        ),
        (
            bool(re.search("backward[^b]*zero[^b]*step", events)),
            "zeroed-after-backward",
            "You clear the gradients after `backward`, so that nothing is left for the step. Clear them before.",
        ),
        (
            0 <= events.find("step") < events.find("backward"),
            "step-before-backward",
            "`opt.step()` comes before `loss.backward()`: it steps along gradients that are not there yet.",
        ),
        (
            backwards > 0 and not steps and not moved,
            "no-step",
            "The gradients are there, but the weights have not moved: `opt.step()` is missing.",
        ),
        (
            backwards > 0 and not steps and moved,
            "own-optimiser",
            "The weights moved, but not by `opt`. It is handed in with its own learning rate and memory: use it.",
        ),
        (backwards > 1 and steps > 1, "two-rounds", "You trained on this batch more than once; one step is asked for."),
        (backwards == 1 and steps > 1, "two-steps", "You call `opt.step()` more than once; one step is asked for."),
        (
            backwards > 1 and steps == 1,
            "two-backwards",
            "You call `backward` more than once. Gradients add up, so that the step becomes too long.",
        ),
    )
    return [
        *(
            Mistake(identity, text, constant(weights if holds and isinstance(weights, np.ndarray) else NOT_ANSWERED))
            for holds, identity, text in rules
        ),
        Mistake(
            "unmoved",
            "The weights are what they were. Were the gradients still there when `opt.step()` came?",
            constant(start),
        ),
    ]


@dataclass(frozen=True)
class Trial:
    """One way in which `train_batch` is tried."""

    part: str
    title: str
    optimiser: str
    loss: str = "cross-entropy"
    kind: str = "plain"
    batches: int = 1
    training: bool = False
    leftover: float | None = None
    slips: tuple[Slip, ...] = ()


TRIALS = (
    Trial("step", "SGD, cross-entropy", "SGD"),
    Trial("step", "Adam, squared error", "Adam", "squares"),
    Trial("clean", "SGD, gradients left over from before", "SGD", leftover=0.7, slips=CLEAR_SLIPS),
    Trial("clean", "SGD with momentum, two batches", "momentum", batches=2, leftover=0.0, slips=CLEAR_SLIPS),
    Trial(
        "mode",
        "batch normalisation, the model comes in eval mode, two batches",
        "SGD",
        kind="normalised",
        batches=2,
        slips=MODE_SLIPS,
    ),
    Trial(
        "mode",
        "batch normalisation, the model comes in training mode",
        "Adam",
        kind="normalised",
        training=True,
        slips=MODE_SLIPS,
    ),
)
KEEPS_GRAPH = Finding(
    "keeps-graph",
    "The right loss, but with its graph: whoever adds up the losses of an epoch keeps every batch in memory. "
    "Return `loss.item()`.",
)
BATCH_CHANGED = Finding("changes-input", "`x` or `y` is not what it was: whoever calls `train_batch` still needs them.")


@lesson(
    "train-batch",
    exercise="4",
    title="One step of learning",
    asks=("train_batch",),
    points={"step": 1, "clean": 1, "mode": 1, "number": 1},
)
def train_batch(student: Student) -> Iterator[Case]:
    """`train_batch(x, y, model, opt, loss_fn)`: one step, told by what the weights are after it."""
    for trial in TRIALS:
        yield from _trial_cases(student, trial)


def _trial_cases(student: Student, trial: Trial) -> Iterator[Case]:
    draw = student.random
    sizes, n = (5, 6, 4), 8
    arguments: dict[str, object] = {
        "kind": trial.kind,
        "sizes": sizes,
        "seed": int(draw.integers(2**31)),
        "x": draw.normal(size=(trial.batches, n, sizes[0])).astype(np.float32),
        "y": np.stack([draw.permutation(np.arange(n) % sizes[-1]) for _ in range(trial.batches)]),
        "loss": trial.loss,
        "optimiser": trial.optimiser,
        "training": trial.training,
        "leftover": trial.leftover,
    }
    observed = student.observes("training_steps", "train_batch", **arguments)
    right = foretold("training_steps", routine(RIGHT), arguments)
    start = value_of(foretold("training_steps", lambda *_: None, arguments), "weights")
    ends = foreseen((*trial.slips, *LOSS_SLIPS), "training_steps", arguments)
    yield student.shows(
        observed,
        "weights",
        value_of(right, "weights"),
        mistakes=[
            *_routine_mistakes(observed, start),
            *leading_to(ends, "weights"),
        ],
        part=trial.part,
        title=f"{trial.title}: all weights and biases after the last step, in a row",
    )
    if trial.part != "step":
        return
    if observed.problem is None and not flag(observed, "kept"):
        yield Case("the batch", Outcome.FAILED, "step", "unchanged", "changed", (BATCH_CHANGED,))
    ends = foreseen(NUMBER_SLIPS, "training_steps", arguments) | ends
    case = returned(
        student,
        observed,
        "loss",
        float(value_of(right, "loss")),
        name="train_batch",
        mistakes=leading_to(ends, "loss"),
        part="number",
        title=f"{trial.title}: the number that comes back",
    )
    yield case
    if case.outcome is Outcome.PASSED and flag(observed, "graph"):
        yield Case("what comes back", Outcome.FAILED, "number", "a number", "with a graph", (KEEPS_GRAPH,))


# --- counting what is right -------------------------------------------------------------------------------------


NOT_ASKED = Finding("model-not-asked", "The model was never asked: its guesses come from `model(x)`.")
EVAL_FORGOTTEN = Finding(
    "eval-forgotten",
    "The model answers in the mode in which it came, here training mode: dropout and batch normalisation then depend "
    "on the batch. Call `model.eval()` first.",
)
TRAIN_CALLED = Finding(
    "train-called",
    "You put the model in training mode to measure it. Measuring wants `model.eval()`.",
)
EVAL_LATE = Finding("eval-late", "`model.eval()` comes too late: the model had answered in training mode before.")
GRADIENTS_ON = Finding(
    "gradients-on",
    "PyTorch records every step of the model for a gradient that nobody wants; `detach` afterwards comes too late. "
    "Ask the model inside `with torch.no_grad():`.",
)
OFF_FOR_GOOD = Finding(
    "off-for-good",
    "Gradients are still switched off when your function is done: no training works after it. "
    "`with torch.no_grad():` switches them on again by itself.",
)
FROZEN = Finding(
    "frozen",
    "The weights do not want gradients any more (`requires_grad`): they will never learn again. "
    "Use `with torch.no_grad():`.",
)
GRADIENTS_CHANGED = Finding(
    "gradients-changed", "The gradients of the weights are not what they were. Measuring leaves them alone."
)
WEIGHTS_CHANGED = Finding("weights-changed", "The weights are not what they were. Measuring leaves them alone.")
NO_LOADER = Finding(
    "needs-a-dataloader",
    "Any source of pairs (x, y) will do as a loader; here it is a plain list of batches, which has nothing like "
    "`.dataset`. Count the items as they come.",
)
RIGHTS = "You counted how many are right; the share is asked for: divide by how many there are."
PERCENT = "These are percent; a share goes from 0 to 1."
ERRORS = "This is the share that is wrong."
ALONG_BATCH = "Your `argmax` goes down the batch (`dim=0`). Each item has its own row of scores: `dim=1`."
NO_DIM = "`argmax()` without `dim` gives one place in the whole table; each row needs its own: `dim=1`."
LARGEST_SCORES = "You compare the largest score itself with the label; its place in the row is the class."
SMALLEST = "You take the class with the smallest score."

Scored = tuple[Array, Array, int]  # scores (N, C), labels (N,), and the size of a batch


def _hits(scores: Array, y: Array) -> Array:
    return np.asarray(scores.argmax(axis=1) == y)


def share(scores: Array, y: Array, size: int = 0) -> float:
    """The share of items whose largest score is that of their label."""
    return float(_hits(scores, y).mean())


WRONG_SHARES: tuple[Mistake, ...] = (
    # First those that stop with an error where batches are not as long as rows: they have fewer cases to show in.
    Mistake("argmax-dim-0", ALONG_BATCH, lambda scores, y, size: np.mean(scores.argmax(axis=0) == y)),
    Mistake(
        "compares-scores",
        "You compare all scores with the labels. First find each row's guess: `argmax(dim=1)`.",
        lambda scores, y, size: np.mean(scores == y),
    ),
    Mistake("percent", PERCENT, lambda scores, y, size: 100 * share(scores, y)),
    Mistake("count", RIGHTS, lambda scores, y, size: _hits(scores, y).sum()),
    Mistake("error-rate", ERRORS, lambda scores, y, size: 1 - share(scores, y)),
    Mistake("argmax-no-dim", NO_DIM, lambda scores, y, size: np.mean(scores.argmax() == y)),
    Mistake("largest-score", LARGEST_SCORES, lambda scores, y, size: np.mean(scores.max(axis=1) == y)),
    Mistake("argmin", SMALLEST, lambda scores, y, size: np.mean(scores.argmin(axis=1) == y)),
    Mistake(
        "whole-division",
        "This is 0 unless all are right. Did you divide with `//`, or ask whether all are right? Count, and use `/`.",
        lambda scores, y, size: _hits(scores, y).sum() // len(y),
    ),
    Mistake(
        "divided-by-classes",
        "You divided by the number of classes; divide by the number of items.",
        lambda scores, y, size: _hits(scores, y).sum() / scores.shape[1],
    ),
    Mistake(
        "mean-probability",
        "This is the mean probability of the right class. Count an item as right if its largest score is that of "
        "its label.",
        lambda scores, y, size: _softmax(scores)[np.arange(len(y)), y].mean(),
    ),
)


def _batches(scores: Array, y: Array, size: int) -> list[Array]:
    """What is right, batch by batch."""
    hits = _hits(scores, y)
    return [hits[i : i + size] for i in range(0, len(hits), size)]


def _batch_dim_0(scores: Array, y: Array, size: int) -> float:
    right = [
        scores[i : i + size].argmax(axis=0) == y[i : i + size]  # raises where the batch is not as long as a row
        for i in range(0, len(y), size)
    ]
    return float(np.concatenate(right).mean())


WRONG_TOTALS: tuple[Mistake, ...] = (
    # first the one that stops with an error in a short batch, and so has fewer cases to show in
    Mistake("argmax-dim-0", ALONG_BATCH, _batch_dim_0),
    Mistake(
        "batch-means",
        "You averaged the accuracies of the batches. The short last batch then counts as much as a full one: "
        "count items, and divide once at the end.",
        lambda scores, y, size: np.mean([batch.mean() for batch in _batches(scores, y, size)]),
    ),
    Mistake(
        "means-added",
        "You added up the accuracies of the batches. Count items, and divide once at the end.",
        lambda scores, y, size: np.sum([batch.mean() for batch in _batches(scores, y, size)]),
    ),
    Mistake(
        "divided-by-batches",
        "You divided by `len(loader)`, which is the number of batches; divide by the number of items.",
        lambda scores, y, size: _hits(scores, y).sum() / len(_batches(scores, y, size)),
    ),
    Mistake(
        "full-batches",
        "You counted every batch as a full one. The last one may be shorter: add up `len(y)`.",
        lambda scores, y, size: _hits(scores, y).sum() / (len(_batches(scores, y, size)) * size),
    ),
    Mistake(
        "last-batch-only",
        "This is the last batch alone: what came before was overwritten. Add up with `+=`.",
        lambda scores, y, size: _batches(scores, y, size)[-1].mean(),
    ),
    Mistake(
        "first-batch-only",
        "This is the first batch alone: does `return` stand inside the loop?",
        lambda scores, y, size: _batches(scores, y, size)[0].mean(),
    ),
    Mistake(
        "short-batch-dropped",
        "The short last batch is missing; its items count, too.",
        lambda scores, y, size: np.mean([batch.mean() for batch in _batches(scores, y, size) if len(batch) == size]),
    ),
    Mistake(
        "hits-not-added",
        "You count the items of all batches, but the right ones of the last batch only: use `+=` there, too.",
        lambda scores, y, size: _batches(scores, y, size)[-1].sum() / len(y),
    ),
    Mistake(
        "items-not-added",
        "You add up what is right, but divide by the items of the last batch only: add these up, too.",
        lambda scores, y, size: _hits(scores, y).sum() / len(_batches(scores, y, size)[-1]),
    ),
    Mistake("percent", PERCENT, lambda scores, y, size: 100 * share(scores, y)),
    Mistake("count", RIGHTS, lambda scores, y, size: _hits(scores, y).sum()),
    Mistake("error-rate", ERRORS, lambda scores, y, size: 1 - share(scores, y)),
    Mistake("largest-score", LARGEST_SCORES, lambda scores, y, size: np.mean(scores.max(axis=1) == y)),
    Mistake("argmin", SMALLEST, lambda scores, y, size: np.mean(scores.argmin(axis=1) == y)),
)


def _scored(draw: np.random.Generator, n: int, classes: int, size: int = 0) -> Scored:
    """Scores and labels of n items: every row has the scores 0, 1, … in an order of its own, a good part is right."""
    scores = np.stack([draw.permutation(classes) for _ in range(n)])
    y = scores.argmax(axis=1)
    wrong = draw.permutation(n)[: int(draw.integers(n // 4, n // 2 + 1))]
    y[wrong] = (y[wrong] + draw.integers(1, classes, len(wrong))) % classes
    return scores.astype(np.float32), y, size


def _telling(
    draw: np.random.Generator, kinds: Sequence[tuple[int, int, int]], mistakes: Sequence[Mistake]
) -> list[Scored]:
    """Scores of each kind (items, classes, batch size) that tell every mistake from the truth, and from the others."""
    drawn: list[Scored] = []
    for _ in range(1000):  # far more than it takes
        drawn = [_scored(draw, n, classes, size) for n, classes, size in kinds]
        told = {tuple(round(_answer(mistake, scored), 3) for scored in drawn) for mistake in mistakes}
        told.add(tuple(round(share(*scored), 3) for scored in drawn))
        if len(told) == len(mistakes) + 1:
            break
    return drawn


def _answer(mistake: Mistake, scored: Scored) -> float:
    """What a mistake leads to; −1 where it has no answer."""
    try:
        return float(np.asarray(mistake.answer(*scored)))
    except ValueError:
        return -1.0


def _for(scored: Scored, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """The mistakes about scores as mistakes about this one question."""
    return [Mistake(mistake.id, mistake.text, partial(mistake.answer, *scored)) for mistake in mistakes]


def _copying(scored: Scored) -> dict[str, object]:
    """Arguments for a network that answers with its input, so that scores are just what we want."""
    scores, y, _ = scored
    return {"kind": "copy", "sizes": (scores.shape[1],) * 3, "seed": 0, "training": False, "x": scores, "y": y}


def _normalised(draw: np.random.Generator, n: int, training: bool) -> dict[str, Any]:
    """Arguments for a network with batch normalisation, which shows its mode.

    There are four classes: in batches of four, what takes the wrong axis does not stop with an error.
    """
    return {
        "kind": "normalised",
        "sizes": (5, 6, 4),
        "seed": int(draw.integers(2**31)),
        "training": training,
        "x": draw.normal(size=(n, 5)).astype(np.float32),
        "y": draw.integers(0, 4, n),
    }


def was_asked(observed: Observation, arguments: Mapping[str, Any]) -> bool:
    """Whether a known network was asked; that it was there at all is told by its weights, other ones each time."""
    with torch.random.fork_rng(devices=[]):
        known = known_network(arguments["kind"], arguments["sizes"], arguments["seed"])
    weights = observed.values.get("weights")
    there = isinstance(weights, np.ndarray) and agree(weights, flat(list(known.parameters())).double().numpy())
    return there and flag(observed, "asked")


def _manner_cases(observed: Observation, arguments: Mapping[str, Any]) -> Iterator[Case]:
    """Cases about the state in which a model is asked, and left behind; `arguments` tell which, and how it came."""
    training = arguments["training"]
    unasked = not was_asked(observed, arguments)
    trained = flag(observed, "in_training")
    late = trained and not flag(observed, "left_training")
    came = f"a model that comes in {'training' if training else 'eval'} mode"
    yield state_case(
        observed,
        f"{came}: how it is asked",
        "eval mode",
        "asked in eval mode",
        (
            (unasked, "not asked", NOT_ASKED),
            (late, "asked in training mode", EVAL_LATE),
            (trained and not late and training, "asked in training mode", EVAL_FORGOTTEN),
            (trained and not late, "asked in training mode", TRAIN_CALLED),
        ),
    )
    frozen, off = flag(observed, "frozen"), flag(observed, "left_off")
    yield state_case(
        observed,
        f"{came}: gradients and weights",
        "no gradients",
        "nothing recorded, nothing changed",
        (
            (unasked, "not asked", NOT_ASKED),
            (off, "gradients off for good", OFF_FOR_GOOD),
            (frozen, "weights frozen", FROZEN),
            (flag(observed, "recorded") and not frozen, "recorded", GRADIENTS_ON),
            (not flag(observed, "gradients_kept"), "gradients changed", GRADIENTS_CHANGED),
            (not flag(observed, "weights_kept"), "weights changed", WEIGHTS_CHANGED),
        ),
    )


@lesson(
    "accuracy",
    exercise="5",
    title="How often is it right?",
    asks=("accuracy",),
    points={"share": 1.5, "eval mode": 0.75, "no gradients": 0.75},
)
def accuracy(student: Student) -> Iterator[Case]:
    """`accuracy(x, y, model)`: the share, from 0 to 1, of items whose largest score is that of their label."""
    for scored in _telling(student.random, [(8, 8, 0), (10, 10, 0), (12, 5, 0)], WRONG_SHARES):
        scores, y, _ = scored
        observed = student.observes("asking_a_batch", "accuracy", **_copying(scored))
        yield returned(
            student,
            observed,
            "share",
            share(scores, y),
            name="accuracy",
            mistakes=_for(scored, WRONG_SHARES),
            part="share",
            title=f"{len(y)} items, {scores.shape[1]} classes, {_hits(scores, y).sum()} right",
        )
    for training in (True, False):
        arguments = _normalised(student.random, 4, training)
        yield from _manner_cases(student.observes("asking_a_batch", "accuracy", **arguments), arguments)


@lesson(
    "dataset-accuracy",
    exercise="6",
    title="The accuracy of a whole data set",
    asks=("dataset_accuracy",),
    points={"equal batches": 1, "short last batch": 1, "eval mode": 0.5, "no gradients": 0.5},
)
def dataset_accuracy(student: Student) -> Iterator[Case]:
    """`dataset_accuracy(loader, model)`: the share of all items of all batches, however long each batch is."""
    kinds = [(24, 6, 6), (15, 5, 5), (20, 6, 6), (17, 5, 5)]
    for number, scored in enumerate(_telling(student.random, kinds, WRONG_TOTALS)):
        scores, y, size = scored
        as_list = number == 1
        lengths = " + ".join(str(len(batch)) for batch in _batches(scores, y, size))
        observed = student.observes(
            "asking_a_loader", "dataset_accuracy", **_copying(scored), batch_size=size, as_list=as_list
        )
        if as_list and observed.problem is not None and observed.error == "AttributeError":
            observed = replace(observed, problem=Finding(NO_LOADER.id, f"{NO_LOADER.text} {observed.problem.text}"))
        yield returned(
            student,
            observed,
            "share",
            share(scores, y),
            name="dataset_accuracy",
            mistakes=_for(scored, WRONG_TOTALS),
            part="short last batch" if len(y) % size else "equal batches",
            title=f"{lengths} items from a {'list of batches' if as_list else 'DataLoader'}, "
            f"{_hits(scores, y).sum()} right",
        )
    for training in (True, False):
        arguments = _normalised(student.random, 8, training)
        observed = student.observes("asking_a_loader", "dataset_accuracy", **arguments, batch_size=4, as_list=False)
        yield from _manner_cases(observed, arguments)


# --- a prediction -----------------------------------------------------------------------------------------------


@lesson("shuffle-prediction", exercise="7", title="Shuffle every image", asks=("after_shuffling",), points=1)
def shuffle_prediction(student: Student) -> Iterator[Case]:
    """All images are shuffled in one and the same way. Commit yourself before you run it."""
    mistakes = [
        Mistake(
            "better",
            "Better would mean that the new order tells the network something it did not know. Does it?",
            constant("better"),
        ),
        Mistake(
            "worse",
            "To us the garments are gone. Does this network look at a picture as we do? Think of what one hidden unit "
            "computes before you answer again.",
            constant("worse"),
        ),
        Mistake(
            "chance",
            "Chance would mean that nothing of the garments is left. Could you turn a shuffled image back, "
            "knowing the order?",
            constant("chance"),
        ),
    ]
    yield student.holds("after_shuffling", "same", mistakes=mistakes)
