"""What nbgrader and the reader get to see of a verdict."""

import html
import html.parser
from dataclasses import replace

import IPython
import nbformat.v4
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from nbgrader.utils import determine_grade, get_partial_grade

from autograder.checks import CHECKS, check
from autograder.checks.feedback import Feedback, closing, headline, text
from autograder.checks.plain import NOT_ATTEMPTED
from autograder.checks.showing import typed
from autograder.checks.verdict import Call, Case, Finding, Outcome, Part, Verdict
from autograder.reports.clean import VERDICT_TAGS

TRUTH = np.array([[1.0, 2.0], [3.0, 4.0]])
FLIPPED = Finding("flipped", "You flipped the `kernel`.")
PASSED = Case("a 2×2 image", Outcome.PASSED, expected=TRUTH, got=TRUTH)
FAILED = Case("a 3×3 image", Outcome.FAILED, expected=TRUTH, got=TRUTH + np.diag([0, 0.5]), findings=(FLIPPED,))
UNTOUCHED = Case("`c12`", Outcome.NOT_ATTEMPTED, expected=np.array(104.0), findings=(NOT_ATTEMPTED,))
CLOSING = "These cases pass; marking uses other cases of the same kind."


def verdict(*cases: Case, points: float = 0, maximum: float = 3, finding: Finding | None = None, drawn: bool = True):
    return Verdict("conv2d", "Stride and padding", points, maximum, cases, finding, drawn)


RIGHT = verdict(PASSED, PASSED, points=3)
PARTLY = verdict(PASSED, FAILED, points=1.5, finding=FLIPPED)
WRONG = verdict(FAILED, finding=FLIPPED)
BLANK = verdict(UNTOUCHED, UNTOUCHED, UNTOUCHED, finding=NOT_ATTEMPTED, drawn=False)
FOR_FUN = verdict(FAILED, maximum=0, finding=FLIPPED)
ALL = (RIGHT, PARTLY, WRONG, BLANK, FOR_FUN, replace(FOR_FUN, cases=(PASSED,), finding=None))


def page(judged: Verdict, marking: bool = False) -> str:
    return Feedback(judged, marking)._repr_html_()


def squeezed(source: str) -> str:
    """The page without the spaces that line the numbers up."""
    return " ".join(source.replace("&nbsp;", " ").split()).replace("> ", ">").replace(" <", "<")


class Balance(html.parser.HTMLParser):
    """Collects tags and text, and fails at a tag that closes another."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words = [], set(), ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def parsed(source: str) -> Balance:
    parser = Balance()
    parser.feed(source)
    parser.close()
    assert parser.open == []
    return parser


# --- the points, for nbgrader -----------------------------------------------------------------------------------


def executed(feedback: Feedback, points: float):
    """A check cell as nbgrader finds it after the run, its output written by IPython's own formatter."""
    data, _ = InteractiveShell.instance().display_formatter.format(feedback)
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    settings = {"grade": True, "solution": False, "locked": True, "points": points, "grade_id": "check-conv2d"}
    cell = nbformat.v4.new_code_cell('check("conv2d")', metadata={"nbgrader": settings}, outputs=[output])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    return cell


