"""The probe answers whatever has become of the kernel around it, and bytes come back whatever happens."""

import builtins
import json
import struct
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch

from autograder.grading.inside import probe
from autograder.grading.wire import decode, encode

IMAGE = np.arange(4.0, dtype=np.float32).reshape(2, 2)


def ask(variables, **question):
    return decode(probe.answer(encode(question), variables))


def call(function, *arguments):
    return ask({"f": function}, ask="call", name="f", arguments=list(arguments))


def test_a_value():
    assert ask({"a": [1, 2]}, ask="value", name="a")["value"].tolist() == [1, 2]
    assert ask({}, ask="value", name="a")["problem"][0] == "not-defined"


def test_a_call():
    reply = call(lambda x, n: x * n, IMAGE, 3)
    assert reply["value"].tolist() == (IMAGE * 3).tolist()
    assert (reply["problem"], reply["changed"], reply["error"]) == (None, [], None)


def test_an_observation():
    seen = ask({"d": {"a": 2}}, ask="observe", experiment="entries", names=["d"], arguments={})
    assert seen["values"]["value 0"] == 2
    assert seen["problem"] is None


@pytest.mark.parametrize("request_", [b"", b"junk", encode(None), encode({}), encode({"ask": "value"}), None, 7])
def test_bytes_come_back_for_any_request(request_):
    assert decode(probe.answer(request_, {})) == {"failed": "garbled"}


def test_an_experiment_that_does_not_exist_is_no_crash():
    assert ask({"a": 1}, ask="observe", experiment="none", names=["a"], arguments={}) == {"failed": "garbled"}


def test_an_interrupt_has_an_answer_of_its_own():
    def interrupted():
        raise KeyboardInterrupt

    assert call(interrupted) == {"failed": "interrupted"}


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit, MemoryError, RecursionError, Exception])
def test_what_a_function_raises_is_an_answer(error):
    def stopping():
        raise error

    assert call(stopping)["error"] == error.__name__


def test_too_much_is_said_to_be_too_large():
    table = {f"{i}": np.zeros(900_000) for i in range(6)}
    reply = ask({"d": table}, ask="observe", experiment="entries", names=["d"], arguments={})
    assert reply == {"failed": "too-large"}


def test_each_call_gets_numbers_of_its_own():
    kept = []

    def keeping(x):
        kept.append(x)
        return x.add_(1)

    assert call(keeping, IMAGE)["value"].tolist() == call(keeping, IMAGE)["value"].tolist()
    assert kept[0].data_ptr() != kept[1].data_ptr()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *[
            (builtins, name)
            for name in ("len", "list", "isinstance", "zip", "type", "next", "KeyboardInterrupt", "map")
        ],
        *[(np, name) for name in ("array", "asarray", "ndarray", "frombuffer")],
        *[(torch, name) for name in ("tensor", "Tensor", "is_grad_enabled")],
        *[(json, "dumps"), (struct, "Struct")],
    ],
    ids=lambda it: getattr(it, "__name__", it),
)
@pytest.mark.parametrize("way", ["overwritten", "deleted"])
def test_what_is_overwritten_in_modules_is_put_back_for_the_answer(module, name, way):
    names, request = {"f": lambda x: x}, encode({"ask": "call", "name": "f", "arguments": [IMAGE]})
    original = getattr(module, name)
    try:
        if way == "deleted":
            del vars(module)[name]
        else:
            vars(module)[name] = 7
        message = probe.answer(request, names)
        left = vars(module).get(name, "gone")
    finally:
        setattr(module, name, original)
    assert left == ("gone" if way == "deleted" else 7)  # their own code goes on with what they made of it
    assert decode(message)["value"].tolist() == IMAGE.tolist()


def test_a_low_limit_of_recursion_is_lifted_for_the_answer():
    program = """
        import sys
        import numpy as np
        from autograder.grading.inside.probe import answer
        from autograder.grading.wire import decode, encode
        request = encode({"ask": "call", "name": "f", "arguments": [np.ones(2, dtype=np.float32)]})
        sys.setrecursionlimit(30)
        message = answer(request, {"f": lambda x: x})
        left = sys.getrecursionlimit()
        sys.setrecursionlimit(1000)
        print(decode(message)["value"].tolist(), left)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1.0, 1.0] 30", done.stderr


def test_answers_do_not_depend_on_what_a_notebook_calls_its_variables():
    shadowing = dict.fromkeys(["list", "len", "np", "torch", "encode", "answer", "Namespace", "dict"], 5)
    assert ask(shadowing | {"a": 2}, ask="value", name="a")["value"] == 2
