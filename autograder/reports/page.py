"""A marked notebook as one page for its student: the score and the verdicts in front, the lesson folded away.

The scores come from the gradebook alone. What the notebook holds is either the lesson's (it stands in the released
notebook), a verdict (the output of a check), or the student's, and then it is cleaned and framed as such.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from html import unescape
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.grading import account
from autograder.grading.account import Account, Incident
from autograder.reports import clean

HEADING = re.compile(r"\s*(#{1,3})\s+(.+?)\s*(?:\n|\Z)")
TOLD_TITLE = re.compile(r"</strong> · ([^<]{1,200})</p>")  # where autograder.checks.feedback puts a check's title
EXERCISE = re.compile(r"Exercise\s+([^\s·]+)(?:\s*·\s*([^·]+))?")
CHECK = re.compile(r"check\(([\"'])([\w-]+)\1\)")
SECRET_TESTS = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?(?:END HIDDEN TESTS[^\n]*|\Z)", re.MULTILINE | re.DOTALL)
SHORTEST_SECRET = 6  # characters; a hidden line such as `x` says nothing, and stands everywhere
LIBRARY_FRAME = re.compile(r"\s*File \S*/(?:site-packages|dist-packages|python3\.\d+)/")
MOST_OUTPUTS = 50  # of one cell
ROOM = 12_000_000  # characters of HTML for all that a notebook shows
LONG = 30  # lines, from which on a box scrolls and wants to be reached by the keyboard


@dataclass(frozen=True)
class Mark:
    """What the gradebook holds of one graded cell. `automatic` is what marking gave, where a person gave another;
    `waiting` says that a person still has to look."""

    score: float
    maximum: float
    waiting: bool = False
    automatic: float | None = None
    extra: float = 0


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds of one notebook: `cells` by grade id, in order, and `comments` of those who mark by the
    grade id of the answer. `score` is before the late penalty, `answers` are the ids of all answer cells."""

    student: str
    assignment: str
    notebook: str
    score: float
    maximum: float
    penalty: float = 0
    cells: Mapping[str, Mark] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    answers: frozenset[str] = frozenset()

    @property
    def total(self) -> float:
        """What counts: the score less the late penalty, never less than nothing."""
        return max(0.0, self.score - self.penalty)


@dataclass(frozen=True)
class Piece:
    """One thing on the page. `body` is clean HTML.

    A "verdict" is the marking's word, a "comment" the instructor's; "code", "words" and "output" are the student's;
    "lesson", "lesson-code" and "lesson-output" are what was handed out, the output made by the student's run of it.
    """

    kind: Literal["verdict", "comment", "code", "words", "output", "lesson", "lesson-code", "lesson-output"]
    body: Markup
    label: str = ""
    mark: Mark | None = None
    state: str = ""
    anchor: str = ""
    note: str = ""
    long: bool = False


