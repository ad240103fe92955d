"""What the sandbox promises. Each attack is tried from a student's cell, and once more without isolation.

The second try shows that the attack is a real one: there it succeeds. Where that would harm the machine a smaller thing
of the same kind is tried. No test is skipped where bubblewrap is missing: they fail and say what to install.
"""

from __future__ import annotations

import errno
import inspect
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.grading import sandbox as sandboxes
from autograder.grading.inside import syscalls
from autograder.grading.sandbox import Sandbox, SandboxError
from tests.grading.attacks import ALWAYS_FAIL, AS_ROOT, ATTACKS
from tests.grading.talking import PATIENCE, REPOSITORY, ROOT, Talk, talk

MB = 1_000_000


@pytest.fixture(scope="module")
def isolated() -> Iterator[Sandbox]:
    assert sandboxes.missing() == ""
    with Sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def exposed() -> Iterator[Sandbox]:
    with Sandbox(isolated=False) as made:
        yield made


# --- attacks --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, exposed: Sandbox) -> Iterator[dict[str, object]]:
    """What there is to find and to reach on this machine."""
    secret = tmp_path_factory.mktemp("marking") / "secret"
    secret.write_text("4711")
    name = f"convcourse-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        exposed.fork() as other,
    ):
        abstract.bind("\0" + name)
        abstract.listen()
        yield {
            "port": server.getsockname()[1],
            "abstract": name,
            "secret": str(secret),
            "repository": str(REPOSITORY),
            "grader": os.getpid(),
            "other": f"{other.connection['ip']}-{other.connection['shell_port']}",
        }


@pytest.fixture(scope="module")
def prisoner(isolated: Sandbox) -> Iterator[Talk]:
    with talk(isolated) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def runaway(exposed: Sandbox) -> Iterator[Talk]:
    with talk(exposed) as kernel:
        yield kernel


def succeeds(attack: Callable[[Any], Any], kernel: Talk, places: dict[str, object]) -> bool:
    tried = f"try:\n    won = bool({attack.__name__}({places!r}))\nexcept Exception as error:\n    won = False"
    return bool(kernel.value(f"from typing import Any\n{inspect.getsource(attack)}\n{tried}", "won"))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails(name: str, prisoner: Talk, places: dict[str, object]) -> None:
    assert not succeeds(ATTACKS[name], prisoner, places)


REAL = [name for name, attack in ATTACKS.items() if attack not in ALWAYS_FAIL and (ROOT or attack not in AS_ROOT)]


@pytest.mark.parametrize("name", REAL)
def test_the_attack_succeeds_without_isolation(name: str, runaway: Talk, places: dict[str, object]) -> None:
    assert succeeds(ATTACKS[name], runaway, places)


def test_every_refused_call_is_refused(prisoner: Talk) -> None:
    column = list(syscalls.ARCHITECTURES).index(platform.machine())
    numbers = {name: number[column] for name, number in syscalls.REFUSED.items() if number[column] is not None}
    cell = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
met = {{}}
for name, number in {numbers!r}.items():
    ctypes.set_errno(0)
    met[name] = ctypes.get_errno() if libc.syscall(number, -1, 0, 0, 0, 0, 0) == -1 else 0
"""
    assert prisoner.value(cell, "met") == dict.fromkeys(numbers, errno.EPERM)


def test_the_calls_by_which_threads_are_made_still_work(prisoner: Talk) -> None:
    cell = (
        "import threading\nheard = []\none = threading.Thread(target=heard.append, args=(1,))\none.start(); one.join()"
    )
    assert prisoner.value(cell, "heard") == [1]


@pytest.mark.parametrize("machine", syscalls.ARCHITECTURES)
def test_a_filter_fits_into_what_linux_takes(machine: str) -> None:
    made = syscalls.program(machine)
    assert len(made) % 8 == 0
    assert len(made) // 8 < 4096
    assert made[-8:] == (6).to_bytes(2, "little") + bytes(2) + syscalls.ALLOW.to_bytes(4, "little")


def test_there_is_no_filter_for_an_unknown_machine() -> None:
    with pytest.raises(NotImplementedError, match="vax"):
        syscalls.program("vax")


def test_only_what_is_its_own_can_be_written_to(prisoner: Talk) -> None:
    cell = """
