"""A real IPython kernel for a student's notebook, without what marking has no use for, and with an ear for questions.

It keeps no history and no files, takes no input, and has no debugger. Beside Jupyter's own channels it has a socket for
the judge's questions, which come and are answered as `frames` says.
"""

# mypy: allow-untyped-calls
# ipykernel has types only in part.

from __future__ import annotations

import builtins
import importlib
import inspect
import logging
import os
import random
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn
from unittest.mock import patch

import zmq
from ipykernel import ipkernel
from ipykernel.compiler import XCachingCompiler
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.application import BaseIPythonApplication
from IPython.core.error import StdinNotImplementedError
from matplotlib.backends.registry import backend_registry
from tornado.ioloop import IOLoop
from traitlets import Type
from traitlets.config import Config

from autograder.grading.inside.frames import frame, receive

# The order in which their sockets are handed over. The last is no channel of Jupyter's.
CHANNELS = ("shell", "iopub", "stdin", "hb", "control", "questions")
PLACE = "kernel"  # stands for the path of the sockets, which the kernel never sees
PROBE = "autograder.grading.inside.probe"
PIECE = 1_000_000  # characters of what is printed that go into one message
CROWD = 24  # processes that may be left when a cell has ended: more are a storm, in which nothing else gets a thread


# Bound here: what becomes of the module os in a notebook is the notebook's affair.
_end, _reap, _self, _names_in, _is_number = os.kill, os.waitpid, os.getpid, os.listdir, str.isdigit

_prepared: dict[str, ModuleType] = {}  # sys.modules as it was before the fork: not looked through by each kernel
Answer = Callable[[bytes, Mapping[str, object]], bytes]


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let interrupts end what is done meanwhile. At all other times they are lost, and no reply with them."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Compiler(XCachingCompiler):
    """Tells `inspect` which module a cell belongs to. Else it looks through all of them, thousands where torch is
    imported, for every line of a traceback: then it takes seconds to say that a recursion does not end."""

    def cache(self, *arguments: Any, **options: Any) -> Any:
        name = super().cache(*arguments, **options)
        inspect.modulesbyfile[name] = "__main__"
        return name


class _NoThread:
    """In place of the thread between the shell channel and the kernel: false, as there is none, and where cells run."""

    def __init__(self) -> None:
        self.parent_thread = threading.current_thread()

    def __bool__(self) -> bool:
        return False


class _Sys:
    """The module sys without a module in it: IPythonKernel asks each for its file, for the debugger. To look at three
    thousand modules is to copy the page of memory that each is on, for Python counts who looks."""

    modules: Mapping[str, ModuleType] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


