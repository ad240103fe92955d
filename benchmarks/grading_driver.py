"""`autograder grade` with something changed for measuring: without feedback pages, or with clocks in all its processes.

Usage: python -m benchmarks.grading_driver marks|pages [FOLDER], in the folder of a course. With FOLDER its processes
write there what their clocks say. Those that it starts import this module too, before anything else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks import grading_times as times

CLOCKS = "BENCHMARKS_CLOCKS"  # the folder, for the processes that are started
JOBS = 2

if __name__ == "__mp_main__" and os.environ.get(CLOCKS):  # a process that was started for marking
    times.install(Path(os.environ[CLOCKS]), times.WORKER)


def main() -> None:
    """Mark the course in the current folder with two processes."""
    what, *folders = sys.argv[1:]
    if folders:
        os.environ[CLOCKS] = folders[0]
        times.install(Path(folders[0]), times.WRITER)
    if what == "marks":
        from nbgrader.apps.api import NbGraderAPI

        NbGraderAPI.generate_feedback = lambda *args, **options: {"success": True, "log": ""}
    from autograder.cli import main as autograder

    autograder(["grade", "--jobs", str(JOBS)])


if __name__ == "__main__":
    main()
