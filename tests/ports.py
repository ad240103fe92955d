"""Ports of this machine for servers that tests start."""

import socket


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
