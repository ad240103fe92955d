"""Pictures of airplanes and birds in memory, and how they are kept on disk: as four IDX files, all pixels unpacked.

That is read in a few milliseconds, where as many JPEG files take seconds, and it holds nothing but numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convcourse.data import idx
from convcourse.data.idx import DataError

if TYPE_CHECKING:
    import torch  # slow to import, and of no use to those who only look for Fashion-MNIST

CLASSES = ("airplane", "bird")
SIDE = 32  # pixels
SPLITS = (("train-images-idx4-ubyte", "train-labels-idx1-ubyte"), ("test-images-idx4-ubyte", "test-labels-idx1-ubyte"))


@dataclass(frozen=True)
class Pictures:
    """Images in colour, uint8 (N, 3, 32, 32), and their labels, int64 (N,): 0 for an airplane, 1 for a bird."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor


def of_arrays(*arrays: NDArray[Any]) -> Pictures:
    """Pictures from four arrays in their order: images to train with, their labels, images to test with, theirs."""
    import torch

    x_train, y_train, x_test, y_test = (torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)
    return Pictures(x_train, y_train.long(), x_test, y_test.long())


def keep(pictures: Pictures, folder: Path) -> None:
    """Write pictures into an empty folder. Raises OSError where that fails."""
    splits = (
        (pictures.train_images, pictures.train_labels),
        (pictures.test_images, pictures.test_labels),
    )
    for names, tensors in zip(SPLITS, splits, strict=True):
        for name, tensor in zip(names, tensors, strict=True):
            with (folder / name).open("wb") as file:
                idx.write(tensor.numpy(), file)


def kept(folder: Path) -> Pictures:
    """The pictures that were kept in a folder. Raises DataError where its files are damaged."""
    check(folder)
    arrays = []
    for images, labels in SPLITS:
        arrays += [idx.read(folder / images, 4), idx.read(folder / labels, 1)]
    return of_arrays(*arrays)


def check(folder: Path, counts: tuple[int, int] | None = None) -> None:
    """Make sure that kept files are whole and belong together, with `counts` pictures to train and to test if given.

    Raises DataError, which names the file.
    """
    for at, (images, labels) in enumerate(SPLITS):
        number, *size = idx.shape(folder / images, 4)
        marks = idx.read(folder / labels, 1)
        if size != [3, SIDE, SIDE]:
            form = " × ".join(f"{n:,}" for n in size)
            raise DataError(f"{folder / images} holds images of {form} numbers, not of 3 × {SIDE} × {SIDE}.")
        if number != len(marks):
            raise DataError(f"{folder / images} holds {number:,} images, but {folder / labels} {len(marks):,} labels.")
        if number == 0:
            raise DataError(f"{folder / images} holds no image.")
        if marks.max() >= len(CLASSES):
            raise DataError(f"{folder / labels} holds the label {marks.max()}, but labels are 0 or 1.")
        if counts is not None and number != counts[at]:
            raise DataError(f"{folder / images} holds {number:,} images, not {counts[at]:,}.")
