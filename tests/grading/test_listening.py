"""What a student's function calls is heard, however it is reached; their own code and what they may call is not."""

import sys
import types

import numpy as np
import pytest
import torch

from autograder.catalogue import all_answers
from autograder.checks import CHECKS, shortcuts
from autograder.grading import remote
from autograder.grading.inside.listening import MOST, Listening
from autograder.grading.judge import judge
from autograder.grading.remote import NOT_USABLE, Remote
from autograder.grading.wire import decode, encode
from tests.grading.doors import Inside
from tests.grading.test_forbidden import BY_HAND, TOLD

SETUP = """
import numpy as np, torch, torch.nn.functional as F
from torch import nn
from convcourse import operations
x = torch.arange(16.0).reshape(4, 4)
k = torch.ones(2, 2)
"""
# What a cell does → what is heard of it, with ways that no search of a source sees.
WAYS = {
    "out of a list": ("tools = []; tools.append(F.conv2d); tools[0](x[None, None], k[None, None])", ["conv2d"]),
    "an attribute": (
        "class T: pass\nT.go = staticmethod(torch.conv2d); T.go(x[None, None], k[None, None])",
        ["conv2d"],
    ),
    "a layer": ("nn.Conv2d(1, 1, 2)(x[None, None])", ["conv2d"]),
    "a name in pieces": ("getattr(F, ''.join(reversed('d2vnoc')))(x[None, None], k[None, None])", ["conv2d"]),
    "numpy": ("getattr(np, 'con' + 'volve')([1, 2, 3], [1, 1])", ["convolve"]),
    "pooling": ("[f for f in [F.max_pool2d]][0](x[None, None], 2)", ["max_pool2d"]),
    "padding": ("[np.pad, F.pad][1](x, (1, 1, 1, 1))", ["pad"]),
    "the course": ("[operations.pool2d][0](x, 2, 2)", ["convcourse.operations.pool2d"]),
    "backward": ("(x.requires_grad_() ** 2).sum().backward()", ["backward"]),
    "autograd": ("y = x.requires_grad_(); torch.autograd.grad((y * y).sum(), y)", ["torch.autograd.grad"]),
    "their own": ("def pad(x): return x\ndef convolve(x): return pad(x)\nconvolve(x)", []),
    "no gradient": ("with torch.no_grad(): (x * x).sum()", []),
    "windows": ("x.unfold(0, 2, 1); F.unfold(x[None, None], 2); torch.einsum('ij,ij->i', x, x)", []),
    "sums": ("np.sum(np.lib.stride_tricks.sliding_window_view(x.numpy(), (2, 2)), axis=(2, 3))", []),
}
ALL = (*shortcuts.CONVOLUTION, *shortcuts.POOLING, *shortcuts.PADDING, *shortcuts.BACKWARD)


def notebook(source):
    names = {"__name__": "__main__"}
    exec(SETUP + source, names)
    return names


def run(source):
    program, names = compile(source, "cell", "exec"), notebook("")
    with Listening(ALL) as listening:
        exec(program, names)
    return listening.heard


@pytest.mark.parametrize(("source", "heard"), WAYS.values(), ids=WAYS.keys())
def test_what_is_heard(source, heard):
    found = run(source)
    assert (found[:1], bool(found)) == (heard[:1], bool(heard))


def test_a_module_that_the_notebook_has_written(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import torch\ngo = torch.conv2d\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert run("import mine; mine.go(x[None, None], k[None, None])") == ["conv2d"]
    finally:
        del sys.modules["mine"]


def test_only_so_many_names_and_nothing_afterwards():
    names = [f"f{number}" for number in range(20)]
    library = types.ModuleType("torch.more")
    exec("\n".join(f"def {name}(): pass" for name in names), vars(library))
    with Listening(names) as listening:
        for name in names:
            vars(library)[name]()
    assert len(listening.heard) == MOST
    assert sys.getprofile() is None


def test_a_profile_of_the_notebooks_own_is_put_back():
    def own(frame, event, arg):
        pass

    sys.setprofile(own)
    try:
        with Listening(ALL):
            torch.ones(2)
        assert sys.getprofile() is own
    finally:
        sys.setprofile(None)


def test_the_first_calls_are_listened_to(monkeypatch):
    answers = Remote(Inside(notebook("def f(x): return [F.pad][0](x, (1, 1))")), listen=("pad",))
    asked = []
    monkeypatch.setattr(remote, "encode", lambda question: asked.append("listen" in question) or encode(question))
    for _ in range(remote.LISTENED + 2):
        assert answers.call("f", [np.ones((2, 2), dtype=np.float32)]).value.shape == (2, 4)
    assert answers.heard == ["pad"]
    assert asked == [True] * remote.LISTENED + [False] * 2


def test_nothing_is_asked_of_an_exercise_that_forbids_nothing():
    answers = Remote(Inside(notebook("def f(x): return F.pad(x, (1, 1))")))
    answers.call("f", [np.ones((2, 2), dtype=np.float32)])
    assert answers.heard == []


@pytest.mark.parametrize(
    "heard",
    [
        None,
        "pad",
        ["conv2d"],
        [7],
        ["pad\n"],
        ["torch.pad"],
        [["pad"]],
        {"pad": 1},
        ["convcourse.operations.a b"],
        ["pad"] * 9,
    ],
)
def test_replies_that_were_not_asked_for_are_not_usable(heard):
    class Lying(Inside):
        def ask(self, request, seconds):
            return encode(decode(super().ask(request, seconds)) | {"heard": heard})

    answers = Remote(Lying(notebook("def f(x): return x")), listen=("pad", *shortcuts.COURSE))
    assert answers.call("f", [np.ones(2, dtype=np.float32)]).problem == NOT_USABLE
    assert (answers.heard, answers.reasons) == ([], ["garbled"])


def test_of_right_answers_only_those_are_heard_that_call_the_library():
    heard = {
        (answer.check, answer.label)
        for answer in all_answers()
        if answer.right
        and answer.check in BY_HAND
        and judge(CHECKS[answer.check], Inside(notebook(answer.source)), "seed").heard
    }
    assert heard == TOLD
