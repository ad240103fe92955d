"""Attacks on the sandbox as a student's cell could hold them. Each gives something true where it succeeds.

Their source is sent to a kernel, one function at a time, so that each imports what it needs. `places` tells what there
is to find on this machine; see the fixture of that name in test_sandbox.py. The end of this file tells how each is
shown to be a real one. docs/sandbox.md has a place for each, too.
"""

# ruff: noqa: SIM115
from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

Attack = Callable[[Any], Any]

# --- the network ----------------------------------------------------------------------------------------------------


def loopback(places: Any) -> Any:
    import socket

    return socket.create_connection(("127.0.0.1", places["port"]), timeout=5)


def datagram(places: Any) -> Any:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.sendto(b"4711", ("127.0.0.1", places["echo"]))
        return one.recv(10) == b"4711"


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


def gradebook(places: Any) -> Any:
    return open(places["course"] + "/gradebook.db", "r+b")


def submissions_of_others(places: Any) -> Any:
    import os

    return os.listdir(places["course"] + "/submitted")


def home(places: Any) -> Any:
    import os

    return os.listdir(places["home"])


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


def changing_what_kernels_run(places: Any) -> Any:
    import os

    import torch

    def opened(path: str) -> bool:
        try:
            os.close(os.open(path, os.O_WRONLY))
        except OSError:
            return False
        return True

    checks = places["repository"] + "/autograder/checks/registry.py"
    return [path for path in (places["shown"] + "/planted.py", checks, torch.__file__, os.__file__) if opened(path)]


def files_of_all_kernels(places: Any) -> Any:
    import os
    import sys

    seen = ["/", "/dev", "/etc", "/usr", "/root", "/home", "/var", "/opt", "/run", places["shown"], *sys.path]
    return any(os.access(place, os.W_OK) for place in seen if os.path.isdir(place) and place != os.getcwd())


# --- processes ------------------------------------------------------------------------------------------------------


def signalling_the_grader(places: Any) -> Any:
    import os

    os.kill(places["grader"], 0)
    return True


def signalling_all(places: Any) -> Any:
    import os

    os.kill(-1, 0)  # to every process that one may signal, but for the first and oneself
    return True


def environment_of_the_grader(places: Any) -> Any:
    return open(f"/proc/{places['grader']}/environ").read()


def environment_of_any_other(places: Any) -> Any:
    import glob
    import os

    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            if path != f"/proc/{os.getpid()}/environ" and open(path).read():
                return path
        except OSError:
            continue
    return False


def secret_in_the_environment(places: Any) -> Any:
    import os

    return places["seed"] in os.environ.values() or places["seed"] in open("/proc/self/environ").read()


def processes_of_others(places: Any) -> Any:
    import os

    return sum(name.isdigit() for name in os.listdir("/proc")) > 2


def memory_of_the_keeper(places: Any) -> Any:
    import os

    return open(f"/proc/{os.getppid()}/mem", "rb")


def files_of_the_keeper(places: Any) -> Any:
    import os

    return os.listdir(f"/proc/{os.getppid()}/fd")


def order_of_the_keeper(places: Any) -> Any:
    # Behind everything else that runs, it would look at memory too late, and end nothing in time.
    import os
    import resource

    keeper = os.getppid()
    for change in (
        lambda: os.setpriority(os.PRIO_PROCESS, keeper, 1),
        lambda: os.setpriority(os.PRIO_USER, 0, 1),
        lambda: os.sched_setscheduler(keeper, os.SCHED_BATCH, os.sched_param(0)),
        lambda: os.sched_setaffinity(keeper, os.sched_getaffinity(keeper)),
        lambda: resource.prlimit(keeper, resource.RLIMIT_CORE, (0, 0)),
    ):
        try:
            change()
        except OSError:
            continue
        return True
    return False


def calling_the_keeper(places: Any) -> Any:
    # Signals that it handles may come so fast that it does nothing else.
    import os

    for line in open(f"/proc/{os.getppid()}/status"):
        if line.startswith("SigCgt:"):
            return int(line.split()[1], 16) & ~(3 << 31)  # but for two that the C library has for itself
    return False


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


def tracing_the_grader(places: Any) -> Any:
    import ctypes
    import os

    child = os.fork()
    if child == 0:
        os._exit(ctypes.CDLL(None).ptrace(0x4206, places["victim"], None, None) != 0)  # PTRACE_SEIZE
    return os.waitpid(child, 0)[1] == 0


