"""Running and judging many notebooks at once: on processes of this machine, or on the workers of a Dask cluster.

A notebook travels by value and comes back marked, so that no worker needs our disk. What a worker is told of the
secret is one student's seed. A worker that dies takes nobody with it: what was under way there is tried again alone.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import nbformat

from autograder.grading import cache
from autograder.grading.limits import Limits

AHEAD = 2  # notebooks that wait in each process, so that none idles while the results are being saved
ATTEMPTS = 3  # times that a notebook is given to a cluster whose workers fail
LONGEST = 300  # characters of a failure
ENDING = 3.0  # seconds that ending in good order may take
CONNECTING = 20.0  # seconds for the scheduler to answer
LISTENING = 1.0  # seconds without a result after which the cluster is looked at
RETURNING = 30.0  # seconds that all workers may be away: a nanny starts a worker that died again
SECRETS = ("CONVCOURSE_MARKING_SEED", "CONVCOURSE_GRADEBOOK", "PGPASSWORD")
SAME = "use the same one everywhere, and start the workers again"


@dataclass(frozen=True)
class Work:
    """One repaired notebook to run and judge: `notebook` is its JSON, `key` what its result is kept under."""

    key: str
    notebook: str
    seed: str
    limits: Limits
    isolated: bool


@dataclass(frozen=True)
class Done:
    """What became of it: the marked notebook's JSON, or in plain words why there is none; neither where its result had
    been kept before. Among the work to do, something done passes straight through."""

    work: Work
    notebook: str = ""
    failure: str = ""


class ClusterError(Exception):
    """The cluster cannot be used; the message says what to do."""


Item = Work | Done


def perform(work: Work) -> Done:
    """Run and judge one notebook in this process."""
    from autograder.grading.running import run
    from autograder.grading.sandbox import SandboxError, shared

    try:
        notebook = nbformat.reads(work.notebook, as_version=4)
        marked = run(notebook, shared(work.isolated), work.seed, work.limits)
        return Done(work, notebook=str(nbformat.writes(marked, indent=None)))
    except SandboxError as error:
        return Done(work, failure=str(error))
    except Exception as error:  # a fault of ours: this one has no mark, and all others have theirs
        traceback.print_exc()
        return Done(work, failure=f"the marking itself failed ({type(error).__name__}: {error})"[:LONGEST])


# --- on this machine --------------------------------------------------------------------------------------------


@contextmanager
def server(isolated: bool, count: int) -> Iterator[socket.socket | None]:
    """A fork server for all of several processes, which gets ready while other things are done; None where each has its
    own: where there is but one, and where no socket keeps orders apart."""
    if count < 2 or sys.platform != "linux":
        yield None
        return
    from autograder.grading.sandbox import Sandbox

    with Sandbox(isolated) as sandbox, sandbox.lend() as lent:
        yield lent


def on_processes(items: Iterable[Item], count: int, log: Path, lent: socket.socket | None = None) -> Iterator[Done]:
    """Do all the work with that many processes, whose prints go to the file `log`. It is taken as it can be begun.

    `lent` is the `server` that all of them use, if there is one.
    """
    waiting, suspects = iter(items), list[Work]()
    while (yield from _together(waiting, suspects, count, log, AHEAD, lent)):
        pass
    # One of those that were under way may have killed its process: one at a time, to tell which.
    for suspect in suspects:
        if (yield from _together(iter([suspect]), [], 1, log, ahead=1)):
            yield Done(suspect, failure="the marking process was killed while at it, perhaps for lack of memory")


def _together(
    waiting: Iterator[Item], dead: list[Work], count: int, log: Path, ahead: int, lent: socket.socket | None = None
) -> Generator[Done, None, bool]:
    """Take work from `waiting` until none is left, or a process dies: then `dead` gets all that was under way, and the
    answer is yes."""
    first = yield from _next(waiting)
    if first is None:
        return False
    context = multiprocessing.get_context("spawn")  # a forked copy of threads and sockets is asking for trouble
    start = (str(log), first.isolated, lent)
    with ProcessPoolExecutor(count, context, _start, start) as pool:  # starts each when there is work for it
        under_way: dict[Future[Done], Work] = {}
        try:
            while first is not None or under_way:
                while first is not None and len(under_way) < ahead * count:
                    under_way[_submit(pool, first)] = first
                    first = None
                    first = yield from _next(waiting)
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    done = future.result()
                    del under_way[future]
                    yield done
        except BrokenProcessPool:
            dead += [*under_way.values(), *([first] if first is not None else [])]
            return True
        except BaseException:  # stopped by hand: do not wait minutes for notebooks that nobody wants
            stop()
            raise
    return False


def _next(waiting: Iterator[Item]) -> Generator[Done, None, Work | None]:
    """The next piece of work, or None where there is no more. What is done already is passed on."""
    for item in waiting:
        if isinstance(item, Work):
            return item
        yield item
    return None


def _submit(pool: ProcessPoolExecutor, work: Work) -> Future[Done]:
    # Submitting may start a process, and it must start deaf to Ctrl-C, which reaches all processes at once: this one
    # decides what then happens. Blocked, not ignored: a signal that comes meanwhile is heard a moment later.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        return pool.submit(perform, work)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def stop() -> None:
    """End the processes that this one started for marking. Their kernels end with them."""
    for child in multiprocessing.active_children():
        child.terminate()


def _start(log: str, isolated: bool, lent: socket.socket | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # kernels inherit this, and are interrupted by it
    with open(log, "ab", buffering=0) as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    for name in SECRETS:  # a worker is told the seed of one student at a time
        os.environ.pop(name, None)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if lent is not None:
        from autograder.grading.sandbox import shared

        shared(isolated, lent)
    gc.disable()
    import autograder.grading.running  # noqa: F401  # which imports torch

    gc.enable()
    settle()


def settle() -> None:
    """Look no more for garbage in what is there by now, which is what was imported: Python would do so all the time."""
    gc.collect()
    gc.freeze()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it ended: nobody wants its results."""
    from autograder.grading import sandbox

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    late = threading.Timer(ENDING, os._exit, (1,))  # where something holds the sandbox
    late.daemon = True
    late.start()
    sandbox.close_shared()
    os._exit(1)


