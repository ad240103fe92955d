"""`autograder export`: marks into the tables of Canvas and Moodle, with every cell that is not ours left as it was."""

from __future__ import annotations

import csv
import functools
import io
import sys

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from autograder.cli import main
from autograder.grading import cells
from autograder.grading.collecting import ledger
from autograder.grading.collecting.ledger import Item
from autograder.grading.collecting.roster import roster_of
from autograder.grading.spreadsheet import Spreadsheet
from autograder.reports.export import canvas, moodle, plugins
from autograder.reports.export.export import save
from autograder.reports.export.filling import Filled
from autograder.reports.export.marks import ExportError, read
from autograder.reports.export.table import table

sys.modules.setdefault("rfc3987_syntax", None)  # a check of URLs that takes a second to load
from nbgrader.api import Gradebook  # noqa: E402

CONVOLUTION, POOLING = "02_convolution", "03_pooling"
CANVAS_HEAD = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,02 Convolution (9001),Week 3: Pooling (9002),"
    "Essay (9003),Assignments Current Points,Current Score,Unposted Final Grade"
)
# As Canvas exports it, with all that one may meet there.
CANVAS = (
    CANVAS_HEAD + "\n"
    ",,,,,,,Manual Posting,,,,\n"
    "    Points Possible,,,,,,10.00,5.00,20.00,(read only),(read only),(read only)\n"
    '"Lovelace, Ada",12345,u100,ada1,"CS 101-01 and CS 101-02","says ""hi"", twice",,,15.50,15.50,77.50,C+\n'
    '"O\'Brien, Seán",12346,u101,sob@uni.example,CS 101-01,=1+1,3.00,,N/A,,,\n'
    '"Hopper, Grace",12347,u102,grace,CS 101-01,"two\nlines",EX,N/A,,,,\n'
    '"=""=Evil, Eve""",12348,00103,eve,CS 101-01,-5,,,,,,\n'  # so that it is no formula
    '"Stranger, Sam",12349,u999,sam,CS 101-01,,7.00,,,,,\n'
    '"Student, Test",99999,,,CS 101-01,,,,,,,\n'
)
MOODLE_HEAD = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"'
)
SUBMITTED = '"Submitted for grading"'
MOODLE = (
    "\ufeff" + MOODLE_HEAD + "\n"
    f'"Participant 501","Ada Lovelace",ada@uni.example,{SUBMITTED},,100.00,Yes,"Sunday, 1 March 2026, 5:42 PM",-,\n'
    f'"Participant 502","Seán O\'Brien",sob@uni.example,"{SUBMITTED[1:-1]} - Late",30.00,100.00,Yes,-,-,"well, done"\n'
    f'"Participant 503","Grace Hopper",grace@uni.example,{SUBMITTED},55.00,100.00,No,-,-,\n'
    '"Participant 504","Sam Stranger",sam@uni.example,"No submission",-,100.00,Yes,-,-,\n'
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A course with a gradebook: two assignments, and students in every state that a mark can have."""
    root = tmp_path_factory.mktemp("course")
    for name, checks in ((CONVOLUTION, ("pad2d", "size")), (POOLING, ("pool",))):
        about = {"grade": True, "locked": True, "solution": False, "schema_version": 3, "points": 5}
        cell = [new_code_cell("1", metadata={"nbgrader": {"grade_id": f"check-{check}", **about}}) for check in checks]
        path = root / "solutions" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(new_notebook(cells=cell), path)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "") as gradebook:
        for name, cells_of in ((CONVOLUTION, ("check-size", "check-pad2d")), (POOLING, ("check-pool",))):
            gradebook.add_assignment(name)
            gradebook.add_notebook(name, name)
            for cell in cells_of:
                gradebook.add_grade_cell(cell, name, name, max_score=5, cell_type="code")
            gradebook.add_solution_cell("answer-pad2d", name, name)
        gradebook.add_student("ada1", first_name="Ada", last_name="Lovelace", email="ada@uni.example")
        gradebook.add_student("sob@uni.example", first_name="Seán", last_name="O'Brien")
        gradebook.add_student("u102", first_name="Grace, M.", last_name="Hopper", email="Grace@Uni.Example")
        gradebook.add_student("eve", first_name="=cmd|' /C calc'!A0", last_name="@SUM(1)", email="")
        gradebook.add_student("nobody", first_name="No", last_name="Body")
        gradebook.add_student("idle")
        for student, pad2d, size, pool in [
            ("ada1", 5, 3.5, 5),
            ("sob@uni.example", 2, 0, None),
            ("u102", 5, 5, 0),
            ("eve", 0, 0, 0),
            ("nobody", 1, 1, 1),
        ]:
            for name, scores in (
                (CONVOLUTION, {"check-pad2d": pad2d, "check-size": size}),
                (POOLING, {"check-pool": pool}),
            ):
                gradebook.add_submission(name, student)
                for cell, score in scores.items():
                    grade = gradebook.find_grade(cell, name, name, student)
                    grade.auto_score, grade.needs_manual_grade = score, score is None
        sean = gradebook.find_submission(CONVOLUTION, "sob@uni.example")
        sean.notebooks[0].late_submission_penalty = 0.5
        sean.notebooks[0].comments[0].manual_comment = "=HYPERLINK(1)\nRead <b>again</b> & try"
        gradebook.find_grade(
            "check-size", CONVOLUTION, CONVOLUTION, "u102"
        ).needs_manual_grade = True  # to be looked at
        gradebook.db.commit()
    return root


@pytest.fixture
def marks(book):
    return marks_of(book)


@functools.cache
def marks_of(root, *wanted):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "") as gradebook:
        return read(gradebook, assignments=wanted)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table_of(data, sign=","):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=sign))


def changes(before, after, sign=","):
    """(row, column) → new value, for every cell that differs."""
    old, new = table_of(before, sign), table_of(after, sign)
    assert [len(row) for row in old] == [len(row) for row in new]
    return {
        (row, column): new[row][column]
        for row in range(len(old))
        for column in range(len(old[row]))
        if old[row][column] != new[row][column]
    }


# --- Canvas -----------------------------------------------------------------------------------------------------


def test_a_gradebook_of_canvas_gets_marks_and_keeps_all_else(marks, tmp_path):
    path = written(tmp_path / "g.csv", CANVAS)
    filled = canvas.fill(path, marks)
    assert changes(CANVAS.encode(), filled.data) == {
        (3, 6): "8.50",  # Ada, by her login
        (3, 7): "5.00",
        (4, 6): "1.50",  # Seán, by the address that he logs in with: 2 of 10, less 0.5
        (6, 6): "0.00",  # Eve has earned nothing, which is a mark
        (6, 7): "0.00",
    }
    # Not a byte besides: the quotes, the line break in a cell and the row of the test student are as they were.
    lines = filled.data.decode().splitlines(keepends=True)
    old = CANVAS.splitlines(keepends=True)
    assert lines[:3] + lines[5:7] + lines[8:] == old[:3] + old[5:7] + old[8:]
    assert lines[3] == old[3].replace(',twice",,,'.replace(",t", ", t"), ', twice",8.50,5.00,')
    said = "\n".join(filled.said)
    assert "02_convolution → 02 Convolution (9001): 3 marks, 1 of them changed" in said
    assert "03_pooling → Week 3: Pooling (9002): 2 marks" in said
    assert "without a mark (1 exercise to be marked by hand, EX left as it was): u102" in said
    assert "without a mark (handed in, but not marked): sob@uni.example" in said
    assert "in the file but not in the gradebook, left as they were: Stranger, Sam" in said
    assert filled.problems == [
        "02_convolution: nobody has 2, not written: not in the file",
        "03_pooling: u102 has 0, not written: the file has 'N/A' there, which stays",
        "03_pooling: nobody has 1, not written: not in the file",
    ]


def test_filling_in_twice_changes_nothing_more(marks, tmp_path):
    once = canvas.fill(written(tmp_path / "g.csv", CANVAS), marks)
    (tmp_path / "g.csv").write_bytes(once.data)
    again = canvas.fill(tmp_path / "g.csv", marks)
    assert again.data == once.data
    assert any("3 marks, 3 there already" in line for line in again.said)


def test_partial_marks_only_when_asked_for(marks, tmp_path):
    text = CANVAS.replace(",EX,", ",,")
    assert (5, 6) not in changes(text.encode(), canvas.fill(written(tmp_path / "g.csv", text), marks).data)
    partial = canvas.fill(tmp_path / "g.csv", marks, partial=True)
    assert changes(text.encode(), partial.data)[5, 6] == "10.00"
    # What was never marked has no mark, partial or not.
    assert (4, 7) not in changes(text.encode(), partial.data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_canvas_files_with_semicolons_and_commas_as_excel_leaves_them(marks, tmp_path, encoding):
    text = (
        "LastName;FirstName;ID;SIS Login ID;Section;02 Convolution (9001);Current Score\r\n"
        "    Points Possible;;;;;20,00;(read only)\r\n"
        "Lovelace;Zoë;1;ada1;S;;\r\n"
    )
    filled = canvas.fill(written(tmp_path / "g.csv", text, encoding), marks)
    assert filled.data == text.replace(";S;;", ";S;17,00;").encode(encoding)
    assert any("scaled from 10 points to the 20 of the file" in line for line in filled.said)


@pytest.mark.parametrize(
    ("titles", "column"),
    [
        ("02 Convolution (1),Notebook 3 (2)", 0),
        ("Essay (1),02_convolution (2)", 1),
        ("Notebook 02 convolutions (1),Convolution (2)", 0),
        ("2. Convolution (1),02 quiz (2)", 0),
        ("Homework: 02 Convolution (1),Old 2 Convolution (2)", 0),
        ("02 Convolution,Essay", 0),
        ("02 Convolution (draft) (7),Essay", 0),
    ],
)
def test_which_column_is_which_assignment(book, tmp_path, titles, column):
    text = f"Student,ID,SIS Login ID,Section,{titles}\n    Points Possible,,,,10,10\nA,1,ada1,S,,\n"
    filled = canvas.fill(written(tmp_path / "g.csv", text), marks_of(book, CONVOLUTION))
    assert changes(text.encode(), filled.data) == {(2, 4 + column): "8.50"}


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        ("02 Convolution resit (1),02 Convolution exam (2)", "could each be 02_convolution: say which with --column"),
        ("Essay (1),Quiz 2 (2)", "has no column for 02_convolution"),
        ("Convolution (1),Sheet 22 convolution (2)", "has no column for 02_convolution"),
        ("02 Convolution Current Score,Essay", "has no column for 02_convolution"),
    ],
)
def test_columns_that_cannot_be_told_apart_are_an_error(book, tmp_path, titles, why):
    text = f"Student,ID,SIS Login ID,Section,{titles}\n    Points Possible,,,,10,10\nA,1,ada1,S,,\n"
    path = written(tmp_path / "g.csv", text)
    with pytest.raises(ExportError, match=why):
        canvas.fill(path, marks_of(book, CONVOLUTION))
    filled = canvas.fill(path, marks_of(book, CONVOLUTION), chosen={titles.split(",")[1]: CONVOLUTION})
    assert changes(text.encode(), filled.data) == {(2, 5): "8.50"}
    with pytest.raises(ExportError, match="no columns are called 'Nothing'"):
        canvas.fill(path, marks_of(book, CONVOLUTION), chosen={"Nothing": CONVOLUTION})


def test_read_only_columns_are_not_ours(book, tmp_path):
    text = "Student,ID,SIS Login ID,Section,02 Convolution (1)\n    Points Possible,,,,(read only)\nA,1,ada1,S,\n"
    with pytest.raises(ExportError, match="has no column"):
        canvas.fill(written(tmp_path / "g.csv", text), marks_of(book, CONVOLUTION))


def test_students_are_known_by_a_roster_or_by_how_their_work_came(book, tmp_path):
    text = (
        "Student,ID,Section,02 Convolution (1)\n    Points Possible,,,10\nX,12345,S,\nY,12346,S,\nZ,eve,S,\nE,eve,S,\n"
    )
    path, marks = written(tmp_path / "g.csv", text), marks_of(book, CONVOLUTION)
    people = roster_of([["id", "Canvas ID"], ["ada1", "12345"]], "r")
    came = {f"sob@uni.example/{CONVOLUTION}": Item("d", "canvas", "obriensean", "12346", 5)}
    filled = canvas.fill(path, marks, roster=people, collected=came)
    assert changes(text.encode(), filled.data) == {(2, 3): "8.50", (3, 3): "1.50"}
    assert any("eve has 0, not written: could be each of the rows 5, 6" in line for line in filled.problems)
    # Two students for one row: neither.
    both = roster_of([["id", "Canvas ID"], ["ada1", "12345"], ["nobody", "12345"]], "r")
    filled = canvas.fill(path, marks, roster=both)
    assert changes(text.encode(), filled.data) == {}
    assert sum("row 3 could also be somebody else's" in line for line in filled.problems) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"name,mark\nAda,5\n", "does not begin as a gradebook that Canvas has exported"),
        (MOODLE.encode(), "does not begin as a gradebook that Canvas has exported"),
        (b"PK\x03\x04rest", "is a workbook or a zip"),
        (b"\x00\x01\x02", "is not a text file"),
        (b'Student,ID,Section\n"Ada,1,S\n', "row 2: a quotation mark"),
    ],
)
def test_a_wrong_file_is_named_with_what_was_expected(marks, tmp_path, data, why):
    (tmp_path / "wrong.csv").write_bytes(data)
    with pytest.raises(ExportError, match=r"wrong\.csv") as raised:
        canvas.fill(tmp_path / "wrong.csv", marks)
    assert why in str(raised.value)
    assert "that Canvas has exported" in str(raised.value)


# --- Moodle -----------------------------------------------------------------------------------------------------


def test_moodles_worksheet_gets_grades_out_of_its_maximum(book, tmp_path):
    path = written(tmp_path / "Grades-CS101-02 Convolution-77.csv", MOODLE)
    filled = moodle.fill(path, marks_of(book))  # which assignment, the file's name tells
    assert changes(MOODLE.encode(), filled.data) == {(1, 4): "85.00", (2, 4): "15.00"}
    assert filled.data.startswith(b'\xef\xbb\xbfIdentifier,"Full name"')
    assert filled.data.decode() == MOODLE.replace(f"{SUBMITTED},,100", f"{SUBMITTED},85.00,100").replace(
        "30.00", "15.00"
    )
    assert any("scaled from 10 points to the 100 of the file" in line for line in filled.said)
    assert any("Participant 504" in line for line in filled.said)
    assert filled.problems == [
        "02_convolution: eve has 0, not written: not in the file",
        "02_convolution: nobody has 2, not written: not in the file",
    ]
    assert any("u102" in line and "to be marked by hand" in line for line in filled.said)
    locked = moodle.fill(path, marks_of(book), partial=True)
    assert "02_convolution: u102 has 10, not written: Moodle says that it cannot be changed" in locked.problems


def test_moodles_comments_when_asked_for_are_words_and_no_formulas_or_tags(book, tmp_path):
    path = written(tmp_path / "w.csv", MOODLE)
    filled = moodle.fill(path, marks_of(book, CONVOLUTION), comments=True)
    new = changes(MOODLE.encode(), filled.data)
    assert set(new) == {(1, 4), (2, 4), (1, 9), (2, 9)}
    assert new[1, 9] == "8.5 of 10 points<br>size: 3.5 of 5<br>pad2d: 5 of 5"
    assert "late: 0.5 points less" in new[2, 9]
    assert "pad2d: =HYPERLINK(1)<br>Read &lt;b&gt;again&lt;/b&gt; &amp; try" in new[2, 9]
    bare = MOODLE.replace(',"Feedback comments"', "").replace(',"well, done"', "").replace("-,\n", "-\n")
    with pytest.raises(ExportError, match="no column Feedback comments"):
        moodle.fill(written(tmp_path / "w.csv", bare), marks_of(book, CONVOLUTION), comments=True)


def test_blind_marking_is_filled_in_by_the_numbers_of_the_submissions(book, tmp_path):
    text = "Identifier,Status,Grade,Maximum Grade,Last modified (grade)\n"
    text += "Participant 501,S,,10.00,-\nParticipant 502,S,,10.00,-\n"
    came = {
        f"ada1/{CONVOLUTION}": Item("d", "moodle", "Participant", "502"),
        f"ada1/{POOLING}": Item("d", "moodle", "Participant", "501"),  # another activity's number
    }
    filled = moodle.fill(written(tmp_path / "w.csv", text), marks_of(book, CONVOLUTION), collected=came)
    assert changes(text.encode(), filled.data) == {(2, 2): "8.50"}


def test_names_count_only_where_they_are_one_persons(book, tmp_path):
    row = 'Participant {0},"{1}",x{0}@uni.example,S,,10.00,-\n'
    text = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade)\n"
    text += row.format(1, "Ada Lovelace") + row.format(2, "Eve Evil") + row.format(3, "Eve Evil")
    came = {
        f"ada1/{CONVOLUTION}": Item("d", "moodle", "Ada Lovelace", "77"),
        f"eve/{CONVOLUTION}": Item("d", "moodle", "Eve Evil", "78"),
    }
    filled = moodle.fill(written(tmp_path / "w.csv", text), marks_of(book, CONVOLUTION), collected=came)
    assert changes(text.encode(), filled.data) == {(1, 4): "8.50"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CANVAS, "has no column Identifier and Grade"),
        ("Identifier,Full name\nParticipant 1,A\n", "has no column Grade"),
        ("Identifier,Grade,Maximum Grade\nParticipant 1,,10\nParticipant 2,,20\n", "several maximum grades"),
        ("Identifier,Grade,Maximum Grade\nParticipant 1,,Satisfactory\n", "a scale cannot be filled in"),
    ],
)
def test_a_file_that_is_no_worksheet_is_an_error(book, tmp_path, text, why):
    with pytest.raises(ExportError, match=why):
        moodle.fill(written(tmp_path / "w.csv", text), marks_of(book, CONVOLUTION))


def test_a_worksheet_whose_assignment_nobody_names_is_an_error(marks, tmp_path):
    with pytest.raises(ExportError, match="use --assignment"):
        moodle.fill(written(tmp_path / "w.csv", MOODLE), marks)


def test_a_table_for_moodles_gradebook(marks):
    people = roster_of(
        [
            ["id", "username", "ID number", "email", "first name", "last name"],
            ["ada1", "al", "u100", "ada@x", "Ada", "Lovelace"],
        ],
        "r",
    )
    rows = {row[0]: row for row in table_of(moodle.table(marks, people).data)}
    assert rows["Username"] == [
        "Username",
        "ID number",
        "Email address",
        "First name",
        "Last name",
        CONVOLUTION,
        POOLING,
    ]
    assert rows["al"] == ["al", "u100", "ada@x", "Ada", "Lovelace", "8.50", "5.00"]
    assert rows["u102"][5:] == ["", "0.00"]  # waits for a person
    assert rows["idle"][5:] == ["", ""]
    assert rows[""][2] == "sob@uni.example"
    assert rows["eve"][3:5] == ["'=cmd|' /C calc'!A0", "'@SUM(1)"]


# --- plain tables -----------------------------------------------------------------------------------------------


def test_a_table_by_exercise_leaves_what_is_no_mark_empty(marks):
    filled = table(marks)
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(filled.data.decode()))}
    assert list(rows) == ["ada1", "eve", "idle", "nobody", "sob@uni.example", "u102"]
    ada, sean, grace, idle = (rows[name] for name in ("ada1", "sob@uni.example", "u102", "idle"))
    assert (ada[f"{CONVOLUTION} pad2d (of 5)"], ada[f"{CONVOLUTION} total (of 10)"]) == ("5", "8.5")
    assert (sean[f"{CONVOLUTION} late penalty"], sean[f"{CONVOLUTION} total (of 10)"]) == ("0.5", "1.5")
    assert grace[f"{CONVOLUTION} size (of 5)"] == grace[f"{CONVOLUTION} total (of 10)"] == ""
    assert grace[f"{CONVOLUTION} to mark by hand"] == "1"
    assert {value for key, value in idle.items() if key != "student"} == {""}
    assert sean[f"{POOLING} total (of 5)"] == ""
    assert any("without a mark (nothing handed in): idle" in line for line in filled.said)
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(table(marks, partial=True).data.decode()))}
    assert rows["u102"][f"{CONVOLUTION} total (of 10)"] == "10"


def test_what_nobody_has_looked_at_is_no_mark_and_what_gives_no_points_keeps_none_waiting(tmp_path):
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "") as gradebook:
        for name, worth in (("essay", {"manual-essay": 4}), ("mixed", {"check-a": 2, "manual-note": 0})):
            gradebook.add_assignment(name)
            gradebook.add_notebook(name, name)
            for cell, points in worth.items():
                gradebook.add_grade_cell(cell, name, name, max_score=points, cell_type="markdown")
                gradebook.add_solution_cell(cell, name, name)
            gradebook.add_student(f"of-{name}")
            gradebook.add_submission(name, f"of-{name}")
        gradebook.find_grade("check-a", "mixed", "mixed", "of-mixed").auto_score = 2
        gradebook.find_grade("check-a", "mixed", "mixed", "of-mixed").needs_manual_grade = False
        gradebook.db.commit()
        found = read(gradebook)
    assert found.final("of-essay", "essay", partial=True) is None
    assert found.reason("of-essay", "essay") == "1 exercise to be marked by hand"
    final = found.final("of-mixed", "mixed", partial=False)
    assert final is not None
    assert (final.points, final.maximum) == (2, 2)


def test_grades_csv_quotes_names_and_defuses_formulas(book, tmp_path):
    with Gradebook(f"sqlite:///{book / 'gradebook.db'}", "") as gradebook:
        Spreadsheet(to=str(tmp_path / "grades.csv")).export(gradebook)
        Spreadsheet(to=str(tmp_path / "one.csv"), student=["ada1"], assignment=[POOLING]).export(gradebook)
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["assignment"], row["student_id"]): row for row in csv.DictReader(file)}
    assert len(rows) == 12
    assert rows[CONVOLUTION, "u102"]["first_name"] == "Grace, M."
    assert rows[CONVOLUTION, "u102"]["to_mark_by_hand"] == "1"
    assert rows[CONVOLUTION, "eve"]["last_name"] == "'@SUM(1)"
    assert rows[CONVOLUTION, "sob@uni.example"]["score"] == "1.5"
    assert rows[CONVOLUTION, "idle"]["score"] == "0.0"  # as nbgrader has it
    assert len((tmp_path / "one.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "\n@x", "\tx"])
def test_formulas_are_defused_once(text):
    assert cells.defused(text) == f"'{text}"
    assert cells.defused(cells.defused(text)) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "O'Brien", "5", "é", "a-b", " x"])
def test_other_words_stay_as_they_are(text):
    assert cells.defused(text) == text


# --- faithful tables --------------------------------------------------------------------------------------------

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TABLES = st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(TABLES, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_any_table_comes_back_byte_for_byte_but_for_the_cell_that_is_changed(rows, sign, end, always, data):
    header = ["Student", "ID", "Section"]  # says which delimiter it is
    if not always:  # the csv module puts no quotes around it, and cannot read it back
        rows = [[text.replace("\r", "") for text in row] for row in rows]
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=sign, lineterminator=end, quoting=quoting).writerows([header, *rows])
    raw = file.getvalue().encode("utf-8-sig")
    sheet = cells.parse(raw, "t.csv")
    assert sheet.encode() == raw
    assert sheet.rows == [header, *rows]
    row = data.draw(st.integers(0, len(rows)))
    column = data.draw(st.integers(0, len(sheet.rows[row]) - 1))
    value = data.draw(CELL)
    sheet.put(row, column, value)
    expected = [header, *[list(cells_of) for cells_of in rows]]
    expected[row][column] = value
    assert table_of(sheet.encode(), sign) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_any_text_comes_back_or_is_refused(text):
    raw = text.encode()
    try:
        assert cells.parse(raw, "t.csv").encode() == raw
    except cells.SheetError as error:
        assert "t.csv" in str(error)  # noqa: PT017


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["ada1", "eve", "u102", "idle", "zed"]), st.text(max_size=6), min_size=1))
def test_every_cell_of_a_gradebook_that_is_not_ours_is_the_same(book, tmp_path_factory, notes):
    rows = [["Student", "ID", "SIS Login ID", "Section", "Notes", "02 Convolution (1)", "Current Score"]]
    rows += [["    Points Possible", "", "", "", "", "10.00", "(read only)"]]
    rows += [
        [f"S, {login}", str(n), login, "S", note.replace("\0", ""), "", note[:2].replace("\0", "")]
        for n, (login, note) in enumerate(notes.items())
    ]
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    try:
        raw = file.getvalue().encode()
    except UnicodeEncodeError:
        return  # a lone surrogate, which no file can hold
    path = tmp_path_factory.mktemp("canvas") / "g.csv"
    path.write_bytes(raw)
    after = canvas.fill(path, marks_of(book, CONVOLUTION)).data
    assert {column for _, column in changes(raw, after)} <= {5}
    new = table_of(after)
    assert [row[:5] + row[6:] for row in new] == [row[:5] + row[6:] for row in rows]
    marked = {row[2]: row[5] for row in new[2:]}
    truth = {"ada1": "8.50", "eve": "0.00", "u102": "", "idle": "", "zed": ""}
    assert marked == {login: truth[login] for login in notes}


def test_a_letter_that_the_encoding_lacks_is_an_error(tmp_path):
    sheet = cells.parse("Müller,1\n".encode("cp1252"), "t.csv")
    sheet.put(0, 1, "→")
    with pytest.raises(cells.SheetError, match="save it as UTF-8"):
        sheet.encode()


# --- files and commands -----------------------------------------------------------------------------------------


def test_the_input_is_written_over_only_in_place(tmp_path):
    path = written(tmp_path / "g.csv", "old")
    (tmp_path / "link.csv").symlink_to(path)
    for target in (path, tmp_path / "link.csv"):
        with pytest.raises(ExportError, match="--in-place"):
            save(Filled(b"new"), target, path)
    assert path.read_bytes() == b"old"
    save(Filled(b"new"), path, path, in_place=True)
    assert path.read_bytes() == b"new"
    with pytest.raises(ExportError, match="cannot be written"):
        save(Filled(b"new"), tmp_path / "no/where.csv")


def invoke(*words):
    return CliRunner().invoke(main, ["export", *map(str, words)])


def test_the_commands(book, tmp_path):
    path = written(tmp_path / "g.csv", CANVAS)
    done = invoke("canvas", path, "--root", book, "--assignment", "2")
    assert done.exit_code == 1  # one who has a mark is not in the file
    assert "nobody has 2, not written: not in the file" in done.output
    assert f"Written: {tmp_path / 'g_marks.csv'}" in done.output
    assert set(changes(CANVAS.encode(), (tmp_path / "g_marks.csv").read_bytes())) == {(3, 6), (4, 6), (6, 6)}
    assert path.read_bytes() == CANVAS.encode()
    done = invoke("canvas", path, "--root", book, "--column", "Essay=3", "--assignment", "3", "--in-place")
    assert (3, 8) in changes(CANVAS.encode(), path.read_bytes())
    worksheet = written(tmp_path / "w.csv", MOODLE)
    done = invoke("moodle", worksheet, "--root", book, "--assignment", CONVOLUTION, "--to", tmp_path / "m.csv")
    assert set(changes(MOODLE.encode(), (tmp_path / "m.csv").read_bytes())) == {(1, 4), (2, 4)}
    for words, name in ((["moodle"], "moodle.csv"), (["csv"], "exercises.csv")):
        done = invoke(*words, "--root", book, "--to", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "ada1" in (tmp_path / name).read_text()
    wrong = invoke("canvas", worksheet, "--root", book)
    assert wrong.exit_code == 1
    assert "Error: " in wrong.output
    assert "w.csv does not begin as" in wrong.output
    assert invoke("canvas", path, "--root", book, "--column", "nonsense").exit_code == 1
    assert invoke("moodle", "--comments", "--root", book).exit_code == 2


def test_a_course_without_a_gradebook_is_told_and_gets_none(tmp_path, book):
    (tmp_path / "solutions").symlink_to(book / "solutions")
    done = invoke("csv", "--root", tmp_path)
    assert done.exit_code == 1
    assert "no marks yet" in done.output
    assert not (tmp_path / "gradebook.db").exists()
    done = invoke("csv", "--root", book, "--assignment", "17")
    assert "there is no assignment 17" in done.output


def test_nbgraders_own_command_can_use_them(book, tmp_path):
    template = written(tmp_path / "g.csv", CANVAS)
    with Gradebook(f"sqlite:///{book / 'gradebook.db'}", "") as gradebook:
        config = Config({"Canvas": {"template": str(template), "columns": {"Essay": POOLING}}})
        plugins.Canvas(config=config, to=str(tmp_path / "c.csv")).export(gradebook)
        assert changes(CANVAS.encode(), (tmp_path / "c.csv").read_bytes())[3, 8] == "20.00"
        plugins.Moodle(to=str(tmp_path / "m.csv")).export(gradebook)
        assert (tmp_path / "m.csv").read_text().startswith("Username,ID number")
        plugins.Exercises(to=str(tmp_path / "e.csv"), student=["ada1"], assignment=[POOLING]).export(gradebook)
        assert len((tmp_path / "e.csv").read_text().splitlines()) == 2
        with pytest.raises(ExportError, match=r"--Canvas\.template=FILE is needed"):
            plugins.Canvas(to=str(tmp_path / "c.csv")).export(gradebook)
        with pytest.raises(ExportError, match="is the file that is filled in"):
            plugins.Canvas(config=config, to=str(template)).export(gradebook)


def test_the_ledger_of_collecting_is_read(book, tmp_path):
    (book / ".marking").mkdir(exist_ok=True)
    ledger.save({f"idle/{CONVOLUTION}": Item("d", "canvas", "idle", "12345", 1)}, book / ".marking/collected.json")
    path = written(tmp_path / "g.csv", CANVAS)
    done = invoke("canvas", path, "--root", book, "--assignment", "2")
    assert "ada1 has 8.5, not written: row 4 could also be somebody else's" in done.output
    (book / ".marking/collected.json").unlink()
