"""What several epochs of training do to a small network, and how a network is asked about two sets of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from autograder.checks.experiments.epochs import Moves, SmallNetwork, devices, epoch
from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.experiments.steps import watched
from autograder.checks.verdict import Finding

NO_LOSSES = Finding(
    "returned-nothing",
    "`training_loop` returned nothing (`None`). Printing is not enough: return the list of the epochs' mean losses.",
)
SPLITS = ("train", "val")


def _one_call(training_loop: Any, n_epochs: int, model: Any, loader: Any, opt: Any, loss_fn: Any, device: Any) -> Any:
    """Let `training_loop` train where the experiments with one epoch expect code for one."""
    returned = training_loop(n_epochs, opt, model, loss_fn, loader, device)
    if returned is None:
        raise UnexpectedResultError(NO_LOSSES)
    if returned is Ellipsis:
        raise NotImplementedError
    return returned


@experiment
def several_epochs(
    training_loop: Any,
    *,
    n_epochs: int,
    x: Tensor,
    y: Tensor,
    first: Tensor,
    second: Tensor,
    batch_size: int,
    rate: float,
) -> Mapping[str, object]:
    """Call `training_loop(n_epochs, optimizer, model, loss_fn, train_loader, device)` once.

    Network, loader and optimiser are those of the experiment `epoch`. Brings back what that does, for all epochs
    together: `loss` is what was returned.
    """
    train = partial(_one_call, training_loop, n_epochs)
    return epoch(train, x=x, y=y, first=first, second=second, batch_size=batch_size, rate=rate)


@experiment
def devices_of_several_epochs(
    training_loop: Any,
    *,
    n_epochs: int,
    x: Tensor,
    y: Tensor,
    first: Tensor,
    second: Tensor,
    batch_size: int,
    rate: float,
) -> Mapping[str, object]:
    """The same on the device "meta". Brings back what the experiment `devices` does."""
    train = partial(_one_call, training_loop, n_epochs)
    return devices(train, x=x, y=y, first=first, second=second, batch_size=batch_size, rate=rate)


@experiment
def validating(
    validate: Any,
    *,
    kind: str,
    sizes: Sequence[int],
    seed: int,
    training: bool,
    train_x: Tensor,
    train_y: Tensor,
    val_x: Tensor,
    val_y: Tensor,
    batch_size: int,
) -> Mapping[str, object]:
    """Call `validate(model, train_loader, val_loader, device)` on a known network, on the CPU.

    The loaders give their items in order. Brings back `came`, what was returned: "a dictionary", "nothing" or
    "something else"; of a dictionary its `keys` in a row, and the values of `train` and `val`, as far as there are any;
    and the state in which the network was asked, as `asking_a_batch` does.
    """
    loaders = [DataLoader(TensorDataset(x, y), batch_size=batch_size) for x, y in ((train_x, train_y), (val_x, val_y))]
    brought: dict[str, object] = {}

    def measure(model: Any) -> None:
        with Moves():
            brought.update(_shares(validate(model, *loaders, torch.device("cpu"))))

    state = watched(kind, sizes, seed, training, measure)
    return brought | dict(state)


def _shares(returned: Any) -> Mapping[str, object]:
    """What stands in the dictionary that `validate` returned."""
    if returned is Ellipsis:
        raise NotImplementedError
    if not issubclass(type(returned), dict):
        return {"came": "nothing" if returned is None else "something else", "keys": ""}
    held = {key: value for key, value in dict.items(returned) if type(key) is str}
    return {"came": "a dictionary", "keys": " ".join(sorted(held))} | {key: held[key] for key in SPLITS if key in held}


@experiment
def devices_in_validating(
    validate: Any, *, x: Tensor, y: Tensor, first: Tensor, second: Tensor, batch_size: int
) -> Mapping[str, object]:
    """Call `validate` with a `SmallNetwork` on the device "meta", and x, y as both sets of images.

    On "meta" there are shapes but no numbers; see the experiment `devices`. Brings back `images`, the device on which
    the network found them ("several" or "none" are possible), `labels`, the device on which they were compared, and
    `asked`, the devices that the batches were to be moved to.
    """
    model = SmallNetwork(first, second).to("meta").eval()
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size)
    with Meetings() as moves:
        try:
            validate(model, loader, loader, torch.device("meta"))
        except NotImplementedError as error:
            if not str(error):  # a stub's own; torch's tells what cannot be done without numbers
                raise
    seen = sorted(set(model.devices))
    return {
        "images": seen[0] if len(seen) == 1 else "several" if seen else "none",
        "labels": "cpu" if moves.apart else "meta" if seen else "none",
        "asked": " ".join(sorted(set(moves.asked))),
    }


class Meetings(Moves):
    """Notes besides whether tensors of two devices met, and lets them: what is on the CPU is moved to the other."""

    def __init__(self) -> None:
        super().__init__()
        self.apart = False

    def __torch_function__(
        self, func: Any, types: Iterable[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        places = {argument.device.type for argument in args if isinstance(argument, Tensor) and argument.ndim}
        if places == {"cpu", "meta"} and getattr(func, "__name__", "") not in ("to", "copy_"):
            self.apart = True
            args = [
                torch.empty_like(argument, device="meta") if isinstance(argument, Tensor) else argument
                for argument in args
            ]
        return super().__torch_function__(func, types, args, kwargs)
