"""What students and their programs do to a notebook, and what repair makes of it: one small case for each."""

from __future__ import annotations

import json
import random
import uuid
from functools import cache
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.account import KEY, written_by_student
from autograder.grading.repair import ELSEWHERE, repair

ROOT = Path(__file__).parents[2]
NAME = "02_convolution"
PAD = "def pad2d(image, p):\n    return F.pad(image, (p, p, p, p))"
SIZE = "def output_size(n, f, p=0, s=1):\n    return (n + 2 * p - f) // s + 1"


@cache
def _text(name: str) -> str:
    return (ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8")


def released(name: str = NAME):
    return nbformat.reads(_text(name), as_version=4)


def grade_id(cell) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def find(notebook, name: str):
    """The cell of that grade id, or cell id."""
    return next(cell for cell in notebook.cells if name in (grade_id(cell), cell.get("id")))


def index(notebook, name: str) -> int:
    return notebook.cells.index(find(notebook, name))


def handed_in(answers=None, name: str = NAME):
    notebook = released(name)
    for key, source in (answers or {}).items():
        find(notebook, key).source = source
    return notebook


def mend(notebook, name: str = NAME):
    """Repair it, and see to what must hold whatever is in it."""
    raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    result = repair(raw, released(name), name)
    sound(result.notebook, name)
    again = repair(nbformat.writes(result.notebook).encode(), released(name), name)
    assert again.notebook == result.notebook
    assert again.remarks == () or not result.usable
    return result


def sound(notebook, name: str = NAME) -> None:
    """All of the lesson is there once and in order, with its own metadata, and its own sources where these count."""
    nbformat.validate(notebook)
    lesson = released(name)
    ids = {cell.id for cell in lesson.cells}
    kept = [cell for cell in notebook.cells if cell.id in ids]
    assert [cell.id for cell in kept] == [cell.id for cell in lesson.cells]
    for cell, original in zip(kept, lesson.cells, strict=True):
        edited = {} if cell.source == original.source or original.metadata.get("nbgrader") else {KEY: {"edited": True}}
        assert cell.metadata == original.metadata | edited
        assert cell.cell_type == original.cell_type
        if original.metadata.get("nbgrader", {}).get("locked"):
            assert cell.source == original.source
    assert notebook.metadata == lesson.metadata
    for cell in notebook.cells:
        assert cell.id in ids or cell.metadata == {}
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            assert "attachments" not in cell


def kinds(result) -> list[str]:
    return [remark.kind for remark in result.remarks]


def forget(notebook) -> None:
    """What copying everything into a new notebook leaves."""
    for cell in notebook.cells:
        cell.metadata, cell.id = nbformat.NotebookNode(), uuid.uuid4().hex[:8]
    notebook.metadata = nbformat.NotebookNode()


# --- nothing to repair ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [NAME, "03_pooling"])
def test_what_was_handed_out_comes_out_as_it_is(name: str) -> None:
    result = mend(released(name), name)
    assert result.remarks == ()
    assert result.notebook == released(name)


def test_a_notebook_that_was_run_and_saved_keeps_its_answers_and_loses_all_else() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    for place, cell in enumerate(notebook.cells):
        cell.metadata["executionInfo"] = {"user": {"displayName": "Ada Byron"}}
        cell.metadata["id"] = "x" * place
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="1\n")]
            cell.execution_count = 3
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {}}
    notebook.metadata.kernelspec = {"name": "evil", "display_name": "x", "language": "bash"}
    result = mend(notebook)
    assert result.remarks == ()
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert "Ada Byron" not in json.dumps(result.notebook)


# --- cells that are gone, twice or elsewhere --------------------------------------------------------------------


def test_deleted_cells_are_put_back() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    gone = {"check-pad2d", "answer-output-size", "locked-setup", "c31e8d1d94ad"}
    notebook.cells = [cell for cell in notebook.cells if not gone & {grade_id(cell), cell.id}]
    result = mend(notebook)
    assert sorted(kinds(result)) == ["answer-missing", "check-missing", "lesson-missing"]
    assert find(result.notebook, "answer-output-size").source == find(released(), "answer-output-size").source
    assert find(result.notebook, "answer-pad2d").source == PAD


