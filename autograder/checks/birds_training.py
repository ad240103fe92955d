"""Checks of notebook 05 on training: the loop over the epochs, validation, and weights that are kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autograder.checks.birds import explained, mistakes_about
from autograder.checks.cnn_gpu import (
    EPOCH_SLIPS,
    EVAL_MODE,
    REPORTS,
    WITH_GRAPH,
    device_case,
    epoch_task,
    trainer,
    weighted,
    went_elsewhere,
)
from autograder.checks.experiments import Observation
from autograder.checks.experiments.state_dicts import all_numbers, filed_network
from autograder.checks.fashion import Slip, flag, foretold, state_case, value_of
from autograder.checks.fmnist_mlp import (
    ALONG_BATCH,
    EVAL_FORGOTTEN,
    EVAL_LATE,
    FROZEN,
    GRADIENTS_CHANGED,
    GRADIENTS_ON,
    NO_DIM,
    NOT_ASKED,
    OFF_FOR_GOOD,
    TRAIN_CALLED,
    WEIGHTS_CHANGED,
    WRONG_TOTALS,
    Scored,
    share,
    was_asked,
)
from autograder.checks.layers import unseen
from autograder.checks.registry import register
from autograder.checks.slips import constant
from autograder.checks.student import Mistake, Student, agree
from autograder.checks.verdict import Case, Finding, Outcome

Array = NDArray[Any]
lesson = partial(register, notebook="05_birds_vs_airplanes")


# --- the loop over the epochs -----------------------------------------------------------------------------------


def loop(*trainers: Callable[..., Any], epochs: Callable[[int], int] = lambda n: n) -> Callable[..., Any]:
    """A `training_loop`: each epoch is one of the `trainers`, the last of them serving for all epochs that follow."""

    def training_loop(n_epochs: int, optimizer: Any, model: Any, loss_fn: Any, loader: Any, device: Any) -> Any:
        chosen = [trainers[min(k, len(trainers) - 1)] for k in range(epochs(n_epochs))]
        return [train(model, loader, optimizer, loss_fn, device) for train in chosen]

    return training_loop


def _first_batch_only(n_epochs: int, optimizer: Any, model: Any, loss_fn: Any, loader: Any, device: Any) -> Any:
    return trainer(batches=slice(1))(model, loader, optimizer, loss_fn, device)


EVAL_LATER = Slip(
    "eval-later",
    "Only the first epoch was in training mode. What comes between the epochs may leave the model in eval mode: call "
    "`model.train()` at the beginning of each.",
    loop(trainer(), trainer(training=False)),
)
LOOP_SLIPS = (
    *(
        Slip(slip.id, slip.text.replace("`opt.", "`optimizer."), loop(slip.function))
        for slip in EPOCH_SLIPS
        if slip.id not in ("two-epochs", "first-batch-only")  # here these are something else
    ),
    EVAL_LATER,
    Slip(
        "first-batch-only",
        "Only the very first batch was used. Does `return` stand inside both loops? It belongs after them.",
        _first_batch_only,
    ),
    Slip(
        "one-epoch",
        "There was one epoch only. Does `return` stand inside the loop over the epochs? Or is `n_epochs` not used?",
        loop(trainer(), epochs=lambda n: 1),
    ),
    Slip(
        "one-more",
        "There was one epoch too many: `range(n_epochs)` has just `n_epochs` numbers, from 0.",
        loop(trainer(), epochs=lambda n: n + 1),
    ),
    Slip(
        "one-less",
        "One epoch is missing: `range(1, n_epochs)` begins at 1 and ends before `n_epochs`.",
        loop(trainer(), epochs=lambda n: n - 1),
    ),
)
LISTS: Sequence[tuple[str, str, Callable[[Array, Array], Sequence[Any]]]] = (  # (losses (E, B), means (E,)) → answers
    (
        "last-epoch-only",
        "This is the last epoch's mean alone. A list with one for each epoch is asked for: `.append`.",
        lambda losses, means: (means[-1], means[-1:]),
    ),
    (
        "mean-of-epochs",
        "This is one mean over all epochs. A list is asked for, with the mean of each epoch.",
        lambda losses, means: (means.mean(), [means.mean()], means.sum()),
    ),
    (
        "not-reset",
        "The sum of the losses goes on from epoch to epoch. Set it back to 0 at the beginning of each.",
        lambda losses, means: (means.cumsum(),),
    ),
    (
        "running-mean",
        "Each entry is the mean since the very beginning. Set sum and count back to 0 at the beginning of each epoch.",
        lambda losses, means: (means.cumsum() / np.arange(1, len(means) + 1),),
    ),
    (
        "every-batch",
        "These are the losses of all batches. One number for each epoch is asked for, the mean over its images.",
        lambda losses, means: (losses.ravel(), losses),
    ),
)
OWN_OPTIMISER = (
    "own-optimiser",
    "The weights changed, but not by the optimiser that was handed in: use `optimizer`, and make no other.",
)
KEYS = {"steps": "training", "weights": "training", "loss": "losses"}


@lesson(
    "training-loop",
    exercise="7",
    title="The training loop",
    asks=("training_loop",),
    points={"training": 1.5, "losses": 1, "device": 0.5},
)
def training_loop(student: Student) -> Iterator[Case]:
    """`n_epochs` times every batch once, one step each, in training mode; back comes each epoch's mean loss."""
    for n_epochs, batch_size, whole, rest in ((3, 6, 2, 2), (2, 8, 1, 3)):
        arguments = epoch_task(student.random, batch_size, whole, rest) | {"n_epochs": n_epochs}
        sizes = ", ".join(str(n) for n in [batch_size] * whole) + f" and {rest} images"
        yield from _loop_cases(student, arguments, f"{n_epochs} epochs, batches of {sizes}")
    arguments = epoch_task(student.random, 4, 2, 2) | {"n_epochs": 2}
    observed = student.observes("devices_of_several_epochs", "training_loop", **arguments)
    for key in ("images", "labels"):
        yield device_case(observed, key)


