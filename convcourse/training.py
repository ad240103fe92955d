"""Training a classifier of images fast, on a CPU or a GPU, with nothing hidden: the loop of the lessons, tuned.

Everything that makes it faster than a first loop is a setting of the `Recipe`, so that each can be switched off and
its share measured. What it computes stays the same but for rounding.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Recipe:
    """How to train. `learning_rate` is the highest one where `one_cycle` lets it rise and fall.

    `fused` updates all weights in one pass over the memory; `channels_last` stores a pixel's channels side by side;
    `low_precision` multiplies in 16 bits where the processor does so faster; `mirror` shows half of the images, drawn
    anew each time, left for right; `shift` moves each batch by up to so many pixels to any side, with zeros behind;
    `erase` greys out a square of that many pixels, at a place drawn for each batch.
    """

    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 1e-3
    one_cycle: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    mirror: bool = False
    shift: int = 0
    erase: int = 0
    fused: bool = True
    channels_last: bool = True
    low_precision: bool = True


@dataclass(frozen=True)
class Epoch:
    """One pass over the data: its number from 1, the mean loss of its images, the share of held-out images that were
    classified rightly after it (None without such images), and the seconds of training since the start."""

    number: int
    loss: float
    accuracy: float | None
    seconds: float

    def __str__(self) -> str:
        told = "" if self.accuracy is None else f", accuracy {self.accuracy:.4f}"
        return f"epoch {self.number:2}: loss {self.loss:.4f}{told}, {self.seconds:.1f} s"


def best_device() -> torch.device:
    """The GPU where there is one, and otherwise the CPU."""
    if torch.accelerator.is_available() and (found := torch.accelerator.current_accelerator()) is not None:
        return found
    return torch.device("cpu")


def clock(device: torch.device) -> float:
    """Seconds, read when the device has done all it was asked to: a GPU works on while Python goes ahead."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
    return time.perf_counter()


def short_floats(device: torch.device) -> torch.dtype | None:
    """The 16-bit type that this device computes with faster than with 32 bits, if any."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    # Older versions of torch don't tell what a CPU can do; 32 bits are right on all of them.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)() if device.type == "cpu" else {}
    return torch.bfloat16 if any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16")) else None


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    recipe: Recipe = Recipe(),
    *,
    held_out: tuple[Tensor, Tensor] | None = None,
    device: torch.device | None = None,
    seed: int = 0,
    each_epoch: Callable[[Epoch], object] = lambda epoch: None,
) -> list[Epoch]:
    """Train a model, in place, on images x (N, …) of float32 and their labels y (N,), with AdamW and cross-entropy.

    The order of the images and what is drawn on the way depend on `seed` alone. After each epoch `each_epoch` is told,
    and where there are `held_out` images and labels, their accuracy is counted, off the clock. Model and data are
    moved to `device`, by default the best there is. Raises ValueError for no images, for labels that do not fit, or for
    images that cannot be mirrored, shifted or erased as the recipe says.
    """
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"{len(x)} images and {len(y)} labels: there must be as many of both, and at least one")
    if (recipe.mirror or recipe.shift or recipe.erase) and x.ndim != 4:
        shape = tuple(x.shape)
        raise ValueError(f"only images (N, C, H, W) can be mirrored, shifted or erased; these have shape {shape}")
    size = "×".join(map(str, x.shape[-2:]))
    if recipe.erase and recipe.erase > min(x.shape[-2:]):
        raise ValueError(f"a square of {recipe.erase} pixels does not fit into images of {size}")
    if recipe.shift and not 0 <= recipe.shift < min(x.shape[-2:]):
        raise ValueError(f"a shift by {recipe.shift} pixels leaves nothing of images of {size}")
    device = device or best_device()
    layout = _layout(x, recipe)
    model.to(device=device, memory_format=layout)  # type: ignore[call-overload]
    with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device], device_type=device.type):
        torch.manual_seed(seed)  # for dropout, which draws from torch's own generator
        return run_epochs(model, x.to(device), y.to(device), recipe, held_out, seed, each_epoch)


def run_epochs(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    recipe: Recipe,
    held_out: tuple[Tensor, Tensor] | None,
    seed: int,
    each_epoch: Callable[[Epoch], object],
) -> list[Epoch]:
    """The loop of `fit`, when model and data are on their device."""
    device, layout = x.device, _layout(x, recipe)
    steps = -(-len(x) // recipe.batch_size)  # in each epoch, rounded up
    opt = _optimiser(model, recipe)
    schedule = _schedule(opt, recipe, steps)
    dtype, smoothing = short_floats(device) if recipe.low_precision else None, recipe.label_smoothing
    scaler = torch.amp.GradScaler(device.type, enabled=dtype is torch.float16)
    random = torch.Generator().manual_seed(seed)

    epochs: list[Epoch] = []
    seconds = 0.0
    for number in range(1, recipe.epochs + 1):
        start = clock(device)
        model.train()
        loss_sum = torch.zeros((), device=device)
        order = torch.randperm(len(x), generator=random).to(device)
        # Pieces of equal size: a last batch of one image would be too few to normalise.
        for chosen in order.tensor_split(steps):
            batch = _varied(x[chosen], recipe, random).contiguous(memory_format=layout)
            with torch.autocast(device.type, dtype, enabled=dtype is not None):
                scores = model(batch)
            loss = F.cross_entropy(scores.float(), y[chosen], label_smoothing=smoothing)
            opt.zero_grad()
            scaler.scale(loss).backward()
            scaler.step(opt)
            scaler.update()
            schedule.step()
            loss_sum += loss.detach() * len(chosen)  # .item() would wait for the GPU each time
        seconds += clock(device) - start
        right = share_right(model, *held_out, recipe) if held_out else None
        epochs.append(Epoch(number, loss_sum.item() / len(x), right, seconds))
        each_epoch(epochs[-1])
    return epochs


def _layout(x: Tensor, recipe: Recipe) -> torch.memory_format:
    return torch.channels_last if recipe.channels_last and x.ndim == 4 else torch.contiguous_format


def _optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW. Weights shrink; biases and the scales of batch normalisation do not: there it would only hinder."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=recipe.fused)


def _schedule(opt: torch.optim.Optimizer, recipe: Recipe, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning rate step by step: up and down once (Smith and Topin, 2018), or always the same."""
    total = steps * recipe.epochs
    if recipe.one_cycle and total > 1:
        return torch.optim.lr_scheduler.OneCycleLR(opt, recipe.learning_rate, total_steps=total, cycle_momentum=False)
    return torch.optim.lr_scheduler.ConstantLR(opt, factor=1.0)