@dataclass(frozen=True)
class Fold:
    """Pieces of the lesson that stand together and are folded away; `trouble` says what went wrong in there."""

    title: str
    pieces: tuple[Piece, ...]
    trouble: str = ""


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the lesson. One without `own` pieces is only read, and folded as a whole."""

    title: str
    about: str
    anchor: str
    items: tuple[Piece | Fold, ...]
    own: bool


@dataclass(frozen=True)
class Row:
    """A line of the table: one graded cell."""

    name: str
    title: str
    mark: Mark
    state: str
    anchor: str


@dataclass(frozen=True)
class Page:
    """All of a page."""

    title: str
    marks: Marks
    rows: tuple[Row, ...]
    sections: tuple[Section, ...]
    repaired: tuple[str, ...]
    incidents: tuple[tuple[Incident, str], ...]
    waiting: int
    sandboxed: bool


class _Room:
    """How much more the page may hold, so that a flood of output still makes a page that opens."""

    def __init__(self, left: int = ROOM) -> None:
        self.left = left

    def take(self, body: str) -> str:
        if len(body) > self.left:
            return "<p>[not shown: this notebook's outputs are too large for one page]</p>"
        self.left -= len(body)
        return body


def make_page(notebook: Mapping[str, Any], marks: Marks, released: Mapping[str, Any] | None, secret: str = "") -> Page:
    """The page of a marked notebook. `released` is the notebook that was handed out, None where it is not at hand;
    `secret` must not appear, whatever the notebook prints."""
    cells = [cell for cell in notebook.get("cells", []) if isinstance(cell, Mapping)]
    lesson = _Lesson(released, cells, marks)
    hidden = [*lesson.hidden, *([secret] if len(secret) >= SHORTEST_SECRET else [])]
    told, room = _account(notebook), _Room()
    anchors: dict[str, str] = {}
    sections = list[Section]()
    for place, (heading, group) in enumerate(_groups(cells, lesson)):
        pieces = [
            piece
            for cell in group
            for piece in _pieces(cell, lesson, marks, hidden, room, anchors)
            if piece.body or piece.mark
        ]
        title, about = _title(heading)
        if place == 0:
            title, about = "At the beginning", ""  # its heading is that of the page
        own = any(not piece.kind.startswith("lesson") for piece in pieces)
        items = tuple(_folded(pieces, EXERCISE.match(title) is not None))
        sections.append(Section(title, about, f"part-{place}", items, own))
    shown = {
        piece.anchor: piece
        for section in sections
        for piece in section.items
        if isinstance(piece, Piece) and piece.kind == "verdict"
    }
    rows = tuple(
        _row(cell, mark, lesson, shown.get(anchors.get(cell, ""))) for cell, mark in _in_order(marks.cells, anchors)
    )
    first = next((title for heading, _ in _groups(cells, lesson) if (title := _title(heading)[0])), "")
    return Page(
        first or marks.notebook,
        marks,
        rows,
        tuple(section for section in sections if section.items),
        tuple(dict.fromkeys(remark.mild for remark in told.remarks if remark.mild)) if told else (),
        tuple(_in_words(told.incidents, anchors)) if told else (),
        sum(mark.waiting for mark in marks.cells.values()),
        told is not None and told.isolation == account.SANDBOX,
    )


def _in_words(incidents: Iterable[Incident], anchors: Mapping[str, str]) -> Iterator[tuple[Incident, str]]:
    """Each thing that went wrong once, with the anchor of its cell; the page has no markup for code in a sentence."""
    said = set()
    for incident in incidents:
        text = incident.text.replace("`", "")
        if text not in said:
            said.add(text)
            yield replace(incident, text=text), anchors.get(incident.cell, "")


def render(page: Page) -> str:
    """The page as HTML that needs nothing but itself."""
    return _environment().get_template("page.html.j2").render(page=page, marks=page.marks)


def points(number: float) -> str:
    """Points as one says them: 2, 1.5, 0.33."""
    return f"{round(number, 2):g}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("autograder.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": points, "printable": clean.printable}
    return environment


def _account(notebook: Mapping[str, Any]) -> Account | None:
    """What marking told of the notebook; None where nbgrader marked it by itself, or it has been meddled with."""
    metadata = notebook.get("metadata", {})
    try:
        return account.read(metadata) if metadata.get(account.KEY) else None
    except (TypeError, AttributeError, ValueError):
        return None


# --- whose is what ----------------------------------------------------------------------------------------------


class _Lesson:
    """What was handed out, to tell the lesson's cells from the student's; and the hidden tests, which only the marked
    notebook has."""

    def __init__(self, released: Mapping[str, Any] | None, marked: Sequence[Mapping[str, Any]], marks: Marks) -> None:
        cells = list((released or {}).get("cells", []))
        self.texts = {(cell["cell_type"], _source(cell).strip()) for cell in cells}
        self.released = {_grade_id(cell): _source(cell) for cell in cells if _grade_id(cell)}
        self.names: dict[str, tuple[str, str]] = {}
        self._name(cells or marked, marks)
        self.hidden: list[str] = []
        for cell in marked:
            name = _grade_id(cell)
            if name in marks.cells and name not in marks.answers:
                known = set(self.shown(cell).split("\n"))
                lines = (line for line in _source(cell).split("\n") if line not in known)
                self.hidden += [line.strip() for line in lines if len(line.strip()) >= SHORTEST_SECRET]

    def holds(self, cell: Mapping[str, Any]) -> bool:
        """Whether a cell is as it was handed out."""
        return (cell.get("cell_type"), _source(cell).strip()) in self.texts

    def shown(self, cell: Mapping[str, Any]) -> str:
        """The source of a test as students know it."""
        return SECRET_TESTS.sub("", self.released.get(_grade_id(cell), _source(cell)))

    def name(self, cell: str) -> tuple[str, str]:
        """Number and title of the exercise that a graded cell belongs to."""
        return self.names.get(cell, (cell.partition("-")[2] or cell, ""))

    def _name(self, cells: Sequence[Mapping[str, Any]], marks: Marks) -> None:
        number, title = "", ""
        found: dict[str, tuple[str, str]] = {}
        for cell in cells:
            heading = _heading(cell)
            if heading:
                exercise = EXERCISE.match(heading)
                number, title = (exercise[1], (exercise[2] or "").strip()) if exercise else ("", _title(heading)[0])
            if _grade_id(cell) in marks.cells:
                found.setdefault(_grade_id(cell), (number, title))
        for cell_id, (number, title) in found.items():
            short = cell_id.partition("-")[2] or cell_id
            mates = [other for other in found if found[other][0] == number and marks.cells[other].maximum]
            if not number or cell_id not in mates:
                self.names[cell_id] = (short, title)
            elif len(mates) == 1:
                self.names[cell_id] = (number, title or short)
            else:
                self.names[cell_id] = (number + "abcdefghijklmnopqrstuvwxyz"[mates.index(cell_id) % 26], short)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _grade_id(cell: Mapping[str, Any]) -> str:
    about = cell.get("metadata", {}).get("nbgrader", {})
    return str(about.get("grade_id", "")) if isinstance(about, Mapping) else ""


def _heading(cell: Mapping[str, Any]) -> str:
    """The heading of a markdown cell that begins with one."""
    if cell.get("cell_type") != "markdown":
        return ""
    found = HEADING.match(_source(cell))
    return clean.printable(found[2]) if found else ""


def _groups(cells: Iterable[Mapping[str, Any]], lesson: _Lesson) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The cells under each heading of the lesson. A student's headings divide nothing."""
    heading, group = "", list[Mapping[str, Any]]()
    for cell in cells:
        found = _heading(cell) if lesson.holds(cell) else ""
        if found:
            if group:
                yield heading, group
            heading, group = found, []
        group.append(cell)
    if group:
        yield heading, group


