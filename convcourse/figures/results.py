"""Scenes of what trained networks achieve: their results over several runs, and what they take for what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from convcourse.figures.numbers import Numbers, array_of, count, decimals, thousands
from convcourse.figures.scene import Bands, Confusion, Runs, Scene

MOST_CLASSES = 20
MOST_FREQUENT = 5  # errors that are pointed out


def bands_scene(
    groups: Mapping[str, Numbers],
    alt: str = "",
    xlabel: str = "test accuracy",
    reference: Mapping[str, float] | None = None,
    caption: str = "",
) -> Scene:
    """The results of several runs by group, and values to compare them with.

    Without `alt`, the alt text gives number, range and mean of each group. Raises ValueError for no group, an empty
    one, and numbers that are not finite.
    """
    runs = tuple(Runs(label, _finite(values, f"group {label!r}")) for label, values in groups.items())
    if not runs:
        raise ValueError("there is no group of runs to show, such as {'MLP': [0.881, 0.884]}")
    references = tuple(
        (label, _finite([value], f"reference {label!r}")[0]) for label, value in (reference or {}).items()
    )
    bands = Bands(runs, references, xlabel)
    return Scene(((bands,),), alt.strip() or _bands_alt(bands), caption)


def confusion_scene(matrix: Numbers, names: Sequence[str], alt: str = "", caption: str = "") -> Scene:
    """A confusion matrix (K, K) of counts, rows the true classes, columns the network's, with their K names.

    Without `alt`, the alt text gives how many are right, in all and in each class, and the most frequent errors.
    Raises ValueError for a matrix that is not square or holds other than counts, for other than K names, and for more
    than 20 classes.
    """
    array = array_of(matrix, "confusion matrix")
    rows, columns = array.shape
    if rows != columns:
        raise ValueError(f"a confusion matrix has as many rows as columns, not {rows}×{columns}")
    if rows > MOST_CLASSES:
        raise ValueError(f"{rows} classes are too many to be read; at most {MOST_CLASSES}")
    if len(names) != rows:
        raise ValueError(f"{count(len(names), 'name')} for {rows} classes")
    numbers = array.tolist()
    if array.dtype.kind not in "biuf" or not all(n >= 0 and n == n // 1 for row in numbers for n in row):
        raise ValueError("a confusion matrix holds counts: whole numbers from 0 on")
    counts = tuple(tuple(int(number) for number in row) for row in numbers)
    confusion = Confusion(tuple(names), counts, _frequent(counts))
    return Scene(((confusion,),), alt.strip() or _confusion_alt(confusion), caption)


def _finite(values: Numbers, name: str) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in array_of(values, name, axes=1))
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError(f"the {name} holds a number that is not finite")
    return numbers


def _frequent(counts: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int], ...]:
    """The errors made most often: about a fifth of the kinds, at most five, and none where too many tie."""
    errors = {(i, j): n for i, row in enumerate(counts) for j, n in enumerate(row) if i != j and n}
    kinds = len(counts) * (len(counts) - 1)
    most = min(MOST_FREQUENT, max(1, kinds // 5))
    least = sorted(errors.values(), reverse=True)[most - 1 : most] or [0]
    chosen = [place for place, n in errors.items() if n >= least[0]]
    if len(chosen) > most + 2:
        chosen = [place for place, n in errors.items() if n > least[0]]
    return tuple(sorted(chosen, key=lambda place: (-errors[place], place)))


def _bands_alt(bands: Bands) -> str:
    parts = []
    for runs in bands.groups:
        low, mean, high = (decimals(value, bands.places) for value in (min(runs.values), runs.mean, max(runs.values)))
        several = f"{count(len(runs.values), 'run')} from {low} to {high}, mean {mean}"
        parts.append(f"{runs.label}: {several if len(runs.values) > 1 else f'1 run, {mean}'}")
    subject = bands.xlabel[:1].upper() + bands.xlabel[1:] or "Results"
    alt = f"{subject} by group. {'; '.join(parts)}."
    if bands.references:
        alt += f" To compare: {'; '.join(f'{label} {value:.6g}'.strip() for label, value in bands.references)}."
    return alt


def _confusion_alt(confusion: Confusion) -> str:
    names, counts = confusion.names, confusion.counts
    total = sum(sum(row) for row in counts)
    right = sum(counts[i][i] for i in range(len(counts)))
    each = "; ".join(f"{name} {thousands(counts[i][i])} of {thousands(sum(counts[i]))}" for i, name in enumerate(names))
    alt = f"Confusion matrix of {len(names)} classes" if len(names) > 1 else "Confusion matrix of 1 class"
    alt += f": {thousands(right)} of {thousands(total)} right. By true class: {each}."
    if confusion.frequent:
        errors = "; ".join(f"{names[i]} taken for {names[j]} {thousands(counts[i][j])}" for i, j in confusion.frequent)
        alt += f" Most frequent errors: {errors}."
    return alt
