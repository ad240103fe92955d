"""What a submission may use while it runs. The course sets it; nothing in a student's notebook changes it."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Limits of one notebook's kernel, and of what is asked of it. Times are in seconds, sizes in bytes."""

    cell_seconds: float = 60  # one cell
    notebook_seconds: float = 900  # all cells and all questions, the restarts included
    ask_seconds: float = 30  # one question of a check, such as one call of a function
    check_seconds: float = 120  # all questions of one check
    cpu_seconds: int = 900  # of one kernel process
    grace_seconds: float = 2  # from an interrupt to the end of a kernel that does not heed it
    restarts: int = 20  # kernels after the first; notebook_seconds ends those who need many
    address_space: int = 6_000 * MB  # of one process: torch's CUDA build wants more than 4 GB of addresses
    resident: int = 3_000 * MB  # memory in use by all processes of a kernel together
    processes: int = 64  # of one kernel, threads included
    open_files: int = 256
    temporary: int = 256 * MB  # files in the kernel's own /tmp
    cell_output: int = 200_000  # characters of text that one cell may print
    notebook_output: int = 10 * MB  # everything that a notebook's outputs hold, pictures included
    reply: int = 32 * MB  # one message of the kernel


LIMITS = Limits()
