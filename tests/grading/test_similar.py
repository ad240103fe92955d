"""Likeness of submissions: copies stand out whatever is done to names and comments, and honest likeness does not."""

from __future__ import annotations

import invented
import pytest
from invented import renamed

from autograder.grading.course import read_assignment
from autograder.reports.classreport.data import handed_out
from autograder.reports.classreport.similar import Answer, groups, tokens

NAME = "02_convolution"
PRIVATE = """\
def conv2d(image, kernel):
    rows = len(image) - len(kernel) + 1
    answer = []
    for top in range(rows):
        line = [sum(map(sum, image[top : top + 2][0:7])) for _ in range(3)]
        answer.append(line[::-1] if top % 5 else [v * 17 for v in line])
    while len(answer) > rows * 3:
        answer.pop(-2)
    return torch.tensor(answer, dtype=torch.float64).roll(2, dims=0)
"""


def code(**sources):
    return {name: Answer(source) for name, source in sources.items()}


@pytest.fixture(scope="module")
def lesson():
    return read_assignment(NAME, invented.HERE / "solutions" / NAME / f"{NAME}.ipynb")


@pytest.fixture(scope="module")
def known(lesson):
    return handed_out(lesson)


@pytest.fixture
def work(lesson):
    """Thirty students who wrote for themselves."""
    papers = {f"s{n:02}": invented.paper(lesson, 1000 + n, skill=0.35 + n % 7 / 12) for n in range(30)}
    return {
        student: {cell: Answer(text, not cell.startswith("answer-")) for cell, text in paper.answers.items()}
        for student, paper in papers.items()
    }


def test_a_class_that_wrote_for_itself_raises_no_suspicion(work, known):
    assert groups(work, known) == ()


def test_a_copy_with_other_names_comments_and_spacing_is_found(work, known):
    original = work["s07"]
    work["zeno"] = {
        cell: answer if answer.prose else Answer(renamed(answer.source)) for cell, answer in original.items()
    }
    (group,) = groups(work, known)
    (pair,) = group.pairs
    assert pair.students == group.students == ("s07", "zeno")
    assert pair.likeness > 0.95
    assert not pair.verbatim
    assert len(pair.cells) >= 6
    left, right = (side.lines for side in pair.sides)
    assert "\n".join(line for _, line in left) == original[pair.cell].source
    assert right[0] == (False, "# all my own work")
    assert sum(same for same, _ in left) == sum(same for same, _ in right) >= 3


def test_half_a_copy_is_found_and_says_which_half(work, known):
    cells = sorted(cell for cell in work["s03"] if cell in work["s11"] and not work["s03"][cell].prose)
    copied = cells[::2]
    for cell in copied:
        work["s11"][cell] = work["s03"][cell]
    (group,) = groups(work, known)
    assert group.students == ("s03", "s11")
    assert len(set(group.pairs[0].cells) & set(copied)) >= 5  # the two agree by themselves in others
    assert group.pairs[0].cell in copied
    assert group.pairs[0].verbatim


def test_a_ring_is_one_group(work, known):
    for student in ("s05", "s09", "s20"):
        work[student] = work["s14"]
    (group,) = groups(work, known)
    assert group.students == ("s05", "s09", "s14", "s20")
    assert len(group.pairs) == 6


def test_the_order_of_students_changes_nothing(work, known):
    work["zeno"] = work["s07"]
    backwards = dict(reversed(work.items()))
    assert groups(backwards, known) == groups(work, known) != ()


def test_what_everybody_writes_counts_for_nothing():
    everybody = {f"s{n}": code(a=PRIVATE, b=f"{PRIVATE}\nx = {n}") for n in range(20)}
    assert groups(everybody, {}) == ()


def test_short_and_determined_answers_count_for_nothing():
    short = {f"s{n:02}": code(a="c12 = 104\nc20 = 124", b=f"n = {n // 2}", c="p = 2") for n in range(20)}
    assert groups(short, {}) == ()


def test_what_was_handed_out_or_solved_by_the_course_counts_for_nothing():
    work = {f"s{n}": code(a=f"def f():\n    return {n}") for n in range(10)}
    work["s3"] = work["s4"] = code(a=PRIVATE)
    assert groups(work, {"a": (PRIVATE,)}) == ()
    (group,) = groups(work, {"a": ("def conv2d(image, kernel):",)})
    assert group.students == ("s3", "s4")


@pytest.mark.parametrize("count", [0, 1, 2])
def test_so_small_a_class_has_nothing_to_compare_with(count):
    assert groups({f"s{n}": code(a=PRIVATE) for n in range(count)}, {}) == ()


def test_prose_is_compared_by_its_words():
    honest = "In my view number {} is what matters here, far more than {}."
    work = {f"s{n}": {"why": Answer(honest.format(n, n + 1), True)} for n in range(30)}
    text = (
        "Because a window that moves by two rows meets every other row only, half of what the first layer saw is lost; "
        "a deeper network could still make up for it, as long as some neighbour keeps the edge in view. Padding with "
        "zeros darkens the border, and the last column is never read when the stride does not divide what is left."
    )
    work["s2"], work["s5"] = ({"why": Answer(said, True)} for said in (text, text.upper().replace(" ", "\n")))
    (group,) = groups(work, {})
    assert group.students == ("s2", "s5")


@pytest.mark.parametrize(
    "source",
    ["", "def f(:\n  '''", "\x00\ud800", "(" * 30_000, "é = '''" + "x" * 50_000, "\r\n\r\r\n", "a\u2028b\x0cc = 1"],
)
def test_no_text_of_a_student_stops_the_comparison(source):
    lines = tokens(Answer(source))
    assert len(lines) == source[:20_000].count("\n") + 1
    work = {f"s{n}": code(a=source, b=f"{PRIVATE}{n}") for n in range(4)}
    assert groups(work, {}) == ()


def test_what_can_be_changed_without_thought_is_not_seen():
    one = Answer('def f(x):\n    """Doc."""\n    y = 2*x.sum()  # twice\n    return "that is it"')
    two = Answer("def g(image):\n\n    total = 2 * image.sum()\n    return 'it'")
    flat = [[token for line in tokens(each) for token in line] for each in (one, two)]
    assert flat[0] == flat[1]
    assert ".".join(flat[0]).count("sum") == 1
