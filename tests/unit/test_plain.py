"""From a student's objects to plain data: fair to every sensible type, unmoved by any other."""

import collections
import decimal
import fractions
import functools
import logging
import os
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks import plain as module
from autograder.checks.plain import NOT_ATTEMPTED, ask_function, plain

GRID = [[1, 2, 3], [4, 5, 6]]
Pair = collections.namedtuple("Pair", "upper lower")


class Rows(list):
    """A list by another name."""


FAIR = {
    "lists": GRID,
    "tuples": tuple(map(tuple, GRID)),
    "a named tuple": Pair(*GRID),
    "a subclass of list": Rows(GRID),
    "a list of arrays": [np.array(row) for row in GRID],
    "a list of tensors": [torch.tensor(row) for row in GRID],
    "0-d tensors in lists": [[torch.tensor(float(n)) for n in row] for row in GRID],
    "numpy scalars in lists": [[np.float32(1), np.int8(2), np.float64(3)], [4, 5.0, np.uint8(6)]],
    "fortran order": np.asfortranarray(np.array(GRID)),
    "a transposed array": np.array(GRID).T.copy().T,
    "a strided array": np.repeat(np.array(GRID), 2, axis=1)[:, ::2],
    "fractions": [[fractions.Fraction(n) for n in row] for row in GRID],
    "decimals": [[decimal.Decimal(n) for n in row] for row in GRID],
    "ranges": [range(1, 4), range(4, 7)],
    "reversed twice": np.array(GRID)[::-1, ::-1][::-1, ::-1],
    "a read-only array": np.broadcast_to(np.array(GRID), (2, 3)),
    "numbers as objects": np.array(GRID, dtype=object),
    "big endian": np.array(GRID, dtype=">f4"),
    "an unmasked masked array": np.ma.array(GRID),
    "a transposed tensor": torch.tensor(GRID).T.contiguous().T,
    "a strided tensor": torch.tensor(GRID).repeat_interleave(2, 1)[:, ::2],
    "with gradients": torch.tensor(GRID, dtype=torch.float32, requires_grad=True) * 1,
    "a parameter": torch.nn.Parameter(torch.tensor(GRID, dtype=torch.float32)),
    "sparse": torch.tensor(GRID).to_sparse(),
    "negated lazily": torch._neg_view(torch.tensor([[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]])),
    **{
        f"numpy {dtype.__name__}": np.array(GRID, dtype=dtype)
        for dtype in (np.float16, np.float32, np.float64, np.longdouble, np.int8, np.int64, np.uint8)
    },
    **{
        str(dtype): torch.tensor(GRID, dtype=dtype)
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int8, torch.uint8, torch.int64)
    },
}


@pytest.mark.parametrize("value", FAIR.values(), ids=FAIR)
def test_sensible_types_are_numbers(value):
    array = plain(value).value
    assert type(array) is np.ndarray
    assert (array.dtype, array.tolist()) == (np.float64, GRID)


ONE = {
    "int": 1,
    "float": 1.0,
    "bool": True,
    "numpy bool": np.True_,
    "numpy float64": np.float64(1),
    "numpy int8": np.int8(1),
    "0-d array": np.array(1),
    "0-d tensor": torch.tensor(1),
    "bool tensor": torch.tensor(True),
}


@pytest.mark.parametrize("value", ONE.values(), ids=ONE)
def test_single_numbers_have_no_axes(value):
    array = plain(value).value
    assert array.shape == ()
    assert float(array) == 1


@given(st.lists(st.lists(st.floats(width=32), min_size=2, max_size=2), min_size=1, max_size=5))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_every_way_to_hold_numbers_gives_the_same(rows):
    expected = np.array(rows)
    for value in (rows, tuple(rows), np.array(rows, dtype=np.float32), torch.tensor(rows)):
        np.testing.assert_array_equal(plain(value).value, expected)


def test_what_comes_back_is_ours_alone():
    array, tensor = np.zeros(3), torch.zeros(3)
    for value, held in ((array, array), (tensor, tensor), (torch.nn.Parameter(tensor), tensor)):
        ours = plain(value).value
        ours[:] = 9
        assert held.tolist() == [0, 0, 0]


