"""Figures that can be played with: a still picture, and a script that takes its place where scripts may run.

Where they may not (an untrusted notebook, GitHub, a feedback page) the still with its alt text is what is seen. The
HTML depends on nothing but the figure's numbers, needs no network, kernel or file beside it, and leaves no global name.

How a kind of figure is written:

- `scripts/KIND.js` is a module that exports a function named KIND. `KIND(ui, state)` builds its elements with the
  helpers of `scripts/core.js` (which its head explains) and appends them to `ui.box`. If it throws, the still stays.
- Python makes the still's scene, and `live(scene, "KIND", state)` adds the script. `state` is plain data (dicts,
  lists, strings, finite numbers, None), with the numbers to show first as `convcourse.operations` gives them.
- Arithmetic stands in exported functions that touch no document, so that a test can run them by node beside Python's.
- Of a module is kept what a browser needs. `import … from "./other.js";` and `export` stand at the beginning of a line
  and on one line, a comment is a line that begins with `//`, and indentation means nothing, in strings either. All
  modules of a figure share one scope, so their top-level names must differ.
- Committed notebooks hold the script with which they ran. After a change of one, `autograder build` gives their figures
  today's without running a cell, and `autograder build --check` tells where that has not been done.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from convcourse.figures.figure import Figure
from convcourse.figures.scene import Scene
from convcourse.figures.svg import draw

SCRIPTS = Path(__file__).parent / "scripts"
_IMPORT = re.compile(r'^import .* from "\./([a-z_]+)\.js";$', re.M)
_EXPORT = re.compile(r"^export ", re.M)
_COMMENT = re.compile(r"^//.*\n", re.M)
_MADE = re.compile(
    r'(?P<still><div class="convcourse-figure" data-figure="(?P<mark>[0-9a-f]{12})"><img [^>]*>)'
    r'<script>\(.*\nmount\("(?P=mark)",(?P<kind>[a-z_]+),(?P<words>[^\n]*)\);\n\}\)\(\);</script></div>',
    re.S,
)


@dataclass(frozen=True, repr=False)
class Live(Figure):
    """A still picture with the script of its `kind` and the `state` that it begins with.

    In a notebook text/html is one <div> of class convcourse-figure, text/plain the alt text.
    """

    kind: str = ""
    state: Mapping[str, object] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        words = json.dumps(self.state, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        words = words.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        mark = hashlib.sha256(f"{self.kind} {words}".encode()).hexdigest()[:12]
        return (
            f'<div class="convcourse-figure" data-figure="{mark}">{super()._repr_html_()}'
            f'<script>(()=>{{"use strict";\n{script(self.kind)}mount("{mark}",{self.kind},{words});\n}})();</script>'
            "</div>"
        )


def live(still: Scene | Figure, kind: str, state: Mapping[str, object]) -> Live:
    """The figure that begins as `still`, a scene or what is drawn of one, and that `kind`'s script brings to life."""
    if isinstance(still, Scene):
        svg, width = draw(still)
        still = Figure(still.alt, svg.encode(), "image/svg+xml", width, still)
    return Live(still.alt, still.data, still.media, still.width, still.scene, kind, state)


def _told(mark: str, kind: str, words: str) -> str:
    """The end of a figure's HTML: its script, which begins with a state in JSON."""
    return f'<script>(()=>{{"use strict";\n{script(kind)}mount("{mark}",{kind},{words});\n}})();</script></div>'


def renewed(html: str) -> str:
    """The HTML of a figure with the scripts of today, whichever it was made with; other HTML as it is.

    What a notebook shows is kept as long as its code is the same, but a figure's script may have got better since.
    """
    found = _MADE.fullmatch(html)
    return html if found is None else found["still"] + _told(found["mark"], found["kind"], found["words"])


@cache
def script(kind: str) -> str:
    """core.js, what the kind imports, and the kind itself, as one piece without comments, indentation and exports.

    Raises FileNotFoundError for a kind without a script.
    """
    pieces: dict[str, str] = {}
    for name in ("core", kind):
        _collect(name, pieces)
    return "".join(pieces.values())


def _collect(name: str, pieces: dict[str, str]) -> None:
    """Add a module after those that it imports, each once, under its name."""
    if name in pieces:
        return
    source = (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
    for other in _IMPORT.findall(source):
        _collect(other, pieces)
    lines = (line.strip() for line in _IMPORT.sub("", source).split("\n"))
    pieces[name] = _EXPORT.sub("", _COMMENT.sub("", "".join(f"{line}\n" for line in lines if line)))
