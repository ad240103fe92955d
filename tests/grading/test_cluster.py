"""Marking on a Dask cluster: workers see nothing of the course's folder, may die, and give the same gradebook."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import small_class as small
from test_grade import DOUBLING, RIGHT, hand_in

from autograder.grading import pool
from autograder.grading.limits import LIMITS

SECRET = secrets.token_hex(16)


class Cluster:
    """A scheduler and workers, each a process of its own that knows nothing of the course's folder."""

    def __init__(self, folder, hidden):
        self.folder, self.hidden, self.processes = folder, hidden, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.scheduler = self.start("scheduler", "--host", self.address, "--no-dashboard", "--no-show")
        self.workers = []

    def start(self, what, *options, before=()):
        place = self.folder / f"{what}-{len(self.processes)}"
        for name in ("home", "tmp", "work"):
            (place / name).mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "tmp"),
            **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        }
        command = [*before, sys.executable, "-m", "distributed.cli.dask_" + what, *options]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=place / "work", env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def add_worker(self, environment=()):
        """A worker of one thread, in a world in which the course's folder is empty."""
        hide = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", str(self.hidden), "--cap-add", "ALL"]
        hide += [word for name, value in environment for word in ("--setenv", name, value)]
        options = [self.address, "--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--no-nanny"]
        self.workers.append(self.start("worker", *options, before=hide))
        return self.workers[-1]

    def told(self, count):
        """Wait until so many workers are there."""
        from distributed import Client

        with Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)
        return self

    def end(self):
        for process in self.processes:
            for each in [*small.below(process.pid), process]:
                each.kill()
            process.wait()


