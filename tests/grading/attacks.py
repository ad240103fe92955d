"""Attacks on the sandbox as a student's cell could hold them. Each gives something true where it succeeds.

Their source is sent to a kernel, one function at a time, so that each imports what it needs. `places` tells what there
is to find on this machine; see the fixture of that name in test_sandbox.py.
"""

# ruff: noqa: SIM115
from __future__ import annotations

from typing import Any

# --- the network ----------------------------------------------------------------------------------------------------


def loopback(places: Any) -> Any:
    import socket

    return socket.create_connection(("127.0.0.1", places["port"]), timeout=5)


def abstract_socket(places: Any) -> Any:
    import socket

    socket.socket(socket.AF_UNIX).connect("\0" + places["abstract"])
    return True


def netlink(places: Any) -> Any:
    import socket

    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


def the_host_of_a_virtual_machine(places: Any) -> Any:
    import errno
    import socket

    try:
        return socket.socket(socket.AF_VSOCK)
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT


# --- files ----------------------------------------------------------------------------------------------------------


def secret(places: Any) -> Any:
    return open(places["secret"]).read()


def solutions(places: Any) -> Any:
    import os

    return os.listdir(places["repository"] + "/solutions")


def history(places: Any) -> Any:
    import os

    return os.listdir(places["repository"] + "/.git")


def the_rest_of_the_repository(places: Any) -> Any:
    import os

    return set(os.listdir(places["repository"])) - {".venv", "convcourse", "autograder"}


def right_answers(places: Any) -> Any:
    import os

    return os.listdir(places["repository"] + "/autograder/checks/catalogue")


def users(places: Any) -> Any:
    import os
    import pwd

    return len(pwd.getpwall()) > 1 or os.path.exists("/etc/shadow")


def devices(places: Any) -> Any:
    import os

    return os.listdir("/sys")


def changing_the_checks(places: Any) -> Any:
    import os

    return os.access(places["repository"] + "/autograder/checks", os.W_OK)


def changing_torch(places: Any) -> Any:
    import os

    import torch

    return os.access(torch.__file__, os.W_OK)


def changing_python(places: Any) -> Any:
    import os

    return os.access(os.__file__, os.W_OK)


def files_of_all_kernels(places: Any) -> Any:
    import os
    import sys

    seen = ["/", "/dev", "/etc", "/usr", "/root", "/home", "/var", "/opt", "/run", *sys.path]
    return any(os.access(place, os.W_OK) for place in seen if os.path.isdir(place) and place != os.getcwd())


# --- processes ------------------------------------------------------------------------------------------------------


def signalling_the_grader(places: Any) -> Any:
    import os

    os.kill(places["grader"], 0)
    return True


def environment_of_the_grader(places: Any) -> Any:
    return open(f"/proc/{places['grader']}/environ").read()


def environment_of_any_other(places: Any) -> Any:
    import glob
    import os

    for path in glob.glob("/proc/[0-9]*/environ"):
        if path != f"/proc/{os.getpid()}/environ" and os.access(path, os.R_OK):
            return path
    return False


def processes_of_others(places: Any) -> Any:
    import os

    return sum(name.isdigit() for name in os.listdir("/proc")) > 2


def memory_of_the_keeper(places: Any) -> Any:
    import os

    return open(f"/proc/{os.getppid()}/mem", "rb")


def files_of_the_keeper(places: Any) -> Any:
    import os

    return os.listdir(f"/proc/{os.getppid()}/fd")


def killing_the_keeper(places: Any) -> Any:
    import os
    import signal
    import time

    os.kill(1, signal.SIGKILL)
    time.sleep(0.2)
    return False  # a dead keeper ends this kernel, too, and then nobody hears this


def tracing(places: Any) -> Any:
    import ctypes
    import os
    import time

    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    try:
        return ctypes.CDLL(None).ptrace(16, child, None, None) == 0
    finally:
        os.kill(child, 9)


def socket_of_another_kernel(places: Any) -> Any:
    import socket

    socket.socket(socket.AF_UNIX).connect(places["other"])
    return True


