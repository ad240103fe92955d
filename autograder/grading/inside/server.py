"""The fork server: it imports once what every kernel needs, and then makes a kernel of its own likeness for each order.

`python -m autograder.grading.inside.server SOCKET [open]` runs inside bubblewrap, or without it where "open" says so.
SOCKET is the number of an open socket to the grader. An order is one message of JSON, and with it come the open files
of the kernel: its keeper's socket to the grader, and those on which the kernel is to listen. When the grader closes
SOCKET the server ends as soon as the last kernel has.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count, pairwise
from pathlib import Path

sys.modules["debugpy"] = None  # type: ignore[assignment]  # no debugger: it would start threads and cost time

from autograder.grading.inside import isolation, kernel, pages  # noqa: E402
from autograder.grading.inside.keeper import Order, keep  # noqa: E402
from autograder.grading.limits import Limits  # noqa: E402

MODULES = (
    *("numpy", "torch", "torchvision", "torchsummary", "matplotlib.pyplot", "matplotlib_inline.backend_inline"),
    *("autograder.checks", kernel.PROBE),
)
COURSE = ("autograder", "convcourse")
LESSONS = "convcourse"  # all of it, for any of it may be imported by some lesson
FEW = 4  # kernels; for more than that it is worth it to make forks quicker
# Needed by some cells of the lessons, and by what a kernel does at its end.
OPTIONAL = (
    *("autograder.checks.experiments", "psutil", "encodings.hex_codec", "zmq.utils.garbage"),
    *("torch._subclasses.schema_check_mode", "torch.utils.serialization.config"),
)
# Run in a child that is thrown away, to learn what a kernel imports sooner or later.
LESSON = """
import torch, matplotlib.pyplot as plt
from convcourse import crosses, matrices, networks, operations, training
from torchvision import transforms
%matplotlib inline
model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 2))
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(4, 1, 4, 4), torch.tensor([0, 1, 0, 1])))
step = torch.optim.SGD(model.parameters(), lr=0.1)
torch.optim.Adam(model.parameters())
for images, labels in data:
    step.zero_grad()
    torch.nn.functional.cross_entropy(model(images), labels).backward()
    step.step()
figure, axes = plt.subplots()
axes.imshow([[1, 2], [3, 4]]); axes.plot([1, 2], label="a"); axes.legend(); axes.set_title("a")
display(figure); plt.close(figure)
!true
1 / 0
"""


def prepare() -> kernel.KernelApp:
    """Import all that kernels import, and make what they are made of.

    Raises RuntimeError where a thread is left, for threads do not survive a fork.
    """
    gc.disable()  # nothing that is imported is garbage
    for name in MODULES:
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    lessons = pkgutil.walk_packages(importlib.import_module(LESSONS).__path__, f"{LESSONS}.")
    for name in (*OPTIONAL, *(module.name for module in lessons), *learn()):
        with suppress(Exception):  # some modules can only be imported by those who need them
            importlib.import_module(name)
    app = kernel.prepare()
    threads = len(os.listdir("/proc/self/task")) if isolation.LINUX else 1
    if threads != 1:
        raise RuntimeError(f"importing has left {threads - 1} threads; see MODULES in {Path(__file__).name}")
    gc.collect()
    gc.freeze()
    gc.enable()
    return app


def learn() -> list[str]:
    """The modules that a kernel imports while it starts and runs a typical cell."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.close(reading)
            before = set(sys.modules)
            with _sockets() as listeners:
                app = kernel.make(b"", {name: listener.detach() for name, listener in listeners.items()})
                app.shell.run_cell(LESSON)
            with open(writing, "w") as file:
                json.dump([name for name in sys.modules if name not in before and name != "__main__"], file)
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        written = file.read()
    os.waitpid(child, 0)
    return list(json.loads(written or "[]"))


@contextmanager
def _sockets() -> Iterator[dict[str, socket.socket]]:
    """Sockets that nobody will ever connect to."""
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for channel in kernel.CHANNELS:
            made[channel] = socket.socket(socket.AF_UNIX)
            made[channel].bind(f"{folder}/{channel}")
            made[channel].listen()
        yield made


def sources() -> list[str]:
    """The files of the course that have been read so far."""
    files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.startswith(COURSE)]
    return sorted(file for file in files if file)


def serve(orders: socket.socket, isolated: bool, app: kernel.KernelApp) -> None:
    """Fork a kernel, made of `app`, for each order until there are no more, and wait for the last kernel's end."""
    orders.sendall(json.dumps({"ready": sources()}).encode() + b"\n")
    for number in count():
        if number == FEW:
            pages.enlarge()
        try:
            line, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 1 + len(kernel.CHANNELS))
        except ConnectionError:
            break
        if not line:
            break
        told = json.loads(line)
        order = Order(told["key"], Limits(**told["limits"]), told["environment"], told["seed"], isolated)
        _fork(orders, order, descriptors, app)
        for descriptor in descriptors:
            os.close(descriptor)
        _reap()
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _fork(orders: socket.socket, order: Order, descriptors: list[int], app: kernel.KernelApp) -> None:
    """Fork a child that enters a world of its own and leaves its only child behind there, the kernel's keeper."""
    child = os.fork()
    if child:
        with suppress(ChildProcessError):
            os.waitpid(child, 0)
        return
    control = socket.socket(fileno=descriptors[0])
    try:
        orders.close()
        _close_all_but(descriptors)
        if order.isolated:
            isolation.leave()
        if os.fork() == 0:
            listeners = dict(zip(kernel.CHANNELS, descriptors[1:], strict=True))
            keep(control, order, lambda: _run(order, listeners, app))
    except BaseException as error:
        with suppress(OSError):
            control.sendall(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode() + b"\n")
    os._exit(0)


def _run(order: Order, listeners: dict[str, int], app: kernel.KernelApp) -> None:
    kernel.seed(order.seed)
    kernel.run(order.key.encode(), listeners, app)


def _close_all_but(descriptors: list[int]) -> None:
    """Close every file but those, with nothing to read from and nowhere to write to."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    kept = [2, *sorted(descriptors), 1 << 16]
    for before, after in pairwise(kept):
        os.closerange(before + 1, after)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    """Be the server."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    orders.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the grader's terminal is the grader's to handle
    isolation.adopt()
    app = prepare()
    isolation.hide()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    serve(orders, isolated="open" not in sys.argv[2:], app=app)
    os._exit(0)  # tidying up after thousands of modules takes a second


if __name__ == "__main__":
    main()
