"""What every part of the benchmark shares: its flags, trials in processes of their own, and how these are kept.

Each trial is a process of its own; what it measured is kept as it comes, as one line of JSON, so that a run that was
stopped goes on with --resume. Ways that are compared take turns, in pairs: each pair has a seed of its own, and every
other one runs in the opposite order, so that what slows the machine for a while slows all ways.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine

ROOT = Path(__file__).parents[1]
PARTS = ("mlp", "cnn", "ladder", "birds", "grading")

# What must be the same for new trials to be compared with earlier ones: keys of the heading, and what they are called.
SAME = {
    "machine": "machine",
    "code": "code",
    "quick": "quick",
    "pictures": "set of pictures",
    "epochs": "number of epochs",
}

Trial = dict[str, Any]


class BenchError(Exception):
    """The run cannot begin or go on; the message says why and what to do."""


@dataclass(frozen=True)
class Measurement:
    """One trial to make: `kind` is reach, ladder, birds or grading, `network` what is trained (of grading, how many
    submissions are marked), `way` is what takes turns, `pair` counts from 1 and is the seed."""

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


def in_turn(pair: int, ways: Sequence[str]) -> Sequence[str]:
    """Ways in the order in which they go in a pair."""
    return ways if pair % 2 else ways[::-1]


def timed(measurement: Measurement, module: str, words: Sequence[str], *, sample: bool) -> Trial:
    """Make one trial in a process of its own, timed from outside. Raises BenchError if it fails."""
    # Threads that spin while they wait take the processor from those that work; and the trial sets their number.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"} | ({"CONVCOURSE_DATA": "sample"} if sample else {})
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, "-m", module, *words]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    process_seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise BenchError(f"The trial “{measurement.title}” has failed:\n{done.stderr.strip()[-2000:]}")
    return {**asdict(measurement), "process_seconds": process_seconds, **json.loads(done.stdout.splitlines()[-1])}


# --- what is kept ---------------------------------------------------------------------------------------------------


def heading(measured: Sequence[str], flags: Sequence[str], quick: bool, **more: Any) -> Trial:
    """The first line of a file of trials: with what, how and when they are made. `measured` are the files of code that
    the measurements depend on: when one of these has changed, earlier trials say nothing about it."""
    return {
        "machine": machine.described(),
        "now": machine.now(),
        "code": hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in measured)).hexdigest()[:16],
        "quick": quick,
        **more,
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
        changed = [name for key, name in SAME.items() if lines[0].get(key) != head.get(key)]
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


def run(
    groups: Sequence[Sequence[Measurement]],
    head: Trial,
    trials: Path,
    results: Path,
    *,
    resume: bool,
    measure: Callable[[Measurement], Trial],
    told: Callable[[Trial], str],
    report: Callable[[Trial, Sequence[Trial]], str],
) -> str:
    """Make the measurements that are not yet among the trials; write the report after each group, and return it."""
    lines = begin(trials, head, resume)
    for number, group in enumerate(groups, 1):
        for measurement in group:
            if any(measurement.of(line) for line in lines[1:]):
                continue
            print(f"[{number} of {len(groups)}] {measurement.title}: ", end="", flush=True)
            line = measure(measurement)
            print(told(line), flush=True)
            lines.append(line)
            with trials.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(line) + "\n")
        write(results, report(lines[0], lines[1:]))
    return report(lines[0], lines[1:])


def arguments(prog: str, description: str | None, pairs: int, given: list[str] | None) -> argparse.Namespace:
    """What a part of the benchmark is asked for. All parts know the same words, as `make bench` gives them to each."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--pairs", type=int, default=pairs, help="how often each comparison is made (%(default)s)")
    parser.add_argument("--only", choices=PARTS, help="measure only this part")
    parser.add_argument("--quick", action="store_true", help="try it out, on the course's sample, with low targets")
    parser.add_argument("--resume", action="store_true", help="keep the trials of a run that was stopped, and go on")
    parser.add_argument("--epochs", type=int, help="of the lecture's loop for birds, in place of the lecture's number")
    parser.add_argument("--whole", action="store_true", help="let others than ours mark the whole class too (an hour)")
    parser.add_argument("--scale", action="store_true", help="only write docs/scale.md anew, from the trials kept")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/benchmark", help="where trials are kept")
    asked = parser.parse_args(given)
    for name in ("pairs", "epochs"):
        if getattr(asked, name) is not None and getattr(asked, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return asked


def flags(only: str | None, quick: bool, pairs: int, usual: int) -> list[str]:
    """The words that say what differs from a whole run, which makes the `usual` number of pairs."""
    told = [*(["--only", only] if only else []), *(["--quick"] if quick else [])]
    return told + ([] if pairs == usual else ["--pairs", str(pairs)])


@contextmanager
def stopping() -> Iterator[None]:
    """End the program with a sentence where it cannot go on, or is stopped."""
    try:
        yield
    except BenchError as error:
        sys.exit(f"{error}\nWhat was measured is kept; --resume goes on with it.")
    except KeyboardInterrupt:
        sys.exit("\nStopped. What was measured is kept; --resume goes on with it.")
