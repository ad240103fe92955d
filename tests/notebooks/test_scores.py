"""nbgrader by the book, with its own commands in a copy of the course: hand out, mark, give back, export.

Three students hand in each notebook: the solved one, the untouched copy, and one whose answers are by turns right,
missing and wrong. What only a person can mark, two of them answer.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook

from autograder.building.lesson import read_lesson
from autograder.building.notebook import lesson_path, solved_path, student_path
from autograder.catalogue import Answer, all_answers
from autograder.checks import CHECKS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TOTAL = 20
SECRETS = {"with a secret": "the marking secret of a class", "without a secret": ""}
PUBLIC_WORDS = "marking uses other cases"  # what a check says after cases that students can see
STUDENT = 'student_name = "Ada Lovelace"'  # whose matrix the catalogue's answers are for
OPINION = "The order is nothing to it."  # what the one with mixed answers writes where a person marks


@dataclass(frozen=True)
class Marked:
    """A course after `nbgrader autograde`. `points` are student → grade id → points, `waiting` are student → what a
    person has to mark."""

    root: Path
    secret: str
    points: dict[str, dict[str, float]]
    scores: dict[str, tuple[float, float]]
    waiting: dict[str, set[str]]
    said: str

    def notebook(self, student: str, name: str) -> NotebookNode:
        path = self.root / "autograded" / student / name / f"{name}.ipynb"
        return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def nbgrader(root: Path, *words: str, secret: str = "") -> str:
    """Run a command of nbgrader in the course's folder, as an instructor does, and return what it says."""
    environment = {key: value for key, value in os.environ.items() if key != "NBGRADER_EXECUTION"}
    environment["CONVCOURSE_MARKING_SEED"] = secret
    # As in an activated environment. nbgrader itself calls alembic by its bare name.
    environment["PATH"] = str(Path(sys.executable).parent) + os.pathsep + environment["PATH"]
    program = shutil.which("nbgrader", path=environment["PATH"])
    assert program, "nbgrader is not installed beside this Python"
    done = subprocess.run(
        [program, *words], cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def total(score: float) -> str:
    """How a feedback page says the score."""
    return f'<p class="total"><strong>{score:g}</strong> of {TOTAL} points</p>'


def checked(name: str) -> dict[str, float]:
    """The points of each cell that a check marks."""
    return {f"check-{check.name}": check.points for check in CHECKS.values() if check.notebook == name}


def by_hand(name: str) -> dict[str, float]:
    """The points of each cell that a person marks."""
    cells = read_lesson(lesson_path(ROOT, name), ROOT, CHECKS).cells
    return {cell.grade_id: cell.points for cell in cells if cell.role == "manual"}


def mixture(name: str) -> dict[str, Answer | None]:
    """By turns right, missing and wrong: check → what is typed in for it."""
    catalogue: dict[tuple[str, bool], Answer] = {}
    for answer in all_answers():
        catalogue.setdefault((answer.check, answer.right), answer)
    checks = [check for check, about in CHECKS.items() if about.notebook == name]
    kinds = (True, None, False)  # in 03 this makes a right D from a wrong C: a slip does not count twice
    turns = {check: kinds[place % 3] for place, check in enumerate(checks)}
    return {check: None if right is None else catalogue[check, right] for check, right in turns.items()}


def mixed(name: str, root: Path) -> str:
    """The student's copy with such answers."""
    typed = {f"answer-{check}": answer.source for check, answer in mixture(name).items() if answer}
    notebook = nbformat.read(student_path(root, name), as_version=nbformat.NO_CONVERT)
    for cell in notebook.cells:
        cell.source = ({"answer-student-name": STUDENT} | typed).get(cell.id, cell.source)
        if cell.id.startswith("manual-"):
            cell.source = OPINION
    return str(nbformat.writes(notebook))


@pytest.fixture(scope="session")
def released(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has handed out one notebook. Tests leave it as it is."""
    root = tmp_path_factory.mktemp("released")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    for folder in ("solutions", "notebooks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    shutil.copytree(root / "notebooks", root / "committed")
    nbgrader(root, "generate_assignment", name, "--force")
    return root


@pytest.fixture(scope="session", params=SECRETS)
def marked(
    request: pytest.FixtureRequest, name: str, released: Path, tmp_path_factory: pytest.TempPathFactory
) -> Marked:
    """A course whose three students have been marked."""
    root = shutil.copytree(released, tmp_path_factory.mktemp("marked") / "course")
    handed_in = {
        "solved": solved_path(root, name).read_text(encoding="utf-8"),
        "untouched": student_path(root, name).read_text(encoding="utf-8"),
        "mixed": mixed(name, root),
    }
    for student, text in handed_in.items():
        path = root / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    secret = SECRETS[request.param]
    said = nbgrader(root, "autograde", name, secret=secret)
    points, scores, waiting = {}, {}, {}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", course_id="convcourse") as gradebook:
        for student in handed_in:
            submission = gradebook.find_submission(name, student)
            (notebook,) = submission.notebooks
            waiting[student] = {grade.name for grade in notebook.grades if grade.needs_manual_grade}
            points[student] = {grade.name: grade.score for grade in notebook.grades}
            scores[student] = submission.score, submission.max_score
    return Marked(root, secret, points, scores, waiting, said)


def feedback(notebook: NotebookNode) -> Iterator[tuple[str, dict[str, str]]]:
    """What each check said: its name, and its output by kind."""
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id.startswith("check-"):
            (output,) = cell.outputs
            yield grade_id.removeprefix("check-"), output.data


# --- handing out ------------------------------------------------------------------------------------------------


def test_nbgrader_makes_the_committed_copy(name: str, released: Path) -> None:
    committed = released / "committed" / name / f"{name}.ipynb"
    assert student_path(released, name).read_bytes() == committed.read_bytes()
    with Gradebook(f"sqlite:///{released / 'gradebook.db'}", course_id="convcourse") as gradebook:
        assignment = gradebook.find_assignment(name)
        assert assignment.max_score == TOTAL
        cells = {cell.name: cell.max_score for notebook in assignment.notebooks for cell in notebook.grade_cells}
    assert cells == checked(name) | by_hand(name)
    assert sum(cells.values()) == TOTAL


def test_nbgrader_validates_the_solved_notebook(name: str, released: Path) -> None:
    said = nbgrader(released, "validate", f"solutions/{name}/{name}.ipynb")
    assert "Success! Your notebook passes all the tests." in said


# --- marking ----------------------------------------------------------------------------------------------------


def test_the_solved_notebook_scores_all_points(name: str, marked: Marked) -> None:
    assert marked.points["solved"] == checked(name) | dict.fromkeys(by_hand(name), 0)
    assert marked.scores["solved"] == (TOTAL - sum(by_hand(name).values()), TOTAL)
    assert marked.waiting["solved"] == set(by_hand(name))
    for check, data in feedback(marked.notebook("solved", name)):
        assert data["text/plain"] == f"{CHECKS[check].points:g}"
        assert "✓ Right" in data["text/html"], check


def test_a_person_gives_what_is_missing(name: str, marked: Marked, tmp_path: Path) -> None:
    root = shutil.copytree(marked.root, tmp_path / "course")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", course_id="convcourse") as gradebook:
        for cell, points in by_hand(name).items():
            grade = gradebook.find_grade(cell, name, name, "solved")
            grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()
        submission = gradebook.find_submission(name, "solved")
        assert (submission.score, submission.needs_manual_grade) == (TOTAL, False)
    if not by_hand(name):
        return  # its page is looked at below
    nbgrader(root, "generate_feedback", name, "--student", "solved", "--force", secret=marked.secret)
    page = (root / "feedback" / "solved" / name / f"{name}.html").read_text(encoding="utf-8")
    assert total(TOTAL) in page


def test_the_committed_feedback_is_what_the_checks_say_today(name: str, marked: Marked) -> None:
    committed = dict(feedback(nbformat.read(solved_path(ROOT, name), as_version=nbformat.NO_CONVERT)))
    said = dict(feedback(marked.notebook("solved", name)))
    # Under a secret the cases are others, and no pass needs the warning that they will be.
    assert (said == committed) == (not marked.secret), "run `autograder build --run` and commit"


def test_the_untouched_copy_scores_nothing(name: str, marked: Marked) -> None:
    assert marked.scores["untouched"] == (0, TOTAL)
    assert set(marked.points["untouched"].values()) == {0}
    assert marked.waiting["untouched"] == set()  # nothing was written, so there is nothing to read
    said = dict(feedback(marked.notebook("untouched", name)))
    assert {f"check-{check}" for check in said} == set(checked(name))
    for check, data in said.items():
        assert data["text/plain"] == "0", check
        assert "Not attempted" in data["text/html"], check


def test_each_answer_earns_its_own_points(name: str, marked: Marked) -> None:
    said = dict(feedback(marked.notebook("mixed", name)))
    for check, answer in mixture(name).items():
        points, full, html = marked.points["mixed"][f"check-{check}"], CHECKS[check].points, said[check]["text/html"]
        if answer is None:
            assert (points, "Not attempted" in html) == (0, True), check
        elif answer.right:
            assert (points, "✓ Right" in html) == (full, True), check
        else:
            assert 0 <= points < full or points == full == 0, check
            assert "✗" in html, check
            assert ">Yours</th>" in html, check
            assert ">Expected</th>" in html or not marked.secret, check  # while there is time, it would be the answer
    assert marked.points["mixed"].items() >= dict.fromkeys(by_hand(name), 0).items()
    assert marked.waiting["mixed"] == set(by_hand(name))
    assert 0 < marked.scores["mixed"][0] < TOTAL


def test_marking_uses_the_secret(name: str, marked: Marked) -> None:
    said = [data["text/html"] for _, data in feedback(marked.notebook("solved", name))]
    assert any(PUBLIC_WORDS in html for html in said) == (not marked.secret)
    if marked.secret:
        for student in marked.points:
            text = (marked.root / "autograded" / student / name / f"{name}.ipynb").read_text(encoding="utf-8")
            assert marked.secret not in text
        assert marked.secret not in marked.said


# --- giving back ------------------------------------------------------------------------------------------------


def test_nbgrader_writes_feedback_pages(name: str, marked: Marked) -> None:
    nbgrader(marked.root, "generate_feedback", name, secret=marked.secret)
    pages = {
        student: (marked.root / "feedback" / student / name / f"{name}.html").read_text(encoding="utf-8")
        for student in marked.points
    }
    for student, page in pages.items():
        score = marked.scores[student][0]
        assert page.count(total(score)) == 1, student
    assert pages["solved"].count("✓ Right") == len(checked(name))
    assert pages["untouched"].count("– Not attempted") == len(checked(name))
    assert pages["mixed"].count(OPINION) == len(by_hand(name))
    assert '<th scope="col">Yours</th>' in pages["mixed"]


def test_nbgrader_exports_the_scores(name: str, marked: Marked) -> None:
    nbgrader(marked.root, "export", secret=marked.secret)
    with (marked.root / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
    for student, (score, most) in marked.scores.items():
        row = rows[student, name]
        assert (float(row["score"]), float(row["max_score"])) == (score, most)
        assert int(row["to_mark_by_hand"]) == len(marked.waiting[student])
    assert float(rows["solved", name]["score"]) == marked.scores["solved"][0] > 0
