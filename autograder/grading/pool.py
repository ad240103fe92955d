"""Running and judging many notebooks at once: on processes of this machine, or on the workers of a Dask cluster.

A notebook travels by value and comes back marked, so that no worker needs our disk. What a worker is told of the
secret is one student's seed. A worker that dies takes nobody with it: what was under way there is tried again alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.grading import cache
from autograder.grading.limits import Limits

AHEAD = 2  # notebooks that wait in each process, so that none idles while the results are being saved
ATTEMPTS = 3  # times that a notebook is given to a cluster whose workers die


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
    """What became of it: the marked notebook's JSON, or in plain words why there is none."""

    work: Work
    notebook: str = ""
    failure: str = ""


class ClusterError(Exception):
    """The cluster cannot be used; the message says what to do."""


def perform(work: Work) -> Done:
    """Run and judge one notebook in this process."""
    from autograder.grading.running import run
    from autograder.grading.sandbox import SandboxError, shared

    try:
        notebook = nbformat.reads(work.notebook, as_version=4)
        marked = run(notebook, shared(work.isolated), work.seed, work.limits)
    except SandboxError as error:
        return Done(work, failure=str(error))
    return Done(work, notebook=str(nbformat.writes(marked)))


# --- on this machine --------------------------------------------------------------------------------------------


def on_processes(works: Iterable[Work], count: int, log: Path) -> Iterator[Done]:
    """Do all the work with that many processes, whose prints go to the file `log`."""
    waiting, suspects = deque(works), list[Work]()
    while waiting:
        yield from _together(waiting, suspects, count, log)
    for work in suspects:
        dead: list[Work] = []
        yield from _together(deque([work]), dead, 1, log)
        for victim in dead:
            yield Done(victim, failure="the marking process was killed while at it, perhaps for lack of memory")


def _together(waiting: deque[Work], dead: list[Work], count: int, log: Path) -> Iterator[Done]:
    """Take work from `waiting` until none is left or a process dies; then `dead` gets all that was under way."""
    context = multiprocessing.get_context("spawn")  # a forked copy of threads and sockets is asking for trouble
    count = min(count, len(waiting))
    with ProcessPoolExecutor(count, context, _start, (str(log),)) as pool:
        under_way: dict[Future[Done], Work] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < AHEAD * count:
                    future = _submit(pool, waiting[0])  # only taken off when it went in
                    under_way[future] = waiting.popleft()
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    done = future.result()
                    del under_way[future]
                    yield done
        except BrokenProcessPool:
            dead += under_way.values()
        except BaseException:  # stopped by hand: do not wait minutes for notebooks that nobody wants
            stop()
            raise


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


def _start(log: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # kernels inherit this, and are interrupted by it
    with open(log, "ab", buffering=0) as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    os.environ.pop("CONVCOURSE_MARKING_SEED", None)  # a worker is told the seed of one student at a time


# --- on a cluster -----------------------------------------------------------------------------------------------


def on_cluster(works: Iterable[Work], address: str) -> Iterator[Done]:
    """Do all the work on the workers of the Dask scheduler at `address`, such as tcp://10.0.0.1:8786.

    Raises ClusterError where there is no such scheduler, or its workers have another version of the course.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ClusterError("marking on a cluster needs the package distributed: pip install '.[cluster]'") from error
    try:
        client = Client(address, timeout=20, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"there is no Dask scheduler at {address} ({error}): start one, or correct it") from error
    with client:
        _same_version(client, address)
        futures: dict[Any, Work] = {}
        for work in works:
            futures[client.submit(perform, work, pure=False, retries=ATTEMPTS - 1)] = work
        for future in as_completed(list(futures)):
            work = futures[future]
            if future.status == "finished":
                yield future.result()
            elif not _reachable(client):
                raise ClusterError(f"the Dask scheduler at {address} is gone: start it and go on")
            else:
                yield Done(work, failure=f"the cluster gave up on it ({future.exception()})"[:200])
            with suppress(Exception):
                future.release()


def _same_version(client: Any, address: str) -> None:
    found = client.run(cache.version)
    if not found:
        raise ClusterError(f"the Dask scheduler at {address} has no workers: start some with `dask worker {address}`")
    others = sorted(worker for worker, version in found.items() if version != cache.version())
    if others:
        raise ClusterError(f"another version of the course, or of its packages, is installed on: {', '.join(others)}")


def _reachable(client: Any) -> bool:
    return bool(client.status == "running" and client.scheduler is not None)
