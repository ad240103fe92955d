"""What the sandbox promises. Each attack is tried from a student's cell, and once more without what keeps it out.

The second try shows that the attack is a real one: there it succeeds. Most are tried without a sandbox; where that
would harm the machine, in one that lacks a single protection. docs/sandbox.md lists them all, and test_sandbox_page.py
compares. No test is skipped where bubblewrap is missing: they fail and say what to install.
"""

from __future__ import annotations

import errno
import inspect
import os
import platform
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from autograder.grading import sandbox as sandboxes
from autograder.grading.inside import keeper, syscalls
from autograder.grading.sandbox import Sandbox, SandboxError
from tests.grading import attacks
from tests.grading.attacks import AS_ROOT, ATTACKS, HIDING, LEFT_OUT, RAISED, TERMINAL
from tests.grading.talking import PATIENCE, REPOSITORY, ROOT, Talk, talk
from tests.grading.weakened import weakened as weakened_sandbox
from tests.grading.weakened import weaker

MB = 1_000_000
SEED = f"seed-{os.getpid()}"


@pytest.fixture(scope="module")
def shown() -> Iterator[Path]:
    """A folder that the sandbox shows, too, as it does Python's; but here anybody may write, were it not for that."""
    made = Path(tempfile.mkdtemp(prefix="shown-", dir="/var/tmp"))  # not in /tmp, which each kernel has of its own
    try:
        (made / "__pycache__").mkdir()
        (made / "planted.py").write_text("value = 'ours'\n")
        for path, mode in ((made, 0o777), (made / "__pycache__", 0o777), (made / "planted.py", 0o666)):
            path.chmod(mode)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def isolated(shown: Path) -> Iterator[Sandbox]:
    assert sandboxes.missing() == ""
    usual = sandboxes.places()
    with Sandbox() as made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sandboxes, "places", lambda: [*usual, shown])
            patch.setenv("CONVCOURSE_MARKING_SEED", SEED)
            made.start()
        yield made


@pytest.fixture(scope="module")
def exposed() -> Iterator[Sandbox]:
    with Sandbox(isolated=False) as made:
        yield made


@pytest.fixture(scope="module")
def weakened() -> Iterator[Sandbox]:
    with weakened_sandbox({"CONVCOURSE_MARKING_SEED": SEED}) as made:
        yield made


# --- attacks --------------------------------------------------------------------------------------------------------

VICTIM = """
import ctypes, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # anybody may trace it, wherever that needs saying
kept = ctypes.create_string_buffer(b"4711")
print(ctypes.addressof(kept), flush=True)
time.sleep(3600)
"""


