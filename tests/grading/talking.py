"""Talking to a kernel of a sandbox in a test: run a cell, read what a name in it stands for."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_client.blocking import BlockingKernelClient

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

    def ask(self, kind: str, buffers: list[bytes], seconds: float = PATIENCE) -> Mapping[str, Any]:
        """Send a message of any kind on the shell channel; the whole reply."""
        message = self.client.session.msg(kind, content={})
        self.client.session.send(self.client.shell_channel.socket, message, buffers=buffers)
        while True:
            reply = self.client.get_shell_msg(timeout=seconds)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply

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
