"""The networks of the lessons: those of the lectures, and one that does better with fewer weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)


def lecture_mlp() -> nn.Sequential:
    """Vectors (N, 784) in, scores (N, 10) out; 795,010 parameters."""
    return nn.Sequential(nn.Linear(784, 1000), nn.ReLU(), nn.Linear(1000, 10))


def lecture_cnn() -> nn.Sequential:
    """Images (N, 1, 28, 28) in, scores (N, 10) out; 716,706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 64, kernel_size=3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(64, 128, kernel_size=3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3200, 200),
        nn.ReLU(),
        nn.Linear(200, 10),
    )


class TanhNet(nn.Module):
    """For birds against airplanes: images (N, 3, 32, 32) in, scores (N, 2) out; 18,090 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.act1 = nn.Tanh()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.act2 = nn.Tanh()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.act3 = nn.Tanh()
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.act1(self.conv1(x)))
        x = self.pool2(self.act2(self.conv2(x)))
        scores: Tensor = self.fc2(self.act3(self.fc1(x.flatten(1))))
        return scores


def lenet5() -> nn.Sequential:
    """LeNet-5 for colour images: (N, 3, 32, 32) in, scores (N, 10) out; 62,958 parameters.

    After LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998, with ReLU
    and max-pooling.
    """
    return nn.Sequential(
        nn.Conv2d(3, 8, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def conv_block(c_in: int, c_out: int, kernel_size: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution with same padding, batch normalisation (whose shift replaces the bias), ReLU."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel_size, stride, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in: they only learn what to change.

    He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.change = nn.Sequential(conv_block(channels, channels), conv_block(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        change: Tensor = self.change(x)
        return x + change


def compact_cnn(a: int = 32, b: int = 64, c: int = 128) -> nn.Sequential:
    """Images (N, 1, 28, 28) in, scores (N, 10) out, through a, b and c channels.

    The first layer halves the image at once, so that little is computed at full size; of each last
    map only the largest value is kept, so that no large linear layer is needed.
    """
    return nn.Sequential(
        conv_block(1, a, kernel_size=5, stride=2),  # 28×28 → 14×14
        conv_block(a, b),
        Residual(b),
        nn.MaxPool2d(2),  # → 7×7
        conv_block(b, c),
        Residual(c),
        nn.AdaptiveMaxPool2d(1),  # → 1×1
        nn.Flatten(),
        nn.Linear(c, 10),
    )


def bird_net(a: int = 16, b: int = 32, c: int = 52) -> nn.Sequential:
    """Colour images (N, 3, 32, 32) in, scores (N, 2) out, through a, b and c channels.

    The plan of `compact_cnn`, with a first layer that looks at every pixel: on so small a picture
    the outline of a wing is lost soon.
    """
    return nn.Sequential(
        conv_block(3, a),
        nn.MaxPool2d(2),  # 32×32 → 16×16
        conv_block(a, b),
        Residual(b),
        nn.MaxPool2d(2),  # → 8×8
        conv_block(b, c),
        Residual(c),
        nn.AdaptiveMaxPool2d(1),  # → 1×1
        nn.Flatten(),
        nn.Linear(c, 2),
    )


def multiply_adds(model: nn.Module, shape: tuple[int, ...]) -> int:
    """The multiply–adds that one item of `shape` (C, H, W) or (n,) costs in a network's convolutions and linear layers.

    Each number of a layer's output costs as many as it has weights to add up. The network is left as it was; its
    layers run once, in eval mode.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    return sum(numbers * layer.weight[0].numel() for layer, numbers in _handed_on(model, shape, layers))


def activations(model: nn.Module, shape: tuple[int, ...]) -> int:
    """The numbers that a network's layers hand on for one item of `shape` (C, H, W) or (n,), the item itself left out.

    Every layer that has no layers inside counts each time that it works: ReLU and flatten as well. The network is left
    as it was; its layers run once, in eval mode.
    """
    layers = [layer for layer in model.modules() if not list(layer.children())]
    return sum(numbers for _, numbers in _handed_on(model, shape, layers))


def _handed_on(model: nn.Module, shape: tuple[int, ...], layers: Iterable[Layer]) -> list[tuple[Layer, int]]:
    """Each of these layers as often as it works on one item of `shape`, and how many numbers it then hands on."""
    seen: list[tuple[Layer, int]] = []

    def note(layer: Layer, _: object, output: Tensor) -> None:
        seen.append((layer, output[0].numel()))

    hooks = [layer.register_forward_hook(note) for layer in layers]
    modes = [(layer, layer.training) for layer in model.modules()]  # parts of a network may be in another than the rest
    first = next(model.parameters(), torch.zeros(0))
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *shape, device=first.device, dtype=first.dtype))
    finally:
        for layer, training in modes:
            layer.training = training
        for hook in hooks:
            hook.remove()
    return seen
