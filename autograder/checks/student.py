"""The questions that a check may put to a student's work, and how an answer is compared with the truth.

A check never touches the student's objects: it asks a `Student` for values and for results of calls, and gets cases
back. `Answers` is the only door, so the same check runs in the student's own kernel or far from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.checks.experiments import Observation, perform
from autograder.checks.plain import NOT_ATTEMPTED, Reply, ask_function, plain
from autograder.checks.verdict import Call, Case, Finding, Later, Outcome

Array = NDArray[Any]
RELATIVE, ABSOLUTE = 1e-4, 1e-4  # what float32 leaves of a zero after an FFT or SVD stays inside
UNANSWERED = frozenset({"no-answer", "not-usable"})  # findings of whoever asks from afar, and got nothing to judge
LESS_THAN_ONE = 0.25  # a whole number may be off by less than this


class Answers(Protocol):
    """Where a student's answers are."""

    def value(self, name: str) -> Reply:
        """The plain data behind a name."""

    def call(self, name: str, arguments: Sequence[object]) -> Reply:
        """What the function of that name returns for copies of the arguments."""

    def observe(self, experiment: str, names: Sequence[str], arguments: Mapping[str, object]) -> Observation:
        """What an experiment with the objects of those names brings back."""


@dataclass(frozen=True)
class Namespace:
    """Answers that live in this process, such as a notebook's variables."""

    names: Mapping[str, object]

    def value(self, name: str) -> Reply:
        return plain(self.names[name]) if name in self.names else Reply(problem=undefined(name))

    def call(self, name: str, arguments: Sequence[object]) -> Reply:
        if name not in self.names:
            return Reply(problem=undefined(name))
        return ask_function(self.names[name], name, arguments)

    def observe(self, experiment: str, names: Sequence[str], arguments: Mapping[str, object]) -> Observation:
        for name in names:
            if name not in self.names:
                return Observation(problem=undefined(name))
        return perform(experiment, [self.names[name] for name in names], arguments)


def undefined(name: str) -> Finding:
    """A name that the notebook has not defined."""
    return Finding("not-defined", f"There is no `{name}` yet. Run the cell that defines it; mind the spelling.")


@dataclass(frozen=True)
class Mistake:
    """A misconception: what to tell the student, and the answer that it leads to.

    `answer` takes what the student's function takes, or nothing for a typed value. It may raise for questions to
    which the misconception has no answer.
    """

    id: str
    text: str
    answer: Callable[..., ArrayLike | str]


