"""From what a student's code holds to plain data: numbers as numpy arrays, text as str.

Everything after this module compares arrays that we made ourselves; nothing of the student's is asked to compare,
count or print itself.
"""

from __future__ import annotations

import contextlib
import io
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.checks.verdict import Finding

Array = NDArray[Any]
Plain = Array | str

LARGEST = 1_000_000  # numbers in one answer; the largest that a lesson asks for has a few hundred
NOT_ATTEMPTED = Finding("not-attempted", "Not attempted yet: replace the stub by your own code.")


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


def plain(value: object) -> Reply:
    """Turn a student's value (number, text, list, tuple, array, tensor, of any sensible dtype) into plain data."""
    if value is None or value is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    if isinstance(value, str):
        return Reply(value=str(value))
    try:
        array = _array(value)
    except RaggedError as error:
        return Reply(problem=Finding("ragged", str(error)))
    except Exception:  # whatever a student's object does when looked at, it is no number
        array = None
    if array is None:
        kind = type(value).__name__
        return Reply(
            problem=Finding(
                "not-numbers",
                f"This is not made of numbers: its type is `{kind}`. "
                "A number, a list of lists, a numpy array or a tensor will do.",
            )
        )
    if array.size > LARGEST:
        return Reply(problem=Finding("too-large", f"This holds {array.size:,} numbers, far more than were asked for."))
    return Reply(value=array)


class RaggedError(ValueError):
    """Nested lists whose rows differ in length."""


def _array(value: object) -> Array | None:
    if isinstance(value, torch.Tensor):
        value = value.detach().to("cpu").resolve_conj().resolve_neg().to_dense()
        if value.dtype == torch.bfloat16:
            value = value.float()
        array = value.numpy()
    elif isinstance(value, list | tuple):
        rows = [_array(item) for item in value]
        if any(row is None for row in rows):
            return None
        if len({row.shape for row in rows if row is not None}) > 1:
            sizes = ", ".join(str(row.shape[0]) if row is not None and row.ndim else "1" for row in rows)
            raise RaggedError(f"The rows have different lengths ({sizes}); each needs the same number of entries.")
        array = np.array(rows) if rows else np.zeros(0)
    elif isinstance(value, bool | int | float | np.number | np.bool_ | np.ndarray):
        array = np.asarray(value)
    else:
        return None
    if array.dtype.kind not in "biuf":
        return None
    return np.array(array, dtype=np.float64)


def ask_function(function: object, name: str, arguments: Sequence[object]) -> Reply:
    """Call a student's function on copies of `arguments` (arrays go in as tensors) and bring back plain data.

    Nothing that it prints or warns about gets out: one line on stderr would cost all the points of the cell.
    """
    if function is None or function is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    if not callable(function):
        return Reply(
            problem=Finding(
                "not-a-function", f"`{name}` is not a function any more; did you assign a value to the name?"
            )
        )
    given = [_tensor(argument) for argument in arguments]
    try:
        with quiet():
            returned = function(*given)
            reply = plain(returned)
    except NotImplementedError:
        return Reply(problem=NOT_ATTEMPTED, error="NotImplementedError")
    except Exception as error:
        return Reply(problem=_raised(error, function), error=type(error).__name__)
    changed = tuple(
        position
        for position, (before, after) in enumerate(zip(arguments, given, strict=True))
        if isinstance(before, np.ndarray) and isinstance(after, torch.Tensor) and not _same(before, after)
    )
    if returned is None:
        nothing = Finding("returned-nothing", f"`{name}` returned nothing (`None`). Is the `return` missing?")
        return Reply(problem=nothing, changed=changed)
    if returned is Ellipsis:
        return Reply(problem=NOT_ATTEMPTED)
    return Reply(value=reply.value, problem=reply.problem, changed=changed)


@contextlib.contextmanager
def quiet() -> Any:
    """Swallow prints and warnings of the code that runs inside."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _tensor(argument: object) -> object:
    return torch.tensor(argument) if isinstance(argument, np.ndarray) else argument


def _same(before: Array, after: torch.Tensor) -> bool:
    return before.shape == tuple(after.shape) and bool(np.array_equal(before, after.detach().numpy()))


def _raised(error: Exception, function: Callable[..., object]) -> Finding:
    """The exception in one line, with the line of the student's own code that raised it."""
    name = type(error).__name__
    code = getattr(function, "__code__", None)
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if code is not None and frame.filename == code.co_filename
    ]
    where = f" in `{own[-1].line.strip()}`" if own and own[-1].line else ""
    said = str(error).strip().split("\n")[0][:200]
    return Finding("raised", f"It stopped with {name}{where}: {said}" if said else f"It stopped with {name}{where}.")
