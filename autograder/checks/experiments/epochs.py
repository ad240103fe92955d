"""What one epoch of training does to a small network, and where the batches are when it sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader, TensorDataset

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

SMOOTHING = 0.2  # of the labels, in the loss of these experiments: a loss that students do not write by themselves
RETURNED_NOTHING = Finding(
    "returned-nothing", "`train_epoch` returned nothing (`None`). The mean loss is asked for; is the `return` missing?"
)
NO_GRADIENTS = Finding(
    "no-gradients",
    "`backward` found no gradients: `torch.no_grad()` is for measuring. While training, leave it out, and call "
    "`backward` on the loss itself, not on `loss.item()` or `loss.detach()`.",
)
BACKWARD_ON_SUM = Finding(
    "backward-on-sum",
    "`backward` came upon a batch that it had been through already: do you call it on a running sum? "
    "Call it on the loss of this batch only.",
)


class SmallNetwork(nn.Module):
    """Flatten, linear, batch normalisation, ReLU, linear; notes the mode and the device of each batch that it sees."""

    def __init__(self, first: Tensor, second: Tensor):
        """`first` and `second` are the weights of the linear layers: (hidden, inputs) and (classes, hidden)."""
        super().__init__()
        hidden, inputs = first.shape
        self.first = nn.Linear(inputs, hidden, dtype=torch.float32)
        self.normalise = nn.BatchNorm1d(hidden, dtype=torch.float32)
        self.second = nn.Linear(hidden, len(second), dtype=torch.float32)
        with torch.no_grad():
            self.first.weight.copy_(first)
            self.second.weight.copy_(second)
            for layer in (self.first, self.second):
                layer.bias.copy_(torch.linspace(-0.5, 0.5, len(layer.bias)))
        self.modes: list[bool] = []
        self.devices: list[str] = []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append(self.training)
        self.devices.append(x.device.type)
        home = self.first.weight.device
        if x.device != home:  # where it is, is noted: with a stand-in of its shape the epoch goes on
            x = torch.zeros(x.shape, dtype=x.dtype, device=home)
        scores: Tensor = self.second(F.relu(self.normalise(self.first(x.flatten(1)))))
        return scores


def flat_weights(model: nn.Module) -> Tensor:
    """All weights and biases of a network in one row."""
    return torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()])


@experiment
def epoch(
    train: Any, *, x: Tensor, y: Tensor, first: Tensor, second: Tensor, batch_size: int, rate: float
) -> Mapping[str, object]:
    """Let `train(model, loader, opt, loss_fn, device)` train a `SmallNetwork` by gradient descent at `rate` on the CPU.

    The loader gives x (N, …) and y (N,) in order, `batch_size` at a time; the network is handed over in eval mode and
    without gradients. Brings back `loss`, what was returned; `with_graph`, whether that still has its graph; `steps`,
    how many the optimiser made; `weights` after them, all in one row; `modes`, "train", "eval", "both" or "none".
    """
    model = SmallNetwork(first, second).eval()
    opt = torch.optim.SGD(model.parameters(), lr=rate)
    steps: list[None] = []
    opt.register_step_post_hook(lambda *_: steps.append(None))
    smoothed = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    tracked: list[bool] = []

    def loss_fn(scores: Tensor, labels: Tensor) -> Tensor:
        tracked.append(torch.is_grad_enabled())
        loss: Tensor = smoothed(scores, labels)
        return loss

    loss_fn.__qualname__ = "loss_fn"  # what an error message calls it
    with Moves():
        loader = DataLoader(TensorDataset(x, y), batch_size=batch_size)
        try:
            returned = train(model, loader, opt, loss_fn, torch.device("cpu"))
        except RuntimeError as error:
            if "does not require grad" in str(error):
                raise UnexpectedResultError(NO_GRADIENTS) from error
            if "second time" in str(error) or "modified by an inplace operation" in str(error):
                raise UnexpectedResultError(BACKWARD_ON_SUM) from error
            raise
    if returned is None:
        raise UnexpectedResultError(RETURNED_NOTHING)
    return {
        "loss": returned,
        "with_graph": any(isinstance(value, Tensor) and value.requires_grad for value in _entries(returned)),
        "steps": len(steps),
        "weights": flat_weights(model),
        "modes": _together(["train" if training else "eval" for training in model.modes], "both"),
    }


@experiment
def devices(
    train: Any, *, x: Tensor, y: Tensor, first: Tensor, second: Tensor, batch_size: int, rate: float
) -> Mapping[str, object]:
    """Let `train(model, loader, opt, loss_fn, device)` run with a `SmallNetwork` on the device "meta".

    On "meta" there are shapes but no numbers, so that any machine has this second device. Numbers that are read off it
    are 0, and the loss is one of our own. Brings back `images` and `labels`, the device on which network and loss
    found them: its name, "several" or "none"; `asked`, the devices that the batches were to be moved to.
    """
    model = SmallNetwork(first, second).to("meta").eval()
    opt = torch.optim.SGD(model.parameters(), lr=rate)
    labels_on: list[str] = []

    def loss_fn(scores: Tensor, labels: Tensor) -> Tensor:
        labels_on.append(labels.device.type)
        return torch.ones((), requires_grad=True) * 1

    with Moves() as moves:
        loader = DataLoader(TensorDataset(x, y), batch_size=batch_size)
        train(model, loader, opt, loss_fn, torch.device("meta"))
    return {
        "images": _together(model.devices, "several"),
        "labels": _together(labels_on, "several"),
        "asked": " ".join(sorted(set(moves.asked))),
    }


READING = {"item", "tolist", "numpy", "cpu", "__array__", "__float__", "__int__", "__bool__", "__index__", "__format__"}


class Moves(TorchFunctionMode):
    """Notes where tensors on the CPU are asked to go, and lets code for any device run on this machine.

    What is sent to "cuda" stays where it is, whether there is one or not. What is read from "meta" reads as 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        subject = args[0] if args and isinstance(args[0], Tensor) else None
        if subject is None:
            return func(*args, **kwargs)
        target = _target(name, args[1:], kwargs)
        if target is not None and subject.device.type == "cpu" and subject.ndim:
            self.asked.append(target)
        if target == "cuda":
            return subject
        if subject.device.type == "meta" and (name in READING or target == "cpu"):
            subject = torch.zeros(subject.shape, dtype=subject.dtype)
        return func(subject, *args[1:], **kwargs)


def _target(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """The kind of device that a call of this method of a tensor moves it to; None where it does not."""
    if name in ("cpu", "cuda"):
        return name
    if name != "to":
        return None
    asked = kwargs.get("device", kwargs.get("other", args[0] if args else None))
    if isinstance(asked, Tensor):
        return asked.device.type
    if isinstance(asked, int) and not isinstance(asked, bool):
        return "cuda"  # a bare number is a graphics card
    return torch.device(asked).type if isinstance(asked, str | torch.device) else None


def _entries(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _together(seen: Sequence[str], mixed: str) -> str:
    kinds = set(seen)
    return "none" if not kinds else kinds.pop() if len(kinds) == 1 else mixed