class Student:
    """A student's answers, with a source of random cases. Asking for `random` marks the check as drawn."""

    def __init__(self, answers: Answers, seed: Sequence[int]):
        self._answers = answers
        self._random = np.random.default_rng(seed)
        self.drawn = False

    @property
    def random(self) -> np.random.Generator:
        """The generator for cases: seeded in public for feedback, in secret for marks."""
        self.drawn = True
        return self._random

    def value(self, name: str) -> Reply:
        """The student's value of that name as plain data."""
        return self._answers.value(name)

    def holds(
        self, name: str, expected: ArrayLike | str, *, mistakes: Sequence[Mistake] = (), part: str = "", title: str = ""
    ) -> Case:
        """A case: the value of `name` is `expected`."""
        found = [(mistake, ()) for mistake in mistakes]
        return _compare(title or f"`{name}`", part, self._answers.value(name), expected, found)

    def returns(
        self,
        name: str,
        arguments: Sequence[object],
        expected: ArrayLike | str,
        *,
        mistakes: Sequence[Mistake] = (),
        part: str = "",
        title: str,
        flat: bool = False,
        may_refuse: bool = False,
    ) -> Case:
        """A case: `name(*arguments)` returns `expected` and leaves its arguments as they were.

        With `flat` axes of length 1 do not count. With `may_refuse` the function refuses other questions, and a
        ValueError to this one tells that its test is too strict.
        """
        reply = self._answers.call(name, arguments)
        if flat:
            reply = _squeezed(reply, np.shape(expected))
        if may_refuse:
            reply = _too_strict(reply)
        found = [(mistake, tuple(arguments)) for mistake in mistakes]
        call = Call(name, tuple(arguments))
        case = replace(_compare(title, part, reply, expected, found), call=call)
        if case.outcome is Outcome.PASSED and reply.changed:
            changed = Finding(
                "changes-input",
                f"The result is right, but `{name}` changed its argument number {reply.changed[0] + 1} on the way. "
                "Whoever calls it still needs that; work on a copy (`.clone()`).",
            )
            return Case(title, Outcome.FAILED, part, expected, case.got, (changed,), call)
        return case

    def observes(self, experiment: str, *names: str, **arguments: object) -> Observation:
        """Perform an experiment with the student's objects of those names; arrays reach it as tensors."""
        return self._answers.observe(experiment, names, arguments)

    def shows(
        self,
        observation: Observation,
        key: str,
        expected: ArrayLike | str,
        *,
        mistakes: Sequence[Mistake] = (),
        part: str = "",
        title: str,
    ) -> Case:
        """A case: what an experiment measured under `key` is `expected`. Mistakes answer without arguments."""
        found = [(mistake, ()) for mistake in mistakes]
        return _compare(title, part, observation.reply(key), expected, found)

    def accepts(self, name: str, arguments: Sequence[object], *, part: str = "", title: str) -> Case:
        """A case: `name(*arguments)` returns something, right or not; one that refuses everything does not."""
        reply, call = _too_strict(self._answers.call(name, arguments)), Call(name, tuple(arguments))
        expected = "a result"
        if reply.problem == NOT_ATTEMPTED:
            return Case(title, Outcome.NOT_ATTEMPTED, part, expected, None, (NOT_ATTEMPTED,), call=call)
        if reply.problem is not None:
            return Case(title, Outcome.FAILED, part, expected, reply.error, (reply.problem,), call=call)
        return Case(title, Outcome.PASSED, part, expected, reply.value, call=call)

    def refuses(self, name: str, arguments: Sequence[object], *, why: Finding, part: str = "", title: str) -> Case:
        """A case: `name(*arguments)` raises ValueError, since what is asked cannot be. `why` is told if it does not."""
        reply, call = self._answers.call(name, arguments), Call(name, tuple(arguments))
        expected = "ValueError"
        if reply.error == "ValueError":
            return Case(title, Outcome.PASSED, part, expected, "ValueError", call=call)
        if reply.problem == NOT_ATTEMPTED:
            return Case(title, Outcome.NOT_ATTEMPTED, part, expected, None, (NOT_ATTEMPTED,), call=call)
        if reply.problem and reply.problem.id in {"not-defined", "not-a-function", *UNANSWERED}:
            return Case(title, Outcome.FAILED, part, expected, None, (reply.problem,), call=call)
        if reply.error is not None:
            other = Finding(
                "other-error",
                f"It stops with {reply.error}; a ValueError is asked for. First test for what cannot be done, and "
                "`raise ValueError` with a sentence that says what is wrong.",
            )
            return Case(title, Outcome.FAILED, part, expected, reply.error, (other,), call=call)
        got = "no error" if reply.value is None else reply.value
        return Case(title, Outcome.FAILED, part, expected, got, (why,), call=call)


def _squeezed(reply: Reply, shape: tuple[int, ...]) -> Reply:
    value = reply.value
    lengths = tuple(n for n in shape if n != 1)
    if not isinstance(value, np.ndarray) or tuple(n for n in value.shape if n != 1) != lengths:
        return reply
    return replace(reply, value=value.reshape(shape))


def _too_strict(reply: Reply) -> Reply:
    """A ValueError to a question that has an answer."""
    if reply.error != "ValueError" or reply.problem is None:
        return reply
    text = f"This can be done, but your function refuses it: look again at when it raises. {reply.problem.text}"
    return replace(reply, problem=Finding("refuses-too-much", text))


def _compare(
    title: str,
    part: str,
    reply: Reply,
    expected: ArrayLike | str,
    mistakes: Sequence[tuple[Mistake, tuple[object, ...]]],
) -> Case:
    truth: Array | str = expected if isinstance(expected, str) else np.asarray(expected, dtype=np.float64)
    if reply.problem == NOT_ATTEMPTED:
        return Case(title, Outcome.NOT_ATTEMPTED, part, truth, None, (NOT_ATTEMPTED,))
    if reply.problem is not None or reply.value is None:
        findings = (reply.problem,) if reply.problem else ()
        return Case(title, Outcome.FAILED, part, truth, None, findings)
    got = reply.value

    def named() -> tuple[Finding, ...]:
        with np.errstate(all="ignore"):
            return tuple(
                Finding(mistake.id, mistake.text, guess=bool(arguments))
                for mistake, arguments in mistakes
                if _explains(mistake, arguments, got)
            )

    if agree(got, truth):
        shown = _scalar(got, truth) if isinstance(got, np.ndarray) else got
        return Case(title, Outcome.PASSED, part, truth, shown, Later(named))
    return Case(title, Outcome.FAILED, part, truth, got, named() or (difference(got, truth),))


