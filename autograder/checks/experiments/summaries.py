"""What a student's summary says of networks that we know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

Row = tuple[str, tuple[int, ...], int]  # a layer's class, the shape of what it hands on (without N), its parameters

MOST = 100  # rows
NOT_A_LIST = Finding("not-a-list", "A list with a row for each layer is asked for; another type came back.")
RETURNED_NOTHING = Finding(
    "returned-nothing", "`my_summary` returned nothing (`None`). Is the `return` missing? Printing is not enough."
)
NOT_A_ROW = Finding("not-three", "Each row has three things in it: the layer's class, a shape, and a number.")
TOO_MANY = Finding("too-many", f"More than {MOST} rows: the network has far fewer layers.")
NO_NAME = Finding("no-name", "A row begins with the name of the layer's class: `type(layer).__name__`.")


class Backwards(nn.Module):
    """A network whose layers are made in another order than they work, with functions between them."""

    def __init__(self, filters: int):
        super().__init__()
        self.scores = nn.Linear(filters * 9, 7)
        self.drop = nn.Dropout(0.25)
        self.second = nn.Conv2d(filters, filters, kernel_size=3, bias=False)
        self.first = nn.Conv2d(2, filters, kernel_size=3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        return self.scores(self.drop(F.relu(self.second(x)).flatten(1)))  # type: ignore[no-any-return]


def _flat(filters: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, filters, kernel_size=3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(filters * 9, 5)
    )


def _vectors(filters: int) -> nn.Module:
    return nn.Sequential(nn.Linear(6, filters), nn.Tanh(), nn.Linear(filters, 2, bias=False))


def _nested(filters: int) -> nn.Module:
    first = nn.Sequential(nn.Conv2d(1, filters, kernel_size=3, padding=1), nn.BatchNorm2d(filters), nn.ReLU())
    second = nn.Sequential(nn.Sequential(nn.Conv2d(filters, filters, kernel_size=1), nn.ReLU()), nn.AvgPool2d(2))
    return nn.Sequential(first, second, nn.Sequential(nn.Flatten(), nn.Linear(filters * 12, 4)))


# `torchsummary` lists the same layers of these; of others it would list classes that contain layers as well
KNOWN: Mapping[str, tuple[Callable[[int], nn.Module], tuple[int, ...]]] = {  # how it is built, the shape of one item
    "layers in a row": (_flat, (3, 8, 8)),
    "vectors": (_vectors, (6,)),
    "layers in layers": (_nested, (1, 6, 8)),
    "a class with functions between its layers": (Backwards, (2, 12, 12)),
}


def known(kind: str, filters: int) -> tuple[nn.Module, tuple[int, ...]]:
    """One of the networks of `KNOWN`, and the shape of one item for it."""
    build, shape = KNOWN[kind]
    return build(filters), shape


def modules_in_order(model: nn.Module, shape: tuple[int, ...]) -> list[tuple[nn.Module, tuple[int, ...]]]:
    """Every module of a network in the order in which they are done with their work, and the shape that each hands on.

    A module that contains others comes after them. `shape` is that of one item, without N, and so are the answers.
    """
    worked: list[tuple[nn.Module, tuple[int, ...]]] = []

    def note(module: nn.Module, _: object, output: Tensor) -> None:
        worked.append((module, tuple(output.shape[1:])))

    hooks = [module.register_forward_hook(note) for module in model.modules()]
    try:
        with torch.no_grad():
            model(torch.zeros(2, *shape))
    finally:
        for hook in hooks:
            hook.remove()
    return worked


@experiment
def own_summary(my_summary: Any, *, kind: str, filters: int) -> Mapping[str, object]:
    """Call `my_summary` on one of the networks of `KNOWN`, with so many filters.

    Brings back `rows`, how many there are, and "name 0", "shape 0", "count 0", "name 1", …; `hooks`, how many hooks it
    left on the network.
    """
    model, shape = known(kind, filters)
    rows = my_summary(model, shape)
    if rows is None:
        raise UnexpectedResultError(RETURNED_NOTHING)
    if rows is Ellipsis:
        raise NotImplementedError
    if not issubclass(type(rows), list | tuple):
        raise UnexpectedResultError(NOT_A_LIST)
    if len(rows) > MOST:
        raise UnexpectedResultError(TOO_MANY)
    brought: dict[str, object] = {
        "rows": len(rows),
        "hooks": sum(len(module._forward_hooks) for module in model.modules()),
    }
    for i, row in enumerate(rows):
        if not issubclass(type(row), list | tuple) or len(row) != 3:
            raise UnexpectedResultError(NOT_A_ROW)
        name, shown, count = row
        if issubclass(type(name), type):  # the class itself in place of its name
            name = str(type.__dict__["__name__"].__get__(name))
        if type(name) is not str:
            raise UnexpectedResultError(NO_NAME)
        brought |= {f"name {i}": name, f"shape {i}": shown, f"count {i}": count}
    return brought
