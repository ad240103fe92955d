"""Every answer of the catalogues gets what it deserves: right ones all points, wrong ones the message they name."""

import re
import types
from collections import Counter
from functools import cache

import pytest
import torch

from autograder.catalogue import Answer, all_answers
from autograder.checks import CHECKS
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.registry import run
from autograder.checks.student import Mistake, Namespace, Student
from autograder.checks.verdict import Outcome, Verdict
from tests.solved import notebook, solved

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning"),  # numpy on torch's tensors
    pytest.mark.usefixtures("quick_lessons"),
]
torch.set_num_threads(1)  # on arrays this small, threads only wait for one another

ANSWERS = all_answers()
RIGHT = [answer for answer in ANSWERS if answer.right]
WRONG = [answer for answer in ANSWERS if not answer.right]
SEEDS = ("", "marking", "2026")


def name_of(answer: Answer) -> str:
    return f"{answer.check}-{'right' if answer.right else 'wrong'}-{answer.label.replace(' ', '_')}"


def judge(check: str, names: dict[str, object], seed: str = "") -> Verdict:
    return run(CHECKS[check], Namespace(names), seed)


def verdicts(answer: Answer) -> list[Verdict]:
    """One verdict for each seed, each on a notebook of its own."""
    return [judge(answer.check, notebook(answer.check, answer.source), seed) for seed in SEEDS]


@cache
def kinds(check: str) -> dict[str, type]:
    """What each name that a check asks for is, going by the solved lesson: a function, a class or a value."""
    names = solved(CHECKS[check].notebook)
    return {name: type(names[name]) for name in CHECKS[check].asks}


@pytest.mark.parametrize("answer", RIGHT, ids=name_of)
def test_right_answers_get_all_points(answer):
    for verdict in verdicts(answer):
        failed = [case for case in verdict.cases if case.outcome is not Outcome.PASSED]
        assert (verdict.points, failed) == (verdict.maximum, [])
        assert verdict.passed
        assert verdict.finding is None


@pytest.mark.parametrize("answer", WRONG, ids=name_of)
def test_wrong_answers_get_their_own_message_and_the_same_points_whatever_is_drawn(answer):
    found = verdicts(answer)
    assert len({verdict.points for verdict in found}) == 1
    for verdict in found:
        assert not verdict.passed
        assert verdict.points < verdict.maximum or verdict.maximum == 0
        assert verdict.finding is not None
        assert verdict.finding.id == answer.label, verdict.finding.text


@pytest.fixture
def mistakes(monkeypatch):
    """The misconceptions that the checks run meanwhile know of, question by question."""
    known: list[list[Mistake]] = []
    for question in ("holds", "returns", "shows"):
        ask = getattr(Student, question)

        def spy(self, *arguments, mistakes=(), ask=ask, **options):
            known.append(list(mistakes))
            return ask(self, *arguments, mistakes=mistakes, **options)

        monkeypatch.setattr(Student, question, spy)
    return known


@pytest.mark.parametrize("check", CHECKS)
def test_each_misconception_has_a_message_of_its_own_and_an_answer_that_shows_it(check, mistakes):
    judge(check, notebook(check))
    for question in mistakes:
        labels, texts = ([getattr(mistake, key) for mistake in question] for key in ("id", "text"))
        assert len(set(labels)) == len(set(texts)) == len(question)
    known = {(mistake.id, mistake.text) for question in mistakes for mistake in question}
    assert max(Counter(text for _, text in known).values(), default=1) == 1  # nor one text for two, anywhere
    assert all(text.strip() == text and text[-1] in ".?!" for _, text in known)
    shown = Counter(answer.label for answer in WRONG if answer.check == check)
    assert max(shown.values()) == 1
    assert {label for label, _ in known} - set(shown) == set()


@pytest.mark.parametrize("numbers", [(104, 114, 124, 134), (74, 84, 94, 104)])
def test_counting_on_in_tens_is_told_for_every_window(numbers):
    verdict = judge("windows-by-hand", dict(zip(("c12", "c20", "c21", "c22"), numbers, strict=True)))
    failed = [case for case in verdict.cases if case.outcome is not Outcome.PASSED]
    assert len(failed) >= 3
    assert verdict.finding.id == "counted-on"
    assert all(verdict.finding in case.findings for case in failed)


