"""Figures: their numbers, their words, and that the same data always gives the same bytes."""

import base64
import io
import os
import re
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from convcourse import operations
from convcourse.figures import (
    Figure,
    Layer,
    bands,
    confusion,
    convolution_matrix,
    convolution_step,
    convolution_strip,
    grid,
    grids,
    heat,
    images,
    layers,
    lines,
    pooling_backward,
    pooling_step,
    size_line,
    sparse_matrix,
    volumes,
)
from convcourse.figures.ink import text_width
from convcourse.figures.numbers import show, summed
from convcourse.figures.scene import Line, Scene, Stack, Words

A = np.arange(1, 17).reshape(4, 4)
B = np.array([[1, 2], [3, 4]])
EDGES = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
IMAGE = np.random.default_rng(3).integers(0, 9, (6, 6))
PERCEPTRON = [Layer("image", 784), Layer("Linear", 1000, 785_000), Layer("ReLU", 1000), Layer("Linear", 10, 10_010)]
TIES = np.array([[1, 3, 2, 2], [4, 2, 2, 1], [0, -1, 5, 6], [-2, -3, 7, 7]])

DRAWINGS = {
    "grids": lambda: grids(("A", A), "⊗", ("B", B), "=", ("C", operations.correlate2d(A, B)), caption="A row"),
    "marks": lambda: grids(grid([[1, 2], [3, None]], "Yours", differs=[(0, 1)]), "≠", grid([[1, 7], [3, "?"]])),
    "step": lambda: convolution_step(A, B, at=(0, 1)),
    "padded step": lambda: convolution_step(IMAGE, EDGES, at=(1, 2), stride=2, padding=1, caption="Two at a time"),
    "strip": lambda: convolution_strip(A, B, [(0, 0), (0, 1), (1, 0)]),
    "wide step": lambda: convolution_step(np.tile(IMAGE, (2, 2)), EDGES, at=(3, 3), padding=2),
    "long numbers": lambda: convolution_step(IMAGE * -123.456, EDGES * 0.5, at=(0, 0)),
    "max": lambda: pooling_step(A, (0, 1), 2, 2, "max"),
    "avg": lambda: pooling_step(A, (1, 0), 3, 1, "avg"),
    "padded max": lambda: pooling_step(A - 20, (0, 0), 3, 2, "max", padding=1),
    "backward": lambda: pooling_backward(TIES, [[10, 20], [30, 40]]),
    "line": lambda: size_line(8, 3, 0, 2),
    "long line": lambda: size_line(28, 5, 2, 1),
    "matrix": lambda: sparse_matrix(operations.conv_matrix(B, (4, 4)), image_shape=(4, 4)),
    "large matrix": lambda: sparse_matrix(operations.conv_matrix(EDGES, (6, 6)), image_shape=(6, 6)),
    "volumes": lambda: volumes([("input", (8, 7, 6)), "⊗", ("filters", (8, 8, 3, 3)), "=", ("maps", (8, 5, 4))]),
    "colours": lambda: volumes([("RGB image", (3, 6, 6)), "→", ("maps", (64, 4, 4))], caption="27 products"),
    "heat": lambda: heat(np.linspace(-2, 2, 20).reshape(4, 5), title="Signed"),
    "layers": lambda: layers(PERCEPTRON, caption="A perceptron"),
    "bands": lambda: bands({"MLP": [0.881, 0.884, 0.879], "CNN": [0.91]}, reference={"to beat": 0.9}),
    "confusion": lambda: confusion(np.arange(100).reshape(10, 10), ["T-shirt/top", "Ankle boot"] * 5),
    "slanted confusion": lambda: confusion(np.eye(3), ["an unbreakablelongname", "b", "c"]),
}
PICTURES = {
    "images": lambda: images([IMAGE, A], ["six", "four"], scale="each"),
    "signed": lambda: images([IMAGE - 4.0] * 5, list("abcde"), columns=3, diverging=True),
    "lines": lambda: lines({"loss": [3, 2, 1.5], "error": [2.9, 2, 1.45]}, "", "step", "loss", title="Learning"),
    "small images": lambda: images([IMAGE] * 20, ["Ankle boot", "T-shirt/top"] * 10, columns=10),
}


