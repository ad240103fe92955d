"""What a student's notebook holds comes out of cleaning as text, pictures, tables and formulas, and nothing else."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import ENTITIES, FLAG, HOSTILE, PNG, SVG, SVG64, Reader, assert_harmless

from autograder.building.notebook import student_path
from autograder.checks import CHECKS
from autograder.checks.feedback import Feedback
from autograder.checks.registry import run
from autograder.checks.student import Namespace
from autograder.grading.outputs import LARGEST_PICTURE
from autograder.reports import clean

ROOT = Path(__file__).resolve().parents[2]

IMAGE = f'<img src="data:image/png;base64,{PNG}">'
CLEANERS = {
    "html": (clean.html, clean.TEXT_TAGS),
    "verdict": (clean.verdict, clean.VERDICT_TAGS),
    "markdown": (clean.markdown, clean.TEXT_TAGS | clean.MATH_TAGS),
    "lesson": (
        lambda source: clean.markdown(source, lesson=True),
        clean.TEXT_TAGS | clean.MATH_TAGS | clean.LESSON_TAGS,
    ),
    "latex": (clean.latex, {"code"} | clean.MATH_TAGS),
    "code": (clean.code, {"span"}),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("cleaner", [name for name in CLEANERS if name != "code"])
def test_nothing_hostile_is_left(cleaner, name):
    clean_it, tags = CLEANERS[cleaner]
    start = time.perf_counter()
    made = clean_it(HOSTILE[name])
    assert time.perf_counter() - start < 5
    reader = assert_harmless(made, tags)
    assert len(made) < 250_000
    # What is left of a script is at most words that can be read.
    assert all(FLAG not in (value or "") for _, had in reader.tags for key, value in had.items() if key != "alt")
    assert clean_it(HOSTILE[name]) == made


@pytest.mark.parametrize("name", HOSTILE)
def test_code_is_only_coloured(name):
    made = clean.code(HOSTILE[name])
    for tag, attributes in Reader(made).tags:
        assert (tag, set(attributes)) == ("span", {"class"})
        assert re.fullmatch(r"p-[a-z0-9]+", attributes["class"])
    if len(HOSTILE[name]) <= clean.LONGEST_TEXT:
        assert Reader(made).text == clean.printable(HOSTILE[name])


def test_there_are_enough_of_them():
    assert len(HOSTILE) >= 60


PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "</",
            "/>",
            '"',
            "'",
            "`",
            "=",
            "&",
            ";",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "\n\n",
            "\n",
            " ",
            "\t",
        ),
        *("script", "style", "svg", "math", "mtext", "mglyph", "table", "td", "img", "a", "p", "template", "details"),
        *(
            "src=",
            "href=",
            "onerror=",
            "style=",
            "class=",
            "id=",
            "width=",
            "javascript:",
            "data:",
            "https://a.example",
        ),
        *(
            "image/png",
            "image/svg+xml",
            ";base64,",
            PNG,
            SVG64,
            "$",
            "$$",
            "\\frac",
            "\\href",
            "{",
            "}",
            "![",
            "](",
            "]",
        ),
        *(
            "# ",
            "> ",
            "- ",
            "|",
            "---",
            "```",
            "[x]: ",
            "&#x202e;",
            "&lt;",
            "\x1b[1m",
            "\u202e",
            "\ud800",
            "x",
            "é",
            "✓",
        ),
        *(
            "<script>",
            "<b>",
            "</b>",
            "<table><tr><td>",
            "<details open>",
            "<math>",
            "<mi>",
            "<svg>",
            "<style>",
            "<pre>",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join)))
def test_whatever_comes_only_listed_things_are_left(source):
    for clean_it, tags in CLEANERS.values():
        if tags != {"span"}:
            assert_harmless(clean_it(source), tags)
    assert Reader(clean.code(source)).text == clean.printable(source)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_text_is_printable_and_stays(source):
    made = clean.printable(source)
    assert clean.printable(made) == made
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", made)
    made.encode()


# --- what is kept -----------------------------------------------------------------------------------------------


def test_tables_and_pictures_stay():
    rows = "<thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
    assert clean.html(f'<table border="1" class="dataframe">{rows}') == f"<table>{rows}"
    assert clean.html(IMAGE) == IMAGE
    assert clean.html(f'<img alt="A plane" width="497" style="x" src="data:image/svg+xml;base64,{SVG64}">') == (
        f'<img alt="A plane" width="497" src="data:image/svg+xml;base64,{SVG64}">'
    )


def test_links_stay_where_they_are_safe():
    assert clean.markdown("[docs](https://pytorch.org/docs?a=1)") == (
        '<p><a href="https://pytorch.org/docs?a=1" rel="noopener noreferrer nofollow">docs</a></p>\n'
    )
    for target in ("http://a.example", "#top", "ftp://a.example", "other.ipynb"):
        assert "href" not in clean.markdown(f"[docs]({target})")


def test_formulas_become_mathml():
    made = clean.markdown("The kernel $f_h$, and\n\n$$\\sum_{k=0}^{n} B_k$$\n\nfor $5 or $10.")
    assert made.count('<math display="inline">') == made.count('<math display="block">') == 1
    assert "<msub><mi>f</mi><mi>h</mi></msub>" in made
    assert "for $5 or $10." in made
    assert clean.latex("$\\displaystyle x^{2}$").startswith('<math display="block">')
    assert clean.formula("{" * 100 + "}" * 100, block=False).startswith("<code>")
    assert clean.formula("x" * 5000, block=False).startswith("<code>")


def test_every_formula_of_the_course_is_shown():
    shown = 0
    for path in sorted(student_path(ROOT, name) for name in {check.notebook for check in CHECKS.values()}):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                made = clean.markdown(cell.source, lesson=True)
                assert "$" not in re.sub(r"<(code|pre)>.*?</\1>", "", made, flags=re.DOTALL), cell.source
                assert made.count("<details>") == cell.source.count("<details>")
                shown += made.count("<math")
    assert shown > 50


def test_only_the_lesson_folds_and_has_headings():
    source = "# Title\n\n<details><summary>Hint</summary>\nTry `x`.\n</details>"
    assert "<h3>Title</h3>" in clean.markdown(source, lesson=True)
    assert "<details><summary>Hint</summary>" in clean.markdown(source, lesson=True)
    own = clean.markdown(source)
    assert "<strong>Title</strong>" in own
    assert not {"h1", "h2", "h3", "details", "summary"} & {tag for tag, _ in Reader(own).tags}


def test_attachments_are_shown():
    kept = {"a.png": {"image/png": PNG}, "b.svg": {"image/svg+xml": SVG}}
    assert f'<img alt="the plane" src="data:image/png;base64,{PNG}">' in clean.markdown(
        "![the plane](attachment:a.png)", attachments=kept
    )
    assert "data:image/svg+xml" in clean.markdown("![x](attachment:b.svg)", attachments=kept)
    assert "[picture: gone]" in clean.markdown("![gone](attachment:c.png)", attachments=kept)
    assert "[picture: far]" in clean.markdown("![far](https://a.example/a.png)")


def test_pictures_are_what_they_say():
    assert clean.picture("image/png", PNG) == f'<img alt="{clean.MADE_BY_CELL}" src="data:image/png;base64,{PNG}">'
    assert clean.picture("image/png", [PNG[:40] + "\n", PNG[40:]], ' a "plane" ').startswith(
        '<img alt="a &quot;plane&quot;"'
    )
    assert clean.picture("image/svg+xml", SVG).startswith(
        f'<img alt="{clean.MADE_BY_CELL}" src="data:image/svg+xml;base64,'
    )
    for media, data in [
        ("image/png", "not base64!"),
        ("image/png", base64.b64encode(b"<html>").decode()),
        ("image/webp", PNG),
        ("text/html", PNG),
        ("image/svg+xml", base64.b64decode(ENTITIES).decode()),
        ("image/svg+xml", "no picture"),
        ("image/png", "A" * (LARGEST_PICTURE + 4)),
        ("image/png", {"a": 1}),
        ("image/png", None),
    ]:
        assert clean.picture(media, data) == ""


def test_every_check_keeps_its_words_and_loses_its_style():
    for check in CHECKS.values():
        written = Feedback(run(check, Namespace({})), marking=True)._repr_html_()
        made = clean.verdict(written)
        assert Reader(made).text == Reader(written).text
        assert [tag for tag, _ in Reader(made).tags] == [tag for tag, _ in Reader(written).tags]
        assert "style" not in made


# --- text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ('File "/srv/course/grader/lib/python3.11/torch/functional.py", line 3', 'File "functional.py", line 3'),
        ("/srv/anna/a.py:12: UserWarning: x", "a.py:12: UserWarning: x"),
        ("File ~/course/x/y.py:5, in f", "File y.py:5, in f"),
        (r"C:\Users\Anna Smith\x.py: no", "x.py: no"),
        ("1/2/3 and a / b and https://a.example/b/c", "1/2/3 and a / b and https://a.example/b/c"),
        ("km/h, 3 /4, and/or/not", "km/h, 3 /4, and/or/not"),
        ("File /srv/x/<frozen>", "File <frozen>"),
    ],
)
def test_paths_are_shortened(path, left):
    assert clean.said(path) == left


def test_paths_in_html_are_shortened_in_its_text_alone():
    made = clean.html(f"<p>/srv/course/a.py</p>{IMAGE}<a href='https://a.example/b/c/d'>x</a>")
    assert made.startswith(f"<p>a.py</p>{IMAGE}")
    assert "https://a.example/b/c/d" in made


def test_overwritten_lines_show_their_end():
    assert clean.said("10%\r50%\r100%\nnext\r\n") == "100%\nnext\n"


def test_long_text_is_cut_and_says_so():
    made = clean.said("x" * 30_000)
    assert len(made) < clean.LONGEST_TEXT + 100
    assert made.endswith("and 10,000 characters more, which are not shown")


def test_what_is_hidden_is_left_out():
    hidden = ["assert double(21) == 42"]
    assert clean.said("a\n    assert double(21) == 42\nb", hidden) == f"a\n{clean.LEFT_OUT}\nb"
    assert clean.html("<p>assert double(21) =&#61; 42</p>", hidden) == clean.LEFT_OUT
    assert clean.latex("assert double(21) == 42", hidden) == clean.LEFT_OUT
