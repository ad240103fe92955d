"""The judge's questions, answered beside the student's code: bytes in, bytes out, whatever happens.

The probe does what `autograder.checks.student.Namespace` does and no more; what is right is decided elsewhere. It holds
on to all that it needs, so that a notebook that says `list = …`, `del builtins.len` or `%reset` is still judged.

A request is a dict with `ask`: "value" (of `name`), "call" (`name` with `arguments`) or "observe" (`experiment`
with `names` and `arguments`). The answer is a dict with all that a Reply or an Observation holds, each finding as
(id, text); or with `failed`: "interrupted", "too-large" or "garbled". A call that has names to `listen` for is answered
with those `heard`, too.
"""

from __future__ import annotations

import builtins
import json
import operator
import struct
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from autograder.checks.experiments import EXPERIMENTS, Observation
from autograder.checks.plain import Reply
from autograder.checks.student import Namespace
from autograder.checks.verdict import Finding
from autograder.grading import wire
from autograder.grading.inside.listening import Listening
from autograder.grading.wire import WireError, decode, encode

_Interrupt, _Anything = KeyboardInterrupt, BaseException
_depth, _set_depth = sys.getrecursionlimit, sys.setrecursionlimit

LEAST_DEPTH = 1000  # calls in calls, as Python has it
INTERRUPTED = encode({"failed": "interrupted"})
TOO_LARGE = encode({"failed": "too-large"})
GARBLED = encode({"failed": "garbled"})

# What our own code calls by these names, as it was before any student's code ran.
_OURS = [held for name, held in sorted(sys.modules.items()) if name.startswith(("autograder.checks", wire.__name__))]
_MODULES = (builtins, json, struct, np, np.linalg, torch, torch.nn, torch.nn.functional, *_OURS)
_ORIGINALS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *((vars(module), {name: held for name, held in vars(module).items() if callable(held)}) for module in _MODULES),
    (EXPERIMENTS, dict(EXPERIMENTS)),
]
# The same once more, for a look at all of them that takes a tenth of a millisecond: there are three thousand.
_AS_THEY_WERE = [(space.get, tuple(originals), tuple(originals.values())) for space, originals in _ORIGINALS]
_METHODS = tuple((name, vars(Namespace)[name]) for name in ("value", "call", "observe"))
_set = type.__setattr__
_all, _map, _zip, _is = all, map, zip, operator.is_


def answer(request: bytes, names: Mapping[str, object]) -> bytes:
    """Answer one question about the variables `names`. Never raises; an interrupt has an answer of its own.

    What a notebook has overwritten in modules that our code uses is put back for as long as the answer takes.
    """
    try:
        theirs: list[tuple[dict[str, Any], str, object]] = []
        depth = _depth()
        try:
            for (space, originals), (get, all_names, all_held) in _zip(_ORIGINALS, _AS_THEY_WERE):
                if _all(_map(_is, _map(get, all_names), all_held)):
                    continue
                for name in originals:  # nothing here may call a builtin: it may be gone
                    held = space.get(name, ...)
                    if held is not originals[name]:
                        theirs += ((space, name, held),)
                        space[name] = originals[name]
            for name, method in _METHODS:
                _set(Namespace, name, method)
            if depth < LEAST_DEPTH:
                _set_depth(LEAST_DEPTH)
            return _answer(request, names)
        finally:
            if depth < LEAST_DEPTH:
                _set_depth(depth)
            for space, name, held in theirs:
                space[name] = held
                if held is ...:
                    del space[name]
    except _Interrupt:
        return INTERRUPTED
    except _Anything:
        return GARBLED


def _answer(request: bytes, names: Mapping[str, object]) -> bytes:
    asked = decode(request)
    answers = Namespace(names)
    if asked["ask"] == "value":
        reply = _of_reply(answers.value(asked["name"]))
    elif asked["ask"] == "call" and "listen" in asked:
        with Listening(asked["listen"]) as listening:
            replied = answers.call(asked["name"], asked["arguments"])
        reply = _of_reply(replied) | {"heard": listening.heard}
    elif asked["ask"] == "call":
        reply = _of_reply(answers.call(asked["name"], asked["arguments"]))
    else:
        reply = _of_observation(answers.observe(asked["experiment"], asked["names"], asked["arguments"]))
    try:
        return encode(reply)
    except WireError:
        return TOO_LARGE


def _of_reply(reply: Reply) -> dict[str, object]:
    return {
        "value": reply.value,
        "problem": _pair(reply.problem),
        "changed": list(reply.changed),
        "error": reply.error,
    }


def _of_observation(seen: Observation) -> dict[str, object]:
    return {
        "values": dict(seen.values),
        "problems": {key: _pair(finding) for key, finding in seen.problems.items()},
        "problem": _pair(seen.problem),
        "error": seen.error,
    }


def _pair(finding: Finding | None) -> tuple[str, str] | None:
    return None if finding is None else (finding.id, finding.text)