def echo(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            said, whose = listener.recvfrom(100)
            if not said:
                return
            listener.sendto(said, whose)


@pytest.fixture(scope="module")
def places(
    tmp_path_factory: pytest.TempPathFactory, exposed: Sandbox, isolated: Sandbox, shown: Path
) -> Iterator[dict[str, object]]:
    """What there is to find and to reach on this machine."""
    course, home = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("home")
    (course / "secret").write_text("4711")
    (course / "gradebook.db").write_text("all marks")
    (course / "submitted" / "ada" / "02_convolution").mkdir(parents=True)
    (home / ".ssh").mkdir()
    name = f"convcourse-{os.getpid()}"
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        listener.bind(("127.0.0.1", 0))
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        stack.callback(lambda: listener.sendto(b"", listener.getsockname()))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind("\0" + name)
        abstract.listen()
        other = stack.enter_context(exposed.fork())
        stack.enter_context(isolated.fork())  # one more that could be seen
        victim = stack.enter_context(subprocess.Popen([sys.executable, "-ISc", VICTIM], stdout=subprocess.PIPE))
        stack.callback(victim.kill)
        assert victim.stdout is not None
        yield {
            "port": server.getsockname()[1],
            "echo": listener.getsockname()[1],
            "abstract": name,
            "secret": str(course / "secret"),
            "course": str(course),
            "home": str(home),
            "shown": str(shown),
            "seed": SEED,
            "repository": str(REPOSITORY),
            "grader": os.getpid(),
            "victim": victim.pid,
            "address": int(victim.stdout.readline()),
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


@pytest.fixture(scope="module")
def lacking(weakened: Sandbox) -> Iterator[Callable[[str], Talk]]:
    """Kernels by what they lack, each of which is used for several attacks."""
    made: dict[str, Talk] = {}
    with ExitStack() as stack:

        def find(without: str) -> Talk:
            if without not in made:
                made[without] = stack.enter_context(weaker(weakened, without))
            return made[without]

        yield find


def script(attack: attacks.Attack, places: dict[str, object]) -> str:
    tried = f"try:\n    won = bool({attack.__name__}({places!r}))\nexcept Exception as error:\n    won = False"
    return f"from typing import Any\n{inspect.getsource(attack)}\n{tried}"


def succeeds(attack: attacks.Attack, kernel: Talk, places: dict[str, object]) -> bool:
    return bool(kernel.value(script(attack, places), "won"))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_fails(name: str, prisoner: Talk, places: dict[str, object]) -> None:
    assert not succeeds(ATTACKS[name], prisoner, places)


EXPOSED = [
    name
    for name, attack in ATTACKS.items()
    if attack not in {*LEFT_OUT, *RAISED, *TERMINAL} and (ROOT or attack not in AS_ROOT)
]


@pytest.mark.parametrize("name", EXPOSED)
def test_the_attack_succeeds_without_isolation(name: str, runaway: Talk, places: dict[str, object]) -> None:
    assert succeeds(ATTACKS[name], runaway, places)


@pytest.mark.parametrize("name", [attack.__name__ for attack in LEFT_OUT])
def test_the_attack_succeeds_where_one_thing_is_left_out(
    name: str, lacking: Callable[[str], Talk], places: dict[str, object]
) -> None:
    assert succeeds(ATTACKS[name], lacking(LEFT_OUT[ATTACKS[name]]), places)


@pytest.mark.parametrize("name", [attack.__name__ for attack in RAISED])
def test_the_attack_succeeds_with_a_higher_limit(name: str, isolated: Sandbox, places: dict[str, object]) -> None:
    with talk(isolated, **RAISED[ATTACKS[name]]) as kernel:
        assert succeeds(ATTACKS[name], kernel, places)


@pytest.mark.parametrize("name", [attack.__name__ for attack in TERMINAL])
def test_the_attack_succeeds_in_a_terminal(name: str, places: dict[str, object]) -> None:
    spawn = "import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    tried = f"{script(ATTACKS[name], places)}\nraise SystemExit(not won)"
    command = [sys.executable, "-ISc", spawn, sys.executable, "-ISc", tried]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def test_every_attack_is_shown_to_be_a_real_one() -> None:
    ways = [set(LEFT_OUT), set(RAISED), TERMINAL, {ATTACKS[name] for name in EXPOSED}, set() if ROOT else AS_ROOT]
    assert sum(map(len, ways)) == len(ATTACKS)
    assert set().union(*ways) == set(ATTACKS.values())


# --- system calls ---------------------------------------------------------------------------------------------------

COLUMN = list(syscalls.ARCHITECTURES).index(platform.machine())
# Every argument is -1 where nothing else is said: where a call is made it fails for that, and does nothing.
CALLS = {name: (number[COLUMN], ()) for name, number in syscalls.REFUSED.items() if number[COLUMN] is not None}
CALLS |= {name: (number[COLUMN], (syscalls.KEEPER,)) for name, (number, _) in syscalls.OF_KEEPER.items()}
CALLS |= {
    "msgget": (syscalls.REFUSED["msgget"][COLUMN], (-1, 0)),  # else it would make one
    "setpriority": (syscalls.OF_KEEPER["setpriority"][0][COLUMN], (-1, syscalls.KEEPER)),
    "setpriority, of all": (syscalls.OF_KEEPER["setpriority"][0][COLUMN], (os.PRIO_USER, 1 << 30)),
    "clone3": (syscalls.CLONE3[COLUMN], ()),
    "clone, into namespaces": (syscalls.CLONE[COLUMN], (0x10000000 | 0x200,)),  # CLONE_NEWUSER | CLONE_FS: nonsense
    "socket, netlink": (syscalls.SOCKET[COLUMN], (16,)),
    "ioctl, typing": (syscalls.IOCTL[COLUMN], (-1, syscalls.TERMINAL[0])),
    "ioctl, pasting": (syscalls.IOCTL[COLUMN], (-1, syscalls.TERMINAL[1])),
    "mmap, shared": (syscalls.MMAP[COLUMN], (0, 0, 1, 0x21)),
    "setsockopt, size": (syscalls.SETSOCKOPT[COLUMN], (-1, 1, 7)),
}
if platform.machine() == "x86_64":
    CALLS["getpid, of x32"] = (syscalls.X32 | 39, ())
ANSWERS = {"clone3": errno.ENOSYS, "socket, netlink": errno.EAFNOSUPPORT}  # EPERM for all others
MAKE_CALLS = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
met = {{}}
for name, (number, given) in {CALLS!r}.items():
    ctypes.set_errno(0)
    words = [ctypes.c_long(word) for word in (*given, -1, -1, -1, -1, -1, -1)[:6]]
    met[name] = ctypes.get_errno() if libc.syscall(number, *words) == -1 else 0
"""
# What only root of the whole machine may do, whatever namespaces a process has.
ROOTS = {
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff", "reboot"),
    *("acct", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "vhangup", "iopl", "ioperm"),
    *("open_by_handle_at", "fanotify_init", "quotactl", "quotactl_fd", "bpf", "perf_event_open", "userfaultfd"),
    *("move_pages", "migrate_pages", "fsopen", "fspick"),
}


def test_every_refused_call_is_refused(prisoner: Talk) -> None:
    assert prisoner.value(MAKE_CALLS, "met") == dict.fromkeys(CALLS, errno.EPERM) | ANSWERS


def test_every_refused_call_is_made_without_the_filter(lacking: Callable[[str], Talk], runaway: Talk) -> None:
    made = lacking("capabilities filter").value(MAKE_CALLS, "met")
    refused = {name for name, met in made.items() if met == ANSWERS.get(name, errno.EPERM)}
    assert refused - ROOTS == set()
    if ROOT:  # who may be told by Linux itself that the arguments are nonsense
        exposed = runaway.value(MAKE_CALLS, "met")
        assert {name for name in refused if exposed[name] == ANSWERS.get(name, errno.EPERM)} == set()


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


# --- the keeper -----------------------------------------------------------------------------------------------------


def test_a_keeper_forgets_what_a_library_does_on_signals() -> None:
    """Python 3.13 has readline's handler for SIGWINCH; here there is one of the test's, below Python like that."""
    program = """
import ctypes, signal
from autograder.grading.inside import keeper
def caught():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("SigCgt:")]
    return bool(int(line.split()[1], 16) >> signal.SIGWINCH - 1 & 1)
handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(print)
ctypes.CDLL(None).signal(int(signal.SIGWINCH), handler)
before = caught()
keeper._forget_handlers()
print(before, caught())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGCHLD])
def test_no_signal_reaches_the_keeper(number: int, isolated: Sandbox) -> None:
    with talk(isolated, resident=100 * MB) as kernel:
        assert kernel.value(f"import os\nos.kill(os.getppid(), {number})", "os.getppid()") == 1
        assert dies_of(kernel, HOG + "kept = hog(200_000_000); time.sleep(60)") == "memory"  # it still watches


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_the_signal_reaches_a_keeper_without_isolation(number: int, exposed: Sandbox) -> None:
    with talk(exposed, resident=100 * MB) as kernel:
        own = kernel.value("import os", "os.getppid()")
        try:
            if number == signal.SIGKILL:
                assert dies_of(kernel, f"os.kill(os.getppid(), {number}); import time; time.sleep(60)") != "memory"
            else:
                cell = f"{HOG}os.kill(os.getppid(), {number}); kept = hog(200_000_000); time.sleep(0.5)"
                assert kernel.value(cell, "len(kept)") == 200 * MB
        finally:
            with suppress(ProcessLookupError):
                os.kill(own, signal.SIGKILL)


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
        assert dies_of(kernel, HOG + "kept = hog(400_000_000); time.sleep(60)") == "memory"


