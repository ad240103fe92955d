"""What a kernel can say that has not done the work: it makes no check hang or raise, and earns next to nothing.

One kind of kernel says again what it said to other questions: the right answers to the cases of the feedback, which
everybody can see. The other one says anything.
"""

import logging
import random
import time

import numpy as np
import pytest
import torch

from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.checks.feedback import Feedback
from autograder.checks.verdict import Outcome
from autograder.grading.inside.probe import answer as answered
from autograder.grading.judge import judge
from autograder.grading.wire import decode, encode
from tests.solved import notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning"),  # numpy on torch's tensors
    pytest.mark.usefixtures("quick_lessons"),
]
torch.set_num_threads(1)  # on arrays this small, threads only wait for one another

RIGHT = {answer.check: answer.source for answer in reversed(all_answers()) if answer.right}
SEEDS = ("one", "two", "three", "four")
ROUNDS = 5  # of saying anything, for each check
SECONDS = 5.0  # of work for one verdict, on a busy machine


class Kept:
    """A door to variables in this process that keeps the answers, and what was asked for."""

    def __init__(self, names):
        self.names = names
        self.answers = []
        self.kinds = set()

    def ask(self, request, seconds):
        self.kinds.add(decode(request)["ask"])
        self.answers.append(answered(request, self.names))
        return self.answers[-1]


class Again:
    """A door that gives kept answers, one after the other, whatever is asked."""

    def __init__(self, answers):
        self.answers = answers
        self.next = 0

    def ask(self, request, seconds):
        self.next += 1
        return self.answers[min(self.next, len(self.answers)) - 1]


# What a kernel earns that repeats itself. These are yes or no by nature: on which device a batch was, how much a
# network costs, whether a function refused.
REPEATED = {
    "train-epoch": {"device"},
    "training-loop": {"device"},
    "validate": {"device"},
    "budget-network": {"budget"},
    "output-size": {"refuses"},
    "conv2d": {"refuses"},
    "pool2d": {"refuses"},
}
TYPED = {"conv-parameters": {"ten filters"}, "conv-output": {"chain"}}  # parts that are values, typed by the student
ONE_QUESTION = {"four-errors"}  # a dictionary that the student types


@pytest.mark.parametrize("check", CHECKS)
def test_repeating_right_answers_earns_nothing_with_other_cases(check):
    kept = Kept(notebook(check, RIGHT[check]))
    assert judge(CHECKS[check], kept, "").verdict.passed
    if kept.kinds == {"value"} or check in ONE_QUESTION:  # an answer that is typed is the same for everybody
        return
    always = set(CHECKS[check].parts)
    for seed in SEEDS:
        verdict = judge(CHECKS[check], Again(kept.answers), seed).verdict
        assert not verdict.passed
        always &= {part.name for part in verdict.parts if part.earned}
    assert always == REPEATED.get(check, set()) | TYPED.get(check, set())


# --- saying anything --------------------------------------------------------------------------------------------

WORDS = (
    *("", "ValueError", "meta", "none", "a dictionary", "nothing", "state dict", "[]", "{}", "[" * 900, "1" * 900),
    *('{"kind": "Conv2d", "out_features": 1e999}', '{"kind": "Linear", "in_features": "x", "out_features": [1]}'),
    *('{"kind": ["a"]}', '{"kind": "Conv2d", "kernel_size": {}}', f'{{"kind": "Linear", "out_features": {"9" * 900}}}'),
    *('{"kind": "BatchNorm2d", "num_features": 1000000000000}', "a:b=c x", "fc1.weight=1x2", "fc1.weight=ax", "="),
)
NUMBERS = (-1.0, 0.0, 1.0, 0.5, 1e5, 1e9, 1e18, -1e18, 1e308, np.nan, np.inf)
SHAPES = ((), (), (0,), (1,), (3,), (10,), (2, 2), (3, 10), (100, 1), (10**6, 1), (1000, 1000), (1, 0, 5), (1,) * 12)


def anything(draw):
    """A value as a hostile kernel may send it."""
    if draw.random() < 0.4:
        return draw.choice(WORDS)
    array = np.random.default_rng(draw.randrange(2**32)).normal(size=draw.choice(SHAPES))
    return draw.choice([array, array * 1e18, np.round(array * 5), np.full_like(array, draw.choice(NUMBERS))])


def twisted(message, draw):
    """An answer with some of its values left out, put in or changed."""
    held = decode(message)
    if "value" in held:
        return encode(held | {"value": anything(draw), "problem": None, "error": None})
    values = held.get("values", {})
    for key in draw.sample(sorted(values), min(len(values), draw.choice([1, 1, 2, 5, 30]))):
        if draw.random() < 0.3:
            del values[key]
        else:
            values[key] = anything(draw)
    if draw.random() < 0.3:
        values[draw.choice(["failed", "training_failed", "stopped", "error", "layer 3"])] = anything(draw)
    if draw.random() < 0.1:
        values |= {f"layer {i}": '{"kind": "Conv2d"}' for i in range(1500)}
    return encode(held)


class Anything:
    """A door that twists honest answers; `spent` are the seconds that were its own."""

    def __init__(self, names, draw):
        self.names = names
        self.draw = draw
        self.share = draw.choice([0.3, 1, 1])
        self.spent = 0.0

    def ask(self, request, seconds):
        begun = time.process_time()
        message = answered(request, self.names)
        message = twisted(message, self.draw) if self.draw.random() < self.share else message
        self.spent += time.process_time() - begun
        return message


@pytest.mark.parametrize("check", CHECKS)
def test_whatever_a_kernel_says_a_verdict_comes_soon(check, caplog):
    caplog.set_level(logging.CRITICAL)  # that checks stumble is expected here
    names = notebook(check, RIGHT[check])
    for number in range(ROUNDS):
        door = Anything(names, random.Random(f"{check} {number}"))
        begun = time.process_time()
        verdict = judge(CHECKS[check], door, f"seed {number}").verdict
        shown = Feedback(verdict, marking=True)
        assert len(f"{shown}{shown._repr_html_()}") < 50_000
        assert time.process_time() - begun - door.spent < SECONDS
        assert 0 <= verdict.points <= verdict.maximum == CHECKS[check].points
        if any(case.outcome is Outcome.NOT_JUDGED for case in verdict.cases):
            assert verdict.points == 0
