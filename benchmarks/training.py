"""What is compared: training as the lecture shows it, training tuned, and the ladder of steps between the two."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, Dataset

from convcourse.networks import conv_block, lecture_cnn, lecture_mlp
from convcourse.training import Epoch, Recipe, fit, share_right

CPU = torch.device("cpu")

# The accuracies on the test images that the lecture shows.
TARGETS = {"mlp": 0.8814, "cnn": 0.9122}
# The lecture's loop has no last epoch of its own; after so many it counts as never reaching the target.
PATIENCE = 20


@dataclass(frozen=True)
class Data:
    """Images (N, 28, 28) of uint8 and labels (N,) of int64, to train with and to test with."""

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor


@dataclass(frozen=True)
class Run:
    """How a training went: the test accuracy after each epoch; the epoch, from 1, that was the first to reach the
    target, or None; the seconds spent in training steps; and those from the network's making to its last test."""

    accuracies: list[float]
    reached: int | None
    training_seconds: float
    seconds: float


# --- as the lecture shows it ------------------------------------------------------------------------------------


class LectureDataset(Dataset[tuple[Tensor, Tensor]]):
    """The lecture's class: each item is moved to the device by itself, when it is asked for."""

    def __init__(self, x: Tensor, y: Tensor, shape: tuple[int, ...]):
        self.x, self.y = x.float().view(-1, *shape) / 255, y

    def __getitem__(self, ix: int) -> tuple[Tensor, Tensor]:
        return self.x[ix].to(CPU), self.y[ix].to(CPU)

    def __len__(self) -> int:
        return len(self.x)


def train_batch(x: Tensor, y: Tensor, model: nn.Module, opt: Adam, loss_fn: nn.Module) -> NDArray[Any]:
    """The lecture's function: one step; returns the loss before it."""
    model.train()
    opt.zero_grad()
    batch_loss = loss_fn(model(x), y)
    batch_loss.backward()
    opt.step()
    return batch_loss.detach().cpu().numpy()  # type: ignore[no-any-return]


@torch.no_grad()
def accuracy(x: Tensor, y: Tensor, model: nn.Module) -> NDArray[Any]:
    """The lecture's function: the share of a batch that is classified rightly."""
    model.eval()
    argmaxes = model(x).argmax(dim=1)
    s = torch.sum((argmaxes == y).float()) / len(y)
    return s.cpu().numpy()


def lecture_epoch(
    loader: DataLoader[Any], model: nn.Module, opt: Adam, *, with_accuracy: bool = True
) -> tuple[float, float | None]:
    """One pass over the data; the lecture also takes the accuracy of each batch just learned, for its curve.

    The mean loss and accuracy of all batches.
    """
    loss_fn = nn.CrossEntropyLoss()
    losses, accuracies = [], []
    for x, y in loader:
        losses.append(train_batch(x, y, model, opt, loss_fn))
        if with_accuracy:
            accuracies.append(accuracy(x, y, model))
    return float(np.mean(losses)), float(np.mean(accuracies)) if accuracies else None


# --- tuned ------------------------------------------------------------------------------------------------------

# `fit` with nothing that makes it faster: what is left of the lecture's loop when tensors are read by index.
PLAIN = Recipe(batch_size=32, learning_rate=1e-3, fused=False, channels_last=False, low_precision=False)


@dataclass(frozen=True)
class Tuned:
    """A tuned way to a target: the network, and the recipe to train it with."""

    make: Callable[[], nn.Module]
    recipe: Recipe
    told: str


def small_cnn() -> nn.Sequential:
    """Images (N, 1, 28, 28) in, scores (N, 10) out: made for quick learning, with little computed at full size."""
    return nn.Sequential(
        conv_block(1, 32, kernel_size=5, stride=2),  # 28×28 → 14×14
        conv_block(32, 64),
        nn.MaxPool2d(2),  # → 7×7
        conv_block(64, 128),
        nn.MaxPool2d(2),  # → 3×3
        nn.Flatten(),
        nn.Linear(128 * 3 * 3, 10),
    )


TUNED = {
    "mlp": {
        "tuned": Tuned(lecture_mlp, Recipe(epochs=4, batch_size=512, learning_rate=4e-3, one_cycle=True), "tuned"),
    },
    "cnn": {
        "tuned": Tuned(lecture_cnn, Recipe(epochs=4, batch_size=128, learning_rate=3e-3, one_cycle=True), "tuned"),
        "small": Tuned(
            small_cnn,
            Recipe(epochs=3, batch_size=128, learning_rate=1e-2, one_cycle=True),
            "tuned, with a smaller network",
        ),
    },
}
LECTURE: dict[str, Callable[[], nn.Module]] = {"mlp": lecture_mlp, "cnn": lecture_cnn}
SHAPES: dict[str, tuple[int, ...]] = {"mlp": (28 * 28,), "cnn": (1, 28, 28)}


def ways(network: str) -> tuple[str, ...]:
    """The names of the ways to train a network: the lecture's, then the tuned ones."""
    return ("lecture", *TUNED[network])