@pytest.mark.parametrize("value", [None, ...])
def test_stubs_are_not_attempted(value):
    assert plain(value).problem == NOT_ATTEMPTED
    assert ask_function(value, "f", []).problem == NOT_ATTEMPTED


def test_text_stays_text():
    class Loud(str):
        def __str__(self):
            return "something else"

    assert plain("max").value == "max"
    assert type(plain(Loud("max")).value) is str
    assert plain(Loud("max")).value == "max"
    assert plain("\ud800").value == "?"  # a lone surrogate would spoil the notebook's file
    assert len(plain("a" * 10_000_000).value) == module.LONGEST


class Metaclass(type):
    @property
    def __name__(cls):
        raise RuntimeError


class Hostile:
    """Whatever it is asked, it fails, on purpose."""

    def _fail(self, *arguments):
        raise SystemExit(self.__class__)

    __eq__ = __len__ = __iter__ = __getitem__ = __float__ = __int__ = __index__ = __bool__ = __hash__ = _fail
    __repr__ = __str__ = __format__ = __array__ = __array_function__ = __torch_function__ = _fail


class Pretender(Hostile):
    """Says that it is something else."""

    def __init__(self, claim):
        object.__setattr__(self, "claim", claim)

    __class__ = property(lambda self: object.__getattribute__(self, "claim"))


class NoClass:
    @property
    def __class__(self):
        raise RuntimeError("no class")


class Nameless(metaclass=Metaclass):
    pass


class Endless(list):
    def __iter__(self):
        while True:
            yield 1


class BadTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, kinds, arguments=(), options=None):
        raise RuntimeError("not today")


def holding_itself() -> list:
    loop: list = [1]
    loop.append(loop)
    return loop


def doubled(times: int, leaf: list) -> list:
    """Small in memory, 2^times entries when walked."""
    for _ in range(times):
        leaf = [leaf, leaf]
    return leaf


def nested(depth: int) -> list:
    value: list = [1]
    for _ in range(depth):
        value = [value]
    return value


self_holding_array = np.empty(2, dtype=object)
self_holding_array[:] = [1, self_holding_array]

