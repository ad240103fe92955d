"""Training, watched: losses and accuracies by epoch, as a still picture or, once it is over, as one to be read."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from convcourse.figures.charts import three
from convcourse.figures.figure import Figure
from convcourse.figures.live import Live, live
from convcourse.figures.numbers import count, show
from convcourse.figures.scene import Curve, Panel, Scene
from convcourse.figures.svg import draw

Points = dict[str, list[tuple[float, float]]]


def training_scene(loss: Points, accuracy: Points, epochs: int, alt: str = "", caption: str = "") -> Scene:
    """Losses on the left, accuracies on the right, both over all `epochs`; points are (epoch, value).

    The axes keep still while the curves grow, but for higher losses and lower accuracies than any so far.
    """
    order = list(dict.fromkeys([*loss, *accuracy]))
    panels = tuple(
        Panel(
            title,
            "epoch",
            tuple(Curve(label, tuple(points), order.index(label)) for label, points in curves.items()),
            *_width(curves, epochs),
            *limits,
        )
        for title, curves, limits in (
            ("loss", loss, _loss_limits(loss)),
            ("accuracy", accuracy, _accuracy_limits(accuracy)),
        )
    )
    return Scene((panels,), alt.strip() or described(loss, accuracy, epochs), caption)


def _width(curves: Points, epochs: int) -> tuple[float, float]:
    """From the first epoch, or before it where something is known before, to the last."""
    first = min([1.0, *(x for points in curves.values() for x, _ in points)])
    return (first, float(epochs)) if epochs > first else (first - 0.5, epochs + 0.5)


def _loss_limits(loss: Points) -> tuple[float, float]:
    values = [y for points in loss.values() for _, y in points]
    return min(0.0, *values, 0.0), 1.06 * max([*values, 0.0]) or 1.0


def _accuracy_limits(accuracy: Points) -> tuple[float, float]:
    """From the twentieth below the lowest accuracy to 1."""
    lowest = min((y for points in accuracy.values() for _, y in points), default=0.0)
    return min(math.floor(20 * lowest) / 20, 0.95), 1.0


def described(loss: Points, accuracy: Points, epochs: int) -> str:
    """What the curves say, in a sentence each."""
    done = max((points[-1][0] for curves in (loss, accuracy) for points in curves.values()), default=0)
    told = f"Training, {done:g} of {count(epochs, 'epoch')} done."
    for title, curves in (("Loss", loss), ("Accuracy", accuracy)):
        courses = [f"{label} {_course([y for _, y in points])}" for label, points in curves.items() if points]
        told += f" {title}: {'; '.join(courses)}." if courses else ""
    return told


def _course(values: Sequence[float]) -> str:
    first, last = three(values[0]), three(values[-1])
    return last if len(values) == 1 else f"goes from {first} to {last}"


class Training:
    """The curves of one training run, shown where it was made and drawn anew while the run goes on.

    They are drawn at most every `seconds`. Until the last epoch is there, what is shown is a still picture; then it can
    be read point by point. `loss` and `accuracy` hold the points (epoch, value) of each label.
    """

    def __init__(self, epochs: int, alt: str = "", caption: str = "", seconds: float = 0.5):
        if epochs < 1:
            raise ValueError("there is at least one epoch to come")
        self.epochs = epochs
        self.loss: Points = {}
        self.accuracy: Points = {}
        self._alt, self._caption, self._seconds = alt, caption, seconds
        self._show = shown(self._still())
        self._next = time.monotonic() + seconds

    def add(
        self, epoch: float, loss: Mapping[str, Any] | None = None, accuracy: Mapping[str, Any] | None = None
    ) -> None:
        """Add what is known after so many epochs, which may be a part of one: losses and accuracies by label.

        A label is such as "training". A number that is not finite is left out. Raises ValueError for an epoch that a
        label has already, or beyond the last, and for accuracies that are not shares from 0 to 1.
        """
        losses, shares = _plain(loss or {}), _plain(accuracy or {})
        for label, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the accuracy {label!r} is a share from 0 to 1, not {show(share)}")
        for found, curves in ((losses, self.loss), (shares, self.accuracy)):
            for label, value in found.items():
                points = curves.setdefault(label, [])
                if not 0 <= epoch <= self.epochs or (points and epoch <= points[-1][0]):
                    after = f", after epoch {points[-1][0]:g}" if points else ""
                    raise ValueError(f"epoch {epoch:g} of {label!r} is not among {count(self.epochs, 'epoch')}{after}")
                points.append((float(epoch), value))
        if epoch >= self.epochs:
            self.stop()
        elif time.monotonic() >= self._next:
            self._show(self._still())
            self._next = time.monotonic() + self._seconds

    def stop(self) -> None:
        """Show what is there as it will stay, to be read point by point."""
        self._show(self.figure)

    @property
    def figure(self) -> Live:
        """What is there, to be read point by point."""
        state = {"epochs": self.epochs, "loss": self.loss, "accuracy": self.accuracy}
        return live(self._scene(), "training", state)

    def _scene(self) -> Scene:
        return training_scene(self.loss, self.accuracy, self.epochs, self._alt, self._caption)

    def _still(self) -> Figure:
        scene = self._scene()
        svg, width = draw(scene)
        return Figure(scene.alt, svg.encode(), "image/svg+xml", width, scene)


def _plain(numbers: Mapping[str, Any]) -> dict[str, float]:
    """Finite ones as plain numbers."""
    plain = {label: float(value) for label, value in numbers.items()}
    return {label: value for label, value in plain.items() if math.isfinite(value)}


def shown(figure: Figure) -> Callable[[Figure], None]:
    """Show a figure in the notebook that runs this, if one does. Returns what puts another one in its place.

    IPython is there where a notebook runs; nobody else needs it.
    """
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return lambda other: None
    handle = import_module("IPython.display").display(figure, display_id=True)
    return handle.update if handle is not None else lambda other: None


def training(epochs: int, alt: str = "", caption: str = "") -> Training:
    """Curves of a training run of so many epochs, shown at once and drawn anew as they grow: see `Training.add`.

    Outside of a notebook nothing is shown; the curves are in its `figure`. Raises ValueError for no epoch.
    """
    return Training(epochs, alt, caption)
