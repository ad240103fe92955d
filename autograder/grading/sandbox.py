"""The sandbox in which submissions run: bubblewrap around a fork server, and kernels forked by it.

    with Sandbox() as sandbox, sandbox.fork() as kernel:
        client = BlockingKernelClient(**kernel.connection)

Each kernel sees Python, the course's packages without the answers of the catalogue, and nothing else of this machine.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.grading.limits import LIMITS, Limits

# As in inside/kernel.py, which cannot be imported cheaply.
CHANNELS = ("shell", "iopub", "stdin", "hb", "control", "questions")
PACKAGES = ("autograder", "convcourse")
ANSWERS = ("checks", "catalogue")  # the folder below autograder that holds right answers to all exercises

USER = 64123  # who runs submissions where root marks: nobody else, as systems give out 1000–60000
PATIENCE = 180.0  # seconds that the server may take to import torch on a busy machine
FORKING = 30.0  # seconds for a kernel to begin
DYING = 5.0  # seconds for a killed kernel to end
PARTING = 2.0  # seconds for a server that is no longer needed to end
SCRATCH = 64_000_000  # bytes in the server's own /tmp

HIDDEN = ("/tmp", "/dev", "/proc")  # what lies there, a submission cannot see
LIBRARIES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # at the top: links into /usr on most systems
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime")  # in /etc
MARKING = {"NBGRADER_EXECUTION": "autograde"}  # what nbgrader tells the kernels that it starts


class SandboxError(Exception):
    """Submissions cannot be run safely, or not at all; says what to do."""


class ForkedKernel:
    """One kernel of a sandbox, seen from outside. It ends when this object is closed.

    `connection` is what Jupyter clients want to know, `questions` where the judge's are taken. `fileno` can be waited
    for: it is readable when the kernel ends.
    """

    def __init__(self, control: socket.socket, connection: Mapping[str, Any], folder: Path) -> None:
        self.connection = dict(connection)
        self.questions = f"{connection['ip']}-{len(CHANNELS)}"
        self.seconds = 0.0  # of processor time, once it has ended
        self._control = control
        self._folder = folder
        self._rest = b""
        self._ended: Mapping[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def fileno(self) -> int:
        """The file to wait for; -1 when closed."""
        return self._control.fileno()

    def poll(self, seconds: float = 0) -> int | None:
        """None while it runs; else its exit code, or minus the signal that ended it. Waits for its end so long."""
        deadline = time.monotonic() + seconds
        while not self._ended:
            told = self.told(max(0.0, deadline - time.monotonic()))
            if told is None:
                return None
            if "ended" in told:
                self._ended = told
                self.seconds = float(told.get("seconds", 0))
                shutil.rmtree(self._folder, ignore_errors=True)
        code = int(self._ended.get("code", signal.SIGKILL))
        return code if self._ended["ended"] == "exit" else -code

    def told(self, seconds: float) -> Mapping[str, Any] | None:
        """The next thing that the kernel's keeper tells, None where there is none in this time."""
        while b"\n" not in self._rest:
            if self._control.fileno() < 0 or not _readable(self._control, seconds):
                return None if self._control.fileno() >= 0 else {"ended": "killed"}
            received = b""
            with contextlib.suppress(OSError):
                received = self._control.recv(1 << 16)
            if not received:
                return {"ended": "signal", "code": int(signal.SIGKILL)}
            self._rest += received
        line, self._rest = self._rest.split(b"\n", 1)
        found: Mapping[str, Any] = json.loads(line)
        return found

    def death(self) -> str:
        """What it died of: "memory", "killed" (by us), "died (signal 9)", "exit code 3"; "" while it lives."""
        code = self.poll()
        if code is None:
            return ""
        if self._ended["ended"] in ("memory", "killed"):
            return str(self._ended["ended"])
        return f"exit code {code}" if code >= 0 else f"died (signal {-code})"

    def send(self, number: int) -> None:
        """Send a signal to the kernel."""
        with contextlib.suppress(OSError):  # it has ended
            self._control.sendall(json.dumps({"signal": number}).encode() + b"\n")

    def interrupt(self) -> None:
        """Interrupt the cell or question that runs."""
        self.send(signal.SIGINT)

    def kill(self) -> None:
        """End it and all that it has started, now."""
        if self.poll() is None:
            self.send(signal.SIGKILL)
            self.poll(DYING)

    def close(self) -> None:
        """End it and forget it."""
        self.kill()
        self._control.close()  # its keeper ends at the latest now
        shutil.rmtree(self._folder, ignore_errors=True)