NOT_NUMBERS = {
    "a dict": lambda: {"a": 1},
    "a set": lambda: {1, 2},
    "a generator": lambda: (n for n in range(3)),
    "a function": lambda: len,
    "a class": lambda: int,
    "a module": lambda: np,
    "bytes": lambda: b"104",
    "text in a list": lambda: ["104"],
    "an array of text": lambda: np.array(["104"]),
    "an array of dates": lambda: np.array(["2026-01-01"], dtype="datetime64[D]"),
    "a record array": lambda: np.zeros(2, dtype=[("x", float)]),
    "an array of objects": lambda: np.array([object()]),
    "None in a list": lambda: [1, None],
    "... in a list": lambda: [[1, 2], [3, ...]],
    "a number beyond float": lambda: 10**400,
    "a list of itself": lambda: holding_itself(),
    "an array of itself": lambda: self_holding_array,
    "100 brackets": lambda: nested(100),
    "100,000 brackets": lambda: nested(100_000),
    "a tensor without data": lambda: torch.zeros(3, device="meta"),
    "a nested tensor": lambda: torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
    "a parameter without shape": lambda: torch.nn.UninitializedParameter(),
    "a hostile object": lambda: Hostile(),
    "a hostile object in a list": lambda: [Hostile()],
    "no int": lambda: Pretender(int),
    "no list": lambda: Pretender(list),
    "no str": lambda: Pretender(str),
    "no array": lambda: Pretender(np.ndarray),
    "no tensor": lambda: Pretender(torch.Tensor),
    "no class at all": lambda: NoClass(),
    "no name": lambda: Nameless(),
    "a hostile tensor": lambda: torch.zeros(2).as_subclass(BadTensor),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
def test_all_else_is_not_numbers_and_says_so(make):
    reply = plain(make())
    assert reply.value is None
    assert reply.problem.id == "not-numbers"
    assert "not made of numbers" in reply.problem.text


@pytest.mark.parametrize("value", [1j, [1, 2j], np.array([1j]), torch.tensor([1j])])
def test_complex_numbers_get_advice_of_their_own(value):
    reply = plain(value)
    assert reply.value is None
    assert reply.problem.id == "complex"
    assert "`.real`" in reply.problem.text


def test_the_message_names_what_is_in_the_way():
    assert "its type is `dict`. " in plain({}).problem.text
    assert "its type is `list` with a `str` in it. " in plain([[1, "2"]]).problem.text


HUGE = {
    "an array": lambda: np.zeros(20_001, dtype=np.int8),
    "a view": lambda: np.broadcast_to(np.zeros(1), (10**7, 10**7)),
    "a tensor view": lambda: torch.zeros(1).expand(10**7, 10**7),
    "sparse": lambda: torch.sparse_coo_tensor([[0], [0]], [1.0], (10**7, 10**7), check_invariants=False),
    "a list of views": lambda: [np.broadcast_to(np.zeros(1), 900_000)] * 2,
    "lists of one list": lambda: doubled(40, [1]),
    "lists of an empty list": lambda: doubled(40, []),
    "an endless list": Endless,
}


@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_the_huge_is_refused_before_it_fills_the_memory(make, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 20_000)  # to walk less far
    assert plain(make()).problem.id == "too-large"


@pytest.mark.parametrize(
    ("value", "sizes"),
    [([[1, 2], [3]], "(2, 1)"), ([1, [2]], "(1, 1)"), ([[1]] * 20 + [[1, 2]], "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …)")],
)
def test_ragged_rows_are_named(value, sizes):
    problem = plain(value).problem
    assert problem.id == "ragged"
    assert sizes in problem.text


def test_masked_entries_are_no_numbers():
    assert np.isnan(plain(np.ma.array([1, 2], mask=[False, True])).value).tolist() == [False, True]


@pytest.mark.parametrize("value", [[], (), np.zeros(0), torch.zeros(0), np.zeros((0, 3)), [[], []]])
def test_empty_is_empty(value):
    assert plain(value).value.size == 0


def test_an_object_is_taken_at_its_data_not_its_word():
    class Lies(int):
        def __eq__(self, other):
            return True

        def __float__(self):
            return 104.0

        __hash__ = None

    assert float(plain(Lies(3)).value) in (3.0, 104.0)  # data either way, compared by us
    assert type(plain(Lies(3)).value) is np.ndarray


# --- functions --------------------------------------------------------------------------------------------------

IMAGE = np.arange(4, dtype=np.float32).reshape(2, 2)


def raising(error: BaseException):
    def function(image):
        raise error

    return function


@pytest.mark.parametrize(
    "function",
    [
        lambda image: image + 1,
        functools.partial(torch.add, other=1),
        type("Adder", (), {"__call__": lambda self, image: image + 1})(),
        torch.nn.Sequential(type("Add", (torch.nn.Module,), {"forward": lambda self, x: x + 1})()),
        torch.no_grad()(lambda image: (image + 1).numpy()),
        torch.inference_mode()(lambda image: image + 1),
    ],
    ids=["lambda", "partial", "object", "module", "no_grad", "inference_mode"],
)
def test_all_that_can_be_called_is_a_function(function):
    assert ask_function(function, "f", [IMAGE]).value.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("value", [3, [1], "text", torch.zeros(2)])
def test_what_cannot_be_called_is_no_function(value):
    assert ask_function(value, "f", [IMAGE]).problem.id == "not-a-function"


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("won't say")


class Odd(Exception):
    def __str__(self):
        return "\ud800 <script>" + "a" * 10_000


class Own(ValueError):
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("tensors do not match"), "RuntimeError"),
        (ValueError("no"), "ValueError"),
        (Own("no"), "ValueError"),  # whoever catches a ValueError catches this one
        (SystemExit(1), "SystemExit"),
        (GeneratorExit(), "GeneratorExit"),
        (type("Own", (BaseException,), {})(), "Own"),
        (Mute(), "Mute"),
        (Odd(), "Odd"),
        (MemoryError(), "MemoryError"),
        (StopIteration(), "StopIteration"),
        (ExceptionGroup("many", [ValueError("one")]), "ExceptionGroup"),
        (Warning("odd"), "Warning"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_a_function_raises_is_told(error, kind):
    reply = ask_function(raising(error), "f", [IMAGE])
    assert (reply.value, reply.error, reply.problem.id) == (None, kind, "raised")
    assert reply.problem.text.startswith("It stopped with ")
    assert len(reply.problem.text) < 400
    reply.problem.text.encode()


def test_an_interrupt_gets_through():
    with pytest.raises(KeyboardInterrupt):
        ask_function(raising(KeyboardInterrupt()), "f", [IMAGE])


def test_the_line_that_raised_is_shown():
    def careless(image):
        return image[9, 9]

    text = ask_function(careless, "careless", [IMAGE]).problem.text
    line = careless.__code__.co_firstlineno + 1
    assert text.startswith(f"It stopped with IndexError in line {line}, `return image[9, 9]`: index 9 is out of bounds")


@pytest.mark.parametrize("function", [lambda: 1, lambda image, more: 1, len(IMAGE).bit_length])
def test_wrong_arity_is_told(function):
    reply = ask_function(function, "f", [IMAGE])
    assert (reply.problem.id, reply.error) == ("raised", "TypeError")


def test_endless_recursion_ends():
    def deep(image):
        return deep(image)

    assert ask_function(deep, "deep", [IMAGE]).error == "RecursionError"


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        (None, "returned-nothing"),
        (..., "not-attempted"),
        ({}, "not-numbers"),
        ([[1], [2, 3]], "ragged"),
        ((n for n in range(3)), "not-numbers"),
    ],
    ids=["None", "...", "dict", "ragged", "generator"],
)
def test_what_is_no_answer_is_named(returned, problem):
    assert ask_function(lambda image: returned, "f", [IMAGE]).problem.id == problem


