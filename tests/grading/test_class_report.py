"""The class report: every number is the gradebook's, whatever students write stays text, and no class is too odd."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise

import invented
import pytest
from click.testing import CliRunner
from invented import Paper

from autograder.cli import main
from autograder.grading import account, table
from autograder.grading.account import Account, Incident, Judged, Remark
from autograder.grading.course import CourseError, nbgrader_api
from autograder.reports.classreport import charts, data, page, summary
from autograder.reports.classreport.data import STANDINGS, Exercise, Mark, Row, Work
from autograder.reports.classreport.page import report

FIRST, LAST = invented.LESSONS
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7*7 }}"
VOID = {"meta", "br", "rect", "circle", "path", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """A page as a tree flattened: elements with their attributes, and that they are nested properly."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), [name for name, _ in self.open]))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), [name for name, _ in self.open]))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, words):
        if not self.open or self.open[-1][0] != "style":
            self.texts.append(words)

    @property
    def text(self):
        """All that is to be read."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]


def words(html):
    """A piece of HTML as it reads."""
    return re.sub(r" (?=[.,:])", "", " ".join(re.sub(r"<[^>]+>", " ", html).split()))


def chapter(text, title):
    """The part of a page about one assignment."""
    return re.split(rf">{re.escape(title)}[^<]*</h2>", text)[1].split('<section class="chapter"')[0]


def part(text, heading):
    """What stands below a heading of the third level."""
    return re.split(r"<h[23]", text.split(f">{heading}</h3>")[1])[0]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A course whose gradebook knows the assignments and nobody."""
    root = tmp_path_factory.mktemp("empty")
    known = invented.course(root)
    invented.write(root, known, {})
    return root, known


@pytest.fixture
def course(empty, tmp_path):
    """A copy of it to fill."""
    return shutil.copytree(empty[0], tmp_path / "course"), empty[1]


@pytest.fixture(scope="module")
def rich(empty, tmp_path_factory):
    """A class in which everything happens, and its page."""
    root = shutil.copytree(empty[0], tmp_path_factory.mktemp("rich") / "course")
    known = empty[1]
    papers = invented.rich(known)
    invented.write(root, known, papers, names={"ada": ("Ada", "King & Co")})
    to = root / "report.html"
    assert report(root, to) == to
    return root, known, papers, to.read_text(encoding="utf-8")


def written(course, papers, **more):
    root, known = course
    invented.write(root, known, papers, **more)
    return report(root, root / "report.html").read_text(encoding="utf-8")


# --- numbers ----------------------------------------------------------------------------------------------------


def test_marks_and_totals_are_those_of_the_terminal(rich):
    root, known, _, text = rich
    api = nbgrader_api(root)
    with api.gradebook as gradebook:
        shown = table.marks(gradebook, known[LAST], {})
        columns = [[str(cell) for cell in column.cells] for column in shown.columns]
        headers = [str(column.header) for column in shown.columns]
    terminal = dict(zip(columns[0], zip(*columns[1 : headers.index("total") + 1], strict=True), strict=True))
    rows = re.findall(r'<tr>\s*<th scope="row">(\w+).*?</tr>', chapter(text, "03 · Pooling"), re.DOTALL)
    assert rows == sorted([*invented.IDS, "out"], key=lambda name: (name == "out", name))
    for student, marks in terminal.items():
        (row,) = re.findall(rf'<th scope="row">{student}\b.*?</tr>', chapter(text, "03 · Pooling"), re.DOTALL)
        assert re.findall(r'<td class="(?:mark|total)[^>]*>([^<]*)</td>', row) == list(marks)


def test_the_spread_is_that_of_the_totals(rich):
    text = chapter(rich[3], "02 · Convolution")
    api = nbgrader_api(rich[0])
    with api.gradebook as gradebook:
        entry = gradebook.find_assignment(FIRST)
        totals = [table.points(each) for each in entry.submissions if each.student.id != "donald"]
    found = summary.spread(Row(total=total) for total in totals)
    assert found.count == 29
    assert f"median {found.median:g}, half of the class between {found.lower:g} and {found.upper:g}" in words(text)
    (described,) = re.findall(r"<desc>29 totals[^<]*</desc>", text)
    counts = [int(count) for count in re.findall(r"(\d+) at [\d.]+", described)]
    assert sum(counts) == len(re.findall("<circle", text.split("<h3>")[1])) == 29


