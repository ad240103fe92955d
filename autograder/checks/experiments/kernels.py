"""What code that sets the weights of a convolution by hand leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks.experiments.perform import UnexpectedResultError, experiment
from autograder.checks.verdict import Finding

NOT_A_PARAMETER = Finding(
    "not-a-parameter",
    "`conv.weight` is a Parameter, and a plain tensor cannot take its place: that is the TypeError. Write the numbers "
    "into it instead (`conv.weight[:] = …` or `.copy_(…)`), inside `with torch.no_grad():`.",
)
RECORDED = Finding(
    "recorded",
    "PyTorch refuses to overwrite a weight while it records for gradients: that is the RuntimeError about a leaf that "
    "requires grad. Set the numbers inside `with torch.no_grad():`.",
)


@experiment
def setting_a_kernel(set_kernel: Any, *, weight: Tensor, bias: Tensor, padding: int, x: Tensor) -> Mapping[str, object]:
    """Hand over a convolution with this weight (1, 3, 3, 3), bias (1,) and padding, and ask it about x afterwards.

    Brings back `y`, its answer to x, or in its place `failed`, what stopped it; `returned`, "nothing", "the layer",
    "another layer" or "something else"; `parameter`, whether its weight is still a Parameter; `learning`, whether
    all of its parameters still want gradients.
    """
    conv = nn.Conv2d(3, 1, kernel_size=3, padding=padding, dtype=torch.float32)
    with torch.no_grad():
        conv.weight.copy_(weight)
        if conv.bias is not None:
            conv.bias.copy_(bias)
    try:
        returned = set_kernel(conv)
    except TypeError as error:
        if "as parameter" in str(error):
            raise UnexpectedResultError(NOT_A_PARAMETER) from error
        raise
    except RuntimeError as error:
        if "requires grad" in str(error) and "in-place" in str(error):
            raise UnexpectedResultError(RECORDED) from error
        raise
    if returned is Ellipsis:
        raise NotImplementedError
    brought: dict[str, object] = {
        "returned": _what(returned, conv),
        "parameter": isinstance(conv.weight, nn.Parameter),
        "learning": all(parameter.requires_grad for parameter in conv.parameters()),
    }
    try:
        with torch.no_grad():
            return brought | {"y": conv(x)}
    except Exception as error:
        return brought | {"failed": f"{type(error).__name__}: {error}"}


def _what(returned: object, conv: nn.Module) -> str:
    if returned is None:
        return "nothing"
    if returned is conv:
        return "the layer"
    return "another layer" if issubclass(type(returned), nn.Module) else "something else"