def test_a_kernel_that_may_take_as_much_lives(isolated: Sandbox) -> None:
    with talk(isolated, resident=700 * MB) as kernel:
        assert kernel.value(HOG + "kept = hog(400_000_000); time.sleep(0.3)", "len(kept)") == 400 * MB
        assert kernel.kernel.death() == ""


TWO = (
    HOG
    + "for _ in range(2):\n    if os.fork() == 0:\n        kept = hog(200_000_000); time.sleep(60)\ntime.sleep({wait})"
)


def test_memory_of_all_processes_counts_together(isolated: Sandbox) -> None:
    with talk(isolated, resident=300 * MB) as kernel:
        assert dies_of(kernel, TWO.format(wait=60)) == "memory"


def test_two_processes_live_that_may_take_as_much_together(isolated: Sandbox) -> None:
    with talk(isolated, resident=700 * MB) as kernel:
        assert kernel.run(TWO.format(wait=0.8))["status"] == "ok"
        assert kernel.kernel.death() == ""


def outlives(attack: attacks.Attack, kernel: Talk) -> bool:
    """Whether an attack succeeds and its kernel lives."""
    sent = kernel.client.execute(script(attack, {}), user_expressions={"it": "won"}, allow_stdin=False)
    while not kernel.kernel.death():
        with suppress(queue.Empty):
            reply = kernel.client.get_shell_msg(timeout=0.1)
            if reply["parent_header"].get("msg_id") == sent:
                return bool(reply["content"]["user_expressions"]["it"]["data"]["text/plain"] == "True")
    return False


