"""From what a student's code holds to plain data: numbers as numpy arrays, text as str.

Everything after this module compares arrays that we made ourselves; nothing of the student's is asked to compare,
count or print itself.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import logging
import os
import sysconfig
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.checks.verdict import Finding

Array = NDArray[Any]
Plain = Array | str

LARGEST = 1_000_000  # numbers in one answer; the largest that a lesson asks for has a few hundred
LONGEST = 1_000  # characters of a text
LONGEST_LINE = 120  # characters of a line of code that are shown
NOT_ATTEMPTED = Finding("not-attempted", "Not attempted yet: replace the stub by your own code.")
TOO_LARGE = Finding("too-large", f"This holds more than {LARGEST:,} numbers, far too many.")
COMPLEX = Finding("complex", "These are complex numbers, such as an FFT leaves: take `.real`.")


@dataclass(frozen=True)
class Reply:
    """What came back for one question: a value, or the finding that says why there is none.

    `changed` lists the positions of the arguments that the student's function altered; `error` is the name of the
    exception that it raised.
    """

    value: Plain | None = None
    problem: Finding | None = None
    changed: tuple[int, ...] = ()
    error: str | None = None


class NotPlainError(Exception):
    """A value that is no plain data; `finding` says why."""

    def __init__(self, finding: Finding):
        super().__init__(finding.text)
        self.finding = finding


def plain(value: object) -> Reply:
    """Turn a student's value (number, text, list, tuple, array, tensor, of any sensible dtype) into plain data.

    Never raises, whatever the student's object does when looked at (an interrupt from outside excepted).
    """
    with quiet():
        return _in_quiet(value)


def _in_quiet(value: object) -> Reply:
    """As `plain`, for who has seen to quiet already: a question has but one."""
    if value is None or value is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    try:
        return Reply(value=_text(value) if isinstance(value, str) else _array(value))
    except NotPlainError as error:
        return Reply(problem=error.finding)
    except KeyboardInterrupt:
        raise
    except BaseException:  # an object that cannot even be looked at is no number
        return Reply(problem=_not_numbers(value, value))


def _text(value: str) -> str:
    """Exactly a `str`, of bearable length, that can be written as UTF-8 (a lone surrogate cannot)."""
    return str.__str__(value)[:LONGEST].encode("utf-8", "replace").decode()


def _kind(value: object) -> str:
    """The name of a type, read past any metaclass that would tell another."""
    return str(type.__dict__["__name__"].__get__(type(value)))[:80]


def _not_numbers(whole: object, entry: object) -> Finding:
    inside = "" if entry is whole else f" with a `{_kind(entry)}` in it"
    return Finding(
        "not-numbers",
        f"This is not made of numbers: its type is `{_kind(whole)}`{inside}. "
        "A number, a list of lists, a numpy array or a tensor will do.",
    )


def _array(whole: object) -> Array:
    """The numbers of a value as float64. Raises NotPlainError, or whatever the student's object raises."""
    left = LARGEST

    def take(count: int) -> None:  # before anything is copied: a view may pretend to be larger than the memory
        nonlocal left
        left -= count
        if left < 0:
            raise NotPlainError(TOO_LARGE)

    def visit(value: object) -> Array:
        if isinstance(value, torch.Tensor):
            take(value.numel())
            value = value.detach().to("cpu").resolve_conj().resolve_neg().to_dense()
            array = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
        elif isinstance(value, list | tuple | range):
            rows = []
            if isinstance(value, range):
                take(len(value))
            for item in value:
                take(1)
                rows.append(visit(item))
            return _stack(rows)
        elif isinstance(value, np.ma.MaskedArray):
            take(value.size)
            array = np.ma.filled(value.astype(np.float64), np.nan)  # a masked entry is no number
        elif isinstance(value, bool | int | float | np.number | np.bool_ | np.ndarray | Fraction | Decimal):
            array = np.asarray(float(value) if isinstance(value, Fraction | Decimal) else value)
            take(array.size)
            if array.dtype.kind == "O" and isinstance(value, np.ndarray):
                return visit(array.tolist())
        elif isinstance(value, complex):
            array = np.asarray(value)
        else:
            raise NotPlainError(_not_numbers(whole, value))
        if array.dtype.kind == "c":
            raise NotPlainError(COMPLEX)
        if array.dtype.kind not in "biuf":
            raise NotPlainError(_not_numbers(whole, value))
        return np.array(array, dtype=np.float64)

    return visit(whole)


def _stack(rows: list[Array]) -> Array:
    """Arrays of one shape as one array. Raises NotPlainError where rows differ in length."""
    if len({row.shape for row in rows}) > 1:
        sizes = ", ".join(str(row.shape[0]) if row.ndim else "1" for row in rows[:10]) + ", …" * (len(rows) > 10)
        text = f"The rows have different lengths ({sizes}); each needs the same number of entries."
        raise NotPlainError(Finding("ragged", text))
    return np.array(rows) if rows else np.zeros(0)


def not_a_function(name: str) -> Finding:
    """A name that should be a function's and is not."""
    return Finding("not-a-function", f"`{name}` is not a function any more; did you assign a value to the name?")


def returned_nothing(name: str) -> Finding:
    """A function without a result."""
    return Finding("returned-nothing", f"`{name}` returned nothing (`None`). Is the `return` missing?")