writable = set()
for line in open("/proc/self/mountinfo"):
    place, options = line.split()[4:6]
    if "rw" in options.split(",") and not line.split(" - ")[1].startswith("devtmpfs"):
        writable.add(place)
"""
    own = {"/proc", "/tmp", "/dev/shm", "/dev/pts"}
    found = set(prisoner.value(cell, "sorted(writable)"))
    assert own <= found
    # what is left is hidden below the kernel's own, or a device like /dev/null
    assert {place for place in found - own if not os.path.exists(place) or os.path.isdir(place)} == set()


# --- limits ---------------------------------------------------------------------------------------------------------

HOG = """
import os, time
def hog(size):
    kept = bytearray(size)
    kept[::4096] = b"x" * len(kept[::4096])
    return kept
"""


def dies_of(kernel: Talk, source: str, seconds: float = PATIENCE) -> str:
    kernel.send(source)
    kernel.kernel.poll(seconds)
    return kernel.kernel.death()


@pytest.mark.parametrize("limit", [True, False], ids=["isolated", "exposed"])
def test_a_kernel_that_takes_too_much_memory_is_ended(limit: bool, isolated: Sandbox, exposed: Sandbox) -> None:
    with talk(isolated if limit else exposed, resident=300 * MB) as kernel:
        assert dies_of(kernel, HOG + "kept = hog(500_000_000); time.sleep(60)") == "memory"


def test_a_kernel_that_takes_less_lives(isolated: Sandbox) -> None:
    with talk(isolated, resident=700 * MB) as kernel:
        assert kernel.value(HOG + "kept = hog(400_000_000); time.sleep(0.3)", "len(kept)") == 400 * MB
        assert kernel.kernel.death() == ""


TWO = HOG + "for _ in range(2):\n    if os.fork() == 0:\n        kept = hog({size}); time.sleep(60)\ntime.sleep({wait})"


def test_memory_of_all_processes_counts_together(isolated: Sandbox) -> None:
    with talk(isolated, resident=300 * MB) as kernel:
        assert dies_of(kernel, TWO.format(size=200_000_000, wait=60)) == "memory"
    with talk(isolated, resident=300 * MB) as kernel:
        assert kernel.run(TWO.format(size=80_000_000, wait=0.5))["status"] == "ok"


def test_memory_that_processes_share_counts_once(isolated: Sandbox) -> None:
    cell = (
        HOG
        + "kept = hog(200_000_000)\nfor _ in range(3):\n    if os.fork() == 0:\n        time.sleep(60)\ntime.sleep(0.5)"
    )
    with talk(isolated, resident=400 * MB) as kernel:
        assert kernel.run(cell)["status"] == "ok"
        assert kernel.kernel.death() == ""


FILL = """
def fill(place):
    try:
        for number in range(3):
            with open(f"{place}/filling-{number}", "wb") as file:
                file.write(bytes(9_000_000))
        return True
    except OSError:
        return False
    finally:
        import glob, os
        for path in glob.glob(f"{place}/filling-*"):
            os.unlink(path)
"""


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_files_cannot_fill_memory(place: str, isolated: Sandbox, exposed: Sandbox) -> None:
    with talk(isolated, temporary=20 * MB) as kernel:
        assert not kernel.value(FILL, f"fill({place!r})")
    with talk(isolated, temporary=40 * MB) as kernel:
        assert kernel.value(FILL, f"fill({place!r})")
    with talk(exposed, temporary=20 * MB) as kernel:
        assert kernel.value(FILL, f"fill({place!r})")


def test_empty_files_cannot_fill_memory_either(isolated: Sandbox) -> None:
    cell = """
count = 0
try:
    while count < 25_000:
        open(f"{count}", "w").close()
        count += 1
except OSError:
    pass
"""
    with talk(isolated) as kernel:
        assert 10_000 < kernel.value(cell, "count") <= 20_000


def test_processor_time_is_limited(isolated: Sandbox) -> None:
    with talk(isolated, cpu_seconds=1) as kernel:
        assert dies_of(kernel, "while True: pass") == "died (signal 24)"
        assert kernel.kernel.seconds > 0.8
    ignoring = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    with talk(isolated, cpu_seconds=1) as kernel:
        assert dies_of(kernel, ignoring) == "died (signal 9)"


# --- nothing is left ------------------------------------------------------------------------------------------------


def running(mark: str) -> list[int]:
    """Processes of this machine whose command holds a mark."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if mark in " ".join(process.info["cmdline"] or ()):
            found.append(process.pid)
    return found