def _loop_cases(student: Student, arguments: Mapping[str, Any], title: str) -> Iterator[Case]:
    titles = {
        "steps": f"{title}: steps of the optimiser",
        "weights": f"{title}: the weights afterwards",
        "loss": f"{title}: each epoch's mean loss",
    }
    observed = student.observes("several_epochs", "training_loop", **arguments)
    if observed.problem is not None:
        yield from unseen(observed, {titles[key]: part for key, part in KEYS.items()})
        return
    right = _measured(foretold("several_epochs", loop(trainer()), arguments))
    slips = [(slip.id, slip.text, _measured(_foreseen(slip, arguments))) for slip in LOOP_SLIPS]
    if went_elsewhere(observed, foretold("several_epochs", loop(trainer(step="never")), arguments)):
        slips.insert(0, (*OWN_OPTIMISER, _measured(observed)))
    for key, part in KEYS.items():
        listed: list[tuple[str, str, Sequence[Any]]] = [
            (identity, text, _ways(key, seen[key])) for identity, text, seen in slips if key in seen
        ]
        if key == "loss":
            listed += _list_slips(arguments)
        mistakes = mistakes_about(observed, key, listed)
        yield student.shows(observed, key, right[key], mistakes=mistakes, part=part, title=titles[key])
    yield student.shows(
        observed,
        "modes",
        "train",
        mistakes=[
            Mistake(EVAL_MODE.id, EVAL_MODE.text, constant("eval")),
            Mistake(EVAL_LATER.id, EVAL_LATER.text, constant("both")),
        ],
        part="training",
        title=f"{title}: the mode of the network",
    )
    graph = flag(observed, "with_graph")
    fault = (graph, "tensors with their graph", WITH_GRAPH)
    yield state_case(observed, f"{title}: what the list holds", "losses", "numbers", (fault,))


def _foreseen(slip: Slip, arguments: Mapping[str, object]) -> Observation:
    return foretold("several_epochs", slip.function, arguments)


def _measured(observed: Observation) -> dict[str, Array]:
    """What training led to, as far as it is numbers."""
    return {key: value for key in KEYS if isinstance(value := observed.values.get(key), np.ndarray)}


def _ways(key: str, value: Array) -> Sequence[Array]:
    """A single loss may come with or without its list."""
    return (value, value.reshape(()), value.reshape(1)) if key == "loss" and value.size == 1 else (value,)


def _list_slips(arguments: Mapping[str, Any]) -> list[tuple[str, str, Sequence[Any]]]:
    """What training that is right may report in place of each epoch's mean."""
    every = loop(trainer(report=lambda losses, sizes: losses))
    losses = value_of(foretold("several_epochs", every, arguments), "loss")
    n, size = len(arguments["x"]), arguments["batch_size"]
    sizes = np.diff([*range(0, n, size), n])
    means = np.array([weighted(epoch, sizes) for epoch in losses])
    return [
        *(
            (identity, text, ([of(epoch, sizes) for epoch in losses],))
            for identity, text, of in REPORTS
            if identity != "list-of-losses"
        ),
        *((identity, text, of(losses, means)) for identity, text, of in LISTS),
    ]


