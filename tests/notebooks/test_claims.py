"""Every number in a lesson's sentences is one that an expression gives: the ledgers in claims/."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from prose import NUMBER, WORDS, prose, prose_numbers
from torch import nn

from autograder.checks.lenet5_networks import MULTIPLY_ADDS, PARAMETERS
from convcourse import networks, operations
from convcourse.data.fashion import CLASSES, REAL
from convcourse.data.fashion_sample import EACH

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def count(layer: nn.Module) -> int:
    return sum(weights.numel() for weights in layer.parameters())


def airplane() -> torch.Tensor:
    plane = torch.zeros(8, 8)
    plane[3, 1:7] = plane[1:6, 3] = plane[2:5, 1] = 1
    return plane


def pixels_seen_by_two_stages() -> int:
    """Pixels with a say in one answer of 3×3 convolution, 2×2 average pooling, 3×3 convolution: by their gradient."""
    image = torch.zeros(1, 1, 24, 24, requires_grad=True)
    ones = torch.ones(1, 1, 3, 3)
    F.conv2d(F.avg_pool2d(F.conv2d(image, ones, padding=1), 2), ones, padding=1)[0, 0, 5, 5].backward()
    return int((image.grad != 0).sum())


def bench(section: str, row: str) -> list[float]:
    """All numbers in a row of the benchmark's report: `make bench` writes it, and the lesson quotes it."""
    report = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")
    (part,) = [part for part in report.split("\n## ") if part.startswith(section)]
    found = next(line for line in part.split("\n") if line.startswith(f"| {row}"))
    return [float(token.replace(",", "")) for token in re.findall(r"\d[\d,]*(?:\.\d+)?", found)]


NAMES = {
    "bench": bench,
    **{name: getattr(operations, name) for name in dir(operations) if not name.startswith("_")},
    "np": np,
    "torch": torch,
    "nn": nn,
    "F": F,
    "count": count,
    "plane": airplane(),
    "pixels_seen_by_two_stages": pixels_seen_by_two_stages,
    "networks": networks,
    "multiply_adds": networks.multiply_adds,
    "lecture_mlp": networks.lecture_mlp(),
    "lecture_cnn": networks.lecture_cnn(),
    "classes": len(CLASSES),
    # Table by table of the paper: two convolutions, the second sparse, two poolings with weights, two linear layers.
    "classic_1998": 156 + 12 + 1516 + 32 + 48_120 + 10_164,
    "PARAMETERS": PARAMETERS,
    "MULTIPLY_ADDS": MULTIPLY_ADDS,
    "real_images": REAL,
    "sample_images": tuple(len(CLASSES) * each for each in EACH),
}


def claims(lesson: Path) -> list[dict[str, object]]:
    return tomllib.loads((Path(__file__).parent / "claims" / f"{lesson.stem}.toml").read_text())["claim"]


def numbers_in(words: str) -> list[float]:
    found = (match.group().lower() for match in NUMBER.finditer(words))
    values = [WORDS.index(token) + 10 if token in WORDS else float(token.replace(",", "")) for token in found]
    return [value for value in values if value >= 10 or value % 1]


def squeezed(words: str) -> str:
    return " ".join(words.split())


def markdown(lesson: Path) -> str:
    return "\n".join(re.findall(r"(?m)^# ?(.*)$", lesson.read_text()))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_claim_is_in_the_lesson_and_comes_out(lesson: Path) -> None:
    text = squeezed(markdown(lesson))
    code = " ".join(line for line in lesson.read_text().split("\n") if not line.startswith("#"))
    for claim in claims(lesson):
        says = str(claim["says"])
        assert squeezed(says) in text, f"the lesson no longer says: {says}"
        if "chosen" in claim:
            values = claim["chosen"]
            assert isinstance(values, list)
            missing = [value for value in values if not re.search(rf"\b{value}\b", code)]
            assert not missing, f"{missing} in “{says}” stands in no code cell"
        elif "quoted" in claim:
            values = claim["quoted"]
            before = text[: text.index(squeezed(says))]
            assert "the lecture says" in before[-60:], f"who says “{says}”?"
        else:
            values = eval(str(claim["gives"]), dict(NAMES))  # our own ledger, not anybody's input
        assert isinstance(values, Iterable)
        given = {float(value) for value in values}
        wrong = [number for number in numbers_in(says) if number not in given]
        assert not wrong, f"“{says}”: {claim} gives {sorted(given)}, not {wrong}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_no_number_in_the_prose_is_without_a_claim(lesson: Path) -> None:
    text = prose(lesson.read_text())
    covered: set[int] = set()
    for claim in claims(lesson):
        words = [re.escape(word) for word in prose("# %% [markdown]\n# " + str(claim["says"])).split()]
        match = re.search(r"\s+".join(words), text)
        assert match, f"not found in the sentences: {claim['says']}"
        covered.update(range(match.start(), match.end()))
    loose = [number for number in prose_numbers(lesson.read_text()) if number.start not in covered]
    assert not loose, "no claim covers: " + "; ".join(f"line {n.line}: {n.token} in “{n.context}”" for n in loose)


def test_a_wrong_number_would_be_seen() -> None:
    lesson = (
        "# %% [markdown]\n# There are 280 parameters, twelve pixels and 9.5 of nothing; `3072` is code, 7 is small.\n"
    )
    assert [number.token for number in prose_numbers(lesson)] == ["280", "twelve", "9.5"]
    assert numbers_in("530,660 against 10, and 9.5 for 3") == [530660.0, 10.0, 9.5]
