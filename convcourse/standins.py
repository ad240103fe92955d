"""What the exercises on training ask for, ready-made: where one is not written yet, the notebook goes on with ours."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from convcourse.networks import TanhNet, lecture_cnn

Written = TypeVar("Written", bound=Callable[..., Any])


def written(yours: Written) -> Written:
    """A student's function or class; where it is still a stub that raises NotImplementedError, ours. Says which.

    Raises KeyError for a stub that there is nothing to stand in for.
    """
    parts = list(vars(yours).values()) if isinstance(yours, type) else [yours]
    name = str(getattr(yours, "__name__", type(yours).__name__))
    if any(isinstance(part, FunctionType) and _is_stub(part) for part in parts):
        print(f"{name} is not written yet: the course's own takes its place")
        return STAND_INS[name]  # type: ignore[return-value]
    print(f"using your {name}")
    return yours


def _is_stub(function: FunctionType) -> bool:
    """Whether all it can do is raise NotImplementedError: whoever has written a `return` may have left that line."""
    steps = list(dis.get_instructions(function))
    returns = any(step.opname in ("RETURN_VALUE", "RETURN_CONST") for step in steps)
    return not returns and any(step.argval == "NotImplementedError" for step in steps)


def _vectors(images: Tensor, labels: Tensor) -> TensorDataset:
    return TensorDataset(images.flatten(1).float() / 255, labels.long())


def _images(images: Tensor, labels: Tensor) -> TensorDataset:
    return TensorDataset(images.unsqueeze(1).float() / 255, labels.long())


def _mlp(n_in: int, n_hidden: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))


def _step(
    x: Tensor, y: Tensor, model: nn.Module, opt: torch.optim.Optimizer, loss_fn: Callable[[Tensor, Tensor], Tensor]
) -> float:
    model.train()
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    opt.step()
    return loss.item()


def _accuracy(loader: Iterable[tuple[Tensor, Tensor]], model: nn.Module) -> float:
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += int((model(x).argmax(dim=1) == y).sum())
            count += len(y)
    return right / count


def _epoch(
    model: nn.Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    opt: torch.optim.Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    device: torch.device,
) -> float:
    total, count = 0.0, 0
    for x, y in loader:
        total += _step(x.to(device), y.to(device), model, opt, loss_fn) * len(y)
        count += len(y)
    return total / count


def _regularised_cnn() -> nn.Sequential:
    conv1, pool1, relu1, conv2, pool2, relu2, *dense, last = lecture_cnn()
    first = (conv1, nn.BatchNorm2d(64), pool1, relu1)
    second = (conv2, nn.BatchNorm2d(128), pool2, relu2)
    return nn.Sequential(*first, *second, *dense, nn.Dropout(0.5), last)


def _normalise(train: Tensor, validation: Tensor) -> tuple[Tensor, Tensor]:
    std, mean = torch.std_mean(train, dim=(0, 2, 3), keepdim=True)
    return (train - mean) / std, (validation - mean) / std


def _blur(conv: nn.Conv2d) -> None:
    with torch.no_grad():
        conv.weight.fill_(1 / conv.weight.numel())
        _no_bias(conv)


def _edge(conv: nn.Conv2d) -> None:
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, 0.0, -1.0]).expand_as(conv.weight))
        _no_bias(conv)


def _no_bias(conv: nn.Conv2d) -> None:
    if conv.bias is not None:
        conv.bias.zero_()


class FunctionalNet(nn.Module):
    """The same network, whose state dict is the same, too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(8 * 8 * 8, 32)
        self.fc2 = nn.Linear(32, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.max_pool2d(torch.tanh(self.conv2(x)), 2)
        scores: Tensor = self.fc2(torch.tanh(self.fc1(x.flatten(1))))
        return scores


def _training_loop(
    n_epochs: int,
    optimizer: torch.optim.Optimizer,
    model: nn.Module,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    train_loader: Iterable[tuple[Tensor, Tensor]],
    device: torch.device,
) -> list[float]:
    return [_epoch(model, train_loader, optimizer, loss_fn, device) for _ in range(n_epochs)]


def _validate(
    model: nn.Module,
    train_loader: Iterable[tuple[Tensor, Tensor]],
    val_loader: Iterable[tuple[Tensor, Tensor]],
    device: torch.device,
) -> dict[str, float]:
    def on_device(loader: Iterable[tuple[Tensor, Tensor]]) -> Iterable[tuple[Tensor, Tensor]]:
        return ((x.to(device), y.to(device)) for x, y in loader)

    return {"train": _accuracy(on_device(train_loader), model), "val": _accuracy(on_device(val_loader), model)}


STAND_INS: dict[str, Callable[..., Any]] = {
    "FashionVectors": _vectors,
    "make_mlp": _mlp,
    "train_batch": _step,
    "dataset_accuracy": _accuracy,
    "FashionImages": _images,
    "make_cnn": lecture_cnn,
    "train_epoch": _epoch,
    "make_regularised_cnn": _regularised_cnn,
    "normalise": _normalise,
    "set_blur": _blur,
    "set_edge": _edge,
    "Net": TanhNet,
    "FunctionalNet": FunctionalNet,
    "training_loop": _training_loop,
    "validate": _validate,
}