@pytest.mark.parametrize("name", [attack.__name__ for attack in HIDING])
def test_no_memory_can_be_hidden(name: str, isolated: Sandbox) -> None:
    with talk(isolated, resident=100 * MB) as kernel:
        assert not outlives(getattr(attacks, name), kernel)


@pytest.mark.parametrize("name", [attack.__name__ for attack in HIDING])
def test_memory_can_be_hidden_where_one_thing_is_left_out(name: str, weakened: Sandbox) -> None:
    attack = getattr(attacks, name)
    with weaker(weakened, HIDING[attack], resident=100 * MB) as kernel:
        assert outlives(attack, kernel)


def test_what_is_swapped_out_and_what_maps_memory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for process, text in {
        7: "RssAnon: 10 kB\nVmSwap: 20 kB\nVmPTE: 4 kB\nVmRSS: 99 kB\n",
        8: "RssShmem: 1 kB\n",
    }.items():
        (tmp_path / str(process)).mkdir()
        (tmp_path / str(process) / "status").write_text(text)
    monkeypatch.setattr(keeper, "PROC", str(tmp_path))
    assert keeper.used([7, 8, 9], 5 * 1024, allowed=10**9) == 30 * 1024
    assert keeper.used([7, 8, 9], 5 * 1024, allowed=0) == 35 * 1024  # nobody shows what is shared: none of it is
    for process in (7, os.getpid()):
        (tmp_path / str(process)).mkdir(exist_ok=True)
        (tmp_path / str(process) / "smaps_rollup").write_text("Anonymous: 9 kB\nPss_Anon: 3 kB\nSwapPss: 2 kB\n")
    assert keeper.used([7, 8, 9], 50 * 1024, allowed=-1 << 30) == (3 + 2 + 4 + 1 - 5) * 1024


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


EMPTY_FILES = """
count = 0
try:
    while count < 25_000:
        open(f"{count}", "w").close()
        count += 1
except OSError:
    pass
"""


def test_empty_files_cannot_fill_memory_either(isolated: Sandbox) -> None:
    with talk(isolated) as kernel:
        assert 10_000 < kernel.value(EMPTY_FILES, "count") <= 20_000


def test_empty_files_can_where_their_number_has_no_limit(weakened: Sandbox) -> None:
    with weaker(weakened, "files") as kernel:
        assert kernel.value(EMPTY_FILES, "count") == 25_000


SPIN = """
import resource, signal, time
def spin(seconds):
    while time.process_time() < seconds:
        pass
    return True
"""
IGNORING = "\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"


def test_processor_time_is_limited(isolated: Sandbox) -> None:
    with talk(isolated, cpu_seconds=1) as kernel:
        assert dies_of(kernel, SPIN + "spin(5)") == "died (signal 24)"
        assert kernel.kernel.seconds > 0.5
    with talk(isolated, cpu_seconds=1) as kernel:
        assert dies_of(kernel, SPIN + IGNORING + "spin(5)") == "died (signal 9)"


def test_processor_time_can_be_had_with_a_higher_limit(isolated: Sandbox) -> None:
    with talk(isolated, cpu_seconds=60) as kernel:
        assert kernel.value(SPIN, "spin(2.2)") is True


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


def test_a_process_outlives_its_kernel_where_nobody_ends_it(weakened: Sandbox) -> None:
    mark = f"{86_400 + os.getpid()}.0"
    with weaker(weakened, "world ending") as kernel:
        assert kernel.run(BACKGROUND.format(mark=mark))["status"] == "ok"
    left = running(mark)
    for process in left:
        psutil.Process(process).kill()
    assert len(left) == 2


