"""A sandbox with single protections left out, to show that they, and nothing else, keep an attack out.

What is left out is named kernel by kernel, so that one server does for all tests. The product knows nothing of this.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from autograder.grading import sandbox as sandboxes
from autograder.grading.limits import LIMITS
from autograder.grading.sandbox import MARKING, Sandbox
from tests.grading.talking import Talk


def serve() -> None:
    """Be the server of a sandbox, but without what a kernel's order names. Sent there as source."""
    import os
    import signal
    from collections.abc import Callable
    from contextlib import ExitStack
    from dataclasses import replace
    from unittest.mock import patch

    from autograder.grading.inside import isolation, keeper, kernel, server

    watch, keep, furnish, fairly = keeper._watch, server.keep, isolation.furnish, keeper._fairly

    def nothing(*arguments: Any) -> int:
        return 0

    def heed(*arguments: Any) -> Any:
        signal.signal(signal.SIGCHLD, nothing)
        return watch(*arguments)

    def leave_open(control: Any, order: Any, run: Callable[[], None]) -> None:
        os.dup(control.fileno())
        keep(control, order, run)

    def leave_device(limits: Any) -> None:
        furnish(limits)
        isolation._libc.umount2(b"/dev/zero", 2)

    def share(limits: Any) -> None:
        isolation.mount("proc", "/proc", 0, "")
        isolation.HOME.mkdir(exist_ok=True)

    def each_inherits(processes: list[int], inherited: int, allowed: int) -> int:
        return sum(max(0, keeper._anonymous(process) - inherited) for process in processes)

    def believe(process: int, share: int) -> tuple[int, int]:
        return fairly(process, share) if keeper._rollup(process) else (0, 0)

    left_out: dict[str, tuple[Any, str, Any]] = {
        "filter": (isolation, "refuse_calls", nothing),
        "capabilities": (isolation, "renounce", nothing),
        "hiding": (isolation, "hide", nothing),
        "limits": (isolation, "limit", nothing),
        "files": (isolation, "FILES", 1_000_000),
        "places": (isolation, "furnish", share),
        "device": (isolation, "furnish", leave_device),
        "closing": (server, "keep", leave_open),
        "watch": (keeper, "used", nothing),
        "once": (keeper, "used", each_inherits),
        "suspicion": (keeper, "_fairly", believe),
        "sockets": (keeper, "_buffers", nothing),
        "deafness": (keeper, "_watch", heed),
        "ending": (keeper, "_end", nothing),
        "storms": (kernel, "CROWD", 1_000),
    }
    forked = server._fork

    def without(orders: Any, order: Any, *rest: Any) -> None:
        names = order.environment.pop("WITHOUT", "").split()
        with ExitStack() as stack:
            for name in names:
                if name in left_out:
                    stack.enter_context(patch.object(*left_out[name]))
            forked(orders, replace(order, isolated="world" not in names), *rest)

    server._fork = without
    server.main()


@contextmanager
def weakened(environment: Mapping[str, str]) -> Iterator[Sandbox]:
    """A sandbox from which `weaker` kernels come. Its server's environment holds more than it should."""
    assert sandboxes.missing() == ""
    command, clean = sandboxes._command, sandboxes.environment

    def ours(isolated: bool, arguments: Iterable[str]) -> Any:
        return command(
            isolated,
            [
                "-sPB",
                "-c",
                f"from __future__ import annotations\n{inspect.getsource(serve)}\nserve()",
                list(arguments)[-1],
            ],
        )

    with Sandbox() as made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sandboxes, "_command", ours)
            patch.setattr(sandboxes, "environment", lambda isolated: clean(isolated) | dict(environment))
            made.start()
        yield made


@contextmanager
def weaker(sandbox: Sandbox, without: str, **changed: Any) -> Iterator[Talk]:
    """A conversation with a kernel of a `weakened` sandbox: the names of what it goes without, and limits to change."""
    limits = replace(LIMITS, **changed)
    made = Talk(sandbox.fork(limits, environment={**MARKING, "WITHOUT": without}))
    try:
        yield made
    finally:
        made.close()
