"""What counts as equal, how a difference is described, and the three questions that a check may ask."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.student import Mistake, Namespace, Student, agree, difference
from autograder.checks.verdict import Finding, Outcome

GRID = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
finite = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.integers(-100, 100))
quick = settings(max_examples=80, deadline=None, derandomize=True)


def student(**names: object) -> Student:
    return Student(Namespace(names), [0])


@given(finite)
@quick
def test_an_array_agrees_with_itself_and_with_its_rounding(truth):
    assert agree(truth, truth)
    assert agree(truth.astype(np.float32).astype(float), truth)
    assert agree(truth * (1 + 1e-6), truth)


@given(finite, st.data())
@quick
def test_one_wrong_entry_is_wrong(truth, data):
    index = tuple(data.draw(st.integers(0, n - 1)) for n in truth.shape)
    for wrong in (truth[index] + 0.1, np.nan, np.inf, -np.inf):
        got = truth.copy()
        got[index] = wrong
        assert not agree(got, truth)
        assert difference(got, truth).id in {"wrong-values", "not-a-number"}


@given(finite)
@quick
def test_another_shape_is_wrong_whatever_it_broadcasts_to(truth):
    for got in (truth[None], truth[..., None], truth.reshape(-1)[:1], np.zeros(0), np.array(truth.flat[0])):
        assert agree(got, truth) == (got.shape == truth.shape)


@pytest.mark.parametrize(
    ("got", "truth", "equal"),
    [
        ([7.0], 7.0, True),  # a number in brackets is that number
        ([[7.0]], 7.0, True),
        (7.0, [7.0], False),  # but an array of one is asked for as such
        ([7.0, 7.0], 7.0, False),
        ([np.inf, -np.inf, 1], [np.inf, -np.inf, 1], True),
        ([np.inf, np.inf, 1], [np.inf, -np.inf, 1], False),
        ([np.nan], [np.nan], False),
        (np.nan, 0.0, False),
        (0.0, 1e-9, True),
        (1.0, 1.01, False),
        (1 / 3, 0.33333, True),
        (795_000.0, 795_010.0, False),  # whole numbers do not blur, however large
        (795_010.2, 795_010.0, True),
        (795_000.3, 795_010.5, True),  # but measured ones do
        (1e30, 7.0, False),
        (-0.0, 0.0, True),
    ],
)
def test_scalars_infinities_and_nan(got, truth, equal):
    assert agree(np.array(got, dtype=float), np.array(truth, dtype=float)) is equal


@pytest.mark.parametrize(
    ("got", "truth", "equal"),
    [("max", "max", True), (" Max\n", "max", True), ("avg", "max", False), ("1", 1, False), (1, "1", False)],
)
def test_words(got, truth, equal):
    sides = [side if isinstance(side, str) else np.array(float(side)) for side in (got, truth)]
    assert agree(*sides) is equal


@pytest.mark.parametrize(
    ("got", "truth", "finding"),
    [
        (GRID + np.eye(2, 3), GRID, "wrong-values"),
        (np.where(GRID == 5, np.nan, GRID), GRID, "not-a-number"),
        (GRID.T, GRID, "swapped-shape"),
        (GRID.ravel(), GRID, "flattened"),
        (GRID[None], GRID, "extra-axes"),
        (GRID[:1, :2], GRID, "one-short"),
        (GRID[:, :1], GRID, "wrong-shape"),
        (np.zeros(0), GRID, "wrong-shape"),
        (np.array(3.0), GRID, "wrong-shape"),
        (np.array(3.0), np.array(4.0), "wrong-number"),
        (GRID, np.array(4.0), "wrong-shape"),
        ("text", GRID, "not-numbers"),
        ("avg", "max", "wrong-word"),
        (GRID, "max", "wrong-word"),
        (np.array(np.nan), "max", "wrong-word"),
    ],
)
def test_differences_are_described_truly(got, truth, finding):
    assert difference(got, truth).id == finding


def test_a_difference_tells_where():
    text = difference(GRID + np.diag([1.0, 1.0, 0])[:2], GRID).text
    assert text.startswith("2 of 6 entries differ, first at index (0, 0) and (1, 1).")
    assert "(3, 2), expected (2, 3)" in difference(GRID.T, GRID).text


def test_long_text_is_cut():
    assert len(difference("x" * 5000, "max").text) < 200
    assert len(difference("x" * 5000, GRID).text) < 200


# --- typed values -----------------------------------------------------------------------------------------------

TEN = Mistake("ten", "Ten is the slide's.", lambda: 10)
BROKEN = Mistake("broken", "This idea has no answer here.", lambda: [][0])


@pytest.mark.parametrize(
    ("value", "outcome", "finding"),
    [
        (7, Outcome.PASSED, None),
        (torch.tensor([7.0]), Outcome.PASSED, None),
        (10, Outcome.FAILED, "ten"),
        (11, Outcome.FAILED, "wrong-number"),
        ("7", Outcome.FAILED, "not-numbers"),
        ({}, Outcome.FAILED, "not-numbers"),
        (float("nan"), Outcome.FAILED, "not-a-number"),
        ([7, 7], Outcome.FAILED, "wrong-shape"),
        (..., Outcome.NOT_ATTEMPTED, "not-attempted"),
        (None, Outcome.NOT_ATTEMPTED, "not-attempted"),
    ],
)
def test_holds(value, outcome, finding):
    case = student(side=value).holds("side", 7, mistakes=[BROKEN, TEN])
    assert case.outcome is outcome
    assert [found.id for found in case.findings] == ([finding] if finding else [])
    assert case.title == "`side`"


def test_a_name_that_is_missing():
    case = student().holds("side", 7)
    assert (case.outcome, case.findings[0].id) == (Outcome.FAILED, "not-defined")
    case = student().returns("side", (1,), 7, title="one")
    assert (case.outcome, case.findings[0].id) == (Outcome.FAILED, "not-defined")
    case = student().refuses("side", (1,), why=TEN_IS_TOO_MANY, title="one")
    assert (case.outcome, case.findings[0].id) == (Outcome.FAILED, "not-defined")


def test_a_right_answer_that_a_misconception_also_gives_passes_and_names_it():
    case = student(side=10).holds("side", 10, mistakes=[TEN])
    assert (case.outcome, [found.id for found in case.findings]) == (Outcome.PASSED, ["ten"])


# --- functions --------------------------------------------------------------------------------------------------

TEN_IS_TOO_MANY = Finding("accepts-10", "Ten is too many.")
ONCE = Mistake("once", "Twice, not once.", lambda image: image)
SPOILT = Mistake("spoilt", "Ones.", lambda image: image.fill(1) or image)


def double(image):
    return 2 * image


def double_in_place(image):
    image *= 2
    return image


@pytest.mark.parametrize(
    ("function", "outcome", "finding"),
    [
        (double, Outcome.PASSED, None),
        (lambda image: (2 * image).tolist(), Outcome.PASSED, None),
        (lambda image: image, Outcome.FAILED, "once"),
        (double_in_place, Outcome.FAILED, "changes-input"),
        (lambda image: image[0, 0], Outcome.FAILED, "wrong-shape"),
        (lambda image: None, Outcome.FAILED, "returned-nothing"),
        (lambda: 1, Outcome.FAILED, "raised"),
        (3, Outcome.FAILED, "not-a-function"),
        (..., Outcome.NOT_ATTEMPTED, "not-attempted"),
    ],
)
def test_returns(function, outcome, finding):
    image = GRID.astype(np.float32)
    case = student(f=function).returns("f", (image,), 2 * GRID, mistakes=[SPOILT, ONCE], title="a grid", part="grids")
    assert case.outcome is outcome
    assert [found.id for found in case.findings] == ([finding] if finding else [])
    assert (case.title, case.part) == ("a grid", "grids")
    assert image.tolist() == GRID.tolist()  # neither the student nor a misconception touches the case


def refusing(error):
    def function(n):
        raise error

    return function


@pytest.mark.parametrize(
    ("function", "outcome", "finding"),
    [
        (refusing(ValueError("no")), Outcome.PASSED, None),
        (refusing(type("SizeError", (ValueError,), {})("no")), Outcome.PASSED, None),
        (refusing(RuntimeError("no")), Outcome.FAILED, "other-error"),
        (refusing(AssertionError()), Outcome.FAILED, "other-error"),
        (refusing(SystemExit()), Outcome.FAILED, "other-error"),
        (refusing(NotImplementedError()), Outcome.NOT_ATTEMPTED, "not-attempted"),
        (lambda n: ValueError("returned, not raised"), Outcome.FAILED, "accepts-10"),
        (lambda n: "ValueError", Outcome.FAILED, "accepts-10"),
        (lambda n: None, Outcome.FAILED, "accepts-10"),
        (lambda n: n, Outcome.FAILED, "accepts-10"),
        (7, Outcome.FAILED, "not-a-function"),
        (..., Outcome.NOT_ATTEMPTED, "not-attempted"),
        (None, Outcome.NOT_ATTEMPTED, "not-attempted"),
    ],
)
def test_refuses(function, outcome, finding):
    case = student(f=function).refuses("f", (10,), why=TEN_IS_TOO_MANY, title="n = 10")
    assert case.outcome is outcome
    assert [found.id for found in case.findings] == ([finding] if finding else [])


def test_asking_for_random_numbers_marks_a_check_as_drawn():
    pupil = student(side=7)
    pupil.holds("side", 7)
    assert not pupil.drawn
    first = pupil.random.integers(10**9)
    assert pupil.drawn
    assert pupil.random.integers(10**9) != first  # one stream, which goes on
    assert Student(Namespace({}), [0]).random.integers(10**9) == first
    assert pupil.value("side").value == 7
    assert pupil.value("gone").problem.id == "not-defined"
    assert NOT_ATTEMPTED.id == "not-attempted"


@pytest.mark.parametrize(
    ("function", "outcome", "finding"),
    [
        (lambda n: n, Outcome.PASSED, None),
        (lambda n: "anything", Outcome.PASSED, None),
        (refusing(ValueError("no")), Outcome.FAILED, "refuses-too-much"),
        (refusing(RuntimeError("no")), Outcome.FAILED, "raised"),
        (lambda n: None, Outcome.FAILED, "returned-nothing"),
        (7, Outcome.FAILED, "not-a-function"),
        (..., Outcome.NOT_ATTEMPTED, "not-attempted"),
        (refusing(NotImplementedError()), Outcome.NOT_ATTEMPTED, "not-attempted"),
    ],
)
def test_accepts(function, outcome, finding):
    case = student(f=function).accepts("f", (10,), title="n = 10")
    assert case.outcome is outcome
    assert [found.id for found in case.findings] == ([finding] if finding else [])


def test_a_function_that_refuses_too_much_is_told_so():
    ask = student(f=refusing(ValueError("no"))).returns
    assert ask("f", (1,), 7, title="one").findings[0].id == "raised"
    told = ask("f", (1,), 7, title="one", may_refuse=True).findings[0]
    assert told.id == "refuses-too-much"
    assert "look again at when it raises" in told.text


@pytest.mark.parametrize("got", [[3, 4], (3, 4), [[3], [4]], [[3, 4]], (np.array([3]), np.array([4]))])
def test_axes_of_length_1_may_be_let_go(got):
    assert student(f=lambda n: got).returns("f", (1,), (3, 4), title="a place", flat=True).outcome is Outcome.PASSED
    strict = student(f=lambda n: got).returns("f", (1,), (3, 4), title="a place").outcome
    assert (strict is Outcome.PASSED) is (np.shape(got) == (2,))
    several = student(f=lambda n: [[3, 4], [4, 5]]).returns("f", (1,), (3, 4), title="a place", flat=True)
    assert several.outcome is Outcome.FAILED


def test_only_what_is_read_off_a_function_is_a_guess():
    assert student(f=lambda image: image).returns("f", (GRID,), 2 * GRID, mistakes=[ONCE], title="x").findings[0].guess
    assert not student(side=10).holds("side", 7, mistakes=[TEN]).findings[0].guess


def test_what_float32_leaves_of_a_zero_is_zero():
    assert agree(np.array([3e-5, 1.0]), np.array([0.0, 1.0]))
    assert not agree(np.array([1e-3, 1.0]), np.array([0.0, 1.0]))