def test_a_copied_check_is_dropped() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    copied = find(notebook, "check-pad2d").copy()
    copied.id = "copied"
    notebook.cells.append(copied)
    result = mend(notebook)
    assert kinds(result) == ["cell-twice"]
    assert len(result.notebook.cells) == len(released().cells)


def test_of_a_stub_and_an_answer_the_answer_counts_wherever_it_stands() -> None:
    for first in (True, False):
        notebook = handed_in()
        answered = find(notebook, "answer-pad2d").copy()
        answered.source, answered.id = PAD, "copied"
        notebook.cells.insert(index(notebook, "answer-pad2d") + first, answered)
        result = mend(notebook)
        assert find(result.notebook, "answer-pad2d").source == PAD
        assert len(result.notebook.cells) == len(released().cells)


def test_of_several_answers_the_last_counts_and_that_is_told() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    second = find(notebook, "answer-pad2d").copy()
    second.source, second.id = PAD.replace("return", "return 0 *"), "copied"
    notebook.cells.insert(index(notebook, "answer-pad2d") + 1, second)
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == second.source
    (remark,) = result.remarks
    assert (remark.kind, remark.cell) == ("several-answers", "answer-pad2d")
    assert "more than one answer to pad2d" in remark.mild
    assert PAD not in [cell.source for cell in result.notebook.cells]


def test_an_answer_split_in_two_stays_together() -> None:
    helper = "def frame(rows, columns):\n    return torch.zeros(rows, columns)"
    notebook = handed_in({"answer-pad2d": helper})
    second = find(notebook, "answer-pad2d").copy()
    second.source, second.id = PAD, "copied"
    notebook.cells.insert(index(notebook, "answer-pad2d") + 1, second)
    result = mend(notebook)
    assert kinds(result) == ["split"]
    at = index(result.notebook, "answer-pad2d")
    assert result.notebook.cells[at].source == PAD
    assert result.notebook.cells[at - 1].source == helper


def test_a_copy_in_which_a_student_tries_things_out_does_not_count() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    trial = find(notebook, "answer-pad2d").copy()
    trial.source, trial.id = "pad2d(torch.ones(2, 2), 1)", "copied"
    notebook.cells.insert(index(notebook, "check-pad2d") + 1, trial)
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert result.notebook.cells[index(result.notebook, "check-pad2d") + 1].source == trial.source


def test_moved_cells_go_back() -> None:
    notebook = handed_in({"answer-pad2d": PAD, "answer-output-size": SIZE})
    notebook.cells.insert(2, notebook.cells.pop(index(notebook, "answer-output-size")))
    notebook.cells.append(notebook.cells.pop(index(notebook, "check-pad2d")))
    result = mend(notebook)
    assert kinds(result) == ["moved", "moved"]
    assert result.remarks[0].cell == "answer-output-size"
    assert find(result.notebook, "answer-output-size").source == SIZE


def test_all_cells_in_reverse() -> None:
    notebook = handed_in({"answer-pad2d": PAD, "answer-output-size": SIZE})
    notebook.cells.reverse()
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert find(result.notebook, "answer-output-size").source == SIZE


# --- cells of their own -----------------------------------------------------------------------------------------


def test_own_cells_keep_their_places_and_kinds() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    at = index(notebook, "answer-pad2d")
    notebook.cells[at:at] = [new_code_cell("ZERO = 0.0"), new_markdown_cell("My notes.")]
    notebook.cells.insert(index(notebook, "check-pad2d"), new_code_cell('check("pad2d")'))
    notebook.cells.append(new_code_cell("   \n"))
    result = mend(notebook)
    assert result.remarks == ()
    at = index(result.notebook, "answer-pad2d")
    around = [(cell.cell_type, cell.source) for cell in result.notebook.cells[at - 2 : at + 3]]
    assert around == [
        ("code", "ZERO = 0.0"),
        ("markdown", "My notes."),
        ("code", PAD),
        ("code", 'check("pad2d")'),
        ("code", 'check("pad2d")'),
    ]
    assert len(result.notebook.cells) == len(released().cells) + 3


