"""The photograph that travels with the course."""

import pytest
import torch

from convcourse.data import photograph as module
from convcourse.data.photograph import photograph


def test_it_is_a_grey_picture_between_black_and_white():
    picture = photograph()
    assert picture.shape == (128, 128)
    assert picture.dtype == torch.float32
    assert picture.min() == 0
    assert picture.max() == 1
    assert picture.std() > 0.2  # flat grey has nothing for an edge kernel to find


def test_it_is_small_enough_to_ship():
    assert module.FILE.stat().st_size < 20_000


@pytest.mark.parametrize("size", [1, 28, 64, 127, 200])
def test_other_sizes_keep_range_and_brightness(size):
    picture = photograph(size)
    assert picture.shape == (size, size)
    assert picture.dtype == torch.float32
    assert 0 <= picture.min() <= picture.max() <= 1
    assert picture.mean().item() == pytest.approx(photograph().mean().item(), abs=0.01)


def test_halving_averages_four_pixels():
    full, half = photograph(), photograph(64)
    assert half[10, 20].item() == pytest.approx(full[20:22, 40:42].mean().item())


def test_every_call_gives_a_picture_of_its_own():
    photograph().zero_()
    assert photograph().max() == 1


@pytest.mark.parametrize("size", [0, -3])
def test_a_size_below_one_is_refused(size):
    with pytest.raises(ValueError, match="at least 1 pixel"):
        photograph(size)


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FILE", tmp_path / "hopper.png")
    with pytest.raises(OSError, match=r"hopper\.png.*again"):
        photograph()


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    damaged = tmp_path / "hopper.png"
    damaged.write_bytes(module.FILE.read_bytes()[:2000])
    monkeypatch.setattr(module, "FILE", damaged)
    with pytest.raises(OSError, match=r"hopper\.png.*again"):
        photograph()
    damaged.write_bytes(b"no picture at all")
    with pytest.raises(OSError, match=r"hopper\.png.*again"):
        photograph()
