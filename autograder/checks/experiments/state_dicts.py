"""Weights that go from one network to another: by their names, or by way of a file."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from autograder.checks.experiments.networks import NOT_A_NETWORK, shaken
from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.experiments.steps import flat, statistics
from autograder.checks.plain import raised

NET: Mapping[str, tuple[int, ...]] = {  # the state dict of the network for birds and airplanes
    "conv1.weight": (16, 3, 3, 3),
    "conv1.bias": (16,),
    "conv2.weight": (8, 16, 3, 3),
    "conv2.bias": (8,),
    "fc1.weight": (32, 512),
    "fc1.bias": (32,),
    "fc2.weight": (2, 32),
    "fc2.bias": (2,),
}
KINDS = {nn.Conv2d: "Conv2d", nn.Linear: "Linear"}


def net_weights(seed: int) -> dict[str, Tensor]:
    """Known weights for the network `NET`, so large that every tanh bends."""
    random = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(shape, generator=random) * 1.5 / math.sqrt(math.prod(shape[1:]) or 4)
        for name, shape in NET.items()
    }


@experiment
def taking_over(make: Any, *, seed: int, x: Tensor) -> Mapping[str, object]:
    """Build a network with `make()` and let it take over weights made with `seed`, under the names of `NET`.

    Brings back `modules`, each as "name:kind", in a row; `missing` and `unexpected`, the names of weights that it lacks
    or that only it has, and `misfits`, those of another size, each as "name=32x288"; `held`, the numbers that it has
    then under the names of those that fit, in a row; `y`, its answer to x in eval mode, or in its place `failed`, what
    stopped it. Weights that do not fit stay as `make` left them.
    """
    model = make()
    if not isinstance(model, nn.Module):
        raise UnexpectedResultError(NOT_A_NETWORK)
    own, weights = model.state_dict(), net_weights(seed)
    shared = own.keys() & weights.keys()
    fitting = {name: weights[name] for name in shared if own[name].shape == weights[name].shape}
    model.load_state_dict(fitting, strict=False)
    taken = model.state_dict()
    named = list(model.named_modules())[1:]
    brought: dict[str, object] = {
        "held": flat([taken[name] for name in weights if name in fitting]),
        "modules": " ".join(f"{name}:{_kind(module)}" for name, module in named),
        "missing": " ".join(name for name in weights if name not in own),
        "unexpected": " ".join(name for name in own if name not in weights),
        "misfits": " ".join(
            f"{name}={'x'.join(map(str, own[name].shape))}"
            for name in weights
            if name in shared and name not in fitting
        ),
    }
    try:
        with torch.no_grad():
            return brought | {"y": model.eval()(x)}
    except Exception as error:
        if isinstance(error, NotImplementedError) and not str(error):
            raise
        return brought | {"failed": f"{type(error).__name__}: {error}"}


def _kind(module: nn.Module) -> str:
    return next((name for kind, name in KINDS.items() if isinstance(module, kind)), type(module).__name__)


# --- by way of a file -------------------------------------------------------------------------------------------


def filed_network(seed: int) -> nn.Module:
    """A small network with weights and running statistics of its own."""
    layers = (nn.Conv2d(1, 2, kernel_size=3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    return shaken(nn.Sequential(*layers), seed)


def all_numbers(model: nn.Module) -> Tensor:
    """Weights, biases and running statistics of a network in a row."""
    return torch.cat([flat(list(model.parameters())), statistics(model)])


class Moved(TorchFunctionMode):
    """Keeps the tensors that are asked to go to another device."""

    def __init__(self) -> None:
        super().__init__()
        self.tensors: list[object] = []

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if args and getattr(func, "__name__", "") in ("to", "cpu", "cuda"):
            self.tensors.append(args[0])
        return func(*args, **(kwargs or {}))


@experiment
def filing(save_weights: Any, load_weights: Any, *, seed: int) -> Mapping[str, object]:
    """Call `save_weights(model, path)` and `load_weights(model, path, device)`, each with a network and file of ours.

    Both work in a folder of their own, which is gone afterwards; the path leads to another folder. The file to load
    was saved on a graphics card that this machine does not have, and the device is the CPU.

    Brings back `file`, what is at the path: "state dict", "state dict inside", "other numbers", "not plain" (torch
    reads it only if told to trust it), "nothing" or "elsewhere"; `saved`, the numbers of a state dict, and `numbers`,
    those of the network. Of loading: `loaded`, the numbers of the network that came back, and `wanted`, those in the
    file; `returned`, "a network", "nothing", "names" (what `load_state_dict` answers), "a state dict" or "other";
    `moved`, whether all its weights were moved to the device or are new; or in their place `stopped`, an error in one
    line, with `error`, its kind.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, elsewhere = Path(folder) / "given", Path(folder) / "elsewhere"
        given.mkdir()
        elsewhere.mkdir()
        with contextlib.chdir(elsewhere):
            saved = _saved(save_weights, given / f"saved-{seed}.pt", elsewhere, seed)
            return saved | _loaded(load_weights, given / f"to-load-{seed}.pt", seed + 1)


def _saved(save_weights: Any, path: Path, elsewhere: Path, seed: int) -> dict[str, object]:
    model = filed_network(seed)
    numbers = all_numbers(model)
    if save_weights(model, str(path)) is Ellipsis:
        raise NotImplementedError
    brought: dict[str, object] = {"numbers": numbers}
    if not path.is_file():
        others = [*path.parent.iterdir(), *elsewhere.iterdir()]
        return brought | {"file": "elsewhere" if others else "nothing"}
    try:
        held = torch.load(path, weights_only=True)
    except Exception:  # a network as a whole, or a file that is none of torch's
        return brought | {"file": "not plain"}
    names = model.state_dict().keys()
    if not isinstance(held, Mapping):
        return brought | {"file": "other numbers"}
    if held.keys() != names:
        inside = any(isinstance(value, Mapping) and value.keys() == names for value in held.values())
        return brought | {"file": "state dict inside" if inside else "other numbers"}
    again = filed_network(seed + 2)
    again.load_state_dict(held)
    return brought | {"file": "state dict", "saved": all_numbers(again)}


def _loaded(load_weights: Any, path: Path, seed: int) -> dict[str, object]:
    source, model = filed_network(seed), filed_network(seed + 2)
    with mock.patch.object(torch.serialization, "location_tag", return_value="cuda:99"):
        torch.save(source.state_dict(), path)
    own = list(model.parameters())  # kept, or the identity of one might be given to another
    with Moved() as moved:
        try:
            returned = load_weights(model, str(path), torch.device("cpu"))
        except Exception as error:
            if isinstance(error, NotImplementedError) and not str(error):
                raise
            return {"stopped": raised(error).text, "error": type(error).__name__}
    if returned is Ellipsis:
        raise NotImplementedError
    brought: dict[str, object] = {"returned": _what(returned), "wanted": all_numbers(source)}
    if not isinstance(returned, nn.Module):
        return brought
    staying = {id(parameter) for parameter in own} - {id(tensor) for tensor in moved.tensors}
    return brought | {
        "loaded": all_numbers(returned),
        "moved": not any(id(parameter) in staying for parameter in returned.parameters()),
    }


def _what(returned: object) -> str:
    if returned is None:
        return "nothing"
    if isinstance(returned, nn.Module):
        return "a network"
    if isinstance(returned, Mapping):
        return "a state dict"
    return "names" if hasattr(returned, "missing_keys") else "other"
