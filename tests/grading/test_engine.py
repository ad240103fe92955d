"""The engine: killed at any moment it goes on, it runs again only what has to be, and nothing of it stays behind."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
import small_class as small
from rich.console import Console
from test_grade import DOUBLING, HERE, LESS, RIGHT, hand_in, mark, scores

from autograder.checks import CHECKS
from autograder.grading import cache, marking, pool, progress, record, sandbox, sources
from autograder.grading.limits import LIMITS
from autograder.grading.marking import Job, Result


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A class that was marked in one go."""
    root = small.course(tmp_path_factory.mktemp("undisturbed") / "course")
    complete, said = small.finish(root, "--workers", "1")
    assert complete, said
    assert len(small.entries(root)) == len(small.STUDENTS)
    return root


@pytest.fixture
def copy(undisturbed, tmp_path):
    return shutil.copytree(undisturbed, tmp_path / "course")


@pytest.fixture
def nothing_runs(monkeypatch):
    """Make it an error to start processes or a kernel."""

    def refuse(*_arguments, **_options):
        raise AssertionError("something was run")

    monkeypatch.setattr(pool, "ProcessPoolExecutor", refuse)
    monkeypatch.setattr(sandbox.Sandbox, "fork", refuse)


@pytest.fixture
def runs(monkeypatch):
    """The students whose notebooks are run, which here is only noted: what comes back is the notebook itself."""
    ran = []

    def run(works, _count, _log, _lent):
        for work in works:
            says = [cell.source for cell in nbformat.reads(work.notebook, as_version=4).cells if "Says" in cell.source]
            ran.append(says[0].removeprefix("Says ").removesuffix("."))
            yield pool.Done(work, work.notebook)

    monkeypatch.setattr(pool, "on_processes", run)
    return ran


# --- killed ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_engine_killed_again_and_again_gives_the_same_gradebook(undisturbed, tmp_path):
    root = small.course(tmp_path / "course")
    moments = {
        "the gradebook is being made": lambda: (root / "gradebook.db").exists(),
        "notebooks are running": lambda: len(small.entries(root)) >= 2,
        "marks are being saved": lambda: len(list((root / "autograded").glob("*/*/*.ipynb"))) >= 3,
        "a page is being written": lambda: len(list((root / "feedback").glob("*/*/*.html"))) >= 4,
    }
    kept = 0
    for moment in moments.values():
        run = small.start(root, "--workers", "1")
        small.wait_until(moment)
        assert run.poll() is None
        small.gone(small.kill(run))
        assert len(small.entries(root)) >= kept  # what was run is never lost
        kept = len(small.entries(root))
    complete, said = small.finish(root, "--workers", "1")
    assert complete, said
    assert small.rows(small.sqlite(root)) == small.rows(small.sqlite(undisturbed))
    assert len(small.entries(root)) == len(small.STUDENTS)