def _varied(batch: Tensor, recipe: Recipe, random: torch.Generator) -> Tensor:
    """A batch with half of its images mirrored, moved, and a square of each erased, as the recipe says."""
    if recipe.mirror:
        mirrored = torch.rand(len(batch), generator=random) < 0.5
        batch = torch.where(mirrored.to(batch.device).view(-1, *[1] * (batch.ndim - 1)), batch.flip(-1), batch)
    if recipe.shift:
        top, left = (int(torch.randint(0, 2 * recipe.shift + 1, (), generator=random)) for _ in range(2))
        height, width = batch.shape[-2:]
        batch = F.pad(batch, [recipe.shift] * 4)[..., top : top + height, left : left + width]
    if recipe.erase:
        top, left = (int(torch.randint(0, size - recipe.erase + 1, (), generator=random)) for size in batch.shape[-2:])
        batch = batch.clone()
        batch[..., top : top + recipe.erase, left : left + recipe.erase] = batch.mean()
    return batch


def scores(model: nn.Module, x: Tensor, recipe: Recipe = Recipe(), *, batch_size: int = 1000) -> Tensor:
    """What a model answers to images x (N, …): (N, classes), in eval mode, on the CPU as float32."""
    device = next(model.parameters()).device
    layout = _layout(x, recipe)
    dtype = short_floats(device) if recipe.low_precision else None
    model.eval()
    with torch.no_grad(), torch.autocast(device.type, dtype, enabled=dtype is not None):
        answers = [model(batch.to(device).contiguous(memory_format=layout)) for batch in torch.split(x, batch_size)]
    return torch.cat(answers).float().cpu()


def share_right(model: nn.Module, x: Tensor, y: Tensor, recipe: Recipe = Recipe()) -> float:
    """The share of images x (N, …) that a model gives their label y (N,), from 0 to 1."""
    return int((scores(model, x, recipe).argmax(dim=1) == y.cpu()).sum()) / len(y)
