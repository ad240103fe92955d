"""Process 1 of a kernel's own world. It passes signals on, watches memory, and tells how the kernel ended.

It talks to the grader over one socket, which the kernel does not have: lines of JSON, {"signal": 2} from the grader,
{"started": true} and at last {"ended": "exit", "code": 0, …} to it. When the grader goes away, all processes end.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.inside import isolation
from autograder.grading.limits import Limits

TICK = 0.05  # seconds between two looks at memory
KB = 1024


@dataclass(frozen=True)
class Order:
    """What a kernel is to be: its key, limits, environment and random numbers, and whether it is isolated."""

    key: str
    limits: Limits
    environment: dict[str, str]
    seed: int | None
    isolated: bool


def keep(control: socket.socket, order: Order, kernel: Callable[[], None]) -> None:
    """Start a kernel, watch it to its end and end with it. Never returns.

    `kernel` runs in a child. Whatever goes wrong before that is told as {"failed": "why"}.
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.setsid()
        home = _home(order)
        if order.isolated:
            isolation.furnish(order.limits)
            isolation.renounce()
        else:
            isolation.adopt()
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        process = os.fork()
        if process == 0:
            _become(control, order, home, kernel, (reading, writing))
        told = _watch(control, order, process, reading)
        if not order.isolated:
            shutil.rmtree(home, ignore_errors=True)
    except BaseException as error:
        told = {"failed": f"{type(error).__name__}: {error}"}
    with suppress(OSError):
        control.sendall(json.dumps(told).encode() + b"\n")
    os._exit(0)


def _home(order: Order) -> Path:
    return isolation.HOME if order.isolated else Path(tempfile.mkdtemp(prefix="kernel-"))


def _become(
    control: socket.socket, order: Order, home: Path, kernel: Callable[[], None], pipe: tuple[int, int]
) -> None:
    """Be the kernel, and end with it."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        isolation.follow()
        os.setsid()
        for descriptor in pipe:
            os.close(descriptor)
        os.chdir(home)
        os.environ.update(order.environment, HOME=str(home))
        if isolation.LINUX:
            isolation.prctl(isolation.PR_SET_DUMPABLE, 1)  # else the next file belongs to root
            Path("/proc/self/oom_score_adj").write_text("1000")  # should memory run out, this goes first
        if order.isolated:
            isolation.confine(order.limits)
        else:
            isolation.limit(order.limits)
        control.sendall(b'{"started": true}\n')
        control.close()
        kernel()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException as error:
        with suppress(OSError):
            control.sendall(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode() + b"\n")
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
        os._exit(code & 255)


def _watch(control: socket.socket, order: Order, kernel: int, wakes: int) -> dict[str, object]:
    """Wait for the end of the kernel, or bring it about. What there is to tell about it."""
    inherited = _anonymous(kernel)
    ended: dict[str, object] = {}
    looked, rest = 0.0, b""
    while not ended:
        ready = select.select([control.fileno(), wakes], [], [], TICK)[0]
        if wakes in ready:
            os.read(wakes, 512)
        if control.fileno() in ready:
            received = b""
            with suppress(OSError):
                received = control.recv(4096)
            *lines, rest = (rest + received).split(b"\n")
            signals = [int(json.loads(line)["signal"]) for line in lines]
            if not received or signal.SIGKILL in signals:
                ended = {"ended": "killed"}
            for number in signals:
                with suppress(ProcessLookupError):
                    os.kill(kernel, number)
        if time.monotonic() - looked >= TICK:
            looked = time.monotonic()
            if used(_others(order.isolated), inherited, order.limits.resident) > order.limits.resident:
                ended = {"ended": "memory"}
        status = _reap(kernel)
        if status is not None and not ended:
            code = os.waitstatus_to_exitcode(status)
            ended = {"ended": "exit", "code": code} if code >= 0 else {"ended": "signal", "code": -code}
    _end(order.isolated)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended | {"seconds": spent.ru_utime + spent.ru_stime}


def _reap(kernel: int) -> int | None:
    """Take note of processes that have ended. The status of the kernel, if it is among them."""
    found = None
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if process == 0:
            return found
        if process == kernel:
            found = status


def _end(isolated: bool) -> None:
    """End every process but this one, and wait for that."""
    if isolated:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
    else:
        while others := _others(isolated):
            for process in others:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            _reap(0)
            time.sleep(0.001)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _others(isolated: bool) -> list[int]:
    """The kernel and all that it has started: every other process of this world, or all that descend from this one."""
    if isolated:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
    import psutil  # type: ignore[import-untyped]

    return [child.pid for child in psutil.Process().children(recursive=True)]


def used(processes: list[int], inherited: int, allowed: int) -> int:
    """Bytes of memory that processes use, without files and without the `inherited` part of each.

    Pages that several processes share are counted only once, but that takes time to find out: it is done only where
    the quick sum is more than is `allowed`. This process has next to nothing but what was inherited, so that its own
    share of that is everybody's.
    """
    quick = sum(max(0, _anonymous(process) - inherited) for process in processes)
    if quick <= allowed:
        return quick
    inherited = _proportional(os.getpid())
    return sum(max(0, _proportional(process) - inherited) for process in processes)


def _anonymous(process: int) -> int:
    """Bytes of a process that are no file's, as far as they are in memory; 0 where nobody can tell."""
    return _sum(f"/proc/{process}/status", ("RssAnon:", "RssShmem:"))


def _proportional(process: int) -> int:
    """The same, but pages that n processes share count 1/n."""
    return _sum(f"/proc/{process}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))


def _sum(path: str, names: tuple[str, ...]) -> int:
    total = 0
    with suppress(OSError), open(path) as file:  # it may have just ended
        for line in file:
            if line.startswith(names):
                total += int(line.split()[1]) * KB
    return total
