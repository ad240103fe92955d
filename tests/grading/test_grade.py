"""`autograder grade`, from submitted/ to marks: on a small course of its own, so that a notebook takes two seconds."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console

from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.grading import example, marking, record
from autograder.grading.course import CourseError, assignments, nbgrader_api
from autograder.grading.grade import _show_failures, grade
from autograder.grading.marking import Means
from autograder.grading.pool import perform

HERE = Path(__file__).resolve().parents[2]
DOUBLING, HALVING = "02_doubling", "03_halving"
RIGHT = "def double(x):\n    return x + x"
# What nbgrader says of a notebook that lacks an answer and its check, as it says it, less the middle of the traceback.
LOG = """\
[INFO] Creating/updating student with ID 'bob': {}
[INFO] Sanitizing /course/submitted/bob/02_doubling/02_doubling.ipynb
[WARNING] Missing grade cell check-double encountered, adding to notebook
[ERROR] There was an error processing assignment: /course/submitted/bob/02_doubling
[ERROR] Traceback (most recent call last):
      File "/course/.venv/lib/python3.11/site-packages/nbgrader/converters/base.py", line 390, in convert_notebooks
        self.convert_single_notebook(notebook_filename)
      File "/course/.venv/lib/python3.11/site-packages/nbgrader/preprocessors/overwritecells.py", line 140, in add
        prev_cell_idx = submitted_cell_idxs[prev_cell_id] + added_count
                        ~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^
    KeyError: 'answer-double'

[ERROR] There was an error processing assignment '02_doubling' for student 'bob'
[ERROR] Please see the the above traceback for details on the specific errors on the above failures.
Traceback (most recent call last):
  File "/course/.venv/lib/python3.11/site-packages/nbgrader/converters/base.py", line 468, in convert_notebooks
    raise NbGraderException(msg)
nbgrader.converters.base.NbGraderException: Please see the the above traceback for details on the specific errors
"""
DEADLY = "this line kills whoever marks it"
WAITING = "ada 0.5 ? 0.5? 1 exercise to be marked by hand"
LESS = "def double(x):\n    return 4"  # half a point: right for 2 only


def cell(kind, grade_id, source, **about):
    """A cell with nbgrader's metadata, as `autograder build` writes them."""
    about = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False, **about}
    new = new_markdown_cell if kind == "markdown" else new_code_cell
    return new(source, metadata={"nbgrader": {"grade_id": grade_id, **about}}, id=grade_id)


def lesson(word, *, checks=("double",)):
    """A solved notebook: one function, its check with partial credit, and a question for a human."""
    cells = [new_markdown_cell(f"# {word}", id="title")]
    for place, name in enumerate(checks, 1):
        solution = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
        question = f"try:\n    points = 1.5 * ({name}(3) == 6) + 0.5 * ({name}(2) == 4)\n"
        question += "except NotImplementedError:\n    points = 0\npoints"
        cells += [
            new_markdown_cell(f"## Exercise {place} · {word} · 2 points", id=f"heading-{name}"),
            cell("code", f"answer-{name}", solution, solution=True),
            cell("code", f"check-{name}", question, grade=True, locked=True, points=2),
        ]
    manual = "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"
    cells.append(new_markdown_cell("## Exercise 9 · why? · 1 point", id="heading-why"))
    cells.append(cell("markdown", "manual-why", manual, grade=True, solution=True, points=1))
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": python})


def add_lesson(root, name, notebook):
    """Put a solved notebook into a course, and hand out its copy (with the answers taken out)."""
    for folder in ("solutions", "notebooks"):
        path = root / folder / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if folder == "notebooks":
            for item in notebook.cells:
                before, _, rest = item.source.partition("### BEGIN SOLUTION")
                if rest:
                    code = "# YOUR CODE HERE\n    raise NotImplementedError"
                    stub = "YOUR ANSWER HERE" if item.cell_type == "markdown" else code
                    item.source = before + stub
        nbformat.write(notebook, path)