class Image(HTMLParser):
    """The attributes of the one <img> of a piece of HTML."""

    def __init__(self, figure: Figure):
        super().__init__()
        self.attributes: dict[str, str | None] = {}
        self.feed(figure._repr_html_())

    def handle_starttag(self, tag, attrs):
        assert tag == "img"
        assert not self.attributes
        self.attributes = dict(attrs)


def embedded(figure: Figure) -> list[bytes]:
    """The pictures inside a drawing, in order."""
    return [base64.b64decode(data) for data in re.findall(rb"data:image/png;base64,([^\"]+)", figure.data)]


def best_time(make, tries=5):
    """Processor seconds of the quickest try: those of this process alone, however busy the machine."""
    times = []
    for _ in range(tries):
        start = time.process_time()
        make()
        times.append(time.process_time() - start)
    return min(times)


# Every figure


@pytest.mark.parametrize("name", [*DRAWINGS, *PICTURES])
def test_a_figure_is_an_image_with_words(name):
    figure = (DRAWINGS | PICTURES)[name]()
    attributes = Image(figure).attributes
    assert attributes["alt"] == figure.alt == repr(figure)
    assert re.search(r"\d", figure.alt)
    media, data = attributes["src"].split(";base64,")
    assert media == f"data:{figure.media}"
    assert base64.b64decode(data) == figure.data
    assert int(attributes["width"]) <= 760
    assert "max-width:100%" in attributes["style"]


@pytest.mark.parametrize("name", [*DRAWINGS, *PICTURES])
def test_the_same_data_give_the_same_bytes(name):
    make = (DRAWINGS | PICTURES)[name]
    assert make().data == make().data


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_small_quick_and_on_white_paper(name):
    figure = DRAWINGS[name]()
    assert len(figure.data) < 40_000
    assert best_time(DRAWINGS[name]) < 0.1
    root = ElementTree.fromstring(figure.data)
    paper = root.find("{http://www.w3.org/2000/svg}rect")
    assert (paper.get("fill"), paper.get("width"), paper.get("height")) == ("#FFFFFF", "100%", "100%")
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (0, 0)
    assert int(root.get("width")) == figure.width
    assert width >= figure.width - 1
    assert height > 0


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_number_of_a_scene_is_drawn_inside_the_paper(name):
    figure = DRAWINGS[name]()
    root = ElementTree.fromstring(figure.data)
    _, _, width, height = map(float, root.get("viewBox").split())
    texts = root.findall(".//{http://www.w3.org/2000/svg}text")
    drawn = [text.text for text in texts]
    for made in figure.scene.grids:
        for row in made.cells:
            for cell in row:
                assert not cell.text or cell.text in drawn
    for text in texts:
        assert 0 < float(text.get("x")) < width
        assert 0 < float(text.get("y")) < height


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_quick_and_names_no_software(name):
    figure = PICTURES[name]()
    assert best_time(PICTURES[name]) < 0.1
    for data in embedded(figure):
        assert data.startswith(b"\x89PNG")
        assert b"Software" not in data


def test_figures_differ_where_the_data_do():
    assert convolution_step(A, B, at=(0, 1)).data != convolution_step(A, B, at=(0, 2)).data
    assert images([IMAGE]).data != images([IMAGE.T]).data


def test_arrays_may_be_tensors_lists_or_need_gradients():
    truth = convolution_step(A, B, at=(1, 1))
    assert convolution_step(torch.tensor(A), torch.tensor(B), at=(1, 1)) == truth
    assert convolution_step(A.tolist(), B.tolist(), at=(1, 1)) == truth
    kernel = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert convolution_step(torch.tensor(A), kernel, at=(1, 1)).alt == truth.alt
    assert heat([torch.tensor(1.0), torch.tensor(2.5)]).scene.grids[0].values == ((1.0, 2.5),)


