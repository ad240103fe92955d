"""Measure how much sooner the tuned training reaches the lecture's accuracies, and write the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import machine as machine  # that and `kept` for who looks for them here
from benchmarks import trials as shared
from benchmarks.report import report
from benchmarks.training import SHAPES, TARGETS, ways
from benchmarks.trials import ROOT, BenchError, Measurement, Trial
from benchmarks.trials import kept as kept
from convcourse.data import fashion_mnist

# What the measurements depend on: when one of these has changed, earlier trials say nothing about it.
MEASURED = ("benchmarks/training.py", "benchmarks/trial.py", "convcourse/training.py", "convcourse/networks.py")

PAIRS = 5
LADDER_IMAGES = 6400
# For trying out, on the course's sample.
QUICK_TARGET = 0.5
QUICK_IMAGES = 256


def plan(pairs: int, only: str | None) -> Iterator[list[Measurement]]:
    """What is to be measured, pair by pair, each in the order to go."""
    for network in SHAPES:
        for pair in range(1, pairs + 1):
            if only in (None, "ladder"):
                yield [Measurement("ladder", network, "", pair)]
    for network in SHAPES:
        for pair in range(1, pairs + 1):
            if only in (None, network):
                yield [Measurement("reach", network, way, pair) for way in shared.in_turn(pair, ways(network))]


def words(measurement: Measurement, quick: bool) -> list[str]:
    """The arguments for benchmarks.trial."""
    asked = [measurement.kind, "--network", measurement.network, "--seed", str(measurement.pair)]
    if measurement.kind == "reach":
        target = QUICK_TARGET if quick else TARGETS[measurement.network]
        return [*asked, "--way", measurement.way, "--target", str(target)]
    images = QUICK_IMAGES if quick else LADDER_IMAGES
    return [*asked, "--images", str(images), *([] if measurement.pair % 2 else ["--backwards"])]


def measure(measurement: Measurement, quick: bool) -> Trial:
    """Make one trial. Raises BenchError if it fails."""
    return shared.timed(measurement, "benchmarks.trial", words(measurement, quick), sample=quick)


def heading(pairs: int, only: str | None, quick: bool) -> Trial:
    """The first line of the file of trials."""
    targets = dict.fromkeys(TARGETS, QUICK_TARGET) if quick else TARGETS
    return shared.heading(MEASURED, shared.flags(only, quick, pairs, PAIRS), quick, targets=targets)


# --- the run --------------------------------------------------------------------------------------------------------


def told(trial: Trial) -> str:
    """A trial in one line."""
    if trial["kind"] == "ladder":
        return f"{trial['process_seconds']:.1f} s"
    reached = f"in epoch {trial['reached']}" if trial["reached"] else "target not reached"
    return f"{reached}, accuracy {trial['accuracies'][-1]:.4f}, {trial['process_seconds']:.1f} s"


def compare(
    groups: list[list[Measurement]],
    head: Trial,
    trials: Path,
    results: Path,
    *,
    resume: bool = False,
    measure: Callable[[Measurement, bool], Trial] = measure,
) -> str:
    """Make the measurements that are not yet among the trials; write the report after each group, and return it."""
    return shared.run(
        *(groups, head, trials, results),
        resume=resume,
        measure=lambda measurement: measure(measurement, head["quick"]),
        told=told,
        report=report,
    )


def main(arguments: list[str] | None = None) -> None:
    """Run what the arguments say."""
    asked = shared.arguments("python -m benchmarks.compare", __doc__, PAIRS, arguments)
    if asked.scale or asked.only in ("birds", "grading"):
        return  # benchmarks.birds and benchmarks.grading measure these
    trials = asked.folder / ("quick.jsonl" if asked.quick else "trials.jsonl")
    results = asked.folder / "quick.md" if asked.quick else ROOT / "benchmarks/results.md"
    with shared.stopping():
        # This also unpacks the data, so that no trial has to.
        if not asked.quick and fashion_mnist().source == "sample":
            raise BenchError("Only the real images can be measured with. To try the bench out on the sample: --quick")
        head = heading(asked.pairs, asked.only, asked.quick)
        print(compare(list(plan(asked.pairs, asked.only)), head, trials, results, resume=asked.resume))
    print(f"The report is in {os.path.relpath(results)}.")


if __name__ == "__main__":
    main()