def test_a_helper_still_runs_before_the_answer_that_was_moved_with_it() -> None:
    notebook = handed_in({"answer-pad2d": "def pad2d(image, p):\n    return framed(image, p)"})
    moved = notebook.cells.pop(index(notebook, "answer-pad2d"))
    after = index(notebook, "check-output-size") + 1
    notebook.cells[after:after] = [new_code_cell("framed = lambda image, p: F.pad(image, (p, p, p, p))"), moved]
    result = mend(notebook)
    at = index(result.notebook, "answer-pad2d")
    assert at > next(n for n, cell in enumerate(result.notebook.cells) if cell.source.startswith("framed"))


def test_a_cell_that_uses_an_answer_stays_after_it() -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    moved = notebook.cells.pop(index(notebook, "answer-pad2d"))
    notebook.cells[5:5] = [moved, new_code_cell("padded = pad2d(torch.ones(2, 2), 1)"), new_code_cell("padded.sum()")]
    sources = [cell.source for cell in mend(notebook).notebook.cells]
    order = [sources.index(text) for text in (PAD, "padded = pad2d(torch.ones(2, 2), 1)", "padded.sum()")]
    assert order == sorted(order)


def test_code_of_the_lesson_may_be_changed() -> None:
    free = [cell for cell in released().cells if "nbgrader" not in cell.metadata]
    (code,) = [cell.id for cell in free if cell.source.startswith("A = torch.arange(")]
    prose = next(cell.id for cell in free if cell.cell_type == "markdown" and index(released(), cell.id) > 10)
    result = mend(handed_in({code: "A = torch.zeros(4, 4)", prose: "Read this."}))
    assert result.remarks == ()
    assert find(result.notebook, code).source == "A = torch.zeros(4, 4)"
    assert find(result.notebook, prose).source == "Read this."
    assert [cell.id for cell in result.notebook.cells if written_by_student(cell)] == [code, prose]


# --- the lesson's own cells -------------------------------------------------------------------------------------


def test_an_edited_check_is_put_back_and_what_was_added_stays_beside_it() -> None:
    notebook = handed_in({"check-pad2d": 'print(pad2d(A, 1))\ncheck("pad2d")', "check-output-size": "20"})
    result = mend(notebook)
    assert kinds(result) == ["check-edited", "check-edited"]
    assert result.notebook.cells[index(result.notebook, "check-pad2d") - 1].source == "print(pad2d(A, 1))"


def test_an_import_added_to_the_locked_cell_is_not_lost() -> None:
    notebook = handed_in()
    find(notebook, "locked-setup").source += "\nimport math"
    result = mend(notebook)
    assert kinds(result) == ["locked-edited"]
    assert "import math" in [cell.source for cell in result.notebook.cells]


def test_settings_of_cells_cannot_be_changed() -> None:
    notebook = handed_in()
    find(notebook, "check-pad2d").metadata.nbgrader.points = 100
    find(notebook, "answer-pad2d").metadata.nbgrader.schema_version = 99
    find(notebook, "check-output-size").metadata["tags"] = ["skip-execution"]
    result = mend(notebook)
    assert kinds(result) == ["settings-changed", "tags"]
    assert "points '100'" in result.remarks[0].text
    assert "skip-execution" not in json.dumps(result.notebook)


def test_changed_names_are_seen_through() -> None:
    notebook = handed_in({"answer-pad2d": PAD, "answer-output-size": SIZE})
    for one, other in (("answer-pad2d", "answer-output-size"), ("answer-output-size", "answer-pad2d")):
        find(released(), one)
        cell = next(cell for cell in notebook.cells if cell.id == one)
        cell.metadata.nbgrader.grade_id = other
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert find(result.notebook, "answer-output-size").source == SIZE
    assert kinds(result) == ["name-changed", "name-changed"]


# --- kinds of cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "source"), [("markdown", PAD), ("raw", PAD), ("markdown", f"```python\n{PAD}\n```")])
def test_code_that_became_text_is_taken_as_code(kind: str, source: str) -> None:
    notebook = handed_in({"answer-pad2d": source})
    cell = find(notebook, "answer-pad2d")
    cell.cell_type = kind
    result = mend(notebook)
    assert kinds(result) == ["cell-type"]
    assert find(result.notebook, "answer-pad2d").source == PAD


