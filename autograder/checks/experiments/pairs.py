"""A function of two arrays that returns two arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

RETURNED_NOTHING = Finding("returned-nothing", "The function returned nothing (`None`). Is the `return` missing?")
NOT_TWO = Finding("not-two", "Two things are asked for, in this order: `return …, …`. Something else came back.")
KINDS = {"b": "true or false", "i": "whole", "u": "whole", "f": "decimal"}


@experiment
def pair(function: Any, *, first: Tensor, second: Tensor) -> Mapping[str, object]:
    """Call `function(first, second)`, which returns two arrays.

    Brings back `first` and `second`, what it returned; `kind`, the kind of the second's numbers: "whole", "decimal",
    "true or false" or "other"; `kept`, whether the arguments are still what they were.
    """
    before = first.clone(), second.clone()
    returned = function(first, second)
    if returned is None:
        raise UnexpectedResultError(RETURNED_NOTHING)
    if returned is Ellipsis:
        raise NotImplementedError
    if not issubclass(type(returned), tuple | list) or len(returned) != 2:
        raise UnexpectedResultError(NOT_TWO)
    return {
        "first": returned[0],
        "second": returned[1],
        "kind": _kind(returned[1]),
        "kept": torch.equal(first, before[0]) and torch.equal(second, before[1]),
    }


def _kind(numbers: object) -> str:
    if isinstance(numbers, Tensor):
        whole = "true or false" if numbers.dtype == torch.bool else "whole"
        return "decimal" if numbers.is_floating_point() else whole
    return KINDS.get(np.asarray(numbers).dtype.kind, "other")
