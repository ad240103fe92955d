"""Measure what marking a class costs, by stock nbgrader, by otter-grader and by this course's own marking, and how it
grows with the class; and write the reports."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.grading.sandbox import missing
from benchmarks import trials as shared
from benchmarks.grading_report import report
from benchmarks.grading_scale import scale
from benchmarks.grading_ways import OTTER, WAYS, block, install_otter, measured, otter_folder
from benchmarks.trials import ROOT, BenchError, Measurement, Trial

PAIRS = 3
SMALL, LARGE, LARGEST = 50, 200, 1000
BLOCK = 10  # submissions that others than ours mark in each pair, at 4 to 11 seconds each
PART = 30  # submissions that are marked with clocks, and whose cells are run alone
PASSED = 300  # notebooks that the scheduler passes on
QUICK = {SMALL: 2, LARGE: 4, LARGEST: 6, BLOCK: 2, PART: 3, PASSED: 10}  # for trying out

TOOLS = ("nbgrader", "nbclient", "ipykernel")


def measured_code() -> tuple[str, ...]:
    """The files that the measurements depend on."""
    ours = [*(ROOT / "autograder" / "grading").rglob("*.py"), *(ROOT / "autograder" / "reports").glob("*")]
    ours += [*(ROOT / "autograder" / "checks").glob("*.py"), *(ROOT / "benchmarks").glob("grading_*.py")]
    told = ("grading_report.py", "grading_scale.py")  # these only tell of it
    files = [path for path in ours if path.is_file() and path.name not in told]
    return tuple(sorted(str(path.relative_to(ROOT)) for path in files))


def plan(pairs: int, head: Trial) -> Iterator[list[Measurement]]:
    """What is to be measured, group by group, each in the order to go."""
    size = QUICK if head["quick"] else {count: count for count in QUICK}
    others = size[LARGE if head["whole"] else BLOCK]
    ways = [("stock", others), ("ours", size[SMALL]), ("marks", size[LARGE]), ("cells", size[PART])]
    ways += [("ours", size[LARGE]), ("clocks", size[PART]), ("scheduler", size[PASSED])]
    if not head["otter"]:
        ways.insert(4, ("otter", others))
    for pair in range(1, pairs + 1):
        order = ways if pair % 2 else ways[::-1]
        yield [Measurement("grading", str(count), way, pair) for way, count in order]
    yield [Measurement("grading", str(size[LARGEST]), "ours", 1)]


def numbers(measurement: Measurement, head: Trial) -> list[int]:
    """The students whose work is marked. Parts of a class are drawn from all of it."""
    count = int(measurement.network)
    if measurement.way in ("ours", "marks"):
        return list(range(count))
    return block(QUICK[LARGE] if head["quick"] else LARGE, count, measurement.pair)


def measure(measurement: Measurement, head: Trial) -> Trial:
    """Make one trial. Raises BenchError if it fails."""
    students = numbers(measurement, head)
    if measurement.way == "scheduler":  # which looks at none of them
        students = list(range(int(measurement.network)))
    trial = measured(WAYS[measurement.way], students, lambda count: None)
    return {**asdict(measurement), **trial}


def heading(pairs: int, only: str | None, quick: bool, whole: bool, otter: str) -> Trial:
    """The first line of the file of trials. `otter` is why otter-grader cannot be measured, if it cannot."""
    flags = shared.flags(only, quick, pairs, PAIRS) + (["--whole"] if whole else [])
    tools = {name: version(name) for name in TOOLS} | {"otter-grader": OTTER.partition("==")[2] if not otter else "–"}
    return shared.heading(
        measured_code(),
        flags,
        quick,
        whole=whole,
        otter=otter,
        tools=tools,
        class_of=LARGE if not quick else QUICK[LARGE],
    )


def told(trial: Trial) -> str:
    """A trial in one line."""
    return f"{trial['seconds']:.1f} s, {trial['cpu']:.1f} s of CPU, at most {trial['memory'] / 1e6:.0f} MB"


def places(folder: Path, quick: bool) -> tuple[Path, Path, Path]:
    """The file of trials, and those of the two reports."""
    if quick:
        return tuple(folder / f"grading-quick{end}" for end in (".jsonl", ".md", "-scale.md"))  # type: ignore[return-value]
    return folder / "grading.jsonl", ROOT / "benchmarks/grading.md", ROOT / "docs/scale.md"


def compare(
    groups: list[list[Measurement]],
    head: Trial,
    trials: Path,
    results: Path,
    *,
    resume: bool = False,
    measure: Callable[[Measurement, Trial], Trial] = measure,
) -> str:
    """Make the measurements that are not yet among the trials; write the report after each group, and return it."""
    return shared.run(
        *(groups, head, trials, results),
        resume=resume,
        measure=lambda measurement: measure(measurement, head),
        told=told,
        report=report,
    )


def write_scale(trials: Path, page: Path) -> None:
    """Write the page on very large classes from the trials that are kept. Raises BenchError where there are none."""
    lines = shared.kept(trials)
    if not lines:
        raise BenchError(f"There are no trials in {trials} yet.")
    shared.write(page, scale(lines[0], lines[1:]))


def main(arguments: list[str] | None = None) -> None:
    """Run what the arguments say."""
    asked: Any = shared.arguments("python -m benchmarks.grading", __doc__, PAIRS, arguments)
    if asked.only not in (None, "grading"):
        return  # benchmarks.compare and benchmarks.birds measure these
    trials, results, page = places(asked.folder, asked.quick)
    with shared.stopping():
        if asked.scale:
            write_scale(trials, page)
            print(f"The page is {os.path.relpath(page)}.")
            return
        if platform.system() != "Linux" or missing():
            raise BenchError(f"Marking can be measured only where there is a sandbox. {missing()}")
        head = heading(asked.pairs, asked.only, asked.quick, asked.whole, install_otter(otter_folder()))
        print(compare(list(plan(asked.pairs, head)), head, trials, results, resume=asked.resume))
        write_scale(trials, page)
    print(f"The reports are in {os.path.relpath(results)} and {os.path.relpath(page)}.")


if __name__ == "__main__":
    main()
