"""Where marking spends its time: clocks around its functions, in the process that saves and in those that mark.

A clock counts what passes in its own function alone: what a function with a clock spends in another one with a clock
counts there. Each process appends what its clocks say to a file of its own, as a line of JSON for each notebook.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITER, WORKER = "saving", "marking"

# (which process, what it is called in the report, where the function is)
CLOCKS: tuple[tuple[str, str, str], ...] = (
    (WORKER, "starting the sandbox, once", "autograder.grading.sandbox:Sandbox.start"),
    (WORKER, "forking a kernel", "autograder.grading.sandbox:Sandbox.fork"),
    (WORKER, "greeting the kernel", "autograder.grading.kernels:Kernel._greet"),
    (WORKER, "the student's cells", "autograder.grading.kernels:Kernel.execute"),
    (WORKER, "questions to the kernel", "autograder.grading.kernels:Kernel.ask"),
    (WORKER, "judging", "autograder.grading.running:judge"),
    (WORKER, "looking for forbidden calls", "autograder.grading.forbidden:find"),
    (WORKER, "ending the kernel", "autograder.grading.kernels:Kernel.close"),
    (WORKER, "the rest of running", "autograder.grading.running:run"),
    (WORKER, "reading and writing notebooks", "autograder.grading.pool:perform"),
    (WRITER, "repair, for running", "autograder.grading.marking:prepare"),
    (WRITER, "waiting for marked notebooks", "autograder.grading.pool:wait"),
    (WRITER, "keeping what was run", "autograder.grading.cache:store"),
    (WRITER, "finding what was run", "autograder.grading.cache:load"),
    (WRITER, "repair, for nbgrader", "autograder.grading.converter:RepairingAutograde._repair_all"),
    (WRITER, "nbgrader: its steps on the notebook", "nbconvert.exporters.exporter:Exporter._preprocess"),
    (WRITER, "nbgrader: saving the marks", "nbgrader.preprocessors:SaveAutoGrades.preprocess"),
    (WRITER, "nbgrader: the rest of autograde", "nbgrader.apps.api:NbGraderAPI.autograde"),
    (WRITER, "the feedback page", "autograder.reports.generate:FeedbackPage.from_notebook_node"),
    (WRITER, "nbgrader: the rest of feedback", "nbgrader.apps.api:NbGraderAPI.generate_feedback"),
    (WRITER, "reading the marks back", "autograder.grading.marking:save"),
    (WRITER, "keeping the record", "autograder.grading.record:save"),
)


@dataclass
class Spent:
    """Seconds by the clock and of the processor, and the number of calls."""

    seconds: float = 0.0
    cpu: float = 0.0
    calls: int = 0


@dataclass
class Book:
    """What the clocks of a process have counted since it was last written down."""

    spent: dict[str, Spent] = field(default_factory=dict)
    _open: list[list[float]] = field(default_factory=list)  # what passed within each function that has not ended

    def clocked(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a clock."""

        @functools.wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            within = [0.0, 0.0]
            self._open.append(within)
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*args, **options)
            finally:
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                self._open.pop()
                entry = self.spent.setdefault(name, Spent())
                entry.seconds += wall - within[0]
                entry.cpu += cpu - within[1]
                entry.calls += 1
                if self._open:
                    self._open[-1][0] += wall
                    self._open[-1][1] += cpu

        return call

    def add(self, name: str, cpu: float) -> None:
        """Count processor time that passed elsewhere."""
        entry = self.spent.setdefault(name, Spent())
        entry.cpu += cpu
        entry.calls += 1

    def write(self, folder: Path, who: str) -> None:
        """Append it to this process's file in the folder, and begin anew."""
        told = {name: [entry.seconds, entry.cpu, entry.calls] for name, entry in self.spent.items()}
        with (folder / f"{who}-{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"who": who, "process": os.getpid(), "spent": told}) + "\n")
        self.spent.clear()


def place(where: str) -> tuple[Any, str, Any]:
    """What holds a function, its name there, and the function: of "module:name" or "module:Class.name".

    Raises AttributeError or ImportError where there is none.
    """
    module, _, path = where.partition(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for word in outer:
        holder = getattr(holder, word)
    return holder, name, getattr(holder, name)


def install(folder: Path, who: str) -> Book:
    """Put the clocks of such a process in place."""
    book = Book()
    book.add("starting Python and importing", time.process_time())
    for process, name, where in CLOCKS:
        if process == who:
            holder, attribute, function = place(where)
            setattr(holder, attribute, book.clocked(name, function))
    if who == WORKER:
        from autograder.grading import kernels, pool

        close, perform = kernels.Kernel.close, pool.perform

        def close_and_count(self: kernels.Kernel) -> None:
            close(self)
            book.add(IN_KERNEL, self._process.seconds)

        def perform_and_write(work: pool.Work) -> pool.Done:
            try:
                return perform(work)
            finally:
                book.write(folder, who)

        kernels.Kernel.close = close_and_count  # type: ignore[method-assign]
        pool.perform = functools.update_wrapper(perform_and_write, perform)
    else:
        atexit.register(book.write, folder, who)
    return book


IN_KERNEL = "inside the kernel"


def read(folder: Path) -> dict[str, dict[str, list[float]]]:
    """What all processes of a run have written: process kind → name → [seconds, cpu, calls]."""
    found: dict[str, dict[str, list[float]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            for name, values in told["spent"].items():
                entry = found.setdefault(told["who"], {}).setdefault(name, [0.0, 0.0, 0.0])
                found[told["who"]][name] = [a + b for a, b in zip(entry, values, strict=True)]
    return found


def order(names: Sequence[str]) -> list[str]:
    """Names in the order of the clocks, others last."""
    known = {name: number for number, (_, name, _) in enumerate(CLOCKS)}
    return sorted(names, key=lambda name: known.get(name, len(known)))
