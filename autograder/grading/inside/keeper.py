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
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.inside import isolation
from autograder.grading.limits import Limits

TICK = 0.05  # seconds between two looks at memory
KB = 1024
PROC = "/proc"
UNSHARED = ("VmPTE:", "HugetlbPages:")  # what else takes memory for a process alone
BUFFER = 425_984  # bytes that may wait in one socket: Linux takes twice its net.core.wmem_default


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
        _forget_handlers()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.setsid()
        home = _home(order)
        if order.isolated:
            isolation.furnish(order.limits)
            isolation.renounce()
        else:
            isolation.adopt()
        process = os.fork()
        if process == 0:
            _become(control, order, home, kernel)
        told = _watch(control, order, process)
        if not order.isolated:
            shutil.rmtree(home, ignore_errors=True)
    except BaseException as error:
        told = {"failed": f"{type(error).__name__}: {error}"}
    with suppress(OSError):
        control.sendall(json.dumps(told).encode() + b"\n")
    os._exit(0)


def _forget_handlers() -> None:
    """Handle no signal by what a library has set below Python, as readline does for SIGWINCH: sent fast enough, it
    would keep this process from all else."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) in (None, signal.SIG_DFL):  # as far as Python knows
            signal.signal(number, signal.SIG_DFL)


def _home(order: Order) -> Path:
    return isolation.HOME if order.isolated else Path(tempfile.mkdtemp(prefix="kernel-"))


def _become(control: socket.socket, order: Order, home: Path, kernel: Callable[[], None]) -> None:
    """Be the kernel, and end with it."""
    code = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        isolation.follow()
        os.setsid()
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


def _watch(control: socket.socket, order: Order, kernel: int) -> dict[str, object]:
    """Wait for the end of the kernel, or bring it about. What there is to tell about it."""
    inherited = _anonymous(kernel)
    waited = [control.fileno(), *_wakes(kernel)]
    ended: dict[str, object] = {}
    looked, rest = 0.0, b""
    while not ended:
        ready = select.select(waited, [], [], TICK)[0]
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
            allowed = order.limits.resident - (_buffers() if order.isolated else 0)
            if used(_others(order.isolated), inherited, allowed) > allowed:
                ended = {"ended": "memory"}
        status = _reap(kernel)
        if status is not None and not ended:
            code = os.waitstatus_to_exitcode(status)
            ended = {"ended": "exit", "code": code} if code >= 0 else {"ended": "signal", "code": -code}
    _end(order.isolated)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended | {"seconds": spent.ru_utime + spent.ru_stime}


def _wakes(kernel: int) -> list[int]:
    """A file that can be read when the kernel has ended, where this system has such; else that is seen a TICK later.

    Not a handler for SIGCHLD: the kernel could send so many of those that nothing else is done here.
    """
    with suppress(AttributeError, OSError):
        return [os.pidfd_open(kernel)]
    return []


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
    """Bytes of memory that processes use, without files and without what they have `inherited` and not changed.

    Pages that several processes share are counted only once, but that takes time to find out: it is done only where
    the quick sum is more than is `allowed`. No process can take itself out of it: who does not let us see what it
    shares is counted in full, and `inherited` is taken off once and not for each, as some may have inherited nothing.
    """
    quick = sum(map(_anonymous, processes)) - inherited
    if quick <= allowed:
        return max(0, quick)
    # This process has next to nothing but what was inherited: its own share of that is everybody's. One more share is
    # its parent's, the server's.
    share = _kilobytes(_rollup(os.getpid()), ("Pss_Anon:", "SwapPss:"))
    found = [_fairly(process, share) for process in processes]
    taken = min(sum(shared for _, shared in found), inherited - 2 * share)
    return sum(size for size, _ in found) - max(0, taken)


def _fairly(process: int, share: int) -> tuple[int, int]:
    """Bytes of a process, with a part of what it shares; and how much of that is inherited, which is at most `share`.

    Who lets nobody see what it shares has all that it uses for itself.
    """
    lines = _rollup(process)
    if not lines:
        return _anonymous(process), 0
    anonymous = _kilobytes(lines, ("Pss_Anon:",))
    size = anonymous + _kilobytes(lines, ("Pss_Shmem:", "SwapPss:")) + _sum(f"{PROC}/{process}/status", UNSHARED)
    return size, min(share, _kilobytes(lines, ("Anonymous:",)) - anonymous)


def _anonymous(process: int) -> int:
    """Bytes of a process that are no file's, whether in memory or swapped out; 0 where there is no such process."""
    return _sum(f"{PROC}/{process}/status", ("RssAnon:", "RssShmem:", "VmSwap:", *UNSHARED))


def _rollup(process: int) -> list[str]:
    """What Linux tells of a process's memory where pages that n processes share count 1/n; nothing where it may not."""
    with suppress(OSError), open(f"{PROC}/{process}/smaps_rollup") as file:
        return list(file)
    return []


def _buffers() -> int:
    """Bytes that may wait in the sockets of this world, which are in no process's memory."""
    with suppress(OSError), open(f"{PROC}/net/unix", "rb") as file:
        return BUFFER * max(0, sum(1 for _ in file) - 1)  # the first line is a title
    return 0


def _sum(path: str, names: tuple[str, ...]) -> int:
    with suppress(OSError), open(path) as file:  # it may have just ended
        return _kilobytes(file, names)
    return 0


def _kilobytes(lines: Iterable[str], names: tuple[str, ...]) -> int:
    return sum(int(line.split()[1]) * KB for line in lines if line.startswith(names))