def test_alt_text_is_escaped():
    figure = grids([1], alt='"2 < 3" & so on')
    assert Image(figure).attributes["alt"] == '"2 < 3" & so on'


def test_a_scene_without_words_is_refused():
    with pytest.raises(ValueError, match="alt text"):
        Scene((), " ")


def test_records_cannot_be_changed():
    figure = grids([1])
    with pytest.raises(FrozenInstanceError):
        figure.alt = "something else"


def test_save_leaves_only_the_picture(tmp_path):
    figure = size_line(7, 3, 1, 2)
    figure.save(tmp_path / "line.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["line.svg"]
    assert (tmp_path / "line.svg").read_bytes() == figure.data


def test_nothing_goes_to_stderr_and_matplotlib_stays_out(tmp_path):
    code = (
        "import sys; from convcourse.figures import images, lines; images([[[1, 2], [3, 4]]]); lines({'a': [1, 2]});"
        "sys.exit('matplotlib' in sys.modules)"
    )
    nowhere = tmp_path / "a file"
    nowhere.write_text("not a folder")
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"MPLCONFIGDIR": str(nowhere)}
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Numbers and words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-3, "−3"),
        (2.5, "2.5"),
        (54.0, "54"),
        (-0.001, "0"),
        (1 / 3, "0.33"),
        (100.0, "100"),
        (float("-inf"), "−∞"),
        (float("nan"), "?"),
        (None, ""),
        ("?", "?"),
    ],
)
def test_numbers_are_shown_short(value, text):
    assert show(value) == text


def test_sums_take_the_sign_of_their_terms():
    assert summed([2, 6, -18, 0]) == "2+6−18+0"
    assert summed([-2, 6.5], " ") == "−2 + 6.5"


# One step


def test_the_worked_step_in_words():
    figure = convolution_step(A, B, at=(0, 1))
    assert figure.alt == (
        "The 2×2 window at row 0, column 1 covers 2 3 6 7; times the kernel 1 2 3 4 gives 2+6+18+28 = 54, "
        "entry (0, 1) of the 3×3 output."
    )
    (words,) = figure.scene.rows[1]
    assert words == Words(("2·1 + 3·2 + 6·3 + 7·4 = 2 + 6 + 18 + 28 = 54",))


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("kernel", [B, EDGES, [[1, -2, 0.5]]])
def test_a_step_shows_the_numbers_of_operations(kernel, stride, padding):
    kernel = np.asarray(kernel)
    output = operations.correlate2d(IMAGE, kernel, stride, padding)
    for at in np.ndindex(output.shape):
        figure = convolution_step(IMAGE, kernel, at, stride, padding)
        image, shown_kernel, shown = figure.scene.grids
        assert np.array_equal(image.values, operations.pad2d(IMAGE, padding))
        assert np.array_equal(shown_kernel.values, kernel)
        top, left = at[0] * stride, at[1] * stride
        assert (image.boxes[0].row, image.boxes[0].column) == (top, left)
        assert (image.boxes[0].height, image.boxes[0].width) == kernel.shape
        under = image.places("window")
        assert under == tuple((top + k, left + m) for k, m in np.ndindex(kernel.shape))
        notes = [image.cells[i][j].note for i, j in under]
        assert notes == [f"×{show(k)}" for k in kernel.ravel().tolist()]
        assert shown.places("active") == (at,)
        assert shown.cells[at[0]][at[1]].value == output[at]
        for place in np.ndindex(output.shape):
            assert shown.cells[place[0]][place[1]].value == (output[place] if place <= at else None)
        assert f" {show(output[at].item())}, entry ({at[0]}, {at[1]})" in figure.alt


