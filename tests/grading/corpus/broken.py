"""Broken submissions: cells that end or block their kernel, and files that are no notebook or a damaged one.

Each keeps what was earned in the cells that are whole.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from tests.grading.corpus import BROKEN, Content, Fifo, Folder, Link, Specimen
from tests.grading.corpus.notebooks import NAMES, Paper, as_colab, points
from tests.grading.corpus.snippets import read


def specimens() -> list[Specimen]:
    """All broken submissions."""
    return [*read(BROKEN), *_no_notebook(), *_bytes(), *_structure(), *_cells(), *_names()]


def _one(
    name: str,
    note: str,
    number: str,
    content: Content,
    *,
    lost: Iterable[str] | None = None,
    perhaps: Iterable[str] = (),
    file: str = "",
    more: Mapping[str, Content] | None = None,
) -> Specimen:
    """A specimen; `lost` are the checks that earn nothing, None for all of them; of `perhaps` nothing is promised."""
    most = dict(points(number))
    for cell in most:
        if lost is None or cell[6:] in lost:
            most[cell] = 0.0
    least = {cell: 0.0 if cell[6:] in perhaps else worth for cell, worth in most.items()}
    files: dict[str, Content] = {file or f"{NAMES[number]}.ipynb": content}
    return Specimen(name, BROKEN, NAMES[number], note, files | dict(more or {}), least, most)


def _dump(content: Any) -> bytes:
    return json.dumps(content, indent=1).encode()


def _no_notebook() -> list[Specimen]:
    """Files of that name which hold something else, and things that are no file: nothing is earned, a mark there is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), "no notebook in here")  # its date is always the same
    contents: dict[str, tuple[str, Content]] = {
        "empty-file": ("a file of no bytes", b""),
        "blank-file": ("nothing but white space", b" \n\n\t"),
        "web-page": ("the page that shows the notebook was saved", b"<!DOCTYPE html><html><body>02</body></html>"),
        "pdf": ("printed into a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj\n%%EOF"),
        "zip": ("a zip archive of something else", packed.getvalue()),
        "random-bytes": ("bytes that mean nothing", bytes(range(256)) * 40),
        "nul-file": ("a file of NUL bytes, as a full disk leaves", bytes(20_000)),
        "json-null": ("JSON, but null", b"null"),
        "json-number": ("JSON, but a number", b"42"),
        "json-list": ("JSON, but a list", b"[]"),
        "json-text": ("JSON, but text", b'"02_convolution"'),
        "json-empty-object": ("JSON, but empty", b"{}"),
        "json-deep": ("JSON nested 200,000 deep", b"[" * 200_000 + b"]" * 200_000),
        "json-huge-number": ("a number of a million digits", b'{"cells": ' + b"9" * 1_000_000 + b"}"),
        "cells-of-text": ("cells is a text", _dump({"cells": "all of them", "metadata": {}, "nbformat": 4})),
        "cells-null": ("cells is null", _dump({"cells": None, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})),
        "cells-empty": ("no cells", _dump({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})),
        "folder-as-notebook": ("a folder bears the notebook's name", Folder()),
        "pipe-as-notebook": ("a named pipe bears the notebook's name", Fifo()),
        "link-to-nowhere": ("a link that leads nowhere", Link("nowhere.ipynb")),
        "link-to-itself": ("a link to itself", Link("02_convolution.ipynb")),
        "link-to-a-device": ("a link to a file that never ends", Link("/dev/zero")),
    }
    found = [_one(name, note, "02", content) for name, (note, content) in contents.items()]
    script = Paper("06").solve()
    text = "\n\n".join(cell["source"] for cell in script.cells if cell["cell_type"] == "code").encode()
    everything = [cell[6:] for cell in points("06")]
    found.append(_one("python-file", "saved as a Python script", "06", text, lost=(), perhaps=everything))
    beside = {"notes.txt": b"I could not open it, sorry", "06.pdf": b"%PDF-1.4"}
    found.append(_one("no-notebook-at-all", "only other files", "06", Folder(), file="pictures", more=beside))
    return found