class Sandbox:
    """A fork server, started when the first kernel is wanted and replaced when it has died or its sources have changed.

    `isolated=False` runs submissions with all rights of whoever marks. One sandbox belongs to one process; threads may
    share it. Another process may have a sandbox with the same server, by a socket that was `lent` to it; should that
    server be gone, it starts one of its own.
    """

    def __init__(self, isolated: bool = True, lent: socket.socket | None = None) -> None:
        self.isolated = isolated
        self._lent = lent
        self._lock = threading.RLock()
        self._server: _Server | None = None
        self._kernels: weakref.WeakSet[ForkedKernel] = weakref.WeakSet()
        self._owner = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process to watch or to kill in tests; None before the first kernel."""
        return self._server.process.pid if self._server else None

    def start(self) -> None:
        """Start the server now; waits until it is ready. Raises SandboxError."""
        with self._lock:
            self._ready()

    def fork(
        self, limits: Limits = LIMITS, *, seed: int | None = None, environment: Mapping[str, str] = MARKING
    ) -> ForkedKernel:
        """A new kernel. With a `seed` its random numbers are always the same. Raises SandboxError."""
        with self._lock:
            if self._lent is not None:
                with contextlib.suppress(OSError, EOFError, SandboxError):
                    return self._held(_fork(self._lent, limits, seed, environment, PATIENCE))
                self._return()
            try:
                kernel = self._ready().fork(limits, seed, environment)
            except (OSError, EOFError):  # the server died before it could answer: once that is bad luck
                self._drop()
                try:
                    kernel = self._ready().fork(limits, seed, environment)
                except (OSError, EOFError) as error:
                    raise SandboxError(f"No kernel could be started in the sandbox: {error}") from error
            return self._held(kernel)

    def lend(self) -> socket.socket:
        """Start a server, without waiting for it. The socket by which other processes may use it, too: see `lent`.

        Where it does not start, they find that out.
        """
        orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def begin() -> None:
            with self._lock, contextlib.suppress(SandboxError, OSError):
                self._server = _Server(self.isolated, orders)

        given = orders[0].dup()
        threading.Thread(target=begin, name="lent sandbox", daemon=True).start()
        return given

    def close(self) -> None:
        """End all kernels and the server."""
        with self._lock:
            if os.getpid() != self._owner:
                return  # a fork of the process that has the sandbox
            for kernel in list(self._kernels):
                kernel.close()
            self._return()
            self._drop()

    def _ready(self) -> _Server:
        server = self._server
        if server and server.process.poll() is not None:
            self._drop()
        elif server and server.outdated():
            server.retire()  # its kernels may go on
            self._server = None
        if self._server is None:
            self._server = _Server(self.isolated)
        return self._server

    def _held(self, kernel: ForkedKernel) -> ForkedKernel:
        self._kernels.add(kernel)
        return kernel

    def _return(self) -> None:
        if self._lent is not None:
            self._lent.close()
            self._lent = None

    def _drop(self) -> None:
        if self._server:
            self._server.end()
            self._server = None


class _Server:
    """A fork server that runs. It takes `orders` by the first of two sockets. Raises SandboxError where it does not
    start."""

    def __init__(self, isolated: bool, orders: tuple[socket.socket, socket.socket] | None = None) -> None:
        self._orders, theirs = orders or socket.socketpair()
        if isolated and (why := missing()):
            self._orders.close()
            theirs.close()
            raise SandboxError(why)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the server)
        arguments = ["-sPB", "-m", "autograder.grading.inside.server", str(theirs.fileno())]
        with theirs, _command(isolated, arguments) as (command, passed):
            self.process = _started(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=environment(isolated),
                pass_fds=(theirs.fileno(), *passed),
                start_new_session=True,
            )
            theirs.close()
            try:
                self._files = self._expect(PATIENCE)
                self._fingerprint = fingerprint(self._files)
            except (OSError, EOFError) as error:
                self.end()
                raise SandboxError(f"The sandbox did not start: {error}") from error
            except BaseException:
                self.end()
                raise

    def _expect(self, seconds: float) -> list[str]:
        """Wait until the server is ready. The source files of the course that it has read."""
        deadline, received = time.monotonic() + seconds, b""
        while not received.endswith(b"\n"):
            if not _readable(self._orders, deadline - time.monotonic()):
                raise OSError(f"it took more than {seconds:.0f} seconds. {self._last_words()}".strip())
            part = self._orders.recv(1 << 16)
            if not part:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(1)
                raise EOFError(self._last_words() or "it ended without a word")
            received += part
        return list(json.loads(received)["ready"])

    def outdated(self) -> bool:
        """Whether what it has read has changed since."""
        return fingerprint(self._files) != self._fingerprint

    def _last_words(self) -> str:
        self._log.seek(0)
        return self._log.read()[-2000:].decode(errors="replace").strip()

    def fork(self, limits: Limits, seed: int | None, environment: Mapping[str, str]) -> ForkedKernel:
        """As `_fork`."""
        return _fork(self._orders, limits, seed, environment, FORKING)

    def retire(self) -> None:
        """Take no more orders; the server ends when its last kernel does."""
        self._orders.close()

    def end(self) -> None:
        """End it and, where it is isolated, all of its kernels."""
        self._orders.close()
        try:
            self.process.wait(PARTING)  # without kernels it ends by itself, and leaves nothing to be cleared away
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


def _fork(
    orders: socket.socket, limits: Limits, seed: int | None, environment: Mapping[str, str], seconds: float
) -> ForkedKernel:
    """A new kernel of the server that takes such orders, which has so long to make it. Raises OSError, EOFError where
    the server dies, SandboxError where the kernel cannot start."""
    folder = Path(tempfile.mkdtemp(prefix="kernel-"))  # for this user only
    control, theirs = socket.socketpair()
    listeners: list[socket.socket] = []
    try:
        connection = {
            "transport": "ipc",
            "ip": str(folder / "s"),
            "key": secrets.token_hex(16),
            "signature_scheme": "hmac-sha256",
            **{f"{channel}_port": place for place, channel in enumerate(CHANNELS[:-1], 1)},
        }
        for place in range(1, 1 + len(CHANNELS)):
            listeners.append(socket.socket(socket.AF_UNIX))
            listeners[-1].bind(f"{connection['ip']}-{place}")
            listeners[-1].listen()
        order = {
            "key": connection["key"],
            "limits": asdict(limits),
            "environment": dict(environment),
            "seed": seed,
        }
        passed = [theirs.fileno(), *(listener.fileno() for listener in listeners)]
        socket.send_fds(orders, [json.dumps(order).encode()], passed)
        theirs.close()
        kernel = ForkedKernel(control, connection, folder)
        told = kernel.told(seconds)
        if told is None or "failed" in told:
            raise SandboxError(f"A kernel could not be isolated: {(told or {}).get('failed', 'it took too long')}")
        if "started" not in told:
            raise EOFError("the fork server has ended")
        return kernel
    except BaseException:
        control.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        for made in (theirs, *listeners):
            made.close()


def _started(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process from a thread that lives as long as the process: bubblewrap ends when the *thread* that started
    it does, and the thread that wants a kernel may be a short one."""
    outcome: list[subprocess.Popen[bytes] | BaseException] = []
    told = threading.Event()

    def hold() -> None:
        try:
            outcome.append(subprocess.Popen(command, **options))
        except BaseException as error:
            outcome.append(error)
            return
        finally:
            told.set()
        outcome[0].wait()  # type: ignore[union-attr]

    threading.Thread(target=hold, name="sandbox", daemon=True).start()
    told.wait()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _readable(source: socket.socket, seconds: float) -> bool:
    """Whether there is something to read in this time. (Not `select`, which knows no file beyond the 1024th.)"""
    poller = select.poll()
    poller.register(source, select.POLLIN)
    return bool(poller.poll(max(0.0, seconds) * 1000))