def memory_of_the_grader(places: Any) -> Any:
    import ctypes

    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))

    read = ctypes.create_string_buffer(5)
    to, of = Piece(ctypes.addressof(read), 4), Piece(places["address"], 4)
    ctypes.CDLL(None).process_vm_readv(places["victim"], ctypes.byref(to), 1, ctypes.byref(of), 1, 0)
    return read.value == b"4711"


def stopping_the_grader(places: Any) -> Any:
    import os
    import signal

    os.kill(places["victim"], signal.SIGSTOP)
    return True


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


def calls_of_32_bits(places: Any) -> Any:
    # By int 0x80 a process of 64 bits makes the calls of the old table: mov eax, 20 (getpid); int 0x80; ret
    import ctypes
    import mmap
    import os

    child = os.fork()
    if child == 0:
        page = mmap.mmap(
            -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        )
        page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
        place = ctypes.addressof(ctypes.c_char.from_buffer(page))
        os._exit(ctypes.PYFUNCTYPE(ctypes.c_int)(place)() != os.getpid())
    return os.waitpid(child, 0)[1] == 0


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

    return ctypes.CDLL(None).umount2(b"/dev/shm", 2) == 0


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


def host_name(places: Any) -> Any:
    import socket

    socket.sethostname("taken")
    return socket.gethostname() == "taken"


def setting_of_the_system(places: Any) -> Any:
    path = "/proc/sys/net/ipv4/ip_default_ttl"
    kept = open(path).read()
    with open(path, "w") as file:
        file.write(kept)
    return True


def the_clock(places: Any) -> Any:
    import ctypes
    import os

    place = {"x86_64": 164, "aarch64": 170}[os.uname().machine]
    return ctypes.CDLL(None).syscall(place, None, None) == 0  # asks for the right to set it, and changes nothing


def keyring(places: Any) -> Any:
    import ctypes
    import os

    place = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
    return ctypes.CDLL(None).syscall(place, b"user", b"convcourse", b"a", 1, -2) > 0  # this process's own keys


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


def message_queue(places: Any) -> Any:
    import ctypes
    import os

    opening, unlinking = {"x86_64": (240, 241), "aarch64": (180, 181)}[os.uname().machine]
    libc = ctypes.CDLL(None)
    made = libc.syscall(opening, b"convcourse", os.O_CREAT | os.O_RDWR, 0o600, None)
    if made < 0:
        return False
    os.close(made)
    libc.syscall(unlinking, b"convcourse")
    return True


def locked_memory(places: Any) -> Any:
    import ctypes

    kept = ctypes.create_string_buffer(4096)
    return ctypes.CDLL(None).mlock(kept, 4096) == 0


def waiting_signals(places: Any) -> Any:
    import ctypes
    import os
    import signal

    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_BLOCK, [40])
        libc = ctypes.CDLL(None)
        os._exit(any(libc.sigqueue(os.getpid(), 40, None) for _ in range(2_000)))
    return os.waitpid(child, 0)[1] == 0


def watches_of_files(places: Any) -> Any:
    import ctypes
    import os

    made = ctypes.CDLL(None).inotify_init1(0)
    if made >= 0:
        os.close(made)
    return made >= 0


def core_files(places: Any) -> Any:
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)[1] != 0


def many_processes(places: Any) -> Any:
    import os
    import signal

    made: list[int] = []
    try:
        for _ in range(80):
            made.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], {}))
    finally:
        for child in made:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return True


def many_threads(places: Any) -> Any:
    import threading

    end = threading.Event()
    made: list[threading.Thread] = []
    try:
        for _ in range(80):
            one = threading.Thread(target=end.wait)
            one.start()
            made.append(one)
    finally:
        end.set()
        for one in made:
            one.join()
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


def six_gigabytes(places: Any) -> Any:
    import numpy as np

    return np.empty(6_000_000_000, np.uint8).size  # never touched: addresses only


# --- memory that hides ----------------------------------------------------------------------------------------------
# Each takes 200 MB, waits until it should have been noticed, and gives something true where it still lives.


def memory_of_one_who_hides(places: Any) -> Any:
    import ctypes
    import time

    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: now others of the same user may not look in
    kept = b"x" * 200_000_000
    time.sleep(0.5)
    return kept


