"""Fashion-MNIST: the real 70,000 images wherever they are, and otherwise a sample of them that travels with the course.

The data set is Zalando's (Han Xiao, Kashif Rasul and Roland Vollgraf, 2017), under the MIT licence:
https://github.com/zalandoresearch/fashion-mnist. This module only finds its four files and puts them where torchvision
looks for them; reading them is left to `torchvision.datasets.FashionMNIST`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from convcourse.data import cache, idx
from convcourse.data.download import PATIENCE, DownloadError, fetch_all, host
from convcourse.data.idx import DataError
from convcourse.data.places import first_of, say, shown

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
SIDE = 28  # pixels
REAL = (60_000, 10_000)  # images for training and for testing
FEW = (30, 10)  # images of each class where nobody looks at how well a network has learned

SPLITS = (("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"))
FILES = tuple(name for split in SPLITS for name in split)
RAW = Path("FashionMNIST", "raw")  # where torchvision looks for them, below its root
LAYOUTS = (RAW, Path(), Path("fashion-mnist"))  # where else they may lie

SAMPLE = Path(__file__).with_name("fashion-mnist-sample")
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
KEPT = "fashion-mnist"  # the real set's name in the user's cache
# Beside torchvision's own mirrors: the repository of those who made the data.
MORE_SOURCES = ("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",)

ADVICE = (
    "to use all 70,000, set CONVCOURSE_DATA to a folder that has the four files, "
    "or on Debian and Ubuntu run sudo apt install dataset-fashion-mnist"
)


@dataclass(frozen=True)
class FashionMNISTFiles:
    """Where Fashion-MNIST lies: `torchvision.datasets.FashionMNIST(files.root, train=True)` reads it.

    `source` tells where it came from, `note` says so in one sentence.
    """

    root: Path
    source: Literal["local", "download", "sample"]
    note: str


def fashion_mnist() -> FashionMNISTFiles:
    """Find Fashion-MNIST, make sure that its files are whole, and say on stdout which data is used.

    It is the first of these: the four files in the folder $CONVCOURSE_DATA (unpacked or gzipped; in it, in its
    fashion-mnist/ or in its FashionMNIST/raw/); those in the user's cache; those of Debian's package
    dataset-fashion-mnist; a download; the course's sample of 3,000 training and 1,000 test images. With
    CONVCOURSE_DATA=sample it is the sample at once, and when nbgrader marks, a tenth of it: no mark hangs on it. Files
    that torchvision can't read where they lie are unpacked into the user's cache once.

    A folder of one's own may hold any number of images. Raises DataError, a ValueError that names the file and says
    what to do, if CONVCOURSE_DATA is no folder, or if what it holds of Fashion-MNIST is incomplete or damaged. Damaged
    files anywhere else are told of and passed over.
    """
    files = _find()
    print(files.note, flush=True)
    return files


def _find() -> FashionMNISTFiles:
    def few(why: str) -> FashionMNISTFiles:
        return _sample(why, FEW)

    found = first_of("There is no Fashion-MNIST", _chosen, (_cached, _debian, _downloaded), _sample, few)
    return found or _sample(f"as the real images are neither on this machine nor to be had; {ADVICE}")


# --- the tiers, each of which gives None where it has nothing ------------------------------------------------------


def _chosen(folder: Path) -> FashionMNISTFiles | None:
    """What a folder of one's own holds. Raises DataError where that is incomplete or damaged."""
    sources = _sources(folder)
    if sources is None:
        return None
    root = folder
    if not _readable_in_place(folder, sources):
        root = cache.kept(f"{KEPT}-{_digest(sources)}", _unpacking(sources), _check)
    _check(root)
    return _local(root, folder)


def _cached() -> FashionMNISTFiles | None:
    """The real set in the user's cache, where an earlier call put it."""
    place = cache.user_cache()
    if place is None or not os.path.isdir(place / KEPT):
        return None
    try:
        _check_real(place / KEPT)
    except DataError:
        return None  # the tier that replaces it says so
    return _local(place / KEPT, place / KEPT)


def _debian() -> FashionMNISTFiles | None:
    """The files of Debian's package, which are gzipped."""
    try:
        sources = _sources(DEBIAN)
        if sources is None:
            return None
        root = cache.kept(KEPT, _unpacking(sources, REAL), _check_real)
    except DataError as error:
        say(f"Debian's copy of Fashion-MNIST cannot be used; reinstalling its package brings it back. {error}")
        return None
    return _local(root, DEBIAN)


def _downloaded() -> FashionMNISTFiles | None:
    """The real set by download, into the user's cache."""
    from torchvision.datasets import FashionMNIST  # slow to import, and only needed here

    addresses = (*FashionMNIST.mirrors, *MORE_SOURCES)
    # Labels first: they are small, so a host that sends something else is soon found out.
    resources = sorted(FashionMNIST.resources, key=lambda resource: "images" in resource[0])

    def fill(root: Path) -> None:
        say(f"Fashion-MNIST is not on this machine. Downloading it (30 MB, once) from {host(addresses[0])} …")
        packed = root / "packed"
        packed.mkdir()
        fetch_all(addresses, resources, packed, PATIENCE)
        _unpacking({name: packed / f"{name}.gz" for name in FILES}, REAL)(root)
        shutil.rmtree(packed)

    try:
        root = cache.kept(KEPT, fill, _check_real)
    except DownloadError:
        return None  # it has been said why
    except (DataError, OSError) as error:
        say(f"The download of Fashion-MNIST cannot be used: {error}")
        return None
    return FashionMNISTFiles(root, "download", f"Fashion-MNIST: {_counts(root)}, downloaded to {shown(root)}.")


