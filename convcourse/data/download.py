"""Downloads that lose patience: a host that is silent or very slow is told of and left within ten seconds.

torchvision's own download waits without a limit and draws its progress on stderr, which nbgrader takes for an error. So
the files are fetched here, in a thread that can be left alone wherever it hangs, be it in looking up the host's name.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

CHUNK = 1 << 16  # bytes that are asked for at once
GLANCE = 0.2  # seconds after which a waiting reader looks up, as a wait can't be interrupted everywhere


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    silence: without a byte, after which a host counts as dead. window: a download is judged this often, and given up
    when fewer than `speed` bytes a second came; silence + window is thus the longest wait for one host, as is twice the
    window. fruitless: once so much has been waited in vain, nothing more is tried. chances: how often a source may
    break off or send something wrong before a file has come from it. size: the most bytes that a file may have.
    """

    silence: float = 5
    window: float = 4
    speed: float = 100_000
    fruitless: float = 20
    chances: int = 2
    size: int = 100_000_000

    @property
    def told_within(self) -> float:
        """The longest that a host can be dead or slow before it is said."""
        return self.window + max(self.silence, self.window)

    @property
    def in_vain(self) -> float:
        """The longest that hosts which give nothing can hold up the reader, all together."""
        return self.fruitless + self.told_within


PATIENCE = Patience()


class DownloadError(Exception):
    """A download that failed. The message is a clause that goes on after the host's name: "does not answer".

    `again` tells whether the same source may work the next time, `wasted` for how many seconds nothing good had come.
    """

    def __init__(self, message: str, again: bool = False, wasted: float = 0.0):
        super().__init__(message)
        self.again = again
        self.wasted = wasted


def fetch_all(
    sources: Sequence[str], files: Sequence[tuple[str, str]], folder: Path, patience: Patience = PATIENCE
) -> None:
    """Fetch files, each (name, MD5 sum in hex), into `folder`, from the first source that has them.

    A source is an address that a file's name is appended to. What happens is said on stdout as it happens. Raises
    DownloadError when no source is left, and OSError when a file cannot be written; other files may then be there.
    """
    left = list(sources)
    chances = dict.fromkeys(sources, patience.chances)
    wasted = 0.0
    for name, md5 in files:
        while left:
            source = left[0]
            try:
                fetch(source + name, folder / name, md5, patience)
                chances[source] = patience.chances
                break
            except DownloadError as error:
                wasted += error.wasted
                chances[source] -= 1
                left.remove(source)
                if error.again and chances[source] > 0:
                    left.append(source)
                if wasted >= patience.fruitless:
                    left.clear()
                then = f"trying {host(left[0])}{' again' if left[0] == source else ''} …" if left else "giving up."
                print(f"{host(source)} {error}; {then}", flush=True)
        else:
            raise DownloadError(f"no source has given {name}")


def fetch(url: str, target: Path, md5: str, patience: Patience = PATIENCE) -> None:
    """Fetch one file, showing progress on stdout, and compare its MD5 sum.

    Raises DownloadError when it does not come, is slower than `patience` allows or is another file, and OSError when it
    cannot be written. In both cases, and when interrupted, there is no `target` afterwards.
    """
    try:
        with target.open("wb") as written, _progress(target.name) as progress:
            digest = hashlib.md5(usedforsecurity=False)
            got, total = 0, None
            for item in _patiently(url, patience):
                if isinstance(item, int):
                    total = item
                    continue
                written.write(item)
                digest.update(item)
                got += len(item)
                progress(got, total)
                if got > patience.size:
                    raise DownloadError("sends much more than the file that was asked for")
            if total is not None and got < total:
                raise DownloadError(f"broke off after {got:,} of {total:,} bytes", again=True)
            if digest.hexdigest() != md5:
                raise DownloadError(f"sends another file than {target.name} (its checksum is wrong)", again=True)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def host(url: str) -> str:
    """The part of an address that a reader knows the host by."""
    return urlsplit(url).netloc


def _patiently(url: str, patience: Patience) -> Iterator[bytes | int]:
    """The bytes behind an address as they come, and before them their number where the host tells it."""
    items: queue.SimpleQueue[bytes | int | Exception] = queue.SimpleQueue()
    left = threading.Event()
    threading.Thread(target=_pump, args=(url, 2 * patience.silence, items, left), daemon=True).start()
    heard = judged = good = time.monotonic()
    begun, received = False, 0  # `received` since `judged`
    try:
        while True:
            until = min(heard + patience.silence, judged + patience.window) if begun else heard + patience.silence
            try:
                item = items.get(timeout=max(0.0, min(until - time.monotonic(), GLANCE)))
            except queue.Empty:
                item = None
            now = time.monotonic()
            if item == b"":
                return
            if isinstance(item, Exception):
                message, again = _explain(item)
                raise DownloadError(message, again, now - good) from item
            if isinstance(item, bytes):
                heard, received = now, received + len(item)
                if not begun:
                    begun, judged = True, now
            if item is not None:
                yield item
            if now - heard >= patience.silence:
                raise DownloadError("has fallen silent" if begun else "does not answer", wasted=now - good)
            if begun and now - judged >= patience.window:
                speed = received / (now - judged)
                if speed < patience.speed:
                    raise DownloadError(f"is too slow ({speed / 1000:,.1f} kB a second)", wasted=now - good)
                judged = good = now
                received = 0
    finally:
        left.set()


def _pump(url: str, timeout: float, items: queue.SimpleQueue[bytes | int | Exception], left: threading.Event) -> None:
    """Read from an address into `items`: the number of bytes, the bytes, and b"" at the end or what went wrong.

    The timeout only ends a thread that nobody waits for any more.
    """
    try:
        with urlopen(Request(url, headers={"User-Agent": "convcourse"}), timeout=timeout) as reply:
            if reply.length is not None:
                items.put(int(reply.length))
            chunk = b"not yet"
            while chunk and not left.is_set():
                chunk = reply.read1(CHUNK)
                items.put(chunk)
    except Exception as error:  # whatever it is, the reader must hear of it and not wait
        items.put(error)


def _explain(error: Exception) -> tuple[str, bool]:
    """What went wrong, as a clause, and whether it may go better the next time."""
    if isinstance(error, HTTPError):
        return f"does not have the file ({error.code} {error.reason})", error.code >= 500
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return "does not answer", False
    told = f"{reason.strerror if isinstance(reason, OSError) and reason.strerror else reason}".strip(" .")
    if isinstance(error, URLError):
        return f"cannot be reached ({told})", False
    return f"broke off ({told or type(error).__name__})", True


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """One line on stdout, written over while a file comes: call what is given with the bytes so far and all of them."""
    line, due = "", 0.0

    def show(got: int, total: int | None) -> None:
        nonlocal line, due
        line = f"  {name}: {got / 1000:,.0f}{f' of {total / 1000:,.0f}' if total else ''} kB"
        if time.monotonic() >= due:
            due = time.monotonic() + 0.5
            print(line, end="\r", flush=True)

    try:
        yield show
    finally:
        if line:
            print(line, flush=True)
