"""Talking to a kernel of a sandbox in a test: run a cell, read what a name in it stands for."""

from __future__ import annotations

import ast
import os
import secrets
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient

from autograder.grading.inside.frames import frame, receive
from autograder.grading.limits import LIMITS, Limits
from autograder.grading.sandbox import ForkedKernel, Sandbox

PATIENCE = 60.0  # seconds, for a machine that is busy with other tests
ROOT = os.geteuid() == 0 if sys.platform != "win32" else False
REPOSITORY = Path(__file__).parents[2]


class Talk:
    """A conversation with one kernel. Answers come by the shell channel alone, so that none can be missed."""

    def __init__(self, kernel: ForkedKernel) -> None:
        self.kernel = kernel
        self.client = BlockingKernelClient()
        self.client.load_connection_info(kernel.connection)
        self.client.start_channels(stdin=False, hb=False)

    def run(self, source: str, names: Mapping[str, str] | None = None, seconds: float = PATIENCE) -> Mapping[str, Any]:
        """Run a cell and return the content of its reply, with what each expression in `names` is afterwards."""
        sent = self.client.execute(source, user_expressions=dict(names or {}), allow_stdin=False, stop_on_error=False)
        return self._reply(sent, seconds)

    def value(self, source: str, expression: str, seconds: float = PATIENCE) -> Any:
        """Run a cell; the value of an expression after it, which must be a literal."""
        found = self.run(source, {"it": expression}, seconds)
        assert found["status"] == "ok", found
        assert found["user_expressions"]["it"]["status"] == "ok", found
        return ast.literal_eval(found["user_expressions"]["it"]["data"]["text/plain"])

    def send(self, source: str) -> None:
        """Run a cell and wait for nothing."""
        self.client.execute(source, allow_stdin=False)

    def ask(self, question: bytes, seconds: float = PATIENCE) -> bytes:
        """Put a question of the judge's; the answer."""
        mark = secrets.token_bytes(16)
        with socket.socket(socket.AF_UNIX) as source:
            source.settimeout(seconds)
            source.connect(self.kernel.questions)
            source.sendall(frame(mark, question))
            found = receive(source)
        assert found is not None
        assert found[0] == mark
        return found[1]

    def close(self) -> None:
        """End the kernel and the conversation."""
        self.client.stop_channels()
        self.kernel.close()

    def _reply(self, sent: str, seconds: float) -> Mapping[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=seconds)
            if reply["parent_header"].get("msg_id") == sent:
                return reply["content"]


@contextmanager
def talk(sandbox: Sandbox, limits: Limits = LIMITS, seed: int | None = None, **changed: Any) -> Iterator[Talk]:
    """A conversation with a new kernel, with some limits changed."""
    made = Talk(sandbox.fork(replace(limits, **changed), seed=seed))
    try:
        yield made
    finally:
        made.close()
