"""A figure that a notebook has kept gets the scripts of today, and nothing else of it changes."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from torch import nn

from autograder.building.execution import take_outputs
from convcourse import figures
from convcourse.figures import live
from convcourse.figures.live import renewed


def old_and_new(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A figure's HTML with an older script, and with today's."""
    figure = figures.network([nn.Conv2d(3, 8, 5)], (3, 32, 32), alt='It says "<b>" & more.')
    new = figure._repr_html_()
    with monkeypatch.context() as patch:
        patch.setattr(live, "script", lambda kind: f"const {kind} = 1;\nmount();\n")
        old = figure._repr_html_()
    assert len(old) < len(new)
    return old, new


def test_an_older_script_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = old_and_new(monkeypatch)
    assert renewed(old) == new
    assert renewed(new) == new


@pytest.mark.parametrize("html", ["", "<table></table>", '<img alt="a" src="b">', "<script>mount()</script>"])
def test_other_html_stays(html: str) -> None:
    assert renewed(html) == html
    assert renewed(f"{html}<p>") == f"{html}<p>"


def test_a_build_that_keeps_outputs_renews_their_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = old_and_new(monkeypatch)
    shown = new_output("execute_result", data={"text/html": old, "text/plain": "A network."}, execution_count=1)
    said = new_output("stream", name="stdout", text="hello")
    before = new_code_cell("figure", outputs=[said, shown], execution_count=1)
    notebook = new_notebook(cells=[new_code_cell("figure")])
    take_outputs(notebook, [before])
    assert notebook.cells[0].outputs[1].data == {"text/html": new, "text/plain": "A network."}
    assert notebook.cells[0].outputs[0].text == "hello"
