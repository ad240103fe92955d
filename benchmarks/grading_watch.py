"""Run a command, and watch what it and all that descends from it cost: time, processor time and memory.

Linux only, where the files in /proc tell it. Memory is the sum of PSS, in which a page that n processes share counts
1/n for each, so that the sum is what all of them together take. Processor time is that of user and system; it is taken
both from what the kernel has added up for the command when it has ended, and from the samples, and the larger counts:
either may miss a process, neither counts one twice.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
# To look takes time from what is looked at, and the more the more processes it has.
LOOK = 0.5  # seconds between two looks at processor time
WEIGH = 3.0  # seconds between two looks at memory
MOST = 400  # samples that are kept
LONGEST_WORD = 4000  # characters of what was said that are kept


@dataclass(frozen=True)
class Sample:
    """So many seconds after the start: processor seconds until then, and bytes of memory."""

    at: float
    cpu: float
    memory: int


@dataclass
class Watched:
    """What a command cost. `marks` are the seconds after the start at which a line came that the pattern fits, with the
    processor seconds until then; `guessed` is how many processes' memory could only be told without what they share."""

    seconds: float = 0.0
    cpu: float = 0.0
    cpu_told: float = 0.0
    cpu_sampled: float = 0.0
    memory: int = 0
    processes: int = 0
    guessed: int = 0
    code: int = 0
    marks: list[tuple[float, float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    said: str = ""

    def as_trial(self) -> dict[str, Any]:
        """What is kept of it."""
        told = asdict(self)
        del told["said"]
        told["samples"] = [[round(s.at, 2), round(s.cpu, 2), s.memory] for s in thinned(self.samples)]
        told["marks"] = [[round(at, 2), round(cpu, 2)] for at, cpu in self.marks]
        return told


def thinned(samples: Sequence[Sample], most: int = MOST) -> list[Sample]:
    """At most so many of them, evenly, the last one among them."""
    step = -(-len(samples) // most) or 1
    return list(samples[::-1][::step][::-1])


@dataclass(frozen=True)
class Process:
    """A line of /proc/PID/stat: `own` is its processor time, `ended` that of its children which it has waited for."""

    pid: int
    parent: int
    own: float
    ended: float
    begun: int


def parse(stat: str) -> Process:
    """A process from its line; the name in it may hold blanks and brackets. Raises ValueError for no such line."""
    head, _, rest = stat.rpartition(")")
    words = rest.split()
    if len(words) < 20:
        raise ValueError(f"not a line of a stat file: {stat!r}")
    user, system, ended_user, ended_system = (int(word) / TICKS for word in words[11:15])
    return Process(int(head.split()[0]), int(words[1]), user + system, ended_user + ended_system, int(words[19]))


def processes(proc: Path = PROC) -> list[Process]:
    """All that run."""
    found = []
    for entry in os.listdir(proc):
        if entry.isdigit():
            with suppress(OSError, ValueError):  # it has just ended
                found.append(parse((proc / entry / "stat").read_text()))
    return found


def family(all_of_them: Iterable[Process], known: Mapping[int, int], root: int) -> list[Process]:
    """The process `root` and all that descend from it; and those that were `known` to (pid → begin), though their
    parents may have ended since."""
    by_parent: dict[int, list[Process]] = {}
    found: dict[int, Process] = {}
    for process in all_of_them:
        by_parent.setdefault(process.parent, []).append(process)
        if process.pid == root or known.get(process.pid) == process.begun:
            found[process.pid] = process
    waiting = list(found.values())
    while waiting:
        for child in by_parent.get(waiting.pop().pid, ()):
            if child.pid not in found:
                found[child.pid] = child
                waiting.append(child)
    return list(found.values())


def memory(pid: int, proc: Path = PROC) -> tuple[int, bool]:
    """The bytes that a process has, its share of what it shares among them; and whether that could be told. Where it
    may not be asked, what it has for itself."""
    with suppress(OSError):
        for line in (proc / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024, True
    with suppress(OSError):
        _, resident, shared = (proc / str(pid) / "statm").read_text().split()[:3]
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE"), False
    return 0, True


class Scales:
    """Adds up what a process and its descendants have taken so far."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.watched = Watched()
        self._known: dict[int, int] = {}
        self._cpu = 0.0

    def look(self, at: float, *, weigh: bool) -> None:
        """Take a sample; memory only where it is to be weighed, as that costs time itself."""
        here = family(processes(), self._known, self.root)
        self._known |= {process.pid: process.begun for process in here}
        self._cpu = max(self._cpu, sum(process.own + process.ended for process in here))
        self.watched.cpu_sampled = self._cpu
        if not weigh or not here:
            return
        told = [memory(process.pid) for process in here]
        total = sum(size for size, _ in told)
        if total > self.watched.memory:
            self.watched.memory, self.watched.processes = total, len(here)
        self.watched.guessed = max(self.watched.guessed, sum(size > 0 and not known for size, known in told))
        self.watched.samples.append(Sample(at, self._cpu, total))


def watch(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    pattern: str = "",
    tell: Callable[[int], None] = lambda count: None,
) -> Watched:
    """Run a command to its end and watch it. `tell` is told how many lines have come that fit the pattern."""
    fits = re.compile(pattern) if pattern else None
    start = time.perf_counter()
    run = subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert run.stdout is not None
    scales, marks, rest, said = Scales(run.pid), list[tuple[float, float]](), b"", b""
    looked = weighed = -1e9
    os.set_blocking(run.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(run.stdout, selectors.EVENT_READ)
        ended = False
        while not ended:
            now = time.perf_counter() - start
            if now - looked >= LOOK:
                looked = now
                scales.look(now, weigh=now - weighed >= WEIGH)
                weighed = now if now - weighed >= WEIGH else weighed
            if selector.select(LOOK):
                part = run.stdout.read(1 << 16)
                ended = part == b""
                said = (said + (part or b""))[-LONGEST_WORD:]
                *lines, rest = (rest + (part or b"")).split(b"\n")
                found = sum(bool(fits and fits.search(line.decode(errors="replace"))) for line in lines)
                if found:
                    now = time.perf_counter() - start
                    scales.look(now, weigh=False)
                    marks += [(now, scales.watched.cpu_sampled)] * found
                    tell(len(marks))
    scales.look(time.perf_counter() - start, weigh=False)
    _, status, spent = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    watched = scales.watched
    watched.seconds = time.perf_counter() - start
    watched.cpu_told = spent.ru_utime + spent.ru_stime
    watched.cpu = max(watched.cpu_told, watched.cpu_sampled)
    watched.code, watched.marks, watched.said = run.returncode, marks, said.decode(errors="replace")
    run.stdout.close()
    return watched
