"""Downloading with patience, from hosts that behave well and badly."""

from __future__ import annotations

import _thread
import hashlib
import re
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from hosts import Hosts, refusing, unreachable

from convcourse.data.download import PATIENCE, DownloadError, Patience, fetch, fetch_all

SHORT = Patience(silence=0.8, window=0.5, speed=10_000, fruitless=3)
SLACK = 1.5  # seconds, for a busy machine
DATA = bytes(range(256)) * 400
FILES = [(name, hashlib.md5(DATA).hexdigest()) for name in ("labels.gz", "images.gz")]


@pytest.fixture
def hosts():
    hosts = Hosts()
    hosts.files = dict.fromkeys(("labels.gz", "images.gz"), DATA)
    yield hosts
    hosts.close()


def heard(capfd) -> str:
    out, err = capfd.readouterr()
    assert err == ""
    return out


def test_nobody_waits_long_by_default():
    assert PATIENCE.told_within < 10
    assert PATIENCE.in_vain <= 30
    # a connection that needs ten minutes for 30 MB is too slow, one that needs three is not
    assert 30e6 / 600 < PATIENCE.speed < 30e6 / 180


@pytest.mark.parametrize("manner", ["good", "unmeasured", "flaky", "steady"])
def test_files_come_whole(manner, hosts, tmp_path, capfd):
    fetch_all([hosts.url(manner)], FILES, tmp_path, SHORT)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == hosts.files
    out = heard(capfd)
    assert "images.gz: 102 " in out
    assert out.count("broke off after 51,200 of 102,400 bytes; trying") == (2 if manner == "flaky" else 0)


def test_progress_is_shown_while_a_file_comes(hosts, tmp_path, capfd):
    fetch(hosts.url("steady") + "images.gz", tmp_path / "images.gz", FILES[0][1], SHORT)
    lines = heard(capfd).split("\r")
    assert len(lines) >= 3  # at once, after half a second, and at the end
    assert lines[-1] == "  images.gz: 102 of 102 kB\n"


def test_what_has_come_is_not_fetched_again_from_the_next_source(hosts, tmp_path, capfd):
    hosts.files = {"labels.gz": DATA}
    other = Hosts()
    other.files = {"labels.gz": DATA, "images.gz": DATA}
    fetch_all([hosts.url("good"), other.url("good")], FILES, tmp_path, SHORT)
    other.close()
    assert hosts.asked == ["/good/labels.gz", "/good/images.gz"]
    assert other.asked == ["/good/images.gz"]


@pytest.mark.parametrize(
    ("manner", "told", "tries"),
    [
        ("missing", r"does not have the file \(404 Not Found\)", 1),
        ("overloaded", r"does not have the file \(503 Service Unavailable\)", 2),
        ("wrong", r"sends another file than labels\.gz \(its checksum is wrong\)", 2),
        ("cut", "broke off after 51,200 of 102,400 bytes", 2),
        ("silent", "does not answer", 1),
        ("stall", r"has fallen silent|is too slow \(0\.0 kB a second\)", 1),
        ("drip", r"is too slow \(0\.0 kB a second\)", 1),
    ],
)
def test_a_bad_host_is_told_of_in_time_and_left(manner, told, tries, hosts, tmp_path, capfd):
    start = time.monotonic()
    fetch_all([hosts.url(manner), hosts.url("good")], FILES, tmp_path, SHORT)
    assert time.monotonic() - start < SHORT.told_within + SLACK
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == hosts.files
    out = heard(capfd)
    (line,) = [line for line in out.splitlines() if "trying" in line]
    assert line.startswith(f"{hosts.name} ")
    assert line.endswith(f"; trying {hosts.name} …")
    assert re.search(told, line)

    with pytest.raises(DownloadError, match=r"no source has given labels\.gz"):
        fetch_all([hosts.url(manner)], FILES, tmp_path, SHORT)
    lines = [line for line in heard(capfd).splitlines() if ";" in line]
    assert len(lines) == tries
    assert lines[-1].endswith("giving up.")
    assert all(line.endswith("again …") for line in lines[:-1])


def test_nothing_half_written_stays(hosts, tmp_path):
    for manner in ("wrong", "cut", "stall", "drip", "missing"):
        with pytest.raises(DownloadError):
            fetch(hosts.url(manner) + "images.gz", tmp_path / "images.gz", FILES[0][1], SHORT)
        assert list(tmp_path.iterdir()) == []


def test_a_host_that_never_ends_is_cut_off(hosts, tmp_path):
    with pytest.raises(DownloadError, match="much more than"):
        fetch(hosts.url("endless") + "images.gz", tmp_path / "images.gz", "", Patience(size=1_000_000))
    assert list(tmp_path.iterdir()) == []


def test_a_refused_connection_is_told_at_once(tmp_path, capfd):
    with refusing() as source, pytest.raises(DownloadError):
        fetch_all([source], FILES, tmp_path)
    assert "cannot be reached (Connection refused); giving up." in heard(capfd)


def test_a_connection_that_hangs_is_told_in_time(hosts, tmp_path, capfd):
    start = time.monotonic()
    with unreachable() as source:
        fetch_all([source, hosts.url("good")], FILES, tmp_path, SHORT)
    assert time.monotonic() - start < SHORT.told_within + SLACK
    assert f"{urlsplit(source).netloc} does not answer; trying {hosts.name} …" in heard(capfd)


def test_an_unknown_name_is_told_at_once(tmp_path, capfd, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError):
        fetch_all(["http://nowhere.example/"], FILES, tmp_path)
    assert "nowhere.example cannot be reached (Name or service not known); giving up." in heard(capfd)


def test_a_name_service_that_hangs_is_told_in_time(tmp_path, capfd, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    start = time.monotonic()
    with pytest.raises(DownloadError):
        fetch_all(["http://nowhere.example/"], FILES, tmp_path, SHORT)
    assert time.monotonic() - start < SHORT.told_within + SLACK
    over.set()
    assert "nowhere.example does not answer; giving up." in heard(capfd)


def test_waiting_in_vain_has_an_end(hosts, tmp_path, capfd):
    short = Patience(silence=0.3, window=0.2, speed=10_000, fruitless=0.45)
    start = time.monotonic()
    with pytest.raises(DownloadError):
        fetch_all([hosts.url(manner) for manner in ("silent", "drip", "good")], FILES, tmp_path, short)
    assert time.monotonic() - start < short.in_vain + SLACK
    assert hosts.asked == ["/silent/labels.gz", "/drip/labels.gz"]  # 0.3 s and 0.2 s; no third is tried
    assert "is too slow (0.0 kB a second); giving up." in heard(capfd)


def test_a_steady_download_may_take_longer_than_all_patience(hosts, tmp_path):
    hosts.files = {"images.gz": DATA}
    short = Patience(silence=0.6, window=0.3, speed=10_000, fruitless=0)
    start = time.monotonic()
    fetch_all([hosts.url("steady")], FILES[1:], tmp_path, short)
    assert time.monotonic() - start > short.in_vain
    assert (tmp_path / "images.gz").read_bytes() == DATA


@pytest.mark.parametrize("manner", ["silent", "drip"])
def test_an_interrupt_goes_through_and_leaves_nothing(manner, hosts, tmp_path, interruptible):
    start = time.monotonic()
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        fetch_all([hosts.url(manner)], FILES, tmp_path, Patience(speed=0))
    assert time.monotonic() - start < 2
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_is_no_fault_of_the_host(hosts, tmp_path):
    with pytest.raises(OSError, match=r"labels\.gz"):
        fetch_all([hosts.url("good")], FILES, tmp_path / "no folder", SHORT)
