"""`autograder collect`: what platforms and people give comes to where marking looks, and never under another's name."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import string
import struct
import zipfile
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.cli import main
from autograder.grading import cells, record
from autograder.grading.collecting import archive, ledger, names, people
from autograder.grading.collecting.archive import SourceError
from autograder.grading.collecting.collect import collect
from autograder.grading.collecting.layout import UnclaimedError, claim
from autograder.grading.collecting.roster import RosterError, UnknownError, Whose, read_roster, roster_of
from autograder.grading.collecting.subject import SubjectError

CONVOLUTION, POOLING = "02_convolution", "03_pooling"
# As Canvas and Moodle write their headers.
CANVAS_ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,02 Convolution (9001),Current Score,Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,20.00,(read only),(read only)
"Lovelace, Ada",12345,u100,ada1,CS 101-01,,,
"O'Brien, Seán",12346,u101,sob,"CS 101-01 and CS 101-02",,,
"Hopper, Grace",12347,u102,grace,CS 101-01,,,
"Student, Test",99999,,,CS 101-01,,,
"""
MOODLE_ROSTER = """\
\ufeff"First name","Last name","ID number","Email address"
Ada,Lovelace,u100,ada@uni.example
Zoë,Müller,u103,zoe@uni.example
"""


def notebook(text="", name=CONVOLUTION, *, ids=True):
    """A notebook with one exercise of an assignment, as bytes; `text` makes it another one."""
    about = {"nbgrader": {"grade_id": f"answer-{name}", "solution": True, "grade": False, "schema_version": 3}}
    cell = new_code_cell(f"answer = {text!r}", metadata=about if ids else {}, id="answer")
    return nbformat.writes(new_notebook(cells=[cell])).encode()


@pytest.fixture
def course(tmp_path):
    """A course with two assignments, and nobody's work."""
    for name in (CONVOLUTION, POOLING):
        folder = tmp_path / "course/solutions" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.ipynb").write_bytes(notebook(name=name))
    return tmp_path / "course"


def zipped(path, files, time=(2026, 3, 1, 12, 0, 0), **about):
    """A zip of {name: bytes}; an item of a list may be a ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, time)
            info.compress_type = about.get("method", zipfile.ZIP_DEFLATED)
            archive.writestr(info, content)
    return path


def unpacked(folder, files):
    """{name: bytes or (bytes, seconds)} below a folder."""
    for name, content in files.items():
        content, seconds = content if isinstance(content, tuple) else (content, 1_772_366_400)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (seconds, seconds))
    return folder


def roster(tmp_path, text=CANVAS_ROSTER, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


def placed(course):
    """STUDENT/ASSIGNMENT → the notebook's bytes, for all that lies in submitted/."""
    found = course.glob("submitted/*/*/*.ipynb")
    assert all(path.stem == path.parent.name for path in course.glob("submitted/*/*/*.ipynb"))
    return {f"{path.parent.parent.name}/{path.parent.name}": path.read_bytes() for path in found}


def reasons(said):
    """What could not be placed → why."""
    return {line.what: line.why for line in said.lines if line.kind == "not placed"}


def kinds(said):
    return sorted(line.kind for line in said.lines)


# --- what platforms give ----------------------------------------------------------------------------------------


def test_a_zip_from_canvas_goes_to_the_students_of_its_roster(course, tmp_path):
    files = {
        "lovelaceada_12345_67890_02_convolution.ipynb": notebook("ada"),
        "obrienseán_LATE_12346_67891_Copy of 02_convolution-1.ipynb": notebook("sean"),
        "hoppergrace_12347_67892_homework.ipynb": notebook("grace", POOLING),
    }
    said = collect(course, zipped(tmp_path / "submissions.zip", files), roster(tmp_path))
    assert reasons(said) == {}
    assert placed(course) == {
        f"ada1/{CONVOLUTION}": notebook("ada"),
        f"sob/{CONVOLUTION}": notebook("sean"),
        f"grace/{POOLING}": notebook("grace", POOLING),
    }
    assert [line for line in said.lines if "(late)" in line.what and "sob/" in line.what]
    assert any("late (sob)" in remark for remark in said.remarks)
    # A zip's times tell when it was packed: nobody becomes late by them.
    assert list(course.glob("submitted/*/*/timestamp.txt")) == []
    assert any("No times were taken over" in remark for remark in said.remarks)
    known = people.load(course / ".marking" / people.PEOPLE)
    assert known["sob"]["last_name"] == "O'Brien"
    assert known["sob"]["first_name"] == "Seán"
    assert set(known) == {person.student for person in roster(tmp_path).people}


