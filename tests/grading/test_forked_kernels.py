"""Forked kernels are real Jupyter kernels: they start and end quickly, outlive what cells do, and answer questions."""

from __future__ import annotations

import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from autograder.grading import sandbox as sandboxes
from autograder.grading.provisioner import BlockingSandboxKernelManager, SandboxKernelManager
from autograder.grading.sandbox import Sandbox, SandboxError, shared
from autograder.grading.wire import decode, encode
from tests.grading.talking import PATIENCE, talk

KERNEL = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture
def managed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Managers that use this module's sandbox."""
    monkeypatch.setattr(SandboxKernelManager, "_sandbox_default", lambda self: sandbox)
    monkeypatch.setattr(BlockingSandboxKernelManager, "_sandbox_default", lambda self: sandbox)


def notebook(*cells: str) -> nbformat.NotebookNode:
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    spec = {"name": "python3", "display_name": "Python", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": spec})


# --- as Jupyter uses them -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("managed")
def test_nbclient_runs_a_notebook_with_a_figure() -> None:
    ran = NotebookClient(
        notebook(
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')",
            "import torch\ntorch.ones(2, 2).sum().item()",
            "!echo from a shell",
            "%matplotlib inline\n1 / 0",
        ),
        kernel_manager_class=SandboxKernelManager,
        allow_errors=True,
    ).execute()
    kinds = [{output.output_type for output in cell.outputs} for cell in ran.cells]
    assert kinds == [{"display_data", "stream"}, {"execute_result"}, {"stream"}, {"error"}]
    assert any(output.get("data", {}).get("image/png") for output in ran.cells[0].outputs)
    assert ran.cells[1].outputs[0].data["text/plain"] == "4.0"
    assert ran.cells[2].outputs[0].text.strip() == "from a shell"


@pytest.mark.usefixtures("managed")
def test_nbclient_notices_a_dead_kernel() -> None:
    client = NotebookClient(notebook("import os; os._exit(3)"), kernel_manager_class=SandboxKernelManager)
    with pytest.raises(DeadKernelError):
        client.execute()


@pytest.mark.usefixtures("managed")
def test_nothing_is_written_into_jupyters_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    NotebookClient(notebook("1"), kernel_manager_class=SandboxKernelManager).execute()
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.usefixtures("managed")
def test_a_blocking_client_starts_interrupts_and_ends_a_kernel() -> None:
    manager = BlockingSandboxKernelManager(seed=1)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(PATIENCE)
        threading.Timer(1, manager.interrupt_kernel).start()
        reply = client.execute_interactive("import time; time.sleep(60)", timeout=PATIENCE, output_hook=lambda _: None)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert manager.is_alive()
        assert manager.provisioner.death() == ""
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    assert not manager.has_kernel
    assert manager.provisioner.death() == "killed"


# --- one after another, and several at once -------------------------------------------------------------------------


def several(sandbox: Sandbox, number: int) -> None:
    sockets = {path.name for path in Path(sandboxes.tempfile.gettempdir()).glob("kernel-*")}
    files = psutil.Process().num_fds()
    for place in range(number):
        with talk(sandbox) as kernel:
            assert kernel.value(f"x = {place}", "x") == place
            mine = Path(kernel.kernel.connection["ip"]).parent.name
        assert kernel.kernel.death() == "killed"
        assert mine not in sockets
        assert not Path(sandboxes.tempfile.gettempdir(), mine).exists()
    assert psutil.Process().num_fds() <= files + 10


def test_some_kernels_one_after_another(sandbox: Sandbox) -> None:
    several(sandbox, 5)


@pytest.mark.slow
def test_a_hundred_kernels_one_after_another(sandbox: Sandbox) -> None:
    several(sandbox, 100)


def test_two_at_once_share_nothing(sandbox: Sandbox) -> None:
    with talk(sandbox) as one, talk(sandbox) as other:
        mine = "import os\nmine = os.path.join('/tmp', 'mine')\n"
        assert one.value(mine + "open(mine, 'w').close(); x = 1", "os.path.exists(mine)") is True
        assert other.value(mine, "os.path.exists(mine)") is False
        assert other.value("", "'x' in globals()") is False
        seen = "sorted(int(name) for name in os.listdir('/proc') if name.isdigit())"
        assert one.value("", seen) == other.value("", seen) == [1, 2]
        paths = f"os.path.exists({one.kernel.connection['ip'] + '-1'!r})"
        assert other.value("", paths) is False


def test_threads_may_fork_at_the_same_time(sandbox: Sandbox) -> None:
    found: list[int] = []

    def work(number: int) -> None:
        with talk(sandbox) as kernel:
            found.append(kernel.value(f"x = {number}", "x"))

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(found) == [0, 1, 2]


def test_random_numbers_are_a_kernels_own_unless_they_are_seeded(sandbox: Sandbox) -> None:
    draw = "import random, numpy, torch"
    numbers = "(random.random(), float(numpy.random.rand()), float(torch.rand(1)))"
    drawn = []
    for seed in (None, None, 5, 5):
        with talk(sandbox, seed=seed) as kernel:
            drawn.append(kernel.value(draw, numbers))
    assert all(a != b for a, b in zip(drawn[0], drawn[1], strict=True))
    assert drawn[2] == drawn[3]
    assert all(a != b for a, b in zip(drawn[1], drawn[2], strict=True))


# --- the server -----------------------------------------------------------------------------------------------------


def test_a_killed_server_is_replaced_and_its_kernels_end() -> None:
    with Sandbox() as own:
        with talk(own) as kernel:
            kernel.value("x = 1", "x")
            first = own.pid
            assert first is not None
            inner = [
                child for child in psutil.Process(first).children(recursive=True) if "server" in str(child.cmdline())
            ]
            for process in inner:
                process.kill()
            assert kernel.kernel.poll(PATIENCE) == -signal.SIGKILL
            assert kernel.kernel.death() == "died (signal 9)"
        with talk(own) as kernel:
            assert kernel.value("x = 2", "x") == 2
        assert own.pid != first
        last = psutil.Process(own.pid)
    assert not last.is_running()


def test_a_server_whose_sources_have_changed_is_replaced(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with talk(sandbox) as before:
        first = sandbox.pid
        real = sandboxes.fingerprint
        monkeypatch.setattr(sandboxes, "fingerprint", lambda files: real(files) + 1)
        with talk(sandbox) as after:
            assert sandbox.pid != first
            assert after.value("x = 2", "x") == 2
            assert before.value("x = 1", "x") == 1  # goes on to its end
    deadline = time.monotonic() + PATIENCE
    while psutil.pid_exists(first) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(first)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "check.py"
    file.write_text("a = 1")
    before = sandboxes.fingerprint([str(file)])
    assert sandboxes.fingerprint([str(file)]) == before
    os.utime(file, (1, 1))
    assert sandboxes.fingerprint([str(file)]) != before
    file.unlink()
    assert sandboxes.fingerprint([str(file)]) != before


def test_a_process_has_one_sandbox_of_each_kind() -> None:
    assert shared() is shared()
    assert shared(isolated=False) is shared(isolated=False)
    assert shared() is not shared(isolated=False)
    assert shared().isolated
    assert shared().pid is None  # nothing starts before the first kernel


# --- what cells do to a kernel --------------------------------------------------------------------------------------

UNKIND = {
    "builtins shadowed": "list = dict = len = print = bytes = isinstance = None",
    "builtins replaced": "import builtins\nbuiltins.bytes = builtins.isinstance = builtins.len = None",
    "reset": "%reset -f",
    "no stdout": "import sys\nsys.stdout = None",
    "broken stdout": "import sys\nsys.stdout = sys.stderr = 5",
    "import hooks": "import sys\nclass Finder:\n    def find_spec(self, *arguments): raise RuntimeError('no')\n"
    "sys.meta_path.insert(0, Finder())",
    "no modules": "import sys\nfor name in list(sys.modules):\n"
    "    if name.startswith(('json', 'autograder', 'zmq')): del sys.modules[name]",
    "exit": "exit()",
    "system exit": "import sys\nsys.exit(1)",
    "interrupts ignored": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)",
    "input": "input('name?')",
    "password": "import getpass\ngetpass.getpass()",
    "closed files": "import os\nfor number in (0, 1, 2): os.close(number)",
    "another namespace": "get_ipython().user_ns = {}",
}


@pytest.mark.parametrize("source", UNKIND.values(), ids=UNKIND)
def test_a_kernel_outlives_a_cell(source: str, sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        kernel.run(source)
        assert kernel.value("x = sum([1, 2])", "x", seconds=20) == 3
        question = encode({"ask": "value", "name": "x"})
        assert decode(kernel.ask(question, seconds=20))["value"] == 3
        kernel.kernel.interrupt()  # a kernel at rest does not heed it
        time.sleep(0.3)
        assert kernel.value("x = sum([1, 3])", "x", seconds=20) == 4


def test_a_recursion_without_end_is_soon_told(sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        before = kernel.value("import time", "time.process_time()")
        assert kernel.run("def f(): return f()\nf()")["ename"] == "RecursionError"
        assert kernel.value("", "time.process_time()") - before < 3


def test_an_interrupt_never_takes_a_reply_away(sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        for _ in range(30):
            kernel.kernel.interrupt()
            found = kernel.run("x = 1", seconds=20)
            assert found["status"] == "ok" or found["ename"] == "KeyboardInterrupt"


@pytest.mark.parametrize("cell", ["input('name?')", "import getpass\ngetpass.getpass()"])
def test_nobody_can_be_asked(cell: str, sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        assert kernel.run(cell)["ename"] == "StdinNotImplementedError"


def test_a_question_gets_one_answer_and_an_interrupt_ends_it(sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        kernel.run("get_ipython().kernel._answer = lambda request, names: (names['wait'](request), request)[1]")
        kernel.run("import time\ndef wait(request): time.sleep(60 if request == b'slow' else 0)")
        assert kernel.ask(b"quick") == b"quick"
        threading.Timer(1, kernel.kernel.interrupt).start()
        assert kernel.ask(b"slow") == b""
        kernel.run("def wait(request): raise SystemExit(1)")
        assert kernel.ask(b"quick") == b""


@pytest.mark.parametrize(
    ("cell", "death"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "died (signal 9)"),
        ("import os; os.abort()", "died (signal 6)"),
        ("import ctypes; ctypes.string_at(0)", "died (signal 11)"),
    ],
)
def test_it_is_told_at_once_what_a_kernel_died_of(cell: str, death: str, sandbox: Sandbox) -> None:
    with talk(sandbox) as kernel:
        assert kernel.kernel.death() == ""
        kernel.send(cell)
        assert kernel.kernel.poll(PATIENCE) is not None
        assert kernel.kernel.death() == death


# --- one server for several processes -------------------------------------------------------------------------------


def test_a_sandbox_on_a_server_that_was_lent_needs_none_of_its_own() -> None:
    with Sandbox() as owner, owner.lend() as lent, Sandbox(lent=lent.dup()) as borrower:
        with talk(borrower) as kernel:  # which waits until the server is ready
            assert kernel.value("", "1 + 1") == 2
        assert borrower.pid is None
        with talk(owner) as one, talk(borrower) as other:
            assert owner.pid is not None
            assert one.value("x = 3", "x") == 3
            assert other.value("", "'x' in globals()") is False


def test_where_the_lent_server_is_gone_another_is_started() -> None:
    with Sandbox() as owner, owner.lend() as lent, Sandbox(lent=lent.dup()) as borrower:
        with talk(borrower) as kernel:
            assert kernel.value("", "1 + 1") == 2
        with talk(owner):  # which waits until the owner, too, knows that its server is there
            assert owner.pid is not None
        os.kill(owner.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(owner.pid)] if psutil.pid_exists(owner.pid) else [], timeout=10)
        with talk(borrower) as kernel:
            assert kernel.value("", "1 + 1") == 2
        assert borrower.pid is not None


def test_a_lent_server_that_cannot_start_is_told_by_who_wants_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "missing", lambda: "there is none here")
    with (
        Sandbox() as owner,
        owner.lend() as lent,
        Sandbox(lent=lent.dup()) as borrower,
        pytest.raises(SandboxError, match="there is none here"),
    ):
        borrower.fork()


LARGE = """
from autograder.grading.inside import pages
held = [bytes([number % 251]) * 10_000 for number in range(5_000)]
pages.enlarge()
assert all(set(one) == {number % 251} for number, one in enumerate(held))
print(pages.large())
"""


def test_memory_in_large_pages_holds_the_same() -> None:
    told = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True).stdout
    allowed = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if allowed.exists() and "[never]" not in allowed.read_text() and KERNEL >= (6, 1):
        assert int(told) > 20_000_000
    else:
        assert int(told) == 0
