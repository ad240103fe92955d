"""What code that trains or measures a network does to one whose weights we know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.checks.experiments.networks import shaken
from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding


class SquaredError(nn.Module):
    """The mean squared distance of scores (N, C) to 1 for the right class and 0 for the others."""

    def forward(self, scores: Tensor, y: Tensor) -> Tensor:
        return F.mse_loss(scores, F.one_hot(y, scores.shape[1]).to(scores.dtype))


LOSSES: Mapping[str, Callable[[], nn.Module]] = {"cross-entropy": nn.CrossEntropyLoss, "squares": SquaredError}
OPTIMISERS: Mapping[str, Callable[[Any], torch.optim.Optimizer]] = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.5),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.3, momentum=0.9),
    # a large eps, for else rounding errors of gradients near 0 decide where a weight goes
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=0.05, eps=1e-3),
}
LABELS_FLOAT = Finding(
    "labels-float",
    "Your labels reach `loss_fn` as decimal numbers. A class is a whole number: pass `y` on as it came.",
)
LABELS_ONE_HOT = Finding(
    "one-hot", "Your labels reach `loss_fn` as rows, not as one number each: pass `y` on as it came."
)
NO_SCORES = Finding(
    "argmax-first",
    "`loss_fn` gets one number for each item in place of a row of scores. The choice of a class (`argmax`) has no "
    "gradient: pass on what the model answers.",
)
ARGUMENTS_SWAPPED = Finding("arguments-swapped", "`loss_fn` gets the labels first. The order is `loss_fn(scores, y)`.")


class WatchedLoss(nn.Module):
    """A loss function for scores (N, C) and labels (N,) that says what is wrong with what it gets."""

    def __init__(self, name: str):
        super().__init__()
        self.loss = LOSSES[name]()

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # the names that torch's own losses have
        if input.ndim == 1 and target.ndim == 2:
            raise UnexpectedResultError(ARGUMENTS_SWAPPED)
        if input.ndim != 2:
            raise UnexpectedResultError(NO_SCORES)
        if target.ndim != 1:
            raise UnexpectedResultError(LABELS_ONE_HOT)
        if target.is_floating_point():
            raise UnexpectedResultError(LABELS_FLOAT)
        return self.loss(input, target)  # type: ignore[no-any-return]


def known_network(kind: str, sizes: Sequence[int], seed: int) -> nn.Sequential:
    """A network of known weights for vectors: `sizes` are those of its input, hidden layer and output.

    Of kind "plain", "normalised" (with batch normalisation, so that training and eval mode differ), or "copy", which
    answers with its input where that is not negative (all sizes are equal then).
    """
    n_in, n_hidden, n_out = sizes
    first, last = nn.Linear(n_in, n_hidden, bias=kind != "normalised"), nn.Linear(n_hidden, n_out)
    between = [nn.BatchNorm1d(n_hidden)] if kind == "normalised" else []
    model = nn.Sequential(first, *between, nn.ReLU(), last)
    shaken(model, seed)
    if kind == "copy":
        with torch.no_grad():
            for layer in (first, last):
                layer.weight.copy_(torch.eye(n_in))
                layer.bias.zero_()
    return model


def flat(tensors: Sequence[Tensor | None]) -> Tensor:
    """All numbers in a row, those of nothing left out."""
    return torch.cat([torch.zeros(0), *(tensor.detach().flatten() for tensor in tensors if tensor is not None)])


def statistics(model: nn.Module) -> Tensor:
    """The running means and variances of batch normalisation, all in a row."""
    return flat([buffer for buffer in model.buffers() if buffer.is_floating_point()])


def note_events(model: nn.Module, opt: torch.optim.Optimizer) -> list[str]:
    """A list that grows as things happen: "zero", "forward", "backward", "step"."""
    events: list[str] = []

    def zeroing(zero_grad: Callable[..., None]) -> Callable[..., None]:
        def noted(*arguments: Any, **options: Any) -> None:
            events.append("zero")
            zero_grad(*arguments, **options)

        return noted

    def forward(module: nn.Module, arguments: object, output: object) -> None:
        events.append("forward")
        if isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(lambda gradient: events.append("backward"))

    model.register_forward_hook(forward)
    opt.register_step_post_hook(lambda *_: events.append("step"))
    for owner in (model, opt):
        owner.zero_grad = zeroing(owner.zero_grad)  # type: ignore[method-assign]
    return events


@experiment
def training_steps(
    train_batch: Any,
    *,
    kind: str,
    sizes: Sequence[int],
    seed: int,
    x: Tensor,
    y: Tensor,
    loss: str,
    optimiser: str,
    training: bool,
    leftover: float | None,
) -> Mapping[str, object]:
    """Call `train_batch(x[k], y[k], model, opt, loss_fn)` for one batch after the other, x (K, N, n_in) and y (K, N).

    The model is handed over in training mode where `training`. Its gradients are all `leftover` before the first call;
    with None there are none, before any call.

    Brings back `weights` and `statistics` after the last call; for the first call `loss`, the number that it returned
    (left out where it returned nothing), whether that came with its `graph`, and `events`, what happened in what order;
    `kept`, whether the batches are still what they were.
    """
    model = known_network(kind, sizes, seed).train(training)
    opt = OPTIMISERS[optimiser](model.parameters())
    events = note_events(model, opt)
    before = x.clone(), y.clone()
    for parameter in model.parameters():
        parameter.grad = None if leftover is None else torch.full_like(parameter, leftover)
    brought: dict[str, object] = {}
    for k in range(len(x)):
        if leftover is None:
            for parameter in model.parameters():
                parameter.grad = None
        returned = train_batch(x[k], y[k], model, opt, WatchedLoss(loss))
        if k == 0:
            brought["events"] = " ".join(events)
            brought["graph"] = isinstance(returned, Tensor) and returned.requires_grad
            if returned is not None:
                brought["loss"] = returned
    return brought | {
        "weights": flat(list(model.parameters())),
        "statistics": statistics(model),
        "kept": torch.equal(x, before[0]) and torch.equal(y, before[1]),
    }


class Watch(nn.Module):
    """A layer that passes everything on, and notes in what state the network is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.in_training = False
        self.recorded = False

    def forward(self, x: Tensor) -> Tensor:
        self.asked += 1
        self.in_training |= self.training
        self.recorded |= torch.is_grad_enabled()
        return x