def test_what_a_roster_does_not_say_of_a_person_stays(tmp_path):
    path = tmp_path / "people.json"
    people.note(roster(tmp_path, "id,first name,last name,email\nada1,Ada,King,ada@example.org\n"), path)
    people.note(roster(tmp_path, "id,last name\nada1,Lovelace\nalan,Turing\n"), path)
    assert people.load(path) == {
        "ada1": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"},
        "alan": {"last_name": "Turing"},
    }
    path.write_text("[]", encoding="utf-8")
    assert people.load(path) == {}


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace_123456_assignsubmission_file_/02_convolution.ipynb",
        "Ada Lovelace_123456_assignsubmission_file/02_convolution.ipynb",
        "Ada Lovelace_123456_assignsubmission_file_/my folder/02_convolution.ipynb",
        "Ada Lovelace_123456_assignsubmission_file_02_convolution.ipynb",
        "submissions/Ada Lovelace_123456_assignsubmission_file_/02_convolution (1).ipynb",
    ],
)
def test_a_zip_from_moodle_in_each_of_its_shapes(course, tmp_path, name):
    source = zipped(tmp_path / "moodle.zip", {name: notebook("ada")})
    assert collect(course, source, roster(tmp_path, MOODLE_ROSTER)).complete
    assert placed(course) == {f"u100/{CONVOLUTION}": notebook("ada")}
    other = course.parent / "other"
    (other / "solutions").parent.mkdir()
    os.rename(course / "solutions", other / "solutions")
    assert collect(other, source).complete
    assert placed(other) == {f"ada-lovelace/{CONVOLUTION}": notebook("ada")}


def test_the_numbers_of_moodles_worksheet_tell_who_is_who(course, tmp_path):
    worksheet = (
        '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade"\n'
        '"Participant 501","Ana Silva",ana.s@uni.example,"Submitted for grading",,20.00\n'
        '"Participant 502","Ana Silva",ana@uni.example,"Submitted for grading",,20.00\n'
    )
    files = {
        "Ana Silva_502_assignsubmission_file_/02_convolution.ipynb": notebook("two"),
        "Participant_501_assignsubmission_file_/02_convolution.ipynb": notebook("one"),
        "Ana Silva_777_assignsubmission_file_/02_convolution.ipynb": notebook("three"),
    }
    said = collect(course, zipped(tmp_path / "m.zip", files), roster(tmp_path, worksheet))
    assert placed(course) == {
        f"ana@uni.example/{CONVOLUTION}": notebook("two"),
        f"ana.s@uni.example/{CONVOLUTION}": notebook("one"),
    }
    assert [why for why in reasons(said).values() if "could be each of ana.s@uni.example, ana@uni.example" in why]


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("ada1/Copy of 02_convolution.ipynb", "ada1"),
        ("ada1/Kopie von 02_Convolution (3).ipynb", "ada1"),
        ("ada1/02_convolution.ipynb.txt", "ada1"),
        ("ada1/whatever.ipynb", "ada1"),
        ("Ada Lovelace - 02_convolution.ipynb", "ada1"),
        ("02 convolution Lovelace, Ada.ipynb", "ada1"),
        ("LOVELACE ADA.ipynb", "ada1"),
        ("02_convolution/ada1.ipynb", "ada1"),
        ("02_convolution/Ada Lovelace/final version.ipynb", "ada1"),
        ("u102/02_convolution/02_convolution.ipynb", "grace"),
        ("Seán O’Brien/02-convolution.ipynb", "sob"),
        ("Sean OBrien/Colab Notebooks/02_convolution-Copy1.ipynb", "sob"),
    ],
)
def test_a_folder_of_downloads_in_each_shape(course, tmp_path, name, student):
    source = unpacked(tmp_path / "downloads", {name: notebook("mine")})
    said = collect(course, source, roster(tmp_path))
    assert reasons(said) == {}
    assert placed(course) == {f"{student}/{CONVOLUTION}": notebook("mine")}


def test_nbgraders_own_layout_brings_its_times(course, tmp_path):
    files = {
        "submitted/ada/02_convolution/02_convolution.ipynb": notebook("ada"),
        "submitted/ada/02_convolution/timestamp.txt": b"2026-03-01 17:42:10 UTC\n",
        "submitted/bob/03_pooling/03_pooling.ipynb": notebook("bob", POOLING),
        "submitted/bob/03_pooling/timestamp.txt": b"yesterday",
    }
    said = collect(course, zipped(tmp_path / "backup.zip", files))
    assert set(placed(course)) == {f"ada/{CONVOLUTION}", f"bob/{POOLING}"}
    stamps = {path.parent.parent.name: path.read_text() for path in course.glob("submitted/*/*/timestamp.txt")}
    assert stamps == {"ada": "2026-03-01 17:42:10 UTC\n"}
    assert any("not a date" in remark for remark in said.remarks)


def test_without_a_roster_ids_come_from_the_names(course, tmp_path):
    files = {
        "lovelaceada_12345_1_02_convolution.ipynb": notebook("a"),
        "leeann_2_3_02_convolution.ipynb": notebook("b"),
    }
    collect(course, zipped(tmp_path / "c.zip", files))
    assert set(placed(course)) == {f"lovelaceada/{CONVOLUTION}", f"leeann/{CONVOLUTION}"}


# --- who --------------------------------------------------------------------------------------------------------