# --- validation -------------------------------------------------------------------------------------------------

CLASSES, BATCH = 3, 5  # of different numbers, so that what takes the wrong axis stops with an error
SIZES = ((15, 10), (13, 17), (11, 8))  # images for training and validation: equal batches, then a short last one
DIM_0 = Finding("argmax-dim-0", ALONG_BATCH)
RETURNED_NOTHING = Finding(
    "returned-nothing",
    '`validate` returned nothing (`None`). Printing is not enough: `return {"train": …, "val": …}`.',
)
NO_DICTIONARY = Finding(
    "not-a-dictionary",
    'A dictionary is asked for, {"train": …, "val": …}, so that nobody has to remember which share comes first.',
)
NOT_BOTH = Finding("not-both", 'One of the two shares is missing: both sets are asked for, as "train" and "val".')


def _argmax_no_dim(scores: Array, y: Array, size: int) -> float:
    right = [scores[i : i + size].argmax() == y[i : i + size] for i in range(0, len(y), size)]
    return float(np.concatenate(right).mean())


SHARE_SLIPS = (
    *(mistake for mistake in WRONG_TOTALS if mistake.id not in ("argmax-dim-0", "first-batch-only")),
    Mistake("argmax-no-dim", NO_DIM, _argmax_no_dim),
)


@lesson(
    "validate",
    exercise="8",
    title="Validate",
    asks=("validate",),
    points={"train": 1, "val": 1, "unchanged": 0.5, "device": 0.5},
)
def validate(student: Student) -> Iterator[Case]:
    """`{"train": …, "val": …}`: the share of each set that is classified rightly, in eval mode, nothing changed."""
    for train, val in _sets(student.random):
        yield from _share_cases(student, train, val)
    for training in (True, False):
        yield from _state_cases(student, training)
    task = epoch_task(student.random, 4, 2, 2)
    del task["rate"]
    observed = student.observes("devices_in_validating", "validate", **task)
    for key in ("images", "labels"):
        yield device_case(observed, key)


