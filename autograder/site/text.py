"""Markdown of the course as HTML: formulas as MathML, headings with anchors, links as the site has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

EXERCISE = re.compile(r"(exercise \d+) ·")
NO_HEAD = re.compile(r"<thead>\s*<tr>\s*(?:<th[^>]*></th>\s*)+</tr>\s*</thead>\s*")
EMPTY = re.compile(r"<th[^>]*></th>")  # no heading of anything
LOCAL = re.compile(r'(<(?:a|img)\b[^>]*?\b(?:href|src)=")([^"]*)(")')

Where = Callable[[str], str]  # a link as a text has it → the same on the page


class SiteError(Exception):
    """A site that cannot be built as it should be."""


@dataclass(frozen=True)
class Heading:
    """A heading of a page: its level, what a link to it ends in, and its words without markup."""

    level: int
    anchor: str
    words: str


@dataclass
class Page:
    """What a page's texts share while they are rendered: where links lead, and the headings so far."""

    where: Where
    headings: list[Heading] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def render(self, source: str, shift: int = 0) -> str:
        """Markdown as HTML, with headings `shift` levels further down, which are added to the page's.

        Raises SiteError for a formula that cannot be shown.
        """
        made: str = _renderer().render(source, {"page": self, "shift": shift})
        return EMPTY.sub("<td></td>", NO_HEAD.sub("", made))

    def anchor(self, words: str) -> str:
        """What a link to a heading ends in; different for each heading of the page."""
        exercise = EXERCISE.match(words.lower())
        plain = exercise[1] if exercise else words.lower()
        name = re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-") or "part"
        self.taken[name] += 1
        return name if self.taken[name] == 1 else f"{name}-{self.taken[name] - 1}"


def parts(source: str) -> dict[str, str]:
    """A text by its headings of the second level: words of the heading → the text from it up to the next one.

    What stands before the first has the name "".
    """
    lines, found, name, begin = source.split("\n"), dict[str, str](), "", 0
    tokens = _renderer().parse(source, {})
    for token, inner in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2" and token.map:
            found[name] = "\n".join(lines[begin : token.map[0]])
            name, begin = inner.content, token.map[0]
    return found | {name: "\n".join(lines[begin:])}


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": True, "highlight": _highlighted}).enable(["table", "strikethrough"])
    renderer.use(dollarmath_plugin, allow_digits=False, double_inline=True)
    for name, rule in {
        "math_inline": _inline_formula,
        "math_inline_double": _block_formula,
        "math_block": _block_formula,
        "math_block_label": _block_formula,
        "heading_open": _heading_open,
        "heading_close": _heading_close,
        "link_open": _link,
        "image": _image,
        "html_inline": _html,
        "html_block": _html,
        "table_open": _table_open,
        "table_close": _table_close,
    }.items():
        renderer.add_render_rule(name, rule)
    return renderer


def _highlighted(code: str, language: str, _: str) -> str:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""  # escaped as it is
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


def _formula(source: str, display: str) -> str:
    try:
        return str(convert(source, display=display))
    except Exception as error:  # whatever it is, the page would lack a formula
        raise SiteError(f"latex2mathml cannot read {source!r}: {error!r}") from error


def _inline_formula(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return _formula(tokens[place].content, "inline")


def _block_formula(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return _formula(tokens[place].content.strip(), "block")


def _level(token: Token, env: EnvType) -> int:
    return int(token.tag[1:]) + int(env["shift"])


def _heading_open(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    page: Page = env["page"]
    level = _level(tokens[place], env)
    words = "".join(
        token.content for token in tokens[place + 1].children or [] if token.type in ("text", "code_inline")
    )
    anchor = page.anchor(words)
    page.headings.append(Heading(level, anchor, words))
    return f'<h{level} id="{anchor}">'


def _heading_close(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return f"</h{_level(tokens[place], env)}>\n"


def _link(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    tokens[place].attrSet("href", env["page"].where(str(tokens[place].attrs["href"])))
    return str(self.renderToken(tokens, place, options, env))


def _image(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    tokens[place].attrSet("src", env["page"].where(str(tokens[place].attrs["src"])))
    return str(self.image(tokens, place, options, env))


def _html(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    page: Page = env["page"]
    return LOCAL.sub(lambda found: f"{found[1]}{page.where(found[2])}{found[3]}", tokens[place].content)


def _table_open(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return '<div class="table"><table>\n'


def _table_close(self: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    return "</table></div>\n"
