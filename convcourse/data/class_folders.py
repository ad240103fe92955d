"""Airplanes and birds as folders of images by class, the form in which parts of CIFAR-10 are often passed on:

    train/airplane/0000.jpg …   train/bird/0000.jpg …   test/airplane/0000.jpg …   test/bird/0000.jpg …

and the same as an archive made with tar. Images are JPEG or PNG files in RGB with 32×32 pixels.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from convcourse.data.idx import DataError
from convcourse.data.pictures import CLASSES, SIDE, Pictures, of_arrays

ARCHIVE = "cifar10_two_classes.tar"
LAYOUTS = ("", "cifar10_two_classes", "cifar10")  # the folder itself, or one in it
SPLITS = ("train", "test")
ENDINGS = (".jpg", ".jpeg", ".png")

Image8 = npt.NDArray[np.uint8]
Found = dict[tuple[str, str], list[Image8]]  # images (3, 32, 32) by split and class


def place_in(folder: Path) -> Path | None:
    """Where in `folder` such folders lie: the first place that has all four of them, or else the first with any."""
    places = [folder / layout for layout in LAYOUTS]
    there = [sum(os.path.isdir(place / split / name) for split in SPLITS for name in CLASSES) for place in places]
    return places[there.index(max(there))] if any(there) else None


def read_folder(place: Path) -> Pictures:
    """The images below `place`, airplanes and birds mixed, always in the same order.

    Files with other names than .jpg, .jpeg or .png, and those that begin with a dot, are passed over. Raises DataError,
    which names the folder or file, where a folder is missing or has no image, or where an image cannot be read, has
    another size or is not in RGB.
    """
    found: Found = {}
    for split in SPLITS:
        for name in CLASSES:
            folder = place / split / name
            try:
                files = sorted(entry.name for entry in os.scandir(folder) if _is_image(entry.name))
            except FileNotFoundError as error:
                raise DataError(f"The folder {folder} is missing.") from error
            except OSError as error:
                raise DataError(f"{folder} cannot be read: {error.strerror or error}.") from error
            found[split, name] = []
            for file in files:
                try:
                    data = (folder / file).read_bytes()
                except OSError as error:
                    raise DataError(f"{folder / file} cannot be read: {error.strerror or error}.") from error
                found[split, name].append(_image(data, str(folder / file)))
    return _gathered(found, f"{place}{os.sep}")


def read_tar(archive: Path) -> Pictures:
    """The images in an archive, which may hold the four folders themselves or all in one of LAYOUTS.

    Nothing is unpacked onto the disk: no name in the archive can lead anywhere. Raises DataError as `read_folder` does,
    and where the archive cannot be read or was cut short.
    """
    named: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
    try:
        with archive.open("rb") as opened:
            with tarfile.open(fileobj=opened, mode="r:") as packed:
                for member in packed:
                    key = _place(member.name) if member.isfile() else None
                    if key is not None:
                        content = packed.extractfile(member)
                        assert content is not None  # it is a file
                        named.setdefault(key, []).append((member.name, content.read()))
                end = packed.offset
            # tarfile takes an archive that is cut between two files for a whole one, but that lacks the closing zeros
            opened.seek(end)
            if opened.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
                raise DataError(f"{archive} is damaged or was cut short: its end is missing.")
    except tarfile.TarError as error:
        raise DataError(f"{archive} is damaged or was cut short: {error}.") from error
    except OSError as error:
        raise DataError(f"{archive} cannot be read: {error.strerror or error}.") from error
    found: Found = {}
    for split in SPLITS:
        for name in CLASSES:
            if (split, name) not in named:
                raise DataError(f"{archive} has no images in {split}/{name}/.")
            found[split, name] = [_image(data, f"{file} in {archive}") for file, data in sorted(named[split, name])]
    return _gathered(found, f"{archive}: ")


def _is_image(name: str) -> bool:
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def _place(name: str) -> tuple[str, str] | None:
    """The split and class of a file in an archive by its name; None for a file that is no image of ours."""
    *before, split, kind, file = ("", "", "", *PurePosixPath(name).parts)
    ours = "/".join(part for part in before if part) in LAYOUTS and split in SPLITS and kind in CLASSES
    return (split, kind) if ours and _is_image(file) else None


def _image(data: bytes, called: str) -> Image8:
    """An image (3, 32, 32) out of the bytes of its file."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            mode, size = image.mode, image.size
            right = mode == "RGB" and size == (SIDE, SIDE)
            pixels = np.asarray(image) if right else np.empty(0, dtype=np.uint8)
    except Exception as error:  # what Pillow raises depends on the format and on the damage
        said = "it is empty" if not data else "it is damaged, cut short or no JPEG or PNG file"
        raise DataError(f"The image {called} cannot be read: {said}.") from error
    if size != (SIDE, SIDE):
        raise DataError(f"The image {called} has {size[0]} × {size[1]} pixels, not {SIDE} × {SIDE}.")
    if not right:
        raise DataError(f"The image {called} is not in RGB but in Pillow's mode {mode}.")
    return pixels.transpose(2, 0, 1)


def _gathered(found: Found, where: str) -> Pictures:
    arrays: list[npt.NDArray[Any]] = []
    for split in SPLITS:
        for name in CLASSES:
            if not found[split, name]:
                raise DataError(f"The folder {where}{split}/{name} has no images (.jpg or .png).")
        images = np.stack([image for name in CLASSES for image in found[split, name]])
        labels = np.repeat(np.arange(len(CLASSES)), [len(found[split, name]) for name in CLASSES])
        # RandomState's numbers never change, so the order stays the same
        mixed = np.random.RandomState(0).permutation(len(labels))
        arrays += [images[mixed], labels[mixed]]
    return of_arrays(*arrays)
