"""Birds against airplanes: training as the lecture shows it, and other ways to train on the same photographs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.utils.data import DataLoader

from convcourse.data.pictures import Pictures
from convcourse.networks import TanhNet, bird_net
from convcourse.training import Epoch, Recipe, fit, share_right

CPU = torch.device("cpu")

# The lecture's settings.
EPOCHS = 100
BATCH_SIZE = 64
LEARNING_RATE = 1e-2


@dataclass(frozen=True)
class Way:
    """A way to train: the network, the recipe of `fit` (None for the lecture's own loop), and what it is, in words.

    A way that takes long may be left out after the first `pairs`.
    """

    make: Callable[[], nn.Module]
    recipe: Recipe | None
    told: str
    pairs: int | None = None

    @property
    def epochs(self) -> int:
        return self.recipe.epochs if self.recipe else EPOCHS


# The ways that are compared, the lecture's first.
WAYS: dict[str, Way] = {
    "lecture": Way(TanhNet, None, "the lecture's loop", pairs=2),  # its 100 epochs take minutes
    "tuned": Way(
        TanhNet,
        Recipe(epochs=20, batch_size=64, learning_rate=5e-3, one_cycle=True, mirror=True),
        "the same network, tuned",
    ),
    "small": Way(
        bird_net,
        # as in notebook 05
        Recipe(
            epochs=50,
            batch_size=128,
            learning_rate=6e-3,
            one_cycle=True,
            weight_decay=0.05,
            label_smoothing=0.05,
            mirror=True,
            shift=4,
            erase=8,
        ),
        "a better network, tuned",
        pairs=2,
    ),
}


@dataclass(frozen=True)
class Run:
    """How a training went: after each epoch the accuracy on the held-out photographs, and the seconds that all steps
    until then took; at the end the accuracy on the photographs that were learned, and the seconds that it took to
    validate on both."""

    accuracies: list[float]
    seconds: list[float]
    accuracy_on_learned: float
    validation_seconds: float


def standardised(images: Tensor, like: Tensor) -> Tensor:
    """Images (N, 3, H, W) of uint8 as float32, so that each channel of the images `like` has mean 0 and deviation 1."""
    known = like.float()
    mean, deviation = (statistic(dim=(0, 2, 3), keepdim=True) for statistic in (known.mean, known.std))
    return (images.float() - mean) / deviation


# --- as the lecture shows it ----------------------------------------------------------------------------------------


def loader_of(x: Tensor, y: Tensor, *, shuffle: bool) -> DataLoader[tuple[Tensor, Tensor]]:
    """The lecture's loader: over a list of tuples, each of one image and its label."""
    pairs: Any = [(image, int(label)) for image, label in zip(x, y, strict=True)]
    return DataLoader(pairs, batch_size=BATCH_SIZE, shuffle=shuffle)


def lecture_epoch(
    optimizer: Optimizer,
    model: nn.Module,
    loss_fn: nn.Module,
    train_loader: DataLoader[tuple[Tensor, Tensor]],
    device: torch.device,
) -> float:
    """One epoch of the lecture's loop; returns the mean of the batches' losses."""
    loss_train = 0.0
    for imgs, labels in train_loader:
        imgs = imgs.to(device=device)
        labels = labels.to(device=device)
        outputs = model(imgs)
        loss = loss_fn(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_train += loss.item()
    return loss_train / len(train_loader)


def validate(
    model: nn.Module, loaders: Mapping[str, DataLoader[tuple[Tensor, Tensor]]], device: torch.device
) -> dict[str, float]:
    """The lecture's function, which leaves the model in the mode that it finds: the accuracy on each loader."""
    accdict = {}
    for name, loader in loaders.items():
        correct = 0
        total = 0
        with torch.no_grad():
            for imgs, labels in loader:
                imgs = imgs.to(device=device)
                labels = labels.to(device=device)
                outputs = model(imgs)
                _, predicted = torch.max(outputs, dim=1)
                total += labels.shape[0]
                correct += int((predicted == labels).sum())
        accdict[name] = correct / total
    return accdict


def train_as_in_the_lecture(make: Callable[[], nn.Module], pictures: Pictures, epochs: int, seed: int) -> Run:
    """The lecture's loop; the accuracy on the held-out photographs is counted by its own function, too."""
    torch.manual_seed(seed)
    model = make().to(CPU)
    x, x_test = (
        standardised(images, pictures.train_images) for images in (pictures.train_images, pictures.test_images)
    )
    loaders = {
        "train": loader_of(x, pictures.train_labels, shuffle=True),
        "val": loader_of(x_test, pictures.test_labels, shuffle=False),
    }
    optimizer = SGD(model.parameters(), lr=LEARNING_RATE)
    loss_fn = nn.CrossEntropyLoss()
    accuracies: list[float] = []
    seconds: list[float] = []
    for _ in range(epochs):
        start = time.perf_counter()
        lecture_epoch(optimizer, model, loss_fn, loaders["train"], CPU)
        seconds.append(time.perf_counter() - start + (seconds[-1] if seconds else 0.0))
        accuracies.append(validate(model, {"val": loaders["val"]}, CPU)["val"])
    start = time.perf_counter()
    at_the_end = validate(model, loaders, CPU)
    return Run(accuracies, seconds, at_the_end["train"], time.perf_counter() - start)


# --- tuned ----------------------------------------------------------------------------------------------------------


def train_by_recipe(make: Callable[[], nn.Module], pictures: Pictures, recipe: Recipe, seed: int) -> Run:
    """Training by the course's `fit`."""
    torch.manual_seed(seed)
    model = make()
    x, x_test = (
        standardised(images, pictures.train_images) for images in (pictures.train_images, pictures.test_images)
    )
    held_out = x_test, pictures.test_labels
    epochs: list[Epoch] = fit(model, x, pictures.train_labels, recipe, held_out=held_out, device=CPU, seed=seed)
    start = time.perf_counter()
    accuracy_on_learned = share_right(model, x, pictures.train_labels, recipe)
    share_right(model, *held_out, recipe)
    validation_seconds = time.perf_counter() - start
    accuracies = [epoch.accuracy or 0.0 for epoch in epochs]
    return Run(accuracies, [epoch.seconds for epoch in epochs], accuracy_on_learned, validation_seconds)


def train(pictures: Pictures, way: Way, *, seed: int, epochs: int | None = None) -> Run:
    """Train in one of the ways, for as many epochs as it has by itself or for another number of them."""
    epochs = epochs or way.epochs
    if way.recipe is None:
        return train_as_in_the_lecture(way.make, pictures, epochs, seed)
    return train_by_recipe(way.make, pictures, replace(way.recipe, epochs=epochs), seed)