@pytest.mark.parametrize(
    ("totals", "expected"),
    [([], None), ([3], (3, 3, 3)), ([0, 0, 0], (0, 0, 0)), ([1, 2, 3, 4], (1.75, 2.5, 3.25)), ([4, 0], (1, 2, 3))],
)
def test_quartiles(totals, expected):
    found = summary.spread([*(Row(total=float(total)) for total in totals), Row()])
    assert (found and (found.lower, found.median, found.upper)) == expected


def judged_row(student, points, finding="", outcome="", told=True):
    """Somebody's mark for one exercise of two points, and what the check said."""
    standing = STANDINGS[0] if points == 2 else STANDINGS[1] if points else STANDINGS[2]
    outcome = outcome or ("right" if points == 2 else "partly" if points else "wrong")
    entry = Judged("size", "check-size", points, 2.0, outcome, finding, f"You {finding}." if finding else "")
    marks = (Mark("check-size", standing, f"{points:g}", points, 2.0),)
    return Row(student, marks=marks, total=points, account=Account(judged=(entry,)) if told else None)


def test_points_lost_by_a_misconception_are_the_maximum_less_the_points():
    rows = (
        judged_row("a", 2.0),
        judged_row("b", 0.0, "flip"),
        judged_row("c", 1.5, "flip"),
        judged_row("d", 0.0, "shift"),
        judged_row("e", 0.5, "shift"),
        judged_row("f", 0.0),
        judged_row("g", 0.0, "not-attempted", outcome="not attempted"),
        judged_row("h", 1.0, "flip", told=False),
    )
    work = Work("x", "x", (Exercise("check-size", "1", "Size", 2.0),), 2.0, rows, {})
    (found,) = summary.exercises(work)
    assert found.share == pytest.approx(5 / 16)
    assert [(each.finding, each.students, each.lost) for each in found.misconceptions] == [
        ("shift", ("d", "e"), 3.5),
        ("flip", ("b", "c"), 2.5),
        ("", ("f",), 2.0),
    ]
    assert found.misconceptions[2].text == summary.UNEXPLAINED


def test_exercises_come_hardest_first_and_say_how_many_stand_how(rich):
    text = part(chapter(rich[3], "02 · Convolution"), "Exercises, hardest first")
    shares = [int(share) for share in re.findall(r"<strong>(\d+) %</strong>", text)]
    assert len(shares) == 10
    assert shares == sorted(shares)
    for counted in re.findall(r"<small>(\d+ \w[^<]*)</small></p>", text):
        assert sum(map(int, re.findall(r"\d+", counted))) == 29


def test_what_waits_for_a_person_is_not_final(empty):
    rows = (
        Row("a", marks=(Mark("manual-why", data.OPEN, "?", 0.0, 1.0),), total=3.0, shown="3?", waiting=1, open=True),
        Row("b", marks=(Mark("manual-why", data.RIGHT, "1", 1.0, 1.0),), total=4.0, shown="4"),
    )
    work = Work("x", "x", (Exercise("manual-why", "9", "Why?", 1.0),), 4.0, rows, {})
    (found,) = summary.exercises(work)
    assert (found.share, found.counts[data.OPEN]) == (1.0, 1)
    assert summary.tasks(work) == {summary.TITLES["waiting"]: (summary.Task(("a",), "9 Why?", table.waiting(1)),)}
    text = words(page.render([page.chapter(work)], (), datetime.datetime.now(datetime.UTC)))
    assert "lack what a person still has to mark" in text
    assert "1 exercise to be marked by hand" in text


# --- what a person should see -----------------------------------------------------------------------------------