def test_two_of_one_name_are_told_and_neither_is_placed(course, tmp_path):
    canvas = {"leeann_1_10_02_convolution.ipynb": notebook("one"), "leeann_2_11_02_convolution.ipynb": notebook("two")}
    moodle = {
        "Ann Lee_1_assignsubmission_file_/02_convolution.ipynb": notebook("one"),
        "Ann Lee_2_assignsubmission_file_/02_convolution.ipynb": notebook("two"),
    }
    alone = "id,name\nann,Ann Lee\nbob,Bob Ray\n"
    for files in (canvas, moodle):
        for known in (None, roster(tmp_path, alone)):
            said = collect(course, zipped(tmp_path / "z.zip", files), known)
            assert len(reasons(said)) == 2
            assert all("more than one person" in why for why in reasons(said).values())
    assert placed(course) == {}


def test_a_namesake_in_a_later_zip_does_not_get_the_folder(course, tmp_path):
    collect(course, zipped(tmp_path / "a.zip", {"leeann_1_10_02_convolution.ipynb": notebook("one")}))
    said = collect(course, zipped(tmp_path / "b.zip", {"leeann_2_11_02_convolution.ipynb": notebook("two")}))
    assert "another person of this name" in next(iter(reasons(said).values()))
    assert placed(course) == {f"leeann/{CONVOLUTION}": notebook("one")}


@pytest.mark.parametrize(
    ("people", "whose", "why"),
    [
        ("id,name\na,José Díaz\nb,Jose Diaz\n", Whose("moodle", "JOSE DIAZ", "7"), "could be each of a, b"),
        ("id,name\na,Lee Ann\nb,Ann Lee\n", Whose("canvas", "leeann", "7"), "could be each of a, b"),
        ("id,name\na,Ada\nb,Bob\n", Whose("moodle", "Cleo", "7"), "not in"),
        (CANVAS_ROSTER, Whose("canvas", "hoppergrace", "12345"), "the number 12345 is ada1's"),
        (CANVAS_ROSTER, Whose("canvas", "lovelaceada", "555"), "who is 12345"),
        ("id,login,name\na,leeann,Xi Yu\n", Whose("canvas", "leeann", "7"), "not in"),
        ("id,name\nlee,Xi Yu\nb,Lee\n", Whose("folder", "lee"), "could be each of b, lee"),
        ("id,student number,name\na,5,X Y\nb,6,5\n", Whose("folder", "5"), "could be each of a, b"),
        # A university's number is not Canvas's, though it looks like one.
        ("id,name\n12345,Xi Yu\n", Whose("canvas", "lovelaceada", "12345"), "not in"),
    ],
)
def test_who_is_not_certain_is_nobody(tmp_path, people, whose, why):
    with pytest.raises(UnknownError, match=why):
        roster(tmp_path, people).find(whose)


@pytest.mark.parametrize(
    ("people", "whose", "student"),
    [
        ("id,name\na,José Díaz\nb,Jose Diaz\n", Whose("moodle", "José Díaz", "7"), "a"),
        ("id,name\na,José Díaz\nb,Jose Diaz\n", Whose("moodle", "Jose\u0301 Di\u0301az", "7"), "a"),
        ("id,name\na,Jürgen Groß\n", Whose("moodle", "Juergen Gross", "7"), "a"),
        ("id,name\na,Jürgen Groß\n", Whose("moodle", "GROSS JURGEN", "7"), "a"),
        ("id;last name;first name\na;de la Cruz;Juan Carlos\n", Whose("canvas", "delacruzjuancarlos", "7"), "a"),
        (CANVAS_ROSTER, Whose("canvas", "nobodyknows", "12346"), "sob"),
        (CANVAS_ROSTER, Whose("folder", "SOB"), "sob"),
        ("Nachname\tVorname\tMatrikelnummer\nMüller\tZoë\t77\n", Whose("moodle", "Zoe Mueller", "7"), "77"),
    ],
)
def test_spellings_of_one_name(tmp_path, people, whose, student):
    assert roster(tmp_path, people).find(whose).student == student


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_rosters_as_spreadsheets_write_them(tmp_path, encoding, sign):
    text = (
        sign.join(["ID", "Full Name", "E-Mail"]) + "\r\n" + sign.join(["zm", '"Müller, Zoë"', "z@u.example"]) + "\r\n"
    )
    people = roster(tmp_path, text, encoding).people
    assert [(person.student, person.names, person.value("email")) for person in people] == [
        ("zm", ("Müller, Zoë", "Zoë Müller"), "z@u.example")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("name,room\nAda,5\n", "no column says what a student's folder is to be called"),
        ("id,name\n", "nobody is in it"),
        ("id,name\nada,A\nADA,B\n", "lines 2 and 3 are both called ADA"),
        ("id,name\n../ada,A\n", "line 2: '../ada' cannot be the name"),
        ("id,name\nexample-x,A\n", "are not for students"),
        ('id,name\n"ada,A\n', "never closed"),
        ("PK\x03\x04workbook", "is a workbook"),
    ],
)
def test_a_roster_that_cannot_be_used_says_why(tmp_path, text, why):
    with pytest.raises(RosterError, match=r"roster\.csv") as raised:
        roster(tmp_path, text)
    assert why in str(raised.value)


