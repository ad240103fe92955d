"""Every lesson is built as the course's style asks: opening, exercises, hints, stubs, pictures, ending."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.building.lesson import EXERCISE, HEADING, Cell, Lesson, lesson_files
from autograder.building.notebook import solved_path
from autograder.checks import CHECKS

ROOT = Path(__file__).resolve().parents[2]
TOTAL = 20
MOST_WORDS = 130  # "about 120" between two code cells
LONGEST_LINE = 99
MOST_BYTES = 2_000_000

MINUTES = re.compile(r"(\d+) minutes?")
ENDING = "## In three sentences"
INVISIBLE = (
    re.compile(r"<details>.*?</details>", re.S),
    re.compile(r"\$\$.*?\$\$", re.S),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"^\|.*$", re.M),
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"<[^>]+>"),
)


def words(markdown: str) -> list[str]:
    """The words that a reader sees at once: not in hints, formulas or tables. A piece of code counts as one."""
    text = re.sub(r"(?m)^[ \t]*(```|~~~).*?^[ \t]*\1[^\n]*$|`[^`]*`", " code ", markdown, flags=re.S)
    for pattern in INVISIBLE:
        text = pattern.sub(" ", text)
    return [word for word in text.split() if re.search(r"\w", word)]


def prose(lesson: Lesson) -> str:
    """All markdown of a lesson, without emphasis and line breaks, so that terms can be looked for."""
    text = "\n".join(cell.source for cell in lesson.cells if cell.kind == "markdown")
    return " ".join(re.sub(r"[*_]", "", text).split())


def exercises(lesson: Lesson) -> list[tuple[re.Match[str], list[Cell]]]:
    """Each exercise's heading, taken apart, and the cells that follow it up to its check."""
    found = []
    for index, cell in enumerate(lesson.cells):
        if cell.kind == "markdown" and HEADING.match(cell.source):
            heading = EXERCISE.fullmatch(cell.source.split("\n")[0])
            assert heading, f"{lesson.path}:{cell.first}: {cell.source.splitlines()[0]}"
            here = [cell]
            for other in lesson.cells[index + 1 :]:
                here.append(other)
                if other.role in ("check", "manual") or HEADING.match(other.source):
                    break
            found.append((heading, here))
    assert found
    return found


def stubs(lesson: Lesson) -> list[tuple[Cell, ast.FunctionDef, str]]:
    """The functions that students write, each with its docstring: for a method, that of its class."""
    found = []
    for cell in lesson.cells:
        if cell.role == "answer":
            for owner in ast.walk(ast.parse(cell.source)):
                for node in ast.iter_child_nodes(owner):
                    if isinstance(node, ast.FunctionDef):
                        told = ast.get_docstring(owner if isinstance(owner, ast.ClassDef) else node) or ""
                        found.append((cell, node, told))
    return found


