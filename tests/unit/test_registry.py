"""How a check is registered, run and explained, and which cases it draws."""

import hashlib
import random

import numpy as np
import pytest
import torch

from autograder.checks import CHECKS, check, registry
from autograder.checks.experiments import Observation
from autograder.checks.plain import NOT_ATTEMPTED, Reply
from autograder.checks.registry import SEVERAL, Check, explain, marking_seed, register, run
from autograder.checks.student import Namespace
from autograder.checks.verdict import Case, Finding, Outcome, Part, Verdict

A, B, C = (Finding(name, f"It is {name}.") for name in "abc")


def case(outcome: Outcome, part: str = "", *findings: Finding) -> Case:
    return Case("a case", outcome, part, findings=findings)


def passed(part: str = "", *findings: Finding) -> Case:
    return case(Outcome.PASSED, part, *findings)


def failed(part: str = "", *findings: Finding) -> Case:
    return case(Outcome.FAILED, part, *findings)


def made_of(*cases: Case, **parts: float) -> Verdict:
    """The verdict of a check that has these cases."""
    made = Check("toy", "99_toy", "1", "A toy", "", (), parts or {"": 1}, lambda student: iter(cases))
    return run(made, Namespace({}))


@pytest.mark.parametrize(
    ("cases", "points"),
    [
        ([passed("x"), passed("y")], 3),
        ([passed("x"), failed("y")], 1),
        ([failed("x"), passed("y")], 2),
        ([passed("x"), passed("y"), failed("y")], 1),  # one failure costs the part, wherever it stands
        ([passed("x"), failed("y"), passed("y")], 1),
        ([passed("x"), case(Outcome.NOT_ATTEMPTED, "y")], 1),
        ([passed("x"), case(Outcome.NOT_JUDGED, "y")], 1),
        ([passed("x")], 1),  # a part without cases has proved nothing
        ([], 0),
    ],
)
def test_points_are_earned_part_by_part(cases, points):
    verdict = made_of(*cases, x=1, y=2)
    assert (verdict.points, verdict.maximum) == (points, 3)


def test_each_part_tells_what_it_earned():
    verdict = made_of(passed("x"), passed("y"), failed("y"), x=1.5, y=2)
    assert verdict.parts == (Part("x", 1.5, 1.5), Part("y", 2, 0))


def test_a_part_that_carries_no_points_is_refused():
    with pytest.raises(ValueError, match=r"'toy' has cases for parts that carry no points: \['z'\]"):
        made_of(passed("x"), passed("z"), x=1)
    with pytest.raises(ValueError, match="carry no points"):
        made_of(passed(), x=1)


@pytest.mark.parametrize(
    ("outcomes", "attempted", "all_right"),
    [
        ([], False, False),
        ([Outcome.NOT_ATTEMPTED], False, False),
        ([Outcome.NOT_ATTEMPTED, Outcome.FAILED], True, False),
        ([Outcome.NOT_JUDGED], True, False),
        ([Outcome.PASSED, Outcome.NOT_JUDGED], True, False),
        ([Outcome.PASSED, Outcome.PASSED], True, True),
    ],
)
def test_verdicts_know_whether_they_passed(outcomes, attempted, all_right):
    verdict = made_of(*map(case, outcomes))
    assert (verdict.attempted, verdict.passed) == (attempted, all_right)


@pytest.fixture
def empty_list(monkeypatch):
    monkeypatch.setattr(registry, "CHECKS", {})
    return registry.CHECKS


def test_registering(empty_list):
    @register("toy", notebook="99_toy", exercise="1", title="A toy", asks=["f", "g"], points={"x": 1, "y": 0.5})
    def questions(student):
        """Say what
        is asked."""
        yield student.holds("f", 1, part="x")

    made = empty_list["toy"]
    assert (made.name, made.notebook, made.exercise, made.title) == ("toy", "99_toy", "1", "A toy")
    assert (made.advice, made.asks, made.points) == ("Say what is asked.", ("f", "g"), 1.5)
    assert made.questions is questions
    with pytest.raises(ValueError, match="two checks called 'toy'"):
        register("toy", notebook="99_toy", exercise="2", title="Another", asks=(), points=1)(questions)
    assert list(empty_list) == ["toy"]