NAME = st.text("abcdeéüßøÅ", min_size=1, max_size=3)
PEOPLE = st.lists(st.tuples(NAME, NAME), min_size=2, max_size=6)


def spellings(first, last):
    """How platforms and people write one person's name."""
    sortable = f"{last}, {first}"
    return [
        ("moodle", f"{first} {last}"),
        ("moodle", f"{last} {first}".upper()),
        ("canvas", names.canvas_form(sortable)),
        ("folder", sortable),
        ("folder", f"{first}-{last}".lower()),
        ("folder", "".join(names.words(f"{first} {last}"))),
    ]


@settings(max_examples=300, deadline=None)
@given(PEOPLE, st.data())
def test_nobodys_work_comes_under_another_name(people, data):
    """Whoever hands in, by whatever spelling: it is placed under them, or under nobody."""
    rows = [["id", "first name", "last name"], *([f"p{number}", *person] for number, person in enumerate(people))]
    known = roster_of(rows, "roster.csv")
    number = data.draw(st.integers(0, len(people) - 1))
    kind, name = data.draw(st.sampled_from(spellings(*people[number])))
    # Two people whose names are written alike cannot be told apart, so one of them must not be chosen.
    try:
        found = known.find(Whose(kind, name, "" if kind == "folder" else "7"))
    except UnknownError:
        return
    other = known.people[int(found.student[1:])]
    exact = {names.exact(text) for text in other.names} | {
        names.canvas_form(text) for text in other.names if "," in text
    }
    assert found.student == f"p{number}" or name in exact, "placed under a name that is not written so"
    assert people.count(people[int(found.student[1:])]) == 1, "one of two of the same name was chosen"


@settings(max_examples=200, deadline=None)
@given(PEOPLE, st.data())
def test_a_number_that_the_platform_gives_is_never_overruled(people, data):
    rows = [["Student", "ID", "SIS Login ID", "Section"]]
    rows += [[f"{last}, {first}", str(100 + number), f"p{number}", "S"] for number, (first, last) in enumerate(people)]
    known = roster_of(rows, "gradebook.csv")
    number, named = (data.draw(st.integers(0, len(people) - 1)) for _ in range(2))
    blob = names.canvas_form(f"{people[named][1]}, {people[named][0]}")
    try:
        assert known.find(Whose("canvas", blob, str(100 + number))).student == f"p{number}"
    except UnknownError:
        assert number != named


# --- which assignment -------------------------------------------------------------------------------------------


def test_exercises_tell_what_a_name_does_not_and_a_contradiction_is_told(course, tmp_path):
    files = {
        "a/homework 5.ipynb": notebook("a", POOLING),
        "b/02_convolution.ipynb": notebook("b", POOLING),
        "c/homework.ipynb": notebook("c", ids=False),
        "d/02_convolution.ipynb": b"not even a notebook",
        "e/02 convolution or 03 pooling.ipynb": notebook("e", ids=False),
        "f/other.ipynb": json.dumps({"cells": [{"source": ["check('02_convolution')"], "metadata": None}]}).encode(),
        "g/deep.ipynb": b"[" * 100_000,
    }
    said = collect(course, unpacked(tmp_path / "in", files))
    assert set(placed(course)) == {f"a/{POOLING}", f"d/{CONVOLUTION}"}
    why = reasons(said)
    assert "its exercises are those of 03_pooling" in why["b/02_convolution.ipynb"]
    for name in ("c/homework.ipynb", "e/02 convolution or 03 pooling.ipynb", "f/other.ipynb", "g/deep.ipynb"):
        assert "neither its name nor its exercises" in why[name]


def test_the_instructor_may_say_which_assignment_it_is(course, tmp_path):
    files = {
        "ada/homework.ipynb": notebook("ada", ids=False),
        "bob/02_convolution.ipynb": notebook("right"),
        "bob/scratch.ipynb": notebook("scratch", ids=False),
        "cleo/03_pooling.ipynb": notebook("cleo", POOLING),
        "dan/homework.ipynb": notebook("dan", POOLING),
    }
    said = collect(course, unpacked(tmp_path / "in", files), assignment="2")
    assert placed(course) == {
        f"ada/{CONVOLUTION}": files["ada/homework.ipynb"],
        f"bob/{CONVOLUTION}": notebook("right"),
    }
    assert set(reasons(said)) == {"cleo/03_pooling.ipynb", "dan/homework.ipynb"}
    assert [line.what for line in said.lines if line.kind == "left out"] == ["bob/scratch.ipynb"]
    with pytest.raises(SubjectError, match=r"no assignment 9: there are 02_convolution, 03_pooling"):
        collect(course, tmp_path / "in", assignment="9")


