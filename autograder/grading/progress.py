"""How far a run is: a bar on a terminal, a line for each result anywhere else, or JSON for programs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from autograder.grading import table
from autograder.grading.marking import Result
from autograder.grading.submissions import Fault, ascii_control_free

FIRST = 3  # results before a speed is told: the first ones wait for the processes to start


class Reporter(Protocol):
    """Who is told how far a run is."""

    def start(self, count: int, unchanged: int) -> None:
        """So many submissions are to be marked, so many are as they were."""

    def fault(self, fault: Fault) -> None:
        """Something in submitted/ is nobody's work, or nobody can tell whose: people are told by `grade` itself."""

    def result(self, result: Result) -> None:
        """One is done."""

    def end(self, failures: int, stopped: bool) -> None:
        """It is over, by itself or because it was stopped."""


def followed(reporter: Reporter, results: Iterator[Result]) -> Iterator[Result]:
    """Pass the results on, and tell of each when it has been dealt with."""
    for result in results:
        yield result
        reporter.result(result)


def reporter(console: Console, machine: TextIO | None = None) -> Reporter:
    """For programs where a stream is given for them, else for people."""
    if machine is not None:
        return Machine(machine)
    return Bar(console) if console.is_terminal else Lines(console)


def outcome(result: Result) -> str:
    """How one went, in a few words."""
    if result.failure:
        return f"failed: {result.failure}"
    marks = f"{result.score:g}/{result.maximum:g}"
    return f"{marks}, {table.waiting(result.by_hand)}" if result.by_hand else marks


def speed(done: int, count: int, seconds: float) -> str:
    """Per minute, and the time that is left; nothing as long as too few are done to tell."""
    if done < FIRST or seconds <= 0:
        return ""
    left = round((count - done) * seconds / done)
    hours, minutes = divmod(left // 60, 60)
    clock = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
    return f"{60 * done / seconds:.0f} a minute, {clock} left"


class Lines:
    """A line for each result."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._count, self._done = 0, 0

    def start(self, count: int, unchanged: int) -> None:
        """Say how many."""
        self._count = count
        if count:
            noun = "submission" if count == 1 else "submissions"
            self._say(f"Marking {count} {noun}.")

    def fault(self, fault: Fault) -> None:
        """Nothing: `grade` tells of it."""

    def result(self, result: Result) -> None:
        """Say how it went."""
        self._done += 1
        self._say(f"{self._done}/{self._count} {_name(result)} {outcome(result)}")

    def end(self, failures: int, stopped: bool) -> None:
        """Nothing: what comes of it all is told elsewhere."""

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)  # no markup, no colouring of numbers, no breaking of names


class Bar:
    """A bar that moves, with what can be told of the speed, and the last result."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stack = contextlib.ExitStack()
        self._bar: Progress | None = None
        self._began, self._failures = 0.0, 0

    def start(self, count: int, unchanged: int) -> None:
        """Show the bar."""
        if count:
            last = TextColumn("{task.fields[last]}", markup=False)
            columns = (TextColumn("Marking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), _Speed(), last)
            self._bar = self._stack.enter_context(Progress(*columns, console=self._console, transient=True))
            self._bar.add_task("", total=count, last="", speed="", failures="")
            self._began = self._clock()

    def fault(self, fault: Fault) -> None:
        """Nothing: `grade` tells of it."""

    def result(self, result: Result) -> None:
        """Move the bar."""
        if self._bar is None:
            return
        task = self._bar.tasks[0]
        self._failures += bool(result.failure)
        failures = f", {self._failures} failed" if self._failures else ""
        said = speed(int(task.completed) + 1, int(task.total or 0), self._clock() - self._began)
        last = f"{_name(result)} {outcome(result)}"
        self._bar.update(task.id, advance=1, last=last, speed=said, failures=failures)

    def end(self, failures: int, stopped: bool) -> None:
        """Take the bar away."""
        self._stack.close()


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        words = f"{task.fields['speed']}{task.fields['failures']}".removeprefix(", ")
        return Text(words, "red" if task.fields["failures"] else "")


class Machine:
    """One JSON object a line: "start", each "fault" and each "result", and "end" with the totals."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._began = time.monotonic()
        self._marked, self._failed, self._unchanged, self._faults, self._ended = 0, 0, 0, 0, False

    def start(self, count: int, unchanged: int) -> None:
        """{"event": "start", "count": …, "unchanged": …}"""
        self._unchanged = unchanged
        self._write(event="start", count=count, unchanged=unchanged)

    def fault(self, fault: Fault) -> None:
        """{"event": "fault", "path": …, "reason": …, "student": …, "assignment": …}: "" where nobody can tell whose."""
        self._faults += 1
        self._write(event="fault", **dataclasses.asdict(fault))

    def result(self, result: Result) -> None:
        """{"event": "result", "student": …, "assignment": …, "marked": …, …}: no score where it is not marked."""
        about: dict[str, Any] = {"student": result.job.student, "assignment": result.job.assignment}
        if result.failure:
            self._failed += 1
            self._write(event="result", **about, marked=False, failure=result.failure)
            return
        self._marked += 1
        marks = {"score": result.score, "maximum": result.maximum, "to_mark_by_hand": result.by_hand}
        self._write(event="result", **about, marked=True, **marks, notes=list(result.notes))

    def end(self, failures: int, stopped: bool) -> None:
        """{"event": "end", "marked": …, "unchanged": …, "failed": …, "faults": …, "stopped": …, "seconds": …}"""
        if self._ended:
            return
        self._ended = True
        counts = {"marked": self._marked, "unchanged": self._unchanged, "failed": max(failures, self._failed)}
        seconds = round(time.monotonic() - self._began, 3)
        self._write(event="end", **counts, faults=self._faults, stopped=stopped, seconds=seconds)

    def _write(self, **what: Any) -> None:
        self._stream.write(json.dumps(what) + "\n")  # ASCII: no name can break a line or a terminal
        self._stream.flush()


def _name(result: Result) -> str:
    return f"{ascii_control_free(result.job.student)} {result.job.assignment}"
