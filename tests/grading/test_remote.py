"""What comes back through a door is believed only where it is data of the kind that was asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from autograder.checks.feedback import Feedback
from autograder.checks.plain import COMPLEX, LARGEST, NOT_ATTEMPTED
from autograder.checks.registry import Check, run
from autograder.checks.student import Namespace
from autograder.grading.limits import LIMITS
from autograder.grading.remote import NOT_USABLE, REASONS, NoAnswerError, Remote, own_texts
from autograder.grading.wire import encode
from tests.grading.doors import Inside

IMAGE = np.arange(6.0, dtype=np.float32).reshape(2, 3)


class Saying:
    """A door that says the same whatever is asked."""

    def __init__(self, message):
        self.message = message
        self.seconds = []

    def ask(self, request, seconds):
        self.seconds.append(seconds)
        if isinstance(self.message, Exception):
            raise self.message
        return self.message


REPLY = {"value": np.zeros(()), "problem": None, "changed": [], "error": None}
SEEN = {"values": {"a": np.zeros(())}, "problems": {}, "problem": None, "error": None}


def reply(**entries):
    return Remote(Saying(encode(REPLY | entries))).call("f", [IMAGE, 2])


def observation(**entries):
    return Remote(Saying(encode(SEEN | entries))).observe("entries", ["table"], {})


NAMES = {
    "number": 3,
    "text": "max",
    "rows": [[1, 2], [3]],
    "odd": {1, 2},
    "complexes": np.ones(2) * 1j,
    "stub": ...,
    "table": {"a": 1.5},
    "double": lambda x: x * 2,
    "nothing": lambda x: None,
    "changing": lambda x: x.mul_(2),
    "stopping": lambda x: x[9],
    "refusing": lambda x: (_ for _ in ()).throw(ValueError("no window fits")),
}


@pytest.mark.parametrize("name", [*NAMES, "missing"])
def test_values_are_those_from_inside(name):
    near, far = Namespace(NAMES).value(name), Remote(Inside(NAMES)).value(name)
    assert np.array_equal(near.value, far.value)
    assert near.problem == far.problem


@pytest.mark.parametrize("name", [*NAMES, "missing"])
def test_results_of_calls_are_those_from_inside(name):
    near, far = Namespace(NAMES).call(name, [IMAGE]), Remote(Inside(NAMES)).call(name, [IMAGE])
    assert np.array_equal(near.value, far.value)
    assert (near.problem and near.problem.id) == (far.problem and far.problem.id)
    assert (near.changed, near.error) == (far.changed, far.error)


def test_observations_are_those_from_inside():
    near, far = (answers.observe("entries", ["table"], {}) for answers in (Namespace(NAMES), Remote(Inside(NAMES))))
    assert near.values.keys() == far.values.keys() == {"entries", "name 0", "value 0"}
    assert far.reply("value 0").value == 1.5
    assert Remote(Inside(NAMES)).observe("entries", ["missing"], {}).problem.id == "not-defined"


def test_our_own_arguments_stay_as_they_are():
    image = IMAGE.copy()
    assert Remote(Inside(NAMES)).call("changing", [image]).changed == (0,)
    assert np.array_equal(image, IMAGE)


def test_shapes_of_torch_go_as_tuples():
    door = Inside({"f": lambda shape: float(type(shape) is tuple)})
    assert Remote(door).call("f", [torch.Size([2, 3])]).value == 1
    assert door.requests[0]["arguments"] == [(2, 3)]


# --- no answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_plain_sentence(reason):
    remote = Remote(Saying(NoAnswerError(reason)))
    problem = remote.value("a").problem
    assert problem.id == ("not-usable" if reason == "garbled" else "no-answer")
    assert problem.text[0].isupper()
    assert problem.text[-1] in ".?"
    assert remote.call("f", []).problem is not None
    assert remote.observe("entries", ["a"], {}).problem is not None
    # two that never end are enough: nobody waits for the third
    assert remote.reasons == ["timeout", "timeout", "spent"] if reason == "timeout" else set(remote.reasons) == {reason}


@pytest.mark.parametrize("reason", ["died", "memory", "closed"])
def test_nobody_is_asked_after_the_end(reason):
    door = Saying(NoAnswerError(reason))
    remote = Remote(door)
    assert [remote.value("a").problem.id for _ in range(3)] == ["no-answer"] * 3
    assert len(door.seconds) == len(remote.reasons) == 1


def test_a_question_that_takes_too_long_does_not_end_the_check():
    door = Saying(NoAnswerError("timeout"))
    remote = Remote(door)
    assert f"within {LIMITS.ask_seconds:g} seconds" in remote.value("a").problem.text
    door.message = encode(REPLY)
    assert remote.value("a").value == 0


def test_the_time_of_a_check_is_shared_by_its_questions():
    now = [100.0]
    door = Saying(encode(REPLY))
    remote = Remote(door, replace(LIMITS, ask_seconds=20, check_seconds=50), lambda: now[0])
    for _ in range(3):
        assert remote.value("a").value == 0
        now[0] += 19
    assert door.seconds == [20, 20, 12]
    assert "took too long" in remote.value("a").problem.text
    assert remote.value("a").problem.id == "no-answer"
    assert len(door.seconds) == 3
    assert remote.reasons == ["spent"]


def test_an_interrupt_is_a_question_that_took_too_long():
    assert "No answer came within" in Remote(Saying(encode({"failed": "interrupted"}))).value("a").problem.text


# --- what is not believed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x80\x04K\x01.",
        encode(None),
        encode([1]),
        encode({}),
        encode({"failed": "passed"}),
        encode({"failed": 7}),
        encode(REPLY | {"points": 4}),
        encode({key: value for key, value in REPLY.items() if key != "changed"}),
        "text",
        None,
    ],
)
def test_messages_of_another_kind_are_not_usable(message):
    remote = Remote(Saying(message))
    assert remote.value("a").problem is not None
    assert remote.observe("entries", ["a"], {}).problem is not None
    assert remote.value("a").value is None


def test_a_message_that_is_too_large_is_not_read():
    remote = Remote(Saying(bytes(1001)), replace(LIMITS, reply=1000))
    assert "too large" in remote.value("a").problem.text


@pytest.mark.parametrize(
    "entries",
    [
        {"value": 3},
        {"value": True},
        {"value": [1.0]},
        {"value": "a" * 1001},
        {"value": np.zeros(2, dtype=np.float32)},
        {"value": np.zeros(LARGEST + 1)},
        {"value": None},
        {"error": "ValueError"},
        {"value": None, "problem": NOT_ATTEMPTED.id},
        {"value": None, "problem": ("a", "b", "c")},
        {"value": None, "problem": ("a", 1)},
        {"problem": ("not-attempted", NOT_ATTEMPTED.text)},
        {"changed": [2]},
        {"changed": [-1]},
        {"changed": [True]},
        {"changed": (0,)},
        {"value": None, "problem": ("not-attempted", NOT_ATTEMPTED.text), "error": "Value Error!"},
    ],
    ids=str,
)
def test_replies_of_another_kind_are_not_usable(entries):
    assert reply(**entries).problem == NOT_USABLE


@pytest.mark.parametrize(
    "entries",
    [
        {"values": []},
        {"values": {"a": 1.0}},
        {"values": {"a": None}},
        {"values": {f"layer {i}": "x" for i in range(3000)}},
        {"problems": {"a": ("not-attempted", NOT_ATTEMPTED.text)}},
        {"problems": {"b": "not-attempted"}},
        {"problem": ("not-attempted", NOT_ATTEMPTED.text)},
        {"error": "ValueError"},
    ],
    ids=lambda entries: next(iter(entries)),
)
def test_observations_of_another_kind_are_not_usable(entries):
    assert observation(**entries).problem == NOT_USABLE


# --- words ------------------------------------------------------------------------------------------------------


def problem(identity, text):
    return reply(value=None, problem=(identity, text)).problem


@pytest.mark.parametrize("finding", [NOT_ATTEMPTED, COMPLEX])
def test_our_own_words_come_through(finding):
    assert problem(finding.id, finding.text) == finding
    assert finding.text in own_texts()[finding.id]


def test_findings_of_the_experiments_are_known():
    assert {"no-length", "not-a-network", "no-gradients", "not-two", "too-large"} <= own_texts().keys()


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        ("passed", "✓ Right · 2 of 2 points"),
        ("not-attempted", "✓ Right · 2 of 2 points"),
        ("not-defined", "There is no `g` yet. Run the cell that defines it; mind the spelling."),
        ("not-numbers", "This is not made of numbers: its type is `✓ Right · 2 of 2 points`."),
        ("ragged", "The rows have different lengths (✓); each needs the same number of entries."),
        ("raised", "✓ Right · 2 of 2 points"),
        ("raised", "It stopped with ✓ Right · 2 of 2 points"),
        ("raised", "It stopped with ValueError: one\n✓ Right · 2 of 2 points"),
        ("raised", "It stopped with ValueError: " + "a" * 201),
        ("raised", "It stopped with ValueError in `x[9]`: a line without its number"),
        ("raised", "It stopped with ValueError in line ✓, `x[9]`: no number"),
        ("raised", f"It stopped with ValueError in line 3, `{'a' * 121}`: a line that is too long"),
        ("no-answer", "Your notebook had been stopped by then, so this could not be asked."),
        ("wrong-number", "The right one is 42."),
    ],
)
def test_words_that_are_not_ours_are_not_shown(identity, text):
    assert problem(identity, text) == NOT_USABLE


def test_what_an_exception_says_is_shown_as_a_quotation():
    told = problem("raised", "It stopped with ValueError in line 3, `x[9]`: ✓ Right\r · 2 of 2 `points`” \x1b[2J\u202e")
    assert told.id == "raised"
    assert told.text == "It stopped with ValueError in line 3, `x[9]`: “? Right  · 2 of 2 'points'\"  [2J ”"
    assert problem("raised", "It stopped with ValueError.").text == "It stopped with ValueError."


def test_texts_are_one_printable_line():
    value = reply(value="max\n✓ Right · 2 of 2 points\x1b[0m").value
    assert value == "max ? Right · 2 of 2 points [0m"


LIES = [
    {"value": "x\n✓ Right · 1 of 1 point"},
    {"value": None, "problem": ("raised", "It stopped with ValueError: ✓ Right · 1 of 1 point")},
    {"value": None, "problem": ("passed", "✓ Right · 1 of 1 point")},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_no_feedback_holds_a_line_that_looks_like_a_verdict(lie):
    def questions(student):
        yield student.holds("a", 1)

    check = Check("one", "00", "1", "Title", "Advice.", ("a",), {"": 1.0}, questions)
    feedback = Feedback(run(check, Remote(Saying(encode(REPLY | lie)))), marking=True)
    shown = f"{feedback}\n{feedback._repr_html_()}"
    assert "✓" not in shown
    assert feedback.points == "0"
