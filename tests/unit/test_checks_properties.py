"""The checks of notebook 02 under many seeds, honest types and hostile functions.

Right functions pass whatever the seed, wrong ones never, and nothing that a student's code does makes a check raise,
speak on stdout or stderr, or give points away.
"""

import random
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.catalogue import all_answers
from autograder.checks import CHECKS, check
from autograder.checks.registry import run
from autograder.checks.student import Namespace

torch.set_num_threads(1)  # on arrays this small, threads only wait for one another
few = settings(max_examples=12, deadline=None, derandomize=True)
seeds = st.text(max_size=12)


# --- by torch ---------------------------------------------------------------------------------------------------


def pad2d(image, p):
    return F.pad(image, (p, p, p, p))


def conv2d_valid(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


def output_size(n, f, p, s):
    if s < 1 or p < 0:
        raise ValueError("no such stride or padding")
    try:
        return F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, f), stride=s, padding=p).shape[-1]
    except RuntimeError as error:
        raise ValueError("the window does not fit") from error


def conv2d(image, kernel, stride=1, padding=0):
    try:
        return F.conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding)[0, 0]
    except RuntimeError as error:
        raise ValueError("this cannot be") from error


def conv_matrix(kernel, shape):
    pixels = torch.eye(shape[0] * shape[1]).view(-1, 1, *shape)
    return F.conv2d(pixels, kernel[None, None]).flatten(1).T


def conv2d_multi(x, w, b):
    return F.conv2d(x[None], w, b)[0]


BY_TORCH = {
    "pad2d": pad2d,
    "conv2d-valid": conv2d_valid,
    "output-size": output_size,
    "conv2d": conv2d,
    "conv-matrix": conv_matrix,
    "conv2d-multi": conv2d_multi,
}
CONVOLVING = tuple(name for name in BY_TORCH if name != "output-size")  # these take and return arrays


FOR_REFUSING = {"conv2d": 0.5}  # what a function earns that refuses what cannot be, right or wrong otherwise


ANSWERS = [answer for answer in all_answers() if CHECKS[answer.check].notebook == "02_convolution"]
WRONG = [answer for answer in ANSWERS if answer.check in BY_TORCH and not answer.right]


def judge(name: str, function: object, seed: str = ""):
    return run(CHECKS[name], Namespace({CHECKS[name].asks[0]: function}), seed)


def test_these_are_all_the_function_checks_of_notebook_02():
    assert {answer.check for answer in ANSWERS if answer.right and answer.source.startswith("def ")} == set(BY_TORCH)


@pytest.mark.parametrize("name", BY_TORCH)
@given(seed=seeds)
@few
def test_torch_passes_whatever_the_seed(name, seed):
    verdict = judge(name, BY_TORCH[name], seed)
    assert verdict.passed
    assert verdict.points == verdict.maximum
    assert verdict.drawn


@given(seed=seeds, data=st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_wrong_answers_fail_and_say_why_whatever_the_seed(seed, data):
    answer = data.draw(st.sampled_from(WRONG))
    names = {"np": np, "torch": torch, "F": F}
    exec(answer.source, names)
    verdict = run(CHECKS[answer.check], Namespace(names), seed)
    assert verdict.points < verdict.maximum
    assert verdict.finding.id == answer.label


@pytest.mark.parametrize("name", CONVOLVING)
@given(seed=seeds, index=st.integers(0, 10**6), error=st.sampled_from([1.0, -0.5, 1e30, np.nan, np.inf, -np.inf]))
@few
def test_one_wrong_entry_costs_the_points(name, seed, index, error):
    def almost(*arguments):
        result = BY_TORCH[name](*arguments).contiguous()
        result.view(-1)[index % result.numel()] += error
        return result

    verdict = judge(name, almost, seed)
    assert verdict.points == FOR_REFUSING.get(name, 0)
    assert verdict.finding.id not in {"raised", "not-numbers"}


# --- honest types -----------------------------------------------------------------------------------------------


def strided(array):
    return np.repeat(array, 2, axis=-1)[..., ::2]


def with_grad(tensor):
    return tensor.clone().requires_grad_() * 1


TYPES = {
    "list": lambda t: t.tolist(),
    "tuple": lambda t: tuple(map(tuple, t.tolist())),
    "list of tensors": list,
    "list of arrays": lambda t: list(t.numpy()),
    "float32": lambda t: t.numpy(),
    "float64": lambda t: t.numpy().astype(np.float64),
    "fortran": lambda t: np.asfortranarray(t.numpy()),
    "strided": lambda t: strided(t.numpy()),
    "masked": lambda t: np.ma.array(t.numpy()),
    "objects": lambda t: t.numpy().astype(object),
    "torch float64": torch.Tensor.double,
    "torch transposed": lambda t: t.T.contiguous().T if t.ndim == 2 else t.transpose(0, 2).contiguous().transpose(0, 2),
    "torch with gradient": with_grad,
    "parameter": torch.nn.Parameter,
    "sparse": torch.Tensor.to_sparse,
}
WHOLE = {  # for results that are whole numbers
    "int64": lambda t: t.numpy().astype(np.int64),
    "int16": lambda t: t.numpy().astype(np.int16),
    "torch int64": torch.Tensor.long,
    "list of ints": lambda t: t.long().tolist(),
}
SMALL = {  # for whole numbers below 128
    "int8": lambda t: t.numpy().astype(np.int8),
    "float16": lambda t: t.numpy().astype(np.float16),
    "bfloat16": torch.Tensor.bfloat16,
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in CONVOLVING for kind in TYPES]
    + [(name, kind) for name in ("pad2d", "conv-matrix", "conv2d-multi") for kind in WHOLE]
    + [(name, kind) for name in ("pad2d", "conv-matrix") for kind in SMALL],
)
def test_results_of_every_sensible_type_count(name, kind):
    convert = (TYPES | WHOLE | SMALL)[kind]
    verdict = judge(name, lambda *arguments: convert(BY_TORCH[name](*arguments)), "types")
    assert verdict.passed, verdict.finding


