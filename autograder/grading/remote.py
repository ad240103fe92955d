"""A student's answers as seen from outside: each is fetched through a door, and nothing that comes back is believed.

What a kernel says is data of a few kinds, checked one by one. What it gives as the reason for a failure is shown in our
own words where they are ours, and as a quotation where they are the student's, so that none can pass for a verdict.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np

from autograder.checks import experiments, plain
from autograder.checks.experiments import Observation
from autograder.checks.plain import LARGEST, LONGEST, LONGEST_LINE, Plain, Reply, not_a_function, returned_nothing
from autograder.checks.student import undefined
from autograder.checks.verdict import Finding
from autograder.grading.inside.listening import MOST as MOST_HEARD
from autograder.grading.limits import LIMITS, Limits
from autograder.grading.wire import WireError, decode, encode

REASONS = ("died", "timeout", "too-large", "garbled", "memory", "closed")
LASTING = ("died", "memory", "closed")  # after these there is nobody to ask any more
MOST_TIMEOUTS = 2  # in one check: a function that never ends for two questions will not end for the third
MOST_VALUES = 2_000  # of one observation
LISTENED = 2  # calls of a function in one check that are listened to: it costs time
CALLED = re.compile(r"[\w.]{1,80}")
NOT_USABLE = Finding(
    "not-usable", "What came back from your notebook is no usable answer, so there is nothing to judge here."
)


class NoAnswerError(Exception):
    """No answer came through the door; `reason` is one of REASONS."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Door(Protocol):
    """A way to a student's kernel."""

    def ask(self, request: bytes, seconds: float) -> bytes:
        """What `autograder.grading.inside.probe.answer` makes of the request. Raises NoAnswerError."""


class Remote:
    """Answers that live behind a door. It never raises, and after `check_seconds` it asks no more.

    `reasons` are those for which no answer came, in order. `heard` are the calls that the student's functions were
    heard to make, of those in `listen`, which is written as `forbids` of a check.
    """

    def __init__(
        self,
        door: Door,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
        listen: Sequence[str] = (),
    ):
        self._door = door
        self._limits = limits
        self._listen = list(listen)
        self._calls: Counter[str] = Counter()
        self._clock = clock
        self._ends = clock() + limits.check_seconds
        self.reasons: list[str] = []
        self.heard: list[str] = []

    def value(self, name: str) -> Reply:
        return self._reply({"ask": "value", "name": name}, name, 0)

    def call(self, name: str, arguments: Sequence[object]) -> Reply:
        sent = [_sendable(argument) for argument in arguments]
        self._calls[name] += 1
        listen = {"listen": self._listen} if self._listen and self._calls[name] <= LISTENED else {}
        return self._reply({"ask": "call", "name": name, "arguments": sent, **listen}, name, len(sent))

    def observe(self, experiment: str, names: Sequence[str], arguments: Mapping[str, object]) -> Observation:
        sent = {key: _sendable(argument) for key, argument in arguments.items()}
        held = self._ask({"ask": "observe", "experiment": experiment, "names": list(names), "arguments": sent})
        if isinstance(held, Finding):
            return Observation(problem=held)
        try:
            return _observation(held, names)
        except WireError:
            self.reasons.append("garbled")
            return Observation(problem=NOT_USABLE)

    def _reply(self, question: dict[str, object], name: str, arguments: int) -> Reply:
        held = self._ask(question)
        if isinstance(held, Finding):
            return Reply(problem=held)
        try:
            if "listen" in question:
                self.heard += [name for name in _heard(held, self._listen) if name not in self.heard]
            return _checked_reply(held, name, arguments)
        except WireError:
            self.reasons.append("garbled")
            return Reply(problem=NOT_USABLE)

    def _ask(self, question: dict[str, object]) -> dict[str, Any] | Finding:
        """The decoded answer, or why there is none."""
        lasting = next((reason for reason in self.reasons if reason in LASTING), None)
        if lasting:
            return self._no_answer("closed", 0, note=False)
        seconds = min(self._limits.ask_seconds, self._ends - self._clock())
        if seconds <= 0 or self.reasons.count("timeout") >= MOST_TIMEOUTS:
            return self._no_answer("spent", 0, note="spent" not in self.reasons)
        try:
            message = self._door.ask(encode(question), seconds)
            if type(message) is not bytes or len(message) > self._limits.reply:
                return self._no_answer("too-large", seconds)
            held = decode(message, self._limits.reply)
        except NoAnswerError as error:
            return self._no_answer(error.reason if error.reason in REASONS else "garbled", seconds)
        except WireError:
            return self._no_answer("garbled", seconds)
        if type(held) is not dict:
            return self._no_answer("garbled", seconds)
        if "failed" in held:
            failed = held["failed"]
            reasons = {"interrupted": "timeout", "too-large": "too-large"}
            return self._no_answer(reasons.get(failed, "garbled") if type(failed) is str else "garbled", seconds)
        return held

    def _no_answer(self, reason: str, seconds: float, note: bool = True) -> Finding:
        if note:
            self.reasons.append(reason)
        if reason == "garbled":
            return NOT_USABLE
        texts = {
            "died": "Python died while it was busy with this, so no answer came. What came before still counts.",
            "memory": "This took more memory than a notebook may use, so it was stopped and no answer came. "
            "Is there a loop that keeps on adding to a list or an array?",
            "closed": "Your notebook had been stopped by then, so this could not be asked.",
            "timeout": f"No answer came within {seconds:.3g} seconds, so it was stopped. Is there a loop that never "
            "ends?",
            "too-large": "What came back is too large to be looked at.",
            "spent": "The questions of this exercise took too long, so the rest of them was left out.",
        }
        return Finding("no-answer", texts[reason])


