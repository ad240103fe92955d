"""Calls that do the work of a by-hand exercise are found however they are reached, and honest code raises no alarm."""

import time

import pytest

from autograder.catalogue import all_answers
from autograder.checks import CHECKS
from autograder.grading.forbidden import advice, find, prying, untouched

BY_HAND = {check.name for check in CHECKS.values() if check.forbids}
TOLD = {  # right answers of the catalogue that call what their exercise asks to do without
    *(("pad2d", style) for style in ("numpy", "torch")),
    *(("conv2d-valid", style) for style in ("torch", "float64 with gradients")),
    ("conv2d", "torch"),
    *(("conv2d-multi", style) for style in ("torch", "lists of tensors")),
    ("pool2d", "torch"),
    *(("max-pool-backward", style) for style in ("autograd", "unpooling")),
}


def test_these_exercises_are_by_hand():
    assert {"pad2d", "conv2d-valid", "conv2d", "conv2d-multi", "pool2d", "max-pool-backward"} <= BY_HAND


def test_right_answers_of_the_catalogue_are_told_only_if_they_call_the_library():
    told = {
        (answer.check, answer.label)
        for answer in all_answers()
        if answer.right and find(CHECKS[answer.check], {f"answer-{answer.check}": answer.source})
    }
    assert told == TOLD


def test_answers_to_other_exercises_raise_no_alarm():
    alarmed = [
        (answer.check, answer.label)
        for answer in all_answers()
        if answer.check not in BY_HAND and find(CHECKS[answer.check], {"answer": answer.source})
    ]
    assert alarmed == []