def test_a_written_answer_saved_as_code_is_taken_as_text_and_keeps_its_picture() -> None:
    name = "01_fmnist_mlp"
    notebook = handed_in({"manual-explain-shuffle": "Because all pixels are equal."}, name)
    cell = find(notebook, "manual-explain-shuffle")
    cell.cell_type = "code"
    result = mend(notebook, name)
    assert kinds(result) == ["cell-type"]
    assert find(result.notebook, "manual-explain-shuffle").source == "Because all pixels are equal."

    cell.cell_type = "markdown"
    cell.attachments = {"sheet.png": {"image/png": "aGVsbG8=", "text/html": "<script>"}, "evil": {"image/png": "<b>"}}
    result = mend(notebook, name)
    assert find(result.notebook, "manual-explain-shuffle").attachments == {"sheet.png": {"image/png": "aGVsbG8="}}


# --- merged and missing -----------------------------------------------------------------------------------------


def test_a_check_merged_into_its_answer() -> None:
    notebook = handed_in({"answer-pad2d": f'{PAD}\n\ncheck("pad2d")'})
    del notebook.cells[index(notebook, "check-pad2d")]
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert kinds(result) == ["merged", "check-missing"]


def test_an_answer_merged_into_its_check() -> None:
    notebook = handed_in({"check-pad2d": f'{PAD}\n\ncheck("pad2d")'})
    del notebook.cells[index(notebook, "answer-pad2d")]
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD


def test_two_answers_merged_into_one() -> None:
    notebook = handed_in({"answer-pad2d": f"{PAD}\n\n{SIZE}"})
    del notebook.cells[index(notebook, "answer-output-size")]
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == f"{PAD}\n\n{SIZE}"
    assert find(result.notebook, "answer-output-size").source == ELSEWHERE
    assert "answered-elsewhere" in kinds(result)


def test_an_answer_in_a_cell_of_its_own_beside_the_stub() -> None:
    for where, kind in (("check-pad2d", "answer-moved"), ("4e6f79d90d54", "answered-elsewhere"), ("answer-pad2d", "")):
        notebook = handed_in()
        notebook.cells.insert(index(notebook, where) + 1, new_code_cell(PAD))
        result = mend(notebook)
        assert kinds(result) == [kind] * bool(kind)
        sources = [cell.source for cell in result.notebook.cells]
        stub = find(released(), "answer-pad2d").source
        assert sources.index(PAD) < index(result.notebook, "check-pad2d")
        assert stub not in sources[sources.index(PAD) :]


# --- names lost -------------------------------------------------------------------------------------------------


def test_everything_copied_into_a_new_notebook() -> None:
    answers = {
        "answer-windows-by-hand": "c12 = 104\nc20 = 124\nc21 = 134\nc22 = 144",
        "answer-pad2d": PAD,
        "answer-output-size": SIZE,
        "answer-true-convolution": "convolved = [[1, 2, 3]] * 3",
    }
    notebook = handed_in(answers)
    notebook.cells.insert(index(notebook, "answer-pad2d"), new_code_cell("ZERO = 0.0"))
    forget(notebook)
    result = mend(notebook)
    assert kinds(result) == ["names-lost"]
    for name, source in answers.items():
        assert find(result.notebook, name).source == source
    assert result.notebook.cells[index(result.notebook, "answer-pad2d") - 1].source == "ZERO = 0.0"
    assert len(result.notebook.cells) == len(released().cells) + 1


def test_a_written_answer_without_names_is_found_by_its_place() -> None:
    name = "01_fmnist_mlp"
    notebook = handed_in({"manual-explain-shuffle": "Every pixel has weights of its own."}, name)
    forget(notebook)
    result = mend(notebook, name)
    assert find(result.notebook, "manual-explain-shuffle").source == "Every pixel has weights of its own."


def test_only_the_answers_were_handed_in() -> None:
    notebook = new_notebook(cells=[new_code_cell(SIZE), new_code_cell(PAD)])
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert find(result.notebook, "answer-output-size").source == SIZE


@pytest.mark.parametrize("cell_id", ["same", "c31e8d1d94ad", None])
def test_cell_ids_that_are_all_equal_or_missing(cell_id: str | None) -> None:
    notebook = handed_in({"answer-pad2d": PAD})
    for cell in notebook.cells:
        cell["id"] = cell_id
        if cell_id is None:
            del cell["id"]
    result = mend(notebook)
    assert find(result.notebook, "answer-pad2d").source == PAD
    assert len(result.notebook.cells) == len(released().cells)


