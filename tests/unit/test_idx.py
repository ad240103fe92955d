"""Reading, checking and writing IDX files."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pytest
from torchvision.datasets.mnist import read_image_file, read_label_file

from convcourse.data import idx
from convcourse.data.idx import DataError

IMAGES = np.arange(5 * 3 * 2, dtype=np.uint8).reshape(5, 3, 2)


def packed(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    idx.write(array, file)
    return file.getvalue()


def test_the_format_is_the_published_one():
    head = bytes([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 2])
    assert packed(IMAGES) == head + bytes(range(30))


@pytest.mark.parametrize("array", [IMAGES, IMAGES[:, 0, 0], IMAGES[:, ::2], IMAGES[:0]])
def test_what_was_written_is_read(array, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(packed(array))
    assert idx.shape(file, array.ndim) == array.shape
    assert idx.read(file, array.ndim).tolist() == array.tolist()


def test_torchvision_reads_what_was_written(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(packed(IMAGES))
    assert read_image_file(str(file)).tolist() == IMAGES.tolist()
    file.write_bytes(packed(IMAGES[:, 0, 0]))
    assert read_label_file(str(file)).tolist() == IMAGES[:, 0, 0].tolist()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\x00\x00\x08", "is cut short: it ends within its header"),
        (packed(IMAGES)[:10], "is cut short: it ends within its header"),
        (packed(IMAGES)[:-1], "is cut short: its header promises 5 × 3 × 2 bytes of data, and 29 are there"),
        (packed(IMAGES) + b"x", "is too long: .* 31 are there"),
        (packed(IMAGES[0]), "not an IDX file of bytes with 3 dimensions: it begins with 00 00 08 02"),
        (bytes([0, 0, 13, 3]) + packed(IMAGES)[4:], "begins with 00 00 0d 03, not with 00 00 08 03"),
        (gzip.compress(packed(IMAGES)), "begins with 1f 8b"),
        (b"<html>not here</html>", "not an IDX file"),
        (b"<h", "not an IDX file"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(100), "promises 4,294,967,295 × 4,294,967,295"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(content, told, tmp_path):
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(content)
    for ask in (idx.shape, idx.read):
        with pytest.raises(DataError, match=f"train-images-idx3-ubyte.*{told}"):
            ask(file, 3)
        with pytest.raises(DataError, match=f"^{tmp_path / 'original.gz'} .*{told}"):
            ask(file, 3, tmp_path / "original.gz")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for file in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataError, match=f"{file.name} cannot be read"):
            idx.shape(file, 3)
        with pytest.raises(DataError, match=f"{file.name} cannot be read"):
            idx.unpack(file, tmp_path / "target")


def test_one_dimension_is_not_spoken_of_in_the_plural(tmp_path):
    (tmp_path / "labels").write_bytes(packed(IMAGES))
    with pytest.raises(DataError, match="with 1 dimension:"):
        idx.shape(tmp_path / "labels", 1)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["images", "images.gz"])
def test_unpacking_goes_by_content_not_by_name(pack, name, tmp_path):
    (tmp_path / name).write_bytes(pack(packed(IMAGES)))
    idx.unpack(tmp_path / name, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == packed(IMAGES)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


WHOLE = gzip.compress(packed(np.random.RandomState(0).randint(0, 256, (50, 28, 28), dtype=np.uint8)))


@pytest.mark.parametrize(
    "damaged",
    [WHOLE[:1000], WHOLE[:5], WHOLE[:-4], flipped(WHOLE, 500), flipped(WHOLE, 12), flipped(WHOLE, 2)],
    ids=["cut", "cut in the header", "cut at the end", "a byte of the data", "a byte of the start", "the method"],
)
def test_a_damaged_archive_is_named(damaged, tmp_path):
    (tmp_path / "images.gz").write_bytes(damaged)
    with pytest.raises(DataError, match=r"images\.gz is damaged and cannot be unpacked"):
        idx.unpack(tmp_path / "images.gz", tmp_path / "target")


def test_a_target_that_cannot_be_written_is_no_fault_of_the_data(tmp_path):
    (tmp_path / "images").write_bytes(packed(IMAGES))
    with pytest.raises(OSError, match="target"):
        idx.unpack(tmp_path / "images", tmp_path / "no folder" / "target")
