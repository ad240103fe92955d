"""Anything that a student's notebook holds, made harmless: text, pictures, tables and formulas, and nothing that acts.

Every function takes what came out of a notebook and returns HTML that has no script, no style, no form, nothing that
is fetched from elsewhere, and no attribute but those listed here. The page puts it into frames that say whose it is.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from html import escape, unescape

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from autograder.grading.outputs import LARGEST_PICTURE

KEPT = 500  # texts whose HTML is kept, as many pages show the same
LONGEST_TEXT = 20_000  # characters of one output or source that are shown
LONGEST_READ = 200_000  # characters of one output that are looked at
LONGEST_HTML = 200_000  # characters of somebody's HTML that are read at all, pictures apart
LONGEST_FORMULA, DEEPEST_FORMULA = 2_000, 40  # characters, and braces within braces
MOST = 2 * LARGEST_PICTURE  # characters of anything
MADE_BY_CELL = "picture made by your cell"
LEFT_OUT = "[left out: part of how this is marked]"

TEXT_TAGS = {
    *("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "small", "sub", "sup", "code", "pre", "kbd"),
    *("blockquote", "ul", "ol", "li", "dl", "dt", "dd", "a", "img"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
LESSON_TAGS = {"details", "summary", "h3"}  # only for what the course itself has written
VERDICT_TAGS = {
    *("div", "p", "br", "strong", "em", "b", "u", "code", "pre", "ul", "li", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
MATH_TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mphantom"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none"),
    *("mtable", "mtr", "mtd"),
}
# What goes with everything in it. The others that are not listed above go, and their text stays.
GONE_WHOLE = {
    *("script", "style", "iframe", "object", "embed", "template", "noscript", "svg", "title", "textarea", "select"),
    *("noembed", "noframes", "xmp", "plaintext", "head", "button", "audio", "video", "canvas", "annotation-xml"),
}

_COUNT, _WORD = re.compile(r"[1-9]\d?"), re.compile(r"[a-z]+(?:[ -][a-z]+)*")
_LENGTH = re.compile(r"(?:[01]?\.\d{1,3}|[012])em")  # never negative: nothing may slide over anything else
# tag → attribute → what its value must be, in full
ATTRIBUTES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "a": {"href": re.compile(r"https://[^\s\\\"'<>`]+")},
    "img": {
        "alt": re.compile(r".*", re.DOTALL),
        "width": re.compile(r"[1-9]\d{0,3}"),
        "src": re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}"),
    },
    "th": {"scope": re.compile(r"col|row|rowgroup"), "colspan": _COUNT, "rowspan": _COUNT},
    "td": {"colspan": _COUNT, "rowspan": _COUNT},
    "ol": {"start": re.compile(r"\d{1,4}")},
    "math": {"display": re.compile(r"block|inline")},
    "mi": {"mathvariant": _WORD},
    "mn": {"mathvariant": _WORD},
    "mo": dict.fromkeys(("stretchy", "fence", "form", "separator", "largeop", "movablelimits"), _WORD),
    "mstyle": {"displaystyle": _WORD, "scriptlevel": re.compile(r"[0-3]"), "mathvariant": _WORD},
    "mspace": {"width": _LENGTH},
    "mfrac": {"linethickness": re.compile(r"0(?:px|pt|em)?")},
    "mover": {"accent": _WORD},
    "munder": {"accentunder": _WORD},
    "mtable": {"columnalign": _WORD, "displaystyle": _WORD},
    "mtd": {"columnalign": _WORD},
}
REL = "noopener noreferrer nofollow"  # of every link
MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
PICTURES = (*MAGIC, "image/svg+xml")

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb]")
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # what lets text run the other way
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PATH = re.compile(
    r"(?<![\w/:.<+=~-])~?/(?:[\w.@+~-]{1,100}/){1,30}(?=[\w.<-])|\b[A-Za-z]:\\(?:[\w.@+~ -]{1,100}\\){1,30}"
)
_TAG = re.compile(r'(<(?:[^<>"]|"[^"]*")*>)')


# --- text -------------------------------------------------------------------------------------------------------


def printable(text: object) -> str:
    """Text without terminal codes and control characters; those that turn the direction of writing become visible.

    What is too long for anything is cut.
    """
    words = _ANSI.sub("", _joined(text)[:MOST]).replace("\r\n", "\n").replace("\r", "\n")
    words = _TURNING.sub(lambda found: f"[U+{ord(found[0]):04X}]", words)
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", words))


def without_paths(text: str) -> str:
    """Text whose absolute paths are shortened to the name of the file: they tell of the machine that marked."""
    return _PATH.sub("", text)


def said(text: object, hidden: Iterable[str] = ()) -> str:
    """What a cell printed, as plain text: overwritten lines gone, paths shortened, at most LONGEST_TEXT characters.

    A line that holds one of `hidden` is left out.
    """
    whole = _joined(text)
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in whole[:LONGEST_READ].split("\n"))
    words = printable("\n".join(lines))
    shown = "\n".join(LEFT_OUT if holds(line, hidden) else line for line in words.split("\n"))
    return shortened(without_paths(shown), unread=max(0, len(whole) - LONGEST_READ))


def _joined(text: object) -> str:
    """A notebook file may keep a text as a list of its lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def holds(text: str, hidden: Iterable[str]) -> bool:
    """Whether a text gives away one of the things that are hidden."""
    return any(secret in text for secret in hidden)