def _explains(mistake: Mistake, arguments: tuple[object, ...], got: Array | str) -> bool:
    copies = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    try:
        predicted = mistake.answer(*copies)
        return agree(got, predicted if isinstance(predicted, str) else np.asarray(predicted, dtype=np.float64))
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        return False  # this misconception has no answer to that question


def agree(got: Array | str, truth: Array | str) -> bool:
    """Whether an answer equals the truth: shapes first, then every number within tolerance; NaN equals nothing."""
    if isinstance(got, str) or isinstance(truth, str):
        return isinstance(got, str) and isinstance(truth, str) and got.strip().casefold() == truth.strip().casefold()
    got = _scalar(got, truth)
    if got.shape != truth.shape or np.isnan(got).any():
        return False
    return bool(close(got, truth).all())


def close(got: Array, truth: Array) -> NDArray[np.bool_]:
    """Which entries of two arrays of one shape are equal within tolerance; an infinity equals only itself.

    A whole number stays one however large it is: 795,000 is not 795,010.
    """
    whole = np.isfinite(truth) & (truth == np.round(truth))
    room = np.where(whole, np.minimum(RELATIVE * np.abs(truth), LESS_THAN_ONE), RELATIVE * np.abs(truth)) + ABSOLUTE
    with np.errstate(all="ignore"):
        return np.asarray((got == truth) | (np.isfinite(got) & np.isfinite(truth) & (np.abs(got - truth) <= room)))


def _scalar(got: Array, truth: Array | str) -> Array:
    """One number in brackets, such as tensor([3.]), counts as the number where a number was asked for."""
    return got.reshape(()) if isinstance(truth, np.ndarray) and truth.ndim == 0 and got.size == 1 else got


def difference(got: Array | str, truth: Array | str) -> Finding:
    """The plainest true thing about how an answer differs, for want of a misconception that explains it."""
    if isinstance(truth, str):
        yours = f"Yours: {got[:40]!r}." if isinstance(got, str) else "Yours is a number."
        return Finding("wrong-word", f"Expected a word, and not this one; the choices are in the question. {yours}")
    if isinstance(got, str):
        asked = "type numbers in brackets," if truth.ndim else "type a number,"
        return Finding("not-numbers", f"This is text ({got[:40]!r}); {asked} without quotes.")
    if got.shape != truth.shape:
        return _shape_difference(got, truth)
    if np.isnan(got).any():
        return Finding("not-a-number", "There is a NaN (not a number) in it: somewhere a 0/0 or an unfilled entry.")
    wrong = ~close(got, truth)
    if truth.ndim == 0:
        return Finding(
            "wrong-number", "This number is not right, and no usual slip explains it. Work it through again."
        )
    where = " and ".join(str(tuple(int(i) for i in index)) for index in np.argwhere(wrong)[:2])
    return Finding(
        "wrong-values",
        f"{int(wrong.sum())} of {wrong.size} entries differ, first at index {where}. No usual slip explains them all.",
    )


def _shape_difference(got: Array, truth: Array) -> Finding:
    shapes = f"yours has shape {got.shape}, expected {truth.shape}".replace("()", "() (a single number)")
    if truth.ndim and tuple(n for n in got.shape if n != 1) == tuple(n for n in truth.shape if n != 1):
        return Finding("extra-axes", f"The shape has too many or too few axes of length 1: {shapes}. Try `squeeze()`.")
    if got.size == truth.size and got.ndim < truth.ndim:
        return Finding("flattened", f"Right number of entries, wrong arrangement: {shapes}.")
    if got.ndim == truth.ndim and got.shape == truth.shape[::-1] and got.ndim > 1:
        return Finding("swapped-shape", f"Rows and columns are swapped: {shapes}. Rows come first.")
    if got.ndim == truth.ndim and all(0 < b - a <= 1 for a, b in zip(got.shape, truth.shape, strict=True)):
        return Finding("one-short", f"One row and one column are missing: {shapes}. Does the last window take part?")
    return Finding("wrong-shape", f"The shape is wrong: {shapes}.")