def _scored(random: np.random.Generator, n: int) -> Scored:
    """Scores and labels of n images: each row has 0, 1, … in an order of its own, and a good part is right."""
    scores = np.stack([random.permutation(CLASSES) for _ in range(n)])
    y = scores.argmax(axis=1)
    wrong = random.permutation(n)[: int(random.integers(n // 4, n // 2 + 1))]
    y[wrong] = (y[wrong] + random.integers(1, CLASSES, len(wrong))) % CLASSES
    return scores.astype(np.float32), y, BATCH


def _sets(random: np.random.Generator) -> list[tuple[Scored, Scored]]:
    """Training and validation sets that tell every slip from the truth, and from the others."""
    drawn: list[tuple[Scored, Scored]] = []
    for _ in range(300):  # far more than it takes
        drawn = [(_scored(random, n), _scored(random, m)) for n, m in SIZES]
        truth = {"": [(share(*train), share(*val)) for train, val in drawn]}
        pairs = truth | {
            identity: [(_one(of_train), _one(of_val)) for of_train, of_val in led]
            for identity, led in _led_to(drawn).items()
        }
        told = len({tuple(np.round(pair, 3).ravel()) for pair in pairs.values()}) == len(pairs)
        if told and all(abs(train - val) > 0.01 for train, val in truth[""]):
            break
    return drawn


def _one(answer: Any) -> float:
    return float(np.asarray(answer))


def _led_to(drawn: Sequence[tuple[Scored, Scored]]) -> dict[str, list[tuple[Any, Any]]]:
    """What each slip leads to, for each pair of sets."""
    slips = {
        mistake.id: [(mistake.answer(*train), mistake.answer(*val)) for train, val in drawn] for mistake in SHARE_SLIPS
    }
    return slips | {
        identity: [answers(share(*train), share(*val), len(train[1]), len(val[1])) for train, val in drawn]
        for identity, _, answers in LOADER_SLIPS
    }


LOADER_SLIPS: Sequence[tuple[str, str, Callable[[float, float, int, int], tuple[float, float]]]] = (
    (
        "train-twice",
        'This is the share of the training images again: "val" wants a loop over `val_loader`.',
        lambda train, val, n, m: (train, train),
    ),
    (
        "val-twice",
        'This is the share of the validation images: "train" wants a loop over `train_loader`.',
        lambda train, val, n, m: (val, val),
    ),
    ("swapped", "The two shares are swapped.", lambda train, val, n, m: (val, train)),
    (
        "not-reset",
        "You go on counting from the training to the validation images. Set both counts back to 0 in between.",
        lambda train, val, n, m: (train, (train * n + val * m) / (n + m)),
    ),
)


def _share_cases(student: Student, train: Scored, val: Scored) -> Iterator[Case]:
    (train_x, train_y, _), (val_x, val_y, _) = train, val
    observed = student.observes(
        "validating",
        "validate",
        kind="copy",
        sizes=(CLASSES,) * 3,
        seed=0,
        training=False,
        train_x=train_x,
        train_y=train_y,
        val_x=val_x,
        val_y=val_y,
        batch_size=BATCH,
    )
    observed = explained(observed, "RuntimeError", "must match the size", DIM_0)
    right = {"train": share(*train), "val": share(*val)}
    about = {mistake.id: mistake.text for mistake in SHARE_SLIPS} | {name: text for name, text, _ in LOADER_SLIPS}
    led = _led_to([(train, val)])
    for position, (split, scored) in enumerate({"train": train, "val": val}.items()):
        lengths = " + ".join(str(min(BATCH, len(scored[1]) - i)) for i in range(0, len(scored[1]), BATCH))
        title = f'"{split}": {lengths} images'
        if (missing := _missing(observed, split)) is not None:
            yield Case(title, Outcome.FAILED, split, np.asarray(right[split]), None, (missing,))
            continue
        mistakes = [
            Mistake(name, text, constant(led[name][0][position]))
            for name, text in about.items()
            if not _passes_here(name, split)
        ]
        yield student.shows(observed, split, right[split], mistakes=mistakes, part=split, title=title)


def _passes_here(identity: str, split: str) -> bool:
    """Whether this slip never shows in this share."""
    return (identity, split) in {("train-twice", "train"), ("val-twice", "val"), ("not-reset", "train")}


def _missing(observed: Observation, split: str) -> Finding | None:
    """Why there is no such share, if there is none."""
    if observed.problem is not None or split in observed.values or split in observed.problems:
        return None
    came, keys = str(observed.values["came"]), str(observed.values["keys"])
    if came != "a dictionary":
        return RETURNED_NOTHING if came == "nothing" else NO_DICTIONARY
    if set(keys.split()) < {"train", "val"}:
        return NOT_BOTH
    return Finding("other-keys", f'The keys are asked for as "train" and "val"; yours are: {keys[:100]}.')


def _state_cases(student: Student, training: bool) -> Iterator[Case]:
    """Cases about the state in which a network with batch normalisation is asked, and left behind."""
    draw = student.random
    network = {
        "kind": "normalised",
        "sizes": (5, 6, CLASSES),
        "seed": int(draw.integers(2**31)),
        "training": training,
    }
    observed = student.observes(
        "validating",
        "validate",
        **network,
        train_x=draw.normal(size=(7, 5)).astype(np.float32),
        train_y=draw.integers(0, CLASSES, 7),
        val_x=draw.normal(size=(7, 5)).astype(np.float32),
        val_y=draw.integers(0, CLASSES, 7),
        batch_size=4,
    )
    unasked, trained = not was_asked(observed, network), flag(observed, "in_training")
    late = trained and not flag(observed, "left_training")
    frozen, off = flag(observed, "frozen"), flag(observed, "left_off")
    yield state_case(
        observed,
        f"a model that comes in {'training' if training else 'eval'} mode",
        "unchanged",
        "asked in eval mode, nothing recorded, nothing changed",
        (
            (unasked, "not asked", NOT_ASKED),
            (late, "asked in training mode", EVAL_LATE),
            (trained and not late and training, "asked in training mode", EVAL_FORGOTTEN),
            (trained and not late, "asked in training mode", TRAIN_CALLED),
            (off, "gradients off for good", OFF_FOR_GOOD),
            (frozen, "weights frozen", FROZEN),
            (flag(observed, "recorded") and not frozen, "recorded", GRADIENTS_ON),
            (not flag(observed, "gradients_kept"), "gradients changed", GRADIENTS_CHANGED),
            (not flag(observed, "weights_kept"), "weights changed", WEIGHTS_CHANGED),
        ),
    )


# --- weights in a file ------------------------------------------------------------------------------------------

FIXED_NAME = Finding(
    "fixed-name", "You use a file of another name. The place of the file is handed in: use `path`, just as it comes."
)
FILES = {  # what may be at the path, and what to say of it
    "nothing": Finding("no-file", "There is no file afterwards: `torch.save(…, path)` writes one."),
    "elsewhere": FIXED_NAME,
    "not plain": Finding(
        "whole-model",
        "The file holds more than numbers, such as the whole network. It can only be read where your code is, and only "
        "by those who trust it. Save `model.state_dict()`.",
    ),
    "state dict inside": Finding(
        "wrapped", "The state dict lies inside another dictionary. Here the file holds nothing else."
    ),
    "other numbers": Finding(
        "not-a-state-dict",
        "The file holds numbers, but no state dict: the names are missing, or some of the numbers. "
        "Save `model.state_dict()`, which has running statistics as well.",
    ),
    "state dict": Finding("other-numbers", "The file holds a state dict, but with other numbers than the network's."),
}
NO_MAP_LOCATION = Finding(
    "no-map-location",
    "The file was saved on a GPU, and here is none: tell `torch.load` where the numbers are to go, "
    "`map_location=device`.",
)
RETURNS_NAMES = Finding(
    "returns-names",
    "`load_state_dict` writes into the network and answers with a report on names, not with the network. "
    "Call it on a line of its own, and return `model`.",
)
RETURNS = {
    "nothing": Finding("returned-nothing", "`load_weights` returned nothing (`None`). Return the network."),
    "names": RETURNS_NAMES,
    "a state dict": Finding(
        "returns-state-dict",
        "`load_weights` returned the state dict. The network is asked for, with these weights in it: "
        "`model.load_state_dict(…)`.",
    ),
    "other": Finding("returns-other", "`load_weights` is to return the network."),
}
NOT_LOADED = Finding(
    "not-loaded",
    "The network came back with other weights than the file's. Does `model.load_state_dict(…)` get the state dict "
    "itself? With `strict=False` it says nothing where no name fits.",
)
NOT_MOVED = Finding(
    "not-moved",
    "The weights are right, but the network stays where it is: `load_state_dict` copies numbers into it and does not "
    "move it. `model.to(device)` does.",
)


@lesson(
    "save-load",
    exercise="9",
    title="Keep it, and load it anywhere",
    asks=("save_weights", "load_weights"),
    points=1,
)
def save_load(student: Student) -> Iterator[Case]:
    """`save_weights` writes a state dict; `load_weights` reads one, wherever it was saved, and moves the network."""
    seed = int(student.random.integers(10**6))
    observed = student.observes("filing", "save_weights", "load_weights", seed=seed)
    titles = {"file": "what `save_weights` wrote", "load": "what `load_weights` gave back", "moved": "the device"}
    if observed.problem is not None:
        yield from unseen(observed, dict.fromkeys(titles.values(), ""))
        return
    held = str(observed.values["file"])
    saved = observed.values.get("saved")
    kept = isinstance(saved, np.ndarray) and agree(saved, _filed(seed))
    wrong = () if kept else ((True, held, FILES[held]),)
    yield state_case(observed, titles["file"], "", "the network's state dict", wrong)
    problem = _loading_problem(observed, seed + 1)
    yield state_case(
        observed,
        titles["load"],
        "",
        "the network, with the weights of the file",
        () if problem is None else ((True, str(observed.values.get("returned", "it stopped")), problem),),
    )
    if problem is None:
        fault = (not flag(observed, "moved"), "not moved", NOT_MOVED)
        yield state_case(observed, titles["moved"], "", "moved to `device`", (fault,))


def _filed(seed: int) -> Array:
    """The numbers of the network that the experiment makes with a seed."""
    with torch.random.fork_rng(devices=[]):
        return np.asarray(all_numbers(filed_network(seed)), dtype=np.float64)


def _loading_problem(observed: Observation, seed: int) -> Finding | None:
    """What went wrong with loading, if anything did."""
    stopped = observed.values.get("stopped")
    if isinstance(stopped, str):
        error = observed.values.get("error")
        if error == "FileNotFoundError":
            return FIXED_NAME
        if error == "RuntimeError" and "deserialize" in stopped:
            return NO_MAP_LOCATION
        if "_IncompatibleKeys" in stopped:
            return RETURNS_NAMES
        return Finding("raised", stopped)
    returned = str(observed.values["returned"])
    if returned != "a network":
        return RETURNS[returned]
    loaded = observed.values.get("loaded")
    fine = isinstance(loaded, np.ndarray) and agree(loaded, _filed(seed))
    return None if fine else NOT_LOADED
