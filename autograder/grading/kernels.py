"""A conversation with one sandboxed kernel, in which nothing that the kernel says or fails to say can hurt us.

Cells go in and outputs come back; questions of a check go in and bytes come back. Every wait has an end: a kernel that
takes too long is interrupted, and one that does not heed that is killed.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import zmq
from jupyter_client.session import DELIM as DELIMITER
from jupyter_client.session import Session

from autograder.grading.inside.frames import HEADER, PART, frame
from autograder.grading.limits import LIMITS, Limits
from autograder.grading.outputs import Outputs
from autograder.grading.remote import NoAnswerError
from autograder.grading.sandbox import ForkedKernel, Sandbox

DONE, ERROR, INTERRUPTED, FLOODED, DIED = "done", "error", "interrupted", "flooded", "died"

STARTING = 60.0  # seconds until a new kernel must have answered
SETTLING = 1.0  # seconds that outputs may come after a cell's reply
AT_ONCE = 50  # messages read before the clock is looked at again
SENDING = 1000  # milliseconds until a message of ours must have gone
LARGEST_JSON, MOST_PARTS = 12_000_000, 200_000  # bytes of a message without its buffers, and lists and objects in it
HEARD = 200_000_000  # bytes that a kernel may send for one cell, whatever they are
READING = 0.5  # seconds of reading before the clock is looked at again
WAITING = 16  # messages that wait in a socket before the kernel has to; each may be as large as limits.reply
FLOOD = 20  # times the output that fits: then a cell is stopped


@dataclass(frozen=True)
class Ending:
    """How a cell ended: DONE, ERROR (it raised `name`), INTERRUPTED (for its time), FLOODED (for what it printed), or
    DIED with the kernel; `why` is then "memory", "timeout" or what else the kernel died of."""

    how: str
    name: str = ""
    why: str = ""


@dataclass(frozen=True)
class Message:
    """One message of a kernel: its kind, the message that it belongs to, and what it holds."""

    kind: str
    parent: str
    content: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()


class TooMuchError(ValueError):
    """A message is too large to be read, or has too many parts."""


class Kernel:
    """A kernel forked in a sandbox. `alive` is whether it still runs; `why` is what it died of."""

    def __init__(self, sandbox: Sandbox, limits: Limits = LIMITS):
        self.limits = limits
        self.why = ""
        self._heard, self._left_out = 0, False  # bytes since the last cell began; whether a message was too large
        self._process: ForkedKernel = sandbox.fork(limits)
        about = self._process.connection
        self._session = Session(
            key=about["key"].encode() if isinstance(about["key"], str) else about["key"],
            signature_scheme=about.get("signature_scheme", "hmac-sha256"),
        )
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
        self._shell, self._iopub = context.socket(zmq.DEALER), context.socket(zmq.SUB)
        self._iopub.subscribe(b"")
        self._poller = zmq.Poller()
        for channel, port in ((self._shell, "shell_port"), (self._iopub, "iopub_port")):
            channel.linger = 0
            channel.maxmsgsize = limits.reply
            channel.rcvhwm = WAITING
            channel.sndtimeo = SENDING  # a kernel can end our only connection, and then sending would wait for ever
            channel.connect(f"ipc://{about['ip']}-{about[port]}")
            self._poller.register(channel, zmq.POLLIN)
        self._poller.register(self._process.fileno(), zmq.POLLIN)
        self._asking = socket.socket(socket.AF_UNIX)
        try:
            self._asking.connect(self._process.questions)
            self._greet()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the kernel still runs."""
        if not self.why and self._process.poll() is not None:
            self.why = self._process.death()
        return not self.why

    def execute(self, source: str, seconds: float, outputs: Outputs) -> Ending:
        """Run a cell for at most so many seconds and put what it shows into `outputs`."""
        self._heard, self._left_out = 0, False
        content = {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        mine = self._send("execute_request", content)
        deadline = time.monotonic() + seconds
        stopped, reply, idle = "", None, False
        while reply is None or not idle:
            if not self._wait(deadline):
                if not self.alive:
                    self._drain(mine, outputs)
                    return Ending(DIED, why=self.why)
                if reply is not None:
                    break  # a kernel that does not say that it is idle again has still answered
                if stopped:
                    self._kill("timeout" if stopped == INTERRUPTED else "flood")
                    return Ending(DIED, why=self.why)
                stopped = INTERRUPTED
                deadline = self._interrupt()
            idle = self._drain(mine, outputs) or idle
            if not stopped and reply is None and self._floods(outputs):
                stopped = FLOODED
                deadline = self._interrupt()
            for message in self._read(self._shell):
                if message.parent == mine and message.kind == "execute_reply":
                    reply = message
                    deadline = min(deadline, time.monotonic() + SETTLING)
        if stopped:
            return Ending(stopped)
        failed = reply is not None and reply.content.get("status") == "error"
        name = reply.content.get("ename") if reply is not None and failed else ""
        return Ending(ERROR if failed else DONE, name=name[:200] if type(name) is str else "")

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Put a question of a check to the probe in the kernel. Raises NoAnswerError."""
        if not self.alive:
            raise NoAnswerError(_reason(self.why))
        mark = secrets.token_bytes(16)
        asking = self._asking
        self._put(asking, frame(mark, request))
        received = bytearray()
        deadline = time.monotonic() + seconds
        stopped = False
        self._poller.register(asking, zmq.POLLIN)
        try:
            while True:
                if not self._wait(deadline):
                    if not self.alive:
                        raise NoAnswerError(_reason(self.why))
                    if stopped:
                        self._kill("timeout")
                        raise NoAnswerError("timeout")
                    stopped = True
                    deadline = self._interrupt()
                for channel in (self._iopub, self._shell):  # what a function prints or says otherwise, nobody sees;
                    for _ in self._read(channel):  # left unread it would wake us again and again
                        pass
                if (answer := self._answer(asking, received, mark)) is not None:
                    if stopped:
                        raise NoAnswerError("timeout")
                    return answer
        finally:
            self._poller.unregister(asking)

    def _put(self, asking: socket.socket, question: bytes) -> None:
        asking.settimeout(SENDING / 1000)
        try:
            asking.sendall(question)
        except OSError:  # it has ended, or reads nothing any more
            if self.alive:
                self._kill("it took no message any more")
        asking.setblocking(False)

    def _answer(self, asking: socket.socket, received: bytearray, mark: bytes) -> bytes | None:
        """The answer to the question of this mark, or None where it has not come in full. Raises NoAnswerError for
        what answers no question, and for what is too large; the kernel is ended, as nobody knows what would come next.
        """
        until = time.monotonic() + READING
        while time.monotonic() < until:
            try:
                part = asking.recv(PART)
            except BlockingIOError:
                return None
            except OSError:
                part = b""
            if not part:
                self._kill("it closed its socket for questions")
                raise NoAnswerError("died")
            received += part
            if len(received) >= HEADER.size:
                found, length = HEADER.unpack_from(received)
                wrong = found != mark or len(received) > HEADER.size + length
                if wrong or length > self.limits.reply:
                    self._kill("its answers made no sense")
                    raise NoAnswerError("garbled" if wrong else "too-large")
                if len(received) == HEADER.size + length:
                    return bytes(memoryview(received)[HEADER.size :])
        return None

    def answers(self) -> bool:
        """Whether the kernel still answers, a moment later: a cell may have stopped it without ending it at once."""
        mine = self._send("kernel_info_request", {})
        deadline = time.monotonic() + self.limits.grace_seconds
        while self._wait(deadline):
            for _ in self._read(self._iopub):
                pass
            if [message for message in self._read(self._shell) if message.parent == mine]:
                return True
        if self.alive:
            self._kill("it did not answer any more")
        return False

    def close(self) -> None:
        """End the kernel and everything it started."""
        with contextlib.suppress(OSError):
            self._process.kill()
        for channel in (self._shell, self._iopub, self._asking):
            channel.close()
        self._process.close()

    # --- how it is done -----------------------------------------------------------------------------------------

    def _greet(self) -> None:
        """Wait until the kernel answers and its outputs reach us. Raises RuntimeError where that never happens."""
        deadline = time.monotonic() + STARTING
        mine, answered, heard = {self._send("kernel_info_request", {})}, False, False
        again = time.monotonic() + 0.5
        while not (answered and heard):
            if not self._wait(min(deadline, again)):
                if not self.alive or time.monotonic() >= deadline:
                    raise RuntimeError(f"a new kernel did not answer ({self.why or 'it still runs'})")
                # what it said before our socket for outputs was there is lost
                mine.add(self._send("kernel_info_request", {}))
                again = time.monotonic() + 0.5
            for message in self._read(self._iopub):
                heard |= message.parent in mine
            for message in self._read(self._shell):
                answered |= message.kind == "kernel_info_reply"

    def _send(self, kind: str, content: Mapping[str, Any], *buffers: bytes) -> str:
        message = self._session.msg(kind, content=dict(content))
        try:
            self._session.send(self._shell, message, buffers=list(buffers))
        except zmq.Again:
            self._kill("it took no message any more")
        return str(message["header"]["msg_id"])

    def _wait(self, deadline: float) -> bool:
        """Wait for a message. False where the time is up, or the kernel has ended."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        ready = dict(self._poller.poll(int(left * 1000) + 1))
        ended = self._process.fileno() in ready and self._process.poll() is not None
        return bool(ready) and not (ended and len(ready) == 1)

    def _read(self, socket: zmq.Socket[bytes]) -> Iterator[Message]:
        """The messages that wait, one by one and not too long. Those that make no sense are left out."""
        until = time.monotonic() + READING
        for _ in range(AT_ONCE):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._heard += sum(map(len, frames))
            message = None
            try:
                message = _message(frames)
            except TooMuchError:
                self._left_out = True
            except Exception:  # it may be anything
                pass
            del frames
            if message is not None:
                yield message
            if time.monotonic() > until:
                return

    def _drain(self, mine: str, outputs: Outputs) -> bool:
        """Take what the kernel shows for the message `mine`. Whether it is idle again."""
        idle = False
        for message in self._read(self._iopub):
            if message.parent == mine:
                idle |= message.kind == "status" and message.content.get("execution_state") == "idle"
                outputs.add(message.kind, message.content)
        outputs.cut |= self._left_out
        return idle

    def _floods(self, outputs: Outputs) -> bool:
        shown = outputs.received
        return self._heard > HEARD or (shown > FLOOD * self.limits.cell_output and shown > self.limits.notebook_output)

    def _interrupt(self) -> float:
        with contextlib.suppress(OSError):
            self._process.interrupt()
        return time.monotonic() + self.limits.grace_seconds

    def _kill(self, why: str) -> None:
        self.why = why
        with contextlib.suppress(OSError):
            self._process.kill()


def _message(frames: Sequence[bytes]) -> Message:
    """A message in plain types. Raises something for what is none.

    Its signature is not looked at: the key is the kernel's own, and what runs there can sign what it likes.
    """
    _, _, *texts = frames[(start := frames.index(DELIMITER)) : start + 6]  # then header, parent, metadata, content
    if sum(map(len, texts)) > LARGEST_JSON or sum(text.count(b"{") + text.count(b"[") for text in texts) > MOST_PARTS:
        raise TooMuchError("too much to be read")
    header, parent, _, content = map(json.loads, texts)
    kind, belongs = header["msg_type"], parent.get("msg_id", "")
    if type(kind) is not str or type(belongs) is not str or type(content) is not dict:
        raise ValueError("not a message")
    return Message(kind, belongs, content, tuple(frames[start + 6 :]))


def _reason(why: str) -> str:
    return why if why in ("memory", "timeout") else "died"
