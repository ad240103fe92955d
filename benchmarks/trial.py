"""One measurement in a process of its own: trains, and prints what it measured as one line of JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from dataclasses import asdict, replace

import torch
from torchvision.datasets import FashionMNIST

from benchmarks.machine import cores
from benchmarks.training import SHAPES, TUNED, Data, ladder, time_step, to_target, ways
from convcourse.data import fashion_mnist


def load() -> Data:
    """Fashion-MNIST from the copy that the course finds, read as in the notebooks."""
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the measurement
        root = fashion_mnist().root
    train, test = FashionMNIST(root, train=True), FashionMNIST(root, train=False)
    return Data(train.data, train.targets, test.data, test.targets)


def main(arguments: list[str] | None = None) -> None:
    """Measure what the arguments say, with as many threads as there are cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    reach = kinds.add_parser("reach", help="train until the target accuracy is reached")
    reach.add_argument("--way", required=True)
    reach.add_argument("--target", type=float, required=True)
    steps = kinds.add_parser("ladder", help="time each step from the lecture's loop to the tuned one")
    steps.add_argument("--images", type=int, required=True, help="train with so many images only")
    steps.add_argument("--backwards", action="store_true", help="last step first")
    for kind in (reach, steps):
        kind.add_argument("--network", choices=sorted(SHAPES), required=True)
        kind.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args(arguments)

    torch.set_num_threads(cores())
    data = load()
    if asked.kind == "reach":
        if asked.way not in ways(asked.network):
            parser.error(f"--way for {asked.network} is one of {', '.join(ways(asked.network))}")
        run = to_target(data, asked.network, asked.way, target=asked.target, seed=asked.seed)
        print(json.dumps(asdict(run)))
        return
    part = replace(data, x=data.x[: asked.images], y=data.y[: asked.images])
    others = [way for way in TUNED[asked.network] if way != "tuned"]  # their networks are steps of their own
    names = [*ladder(asked.network), *others]
    order = names[::-1] if asked.backwards else names
    seconds = {name: time_step(part, asked.network, name, seed=asked.seed) for name in order}
    told = {name: seconds[name] for name in names}
    print(json.dumps({"images": len(part.x), "all_images": len(data.x), "seconds": told}))


if __name__ == "__main__":
    main()