def _title(heading: str) -> tuple[str, str]:
    """("Exercise 7 · The size of the result", "2 points · ●●○ · 10 minutes")."""
    pieces = [piece.strip() for piece in re.sub(r"[*`]", "", heading).split(" · ")]
    cut = 2 if len(pieces) > 2 else len(pieces)
    return " · ".join(pieces[:cut]), " · ".join(pieces[cut:])


def _row(cell: str, mark: Mark, lesson: _Lesson, piece: Piece | None) -> Row:
    name, title = lesson.name(cell)
    if piece is None:
        return Row(name, title, mark, _state(mark, ""), "")
    told = TOLD_TITLE.search(piece.body)
    if told and not mark.maximum:  # an extra of an exercise has a title of its own
        title = unescape(told[1])
    return Row(name, title, mark, piece.state, piece.anchor)


def _in_order(marks: Mapping[str, Mark], anchors: Mapping[str, str]) -> list[tuple[str, Mark]]:
    present = [cell for cell in anchors if cell in marks]
    return [(cell, marks[cell]) for cell in [*present, *(cell for cell in marks if cell not in anchors)]]


# --- pieces -----------------------------------------------------------------------------------------------------


def _pieces(
    cell: Mapping[str, Any],
    lesson: _Lesson,
    marks: Marks,
    hidden: Sequence[str],
    room: _Room,
    anchors: dict[str, str],
) -> Iterator[Piece]:
    """What one cell becomes. Only the first cell of a grade id that the gradebook knows gets a verdict."""
    name = _grade_id(cell)
    mark = marks.cells.get(name) if name not in anchors else None
    anchor = ""
    if mark or (name in marks.answers and name not in anchors):
        anchor = anchors[name] = f"cell-{len(anchors) + 1}"
    own = name in marks.answers or not lesson.holds(cell)
    if mark and name not in marks.answers and cell.get("cell_type") == "code":
        yield from _judged(cell, name, mark, lesson, hidden, room, anchor)
    else:
        yield from _shown(cell, own, name in marks.answers, lesson.holds(cell), hidden, room)
        if mark:
            body = Markup(f"<p>{_plainly(mark)}</p>")
            yield Piece("verdict", body, "Marked by a person", mark, _state(mark, ""), anchor, _note(mark))
    if anchor and marks.comments.get(name):
        yield Piece("comment", Markup(clean.markdown(marks.comments[name])), "From your instructor")