def _bytes() -> list[Specimen]:
    """A sound notebook whose bytes have come to harm."""
    found = []
    solved = Paper("06").solve()
    text = solved.bytes().decode()
    umlauts = Paper("06").solve()
    umlauts.top("# Größe, naïve Umlaute")
    plain = umlauts.bytes().decode().replace("→", "->").replace("×", "x").replace("·", ".").replace("–", "-")
    latin = plain.encode("latin-1", "replace")
    whole: dict[str, tuple[str, bytes]] = {
        "utf-16": ("saved as UTF-16", text.encode("utf-16")),
        "utf-8-with-mark": ("a byte order mark in front", b"\xef\xbb\xbf" + text.encode()),
        "latin-1": ("saved as Latin-1", latin),
        "crlf": ("lines that end as on Windows", text.replace("\n", "\r\n").encode()),
        "cr-only": ("lines that end as on an old Mac", text.replace("\n", "\r").encode()),
        "trailing-garbage": ("bytes after the end", text.encode() + b"\0\0\0garbage"),
        "conflict-marks": ("twice, one after the other", text.encode() + text.encode()),
        "lone-surrogates": ("half a letter in a comment", _surrogates("06")),
        "nan-in-json": ("NaN in the metadata", text.replace('"nbformat": 4', '"x": NaN, "nbformat": 4').encode()),
    }
    for name, (note, content) in whole.items():
        found.append(_one(name, note, "06", content, lost=()))
    everything = [cell[6:] for cell in points("06")]
    first = [cell[6:] for cell in list(points("06"))[:2]]
    cut = text.index('"check-four-errors"')
    late = [check for check in everything if check not in first]
    note = "cut off in the middle, as a broken upload leaves it"
    found.append(_one("truncated", note, "06", text[:cut].encode(), lost=(), perhaps=late + first))
    merged = text.replace('"cells": [', '"cells": [\n<<<<<<< HEAD\n', 1).encode()
    found.append(_one("merge-conflict", "marks of a merge", "06", merged, lost=(), perhaps=everything))
    nul = Paper("02").solve()
    nul.cell("answer-pad2d")["source"] += "\n\0\n"
    found.append(_one("nul-in-source", "NULs in one answer", "02", nul.bytes(), lost=(), perhaps=["pad2d", "conv2d"]))
    return found


def _surrogates(number: str) -> bytes:
    paper = Paper(number).solve().top("# \ud83d half a smiley")
    return json.dumps(paper.content).encode()


def _structure() -> list[Specimen]:
    """JSON that is not quite what a notebook is made of; all is solved, and all of it counts."""
    found = []

    def add(name: str, note: str, paper: Paper, perhaps: Iterable[str] = ()) -> None:
        found.append(_one(name, note, paper.number, paper.bytes(), lost=(), perhaps=perhaps))

    old = Paper("06").solve()
    cells = [_of_version_3(cell) for cell in old.cells]
    old.content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}
    found.append(_one("format-3", "saved in format 3", "06", _dump(old.content), lost=()))
    for key, value, note in (
        ("nbformat", 5, "a format that is still to come"),
        ("nbformat", "4", "the format's number is text"),
        ("nbformat_minor", 99, "a minor number from the future"),
        ("nbformat_minor", None, "the minor number is null"),
        ("metadata", None, "the metadata are null"),
        ("metadata", [], "the metadata are a list"),
    ):
        paper = Paper("03").solve()
        paper.content[key] = value
        add(f"{key}-{value or type(value).__name__}".replace("_", "-").lower(), note, paper)
    for key in ("nbformat", "metadata", "nbformat_minor"):
        paper = Paper("02").solve()
        del paper.content[key]
        add(f"without-{key}".replace("_", "-"), f"{key} is missing", paper)
    more = Paper("06").solve()
    more.content["worksheets"] = [{"cells": []}]
    more.content["signature"] = "sha256:0"
    add("unknown-keys", "keys that no format knows", more)

    broken: dict[str, tuple[str, Any]] = {
        "cell-null": ("null in place of a cell", None),
        "cell-number": ("a number in place of a cell", 7),
        "cell-list": ("a list in place of a cell", []),
        "cell-without-type": ("a cell without a type", {"metadata": {}, "source": "1"}),
        "cell-of-unknown-type": ("a cell of a type of its own", {"cell_type": "sql", "metadata": {}, "source": "1"}),
        "cell-without-source": ("a cell without source", {"cell_type": "code", "metadata": {}, "outputs": []}),
        "source-a-number": ("a source that is a number", {"cell_type": "code", "metadata": {}, "source": 5}),
        "source-of-objects": ("a source that is a list of objects", {"cell_type": "code", "source": [{"a": 1}, 2]}),
        "outputs-a-text": (
            "outputs that are text",
            {"cell_type": "code", "source": "1", "outputs": "1", "metadata": {}},
        ),
        "outputs-broken": (
            "outputs that are none",
            {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [None, {"output_type": "video"}, {}]},
        ),
        "cell-metadata-a-list": ("a cell's metadata are a list", {"cell_type": "code", "source": "1", "metadata": [1]}),
        "cell-id-broken": (
            "an id that no format allows",
            {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "id": "ü " * 400},
        ),
    }
    for place, (name, (note, cell)) in enumerate(broken.items()):
        paper = Paper(("02", "03", "06")[place % 3]).solve()
        paper.content["cells"].insert(5, cell)
        add(name, note, paper)
    for name, note, about in (
        ("grading-metadata-text", "nbgrader's metadata are text", "answer"),
        ("grading-metadata-null", "nbgrader's metadata are null", None),
        ("grading-metadata-empty", "nbgrader's metadata are empty", {}),
        ("grading-metadata-other-types", "grade ids that are numbers", {"grade_id": 5, "grade": "yes", "points": []}),
    ):
        paper = Paper("06").solve()
        paper.cell("answer-classic-lenet")["metadata"]["nbgrader"] = about
        add(name, note, paper)
    heavy = Paper("02").solve()
    heavy.cells[2]["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo" + "A" * 30_000_000}}
    ]
    add("outputs-of-30-mb", "a picture of 30 MB in the outputs", heavy)
    widgets = as_colab(Paper("03").solve(), widgets=True)
    add("widget-state", "widget state without its part `state`, as Colab writes it", widgets)
    attached = Paper("06").solve()
    attached.cells[0]["attachments"] = {"a.png": {"image/png": "iVBORw0KGgo="}, "b": None}
    add("attachments", "attachments, one of them broken", attached)
    return found