def test_the_frame_is_padding_and_nothing_else_is():
    image = convolution_step(IMAGE, EDGES, (0, 0), padding=2).scene.grids[0]
    frame = set(image.places("padding"))
    assert len(frame) == 10 * 10 - 36
    assert all(not (2 <= i < 8 and 2 <= j < 8) for i, j in frame)


def test_rounded_results_say_so():
    assert " ≈ " in convolution_step([[1 / 3, 1 / 3]], [[1, 1]], (0, 0)).alt
    assert "(1+2+2)/3" not in pooling_step(A, (0, 0), 2, 2, "avg").alt
    assert pooling_step([[1, 1], [1, 2]], (0, 0), 2, 2, "avg").alt.count("= 1.25") == 1


def test_a_strip_tells_every_step():
    figure = convolution_strip(A, B, [(0, 0), (2, 2)])
    assert "= 44" in figure.alt
    assert "= 144" in figure.alt
    assert len(figure.scene.grids) == 6


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize(("f", "s", "padding"), [(2, 2, 0), (3, 1, 0), (3, 2, 1), (2, 3, 1)])
def test_pooling_shows_the_numbers_of_operations(mode, f, s, padding):
    x = IMAGE - 4
    pooled = operations.pool2d(x, f, s, mode, padding)
    for at in np.ndindex(pooled.shape):
        figure = pooling_step(x, at, f, s, mode, padding)
        image, shown = figure.scene.grids
        assert shown.cells[at[0]][at[1]].value == pooled[at]
        assert show(pooled[at].item()) in figure.alt
        winners = image.places("winner")
        if mode == "max":
            ((i, j),) = winners
            assert image.cells[i][j].value == pooled[at]
            first = min(p for p in image.places("window") if image.cells[p[0]][p[1]].value == pooled[at])
            assert (i, j) == first
        else:
            assert not winners
        framed = {image.cells[i][j].value for i, j in image.places("padding")}
        assert framed == (set() if not padding else {-np.inf} if mode == "max" else {0})


def test_the_gradient_goes_to_the_first_winner():
    figure = pooling_backward(TIES, [[10, 20], [30, 40]])
    forward, pooled, back, arriving = figure.scene.grids
    assert np.array_equal(forward.values, TIES)
    assert np.array_equal(pooled.values, [[4, 2], [0, 7]])
    assert np.array_equal(arriving.values, [[10, 20], [30, 40]])
    assert np.array_equal(back.values, operations.max_pool_backward(TIES, [[10, 20], [30, 40]]))
    assert forward.places("winner") == back.places("winner") == ((0, 2), (1, 0), (2, 0), (3, 2))
    assert "40 at row 3, column 2 (where x is 7)" in figure.alt


# Whole arrays


def test_grids_list_their_numbers():
    figure = grids(("A", [[1, -2], [3.5, None]]), "→", [7])
    assert figure.alt == "A (2×2): 1 −2; 3.5 empty → a grid (1×1): 7."
    assert figure.scene.grids[0].places("empty") == ((1, 1),)


def test_shading_has_the_sign_of_the_value():
    cells = heat([[-2.0, 0.0, 1.0]]).scene.grids[0].cells[0]
    assert [cell.shade for cell in cells] == [-1.0, 0.0, 0.5]


def test_marks_are_kept():
    marked = grid(A, differs=[(0, 1)], active=[(2, 3), (0, 1)])
    assert marked.places("differs") == ((0, 1),)
    assert marked.places("active") == ((0, 1), (2, 3))


def test_equal_weights_share_a_colour():
    matrix = operations.conv_matrix(B, (4, 4))
    made = sparse_matrix(matrix, image_shape=(4, 4)).scene.grids[0]
    assert np.array_equal(made.values, matrix)
    groups = {cell.value: cell.group for row in made.cells for cell in row}
    assert groups == {0: 0, 1: 1, 2: 2, 3: 3, 4: 4}
    assert made.split == 4
    assert made.headings == tuple(f"image row {i}" for i in range(4))