# --- on a cluster -----------------------------------------------------------------------------------------------


def on_cluster(items: Iterable[Item], address: str) -> Iterator[Done]:
    """Do all the work on the workers of the Dask scheduler at `address`, such as tcp://10.0.0.1:8786.

    Raises ClusterError where there is no such scheduler, where its workers cannot do the work, and where they or the
    scheduler end while at it.
    """
    waiting = iter(items)
    first = yield from _next(waiting)
    if first is None:
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("marking on a cluster needs the package distributed: pip install '.[cluster]'") from error
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(("distributed", "tornado", "asyncio")):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is said in our own words
    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"there is no Dask scheduler at {address} ({type(error).__name__}): start one with `dask scheduler`, "
            "correct the address, or mark without --scheduler"
        ) from error
    under_way: dict[str, tuple[Any, Work]] = {}
    try:
        _inspect(client, address, first.isolated)
        yield from _streamed(client, address, chain([first], waiting), under_way)
    finally:
        with suppress(Exception):  # it may be gone
            if client.status == "running":
                client.cancel([future for future, _ in under_way.values()], force=True)
        with suppress(Exception):
            client.close(timeout=ENDING)


def _streamed(
    client: Any, address: str, waiting: Iterator[Item], under_way: dict[str, tuple[Any, Work]]
) -> Iterator[Done]:
    """Give out work as results come in, so that the cluster never holds more than a few notebooks for each worker."""
    finished: Queue[str] = Queue()
    version, lost = cache.version(), 0.0  # since when there is no worker
    threads = sum(_asked(client, address, client.nthreads).values())
    coming = yield from _next(waiting)
    while coming is not None or under_way:
        while coming is not None and len(under_way) < AHEAD * max(threads, 1):
            give = partial(client.submit, _perform_there, coming, version, pure=False, retries=ATTEMPTS - 1)
            future = _asked(client, address, give)
            under_way[future.key] = future, coming
            future.add_done_callback(lambda ended: finished.put(ended.key))
            coming = yield from _next(waiting)
        try:
            key = finished.get(timeout=LISTENING)
        except Empty:
            threads = sum(_asked(client, address, client.nthreads).values())
            lost = 0.0 if threads else lost or time.monotonic()
            if lost and time.monotonic() - lost > RETURNING:
                raise ClusterError(
                    f"the Dask scheduler at {address} has lost all its workers: what was marked is kept. "
                    f"Start some with `dask worker {address}`, and the same command goes on"
                ) from None
            continue
        future, work = under_way.pop(key)
        if future.status == "finished":
            yield _asked(client, address, future.result)
        elif future.status == "error":
            error = future.exception()
            why = "all workers that tried it died" if type(error).__name__ == "KilledWorker" else str(error)
            yield Done(work, failure=f"the cluster gave up on it ({why})"[:LONGEST])
        else:  # cancelled or lost: only who loses the scheduler sees that
            raise _gone(address)
        future.release()


def _asked(client: Any, address: str, question: Callable[[], Any]) -> Any:
    """What the scheduler answers. Raises ClusterError where it does not any more."""
    if client.status != "running":
        raise _gone(address)
    try:
        return question()
    except (OSError, TimeoutError, CancelledError) as error:
        raise _gone(address) from error


def _gone(address: str) -> ClusterError:
    return ClusterError(
        f"the Dask scheduler at {address} is gone: what was marked is kept. Start it and its workers again, and the "
        "same command goes on; without --scheduler it goes on on this machine"
    )


def _inspect(client: Any, address: str, isolated: bool) -> None:
    """Raises ClusterError unless scheduler and workers have this very course, and a sandbox where one is wanted."""
    workers = _asked(client, address, lambda: client.run(_fitness, isolated, on_error="return"))
    if not workers:
        raise ClusterError(f"the Dask scheduler at {address} has no workers: start some with `dask worker {address}`")
    try:
        scheduler = client.run_on_scheduler(_fitness, False)
    except Exception as error:
        scheduler = error
    for where, found in (("the scheduler", scheduler), *sorted(workers.items())):
        if isinstance(found, BaseException):
            raise ClusterError(
                f"the course cannot be imported on {where} ({type(found).__name__}): install it there, the same "
                "version as here, with pip install '.[grading,cluster]'"
            )
        version, missing = found
        if version != cache.version():
            raise ClusterError(f"another version of the course, or of its packages, is installed on {where}: {SAME}")
        if missing:
            raise ClusterError(f"{where} cannot isolate submissions: {missing}")


def _fitness(isolated: bool) -> tuple[str, str]:
    """Of this machine: the version of all that marks depend on, and why it cannot isolate, where it cannot."""
    from autograder.grading.sandbox import missing

    return cache.version(), missing() if isolated else ""


def _perform_there(work: Work, version: str) -> Done:
    """`perform` on a worker, which may have come to the cluster after all were looked at."""
    if cache.version() != version:
        return Done(work, failure=f"another version of the course came to the cluster with a new worker: {SAME}")
    return perform(work)