def _sample(why: str, each: tuple[int, int] | None = None) -> FashionMNISTFiles:
    """The sample that travels with the course, or of it `each` so many images of every class."""
    try:
        sources = _sources(SAMPLE)
        if sources is None:
            raise DataError(f"{SAMPLE} does not hold the sample.")
        name = f"{KEPT}-{'few' if each else 'sample'}-{_digest(sources)}"
        root = cache.kept(name, _unpacking(sources, each=each), _check)
    except DataError as error:
        raise DataError(f"{error} Installing convcourse again brings the sample back.") from error
    what = "a part" if each else "the course's sample"
    return FashionMNISTFiles(root, "sample", f"Fashion-MNIST: {what} of {_counts(root)} is used, {why}.")


# --- finding, checking and unpacking the four files ----------------------------------------------------------------


def _sources(folder: Path) -> dict[str, Path] | None:
    """The four files in a folder, by their unpacked names: of all LAYOUTS the first that is complete.

    None where there is not one of them; DataError where no layout has them all.
    """
    incomplete = ""
    for layout in LAYOUTS:
        place = folder / layout
        found: dict[str, Path] = {}
        for name in FILES:
            for path in (place / name, place / f"{name}.gz"):
                if os.path.exists(path):
                    found.setdefault(name, path)
        if len(found) == len(FILES):
            return found
        if found and not incomplete:
            missing = ", ".join(name for name in FILES if name not in found)
            incomplete = (
                f"{place} has only some of the four files of Fashion-MNIST; it lacks {missing} (or the same with .gz)."
            )
    if incomplete:
        raise DataError(incomplete)
    return None


def _readable_in_place(folder: Path, sources: dict[str, Path]) -> bool:
    """Whether torchvision can read these files where they lie."""
    in_place = all(path == folder / RAW / name for name, path in sources.items())
    packed = any(path.is_file() and _begins_gzipped(path) for path in sources.values())
    # Old versions of torchvision left a copy in a format of their own, which it still prefers.
    return in_place and not packed and not os.path.exists(folder / RAW.parent / "processed")


def _begins_gzipped(path: Path) -> bool:
    try:
        with path.open("rb") as opened:
            return opened.read(len(idx.GZIP)) == idx.GZIP
    except OSError:
        return False  # the check, which follows, says why


def _digest(sources: dict[str, Path]) -> str:
    """A name for what the files hold, the same for the same content."""
    digest = hashlib.sha256()
    for name in FILES:
        try:
            with sources[name].open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        except OSError as error:
            raise DataError(f"{sources[name]} cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()[:16]


def _unpacking(
    sources: dict[str, Path], counts: tuple[int, int] | None = None, each: tuple[int, int] | None = None
) -> Callable[[Path], None]:
    """A function that unpacks files into a root for torchvision, and raises DataError where they are not whole.

    Of every class it may keep only the first so many images, `each` for training and for testing.
    """

    def fill(root: Path) -> None:
        raw = root / RAW
        raw.mkdir(parents=True)
        for name, source in sources.items():
            idx.unpack(source, raw / name)
        _check(root, counts, sources)
        for split, most in zip(SPLITS, each or (), strict=False):
            _keep_first(raw, split, most)

    return fill


def _keep_first(raw: Path, split: tuple[str, str], most: int) -> None:
    """Cut unpacked images and labels down to the first `most` of every class, in their order."""
    images, labels = idx.read(raw / split[0], 3), idx.read(raw / split[1], 1)
    kept = np.sort(np.concatenate([np.flatnonzero(labels == label)[:most] for label in range(len(CLASSES))]))
    for name, array in zip(split, (images, labels), strict=True):
        with (raw / name).open("wb") as file:
            idx.write(array[kept], file)


def _check(root: Path, counts: tuple[int, int] | None = None, called: dict[str, Path] | None = None) -> None:
    """Make sure that the unpacked files below `root` are whole and belong together, with `counts` images if given.

    Raises DataError, which names the file, or the one that it is `called`.
    """
    called = called or {name: root / RAW / name for name in FILES}
    for at, (images, labels) in enumerate(SPLITS):
        number, *size = idx.shape(root / RAW / images, 3, called[images])
        marks = idx.read(root / RAW / labels, 1, called[labels])
        if number == 0:
            raise DataError(f"{called[images]} holds no image.")
        if size != [SIDE, SIDE]:
            form = " × ".join(f"{n:,}" for n in size)
            raise DataError(f"{called[images]} holds images of {form} pixels, not of {SIDE} × {SIDE}.")
        if number != len(marks):
            raise DataError(f"{called[images]} holds {number:,} images, but {called[labels]} {len(marks):,} labels.")
        if marks.max() >= len(CLASSES):
            raise DataError(f"{called[labels]} holds the label {marks.max()}, but labels go from 0 to 9.")
        if counts is not None and number != counts[at]:
            raise DataError(f"{called[images]} holds {number:,} images, not {counts[at]:,}.")


def _check_real(root: Path) -> None:
    _check(root, REAL)


# --- what is said --------------------------------------------------------------------------------------------------


def _local(root: Path, place: Path) -> FashionMNISTFiles:
    return FashionMNISTFiles(root, "local", f"Fashion-MNIST: {_counts(root)} from {shown(place)}.")


def _counts(root: Path) -> str:
    train, test = (idx.shape(root / RAW / images, 3)[0] for images, _ in SPLITS)
    return f"{train:,} training and {test:,} test images"
