"""The report on birds against airplanes: every number in it comes from the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.birds_training import BATCH_SIZE, EPOCHS, LEARNING_RATE, WAYS
from benchmarks.report import facts, number, spread, table, times, was_busy, whole

Trial = dict[str, Any]
Runs = Mapping[str, Sequence[Trial]]  # by way

TARGET = 0.87
MILESTONES = (1, 2, 3, 5, 10, 20, 30, 50, 75, 100)


def report(head: Trial, trials: Sequence[Trial]) -> str:
    """The report as markdown, on what has been measured so far."""
    runs = {way: found for way in WAYS if (found := [t for t in trials if t["way"] == way])}
    parts = [opening(head)]
    if runs:
        parts += [totals(head, runs), by_epoch(runs), to_target(runs)]
    return "\n\n".join(parts) + "\n"


# --- words ----------------------------------------------------------------------------------------------------------


def share(value: float) -> str:
    return f"{value:.4f}"


def count(n: int, what: str) -> str:
    """A number of things."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def settings(way: str) -> str:
    """A way in words."""
    told, recipe = WAYS[way].told, WAYS[way].recipe
    if recipe is None:
        return f"{told}: batches of {BATCH_SIZE}, SGD with a learning rate of {LEARNING_RATE:g}"
    rate = f"a learning rate {'up to' if recipe.one_cycle else 'of'} {recipe.learning_rate:g}"
    parts = [f"batches of {recipe.batch_size}", f"AdamW with {rate}{' in one cycle' if recipe.one_cycle else ''}"]
    parts += [f"weight decay {recipe.weight_decay:g}"] if recipe.weight_decay else []
    parts += [f"labels smoothed by {recipe.label_smoothing:g}"] if recipe.label_smoothing else []
    parts += ["half of the images mirrored"] if recipe.mirror else []
    parts += [f"moved by up to {count(recipe.shift, 'pixel')}"] if recipe.shift else []
    parts += [f"{recipe.erase}×{recipe.erase} pixels erased"] if recipe.erase else []
    return f"{told}: {', '.join(parts)}"


def weights(way: str) -> int:
    """The parameters of the network that a way trains."""
    return sum(parameter.numel() for parameter in WAYS[way].make().parameters())


def pictures(head: Trial) -> str:
    """Which pictures were used, in a sentence."""
    source, train, test = (head["pictures"][key] for key in ("source", "train", "test"))
    if source == "drawn":
        return (
            f"**There were no photographs: {train:,} pictures drawn by code were learned, and {test:,} held out. They "
            "are there to try things out with; these accuracies, and how soon they come, mean little.**"
        )
    where = "from a folder of images by class" if source == "folder" else "of CIFAR-10"
    return f"{train:,} real photographs {where} were learned, and {test:,} held out."


# --- the parts ------------------------------------------------------------------------------------------------------


def opening(head: Trial) -> str:
    """What was measured, with what."""
    busy = (
        "\n\nThe machine was busy with other work when the run began: the times are too long, and say less about one "
        "another than on a quiet machine."
        if was_busy(head)
        else ""
    )
    quick = "\n\n**This is a trial run of a few epochs. Its numbers mean nothing.**" if head["quick"] else ""
    return (
        "# Birds against airplanes, epoch by epoch\n\n"
        "This page is written by `make bench`. The lecture's loop is trained as students copy it: a `DataLoader` over "
        "a list of tuples, each batch moved to the device, plain SGD, and the lecture's `validate`, which never "
        "switches to eval mode (its network has no layer that would mind). The other ways are trained by "
        "`convcourse.training`. All see the same pictures, each channel standardised by those that are learned. The "
        "ways take turns, in pairs, every other one in the opposite order; each training is a process of its own, and "
        f"all of one pair begin with the same seed.{quick}\n\n{pictures(head)}\n\n{facts(head)}{busy}"
    )


