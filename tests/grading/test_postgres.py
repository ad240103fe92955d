"""A gradebook in PostgreSQL: a real server of its own, the same rows as in SQLite, and no password anywhere."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import small_class as small
from nbgrader.api import Gradebook
from test_grade import DOUBLING, RIGHT, hand_in, mark

from autograder.grading import gradebook
from autograder.grading.course import CourseError, nbgrader_api
from tests.ports import free_port

PASSWORD = secrets.token_hex(8)


def program(name):
    """Where one of the server's programs is; Debian keeps them out of the way."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *Path("/usr").glob("pgsql*/bin")]
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, places)]))
    assert found, f"{name} is missing: install PostgreSQL (Debian, Ubuntu: apt-get install postgresql)"
    return found


@pytest.fixture(scope="module")
def server():
    """A server that asks for a password: its address, less the database."""
    owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if owner:
            user = pwd.getpwnam("postgres")
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        made = ["--auth=scram-sha-256", "--username=course", f"--pwfile={folder / 'password'}", "--no-sync"]
        subprocess.run(
            [program("initdb"), "-D", str(folder / "data"), *made, "--encoding=UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            cwd=folder,
            **owner,
        )
        port = free_port()
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
        command = [program("postgres"), "-D", str(folder / "data"), *(f"--{setting}" for setting in settings)]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log, cwd=folder, **owner) as running:
            try:
                small.wait_until(lambda: (folder / f".s.PGSQL.{port}").exists())
                small.wait_until(lambda: _answers(port))
                yield f"postgresql://course:{PASSWORD}@127.0.0.1:{port}"
            finally:
                running.terminate()