@pytest.mark.parametrize(
    "convert", [float, np.float64, np.int8, np.array, torch.tensor, lambda n: [n], lambda n: [[n]]]
)
def test_sizes_of_every_sensible_type_count(convert):
    assert judge("output-size", lambda *arguments: convert(output_size(*arguments))).passed


VALUES = {
    "transposed-size": ("larger", 21),
    "filter-parameters": ("parameters", 280),
    "horizontal-edge": ("horizontal", [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
    "true-convolution": ("convolved", [[26, 36, 46], [66, 76, 86], [106, 116, 126]]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "convert",
    [
        np.array,
        torch.tensor,
        lambda v: np.array(v, dtype=np.float16),
        lambda v: torch.tensor(v, dtype=torch.float64, requires_grad=True),
        lambda v: torch.nn.Parameter(torch.tensor(v, dtype=torch.float32)),
        lambda v: np.array(v, dtype=object),
    ],
)
def test_typed_values_of_every_sensible_type_count(name, convert):
    variable, value = VALUES[name]
    assert run(CHECKS[name], Namespace({variable: convert(value)})).passed


# --- hostile answers --------------------------------------------------------------------------------------------


class Agreeable:
    """Equal to everything, as long as anything, and true of all."""

    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return self

    def __call__(self, *arguments, **options):
        return self

    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __eq__
    __hash__ = None

    def __repr__(self):
        return "3"

    def __len__(self):
        return 3

    def __float__(self):
        return 3.0

    def __array__(self, *arguments, **options):
        return np.ones((3, 3))


class Failing:
    """Fails at everything."""

    def __getattribute__(self, name):
        raise SystemExit(name)

    def _fail(self, *arguments):
        raise SystemExit("no")

    __eq__ = __len__ = __iter__ = __array__ = __float__ = __repr__ = __bool__ = __hash__ = _fail


class EqualArray(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.True_

    __hash__ = None


class EqualTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, kinds, arguments=(), options=None):
        return True


def itself():
    loop: list = []
    loop.append(loop)
    return loop


VALUES_OF_NO_USE = {
    "equal to all": Agreeable,
    "failing at all": Failing,
    "an equal array": lambda: np.zeros((3, 3)).view(EqualArray),
    "an equal tensor": lambda: torch.zeros(3, 3).as_subclass(EqualTensor),
    "NaN": lambda: float("nan"),
    "NaN everywhere": lambda: np.full((5, 5), np.nan),
    "infinity": lambda: torch.full((3, 3), float("inf")),
    "text": lambda: "<script>",
    "much text": lambda: "7" * 10**6,
    "a dict": lambda: {"value": 7},
    "a set": lambda: {7},
    "a generator": lambda: iter([7]),
    "fractions": lambda: [Fraction(7)],
    "complex": lambda: torch.ones(3, 3, dtype=torch.complex64),
    "nothing in it": list,
    "empty rows": lambda: [[], []],
    "a list of itself": itself,
    "a view of 10^14 numbers": lambda: np.broadcast_to(np.ones(1), (10**7, 10**7)),
    "a class": lambda: Agreeable,
    "a function": lambda: len,
    "an exception": lambda: ValueError("no"),
    "the course's own check": lambda: check,
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("make", VALUES_OF_NO_USE.values(), ids=VALUES_OF_NO_USE)
def test_values_of_no_use_earn_nothing_and_break_nothing(name, make, capfd):
    returning = {asked: (lambda *arguments, **options: make()) for asked in CHECKS[name].asks}
    for answers in ({asked: make() for asked in CHECKS[name].asks}, returning):
        feedback = check(name, answers)
        assert not feedback.verdict.passed
        assert feedback.points == "0"
        assert feedback._repr_html_().encode()
        assert str(feedback).encode()
    assert tuple(capfd.readouterr()) == ("", "")


def meddle():
    """Whatever a student's code may do to the process, short of ending it."""
    print("hello")
    warnings.warn("careful", stacklevel=1)
    np.random.seed(0)
    torch.manual_seed(0)
    random.seed(0)
    np.seterr(all="raise")


def in_place(function):
    def spoiling(*arguments):
        result = function(*arguments)
        for argument in arguments:
            if isinstance(argument, torch.Tensor):
                argument.add_(1)
        return result

    return spoiling


@pytest.mark.parametrize("name", BY_TORCH)
def test_functions_that_speak_and_meddle_are_judged_by_their_results(name, capfd):
    def chatty(*arguments):
        meddle()
        return BY_TORCH[name](*arguments)

    assert judge(name, chatty, "meddle").passed
    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize("name", CONVOLVING)
def test_changing_the_input_costs_the_points_and_spoils_no_other_case(name):
    verdict = judge(name, in_place(BY_TORCH[name]), "spoilt")
    assert verdict.finding.id == "changes-input"
    assert {case.findings[0].id for case in verdict.cases if case.findings and case.got is not None} <= {
        "changes-input"
    }
    assert verdict.points < verdict.maximum
    assert judge(name, BY_TORCH[name], "spoilt").passed


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, GeneratorExit, RecursionError, MemoryError, StopIteration])
@pytest.mark.parametrize("name", BY_TORCH)
def test_functions_that_raise_earn_nothing(name, error):
    def failing(*arguments):
        raise error("no")

    verdict = judge(name, failing)
    assert verdict.points == 0
    assert verdict.finding.id in {"raised", "other-error"}
    assert error.__name__ in verdict.finding.text


@pytest.mark.parametrize("name", BY_TORCH)
@pytest.mark.parametrize("function", [lambda: 1, lambda a, b, c, d, e, f: 1, Agreeable, Failing, type, print, np.array])
def test_functions_of_another_kind_earn_nothing(name, function, capfd):
    assert judge(name, function).points == 0
    assert tuple(capfd.readouterr()) == ("", "")


# --- a notebook's own settings ----------------------------------------------------------------------------------


@pytest.fixture(params=["seterr", "no gradients", "float64", "errors from warnings", "print options"])
def setting(request):
    before = np.geterr(), torch.is_grad_enabled(), torch.get_default_dtype(), np.get_printoptions()
    with warnings.catch_warnings():
        {
            "seterr": lambda: np.seterr(all="raise"),
            "no gradients": lambda: torch.set_grad_enabled(False),
            "float64": lambda: torch.set_default_dtype(torch.float64),
            "errors from warnings": lambda: warnings.simplefilter("error"),
            "print options": lambda: np.set_printoptions(precision=1, threshold=2, edgeitems=1),
        }[request.param]()
        yield request.param
    np.seterr(**before[0])
    torch.set_grad_enabled(before[1])
    torch.set_default_dtype(before[2])
    np.set_printoptions(**before[3])


@pytest.mark.parametrize("name", CONVOLVING)
def test_settings_of_the_notebook_change_no_verdict(name, setting):
    def suited(*arguments):  # torch's own functions want equal types: what torch.eye makes follows the setting
        return BY_TORCH[name](*(a.to(torch.get_default_dtype()) if torch.is_tensor(a) else a for a in arguments))

    assert judge(name, suited, "settings").passed
    flawed = check(name, {CHECKS[name].asks[0]: lambda *arguments: suited(*arguments) + float("inf")})
    assert flawed.verdict.points == FOR_REFUSING.get(name, 0)
    assert "inf" in flawed._repr_html_() + str(flawed)
