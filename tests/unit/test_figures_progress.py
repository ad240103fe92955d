"""Curves that grow while a network trains: what is shown when, and what can be read of them in the end."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from convcourse import figures
from convcourse.figures import progress
from convcourse.figures.figure import Figure
from convcourse.figures.live import Live
from tests.unit.by_node import by_node


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """All that a run shows in its notebook, one after the other."""
    shown: list[Figure] = []

    def show(figure: Figure) -> Any:
        shown.append(figure)
        return shown.append

    monkeypatch.setattr(progress, "shown", show)
    return shown


def test_a_run_begins_and_goes_on_as_a_still_and_ends_to_be_read(seen: list[Figure]) -> None:
    curves = progress.Training(3, seconds=0)
    for epoch, loss in enumerate((0.9, 0.5, 0.25), 1):
        curves.add(epoch, loss={"training": loss}, accuracy={"test": 1 - loss})
    assert [type(figure) for figure in seen] == [Figure, Figure, Figure, Live]
    assert seen[0].alt == "Training, 0 of 3 epochs done."
    assert seen[2].alt == (
        "Training, 2 of 3 epochs done. Loss: training goes from 0.900 to 0.500. "
        "Accuracy: test goes from 0.100 to 0.500."
    )
    last = seen[-1]
    assert isinstance(last, Live)
    assert last.state == {
        "epochs": 3,
        "loss": {"training": [(1, 0.9), (2, 0.5), (3, 0.25)]},
        "accuracy": {"test": [(1, pytest.approx(0.1)), (2, 0.5), (3, 0.75)]},
    }


def test_it_is_drawn_at_most_a_few_times_a_second(seen: list[Figure]) -> None:
    start = time.monotonic()
    curves = figures.training(1000)
    for step in range(1, 1000):
        curves.add(step, loss={"training": 1 / step})
    took = time.monotonic() - start
    assert 1 <= len(seen) <= 2 + took / 0.5


def test_it_hardly_slows_training(seen: list[Figure]) -> None:
    curves = figures.training(2000)
    start = time.process_time()
    for step in range(1, 2000):
        curves.add(step, loss={"training": 1 / step}, accuracy={"test": 0.5})
    assert (time.process_time() - start) / 2000 < 0.001  # seconds for each addition


def test_a_run_that_ends_early_can_be_read(seen: list[Figure]) -> None:
    curves = figures.training(50)
    curves.add(1, loss={"training": 2.0})
    curves.stop()
    assert isinstance(seen[-1], Live)
    assert "1 of 50 epochs" in seen[-1].alt


def test_parts_of_an_epoch_and_what_was_before_the_first_count(seen: list[Figure]) -> None:
    curves = figures.training(2)
    for epoch in (0, 0.25, 1, 1.5):
        curves.add(epoch, loss={"training": torch.tensor(1.0)})
    assert [epoch for epoch, _ in curves.loss["training"]] == [0, 0.25, 1, 1.5]
    assert curves.figure.alt.startswith("Training, 1.5 of 2 epochs done.")


def test_what_is_not_finite_is_left_out(seen: list[Figure]) -> None:
    curves = figures.training(3)
    curves.add(1, loss={"training": math.nan}, accuracy={"test": np.float32(0.5)})
    curves.add(2, loss={"training": math.inf})
    curves.add(3, loss={"training": 1e6})
    assert curves.loss == {"training": [(3, 1e6)]}
    assert json.loads(json.dumps(curves.figure.state)) == {
        "epochs": 3,
        "loss": {"training": [[3, 1e6]]},
        "accuracy": {"test": [[1, 0.5]]},
    }


@pytest.mark.parametrize(
    ("add", "why"),
    [
        ({"epoch": 1, "loss": {"a": 1}}, r"epoch 1 of 'a' is not among 3 epochs, after epoch 1"),
        ({"epoch": 4, "loss": {"b": 1}}, r"epoch 4 of 'b' is not among 3 epochs"),
        ({"epoch": -1, "loss": {"b": 1}}, r"epoch -1 of 'b'"),
        ({"epoch": 2, "accuracy": {"b": 87.5}}, r"accuracy 'b' is a share from 0 to 1, not 87\.5"),
    ],
)
def test_what_cannot_be_is_refused(seen: list[Figure], add: dict[str, Any], why: str) -> None:
    curves = figures.training(3)
    curves.add(1, loss={"a": 1})
    with pytest.raises(ValueError, match=why):
        curves.add(**add)
    with pytest.raises(ValueError, match="at least one epoch"):
        figures.training(0)


def test_it_says_nothing_outside_of_a_notebook() -> None:
    code = "from convcourse import figures; c = figures.training(1); c.add(1, loss={'a': 2}); print(c.figure)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("Training, 1 of 1 epoch done. Loss: a 2.000.\n", "")


def test_a_notebook_keeps_one_display_and_the_last_picture(tmp_path: Path) -> None:
    code = """
from convcourse import figures
curves = figures.training(3)
for epoch in (1, 2, 3):
    curves.add(epoch, loss={"training": 1 / epoch})
    print(epoch)
"""
    notebook = new_notebook(cells=[new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
    display, *printed = notebook.cells[0].outputs
    assert [output.output_type for output in printed] == ["stream"] * len(printed)
    assert {output.name for output in printed} == {"stdout"}
    assert display.output_type == "display_data"
    assert display.data["text/plain"].startswith("Training, 3 of 3 epochs done.")
    assert "convcourse-figure" in display.data["text/html"]
    assert "<img alt=" in display.data["text/html"]
    assert "display_id" not in nbformat.writes(notebook)


# --- the script's arithmetic ---


def test_javascript_knows_at_which_epochs_something_is_known() -> None:
    state = {"loss": {"a": [[1, 5], [3, 4]], "b": []}, "accuracy": {"a": [[2, 0.5], [3, 0.6], [10, 0.7]]}}
    assert by_node("training", "epochsOf", [(state,)]) == [[1, 2, 3, 10]]


def test_axes_have_few_even_numbers() -> None:
    random = np.random.default_rng(0)
    asked = [(low, low + span, 5) for low, span in zip(random.normal(size=300), random.gamma(1, 3, 300), strict=True)]
    for (low, high, most), found in zip(asked, by_node("training", "even", asked), strict=True):
        steps = np.diff(found)
        assert 1 <= len(found) <= most + 1
        assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
        assert np.allclose(steps, steps[0]) if len(steps) else True
        if len(steps):
            digits = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
            assert min(abs(digits - even) for even in (1, 2, 2.5, 5)) < 1e-6


def test_numbers_are_those_of_the_still() -> None:
    values = [0.91234, 2.0, 0.0, 123.456, 1234.5, 99.9996, -3.14159]
    said = by_node("training", "digits", [(value,) for value in values])
    assert said == ["0.912", "2.000", "0.000", "123", "1230", "100.000", "−3.142"]
