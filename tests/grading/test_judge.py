"""Verdicts from outside: the same as inside for honest work, none from garbage, and never an exception."""

import logging

import pytest
import torch
import torch.nn.functional as F

from autograder.checks import CHECKS
from autograder.checks.registry import Check
from autograder.checks.verdict import Outcome
from autograder.grading.judge import judge
from autograder.grading.remote import NoAnswerError
from tests.grading.doors import Inside

torch.set_num_threads(1)


def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


def test_right_work_gets_all_points():
    judgement = judge(CHECKS["conv2d-valid"], Inside({"conv2d_valid": conv2d_valid}), "secret")
    assert (judgement.verdict.points, judgement.verdict.maximum) == (3, 3)
    assert judgement.verdict.passed
    assert judgement.reasons == judgement.incidents == ()


def test_a_check_that_stumbles_gives_nothing_and_is_logged(caplog):
    def questions(student):
        """Advice."""
        yield student.holds("a", 1, part="first")
        raise IndexError("an honest mistake of ours, or a dishonest answer")

    check = Check("broken", "00", "1", "Title", "Advice.", ("a",), {"first": 1.0, "second": 2.0}, questions)
    with caplog.at_level(logging.ERROR):
        judgement = judge(check, Inside({"a": 1}), "")
    assert judgement.verdict.points == 0
    assert judgement.verdict.maximum == 3
    assert {case.outcome for case in judgement.verdict.cases} == {Outcome.NOT_JUDGED}
    assert judgement.verdict.finding.id == "not-usable"
    assert [(incident.kind, incident.cell, incident.for_human) for incident in judgement.incidents] == [
        ("attack", "check-broken", True)
    ]
    assert "an honest mistake of ours" in caplog.text


@pytest.mark.parametrize("reason", ["died", "timeout", "too-large", "garbled", "memory", "closed"])
@pytest.mark.parametrize("check", CHECKS)
def test_a_door_without_answers_earns_nothing(check, reason):
    class Closed:
        def ask(self, request, seconds):
            raise NoAnswerError(reason)

    judgement = judge(CHECKS[check], Closed(), "")
    assert judgement.verdict.points == 0
    assert judgement.verdict.finding.id == ("not-usable" if reason == "garbled" else "no-answer")
    # after two questions that took too long the others are not asked
    asked = [told for told in judgement.reasons if told != "spent"]
    assert set(asked) == {reason}
    assert len(asked) <= 2 or reason != "timeout"
    assert ("spent" in judgement.reasons) <= (asked == ["timeout", "timeout"])