def totals(head: Trial, runs: Runs) -> str:
    """The ways: how large, how long, how good; and what that says."""
    rows = []
    for way, trials in runs.items():
        row = [settings(way), f"{weights(way):,}", str(len(trials))]
        row.append(spread_of_counts([len(t["accuracies"]) for t in trials]))
        row.append(spread([t["seconds"][-1] / len(t["seconds"]) for t in trials], number))
        row += [spread([t[key] for t in trials], number) for key in ("validation_seconds", "process_seconds")]
        row += [spread([choose(t["accuracies"]) for t in trials], share) for choose in (max, last)]
        rows.append([*row, spread([t["accuracy_on_learned"] for t in trials], share)])
    header = ["", "weights", "runs", "epochs", "s an epoch", "s to validate", "s in all"]
    header += ["best accuracy", "last accuracy", "on what was learned"]
    asked = head["epochs"] < EPOCHS and not head["quick"]
    shorter = f" The lecture trains for {EPOCHS} epochs; here it was asked for {head['epochs']}." if asked else ""
    fewer = (
        " Not all ways were run equally often, as some take long; they are compared where both were run."
        if len({len(trials) for trials in runs.values()}) > 1
        else ""
    )
    return (
        f"## The ways\n\n{table(header, rows)}\n\n"
        "Medians, and in brackets the smallest and the largest. *An epoch* is its steps alone; *to validate* is to "
        "count the right answers once, on all pictures, learned and held out; *in all* is the whole process, from "
        "starting Python to its end, with imports, reading the pictures, and counting the right answers on those held "
        "out after every epoch. Accuracies are on these. The *last* is what a training gives; the *best* is picked by "
        f"them, and so flatters a little.{shorter}{fewer}"
        + "".join(f"\n\n{verdict(way, runs)}" for way in runs if way != "lecture" and "lecture" in runs)
    )


def last(values: Sequence[float]) -> float:
    return values[-1]


def spread_of_counts(values: Sequence[int]) -> str:
    """A number that is mostly the same."""
    return whole(values[0]) if len(set(values)) == 1 else spread(values, whole)


def verdict(way: str, runs: Runs) -> str:
    """How a way does against the lecture's loop, pair by pair."""
    lecture = {t["pair"]: t for t in runs["lecture"]}
    both = [(lecture[t["pair"]], t) for t in runs[way] if t["pair"] in lecture]
    if not both:
        return f"“{WAYS[way].told}” and the lecture's loop have no pair in common yet."
    gains = [100 * (ours["accuracies"][-1] - theirs["accuracies"][-1]) for theirs, ours in both]
    ratios = [theirs["process_seconds"] / ours["process_seconds"] for theirs, ours in both]
    per_epoch = [
        theirs["seconds"][-1] / len(theirs["seconds"]) / (ours["seconds"][-1] / len(ours["seconds"]))
        for theirs, ours in both
    ]
    range_of = f" (from {signed(min(gains))} to {signed(max(gains))} over {len(both)} pairs)" if len(both) > 1 else ""
    return (
        f"Against the lecture's loop, “{WAYS[way].told}” ends {points(median(gains))}{range_of}. An epoch goes "
        f"{spread(per_epoch, times)} as fast, and the whole process {spread(ratios, times)}."
    )


def signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def points(value: float) -> str:
    """A difference of accuracies in words."""
    return f"{abs(value):.1f} percentage points {'higher' if value >= 0 else 'lower'}"


def by_epoch(runs: Runs) -> str:
    """The accuracies after some of the epochs."""
    longest = max(len(t["accuracies"]) for trials in runs.values() for t in trials)
    rows = []
    for epoch in (epoch for epoch in MILESTONES if epoch <= longest):
        there = [
            [t["accuracies"][epoch - 1] for t in trials if len(t["accuracies"]) >= epoch] for trials in runs.values()
        ]
        rows.append([str(epoch), *(spread(values, share) for values in there)])
    return (
        "## Accuracy by epoch\n\n"
        f"{table(['after epoch', *(WAYS[way].told for way in runs)], rows)}\n\n"
        "On the pictures held out; medians, and in brackets the smallest and the largest; – where a way has ended."
    )


def to_target(runs: Runs) -> str:
    """When each way first reaches the target."""
    rows = []
    for way, trials in runs.items():
        first = [next((n for n, share in enumerate(t["accuracies"]) if share >= TARGET), None) for t in trials]
        there = [(n, t) for n, t in zip(first, trials, strict=True) if n is not None]
        row = [WAYS[way].told, f"{len(there)} of {len(trials)}", spread([n + 1 for n, _ in there], whole)]
        rows.append([*row, spread([t["seconds"][n] for n, t in there], number)])
    header = ["", "reached by", "first in epoch", "s of training until then"]
    return (
        f"## How soon {TARGET}\n\n{table(header, rows)}\n\n"
        f"The first epoch after which at least {TARGET} of the pictures held out are told rightly; the seconds are "
        "those of the steps."
    )
