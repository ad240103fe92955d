"""A network that the reader may change: its layers as plain records, and what each hands on and costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

from torch import nn

from convcourse.figures.live import Live, live
from convcourse.figures.networks import layers_scene
from convcourse.figures.numbers import size
from convcourse.figures.scene import Layer
from convcourse.operations import output_size

Settings = dict[str, Any]
LARGEST = {"channels": 4096, "side": 512, "kernel": 64, "stride": 64, "padding": 64, "units": 100_000}


class Cost(NamedTuple):
    """The shape of what a layer hands on for one item, its parameters, and its multiply–adds."""

    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def network(
    layers: nn.Module | Iterable[nn.Module],
    shape: Sequence[int],
    alt: str = "",
    caption: str = "",
    budget: tuple[int, int] | None = None,
) -> Live:
    """A network to be played with: each block tells its numbers and where they come from, and layers can be changed.

    layers is an `nn.Sequential` or a list of layers of PyTorch: Conv2d, MaxPool2d, ReLU, Tanh, BatchNorm2d, Dropout,
    Flatten and Linear; `shape` that of one item, (C, H, W) or (features,). `budget` are the most parameters and the
    most multiply–adds. Raises ValueError for other layers, and where one does not fit what comes in.
    """
    row, given = leaves(layers), tuple(int(side) for side in shape)
    if len(given) not in (1, 3) or min(given) < 1:
        raise ValueError(f"one item is (C, H, W) or (features,), not {given}")
    found = bill(row, given)
    blocks = [Layer("input", given, 0)]
    blocks += [
        Layer(named(settings_of(layer)), cost.shape, cost.parameters, cost.multiply_adds or None)
        for layer, cost in zip(row, found, strict=True)
    ]
    state = {
        "input": list(given),
        "layers": [settings_of(layer) for layer in row],
        "costs": [[list(cost.shape), cost.parameters, cost.multiply_adds] for cost in found],
        "budget": list(budget) if budget else None,
        "largest": LARGEST,
    }
    return live(layers_scene(blocks, alt, caption), "layers", state)


def leaves(layers: nn.Module | Iterable[nn.Module]) -> list[nn.Module]:
    """Layers one after another, those inside `nn.Sequential` taken out of it.

    Raises ValueError for a network of another kind: nobody knows from its layers alone in what order they work.
    """
    return list(_leaves([layers] if isinstance(layers, nn.Module) else layers))


def _leaves(layers: Iterable[nn.Module]) -> Iterator[nn.Module]:
    for layer in layers:
        if isinstance(layer, nn.Sequential):
            yield from _leaves(layer)
        else:
            settings_of(layer)
            yield layer


def settings_of(layer: nn.Module) -> Settings:
    """A layer's kind and what can be set of it. Raises ValueError for a layer that the figure does not know."""
    kind = type(layer).__name__
    settings: Settings = {}
    usual = True
    if isinstance(layer, nn.Conv2d):
        settings = {"channels": layer.out_channels, **_window(layer), "bias": layer.bias is not None}
        usual = layer.groups == 1 and layer.padding_mode == "zeros" and layer.dilation == (1, 1)
    elif isinstance(layer, nn.MaxPool2d):
        settings = _window(layer)
        usual = layer.dilation == 1 and not layer.ceil_mode
    elif isinstance(layer, nn.Linear):
        settings = {"units": layer.out_features, "bias": layer.bias is not None}
    elif isinstance(layer, nn.Dropout):
        settings = {"p": layer.p}
    elif isinstance(layer, nn.BatchNorm2d):
        usual = layer.affine
    elif isinstance(layer, nn.Flatten):
        usual = (layer.start_dim, layer.end_dim) == (1, -1)
    else:
        usual = isinstance(layer, nn.ReLU | nn.Tanh)
    if not usual or None in settings.values():
        raise ValueError(f"the figure has no block for {layer}")
    return {"kind": kind, **settings}


def _window(layer: nn.Conv2d | nn.MaxPool2d) -> Settings:
    """Kernel, stride and padding, None for one that differs from side to side."""
    found = {"kernel": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}
    return {name: _one(value) for name, value in found.items()}


def _one(value: object) -> int | None:
    sides = set(value) if isinstance(value, tuple) else {value}
    only = sides.pop()
    return only if not sides and isinstance(only, int) else None


def named(settings: Settings) -> str:
    """What a block is called: its kind, and its window where it has one."""
    kernel = settings.get("kernel")
    return f"{settings['kind']} {kernel}×{kernel}" if kernel else str(settings["kind"])


def misfit(settings: Settings, shape: Sequence[int]) -> str:
    """Why a layer cannot take what comes in, (C, H, W) or (features,); nothing where it can.

    The layer is taken to be made for as many channels or features as come in.
    """
    kind = settings["kind"]
    maps = len(shape) == 3
    if kind in ("Conv2d", "MaxPool2d", "BatchNorm2d") and not maps:
        return f"{kind} wants maps, and a row of {shape[0]} numbers comes in. It belongs before Flatten."
    if kind == "Linear" and maps:
        return f"Linear wants a row of numbers, and maps of {size(shape)} come in. Put Flatten before it."
    if "kernel" not in settings:
        return ""
    f, p = settings["kernel"], settings["padding"]
    if kind == "MaxPool2d" and 2 * p > f:
        return f"The padding of a pooling is at most half of its window: {f // 2} for a window of {f}."
    height, width = (side + 2 * p for side in shape[1:])
    if f > min(height, width):
        padded = " with its padding" if p else ""
        return f"The window is larger than what comes in: {f}×{f} on {height}×{width}{padded}."
    return ""


def handed_on(settings: Settings, shape: Sequence[int]) -> tuple[int, ...]:
    """The shape that a layer which fits makes of `shape`."""
    kind = settings["kind"]
    if kind == "Linear":
        return (settings["units"],)
    if kind == "Flatten":
        return (prod(shape),)
    if "kernel" not in settings:
        return tuple(shape)
    f, p, s = settings["kernel"], settings["padding"], settings["stride"]
    return (settings.get("channels", shape[0]), *(output_size(side, f, p, s) for side in shape[1:]))


def bill(layers: Sequence[nn.Module], shape: Sequence[int]) -> list[Cost]:
    """What each layer costs for one item of `shape`. Raises ValueError, in plain words, where a layer does not fit."""
    given, found = tuple(shape), list[Cost]()
    for number, layer in enumerate(layers, 1):
        settings = settings_of(layer)
        place = f"layer {number}, {named(settings)}"
        if why := misfit(settings, given):
            raise ValueError(f"{place}: {why}")
        for name in ("in_channels", "in_features", "num_features"):
            if getattr(layer, name, given[0]) != given[0]:
                raise ValueError(f"{place}, is made for {getattr(layer, name)}, and {size(given)} comes in")
        given = handed_on(settings, given)
        parameters = sum(weights.numel() for weights in layer.parameters())
        work = prod(given) * layer.weight[0].numel() if isinstance(layer, nn.Conv2d | nn.Linear) else 0
        found.append(Cost(given, parameters, work))
    return found