def test_a_stub_is_not_attempted_and_a_class_is_no_answer():
    reply = ask_function(raising(NotImplementedError()), "f", [IMAGE])
    assert (reply.problem, reply.error) == (NOT_ATTEMPTED, "NotImplementedError")
    made = type("conv2d", (), {"__init__": lambda self, image: None})
    assert ask_function(made, "conv2d", [IMAGE]).problem.id == "not-numbers"


def test_arguments_are_copies_and_changes_are_noticed():
    def spoil(image, kernel, stride):
        kernel += 1
        return image

    image, kernel = IMAGE.copy(), IMAGE.copy()
    reply = ask_function(spoil, "spoil", [image, kernel, 2])
    assert reply.changed == (1,)
    assert reply.value.tolist() == IMAGE.tolist()
    assert image.tolist() == kernel.tolist() == IMAGE.tolist()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.zero_(),
        lambda x: x.resize_(1),
        lambda x: x.unsqueeze_(0),
        lambda x: x.t_(),
        lambda x: x.fill_(float("nan")),
        lambda x: setattr(x, "data", torch.zeros(3)),
        lambda x: setattr(x, "data", torch.zeros(2, 2, dtype=torch.complex64)),
    ],
)
def test_every_kind_of_change_is_noticed(change):
    def function(image):
        change(image)
        return 1

    assert ask_function(function, "f", [IMAGE]).changed == (0,)


@pytest.mark.parametrize("harmless", [lambda x: x.requires_grad_(), lambda x: x.contiguous(), lambda x: x.double()])
def test_what_leaves_the_numbers_alone_is_no_change(harmless):
    assert ask_function(harmless, "f", [IMAGE]).changed == ()


def test_answers_on_another_default_device_are_no_crash():
    torch.set_default_device("meta")  # stands in for a GPU that the arguments then land on
    try:
        reply = ask_function(lambda image: image, "f", [IMAGE])
    finally:
        torch.set_default_device(None)
    assert reply.problem.id == "not-numbers"


def chatter():
    print("to stdout")
    print("to stderr", file=sys.stderr)
    warnings.warn("careful", stacklevel=1)
    warnings.simplefilter("always")
    warnings.warn("very careful", stacklevel=1)
    logging.getLogger("student").error("logged")
    os.write(1, b"past Python's stdout")
    os.write(2, b"past Python's stderr")
    os.system("echo from a child; echo from a child >&2")
    np.zeros(1) / 0