def test_what_needs_a_person_is_said(rich):
    text = words(part(chapter(rich[3], "02 · Convolution"), "What needs a person"))
    for said in (
        "Handed in, but without a mark handed in, but not marked donald",
        "Could not be read, or are not this notebook This file is no notebook. edsger",
        "Tried to interfere with marking The answer was no plain data. 6 A frame of zeros hedy",
        "asks to do without It calls F.conv2d, which this exercise asks to do without. 8 Stride and padding carl",
        "missing or damaged there is no marked notebook donald, niels",
        "Repairs that somebody should check Two answers to pad2d: the last one counts. mary",
        "1 group of submissions is more alike than usual in this class",
    ):
        assert said in text
    assert "longer than 60 s" not in text  # nobody has to look at that


def test_marks_without_a_sandbox_are_warned_of(rich):
    first, last = (chapter(rich[3], title) for title in ("02 · Convolution", "03 · Pooling"))
    assert "without a sandbox" not in words(first.split("<dl")[0])
    assert "1 submission was marked without a sandbox: emmy." in words(last.split("<dl")[0])
    assert "28 in a sandbox, 1 without one" in words(part(last, "How it was marked"))
    assert "27 in a sandbox, 0 without one; 1 does not say how" in words(part(first, "How it was marked"))


def test_repairs_are_counted_by_kind(rich):
    text = words(part(chapter(rich[3], "02 · Convolution"), "What was repaired"))
    assert "4 The cell conv2d was in it 2 times. (cell-twice) ada" in text
    assert "1 Two answers to pad2d: the last one counts. (several-answers) mary" in text


def test_lateness_penalty_and_names_are_shown(rich):
    (row,) = re.findall(r'<th scope="row">sofia.*?</tr>', chapter(rich[3], "02 · Convolution"), re.DOTALL)
    assert words(row).endswith("2 d −1.5")
    assert "<small>Ada King &amp; Co</small>" in rich[3]
    assert '<th scope="col" class="n">late</th>' not in part(chapter(rich[3], "03 · Pooling"), "Marks")


def test_a_renamed_copy_is_shown_side_by_side_with_a_warning(rich):
    shown = part(chapter(rich[3], "02 · Convolution"), "Submissions that are alike")
    assert "Likeness is no proof." in shown
    assert "<h4>grace, henri</h4>" in shown
    assert re.findall("<figcaption>(.*?)</figcaption>", shown) == ["grace", "henri"]
    assert shown.count('<span class="line same">') >= 6
    assert "# all my own work" in shown


# --- a page for everybody ---------------------------------------------------------------------------------------


def test_the_page_is_whole_and_needs_nothing_else(rich):
    found = Page(rich[3])
    assert not found.all("script")
    assert not found.all("link")
    assert not found.all("img")
    assert not [value for _, each, _ in found.elements for key, value in each.items() if key.startswith("on")]
    assert all(each["href"].startswith("#") for each in found.all("a"))
    ids = [each["id"] for _, each, _ in found.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["href"][1:] for each in found.all("a")} <= set(ids)
    assert not re.findall(r"https?:|@import|url\((?!#)", rich[3])
    assert found.all("meta")[2]["content"].startswith("default-src 'none'")


