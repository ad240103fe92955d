"""The largest live figures of the lessons: drawn in under 100 ms each, and small enough for a notebook."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
import torch
from torch import nn

from convcourse import figures, networks
from convcourse.figures import Live

torch.set_num_threads(1)
NUMBERS = torch.Generator().manual_seed(0)
GARMENTS, MAPS = torch.rand(3, 1, 28, 28, generator=NUMBERS), torch.randn(3, 24, 26, 26, generator=NUMBERS)
# As smooth as photographs are: noise alone cannot be packed.
PICTURES = nn.functional.interpolate(torch.rand(4, 3, 16, 16, generator=NUMBERS), (32, 32), mode="bilinear")
NETWORK, FILTERS = networks.lecture_cnn(), {"before": nn.Conv2d(3, 16, 3), "after": nn.Conv2d(3, 16, 3)}


def long_run() -> Live:
    curves = figures.training(100)
    for epoch in range(1, 101):
        curves.add(epoch, loss={"training": 1 / epoch}, accuracy={"training": 0.9, "validation": 0.8})
    return curves.figure


FIGURES: dict[str, Callable[[], Live]] = {
    "the network of 04": lambda: figures.network(NETWORK, (1, 28, 28)),
    "many maps of three images": lambda: figures.maps(GARMENTS, NETWORK[0].weight[:24], MAPS),
    "maps of four colour images": lambda: figures.maps(PICTURES, FILTERS["before"]),
    "maps before and after": lambda: figures.maps(PICTURES[:2], FILTERS),
    "a long run": long_run,
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_quick(name: str) -> None:
    times = []
    for _ in range(5):
        start = time.process_time()
        FIGURES[name]()._repr_html_()
        times.append(time.process_time() - start)
    assert min(times) < 0.1


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_small(name: str) -> None:
    html = FIGURES[name]()._repr_html_()
    still = re.search(r"<img [^>]*>", html)
    assert still
    assert len(still[0]) < 50_000  # what a marked notebook keeps of one output, so that the still is whole there
    assert len(html) < 200_000


@pytest.mark.parametrize("kind", ["layers", "maps", "training"])
def test_a_script_is_small(kind: str) -> None:
    assert len(figures.live.script(kind).encode()) < 32_000
