"""Checks of notebook 04, in code: a dataset of images with a channel, and one epoch of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from autograder.checks.experiments import Observation
from autograder.checks.fashion import Slip, foretold, item_cases, value_of
from autograder.checks.layers import unseen
from autograder.checks.registry import register
from autograder.checks.slips import constant
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="04_cnn_gpu")

SIDE = 28


# --- images with a channel --------------------------------------------------------------------------------------


def _without_channel(images: Array) -> list[Mistake]:
    """Items of another shape than (1, 28, 28), from images (N, 28, 28) that go from 0 to 1."""
    n = len(images)
    return [
        Mistake(
            "no-channel",
            "The channel is missing: each image should be (1, 28, 28). `unsqueeze(0)` or `[None]` adds an axis.",
            constant(images),
        ),
        Mistake(
            "flat",
            "Your images are rows of 784 numbers, as for an MLP. Here each stays an image, with a channel in front.",
            constant(images.reshape(n, -1)),
        ),
        Mistake(
            "channel-last",
            "Your channel comes last. PyTorch wants (channels, height, width), so it comes first.",
            constant(images[..., None]),
        ),
        Mistake(
            "three-channels",
            "You copied the image into three channels. It is grey: one channel is enough.",
            constant(np.repeat(images[:, None], 3, axis=1)),
        ),
        Mistake(
            "two-extra-axes",
            "You added two axes. An item is one image; the DataLoader adds the axis of the batch.",
            constant(images[:, None, None]),
        ),
        Mistake(
            "length-of-item",
            "`len` says 1, the number of channels, so only one item is ever asked for. Say how many images there are.",
            constant(images[:1, None]),
        ),
        Mistake(
            "rows-and-columns",
            "Rows and columns are swapped: the garments lie on their side.",
            constant(images.transpose(0, 2, 1)[:, None]),
        ),
    ]


@lesson(
    "fashion-images",
    exercise="1",
    title="Images with a channel",
    asks=("FashionImages",),
    points={"length": 0.5, "images": 1, "labels": 0.5},
)
def fashion_images(student: Student) -> Iterator[Case]:
    """Item i is the pair of an image (1, 28, 28), float32 from 0 to 1, and its label, int64."""
    yield from item_cases(student, "FashionImages", (1, SIDE, SIDE), misshapen=_without_channel)


# --- one epoch --------------------------------------------------------------------------------------------------


def weighted(losses: ArrayLike, sizes: ArrayLike) -> float:
    """The mean loss over all items, from the means of batches."""
    return float(np.dot(losses, sizes) / np.sum(sizes))


def trainer(
    *,
    training: bool = True,
    clear: str = "before",
    step: str = "each",
    softmax: bool = False,
    own_loss: bool = False,
    again: bool = False,
    rounds: int = 1,
    batches: slice = slice(None),
    report: Callable[[Any, Any], Any] = weighted,
) -> Callable[..., Any]:
    """A `train_epoch`: right as it stands, or with a slip.

    `clear` says when gradients are cleared: "before" or "after" the backward pass, "once" or "never"; `step` when a
    step is made: after "each" batch, after the "last" or "never"; `again` measures the loss after the step.
    """

    def measured(model: Any, x: Tensor, y: Tensor, loss_fn: Any) -> Any:
        scores = model(x).softmax(dim=1) if softmax else model(x)
        return F.cross_entropy(scores, y) if own_loss else loss_fn(scores, y)

    def train_epoch(model: Any, loader: Any, opt: Any, loss_fn: Any, device: Any) -> Any:
        losses: list[float] = []
        sizes: list[int] = []
        model.train(training)
        if clear == "once":
            opt.zero_grad()
        for x, y in (list(loader) * rounds)[batches]:
            if clear == "before":
                opt.zero_grad()
            loss = measured(model, x.to(device), y.to(device), loss_fn)
            loss.backward()
            if clear == "after":
                opt.zero_grad()
            if step == "each":
                opt.step()
            with torch.no_grad():
                losses.append(float(measured(model, x, y, loss_fn) if again else loss))
            sizes.append(len(y))
        if step == "last":
            opt.step()
        return report(losses, sizes)

    return train_epoch


EVAL_MODE = Slip(
    "eval-mode",
    "The network was not in training mode, so that batch normalisation used old means. Begin with `model.train()`.",
    trainer(training=False),
)
EPOCH_SLIPS = (
    EVAL_MODE,
    Slip(
        "never-cleared",
        "Gradients add up from batch to batch: clear them with `opt.zero_grad()` before each `backward`.",
        trainer(clear="never"),
    ),
    Slip(
        "cleared-too-late",
        "You clear the gradients between `backward` and `step`: the step then has nothing to follow.",
        trainer(clear="after"),
    ),
    Slip(
        "no-step",
        "The optimiser never makes a step: after `loss.backward()` comes `opt.step()`.",
        trainer(step="never"),
    ),
    Slip(
        "step-after-loop",
        "You make a single step, after the loop. Each batch makes its own: `opt.step()` belongs inside the loop.",
        trainer(step="last"),
    ),
    Slip(
        "summed-then-step",
        "You collect the gradients of all batches and make one step. Each batch makes its own.",
        trainer(step="last", clear="once"),
    ),
    Slip(
        "first-batch-only",
        "Only the first batch was used. Does `return` stand inside the loop? It belongs after it.",
        trainer(batches=slice(1)),
    ),
    Slip(
        "short-batch-left-out",
        "The last, shorter batch was left out. Go through the loader itself: it knows how many batches there are.",
        trainer(batches=slice(-1)),
    ),
    Slip(
        "two-epochs",
        "You went through the loader twice. One epoch uses each batch once.",
        trainer(rounds=2),
    ),
    Slip(
        "softmax-first",
        "You put a softmax before the loss. `CrossEntropyLoss` has one inside: hand it the scores.",
        trainer(softmax=True),
    ),
    Slip(
        "own-loss",
        "You used a cross-entropy of your own choice. Use the `loss_fn` that was handed in; here it is another one.",
        trainer(own_loss=True),
    ),
    Slip(
        "loss-after-step",
        "You measured the loss again after the step. The loss that was trained on is the one to count.",
        trainer(again=True),
    ),
)
REPORTS: Sequence[tuple[str, str, Callable[[Array, Array], Any]]] = (  # of a training that is right
    (
        "mean-of-means",
        "This is the mean of the batches' means, in which an item of the short batch counts more than others. Multiply "
        "each by the size of its batch, and divide by the number of items.",
        lambda losses, sizes: np.mean(losses),
    ),
    (
        "sum-of-means",
        "You added the batches' means up and did not divide.",
        lambda losses, sizes: np.sum(losses),
    ),
    (
        "sum",
        "This is the sum over all items; divide by how many there are.",
        np.dot,
    ),
    (
        "means-by-items",
        "You added the batches' means and divided by the number of items. Multiply each mean by the size of its batch "
        "first.",
        lambda losses, sizes: np.sum(losses) / np.sum(sizes),
    ),
    (
        "sum-by-batches",
        "You multiplied by the sizes, but divided by the number of batches. Divide by the number of items.",
        lambda losses, sizes: np.dot(losses, sizes) / len(sizes),
    ),
    (
        "full-batches-assumed",
        "You counted every batch as if it were as large as the first; the last is shorter.",
        lambda losses, sizes: np.sum(losses) * sizes[0] / np.sum(sizes),
    ),
    (
        "last-loss",
        "This is the loss of the last batch. Add up as you go.",
        lambda losses, sizes: losses[-1],
    ),
    (
        "list-of-losses",
        "These are the losses of all batches. One number is asked for, their mean over all items.",
        lambda losses, sizes: losses,
    ),
)
OWN_OPTIMISER = (
    "own-optimiser",
    "The weights changed, but not by the optimiser that was handed in: use `opt`, and make no other.",
)
WITH_GRAPH = Finding(
    "with-graph",
    "What you return still carries its graph, and keeps every batch in memory. Add up `loss.item()`.",
)
KEYS = {"steps": "learning", "weights": "learning", "loss": "mean loss"}


@lesson(
    "train-epoch",
    exercise="5",
    title="One epoch",
    asks=("train_epoch",),
    points={"learning": 1.5, "mean loss": 1, "device": 0.5},
)
def check_train_epoch(student: Student) -> Iterator[Case]:
    """Every batch once: to the device, forward, loss, gradients, a step; back comes the mean loss over all items."""
    for batch_size, whole, rest in ((8, 2, 3), (6, 3, 2)):
        arguments = epoch_task(student.random, batch_size, whole, rest)
        sizes = ", ".join(str(n) for n in [batch_size] * whole) + f" and {rest} items"
        yield from _epoch_cases(student, arguments, f"batches of {sizes}")
    arguments = epoch_task(student.random, 4, 2, 2)
    observed = student.observes("devices", "train_epoch", **arguments)
    for key in ("images", "labels"):
        yield device_case(observed, key)


def epoch_task(random: np.random.Generator, batch_size: int, whole: int, rest: int) -> dict[str, Any]:
    """Data and first weights for an epoch of `whole` batches and one of `rest` items, which are harder than others."""
    n, classes, hidden = batch_size * whole + rest, 4, 5
    x = random.normal(size=(n, 1, 3, 3))
    x[-rest:] *= 2.5
    return {
        "x": x.astype(np.float32),
        "y": random.permutation(np.arange(n) % classes),
        "first": random.normal(size=(hidden, 9)).astype(np.float32) / 2,
        "second": random.normal(size=(classes, hidden)).astype(np.float32),
        "batch_size": batch_size,
        "rate": 0.25,
    }


def _epoch_cases(student: Student, arguments: Mapping[str, Any], title: str) -> Iterator[Case]:
    titles = {
        "steps": f"{title}: steps of the optimiser",
        "weights": f"{title}: the weights afterwards",
        "loss": f"{title}: the mean loss",
    }
    observed = student.observes("epoch", "train_epoch", **arguments)
    if observed.problem is not None:
        yield from unseen(observed, {titles[key]: part for key, part in KEYS.items()})
        return
    right = _measured(foretold("epoch", trainer(), arguments))
    batch_losses = value_of(foretold("epoch", trainer(report=lambda losses, sizes: losses), arguments), "loss")
    sizes = np.diff([*range(0, len(arguments["x"]), arguments["batch_size"]), len(arguments["x"])])
    slips = [
        *((slip.id, slip.text, _measured(foretold("epoch", slip.function, arguments))) for slip in EPOCH_SLIPS),
        *((identity, text, right | {"loss": np.asarray(of(batch_losses, sizes))}) for identity, text, of in REPORTS),
    ]
    if went_elsewhere(observed, foretold("epoch", trainer(step="never"), arguments)):
        slips.insert(0, (*OWN_OPTIMISER, _measured(observed)))
    for key, part in KEYS.items():
        yield student.shows(
            observed,
            key,
            right[key],
            mistakes=[Mistake(identity, text, constant(seen[key])) for identity, text, seen in slips if key in seen],
            part=part,
            title=titles[key],
        )
    yield student.shows(
        observed,
        "modes",
        "train",
        mistakes=[Mistake(EVAL_MODE.id, EVAL_MODE.text, constant("eval"))],
        part="learning",
        title=f"{title}: the mode of the network",
    )
    with_graph = bool(np.any(observed.values.get("with_graph", 0)))
    yield Case(
        f"{title}: what is returned",
        Outcome.FAILED if with_graph else Outcome.PASSED,
        "mean loss",
        "a number",
        "a tensor with its graph" if with_graph else "a number",
        (WITH_GRAPH,) if with_graph else (),
    )


def _measured(observed: Observation) -> dict[str, Array]:
    """What an epoch led to, as far as it is numbers."""
    return {key: value for key in KEYS if isinstance(value := observed.values.get(key), np.ndarray)}


def went_elsewhere(observed: Observation, untrained: Observation) -> bool:
    """Whether the weights moved without a step of the optimiser that was handed in."""
    moved = not agree(value_of(observed, "weights"), value_of(untrained, "weights"))
    return moved and not value_of(observed, "steps").any()


def device_case(observed: Observation, key: str) -> Case:
    """Whether images or labels were on the device when they were needed; on "meta", which every machine has."""
    title = f'the {key} of each batch, with `device = "meta"`'
    if observed.problem is not None:
        return next(unseen(observed, {title: "device"}))
    place, asked = str(observed.values[key]), str(observed.values["asked"]).split()
    others = str(observed.values["labels" if key == "images" else "images"])
    if place == "meta":
        return Case(title, Outcome.PASSED, "device", "on meta", "on meta")
    if place == "none":
        why = Finding("no-batches", "No batch got as far as network and loss.")
    elif place == "several":
        why = Finding("not-every-batch", "Some batches were moved to `device`, others were not: move each one.")
    elif "cuda" in asked:
        why = Finding("always-cuda", '"cuda" is written into your code. Use `device`: not every machine has a GPU.')
    elif "cpu" in asked:
        why = Finding("always-cpu", '"cpu" is written into your code. Use `device`, or a GPU will never be used.')
    elif others == "meta" and key == "labels":
        why = Finding(
            "labels-not-moved", "The images are on `device`, but the labels did not move: `y = y.to(device)`."
        )
    elif others == "meta":
        why = Finding(
            "images-not-moved", "The labels are on `device`, but the images did not move: `x = x.to(device)`."
        )
    elif "meta" in asked:
        why = Finding("not-assigned", "`x.to(device)` leaves x where it is and returns a copy: `x = x.to(device)`.")
    else:
        why = Finding(
            "not-moved",
            "The batches stay where the loader made them. Network and data must be on one device: `x.to(device)`.",
        )
    shown = "never used" if place == "none" else "on several" if place == "several" else f"on {place}"
    return Case(title, Outcome.FAILED, "device", "on meta", shown, (why,))
