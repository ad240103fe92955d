"""Fashion-MNIST from each place that it can come from, whole and damaged; and the sample that travels along."""

from __future__ import annotations

import _thread
import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hosts import Hosts, refusing
from torchvision.datasets import FashionMNIST

from convcourse.data import CLASSES, DataError, cache, fashion, fashion_mnist, fashion_sample, idx
from convcourse.data.download import Patience

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = fashion.FILES
SMALL = (20, 10)  # stands for the 60,000 and 10,000 of the real set
SHORT = Patience(silence=0.6, window=0.4, speed=1_000, fruitless=2)
SAMPLE_NOTE = "Fashion-MNIST: the course's sample of 3,000 training and 1,000 test images is used, "


@pytest.fixture(scope="session")
def real(tmp_path_factory) -> Path:
    """The real 70,000 images as torchvision wants them, from Debian's package or from the user's own cache."""
    own = cache.user_cache()
    for place in [fashion.DEBIAN] + ([own / fashion.KEPT] if own else []):
        sources = fashion._sources(place)
        if sources is not None:
            root = tmp_path_factory.mktemp("real")
            fashion._unpacking(sources, (60_000, 10_000))(root)
            return root
    return pytest.fail(
        "These tests want the real Fashion-MNIST. On Debian and Ubuntu: sudo apt install dataset-fashion-mnist. "
        "Elsewhere this fetches it once: python -c 'from convcourse.data import fashion_mnist; fashion_mnist()'"
    )


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    """A machine of our own: nothing is set, nothing is there, and no host is known."""
    for name in ("CONVCOURSE_DATA", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fashion, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(fashion, "REAL", SMALL)
    monkeypatch.setattr(fashion, "MORE_SOURCES", ())
    monkeypatch.setattr(fashion, "PATIENCE", SHORT)
    monkeypatch.setattr(FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody is there
    monkeypatch.setattr(cache, "_temporary", {})
    return tmp_path


@pytest.fixture
def hosts():
    hosts = Hosts()
    yield hosts
    hosts.close()


@pytest.fixture
def no_network(monkeypatch):
    def touched(*_: object, **__: object) -> None:
        pytest.fail("the network was touched")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, touched)
    monkeypatch.setattr(socket, "getaddrinfo", touched)
    monkeypatch.setattr(fashion, "fetch_all", touched)


def packed(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    idx.write(array, file)
    return file.getvalue()


def contents(train: int = SMALL[0], test: int = SMALL[1], seed: int = 0) -> dict[str, bytes]:
    """The four files of a small set."""
    random = np.random.RandomState(seed)
    files = {}
    for (images, labels), n in zip(fashion.SPLITS, (train, test), strict=True):
        files[images] = packed(random.randint(0, 256, (n, 28, 28)).astype(np.uint8))
        files[labels] = packed((np.arange(n) % 10).astype(np.uint8))
    return files


def lay(folder: Path, files: dict[str, bytes], pack: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / (f"{name}.gz" if pack else name)).write_bytes(gzip.compress(data) if pack else data)
    return folder


def heard(capfd) -> str:
    """What was said on stdout; on stderr there is never anything."""
    out, err = capfd.readouterr()
    assert err == ""
    return out


def lying(root: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (root / fashion.RAW).iterdir()}


def in_cache(place: Path) -> list[str]:
    folder = place / "cache" / "convcourse"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- the sample ----------------------------------------------------------------------------------------------------


def test_the_sample_is_taken_at_once_where_it_is_asked_for(place, monkeypatch, capfd, no_network):
    lay(place / "debian", contents(), pack=True)
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    files = fashion_mnist()
    assert files.source == "sample"
    assert files.note.startswith(SAMPLE_NOTE)
    assert heard(capfd) == files.note + "\n"
    assert len(FashionMNIST(files.root, train=True)) == 3000


def test_marking_takes_the_sample_whatever_else_is_set(place, monkeypatch, no_network):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "nowhere"))
    files = fashion_mnist()
    assert files.source == "sample"
    for train, each in ((True, 30), (False, 10)):
        data = FashionMNIST(files.root, train=train)
        assert torch.bincount(data.targets).tolist() == [each] * 10
        # they are the first of the sample, each with its own label
        monkeypatch.setenv("CONVCOURSE_DATA", "sample")
        monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
        whole = FashionMNIST(fashion_mnist().root, train=train)
        first = [(int(label), bytes(image.numpy())) for image, label in zip(whole.data, whole.targets, strict=True)]
        few = [(int(label), bytes(image.numpy())) for image, label in zip(data.data, data.targets, strict=True)]
        for label in range(10):
            assert [pair for pair in few if pair[0] == label] == [pair for pair in first if pair[0] == label][:each]


