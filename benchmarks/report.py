"""The report on a run of the benchmark: every number in it comes from the trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.training import LECTURE, TUNED, ladder, ways

Trial = dict[str, Any]

AIM = 5.0  # times sooner
NAMES = {"mlp": "MLP", "cnn": "CNN"}


def report(head: Trial, trials: Sequence[Trial]) -> str:
    """The report as markdown, on what has been measured so far."""
    parts = [opening(head)]
    reached = {network: [t for t in trials if (t["kind"], t["network"]) == ("reach", network)] for network in LECTURE}
    climbed = {network: [t for t in trials if (t["kind"], t["network"]) == ("ladder", network)] for network in LECTURE}
    parts += [to_target(network, head, found) for network, found in reached.items() if found]
    parts += [steps(network, found, reached[network]) for network, found in climbed.items() if found]
    return "\n\n".join(parts) + "\n"


# --- words and tables -----------------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in markdown, its first column to the left and the others to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def spread(values: Sequence[float], form: Callable[[float], str]) -> str:
    """The median of some values, and where there are several their smallest and largest."""
    if not values:
        return "–"
    if len(values) == 1:
        return form(values[0])
    return f"{form(median(values))} ({form(min(values))}–{form(max(values))})"


def number(value: float) -> str:
    """A number with about three digits, never as a power of ten."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def whole(value: float) -> str:
    """A count; a median of counts may lie half-way between two."""
    return f"{value:g}"


def times(value: float) -> str:
    return f"{value:.2f}×" if value < 10 else f"{value:.1f}×"


def facts(head: Trial) -> str:
    """A table of what was measured with."""
    told = {**head["now"], **head["machine"], "command": f"`{head['command']}`"}
    return table(["", ""], [[name, value] for name, value in told.items()])


def was_busy(head: Trial) -> bool:
    """Whether the machine had other work when the run began."""
    return float(head["now"]["load average at the start"]) > int(head["machine"]["cores"]) / 4


def opening(head: Trial) -> str:
    """What was measured, with what."""
    busy = (
        "\n\nThe machine was busy with other work when the run began: absolute times are too long, and the ratios, "
        "which are taken pair by pair, less certain than on a quiet machine."
        if was_busy(head)
        else ""
    )
    quick = (
        "\n\n**This is a trial run on the course's small sample with a low target. Its numbers mean nothing.**"
        if head["quick"]
        else ""
    )
    return (
        "# How much sooner the tuned training gets there\n\n"
        "This page is written by `make bench`. The lecture's loop is trained as students copy it: one item at a time "
        "through `__getitem__`, each moved to the device by itself, in shuffled batches of 32, with plain Adam in "
        "float32, and with the accuracy of each batch taken after its step. The tuned training is that of "
        "`convcourse.training`. Both count the accuracy on all test images after each epoch and stop at the first that "
        f"reaches the target. Each trial is a process of its own.{quick}\n\n{facts(head)}{busy}"
    )


# --- to the target --------------------------------------------------------------------------------------------------


def weights(way: str, network: str) -> int:
    """The parameters of the network that a way trains."""
    make = LECTURE[network] if way == "lecture" else TUNED[network][way].make
    return sum(parameter.numel() for parameter in make().parameters())


def settings(way: str, network: str) -> str:
    """A way in words."""
    if way == "lecture":
        return "the lecture's loop"
    tuned = TUNED[network][way]
    return f"{tuned.told}: batches of {tuned.recipe.batch_size}, at most {tuned.recipe.epochs} epochs"


def ratios(trials: Sequence[Trial], way: str, key: str) -> list[float]:
    """The lecture's seconds over those of another way, for each pair in which both reached the target."""
    found = {(t["way"], t["pair"]): t[key] for t in trials if t["reached"]}
    pairs = sorted({t["pair"] for t in trials})
    return [
        found["lecture", pair] / found[way, pair] for pair in pairs if {("lecture", pair), (way, pair)} <= found.keys()
    ]


def to_target(network: str, head: Trial, trials: Sequence[Trial]) -> str:
    """Seconds to the target: a table of the ways, one of the pairs, and what they say."""
    target = head["targets"][network]
    rows, sentences = [], []
    for way in ways(network):
        mine = [t for t in trials if t["way"] == way]
        done = [t for t in mine if t["reached"]]
        row = [settings(way, network), f"{weights(way, network):,}", f"{len(done)} of {len(mine)}"]
        row.append(spread([t["reached"] for t in done], whole))
        row += [spread([t[key] for t in done], number) for key in ("training_seconds", "process_seconds")]
        if way == "lecture":
            rows.append([*row, "1", "1"])
            continue
        in_training, in_process = (ratios(trials, way, key) for key in ("training_seconds", "process_seconds"))
        rows.append([*row, spread(in_training, times), spread(in_process, times)])
        if in_process:
            sentences.append(verdict(way, network, in_training, in_process, done))
        left_out = len({t["pair"] for t in mine}) - len(in_process)
        if left_out:
            sentences.append(
                f"Left out of the ratios of “{way}”: {left_out} pair{'s' if left_out > 1 else ''} in which not both "
                "have been run or have reached the target."
            )
    header = ["", "weights", "reached by", "epochs", "s of training", "s of the process", "training", "process"]
    return (
        f"## {NAMES[network]}: to an accuracy of {target}\n\n"
        f"{table(header, rows)}\n\n"
        "Medians, and in brackets the smallest and the largest; the last two columns are how many times sooner than "
        "the lecture's loop, taken within each pair. *Training* is the steps alone; the *process* is all from starting "
        "Python to its end, with imports, reading the data and testing.\n\n"
        + "\n\n".join(sentences)
        + f"\n\n{pairs_table(network, trials)}"
    )


