"""Birds and airplanes from each place that they can come from, whole and damaged."""

from __future__ import annotations

import _thread
import hashlib
import io
import os
import pickle
import shutil
import socket
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hosts import Hosts, refusing, unreachable
from PIL import Image
from torchvision.datasets import CIFAR10

from convcourse.data import DataError, birds, birds_vs_airplanes, cache, cifar10, class_folders, pictures
from convcourse.data.download import PATIENCE, Patience
from convcourse.data.drawn_birds import drawn_birds_and_airplanes

EACH = 20  # pictures in each made-up batch of CIFAR-10: two of every class
SMALL = (20, 4)  # airplanes and birds in five of them, and in the one for testing
SHORT = Patience(silence=0.3, window=0.2, speed=1_000, fruitless=2)
COPY_ADVICE = " Put a whole copy in its place, or set CONVCOURSE_DATA to another folder."


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    """A machine of our own: nothing is set, nothing is there, and nobody answers."""
    for name in ("CONVCOURSE_DATA", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(birds, "REAL", SMALL)
    monkeypatch.setattr(birds, "BIG", SHORT)
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    monkeypatch.setattr(cache, "_temporary", {})
    # few pictures are drawn sooner
    monkeypatch.setattr(birds, "drawn_birds_and_airplanes", lambda: drawn_birds_and_airplanes(20, 10))
    return tmp_path


@pytest.fixture
def no_network(monkeypatch):
    def touched(*_: object, **__: object) -> None:
        pytest.fail("the network was touched")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, touched)
    monkeypatch.setattr(socket, "getaddrinfo", touched)
    monkeypatch.setattr(birds, "fetch_all", touched)


@pytest.fixture
def hosts():
    hosts = Hosts()
    yield hosts
    hosts.close()


def heard(capfd) -> str:
    """What was said on stdout; on stderr there is never anything."""
    out, err = capfd.readouterr()
    assert err == ""
    return out


def in_cache(place: Path) -> list[str]:
    folder = place / "cache" / "convcourse"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- a small CIFAR-10 ----------------------------------------------------------------------------------------------


def batch(seed: int) -> tuple[np.ndarray, list[int]]:
    """Pixels (20, 3072) and labels, as CIFAR-10 has them."""
    return np.random.RandomState(seed).randint(0, 256, (EACH, 3072)).astype(np.uint8), [i % 10 for i in range(EACH)]


def batches() -> dict[str, bytes]:
    """The files of the folder cifar-10-batches-py."""
    files = {}
    for seed, name in enumerate([f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]):
        data, labels = batch(seed)
        files[name] = pickle.dumps({"data": data, "labels": labels})
    files["batches.meta"] = pickle.dumps({"label_names": ["airplane", "automobile", "bird", *"7654321"]})
    return files


def archived(files: dict[str, bytes], folder: str = "cifar-10-batches-py", mode: str = "w:gz") -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode) as packing:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}" if folder else name)
            member.size = len(data)
            packing.addfile(member, io.BytesIO(data))
    return written.getvalue()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def cifar(monkeypatch) -> dict[str, bytes]:
    """The files of a small CIFAR-10 whose checksums torchvision knows, and its archive by its name."""
    files = batches()
    monkeypatch.setattr(
        CIFAR10, "train_list", [[f"data_batch_{n}", md5(files[f"data_batch_{n}"])] for n in range(1, 6)]
    )
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5(files["test_batch"])]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5(files["batches.meta"])})
    archive = archived(files | {"readme.html": b"not needed"})
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    return files | {cifar10.ARCHIVE: archive}


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def lay_batches(root: Path, cifar: dict[str, bytes]) -> Path:
    lay(root / cifar10.BATCHES, {name: data for name, data in cifar.items() if name != cifar10.ARCHIVE})
    return root


def assert_is_cifar(data) -> None:
    """These are the airplanes and birds of the small CIFAR-10: 0 and 2 of every ten, in their order."""
    wanted = [0, 2, 10, 12]
    train = np.concatenate([batch(seed)[0][wanted] for seed in range(5)]).reshape(-1, 3, 32, 32)
    assert torch.equal(data.train_images, torch.from_numpy(train))
    assert torch.equal(data.test_images, torch.from_numpy(batch(5)[0][wanted].reshape(-1, 3, 32, 32)))
    assert data.train_labels.tolist() == [0, 1] * 10
    assert data.test_labels.tolist() == [0, 1] * 2
    assert (data.train_images.dtype, data.train_labels.dtype) == (torch.uint8, torch.int64)
    assert data.train_images.is_contiguous()