class Chatty(list):
    def __iter__(self):
        chatter()
        return super().__iter__()


@pytest.mark.parametrize("ask", ["function", "value"])
def test_nothing_that_a_student_prints_gets_out(ask, capfd):
    handler = logging.StreamHandler(sys.stderr)  # made before, so that it holds on to the real stream
    logging.getLogger("student").addHandler(handler)
    try:
        reply = ask_function(lambda: chatter() or 1, "f", []) if ask == "function" else plain(Chatty([1]))
        assert reply.value is not None
        assert tuple(capfd.readouterr()) == ("", "")
        logging.getLogger("student").error("heard again")
        print("and so is this")
        os.write(2, b"and this")
        out, err = capfd.readouterr()
        assert out == "and so is this\n"
        assert "heard again" in err
        assert "and this" in err
    finally:
        logging.getLogger("student").removeHandler(handler)


def test_a_process_without_stdout_and_stderr_is_served():
    before = os.dup(1), os.dup(2)
    os.close(1), os.close(2)
    try:
        value = ask_function(lambda image: image, "f", [IMAGE]).value
    finally:
        for copy, descriptor in zip(before, (1, 2), strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
    assert value.tolist() == IMAGE.tolist()


def test_settings_of_numpy_and_warnings_are_restored():
    def meddle(image):
        np.seterr(all="raise")
        warnings.simplefilter("error")
        sys.stdout = None
        return image

    before = np.geterr(), list(warnings.filters), sys.stdout
    ask_function(meddle, "meddle", [IMAGE])
    assert (np.geterr(), list(warnings.filters), sys.stdout) == before


# --- whose line an error is told by -----------------------------------------------------------------------------


def told(function, *arguments) -> str:
    return ask_function(function, "f", list(arguments)).problem.text


def line_of(function, offset: int) -> int:
    return function.__code__.co_firstlineno + offset


def test_an_error_inside_a_library_is_told_by_the_line_that_called_it():
    def joined(image):
        size = 3
        return torch.cat([image, size])

    def reshaped(image):
        return np.zeros(4).reshape(3, -1)

    assert f"in line {line_of(joined, 2)}, `return torch.cat([image, size])`: " in told(joined, IMAGE)
    assert f"in line {line_of(reshaped, 1)}, `return np.zeros(4).reshape(3, -1)`: " in told(reshaped, IMAGE)


def test_an_error_in_another_function_of_the_student_is_told_where_it_came_up():
    def helper(image):
        return image["a"]

    @torch.no_grad()
    def outer(image):
        return helper(image)

    assert f'in line {line_of(helper, 1)}, `return image["a"]`: ' in told(outer, IMAGE)


def test_what_is_no_python_is_told_by_its_own_line():
    text = told(lambda image: exec("x = 1\ny = = 2\n"), IMAGE)
    assert text == "It stopped with SyntaxError in line 2, `y = = 2`: invalid syntax"


def test_where_no_line_is_known_none_is_told():
    names: dict[str, object] = {}
    exec("def f(image):\n    return image[9]", names)
    assert told(names["f"], IMAGE).startswith("It stopped with IndexError: ")
    assert told(int, "x").startswith("It stopped with ValueError: ")


class Lying(SyntaxError):
    """Tells other things of itself than Python holds."""

    text = property(lambda self: "✓ Right")
    lineno = property(lambda self: 7)
    filename = property(lambda self: "/etc/passwd")


@pytest.mark.parametrize(
    "arguments",
    [
        ("no", ("x.py", "✓", 1, "text")),
        ("no", (["x.py"], 3, 1, "text")),
        ("no", ("x.py", 3, 1, ["text"])),
        ("no", ("x.py", 10**30, 1, "t" * 10_000)),
        (["no"], ("x.py", -1, 1, "`text`\nmore")),
    ],
)
@pytest.mark.parametrize("kind", [SyntaxError, Lying])
def test_a_syntax_error_of_the_students_own_making_does_no_harm(kind, arguments):
    def own(image):
        raise kind(*arguments)

    text = told(own, IMAGE)
    assert text.startswith(f"It stopped with {kind.__name__}")
    assert "✓ Right" not in text
    assert "\n" not in text
    assert len(text) < 400
