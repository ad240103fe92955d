"""Sandboxed kernels for whatever speaks Jupyter: `NotebookClient(notebook, kernel_manager_class=SandboxKernelManager)`.

No kernel needs to be installed, and nothing is written into Jupyter's folders. A shutdown ends a kernel at once: it has
nothing to save.
"""

from __future__ import annotations

import asyncio
import time
from queue import Empty
from typing import Any, cast

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.client import KernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from jupyter_core.utils import ensure_async, run_sync
from traitlets import Bool, Instance, Integer, Type

from autograder.grading.limits import LIMITS, Limits
from autograder.grading.sandbox import ForkedKernel, Sandbox, shared

WAITING = 16  # messages that wait in a socket before the kernel has to; each may be as large as limits.reply
AGAIN = 0.5  # seconds until a new kernel is greeted again
NAP = 0.002  # seconds between two looks at a kernel that is to end

SPEC = KernelSpec(argv=["python"], display_name="Python, sandboxed", language="python", name="python3")


class SandboxProvisioner(KernelProvisionerBase):
    """Forks the kernel of a manager in its sandbox. `death` tells what the last kernel died of."""

    kernel: ForkedKernel | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel that has not been waited for."""
        return self.kernel is not None

    def death(self) -> str:
        """What the kernel died of, "" while it lives or where there never was one; see ForkedKernel.death."""
        return self.kernel.death() if self.kernel else self._death

    _death = ""

    async def poll(self) -> int | None:
        """None while the kernel runs, else its exit code; 0 without a kernel."""
        return self.kernel.poll() if self.kernel else 0

    async def wait(self) -> int | None:
        """Wait for the kernel's end. Its exit code."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(NAP)
        self._forget()
        return code

    async def send_signal(self, signum: int) -> None:
        """Send the kernel a signal, by way of its keeper."""
        if self.kernel:
            self.kernel.send(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all that it has started."""
        if self.kernel:
            self.kernel.kill()

    async def terminate(self, restart: bool = False) -> None:
        """The same: a kernel has nothing to save."""
        await self.kill(restart)

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Fork a kernel; the command is not used. Raises SandboxError."""
        self._forget()
        manager = self.parent
        # In a thread of its own, for a server that must start first takes seconds.
        fork = asyncio.to_thread(manager.sandbox.fork, manager.limits, seed=manager.seed)
        self.kernel = await fork
        found = cast(KernelConnectionInfo, dict(self.kernel.connection))
        self.connection_info = found
        return found

    async def pre_launch(self, **options: Any) -> dict[str, Any]:
        """Nothing of the grader's environment goes to the kernel."""
        return {**options, "cmd": [], "env": {}}

    async def cleanup(self, restart: bool = False) -> None:
        """Make sure that nothing is left."""
        self._forget()

    def _forget(self) -> None:
        if self.kernel:
            self.kernel.close()
            self._death = self.kernel.death()
            self.kernel = None


class _Greeting:
    """How a client differs: it is ready as soon as the kernel answers, and takes no message of any size."""

    async def _async_wait_for_ready(self: Any, timeout: float | None = None) -> None:
        deadline = time.monotonic() + (60 if timeout is None else timeout)
        heard = answered = False
        while not (heard and answered):
            self.kernel_info()
            again = min(deadline, time.monotonic() + AGAIN)
            while not (heard and answered) and (left := again - time.monotonic()) > 0:
                try:
                    if not answered:
                        reply = await ensure_async(self.shell_channel.get_msg(timeout=left))
                        self._handle_kernel_info_reply(reply)
                        answered = True
                    await ensure_async(self.iopub_channel.get_msg(timeout=max(0, again - time.monotonic())))
                    heard = True
                except Empty:
                    pass
            if not await ensure_async(self.is_alive()):
                raise RuntimeError(f"The kernel ended before it answered: {self.parent.provisioner.death()}")
            if time.monotonic() > deadline:
                raise RuntimeError("The kernel does not answer")


def _careful(context: Any) -> Any:
    """Limits on what a kernel may send, for all sockets of a context."""
    context.setsockopt(zmq.MAXMSGSIZE, LIMITS.reply)
    context.setsockopt(zmq.RCVHWM, WAITING)
    return context


class SandboxClient(_Greeting, AsyncKernelClient):
    """Talks to a sandboxed kernel, for asyncio."""

    wait_for_ready = _Greeting._async_wait_for_ready

    def _context_default(self) -> zmq.asyncio.Context:
        self._created_context = True
        return _careful(zmq.asyncio.Context())  # type: ignore[no-any-return]


class BlockingSandboxClient(_Greeting, BlockingKernelClient):
    """Talks to a sandboxed kernel and waits."""

    wait_for_ready = run_sync(_Greeting._async_wait_for_ready)

    def _context_default(self) -> zmq.Context[Any]:
        self._created_context = True
        return _careful(zmq.Context())  # type: ignore[no-any-return]


class _Sandboxed(KernelManager):
    """What is different about a manager whose kernel lives in a sandbox."""

    isolated = Bool(True, help="Whether submissions are kept apart from this machine and each other.").tag(config=True)
    sandbox = Instance(Sandbox)
    limits = Instance(Limits)
    seed = Integer(None, allow_none=True, help="Makes the kernel's random numbers the same each time.")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.provisioner = SandboxProvisioner(kernel_id=self.kernel_id or "", kernel_spec=SPEC, parent=self)

    def _sandbox_default(self) -> Sandbox:
        return shared(self.isolated)

    def _limits_default(self) -> Limits:
        return LIMITS

    @property
    def kernel_spec(self) -> KernelSpec:
        """The same for all; none is looked for in Jupyter's folders."""
        return SPEC

    def _reconcile_connection_info(self, info: KernelConnectionInfo) -> None:
        self.load_connection_info(info)  # and no file is written: it would hold the key

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        await KernelManager._async_shutdown_kernel(self, now=True, restart=restart)


class SandboxKernelManager(_Sandboxed, AsyncKernelManager):
    """Manages one sandboxed kernel, for asyncio: what nbclient wants."""

    client_factory = Type(SandboxClient, klass=KernelClient)
    shutdown_kernel = _Sandboxed._async_shutdown_kernel


class BlockingSandboxKernelManager(_Sandboxed, KernelManager):
    """Manages one sandboxed kernel, and waits for it."""

    client_factory = Type(BlockingSandboxClient, klass=KernelClient)
    shutdown_kernel = run_sync(_Sandboxed._async_shutdown_kernel)