@pytest.mark.parametrize(
    ("file", "stem", "number"),
    [
        ("Copy of Copy of 02_convolution.ipynb", "02_convolution", 0),
        ("02_convolution (12).ipynb", "02_convolution", 12),
        ("02_convolution-3.ipynb", "02_convolution", 3),
        ("02_convolution-Copy2 (1).ipynb", "02_convolution", 2),
        ("02_convolution - Copy.ipynb", "02_convolution", 0),
        ("Copy+of+02_convolution.ipynb", "02_convolution", 0),
        ("(1).ipynb", "(1)", 0),
    ],
)
def test_what_copying_adds_to_a_name(file, stem, number):
    assert names.plain_stem(file) == (stem, number)


# --- again and again --------------------------------------------------------------------------------------------


def test_the_latest_upload_wins_and_an_older_zip_changes_nothing(course, tmp_path):
    first = zipped(tmp_path / "1.zip", {"lovelaceada_12345_100_02_convolution.ipynb": notebook("first")})
    both = {
        "lovelaceada_12345_100_02_convolution.ipynb": notebook("first"),
        "lovelaceada_12345_250_02_convolution-1.ipynb": notebook("second"),
    }
    second = zipped(tmp_path / "2.zip", both)
    assert kinds(collect(course, first)) == ["placed"]
    assert kinds(collect(course, first)) == ["unchanged"]
    assert kinds(collect(course, second)) == ["older", "replaced"]
    assert placed(course) == {f"lovelaceada/{CONVOLUTION}": notebook("second")}
    kept = list(course.glob(f".marking/replaced/lovelaceada/{CONVOLUTION}/*/{CONVOLUTION}.ipynb"))
    assert [path.read_bytes() for path in kept] == [notebook("first")]
    said = collect(course, first, replace_all=True)
    assert kinds(said) == ["older"]
    assert said.complete
    assert placed(course) == {f"lovelaceada/{CONVOLUTION}": notebook("second")}


def test_moodles_later_zip_replaces_an_earlier_one_by_its_times(course, tmp_path):
    name = "Ada Lovelace_5_assignsubmission_file_/02_convolution.ipynb"
    old = zipped(tmp_path / "1.zip", {name: notebook("old")}, time=(2026, 3, 1, 12, 0, 0))
    new = zipped(tmp_path / "2.zip", {name: notebook("new")}, time=(2026, 3, 2, 12, 0, 0))
    same = zipped(tmp_path / "3.zip", {name: notebook("other")}, time=(2026, 3, 2, 12, 0, 0))
    assert kinds(collect(course, old)) == ["placed"]
    assert kinds(collect(course, new)) == ["replaced"]
    assert kinds(collect(course, old)) == ["older"]
    said = collect(course, same)
    assert "cannot be told which is newer; --replace" in next(iter(reasons(said).values()))
    assert placed(course) == {f"ada-lovelace/{CONVOLUTION}": notebook("new")}
    assert kinds(collect(course, same, replace_all=True)) == ["replaced"]


def test_downloads_are_ordered_by_number_and_time_or_not_at_all(course, tmp_path):
    early, later = 1_772_366_400, 1_772_400_000
    files = {
        "a/02_convolution.ipynb": (notebook("old"), early),
        "a/02_convolution (1).ipynb": (notebook("new"), later),
        "b/02_convolution.ipynb": (notebook("new"), later),
        "b/Copy of 02_convolution.ipynb": (notebook("old"), early),
        "c/02_convolution.ipynb": (notebook("one"), later),
        "c/02_convolution (1).ipynb": (notebook("two"), early),
        "d/02_convolution.ipynb": (notebook("one"), early),
        "d/Copy of 02_convolution.ipynb": (notebook("two"), early),
        "e/02_convolution.ipynb": (notebook("same"), early),
        "e/Copy of 02_convolution.ipynb": (notebook("same"), early),
    }
    said = collect(course, unpacked(tmp_path / "in", files))
    assert {key[0]: value for key, value in placed(course).items()} == {
        "a": notebook("new"),
        "b": notebook("new"),
        "e": notebook("same"),
    }
    assert {name[0] for name in reasons(said)} == {"c", "d"}
    assert all("cannot be told which is the last" in why for why in reasons(said).values())


def test_work_put_there_by_hand_stays_unless_one_says_otherwise(course, tmp_path):
    by_hand = course / "submitted/ada" / CONVOLUTION / f"{CONVOLUTION}.ipynb"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_bytes(notebook("by hand"))
    (by_hand.parent / "timestamp.txt").write_text("2026-03-01 17:42:10 UTC\n")
    source = unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook("new")})
    said = collect(course, source)
    assert "put there or changed by hand" in next(iter(reasons(said).values()))
    assert by_hand.read_bytes() == notebook("by hand")
    assert kinds(collect(course, source, replace_all=True)) == ["replaced"]
    assert by_hand.read_bytes() == notebook("new")
    assert not (by_hand.parent / "timestamp.txt").exists()  # it was not the new file's
    kept = sorted(path.name for path in course.glob(f".marking/replaced/ada/{CONVOLUTION}/*/*"))
    assert kept == [f"{CONVOLUTION}.ipynb", "timestamp.txt"]


def test_a_dry_run_writes_nothing(course, tmp_path):
    before = sorted(course.rglob("*"))
    said = collect(course, unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook()}), dry_run=True)
    assert kinds(said) == ["placed"]
    assert sorted(course.rglob("*")) == before