BACKGROUND = """
import subprocess, os
subprocess.Popen(["sleep", "{mark}"], start_new_session=True)
if os.fork() == 0:  # and one whose parent is gone
    subprocess.Popen(["sleep", "{mark}"], start_new_session=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize("how", ["closed", "exit", "killed"])
def test_no_process_outlives_its_kernel(how: str, isolated: Sandbox) -> None:
    mark = f"{86_400 + os.getpid()}.{len(how)}"
    with talk(isolated) as kernel:
        assert kernel.run(BACKGROUND.format(mark=mark))["status"] == "ok"
        assert len(running(mark)) == 2
        if how == "exit":
            kernel.send("os._exit(3)")
            kernel.kernel.poll(PATIENCE)
            assert kernel.kernel.death() == "exit code 3"
        elif how == "killed":
            kernel.kernel.kill()
            assert kernel.kernel.death() == "killed"
    deadline = time.monotonic() + 5
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running(mark) == []


LEAVE = """
import os
for place in ("/tmp", "/dev/shm", os.getcwd()):
    open(f"{place}/left-{MARK}", "w").close()
startup = os.path.expanduser("~/.ipython/profile_default/startup")
os.makedirs(startup, exist_ok=True)
open(f"{startup}/left.py", "w").write("started = True")
"""
FIND = """
import os
found = [place for place in ("/tmp", "/dev/shm") if os.path.exists(f"{place}/left-{MARK}")]
found += [name for name in globals() if name == "started"]
found += [name for name in os.listdir(os.getcwd()) if name.startswith("left")]
"""


def test_no_file_reaches_the_next_kernel(isolated: Sandbox, exposed: Sandbox) -> None:
    mark = f"MARK = 'convcourse-{os.getpid()}'\n"
    for sandbox, left in ((isolated, []), (exposed, ["/tmp", "/dev/shm"])):
        try:
            with talk(sandbox) as first:
                assert first.run(mark + LEAVE)["status"] == "ok"
                with talk(sandbox) as beside:
                    assert beside.value(mark + FIND, "found") == left
            with talk(sandbox) as second:
                assert second.value(mark + FIND, "found") == left
        finally:
            for place in ("/tmp", "/dev/shm"):
                Path(place, f"left-convcourse-{os.getpid()}").unlink(missing_ok=True)


def test_the_environment_tells_nothing(isolated: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVCOURSE_MARKING_SEED", "4711")
    with talk(isolated) as kernel:
        found = kernel.value("import os", "dict(os.environ)")
    assert "4711" not in found.values()
    assert found["NBGRADER_EXECUTION"] == "autograde"
    assert {name for name in found if "JPY" in name or "SECRET" in name or "SEED" in name} <= {"PYTHONHASHSEED"}


# --- where it cannot be had -----------------------------------------------------------------------------------------


@pytest.fixture
def forgetful() -> Iterator[None]:
    sandboxes.missing.cache_clear()
    yield
    sandboxes.missing.cache_clear()


@pytest.mark.usefixtures("forgetful")
def test_without_bubblewrap_nothing_runs_and_the_advice_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with Sandbox() as sandbox, pytest.raises(SandboxError, match="apt install bubblewrap"):
        sandbox.start()


@pytest.mark.usefixtures("forgetful")
def test_on_another_system_there_is_no_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes.sys, "platform", "darwin")
    assert "only be isolated on Linux" in sandboxes.missing()
    assert "--no-sandbox" in sandboxes.missing()


@pytest.mark.usefixtures("forgetful")
def test_a_bubblewrap_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 1, "", "bwrap: setting up uid map: Permission denied\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: answer)
    assert "uid map: Permission denied" in sandboxes.missing()


def test_a_course_inside_pythons_own_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes.sys, "prefix", str(REPOSITORY.parent))
    with pytest.raises(SandboxError, match="Move it to another folder"):
        sandboxes.places()