# --- small folders of images ---------------------------------------------------------------------------------------


def image(
    colour: tuple[int, ...] | int, mode: str = "RGB", size: tuple[int, int] = (32, 32), form: str = "PNG"
) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, colour).save(written, form)
    return written.getvalue()


def noise(form: str = "JPEG") -> bytes:
    """An image that takes some bytes."""
    written = io.BytesIO()
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (32, 32, 3)).astype(np.uint8)).save(written, form)
    return written.getvalue()


def images() -> dict[str, bytes]:
    """Airplanes that are red and birds that are blue; how red or blue tells one from another."""
    files = {}
    for split, n in (("train", 6), ("test", 3)):
        for i in range(n):
            files[f"{split}/airplane/{i:04}.png"] = image((100 + i, 0, 0))
            files[f"{split}/bird/{i:04}.png"] = image((0, 0, 100 + i))
    return files


def assert_are_images(data) -> None:
    for pixels, labels, n in ((data.train_images, data.train_labels, 6), (data.test_images, data.test_labels, 3)):
        assert (pixels.shape, pixels.dtype, labels.dtype) == ((2 * n, 3, 32, 32), torch.uint8, torch.int64)
        red, green, blue = (pixels[:, channel].flatten(1) for channel in range(3))
        assert not green.any()
        assert sorted(red[labels == 0][:, 0].tolist()) == sorted(blue[labels == 1][:, 0].tolist()) == [
            100 + i for i in range(n)
        ]  # fmt: skip
        assert not red[labels == 1].any()
        assert not blue[labels == 0].any()
    assert 0 < data.train_labels[:6].sum() < 6  # mixed


# --- drawn at once -------------------------------------------------------------------------------------------------


def test_they_are_drawn_at_once_where_that_is_asked_for(place, monkeypatch, capfd, no_network, cifar):
    lay_batches(place / "cache" / "convcourse", cifar)
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    data = birds_vs_airplanes()
    assert data.source == "drawn"
    assert data.note == (
        "Birds and airplanes: 20 training and 10 test pictures that are drawn by code, not photographs, "
        "as CONVCOURSE_DATA=sample asks for."
    )
    assert heard(capfd) == data.note + "\n"
    assert torch.equal(data.train_images, drawn_birds_and_airplanes(20, 10).train_images)
    assert in_cache(place) == [cifar10.BATCHES]


def test_marking_draws_few_whatever_else_is_set(monkeypatch, capfd):
    monkeypatch.undo()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("CONVCOURSE_DATA", "no such folder")
    data = birds_vs_airplanes()
    assert (data.source, len(data.train_labels), len(data.test_labels)) == ("drawn", 160, 40)
    assert torch.equal(data.test_images, drawn_birds_and_airplanes(160, 40).test_images)
    assert heard(capfd).endswith("drawn by code, not photographs, as always in marking.\n")