@pytest.mark.parametrize(("train", "each"), [(True, 300), (False, 100)])
def test_the_sample_is_balanced_and_read_by_torchvision(train, each, monkeypatch):
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    data = FashionMNIST(fashion_mnist().root, train=train)
    assert data.data.shape == (10 * each, 28, 28)
    assert data.data.dtype == torch.uint8
    assert torch.bincount(data.targets).tolist() == [each] * 10
    # the first batch is a mixture, not one class
    assert len(data.targets[:100].unique()) == 10


def test_the_sample_is_small_and_comes_with_its_licence():
    files = list(fashion.SAMPLE.iterdir())
    assert sorted(file.name for file in files) == sorted(["LICENSE", *(f"{name}.gz" for name in fashion.FILES)])
    assert sum(file.stat().st_size for file in files) <= 2_000_000
    notice = (fashion.SAMPLE / "LICENSE").read_text(encoding="utf-8")
    for part in ("MIT License", "Copyright 2017 Zalando SE", "https://github.com/zalandoresearch/fashion-mnist"):
        assert part in notice


def test_the_sample_is_what_its_script_draws_from_the_real_set(real, tmp_path):
    drawn = fashion_sample.sample(real)
    fashion_sample.write(drawn, tmp_path)
    assert sorted(drawn) == sorted(fashion.FILES)
    for name in drawn:
        shipped = (fashion.SAMPLE / f"{name}.gz").read_bytes()
        again = (tmp_path / f"{name}.gz").read_bytes()
        assert gzip.decompress(shipped) == gzip.decompress(again)
        # whatever version of zlib it was: nothing of the day or the machine is in it
        assert shipped[:8] == again[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_the_classes_are_torchvisions():
    assert list(CLASSES) == FashionMNIST.classes


def test_a_damaged_sample_is_named_with_what_to_do(place, monkeypatch):
    broken = shutil.copytree(fashion.SAMPLE, place / "sample")
    (broken / f"{TEST_IMAGES}.gz").write_bytes(b"\x1f\x8b damaged")
    monkeypatch.setattr(fashion, "SAMPLE", broken)
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    with pytest.raises(DataError, match=f"{TEST_IMAGES}.gz is damaged.*Installing convcourse again"):
        fashion_mnist()
    shutil.rmtree(broken)
    with pytest.raises(DataError, match=r"does not hold the sample\..*Installing convcourse again"):
        fashion_mnist()
    assert in_cache(place) == []


# --- a folder of one's own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", fashion.LAYOUTS, ids=str)
@pytest.mark.parametrize("pack", [False, True])
def test_a_folder_is_read_in_every_layout(layout, pack, place, monkeypatch, capfd, no_network):
    files = contents(13, 7)
    data = place / "data"
    lay(data / layout, files, pack)
    monkeypatch.setenv("CONVCOURSE_DATA", str(data))
    found = fashion_mnist()
    assert found.source == "local"
    assert lying(found.root) == files
    assert found.note == f"Fashion-MNIST: 13 training and 7 test images from {Path('~/data')}."
    assert heard(capfd) == found.note + "\n"
    assert (found.root == data) == (layout == fashion.RAW and not pack)
    train, test = FashionMNIST(found.root, train=True), FashionMNIST(found.root, train=False)
    assert (train.data.shape, test.data.shape) == ((13, 28, 28), (7, 28, 28))
    # nothing is written into a folder that is not ours
    assert sorted(path.name for path in (data / layout).iterdir()) == sorted(f"{n}.gz" if pack else n for n in files)


def test_a_mixture_of_packed_and_unpacked_is_read(place, monkeypatch):
    files = contents()
    raw = lay(place / "data" / fashion.RAW, files)
    lay(raw, {TRAIN_IMAGES: files[TRAIN_IMAGES]}, pack=True)  # both are there, as torchvision's download leaves them
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert fashion_mnist().root == place / "data"
    (raw / TRAIN_IMAGES).unlink()
    assert lying(fashion_mnist().root) == files
    (raw / TRAIN_IMAGES).write_bytes(gzip.compress(files[TRAIN_IMAGES]))  # packed, under the wrong name
    assert lying(fashion_mnist().root) == files


def test_a_folder_is_unpacked_once_and_again_when_it_changes(place, monkeypatch):
    monkeypatch.setenv("CONVCOURSE_DATA", str(lay(place / "data", contents(), pack=True)))
    first = fashion_mnist().root
    stamp = (first / fashion.RAW / TRAIN_IMAGES).stat().st_mtime_ns
    assert fashion_mnist().root == first
    assert (first / fashion.RAW / TRAIN_IMAGES).stat().st_mtime_ns == stamp
    lay(place / "data", contents(seed=1), pack=True)
    assert lying(fashion_mnist().root) == contents(seed=1)


def test_a_copy_of_ones_own_set_is_never_taken_for_the_real_one(place, monkeypatch):
    monkeypatch.setenv("CONVCOURSE_DATA", str(lay(place / "data", contents(), pack=True)))
    fashion_mnist()
    monkeypatch.delenv("CONVCOURSE_DATA")
    assert fashion_mnist().source == "sample"


def test_a_complete_layout_goes_before_an_incomplete_one(place, monkeypatch):
    lay(place / "data" / fashion.RAW, {TRAIN_IMAGES: b""})
    lay(place / "data" / "fashion-mnist", contents())
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert lying(fashion_mnist().root) == contents()


def test_a_copy_in_torchvisions_old_format_is_not_read_unseen(place, monkeypatch):
    lay(place / "data" / fashion.RAW, contents())
    lay(place / "data" / "FashionMNIST" / "processed", {"training.pt": b"?", "test.pt": b"?"})
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert len(FashionMNIST(fashion_mnist().root, train=True)) == SMALL[0]


def test_a_folder_may_be_named_from_home_or_from_here(place, monkeypatch):
    lay(place / "data" / fashion.RAW, contents())
    monkeypatch.chdir(place)
    for name in ("~/data", "data"):
        monkeypatch.setenv("CONVCOURSE_DATA", name)
        assert fashion_mnist().root == place / "data"


@pytest.mark.parametrize("name", ["nowhere", "file", "~nobody-of-this-name/data"])
def test_what_is_no_folder_is_refused(name, place, monkeypatch, no_network):
    (place / "file").touch()
    monkeypatch.setenv("CONVCOURSE_DATA", name if name.startswith("~") else str(place / name))
    with pytest.raises(DataError, match=f"CONVCOURSE_DATA is .*{name}.*not a folder.*sample.*unset"):
        fashion_mnist()


def test_a_folder_with_other_data_is_passed_over(place, monkeypatch, capfd):
    lay(place / "data", {"cifar-10.tar": b"other"})
    lay(place / "debian", contents(), pack=True)
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    assert fashion_mnist().source == "local"
    assert heard(capfd).splitlines()[0] == (
        f"There is no Fashion-MNIST in {Path('~/data')} (CONVCOURSE_DATA); looking elsewhere."
    )


def of(array: np.ndarray | list) -> bytes:
    return packed(np.asarray(array, dtype=np.uint8))


DAMAGES = {
    "empty": ({TRAIN_IMAGES: b""}, f"{TRAIN_IMAGES} is empty"),
    "cut short": ({TEST_IMAGES: contents()[TEST_IMAGES][:-1]}, f"{TEST_IMAGES} is cut short"),
    "cut in its header": ({TRAIN_IMAGES: contents()[TRAIN_IMAGES][:9]}, f"{TRAIN_IMAGES} is cut short"),
    "too long": ({TRAIN_LABELS: contents()[TRAIN_LABELS] + b"!"}, f"{TRAIN_LABELS} is too long"),
    "a page of the web": ({TRAIN_IMAGES: b"<html></html>"}, f"{TRAIN_IMAGES} is not an IDX file"),
    "images for labels": ({TEST_LABELS: contents()[TEST_IMAGES]}, f"{TEST_LABELS} is not an IDX file"),
    "pixels of 4 bytes": ({TRAIN_IMAGES: b"\0\0\x0c" + contents()[TRAIN_IMAGES][3:]}, f"{TRAIN_IMAGES} is not an IDX"),
    "other pixels": ({TRAIN_IMAGES: of(np.zeros((20, 32, 28)))}, f"{TRAIN_IMAGES} holds images of 32 × 28 pixels"),
    "no image": ({TRAIN_IMAGES: of(np.zeros((0, 28, 28))), TRAIN_LABELS: of([])}, f"{TRAIN_IMAGES} holds no image"),
    "no label": ({TRAIN_LABELS: of([])}, f"{TRAIN_IMAGES} holds 20 images, but .*{TRAIN_LABELS} 0 labels"),
    "a label short": ({TEST_LABELS: of([0] * 9)}, f"{TEST_IMAGES} holds 10 images, but .*{TEST_LABELS} 9 labels"),
    "a class too many": ({TEST_LABELS: of([0, 10] * 5)}, f"{TEST_LABELS} holds the label 10, but .* 0 to 9"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pack", [False, True])
def test_damage_in_ones_own_folder_is_an_error_that_names_the_file(damage, pack, place, monkeypatch, no_network):
    wrong, told = DAMAGES[damage]
    data = lay(place / "data" / fashion.RAW, contents() | wrong, pack).parent.parent
    monkeypatch.setenv("CONVCOURSE_DATA", str(data))
    for _ in range(2):  # the second time as the first: nothing of it was kept
        with pytest.raises(DataError, match=told.replace("ubyte", r"ubyte(\.gz)?")) as caught:
            fashion_mnist()
        message = str(caught.value)
        assert message.startswith(str(data))
        assert str(place / "cache") not in message
        assert (".gz" in message) == pack
        assert message.endswith(". Put a whole copy in its place, or set CONVCOURSE_DATA to another folder.")
        assert in_cache(place) == []


def test_a_damaged_archive_is_an_error_that_names_it(place, monkeypatch):
    data = lay(place / "data", contents(), pack=True)
    archive = data / f"{TRAIN_IMAGES}.gz"
    archive.write_bytes(archive.read_bytes()[:5000])
    monkeypatch.setenv("CONVCOURSE_DATA", str(data))
    with pytest.raises(DataError, match=rf"{TRAIN_IMAGES}\.gz is damaged and cannot be unpacked"):
        fashion_mnist()
    assert in_cache(place) == []


@pytest.mark.parametrize("layout", fashion.LAYOUTS, ids=str)
@pytest.mark.parametrize("lost", fashion.FILES)
def test_a_folder_with_only_some_of_the_files_is_an_error(layout, lost, place, monkeypatch):
    raw = lay(place / "data" / layout, contents())
    (raw / lost).rename(raw / f"{lost}.part")
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    with pytest.raises(DataError, match=f"{raw} has only some of the four files .*lacks {lost} "):
        fashion_mnist()


def test_a_folder_in_the_place_of_a_file_is_named(place, monkeypatch):
    raw = lay(place / "data" / fashion.RAW, contents())
    (raw / TRAIN_LABELS).unlink()
    (raw / TRAIN_LABELS).mkdir()
    monkeypatch.setenv("CONVCOURSE_DATA", str(place / "data"))
    with pytest.raises(DataError, match=f"{TRAIN_LABELS} cannot be read"):
        fashion_mnist()


# --- Debian's package and the user's cache -------------------------------------------------------------------------


def test_the_real_set_is_read_from_debians_package(real, place, monkeypatch, capfd):
    for file in (real / fashion.RAW).iterdir():
        with gzip.open(lay(place / "debian", {}) / f"{file.name}.gz", "wb", compresslevel=0) as packing:
            packing.write(file.read_bytes())
    monkeypatch.setattr(fashion, "REAL", (60_000, 10_000))
    start = time.monotonic()
    files = fashion_mnist()
    assert files.source == "local"
    assert heard(capfd) == f"Fashion-MNIST: 60,000 training and 10,000 test images from {Path('~/debian')}.\n"
    assert FashionMNIST(files.root, train=True).data.shape == (60_000, 28, 28)
    assert torch.bincount(FashionMNIST(files.root, train=False).targets).tolist() == [1000] * 10
    assert in_cache(place) == ["fashion-mnist"]
    once = time.monotonic() - start

    shutil.rmtree(place / "debian")  # from now on the cache has it
    start = time.monotonic()
    again = fashion_mnist()
    assert time.monotonic() - start < max(0.2, once)
    assert again.root == files.root
    assert again.note.endswith(f"from {Path('~/cache/convcourse/fashion-mnist')}.")


@pytest.mark.parametrize("damage", [*DAMAGES, "a subset", "a file lost"])
def test_damage_in_the_cache_is_told_of_and_repaired(damage, place, capfd):
    raw = lay(place / "cache" / "convcourse" / "fashion-mnist" / fashion.RAW, contents())
    if damage == "a subset":
        lay(raw, contents(5, 5))
        told = f"{TRAIN_IMAGES} holds 5 images, not 20"
    elif damage == "a file lost":
        (raw / TEST_LABELS).unlink()
        told = f"{TEST_LABELS} cannot be read: No such file"
    else:
        lay(raw, DAMAGES[damage][0])
        told = DAMAGES[damage][1].split(".*")[0]
    lay(place / "debian", contents(), pack=True)
    files = fashion_mnist()
    first, last = heard(capfd).splitlines()
    assert first.startswith("A copy that was kept is damaged, and is now replaced: ")
    assert told in first
    assert last == files.note
    assert lying(files.root) == contents()
    assert files.root == place / "cache" / "convcourse" / "fashion-mnist"
    assert in_cache(place) == ["fashion-mnist"]
    assert fashion_mnist().source == "local"
    assert "damaged" not in heard(capfd)


def test_a_damaged_copy_of_the_sample_is_repaired_too(place, monkeypatch, capfd):
    monkeypatch.setenv("CONVCOURSE_DATA", "sample")
    root = fashion_mnist().root
    (root / fashion.RAW / TRAIN_IMAGES).write_bytes(b"")
    heard(capfd)
    assert fashion_mnist().root == root
    assert f"{TRAIN_IMAGES} is empty" in heard(capfd)
    assert len(FashionMNIST(root, train=True)) == 3000


@pytest.mark.parametrize("damage", ["a class too many", "no image", "incomplete", "archive", "a subset"])
def test_a_damaged_package_is_told_of_and_passed_over(damage, place, capfd):
    debian = lay(place / "debian", contents(5, 5) if damage == "a subset" else contents(), pack=True)
    if damage == "incomplete":
        (debian / f"{TEST_LABELS}.gz").unlink()
    elif damage == "archive":
        (debian / f"{TEST_LABELS}.gz").write_bytes(gzip.compress(b"")[:-1])
    elif damage != "a subset":
        lay(debian, DAMAGES[damage][0], pack=True)
    assert fashion_mnist().source == "sample"
    line = heard(capfd).splitlines()[0]
    assert line.startswith("Debian's copy of Fashion-MNIST cannot be used; reinstalling its package brings it back. ")
    assert str(debian) in line


def test_the_cache_is_where_its_specification_puts_it(place, monkeypatch):
    assert cache.user_cache() == place / "cache" / "convcourse"
    for value in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache.user_cache() == place / ".cache" / "convcourse"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.user_cache() == place / ".cache" / "convcourse"


def homeless(monkeypatch, place):
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", nobody)


def blocked(monkeypatch, place):
    (place / "cache").touch()  # a file, where a folder is wanted


def forbidden(monkeypatch, place):
    (place / "cache").mkdir()
    make = tempfile.mkdtemp

    def mkdtemp(*words, dir=None, **more):
        if dir is not None:
            raise PermissionError(13, "Permission denied", str(dir))
        return make(*words, dir=dir, **more)

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)


def full(monkeypatch, place):
    copy = shutil.copyfileobj

    def copyfileobj(source, target, *more):
        if str(place / "cache") in str(target.name):
            target.write(source.read(100))
            raise OSError(28, "No space left on device")
        copy(source, target, *more)

    monkeypatch.setattr(shutil, "copyfileobj", copyfileobj)


def taken(monkeypatch, place):
    """A file has the name that the folder should have."""
    (place / "cache" / "convcourse").mkdir(parents=True)
    (place / "cache" / "convcourse" / "fashion-mnist").touch()


@pytest.mark.parametrize("trouble", [homeless, blocked, forbidden, full, taken])
def test_a_cache_that_cannot_be_written_is_done_without(trouble, place, monkeypatch, capfd):
    lay(place / "debian", contents(), pack=True)
    trouble(monkeypatch, place)
    files = fashion_mnist()
    assert files.source == "local"
    assert lying(files.root) == contents()
    assert files.root != place / "cache" / "convcourse" / "fashion-mnist"
    assert fashion_mnist().root == files.root  # in one process it is done once
    assert heard(capfd).count("\n") == 2
    cache._remove(files.root, os.getpid() + 1)  # a forked child that ends
    assert lying(files.root) == contents()
    cache._remove(files.root, os.getpid())
    assert not files.root.exists()


def test_a_temporary_folder_lasts_as_long_as_python(place):
    (place / "cache").touch()
    program = "from convcourse.data import fashion_mnist; r = fashion_mnist().root; print(r.is_dir(), r, sep='\\n')"
    environment = os.environ | {"CONVCOURSE_DATA": "sample", "TMPDIR": str(place)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    _, there, root = done.stdout.splitlines()
    assert (there, done.stderr) == ("True", "")
    assert Path(root).parent == place
    assert not Path(root).exists()


def test_leftovers_of_killed_processes_are_swept_away_after_a_day(place):
    folder = place / "cache" / "convcourse"
    old, young = lay(folder / ".partial-old", contents()), lay(folder / ".partial-young", contents())
    long_ago = time.time() - 2 * cache.FORGOTTEN
    os.utime(old, (long_ago, long_ago))
    lay(place / "debian", contents(), pack=True)
    fashion_mnist()
    assert in_cache(place) == [young.name, "fashion-mnist"]


def test_an_interrupt_while_unpacking_leaves_nothing(place, monkeypatch):
    lay(place / "debian", contents(), pack=True)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fashion_mnist()
    assert in_cache(place) == []


# --- several processes at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize("damaged", [False, True])
def test_processes_that_begin_at_the_same_moment_do_not_break_each_other(damaged, place):
    if damaged:
        lay(place / "cache" / "convcourse" / "fashion-mnist" / fashion.RAW, contents() | {TEST_LABELS: b""})
    lay(place / "debian", contents(), pack=True)
    program = f"""
import sys, time
from pathlib import Path
from convcourse.data import fashion, fashion_mnist
fashion.DEBIAN, fashion.REAL = Path({str(place / "debian")!r}), {SMALL}
print("ready", flush=True)
sys.stdin.readline()
files = fashion_mnist()
fashion._check_real(files.root)
print(files.root)
"""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("\n")
        run.stdin.flush()
    for run in runs:
        out, err = run.communicate(timeout=30)
        assert (run.returncode, err) == (0, "")
        assert out.splitlines()[-1] == str(place / "cache" / "convcourse" / "fashion-mnist")
    assert in_cache(place) == ["fashion-mnist"]
    assert lying(place / "cache" / "convcourse" / "fashion-mnist") == contents()


def test_many_at_once_all_get_it(place):
    lay(place / "debian", contents(), pack=True)
    begin, roots = threading.Barrier(8), []

    def one() -> None:
        begin.wait()
        roots.append(fashion._debian().root)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(roots) == {place / "cache" / "convcourse" / "fashion-mnist"}
    assert len(roots) == 8
    assert in_cache(place) == ["fashion-mnist"]
    assert lying(roots[0]) == contents()


@pytest.mark.parametrize("other", ["whole", "damaged"])
def test_another_process_may_finish_first(other, place):
    fill = fashion._unpacking(fashion._sources(lay(place / "source", contents())))
    final = place / "cache" / "convcourse" / "set"

    def slowly(root: Path) -> None:
        fill(root)
        lay(final / fashion.RAW, contents() if other == "whole" else contents() | {TEST_IMAGES: b"half"})

    assert cache.kept("set", slowly, fashion._check) == final
    assert lying(final) == contents()
    assert in_cache(place) == ["set"]


# --- the download --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(hosts, monkeypatch):
    """A host that serves a small set, whose checksums torchvision knows; call it with the manners of the sources."""
    hosts.files = {f"{name}.gz": gzip.compress(data) for name, data in contents().items()}
    sums = [(name, hashlib.md5(data).hexdigest()) for name, data in hosts.files.items()]
    monkeypatch.setattr(FashionMNIST, "resources", sums)

    def manners(*manners: str) -> Hosts:
        monkeypatch.setattr(FashionMNIST, "mirrors", [hosts.url(manner) for manner in manners[:1]])
        monkeypatch.setattr(fashion, "MORE_SOURCES", tuple(hosts.url(manner) for manner in manners[1:]))
        return hosts

    return manners


def test_what_is_not_here_is_downloaded_once(served, place, capfd):
    host = served("good")
    files = fashion_mnist()
    assert files.source == "download"
    assert lying(files.root) == contents()
    assert in_cache(place) == ["fashion-mnist"]
    assert [path.name for path in files.root.iterdir()] == ["FashionMNIST"]
    lines = heard(capfd).splitlines()
    assert lines[0] == f"Fashion-MNIST is not on this machine. Downloading it (30 MB, once) from {host.name} …"
    assert lines[-1] == files.note
    assert len(FashionMNIST(files.root, train=True)) == SMALL[0]
    assert len(host.asked) == 4
    assert "labels" in host.asked[0]  # the small ones first
    assert fashion_mnist().source == "local"
    assert len(host.asked) == 4


@pytest.mark.parametrize("manner", ["missing", "wrong", "cut", "silent", "stall", "drip"])
def test_a_bad_mirror_gives_way_to_the_next(manner, served, place, capfd):
    host = served(manner, "good")
    files = fashion_mnist()
    assert files.source == "download"
    assert lying(files.root) == contents()
    assert f"; trying {host.name} …" in heard(capfd)


@pytest.mark.parametrize("manner", ["missing", "wrong", "cut", "silent", "stall", "drip"])
def test_without_a_good_mirror_it_is_the_sample(manner, served, place, capfd):
    served(manner)
    start = time.monotonic()
    files = fashion_mnist()
    assert time.monotonic() - start < SHORT.in_vain + 1.5
    assert files.source == "sample"
    out = heard(capfd)
    assert "giving up." in out
    assert out.splitlines()[-1] == files.note
    assert files.note.startswith(SAMPLE_NOTE)
    assert "CONVCOURSE_DATA" in files.note
    assert "apt install dataset-fashion-mnist" in files.note
    # nothing half-written: only the sample
    assert len(in_cache(place)) == 1
    assert in_cache(place)[0].startswith("fashion-mnist-sample-")


def test_without_a_network_it_is_the_sample_at_once(place, monkeypatch, capfd):
    with refusing() as source:
        monkeypatch.setattr(FashionMNIST, "mirrors", [source])
        start = time.monotonic()
        assert fashion_mnist().source == "sample"
        assert time.monotonic() - start < 2
    assert "cannot be reached" in heard(capfd)


def test_damage_in_the_cache_is_repaired_by_download(served, place, capfd):
    lay(place / "cache" / "convcourse" / "fashion-mnist" / fashion.RAW, contents() | {TRAIN_IMAGES: b""})
    served("good")
    files = fashion_mnist()
    assert files.source == "download"
    assert lying(files.root) == contents()
    assert f"{TRAIN_IMAGES} is empty" in heard(capfd)


def test_a_download_without_a_cache_lasts_as_long_as_python(served, place):
    (place / "cache").touch()
    host = served("good")
    files = fashion_mnist()
    assert files.source == "download"
    assert lying(files.root) == contents()
    assert fashion_mnist().root == files.root
    assert len(host.asked) == 4
    cache._remove(files.root, os.getpid())


def test_a_download_with_the_wrong_content_is_not_kept(served, place, monkeypatch, capfd):
    served("good")
    monkeypatch.setattr(fashion, "REAL", (60_000, 10_000))
    assert fashion_mnist().source == "sample"
    assert "The download of Fashion-MNIST cannot be used: " in heard(capfd)
    assert "fashion-mnist" not in in_cache(place)


def test_an_interrupted_download_leaves_nothing(served, place, monkeypatch, interruptible):
    served("silent")
    monkeypatch.setattr(fashion, "PATIENCE", Patience())
    threading.Timer(0.15, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        fashion_mnist()
    assert in_cache(place) == []


def test_there_is_more_than_one_source(monkeypatch):
    monkeypatch.undo()
    sources = {*FashionMNIST.mirrors, *fashion.MORE_SOURCES}
    assert len({fashion.host(source) for source in sources}) >= 2
    assert all(source.endswith("/") for source in sources)
    assert sorted(name.removesuffix(".gz") for name, _ in FashionMNIST.resources) == sorted(fashion.FILES)


# --- what it costs -------------------------------------------------------------------------------------------------


def test_finding_the_data_imports_neither_torch_nor_torchvision(monkeypatch):
    program = "import sys; from convcourse.data import fashion_mnist; fashion_mnist(); print('torch' in sys.modules)"
    environment = os.environ | {"CONVCOURSE_DATA": "sample"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert done.stderr == ""