class StudentKernel(IPythonKernel):
    """A kernel that outlives what a cell does to builtins, to sys.modules and to sys.stdout."""

    compiler_class = Type(_Compiler)

    def __init__(self, **options: Any) -> None:
        with patch.object(ipkernel, "sys", _Sys()):
            super().__init__(**options)  # takes the shell that was made before the fork
        self.shell.parent = self.shell.kernel = self
        self.shell.starting_dir = os.getcwd()
        self.shell.history_manager.dir_hist[:] = [Path.cwd()]
        self.shell.ask_exit = lambda: None  # `exit()` in a cell ends the cell's work, not the notebook's
        self._self, self._first = os.getpid(), os.getppid()  # the parent is 1 where a kernel has a world of its own
        self._names = self.shell.user_ns
        self._builtins = dict(vars(builtins))
        self._table, self._modules = sys.modules, _prepared or dict(sys.modules)
        self._streams = (sys.stdout, sys.stderr)
        self._answer: Answer = importlib.import_module(PROBE).answer

    @property
    def _supports_kernel_subshells(self) -> bool:
        return False

    def question(self, source: socket.socket, events: int) -> None:
        """Answer a question about what the notebook has defined; by nothing where that was interrupted."""
        try:
            asked = receive(source)
        except OSError:
            asked = None
        if asked is None:
            self.io_loop.remove_handler(source)
            source.close()
            return
        mark, request = asked
        reply = b""
        try:
            names = self.shell.user_ns
            with _interruptible():
                reply = self._answer(request, names if type(names) is dict else self._names)
        except BaseException:  # an interrupt; and a student's object may raise anything, SystemExit, too
            pass
        self.post_handler_hook()
        with suppress(OSError):
            source.sendall(frame(mark, reply))

    async def execute_request(self, stream: Any, ident: Any, parent: Mapping[str, Any]) -> None:
        """Run a cell and reply, even where an interrupt comes just before or just after the cell itself."""
        try:
            with _interruptible():
                await super().execute_request(stream, ident, parent)
        except KeyboardInterrupt:
            self._mend()
            content = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
            content["execution_count"] = self.shell.execution_count
            self.session.send(stream, "execute_reply", content, parent, ident=ident)

    async def do_execute(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run a cell. Where the cell has broken what running it needs, that is its error."""
        try:
            found: dict[str, Any] = await super().do_execute(*arguments, **options)
        except Exception as error:
            self._mend()
            name, text = type(error).__name__, str(error)
            told = {"ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
            self.send_response(self.iopub_socket, "error", told)  # else the cell would show nothing, as if it had run
            return {"status": "error", **told, "execution_count": self.shell.execution_count}
        self._mend()
        return found

    def pre_handler_hook(self) -> None:
        """Called before each message. What can be interrupted, and nothing else, says so itself."""

    def post_handler_hook(self) -> None:
        """Called after each message: put back what the kernel itself needs."""
        self._mend()
        if (_self(), self._first) == (self._self, 1) and sum(map(_is_number, _names_in("/proc"))) > CROWD:
            with suppress(OSError):
                _end(-1, signal.SIGKILL)  # all processes of this world but the first and this one
                while _reap(-1, 0):  # the dead count, too, until somebody has taken note
                    pass

    def _publish_status(self, status: str, channel: str, parent: Any = None) -> None:
        """Tell when the kernel has done with a cell. Nobody waits to hear when it begins."""
        if status != "busy":
            super()._publish_status(status, channel, parent)

    def _publish_execute_input(self, code: str, parent: Any, execution_count: int) -> None:
        """Who sent a cell knows it."""

    def _mend(self) -> None:
        vars(builtins).update(self._builtins)
        if len(self._table) < len(self._modules):
            self._table.update(self._modules)
        for name, kept in zip(("stdout", "stderr"), self._streams, strict=True):
            try:
                if (now := getattr(sys, name)) is not kept:  # that one is flushed after each message anyway
                    now.flush()
            except BaseException:
                setattr(sys, name, kept)

    def raw_input(self, prompt: object = "") -> NoReturn:
        """There is nobody to ask. Raises StdinNotImplementedError."""
        raise StdinNotImplementedError("input() cannot be answered while a notebook is marked")

    def getpass(self, prompt: str = "", stream: object = None, **options: object) -> NoReturn:
        """Neither can a password be asked for. Raises StdinNotImplementedError."""
        self.raw_input(prompt)

    def start(self) -> None:
        """Begin to answer, without the debugger's part."""
        stream, self.debugpy_stream = self.debugpy_stream, None
        super().start()
        self.debugpy_stream = stream
        listener = socket.socket(fileno=self.parent.listeners["questions"])
        self.io_loop.add_handler(listener, self.visit, IOLoop.READ)

    def visit(self, listener: socket.socket, events: int) -> None:
        """Let somebody in who has questions."""
        with suppress(OSError):
            self.io_loop.add_handler(listener.accept()[0], self.question, IOLoop.READ)


class _Heart(Heartbeat):
    """A heartbeat on a socket that listens already."""

    listener = -1

    def _try_bind_socket(self) -> None:
        self.socket.setsockopt(zmq.USE_FD, self.listener)
        self.socket.bind(f"ipc://{PLACE}-{self.port}")


class Stream(OutStream):
    """Waits for the thread that sends only where something has been written: each cell and question flushes both.

    Whatever is printed at once goes out in pieces that the grader reads; a message that is too large it leaves out.
    """

    def flush(self) -> None:
        """Send what has been written."""
        if self._flush_pending or self._subprocess_flush_pending or self._buffers:
            super().flush()

    def _flush_buffers(self) -> Iterator[tuple[dict[str, Any], str]]:
        for parent, text in super()._flush_buffers():
            for start in range(0, len(text), PIECE):
                yield parent, text[start : start + PIECE]


class _Once(BaseIPythonApplication):
    """An application that reads its configuration only once, however often it is initialized."""

    prepared = False

    def initialize(self, argv: Any = None) -> None:
        if not self.prepared:
            super().initialize(argv)
            self.prepared = True


class KernelApp(IPKernelApp, _Once):
    """Starts a StudentKernel on sockets that another process has made and listens on; writes no connection file."""

    listeners: Mapping[str, int] = {}

    def prepare(self) -> None:
        """Do what needs neither sockets nor threads, and is the same for all kernels: before the fork."""
        _Once.initialize(self, [])

    def init_connection_file(self) -> None:
        """What would be in the file is known."""

    def write_connection_file(self, **options: Any) -> None:
        """Whoever asked for the kernel knows how to reach it."""

    def _bind_socket(self, socket: Any, port: int) -> int:
        socket.setsockopt(zmq.USE_FD, self.listeners[CHANNELS[port - 1]])
        socket.bind(f"ipc://{PLACE}-{port}")
        return port

    def init_control(self, context: Any) -> None:
        """The control channel, but not the debugger's connection to the shell, which would try for ever.

        And no thread between the shell channel and the kernel, which is for frontends that run cells side by side.
        """
        super().init_control(context)
        self.debug_shell_socket.close(linger=0)
        if (unused := getattr(self, "shell_channel_thread", None)) is not None:
            unused.io_loop.close(all_fds=True)
            self.shell_channel_thread = _NoThread()

    def init_iopub(self, context: Any) -> None:
        """The channel for outputs, on which a kernel waits in place of losing what nobody has read yet.

        Without the `pipe` for what forked children print: it listens on TCP, and there is no network.
        """
        socket = context.socket(zmq.XPUB)
        socket.linger = 1000
        socket.setsockopt(zmq.XPUB_NODROP, 1)
        self.iopub_port = self._bind_socket(socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = IOPubThread(socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """The heartbeat in its thread."""
        self.heartbeat = _Heart(zmq.Context(), (self.transport, PLACE, self.hb_port))
        self.heartbeat.listener = self.listeners["hb"]
        self.heartbeat.start()

    def init_code(self) -> None:
        """What the namespace holds so far is not the student's. No lines or files of a command line are run."""
        self._run_startup_files()
        self.shell.user_ns_hidden.update(self.shell.user_ns)
        self.shell._sys_modules_keys = _prepared.keys()

    def init_crash_handler(self) -> None:
        """Nobody reads a report of a crash."""


def seed(number: int | None) -> None:
    """Give the kernel random numbers of its own: those of `number`, or unforeseeable ones."""
    import numpy as np
    import torch

    if number is None:
        number = int.from_bytes(os.urandom(4), "little")
    random.seed(number)
    np.random.seed(number)
    torch.default_generator.manual_seed(number)  # torch.manual_seed also looks for devices that no sandbox has


def prepare() -> KernelApp:
    """A kernel that lacks only its sockets and its key: it may be forked, and each child may `make` its own of it."""
    KernelApp.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    config.StudentKernel._execute_sleep = 0.0  # nobody reads along, who would want to see outputs before the reply
    config.HistoryManager.hist_file = ":memory:"
    app: KernelApp = KernelApp.instance(
        config=config,
        kernel_class=StudentKernel,
        outstream_class=f"{__name__}.{Stream.__name__}",
        transport="ipc",
        ip=PLACE,
        log_level=logging.CRITICAL,
        quiet=True,
        **{f"{channel}_port": place for place, channel in enumerate(CHANNELS[:-1], 1)},
    )
    app.prepare()
    app.log.setLevel(logging.CRITICAL)  # log_level is its handler's, which gets three lines for each message
    backend_registry.list_all()  # which looks through all installed packages the first time
    shell = ZMQInteractiveShell.instance(parent=app, profile_dir=app.profile_dir, user_ns={}, compiler_class=_Compiler)
    # matplotlib does this itself when it is first imported, which was before there was a shell to show figures in.
    with patch.object(shell, "enable_gui", lambda gui=None: None):  # which asks for the kernel, and does nothing for it
        shell.enable_matplotlib("inline")
    _prepared.update(sys.modules)
    return app


def make(key: bytes, listeners: Mapping[str, int], app: KernelApp | None = None) -> KernelApp:
    """The kernel on sockets that listen, by channel, with the key that signs its messages: made of `app`, once."""
    app = app or prepare()
    app.config.Session.key = key
    app.listeners = dict(listeners)
    app.initialize(argv=[])
    return app


def run(key: bytes, listeners: Mapping[str, int], app: KernelApp | None = None) -> None:
    """Be a kernel, made of `app`, until the end of the process."""
    sys.argv = ["ipykernel_launcher"]
    app = make(key, listeners, app)
    with suppress(SystemExit):
        app.start()
