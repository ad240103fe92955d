"""A web server on this machine that behaves well or badly, as the first part of an address asks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hosts:
    """`url("drip")` is a source that drips. What it serves lies in `files`, what it was asked for in `asked`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.over = threading.Event()
        hosts = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hosts.asked.append(self.path)
                _, manner, name = self.path.split("/")
                with suppress(ConnectionError):
                    if name in hosts.files:
                        getattr(hosts, f"_{manner}")(self, hosts.files[name])
                    else:
                        hosts._missing(self, b"")

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def url(self, manner: str) -> str:
        return f"http://{self.name}/{manner}/"

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def _head(handler: BaseHTTPRequestHandler, length: int | None, status: int = 200) -> None:
        handler.send_response(status)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()

    def _good(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, len(data))
        handler.wfile.write(data)

    def _unmeasured(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, None)
        handler.wfile.write(data)

    def _steady(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        """Takes 1.2 s, at an even pace."""
        self._head(handler, len(data))
        for at in range(12):
            handler.wfile.write(data[at * len(data) // 12 : (at + 1) * len(data) // 12])
            time.sleep(0.1)

    def _missing(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, 0, 404)

    def _overloaded(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, 0, 503)

    def _wrong(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._good(handler, b"<html>Log in to the network of this hotel</html>")

    def _cut(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, len(data))
        handler.wfile.write(data[: len(data) // 2])

    def _flaky(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        """Breaks off the first time that a file is asked for."""
        (self._cut if self.asked.count(handler.path) == 1 else self._good)(handler, data)

    def _silent(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self.over.wait(30)

    def _stall(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, len(data))
        handler.wfile.write(data[: len(data) // 2])
        self.over.wait(30)

    def _drip(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, len(data))
        for byte in data[:100]:
            handler.wfile.write(bytes([byte]))
            if self.over.wait(0.05):
                break

    def _endless(self, handler: BaseHTTPRequestHandler, data: bytes) -> None:
        self._head(handler, None)
        while not self.over.is_set():
            handler.wfile.write(bytes(10_000))


@contextmanager
def refusing() -> Iterator[str]:
    """The address of a source that refuses every connection."""
    with socket.socket() as taken:  # bound, and never listened on
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


@contextmanager
def unreachable() -> Iterator[str]:
    """The address of a source where connecting hangs: its queue is full, so it lets nobody in."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(listening.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        for client in waiting:
            client.close()