def shortened(text: str, longest: int = LONGEST_TEXT, unread: int = 0) -> str:
    """The beginning of a text that is too long, and how much is missing, with what was never looked at."""
    missing = max(0, len(text) - longest) + unread
    return f"{text[:longest]}\n… and {missing:,} characters more, which are not shown" if missing else text


# --- pictures, formulas, code -----------------------------------------------------------------------------------


def picture(media: str, data: object, alt: str = "") -> str:
    """An <img> that holds its picture; nothing for what is no picture of a known kind, or too large.

    `data` is base64 text, for SVG its source. An SVG is only ever shown as a picture, in which no script runs and
    from which nothing is fetched.
    """
    words = _joined(data)
    if len(words) > LARGEST_PICTURE:
        return ""
    try:
        if media == "image/svg+xml":
            content = printable(words).encode()
        else:
            content = base64.b64decode("".join(words.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if not is_picture(media, content):
        return ""
    source = f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
    described = escape(shortened(printable(alt).strip(), 2_000) or MADE_BY_CELL)
    return f'<img alt="{described}" src="{source}">'


def is_picture(media: str, content: bytes) -> bool:
    """Whether bytes begin as such a picture does. An SVG must not define entities, which may grow without end."""
    if media == "image/svg+xml":
        return b"<svg" in content and b"<!" not in content.replace(b"<!--", b"")
    return media in MAGIC and content.startswith(MAGIC[media])


def formula(source: str, block: bool) -> str:
    """LaTeX as MathML, which browsers show by themselves; its source as code where that can't be done.

    What comes back still has to be cleaned.
    """
    depth = deepest = 0
    for character in source[: LONGEST_FORMULA + 1]:
        depth += (character == "{") - (character == "}")
        deepest = max(deepest, depth)
    if len(source) <= LONGEST_FORMULA and deepest <= DEEPEST_FORMULA:
        try:
            return convert(source, display="block" if block else "inline")
        except Exception:  # whatever the converter stumbles over, the reader gets the source
            pass
    return f"<code>{escape(shortened(source, LONGEST_FORMULA))}</code>"


def code(source: object) -> str:
    """Python code with its words marked by <span class="p-…">, and nothing else."""
    words = printable(source)
    return escape(shortened(words)) if len(words) > LONGEST_TEXT else _highlighted(words)


@lru_cache(KEPT)  # most of what a class hands in is the lesson's
def _highlighted(words: str) -> str:
    lexer, formatter = PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True, classprefix="p-")
    made = str(highlight(words, lexer, formatter))
    return made if words.endswith("\n") else made.removesuffix("\n")


# --- HTML -------------------------------------------------------------------------------------------------------


def html(source: object, hidden: Sequence[str] = ()) -> str:
    """A student's HTML output: its text, tables and pictures."""
    words = _bounded(printable(source))
    if holds(unescape(words), hidden):
        return escape(LEFT_OUT)
    return _outside_tags(_cleaned(words, TEXT_TAGS))


def verdict(source: object) -> str:
    """What a check says: only the tags that autograder.checks.feedback writes, and no style."""
    return _cleaned(_bounded(printable(source)), VERDICT_TAGS)


def markdown(
    source: object, *, lesson: bool = False, attachments: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """Markdown with formulas as HTML. The course's own may fold hints away and have headings; nobody else's may."""
    words = printable(source)
    if len(words) > LONGEST_TEXT * (5 if lesson else 1) and "data:image" not in words:
        return f"<pre>{escape(shortened(words))}</pre>"
    if attachments or len(words) > LONGEST_TEXT:
        return _rendered(words, lesson, attachments or {})
    return _rendered_before(words, lesson)


@lru_cache(KEPT)
def _rendered_before(words: str, lesson: bool) -> str:
    return _rendered(words, lesson, {})


def _rendered(words: str, lesson: bool, attachments: Mapping[str, Mapping[str, str]]) -> str:
    env: EnvType = {"attachments": attachments, "lesson": lesson}
    made = _renderer().render(_bounded(words), env)
    return _cleaned(made, TEXT_TAGS | MATH_TAGS | (LESSON_TAGS if lesson else set()))


def latex(source: object, hidden: Sequence[str] = ()) -> str:
    """A LaTeX output, such as one of sympy: as a formula."""
    words = printable(source).strip()
    if holds(words, hidden):
        return escape(LEFT_OUT)
    stripped = words.removeprefix("$$").removesuffix("$$").removeprefix("$").removesuffix("$").strip()
    return _cleaned(formula(stripped, block=True), {"code"} | MATH_TAGS)


def _cleaned(source: str, tags: set[str]) -> str:
    attributes = {tag: set(known) for tag, known in ATTRIBUTES.items() if tag in tags}
    kept = nh3.clean(
        source,
        tags=tags,
        clean_content_tags=GONE_WHOLE,
        attributes=attributes,
        attribute_filter=_allowed,
        url_schemes={"https", "data"},
        link_rel=REL if "a" in tags else None,
        strip_comments=True,
    )
    return printable(kept)  # once more, for &#x202e; has become a character only now


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "rel"):
        return REL  # nh3 has put it there
    pattern = ATTRIBUTES.get(tag, {}).get(attribute)
    if pattern is None or not pattern.fullmatch(value):
        return None
    if (tag, attribute) == ("img", "src"):
        media, _, data = value.removeprefix("data:").partition(";base64,")
        return value if picture(media, _svg_source(data) if "svg" in media else data) else None
    return value


def _svg_source(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _bounded(words: str) -> str:
    """As much HTML as can be read in good time; the pictures in it do not count."""
    text = len(re.sub(r"base64,[A-Za-z0-9+/=]*", "", words)) if len(words) > LONGEST_HTML else len(words)
    if text > LONGEST_HTML or words.count("<") > LONGEST_HTML // 10:
        return f"<pre>{escape(shortened(re.sub('<[^>]{0,1000}>', ' ', words[:LONGEST_HTML])))}</pre>"
    return words


def _outside_tags(cleaned: str) -> str:
    """Shorten paths in the text of clean HTML, and leave its attributes alone."""
    pieces = _TAG.split(cleaned)
    return "".join(piece if place % 2 else without_paths(piece) for place, piece in enumerate(pieces))


# --- markdown ---------------------------------------------------------------------------------------------------


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": 20}).enable(["table", "strikethrough"])
    renderer.use(dollarmath_plugin, allow_digits=False, double_inline=True)
    for name, rule in {
        "math_inline": _inline_formula,
        "math_inline_double": _block_formula,
        "math_block": _block_formula,
        "math_block_label": _block_formula,
        "image": _image,
        "heading_open": _heading_open,
        "heading_close": _heading_close,
    }.items():
        renderer.add_render_rule(name, rule)
    return renderer


def _inline_formula(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return formula(tokens[place].content, block=False)


def _block_formula(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return formula(tokens[place].content.strip(), block=True)


def _image(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[place]
    alt = self.renderInlineAsText(token.children or [], options, env)
    source = str(token.attrs.get("src", ""))
    if source.startswith("attachment:"):
        kept = env["attachments"].get(source.removeprefix("attachment:"), {})
        shown = [picture(media, kept[media], alt) for media in PICTURES if media in kept]
        return next(filter(None, shown), escape(f"[picture: {alt}]"))
    if source.startswith("data:image/"):
        return f'<img alt="{escape(alt)}" src="{escape(source)}">'
    return escape(f"[picture: {alt}]")  # it lies elsewhere, and a page that fetches tells who reads it, and when


def _heading_open(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return "<h3>" if env["lesson"] else "<p><strong>"


def _heading_close(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return "</h3>\n" if env["lesson"] else "</strong></p>\n"
