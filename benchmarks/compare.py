"""Measure how much sooner the tuned training reaches the lecture's accuracies, and write the report.

Each trial is a process of its own; what it measured is kept as it comes, in build/benchmark/trials.jsonl, so that
a run that was stopped goes on with --resume. Ways that are compared take turns, in pairs: each pair has a seed of its
own, and every other one runs in the opposite order, so that what slows the machine for a while slows both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.report import report
from benchmarks.training import SHAPES, TARGETS, ways
from convcourse.data import fashion_mnist

ROOT = Path(__file__).parents[1]
# What the measurements depend on: when one of these has changed, earlier trials say nothing about it.
MEASURED = ("benchmarks/training.py", "benchmarks/trial.py", "convcourse/training.py", "convcourse/networks.py")

PAIRS = 5
LADDER_IMAGES = 6400
# For trying out, on the course's sample.
QUICK_TARGET = 0.5
QUICK_IMAGES = 256

Trial = dict[str, Any]


class BenchError(Exception):
    """The run cannot begin or go on; the message says why and what to do."""


@dataclass(frozen=True)
class Measurement:
    """One trial to make: `kind` is reach or ladder, `way` is that of a reach, `pair` counts from 1 and is the seed."""

    kind: str
    network: str
    way: str
    pair: int

    @property
    def title(self) -> str:
        return " ".join(word for word in (self.kind, self.network, self.way, f"pair {self.pair}") if word)

    def of(self, trial: Trial) -> bool:
        """Whether a trial is what this one asks for."""
        return all(trial.get(key) == value for key, value in asdict(self).items())


def plan(pairs: int, only: str | None) -> Iterator[list[Measurement]]:
    """What is to be measured, pair by pair, each in the order to go."""
    for network in SHAPES:
        for pair in range(1, pairs + 1):
            if only in (None, "ladder"):
                yield [Measurement("ladder", network, "", pair)]
    for network in SHAPES:
        for pair in range(1, pairs + 1):
            if only in (None, network):
                order = ways(network) if pair % 2 else ways(network)[::-1]
                yield [Measurement("reach", network, way, pair) for way in order]


def words(measurement: Measurement, quick: bool) -> list[str]:
    """The arguments for benchmarks.trial."""
    asked = [measurement.kind, "--network", measurement.network, "--seed", str(measurement.pair)]
    if measurement.kind == "reach":
        target = QUICK_TARGET if quick else TARGETS[measurement.network]
        return [*asked, "--way", measurement.way, "--target", str(target)]
    images = QUICK_IMAGES if quick else LADDER_IMAGES
    return [*asked, "--images", str(images), *([] if measurement.pair % 2 else ["--backwards"])]


def measure(measurement: Measurement, quick: bool) -> Trial:
    """Make one trial in a process of its own, timed from outside. Raises BenchError if it fails."""
    # Threads that spin while they wait take the processor from those that work; and the trial sets their number.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"} | ({"CONVCOURSE_DATA": "sample"} if quick else {})
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, "-m", "benchmarks.trial", *words(measurement, quick)]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    process_seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise BenchError(f"The trial “{measurement.title}” has failed:\n{done.stderr.strip()[-2000:]}")
    return {**asdict(measurement), "process_seconds": process_seconds, **json.loads(done.stdout.splitlines()[-1])}


# --- what is kept ---------------------------------------------------------------------------------------------------


def heading(pairs: int, only: str | None, quick: bool) -> Trial:
    """The first line of the file of trials: with what, how and when they are made."""
    code = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in MEASURED)).hexdigest()[:16]
    flags = [*(["--only", only] if only else []), *(["--quick"] if quick else [])]
    flags += [] if pairs == PAIRS else ["--pairs", str(pairs)]
    return {
        "machine": machine.described(),
        "now": machine.now(),
        "code": code,
        "quick": quick,
        "targets": dict.fromkeys(TARGETS, QUICK_TARGET) if quick else TARGETS,
        "command": "make bench" + (f' BENCH_FLAGS="{" ".join(flags)}"' if flags else ""),
    }


def kept(file: Path) -> list[Trial]:
    """The lines of a file of trials; the last one may have been cut off when a run was stopped."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    trials = []
    for number, line in enumerate(lines, 1):
        try:
            trials.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number < len(lines):
                raise BenchError(f"{file}, line {number}, is no JSON. Remove it, or run without --resume.") from error
    return trials


def begin(file: Path, head: Trial, resume: bool) -> list[Trial]:
    """Make the file of trials ready to be added to, and return its lines: the heading, and the trials of before."""
    lines = kept(file) if resume else []
    if lines:
        changed = [key for key in ("machine", "code", "quick") if lines[0].get(key) != head[key]]
        if changed:
            raise BenchError(
                f"The trials in {file} were made with another {' and another '.join(changed)}, and cannot be "
                "compared with new ones. Run without --resume."
            )
        lines[0]["command"] = head["command"]
    elif file.exists():
        file.replace(file.with_suffix(".old.jsonl"))
    lines = lines or [head]
    write(file, "".join(json.dumps(line) + "\n" for line in lines))
    return lines


def write(file: Path, text: str) -> None:
    """Write a text whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".tmp")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


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
    lines = begin(trials, head, resume)
    for number, group in enumerate(groups, 1):
        for measurement in group:
            if any(measurement.of(line) for line in lines[1:]):
                continue
            print(f"[{number} of {len(groups)}] {measurement.title}: ", end="", flush=True)
            line = measure(measurement, head["quick"])
            print(told(line), flush=True)
            lines.append(line)
            with trials.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(line) + "\n")
        write(results, report(lines[0], lines[1:]))
    return report(lines[0], lines[1:])


def main(arguments: list[str] | None = None) -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how often each comparison is made (%(default)s)")
    parser.add_argument("--only", choices=[*SHAPES, "ladder"], help="measure only this part")
    parser.add_argument("--quick", action="store_true", help="try it out, on the course's sample, with a low target")
    parser.add_argument("--resume", action="store_true", help="keep the trials of a run that was stopped, and go on")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/benchmark", help="where trials are kept")
    asked = parser.parse_args(arguments)
    if asked.pairs < 1:
        parser.error("--pairs must be at least 1")
    trials = asked.folder / ("quick.jsonl" if asked.quick else "trials.jsonl")
    results = asked.folder / "quick.md" if asked.quick else ROOT / "benchmarks/results.md"
    try:
        # This also unpacks the data, so that no trial has to.
        if not asked.quick and fashion_mnist().source == "sample":
            raise BenchError("Only the real images can be measured with. To try the bench out on the sample: --quick")
        head = heading(asked.pairs, asked.only, asked.quick)
        print(compare(list(plan(asked.pairs, asked.only)), head, trials, results, resume=asked.resume))
    except BenchError as error:
        sys.exit(f"{error}\nWhat was measured is kept; --resume goes on with it.")
    except KeyboardInterrupt:
        sys.exit("\nStopped. What was measured is kept; --resume goes on with it.")
    print(f"The report is in {os.path.relpath(results)}.")


if __name__ == "__main__":
    main()
