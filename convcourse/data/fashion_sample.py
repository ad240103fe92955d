"""Choose the sample of Fashion-MNIST that travels with the course, and write its files anew.

    python -m convcourse.data.fashion_sample

reads the real set, wherever `fashion_mnist` finds it, and takes 300 training and 100 test images of each class. They
are drawn with numpy's RandomState, whose numbers never change, and keep the order that they have in the real set.
"""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convcourse.data import idx
from convcourse.data.fashion import CLASSES, RAW, SAMPLE, SPLITS, fashion_mnist

SEED = 2017  # the year in which Fashion-MNIST came out
EACH = (300, 100)  # images of each class for training and for testing


def choose(labels: npt.NDArray[np.uint8], each: int, random: np.random.RandomState) -> npt.NDArray[np.intp]:
    """The places of `each` images of every class, drawn at random, in rising order."""
    drawn = [random.permutation(np.flatnonzero(labels == label))[:each] for label in range(len(CLASSES))]
    return np.sort(np.concatenate(drawn))


def sample(root: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """The arrays of the sample by the names of their files, from the real set below torchvision's `root`.

    Raises DataError where that is damaged.
    """
    random = np.random.RandomState(SEED)
    arrays = {}
    for (images, labels), each in zip(SPLITS, EACH, strict=True):
        marks = idx.read(root / RAW / labels, 1)
        places = choose(marks, each, random)
        arrays[images] = idx.read(root / RAW / images, 3)[places]
        arrays[labels] = marks[places]
    return arrays


def write(arrays: dict[str, npt.NDArray[np.uint8]], folder: Path) -> None:
    """Write arrays as gzipped IDX files into `folder`; with one version of zlib always the same bytes."""
    for name, array in arrays.items():
        target = folder / f"{name}.gz"
        partial = target.with_suffix(".tmp")
        with partial.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            idx.write(array, packed)
        os.replace(partial, target)


if __name__ == "__main__":
    files = fashion_mnist()
    if files.source == "sample":
        sys.exit("The sample is drawn from the real set.")
    write(sample(files.root), SAMPLE)
    print(f"Wrote {SAMPLE}: {sum(file.stat().st_size for file in SAMPLE.glob('*.gz')):,} bytes.")