def verdict(
    way: str, network: str, in_training: Sequence[float], in_process: Sequence[float], done: Sequence[Trial]
) -> str:
    """What the ratios say, in plain words."""
    middle = median(in_process)
    aim = f"The aim of {AIM:g} times is {'met' if middle >= AIM else 'not met'}"
    if middle >= AIM:
        below = sum(ratio < AIM for ratio in in_process)
        aim += f", though not in {below} of {len(in_process)} pairs" if below else " in every pair"
    rest = median(t["process_seconds"] - t["training_seconds"] for t in done)
    share = median((t["process_seconds"] - t["training_seconds"]) / t["process_seconds"] for t in done)
    name = NAMES[network] + (" with its tuned training" if way == "tuned" else " replaced by the smaller network")
    over = f"over {len(in_process)} pair{'s' if len(in_process) > 1 else ''}"
    return (
        f"The {name} is there {middle:.1f} times sooner as a whole process (from {min(in_process):.1f} to "
        f"{max(in_process):.1f} {over}), and {median(in_training):.1f} times sooner in training alone. {aim}. "
        f"Of the tuned process {rest:.1f} s, or {share:.0%}, are no training: Python's start, imports, reading the "
        "data, preparing it and testing, a floor that no faster step gets under."
    )


def pairs_table(network: str, trials: Sequence[Trial]) -> str:
    """Every trial: epochs, accuracy at the end, and seconds."""
    rows = []
    for pair in sorted({t["pair"] for t in trials}):
        row = [str(pair)]
        for way in ways(network):
            found = [t for t in trials if (t["way"], t["pair"]) == (way, pair)]
            row += (
                [
                    f"{len(found[0]['accuracies'])}, {found[0]['accuracies'][-1]:.4f}"
                    + ("" if found[0]["reached"] else " (not reached)"),
                    number(found[0]["process_seconds"]),
                ]
                if found
                else ["–", "–"]
            )
        rows.append(row)
    header = [part for way in ways(network) for part in (f"{way}: epochs, accuracy", "s of the process")]
    return table(["pair", *header], rows)


# --- step by step ---------------------------------------------------------------------------------------------------


def steps(network: str, trials: Sequence[Trial], reached: Sequence[Trial]) -> str:
    """The ladder: what an epoch takes at each step, the factor of each, and its share of the gain."""
    names = ladder(network)
    scale = {t["pair"]: t["all_images"] / t["images"] for t in trials}
    epoch = {name: [t["seconds"][name] * scale[t["pair"]] for t in trials] for name in trials[0]["seconds"]}
    # Ratios of medians, so that the factors multiply to the whole; the spread is that of the single rounds.
    gains = [("", 1.0, [1.0])]
    for before, after in pairwise(names):
        single = [a / b for a, b in zip(epoch[before], epoch[after], strict=True)]
        gains.append((after, median(epoch[before]) / median(epoch[after]), single))
    per_epoch = math.prod(factor for _, factor, _ in gains)
    needed = {way: [t["reached"] for t in reached if t["way"] == way and t["reached"]] for way in ways(network)}
    fewer = median(needed["lecture"]) / median(needed["tuned"]) if needed["lecture"] and needed["tuned"] else None
    total = per_epoch * (fewer or 1.0)

    def share(factor: float) -> str:
        return f"{math.log(factor) / math.log(total):.0%}".replace("-", "−") if total > 1 else "–"

    rows = [[names[0], spread(epoch[names[0]], number), "1", "–"]]
    for name, factor, single in gains[1:]:
        told = f"{times(factor)} ({times(min(single))}–{times(max(single))})"
        rows.append([name, spread(epoch[name], number), told, share(factor)])
    if fewer is not None:
        counts = f"{whole(median(needed['lecture']))} → {whole(median(needed['tuned']))} epochs"
        rows.append([f"fewer epochs to the target: {counts}", "", times(fewer), share(fewer)])
    rows.append(["**all together**", "", f"**{times(total)}**", "100%" if total > 1 else "–"])
    first, rounds = trials[0], len(trials)
    return (
        f"## {NAMES[network]}: step by step\n\n"
        f"{table(['each step adds to those above', 's an epoch', 'factor', 'share of the gain'], rows)}\n\n"
        f"Medians of {rounds} round{'s' if rounds > 1 else ''} (smallest–largest), measured on {first['images']:,} "
        f"images and given for {first['all_images']:,}. A factor is the ratio of the medians, so that all factors "
        "multiply to the last line; in brackets its spread over single rounds. Shares are those of the logarithm, as "
        "factors multiply. Below 1×, a step costs more than it gains. The schedule's own use is that fewer epochs are "
        "needed, together with larger batches, a higher learning rate and standardised images."
        + without_accuracy(gains, total)
        + other_networks(network, epoch, needed)
    )


def without_accuracy(gains: Sequence[tuple[str, float, Sequence[float]]], total: float) -> str:
    """What remains of the gain for who never takes the accuracy of each batch."""
    return (
        f" Who leaves out the accuracy of each batch from the start gains {total / gains[1][1]:.1f} times by the rest."
    )


def other_networks(network: str, epoch: dict[str, list[float]], needed: dict[str, list[int]]) -> str:
    """What an epoch takes with another network, and how many it needs."""
    told = ""
    for way in (way for way in TUNED[network] if way != "tuned"):
        told += (
            f"\n\nThe smaller network ({weights(way, network):,} weights) takes {spread(epoch[way], number)} s an epoch"
        )
        told += f", and needs {spread(needed[way], whole)} epochs." if needed[way] else "."
    return told
