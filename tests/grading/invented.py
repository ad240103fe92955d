"""An invented class for tests of reports: answers from the catalogues, each in a hand of its own, and what marking
would have written of them, without running any of it."""

from __future__ import annotations

import ast
import copy
import random
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import nbformat

from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.grading import account
from autograder.grading.account import Account, Incident, Judged, Remark
from autograder.grading.course import assignments, nbgrader_api, prepare_environment

HERE = Path(__file__).resolve().parents[2]
LESSONS = ("02_convolution", "03_pooling")
DUE = "2026-03-02 23:00:00 UTC"
IDS = (
    *("ada", "alan", "alonzo", "barbara", "carl", "donald", "dorothy", "edsger", "emmy", "evariste", "frances"),
    *("gottfried", "grace", "hedy", "henri", "hypatia", "john", "karen", "katherine", "kurt", "leonhard", "lise"),
    *("margaret", "mary", "maryam", "niels", "richard", "rosalind", "sofia", "srinivasa"),
)


# --- one person's way of writing --------------------------------------------------------------------------------


class Hand(ast.NodeTransformer):
    """Says the same in slightly other words: names, steps in between, order of terms."""

    def __init__(self, chance: random.Random):
        self.chance, self.fresh = chance, 0

    def own(self, node):
        self.fresh += 1
        return ast.Name(f"{self.chance.choice(['tmp', 'value', 'res', 'a', 'part', 'h'])}{self.fresh}", node)

    def visit_Return(self, node):
        self.generic_visit(node)
        if node.value is None or self.chance.random() < 0.5:
            return node
        name = self.own(ast.Store())
        return [ast.Assign([name], node.value), ast.Return(ast.Name(name.id, ast.Load()))]

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name) or self.chance.random() < 0.5:
            return node
        terms = [ast.Name(node.target.id, ast.Load()), node.value]
        return ast.Assign([node.target], ast.BinOp(terms[0], node.op, terms[1]))

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, (ast.Add, ast.Mult)) and self.chance.random() < 0.4:
            node.left, node.right = node.right, node.left
        return node

    def visit_Assign(self, node):
        self.generic_visit(node)
        if isinstance(node.value, ast.BinOp) and self.chance.random() < 0.4:
            name = self.own(ast.Store())
            return [ast.Assign([name], node.value.left), ast.Assign(node.targets, self.after(name, node.value))]
        return [node, self.aside(node)] if self.chance.random() < 0.2 else node

    def after(self, name, value):
        return ast.BinOp(ast.Name(name.id, ast.Load()), value.op, value.right)

    def aside(self, node):
        shown = copy.deepcopy(node.targets[0])
        for each in ast.walk(shown):
            if hasattr(each, "ctx"):
                each.ctx = ast.Load()
        return ast.Expr(ast.Call(ast.Name("print", ast.Load()), [shown], []))

    def visit_For(self, node):
        self.generic_visit(node)
        if isinstance(node.iter, ast.Call) and self.chance.random() < 0.3:
            name = self.own(ast.Store())
            steps = ast.Assign([name], node.iter)
            node.iter = ast.Name(name.id, ast.Load())
            return [steps, node]
        return node


def in_own_hand(source, seed):
    """A catalogue's answer as one student would write it; what is no Python stays as it is."""
    try:
        tree = Hand(random.Random(seed)).visit(ast.parse(source))
    except SyntaxError:
        return source
    return ast.unparse(ast.fix_missing_locations(tree))


def renamed(source, names="abcdefghijklmnopqrstuvwxyz"):
    """The answer of somebody else, every name that it gives changed, with other comments and spacing."""
    tree = ast.parse(source)
    given = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    given |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    new = {name: f"my_{names[place % 26]}{place}" for place, name in enumerate(sorted(given))}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.arg = new.get(node.arg, node.arg)
        elif isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)
    return "# all my own work\n" + ast.unparse(tree).replace("\n", "  # ok\n", 1)


# --- what they hand in ------------------------------------------------------------------------------------------


@cache
def choices():
    """check → (right answers, wrong answers)."""
    found = defaultdict(lambda: ([], []))
    for answer in all_answers():
        found[answer.check][not answer.right].append(answer)
    return dict(found)


@dataclass
class Paper:
    """One student's work for one assignment. `judged` gives for each check the points and what was said."""

    answers: dict[str, str] = field(default_factory=dict)
    judged: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    handed_in: bool = True
    submitted: str = "2026-03-01 17:42:10"
    remarks: tuple[Remark, ...] = ()
    incidents: tuple[Incident, ...] = ()
    isolation: str = account.SANDBOX
    penalty: float = 0.0
    manual: float | None = None
    kept: bool = True  # whether there is a marked notebook
    told: bool = True  # whether it holds an account
    broken: bool = False  # whether marking failed


def paper(assignment, seed, skill=0.7, habit=3):
    """Answers of somebody who is right with a chance of `skill`, and wrong in the likeliest ways."""
    chance = random.Random(seed)
    made = Paper()
    for cell, cells in assignment.answers.items():
        name = cell.removeprefix("check-")
        if name not in CHECKS:
            made.answers.update(dict.fromkeys(cells, f"I think that {chance.random()} is why {chance.random()}."))
            continue
        right, wrong = choices()[name]
        dice = chance.random()
        if dice < 0.08:
            made.judged[name] = (0.0, "not attempted", "")
            continue
        full = CHECKS[name].points
        if dice < skill:
            answer = chance.choice(right)
            made.judged[name] = (full, "", "")
        else:
            answer = wrong[min(int(chance.expovariate(1 / habit)), len(wrong) - 1)]
            points = chance.choice([0.0, 0.0, full / 2]) if full > 1 else 0.0
            made.judged[name] = (points, answer.label, f"This looks like `{answer.label}`, which is another thing.")
        if f"answer-{name}" in cells or len(cells) == 1:
            made.answers[cells[-1] if len(cells) == 1 else f"answer-{name}"] = in_own_hand(answer.source, seed * 31)
    return made