def test_the_page_can_be_read_by_ear(rich):
    found = Page(rich[3])
    levels = [int(name[1]) for name, _, _ in found.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))
    assert found.all("html")[0]["lang"] == "en-GB"
    assert len(found.all("caption")) == len(found.all("table")) > 20
    assert all(each.get("scope") in ("row", "col", "rowgroup") for each in found.all("th"))
    drawings = [each for each in found.all("svg") if each.get("aria-hidden") != "true"]
    assert len(drawings) == len(found.all("desc")) == 2 + 10 + 9
    assert all(each["role"] == "img" and each["aria-label"] for each in drawings)


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1])
def test_every_pair_of_colours_can_be_told_apart(rich, theme):
    # WCAG 2.2, success criteria 1.4.3 (text, 4.5) and 1.4.11 (graphics, 3)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in rich[3].split(":root {")[1:3])
    colours = {**light, **dark} if theme else light

    def contrast(one, two):
        high, low = sorted((luminance(colours[one]), luminance(colours[two])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for text, ground in (
        *(("ink", ground) for ground in ("paper", "panel", "tint", "same")),
        *(("soft", "paper"), ("soft", "panel"), ("blue", "paper"), ("warn", "paper")),
        *(("green-ink", "green"), ("vermillion-ink", "vermillion")),
    ):
        assert contrast(text, ground) >= 4.5, (text, ground)
    assert all(contrast(colour, "paper") >= 3 for colour in ("blue", "vermillion", "green"))


def test_whatever_students_write_stays_text(course):
    steps = "\n".join(f"x{n} = x @ (y[::{n + 3}] + {n * 17}) if {n} else -w[{n}]" for n in range(9))
    answers = {"answer-conv2d": f"</pre>{EVIL}\n{steps}"}
    papers = {EVIL.replace("/", "∕")[:80]: {FIRST: Paper(answers=dict(answers))}}
    for number in range(12):
        papers[f"s{number}"] = {FIRST: Paper(answers={"answer-conv2d": f"def f():\n    return {number}"})}
    papers["s3"][FIRST].answers = dict(answers)
    evil = next(iter(papers))
    papers[evil][FIRST].judged = {"conv2d": (0.0, EVIL, f"`{EVIL}`")}
    papers[evil][FIRST].remarks = (Remark(EVIL, EVIL, EVIL, EVIL), Remark("unreadable", EVIL, EVIL))
    papers[evil][FIRST].incidents = (Incident("attack", EVIL, EVIL, for_human=True),)
    text = written(course, papers, names={evil: (EVIL, EVIL)})
    found = Page(text)
    assert not found.all("script")
    assert not found.all("img")
    assert "{{ 7*7 }}" in found.text
    assert found.text.count("alert(1)") >= 8
    assert f"{evil}, s3" in found.text or f"s3, {evil}" in found.text
    assert "<figcaption>s3</figcaption>" in text


# --- odd classes ------------------------------------------------------------------------------------------------


def test_a_class_without_students(course):
    text = Page(written(course, {})).text
    assert text.count("Nobody has handed this in: the gradebook has no student yet.") == 2
    assert "There is no marked notebook" not in text


def test_one_student_and_an_assignment_that_nobody_handed_in(course):
    text = written(course, {"ada": {FIRST: invented.paper(course[1][FIRST], 1)}})
    assert "Nobody has handed this in." in words(chapter(text, "03 · Pooling"))
    assert "None stands out." in words(chapter(text, "02 · Convolution"))
    assert "<div><dt>students</dt><dd>1</dd></div>" in text


def test_nothing_but_zeros(course):
    text = written(course, {f"s{n}": {FIRST: Paper()} for n in range(4)})
    assert "median 0, half of the class between 0 and 0, all between 0 and 0" in words(text)
    assert re.findall(r"<strong>(\d+) %</strong>", text) == ["0"] * 10
    assert "None stands out." in words(text)


def test_nobody_with_a_mark(course):
    text = written(course, {f"s{n}": {FIRST: Paper(broken=True, kept=False)} for n in range(3)})
    assert "<div><dt>without a mark</dt><dd>3</dd></div>" in text
    assert ">Totals</h3>" not in text
    assert "There is no marked notebook." in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"cells": 3}',
        b'{"cells": [3, {"metadata": 4}]}',
        b"[" * 100_000,
        json.dumps({"cells": [], "metadata": {account.KEY: {"remarks": [{"kind": 1, "text": 2}]}}}).encode(),
        json.dumps({"cells": [], "metadata": {account.KEY: {"judged": 3}}}).encode(),
        json.dumps({"cells": [], "metadata": {account.KEY: {"isolation": ["sandbox"]}}}).encode(),
        json.dumps(
            {"cells": [], "metadata": {account.KEY: {"judged": [["check", "c", "x", "y", 1.0, "wrong"]]}}}
        ).encode(),
        b'{"cells": [], "metadata": {"convcourse": {"judged": [{"check": "", "cell": "", "points": NaN, '
        b'"maximum": 1, "outcome": "wrong"}]}}}',
    ],
)
def test_a_damaged_marked_notebook_is_said_to_be_one(empty, tmp_path, content):
    place = tmp_path / "x.ipynb"
    place.write_bytes(content)
    row = data.marked_notebook(place, empty[1][FIRST])
    assert row.trouble == "the marked notebook cannot be read"
    assert row.account is None