def sockets_of_the_grader(places: Any) -> Any:
    # Unnamed sockets among the open files whose other end was not made here.
    import os
    import socket
    import stat
    import struct

    for number in range(256):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
        except OSError:
            continue  # not open
        one = socket.socket(fileno=os.dup(number))
        if one.family == socket.AF_UNIX and not one.getsockname():
            maker = struct.unpack("iii", one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            if maker != os.getpid():
                return True
    return False


# --- privileges -----------------------------------------------------------------------------------------------------


def capabilities(places: Any) -> Any:
    found = [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")]
    return any(int(one, 16) for one in found)


def new_privileges(places: Any) -> Any:
    return "NoNewPrivs:\t0" in open("/proc/self/status").read()


def no_filter(places: Any) -> Any:
    return "Seccomp:\t2" not in open("/proc/self/status").read()


def user_namespace(places: Any) -> Any:
    import ctypes
    import os

    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).unshare(0x10000000) != 0)
    return os.waitpid(child, 0)[1] == 0


def user_namespace_by_clone(places: Any) -> Any:
    import ctypes
    import os

    flags, place = 0x10000000 | 17, {"x86_64": 56, "aarch64": 220}[os.uname().machine]  # CLONE_NEWUSER | SIGCHLD
    # PyDLL, as a child that waits for a lock of another thread, which it has not, would never end.
    child = ctypes.PyDLL(None).syscall(place, flags, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child > 0 and os.waitpid(child, 0)[1] == 0


def mounting(places: Any) -> Any:
    import ctypes
    import os

    libc = ctypes.CDLL(None)
    child = os.fork()
    if child == 0:
        done = libc.unshare(0x10020000) == 0 and libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0
        os._exit(not done)
    return os.waitpid(child, 0)[1] == 0


def unmounting(places: Any) -> Any:
    import ctypes

    return ctypes.CDLL(None).umount2(b"/tmp", 2) == 0


def another_root(places: Any) -> Any:
    import ctypes
    import os

    libc = ctypes.CDLL(None)
    child = os.fork()
    if child == 0:
        os._exit(libc.unshare(0x10000000) != 0 or libc.chroot(b"/tmp") != 0)
    return os.waitpid(child, 0)[1] == 0


def entering_a_namespace(places: Any) -> Any:
    import ctypes
    import os

    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).setns(os.open("/proc/self/ns/net", os.O_RDONLY), 0x40000000) != 0)
    return os.waitpid(child, 0)[1] == 0


def device_node(places: Any) -> Any:
    import os
    import stat

    os.mknod("zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    return True


def the_machine(places: Any) -> Any:
    import os

    return os.access("/proc/sysrq-trigger", os.W_OK) or os.access("/proc/sys/kernel/core_pattern", os.W_OK)


def becoming_root(places: Any) -> Any:
    import os

    child = os.fork()
    if child == 0:
        try:
            os.setuid(0)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def typing_into_a_terminal(places: Any) -> Any:
    import fcntl
    import pty

    fcntl.ioctl(pty.openpty()[1], 0x5412, b"a")  # TIOCSTI
    return True


def terminal_of_the_grader(places: Any) -> Any:
    import os

    return os.open("/dev/tty", os.O_RDWR)


# --- what a machine has only so much of -----------------------------------------------------------------------------


def memory_without_a_file(places: Any) -> Any:
    import os

    return os.memfd_create("a")


def memory_of_system_v(places: Any) -> Any:
    import ctypes

    libc = ctypes.CDLL(None)
    made = libc.shmget(0, 4096, 0o1600)
    libc.shmctl(made, 0, None)
    return made >= 0


def many_processes(places: Any) -> Any:
    import os
    import time

    made: list[int] = []
    try:
        for _ in range(100):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            made.append(child)
    finally:
        for child in made:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return True


def many_open_files(places: Any) -> Any:
    import os

    made: list[int] = []
    try:
        for _ in range(300):
            made.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for number in made:
            os.close(number)
    return True


def core_files(places: Any) -> Any:
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE) != (0, 0)


def eight_gigabytes(places: Any) -> Any:
    return bytearray(8_000_000_000)


AS_ROOT = {  # succeed without isolation only where root marks
    *(changing_python, memory_of_the_keeper, files_of_the_keeper, entering_a_namespace, device_node, becoming_root),
    typing_into_a_terminal,
}
ALWAYS_FAIL = {  # here the kernels' limits hold without isolation, too, or success would harm the machine
    *(killing_the_keeper, sockets_of_the_grader, unmounting, terminal_of_the_grader, the_machine),
    *(many_open_files, core_files, eight_gigabytes, environment_of_any_other),
}
ATTACKS = {
    name: attack
    for name, attack in list(globals().items())
    if callable(attack) and getattr(attack, "__module__", "") == __name__
}