def rich(known, students=IDS):
    """student → assignment → paper: a class in which everything happens that a report has to tell."""
    papers = {
        student: {
            name: paper(assignment, 100 * number + place, skill=0.35 + number % 7 / 11)
            for place, (name, assignment) in enumerate(known.items())
        }
        for number, student in enumerate(students)
    }
    first, *_, last = known
    papers["evariste"][last].handed_in = False
    papers["kurt"][first] = Paper()
    papers["donald"][first] = Paper(answers={}, broken=True, kept=False)
    papers["niels"][first].kept = False
    papers["karen"][first].told = False
    papers["ada"][first].manual = 0.0
    for who in ("alonzo", "sofia"):
        papers[who][first].submitted, papers[who][first].penalty = "2026-03-05 08:15:33", 1.5
    answers = papers["grace"][first].answers
    papers["henri"][first].answers = {
        cell: text if not cell.startswith("answer-") else renamed(text) for cell, text in answers.items()
    }
    for student in students[::5]:
        papers[student][first].remarks = (
            Remark("cell-twice", "The cell conv2d was in it 2 times.", "answer-conv2d"),
            Remark("check-missing", "The check `pad2d` had been deleted and was put back.", "check-pad2d"),
        )
    papers["mary"][first].remarks = (Remark("several-answers", "Two answers to `pad2d`: the last one counts."),)
    papers["edsger"][first].remarks = (Remark("unreadable", "This file is no notebook."),)
    papers["alan"][first].incidents = (Incident("timeout", "The cell took longer than 60 s.", "answer-conv2d"),)
    papers["carl"][first].incidents = (
        Incident("forbidden", "It calls `F.conv2d`, which this exercise asks to do without.", "check-conv2d", True),
    )
    papers["hedy"][first].incidents = (Incident("attack", "The answer was no plain data.", "check-pad2d", True),)
    papers["emmy"][last].isolation = account.NO_SANDBOX
    return papers


# --- what marking would leave behind ----------------------------------------------------------------------------


def course(root, names=LESSONS):
    """A course with the lessons of this one, before anything was handed in. Returns its assignments."""
    shutil.copy(HERE / "nbgrader_config.py", root)
    for name in names:
        shutil.copytree(HERE / "solutions" / name, root / "solutions" / name)
    prepare_environment()
    return assignments(root)


def write(root, known, papers, names=None):
    """Write the gradebook and the marked notebooks of a class. `names` gives first and last names by student."""
    api = nbgrader_api(root)
    with api.gradebook as gradebook:
        present = {entry.name for entry in gradebook.assignments}
        for name, assignment in known.items():
            if name not in present:
                _add(gradebook, name, assignment)
        for student in papers:
            first, last = (names or {}).get(student, (None, None))
            gradebook.add_student(student, first_name=first, last_name=last)
        for student, sheets in papers.items():
            for name, sheet in sheets.items():
                if sheet.handed_in:
                    _mark(gradebook, known[name], student, sheet)
        gradebook.db.commit()
    for name, assignment in known.items():
        solved = nbformat.read(assignment.path, as_version=4)
        for cell in solved.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        for student, sheets in papers.items():
            if name in sheets and sheets[name].handed_in and sheets[name].kept:
                _keep(root, solved, assignment, student, sheets[name])


def _add(gradebook, name, assignment):
    gradebook.add_assignment(name, duedate=DUE)
    gradebook.add_notebook(name, name)
    solved = nbformat.read(assignment.path, as_version=4)
    for cell in solved.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade"):
            more = {"max_score": about["points"], "cell_type": cell.cell_type}
            gradebook.add_grade_cell(about["grade_id"], name, name, **more)
        if about.get("solution"):
            gradebook.add_solution_cell(about["grade_id"], name, name)


def _mark(gradebook, assignment, student, sheet):
    submission = gradebook.add_submission(assignment.name, student, timestamp=sheet.submitted)
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = sheet.penalty
        for grade in notebook.grades:
            if sheet.broken:
                continue
            name = grade.name.removeprefix("check-")
            if name in CHECKS:
                grade.auto_score = sheet.judged.get(name, (0.0, "", ""))[0]
                grade.needs_manual_grade = False
            else:
                grade.manual_score = sheet.manual
                grade.needs_manual_grade = sheet.manual is None
        for comment in notebook.comments:
            if comment.name not in sheet.answers:
                comment.auto_comment = "No response."


def _keep(root, solved, assignment, student, sheet):
    notebook = copy.deepcopy(solved)
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            cell.source = sheet.answers.get(about["grade_id"], "# YOUR CODE HERE\nraise NotImplementedError")
    judged = []
    for name, (points, finding, text) in sheet.judged.items():
        full = CHECKS[name].points
        outcome = "right" if points >= full else "partly" if points else "wrong"
        outcome = "not attempted" if finding == "not attempted" else outcome
        judged.append(Judged(name, f"check-{name}", points, full, outcome, finding, text))
    if sheet.told:
        told = Account(sheet.remarks, sheet.incidents, tuple(judged), sheet.isolation)
        account.write(told, notebook.metadata)
    place = root / "autograded" / student / assignment.name / f"{assignment.name}.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(nbformat.v4.writes(notebook), encoding="utf-8")  # unlike nbformat.write, this takes no second
