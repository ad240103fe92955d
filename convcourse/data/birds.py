"""Birds against airplanes: the photographs of CIFAR-10 wherever they are, and otherwise pictures drawn by code."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from convcourse.data import cache, cifar10, class_folders, pictures
from convcourse.data.download import PATIENCE, DownloadError, fetch_all, host
from convcourse.data.drawn_birds import drawn_birds_and_airplanes
from convcourse.data.idx import DataError
from convcourse.data.pictures import Pictures
from convcourse.data.places import first_of, say, shown

REAL = (10_000, 2_000)  # airplanes and birds in CIFAR-10, for training and for testing
FEW = (160, 40)  # drawn pictures where nobody looks at how well a network has learned
KEPT = "cifar-10-birds-and-airplanes"  # their name in the user's cache
LAYOUTS = ("", "cifar10", "cifar-10")  # where in a folder CIFAR-10 may lie
# 170 MB in one file: what is fast enough for a small one would take half an hour here.
BIG = replace(PATIENCE, size=200_000_000, speed=250_000)
GET_IT = (
    f"to use the real ones, put {cifar10.ARCHIVE} from https://www.cs.toronto.edu/~kriz/cifar.html into a folder "
    "and set CONVCOURSE_DATA to it"
)

Source = Literal["local", "folder", "download", "drawn"]


@dataclass(frozen=True)
class BirdsVsAirplanes(Pictures):
    """Airplanes and birds: images uint8 (N, 3, 32, 32) and labels int64 (N,), 0 for an airplane and 1 for a bird.

    `source` tells where they came from: "local" for CIFAR-10 on this machine, "folder" for a folder of images by class,
    "download", or "drawn" for no photographs at all; `note` says so in one sentence.
    """

    source: Source
    note: str


def birds_vs_airplanes() -> BirdsVsAirplanes:
    """Find airplanes and birds, make sure that the files are whole, and say on stdout which pictures are used.

    They are the first of these: those in the folder $CONVCOURSE_DATA; those in the user's cache; a download of CIFAR-10
    (170 MB, once); 1,600 training and 400 test pictures that are drawn by code. With CONVCOURSE_DATA=sample they are
    drawn at once, and when nbgrader marks, a tenth of them: no mark hangs on it.

    A folder may hold CIFAR-10 as torchvision has it (cifar-10-batches-py/ or cifar-10-python.tar.gz), or any number of
    RGB images of 32×32 pixels as train/airplane/*.jpg, train/bird/*.jpg, test/airplane/*.jpg and test/bird/*.jpg (or
    .png), in itself, in its cifar10_two_classes/ or in its cifar10/, or packed as its cifar10_two_classes.tar.

    Raises DataError, a ValueError that names the file and says what to do, if CONVCOURSE_DATA is no folder, or if what
    it holds of this is incomplete or damaged. Damaged files anywhere else are told of and passed over.
    """
    data = _find()
    print(data.note, flush=True)
    return data


def _find() -> BirdsVsAirplanes:
    def few(why: str) -> BirdsVsAirplanes:
        return _drawn(why, *FEW)

    found = first_of("There are no birds and airplanes", _lying_in, (_cached, _downloaded), _drawn, few)
    return found or _drawn(f"as photographs are neither on this machine nor to be had; {GET_IT}")


# --- the tiers, each of which gives None where it has nothing ------------------------------------------------------


def _lying_in(folder: Path) -> BirdsVsAirplanes | None:
    """What a folder holds. Raises DataError where that is incomplete or damaged."""
    for layout in LAYOUTS:
        root = folder / layout
        if os.path.exists(root / cifar10.BATCHES):
            return _found(cifar10.read(root), "local", root / cifar10.BATCHES)
        archive = root / cifar10.ARCHIVE
        if os.path.exists(archive):
            cifar10.check_archive(archive)  # also where a copy is kept already: it may be of another
            kept = _kept(KEPT, _unpacking(archive), archive, _check_real)
            return _found(kept, "local", archive)
    place = class_folders.place_in(folder)
    if place is not None:
        return _found(class_folders.read_folder(place), "folder", place)
    archive = folder / class_folders.ARCHIVE
    if os.path.exists(archive):
        name = f"{KEPT}-{_digest(archive)}"
        kept = _kept(name, lambda root: pictures.keep(class_folders.read_tar(archive), root), archive, pictures.check)
        return _found(kept, "folder", archive)
    return None


def _cached() -> BirdsVsAirplanes | None:
    """What the user's cache holds: the real pictures, if an earlier call put them there, or what was laid there."""
    place = cache.user_cache()
    if place is None or not os.path.isdir(place):
        return None
    if os.path.isdir(place / KEPT):
        try:
            _check_real(place / KEPT)
            return _found(pictures.kept(place / KEPT), "local", place / KEPT)
        except DataError:
            pass  # what replaces it says so
    try:
        return _lying_in(place)
    except DataError as error:
        say(f"What lies in the user's cache cannot be used; removing it is best. {error}")
        return None


def _downloaded() -> BirdsVsAirplanes | None:
    """CIFAR-10 by download; its airplanes and birds are kept in the user's cache."""
    from torchvision.datasets import CIFAR10  # slow to import, and only needed here

    address, name = CIFAR10.url.removesuffix(CIFAR10.filename), CIFAR10.filename

    def fill(root: Path) -> None:
        say(f"CIFAR-10 is not on this machine. Downloading it (170 MB, once) from {host(address)} …")
        packed = root / "packed"
        packed.mkdir()
        fetch_all([address], [(name, CIFAR10.tgz_md5)], packed, BIG)
        _unpacking(packed / name)(root)
        shutil.rmtree(packed)

    try:
        folder = cache.kept(KEPT, fill, _check_real)
        data = pictures.kept(folder)
    except DownloadError:
        return None  # it has been said why
    except (DataError, OSError) as error:
        say(f"The download of CIFAR-10 cannot be used: {error}")
        return None
    return BirdsVsAirplanes(
        **vars(data), source="download", note=f"{_counted(data, 'photographs')}, downloaded to {shown(folder)}."
    )


def _drawn(why: str, *counts: int) -> BirdsVsAirplanes:
    data = drawn_birds_and_airplanes(*counts)
    note = f"{_counted(data, 'pictures')} that are drawn by code, not photographs, {why}."
    return BirdsVsAirplanes(**vars(data), source="drawn", note=note)


# --- keeping -------------------------------------------------------------------------------------------------------


def _unpacking(archive: Path) -> Callable[[Path], None]:
    """A function that keeps the airplanes and birds of CIFAR-10's archive in a folder, and nothing else."""

    def fill(root: Path) -> None:
        unpacked = root / "unpacked"
        unpacked.mkdir()
        cifar10.unpack(archive, unpacked)
        pictures.keep(cifar10.read(unpacked), root)
        shutil.rmtree(unpacked)

    return fill


def _kept(name: str, fill: Callable[[Path], None], archive: Path, check: Callable[[Path], None]) -> Pictures:
    """The pictures of an archive on this machine, from the copy `name` of what it holds, which is made if need be."""
    try:
        return pictures.kept(cache.kept(name, fill, check))
    except OSError as error:
        raise DataError(f"{archive} cannot be unpacked: {error.strerror or error}.") from error


def _check_real(folder: Path) -> None:
    pictures.check(folder, REAL)


def _digest(archive: Path) -> str:
    """A name for what an archive holds, the same for the same content."""
    try:
        with archive.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()[:16]
    except OSError as error:
        raise DataError(f"{archive} cannot be read: {error.strerror or error}.") from error


# --- what is said --------------------------------------------------------------------------------------------------


def _found(data: Pictures, source: Source, place: Path) -> BirdsVsAirplanes:
    return BirdsVsAirplanes(**vars(data), source=source, note=f"{_counted(data, 'photographs')} from {shown(place)}.")


def _counted(data: Pictures, what: str) -> str:
    return f"Birds and airplanes: {len(data.train_labels):,} training and {len(data.test_labels):,} test {what}"