@pytest.mark.parametrize("stop_at", range(8))
def test_a_run_that_is_stopped_anywhere_can_be_repeated(course, tmp_path, monkeypatch, stop_at):
    name = "{0}_12345_{1}_02_convolution.ipynb"
    old = {name.format(who, 100): notebook(f"old {who}") for who in ("ada", "bob")}
    new = {name.format(who, 200): notebook(f"new {who}") for who in ("ada", "bob")}
    people = roster_of([["id", "name"], ["ada", "Ada"], ["bob", "Bob"]], "r")
    old = {key.replace("12345", str(len(value))): value for key, value in old.items()}
    new = {key.replace("12345", str(len(value))): value for key, value in new.items()}
    collect(course, zipped(tmp_path / "old.zip", old), people)
    write, calls = cells.write, []

    def stopping(data, path):
        calls.append(path)
        if len(calls) == stop_at + 1:
            raise KeyboardInterrupt
        write(data, path)

    source = zipped(tmp_path / "new.zip", new)
    monkeypatch.setattr(cells, "write", stopping)
    try:
        collect(course, source, people)
    except KeyboardInterrupt:
        assert set(placed(course).values()) <= {*old.values(), *new.values()}  # each whole, old or new
    monkeypatch.setattr(cells, "write", write)
    assert collect(course, source, people).complete
    assert sorted(placed(course).values()) == sorted(new.values())
    kept = [path.read_bytes() for path in course.glob(".marking/replaced/*/*/*/*.ipynb")]
    assert sorted(kept) == sorted(old.values())
    assert kinds(collect(course, source, people)) == ["unchanged", "unchanged"]
    assert not list(course.rglob("*.tmp"))


def test_not_while_marking(course, tmp_path):
    (course / ".marking").mkdir()
    source = unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook()})
    with record.alone(course / ".marking/lock"), pytest.raises(record.BusyError):
        collect(course, source)
    assert placed(course) == {}


# --- hostile and broken sources ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../evil/02_convolution.ipynb", "leads out of its folder"),
        ("ada/../../02_convolution.ipynb", "leads out of its folder"),
        ("/etc/02_convolution.ipynb", "an absolute path"),
        ("C:/ada/02_convolution.ipynb", "a backslash or a colon"),
        ("ada\\02_convolution.ipynb", "a backslash or a colon"),
        ("..\\..\\02_convolution.ipynb", "a backslash or a colon"),
        ("con/02_convolution.ipynb", "Windows does not allow"),
        ("ada./02_convolution.ipynb", "Windows does not allow"),
        ("ada\x1b[2J/02_convolution.ipynb", "control signs"),
        (f"{'a' * 300}/02_convolution.ipynb", "very long name"),
        ("a//02_convolution.ipynb", "leads out of its folder"),
    ],
)
def test_paths_that_lead_astray_are_refused(course, tmp_path, name, why):
    around = sorted(path for path in tmp_path.rglob("*") if ".marking" not in path.parts)
    source = zipped(tmp_path / "z.zip", {name: notebook(), "bob/02_convolution.ipynb": notebook("bob")})
    said = collect(course, source)
    (reason,) = reasons(said).values()
    assert why in reason
    assert all(line.what.isprintable() for line in said.lines)
    assert set(placed(course)) == {f"bob/{CONVOLUTION}"}
    new = {path for path in tmp_path.rglob("*") if ".marking" not in path.parts} - {*around, source}
    assert all(path.is_relative_to(course / "submitted") for path in new)


def linked(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


def test_links_archives_and_doubles_in_a_zip_are_refused(course, tmp_path):
    inner = io.BytesIO()
    zipped(inner, {"02_convolution.ipynb": notebook()})
    files = [
        linked("ada/02_convolution.ipynb", b"/etc/passwd"),
        ("bob/work.zip", inner.getvalue()),
        ("cleo/02_convolution.ipynb", notebook("one")),
        ("Cleo/02_convolution.ipynb", notebook("two")),
        ("dan/02_convolution.ipynb", notebook("dan")),
        ("dan/plot.png", b"picture"),
        ("eve/essay.pdf", b"%PDF"),
        ("__MACOSX/dan/._02_convolution.ipynb", b"junk"),
        ("dan/.ipynb_checkpoints/02_convolution-checkpoint.ipynb", notebook("old")),
    ]
    said = collect(course, zipped(tmp_path / "z.zip", files))
    why = reasons(said)
    assert "a link" in why["ada/02_convolution.ipynb"]
    assert "archive inside" in why["bob/work.zip"]
    assert "twice" in why["cleo/02_convolution.ipynb"]
    assert "twice" in why["Cleo/02_convolution.ipynb"]
    assert "not a notebook" in why["eve/essay.pdf"]
    assert len(why) == 5
    assert placed(course) == {f"dan/{CONVOLUTION}": notebook("dan")}
    assert [line.what for line in said.lines if line.kind == "left out"] == ["dan/plot.png"]


def test_bombs_are_stopped_while_they_inflate(course, tmp_path, monkeypatch):
    bomb = notebook().replace(b"answer", b"answer" + b" " * 20_000_000, 1)
    source = zipped(tmp_path / "z.zip", {"ada/02_convolution.ipynb": bomb, "bob/02_convolution.ipynb": notebook("bob")})
    said = collect(course, source)
    assert "zip bomb" in reasons(said)["ada/02_convolution.ipynb"]
    assert set(placed(course)) == {f"bob/{CONVOLUTION}"}
    # The sizes that the zip gives for itself are lies: nothing changes.
    data = bytearray(source.read_bytes())
    place = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 1000)
    (tmp_path / "lies.zip").write_bytes(data)
    said = collect(course, tmp_path / "lies.zip")
    assert "ada/02_convolution.ipynb" in reasons(said)
    assert set(placed(course)) == {f"bob/{CONVOLUTION}"}
    monkeypatch.setattr(archive, "LARGEST_IN_ALL", 1000)
    with pytest.raises(SourceError, match="holds more than"):
        collect(course, source)
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    with pytest.raises(SourceError, match="more than 1 files"):
        collect(course, source)


