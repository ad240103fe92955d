"""Which calls a student's function makes while it is asked: heard by Python itself, told to a person, worth no point.

A search of the source finds what is written there. This hears what is called, however it was reached: out of a list, a
file that the notebook has written, a name put together. It sees calls from Python, so not what a library's compiled
code calls in its turn; and a notebook that means to can stop it, for it runs beside that.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

# What a function of a forbidden name must belong to: a student's own `pad` is their own code.
LIBRARIES = frozenset(
    {"cv2", "convcourse", "functorch", "numpy", "scipy", "skimage", "tensorflow", "torch", "torchvision"}
)
MOST = 8  # names that are told

_set, _now = sys.setprofile, sys.getprofile  # builtins are as they were while the probe answers


class Listening:
    """A context in which calls of these names are `heard`, each once and in order.

    A name is that of a function, whatever holds it, or of a module, with dots, whose own functions count where they
    are called from outside their library.
    """

    def __init__(self, names: Sequence[str]):
        self.heard: list[str] = []
        self._functions = frozenset(name for name in names if "." not in name)
        self._modules = frozenset(name for name in names if "." in name)
        self._before: Any = None

    def __enter__(self) -> Listening:
        self._before = _now()
        _set(self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _set(self._before)

    def _hear(self, frame: FrameType, event: str, called: Any) -> None:
        """Python calls this for every call and return, so it is short; and what it raised, the student's code would."""
        if event == "c_call":
            if called.__name__ in self._functions:
                self._note(called.__name__)
        elif event == "call":
            library = _library(frame)
            if library:
                name = frame.f_code.co_name
                if name in self._functions:
                    self._note(name)
                elif self._modules and library != _library(frame.f_back):
                    module = frame.f_globals["__name__"]
                    if module in self._modules:
                        self._note(f"{module}.{name}")

    def _note(self, name: str) -> None:
        if name not in self.heard and len(self.heard) < MOST:
            self.heard.append(name)


def _library(frame: FrameType | None) -> str:
    """The library that a frame's code belongs to; nothing for other code."""
    if frame is None:
        return ""
    module = dict.get(frame.f_globals, "__name__")  # whatever kind of dict that is
    if type(module) is not str:
        return ""
    root = module.partition(".")[0]
    return root if root in LIBRARIES else ""
