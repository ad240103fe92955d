"""Scenes of networks: their layers one after another, with shapes, parameters and multiply–adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from convcourse.figures.numbers import count, size, thousands
from convcourse.figures.scene import Layer, Network, Scene


def layers_scene(blocks: Sequence[Layer], alt: str = "", caption: str = "") -> Scene:
    """A network, its input first. Without `alt`, the alt text lists layers, shapes and parameters.

    Raises ValueError for no layer, an input with parameters, a shape with a number below 1, and negative counts.
    """
    network = Network(tuple(_checked(block) for block in blocks))
    if not network.layers:
        raise ValueError("a network needs its input, such as Layer('image', (1, 28, 28)), and its layers")
    first = network.layers[0]
    if first.parameters:
        raise ValueError(
            f"the first block is the input, but {first.name!r} has {thousands(first.parameters)} parameters"
        )
    network = Network((replace(first, parameters=0), *network.layers[1:]))
    return Scene(((network,),), alt.strip() or _described(network), caption)


def _checked(block: Layer) -> Layer:
    """The same layer with its shape as a tuple of plain numbers."""
    shape: tuple[int, ...] | None = None
    if block.shape is not None:
        given = tuple(block.shape) if isinstance(block.shape, Iterable) else (block.shape,)
        shape = tuple(int(number) for number in given)
        if not shape or min(shape) < 1:
            raise ValueError(f"{block.name}: a shape is (C, H, W) or (features,), not {given}")
    for name, number in (("parameters", block.parameters), ("multiply–adds", block.multiply_adds)):
        if number is not None and number < 0:
            raise ValueError(f"{block.name}: {number} {name} cannot be")
    return replace(block, shape=shape)


def _described(network: Network) -> str:
    first, *layers = network.layers
    if not layers:
        return f"The input of a network: {first.name} {_shape(first)}."
    parts = [f"{first.name} {_shape(first)}", *(f"{layer.name}: {_shape(layer)}{_counts(layer)}" for layer in layers)]
    alt = f"A network of {count(len(layers), 'layer')}. {' → '.join(parts)}."
    if network.parameters is not None:
        alt += f" In all {thousands(network.parameters)} parameters."
    return alt


def _shape(layer: Layer) -> str:
    if layer.shape is None:
        return "an unknown shape"
    return size((layer.shape,) if isinstance(layer.shape, int) else layer.shape)


def _counts(layer: Layer) -> str:
    text = ", unknown parameters" if layer.parameters is None else ""
    if layer.parameters:
        text = f", {thousands(layer.parameters)} parameters"
    return f"{text}, {thousands(layer.multiply_adds)} multiply–adds" if layer.multiply_adds else text
