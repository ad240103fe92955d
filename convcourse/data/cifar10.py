"""The airplanes and birds of CIFAR-10, out of the files that torchvision knows.

CIFAR-10 is a set of 60,000 photographs by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton
(https://www.cs.toronto.edu/~kriz/cifar.html). Its files are pickles, and to read a pickle is to run what is written
there. So none is read whose MD5 sum is not the right one: `torchvision.datasets.CIFAR10` makes sure of that.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import zlib
from pathlib import Path

import numpy as np

from convcourse.data.idx import DataError
from convcourse.data.pictures import Pictures, of_arrays

BATCHES = "cifar-10-batches-py"  # the folder that torchvision looks for
ARCHIVE = "cifar-10-python.tar.gz"  # what it is unpacked from
AIRPLANE, BIRD = 0, 2  # CIFAR-10's own labels
CHANGED = "is not as CIFAR-10 has it: it was changed, cut short or only half written"


def read(root: Path) -> Pictures:
    """The airplanes and birds below `root`, which holds the folder cifar-10-batches-py, in CIFAR-10's own order.

    Raises DataError, which names the file, where one is missing, unreadable or not CIFAR-10's own; then nothing of it
    has been read.
    """
    from torchvision.datasets import CIFAR10  # slow to import

    arrays = []
    try:
        for train in (True, False):
            cifar = CIFAR10(root, train=train, download=False)
            labels = np.array(cifar.targets)
            wanted = (labels == AIRPLANE) | (labels == BIRD)
            arrays += [cifar.data[wanted].transpose(0, 3, 1, 2), labels[wanted] == BIRD]
    except OSError as error:
        raise DataError(f"{error.filename or root / BATCHES} cannot be read: {error.strerror or error}.") from error
    except RuntimeError as error:  # torchvision's answer to a wrong sum, which does not say which file has it
        raise DataError(_wrong(root)) from error
    return of_arrays(*arrays)


def _wrong(root: Path) -> str:
    """What is wrong with the first file below `root` that is not CIFAR-10's own."""
    from torchvision.datasets import CIFAR10

    for name, md5 in (*CIFAR10.train_list, *CIFAR10.test_list, (CIFAR10.meta["filename"], CIFAR10.meta["md5"])):
        file = root / BATCHES / name
        if not file.is_file():
            return f"{file} is missing."
        if _md5(file) != md5:
            return f"{file} {CHANGED}."
    return f"{root / BATCHES} cannot be read: torchvision finds it damaged."


def check_archive(archive: Path) -> None:
    """Make sure that a file is CIFAR-10's own archive. Raises DataError where it is not, or cannot be read."""
    from torchvision.datasets import CIFAR10

    if _md5(archive) != CIFAR10.tgz_md5:
        raise DataError(f"{archive} {CHANGED}.")


def unpack(archive: Path, root: Path) -> None:
    """Unpack CIFAR-10's archive into `root`, so that it can be read there; `root` exists.

    Raises DataError, naming the archive, where it cannot be read or is not CIFAR-10's own, before anything of it is
    unpacked; and OSError where `root` cannot be written.
    """
    from torchvision.datasets import CIFAR10

    check_archive(archive)
    wanted = {f"{BATCHES}/{name}" for name, _ in (*CIFAR10.train_list, *CIFAR10.test_list)}
    wanted.add(f"{BATCHES}/{CIFAR10.meta['filename']}")
    try:
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                if member.name in wanted and member.isfile():
                    packed.extract(member, root, filter="data")
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{archive} is damaged and cannot be unpacked: {error}.") from error
    missing = sorted(name for name in wanted if not os.path.exists(root / name))
    if missing:
        raise DataError(f"{archive} does not hold {missing[0]}.")


def _md5(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from error
