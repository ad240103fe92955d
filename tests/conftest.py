"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

FEW = (20, 10)  # images of each class, for training and for testing: 300 in all


@pytest.fixture(autouse=True, scope="session")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The sample, unpacked where it is forgotten: no test waits for a download or fills anybody's own cache."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        environment.setenv("CONVCOURSE_DATA", "sample")
        yield


@pytest.fixture(autouse=True, scope="module")
def own_environment() -> Iterator[None]:
    """Each file of tests leaves the environment as it found it: reading nbgrader's configuration sets the secret."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let an interrupt raise KeyboardInterrupt, as it does outside of tests that run side by side."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of both data sets, with so few images of each class that training takes no time."""
    import numpy as np
    from PIL import Image

    from convcourse.data import drawn_birds, idx, pictures
    from convcourse.data.fashion import CLASSES, RAW, SAMPLE, SPLITS

    whole, folder = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("few")
    (folder / RAW).mkdir(parents=True)
    for (images, labels), each in zip(SPLITS, FEW, strict=True):
        for name in (images, labels):
            idx.unpack(SAMPLE / f"{name}.gz", whole / name)
        marks = idx.read(whole / labels, 1)
        chosen = np.sort(np.concatenate([np.flatnonzero(marks == label)[:each] for label in range(len(CLASSES))]))
        for name, array in ((images, idx.read(whole / images, 3)), (labels, marks)):
            with (folder / RAW / name).open("wb") as file:
                idx.write(array[chosen], file)
    drawn = drawn_birds.drawn_birds_and_airplanes(2 * FEW[0], 2 * FEW[1])
    for split, x, y in (
        ("train", drawn.train_images, drawn.train_labels),
        ("test", drawn.test_images, drawn.test_labels),
    ):
        for number, (image, label) in enumerate(zip(x, y, strict=True)):
            place = folder / split / pictures.CLASSES[label]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{number}.png")
    return folder


@pytest.fixture
def quick_lessons(few_images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole lessons run in this process in a second or two: few images, one epoch, a narrow network to time.

    For tests that run a lesson many times over and ask what its checks say, not how well its networks learn.
    """
    from torch import nn

    from convcourse import networks, standins, training

    assert standins.lecture_cnn is networks.lecture_cnn  # loaded here, so that the stand-ins keep the true one
    fit = training.fit

    def one_epoch(model: nn.Module, x: Any, y: Any, recipe: training.Recipe, **options: Any) -> list[training.Epoch]:
        return fit(model, x, y, replace(recipe, epochs=1), **options)

    def narrow_cnn() -> nn.Sequential:
        """As many layers as the lecture's network has, with an eighth of their channels."""
        first = (nn.Conv2d(1, 8, 3), nn.MaxPool2d(2), nn.ReLU())
        second = (nn.Conv2d(8, 16, 3), nn.MaxPool2d(2), nn.ReLU())
        return nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(400, 200), nn.ReLU(), nn.Linear(200, 10))

    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)  # it would mean the whole sample
    monkeypatch.setenv("CONVCOURSE_DATA", str(few_images))
    monkeypatch.setattr(training, "fit", one_epoch)
    monkeypatch.setattr(networks, "lecture_cnn", narrow_cnn)
