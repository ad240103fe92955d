"""Marking by nbgrader as it comes, for comparison: each submission alone, wrapped up so that it harms nobody."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.grading.corpus import Specimen
from tests.grading.corpus.classroom import (
    CONTROLS,
    Canaries,
    changed,
    files,
    hand_in,
    make,
    points,
    scripts,
)
from tests.grading.corpus.notebooks import NAMES, ROOT
from tests.grading.corpus.outcome import STOCK, Marked

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "corpus"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", "*.log"]
"""
ADDRESSES = 8_000_000_000  # bytes of address space for each process


class Template:
    """A stock course whose gradebook knows every assignment and the control students' marks, to be copied."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.canaries: Canaries = make(root)
        (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
        for name in NAMES.values():
            command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--force"]
            subprocess.run(command, cwd=root, env=environment(), check=True, capture_output=True)
        for number, student in CONTROLS.items():
            _wrapped(root, student, NAMES[number], 300)
        self.controls = {student: points(root, student, NAMES[number]) for number, student in CONTROLS.items()}
        if not all(self.controls.values()):
            raise RuntimeError(f"the stock marking does not even mark honest work: {self.controls}")
        for folder in ("autograded", "feedback"):
            shutil.rmtree(root / folder, ignore_errors=True)

    def mark(self, specimen: Specimen, seconds: float) -> Marked:
        """Mark one specimen in a copy of the course."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="stock-", ignore_cleanup_errors=True) as place:
            root = Path(place) / "course"
            shutil.copytree(self.root, root, symlinks=True)
            hand_in(root, specimen)
            before = files(root)
            ended = _wrapped(root, specimen.name, specimen.assignment, seconds)
            effects = [] if ended else ["the marking never ended"]
            report = {"exit": None, "came": 0, "left": []}
            with suppress(OSError, ValueError):
                report = json.loads((root / "marked.json").read_text())
            if ended and report["exit"] != 0:
                effects.append("the marking process was ended")
            effects += ["reached the network"] * bool(report["came"]) + report["left"]
            try:
                scores = points(root, specimen.name, specimen.assignment)
                for number, student in CONTROLS.items():
                    if points(root, student, NAMES[number]) != self.controls[student]:
                        effects.append("changed another student's mark")
            except Exception:  # what was done to the gradebook has no end
                scores = {}
                effects.append("broke the gradebook")
            effects += changed(before, files(root))
            if scripts(root / "feedback"):
                effects.append("its script acts in the feedback page")
            seen = sorted({*self.canaries.seen(root / "autograded"), *self.canaries.seen(root / "feedback")})
            failure = ""
            with suppress(OSError):
                failure = (root / "autograde.log").read_text()[-300:]
        return Marked(specimen.name, STOCK, scores, seen, effects, [], failure, time.monotonic() - started)


def environment() -> dict[str, str]:
    """The environment of whoever marks, with this Python's programs first and nothing of our own marking."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CONVCOURSE", "NBGRADER"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CONVCOURSE_DATA": "sample", "MPLBACKEND": "agg"}
    return kept | threads | {"PATH": path, "PYTHONPATH": str(ROOT)}


def _wrapped(root: Path, student: str, assignment: str, seconds: float) -> bool:
    """Mark in a wrapper without network, in which only the course can be written. Returns whether it came to an end."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise RuntimeError("stock nbgrader must be wrapped up, as specimens do harm: apt install bubblewrap")
    own = [*("--ro-bind", "/", "/", "--tmpfs", tempfile.gettempdir()), "--bind", str(root), str(root)]
    if ROOT.is_relative_to(tempfile.gettempdir()):
        own += ["--ro-bind", str(ROOT), str(ROOT)]
    apart = ["--unshare-all", "--proc", "/proc", "--dev", "/dev", "--die-with-parent", "--new-session"]
    program = [sys.executable, "-m", "tests.grading.corpus.stock_inside", str(root), student, assignment]
    limited = ["prlimit", f"--as={ADDRESSES}", "--", *program]
    run = subprocess.Popen(
        [bwrap, *own, *apart, *limited],
        cwd=root,
        env=environment() | {"HOME": tempfile.gettempdir()},  # where nothing of the course lies
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return False
    return True