def hand_in(root, student, name, answers=None, file=None):
    """The student's copy with answers filled in, by answer cell."""
    notebook = nbformat.read(root / "notebooks" / name / f"{name}.ipynb", as_version=4)
    for item in notebook.cells:
        item.source = (answers or {}).get(item.metadata.get("nbgrader", {}).get("grade_id"), item.source)
    path = root / "submitted" / student / name / (file or f"{name}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def delete(path, *names):
    """Take cells out of a notebook, as a student might."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [item for item in notebook.cells if item.metadata.get("nbgrader", {}).get("grade_id") not in names]
    nbformat.write(notebook, path)


def mark(root, **options):
    """Run the grader; whether all could be marked, and what it said."""
    console = Console(file=io.StringIO(), width=120)
    complete = grade(root, console, Means(**options))
    return complete, console.file.getvalue()


def scores(root):
    """(student, assignment) → score, read from the gradebook."""
    with nbgrader_api(root).gradebook as gradebook:
        return {
            (submission.student.id, entry.name): submission.score
            for entry in gradebook.assignments
            for submission in entry.submissions
        }


def spreadsheet(root, name="grades.csv"):
    """(student, assignment) → score and what waits to be marked, as grades.csv has them."""
    with (root / name).open(newline="") as file:
        return {
            (line["student_id"], line["assignment"]): {key: line[key] for key in ("score", "to_mark_by_hand")}
            for line in csv.DictReader(file)
        }


def row(output, student):
    """A student's line in the last table of marks, in words."""
    return [line.split() for line in output.splitlines() if line.split()[:1] == [student]][-1]


def perform_or_die(work):
    """As `pool.perform`, but for work that is deadly: as if memory had run out."""
    if DEADLY in work.notebook:
        os.kill(os.getpid(), signal.SIGKILL)
    return perform(work)


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A course that has been marked once, and what was said. Tests that change it take a copy."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(HERE / "nbgrader_config.py", root)
    add_lesson(root, DOUBLING, lesson("doubling"))
    add_lesson(root, HALVING, lesson("halving"))
    hand_in(root, "ada", DOUBLING, {"answer-double": RIGHT})
    hand_in(root, "ada", HALVING, {"answer-double": LESS, "manual-why": "Because I say so."})
    hand_in(root, "hedy", DOUBLING, {"answer-double": "def double(x:"})
    hand_in(root, "kurt", DOUBLING)
    # A notebook that would take down whatever marks it.
    kill = "import os, signal\nfor process in (os.getppid(), os.getpid()):\n    os.kill(process, signal.SIGKILL)"
    hand_in(root, "loki", DOUBLING, {"answer-double": kill})
    hand_in(root, "donald", DOUBLING, {"answer-double": RIGHT}, file=f"{DOUBLING} (1).ipynb")
    notes = root / "submitted" / "edsger" / DOUBLING / f"{DOUBLING}.ipynb"
    notes.parent.mkdir(parents=True)
    notes.write_text("see my paper")
    (root / "submitted" / "mary" / "2_doubling").mkdir(parents=True)
    released = (root / "notebooks" / DOUBLING / f"{DOUBLING}.ipynb").read_bytes()
    complete, output = mark(root, workers=2)
    assert (root / "notebooks" / DOUBLING / f"{DOUBLING}.ipynb").read_bytes() == released
    return root, complete, output


@pytest.fixture
def copy(marked, tmp_path):
    """As it was marked, without what was nobody's: what is left can all be marked."""
    return shutil.copytree(marked[0], tmp_path / "course", ignore=shutil.ignore_patterns("mary"))


def test_marks_are_those_of_the_gradebook(marked):
    root, _, output = marked
    found = scores(root)
    assert found["ada", DOUBLING] == 2
    assert found["ada", HALVING] == 0.5
    assert found["hedy", DOUBLING] == 0
    assert found["kurt", DOUBLING] == 0
    assert " ".join(row(output, "ada")) == WAITING  # the second table: why? waits for a human
    assert row(output, "kurt")[:3] == ["kurt", "–", "–"]
    assert "nothing attempted" in output
    assert "SyntaxError in double" in " ".join(row(output, "hedy"))
    assert "1 doubling · 9 why?" in output


def test_a_line_for_each_thing_that_is_nobodys_and_then_not_all_is_marked(marked):
    _, complete, output = marked
    assert not complete
    assert f"submitted/mary/2_doubling: there is no assignment of this name; did you mean {DOUBLING}?" in output
    assert "mary" not in {student for student, _ in scores(marked[0])}


def test_what_is_no_notebook_or_has_a_wrong_name_is_marked_and_told(marked):
    found, output = scores(marked[0]), marked[2]
    assert found["donald", DOUBLING] == 2
    assert found["edsger", DOUBLING] == 0
    assert f"{DOUBLING} (1).ipynb was taken for {DOUBLING}.ipynb" in " ".join(output.split())
    assert "The file is not a notebook" in output


def test_what_has_no_mark_does_not_look_like_nothing_or_zero(marked):
    output = marked[2]
    assert row(output, "mary") == ["mary", "✗", "not", "marked:", "see", "above"]
    assert "✗: not marked" in output
    assert "1 student has no mark: mary (02_doubling)" in output
    assert "In grades.csv, nbgrader's own export, they are missing or stand there as 0." in output


def test_one_that_kills_whatever_marks_it_is_marked_like_the_others(marked):
    root, _, output = marked
    assert scores(root)["loki", DOUBLING] == 0
    assert "kernel died in double" in " ".join(row(output, "loki"))
    assert set(json.loads((root / ".marking" / "graded.json").read_text())["submissions"]) == {
        f"{student}/{DOUBLING}" for student in ("ada", "donald", "edsger", "hedy", "kurt", "loki")
    } | {f"ada/{HALVING}"}


def test_a_marking_process_that_is_killed_takes_nobody_else_with_it(copy, monkeypatch):
    broken = "autograder.grading.pool.perform"
    monkeypatch.setattr(broken, perform_or_die)
    hand_in(copy, "nemesis", DOUBLING, {"answer-double": f"{RIGHT}  # {DEADLY}"})
    hand_in(copy, "kurt", DOUBLING, {"answer-double": RIGHT})
    complete, output = mark(copy, workers=2)
    assert not complete
    assert f"nemesis/{DOUBLING}: the marking process was killed" in output
    assert row(output, "nemesis") == ["nemesis", "✗", "not", "marked:", "see", "below"]
    assert scores(copy)["kurt", DOUBLING] == 2


def test_all_who_fail_for_one_reason_are_named_on_lines_that_fit():
    console = Console(file=io.StringIO(), width=60)
    failures = {f"student-{number}/{DOUBLING}": "the disk is full" for number in range(9)}
    _show_failures(console, {**failures, "ada/x": "other"}, Path("log.txt"))
    said = console.file.getvalue()
    assert max(map(len, said.splitlines())) <= 60
    words = " ".join(said.split())
    assert all(name in words for name in failures)
    assert words.count("the disk is full") == 1
    assert words.endswith("ada/x: other")


def test_the_reason_is_found_in_an_indented_log():
    assert marking.plain_reason({"log": LOG, "error": ""}) == "KeyError: 'answer-double'"
    other = LOG.replace("KeyError: 'answer-double'", "sqlite3.OperationalError: database is locked")
    assert marking.plain_reason({"log": other}).startswith("the gradebook could not be written")
    other = LOG.replace("KeyError: 'answer-double'", "OSError: [Errno 5] Input/output error")
    assert marking.plain_reason({"log": other}) == "OSError: [Errno 5] Input/output error"
    assert marking.plain_reason({"log": "[INFO] Nothing."}) == "nbgrader gave no reason"


def test_feedback_pages_spreadsheet_and_log(marked):
    root = marked[0]
    assert "double" in (root / "feedback" / "ada" / DOUBLING / f"{DOUBLING}.html").read_text()
    with (root / "grades.csv").open() as file:
        lines = {(line["student_id"], line["assignment"]): line for line in csv.DictReader(file)}
    assert lines["ada", DOUBLING]["score"] == "2.0"
    assert lines["ada", DOUBLING]["max_score"] == "3.0"
    assert None not in set().union(*lines.values())  # as many values as columns
    assert f"ada/{DOUBLING}: autograde" in (root / ".marking" / "log.txt").read_text()
    assert "[INFO]" not in marked[2]


def test_a_second_run_marks_nothing_that_is_unchanged(copy):
    before, log = scores(copy), (copy / ".marking" / "log.txt").read_text()
    began = time.monotonic()
    complete, output = mark(copy)
    assert time.monotonic() - began < 5
    assert complete
    assert "7 submissions unchanged" in output
    assert "Marking" not in output
    assert (copy / ".marking" / "log.txt").read_text() == log
    assert scores(copy) == before
    assert " ".join(row(output, "ada")) == WAITING


def test_a_mark_that_waits_for_a_person_is_never_shown_as_final(marked):
    root, _, output = marked
    assert f" ada {HALVING} 0.5/3, 1 exercise to be marked by hand\n" in output
    assert f" ada {DOUBLING} 2/3\n" in output  # nothing was written there, and nobody has to read it
    assert f"Not final yet\n  {HALVING}: 1 exercise to be marked by hand, in 1 submission\n" in output
    assert "Totals and the scores in grades.csv are without them; its column to_mark_by_hand says where." in output
    counted = {whose: line["to_mark_by_hand"] for whose, line in spreadsheet(root).items()}
    assert counted["ada", HALVING] == "1"
    assert {whose for whose, count in counted.items() if count != "0"} == {("ada", HALVING)}


def test_nbgraders_own_export_says_the_same(copy):
    (copy / "grades.csv").rename(copy / "ours.csv")
    command = [sys.executable, "-m", "nbgrader", "export"]
    subprocess.run(command, cwd=copy, capture_output=True, check=True)
    assert (copy / "grades.csv").read_text() == (copy / "ours.csv").read_text()
    subprocess.run([*command, "--to", "of_ada.csv", "--student", "['ada']"], cwd=copy, capture_output=True, check=True)
    assert {student for student, _ in spreadsheet(copy, "of_ada.csv")} == {"ada"}
    assert list(copy.glob(".*.tmp")) == []


def test_what_is_changed_after_a_person_marked_it_waits_again(copy):
    with nbgrader_api(copy).gradebook as gradebook:
        given = gradebook.find_grade("manual-why", HALVING, HALVING, "ada")
        given.manual_score, given.needs_manual_grade = 1, False
        gradebook.db.commit()
    hand_in(copy, "ada", HALVING, {"answer-double": RIGHT, "manual-why": "On second thoughts …"})
    _, output = mark(copy)
    assert row(output, "ada")[:4] == ["ada", "2", "1?", "3?"]
    assert spreadsheet(copy)["ada", HALVING] == {"score": "3.0", "to_mark_by_hand": "1"}


def test_what_changed_is_marked_again_and_half_made_copies_too(copy):
    delete(hand_in(copy, "kurt", DOUBLING, {"answer-double": LESS}), "check-double")
    delete(copy / "submitted" / "ada" / DOUBLING / f"{DOUBLING}.ipynb", "answer-double")
    half_made = copy / "autograded" / "hedy" / DOUBLING / f"{DOUBLING}.ipynb"
    half_made.chmod(0o600)
    half_made.unlink()
    complete, output = mark(copy)
    assert complete
    assert "4 submissions unchanged" in output
    assert "Marking 3 submissions" in output
    assert "as these have changed" not in output
    assert scores(copy)["kurt", DOUBLING] == 0.5
    assert "The check check-double had been deleted and was put back" in " ".join(output.split())
    assert scores(copy)["ada", DOUBLING] == 0
    assert "The answer cell answer-double was missing and was put back" in " ".join(output.split())
    assert half_made.exists()


def test_marks_of_what_is_no_longer_there_are_told(copy):
    shutil.rmtree(copy / "submitted" / "kurt")
    for work in (copy / "submitted" / "hedy" / DOUBLING, copy / "submitted" / "ada" / HALVING):
        shutil.rmtree(work)
        work.write_text("a file where a folder should be")
    before = scores(copy)
    _, output = mark(copy)
    assert "Marking" not in output
    assert scores(copy) == before
    assert "no longer in submitted/" in " ".join(row(output, "kurt"))
    assert "mark of an earlier file: see above" in " ".join(row(output, "hedy"))
    assert row(output, "ada")[:4] == ["ada", "0.5", "?", "0.5?"]
    assert "mark of an earlier file: see above" in " ".join(row(output, "ada"))


def test_with_real_marks_and_nothing_handed_in_no_example_class_comes(copy):
    before = scores(copy)
    shutil.rmtree(copy / "submitted")
    complete, output = mark(copy)
    assert complete
    assert "Nothing handed in: nothing to mark." in output
    assert "no longer in submitted/" in " ".join(row(output, "ada"))
    assert not (copy / "submitted").exists()
    assert scores(copy) == before
    with nbgrader_api(copy).gradebook as gradebook:
        assert {entry.duedate for entry in gradebook.assignments} == {None}


def test_marks_given_by_hand_reach_the_page_and_survive(copy):
    with nbgrader_api(copy).gradebook as gradebook:
        given = gradebook.find_grade("manual-why", HALVING, HALVING, "ada")
        given.manual_score, given.needs_manual_grade = 0.75, False
        said = gradebook.find_comment("manual-why", HALVING, HALVING, "ada")
        said.manual_comment = "A brave answer."
        gradebook.db.commit()
    _, output = mark(copy)
    assert "Marking 1 submission" in output
    assert row(output, "ada") == ["ada", "0.5", "0.75", "1.25"]
    assert "Not final yet" not in output
    assert spreadsheet(copy)["ada", HALVING] == {"score": "1.25", "to_mark_by_hand": "0"}
    assert "A brave answer." in (copy / "feedback" / "ada" / HALVING / f"{HALVING}.html").read_text()


def test_a_lesson_that_changed_replaces_marks_unless_someone_gave_them_by_hand(copy):
    hand_in(copy, "loki", DOUBLING)
    with (copy / "nbgrader_config.py").open("a") as config:
        config.write("c.SandboxedExecute.cell_seconds = 100\n")
    with nbgrader_api(copy).gradebook as gradebook:
        gradebook.find_grade("manual-why", HALVING, HALVING, "ada").manual_score = 1
        gradebook.db.commit()
    for name in (DOUBLING, HALVING):
        add_lesson(copy, name, lesson("more", checks=("double", "treble")))
    complete, output = mark(copy)
    assert not complete
    changed = f"nbgrader_config.py, the lesson {DOUBLING}"
    assert f"What was marked before is marked again, as these have changed: {changed}.\n" in output
    assert "mark from before: see below" in " ".join(row(output, "ada"))
    assert f"the exercises of {HALVING} have changed, and the gradebook holds marks given by hand" in output
    assert "Marking 6 submissions" in output
    with nbgrader_api(copy).gradebook as gradebook:
        assert gradebook.find_submission(DOUBLING, "ada").max_score == 5
        assert gradebook.find_submission(HALVING, "ada").max_score == 3


def test_stopped_half_way_it_goes_on_from_there(marked, tmp_path):
    root = tmp_path / "course"
    for folder in ("solutions", "notebooks"):
        shutil.copytree(marked[0] / folder, root / folder)
    shutil.copy(HERE / "nbgrader_config.py", root)
    students = ("ada", "emmy")
    for student in students:
        hand_in(root, student, DOUBLING, {"answer-double": f"import time\ntime.sleep(1)\n{RIGHT}"})
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "--workers", "1"]
    run = subprocess.Popen(
        command,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A job in the background may have been told to ignore Ctrl-C, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert run.stdout is not None
    assert next(line for line in run.stdout if line.startswith("1/2")).startswith(f"1/2 ada {DOUBLING} 2/3")
    os.kill(run.pid, signal.SIGINT)
    _, error = run.communicate(timeout=20)
    assert run.returncode == 130
    assert error.strip() == "Stopped. What was marked is kept: the same command goes on from here."
    assert set(record.load(root / ".marking" / "graded.json").submissions) == {f"ada/{DOUBLING}"}

    complete, output = mark(root)
    assert complete
    assert "1 submission unchanged" in output
    assert "Marking 1 submission." in output
    assert scores(root) == {(student, DOUBLING): 2 for student in students}


def test_the_example_class_comes_and_goes(copy):
    shutil.rmtree(copy / "submitted")
    known = {DOUBLING: assignments(copy)[DOUBLING]}
    example.write(copy, known, [])
    for pupil in example.CLASS:  # two are enough to see them go
        if pupil.name not in ("alonzo", "donald"):
            shutil.rmtree(copy / "submitted" / pupil.student)
    (copy / "gradebook.db").unlink()
    (copy / ".marking" / "graded.json").unlink()
    _, output = mark(copy)
    assert "This is the example class" in output
    assert " ".join(row(output, "example-alonzo")).startswith("example-alonzo 2 ? 2? 2 d 1 exercise")
    assert "(1).ipynb was taken for" in " ".join(row(output, "example-donald"))

    shutil.rmtree(copy / "submitted")
    hand_in(copy, "ada", DOUBLING, {"answer-double": LESS})
    # Whatever the record says, real students stay.
    done = record.load(copy / ".marking" / "graded.json")
    record.save(replace(done, example=[*done.example, "ada"]), copy / ".marking" / "graded.json")
    with nbgrader_api(copy).gradebook as gradebook:
        gradebook.add_student("ada", last_name="Lovelace")
    _, output = mark(copy)
    assert scores(copy) == {("ada", DOUBLING): 0.5}
    with nbgrader_api(copy).gradebook as gradebook:
        assert [(student.id, student.last_name) for student in gradebook.students] == [("ada", "Lovelace")]
    assert not (copy / "feedback" / "example-alonzo").exists()
    assert "late" not in output


def test_an_endless_cell_is_cut_off_and_the_rest_counts(tmp_path):
    shutil.copy(HERE / "nbgrader_config.py", tmp_path)
    with (tmp_path / "nbgrader_config.py").open("a") as config:
        config.write("c.SandboxedExecute.cell_seconds = 2\n")
    add_lesson(tmp_path, DOUBLING, lesson("doubling"))
    hand_in(tmp_path, "zeno", DOUBLING, {"answer-double": f"{RIGHT}\n\nwhile True:\n    pass"})
    complete, output = mark(tmp_path)
    assert complete
    assert "time-out in double" in " ".join(row(output, "zeno"))
    assert "KeyboardInterrupt" not in output
    assert scores(tmp_path) == {("zeno", DOUBLING): 2}


@pytest.fixture(scope="module")
def example_class(tmp_path_factory):
    """The example class of the real course: its root and, by student and assignment, what each answer cell holds."""
    root = tmp_path_factory.mktemp("example")
    for folder in ("solutions", "notebooks"):
        shutil.copytree(HERE / folder, root / folder)
    shutil.copy(HERE / "nbgrader_config.py", root)
    example.write(root, assignments(root), all_answers())
    return root, {
        (path.parts[-3], path.parts[-2]): typed(path)
        for path in (root / "submitted").glob("*/*/*.ipynb")
        if path.read_text().startswith("{")
    }


def typed(path):
    """Answer cell → source."""
    return {
        item.metadata.nbgrader.grade_id: item.source
        for item in nbformat.read(path, as_version=4).cells
        if item.metadata.get("nbgrader", {}).get("solution")
    }


def test_the_example_class_shows_every_kind_of_work(example_class):
    root, sheets = example_class
    names = list(assignments(root))
    students = {path.name for path in (root / "submitted").iterdir() if path.is_dir()}
    assert students == {pupil.student for pupil in example.CLASS}
    assert len(students) >= 10
    assert sum(set(names) <= {name for who, name in sheets if who == student} for student in students) > 7
    assert all(pupil.student in (root / "submitted" / example.NOTE).read_text() for pupil in example.CLASS)

    mistakes = {}
    for name in names:
        released = typed(root / "notebooks" / name / f"{name}.ipynb")
        judged = {f"answer-{check}" for check, about in CHECKS.items() if about.notebook == name} & set(released)
        right = {answer.source for answer in all_answers() if answer.right}
        wrong = {answer.source for answer in all_answers() if not answer.right}
        for student in ("example-ada", "example-emmy", "example-grace"):
            assert {sheets[student, name][cell] for cell in judged} <= right
        assert len({json.dumps(sheets[f"example-{who}", name]) for who in ("ada", "emmy", "grace")}) == 3
        for student in ("example-carl", "example-henri", "example-sofia", "example-srinivasa"):
            mistakes[student] = mistakes.get(student, 0) + len(
                {sheets[student, name].get(cell) for cell in judged} & wrong
            )
        untouched = [cell for cell in judged if sheets["example-alan", name][cell] == released[cell]]
        assert 0 < len(untouched) < len(judged)
        broken = 0
        for cell, source in sheets["example-hedy", name].items():
            if cell.startswith("manual-"):
                continue  # no code
            try:
                compile(source, "cell", "exec")
            except SyntaxError:
                broken += 1
        assert broken == 1
    assert all(2 < number < 9 * len(names) for number in mistakes.values()), mistakes
    assert sheets["example-kurt", names[0]] == typed(root / "notebooks" / names[0] / f"{names[0]}.ipynb")
    assert list((root / "submitted" / "example-donald" / names[0]).glob("* (1).ipynb"))


def test_the_example_class_is_marked_as_it_should(example_class):
    root, _ = example_class
    for pupil in example.CLASS:  # these show the way; the others are marked by `make grade`
        if pupil.name not in ("emmy", "hedy"):
            shutil.rmtree(root / "submitted" / pupil.student)
    for path in (root / "submitted" / "example-hedy").iterdir():
        if path.name != "02_convolution":
            shutil.rmtree(path)
    complete, output = mark(root, workers=2)
    assert complete, output
    found = scores(root)
    by_checks = {
        name: sum(check.points for check in CHECKS.values() if check.notebook == name) for name in assignments(root)
    }
    assert {name: score for (student, name), score in found.items() if student == "example-emmy"} == by_checks
    open_points = {name for name in by_checks if by_checks[name] < 20}
    assert open_points == {"01_fmnist_mlp"}
    assert "01_fmnist_mlp: 1 exercise to be marked by hand, in 1 submission" in output
    assert "Rubric" not in (root / "autograded" / "example-emmy" / "01_fmnist_mlp" / "01_fmnist_mlp.ipynb").read_text()
    assert 10 < found["example-hedy", "02_convolution"] < 20
    assert "SyntaxError in" in output


def test_a_run_beside_another_is_refused(copy):
    with record.alone(copy / ".marking" / "lock"), pytest.raises(record.BusyError, match="another run"):
        mark(copy)


def test_faults_of_the_course_are_told_plainly(tmp_path):
    with pytest.raises(CourseError, match=r"is not the folder of a course: go there, or name it with --root"):
        mark(tmp_path)
    (tmp_path / "solutions").mkdir()
    with pytest.raises(CourseError, match=r"no solved notebooks in .*solutions: run `autograder build` first"):
        mark(tmp_path)
    add_lesson(tmp_path, DOUBLING, lesson("doubling"))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be read"):
        mark(tmp_path)