def _sendable(argument: object) -> object:
    """One of our arguments without its subclass: a `torch.Size` is a tuple."""
    return tuple(argument) if isinstance(argument, tuple) else argument


# --- what may come back -----------------------------------------------------------------------------------------


def _checked_reply(held: Mapping[str, Any], name: str, arguments: int) -> Reply:
    _expect(held, {"value", "problem", "changed", "error"})
    value = None if held["value"] is None else _plain(held["value"])
    problem = None if held["problem"] is None else _finding(held["problem"], (name,))
    error = _error(held["error"])
    changed = held["changed"]
    if type(changed) is not list or any(type(n) is not int or not 0 <= n < arguments for n in changed):
        raise WireError("no positions of arguments")
    if (value is None) == (problem is None) or (value is not None and error is not None):
        raise WireError("an answer is a value or a problem")
    return Reply(value, problem, tuple(changed), error)


def _heard(held: dict[str, Any], listen: Sequence[str]) -> list[str]:
    """Take out of a reply which calls were heard: names of those that were asked for."""
    heard = held.pop("heard", None)
    if type(heard) is not list or len(heard) > MOST_HEARD or any(type(name) is not str for name in heard):
        raise WireError("no names of calls")
    if not all(name in listen or (CALLED.fullmatch(name) and name.rpartition(".")[0] in listen) for name in heard):
        raise WireError("names of other calls than those asked for")
    return heard


def _observation(held: Mapping[str, Any], names: Sequence[str]) -> Observation:
    _expect(held, {"values", "problems", "problem", "error"})
    values, problems = held["values"], held["problems"]
    if type(values) is not dict or type(problems) is not dict or len(values) + len(problems) > MOST_VALUES:
        raise WireError("no values by name")
    if values.keys() & problems.keys():
        raise WireError("a value that is a problem")
    problem = None if held["problem"] is None else _finding(held["problem"], names)
    error = _error(held["error"])
    if (problem is not None and (values or problems)) or (error is not None and problem is None):
        raise WireError("an observation is values or a problem")
    return Observation(
        {key: _plain(value) for key, value in values.items()},
        {key: _finding(pair, names) for key, pair in problems.items()},
        problem,
        error,
    )


def _expect(held: Mapping[str, Any], keys: set[str]) -> None:
    if held.keys() != keys:
        raise WireError("other entries than those asked for")


def _plain(value: object) -> Plain:
    """A value as `autograder.checks.plain` makes it."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise WireError("a text that is too long")
        return printable(value)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.size > LARGEST:
        raise WireError("no numbers, or too many")
    return value


def _error(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"\w{1,80}", value):
        raise WireError("no name of an exception")
    return value


# --- why there is no value --------------------------------------------------------------------------------------

SIGNS = str.maketrans({"✓": "?", "✗": "?", "`": "'", "“": '"', "”": '"'})
RAISED = re.compile(
    rf"It stopped with (\w{{1,80}})(?: in line (\d{{1,9}}), `([^\n]{{1,{LONGEST_LINE}}}?)`)?(?:: ([^\n]{{1,200}})|\.)"
)
NOT_NUMBERS = re.compile(
    r"This is not made of numbers: its type is `[\w.]{1,80}`(?: with a `[\w.]{1,80}` in it)?\. "
    r"A number, a list of lists, a numpy array or a tensor will do\."
)
RAGGED = re.compile(
    r"The rows have different lengths \(\d{1,9}(?:, \d{1,9}){1,9}(?:, …)?\); each needs the same number of entries\."
)


def printable(words: str) -> str:
    """Words of a student's in one line, without what an eye or a terminal takes for something else."""
    return "".join(c if c.isprintable() else " " for c in words).translate(SIGNS)


def _finding(pair: object, names: Sequence[str]) -> Finding:
    """The reason for a failure: ours word for word, or the student's as a quotation; any other is NOT_USABLE."""
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(words, str) for words in pair):
        raise WireError("no finding")
    identity, text = pair
    if text in own_texts().get(identity, ()):
        return Finding(identity, text)
    named = [about(name) for about in (undefined, not_a_function, returned_nothing) for name in names]
    if any((identity, text) == (finding.id, finding.text) for finding in named):
        return Finding(identity, text)
    if (identity == "not-numbers" and NOT_NUMBERS.fullmatch(text)) or (identity == "ragged" and RAGGED.fullmatch(text)):
        return Finding(identity, text)
    told = RAISED.fullmatch(text) if identity == "raised" else None
    if not told:
        return NOT_USABLE
    kind, place, line, said = told.groups()
    where = f" in line {place}, `{printable(line)}`" if line else ""
    words = f": “{printable(said)}”" if said else "."
    return Finding("raised", f"It stopped with {kind}{where}{words}")


@cache
def own_texts() -> Mapping[str, frozenset[str]]:
    """The findings that our own code in a kernel can bring back: the texts of each id."""
    found: dict[str, set[str]] = {}
    inside = pkgutil.iter_modules(experiments.__path__, experiments.__name__ + ".")
    for module in (plain, *(importlib.import_module(module.name) for module in inside)):
        for held in vars(module).values():
            if isinstance(held, Finding):
                found.setdefault(held.id, set()).add(held.text)
    return {identity: frozenset(texts) for identity, texts in found.items()}
