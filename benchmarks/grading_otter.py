"""Marking by otter-grader: run by the Python of otter's own environment, which has nothing of ours but the checks.

Usage: python -m benchmarks.grading_otter TESTS.zip NOTEBOOK… It calls otter's own `grade_submission` for each notebook,
all in one process, which saves it the start of `otter run` for every one. Prints a line before each, and at last a line
of JSON with the points.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Mark the notebooks named."""
    grade = importlib.import_module("otter.api").grade_submission
    tests, *notebooks = sys.argv[1:]
    points = {}
    for name in notebooks:
        print(f"otter begins {Path(name).stem}", flush=True)
        with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
            results = grade(name, tests, quiet=True)
        points[Path(name).stem] = float(results.total)
    print(json.dumps({"points": points}))


if __name__ == "__main__":
    main()