@pytest.mark.parametrize(
    ("numbers", "finding"),
    [
        ((17, 18, 10), "no-plus-one"),
        ((19, 20, 13), "kernel-ignored"),
        ((18, 18, 12), "divided-only"),
        ((19, 19, 12), "rounded-up"),
        ((18, 18, 11), "padding-missing"),
    ],
)
def test_slips_in_all_three_sizes_are_one_slip(numbers, finding):
    asked = ("after_average", "after_maximum", "after_strided")
    assert judge("three-ways", dict(zip(asked, numbers, strict=True))).finding.id == finding


@pytest.mark.parametrize("check", [name for name, check in CHECKS.items() if check.points])
def test_messages_for_typed_numbers_do_not_tell_the_right_one(check, monkeypatch):
    told = []
    ask = Student.holds

    def spy(self, name, expected, *, mistakes=(), **options):
        told.extend((expected, mistake.text) for mistake in mistakes)
        return ask(self, name, expected, mistakes=mistakes, **options)

    monkeypatch.setattr(Student, "holds", spy)
    judge(check, notebook(check))
    for expected, text in told:
        if isinstance(expected, int) or getattr(expected, "ndim", 1) == 0:
            assert not re.search(rf"(?<![\d·]){int(expected)}(?!\d)", text) or int(expected) < 10


@pytest.mark.parametrize("seed", SEEDS)
def test_no_case_shows_the_answers_of_an_exercise(seed):
    shown = {float(n) for n in judge("conv2d-valid", notebook("conv2d-valid"), seed).cases[0].expected.flat}
    assert shown.isdisjoint({104.0, 124.0, 134.0, 144.0})


def stubs(check: str) -> dict[str, dict[str, object]]:
    """The ways in which an exercise can be left alone: name of the way → the notebook's variables."""

    def untouched(*arguments, **options):
        raise NotImplementedError

    class Untouched:
        __init__ = __len__ = __getitem__ = forward = untouched

    stub = {types.FunctionType: untouched, type: Untouched}
    asks = CHECKS[check].asks
    released = {name: stub.get(kinds(check)[name], ...) for name in asks}
    return {"released": released, "ellipsis": dict.fromkeys(asks, ...), "none": dict.fromkeys(asks)}


@pytest.mark.parametrize("way", ["released", "ellipsis", "none"])
@pytest.mark.parametrize("check", CHECKS)
def test_stubs_are_not_attempted(check, way):
    verdict = judge(check, notebook(check) | stubs(check)[way])
    assert verdict.points == 0
    assert {case.outcome for case in verdict.cases} == {Outcome.NOT_ATTEMPTED}
    assert not verdict.attempted
    assert verdict.finding == NOT_ATTEMPTED


@pytest.mark.parametrize("check", CHECKS)
def test_names_that_are_missing_are_named(check):
    names = {name: value for name, value in notebook(check).items() if name not in CHECKS[check].asks}
    verdict = judge(check, names)
    assert verdict.points == 0
    assert verdict.finding is not None
    assert verdict.finding.id == "not-defined"
    assert f"`{CHECKS[check].asks[0]}`" in verdict.finding.text


@pytest.mark.parametrize("check", CHECKS)
def test_functions_that_always_raise_the_error_asked_for_earn_nothing(check):
    def refusing(*arguments, **options):
        raise ValueError("no")

    names = notebook(check) | dict.fromkeys(CHECKS[check].asks, refusing)
    verdict = judge(check, names)
    assert verdict.points == 0
    assert not verdict.passed


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_proved_by_enough_answers(check):
    count = Counter(answer.right for answer in ANSWERS if answer.check == check)
    assert count[True] >= 4
    assert count[False] >= 6


def test_the_catalogues_are_large_enough():
    assert len(RIGHT) >= 60
    assert len(WRONG) >= 150
    assert {answer.check for answer in ANSWERS} == set(CHECKS)
