"""The page on very large classes: what fills up first, what it takes and what it costs, from the trials that are kept.

Only the assumptions are typed in here, and the page names them as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import grading_numbers as numbers
from benchmarks.grading_report import WINDOW, plural
from benchmarks.report import number, table, was_busy

Trial = dict[str, Any]

CLASS = 100_000
WORKERS = (2, 4, 8, 16, 64)
# Assumptions.
PRICE = 0.05  # dollars for an hour of one vCPU, on demand
CORE = 1.0  # how fast a vCPU is beside a core of the machine measured
NETWORK = 1e9 / 8  # bytes a second between the writer and the workers: 1 Gbit/s


@dataclass(frozen=True)
class Measured:
    """What the formulas want, for each submission: seconds that the one process that saves is busy, processor seconds
    of workers and kernels, seconds of scheduler and client; bytes sent, returned and kept; and bytes of memory of the
    saving process for each submission (with its band, None where it could not be measured)."""

    saving: float
    running: float
    passing: float
    sent: float
    returned: float
    cache: float
    pages: float
    marked: float
    gradebook: float
    submitted: float
    memory: tuple[float, float] | None
    peak: float


def measured(trials: Sequence[Trial]) -> Measured | None:
    """The numbers from the trials; None where some are missing."""
    ours, clocks, passed = (numbers.of(trials, way) for way in ("ours", "clocks", "scheduler"))
    if not (ours and clocks and passed):
        return None
    largest = max(ours, key=lambda t: t["count"])
    count, kept = largest["count"], largest["bytes"]
    grown = numbers.growth(largest, WINDOW)
    return Measured(
        saving=numbers.saving(trials),
        running=numbers.running(trials),
        passing=numbers.middle(passed, lambda t: (t["marks"][-1][1] - t["marks"][0][1]) / max(1, t["count"] - 1)),
        sent=kept["sent"] / count,
        returned=kept["autograded"] / count,
        cache=kept["cache"] / count,
        pages=kept["feedback"] / count,
        marked=kept["autograded"] / count,
        gradebook=kept["gradebook"] / count,
        submitted=kept["submitted"] / count,
        memory=(grown[2].slope, grown[2].band) if grown else None,
        peak=largest["memory"],
    )


def hours(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 7200:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 172_800 else f"{seconds / 86_400:,.1f} days"


def size(value: float) -> str:
    """Bytes as people say them."""
    for unit, worth in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if value >= worth:
            return f"{value / worth:,.1f} {unit}"
    return f"{value / 1e3:,.1f} kB"


def duration(found: Measured, count: int, workers: int) -> float:
    """Seconds for a class with so many workers, each on a vCPU of its own: the slower of the one that saves (which also
    passes notebooks on) and all that run."""
    return max(count * (found.saving + found.passing), count * found.running / CORE / workers)


def enough(found: Measured) -> float:
    """The workers beyond which more do not help, as the one that saves is never idle."""
    return found.running / CORE / (found.saving + found.passing)


def scale(head: Trial, trials: Sequence[Trial]) -> str:
    """The page as markdown."""
    title = f"# {CLASS:,} submissions, on paper\n\n"
    about = (
        "Nobody has marked that many here. This page works out what would happen, from what `make bench` measured on a "
        "small machine; `python -m benchmarks.grading --scale` writes it anew. What is not measured is called an "
        "assumption.\n\n"
    )
    found = measured(trials)
    if found is None:
        return f'{title}{about}What it needs has not all been measured: `make bench BENCH_FLAGS="--only grading"`.\n'
    quick = (
        "**The measurements are those of a trial run on a handful of submissions and mean nothing.**\n\n"
        if head["quick"]
        else ""
    )
    return (
        title
        + about
        + quick
        + "\n\n".join([inputs(head, trials, found), result(found), fills(found), formula(found)])
        + "\n"
    )


def inputs(head: Trial, trials: Sequence[Trial], found: Measured) -> str:
    """The numbers, and where each comes from."""
    clocks = sum(t["count"] for t in numbers.of(trials, "clocks"))
    largest = max(t["count"] for t in numbers.of(trials, "ours"))
    profile = f"measured: clocks, {plural(clocks, 'submission')}"
    disk = f"measured: run of {largest:,}"
    rows = [
        ["`save`, the one process that saves", f"{found.saving:.3f} s", "measured: the same, all run before, it alone"],
        ["`run`, workers and kernels", f"{found.running:.3f} s of CPU", profile],
        [
            "`pass`, scheduler and client, for one notebook",
            f"{1000 * found.passing:.1f} ms of CPU",
            "measured: a local Dask cluster",
        ],
        ["sent to a worker", size(found.sent), "measured: repaired notebooks"],
        ["sent back", size(found.returned), "measured: marked notebooks, as long as those kept"],
        ["handed in", size(found.submitted), disk],
        ["kept: run, marked notebook, page", f"{size(found.cache)} + {size(found.marked)} + {size(found.pages)}", disk],
        ["in the gradebook", size(found.gradebook), disk],
        ["price of a vCPU for an hour", f"${PRICE:g}", "assumption"],
        ["a vCPU beside a core measured", f"{CORE:g}", "assumption"],
        ["network between them", f"{NETWORK * 8 / 1e9:g} Gbit/s", "assumption"],
    ]
    where = f"{head['machine']['processor']}, {head['machine']['cores']} cores, {head['now']['date']}"
    busy = " The machine had other work as well, so that the times are rather too long." if was_busy(head) else ""
    listed = table(["for each submission", "", "where from"], rows)
    return f"## What goes in\n\n{listed}\n\nMeasured on {where}, by `{head['command']}`.{busy}"


def result(found: Measured) -> str:
    """How long, with how many workers, for how much."""
    rows = []
    best = max(1, round(enough(found)))
    for workers in sorted({*WORKERS, best}):
        seconds = duration(found, CLASS, workers)
        paid = seconds / 3600 * (workers + 1)
        idle = 1 - CLASS * found.running / CORE / workers / seconds
        rows.append([f"{workers}", hours(seconds), f"{max(0.0, idle):.0%}", f"{paid:,.0f}", f"${paid * PRICE:,.2f}"])
    header = ["workers", "takes", "workers idle", "vCPU hours", "costs"]
    needed = CLASS * (found.saving + found.passing + found.running / CORE) / 3600
    return (
        f"## How long and for how much\n\n{table(header, rows)}\n\n"
        f"One more vCPU saves. The work itself is {needed:,.0f} vCPU hours, ${needed * PRICE:,.2f}; what is paid "
        f"beyond that is idle. **More workers than {best} do not help**: then the one process that saves is never "
        f"idle, at {hours(CLASS * (found.saving + found.passing))} for the class."
    )


def fills(found: Measured) -> str:
    """What is full, and when."""
    network = CLASS * (found.sent + found.returned)
    busy = (found.sent + found.returned) / (found.saving + found.passing)
    disk = CLASS * (found.cache + found.marked + found.pages + found.submitted)
    gradebook = CLASS * found.gradebook
    rows = [
        [
            "1. the process that saves",
            f"{hours(CLASS * found.saving)} at least",
            f"from {enough(found):.1f} workers on",
        ],
        [
            "2. scheduler and client",
            f"{hours(CLASS * found.passing)} of CPU",
            f"{found.passing / (found.passing + found.saving):.1%} of the time of 1.",
        ],
        ["3. the network", f"{size(network)} to and fro", f"{busy / NETWORK:.1%} of it in use when 1. is never idle"],
        ["4. the disk", f"{size(disk)}", f"{size(disk / CLASS)} a submission"],
        ["5. the gradebook", size(gradebook), "one file; SQLite has one writer, and there is only one"],
    ]
    if found.memory is not None:
        slope, band = found.memory
        grown = max(0.0, slope + band) * CLASS
        told = "from the largest run, upper end of the 95% band"
        rows.append(["6. memory of all processes", f"{size(found.peak)} and {size(grown)} more at most", told])
    first = "process that saves" if busy < NETWORK else "network"
    why = "it lets stock nbgrader write each mark and page, one after the other"
    return (
        f"## What fills up first\n\n{table(['', f'{CLASS:,} submissions', ''], rows)}\n\n"
        f"**The {first} comes first.** The one process that saves can't be helped by more of them: {why}. "
        "Whoever wants it sooner splits the class by assignment or section into several courses, each with a gradebook "
        "and a process of its own, on the same workers. PostgreSQL as the gradebook takes the file away, but not the "
        "one who writes.\n\n"
        "Not in this: reading all of `submitted/` at the start, which happens once a run; students whose code runs "
        "into its limits, who take up to minutes each; and storage that is slower than a local disk."
    )


def formula(found: Measured) -> str:
    """For other numbers."""
    example = duration(found, CLASS, 8)
    return (
        "## Your own numbers\n\n"
        "With N submissions, W workers on a vCPU each, and a price P for a vCPU hour:\n\n"
        "```\n"
        "time  = max(N × (save + pass), N × run / W)     seconds\n"
        "W_max = run / (save + pass)                     more workers do not help\n"
        "cost  = time / 3600 × (W + 1) × P\n"
        "disk  = N × (handed in + kept) + N × in the gradebook\n"
        "```\n\n"
        f"With the numbers above and 8 workers: max({CLASS:,} × {found.saving + found.passing:.3f}, "
        f"{CLASS:,} × {found.running:.3f} / 8) = {number(example)} s, or {hours(example)}. Take `run` from a run of "
        "your own class: a lesson that trains a network needs more."
    )
