"""Figures to play with: what their HTML holds, and that their scripts compute what the course's functions compute."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from by_node import by_node

from convcourse import figures, operations
from convcourse.figures.live import SCRIPTS, Live, script
from convcourse.figures.numbers import show

IMAGE = np.random.default_rng(5).integers(0, 10, (6, 6))
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
COLOURS = np.random.default_rng(6).integers(-4, 10, (3, 5, 5))
FILTER = np.random.default_rng(7).integers(-2, 3, (3, 2, 2))

LIVE: dict[str, Callable[[], Live]] = {
    "convolution": lambda: figures.convolution(IMAGE, SOBEL, stride=2, padding=1),
    "true convolution": lambda: figures.convolution(IMAGE, SOBEL / 9, flip=True, at=(1, 2)),
    "largest": lambda: figures.convolution(np.tile(IMAGE, (2, 2))[:10, :10], np.ones((5, 5)), padding=2),
    "channels": lambda: figures.convolution(COLOURS, FILTER, names=("R", "G", "B"), at=(1, 1)),
    "pooling": lambda: figures.pooling(IMAGE, 3, 1, "avg"),
    "padded pooling": lambda: figures.pooling(IMAGE - 9, 3, 2, "max", padding=1),
    "way back": lambda: figures.pooling(IMAGE, backward=True),
    "way back, averaged": lambda: figures.pooling(IMAGE, 2, 1, "avg", backward=True),
    "size": lambda: figures.size_calculator(8, 3, 0, 2),
}


@pytest.fixture(params=LIVE)
def live(request: pytest.FixtureRequest) -> Live:
    return LIVE[request.param]()


# --- one element, the same bytes, a still for where no script runs ----------------------------------------------


def test_the_html_is_one_element_with_a_still_and_a_script(live: Live) -> None:
    html = live._repr_html_()
    assert re.match(r'<div class="convcourse-figure" data-figure="[0-9a-f]{12}"><img alt="[^"]{40,}" ', html)
    assert html.endswith("</script></div>")
    assert (html.count("<script"), html.count("</script"), html.count("<div")) == (1, 1, 1)
    assert repr(live) == live.alt


def test_the_still_is_what_a_figure_without_a_script_shows(live: Live) -> None:
    still = figures.Figure(live.alt, live.data, live.media, live.width)._repr_html_()
    assert still in live._repr_html_()


def test_the_html_asks_for_nothing_and_leaves_no_name(live: Live) -> None:
    code = live._repr_html_().partition("<script>")[2]
    assert code.startswith('(()=>{"use strict";')
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)|fetch\(|XMLHttp|localStorage|\beval\(", code) == []
    assert re.findall(r"^\s*(?://.*|import .*|export .*)", code, re.M) == []
    assert len(code) < 60_000


def test_the_html_is_the_same_in_another_process() -> None:
    program = (
        "import hashlib, sys; sys.path.insert(0, 'tests/unit'); from test_figures_live import LIVE; "
        "print(hashlib.sha256(''.join(make()._repr_html_() for make in LIVE.values()).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=SCRIPTS.parents[2],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_words_from_outside_cannot_end_the_script() -> None:
    html = figures.convolution(COLOURS, FILTER, names=("</script><b>", "<!--", "\u2028"))._repr_html_()
    assert html.count("</script") == 1
    assert "<!--" not in html
    assert "\u2028" not in html.partition("<script>")[2]


def test_a_kind_without_a_script_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        script("juggling")


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.stem)
def test_scripts_keep_to_what_is_joined(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    for line in text.split("\n"):
        if re.match(r"\s*import\b", line):
            assert re.fullmatch(r'import \{ [\w, ]+ \} from "\./[a-z_]+\.js";', line), line
        assert "/*" not in line, f"{line}: comments are lines that begin with //"
        assert not re.search(r"[;{},)]\s+// ", line), f"{line}: a comment stands on a line of its own"


@pytest.mark.parametrize("kind", ["convolution", "pooling", "size"])
def test_modules_of_one_figure_share_no_name(kind: str) -> None:
    def modules(name: str) -> set[str]:
        source = (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
        found = re.findall(r'^import .* from "\./([a-z_]+)\.js";$', source, re.M)
        return {name}.union(*map(modules, found))

    names: list[str] = []
    for module in sorted(modules(kind)):
        source = (SCRIPTS / f"{module}.js").read_text(encoding="utf-8")
        names += re.findall(r"^(?:export )?(?:const|let|function) (\w+)", source, re.M)
    assert len(names) > 30
    assert len(names) == len(set(names))


def test_drawing_is_fast() -> None:
    for make in LIVE.values():
        make()._repr_html_()  # what is read once and kept
    slow = {}
    for name, make in LIVE.items():
        times = []
        for _ in range(5):
            start = time.perf_counter()
            make()._repr_html_()
            times.append(time.perf_counter() - start)
        if min(times) > 0.1:
            slow[name] = min(times)
    assert slow == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: figures.convolution(np.zeros((11, 4)), SOBEL), "at most 10"),
        (lambda: figures.convolution(IMAGE, np.ones((7, 7))), "does not fit"),
        (lambda: figures.convolution(IMAGE, SOBEL + np.inf), "finite"),
        (lambda: figures.convolution(COLOURS, SOBEL), "axes"),
        (lambda: figures.convolution(COLOURS, FILTER[:2]), "3 channels and the filter 2"),
        (lambda: figures.convolution(COLOURS, FILTER, names=("R", "G")), "2 names"),
        (lambda: figures.convolution(IMAGE, SOBEL, at=(4, 0)), "no window"),
        (lambda: figures.pooling(IMAGE, mode="min"), "mode"),  # type: ignore[arg-type]
        (lambda: figures.pooling(IMAGE, 2, 2, padding=2), "padding"),
        (lambda: figures.pooling(IMAGE[:2, :2], 3, 1, padding=1), "does not fit on a map of 2×2"),
        (lambda: figures.pooling(IMAGE, backward=True, grad_output=[[1, 2]]), "shape 1×2"),
        (lambda: figures.pooling(IMAGE, padding=1, backward=True), "without padding"),
        (lambda: figures.size_calculator(3, 5), "does not fit"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_words_tell_what_the_still_shows() -> None:
    convolved = figures.convolution(COLOURS, FILTER, names=("R", "G", "B"), at=(1, 1))
    total = operations.correlate_channels(COLOURS, FILTER[None], [0])[0, 1, 1]
    assert "Channel R: The 2×2 window at row 1, column 1" in convolved.alt
    assert convolved.alt.endswith(f"= {show(int(total))}.")
    assert figures.convolution(IMAGE, SOBEL, flip=True).alt.startswith("The kernel is flipped first. The 3×3 window")
    assert "goes back to the largest entry" in figures.pooling(IMAGE, backward=True).alt
    assert "shares" in figures.pooling(IMAGE, mode="avg", backward=True).alt


# --- the scripts' arithmetic beside Python's --------------------------------------------------------------------


def some(rng: np.random.Generator, *shape: int) -> list[Any]:
    """Whole numbers, sixteenths, or any: as people and networks have them."""
    kind = rng.integers(3)
    numbers = rng.integers(-9, 10, shape) if kind == 0 else rng.normal(0, 5, shape)
    return (np.round(numbers * 16) / 16 if kind == 1 else numbers).tolist()


def test_convolution_agrees_on_random_cases() -> None:
    rng = np.random.default_rng(11)
    cases, wanted = [], []
    for _ in range(300):
        channels, stride, padding, flip = (int(n) for n in rng.integers((1, 1, 0, 0), (4, 4, 3, 2)))
        f_h, f_w = (int(n) for n in rng.integers(1, 4, 2))
        h, w = (int(n) for n in rng.integers((f_h, f_w), 9))
        image, kernel = some(rng, channels, h, w), some(rng, channels, f_h, f_w)
        cases.append((image, kernel, stride, padding, bool(flip)))
        one_way = operations.convolve2d if flip else operations.correlate2d
        pairs = zip(image, kernel, strict=True)
        wanted.append(sum(one_way(plane, own, stride, padding) for plane, own in pairs))
    for got, expected in zip(by_node("convolution", "convolve", cases), wanted, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_products_under_a_window_add_up_to_the_output() -> None:
    rng = np.random.default_rng(12)
    cases, wanted = [], []
    for _ in range(100):
        stride, padding = int(rng.integers(1, 4)), int(rng.integers(0, 3))
        image, kernel = some(rng, 2, 6, 5), some(rng, 2, 3, 2)
        output = operations.correlate_channels(image, np.array(kernel)[None], [0], stride, padding)[0]
        i, j = (int(rng.integers(n)) for n in output.shape)
        cases.append((image, kernel, i, j, stride, padding))
        wanted.append(output[i, j])
    got = by_node("convolution", "factors", cases)
    np.testing.assert_allclose([np.prod(pairs, axis=-1).sum() for pairs in got], wanted, rtol=1e-9, atol=1e-9)


def pooling_cases(seed: int, count: int) -> list[tuple[Any, int, int, str, int]]:
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        f, s = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        p = int(rng.integers(0, f // 2 + 1))
        h, w = (int(n) for n in rng.integers(f, 8, 2))
        x = rng.integers(-3, 4, (h, w)).tolist() if rng.integers(2) else some(rng, h, w)  # the first have ties
        cases.append((x, f, s, str(rng.choice(["max", "avg"])), p))
    return cases


def test_pooling_agrees_on_random_cases() -> None:
    cases = pooling_cases(13, 300)
    for (x, f, s, mode, p), got in zip(cases, by_node("pooling", "pool", cases), strict=True):
        np.testing.assert_allclose(got, operations.pool2d(x, f, s, mode, p), atol=1e-12)  # type: ignore[arg-type]


def test_the_way_back_agrees_with_pytorch_on_random_cases() -> None:
    rng = np.random.default_rng(14)
    cases, wanted = [], []
    for x, f, s, mode, p in pooling_cases(15, 300):
        tensor = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        pooled = (F.max_pool2d if mode == "max" else F.avg_pool2d)(tensor[None, None], f, s, p)[0, 0]
        arriving = some(rng, *pooled.shape)
        pooled.backward(torch.tensor(arriving, dtype=torch.float64))
        cases.append((x, arriving, f, s, mode, p))
        wanted.append(tensor.grad)
    for got, expected in zip(by_node("pooling", "poolBackward", cases), wanted, strict=True):
        assert expected is not None
        np.testing.assert_allclose(got, expected, atol=1e-9)


def test_the_way_back_of_an_average_agrees_with_pytorch() -> None:
    rng = np.random.default_rng(16)
    for _ in range(30):
        f, s = int(rng.integers(1, 4)), int(rng.integers(1, 4))
        x = torch.zeros(5, 7, dtype=torch.float64, requires_grad=True)
        pooled = F.avg_pool2d(x[None, None], f, s)[0, 0]
        arriving = torch.tensor(rng.normal(size=pooled.shape))
        pooled.backward(arriving)
        np.testing.assert_allclose(operations.avg_pool_backward((5, 7), arriving, f, s), x.grad, atol=1e-12)  # type: ignore[arg-type]


def test_sizes_agree_on_all_small_cases() -> None:
    cases = [(n, f, p, s) for n in range(1, 12) for f in range(1, 8) for p in range(4) for s in range(1, 6)]

    def wanted(n: int, f: int, p: int, s: int) -> int:
        return operations.output_size(n, f, p, s) if f <= n + 2 * p else 0

    assert by_node("core", "outputSize", cases) == [wanted(*case) for case in cases]
    for case, found in zip(cases, by_node("size", "places", cases), strict=True):
        n, f, p, s = case
        assert found["starts"] == [k * s for k in range(wanted(*case))]
        if found["starts"]:
            assert len(found["rest"]) == (n + 2 * p - f) % s, case
        seen = {cell for start in found["starts"] for cell in range(start, start + f)}
        assert sorted([*found["rest"], *found["between"], *seen]) == list(range(n + 2 * p)), case


def test_numbers_are_written_as_the_stills_write_them() -> None:
    rng = np.random.default_rng(17)
    values = [
        *rng.normal(0, 20, 300),
        *(np.arange(-80, 80) / 8),
        *range(-5, 6),
        0.005,
        -0.001,
        1e-9,
        99.995,
        12.5,
        -0.25,
    ]
    values = [float(value) for value in values]
    assert by_node("core", "show", [[value] for value in values]) == [show(value) for value in values]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-2", -2), ("−0,5", -0.5), (" 1/9 ", 1 / 9), (".25", 0.25), ("+4.", 4)]
    + [(bad, None) for bad in ("", "-", "x", "1/0", "1e3", "5000", "1 2", "1/", "NaN")],
)
def test_typed_weights_are_read(text: str, value: float | None) -> None:
    (got,) = by_node("convolution", "typed", [[text]])
    assert got == (value if value is None else pytest.approx(value))


def test_a_weight_is_written_so_that_it_can_be_read_again() -> None:
    weights = [over / under for under in (1, 2, 3, 4, 5, 6, 7, 9, 16, 25) for over in (-7, -1, 1, 2, 5)]
    texts = by_node("convolution", "written", [[weight] for weight in weights])
    np.testing.assert_allclose(by_node("convolution", "typed", [[text] for text in texts]), weights, atol=0.0051)
    assert dict(zip(weights, texts, strict=True))[1 / 9] == "1/9"


def test_what_the_page_is_given_is_what_the_course_computes() -> None:
    state = LIVE["way back, averaged"]().state
    assert state["gradient"] == operations.avg_pool_backward((6, 6), np.array(state["arriving"]), 2, 1).tolist()
    convolved = LIVE["true convolution"]().state
    np.testing.assert_allclose(convolved["output"], operations.convolve2d(IMAGE, SOBEL / 9))  # type: ignore[arg-type]
    assert json.loads(json.dumps(convolved)) == convolved
