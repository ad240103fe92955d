"""A small class for tests of the engine: its course, its work, and its gradebook as plain rows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from sqlalchemy import MetaData, create_engine
from test_grade import DOUBLING, HERE, LESS, RIGHT, add_lesson, hand_in, lesson

STUDENTS = {
    "ada": RIGHT,
    "bela": LESS,
    "carl": "def double(x:",
    "dina": "def double(x):\n    return x / 0",
    "emmy": f"import time\ntime.sleep(0.3)\n{RIGHT}",
    "fred": f"print('a' * 1000)\n{RIGHT}",
}
TIMES = {"timestamp", "duedate", "extension"}
MADE = re.compile(r"[0-9a-f]{32}")  # an id that nbgrader drew at random
GRADE = [sys.executable, "-c", "from autograder.cli import main; main()", "grade"]


def course(root, students=STUDENTS, **changes):
    """A course with a class that has handed in; `changes` go around or in place of an answer."""
    root.mkdir(exist_ok=True, parents=True)
    shutil.copy(HERE / "nbgrader_config.py", root)
    add_lesson(root, DOUBLING, lesson("doubling"))
    for student, answer in {**students, **changes}.items():
        hand_in(root, student, DOUBLING, {"answer-double": answer, "manual-why": f"Says {student}."})
    # The same secret for all, or no two classes could have the same rows.
    (root / ".marking").mkdir(mode=0o700)
    (root / ".marking" / "seed").write_text("for tests\n")
    return root


def sqlite(root):
    return f"sqlite:///{root / 'gradebook.db'}"


def rows(url):
    """Table → its rows, sorted, with what they refer to in place of ids drawn at random, and without times."""
    engine = create_engine(url)
    meta = MetaData()
    meta.reflect(engine)
    with engine.connect() as connection:
        held = {
            name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for name, table in meta.tables.items()
        }
    engine.dispose()
    by_id = {(name, row["id"]): row for name, kept in held.items() for row in kept if "id" in row}

    def plain(name, row):
        table, found = meta.tables[name], []
        for column in table.columns:
            value = row[column.name]
            if column.name in TIMES:
                continue
            target = next((key.column.table.name for key in column.foreign_keys), None)
            if target and value is not None:
                value = plain(target, by_id[target, value])
            elif column.primary_key and (isinstance(value, int) or MADE.fullmatch(str(value))):
                continue
            found.append((column.name, value))
        return tuple(sorted(found, key=lambda item: item[0]))

    return {name: sorted((plain(name, row) for row in kept), key=repr) for name, kept in held.items()}


def start(root, *options, **more):
    """`autograder grade`, running."""
    return subprocess.Popen(
        [*GRADE, *options],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **more,
    )


def finish(root, *options, **more):
    """`autograder grade` to its end: whether all was marked, and what it said."""
    run = start(root, *options, **more)
    said, _ = run.communicate(timeout=300)
    return run.returncode == 0, said


def wait_until(condition, seconds=120.0):
    """Raises AssertionError where it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)
    return found


def below(pid):
    """All processes that a process has started, and those that they have."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def command(process):
    """What a process was started with; nothing where it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def kill(run):
    """SIGKILL one process, and only that. Returns what it had started, which must end by itself."""
    started = below(run.pid)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=60)
    return started


def gone(processes, seconds=20.0):
    """Raises AssertionError unless all of these end."""
    wait_until(lambda: not any(each.is_running() and each.status() != "zombie" for each in processes), seconds)


def entries(root: Path):
    """What is kept of notebooks that have run."""
    return sorted((root / ".marking" / "cache").rglob("*.json.gz"))
