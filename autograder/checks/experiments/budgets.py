"""What a network costs, and which of an image's numbers it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autograder.checks.experiments.networks import NOT_A_NETWORK, shaken
from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

CLASS_NOT_CALLED = Finding(
    "class-not-called", "A class came back, not a network: call it, as in `return Net()` with the brackets."
)
NO_SCORES = Finding(
    "no-scores", "The network is built, but asked about images it answers with no tensor. Has `forward` its `return`?"
)
TOO_LARGE = Finding("too-large", "This network has more than ten million parameters; that is not tried out.")
LARGEST = 10_000_000
CONVOLUTIONS = {F.conv1d, F.conv2d, F.conv3d}
TRANSPOSED = {F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d}
PRODUCTS = {  # of matrices; where there is something to add, it comes first
    *(torch.matmul, Tensor.matmul, Tensor.__matmul__, torch.mm, Tensor.mm, torch.bmm, Tensor.bmm),
    *(torch.addmm, torch.baddbmm),
}
BATCH, ROUNDS = 32, 6
ALONE = 64  # numbers that are changed one by one, where no gradient has found them
ROUNDING = 1e-6
FAR = 30.0  # from the other numbers of a random image: the largest, or the smallest, of every window


class Operations(TorchFunctionMode):
    """Listens to what torch is asked for, by layers and by functions alike.

    `convolutions` counts them, `work` is the multiply–adds of convolutions, linear layers and products of matrices;
    `weights` are the parameters that were used, by their identity.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = 0
        self.work = 0
        self.weights: dict[int, nn.Parameter] = {}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        result = func(*args, **given)
        tensors = [value for value in (*args, *given.values()) if isinstance(value, Tensor)]
        self.weights |= {id(value): value for value in tensors if isinstance(value, nn.Parameter)}
        self.convolutions += func in CONVOLUTIONS | TRANSPOSED
        if func in CONVOLUTIONS | {F.linear}:  # each number of the result adds up as many as it has weights
            self.work += result.numel() * tensors[1][0].numel()
        elif func in TRANSPOSED:  # each number that goes in is spread with its weights
            self.work += tensors[0].numel() * tensors[1][0].numel()
        elif func in PRODUCTS:
            self.work += result.numel() * tensors[-2].shape[-1]
        return result


def costs(model: nn.Module, x: Tensor) -> Mapping[str, object]:
    """What a network's answer to x takes: see `work`, `convolutions` and `unlisted` of the experiment `budget`."""
    with torch.no_grad(), Operations() as operations:
        model(x)
    listed = {id(parameter) for parameter in model.parameters()}
    unlisted = sum(weight.numel() for key, weight in operations.weights.items() if key not in listed)
    return {"work": operations.work, "convolutions": operations.convolutions, "unlisted": unlisted}


def _by_gradients(model: nn.Module, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """Which numbers of an item have a gradient in some random image, under some random weights."""
    used = torch.zeros(tuple(shape), dtype=torch.bool)
    for seed in range(ROUNDS):
        shaken(model, seed)
        x = torch.randn(BATCH, *shape, generator=random).requires_grad_()
        scores = model(x)
        if not scores.requires_grad:  # some forward works without gradients
            break
        blend = (scores * torch.randn(scores.shape, generator=random)).sum()
        (gradient,) = torch.autograd.grad(blend, x, allow_unused=True)
        if gradient is not None:
            used |= (gradient != 0).any(dim=0)
        if used.all():
            break
    return used


def _one_by_one(model: nn.Module, missing: Tensor, shape: Sequence[int], random: torch.Generator) -> Tensor:
    """Of numbers that no gradient found, given by their places (K, 3): which change the scores if they are far off."""
    changes = torch.zeros(len(missing), dtype=torch.bool)
    for seed, far in ((1, FAR), (2, -FAR), (3, FAR)):
        shaken(model, seed)
        image = torch.randn(1, *shape, generator=random)
        before = image.repeat(len(missing), *(1 for _ in shape))
        after = before.clone()
        after[torch.arange(len(missing)), *missing.T] = far
        with torch.no_grad():  # batches of one size: others are added up in another order, and differ by rounding
            scores = model(before)
            change = (model(after) - scores).abs()
        changes |= (change > ROUNDING * scores.abs().max()).flatten(1).any(dim=1)
    return changes


def used_numbers(model: nn.Module, shape: Sequence[int]) -> Tensor:
    """Which numbers of an item (C, H, W) the scores depend on, in eval mode. The weights are changed on the way.

    A gradient is enough, under any of several weights, for a ReLU may be silent and a maximum elsewhere. What no
    gradient finds is changed by much, number by number; where many are left, a sample of them is.
    """
    random = torch.Generator().manual_seed(0)
    model.eval()
    used = _by_gradients(model, shape, random)
    missing = (~used).nonzero()
    sample = missing[torch.randperm(len(missing), generator=random)[:ALONE]]
    if len(sample):
        changes = _one_by_one(model, sample, shape, random)
        if changes.all():
            return torch.ones_like(used)
        used[tuple(sample[changes].T)] = True
    return used


@experiment
def budget(make: Any, *, shape: Sequence[int], x: Tensor, order: Sequence[int] = ()) -> Mapping[str, object]:
    """Build a network with `make()`, for items of `shape` (C, H, W), and count.

    Brings back `fresh`, whether a second call makes other weights; `parameters`, how many numbers are learned, and
    `unlisted`, how many more are at work that `parameters()` does not list; `work`, the multiply–adds for one item, and
    `convolutions`, how many were made for it; `scores`, what it answers to x (N, C, H, W), and `singly`, the same one
    by one in this order of items, both in eval mode; `training`, the shape of its answer in training mode; `used`,
    which of an item's numbers its scores depend on, 1 or 0 for each. What stops it is in `failed`, and what stops it in
    training mode in `training_failed`; what comes later is then left out.
    """
    model, again = make(), make()
    if issubclass(type(model), type):
        raise UnexpectedResultError(CLASS_NOT_CALLED)
    if not isinstance(model, nn.Module) or not isinstance(again, nn.Module):
        raise UnexpectedResultError(NOT_A_NETWORK)
    others = {id(parameter) for parameter in again.parameters()}
    brought: dict[str, object] = {"fresh": not any(id(parameter) in others for parameter in model.parameters())}
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *shape))  # layers that find out sizes for themselves have parameters now
        parameters = sum(parameter.numel() for parameter in model.parameters())
        brought["parameters"] = parameters
        if parameters > LARGEST:
            raise UnexpectedResultError(TOO_LARGE)
        shaken(model)
        with torch.no_grad():
            scores = model(x)
        if not isinstance(scores, Tensor):
            raise UnexpectedResultError(NO_SCORES)
        brought |= costs(model, torch.zeros(1, *shape))
        brought["scores"] = scores
        with torch.no_grad():
            brought["singly"] = torch.cat([model(x[i][None]) for i in order or range(len(x))])
    except UnexpectedResultError:
        raise
    except Exception as error:
        return brought | {"failed": f"{type(error).__name__}: {error}"}
    try:
        with torch.no_grad():
            brought["training"] = torch.tensor(model.train()(x).shape)
    except Exception as error:
        return brought | {"training_failed": f"{type(error).__name__}: {error}"}
    brought["used"] = used_numbers(model, shape)
    return brought
