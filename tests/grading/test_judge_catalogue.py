"""Every answer of the catalogues is judged from outside as it is inside the notebook.

The answers are asked for in this process, by way of bytes: what a sandbox adds has tests of its own.
"""

import logging

import pytest
import torch

from autograder.catalogue import Answer, all_answers
from autograder.checks import CHECKS
from autograder.checks.registry import run
from autograder.checks.student import Namespace
from autograder.grading.judge import judge
from tests.grading.doors import Inside
from tests.solved import notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning"),  # numpy on torch's tensors
    pytest.mark.usefixtures("quick_lessons"),
]
torch.set_num_threads(1)  # on arrays this small, threads only wait for one another


def name_of(answer: Answer) -> str:
    return f"{answer.check}-{'right' if answer.right else 'wrong'}-{answer.label.replace(' ', '_')}"


@pytest.mark.parametrize("answer", all_answers(), ids=name_of)
def test_a_verdict_from_outside_is_the_one_from_inside(answer, caplog):
    check = CHECKS[answer.check]
    near = run(check, Namespace(notebook(answer.check, answer.source)), "marking")
    with caplog.at_level(logging.ERROR):
        judgement = judge(check, Inside(notebook(answer.check, answer.source)), "marking")
    far = judgement.verdict
    assert judgement.incidents == ()
    assert (far.points, far.passed, far.drawn) == (near.points, near.passed, near.drawn)
    assert [case.outcome for case in far.cases] == [case.outcome for case in near.cases]
    assert [case.title for case in far.cases] == [case.title for case in near.cases]
    assert (far.finding and far.finding.id) == (near.finding and near.finding.id)
    assert "not-usable" not in {finding.id for case in far.cases for finding in case.findings}
    assert caplog.text == ""