# --- one for each process -------------------------------------------------------------------------------------------

_shared: dict[tuple[int, bool], Sandbox] = {}
_sharing = threading.Lock()


def shared(isolated: bool = True, lent: socket.socket | None = None) -> Sandbox:
    """The sandbox of this process, ended with it. `lent` is for the first time that it is asked for: see Sandbox."""
    key = os.getpid(), isolated
    with _sharing:
        if key not in _shared:
            _shared[key] = Sandbox(isolated, lent)
            atexit.register(_shared[key].close)
        return _shared[key]


def close_shared() -> None:
    """End the sandboxes of this process now, for one that does not end in the ordinary way."""
    for (owner, _), sandbox in list(_shared.items()):
        if owner == os.getpid():
            sandbox.close()


# --- what it may see ------------------------------------------------------------------------------------------------


def environment(isolated: bool) -> dict[str, str]:
    """All of the server's environment, from which a kernel's is made."""
    folders = [str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": ":".join(folders),
        "LANG": "C.UTF-8",
        "HOME": "/tmp" if isolated else tempfile.gettempdir(),
        "PYTHONPATH": ":".join(dict.fromkeys(str(package(name).parent) for name in PACKAGES)),
        "PYTHONHASHSEED": "0",  # the same submission runs the same way twice
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def package(name: str) -> Path:
    """The folder of an installed package. Raises SandboxError."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SandboxError(f"The package {name} is not installed. Run: make venv")
    return Path(next(iter(found.submodule_search_locations))).resolve()


def places() -> list[Path]:
    """The files and folders that the sandbox shows, read-only, where they are. Raises SandboxError."""
    python = [Path(sys.prefix), Path(sys.base_prefix)]
    wanted = [Path("/usr"), *python, *(path.resolve() for path in python), *map(package, PACKAGES)]
    found: list[Path] = []
    for path in wanted:
        if not any(path.is_relative_to(other) for other in found):
            found.append(path)
    course = package("autograder").parent
    for path in found:
        if course.is_relative_to(path) and "site-packages" not in course.parts:
            raise SandboxError(f"The course lies in {path}, which submissions may read. Move it to another folder.")
    for path in found:
        for hidden in HIDDEN:
            if path.is_relative_to(hidden):
                raise SandboxError(f"{path} lies in {hidden}, of which submissions have their own. Move it elsewhere.")
    top = [Path("/", name) for name in LIBRARIES if Path("/", name).is_dir() and not Path("/", name).is_symlink()]
    return [*found, *top, *(path for name in SETTINGS if (path := Path("/etc", name)).exists())]


def fingerprint(files: Iterable[str]) -> int:
    """Changes when one of the files does, or a package is installed or removed."""
    folders = [folder for folder in sys.path if folder.endswith("site-packages") and os.path.isdir(folder)]
    return hash(tuple(_stamp(path) for path in (*files, *folders)))


def _stamp(path: str) -> tuple[str, int]:
    try:
        return path, os.stat(path).st_mtime_ns
    except OSError:  # removed just now
        return path, 0


# --- bubblewrap -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _command(isolated: bool, arguments: Iterable[str]) -> Iterator[tuple[list[str], list[int]]]:
    """The command that runs Python with these arguments, and the open files that it needs, until the end of `with`."""
    if not isolated:
        yield [sys.executable, *arguments, "open"], []
        return
    root = os.geteuid() == 0
    user, group = (USER, USER) if root else (os.geteuid(), os.getegid())
    shown = places()
    with contextlib.ExitStack() as stack:
        sources = {path: path for path in shown}
        if root:
            folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o711)
            sources = {path: folder / str(number) for number, path in enumerate(shown)}
        made = {
            "/etc/passwd": f"student:x:{user}:{group}::/tmp:/bin/sh\n",
            "/etc/group": f"student:x:{group}:\n",
        }
        files = {place: stack.enter_context(_memory(text)) for place, text in made.items()}
        command = [_bubblewrap(), *_options(sources, files), sys.executable, *arguments]
        if root:
            told = {"user": USER, "folder": str(folder), "places": [str(path) for path in shown], "command": command}
            command = [sys.executable, "-IS", str(Path(__file__).with_name("launcher.py")), json.dumps(told)]
        yield command, list(files.values())


def _options(sources: Mapping[Path, Path], files: Mapping[str, int]) -> list[str]:
    """What bubblewrap is to do: everything of its own, shared places read-only, and no more than those."""
    options = [f"--unshare-{what}" for what in ("user", "pid", "net", "ipc", "uts", "cgroup-try")]
    options += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in environment(isolated=True).items():
        options += ["--setenv", name, value]
    for name in LIBRARIES:
        if Path("/", name).is_symlink():
            options += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
    for place, source in sources.items():
        options += ["--ro-bind", str(source), str(place)]
    answers = package("autograder").joinpath(*ANSWERS)
    if answers.is_dir():
        options += ["--tmpfs", str(answers), "--remount-ro", str(answers)]
    for name, number in files.items():
        options += ["--ro-bind-data", str(number), name]
    options += ["--size", str(SCRATCH), "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]


@contextlib.contextmanager
def _memory(text: str) -> Iterator[int]:
    """An open file that is nowhere on a disk."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        yield file.fileno()


def _bubblewrap() -> str:
    return shutil.which("bwrap") or "/usr/bin/bwrap"


@functools.cache
def missing() -> str:
    """Why submissions cannot be isolated on this machine and what to do about it, or "" where they can."""
    choice = "--no-sandbox marks without isolation: then submissions can do whatever you can."
    if sys.platform != "linux":
        return f"Submissions can only be isolated on Linux. Mark in a virtual machine or a container. {choice}"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is missing. Install it: sudo apt install bubblewrap (dnf, pacman: the same name). {choice}"
    arguments = ["-sPB", "-c", "from autograder.grading.inside.isolation import trial; trial()"]
    try:
        with _command(True, arguments) as (command, passed):
            tried = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env=environment(True),
                pass_fds=passed,
                timeout=60,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run: {error}. {choice}"
    if tried.returncode == 0:
        return ""
    said = (tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"])[-1]
    return f"Submissions cannot be isolated on this machine ({said}). {_advice()} {choice}"


def _advice() -> str:
    """What most likely forbids namespaces here."""
    for path, forbids, remedy in (
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
    ):
        with contextlib.suppress(OSError):
            if Path(path).read_text().strip() == forbids:
                return f"This system forbids user namespaces. Allow them: sudo sysctl -w {remedy}"
    return "In a container, start it with --privileged, or mark outside of it."
