"""What specimens leave behind or reach for outside of the course. Imports next to nothing: it is imported for each."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.grading.corpus import MARK, PORT


def left_over(temporary: Path) -> list[str]:
    """Files of specimens in the temporary folder, and processes of theirs that still run."""
    found = [f"file {path.name} left behind" for path in temporary.glob(f"*{MARK}*")]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if MARK.encode() in words:
                found.append("a process left behind")
    return found


@contextmanager
def listening() -> Iterator[list[Any]]:
    """Listen where specimens reach for the network; gives a list that fills with what came."""
    came: list[Any] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", PORT))
        server.listen(50)

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    came.append("a connection")
                    connection.close()

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield came
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