@pytest.mark.parametrize(
    ("points", "maximum", "shown"),
    [(0, 3, "0"), (1.5, 3, "1.5"), (3, 3, "3"), (0.5, 4, "0.5"), (0.1 + 0.2, 1, "0.3"), (0, 0, "0"), (2.0, 2.0, "2")],
)
def test_points_are_what_nbgrader_reads(points, maximum, shown, capfd):
    feedback = Feedback(replace(PARTLY, points=points, maximum=maximum))
    assert feedback.points == shown
    cell = executed(feedback, maximum)
    output = cell.outputs[0]
    assert output.data["text/plain"] == shown
    assert output.data["text/html"] == feedback._repr_html_()
    assert get_partial_grade(output, maximum) == pytest.approx(points)
    assert determine_grade(cell) == (pytest.approx(points), maximum)
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_check_cell_from_end_to_end(capfd):
    shell = InteractiveShell.instance()
    feedback = check("pad2d", {"pad2d": lambda image, p: torch.nn.functional.pad(image, (p, p, p, p))})
    assert determine_grade(executed(feedback, 1)) == (1, 1)
    assert CLOSING in feedback._repr_html_()
    feedback = check("output-size", {"output_size": lambda n, f, p, s: (n + 2 * p - f) // s + 1})
    assert determine_grade(executed(feedback, 2)) == (1.5, 2)
    assert shell.display_formatter.format(feedback)[0]["text/plain"] == "1.5"
    assert tuple(capfd.readouterr()) == ("", "")


def test_check_takes_the_callers_names():
    names = {"check": check}
    exec("larger = 21\nfeedback = check('transposed-size')", names)
    assert names["feedback"].verdict.passed
    with pytest.raises(KeyError, match=r"no check 'conv3d'; there are: .*windows-by-hand"):
        check("conv3d")


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_shows_an_empty_notebook_calmly(name):
    feedback = check(name, {})
    assert determine_grade(executed(feedback, CHECKS[name].points)) == (0, CHECKS[name].points)
    assert "There is no `" in repr(feedback)


# --- the page, for people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judged", "line"),
    [
        (RIGHT, "✓ Right · 3 of 3 points"),
        (PARTLY, "✗ Partly right · 1.5 of 3 points"),
        (WRONG, "✗ Not yet · 0 of 3 points"),
        (BLANK, "– Not attempted · 0 of 3 points"),
        (replace(RIGHT, points=1, maximum=1), "✓ Right · 1 of 1 point"),
        (FOR_FUN, "✗ Not yet · no points, just for you"),
        (replace(BLANK, maximum=0), "– Not attempted · no points, just for you"),
        (verdict(), "– Not attempted · 0 of 3 points"),
    ],
)
def test_headlines(judged, line):
    assert headline(judged) == line
    assert text(judged).startswith(f"Stride and padding: {line}")
    assert line in page(judged)


@pytest.mark.parametrize("judged", ALL)
@pytest.mark.parametrize("marking", [False, True])
def test_pages_are_well_formed_and_bring_no_script(judged, marking):
    content = parsed(page(judged, marking))
    assert content.tags <= VERDICT_TAGS
    assert "0 of 0" not in content.words + text(judged, marking)


@pytest.mark.parametrize("judged", [PARTLY, WRONG, FOR_FUN])
def test_the_misconception_is_told_once(judged):
    assert page(judged).count("You flipped the <code>kernel</code>.") == 1
    assert text(judged).count(FLIPPED.text) == 1


def test_a_case_with_another_explanation_tells_it():
    other = Finding("one-short", "One row is missing.")
    judged = verdict(FAILED, replace(FAILED, findings=(other,)), finding=FLIPPED)
    assert page(judged).count(other.text) == text(judged).count(other.text) == 1


def test_a_case_that_the_headline_explains_says_nothing_else():
    other = Finding("one-short", "One row is missing.")
    judged = verdict(replace(FAILED, findings=(other, FLIPPED)), finding=FLIPPED)
    assert other.text not in page(judged) + text(judged)


def test_of_several_explanations_a_row_tells_the_one_that_failures_share():
    rare, common = Finding("rare", "It is rare."), Finding("common", "It is common.")
    both, one = replace(FAILED, findings=(rare, common)), replace(FAILED, findings=(common,))
    for said in (page(verdict(FAILED, both, one, finding=FLIPPED)), text(verdict(FAILED, both, one, finding=FLIPPED))):
        assert rare.text not in said
        assert said.count(common.text) == 2


def test_a_guess_that_fits_one_failure_only_is_not_told():
    guess = Finding("transposed", "It is transposed.", guess=True)
    lonely = replace(FAILED, findings=(guess,))
    assert guess.text not in page(verdict(FAILED, lonely, finding=FLIPPED))
    assert text(verdict(FAILED, lonely, lonely, finding=FLIPPED)).count(guess.text) == 2


def test_arrays_too_large_to_show_tell_their_first_difference():
    expected = np.zeros((2, 3, 4))
    got = expected.copy()
    got[0, 1, 2], got[1, 0, 0] = 3, 7
    judged = verdict(replace(FAILED, expected=expected, got=got), finding=FLIPPED)
    for said in (page(judged), text(judged)):
        assert said.count("at index (0, 1, 2): expected 0, yours 3") == 1
    typed = replace(judged, drawn=False)
    for said in (page(typed), text(typed)):
        assert "at index (0, 1, 2): yours 3" in said
    for case in (FAILED, replace(FAILED, expected=expected, got=got[0]), replace(FAILED, expected=expected, got="x")):
        assert "at index" not in page(verdict(case)) + text(verdict(case))


SHARES = (Part("max", 1.5, 1.5), Part("avg", 1, 0), Part("overlap", 0.5, 0.5))


def test_the_points_of_each_part_are_told():
    line = "max 1.5 of 1.5 · avg 0 of 1 · overlap 0.5 of 0.5"
    judged = replace(PARTLY, parts=SHARES)
    assert text(judged).splitlines()[-1] == f"  {line}"
    assert line in page(judged)
    for parts in ((), SHARES[:1], (Part("", 3, 1),)):
        assert text(replace(PARTLY, parts=parts)) == text(PARTLY)
        assert page(replace(PARTLY, parts=parts)) == page(PARTLY)
    assert " of 1.5" not in text(replace(BLANK, parts=SHARES)) + page(replace(BLANK, parts=SHARES))


def test_entries_that_differ_are_marked_and_only_those():
    assert page(WRONG).count("<b><u>") == 1
    assert "3<b><u>4.5</u></b>" in squeezed(page(WRONG))
    close = replace(FAILED, got=TRUTH + 1e-7)
    assert "<u>" not in page(verdict(close, finding=FLIPPED))
    nan = replace(FAILED, got=np.array([[np.nan, 2], [np.inf, 4]]))
    assert "<b><u>nan</u></b>2<br><b><u>inf</u></b>4" in squeezed(page(verdict(nan)))


@pytest.mark.parametrize(
    ("got", "shown"),
    [
        (np.array([1.0, 2.0, 3.0]), ">1 2 3<"),  # another shape: nothing is marked
        (np.array(7.0), ">7<"),
        (np.array(716_706.0), ">716706<"),
        (np.array(-0.0), ">0<"),
        (np.array(1 / 3), ">0.3333<"),
        (np.array(1e30), ">1e+30<"),
        (np.zeros((11, 2)), "shape (11, 2)"),
        (np.zeros((4, 10)), ">" + " ".join("0" * 10) + "<br>"),
        (np.zeros((1, 2, 2)), "shape (1, 2, 2)"),
        (np.zeros(0), "shape (0,)"),
        (None, "<em>nothing</em>"),
        ("RuntimeError", ">RuntimeError<"),
        ("x" * 900, "x" * 59 + "…"),
    ],
)
def test_values_are_shown_as_far_as_they_fit(got, shown):
    source = squeezed(page(verdict(replace(FAILED, expected=np.zeros((9, 9, 9)), got=got))))
    assert shown in source
    assert "<u>" not in source


@pytest.mark.parametrize(("judged", "says"), [(RIGHT, True), (replace(RIGHT, drawn=False), False), (PARTLY, False)])
def test_a_pass_says_honestly_what_it_is_worth(judged, says):
    assert (closing(judged, marking=False) == CLOSING) is says
    assert (CLOSING in page(judged)) is (CLOSING in text(judged)) is says
    assert CLOSING not in page(judged, marking=True) + text(judged, marking=True)


def test_not_attempted_is_calm_and_gives_nothing_away():
    source = page(BLANK)
    assert "Not attempted yet: replace the stub" in source
    for said in (source, text(BLANK)):
        assert "✗" not in said
        assert "104" not in said
        assert "cases pass" not in said
    assert "#D55E00" not in source
    assert "<table" not in source


def test_what_is_not_there_is_told_in_one_sentence():
    missing = Finding("not-defined", "There is no `conv2d` yet.")
    cases = [replace(FAILED, got=None, findings=(missing,), call=CALL)] * 2
    judged = replace(verdict(*cases, finding=missing), advice=ADVICE, parts=SHARES)
    for marking in (False, True):
        content = parsed(page(judged, marking))
        assert content.words == "✗ Not yet · 0 of 3 points · Stride and paddingThere is no conv2d yet."
        assert len(text(judged, marking).splitlines()) == 2


def test_only_the_first_failures_are_shown():
    cases = [UNTOUCHED] * 4 + [replace(FAILED, title=f"case {n}") for n in range(9)]
    for said in (page(verdict(*cases)).partition("</table>")[0], text(verdict(*cases))):
        assert [n for n in range(9) if f"case {n}" in said] == [0, 1, 2]
    assert "0 of 13 cases pass." in text(verdict(*cases))
    assert "What differs: the first 3 of 9 cases" in page(verdict(*cases))


ATTACK = "<script>alert('x')</script> & <b>\"bold\"</b> `"


@pytest.mark.parametrize(
    "judged",
    [
        verdict(replace(FAILED, got=ATTACK)),
        verdict(replace(FAILED, expected="max", got=ATTACK)),
        verdict(replace(FAILED, findings=(Finding("raised", f"It stopped with {ATTACK}"),))),
        verdict(FAILED, finding=Finding("raised", f"It stopped with KeyError in `{ATTACK}`")),
        verdict(replace(FAILED, title=ATTACK)),
        replace(FOR_FUN, title=ATTACK),
    ],
)
def test_what_a_student_wrote_is_text_and_never_markup(judged):
    content = parsed(page(judged))
    assert not content.tags & {"script", "b"} or "u" in content.tags
    assert "script" not in content.tags
    assert "<script>alert('x')</script>" in content.words


def test_an_attack_by_way_of_a_check():
    def pad2d(image, p):
        raise RuntimeError(ATTACK)

    for answers in ({"pad2d": pad2d}, {"pad2d": lambda image, p: ATTACK}, {"pad2d": type(ATTACK, (), {})}):
        content = parsed(check("pad2d", answers)._repr_html_())
        assert "script" not in content.tags
    assert "<script>" in content.words


def test_text_is_readable_line_by_line():
    assert text(PARTLY).splitlines() == [
        "Stride and padding: ✗ Partly right · 1.5 of 3 points",
        "  You flipped the `kernel`.",
        "  ✗ a 3×3 image",
        "      expected  1  2",
        "                3  4",
        "      yours       1     2",
        "                  3   4.5*",
        "      1 of 4 entries differs: (1, 1)",
        "  1 of 2 cases pass.",
    ]
    assert text(RIGHT).splitlines() == [
        "Stride and padding: ✓ Right · 3 of 3 points",
        "  2 of 2 cases pass.",
        f"  {CLOSING}",
    ]
    assert str(Feedback(WRONG)) == repr(Feedback(WRONG)) == text(WRONG)


CALL = Call("conv2d", (np.array([[1.5, 2.0], [np.inf, 4.0]]), np.array([1, 2]), 2, (0, 1), "avg"))
ADVICE = "Pad first, then move the `window`."
CALLED = replace(WRONG, cases=(PASSED, replace(FAILED, call=CALL)), advice=ADVICE)


def test_help_comes_in_two_steps_both_folded():
    source = page(CALLED)
    _, cases, nudge, more = source.split("<details")
    assert " open" not in source.partition("<summary>")[0]
    assert "1 of 2 cases pass." in cases
    assert "<summary>Help</summary>" in nudge
    assert "Pad first, then move the <code>window</code>." in nudge
    assert "torch.tensor" not in nudge
    assert "<summary>More help</summary>" in more
    assert source.endswith("</details></details></div>")
    assert text(CALLED).splitlines()[-1] == f"  Help: {ADVICE}"
    for calm in (replace(RIGHT, advice=ADVICE), replace(BLANK, advice=ADVICE)):
        assert "Help" not in page(calm) + text(calm)


def test_a_case_to_try_is_python_that_runs():
    names = {"torch": torch, "conv2d": lambda *arguments: arguments}
    image, kernel, *rest = eval(typed(CALL), names)
    assert torch.equal(image, torch.tensor([[1.5, 2.0], [float("inf"), 4.0]]))
    assert (kernel.tolist(), kernel.dtype, rest) == ([1, 2], torch.int64, [2, (0, 1), "avg"])
    assert html.escape(typed(CALL)) in page(CALLED)
    assert typed(Call("f", (3, 2))) == "f(3, 2)"
    assert typed(Call("f", (np.zeros((30, 30)),))) == ""


def test_marking_shows_no_inputs_and_lists_no_cases():
    for said in (page(CALLED, marking=True), str(Feedback(CALLED, marking=True))):
        assert "torch.tensor" not in said
        assert "1.5" not in said
        assert PASSED.title not in said
        assert "1 of 2 cases pass." in said
        assert "Pad first" in said


def test_each_case_is_listed_with_a_word_beside_its_sign():
    content = parsed(page(CALLED))
    assert "✓ a 2×2 image: passes" in content.words
    assert "✗ a 3×3 image: fails" in content.words
    assert "<li>" not in page(verdict(PASSED, points=3)), "one case is no list"


def test_the_table_can_be_listened_to():
    source = page(PARTLY)
    region = 'tabindex="0" role="region" aria-label="'
    assert source.count(region) == page(PARTLY).count("overflow-x:auto") == 1, "what scrolls is reached by the keyboard"
    assert page(CALLED).count(region) == page(CALLED).count("overflow-x:auto") == 2
    assert source.count("<caption") == 1
    assert source.count('<th scope="col"') == 2
    assert source.count('<th scope="rowgroup"') == 1
    assert "1 of 4 entries differs: (1, 1)" in source, "underlining alone says nothing"
    everything = verdict(replace(FAILED, got=TRUTH + 1))
    for said in (page(everything), text(everything)):
        assert "all 4 entries differ" in said


@pytest.mark.parametrize(
    ("shape", "wrong", "shown"),
    [
        ((30, 30), (20, 3), "[18:23, 1:6] of shape (30, 30)"),
        ((30, 30), (29, 0), "[25:30, 0:5] of shape (30, 30)"),
        ((4, 30), (0, 15), "[0:4, 13:18] of shape (4, 30)"),
        ((50,), (49,), "[45:50] of shape (50,)"),
        ((2, 3, 4, 5), (1, 2, 0, 0), "[1, 2, 0:4, 0:5] of shape (2, 3, 4, 5)"),
    ],
)
def test_large_arrays_are_cut_around_the_first_difference(shape, wrong, shown):
    expected = np.zeros(shape)
    got = expected.copy()
    got[wrong] = 77
    judged = verdict(replace(FAILED, expected=expected, got=got))
    assert f"shown: {shown}" in page(judged)
    assert page(judged).count("<b><u>77</u></b>") == 1
    assert f"shown: {shown}" in text(judged)
    assert text(judged).count("77*") == 1


def test_of_another_shape_the_beginning_is_shown():
    judged = verdict(replace(FAILED, expected=TRUTH, got=np.arange(900.0).reshape(30, 30)))
    for said in (page(judged), text(judged)):
        assert "yours has shape (30, 30), of which this is [0:5, 0:5]" in said
        assert "124" in said
        assert "125" not in said


def test_the_same_error_in_the_same_line_is_told_once():
    first, second = (Finding("raised", f"It stopped with KeyError in line 2, `x[{{n}}]`: {n}") for n in (1, 2))
    other = Finding("raised", "It stopped with KeyError in line 3, `y`: 1")
    cases = [replace(FAILED, findings=(finding,)) for finding in (first, second, other)]
    for said in (page(verdict(*cases, finding=first)), text(verdict(*cases, finding=first))):
        assert said.count("in line 2") == 1
        assert said.count("in line 3") == 1


class TerminalInteractiveShell:
    """Stands for IPython's own, which wants a terminal."""


def test_a_terminal_gets_lines_and_a_notebook_gets_points(monkeypatch):
    formatter = InteractiveShell.instance().display_formatter
    assert formatter.format(Feedback(PARTLY))[0]["text/plain"] == "1.5"
    monkeypatch.setattr(IPython, "get_ipython", lambda: TerminalInteractiveShell())
    assert formatter.format(Feedback(PARTLY))[0]["text/plain"] == text(PARTLY)


def test_an_answer_to_be_typed_in_is_not_given_away_before_marking():
    typed = replace(WRONG, drawn=False)
    expected = [f"{number:g}" for number in TRUTH.ravel()]
    for shown in (page(typed), text(typed)):
        assert "xpected" not in shown
    assert "<b><u>" in page(typed), "which entries are wrong may be told"
    assert "Expected" in page(WRONG)
    assert "Expected" in page(typed, marking=True)
    assert expected[-1] in page(typed, marking=True)