@pytest.mark.parametrize(("n", "f", "p", "s"), [(7, 3, 1, 2), (8, 3, 0, 2), (10, 2, 0, 4), (5, 5, 0, 1), (1, 3, 1, 1)])
def test_windows_along_a_line(n, f, p, s):
    figure = size_line(n, f, p, s)
    ((line,),) = figure.scene.rows
    assert isinstance(line, Line)
    places = operations.output_size(n, f, p, s)
    assert line.starts == tuple(range(0, places * s, s))
    assert line.starts[-1] + f <= n + 2 * p < line.starts[-1] + s + f
    covered = {cell for start in line.starts for cell in range(start, start + f)}
    assert set(line.unseen) == set(range(n + 2 * p)) - covered
    formula = f"⌊({n} + 2·{p} − {f})/{s}⌋ + 1 = {places}"
    assert formula in figure.alt
    assert figure.scene.caption == formula


def test_filters_and_their_maps_go_together():
    figure = volumes(
        [("RGB", (3, 6, 6)), "⊗", ("filters", (2, 3, 3, 3)), "=", ("maps", (2, 4, 4)), ("other", (5, 4, 4))]
    )
    image, filters, maps, other = (item for item in figure.scene.rows[0] if isinstance(item, Stack))
    assert (image.coloured, filters.coloured, maps.coloured, other.coloured) == ("rgb", "copies", "channels", "")
    assert filters.shape == (2, 3, 3, 3)
    assert "filters of shape (2, 3, 3, 3) = maps of shape (2, 4, 4)" in figure.alt


def test_pictures_describe_their_data():
    assert "six: 6×6 pixels, values from" in PICTURES["images"]().alt
    assert "loss goes from 3 to 1.5 in 3 points" in PICTURES["lines"]().alt
    assert images([IMAGE], alt="mine").alt == "mine"


def test_a_flat_image_and_unfinished_curves_can_be_drawn():
    assert images([np.zeros((3, 3))], diverging=True).data
    assert lines({"a": [1.0, float("nan")], "b": [float("nan")]}).data


def test_colours_are_shown_as_they_are():
    red = np.zeros((3, 4, 4), dtype=np.uint8)
    red[0] = 255
    drawn = images([red, np.arange(16.0).reshape(4, 4)], titles=["red", "grey"], columns=2)
    colour, grey = (np.asarray(Pillow.open(io.BytesIO(data))) for data in embedded(drawn))
    assert (colour == (255, 0, 0)).all()  # undimmed by the grey one's range
    assert grey.tolist() == np.rint(np.arange(16) * 17).reshape(4, 4).tolist()
    assert images([red]).data == images([red / 255]).data == images([torch.from_numpy(red)]).data
    assert "red: 4×4 pixels, values from 0 to 1" in drawn.alt