def test_the_button_that_colab_puts_on_top_goes() -> None:
    notebook = handed_in()
    badge = '<a href="https://colab.research.google.com/github/x"><img src="https://colab.research.google.com/assets/colab-badge.svg"/></a>'
    notebook.cells.insert(0, new_markdown_cell(badge, metadata={"id": "view-in-github", "colab_type": "text"}))
    result = mend(notebook)
    assert result.remarks == ()
    assert result.notebook == released()


# --- not this notebook ------------------------------------------------------------------------------------------


def test_a_file_that_is_no_notebook_gives_the_blank_one() -> None:
    result = mend(b"My answers: 104, 124")
    assert kinds(result) == ["unreadable"]
    assert not result.usable
    assert result.notebook == released()


@pytest.mark.parametrize("lost", [False, True])
def test_another_lesson_gives_the_blank_one(lost: bool) -> None:
    notebook = released("03_pooling")
    if lost:
        forget(notebook)
    result = mend(notebook)
    assert kinds(result)[-1:] == ["other-notebook"]
    assert result.notebook == released()
    assert "none of the exercises of 02_convolution" in result.remarks[-1].mild


def test_an_empty_notebook() -> None:
    result = mend(new_notebook())
    assert kinds(result) == ["other-notebook"]
    assert result.remarks[0].text == "The notebook is empty."


# --- anything ---------------------------------------------------------------------------------------------------

SOURCES = st.sampled_from(
    [
        *("", "x = 1", PAD, SIZE, f"{PAD}\n{SIZE}", 'check("pad2d")', 'check("pad2d")\ncheck("conv2d")', "def pad2d(:"),
        *("a\fb", "\ud800", "YOUR ANSWER HERE", ELSEWHERE, "!ls", "```python\nc12 = 1\n```", "uses = 3", "\\d\n\0"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["source", "metadata", "id", "cell_type", "attachments", "outputs"])
DAMAGE = st.one_of(
    st.tuples(st.sampled_from(["delete", "copy", "forget", "rename", "retype"]), st.integers(0, 200), st.none()),
    st.tuples(st.sampled_from(["write", "insert"]), st.integers(0, 200), SOURCES),
    st.tuples(st.just("move"), st.integers(0, 200), st.integers(0, 200)),
    st.tuples(st.just("json"), st.integers(0, 200), st.tuples(KEYS, JSON)),
    st.tuples(st.sampled_from(["shuffle", "forget-all", "delete-many"]), st.integers(0, 200), st.none()),
)


def damage(notebook: dict, what: str, where: int, how) -> None:
    cells = notebook["cells"]
    if not cells:
        return
    where %= len(cells)
    if what == "delete":
        del cells[where]
    elif what == "copy":
        cells.insert(how or 0, json.loads(json.dumps(cells[where])))
    elif what == "forget":
        cells[where]["metadata"] = {}
        cells[where].pop("id", None)
    elif what == "rename":
        cells[where]["metadata"] = json.loads(json.dumps(cells[where - 1].get("metadata", {})))
    elif what == "retype":
        cells[where]["cell_type"] = random.Random(where).choice(["code", "markdown", "raw", "heading", 3])
    elif what == "write":
        cells[where]["source"] = how
    elif what == "insert":
        cells.insert(where, {"cell_type": "code", "source": how})
    elif what == "move":
        cells.insert(how, cells.pop(where))
    elif what == "json":
        cells[where][how[0]] = how[1]
    elif what == "shuffle":
        random.Random(where).shuffle(cells)
    elif what == "forget-all":
        for cell in cells:
            cell["metadata"] = {}
            cell.pop("id", None)
    elif what == "delete-many":
        del cells[:: where % 5 + 1]


@pytest.mark.parametrize("name", [NAME, "03_pooling"])
@given(steps=st.lists(DAMAGE, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_done_to_a_notebook_it_can_be_marked(name: str, steps) -> None:
    notebook = json.loads(_text(name))
    for step in steps:
        damage(notebook, *step)
    mend(json.dumps(notebook).encode(), name)


@given(raw=st.binary(max_size=200) | JSON.map(lambda data: json.dumps(data).encode()), cut=st.integers(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_whatever_is_in_a_file_it_can_be_marked(raw: bytes, cut: int) -> None:
    mend(raw)
    mend(_text(NAME).encode()[:cut] + raw)
