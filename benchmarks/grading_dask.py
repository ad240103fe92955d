"""How much a Dask scheduler and its client take for each notebook that they pass to and fro, when nobody marks it.

Usage: python -m benchmarks.grading_dask COUNT BYTES_THERE BYTES_BACK. Prints a line for each notebook that comes back.
"""

from __future__ import annotations

import sys
from collections import deque

from distributed import Client, LocalCluster

AHEAD = 8  # notebooks that are under way at once, as many as two workers of two threads would be given


def answer(sent: str, size: int) -> str:
    """As long a text as a marked notebook."""
    return "x" * size


def main() -> None:
    """Pass so many texts to a worker and back."""
    count, there, back = map(int, sys.argv[1:])
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        under_way = deque[object]()
        for number in range(count):
            under_way.append(client.submit(answer, f"{number:0{there}}", back, pure=False))
            while len(under_way) >= AHEAD or (number == count - 1 and under_way):
                assert len(under_way.popleft().result()) == back  # type: ignore[attr-defined]
                print("passed", flush=True)


if __name__ == "__main__":
    main()