def test_an_account_is_read_as_it_was_written(rich):
    root, known, papers, _ = rich
    row = data.marked_notebook(root / "autograded" / "hedy" / FIRST / f"{FIRST}.ipynb", known[FIRST])
    assert row.account.incidents == papers["hedy"][FIRST].incidents
    assert row.answers["answer-conv2d"].source == papers["hedy"][FIRST].answers["answer-conv2d"]


@pytest.mark.parametrize("count", [1, 7, 30, 400])
@pytest.mark.parametrize("maximum", [0.0, 1.0, 20.0, 173.5, 4000.0])
def test_the_drawing_holds_every_student_at_any_size(count, maximum):
    totals = [maximum * n / count for n in range(count)]
    drawn = str(charts.distribution(totals, maximum, summary.spread(Row(total=total) for total in totals)))
    Page(drawn)
    described = re.search("<desc>(.*?)</desc>", drawn)[1]
    assert sum(int(number) for number in re.findall(r"(\d+) at ", described)) == count
    width = float(re.search(r'width="(\d+)"', drawn)[1])
    assert width <= charts.WIDTH + 40
    assert all(0 <= float(x) <= width for x in re.findall(r' (?:cx|x)="([-\d.]+)"', drawn))


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_writes_the_assignments_named(rich, tmp_path):
    to = tmp_path / "class.html"
    done = CliRunner().invoke(main, ["report", "--root", str(rich[0]), "--to", str(to), "03"])
    assert done.exit_code == 0, done.output
    assert str(to) in done.output
    text = to.read_text(encoding="utf-8")
    assert "03 · Pooling</h2>" in text
    assert "02 · Convolution" not in text
    assert "<nav" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["class.html"]


def test_what_cannot_be_reported_is_said(empty, tmp_path):
    root, _ = empty
    with pytest.raises(CourseError, match=r"no assignment begins with '7'; there are 02_convolution, 03_pooling"):
        report(root, tmp_path / "x.html", ["7"])
    with pytest.raises(CourseError, match="more than one assignment begins with '0'"):
        report(root, tmp_path / "x.html", ["0"])
    with pytest.raises(CourseError, match=r"nowhere.x\.html cannot be written: No such file"):
        report(root, tmp_path / "nowhere" / "x.html")
    bare = tmp_path / "bare"
    shutil.copytree(root / "solutions", bare / "solutions")
    shutil.copy(root / "nbgrader_config.py", bare)
    with pytest.raises(CourseError, match="there is no gradebook"):
        report(bare, tmp_path / "x.html")
    assert not (bare / "gradebook.db").exists()
    assert not (tmp_path / "x.html").exists()


def test_a_failed_report_leaves_the_old_one(empty, tmp_path, monkeypatch):
    to = tmp_path / "report.html"
    to.write_text("old")
    monkeypatch.setattr(page.os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(CourseError, match="cannot be written: Permission denied"):
        report(empty[0], to)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert to.read_text() == "old"


def test_what_lies_wrong_in_submitted_is_told(rich, tmp_path):
    root = shutil.copytree(rich[0], tmp_path / "course")
    for student, name in (("zeno", FIRST), ("zeno", "99_nothing")):
        (root / "submitted" / student / name).mkdir(parents=True)
        (root / "submitted" / student / name / "notes.txt").write_text("My answers: 104, 124")
    text = report(root, root / "report.html", [FIRST]).read_text(encoding="utf-8")
    first, own = map(words, text.split(">02 · Convolution by hand, with stride and padding</h2>"))
    assert "In submitted/, of no assignment" in first
    assert "99_nothing" in first
    assert "1 submission in submitted/ has not been marked yet, by zeno: run autograder grade" in own