def test_the_sample_of_the_course_has_2000_pictures(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    data = birds_vs_airplanes()
    assert data.train_images.shape == (1600, 3, 32, 32)
    assert data.test_images.shape == (400, 3, 32, 32)


# --- CIFAR-10 in a folder of one's own -----------------------------------------------------------------------------


def test_the_names_are_torchvisions():
    assert (CIFAR10.base_folder, CIFAR10.filename) == (cifar10.BATCHES, cifar10.ARCHIVE)


@pytest.mark.parametrize("layout", birds.LAYOUTS)
def test_torchvisions_folder_is_read_where_it_lies(layout, place, monkeypatch, capfd, no_network, cifar):
    lay_batches(place / "data" / layout, cifar)
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    data = birds_vs_airplanes()
    assert data.source == "local"
    assert_is_cifar(data)
    where = Path("~/data", layout, cifar10.BATCHES)
    assert data.note == f"Birds and airplanes: 20 training and 4 test photographs from {where}."
    assert heard(capfd) == data.note + "\n"
    assert in_cache(place) == []


@pytest.mark.parametrize("layout", birds.LAYOUTS)
def test_the_archive_is_unpacked_once(layout, place, monkeypatch, capfd, no_network, cifar):
    lay(place / "data" / layout, {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    data = birds_vs_airplanes()
    assert data.source == "local"
    assert_is_cifar(data)
    assert heard(capfd) == data.note + "\n"
    # only the airplanes and birds are kept, and nothing is written into a folder that is not ours
    assert in_cache(place) == [birds.KEPT]
    kept = place / "cache" / "convcourse" / birds.KEPT
    assert sorted(file.name for file in kept.iterdir()) == sorted(name for split in pictures.SPLITS for name in split)
    assert os.listdir(place / "data" / layout) == [cifar10.ARCHIVE]

    def again(*_: object) -> None:
        pytest.fail("unpacked twice")

    monkeypatch.setattr(cifar10, "unpack", again)
    assert_is_cifar(birds_vs_airplanes())
    # and from now on it is found without the archive
    monkeypatch.delenv("CONVCOURSE_DATA")
    data = birds_vs_airplanes()
    assert (data.source, "cache" in data.note) == ("local", True)
    assert_is_cifar(data)


class Trap:
    """A pickle that writes a file when it is read."""

    def __init__(self, file: Path):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


@pytest.mark.parametrize("name", ["data_batch_1", "data_batch_5", "test_batch", "batches.meta"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_foreign_pickle_is_never_read(name, packed, place, monkeypatch, no_network, cifar):
    trap = place / "sprung"
    files = {key: data for key, data in cifar.items() if key != cifar10.ARCHIVE}
    files[name] = pickle.dumps(Trap(trap))
    pickle.loads(files[name])
    assert trap.exists()  # it works
    trap.unlink()
    if packed:
        lay(place / "data", {cifar10.ARCHIVE: archived(files)})
    else:
        lay_batches(place / "data", files)
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    named = cifar10.ARCHIVE if packed else f"{cifar10.BATCHES}/{name}"
    with pytest.raises(DataError, match=f"{place}/data/{named} is not as CIFAR-10 has it") as caught:
        birds_vs_airplanes()
    assert str(caught.value).endswith(COPY_ADVICE)
    assert not trap.exists()
    assert in_cache(place) == []


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
@pytest.mark.parametrize("damage", ["half", "missing", "folder"])
def test_a_damaged_batch_is_named(name, damage, place, monkeypatch, no_network, cifar):
    file = lay_batches(place / "data", cifar) / cifar10.BATCHES / name
    file.unlink()
    if damage == "half":
        file.write_bytes(cifar[name][: len(cifar[name]) // 2])
    elif damage == "folder":
        file.mkdir()
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    told = "is not as CIFAR-10 has it: .* half written" if damage == "half" else "is missing"
    with pytest.raises(DataError, match=f"^{file} {told}.*Put a whole copy"):
        birds_vs_airplanes()


@pytest.mark.parametrize("damage", ["half", "empty", "no archive", "folder"])
@pytest.mark.parametrize("kept_before", [False, True])
def test_a_damaged_archive_is_named_and_nothing_is_kept(damage, kept_before, place, monkeypatch, no_network, cifar):
    whole = cifar[cifar10.ARCHIVE]
    archive = lay(place / "data", {cifar10.ARCHIVE: whole}) / cifar10.ARCHIVE
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    if kept_before:
        birds_vs_airplanes()
    before = in_cache(place)
    archive.unlink()
    if damage == "folder":
        archive.mkdir()
    else:
        archive.write_bytes({"half": whole[: len(whole) // 2], "empty": b"", "no archive": b"<html>"}[damage])
    told = "cannot be read" if damage == "folder" else "is not as CIFAR-10 has it"
    with pytest.raises(DataError, match=f"^{archive} {told}.*Put a whole copy"):
        birds_vs_airplanes()
    assert in_cache(place) == before


@pytest.mark.parametrize("damage", ["half", "no tar", "a file lost", "elsewhere"])
def test_even_an_archive_with_the_right_sum_is_unpacked_with_care(damage, place, monkeypatch, cifar):
    files = {name: data for name, data in cifar.items() if name != cifar10.ARCHIVE}
    whole = archived(files)
    data = {
        "half": whole[: len(whole) // 2],
        "no tar": b"<html>",
        "a file lost": archived({name: files[name] for name in files if name != "data_batch_4"}),
        "elsewhere": archived(files, "../cifar-10-batches-py"),
    }[damage]
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(data))
    archive = lay(place / "data", {cifar10.ARCHIVE: data}) / cifar10.ARCHIVE
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    told = "is damaged and cannot be unpacked" if damage in ("half", "no tar") else "does not hold cifar-10-batches-py/"
    with pytest.raises(DataError, match=f"^{archive} {told}"):
        birds_vs_airplanes()
    assert in_cache(place) == []
    assert not list(place.rglob("data_batch_*"))


# --- a folder of images by class -----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", class_folders.LAYOUTS)
def test_a_folder_of_images_is_read(layout, place, monkeypatch, capfd, no_network):
    others = {
        "train/airplane/.hidden.png": b"",
        "train/bird/notes.txt": b"",
        "test/bird/0.jpg.part": b"",
        "train/cat/0.png": b"",
    }
    lay(place / "data" / layout, images() | others)
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    data = birds_vs_airplanes()
    assert data.source == "folder"
    assert_are_images(data)
    assert data.note == f"Birds and airplanes: 12 training and 6 test photographs from {Path('~/data', layout)}."
    assert heard(capfd) == data.note + "\n"
    assert in_cache(place) == []
    assert torch.equal(birds_vs_airplanes().train_images, data.train_images)  # always in the same order


def test_jpeg_is_read_whatever_the_case_of_its_name(place, monkeypatch):
    files = {name: data for name, data in images().items() if "/0000" not in name}
    for name, ending in (("airplane", "JPG"), ("bird", "jpeg")):
        files |= {f"{split}/{name}/photo.{ending}": image((255, 255, 255), form="JPEG") for split in ("train", "test")}
    monkeypatch.setenv("CONVCOURSE_DATA", str(lay(place / "data", files)))
    data = birds_vs_airplanes()
    assert (len(data.train_labels), len(data.test_labels)) == (12, 6)
    white = (data.train_images >= 250).flatten(1).all(dim=1)
    assert sorted(data.train_labels[white].tolist()) == [0, 1]


@pytest.mark.parametrize("prefix", ["", ".", "cifar10_two_classes", "./cifar10"])
def test_the_archive_of_images_is_read_once(prefix, place, monkeypatch, no_network):
    extra = {"train/airplane/._0000.png": b"what a Mac adds", "train/bird/readme.txt": b"", "train/cat/0000.png": b""}
    lay(place / "data", {class_folders.ARCHIVE: archived(images() | extra, prefix, "w")})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    data = birds_vs_airplanes()
    assert data.source == "folder"
    assert_are_images(data)
    assert data.note.endswith(f"from {Path('~/data', class_folders.ARCHIVE)}.")
    (name,) = in_cache(place)

    def again(*_: object) -> None:
        pytest.fail("read twice")

    with monkeypatch.context() as once:
        once.setattr(class_folders, "read_tar", again)
        assert torch.equal(birds_vs_airplanes().train_images, data.train_images)
    # another archive under the same name is not taken for the first one
    less = {name: content for name, content in images().items() if not name.endswith("0002.png")}
    lay(place / "data", {class_folders.ARCHIVE: archived(less, prefix, "w")})
    assert len(birds_vs_airplanes().train_labels) == 10
    assert len(in_cache(place)) == 2
    # and neither is ever taken for CIFAR-10
    monkeypatch.delenv("CONVCOURSE_DATA")
    monkeypatch.setattr(birds, "fetch_all", lambda *_: (_ for _ in ()).throw(birds.DownloadError("no")))
    assert birds_vs_airplanes().source == "drawn"
    assert name in in_cache(place)


def test_a_folder_and_its_archive_give_the_same(place, monkeypatch):
    lay(place / "folder", images())
    lay(place / "archive", {class_folders.ARCHIVE: archived(images(), "", "w")})
    read = []
    for name in ("folder", "archive"):
        monkeypatch.setenv("CONVCOURSE_DATA", str(place / name))
        read.append(birds_vs_airplanes())
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        assert torch.equal(getattr(read[0], name), getattr(read[1], name))


BIRD = "train/bird/0003"
DAMAGES = {
    "empty": ({f"{BIRD}.png": b""}, rf"{BIRD}\.png.* cannot be read: it is empty\."),
    "no image": ({f"{BIRD}.png": b"<html></html>"}, rf"{BIRD}\.png.* cannot be read: it is damaged"),
    "half a PNG": ({f"{BIRD}.png": noise("PNG")[:900]}, rf"{BIRD}\.png.* cannot be read: it is damaged, cut short"),
    "half a JPEG": ({f"{BIRD}.jpg": noise()[:900]}, rf"{BIRD}\.jpg.* cannot be read: it is damaged, cut short"),
    "only a header": ({f"{BIRD}.jpg": noise()[:100]}, rf"{BIRD}\.jpg.* cannot be read: it is damaged, cut short"),
    "a GIF": ({f"{BIRD}.png": image(1, "P", form="GIF")}, rf"{BIRD}\.png.* no JPEG or PNG file\."),
    "too large": (
        {f"{BIRD}.png": image((0, 0, 0), size=(64, 32))},
        rf"{BIRD}\.png.* has 64 × 32 pixels, not 32 × 32\.",
    ),
    "grey": ({f"{BIRD}.png": image(0, "L")}, rf"{BIRD}\.png.* is not in RGB but in Pillow's mode L\."),
    "transparent": ({f"{BIRD}.png": image((0, 0, 0, 0), "RGBA")}, rf"{BIRD}\.png.* not in RGB .* mode RGBA\."),
    "a palette": ({f"{BIRD}.png": image(0, "P")}, rf"{BIRD}\.png.* not in RGB .* mode P\."),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_image_is_named_and_nothing_is_kept(damage, packed, place, monkeypatch, no_network):
    wrong, told = DAMAGES[damage]
    files = images() | wrong
    lay(place / "data", {class_folders.ARCHIVE: archived(files, "", "w")} if packed else files)
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    for _ in range(2):  # the second time as the first
        with pytest.raises(DataError, match=told) as caught:
            birds_vs_airplanes()
        assert str(place / "data") in str(caught.value)
        assert (class_folders.ARCHIVE in str(caught.value)) == packed
        assert str(caught.value).endswith(COPY_ADVICE)
        assert in_cache(place) == []


@pytest.mark.parametrize("layout", class_folders.LAYOUTS)
@pytest.mark.parametrize("lost", ["train/airplane", "train/bird", "test/airplane", "test/bird"])
@pytest.mark.parametrize("how", ["missing", "empty", "other files", "a file"])
def test_a_class_without_images_is_named(layout, lost, how, place, monkeypatch, no_network):
    root = lay(place / "data" / layout, images())
    shutil.rmtree(root / lost)
    if how == "a file":
        (root / lost).touch()
    elif how != "missing":
        (root / lost).mkdir()
        if how == "other files":
            (root / lost / "0000.gif").touch()
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    told = {
        "missing": f"^The folder {root / lost} is missing",
        "a file": f"^{root / lost} cannot be read: Not a directory",
    }.get(how, f"^The folder {root / lost} has no images")
    with pytest.raises(DataError, match=f"{told}.*Put a whole copy"):
        birds_vs_airplanes()


def test_a_whole_folder_goes_before_an_incomplete_one(place, monkeypatch):
    lay(place / "data", {"train/bird/0.png": b""})
    lay(place / "data" / "cifar10", images())
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert_are_images(birds_vs_airplanes())


@pytest.mark.parametrize("lost", ["train/airplane", "test/bird"])
def test_an_archive_without_a_class_is_named(lost, place, monkeypatch):
    files = {name: data for name, data in images().items() if not name.startswith(lost)}
    archive = lay(place / "data", {class_folders.ARCHIVE: archived(files, "", "w")}) / class_folders.ARCHIVE
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    with pytest.raises(DataError, match=f"^{archive} has no images in {lost}/"):
        birds_vs_airplanes()
    assert in_cache(place) == []


def test_an_archive_that_was_cut_anywhere_is_named(place, monkeypatch):
    with tarfile.open(fileobj=io.BytesIO(whole := archived(images(), "", "w"))) as packed:
        last = packed.getmembers()[-1]
    end = last.offset_data + -(-last.size // 512) * 512  # where the closing zeros begin
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    archive = place / "data" / class_folders.ARCHIVE
    # within a file, within a header, and between two files, where tarfile itself sees nothing wrong
    for cut in (
        0,
        100,
        600,
        last.offset - 1,
        last.offset,
        last.offset + 3,
        last.offset_data + 5,
        end - 1,
        end,
        end + 9,
    ):
        lay(place / "data", {class_folders.ARCHIVE: whole[:cut]})
        with pytest.raises(DataError, match=f"^{archive} is damaged or was cut short"):
            birds_vs_airplanes()
    lay(place / "data", {class_folders.ARCHIVE: b"<html>" * 500})
    with pytest.raises(DataError, match=f"^{archive} is damaged or was cut short"):
        birds_vs_airplanes()
    assert in_cache(place) == []


def test_names_in_an_archive_lead_nowhere(place, monkeypatch):
    evil = {"../train/bird/1.png": b"?", "/train/bird/2.png": b"?", "a/../train/bird/3.png": b"?", "bird/4.png": b"?"}
    lay(place / "data", {class_folders.ARCHIVE: archived(images() | evil, "", "w")})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert_are_images(birds_vs_airplanes())
    assert not list(place.rglob("*.png"))


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_what_is_no_folder_is_refused(name, place, monkeypatch, no_network):
    (place / "file").touch()
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / name))
    with pytest.raises(DataError, match=f"CONVCOURSE_DATA is .*{name}.*not a folder.*sample.*unset"):
        birds_vs_airplanes()


# --- the user's cache, and no cache --------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["batches", "archive", "images", "archive of images"])
def test_what_was_laid_into_the_cache_is_found(what, place, cifar, no_network):
    files = {
        "batches": {f"{cifar10.BATCHES}/{name}": data for name, data in cifar.items()},
        "archive": {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]},
        "images": {f"cifar10_two_classes/{name}": data for name, data in images().items()},
        "archive of images": {class_folders.ARCHIVE: archived(images(), "", "w")},
    }[what]
    lay(place / "cache" / "convcourse", files)
    data = birds_vs_airplanes()
    if "images" in what:
        assert data.source == "folder"
        assert_are_images(data)
    else:
        assert data.source == "local"
        assert_is_cifar(data)


def test_what_is_damaged_in_the_cache_is_told_of_and_passed_over(place, capfd, cifar):
    lay(place / "cache" / "convcourse", {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE][:-1]})
    with refusing():
        assert birds_vs_airplanes().source == "drawn"
    told = heard(capfd).splitlines()[0]
    assert told.startswith("What lies in the user's cache cannot be used; removing it is best. ")
    assert cifar10.ARCHIVE in told


KEPT_DAMAGES = {
    "cut": ("train-images-idx4-ubyte", lambda data: data[:-1], "is cut short"),
    "empty": ("test-labels-idx1-ubyte", lambda data: b"", "is empty"),
    "lost": ("test-images-idx4-ubyte", None, "cannot be read"),
    "a third class": ("train-labels-idx1-ubyte", lambda data: data[:-1] + b"\2", "holds the label 2"),
}


@pytest.mark.parametrize("damage", KEPT_DAMAGES)
def test_a_damaged_copy_is_told_of_and_replaced(damage, place, monkeypatch, capfd, cifar):
    lay(place / "data", {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    birds_vs_airplanes()
    name, change, told = KEPT_DAMAGES[damage]
    file = place / "cache" / "convcourse" / birds.KEPT / name
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(file.read_bytes()))
    heard(capfd)
    assert_is_cifar(birds_vs_airplanes())
    first, _ = heard(capfd).splitlines()
    assert first.startswith("A copy that was kept is damaged, and is now replaced: ")
    assert f"{name} {told}" in first
    assert_is_cifar(birds_vs_airplanes())
    assert "damaged" not in heard(capfd)


def test_a_cache_that_cannot_be_written_is_done_without(place, monkeypatch, cifar):
    (place / "cache").touch()  # a file, where a folder is wanted
    lay(place / "data", {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert_is_cifar(birds_vs_airplanes())
    for folder in cache._temporary.values():
        cache._remove(folder, os.getpid())


def test_a_machine_without_any_room_is_told_of(place, monkeypatch, cifar):
    lay(place / "data", {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(DataError, match=f"{cifar10.ARCHIVE} cannot be unpacked: No space left on device"):
        birds_vs_airplanes()


# --- the download --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(hosts, monkeypatch, cifar):
    """A host that serves the small CIFAR-10; call it with the host's manner."""
    hosts.files = {cifar10.ARCHIVE: cifar[cifar10.ARCHIVE]}

    def manner(manner: str) -> Hosts:
        monkeypatch.setattr(CIFAR10, "url", hosts.url(manner) + cifar10.ARCHIVE)
        return hosts

    return manner


@pytest.mark.parametrize("manner", ["good", "unmeasured", "steady", "flaky"])
def test_what_is_not_here_is_downloaded_once(manner, served, place, capfd):
    host = served(manner)
    data = birds_vs_airplanes()
    assert data.source == "download"
    assert_is_cifar(data)
    lines = heard(capfd).splitlines()
    assert lines[0] == f"CIFAR-10 is not on this machine. Downloading it (170 MB, once) from {host.name} …"
    assert any(f"{cifar10.ARCHIVE}: " in line and " kB" in line for line in lines[1:-1])
    assert lines[-1] == data.note
    assert data.note == (
        "Birds and airplanes: 20 training and 4 test photographs, "
        f"downloaded to {Path('~/cache/convcourse', birds.KEPT)}."
    )
    assert in_cache(place) == [birds.KEPT]
    asked = len(host.asked)
    assert asked == (2 if manner == "flaky" else 1)
    again = birds_vs_airplanes()
    assert again.source == "local"
    assert_is_cifar(again)
    assert len(host.asked) == asked


@pytest.mark.parametrize("manner", ["missing", "overloaded", "wrong", "cut", "silent", "stall", "drip"])
def test_a_bad_host_is_told_of_and_left_and_the_way_to_the_real_ones_is_said(manner, served, place, capfd):
    host = served(manner)
    start = time.monotonic()
    data = birds_vs_airplanes()
    assert time.monotonic() - start < SHORT.in_vain + 2
    assert data.source == "drawn"
    lines = heard(capfd).splitlines()
    assert any(line.startswith(host.name) and line.endswith("giving up.") for line in lines)
    assert lines[-1] == data.note
    for part in ("CONVCOURSE_DATA", cifar10.ARCHIVE, "https://www.cs.toronto.edu/~kriz/cifar.html", "not photographs"):
        assert part in data.note
    assert in_cache(place) == []


@pytest.mark.parametrize("nobody", [refusing, unreachable])
def test_a_host_that_is_not_there_is_told_of(nobody, place, monkeypatch, capfd):
    with nobody() as url:
        monkeypatch.setattr(CIFAR10, "url", url + cifar10.ARCHIVE)
        assert birds_vs_airplanes().source == "drawn"
    assert "giving up." in heard(capfd)
    assert in_cache(place) == []


def test_patience_is_for_a_large_file_and_still_told_within_ten_seconds(monkeypatch):
    monkeypatch.undo()
    assert birds.BIG.told_within < 10
    assert birds.BIG.size > 170_498_071  # the bytes of the archive
    assert birds.BIG.silence == PATIENCE.silence


def test_a_folder_without_pictures_is_passed_over(served, place, monkeypatch, capfd):
    lay(place / "data", {"train/cat/0.png": b"", "FashionMNIST/raw/train-images-idx3-ubyte": b""})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    served("good")
    assert birds_vs_airplanes().source == "download"
    assert heard(capfd).splitlines()[0] == (
        f"There are no birds and airplanes in {Path('~/data')} (CONVCOURSE_DATA); looking elsewhere."
    )


def test_an_interrupted_download_leaves_nothing(served, place, interruptible):
    served("stall")
    timer = threading.Timer(0.15, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        birds_vs_airplanes()
    timer.join()
    assert in_cache(place) == []
