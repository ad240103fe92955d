"""A matrix of one's own, the paired exercise on it, and the pictures with one large cross."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.checks import CHECKS
from autograder.checks.pooling import convolve_mistakes, pool_mistakes, stride_mistakes
from autograder.checks.registry import run
from autograder.checks.student import Namespace, agree
from autograder.checks.verdict import Verdict
from convcourse.crosses import CROSS, crosses
from convcourse.matrices import KERNEL, own_matrix, plain_name
from convcourse.operations import convolve2d, correlate2d, pool2d

NAMES = [f"Student Number {n}" for n in range(300)]
ADA = "Ada Lovelace"
B = torch.tensor(KERNEL, dtype=torch.float32)
PLUS = torch.tensor(CROSS, dtype=torch.float32)


def convolved(matrix: torch.Tensor, stride: int = 1, padding: int = 0) -> torch.Tensor:
    return F.conv2d(matrix[None, None], B[None, None], stride=stride, padding=padding)[0, 0]


A = own_matrix(ADA)
C = F.max_pool2d(A[None], 2)[0]
D = convolved(C, padding=2)
E = convolved(D, stride=3)
AVERAGED = F.avg_pool2d(A[None], 2)[0]


# --- the matrix -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    ["ada lovelace", "ADA LOVELACE", "  Ada \t Lovelace\n", "Ada\u00a0Lovelace", "\uff21\uff44\uff41 Lovelace"],
)
def test_one_name_has_one_matrix_however_it_is_typed(spelling: str) -> None:
    assert torch.equal(own_matrix(spelling), A)


@pytest.mark.parametrize("name", ["Zoë Müller", "José Núñez", "Ångström", "Straße"])
def test_accents_count_the_same_however_they_are_stored(name: str) -> None:
    variants = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({plain_name(variant) for variant in [*variants, name.upper()]}) == 1


def test_the_matrix_of_a_name_never_changes() -> None:
    """Students have it in their notebooks, and the grader draws it again on another machine."""
    assert A[0].tolist() == [-2, 7, -5, 5, 2, -5, -2, 8]
    assert own_matrix("")[0].tolist() == [4, 7, 3, 2, 8, 1, 3, 2]


def test_names_have_different_matrices() -> None:
    assert len({tuple(own_matrix(name).flatten().tolist()) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", ["", "   ", "\n\t", None, ...])
def test_without_a_name_it_is_the_matrix_of_nobody(name: str | None) -> None:
    assert torch.equal(own_matrix(name), own_matrix(""))
    assert not torch.equal(own_matrix(name), A)


@pytest.mark.parametrize("name", [42, b"Ada", ["Ada"], 1.5, True])
def test_what_is_no_name_is_refused_with_a_sentence(name: object) -> None:
    with pytest.raises(TypeError, match=f"a name is text in quotes.*not {type(name).__name__}"):
        own_matrix(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["\ud800", "李小龙", "😀", "x" * 10_000])
def test_any_text_is_a_name(name: str) -> None:
    assert own_matrix(name).shape == (8, 8)


def test_numbers_are_small_and_whole() -> None:
    drawn = torch.stack([own_matrix(name) for name in NAMES])
    assert drawn.shape == (300, 8, 8)
    assert drawn.dtype == torch.float32
    assert torch.equal(drawn, drawn.round())
    assert (drawn.min().item(), drawn.max().item()) == (-5, 9)
    assert all((matrix < 0).any() for matrix in drawn)


def test_every_slip_shows_on_every_matrix() -> None:
    """No misconception of the three steps gives the right answer, for anybody."""
    for name in NAMES:
        a = own_matrix(name).numpy()
        c = pool2d(a, 2, 2)
        d = correlate2d(c, KERNEL, padding=2)
        e = correlate2d(d, KERNEL, stride=3)
        steps = ((c, pool_mistakes(a)), (d, convolve_mistakes(a, c)), (e, stride_mistakes(c, d)))
        for right, mistakes in steps:
            same = [m.id for m in mistakes if agree(np.asarray(m.answer(), dtype=float), right)]
            assert not same, f"{name}: {same}"


def test_slips_can_be_told_apart() -> None:
    """All but one pair, which coincide for some: the largest of each 3×3 of D are often its middle, B on C unpadded."""
    for name in NAMES[:50]:
        a = own_matrix(name).numpy()
        c = pool2d(a, 2, 2)
        d = correlate2d(c, KERNEL, padding=2)
        for mistakes in (pool_mistakes(a), convolve_mistakes(a, c), stride_mistakes(c, d)):
            answers = [(m.id, np.asarray(m.answer(), dtype=float)) for m in mistakes]
            alike = {(p, q) for (p, x), (q, y) in itertools.combinations(answers, 2) if agree(x, y)}
            assert alike <= {("from-c", "maximum")}, f"{name}: {alike}"


def test_the_sum_of_d_is_six_times_that_of_c_and_flipping_b_changes_nothing() -> None:
    for name in NAMES:
        c = pool2d(own_matrix(name), 2, 2)
        d = correlate2d(c, KERNEL, padding=2)
        assert d.sum() == 6 * c.sum()
        assert np.array_equal(d, convolve2d(c, KERNEL, padding=2))
        assert (d.shape, correlate2d(d, KERNEL, stride=3).shape) == ((6, 6), (2, 2))


# --- the paired exercise ----------------------------------------------------------------------------------------


def judged(check: str, **answers: object) -> Verdict:
    names: dict[str, object] = {"student_name": ADA, "A": A, "B": B, "C": C, "D": D, "E": E}
    return run(CHECKS[check], Namespace(names | answers))


@pytest.mark.parametrize(("check", "points"), [("own-pool", 2), ("own-convolve", 3), ("own-stride", 2)])
def test_the_right_matrices_get_all_points(check: str, points: float) -> None:
    assert judged(check).points == points == CHECKS[check].points


def test_another_matrix_a_changes_nothing() -> None:
    other = torch.arange(64.0).reshape(8, 8)
    assert judged("own-pool", A=other).points == 2
    assert judged("own-pool", A=other, C=F.max_pool2d(other[None], 2)[0]).points == 0
    assert judged("own-pool", own_matrix=lambda name: other, C=F.max_pool2d(other[None], 2)[0]).points == 0


@pytest.mark.parametrize(("check", "answer"), [("own-pool", "C"), ("own-convolve", "D"), ("own-stride", "E")])
@pytest.mark.parametrize(
    ("name", "says"),
    [(..., "no-name"), (None, "no-name"), (" ", "no-name"), (7, "name-not-text"), ([], "name-not-text")],
)
def test_without_a_name_nothing_is_judged(check: str, answer: str, name: object, says: str) -> None:
    verdict = judged(check, student_name=name)
    assert verdict.points == 0
    assert verdict.finding is not None
    assert verdict.finding.id == says
    untouched = judged(check, student_name=name, **{answer: ...})
    assert not untouched.attempted


def test_a_slip_in_c_does_not_count_again_in_d() -> None:
    assert judged("own-pool", C=AVERAGED).points == 0
    assert judged("own-convolve", C=AVERAGED, D=convolved(AVERAGED, padding=2)).points == 3
    assert judged("own-convolve", C=AVERAGED).points == 3, "D may also be right although C is not"


def test_a_slip_in_d_does_not_count_again_in_e() -> None:
    wrong = D + torch.eye(6)
    assert judged("own-convolve", D=wrong).points == 0.5
    assert judged("own-stride", D=wrong, E=convolved(wrong, stride=3)).points == 2
    assert judged("own-stride", D=wrong).points == 2, "E may also be right although D is not"
    assert judged("own-stride", D=wrong, E=convolved(wrong, stride=3) + torch.eye(2)).points == 0.5


def test_a_second_slip_is_named_after_a_first() -> None:
    verdict = judged("own-convolve", C=AVERAGED, D=convolved(AVERAGED, padding=1))
    assert verdict.points == 1
    assert verdict.finding is not None
    assert verdict.finding.id == "padding-1"
    assert all("your own `C`" in case.title for case in verdict.cases)


ONE = torch.zeros(4, 4)
ONE[0, 0] = 1


@pytest.mark.parametrize("easy", [torch.zeros(4, 4), torch.ones(4, 4), ONE, torch.eye(4)])
def test_an_own_c_that_makes_d_easy_earns_nothing(easy: torch.Tensor) -> None:
    assert judged("own-convolve", C=easy, D=convolved(easy, padding=2)).points <= 0.5


@pytest.mark.parametrize("easy", [torch.zeros(6, 6), torch.full((6, 6), 2.0), torch.diag(torch.arange(6.0))])
def test_an_own_d_that_makes_e_easy_earns_nothing(easy: torch.Tensor) -> None:
    assert judged("own-stride", D=easy, E=convolved(easy, stride=3)).points <= 0.5


@pytest.mark.parametrize("filled", [0, 1, 96])
def test_a_matrix_full_of_one_number_earns_nothing(filled: float) -> None:
    assert judged("own-convolve", D=torch.full((6, 6), float(filled))).points == 0
    assert judged("own-stride", E=torch.full((2, 2), float(filled))).points == 0


def test_the_inside_of_d_counts_for_itself() -> None:
    border, inside = D.clone(), D.clone()
    border[0, 3] += 1
    inside[2, 2] += 1
    assert judged("own-convolve", D=border).points == 1.5
    assert judged("own-convolve", D=inside).points == 2
    assert judged("own-convolve", D=convolved(C)).points == 1, "without padding the inside is all there is"
    assert judged("own-convolve", D=convolved(C, padding=1)).points == 1


@pytest.mark.parametrize("odd", [torch.nan, torch.inf])
def test_numbers_that_are_none_get_no_points_and_a_sentence(odd: float) -> None:
    broken = D.clone()
    broken[0, 0] = broken[2, 2] = odd
    verdict = judged("own-convolve", D=broken)
    assert verdict.points == 0.5
    assert verdict.finding is not None
    assert judged("own-stride", D=broken).points == 2


# --- the crosses ------------------------------------------------------------------------------------------------


SEEDS = range(100)


def stages(image: torch.Tensor, pool: str = "max") -> tuple[torch.Tensor, torch.Tensor]:
    """The two maps that the exercise asks for, in PyTorch: the pooled first one and the second, both 12×12."""
    first = F.relu(F.conv2d(image[None, None], PLUS[None, None], padding=1) - 4)
    pooled = F.max_pool2d(first, 2) if pool == "max" else F.avg_pool2d(first, 2)
    return pooled[0, 0], F.conv2d(pooled, PLUS[None, None], padding=1)[0, 0]


def place(values: torch.Tensor) -> tuple[int, int]:
    row, column = divmod(int(values.argmax()), values.shape[1])
    return row, column


def reach(image: torch.Tensor, row: int, column: int) -> int:
    """How far all four arms of a cross around this pixel reach, each three pixels thick."""
    far = 0
    while True:
        step = far + 1
        ends = [(row + step, column), (row - step, column), (row, column + step), (row, column - step)]
        for r, c in ends:
            along = [(r, c + d) if c == column else (r + d, c) for d in (-1, 0, 1)]
            if not all(0 <= i < 24 and 0 <= j < 24 and image[i, j] for i, j in along):
                return far
        far = step


def test_the_same_seed_draws_the_same_picture() -> None:
    (image, where), (again, there) = crosses(5), crosses(5)
    assert torch.equal(image, again)
    assert where == there
    assert not torch.equal(image, crosses(6)[0])


def test_pictures_are_black_and_white() -> None:
    image, (row, column) = crosses(0)
    assert (image.shape, image.dtype) == ((24, 24), torch.float32)
    assert set(image.flatten().tolist()) == {0.0, 1.0}
    assert isinstance(row, int)
    assert isinstance(column, int)


def test_two_stages_find_the_large_cross_and_it_is_the_only_one() -> None:
    for seed in SEEDS:
        image, where = crosses(seed)
        _, second = stages(image)
        assert place(second) == where
        assert second.max() == 5
        assert (second == 5).sum() == 1
        pixels = itertools.product(*(range(2 * n, 2 * n + 2) for n in where))
        assert max(reach(image, row, column) for row, column in pixels) >= 4, f"no large cross there, seed {seed}"


def test_one_stage_does_not_find_it() -> None:
    for seed in SEEDS:
        image, where = crosses(seed)
        pooled, _ = stages(image)
        assert place(pooled) != where
        assert (pooled == 1).sum() > 10, "one stage answers the same in many places"


def test_pooling_by_average_does_not_find_it() -> None:
    for seed in SEEDS:
        image, where = crosses(seed)
        assert place(stages(image, "avg")[1]) != where


def test_rows_and_columns_cannot_be_mixed_up() -> None:
    assert all(row != column for _, (row, column) in map(crosses, SEEDS))
