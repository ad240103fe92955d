"""One training on birds and airplanes in a process of its own: prints what it measured as one line of JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict

import torch

from benchmarks.birds_training import WAYS, train
from benchmarks.machine import cores
from convcourse.data.birds import birds_vs_airplanes


def main(arguments: list[str] | None = None) -> None:
    """Measure what the arguments say, with as many threads as there are cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=list(WAYS), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, help="in place of the way's own number")
    asked = parser.parse_args(arguments)

    torch.set_num_threads(cores())
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the measurement
        pictures = birds_vs_airplanes()
    print(json.dumps(asdict(train(pictures, WAYS[asked.way], seed=asked.seed, epochs=asked.epochs))))


if __name__ == "__main__":
    main()
