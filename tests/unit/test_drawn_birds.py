"""The birds and airplanes that are drawn by code: the same everywhere, quick, fair, and a task for a convolution."""

from __future__ import annotations

import hashlib
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from convcourse.data import drawn_birds
from convcourse.data.drawn_birds import AIRPLANE, BIRD, drawn_birds_and_airplanes
from convcourse.data.pictures import Pictures
from convcourse.networks import TanhNet


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def drawn() -> Pictures:
    """The usual pictures to learn from, and more than usual to test with: chance then moves a share by a point."""
    return drawn_birds_and_airplanes(1600, 1000)


def test_it_gives_what_it_promises():
    drawn = drawn_birds_and_airplanes()
    for images, labels, n in (
        (drawn.train_images, drawn.train_labels, 1600),
        (drawn.test_images, drawn.test_labels, 400),
    ):
        assert (images.shape, images.dtype, images.is_contiguous()) == ((n, 3, 32, 32), torch.uint8, True)
        assert (labels.shape, labels.dtype) == ((n,), torch.int64)
        assert torch.bincount(labels).tolist() == [n // 2, n // 2]
        assert 20 < labels[:64].sum() < 44  # mixed, not one class after the other


def test_the_same_numbers_give_the_same_bytes_on_every_machine():
    drawn = drawn_birds_and_airplanes(60, 15, seed=3)
    digest = hashlib.sha256()
    for tensor in (drawn.train_images, drawn.train_labels.byte(), drawn.test_images, drawn.test_labels.byte()):
        digest.update(tensor.numpy().tobytes())
    assert digest.hexdigest() == "4a972946e240573fb9ead9757ac48fa15c289256db0bf6e9bab0f364b91b5449"


def test_other_seeds_give_other_pictures_and_none_is_there_twice():
    first, second = drawn_birds_and_airplanes(100, 40), drawn_birds_and_airplanes(100, 40, seed=1)
    everything = torch.cat(
        [getattr(drawn, f"{split}_images") for drawn in (first, second) for split in ("train", "test")]
    )
    assert len(everything.flatten(1).unique(dim=0)) == 280


@pytest.mark.parametrize(("n_train", "n_test"), [(0, 0), (1, 0), (7, 3)])
def test_any_number_can_be_drawn(n_train, n_test):
    drawn = drawn_birds_and_airplanes(n_train, n_test)
    assert (len(drawn.train_images), len(drawn.test_images)) == (n_train, n_test)
    assert drawn.train_labels.sum() == n_train // 2
    assert drawn.test_labels.sum() == n_test // 2


@pytest.mark.parametrize("numbers", [(-1, 5), (5, -1)])
def test_less_than_nothing_cannot_be_drawn(numbers):
    with pytest.raises(ValueError, match=r"negative, as in .*-1"):
        drawn_birds_and_airplanes(*numbers)


def test_drawing_takes_a_moment():
    spent = []
    for _ in range(5):  # the quickest counts: others may be using the machine
        start = time.process_time()
        drawn_birds_and_airplanes()
        spent.append(time.process_time() - start)
    assert min(spent) < 0.3  # seconds; a third of this where nobody else is at work


def test_airplanes_and_birds_are_as_large_as_each_other_and_lie_in_the_same_places():
    random = np.random.Generator(np.random.PCG64(5))
    covered = [drawn_birds.figure(drawn_birds._Chances(random, 1000), label) for label in (AIRPLANE, BIRD)]
    airplane, bird = (figures.sum(axis=(1, 2)) for figures in covered)
    assert abs(airplane.mean() / bird.mean() - 1) < 0.05
    assert min(airplane.min(), bird.min()) > 30  # pixels: every one can be seen
    rows, columns = (
        [(figures * at).sum(axis=(1, 2)) / figures.sum(axis=(1, 2)) for figures in covered]
        for at in (np.arange(32)[:, None], np.arange(32)[None, :])
    )
    for centres in (rows, columns):
        for centre in centres:
            assert abs(centre.mean() - 15.5) < 0.5
            assert 1.5 < centre.std() < 4


# --- what can be learnt from them ----------------------------------------------------------------------------------


def scaled(drawn: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    train, test = drawn.train_images.float(), drawn.test_images.float()
    mean, std = train.mean(dim=(0, 2, 3), keepdim=True), train.std(dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (test - mean) / std


def logistic(x: torch.Tensor, y: torch.Tensor, decay: float) -> nn.Linear:
    """Logistic regression, trained until it has nearly settled."""
    model = nn.Linear(x.shape[1], 2)
    nn.init.zeros_(model.weight)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=40, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y) + decay / 2 * model.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return model


def share(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        return (model(x).argmax(dim=1) == y).float().mean().item()


def linear_share(x: torch.Tensor, y: torch.Tensor, test_x: torch.Tensor, test_y: torch.Tensor) -> float:
    """How much of the test set a linear classifier gets right, its decay chosen on the last quarter of the others."""
    cut = len(x) * 3 // 4
    decays = (0.03, 0.3)
    best = max(decays, key=lambda decay: share(logistic(x[:cut], y[:cut], decay), x[cut:], y[cut:]))
    return share(logistic(x, y, best), test_x, test_y)


def test_colour_and_brightness_give_nothing_away(drawn):
    def seen(images: torch.Tensor) -> torch.Tensor:
        """Mean and spread of each channel, and the darkest and the lightest that there is."""
        flat = images.flatten(2)
        return torch.cat([flat.mean(2), flat.std(2), flat.amin(2), flat.amax(2)], dim=1)

    train, test = (seen(images) for images in scaled(drawn))
    mean, std = train.mean(0), train.std(0)
    reached = linear_share((train - mean) / std, drawn.train_labels, (test - mean) / std, drawn.test_labels)
    assert reached < 0.6


def test_a_convolutional_network_learns_what_a_linear_classifier_cannot(drawn):
    x, test_x = scaled(drawn)
    y, test_y = drawn.train_labels, drawn.test_labels
    linear = linear_share(x.flatten(1), y, test_x.flatten(1), test_y)

    torch.manual_seed(0)
    net = TanhNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(10):
        for batch in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            F.cross_entropy(net(x[batch]), y[batch]).backward()
            optimizer.step()
    convolutional = share(net, test_x, test_y)

    assert 0.5 < linear <= 0.75
    assert convolutional >= 0.9
    assert convolutional - linear >= 0.1
