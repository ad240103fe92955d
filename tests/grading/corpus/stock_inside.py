"""Runs inside the wrapper of a stock marking: marks one submission as nbgrader comes, and says what happened.

Usage: python -m tests.grading.corpus.stock_inside COURSE STUDENT ASSIGNMENT. Writes COURSE/marked.json.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from tests.grading.corpus.traces import left_over, listening


def mark(root: str, student: str, assignment: str) -> None:
    """`nbgrader autograde` and `nbgrader generate_feedback`, with nothing changed but where things lie."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # a check of URLs that takes a second
    from nbgrader.apps import AutogradeApp
    from nbgrader.apps.api import NbGraderAPI

    os.chdir(root)
    app = AutogradeApp()
    app.initialize([], root=root)
    api = NbGraderAPI(coursedir=app.coursedir, parent=app)
    outcome = api.autograde(assignment, student, force=True)
    said = outcome.get("log", "") + outcome.get("error", "") if not outcome["success"] else ""
    Path("autograde.log").write_text(said[-3000:], encoding="utf-8")
    if outcome["success"]:
        outcome = api.generate_feedback(assignment, student, force=True)
        said = outcome.get("log", "") + outcome.get("error", "") if not outcome["success"] else ""
        Path("feedback.log").write_text(said[-3000:], encoding="utf-8")


def main(root: str, student: str, assignment: str) -> None:
    """Mark in a process of its own, as a submission may end it, then look round."""
    os.setsid()  # a submission that signals its group leaves this process alone
    with listening() as came:
        worker = multiprocessing.get_context("spawn").Process(target=mark, args=(root, student, assignment))
        worker.start()
        worker.join()
    report = {"exit": worker.exitcode, "came": len(came), "left": left_over(Path(tempfile.gettempdir()))}
    Path(root, "marked.json").write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