def _judged(
    cell: Mapping[str, Any],
    name: str,
    mark: Mark,
    lesson: _Lesson,
    hidden: Sequence[str],
    room: _Room,
    anchor: str,
) -> Iterator[Piece]:
    """A check or test: its verdict, and apart from it whatever else it has put out."""
    outputs = [output for output in cell.get("outputs", []) if isinstance(output, Mapping)]
    check = CHECK.fullmatch(_source(cell).strip())
    said = ""
    if check and name == f"check-{check[2]}":
        place = next((i for i, out in enumerate(outputs) if out.get("output_type") == "execute_result"), None)
        if place is not None and outputs[place].get("data", {}).get("text/html"):
            said = clean.verdict(outputs.pop(place)["data"]["text/html"])
    elif _secretive(cell, lesson):
        # Whatever it prints, the hidden tests have asked for.
        stopped = [_error(out.get("ename")) for out in outputs if out.get("output_type") == "error"]
        outputs = []
        said = "".join(f"<p>The tests stopped with {name}.</p>" for name in stopped)
    state = _state(mark, said)
    said = said or f"<p>{_plainly(mark)}</p>"
    label = "What the check says" if check else "What the tests say"
    yield Piece("verdict", Markup(room.take(said)), label, mark, state, anchor, _note(mark))
    if not check:
        source = lesson.shown(cell)
        yield Piece("lesson-code", Markup(room.take(clean.code(source))), "The test", long=_long(source))
    yield from _outputs(outputs, "output", hidden, room)


def _secretive(cell: Mapping[str, Any], lesson: _Lesson) -> bool:
    return lesson.shown(cell).strip() != _source(cell).strip()


def _shown(
    cell: Mapping[str, Any], own: bool, answer: bool, unchanged: bool, hidden: Sequence[str], room: _Room
) -> Iterator[Piece]:
    """A cell that is not judged by itself: its source and its outputs."""
    source = _source(cell)
    label = ("Your answer, left as it was" if unchanged else "Your answer") if answer else "Your own cell"
    if cell.get("cell_type") == "markdown":
        attachments = cell.get("attachments", {})
        kept = attachments if isinstance(attachments, Mapping) else {}
        if own:
            body = clean.markdown(source, attachments=kept)
        else:
            heading = HEADING.match(source)
            body = clean.markdown(source[heading.end() :] if heading else source, lesson=True, attachments=kept)
        yield Piece("words" if own else "lesson", Markup(room.take(body)), label if own else "")
    elif cell.get("cell_type") == "code":
        if source.strip():
            kind: Literal["code", "lesson-code"] = "code" if own else "lesson-code"
            yield Piece(kind, Markup(room.take(clean.code(source))), label if own else "", long=_long(source))
        yield from _outputs(cell.get("outputs", []), "output" if own else "lesson-output", hidden, room)
    elif source.strip():
        yield Piece("code", Markup(room.take(str(escape(clean.said(source, hidden))))), label)


def _outputs(
    outputs: Sequence[Any], kind: Literal["output", "lesson-output"], hidden: Sequence[str], room: _Room
) -> Iterator[Piece]:
    kept = _joined([output for output in outputs if isinstance(output, Mapping)])
    for output in kept[:MOST_OUTPUTS]:
        body, note = _output(output, hidden)
        if body:
            yield Piece(kind, Markup(room.take(body)), "Your output", note=note, long=_long(body))
    if len(kept) > MOST_OUTPUTS:
        yield Piece(
            kind, Markup(f"<p>… and {len(kept) - MOST_OUTPUTS} outputs more, which are not shown</p>"), "Your output"
        )


