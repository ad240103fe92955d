"""What the trials of marking say: rates, ratios, slopes with their bands. Nothing here knows of words or tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from benchmarks.grading_times import WORKER

Trial = dict[str, Any]

BEGINS = ("stock", "otter")  # the lines of these tell when a submission begins, those of others when it is done
NORMAL = 1.959964  # 97.5% of a normal distribution lies below


@dataclass(frozen=True)
class Rate:
    """Seconds until the first submission begins, and seconds for each."""

    start: float
    each: float

    def of(self, count: int) -> float:
        """What so many submissions take."""
        return self.start + count * self.each


def rates(trial: Trial) -> tuple[Rate, Rate]:
    """Of the time and of processor time, where lines tell when each submission begins."""
    begun, cpu = trial["marks"][0]
    count = trial["count"]
    return Rate(begun, (trial["seconds"] - begun) / count), Rate(cpu, (trial["cpu"] - cpu) / count)


def cost(trial: Trial, count: int) -> tuple[float, float]:
    """The seconds and processor seconds for a class of `count`: those of the trial if it marked that many, else what
    follows from its rates. Raises ValueError for a trial whose rates are not told."""
    if trial["count"] == count:
        return trial["seconds"], trial["cpu"]
    if trial["way"] not in BEGINS:
        raise ValueError(f"{trial['way']} has marked {trial['count']}, not {count}")
    time, cpu = rates(trial)
    return time.of(count), cpu.of(count)


def of(trials: Sequence[Trial], way: str, count: int | None = None) -> list[Trial]:
    """The trials of a way, by pair; those that marked `count` where it is given."""
    found = [t for t in trials if t["way"] == way and count in (None, t["count"])]
    return sorted(found, key=lambda t: t["pair"])


def ratios(trials: Sequence[Trial], way: str, count: int, which: int) -> list[float]:
    """What stock needs over what a way needs for a class, pair by pair; `which` is 0 for time, 1 for processor time."""
    stock = {t["pair"]: cost(t, count)[which] for t in of(trials, "stock")}
    mine = of(trials, way) if way in BEGINS else of(trials, way, count)
    return [stock[t["pair"]] / cost(t, count)[which] for t in mine if t["pair"] in stock]


def beyond(trials: Sequence[Trial], count: int) -> list[float]:
    """Processor seconds for each submission of a class beyond what the students' cells need, pair by pair."""
    cells = {t["pair"]: mean(t["cells"]) for t in of(trials, "cells")}
    return [t["cpu"] / count - cells[t["pair"]] for t in of(trials, "ours", count) if t["pair"] in cells]


def agreement(trials: Sequence[Trial], count: int) -> tuple[int, int]:
    """How many submissions were marked by stock and by us, and how many of them got the same marks."""
    both = same = 0
    ours = {t["pair"]: t["scores"] for t in of(trials, "ours", count)}
    for trial in of(trials, "stock"):
        for student, score in trial["scores"].items():
            if student in ours.get(trial["pair"], {}):
                both += 1
                same += abs(ours[trial["pair"]][student] - score) < 1e-6
    return both, same


# --- growth ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slope:
    """How something grows with what is done: the slope and half of the width of its 95% band; and its mean."""

    slope: float
    band: float
    middle: float

    @property
    def grows(self) -> bool:
        """Whether all of the band lies above nothing."""
        return self.slope - self.band > 0


def slope(xs: Sequence[float], ys: Sequence[float]) -> Slope:
    """The line through points by least squares, the band from what lies off it. Raises ValueError below three."""
    n = len(xs)
    if n < 3:
        raise ValueError(f"a slope with a band wants three points, not {n}")
    x, y = mean(xs), mean(ys)
    spread = sum((value - x) ** 2 for value in xs)
    steep = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread
    off = sum((b - y - steep * (a - x)) ** 2 for a, b in zip(xs, ys, strict=True))
    return Slope(steep, quantile(n - 2) * math.sqrt(off / (n - 2) / spread), y)


def quantile(freedom: int) -> float:
    """That of Student's t for a band of 95%, by the series of Cornish and Fisher; exact for 1 and 2."""
    if freedom <= 2:
        return (12.7062, 4.30265)[freedom - 1]
    z = NORMAL
    terms = [(z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384]
    return float(z + sum(term / freedom**power for power, term in enumerate(terms, 1)))


def windows(trial: Trial, width: int) -> list[tuple[float, float, float, float]]:
    """A run in windows of `width` submissions, without the first, in which everything starts: (how many had been done
    in its middle, seconds for each, processor seconds for each, bytes of memory at its end)."""
    marks = trial["marks"]
    found = []
    for last in range(2 * width - 1, len(marks), width):
        (begin, cpu_begin), (end, cpu_end) = marks[last - width], marks[last]
        weighed = [size for at, _, size in trial["samples"] if begin < at <= end]
        memory = max(weighed) if weighed else math.nan
        found.append((last - width / 2, (end - begin) / width, (cpu_end - cpu_begin) / width, memory))
    return found


def growth(trial: Trial, width: int) -> tuple[Slope, Slope, Slope] | None:
    """The slopes of time, processor time and memory in a run; None where it is too short to tell."""
    seen = [window for window in windows(trial, width) if not math.isnan(window[3])]
    if len(seen) < 3:
        return None
    done = [window[0] for window in seen]
    time, cpu, memory = (slope(done, [window[which] for window in seen]) for which in (1, 2, 3))
    return time, cpu, memory


# --- where the time goes --------------------------------------------------------------------------------------------

ONCE = {"starting Python and importing", "starting the sandbox, once"}


def clocks(trials: Sequence[Trial], who: str) -> dict[str, tuple[float, float, float]]:
    """What the clocks of a kind of process have counted, over all trials: name → seconds, processor seconds and calls
    for each submission."""
    found: dict[str, list[float]] = {}
    count = sum(t["count"] for t in of(trials, "clocks"))
    for trial in of(trials, "clocks"):
        for name, values in trial["clocks"].get(who, {}).items():
            found[name] = [a + b for a, b in zip(found.get(name, [0.0, 0.0, 0.0]), values, strict=True)]
    return {name: (a / count, b / count, c / count) for name, (a, b, c) in found.items()}


def saving(trials: Sequence[Trial]) -> float:
    """Seconds for each submission that the one process that saves is busy, with nobody beside it."""
    return middle(of(trials, "clocks"), lambda trial: float(trial["saving"]["seconds"]))


def running(trials: Sequence[Trial]) -> float:
    """Processor seconds for each submission of the processes that mark and their kernels, without what starts once."""
    return sum(cpu for name, (_, cpu, _) in clocks(trials, WORKER).items() if name not in ONCE)


def middle(trials: Sequence[Trial], value: Callable[[Trial], float]) -> float:
    """The median of something over trials. Raises StatisticsError where there are none."""
    return median(value(trial) for trial in trials)