def test_a_file_that_is_too_large_is_told(course, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST", 100)
    said = collect(course, unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook("x" * 200)}))
    assert "larger than" in reasons(said)["ada/02_convolution.ipynb"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_inflate_without_limit_are_refused(course, tmp_path, method):
    said = collect(course, zipped(tmp_path / "z.zip", {"ada/02_convolution.ipynb": notebook()}, method=method))
    assert "packed by a method" in reasons(said)["ada/02_convolution.ipynb"]


def test_encrypted_and_damaged_members_are_told(course, tmp_path):
    source = zipped(
        tmp_path / "z.zip", {"ada/02_convolution.ipynb": notebook(), "bob/02_convolution.ipynb": notebook()}
    )
    data = bytearray(source.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 8] |= 1  # encrypted
    second = data.index(b"PK\x03\x04", 10)
    data[second + 80] ^= 0xFF  # damaged
    source.write_bytes(data)
    why = reasons(collect(course, source))
    assert "encrypted" in why["ada/02_convolution.ipynb"]
    assert "damaged" in why["bob/02_convolution.ipynb"]
    assert placed(course) == {}


def test_names_that_are_not_utf8_are_told_and_those_that_are_without_saying_so_are_read(course, tmp_path):
    names_in = {
        "Zoe~ M_1_assignsubmission_file_/02_convolution.ipynb": notebook("z"),
        "L~_2_assignsubmission_file_/02_convolution.ipynb": notebook("l"),
    }
    data = zipped(tmp_path / "z.zip", names_in).read_bytes()
    data = data.replace(b"Zoe~ M", b"Zo\xc3\xab M").replace(b"L~_2", b"L\xe9_2")
    (tmp_path / "z.zip").write_bytes(data)
    said = collect(course, tmp_path / "z.zip", roster_of([["id", "name"], ["zoe", "Zoë M"], ["l", "Lé"]], "r"))
    assert set(placed(course)) == {f"zoe/{CONVOLUTION}"}
    (why,) = reasons(said).values()
    assert "not in UTF-8" in why


def test_links_and_pipes_in_a_folder_are_not_followed(course, tmp_path):
    secret = unpacked(tmp_path / "elsewhere", {"02_convolution.ipynb": notebook("secret")})
    source = unpacked(tmp_path / "in", {"bob/02_convolution.ipynb": notebook("bob")})
    (source / "ada").symlink_to(secret)
    (source / "cleo").mkdir()
    (source / "cleo/02_convolution.ipynb").symlink_to(secret / "02_convolution.ipynb")
    (source / "dan").mkdir()
    os.mkfifo(source / "dan/02_convolution.ipynb")
    said = collect(course, source)
    assert set(placed(course)) == {f"bob/{CONVOLUTION}"}
    why = reasons(said)
    assert "a link" in why["ada"]
    assert "a link" in why["cleo/02_convolution.ipynb"]
    assert "not a file" in why["dan/02_convolution.ipynb"]


def test_a_link_in_submitted_is_not_written_through(course, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (course / "submitted").mkdir()
    (course / "submitted/ada").symlink_to(tmp_path / "elsewhere")
    said = collect(course, unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook()}))
    assert "not a folder of its own" in next(iter(reasons(said).values()))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_a_student_calls_a_file_or_folder_does_not_make_it_anothers(course, tmp_path):
    files = {
        "Ada Lovelace_1_assignsubmission_file_/Grace Hopper_2_assignsubmission_file_/02_convolution.ipynb": notebook(
            "1"
        ),
        "Bob Ray_3_assignsubmission_file_/grace/02_convolution/02_convolution.ipynb": notebook("2"),
        "Cleo Fox_4_assignsubmission_file_hoppergrace_12347_9_02_convolution.ipynb": notebook("3"),
        "dandy_5_6_hoppergrace_12347_9_02_convolution.ipynb": notebook("4"),
        "eve/hoppergrace_12347_9_02_convolution.ipynb": notebook("5"),
    }
    said = collect(course, zipped(tmp_path / "z.zip", files))
    assert reasons(said) == {}
    assert {name.split("/")[0] for name in placed(course)} == {"ada-lovelace", "bob-ray", "cleo-fox", "dandy", "eve"}


