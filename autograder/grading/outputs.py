"""What a cell shows, from messages of a kernel that nobody need trust: checked, cut to size, text and pictures only.

A message is read as plain JSON and may hold anything. What does not fit is left out, and nothing here raises for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict

from autograder.grading.limits import Limits

# Widgets and scripts have no use outside a live notebook; the feedback page cleans what is let through here.
TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml")
PICTURES = ("image/png", "image/jpeg", "image/gif")  # base64
LARGEST_PICTURE = 3_000_000  # characters of base64, for SVG of its source
LARGEST_TEXT = 50_000  # characters of one text that is no stream
OUTPUTS = 200  # of one cell
FRAMES = 60  # lines of a traceback
UNFINISHED = "_IncompleteInputError"  # what Python 3.13 calls the SyntaxError of a cell that ends too soon
CUT = "\n… cut here: this cell shows more than fits.\n"


class Outputs:
    """The outputs of one cell, as they come. `cut` tells that something was left out for its size; `received` counts
    all characters that came, kept or not; `left` is how many the notebook may still keep."""

    def __init__(self, limits: Limits, left: int):
        self.kept: list[NotebookNode] = []
        self.cut = False
        self.received = 0
        self.count = 0
        self._limits = limits
        self._left = min(left, limits.notebook_output)
        self._streamed = 0
        self._clear = False
        self._displays: dict[str, list[NotebookNode]] = {}

    @property
    def size(self) -> int:
        """How many characters are kept."""
        return sum(_size(output) for output in self.kept)

    def add(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the kernel: `kind` is its type, `content` its content, whatever that holds."""
        self.count += 1
        if kind == "clear_output":
            self._clear = True
            if not content.get("wait"):
                self._cleared()
            return
        if kind == "update_display_data":
            self._update(content)
            return
        output = _READERS[kind](content) if kind in _READERS else None
        if output is None:
            return
        self.received += _size(output)
        self._cleared()
        if kind == "stream":
            self._stream(output)
        elif len(self.kept) >= OUTPUTS or _size(output) > self._left:
            self.cut = True
        else:
            self._keep(output)
            name = _display_id(content)
            if name:
                self._displays.setdefault(name, []).append(output)

    def _keep(self, output: NotebookNode) -> None:
        self._left -= _size(output)
        self.kept.append(output)

    def _cleared(self) -> None:
        if self._clear:
            self._left += self.size
            self.kept.clear()
            self._displays.clear()
            self._streamed = 0
            self._clear = False

    def _stream(self, output: NotebookNode) -> None:
        room = max(0, min(self._limits.cell_output - self._streamed, self._left))
        text = output.text
        if len(text) > room:
            text = text[:room] + ("" if self.cut else CUT)
            self.cut = True
        self._streamed += len(text)
        self._left -= len(text)
        last = self.kept[-1] if self.kept else None
        if last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += text
        elif text and len(self.kept) < OUTPUTS:
            output.text = text
            self.kept.append(output)

    def _update(self, content: Mapping[str, Any]) -> None:
        """Change what this cell displays, never what another does."""
        output = _display(content)
        if output is None:
            return
        self.received += _size(output)
        for shown in self._displays.get(_display_id(content), []):
            if _size(output) <= self._left:
                self._left -= _size(output)
                shown.data = output.data


def _size(output: NotebookNode) -> int:
    if output.output_type == "stream":
        return len(output.text)
    if output.output_type == "error":
        return len(output.ename) + len(output.evalue) + sum(map(len, output.traceback))
    return sum(map(len, output.data.values()))


def as_output(kind: str, **parts: Any) -> NotebookNode:
    """An output. (nbformat's `new_output` checks each against its schema, which here is the readers' own work.)"""
    return from_dict({"output_type": kind, **parts})


def text_of(value: object, longest: int) -> str:
    """A text out of a message: a str without what cannot be written as UTF-8, cut to its length; else nothing."""
    if type(value) is not str:
        return ""
    return value[:longest].encode("utf-8", "replace").decode("utf-8")


def _display_id(content: Mapping[str, Any]) -> str:
    transient = content.get("transient")
    return text_of(transient.get("display_id"), 200) if type(transient) is dict else ""


def _data(content: Mapping[str, Any]) -> dict[str, str]:
    data = content.get("data")
    if type(data) is not dict:
        return {}
    kept, too_large = {}, 0
    for mime in (*TEXTS, *PICTURES):
        value = data.get(mime)
        picture = mime in PICTURES or mime == "image/svg+xml"
        if type(value) is str and picture and len(value) > LARGEST_PICTURE:
            too_large = len(value)
        elif type(value) is str:
            kept[mime] = text_of(value, LARGEST_PICTURE if picture else LARGEST_TEXT)
    if too_large:
        told = f"[a picture of {too_large / 1e6:.1f} MB, which is more than is kept]"
        kept["text/plain"] = f"{kept.get('text/plain', '')}\n{told}".lstrip("\n")
    return kept


def _metadata(content: Mapping[str, Any]) -> dict[str, Any]:
    """The alt texts of pictures, the only thing in an output's metadata that a page shows."""
    metadata = content.get("metadata")
    kept = {}
    if type(metadata) is dict:
        for mime in (*PICTURES, "image/svg+xml"):
            about = metadata.get(mime)
            if type(about) is dict and type(about.get("alt")) is str:
                kept[mime] = {"alt": text_of(about["alt"], 2_000)}
    return kept


def _stream(content: Mapping[str, Any]) -> NotebookNode | None:
    name = content.get("name")
    text = text_of(content.get("text"), 2_000_000)
    return as_output("stream", name=name, text=text) if name in ("stdout", "stderr") and text else None


def _display(content: Mapping[str, Any]) -> NotebookNode | None:
    data = _data(content)
    return as_output("display_data", data=data, metadata=_metadata(content)) if data else None


def _result(content: Mapping[str, Any]) -> NotebookNode | None:
    data = _data(content)
    return as_output("execute_result", data=data, metadata=_metadata(content), execution_count=None) if data else None


def _error(content: Mapping[str, Any]) -> NotebookNode:
    lines = content.get("traceback")
    lines = [text_of(line, 20_000) for line in lines[-FRAMES:]] if type(lines) is list else []
    name = text_of(content.get("ename"), 200) or "Error"
    if name == UNFINISHED:
        name, lines = "SyntaxError", [line.replace(UNFINISHED, "SyntaxError") for line in lines]
    return as_output(
        "error",
        ename=name,
        evalue=text_of(content.get("evalue"), 5_000),
        traceback=lines,
    )


_READERS = {"stream": _stream, "display_data": _display, "execute_result": _result, "error": _error}
