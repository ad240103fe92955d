"""Folders that are filled once and then kept: in the user's cache or, where that cannot be written, until Python ends.

Any number of processes may do this at once. Each fills a folder of its own and then gives it its name, which happens
wholly or not at all; whoever comes second takes what is there.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from convcourse.data.idx import DataError

PARTIAL = ".partial-"  # how the names of folders begin that are still being filled
FORGOTTEN = 24 * 3600  # seconds after which such a folder belongs to a process that was killed

_temporary: dict[str, Path] = {}


def user_cache() -> Path | None:
    """The course's folder in the user's cache, which need not exist yet; None for a user without a home.

    It is `convcourse` in $XDG_CACHE_HOME, or in ~/.cache where that is unset or, against its specification, relative.
    """
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if chosen.is_absolute():
        return chosen / "convcourse"
    try:
        return Path.home() / ".cache" / "convcourse"
    except RuntimeError:
        return None


def kept(name: str, fill: Callable[[Path], None], check: Callable[[Path], None]) -> Path:
    """The folder `name` of the user's cache; where it is missing or damaged, `fill` is called to make it.

    `check` raises DataError for a damaged folder, which is said on stdout. `fill` writes into an empty folder, and what
    it writes must depend on `name` alone. What it raises goes to the caller, and then nothing is left behind; only an
    OSError leads to a second call, for a folder outside the cache: the cache may be full. Where the cache cannot be
    written, the folder lasts as long as this process. Raises OSError if that fails too.
    """
    cache = user_cache()
    known = [_temporary[name]] if name in _temporary else []
    known += [cache / name] if cache is not None else []
    for folder in known:
        if os.path.isdir(folder):  # unlike Path.is_dir, False where it is forbidden to look
            try:
                check(folder)
                return folder
            except DataError as error:
                print(f"A copy that was kept is damaged, and is now replaced: {error}", flush=True)
    if cache is not None:
        try:
            folder = _filled(fill, cache)
        except OSError:
            pass
        else:
            try:
                _publish(folder, cache / name, check)
                return cache / name
            except OSError:
                return _until_the_end(name, folder)
    return _until_the_end(name, _filled(fill, None))


def _filled(fill: Callable[[Path], None], place: Path | None) -> Path:
    """A new folder in `place`, or among the system's temporary ones, filled; nothing remains where that fails."""
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        _forget_old(place)
    folder = Path(tempfile.mkdtemp(prefix=PARTIAL if place else "convcourse-", dir=place))
    try:
        fill(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _forget_old(place: Path) -> None:
    for folder in place.glob(f"{PARTIAL}*"):
        try:
            old = time.time() - folder.stat().st_mtime > FORGOTTEN
        except OSError:
            continue  # just finished, by another process
        if old:
            shutil.rmtree(folder, ignore_errors=True)


def _publish(folder: Path, final: Path, check: Callable[[Path], None]) -> None:
    """Give `folder` its final name, unless another process has done so meanwhile.

    Where that name is taken by something damaged, it is replaced file by file: at no moment does a file vanish that
    another process may be about to open. Raises OSError, with `folder` still whole, where it fails.
    """
    try:
        folder.rename(final)
        return
    except OSError:
        if not final.is_dir():
            raise
    if not _passes(check, final):
        for file in (path for path in sorted(folder.rglob("*")) if path.is_file()):
            target = final / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, partial = tempfile.mkstemp(prefix=PARTIAL, dir=target.parent)
            os.close(descriptor)
            try:
                shutil.copyfile(file, partial)
                os.replace(partial, target)
            except OSError:
                Path(partial).unlink(missing_ok=True)
                raise
        if not _passes(check, final):
            raise OSError(f"{final} could not be replaced")
    shutil.rmtree(folder, ignore_errors=True)


def _passes(check: Callable[[Path], None], folder: Path) -> bool:
    try:
        check(folder)
    except DataError:
        return False
    return True


def _until_the_end(name: str, folder: Path) -> Path:
    _temporary[name] = folder
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # a forked child ends earlier, and must not take the folder from its parent
        shutil.rmtree(folder, ignore_errors=True)
