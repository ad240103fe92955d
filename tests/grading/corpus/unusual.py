"""Unusual but honest submissions: everything in them is right, and earns all of its points."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.grading.corpus import UNUSUAL, Content, Specimen
from tests.grading.corpus.notebooks import (
    NAMES,
    Paper,
    as_classic,
    as_colab,
    as_vs_code,
    new_cell,
    points,
    strip_metadata,
)
from tests.grading.corpus.snippets import read

STYLES = {"01": 1, "02": 6, "03": 6, "04": 1, "05": 1, "06": 6}  # how many styles of each lesson's catalogue


def specimens() -> list[Specimen]:
    """All unusual submissions."""
    return [*read(UNUSUAL), *_styles(), *_saved(), *_arranged()]


def _one(name: str, note: str, paper: Paper, content: bytes | None = None, reported: bool = False) -> Specimen:
    files: dict[str, Content] = {f"{paper.name}.ipynb": content or paper.bytes()}
    deserved = dict(points(paper.number))
    return Specimen(name, UNUSUAL, paper.name, note, files, deserved, deserved, reported)


def _styles() -> list[Specimen]:
    """The catalogue's right answers, one style after the other, and each lesson as it is solved in the course."""
    found = [
        _one(f"solved-{number}", f"the course's own solution of {name}", Paper(number).solve())
        for number, name in NAMES.items()
    ]
    for number, count in STYLES.items():
        for style in range(count):
            note = f"style {style + 1} of every right answer of {NAMES[number]}"
            paper = Paper(number).solve(style=style)  # some styles call what an exercise asks to do without
            found.append(_one(f"style-{number}-{style + 1}", note, paper, reported=True))
    return found


def _saved() -> list[Specimen]:
    """Saved by other programs."""
    programs: dict[str, tuple[str, Callable[[Paper], Paper]]] = {
        "colab": ("Colab", as_colab),
        "colab-with-widgets": ("Colab, with widget state", lambda paper: as_colab(paper, widgets=True)),
        "vs-code": ("VS Code", as_vs_code),
        "classic": ("an old classic notebook", as_classic),
        "no-metadata": ("nothing in particular: all cells copied into a new notebook", strip_metadata),
        "colab-no-metadata": (
            "Colab, after all grading metadata were lost",
            lambda paper: as_colab(strip_metadata(paper)),
        ),
    }
    found = []
    for place, (name, (note, save)) in enumerate(programs.items()):
        for number in (("02", "06"), ("03", "06"))[place % 2]:
            paper = save(Paper(number).solve())
            found.append(_one(f"saved-by-{name}-{number}", f"saved by {note}", paper))
    compact = Paper("02").solve()
    text = json.dumps(compact.content, ensure_ascii=True, separators=(",", ":")).encode()
    found.append(_one("saved-compact", "JSON without a single line break", compact, text))
    return found


