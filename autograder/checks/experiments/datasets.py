"""How a dataset class answers: its length, and the batches that a DataLoader makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

NO_LENGTH = Finding(
    "no-length", "`len(dataset)` does not work: the class needs a `__len__` that returns a whole number."
)
NOT_A_PAIR = Finding(
    "not-a-pair", "`dataset[i]` must return two things, image and label: end with `return self.x[i], self.y[i]`."
)
NO_BATCH = Finding(
    "no-batch",
    "A DataLoader cannot make a batch of these items: each image must be a tensor of one and the same shape, "
    "and each label one number.",
)


@experiment
def batches(make: Any, *, images: Tensor, labels: Tensor, batch_size: int) -> Mapping[str, object]:
    """Make the dataset of images (N, H, W) of uint8 and labels (N,) and read it in order, `batch_size` at a time.

    Brings back `length`; `x` and `y` of all items in a row, with `x_dtype` and `y_dtype`; `is_dataset`; `kept`, whether
    images and labels are still what they were.
    """
    before = images.clone(), labels.clone()
    dataset = make(images, labels)
    try:
        length = len(dataset)
    except (TypeError, AttributeError) as error:
        raise UnexpectedResultError(NO_LENGTH) from error
    first = dataset[0]
    if not isinstance(first, tuple | list) or len(first) != 2:
        raise UnexpectedResultError(NOT_A_PAIR)
    items = [dataset[i] for i in range(min(length, len(images)))]
    try:
        read = list(DataLoader(items, batch_size=batch_size))  # type: ignore[arg-type]
        x, y = (torch.cat([batch[k] for batch in read]) for k in (0, 1))
    except (TypeError, RuntimeError, IndexError) as error:
        raise UnexpectedResultError(NO_BATCH) from error
    return {
        "length": length,
        "x": x,
        "y": y,
        "x_dtype": str(x.dtype).removeprefix("torch."),
        "y_dtype": str(y.dtype).removeprefix("torch."),
        "is_dataset": isinstance(dataset, Dataset),
        "kept": torch.equal(images, before[0]) and torch.equal(labels, before[1]),
    }