def test_a_killed_marking_process_costs_nobody_a_mark(undisturbed, tmp_path):
    root = small.course(tmp_path / "course")
    run = small.start(root, "--workers", "1")
    small.wait_until(lambda: small.entries(root))
    workers = [child for child in psutil.Process(run.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 1
    started = workers[0].children(recursive=True)
    workers[0].kill()
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    small.gone(started)
    assert small.rows(small.sqlite(root)) == small.rows(small.sqlite(undisturbed))


@pytest.mark.parametrize("options", [(), ("--no-sandbox",)])
def test_what_a_killed_engine_was_running_ends_by_itself(tmp_path, options):
    sign = tmp_path / "running"
    answer = f"import time\ntry:\n    open({str(sign)!r}, 'w')\nexcept OSError:\n    pass\ntime.sleep(300)\n{RIGHT}"
    root = small.course(tmp_path / "course", {"slow": answer})
    run = small.start(root, "--workers", "1", *options)

    def kernel_runs():
        served = [each for each in small.below(run.pid) if "inside.server" in " ".join(small.command(each))]
        return sign.exists() or (not options and len(served) >= 3)  # a sandboxed one cannot make the file

    small.wait_until(kernel_runs)
    started = small.kill(run)
    assert len(started) >= 3
    small.gone(started, seconds=10)


def test_a_gradebook_whose_making_was_cut_short_is_completed(copy, undisturbed):
    import sqlite3

    (copy / ".marking" / "graded.json").unlink()
    (copy / "gradebook.db").unlink()
    from nbgrader.api import Base
    from sqlalchemy import create_engine

    engine = create_engine(small.sqlite(copy))
    Base.metadata.create_all(engine)  # where nbgrader is before it asks for the version
    engine.dispose()
    complete, said = small.finish(copy)
    assert complete, said
    with sqlite3.connect(copy / "gradebook.db") as book:
        assert book.execute("SELECT COUNT(*) FROM alembic_version").fetchone() == (1,)
    assert small.rows(small.sqlite(copy)) == small.rows(small.sqlite(undisturbed))


def test_half_written_and_damaged_entries_do_not_count(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    cache.store(tmp_path, "ab12", nbformat.writes(notebook))
    assert cache.load(tmp_path, "ab12").cells[0].source == "1"
    (entry,) = tmp_path.rglob("*.gz")
    whole = entry.read_bytes()
    for damaged in (b"", whole[:20], whole[:-9], whole[:12] + b"\xff" * 8 + whole[20:], gzip.compress(b"[1]")):
        entry.write_bytes(damaged)
        assert cache.load(tmp_path, "ab12") is None
    new, old = entry.with_name("new.tmp"), entry.with_name("old.tmp")
    new.write_text("")
    old.write_text("")
    os.utime(old, (time.time() - 2 * cache.STALE,) * 2)
    cache.tidy(tmp_path)
    assert new.exists()
    assert not old.exists()


# --- what runs again ------------------------------------------------------------------------------------------------


def test_a_second_run_runs_nothing_and_imports_no_torch(copy):
    code = """
import sys
from autograder.grading import pool, sandbox
def refuse(*_arguments, **_options):
    raise AssertionError("something was run")
pool.ProcessPoolExecutor = sandbox.Sandbox.fork = refuse
from autograder.cli import main
main(["grade"], standalone_mode=False)
print("imported", [name for name in ("torch", "distributed", "numpy") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=True)
    assert f"{len(small.STUDENTS)} submissions unchanged" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "imported []"


def test_what_is_kept_is_saved_without_running(copy, undisturbed, nothing_runs):
    (copy / ".marking" / "graded.json").unlink()
    (copy / "gradebook.db").unlink()
    complete, said = mark(copy)
    assert complete, said
    assert "Marking 6 submissions." in said
    assert small.rows(small.sqlite(copy)) == small.rows(small.sqlite(undisturbed))


def test_a_new_file_runs_just_that_one_and_force_runs_all(copy, runs):
    hand_in(copy, "bela", DOUBLING, {"answer-double": RIGHT, "manual-why": "Says bela."})
    mark(copy)
    assert runs == ["bela"]
    runs.clear()
    mark(copy)
    assert runs == []
    mark(copy, force=True)
    assert sorted(runs) == sorted(small.STUDENTS)


def test_a_fault_of_our_own_is_told_of_one_and_hurts_nobody_else(monkeypatch):
    from autograder.grading import running

    def fails(*_arguments):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(running, "run", fails)
    work = pool.Work("", nbformat.writes(nbformat.v4.new_notebook()), "", LIMITS, True)
    assert pool.perform(work).failure == "the marking itself failed (ZeroDivisionError: oh)"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of our own sources, to be changed."""
    for module in (sources.autograder, sources.convcourse):
        name = module.__name__
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE / name, tmp_path / name, ignore=ignore)
        monkeypatch.setattr(module, "__file__", str(tmp_path / name / "__init__.py"))
    return tmp_path


def notebook(name):
    """The JSON of a solved notebook of the course."""
    return HERE / "solutions" / name / f"{name}.ipynb"


LESSONS = ("02_convolution", "03_pooling", "05_birds_vs_airplanes")


def changed(package, *files):
    """Which lessons' notebooks run again, and which are saved again, when a line is added to these files."""

    def now():
        seen = {}
        for name in LESSONS:
            solved = nbformat.read(notebook(name), as_version=4)
            known = {each: notebook(each) for each in LESSONS}
            rules = record.that_apply(record.rules(package, known), name)
            seen[name] = cache.key(solved, "seed", LIMITS, True), record.key(*rules.values())
        return seen

    before = now()
    for file in files:
        path = package / file
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as opened:
            opened.write("\n# changed\n")
    after = now()
    return tuple({name for name in LESSONS if before[name][which] != after[name][which]} for which in (0, 1))


NOBODY, ALL = set(), set(LESSONS)


@pytest.mark.parametrize(
    ("files", "run", "saved"),
    [
        (["autograder/checks/pooling.py"], {"03_pooling"}, {"03_pooling"}),
        (["autograder/checks/birds_training.py"], {"05_birds_vs_airplanes"}, {"05_birds_vs_airplanes"}),
        (["autograder/checks/cnn_gpu.py"], {"05_birds_vs_airplanes"}, {"05_birds_vs_airplanes"}),  # imported by birds
        (["autograder/checks/verdict.py"], ALL, ALL),
        (["autograder/checks/experiments/steps.py"], ALL, ALL),
        (["autograder/grading/running.py"], ALL, ALL),
        (["autograder/grading/wire.py"], ALL, ALL),
        (["autograder/grading/inside/probe.py"], ALL, ALL),
        (["autograder/grading/inside/new.py"], ALL, ALL),
        (["autograder/grading/launcher.py"], ALL, ALL),
        (["convcourse/training.py"], ALL, ALL),
        (["autograder/grading/repair.py"], NOBODY, ALL),  # what it makes of a file is what counts
        (
            [
                *("autograder/cli.py", "autograder/catalogue.py", "autograder/checks/catalogue/pooling.py"),
                *("autograder/checks/new.py", "autograder/checks/__init__.py"),
                *(f"autograder/grading/{name}.py" for name in ("table", "grade", "progress", "doctor", "example")),
                *("autograder/grading/marking.py", "autograder/grading/pool.py", "autograder/grading/record.py"),
                *("autograder/grading/collecting/roster.py", "autograder/grading/spreadsheet.py"),
                *("autograder/reports/page.py", "autograder/reports/clean.py", "autograder/building/build.py"),
            ],
            NOBODY,
            NOBODY,
        ),
    ],
)
def test_a_change_of_our_code_runs_again_only_what_it_touches(package, files, run, saved):
    assert changed(package, *files) == (run, saved)


def test_the_checks_are_found_without_importing_them():
    assert sources.by_check() == {name: check.questions.__module__ for name, check in CHECKS.items()}
    named = sources.NAMED.findall(notebook("03_pooling").read_text())
    assert {name for name in named if name in CHECKS} == {
        name for name, check in CHECKS.items() if check.notebook == "03_pooling"
    }


def test_the_seed_the_limits_and_the_sandbox_decide_too():
    solved = nbformat.read(notebook("03_pooling"), as_version=4)
    from dataclasses import replace

    keys = {
        cache.key(solved, "a", LIMITS, True),
        cache.key(solved, "b", LIMITS, True),
        cache.key(solved, "a", replace(LIMITS, cell_seconds=1.0), True),
        cache.key(solved, "a", LIMITS, False),
    }
    assert len(keys) == 4


# --- two at once ----------------------------------------------------------------------------------------------------


def test_of_two_engines_one_says_that_it_cannot(copy, undisturbed):
    (copy / ".marking" / "graded.json").unlink()
    first = small.start(copy, "--workers", "1")
    small.wait_until(lambda: (copy / ".marking" / "graded.json").exists())
    first.send_signal(signal.SIGSTOP)  # or it may be done before the other one has begun
    complete, said = small.finish(copy)
    first.send_signal(signal.SIGCONT)
    assert not complete
    assert said == "Error: another run is marking this course just now; wait for it, or stop it\n"
    told, _ = first.communicate(timeout=300)
    assert first.returncode == 0, told
    assert small.rows(small.sqlite(copy)) == small.rows(small.sqlite(undisturbed))


def test_nbgraders_own_autograde_beside_a_running_engine_hurts_nobody(copy, undisturbed):
    kept = json.loads((copy / ".marking" / "graded.json").read_text())
    for student in [name for name in kept["submissions"] if not name.startswith("ada/")]:
        del kept["submissions"][student]
    (copy / ".marking" / "graded.json").write_text(json.dumps(kept))
    engine = small.start(copy, "--workers", "1")
    small.wait_until(lambda: engine.stdout.readline().startswith("1/5"))
    beside = [sys.executable, "-m", "nbgrader", "autograde", DOUBLING, "--student=ada", "--force"]
    found = subprocess.run(beside, cwd=copy, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    said, _ = engine.communicate(timeout=300)
    assert engine.returncode == 0, said
    complete, _ = small.finish(copy)
    assert complete
    assert small.rows(small.sqlite(copy)) == small.rows(small.sqlite(undisturbed))


# --- how far it is --------------------------------------------------------------------------------------------------


def test_json_is_all_that_programs_get(copy):
    hand_in(copy, "gone", DOUBLING, {"answer-double": LESS})
    for name in ("graded.json",):
        kept = json.loads((copy / ".marking" / name).read_text())
        del kept["submissions"][f"bela/{DOUBLING}"]
        (copy / ".marking" / name).write_text(json.dumps(kept))
    shutil.rmtree(copy / "submitted" / "gone")
    (copy / "submitted" / "bela" / DOUBLING[:-1]).mkdir()
    run = subprocess.run([*small.GRADE, "--json"], cwd=copy, capture_output=True, text=True)
    assert run.returncode == 1, "something is left to put right"
    begin, fault, result, end = [json.loads(line) for line in run.stdout.splitlines()]
    assert begin == {"event": "start", "count": 1, "unchanged": 5}
    assert fault.pop("reason").startswith(f"there is no assignment of this name; did you mean {DOUBLING}?")
    path = f"submitted/bela/{DOUBLING[:-1]}"
    assert fault == {"event": "fault", "path": path, "student": "bela", "assignment": DOUBLING}
    assert {name: result[name] for name in ("event", "student", "assignment", "marked", "score", "maximum")} == {
        "event": "result",
        "student": "bela",
        "assignment": DOUBLING,
        "marked": True,
        "score": 0.5,
        "maximum": 3,
    }
    assert result["to_mark_by_hand"] == 1
    assert end.pop("seconds") > 0
    assert end == {"event": "end", "marked": 1, "unchanged": 5, "failed": 0, "faults": 1, "stopped": False}
    assert "Where to look next" in run.stderr


def test_stopped_by_hand_it_ends_its_json_and_says_how_to_go_on(tmp_path):
    root = small.course(tmp_path / "course", {"slow": f"import time\ntime.sleep(100)\n{RIGHT}"})
    run = subprocess.Popen(
        [*small.GRADE, "--json", "--workers", "1"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert json.loads(run.stdout.readline()) == {"event": "start", "count": 1, "unchanged": 0}
    started = small.wait_until(lambda: small.below(run.pid))
    run.send_signal(signal.SIGINT)
    rest, said = run.communicate(timeout=60)
    assert run.returncode == 130
    (end,) = [json.loads(line) for line in rest.splitlines()]
    assert (end["event"], end["stopped"], end["marked"]) == ("end", True, 0)
    assert said.strip().splitlines()[-1] == "Stopped. What was marked is kept: the same command goes on from here."
    small.gone(started)
    assert scores(root) == {}


def test_a_bar_tells_the_speed_the_time_left_and_failures():
    import io

    clock = iter([0.0, *(30.0 * number for number in range(1, 9))])
    console = Console(file=io.StringIO(), width=140, force_terminal=True, color_system=None)
    bar = progress.Bar(console, clock=lambda: next(clock))
    bar.start(8, 0)
    for number in range(4):
        failure = "no [disk]" if number == 3 else ""
        bar.result(Result(Job(f"student-{number}", DOUBLING), failure, 2, 3))
    bar._bar.refresh()
    bar.end(1, stopped=False)
    said = console.file.getvalue()
    assert "4/8" in said
    assert "2 a minute, 2:00 left, 1 failed" in said
    assert f"student-3 {DOUBLING} failed: no [disk]" in said


def test_a_speed_is_told_when_enough_is_done():
    assert progress.speed(2, 10, 60) == ""
    assert progress.speed(3, 10, 0) == ""
    assert progress.speed(60, 4000, 60) == "60 a minute, 1:05:40 left"
    assert progress.speed(10, 10, 60) == "10 a minute, 0:00 left"


def test_a_disk_that_is_full_is_told_plainly(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "store", full)
    done = pool.Done(pool.Work("ab", "", "", LIMITS, True), nbformat.writes(nbformat.v4.new_notebook()))
    with pytest.raises(marking.CourseError, match=r"cannot be kept in .*: No space left on device"):
        marking._keep(done, tmp_path)