def test_ids_that_differ_only_in_case_are_told(course, tmp_path):
    (course / "submitted/Ada").mkdir(parents=True)
    said = collect(course, unpacked(tmp_path / "in", {"ada/02_convolution.ipynb": notebook()}))
    assert "differ only in case" in next(iter(reasons(said).values()))


def test_a_folder_around_students_is_not_taken_for_one(course, tmp_path):
    files = {"week 2/ada/02_convolution.ipynb": notebook("a"), "week 2/bob/02_convolution.ipynb": notebook("b")}
    said = collect(course, unpacked(tmp_path / "in", files))
    assert placed(course) == {}
    assert all("too deep" in why for why in reasons(said).values())
    said = collect(course, tmp_path / "in", roster_of([["id"], ["ada"], ["bob"]], "r"))
    assert placed(course) == {}
    assert all("week 2 is not in r" in why for why in reasons(said).values())


def test_sources_that_cannot_be_collected_from(course, tmp_path):
    (course / "submitted/ada").mkdir(parents=True)
    for source in (course / "submitted", course / "submitted/ada"):
        with pytest.raises(SourceError, match="lies in submitted/"):
            collect(course, source)
    with pytest.raises(SourceError, match="has this course's submitted/ in it"):
        collect(course, course)
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(SourceError, match="is not a zip"):
        collect(course, tmp_path / "text.zip")
    with pytest.raises(SourceError, match="there is no"):
        collect(course, tmp_path / "gone.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="has no files"):
        collect(course, tmp_path / "empty")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(string.ascii_letters + "./\\ :_-()0123456789é\0", min_size=1, max_size=12), min_size=1, max_size=5)
)
def test_no_path_of_a_zip_becomes_one_outside(parts):
    name = "/".join(parts)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as written:
        written.writestr(zipfile.ZipInfo("x" * len(name.encode())), b"")
    raw = data.getvalue().replace(b"x" * len(name.encode()), name.encode())
    with zipfile.ZipFile(io.BytesIO(raw)) as read:
        source = archive.Source(Path("z.zip"), archive=read)
        archive._list_zip(source, read)
    for entry in source.entries:
        assert all(part not in ("", ".", "..") and part.isprintable() for part in entry.parts)
        assert not {"\\", ":", "/"} & set("".join(entry.parts))
        with contextlib.suppress(UnclaimedError):
            assert "/" not in claim(entry, {}).whose.name


def test_a_ledger_that_is_damaged_is_no_ledger(tmp_path):
    (tmp_path / "l.json").write_text('{"work": {"a/b": {"digest": 1, "colour": 2}}}')
    assert ledger.load(tmp_path / "l.json") == {}
    item = ledger.Item("d", "canvas", "Zoë", "1", 5)
    ledger.save({"a/b": item}, tmp_path / "l.json")
    assert ledger.load(tmp_path / "l.json") == {"a/b": item}


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_and_fails_where_something_is_left(course, tmp_path):
    files = {"lovelaceada_12345_1_02_convolution.ipynb": notebook(), "foxcleo_777_2_02_convolution.ipynb": notebook()}
    source = zipped(tmp_path / "z.zip", files)
    (tmp_path / "r.csv").write_text(CANVAS_ROSTER)
    words = ["collect", str(source), "--root", str(course), "--roster", str(tmp_path / "r.csv")]
    planned = CliRunner().invoke(main, [*words, "--dry-run"])
    assert planned.exit_code == 1
    assert "Nothing was written (--dry-run): 1 placed, 1 not placed." in planned.output
    assert placed(course) == {}
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "placed     ada1/02_convolution from lovelaceada_12345_1_02_convolution.ipynb" in done.output
    assert "not placed foxcleo_777_2_02_convolution.ipynb: foxcleo (777) is not in" in done.output
    wrong = CliRunner().invoke(main, ["collect", str(source), "--root", str(course), "--assignment", "17"])
    assert wrong.exit_code == 1
    assert "Error: there is no assignment 17" in wrong.output


def test_a_time_that_a_person_wrote_stays_where_nothing_is_replaced(course, tmp_path):
    folder = course / "submitted" / "blee" / CONVOLUTION
    folder.mkdir(parents=True)
    (folder / f"Copy of {CONVOLUTION}.ipynb").write_text("{}")
    (folder / "timestamp.txt").write_text("2026-03-01 18:30:00 UTC")
    source = tmp_path / "downloads" / "blee"
    source.mkdir(parents=True)
    (source / f"{CONVOLUTION}.ipynb").write_bytes(notebook())
    assert collect(course, source.parent).complete
    assert (folder / f"{CONVOLUTION}.ipynb").read_bytes() == notebook()
    assert (folder / "timestamp.txt").read_text() == "2026-03-01 18:30:00 UTC"