def outputs(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """(id of the cell, output) of everything that a notebook shows."""
    return [(cell.id, output) for cell in notebook.cells for output in cell.get("outputs", [])]


def checks_of(name: str) -> dict[str, float]:
    return {check.name: check.points for check in CHECKS.values() if check.notebook == name}


class Pictures(HTMLParser):
    """Collects what each picture in a piece of HTML says to those who cannot see it."""

    def __init__(self, html: str):
        super().__init__()
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "img":
            self.said.append(said.get("alt") or "")
        elif tag == "svg":
            self.said.append(said.get("aria-label") or "" if said.get("role") == "img" else "")


# --- how a lesson opens -----------------------------------------------------------------------------------------


def test_there_are_lessons(root: Path) -> None:
    assert {"02_convolution", "03_pooling"} <= {path.stem for path in lesson_files(root)}


def test_the_opening_says_what_awaits(lesson: Lesson) -> None:
    opening = lesson.cells[0]
    assert opening.kind == "markdown"
    title, *rest = opening.source.split("\n")
    assert re.fullmatch(rf"# {lesson.name[:2]} · \S.*", title)
    assert any(line.startswith("**You will be able to** ") for line in rest)
    table = dict(re.findall(r"^\| (\w+) \| (.+) \|$", opening.source, re.M))
    assert MINUTES.search(table["Time"])
    assert f"**{TOTAL} points**" in table["Marks"]
    assert "GPU" in table["Needs"]


def test_the_time_is_enough_for_the_exercises(lesson: Lesson) -> None:
    table = re.search(r"^\| Time \| .*?(\d+) minutes?\b.* \|$", lesson.cells[0].source, re.M)  # of which some train
    assert table
    needed = sum(int(MINUTES.findall(heading[0])[-1]) for heading, _ in exercises(lesson))
    assert 0.5 * int(table[1]) <= needed <= int(table[1])


def test_a_picture_comes_first(lesson: Lesson, solved: NotebookNode) -> None:
    shown = [cell for cell in solved.cells if cell.get("outputs")]
    html = [output.data.get("text/html", "") for output in shown[0].outputs if output.output_type != "stream"]
    assert any(Pictures(one).said for one in html), shown[0].id  # below a line that says which data is used, perhaps
    before = [cell.role for cell in lesson.cells[: solved.cells.index(shown[0])] if cell.kind == "code"]
    assert set(before) <= {"locked", "answer"}


# --- exercises --------------------------------------------------------------------------------------------------


def test_exercises_are_worth_twenty_points(lesson: Lesson) -> None:
    points = [heading["points"] for heading, _ in exercises(lesson)]
    assert sum(0 if said == "no points" else float(said.split()[0]) for said in points) == TOTAL
    assert sum(cell.points for cell in lesson.cells) == TOTAL
    assert sum(checks_of(lesson.name).values()) <= TOTAL


def test_exercises_are_numbered_from_one(lesson: Lesson) -> None:
    numbers = [int(heading["number"]) for heading, _ in exercises(lesson)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_exercises_have_a_hint_an_answer_and_then_its_check(lesson: Lesson) -> None:
    for heading, cells in exercises(lesson):
        roles = [cell.role for cell in cells if cell.role in ("answer", "check", "manual")]
        assert roles in (["answer", "check"], ["manual"]), heading[0]
        answer = next(place for place, cell in enumerate(cells) if cell.role in ("answer", "manual"))
        before = "\n".join(cell.source for cell in cells[:answer] if cell.kind == "markdown")
        assert re.search(r"<details><summary>Hint 1\b[^<]*</summary>\n(?s:.+?)\n</details>", before), heading[0]


def test_hints_are_closed_and_numbered(lesson: Lesson) -> None:
    for cell in lesson.cells:
        if cell.kind == "markdown":
            place = f"{lesson.path}:{cell.first}"
            assert cell.source.count("<details>") == cell.source.count("</details>"), place
            assert cell.source.count("<details>") == cell.source.count("<summary>"), place
            numbers = re.findall(r"<summary>Hint (\d+)", cell.source)
            assert numbers == [str(number) for number in range(1, len(numbers) + 1)], place


def test_every_check_stands_right_below_its_answer(lesson: Lesson) -> None:
    for answer, check in zip(lesson.cells, lesson.cells[1:], strict=False):
        if check.role == "check":
            assert (answer.role, answer.name) == ("answer", check.name), f"{lesson.path}:{check.line}"


def test_every_registered_check_is_run_once(lesson: Lesson) -> None:
    here = Counter(cell.name for cell in lesson.cells if cell.role == "check")
    assert here == dict.fromkeys(checks_of(lesson.name), 1)


def test_checks_know_their_exercise(lesson: Lesson) -> None:
    numbered = {cells[-1].name: heading["number"] for heading, cells in exercises(lesson) if cells[-1].role == "check"}
    assert numbered
    for check in checks_of(lesson.name):
        registered = CHECKS[check].exercise
        if registered.isdigit() or check in numbered:
            assert numbered.get(check) == registered, check
        else:
            assert CHECKS[check].points == 0, f"{check}: points belong to an exercise with a number"


def test_stubs_are_typed_and_described(lesson: Lesson) -> None:
    assert stubs(lesson)
    for cell, function, told in stubs(lesson):
        place = f"{lesson.path}:{cell.line}: {function.name}"
        given = function.args
        parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
        untyped = [one.arg for one in parameters if one.annotation is None and one.arg != "self"]
        returns = function.returns is not None or function.name == "__init__"
        assert (untyped, returns) == ([], True), place
        assert told, place
        types = " ".join(ast.unparse(node) for node in (given, function.returns) if node)
        if "Tensor" in types or "ndarray" in types or "tuple" in types:  # numbers have no shape
            assert re.search(r"\([^()]*,[^()]*\)|\(\w+\)", told), f"{place}: no shape in its docstring"


def test_a_prediction_is_typed_before_the_result(lesson: Lesson) -> None:
    asked = [place for place, cell in enumerate(lesson.cells) if "**Predict, then run.**" in cell.source]
    assert len(asked) >= 2
    for place in asked:
        following = next(cell for cell in lesson.cells[place:] if cell.role in ("answer", "check"))
        assert following.name.startswith("predict-"), f"{lesson.path}:{lesson.cells[place].first}"


# --- words and lines --------------------------------------------------------------------------------------------


def test_no_wall_of_text_stands_between_two_code_cells(lesson: Lesson) -> None:
    walls, run = [], list[Cell]()
    for cell in (*lesson.cells, Cell(0, 0, "code", "")):
        if cell.kind == "markdown" and cell.role != "manual":  # there it is the reader who writes
            run.append(cell)
        elif run:
            count = len(words("\n\n".join(one.source for one in run)))
            if count > MOST_WORDS:
                walls.append(f"{lesson.path}:{run[0].first}: {count} words")
            run = []
    assert walls == []


def test_words_are_those_that_a_reader_sees() -> None:
    text = "One two · `a b c` $x + y$ three.\n\n| a | b |\n\n<details>\nno\n</details>\n[four](https://example.org)"
    assert words(text) == ["One", "two", "code", "three.", "[four"]


def test_code_fits_the_page(lesson: Lesson) -> None:
    long = [
        f"{lesson.path}:{cell.first + index}: {len(line)} characters"
        for cell in lesson.cells
        if cell.kind == "code"
        for index, line in enumerate(cell.source.split("\n"))
        if len(line) > LONGEST_LINE
    ]
    assert long == []


def test_terms_are_the_courses(lesson: Lesson) -> None:
    text = prose(lesson).casefold()
    assert "translation invariant convolution" not in text
    assert not re.search(r"\bconvolutions? (?:is|are) (?:translation )?invariant", text)
    if lesson.name == "02_convolution":
        assert "translation equivariant" in text
        assert "hyperparameters" in text


# --- how a lesson ends ------------------------------------------------------------------------------------------


def ending(lesson: Lesson) -> str:
    last = [cell for cell in lesson.cells if cell.kind == "markdown"][-1]
    assert ENDING in last.source.split("\n")
    return last.source.partition(ENDING)[2]


def test_the_last_cell_shows_how_far_the_student_is(lesson: Lesson) -> None:
    before, last = lesson.cells[-2:]
    assert (before.kind, last.kind, last.role) == ("markdown", "code", "")
    assert last.source.endswith(f'\nprogress("{lesson.name}")')


def test_the_summary_is_three_sentences(lesson: Lesson) -> None:
    text = " ".join(re.sub(r"\$[^$]+\$", "x", ending(lesson).partition("\n|")[0]).split())
    sentences = re.split(r"(?<=[.!?…])\s+", text)
    assert len(sentences) == 3, sentences
    assert all(re.fullmatch(r"[A-Z].*\.", sentence) for sentence in sentences)


def test_the_table_of_points_agrees_with_the_exercises(lesson: Lesson) -> None:
    rows = re.findall(r"^\| (\d+) (.+) \| (\S+) \|$", ending(lesson), re.M)
    headings = [heading for heading, _ in exercises(lesson)]
    said = [(one["number"], one["title"], one["points"].split()[0].replace("no", "0")) for one in headings]
    assert rows == said


def test_the_ending_has_links(lesson: Lesson) -> None:
    after = ending(lesson).rpartition("\n|")[2]
    assert "**Go on:**" in after
    assert len(re.findall(r"\[[^\]]+\]\(https://[^)\s]+\)", after)) >= 2


# --- what the solved notebook shows -----------------------------------------------------------------------------


def test_every_picture_has_words(solved: NotebookNode) -> None:
    seen = 0
    for cell, output in outputs(solved):
        data = output.get("data", {})
        bare = [kind for kind in data if kind.startswith("image/")]
        assert bare == [], f"{cell}: a picture without alt text"
        said = Pictures(data.get("text/html", "")).said
        seen += len(said)
        assert all(len(words.split()) >= 3 for words in said), f"{cell}: {said}"
    assert seen >= 5
    for cell in solved.cells:
        if cell.cell_type == "markdown":
            assert all(Pictures(cell.source).said), cell.id
            assert not re.search(r"!\[\s*\]\(", cell.source), cell.id


def live_states(notebook: NotebookNode) -> list[tuple[int, str, dict[str, Any]]]:
    """(place among the code cells, kind, what it begins with) of every figure that can be played with."""
    found = []
    for place, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html", "")
            found += [
                (place, kind, json.loads(state))
                for kind, state in re.findall(r'^mount\("[0-9a-f]{12}",([a-z]+),(.*)\);$', html, re.M)
            ]
    return found


def test_a_window_slides_before_more_than_the_first_cell_is_run(name: str, solved: NotebookNode) -> None:
    first = {"02_convolution": (0, "convolution"), "03_pooling": (1, "pooling")}  # in 03 after the student's name
    if name in first:
        assert live_states(solved)[0][:2] == first[name]


def test_no_figure_to_play_with_begins_with_an_exercise(name: str, solved: NotebookNode) -> None:
    states = [state for _, _, state in live_states(solved)]
    by_hand = {
        "02_convolution": ("image", [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]),
        "03_pooling": ("x", [[1, 3, 2, 0], [4, 8, 5, 1], [7, 2, 9, 6], [0, 3, 4, 5]]),
    }
    if name in by_hand:
        key, numbers = by_hand[name]
        shown = [state[key] for state in states if key in state]
        assert shown
        assert numbers not in shown
        assert [numbers] not in shown


def test_every_output_has_plain_text(solved: NotebookNode) -> None:
    for cell, output in outputs(solved):
        text = output.text if output.output_type == "stream" else output.data.get("text/plain", "")
        assert text.strip(), cell


def test_nothing_failed_or_warned(solved: NotebookNode) -> None:
    kinds = {output.get("name", output.output_type) for _, output in outputs(solved)}
    assert kinds <= {"stdout", "execute_result", "display_data"}


def test_one_run_from_top_to_bottom(solved: NotebookNode) -> None:
    counts = [cell.execution_count for cell in solved.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_hold_no_memory_addresses(solved: NotebookNode) -> None:
    for cell, output in outputs(solved):
        texts = [output.text] if output.output_type == "stream" else list(output.data.values())
        for text in texts:
            bare = re.sub(r"data:[\w/+.-]+;base64,[\w+/=]+", "", text)
            assert not re.search(r"\b0x[0-9a-fA-F]{4,}", bare), cell


def test_every_check_gives_full_points(name: str, solved: NotebookNode) -> None:
    given = {
        cell.id.removeprefix("check-"): (cell.outputs[0].data["text/plain"], len(cell.outputs))
        for cell in solved.cells
        if cell.id.startswith("check-")
    }
    assert given == {check: (f"{points:g}", 1) for check, points in checks_of(name).items()}
    for cell in solved.cells:
        if cell.id.startswith("check-"):
            assert "✓ Right" in cell.outputs[0].data["text/html"], cell.id


def test_the_solved_notebook_ends_with_all_its_points(lesson: Lesson, solved: NotebookNode) -> None:
    (output,) = solved.cells[-1].outputs
    by_hand = sum(cell.points for cell in lesson.cells if cell.role == "manual")
    lines = output.data["text/plain"].split("\n")
    assert f"{TOTAL - by_hand:g} of {TOTAL}" in {line.split("  ")[-1].strip() for line in lines}
    assert "not run" not in output.data["text/plain"]
    assert output.data["text/html"].count('<th scope="row"') == len(exercises(lesson)) + 1


def test_every_picture_of_the_students_copy_has_words(student: NotebookNode) -> None:
    for cell in student.cells:
        if cell.cell_type == "markdown":
            assert all(len(words.split()) >= 3 for words in Pictures(cell.source).said), cell.id
            assert not re.search(r"!\[\s*\]\(", cell.source), cell.id


def test_the_notebook_is_small(name: str, root: Path) -> None:
    assert solved_path(root, name).stat().st_size < MOST_BYTES


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<img src="a.png">', [""]),
        ('<p><img alt="A cat." src="a.png"/></p>', ["A cat."]),
        ('<svg role="img" aria-label="A cat."><title>x</title></svg>', ["A cat."]),
        ('<svg aria-label="A cat."></svg>', [""]),
        ("<table></table>", []),
    ],
)
def test_pictures_are_found(html: str, said: list[str]) -> None:
    assert Pictures(html).said == said


# --- the lessons that train -------------------------------------------------------------------------------------


def said(solved: NotebookNode) -> str:
    """All that a solved notebook has printed."""
    return "".join(output.text for _, output in outputs(solved) if output.output_type == "stream")


def test_lessons_that_train_show_a_run_on_all_images(lesson: Lesson, solved: NotebookNode) -> None:
    for asked, told, count in (
        ("fashion_mnist()", "Fashion-MNIST:", "60,000 training and 10,000 test images"),
        ("birds_vs_airplanes()", "Birds and airplanes:", "10,000 training and 2,000 test photographs"),
    ):
        if any(asked in cell.source for cell in lesson.cells if cell.kind == "code"):
            assert f"{told} {count}" in said(solved)
        else:
            assert told not in said(solved)


def test_the_last_network_of_04_does_better_with_fewer_weights() -> None:
    solved = nbformat.read(solved_path(ROOT, "04_cnn_gpu"), as_version=nbformat.NO_CONVERT)
    test = re.search(r"(?m)^test +(0\.\d{4}), give or take .* on 10,000 images$", said(solved))
    cost = re.search(r"(?m)^([\d,]+) parameters, (\d+) seconds of training on \w+$", said(solved))
    assert test
    assert cost
    assert float(test[1]) >= 0.935  # the lecture's CNN has 0.9122
    assert int(cost[1].replace(",", "")) < 716_706
    assert int(cost[2]) <= 600


def test_the_networks_of_05_reach_what_the_lesson_is_for() -> None:
    shown = said(nbformat.read(solved_path(ROOT, "05_birds_vs_airplanes"), as_version=nbformat.NO_CONVERT))
    net = re.search(r"(?m)^Net: +(0\.\d{4}) of the validation images$", shown)
    better = re.search(r"(?m)^better: (0\.\d{4}), give or take", shown)
    cost = re.search(r"(?m)^([\d,]+) parameters, (\d+) seconds of training on \w+$", shown)
    assert net
    assert better
    assert cost
    assert float(net[1]) >= 0.87
    assert float(better[1]) >= 0.93
    assert int(cost[1].replace(",", "")) <= 100_000
    assert int(cost[2]) <= 600
