"""The report on marking a class: every number in it comes from the trials."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median
from typing import Any

from benchmarks import grading_numbers as numbers
from benchmarks.grading_class import BLANK, LEFT_OUT, LESSON, RAISES
from benchmarks.grading_times import IN_KERNEL, WORKER, WRITER, order
from benchmarks.grading_ways import JOBS, WAYS
from benchmarks.report import facts, number, spread, table, times, was_busy

Trial = dict[str, Any]

FASTER = 10  # times; the aims
BEYOND = 0.6  # processor seconds a submission
MEMORY = 2.5e9  # bytes
WINDOW = 50  # submissions
COMPARED = ("stock", "otter", "ours", "marks")


def report(head: Trial, trials: Sequence[Trial]) -> str:
    """The report as markdown, on what has been measured so far."""
    parts = [opening(head)]
    if numbers.of(trials, "stock"):
        counts = sorted({t["count"] for t in numbers.of(trials, "ours")})
        parts += [compared(trials, count) for count in counts if count <= head["class_of"]]
        parts.append(verdicts(head, trials))
    parts += [part for part in (growing(trials), spent(trials), kept(trials)) if part]
    return "\n\n".join(parts) + "\n"


def megabytes(value: float) -> str:
    return f"{value / 1e6:,.0f}"


def signed(value: float) -> str:
    """A number with its sign, to three digits that say something."""
    return f"{value:+.3g}".replace("-", "−")


def plural(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# --- the parts ------------------------------------------------------------------------------------------------------


def opening(head: Trial) -> str:
    """What was measured, with what."""
    busy = (
        "\n\nThe machine was busy with other work when the run began: absolute times are too long, and the ratios, "
        "which are taken pair by pair, less certain than on a quiet machine."
        if was_busy(head)
        else ""
    )
    quick = (
        "\n\n**This is a trial run on a handful of submissions. Its numbers mean nothing.**" if head["quick"] else ""
    )
    otter = f"\n\notter-grader could not be measured: {head['otter']}" if head["otter"] else ""
    tools = ", ".join(f"{name} {version}" for name, version in head["tools"].items())
    return (
        "# What marking a class costs\n\n"
        f"This page is written by `make bench`. A class that is drawn by a seed hands in {LESSON}: right and wrong "
        f"answers of the catalogue, {LEFT_OUT:.0%} left out, {RAISES:.0%} that raise, {BLANK:.0%} of the notebooks "
        "blank, most with the outputs that the student saw. Nobody cheats and nothing runs for ever.\n\n"
        "- *Stock* is `nbgrader autograde` with its default settings and steps, and nothing of ours in its process; "
        "the checks mark themselves in the kernel. The assignment is in the gradebook already.\n"
        "- *otter-grader* is its own `grade_submission`, all submissions in one process, without a container, with a "
        "test made of each check. It knows no part of a check's points.\n"
        f"- *Ours* is `autograder grade --jobs {JOBS}`: repair, sandbox, judge, gradebook, feedback pages and tables, "
        "from an empty gradebook. *Only the marks* is the same without feedback pages, which stock's command does not "
        "write either.\n\n"
        f"All take turns in one run, every other pair in the opposite order. Measured with {tools}. Processor time is "
        "that of user and system of all processes that descend from the command; memory is the largest sum of PSS over "
        f"them at one time, taken every three seconds.{quick}{otter}\n\n{facts(head)}{busy}"
    )


def compared(trials: Sequence[Trial], count: int) -> str:
    """A class of one size: the ways side by side."""
    rows, told = [], []
    for way in COMPARED:
        mine = numbers.of(trials, way) if way in numbers.BEGINS else numbers.of(trials, way, count)
        if not mine:
            continue
        costs = [numbers.cost(t, count) for t in mine]
        row = [WAYS[way].told, spread([seconds for seconds, _ in costs], number)]
        row.append(spread([cpu / count for _, cpu in costs], number))
        row.append(spread([t["memory"] for t in mine], megabytes))
        for which in (0, 1):
            row.append("1" if way == "stock" else spread(numbers.ratios(trials, way, count, which), times))
        rows.append(row)
        if way in numbers.BEGINS and any(t["count"] != count for t in mine):
            start, each = (
                spread([getattr(numbers.rates(t)[0], what) for t in mine], number) for what in ("start", "each")
            )
            told.append(
                f"{WAYS[way].told} marked {' + '.join(str(t['count']) for t in mine)} submissions, drawn at random, in "
                f"{plural(len(mine), 'block')} spread over the run: {start} s to start and {each} s for each; its "
                f"times for {count} follow from these."
            )
    header = ["", "s for the class", "s of CPU a submission", "MB at most", "time", "CPU"]
    return (
        f"## {count} submissions\n\n{table(header, rows)}\n\n"
        "Medians, and in brackets the smallest and the largest; the last two columns are what stock needs over what "
        f"this needs, taken within each pair. {' '.join(text[0].upper() + text[1:] for text in told)}"
    ).rstrip()


def verdicts(head: Trial, trials: Sequence[Trial]) -> str:
    """What was aimed at, and whether it is met."""
    count = head["class_of"]
    lines = []
    for way in ("ours", "marks"):
        if found := numbers.ratios(trials, way, count, 0):
            met = _met(min(found) >= FASTER, median(found) >= FASTER)
            lines.append(
                f"- Time: {WAYS[way].told}, {count} submissions take 1/{median(found):.1f} of stock's time "
                f"(1/{min(found):.1f} to 1/{max(found):.1f}); aimed at: at most 1/{FASTER}. {met}"
            )
    if found := numbers.beyond(trials, count):
        cells = [mean(t["cells"]) for t in numbers.of(trials, "cells")]
        met = _met(max(found) <= BEYOND, median(found) <= BEYOND)
        lines.append(
            f"- Processor time beyond what students' cells need: {spread(found, number)} s a submission, pages "
            f"included; aimed at: at most {BEYOND:g} s. {met} The cells alone need {spread(cells, number)} s, in bare "
            f"forked kernels, without the calls of students' functions by the checks."
        )
    if ours := numbers.of(trials, "ours"):
        most = max(ours, key=lambda t: t["memory"])
        met = _met(most["memory"] <= MEMORY, most["memory"] <= MEMORY)
        guessed = max(t["guessed"] for t in ours)
        lines.append(
            f"- Memory of all {plural(most['processes'], 'process')[:-1] + 'es'} together: at most "
            f"{megabytes(most['memory'])} MB; aimed at: at most {megabytes(MEMORY)} MB. {met}"
            + (f" (Of {guessed} processes only their own part could be told.)" if guessed else "")
        )
    both, same = numbers.agreement(trials, count)
    if both:
        lines.append(f"- Marks: of {both} submissions marked by stock and by us, {same} got the same marks.")
    return "## What was aimed at\n\n" + "\n".join(lines)


def _met(always: bool, mostly: bool) -> str:
    return "Met in every run." if always else "Met by the median, not in every run." if mostly else "**Not met.**"


def growing(trials: Sequence[Trial]) -> str:
    """What a submission costs in classes of different sizes, and within the largest."""
    ours = numbers.of(trials, "ours")
    counts = sorted({t["count"] for t in ours})
    if len(counts) < 2:
        return ""
    rows = []
    for count in counts:
        mine = numbers.of(trials, "ours", count)
        row = [f"{count:,}", str(len(mine)), spread([t["seconds"] / count for t in mine], number)]
        row.append(spread([t["cpu"] / count for t in mine], number))
        rows.append([*row, spread([t["memory"] for t in mine], megabytes)])
    header = ["submissions", "runs", "s a submission", "s of CPU a submission", "MB at most"]
    text = f"## Growth\n\n{table(header, rows)}\n\nOurs, with feedback pages; what starts once is in it."
    largest = numbers.of(trials, "ours", counts[-1])[0]
    found = numbers.growth(largest, WINDOW)
    if found is None:
        return text
    rows = []
    for what, unit, slope, form in zip(
        ("time a submission", "CPU a submission", "memory of all processes"),
        ("s", "s", "MB"),
        found,
        (number, number, megabytes),
        strict=True,
    ):
        scale = 1e-6 if unit == "MB" else 1
        share = 1000 * slope.slope / slope.middle
        rows.append(
            [
                f"{what}, {unit}",
                form(slope.middle),
                f"{signed(1000 * slope.slope * scale)} ± {1000 * slope.band * scale:.3g}",
                f"{share:+.1%}".replace("-", "−"),
                "yes" if slope.grows else "no",
            ]
        )
    header = ["", "mean", "more for each 1,000 done", "of the mean", "grows"]
    return (
        f"{text}\n\nWithin the run of {counts[-1]:,}, in windows of {WINDOW} submissions after the first, the line of "
        f"least squares with its 95% band:\n\n{table(header, rows)}\n\n*Grows* is yes where all of the band lies above "
        "nothing."
    )


def spent(trials: Sequence[Trial]) -> str:
    """Where the time goes."""
    runs = numbers.of(trials, "clocks")
    if not runs:
        return ""
    count = sum(t["count"] for t in runs)
    rows = []
    for who, told in ((WRITER, "the process that saves"), (WORKER, "the processes that mark")):
        found = numbers.clocks(trials, who)
        for name in order(list(found)):
            seconds, cpu, calls = found[name]
            wall = "" if name == IN_KERNEL or name == "starting Python and importing" else f"{seconds:.3f}"
            rows.append([f"{told}: {name}", wall, f"{cpu:.3f}", f"{calls:.1f}"])
    counted = sum(cpu for who in (WRITER, WORKER) for _, cpu, _ in numbers.clocks(trials, who).values())
    total = sum(t["cpu"] for t in runs) / count
    rows.append(["all else: imports, fork servers, bubblewrap", "", f"{total - counted:.3f}", ""])
    header = ["for each submission", "s", "s of CPU", "calls"]
    return (
        f"## Where the time goes\n\n{table(header, rows)}\n\n"
        f"Means over {plural(count, 'submission')} in {plural(len(runs), 'run')} with clocks around these functions, "
        "each without what it spends in another of them. A process that marks waits in *questions* and *cells* for the "
        "kernel, whose processor time is that *inside the kernel*. What starts once weighs more here than in a large "
        f"class. With all notebooks run before and nothing else to do, saving takes "
        f"{spread([t['saving']['seconds'] for t in runs], number)} s a submission."
    )


def kept(trials: Sequence[Trial]) -> str:
    """What a submission leaves on the disk."""
    runs = numbers.of(trials, "ours")
    if not runs:
        return ""
    largest = max(runs, key=lambda t: t["count"])
    names = {
        "submitted": "handed in",
        "sent": "sent to whoever marks",
        "cache": "kept of the run (compressed)",
        "autograded": "marked notebook",
        "feedback": "feedback page",
        "gradebook": "gradebook",
    }
    rows = [[told, f"{largest['bytes'][name] / largest['count'] / 1000:,.1f}"] for name, told in names.items()]
    return f"## On the disk\n\n{table(['kB a submission', ''], rows)}\n\nMeans over {largest['count']:,} submissions."
