"""What students' own cells need: the processor time of the cells of some students in bare forked kernels.

No messages, no sandbox, no checks: a process that has imported what a kernel imports is forked, and the child gives the
sources of the code cells to IPython one after the other. Whatever marking needs beyond this is its own.

Usage: python -m benchmarks.grading_cells STUDENT… (numbers). Prints a line for each, and at last a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autograder.grading.inside import kernel, server
from benchmarks.grading_class import notebook_of, without_checks


def spent() -> float:
    """Processor seconds of this process and its children so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def in_a_fork(sources: Sequence[str]) -> float:
    """Processor seconds that the cells need in a forked kernel of their own. Raises ChildProcessError if it ends."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.write(writing, str(run(sources)).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise ChildProcessError("the cells have ended the process that ran them")
    return float(told)


def run(sources: Sequence[str]) -> float:
    """Be a kernel, run the cells, and say what processor time they took."""
    with tempfile.TemporaryDirectory() as folder:
        listeners = {}
        for channel in kernel.CHANNELS:
            made = socket.socket(socket.AF_UNIX)
            made.bind(str(Path(folder, channel)))
            made.listen()
            listeners[channel] = made.detach()
        app = kernel.make(b"", listeners)
        before = spent()
        for source in sources:
            app.shell.run_cell(source, store_history=True)
        return spent() - before


def main() -> None:
    """Measure the students named."""
    server.prepare()
    seconds = []
    for word in sys.argv[1:]:
        seconds.append(in_a_fork(without_checks(notebook_of(int(word)))))
        print(f"cells {word} {seconds[-1]:.3f}", flush=True)
    print(json.dumps({"cells": seconds}))


if __name__ == "__main__":
    main()
