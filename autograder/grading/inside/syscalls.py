"""System calls that a student's code must not make: a filter in the kernel of the operating system (seccomp).

What a notebook needs is left alone. What is refused opens ways out of the namespaces, into other processes, or to
memory that nobody counts, or hinders the keeper, which has the same user. The numbers are those of the Linux tables for
x86_64 and for aarch64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct

REFUSED: dict[str, tuple[int | None, int | None]] = {  # (x86_64, aarch64); None where there is no such call
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # large and often faulty parts of the operating system that no notebook needs
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    # the machine itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    # memory that belongs to no process and to no file system, so that no limit counts it
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "vmsplice": (278, 75),
    "io_setup": (206, 0),
    # what the machine's other users get less of
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "ioprio_set": (251, 30),
}
# By these a notebook could put its keeper, which watches its memory, behind everything else that runs, or change its
# limits. They are refused where one of these arguments says so: process 1, or group 1, or all processes of the user.
KEEPER = 1
OF_KEEPER: dict[str, tuple[tuple[int, int], tuple[tuple[int, int], ...]]] = {
    "setpriority": ((141, 140), ((1, KEEPER), (0, os.PRIO_USER))),
    "sched_setscheduler": ((144, 119), ((0, KEEPER),)),
    "sched_setparam": ((142, 118), ((0, KEEPER),)),
    "sched_setattr": ((314, 274), ((0, KEEPER),)),
    "sched_setaffinity": ((203, 122), ((0, KEEPER),)),
    "prlimit64": ((302, 261), ((0, KEEPER),)),
}
CLONE, CLONE3, SOCKET, IOCTL, MMAP, SETSOCKOPT = (56, 220), (435, 435), (41, 198), (16, 29), (9, 222), (54, 208)

NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW… flag that clone itself takes
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)  # AF_VSOCK, say, would reach the host past its namespaces
TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX type into a terminal
SHARED, ANONYMOUS = 1, 0x20  # memory that is both may be in use and in no process, and then nobody counts it
SOL_SOCKET, SO_SNDBUF = 1, 7  # what waits in sockets is nobody's, too: keeper.py reckons with their usual size

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_…
X32 = 0x40000000  # bit of the calls of x86_64's other table, which this filter does not list

# What a filter is made of: instructions of classic BPF, see the kernel's Documentation/userspace-api/seccomp_filter.rst
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38


def _does(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def program(machine: str) -> bytes:
    """The filter for a machine ("x86_64", "aarch64"). Raises NotImplementedError for any other."""
    if machine not in ARCHITECTURES:
        raise NotImplementedError(f"there is no filter of system calls for {machine}")
    column, architecture = ARCHITECTURES[machine]
    refuse, allow = _does(RETURN, REFUSE | errno.EPERM), _does(RETURN, ALLOW)
    made = [
        _does(LOAD, ARCHITECTURE),
        _does(EQUAL, architecture, yes=1),
        _does(RETURN, KILL),
        _does(LOAD, NUMBER),
    ]
    if machine == "x86_64":
        made += [_does(AT_LEAST, X32, no=1), refuse]
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is not None:
            made += [_does(EQUAL, number, no=1), refuse]
    for columns, cases in OF_KEEPER.values():
        made += [_does(EQUAL, columns[column], no=2 * len(cases) + 2)]
        for left, (place, value) in zip(reversed(range(len(cases))), cases, strict=True):
            made += [_does(LOAD, ARGUMENTS + 8 * place), _does(EQUAL, value, yes=2 * left + 1)]
        made += [allow, refuse]
    made += [_does(EQUAL, MMAP[column], no=5), _does(LOAD, ARGUMENTS + 8 * 3), _does(ANY_BIT, ANONYMOUS, no=2)]
    made += [_does(ANY_BIT, SHARED, no=1), refuse, allow]
    made += [_does(EQUAL, SETSOCKOPT[column], no=6), _does(LOAD, ARGUMENTS + 8), _does(EQUAL, SOL_SOCKET, no=3)]
    made += [_does(LOAD, ARGUMENTS + 8 * 2), _does(EQUAL, SO_SNDBUF, no=1), refuse, allow]
    # glibc makes threads by clone3, whose flags a filter cannot see, and falls back on clone where there is none.
    made += [_does(EQUAL, CLONE3[column], no=1), _does(RETURN, REFUSE | errno.ENOSYS)]
    made += [_does(EQUAL, CLONE[column], no=4)]
    made += [_does(LOAD, ARGUMENTS), _does(ANY_BIT, NEW_NAMESPACES, no=1), refuse, allow]
    made += [_does(EQUAL, SOCKET[column], no=3 + len(FAMILIES)), _does(LOAD, ARGUMENTS)]
    made += [_does(EQUAL, family, yes=len(FAMILIES) - place) for place, family in enumerate(FAMILIES)]
    made += [_does(RETURN, REFUSE | errno.EAFNOSUPPORT), allow]
    made += [_does(EQUAL, IOCTL[column], no=3 + len(TERMINAL)), _does(LOAD, ARGUMENTS + 8)]
    made += [_does(EQUAL, request, yes=len(TERMINAL) - place) for place, request in enumerate(TERMINAL)]
    made += [allow, refuse]
    made += [allow]
    return b"".join(made)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_calls() -> None:
    """Put the filter on this process and all that it will start, for good. Raises OSError, NotImplementedError."""
    made = program(platform.machine())
    kept = ctypes.create_string_buffer(made, len(made))
    libc = ctypes.CDLL(None, use_errno=True)
    passed = _Program(len(made) // 8, ctypes.addressof(kept))
    for option, value, more in (
        (PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), ctypes.c_ulong(0)),
        (PR_SET_SECCOMP, ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(passed)),
    ):
        if libc.prctl(option, value, more, ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"the filter of system calls: {os.strerror(number)}")