def _of_version_3(cell: dict[str, Any]) -> dict[str, Any]:
    old = {key: value for key, value in cell.items() if key in ("cell_type", "metadata", "source")}
    if cell["cell_type"] == "code":
        old |= {"input": old.pop("source"), "language": "python", "collapsed": False, "outputs": [], "prompt_number": 1}
    return old


def _cells() -> list[Specimen]:
    """Cells gone, doubled, moved, renamed, split, joined or of another type."""
    found = []

    def add(name: str, note: str, paper: Paper, lost: Iterable[str] = (), perhaps: Iterable[str] = ()) -> None:
        found.append(_one(name, note, paper.number, paper.bytes(), lost=lost, perhaps=perhaps))

    def without(number: str, *grade_ids: str) -> Paper:
        paper = Paper(number).solve()
        paper.content["cells"] = [cell for cell in paper.cells if paper.about(cell).get("grade_id") not in grade_ids]
        return paper

    add("check-cell-deleted", "one check cell is gone", without("02", "check-conv2d"))
    add("check-cells-all-deleted", "all check cells are gone", without("06", *points("06")))
    gone = ["own-stride"]
    add("answer-cell-deleted", "one answer cell is gone", without("03", "answer-own-stride"), lost=gone)
    pair = without("06", "answer-classic-lenet", "check-classic-lenet")
    add("exercise-deleted", "an answer and its check are gone", pair, lost=["classic-lenet"])
    add("setup-cell-deleted", "the cell that imports everything is gone", without("02", "locked-setup"))
    prose = Paper("03").solve()
    prose.content["cells"] = [cell for cell in prose.cells if cell["cell_type"] == "code"]
    add("prose-deleted", "all prose is gone", prose)
    edited = Paper("06").solve()
    edited.cell("locked-setup")["source"] = "import torch  # I only need this"
    add("setup-cell-edited", "the cell that imports everything was changed", edited)
    doubled = Paper("02").solve()
    doubled.cells.insert(doubled.at("check-pad2d"), json.loads(json.dumps(doubled.cell("answer-pad2d"))))
    add("answer-cell-doubled", "an answer cell was copied, and its copy changed nothing", doubled)
    draft = Paper("03").solve()
    copy = json.loads(json.dumps(draft.cell("answer-pool2d")))
    copy["source"] = "def pool2d(x, f, s, mode):\n    raise NotImplementedError"
    draft.cells.insert(draft.at("answer-pool2d"), copy)
    add("answer-cell-doubled-with-a-draft", "the copy above holds a draft", draft, perhaps=["pool2d"])
    twice = Paper("06").solve()
    twice.cells.insert(twice.at("check-lenet5"), json.loads(json.dumps(twice.cell("check-lenet5"))))
    add("check-cell-doubled", "a check cell was copied", twice)
    whole = Paper("02").solve()
    whole.content["cells"] += json.loads(json.dumps(Paper("02").solve().cells))
    add("notebook-doubled", "all cells twice", whole)
    moved = Paper("06").solve()
    moved.cells.append(moved.cells.pop(moved.at("check-conv-parameters")))
    moved.cells.insert(3, moved.cells.pop(moved.at("answer-classic-lenet")))
    add("cells-moved", "a check at the end, an answer further up", moved)
    backwards = Paper("06").solve()
    backwards.content["cells"] = backwards.cells[::-1]
    add("cells-backwards", "all cells from last to first", backwards)
    renamed = Paper("03").solve()
    renamed.cell("answer-three-ways")["metadata"]["nbgrader"]["grade_id"] = "cell-9f8e7d"
    add("answer-cell-renamed", "an answer cell has another grade id", renamed)
    split = Paper("02").solve()
    source = split.cell("answer-windows-by-hand")["source"].splitlines()
    split.write("windows-by-hand", "\n".join(source[:2]))
    split.after("answer-windows-by-hand", "\n".join(source[2:]))
    add("answer-cell-split", "an answer cell was split into two", split)
    named = Paper("06").solve()
    half = json.loads(json.dumps(named.cell("answer-lenet-table")))
    lines = half["source"].splitlines()
    named.write("lenet-table", "\n".join(lines[:6]))
    half["source"] = "\n".join(lines[6:])
    named.cells.insert(named.at("answer-lenet-table") + 1, half)
    add("answer-cell-split-both-named", "an answer cell was split, and both halves keep its name", named)
    joined = Paper("03").solve()
    joined.write("own-pool", joined.cell("answer-own-pool")["source"] + '\ncheck("own-pool")')
    joined.cells.pop(joined.at("check-own-pool"))
    add("answer-and-check-joined", "an answer and its check were merged into one cell", joined)
    prosaic = Paper("06").solve()
    cell = prosaic.cell("answer-classic-lenet")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    add("answer-turned-prose", "an answer cell became prose", prosaic, perhaps=["classic-lenet"])
    raw = Paper("02").solve()
    cell = raw.cell("answer-pixel-uses")
    cell["cell_type"] = "raw"
    add("answer-turned-raw", "an answer cell became a raw cell", raw, perhaps=["pixel-uses"])
    anonymous = Paper("02").solve()
    for cell in anonymous.cells:
        cell.pop("id", None)
    add("ids-missing", "no cell has an id", anonymous)
    equal = Paper("03").solve()
    for cell in equal.cells:
        cell["id"] = "same"
    add("ids-equal", "all cells have one id", equal)
    nameless = Paper("06").solve()
    for cell in nameless.cells:
        cell["metadata"] = {}
    add("metadata-lost-ids-kept", "all of the cells' metadata are gone", nameless)
    other = Paper("03").solve()
    nothing = [cell[6:] for cell in points("02")]
    found.append(_one("other-lesson", "notebook 03 handed in as 02", "02", other.bytes(), lost=nothing))
    return found


def _names() -> list[Specimen]:
    """The right notebook under another name."""
    found = []
    name = NAMES["06"]
    for what, note, file in (
        ("name-with-a-number", "downloaded twice", f"{name} (1).ipynb"),
        ("name-copy-of", "a copy made by Colab", f"Copy of {name}.ipynb"),
        ("name-upper-case", "in capital letters", f"{name}.IPYNB".upper()),
        ("name-of-the-student", "the student's name in front", f"ada_lovelace_{name}.ipynb"),
        ("name-in-a-folder", "in a folder of its own", f"homework/{name}.ipynb"),
        ("name-with-txt", "a second ending", f"{name}.ipynb.txt"),
    ):
        found.append(_one(what, note, "06", Paper("06").solve().bytes(), lost=(), file=file))
    more = {f"{name}-old.ipynb": Paper("06").bytes(), ".ipynb_checkpoints/x-checkpoint.ipynb": b"{}"}
    note = "an empty copy beside the right one"
    found.append(_one("name-and-another", note, "06", Paper("06").solve().bytes(), lost=(), more=more))
    return found