def memory_of_other_programs(places: Any) -> Any:
    import subprocess
    import sys
    import time

    cell = "import sys; kept = b'x' * 50_000_000; print(flush=True); sys.stdin.read()"
    made = [
        subprocess.Popen([sys.executable, "-ISc", cell], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for one in made:
        assert one.stdout
        one.stdout.readline()
    time.sleep(0.5)
    for one in made:
        one.communicate()
    return made


def memory_in_nobodys_hands(places: Any) -> Any:
    import mmap
    import time

    kept = mmap.mmap(-1, 200_000_000)  # shared
    kept.write(b"x" * 20_000_000)
    for _ in range(9):
        kept.madvise(mmap.MADV_DONTNEED)
        kept.write(b"x" * 20_000_000)
    time.sleep(0.5)
    return kept


def memory_of_a_device(places: Any) -> Any:
    import mmap
    import os
    import time

    kept = mmap.mmap(os.open("/dev/zero", os.O_RDWR), 200_000_000)
    for _ in range(10):
        kept.write(b"x" * 20_000_000)
        kept.madvise(mmap.MADV_DONTNEED)
    time.sleep(0.5)
    return kept


def memory_in_sockets(places: Any) -> Any:
    import os
    import socket
    import time

    made = []
    for _ in range(3):
        if child := os.fork():
            made.append(child)
            continue
        taken = 0
        try:
            kept = [one for _ in range(100) for one in socket.socketpair()]
            for one in kept:
                one.setblocking(False)
                try:
                    while True:
                        taken += one.send(bytes(50_000))
                except BlockingIOError:
                    continue
            time.sleep(0.7)
        finally:
            os._exit(taken < 10_000_000)
    return sum(os.waitpid(child, 0)[1] for child in made) == 0


def larger_sockets(places: Any) -> Any:
    import socket

    one = socket.socketpair()[0]
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
    return True


def memory_in_pipes(places: Any) -> Any:
    # Of each large page only a small part goes into a pipe, which keeps all of it.
    import ctypes
    import os

    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))

    kept = ctypes.create_string_buffer(4096)
    piece = Piece(ctypes.addressof(kept), 4096)
    return ctypes.CDLL(None).vmsplice(os.pipe()[1], ctypes.byref(piece), ctypes.c_ulong(1), 0) > 0


# --- how each is shown to be a real one -----------------------------------------------------------------------------
# Those that are not named here succeed in a kernel without a sandbox.

AS_ROOT = {device_node, becoming_root, typing_into_a_terminal, the_clock}  # where root marks: nobody else ever may
TERMINAL = {terminal_of_the_grader}  # in a process that was started from a terminal
LEFT_OUT: dict[Attack, str] = {  # in a sandbox without these: see weakened.py
    secret_in_the_environment: "environment",
    memory_of_the_keeper: "capabilities hiding",
    files_of_the_keeper: "hiding",
    order_of_the_keeper: "filter",
    calling_the_keeper: "deafness",
    sockets_of_the_grader: "closing",
    entering_a_namespace: "capabilities filter",
    unmounting: "capabilities filter",
    host_name: "capabilities filter",
    setting_of_the_system: "capabilities",
    message_queue: "limits",
    locked_memory: "limits",
    waiting_signals: "limits",
    core_files: "limits",
    larger_sockets: "filter",
    memory_in_pipes: "filter",
}
if platform.machine() == "x86_64":
    LEFT_OUT[calls_of_32_bits] = "filter"
RAISED: dict[Attack, dict[str, int]] = {  # in a sandbox with a higher limit
    many_processes: {"processes": 200},
    many_threads: {"processes": 200},
    many_open_files: {"open_files": 1000},
    six_gigabytes: {"address_space": 20_000_000_000},
}
HIDING: dict[Attack, str] = {  # with 100 MB allowed, in a sandbox without these
    memory_of_one_who_hides: "suspicion",
    memory_of_other_programs: "once",
    memory_in_nobodys_hands: "filter",
    memory_of_a_device: "device",
    memory_in_sockets: "sockets",
}
ATTACKS: dict[str, Attack] = {
    name: attack
    for name, attack in list(globals().items())
    if callable(attack) and getattr(attack, "__module__", "") == __name__ and attack not in HIDING
}
if platform.machine() != "x86_64":
    del ATTACKS["calls_of_32_bits"]  # there is no second table of calls