# What cannot be


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: convolution_step(A, B, at=(3, 0)), "output is 3×3.*row 3, column 0"),
        (lambda: images([np.zeros((4, 4, 3))]), r"image 1 is .*\(3, rows, columns\) in colour, not \(4, 4, 3\)"),
        (lambda: images([np.full((3, 4, 4), 2.5)]), "image 1 has values from 2.5 to 2.5; colours are bytes"),
        (lambda: convolution_step(A, B, at=(-1, 0)), "row -1"),
        (lambda: convolution_step(B, A, at=(0, 0)), "window of 4 does not fit"),
        (lambda: convolution_step(A, B, at=(0, 0), stride=0), "stride of 0"),
        (lambda: convolution_step(A, B, at=(0, 0), padding=-1), "padding cannot be negative"),
        (lambda: convolution_step([1, 2, 3], B, at=(0, 0)), "image needs rows and columns"),
        (lambda: convolution_step(A, torch.ones(1, 1, 2, 2), at=(0, 0)), "kernel needs rows and columns"),
        (lambda: convolution_step(np.ones((128, 128)), B, at=(0, 0)), r"too many numbers.*images\(\)"),
        (lambda: convolution_strip(A, B, []), "at least one position"),
        (lambda: pooling_step(A, (0, 0), 5, 1), "window of 5 does not fit"),
        (lambda: pooling_step(A, (2, 0)), "output is 2×2"),
        (lambda: pooling_step(A, (0, 0), mode="min"), "mode must be"),
        (lambda: pooling_step(A, (0, 0), padding=2), "padding of a pooling window"),
        (lambda: pooling_backward(A, [[1, 2, 3]]), "gradient has shape 1×3.*has 2×2"),
        (lambda: size_line(3, 5), "window of 5 does not fit"),
        (lambda: size_line(100, 5), "too many for a picture"),
        (lambda: sparse_matrix(np.eye(4), image_shape=(3, 3)), "9 pixels.*4 columns"),
        (lambda: volumes([]), "at least one block"),
        (lambda: volumes([("flat", (3, 4))]), r"flat: a shape is \(C, H, W\)"),
        (lambda: volumes([("nothing", (0, 4, 4))]), "nothing: a shape is"),
        (lambda: grids(), "at least one array"),
        (lambda: grids(np.zeros((2, 2, 2))), r"shape \(2, 2, 2\)"),
        (lambda: grids([[1, 2], [3]]), "rows have different lengths: 2, 1"),
        (lambda: heat(np.zeros((50, 50))), "too many numbers"),
        (lambda: grid(A, differs=[(4, 0)]), "outside the grid of 4×4"),
        (lambda: grid(A, loser=[(0, 0)]), "no mark 'loser'"),
        (lambda: images([]), "no image"),
        (lambda: images([A], ["a", "b"]), "1 image but 2 titles"),
        (lambda: images([np.zeros(3)]), "image 1 needs rows and columns"),
        (lambda: images([A], scale="most"), "scale is"),
        (lambda: lines({}), "no curve"),
        (lambda: lines({"a": []}), "curve 'a' needs"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_signed_images_are_blue_white_and_orange():
    (data,) = embedded(images([np.array([[-2.0, 0.0], [2.0, float("nan")]])], diverging=True))
    low, none, high, unknown = np.asarray(Pillow.open(io.BytesIO(data))).reshape(4, 3).tolist()
    assert (low, none, high, unknown) == ([213, 94, 0], [255] * 3, [0, 114, 178], [255] * 3)


def test_the_same_grey_is_the_same_value_unless_each_is_stretched():
    def greys(**options):
        pictures = embedded(images([np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])], **options))
        return [np.asarray(Pillow.open(io.BytesIO(data))).ravel().tolist() for data in pictures]

    assert greys() == [[0, 128], [0, 255]]
    assert greys(scale="each") == [[0, 255], [0, 255]]


def test_the_matrix_of_a_convolution_is_drawn_from_its_kernel() -> None:
    drawn = convolution_matrix([[1, 2], [3, 4]], (3, 3)).scene
    given = sparse_matrix(
        operations.conv_matrix([[1, 2], [3, 4]], (3, 3)),
        caption="A 2×2 kernel on a 3×3 image: 4 windows, 9 pixels, 4 different weights.",
        image_shape=(3, 3),
    ).scene
    assert drawn == given
    with pytest.raises(ValueError, match="fit"):
        convolution_matrix([[1, 2], [3, 4]], (1, 3))


def test_widths_are_added_without_rounding() -> None:
    words = "2·1 + 3·2 + 6·3 + 7·4 = 2 + 6 + 18 + 28 = 54, image row 0"
    # Adding one by one depends on the order, and on the Python: 3.12 changed what sum() makes of floats.
    assert text_width(words, 15) == text_width(words[::-1], 15) == text_width("".join(sorted(words)), 15)