STORM = "import os\nfor _ in range(40):\n    os.posix_spawn('/bin/sleep', ['sleep', '60'], {})"
COUNT = "sum(name.isdigit() for name in os.listdir('/proc'))"


def test_a_storm_is_over_with_its_cell(isolated: Sandbox) -> None:
    with talk(isolated) as kernel:
        kernel.run(STORM)
        assert kernel.value("", COUNT) == 2


def test_a_storm_goes_on_where_nobody_ends_it(weakened: Sandbox) -> None:
    with weaker(weakened, "storms") as kernel:
        kernel.run(STORM)
        assert kernel.value("", COUNT) == 42


LEAVE = """
import os
for place in ("/tmp", "/dev/shm", os.getcwd()):
    try:
        open(f"{place}/left-{MARK}", "w").close()
    except OSError:
        pass
"""
FIND = """
import os
found = [place for place in ("/tmp", "/dev/shm") if os.path.exists(f"{place}/left-{MARK}")]
found += ["home" for name in os.listdir(os.getcwd()) if name.startswith("left")]
"""
MARK = f"MARK = 'convcourse-{os.getpid()}'\n"


def left(sandbox: Sandbox) -> tuple[object, object]:
    """What a kernel leaves for one that runs beside it, and for the next one."""
    try:
        with talk(sandbox) as first:
            assert first.run(MARK + LEAVE)["status"] == "ok"
            with talk(sandbox) as other:
                beside = other.value(MARK + FIND, "found")
        with talk(sandbox) as second:
            return beside, second.value(MARK + FIND, "found")
    finally:
        for place in ("/tmp", "/dev/shm"):
            Path(place, f"left-convcourse-{os.getpid()}").unlink(missing_ok=True)


def test_no_file_reaches_the_next_kernel(isolated: Sandbox) -> None:
    assert left(isolated) == ([], [])


def test_a_file_reaches_the_next_kernel_without_isolation(exposed: Sandbox) -> None:
    assert left(exposed) == (["/tmp", "/dev/shm"],) * 2


CONFIGURE = """
import os
startup = get_ipython().profile_dir.startup_dir
os.makedirs(startup, exist_ok=True)
open(f"{startup}/left.py", "w").write("started = True")
"""


def test_no_configuration_reaches_the_next_kernel(isolated: Sandbox) -> None:
    with talk(isolated) as first:
        assert first.run(CONFIGURE)["status"] == "ok"
    with talk(isolated) as second:
        assert second.value("", "'started' in globals()") is False


def test_a_configuration_reaches_the_next_kernel_where_they_share_a_folder(weakened: Sandbox) -> None:
    with weaker(weakened, "places") as first:
        assert first.run(CONFIGURE)["status"] == "ok"
    with weaker(weakened, "places") as second:
        assert second.value("", "'started' in globals()") is True


PLANT = """
import importlib.util, os, py_compile
source, place = "source.py", {shown!r} + "/planted.py"
open(source, "w").write("value = 'theirs'")
try:
    py_compile.compile(source, importlib.util.cache_from_source(place), doraise=True,
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
except OSError:
    pass
os.unlink(source)
"""


@pytest.mark.parametrize("limit", [True, False], ids=["isolated", "exposed"])
def test_no_bytecode_reaches_the_next_kernel(limit: bool, isolated: Sandbox, exposed: Sandbox, shown: Path) -> None:
    sandbox = isolated if limit else exposed
    try:
        with talk(sandbox) as first:
            assert first.run(PLANT.format(shown=str(shown)))["status"] == "ok"
        with talk(sandbox) as second:
            found = second.value(f"import sys\nsys.path.insert(0, {str(shown)!r})\nimport planted", "planted.value")
    finally:
        for file in (shown / "__pycache__").iterdir():
            file.unlink()
    assert found == ("ours" if limit else "theirs")


def test_the_environment_tells_nothing(prisoner: Talk) -> None:
    found = prisoner.value("import os", "dict(os.environ)")
    assert SEED not in found.values()
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


def test_a_course_that_each_submission_would_hide_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "package", lambda name: Path("/tmp", "course", name))
    with pytest.raises(SandboxError, match="Move it elsewhere"):
        sandboxes.places()