@pytest.mark.parametrize(
    ("cases", "finding"),
    [
        ([passed(), passed()], None),
        ([failed()], None),
        ([passed("", A)], None),  # only a failure needs an explanation
        ([failed("", A), failed("", B), failed("", C)], SEVERAL),  # none explains half of them
        ([failed("", A, B), failed("", B, A), passed("", B)], B),  # consistent with what passed
        ([failed("", A), failed("", B), failed("", B)], B),  # that of most failures
        ([failed("", A, B), failed("", B)], B),
        ([failed("", A, B), failed("", A, B)], A),  # of equals, the one listed first
        ([failed("", B), failed("", A)], B),
        ([failed("", A, B), passed("", B)], B),  # where failures do not decide, passed cases do
        ([failed("", A, B), failed("", A), passed("", B), passed("", B)], A),  # but failures come first
        ([passed("", C), failed("", A)], A),
        ([case(Outcome.NOT_ATTEMPTED, "", NOT_ATTEMPTED)], NOT_ATTEMPTED),
        ([failed("", Finding("a", "first")), failed("", Finding("a", "second")), failed("", B)], Finding("a", "first")),
    ],
)
def test_the_finding_that_explains_best(cases, finding):
    assert explain(cases) == finding
    assert made_of(*cases).finding == finding


@pytest.mark.parametrize(
    ("execution", "secret", "seed"),
    [
        ("autograde", "s3cret", "s3cret"),
        ("autograde", None, ""),
        ("validate", "s3cret", ""),
        ("", "s3cret", ""),
        (None, "s3cret", ""),
        (None, None, ""),
    ],
)
def test_the_secret_counts_only_while_marking(execution, secret, seed, monkeypatch):
    for name, value in (("NBGRADER_EXECUTION", execution), ("CONVCOURSE_MARKING_SEED", secret)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert marking_seed() == seed
    assert check("transposed-size", {"larger": 21}).marking is bool(seed)


# --- the cases that are drawn -----------------------------------------------------------------------------------


class Recorder:
    """Answers nothing, and notes what was asked."""

    def __init__(self):
        self.asked = []

    def value(self, name):
        self.asked.append(name)
        return Reply(problem=NOT_ATTEMPTED)

    def call(self, name, arguments):
        self.asked.append((name, [np.asarray(argument).tolist() for argument in arguments]))
        return Reply(problem=NOT_ATTEMPTED)

    def observe(self, experiment, names, arguments):
        plain = {key: np.asarray(argument).tolist() for key, argument in arguments.items()}
        self.asked.append((experiment, list(names), plain))
        return Observation(problem=NOT_ATTEMPTED)


def asked(name: str, seed: str) -> tuple[list[object], bool]:
    recorder = Recorder()
    verdict = run(CHECKS[name], recorder, seed)
    return recorder.asked, verdict.drawn


@pytest.mark.parametrize("name", CHECKS)
def test_the_seed_alone_decides_on_the_cases(name):
    first, drawn = asked(name, "secret")
    np.random.seed(1)
    torch.manual_seed(1)
    random.seed(1)
    again, _ = asked(name, "secret")
    assert again == first
    assert drawn is (asked(name, "another")[0] != first)
    assert drawn is (asked(name, "")[0] != first)


def random_state() -> list[str]:
    states = (
        np.random.get_state()[1].tobytes(),
        torch.get_rng_state().numpy().tobytes(),
        repr(random.getstate()).encode(),
    )
    return [hashlib.sha256(state).hexdigest() for state in states]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_leaves_global_random_numbers_alone(name):
    before = random_state()
    run(CHECKS[name], Recorder(), "secret")
    assert random_state() == before


def test_two_checks_draw_different_cases_from_one_seed():
    draws = []
    for name in ("one", "two"):
        made = Check(
            name, "99_toy", "1", "A toy", "", (), {"": 1}, lambda s: iter([draws.append(s.random.random())][1:])
        )
        run(made, Namespace({}), "secret")
    assert draws[0] != draws[1]


@pytest.mark.parametrize("name", CHECKS)
def test_the_list_of_checks_is_complete(name):
    listed = CHECKS[name]
    assert listed.name == name
    assert listed.asks
    assert listed.advice.endswith((".", "?"))
    assert listed.points == sum(listed.parts.values())
    assert set(listed.parts) == {answer.part for answer in run(listed, Recorder()).cases}