@pytest.fixture
def clusters(tmp_path):
    made = []

    def make(workers, environment=()):
        (tmp_path / "course").mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="c-"))  # a short name: kernels listen on sockets below it
        folder.chmod(0o755)  # where root marks, the sandbox's own user has to pass
        made.append(Cluster(folder, tmp_path / "course"))
        for _ in range(workers):
            made[-1].add_worker(environment)
        return made[-1].told(workers) if workers else made[-1]

    yield make
    for cluster in made:
        cluster.end()
        shutil.rmtree(cluster.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The class, marked on this machine."""
    root = small.course(tmp_path_factory.mktemp("undisturbed") / "course")
    complete, said = small.finish(root, "--workers", "1")
    assert complete, said
    return root


def kernels(worker):
    """The processes in sandboxes below a worker."""
    return [each for each in small.below(worker.pid) if "inside.server" in " ".join(small.command(each))]


@pytest.mark.slow
def test_a_worker_and_then_the_scheduler_die_and_the_gradebook_is_the_same(undisturbed, clusters, tmp_path):
    root = small.course(tmp_path / "course")
    cluster = clusters(2)
    run = small.start(root, "--scheduler", cluster.address)
    small.wait_until(lambda: run.poll() is not None or any(kernels(worker) for worker in cluster.workers), 240)
    assert run.poll() is None, run.stdout.read()
    victim = next(worker for worker in cluster.workers if kernels(worker))
    began = small.below(victim.pid)
    assert "distributed.cli.dask_worker" in small.command(began[0])
    began[0].kill()
    small.gone(began)
    small.wait_until(lambda: run.poll() is not None or len(small.entries(root)) >= 2, 240)
    cluster.scheduler.kill()
    said, _ = run.communicate(timeout=120)
    kept = len(small.entries(root))
    if run.returncode:  # else all had been run before the scheduler died
        assert f"the Dask scheduler at {cluster.address} is gone: what was marked is kept." in said
        assert said.splitlines()[-1].startswith("Error: "), said
        assert "Traceback" not in said
        assert "distributed" not in said
        assert 2 <= kept < len(small.STUDENTS)
    complete, said = small.finish(root, "--workers", "1")
    assert complete, said
    assert len(small.entries(root)) == len(small.STUDENTS)
    assert small.rows(small.sqlite(root)) == small.rows(small.sqlite(undisturbed))


def test_a_whole_class_on_workers_that_learn_no_secret(undisturbed, clusters, tmp_path):
    root = small.course(tmp_path / "course")
    looks = "import os\nfound = [name for name in os.environ if 'CONVCOURSE' in name or name.startswith('PG')]\n"
    hand_in(root, "ada", DOUBLING, {"answer-double": f"{RIGHT}\n{looks}print(found)", "manual-why": "Says ada."})
    cluster = clusters(1)
    complete, said = small.finish(root, "--scheduler", cluster.address)
    assert complete, said
    assert small.rows(small.sqlite(root)) == small.rows(small.sqlite(undisturbed))
    marked = (root / "autograded" / "ada" / DOUBLING / f"{DOUBLING}.ipynb").read_text()
    assert '"[]\\n"' in marked
    for place in cluster.folder.rglob("*"):
        assert not place.is_file() or b"for tests" not in place.read_bytes()

    # nothing is new: no cluster is needed
    complete, said = small.finish(root, "--scheduler", "tcp://127.0.0.1:1")
    assert complete
    assert f"{len(small.STUDENTS)} submissions unchanged" in said


def test_work_holds_the_seed_of_one_student_and_no_secret(tmp_path, monkeypatch):
    from autograder.grading import marking
    from autograder.grading.course import nbgrader_api
    from autograder.grading.execute import SandboxedExecute, student_seed

    monkeypatch.setenv("CONVCOURSE_MARKING_SEED", SECRET)
    root = small.course(tmp_path / "course")
    api = nbgrader_api(root)
    work, _ = marking.prepare(marking.Job("ada", DOUBLING), api, SandboxedExecute(parent=api), True)
    assert work.seed == student_seed(SECRET, "ada", DOUBLING)
    assert SECRET not in repr(work)
    assert str(root) not in repr(work)


def works(count):
    return [pool.Work(f"key-{number}", "{}", "", LIMITS, False) for number in range(count)]


def test_no_scheduler_no_workers_and_another_version_are_told_plainly(clusters, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "CONNECTING", 2.0)
    with pytest.raises(pool.ClusterError, match=r"no Dask scheduler at tcp://127.0.0.1:1 .*: start one with `dask sch"):
        list(pool.on_cluster(works(1), "tcp://127.0.0.1:1"))
    monkeypatch.setattr(pool, "CONNECTING", 30.0)
    cluster = clusters(0)
    with pytest.raises(pool.ClusterError, match=f"{cluster.address} has no workers: start some with `dask worker"):
        list(pool.on_cluster(works(1), cluster.address))

    other = tmp_path / "other"
    for module in (pool.cache.sources.autograder, pool.cache.sources.convcourse):
        source = os.path.dirname(module.__file__)
        shutil.copytree(source, other / module.__name__, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "autograder" / "grading" / "limits.py").open("a") as file:
        file.write("# changed\n")
    cluster.add_worker([("PYTHONPATH", str(other))])
    cluster.told(1)
    with pytest.raises(pool.ClusterError, match=r"another version of the course, or of its packages, .* tcp://127"):
        list(pool.on_cluster(works(1), cluster.address))


class Recorder:
    """A cluster in name only: how many notebooks it holds at once, and each one's result a moment later."""

    status = "running"

    def __init__(self, threads):
        self.threads, self.held, self.most = threads, 0, 0

    def nthreads(self):
        return {f"worker-{number}": 1 for number in range(self.threads)}

    def submit(self, _function, work, _version, **_options):
        self.held += 1
        self.most = max(self.most, self.held)
        return Promise(self, work)


class Promise:
    def __init__(self, cluster, work):
        self.cluster, self.work, self.status, self.key = cluster, work, "finished", work.key

    def add_done_callback(self, tell):
        tell(self)

    def result(self):
        return pool.Done(self.work, "{}")

    def release(self):
        self.cluster.held -= 1


def test_the_cluster_never_holds_more_than_a_few_for_each_worker():
    cluster, first, taken = Recorder(3), [], []
    waiting = (taken.append(work) or work for work in works(100))
    for done in pool._streamed(cluster, "tcp://nowhere", waiting, {}):
        first.append((done.work.key, len(taken)))
    assert [key for key, _ in first] == [work.key for work in works(100)]
    assert first[0][1] == 3 * pool.AHEAD + 1  # what is given out, and the next: no more is prepared
    assert cluster.most == 3 * pool.AHEAD
    assert cluster.held == 0


def test_when_all_workers_are_gone_it_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(pool, "LISTENING", 0.01)
    monkeypatch.setattr(pool, "RETURNING", 0.05)
    cluster = Recorder(0)
    monkeypatch.setattr(Promise, "add_done_callback", lambda _self, _tell: None)
    began = time.monotonic()
    with pytest.raises(pool.ClusterError, match="has lost all its workers: what was marked is kept"):
        list(pool._streamed(cluster, "tcp://nowhere", iter(works(3)), {}))
    assert time.monotonic() - began < 5