WAYS = {
    "call": "def conv2d_valid(a, b): return F.conv2d(a[None, None], b[None, None])[0, 0]",
    "torch": "def conv2d_valid(a, b): return torch.conv2d(a[None, None], b[None, None])[0, 0]",
    "layer": "def conv2d_valid(a, b):\n    layer = nn.Conv2d(1, 1, 3)\n    return layer(a)",
    "alias of a module": "import torch.nn.functional as magic\ndef conv2d_valid(a, b): return magic.conv2d(a, b)",
    "alias of a function": "from torch.nn.functional import conv2d as c\ndef conv2d_valid(a, b): return c(a, b)",
    "import inside": "def conv2d_valid(a, b):\n    from scipy.signal import correlate2d as walk\n    return walk(a, b)",
    "assigned": "slide = F.conv2d\ndef conv2d_valid(a, b): return slide(a, b)",
    "assigned to the name": "conv2d_valid = F.conv2d",
    "lambda": "conv2d_valid = lambda a, b: F.conv2d(a, b)",
    "method": "class S:\n    def go(self, a, b): return F.conv2d(a, b)\ndef conv2d_valid(a, b): return S().go(a, b)",
    "helper": "def helper(a, b): return F.conv2d(a, b)\ndef conv2d_valid(a, b): return helper(a, b)",
    "in an if": "if True:\n    def conv2d_valid(a, b): return F.conv2d(a, b)",
    "in a try": "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    conv2d_valid = F.conv2d",
    "partial": "from functools import partial\nconv2d_valid = partial(F.conv2d, stride=1)",
    "getattr": "def conv2d_valid(a, b): return getattr(F, 'conv2d')(a, b)",
    "getattr in pieces": "def conv2d_valid(a, b): return getattr(F, 'con' + 'v2d')(a, b)",
    "sys.modules": "import sys\ndef conv2d_valid(a, b): return sys.modules['torch'].conv2d(a, b)",
    "importlib": "import importlib\ndef conv2d_valid(a, b): return importlib.import_module(where()).go(a, b)",
    "__import__": "def conv2d_valid(a, b): return __import__(name).go(a, b)",
    "eval": "def conv2d_valid(a, b): return eval(words)(a, b)",
    "exec": "def conv2d_valid(a, b):\n    exec('x = F.' + 'conv2d(a, b)')\n    return x",
    "globals": "globals()['conv2d_valid'] = F.conv2d",
    "update": "globals().update(conv2d_valid=F.conv2d)",
    "decorator": "def done(f): return lambda a, b: F.conv2d(a, b)\n@done\ndef conv2d_valid(a, b): return 0",
    "default": "def conv2d_valid(a, b, go=F.conv2d): return go(a, b)",
    "numpy": "def conv2d_valid(a, b): return [np.convolve(row, b[0]) for row in a]",
    "scipy": "from scipy import signal\ndef conv2d_valid(a, b): return signal.correlate2d(a, b, 'valid')",
    "ndimage": "import scipy.ndimage as nd\ndef conv2d_valid(a, b): return nd.correlate(a, b)",
    "deep in torch": "def conv2d_valid(a, b): return torch.ops.aten.convolution(a, b)",
    "the course": "from convcourse.operations import correlate2d as slide\ndef conv2d_valid(a, b): return slide(a, b)",
    "the course's module": "import convcourse.operations as o\ndef conv2d_valid(a, b): return o.correlate2d(a, b)",
    "the checks": "from autograder.checks import convolution as c\ndef conv2d_valid(a, b): return c.truth(a, b)",
    "later": "def conv2d_valid(a, b): return 0\nconv2d_valid = F.conv2d",
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_found_however_it_is_reached(way):
    (incident,) = find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": WAYS[way]})
    assert (incident.kind, incident.cell, incident.for_human) == ("forbidden", "answer-conv2d-valid", True)
    assert "asks for code of one's own" in incident.text


HONEST = {
    "loops, then a comparison": (
        "def conv2d_valid(a, b):\n    return [[(a[i:i+3, j:j+3] * b).sum() for j in range(3)] for i in range(3)]\n"
        "print(torch.allclose(conv2d_valid(x, k), F.conv2d(x[None, None], k[None, None])))"
    ),
    "unfold": "def conv2d_valid(a, b): return F.unfold(a[None, None], b.shape).T @ b.flatten()",
    "strides": "def conv2d_valid(a, b): return np.einsum('ijkl,kl', np.lib.stride_tricks.as_strided(a), b)",
    "fft": "def conv2d_valid(a, b): return torch.fft.ifft2(torch.fft.fft2(a) * torch.fft.fft2(b))",
    "a function of one's own with that name": (
        "def conv2d(a, b): return a * b\ndef conv2d_valid(a, b): return conv2d(a, b)"
    ),
    "a method of one's own": (
        "class S:\n    def conv2d(self, a): return a\n    def go(self, a): return self.conv2d(a)\n"
        "def conv2d_valid(a, b): return S().go(a)"
    ),
    "words about it": 'def conv2d_valid(a, b):\n    """Like F.conv2d."""\n    # F.conv2d would do it\n    return a',
    "another exercise's shortcut": "def pad2d(a, p): return F.pad(a, (p,) * 4)\ndef conv2d_valid(a, b): return a",
    "magics": "%matplotlib inline\n!pip list\ndef conv2d_valid(a, b):\n    %time x = 1\n    return a",
    "nothing": "",
}


@pytest.mark.parametrize("what", HONEST)
def test_honest_code_raises_no_alarm(what):
    assert find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": HONEST[what]}) == ()


def test_a_helper_in_another_cell_is_found_there():
    sources = {
        "cell 3": "import torch.nn.functional as G\ndef helper(a, b): return G.conv2d(a, b)",
        "answer-conv2d-valid": "def conv2d_valid(a, b): return helper(a, b)",
        "cell 9": "print(F.conv2d(a, b))",
    }
    assert [incident.cell for incident in find(CHECKS["conv2d-valid"], sources)] == ["cell 3"]


@pytest.mark.parametrize(
    "source",
    ["def conv2d_valid(a, b) return F.conv2d(a, b)", "from torch.nn.functional import conv2d\ndef (", "F . conv2d((("],
)
def test_cells_that_python_cannot_read_are_searched(source):
    assert len(find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": source})) == 1


ODD = {
    "no function": "def (",
    "zero byte": "x = '\x00'",
    "brackets": "(" * 5000,
    "minus": "-" * 100_000 + "1",
    "dots": "def conv2d_valid(): return " + "a." * 20_000 + "b",
    "sums": "def conv2d_valid(): return " + "'a' + " * 2_000 + "'b'",
    "long": "x = 1\n" * 200_000,
    "no Unicode": "\ud800",
}


@pytest.mark.parametrize("what", ODD)
def test_no_source_makes_it_raise(what):
    found = find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": ODD[what]})
    assert [incident.cell for incident in found] == ["answer-conv2d-valid"] * (what in ("minus", "dots", "long"))
    assert all("more code than can be read" in incident.text for incident in found)


def test_what_takes_long_to_read_is_read_once_and_not_all(monkeypatch):
    many = {f"cell {number}": "a=1;" * 4_000 for number in range(30)}
    began = time.process_time()
    for _ in range(14):
        (*_, last) = find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": "conv2d_valid = 3", **many})
    assert "more code than can be read" in last.text
    assert time.process_time() - began < 10


BY = {
    "a helper of the lesson": ("def conv2d_valid(x, k):\n    return apply(x, k)", {}),
    "the answer to another exercise": (
        "def conv2d_valid(x, k):\n    return helper(x, k)",
        {"answer-pixel-uses": "helper = F.conv2d"},
    ),
    "a line that is timed": ("%time also = F.conv2d\ndef conv2d_valid(x, k):\n    return also(x, k)", {}),
    "a loop": ("for also in (F.conv2d,):\n    pass\ndef conv2d_valid(x, k):\n    return also(x, k)", {}),
    "a with": ("with nullcontext(F.conv2d) as also:\n    pass\ndef conv2d_valid(x, k):\n    return also(x, k)", {}),
    "a name called self": ("self = F\ndef conv2d_valid(x, k):\n    return self.conv2d(x, k)", {}),
    "a global": ("def f():\n    global also\n    also = F.conv2d\ndef conv2d_valid(x, k):\n    return also(x, k)", {}),
}


@pytest.mark.parametrize("way", BY)
def test_a_detour_is_told(way):
    answer, others = BY[way]
    lesson = {"cell 3": "def apply(image, kernel):\n    return F.conv2d(image, kernel)"}
    found = find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": answer, **others}, lesson)
    assert found
    assert all(incident.for_human for incident in found)


def test_what_the_lesson_does_for_itself_is_no_shortcut():
    answer = "def conv2d_valid(x, k):\n    out = torch.zeros(3)\n    return out"
    lesson = {"cell 3": "def out(x):\n    return F.conv2d(x, x)", "cell 5": "print(F.conv2d(A, B))"}
    assert find(CHECKS["conv2d-valid"], {"answer-conv2d-valid": answer}, lesson) == ()


def test_importing_what_marks_is_told_and_check_alone_is_not():
    pry = prying({"cell 4": "import autograder.checks.student as s", "cell 5": "from autograder.checks import check"})
    assert [incident.cell for incident in pry] == ["cell 4"]
    assert prying({"a": "from autograder.grading import wire", "b": "import torch\nx = ("})[0].cell == "a"


@pytest.mark.parametrize(
    ("answer", "empty"),
    [
        ("def conv2d_valid(x, k):\n    # YOUR CODE HERE\n    raise NotImplementedError", True),
        ("c12 = ...  # row 1\nc13 = ...", True),
        ("def conv2d_valid(x, k):\n    return x\n    # YOUR CODE HERE\n    raise NotImplementedError", False),
        ("c12 = 104", False),
        ("c12 = ...\nc12 = 104", False),
        ("def conv2d_valid(x, k):\n    return x", False),
    ],
)
def test_points_for_an_empty_answer_are_told(answer, empty):
    found = untouched(CHECKS["conv2d-valid"], {"answer-conv2d-valid": answer})
    assert [incident.for_human for incident in found] == [True] * empty


def test_the_student_is_told_in_one_sentence():
    incidents = find(CHECKS["pool2d"], {"answer-pool2d": "def pool2d(x, f, s, mode): return F.max_pool2d(x, f, s)"})
    assert "A person will look at it." in advice(incidents)
    assert "`F.max_pool2d`" in incidents[0].text
    assert advice(()) == ""


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('def conv2d_multi(x, w, b):\n    return getattr(F, "conv" + str(2) + "d")(x[None], w, b)[0]', "getattr(…)"),
        (
            'exec("from torch.nn.functional import conv2d as c")\ndef conv2d_multi(x, w, b):\n    return c(x, w, b)',
            "exec",
        ),
        ('def conv2d_multi(x, w, b):\n    return check("conv2d").verdict.cases[0].expected', "check(…)"),
    ],
)
def test_a_name_that_is_not_written_out_is_told(source: str, named: str) -> None:
    (incident,) = find(CHECKS["conv2d-multi"], {"answer-conv2d-multi": source})
    assert f"`{named}`" in incident.text


def test_checking_ones_own_work_is_no_shortcut() -> None:
    source = "def conv2d_multi(x, w, b):\n    return x\n\ncheck('conv2d-multi')"
    assert find(CHECKS["conv2d-multi"], {"answer-conv2d-multi": source}) == ()
