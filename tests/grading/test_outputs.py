"""What a kernel says becomes what a cell shows, or nothing: no message raises, none takes more room than there is."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.grading.limits import LIMITS
from autograder.grading.outputs import CUT, LARGEST_PICTURE, OUTPUTS, Outputs

SMALL = replace(LIMITS, cell_output=100, notebook_output=1000)


def collect(*messages, limits=LIMITS, left=None):
    outputs = Outputs(limits, limits.notebook_output if left is None else left)
    for kind, content in messages:
        outputs.add(kind, content)
    return outputs


def stream(text, name="stdout"):
    return "stream", {"name": name, "text": text}


def display(text, name=None):
    return "display_data", {"data": {"text/plain": text}, "transient": {"display_id": name} if name else {}}


def test_streams_of_one_name_are_joined_and_others_kept_apart():
    shown = collect(stream("a"), stream("b"), stream("c", "stderr"), stream("d")).kept
    assert [(output.name, output.text) for output in shown] == [("stdout", "ab"), ("stderr", "c"), ("stdout", "d")]


def test_results_errors_and_displays_are_kept():
    result = {"data": {"text/plain": "3", "text/html": "<b>3</b>"}, "execution_count": 7}
    error = {"ename": "ValueError", "evalue": "no", "traceback": ["line"]}
    shown = collect(("execute_result", result), ("error", error), display("x")).kept
    assert [output.output_type for output in shown] == ["execute_result", "error", "display_data"]
    assert shown[0].data == {"text/plain": "3", "text/html": "<b>3</b>"}
    assert (shown[1].ename, shown[1].evalue, shown[1].traceback) == ("ValueError", "no", ["line"])


def test_a_cell_that_ends_too_soon_has_a_syntax_error_in_every_python():
    name = "_IncompleteInputError"  # as Python 3.13 calls it
    error = {"ename": name, "evalue": "incomplete input", "traceback": ["  def f(:", f"{name}: incomplete input"]}
    (shown,) = collect(("error", error)).kept
    assert (shown.ename, shown.traceback[-1]) == ("SyntaxError", "SyntaxError: incomplete input")


def test_only_text_and_pictures_are_kept():
    data = {"text/plain": "x", "application/javascript": "alert(1)", "application/vnd.jupyter.widget-view+json": {}}
    (shown,) = collect(("display_data", {"data": data, "metadata": {"application/javascript": {}}})).kept
    assert shown.data == {"text/plain": "x"}
    assert shown.metadata == {}
    assert collect(("display_data", {"data": {"application/javascript": "alert(1)"}})).kept == []


def test_the_alt_text_of_a_picture_is_kept():
    content = {"data": {"image/png": "iVBOR"}, "metadata": {"image/png": {"alt": "a curve", "width": 3}}}
    (shown,) = collect(("display_data", content)).kept
    assert shown.metadata == {"image/png": {"alt": "a curve"}}


def test_a_picture_that_is_too_large_is_told_in_place_of_it():
    data = {"text/plain": "<Figure size 640x480>", "image/png": "A" * (LARGEST_PICTURE + 1)}
    (shown,) = collect(("display_data", {"data": data})).kept
    assert shown.data == {"text/plain": "<Figure size 640x480>\n[a picture of 3.0 MB, which is more than is kept]"}
    (alone,) = collect(("display_data", {"data": {"image/svg+xml": "A" * 7_000_000}})).kept
    assert alone.data == {"text/plain": "[a picture of 7.0 MB, which is more than is kept]"}
    (kept,) = collect(("display_data", {"data": {"image/png": "A" * 2_000_000}})).kept
    assert list(kept.data) == ["image/png"]


def test_a_flood_of_text_is_cut_once_and_counted_whole():
    outputs = collect(*[stream("x" * 60)] * 50, limits=SMALL)
    (shown,) = outputs.kept
    assert shown.text == "x" * 100 + CUT
    assert outputs.cut
    assert outputs.received == 3000


def test_what_does_not_fit_the_notebook_any_more_is_left_out():
    outputs = collect(display("a" * 400), display("b" * 400), display("c" * 400), limits=SMALL)
    assert [output.data["text/plain"][0] for output in outputs.kept] == ["a", "b"]
    assert outputs.cut
    assert collect(display("a"), left=0).kept == []


def test_there_are_only_so_many_outputs():
    outputs = collect(*[display("x")] * (OUTPUTS + 5))
    assert len(outputs.kept) == OUTPUTS
    assert outputs.cut


def test_clearing_makes_room():
    cleared = collect(stream("x" * 90), ("clear_output", {"wait": False}), stream("y" * 90), limits=SMALL)
    assert [output.text for output in cleared.kept] == ["y" * 90]
    assert not cleared.cut
    waits = collect(stream("x"), ("clear_output", {"wait": True}))
    assert [output.text for output in waits.kept] == ["x"]
    waits.add(*stream("y"))
    assert [output.text for output in waits.kept] == ["y"]


def test_a_display_is_updated_in_its_own_cell_alone():
    outputs = collect(display("before", "mine"))
    outputs.add("update_display_data", {"data": {"text/plain": "after"}, "transient": {"display_id": "mine"}})
    outputs.add("update_display_data", {"data": {"text/plain": "forged"}, "transient": {"display_id": "another"}})
    assert [output.data["text/plain"] for output in outputs.kept] == ["after"]


@pytest.mark.parametrize("kind", ["comm_open", "execute_input", "status", "nonsense", ""])
def test_other_messages_show_nothing(kind):
    assert collect((kind, {"data": {"text/plain": "x"}, "name": "stdout", "text": "x"})).kept == []


def test_lone_surrogates_become_question_marks():
    (shown,) = collect(stream("a\ud800b")).kept
    assert shown.text == "a?b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
NAMES = ("name", "text", "data", "metadata", "transient", "ename", "evalue", "traceback", "wait", "display_id")
CONTENT = st.dictionaries(st.sampled_from(NAMES), JSON | st.dictionaries(st.sampled_from(("text/plain", "alt")), JSON))
KINDS = ("stream", "display_data", "execute_result", "error", "clear_output", "update_display_data", "other")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), CONTENT), max_size=6))
def test_whatever_comes_the_outputs_are_valid_and_fit(messages):
    outputs = collect(*messages, limits=SMALL)
    assert outputs.size <= SMALL.notebook_output + len(CUT)
    nbformat.validate(new_notebook(cells=[new_code_cell(outputs=outputs.kept)]))
    nbformat.writes(new_notebook(cells=[new_code_cell(outputs=outputs.kept)])).encode()