def _joined(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The outputs, with pieces of text that were printed one after the other in one piece."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        text = "".join(map(str, output.get("text", "")))
        if output.get("output_type") != "stream":
            joined.append(dict(output))
        elif joined and joined[-1].get("output_type") == "stream" and joined[-1].get("name") == output.get("name"):
            joined[-1]["text"] += text
        else:
            joined.append({**output, "text": text})
    return joined


def _output(output: Mapping[str, Any], hidden: Sequence[str]) -> tuple[str, str]:
    """One output as clean HTML, and the name of the error if it is one."""
    kind = output.get("output_type")
    if kind == "stream":
        text = clean.said(output.get("text", ""), hidden).strip("\n")
        return (_pre(text), "") if text.strip() else ("", "")
    if kind == "error":
        trace = "\n".join(_own_lines(output.get("traceback")))
        name, value = clean.printable(output.get("ename", "")), clean.printable(output.get("evalue", ""))
        return _pre(clean.said(trace or f"{name}: {value}", hidden)), _error(name)
    data = output.get("data", {})
    return (_display(data, output.get("metadata", {}), hidden), "") if isinstance(data, Mapping) else ("", "")


def _own_lines(traceback: object) -> list[str]:
    """A traceback as IPython writes it, a piece for each frame, without those of libraries, which no student wrote."""
    pieces = list(map(str, traceback)) if isinstance(traceback, list) else []
    own = [piece for piece in pieces if not LIBRARY_FRAME.match(clean.printable(piece))]
    if left_out := len(pieces) - len(own):
        own.insert(len(own) - 1, f"[{left_out} step{'' if left_out == 1 else 's'} inside libraries left out]\n")
    return own


def _error(name: object) -> str:
    """The name of an error if it is one of Python's own: it is told outside the frames, and others can be any words."""
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    return str(name) if isinstance(kind, type) and issubclass(kind, BaseException) else "an error"


def _display(data: Mapping[str, Any], metadata: object, hidden: Sequence[str]) -> str:
    """The best of what a cell has put out that can be shown: a picture, a table, a formula, or text."""
    for media in clean.PICTURES:
        if data.get(media):
            about = metadata.get(media) if isinstance(metadata, Mapping) else None
            alt = about.get("alt", "") if isinstance(about, Mapping) else ""
            if shown := clean.picture(media, data[media], str(alt)):
                return shown
    if data.get("text/html"):
        made = clean.html(data["text/html"], hidden)
        if "text/plain" not in data or "<img" in made or "<table" in made:
            return made
    if data.get("text/markdown"):
        words = clean.printable(data["text/markdown"])
        return _pre(clean.LEFT_OUT) if clean.holds(words, hidden) else clean.markdown(words)
    if data.get("text/latex"):
        return clean.latex(data["text/latex"], hidden)
    if data.get("text/plain"):
        return _pre(clean.said(data["text/plain"], hidden))
    return "<p>[an output that a page cannot show]</p>" if data else ""


def _pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def _long(text: str) -> bool:
    return text.count("\n") >= LONG


def _state(mark: Mark, said: str) -> str:
    """One word for the colour of a verdict: from the points, and only where there are none from what the check says."""
    if mark.waiting:
        return "waiting"
    if mark.maximum:
        if mark.score >= mark.maximum:
            return "right"
        if mark.score > 0:
            return "partly"
        return "blank" if "<strong>–" in said else "wrong"
    return {"✓": "right", "–": "blank", "✗": "wrong"}.get(said.partition("<strong>")[2][:1], "blank")


def _plainly(mark: Mark) -> str:
    if mark.waiting:
        return "A person still has to look at this."
    if not mark.maximum:
        return "No points, just for you."
    if mark.score >= mark.maximum:
        return "All of it is right."
    return "Part of it is right." if mark.score > 0 else "This earns no points."


def _note(mark: Mark) -> str:
    """What there is to say about where the points come from."""
    notes = []
    if mark.automatic is not None:
        notes.append(f"A person has set these points; the marking gave {points(mark.automatic)}.")
    if mark.extra:
        notes.append(f"They include {points(mark.extra)} of extra credit.")
    if mark.waiting:
        notes.append("Until then it counts nothing.")
    return " ".join(notes)


def _folded(pieces: Sequence[Piece], exercise: bool) -> Iterator[Piece | Fold]:
    """The pieces, with those of the lesson that follow each other folded together."""
    waiting: list[Piece] = []
    first = True
    for piece in [*pieces, None]:
        if piece is not None and piece.kind.startswith("lesson"):
            waiting.append(piece)
            continue
        if waiting:
            wordy = any(item.kind == "lesson" for item in waiting)
            title = "The text of the lesson" if wordy else "Code of the lesson"
            stopped = next((item.note for item in waiting if item.note), "")
            yield Fold("The task and its hints" if exercise and first and wordy else title, tuple(waiting), stopped)
            waiting = []
        first = False
        if piece is not None:
            yield piece
