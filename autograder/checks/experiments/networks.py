"""What a network is made of, and what it answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

SETTINGS = (
    *("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups"),
    *("in_features", "out_features", "num_features", "p", "start_dim", "end_dim", "dim", "affine"),
)
NOT_A_NETWORK = Finding(
    "not-a-network", "It must return a network, such as `nn.Sequential(…)`. Is the `return` missing?"
)


def known_numbers(shape: Sequence[int], random: torch.Generator) -> Tensor:
    """The values that `shaken` gives to weights or biases of this shape."""
    inputs = math.prod(shape[1:]) or 1 if len(shape) > 1 else 4
    return torch.randn(tuple(shape), generator=random) * 1.5 / math.sqrt(inputs)


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give every weight, bias and running statistic a value of its own: zeros and ones would hide what they do."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(known_numbers(parameter.shape, random))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=random) * 0.3)
            elif name.endswith("running_var"):
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=random))
    return model


@experiment
def network(make: Any, *, arguments: Sequence[object], x: Tensor, seed: int = 0) -> Mapping[str, object]:
    """Build a network with `make(*arguments)`, give its weights the values of this seed, and let it answer to x in eval
    mode.

    Brings back `kind` (the class); `layers`, how many it has, and "layer 0", … in the order of their work, each as JSON
    with its `kind` and settings; `parameters`, how many tensors of weights, and "parameter 0", …; `y`, or in its place
    `failed`, what stopped the network; `fresh`, whether a second call makes other weights; `training`, whether the
    network was still in training mode when it was handed over.
    """
    model = make(*arguments)
    if not isinstance(model, nn.Module):
        raise UnexpectedResultError(NOT_A_NETWORK)
    again = make(*arguments)
    parameters = list(model.parameters())
    others = {id(parameter) for parameter in again.parameters()}
    training = model.training
    shaken(model, seed).eval()
    leaves = [module for module in model.modules() if not list(module.children())]
    worked: list[nn.Module] = []
    hooks = [leaf.register_forward_hook(lambda module, *_: worked.append(module)) for leaf in leaves]
    answer: dict[str, object]
    try:
        with torch.no_grad():
            answer = {"y": model(x)}
    except Exception as error:  # the layers tell why
        answer = {"failed": f"{type(error).__name__}: {error}"}
        worked = leaves
    for hook in hooks:
        hook.remove()
    return (
        {
            "kind": type(model).__name__,
            "fresh": not any(id(parameter) in others for parameter in parameters),
            "training": training,
            "layers": len(worked),
            "parameters": len(parameters),
        }
        | {f"layer {i}": _description(layer) for i, layer in enumerate(worked)}
        | {f"parameter {i}": parameter for i, parameter in enumerate(parameters)}
        | answer
    )


def _description(layer: nn.Module) -> str:
    settings: dict[str, object] = {"kind": type(layer).__name__}
    for name in SETTINGS:
        value = getattr(layer, name, None)
        if isinstance(value, int | float | str) or (
            isinstance(value, tuple) and all(isinstance(entry, int) for entry in value)
        ):
            settings[name] = value
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
        settings["bias"] = layer.bias is not None
    return json.dumps(settings)
