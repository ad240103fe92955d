"""Measure how long training on birds against airplanes takes, and how good it gets, epoch by epoch, as the lecture
shows it and in other ways; and write the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import trials as shared
from benchmarks.birds_report import report
from benchmarks.birds_training import EPOCHS, WAYS
from benchmarks.trials import ROOT, BenchError, Measurement, Trial
from convcourse.data.birds import BirdsVsAirplanes, birds_vs_airplanes
from convcourse.data.idx import DataError

# What the measurements depend on.
MEASURED = (
    *("benchmarks/birds_training.py", "benchmarks/birds_trial.py"),
    *("convcourse/training.py", "convcourse/networks.py"),
)

PAIRS = 3
QUICK_EPOCHS = 3  # for trying out, of every way


def plan(pairs: int) -> Iterator[list[Measurement]]:
    """What is to be measured, pair by pair, each in the order to go."""
    for pair in range(1, pairs + 1):
        ways = [name for name, way in WAYS.items() if way.pairs is None or pair <= way.pairs]
        yield [Measurement("birds", "", way, pair) for way in shared.in_turn(pair, ways)]


def words(measurement: Measurement, head: Trial) -> list[str]:
    """The arguments for benchmarks.birds_trial."""
    asked = ["--way", measurement.way, "--seed", str(measurement.pair)]
    if head["quick"]:
        return [*asked, "--epochs", str(min(QUICK_EPOCHS, WAYS[measurement.way].epochs))]
    return [*asked, "--epochs", str(head["epochs"])] if measurement.way == "lecture" else asked


def measure(measurement: Measurement, head: Trial) -> Trial:
    """Make one trial, with the pictures that the run began with. Raises BenchError if it fails."""
    sample = head["pictures"]["source"] == "drawn"  # without looking for photographs again
    return shared.timed(measurement, "benchmarks.birds_trial", words(measurement, head), sample=sample)


def found(quick: bool) -> dict[str, Any]:
    """Which pictures there are, for the heading. This also unpacks them, so that no trial has to."""
    if quick:
        os.environ["CONVCOURSE_DATA"] = "sample"
    try:
        return described(birds_vs_airplanes())
    except DataError as error:
        raise BenchError(str(error)) from error


def described(pictures: BirdsVsAirplanes) -> dict[str, Any]:
    """Where pictures came from, and how many there are; not where they lie, which is nobody's business."""
    return {"source": pictures.source, "train": len(pictures.train_labels), "test": len(pictures.test_labels)}


def heading(pictures: dict[str, Any], pairs: int, only: str | None, quick: bool, epochs: int | None = None) -> Trial:
    """The first line of the file of trials. `epochs` are those of the lecture's loop."""
    flags = shared.flags(only, quick, pairs, PAIRS) + (["--epochs", str(epochs)] if epochs else [])
    return shared.heading(MEASURED, flags, quick, pictures=pictures, epochs=epochs or EPOCHS)


def places(folder: Path, head: Trial) -> tuple[Path, Path]:
    """The file of trials, and that of the report: only photographs are reported on where everybody looks."""
    if head["quick"] or head["pictures"]["source"] == "drawn":
        name = "birds-quick" if head["quick"] else "birds-drawn"
        return folder / f"{name}.jsonl", folder / f"{name}.md"
    return folder / "birds.jsonl", ROOT / "benchmarks/birds.md"


def told(trial: Trial) -> str:
    """A trial in one line."""
    epochs = len(trial["accuracies"])
    return f"{epochs} epochs, accuracy {trial['accuracies'][-1]:.4f}, {trial['process_seconds']:.1f} s"


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


def main(arguments: list[str] | None = None) -> None:
    """Run what the arguments say."""
    asked = shared.arguments("python -m benchmarks.birds", __doc__, PAIRS, arguments)
    if asked.scale or asked.only not in (None, "birds"):
        return  # benchmarks.compare and benchmarks.grading measure these
    with shared.stopping():
        head = heading(found(asked.quick), asked.pairs, asked.only, asked.quick, asked.epochs)
        trials, results = places(asked.folder, head)
        print(compare(list(plan(asked.pairs)), head, trials, results, resume=asked.resume))
    print(f"The report is in {os.path.relpath(results)}.")


if __name__ == "__main__":
    main()