def ask_function(function: object, name: str, arguments: Sequence[object]) -> Reply:
    """Call a student's function on copies of `arguments` (arrays go in as tensors) and bring back plain data.

    Nothing that it prints or warns about gets out: one line on stderr would cost all the points of the cell.
    """
    if function is None or function is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    if not callable(function):
        return Reply(problem=not_a_function(name))
    given = [as_argument(argument) for argument in arguments]
    try:
        with quiet():
            returned = function(*given)
            reply = _in_quiet(returned)
    except NotImplementedError:
        return Reply(problem=NOT_ATTEMPTED, error="NotImplementedError")
    except KeyboardInterrupt:  # somebody, or a time limit, wants the cell to end
        raise
    except BaseException as error:  # `exit()` in a student's function ends the function, not the check
        kind = "ValueError" if issubclass(type(error), ValueError) else _kind(error)
        return Reply(problem=raised(error), error=kind)
    changed = tuple(
        position
        for position, (before, after) in enumerate(zip(arguments, given, strict=True))
        if isinstance(before, np.ndarray) and not _same(before, after)
    )
    if returned is None:
        return Reply(problem=returned_nothing(name), changed=changed)
    if returned is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    return Reply(value=reply.value, problem=reply.problem, changed=changed)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow prints, log lines and warnings of the code that runs inside."""
    told = logging.Logger.callHandlers
    with (
        warnings.catch_warnings(record=True),
        np.errstate(all="ignore"),
        _silent_descriptors(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        # A handler made earlier keeps the real stderr. (logging.disable() goes through all loggers there are, twice.)
        logging.Logger.callHandlers = _to_nobody  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            logging.Logger.callHandlers = told  # type: ignore[method-assign]


def _to_nobody(logger: logging.Logger, record: logging.LogRecord) -> None:
    """In place of what gives a log line to its handlers."""


@contextlib.contextmanager
def _silent_descriptors() -> Iterator[None]:
    """Swallow what goes past Python's streams, such as warnings of torch's C++ part; a kernel would show them."""
    saved: list[tuple[int, int]] = []
    with contextlib.ExitStack() as closing, open(os.devnull, "wb") as nowhere:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):  # a process may have none
                saved.append((descriptor, os.dup(descriptor)))
        for descriptor, copy in saved:
            closing.callback(os.close, copy)
            closing.callback(os.dup2, copy, descriptor)
            os.dup2(nowhere.fileno(), descriptor)
        yield


def as_argument(argument: object) -> object:
    """What a student's code is given for an argument: a tensor of its own for an array, anything else as it is."""
    return torch.tensor(argument) if isinstance(argument, np.ndarray) else argument


def _same(before: Array, after: object) -> bool:
    now = plain(after).value
    return isinstance(now, np.ndarray) and bool(np.array_equal(before, now))


def raised(error: BaseException) -> Finding:
    """The exception in one sentence, with the innermost line of the student's own code: the one that called a library,
    where the error came up in there."""
    name, said, where = _kind(error), "", ""
    with contextlib.suppress(Exception):  # an exception may fail to say what it is
        message = _held(error, SyntaxError, "msg")
        said = _text(message if type(message) is str else str(error)).strip().split("\n")[0][:200]
    with contextlib.suppress(Exception):  # a cell may have bent `linecache`
        file, number = own_place(error)
        source = _held(error, SyntaxError, "text") or linecache.getline(file, number)
        if shown := _text(source).strip().split("\n")[0][:LONGEST_LINE].replace("`", "'"):
            where = f" in line {number}, `{shown}`"
    return Finding("raised", f"It stopped with {name}{where}: {said}" if said else f"It stopped with {name}{where}.")


def own_place(error: BaseException) -> tuple[str, int]:
    """File and line of the innermost code of the student's that an exception came through, or of what is no Python.

    Raises ValueError where it came through none.
    """
    file, number = _held(error, SyntaxError, "filename"), _held(error, SyntaxError, "lineno")
    if type(file) is str and type(number) is int and not _of_library(file):
        return file, number
    for frame, number in reversed(list(traceback.walk_tb(_held(error, BaseException, "__traceback__")))):
        file = str.__str__(frame.f_code.co_filename)
        if not _of_library(file):
            return file, number
    raise ValueError("no line of the student's")


def _held(error: BaseException, kind: type[BaseException], name: str) -> Any:
    """What Python itself has put into an exception of that kind; a class of a student's may tell otherwise."""
    return vars(kind)[name].__get__(error) if issubclass(type(error), kind) else None


def _of_library(file: str) -> bool:
    """Whether code stands in a library, in Python itself or in this course. All else is the student's: the cells of a
    notebook have files of their own, which differ from one version of IPython to the next."""
    return file.startswith(_LIBRARIES)


def _libraries() -> tuple[str, ...]:
    """The folders of code that no student wrote; of the course, those of its two packages alone."""
    course = Path(__file__).resolve().parents[2]
    folders = {Path(module.__file__ or "").resolve().parents[1] for module in (np, torch)}
    folders |= {
        Path(place).resolve() for key, place in sysconfig.get_paths().items() if key.endswith(("lib", "stdlib"))
    }
    folders |= {course / "autograder", course / "convcourse"}
    return ("<frozen", "<__array_function__", *(f"{folder}{os.sep}" for folder in sorted(folders)))


_LIBRARIES = _libraries()
