"""How one kernel is kept apart from the others and from the machine: namespaces, mounts, privileges and limits.

The steps are for a process that is already alone in bubblewrap and was forked for one kernel. `leave` is for it,
`furnish` and `renounce` for its child, which is process 1 of the kernel's own world, `confine` for the kernel itself.
Only the standard library is needed, so that `trial` can tell quickly whether this machine allows all of it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path

from autograder.grading.inside.syscalls import refuse_calls
from autograder.grading.limits import LIMITS, Limits

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
CAPABILITIES_3 = 0x20080522  # _LINUX_CAPABILITY_VERSION_3

FILES = 20_000  # at most so many files in the kernel's /tmp: each takes memory, an empty one, too
SIGNALS = 1_000  # at most so many may wait, as they count as those of whoever marks
HOME = Path("/tmp", "work")  # in a file system of its own
LINUX = sys.platform == "linux"

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, value: int) -> None:
    """Set a property of this process; nothing where there is no Linux. Raises OSError."""
    if LINUX:
        rest = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
        _must(_libc.prctl(option, *rest), f"prctl {option}")


def hide() -> None:
    """Let no other process of the same user look into this one or take over its open files."""
    prctl(PR_SET_DUMPABLE, 0)


def adopt() -> None:
    """Become the parent of processes below this one that lose theirs."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def follow() -> None:
    """End when the parent ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def mount(kind: str, place: str, flags: int, options: str) -> None:
    """Mount a new file system of a kind. Raises OSError."""
    _must(_libc.mount(kind.encode(), place.encode(), kind.encode(), flags, options.encode()), f"mount {place}")


def leave() -> None:
    """Enter namespaces of one's own; the next child is process 1 there. Raises OSError."""
    user, group = os.getuid(), os.getgid()
    _must(_libc.unshare(NEWUSER | NEWNS | NEWPID | NEWIPC | NEWNET | NEWUTS), "new namespaces")
    prctl(PR_SET_DUMPABLE, 1)  # for a moment: else the files below belong to root
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    hide()
    _must(_libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None), "private mounts")


def furnish(limits: Limits) -> None:
    """Give process 1 its own /proc, /tmp, /dev/shm and terminals. The rest is read-only. Raises OSError."""
    size = f"size={limits.temporary},nr_inodes={FILES}"
    mount("proc", "/proc", NOSUID | NODEV | NOEXEC, "")
    mount("tmpfs", "/tmp", NOSUID | NODEV, f"{size},mode=1777")
    mount("tmpfs", "/dev/shm", NOSUID | NODEV, f"{size},mode=1777")
    mount("devpts", "/dev/pts", NOSUID | NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    # Both are read as zeros, but shared memory, which nobody counts, is made of the first alone.
    _must(_libc.mount(b"/dev/full", b"/dev/zero", None, BIND, None), "mount /dev/zero")
    HOME.mkdir(mode=0o700)


def renounce() -> None:
    """Give up every capability for good: with them the mounts could be undone. Raises OSError."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(64):
        _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)  # fails for those that this Linux lacks
    header, nothing = struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)
    _must(_libc.capset(header, nothing), "capabilities")
    hide()


def limit(limits: Limits) -> None:
    """Set the limits of one kernel process and those that it starts. Raises OSError, ValueError."""
    for name, soft, hard in (
        ("RLIMIT_AS", limits.address_space, limits.address_space),
        ("RLIMIT_NOFILE", limits.open_files, limits.open_files),
        ("RLIMIT_CPU", limits.cpu_seconds, limits.cpu_seconds + 1),
        ("RLIMIT_FSIZE", limits.temporary, limits.temporary),
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_MEMLOCK", 0, 0),
        ("RLIMIT_MSGQUEUE", 0, 0),
        ("RLIMIT_SIGPENDING", SIGNALS, SIGNALS),
    ):
        number = getattr(resource, name, None)
        if number is None:
            continue
        ceiling = resource.getrlimit(number)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(number, (soft, hard))


def confine(limits: Limits) -> None:
    """The last step, for the kernel itself: the limits, and no dangerous system calls. Raises OSError."""
    limit(limits)
    # In a user namespace of its own only its own processes count (since Linux 5.14), else all that the user has.
    resource.setrlimit(resource.RLIMIT_NPROC, (limits.processes, limits.processes))
    refuse_calls()


def trial() -> None:
    """Go through all the steps in processes that end at once. Raises OSError where this machine does not allow one."""
    outer = os.fork()
    if outer == 0:
        status = 1
        try:
            leave()
            inner = os.fork()
            if inner == 0:
                furnish(LIMITS)
                renounce()
                confine(LIMITS)
                os._exit(0)
            status = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
        except BaseException as error:
            print(error, file=sys.stderr, flush=True)
        os._exit(min(abs(status), 255))
    if os.waitpid(outer, 0)[1] != 0:
        raise OSError("a process cannot be isolated inside bubblewrap")