def standardised(images: Tensor, like: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Images (N, 28, 28) of uint8 as float32 (N, *shape), so that the images `like` have mean 0 and deviation 1."""
    known = like.float()
    return ((images.float() - known.mean()) / known.std()).view(-1, *shape)


# --- to the target ----------------------------------------------------------------------------------------------


class Reached(Exception):
    """The target is reached: there is nothing more to train."""


def to_target(data: Data, network: str, way: str, *, target: float, seed: int) -> Run:
    """Train until the accuracy on the test images, counted after each epoch, first reaches the target, or to the end
    of the recipe. Both ways count it with the same function, each in the precision it trains with."""
    torch.manual_seed(seed)
    start = time.perf_counter()
    run = lecture_to_target if way == "lecture" else tuned_to_target
    accuracies, training_seconds = run(data, network, way, target, seed)
    seconds = time.perf_counter() - start
    reached = len(accuracies) if accuracies[-1] >= target else None
    return Run(accuracies, reached, training_seconds, seconds)


def lecture_to_target(data: Data, network: str, way: str, target: float, seed: int) -> tuple[list[float], float]:
    """The test accuracy after each epoch, and the seconds of training. (The seed is set by who calls.)"""
    shape = SHAPES[network]
    loader = DataLoader(LectureDataset(data.x, data.y, shape), batch_size=32, shuffle=True)
    test = LectureDataset(data.x_test, data.y_test, shape)
    model = LECTURE[network]()
    opt = Adam(model.parameters(), lr=1e-3)
    accuracies: list[float] = []
    training_seconds = 0.0
    while len(accuracies) < PATIENCE and (not accuracies or accuracies[-1] < target):
        start = time.perf_counter()
        lecture_epoch(loader, model, opt)
        training_seconds += time.perf_counter() - start
        accuracies.append(share_right(model, test.x, test.y, PLAIN))
    return accuracies, training_seconds


def tuned_to_target(data: Data, network: str, way: str, target: float, seed: int) -> tuple[list[float], float]:
    """The test accuracy after each epoch, and the seconds of training."""
    tuned, shape = TUNED[network][way], SHAPES[network]
    x, x_test = standardised(data.x, data.x, shape), standardised(data.x_test, data.x, shape)
    epochs: list[Epoch] = []

    def stop_when_reached(epoch: Epoch) -> None:
        epochs.append(epoch)
        if epoch.accuracy is not None and epoch.accuracy >= target:
            raise Reached

    with contextlib.suppress(Reached):
        fit(
            *(tuned.make(), x, data.y, tuned.recipe),
            held_out=(x_test, data.y_test),
            device=CPU,
            seed=seed,
            each_epoch=stop_when_reached,
        )
    return [epoch.accuracy or 0.0 for epoch in epochs], epochs[-1].seconds


# --- step by step -----------------------------------------------------------------------------------------------


def recipes(network: str) -> dict[str, Recipe]:
    """The steps of the ladder that are recipes of `fit`; each changes one thing more."""
    best = TUNED[network]["tuned"].recipe
    steps = {"tensors, read by index": PLAIN}
    steps["`fused=True` in Adam"] = replace(steps["tensors, read by index"], fused=True)
    if network == "cnn":  # vectors have no channels that could come last
        steps["channels last"] = replace(steps["`fused=True` in Adam"], channels_last=True)
    steps["bfloat16 by autocast"] = replace(list(steps.values())[-1], channels_last=True, low_precision=True)
    steps[f"batches of {best.batch_size}"] = replace(
        steps["bfloat16 by autocast"], batch_size=best.batch_size, learning_rate=best.learning_rate
    )
    steps["one-cycle schedule"] = best
    return steps


def ladder(network: str) -> list[str]:
    """The names of the ladder's steps, from the lecture's loop to the tuned one."""
    return ["the lecture's loop", "no accuracy of each batch", *recipes(network)]


def time_step(data: Data, network: str, step: str, *, seed: int) -> float:
    """The seconds that one pass over the training images takes at a step of the ladder (or with the smaller network),
    after some batches that do not count."""
    torch.manual_seed(seed)
    shape = SHAPES[network]
    names = ladder(network)
    tuned = TUNED[network].get(step)
    model = (tuned.make if tuned else LECTURE[network])()
    if step in names[:2]:
        opt = Adam(model.parameters(), lr=1e-3)

        def once(images: int) -> float:
            loader = DataLoader(LectureDataset(data.x[:images], data.y[:images], shape), batch_size=32, shuffle=True)
            start = time.perf_counter()
            lecture_epoch(loader, model, opt, with_accuracy=step == names[0])
            return time.perf_counter() - start
    else:
        recipe = replace(tuned.recipe if tuned else recipes(network)[step], epochs=1)
        x = standardised(data.x, data.x, shape)

        def once(images: int) -> float:
            return fit(model, x[:images], data.y[:images], recipe, device=CPU, seed=seed)[-1].seconds

    once(min(len(data.x), 1024))
    return once(len(data.x))