def _arranged() -> list[Specimen]:
    """Cells added, taken away, moved and run in odd ways."""
    found = []

    def add(name: str, note: str, paper: Paper) -> None:
        found.append(_one(name, note, paper))

    notes = Paper("02").solve()
    for place in range(len(notes.cells), 0, -7):
        notes.insert(place, f"## My notes {place}\n\n- $x^2$ <b>bold</b>\n- don't forget", "markdown")
    add("notes-everywhere", "markdown notes between the cells", notes)
    empty = Paper("03").solve()
    for place in range(len(empty.cells), 0, -3):
        empty.insert(place, "")
    add("empty-cells", "empty cells everywhere", empty)
    helpers = Paper("06").solve()
    helpers.before("answer-conv-output", "def windows(n, f, s):\n    return (n - f) // s + 1")
    text = helpers.cell("answer-conv-output")["source"].replace("(n + 2 * p - f) // s + 1", "windows(n + 2 * p, f, s)")
    add("helper-cells", "an answer that needs a helper in a cell above it", helpers.write("conv-output", text))
    spread = Paper("02").solve()
    lines = spread.cell("answer-windows-by-hand")["source"].splitlines()
    spread.write("windows-by-hand", lines[0])
    for line in lines[1:]:
        spread.before("check-windows-by-hand", line)
    add("answers-spread", "an answer spread over four cells", spread)
    moved = Paper("03").solve()
    pair = [moved.cells.pop(moved.at(f"{kind}-pool-parameters")) for kind in ("answer", "check")]
    moved.cells[len(moved.cells) - 2 : len(moved.cells) - 2] = pair
    add("exercise-moved", "an exercise moved to the end", moved)
    shuffled = Paper("06").solve()
    prose = [place for place, cell in enumerate(shuffled.cells) if cell["cell_type"] == "markdown"]
    order = random.Random(0).sample(prose, len(prose))
    cells = list(shuffled.cells)
    for place, other in zip(prose, order, strict=True):
        shuffled.cells[place] = cells[other]
    add("prose-shuffled", "the prose in another order", shuffled)
    bare = Paper("02").solve()
    bare.content["cells"] = [cell for cell in bare.cells if bare.about(cell)]
    add("demonstrations-deleted", "everything deleted that carries no marks", bare)
    for number in ("02", "06"):
        quoted = Paper(number).solve()
        for cell in quoted.cells:
            if cell["cell_type"] == "code":
                cell["source"] = cell["source"].replace("\n", "\r\n")
        add(f"crlf-in-source-{number}", "the lines of every cell end as on Windows", quoted)
    long = Paper("06").solve()
    source = "\n".join(f"step_{number} = {number} * 2  # a very long cell" for number in range(4000))
    add(
        "very-long-cell",
        "an answer cell of four thousand lines",
        long.write("classic-lenet", f"{source}\nclassic_parameters = 61_706"),
    )
    ran = Paper("03").solve()
    for place, cell in enumerate(ran.cells):
        if cell["cell_type"] == "code":
            cell["execution_count"] = 999 - place
            cell["outputs"] = [{"output_type": "stream", "name": "stderr", "text": ["Traceback\n", "an old error"]}]
    add("old-outputs", "old outputs and errors in every cell, run from last to first", ran)
    folded = Paper("02").solve()
    for cell in folded.cells:
        cell["metadata"] |= {"tags": ["mine", "todo"], "collapsed": True, "jp-MarkdownHeadingCollapsed": True}
        cell["metadata"] |= {"slideshow": {"slide_type": "skip"}, "jupyter": {"source_hidden": True}}
    add("folded-and-tagged", "tags, slides and folded cells", folded)
    merged = Paper("06").solve()
    merged.cells.insert(0, new_cell("# Homework of Ada and Grace\n\nsubmitted together", "markdown", id="x"))
    merged.cells.append(new_cell("# Thank you!", "markdown"))
    add("title-page", "a title page in front and thanks at the end", merged)
    trailing = Paper("03").solve()
    for cell in trailing.cells:
        cell["source"] = cell["source"] + "\n\n   \n" if cell["cell_type"] == "code" else cell["source"]
    add("white-space", "white space at the end of each cell, checks too", trailing)
    semicolons = Paper("06").solve()
    for cell in semicolons.checks:
        cell["source"] += ";"
    add("semicolons", "check cells that end in a semicolon, which hides their result", semicolons)
    tabs = Paper("02").solve()
    tabs.write("pad2d", tabs.cell("answer-pad2d")["source"].replace("    ", "\t"))
    add("tabs", "an answer indented by tabs", tabs)
    top = Paper("06").solve()
    everything = "\n\n".join(
        cell["source"] for cell in top.cells if top.about(cell).get("solution") and cell["cell_type"] == "code"
    )
    blank = Paper("06")
    for cell in blank.cells:
        if blank.about(cell).get("solution"):
            cell["source"] = "# see the first cell" if cell["cell_type"] == "code" else cell["source"]
    add("all-answers-on-top", "all answers in one cell at the top", blank.top(everything))
    return found