def _answers(port):
    import psycopg

    try:
        psycopg.connect(host="127.0.0.1", port=port, user="course", password=PASSWORD, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def database(server):
    """The address of a new database."""
    import psycopg

    name = f"class_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture(scope="module")
def in_sqlite(tmp_path_factory):
    """A class that was marked, with its gradebook in SQLite."""
    root = small.course(tmp_path_factory.mktemp("sqlite") / "course", {"ada": RIGHT, "carl": "def double(x:"})
    complete, said = small.finish(root, "--workers", "1")
    assert complete, said
    return root


def again(in_sqlite, root):
    """The same class, whose notebooks have been run but not saved."""
    shutil.copytree(in_sqlite, root)
    (root / "gradebook.db").unlink()
    (root / ".marking" / "graded.json").unlink()
    return root


def translated(address):
    """As SQLAlchemy takes it, with the password, for tests that look into the database."""
    return address.replace("postgresql://", "postgresql+psycopg://")


def held(root, *more):
    """All that a run leaves behind in text."""
    texts = [path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".gz"]
    return b"\n".join([*texts, *(each.encode() for each in more)])


def test_the_gradebook_is_the_same_to_the_row(in_sqlite, database, tmp_path):
    root = again(in_sqlite, tmp_path / "course")
    complete, said = small.finish(root, "--gradebook", database)
    assert complete, said
    assert not (root / "gradebook.db").exists()
    assert small.rows(translated(database)) == small.rows(small.sqlite(in_sqlite))
    assert (root / "grades.csv").read_text().splitlines()[0] == (in_sqlite / "grades.csv").read_text().splitlines()[0]
    assert PASSWORD.encode() not in held(root, said)

    _, said = small.finish(root, "--gradebook", database)
    assert "2 submissions unchanged" in said


def test_killed_while_it_saves_it_goes_on(in_sqlite, database, tmp_path):
    root = again(in_sqlite, tmp_path / "course")
    run = small.start(root, "--gradebook", database)
    small.wait_until(lambda: list((root / "autograded").glob("*/*/*.ipynb")) and (root / "feedback").exists())
    small.gone(small.kill(run))
    complete, said = small.finish(root, "--gradebook", database)
    assert complete, said
    assert small.rows(translated(database)) == small.rows(small.sqlite(in_sqlite))


def test_nbgraders_own_commands_use_it_too(in_sqlite, database, tmp_path):
    root = again(in_sqlite, tmp_path / "course")
    environment = {**os.environ, gradebook.VARIABLE: database}
    complete, said = small.finish(root, env=environment)
    assert complete, said
    with Gradebook(translated(database), "convcourse") as book:  # as the formgrader does
        given = book.find_grade("manual-why", DOUBLING, DOUBLING, "ada")
        given.manual_score, given.needs_manual_grade = 0.75, False
        book.db.commit()
    said = []
    for words in (["autograde", DOUBLING, "--student=carl", "--force"], ["export"], ["db", "upgrade"]):
        command = [sys.executable, "-m", "nbgrader", *words]
        ran = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        said += [ran.stdout, ran.stderr]
    assert ",2.75," in (root / "grades.csv").read_text()
    complete, last = small.finish(root, env=environment)
    assert complete
    assert "Marking 1 submission." in last  # a person gave ada a mark: her page is written again
    assert PASSWORD.encode() not in held(root, last, *said)


def test_a_lesson_that_changed_and_students_that_went_leave_nothing_behind(in_sqlite, database, tmp_path, monkeypatch):
    from test_grade import add_lesson, lesson

    monkeypatch.setenv(gradebook.PASSWORD, "")
    root = again(in_sqlite, tmp_path / "course")
    complete, said = small.finish(root, "--gradebook", database)
    assert complete, said
    add_lesson(root, DOUBLING, lesson("more", checks=("double", "treble")))
    for student in ("ada", "carl"):
        hand_in(root, student, DOUBLING)
    found = mark_stub(root, database, monkeypatch)
    assert found[0], found[1]
    with nbgrader_api(root, gradebook=database).gradebook as book:
        assert book.find_submission(DOUBLING, "ada").max_score == 5
        book.remove_student("carl")
        assert [student.id for student in book.students] == ["ada"]


def mark_stub(root, database, monkeypatch):
    """Mark without running: what is saved here counts, not what a notebook does."""
    from autograder.grading import pool

    monkeypatch.setattr(
        pool, "on_processes", lambda works, _count, _log, _lent: (pool.Done(work, work.notebook) for work in works)
    )
    return mark(root, gradebook=database)


def test_a_wrong_password_and_a_server_that_is_not_there_are_told_without_it(in_sqlite, database, tmp_path):
    root = again(in_sqlite, tmp_path / "course")
    wrong = database.replace(PASSWORD, "sesame")
    for address in (wrong, "postgresql://course:sesame@127.0.0.1:1/none"):
        complete, said = small.finish(root, "--gradebook", address)
        assert not complete
        assert said.startswith("Error: the gradebook cannot be used: ")
        assert len(said.splitlines()) == 1
        assert "sesame" not in said


def test_addresses_are_translated_and_lose_their_password():
    environment = {}
    for told in (
        "postgresql://ada:se%40same@db.example.org:5433/class",
        "postgres://ada:se%40same@db.example.org:5433/class",
        "postgresql+psycopg://ada:se%40same@db.example.org:5433/class",
        "postgresql://ada@db.example.org:5433/class?password=se%40same",
    ):
        environment.clear()
        assert gradebook.url(told, environment) == "postgresql+psycopg://ada@db.example.org:5433/class"
        assert environment == {"PGPASSWORD": "se@same"}
    environment.clear()
    assert gradebook.url("postgresql://ada@/class?host=/run/db", environment).startswith(
        "postgresql+psycopg://ada@/class?"
    )
    assert gradebook.url("sqlite:///class.db", environment) == "sqlite:///class.db"
    assert environment == {}
    for told, why in (("mysql://ada:sesame@x/y", "not in mysql"), ("ada:sesame@x/y", "no address")):
        with pytest.raises(gradebook.GradebookError, match=why) as caught:
            gradebook.url(told, environment)
        assert "sesame" not in str(caught.value)


def test_an_address_that_is_none_is_an_error_of_the_course(in_sqlite):
    with pytest.raises(CourseError, match="no address of a gradebook"):
        nbgrader_api(in_sqlite, gradebook="my gradebook")