def watched(
    kind: str, sizes: Sequence[int], seed: int, training: bool, measure: Callable[[nn.Module], object]
) -> Mapping[str, object]:
    """Let `measure` ask a known network, and say in what state it did so and what it left behind."""
    watch = Watch()
    model = nn.Sequential(watch, *known_network(kind, sizes, seed)).train(training)
    parameters = list(model.parameters())
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    before = flat(parameters), statistics(model)
    returned = measure(model)
    after = flat(parameters), statistics(model)
    gradients = [parameter.grad for parameter in parameters]
    brought: dict[str, object] = {} if returned is None else {"share": returned}
    return brought | {
        "weights": before[0],
        "asked": watch.asked,
        "in_training": watch.in_training,
        "left_training": model.training,
        "recorded": watch.recorded,
        "left_off": not torch.is_grad_enabled(),
        "frozen": not all(parameter.requires_grad for parameter in parameters),
        "weights_kept": torch.equal(before[0], after[0]),
        "statistics_kept": torch.equal(before[1], after[1]),
        "gradients_kept": all(grad is not None and bool((grad == 1).all()) for grad in gradients),
    }


@experiment
def asking_a_batch(
    accuracy: Any, *, kind: str, sizes: Sequence[int], seed: int, training: bool, x: Tensor, y: Tensor
) -> Mapping[str, object]:
    """Call `accuracy(x, y, model)` on a known network, handed over in training mode where `training`.

    Brings back `share`, what it returned (left out where that was nothing); `weights`, those that it came with; how
    often the network was `asked`; whether `in_training` mode and with gradients `recorded`; whether gradients were
    `left_off` or weights `frozen` for good, and the network was `left_training`; whether `weights_kept`,
    `statistics_kept` and `gradients_kept` (all 1 before).
    """
    return watched(kind, sizes, seed, training, lambda model: accuracy(x, y, model))


@experiment
def asking_a_loader(
    dataset_accuracy: Any,
    *,
    kind: str,
    sizes: Sequence[int],
    seed: int,
    training: bool,
    x: Tensor,
    y: Tensor,
    batch_size: int,
    as_list: bool,
) -> Mapping[str, object]:
    """Call `dataset_accuracy(loader, model)` with a loader of x and y in order, or a plain list of its batches.

    Brings back what `asking_a_batch` does.
    """
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size)
    batches: object = list(loader) if as_list else loader
    return watched(kind, sizes, seed, training, lambda model: dataset_accuracy(batches, model))
