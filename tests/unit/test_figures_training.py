"""The figures of training: layers, curves, runs and confusion matrices. Their numbers, and that no words collide."""

import itertools
import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convcourse.data.fashion import CLASSES
from convcourse.figures import Layer, bands, charts, confusion, layers, lines, progress, show
from convcourse.figures.charts import ticks
from convcourse.figures.ink import text_width
from convcourse.figures.numbers import decimals, thousands
from convcourse.figures.scene import Bands, Confusion, Network, Runs
from convcourse.figures.svg_bands import flags, swarm

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"t": 13.0, "s": 12.0, "w": 15.0, "c": 13.5, "o": 24.0}

CNN = [
    Layer("image", (1, 28, 28)),
    Layer("Conv2d 3×3", (64, 26, 26), 640, 389_376),
    Layer("MaxPool2d 2×2", (64, 13, 13)),
    Layer("ReLU", (64, 13, 13)),
    Layer("Conv2d 3×3", (128, 11, 11), 73_856, 8_921_088),
    Layer("MaxPool2d 2×2", (128, 5, 5)),
    Layer("ReLU", (128, 5, 5)),
    Layer("Flatten", 3200),
    Layer("Linear", 200, 640_200, 640_000),
    Layer("ReLU", (200,)),
    Layer("Linear", 10, 2010, 2000),
]
ASKED = [CNN[0], *(Layer(layer.name, None, None) for layer in CNN[1:])]
LONG = [Layer("an image of a bird or an airplane", (3, 224, 224)), Layer("ReLUWithAnIncrediblyLongName", (1024, 1, 1))]
SEEDS = {
    "MLP": [0.8814, 0.8836, 0.8779, 0.8802, 0.8821],
    "CNN": [0.9122, 0.9108, 0.9146, 0.9131, 0.9098],
    "CNN with batch normalisation and dropout": [0.9201, 0.9188, 0.9214, 0.9216, 0.9199],
}
MIXED = np.diag([900] * 10)
MIXED[6, 0], MIXED[0, 6], MIXED[2, 4], MIXED[4, 2], MIXED[9, 7], MIXED[7, 9] = 112, 89, 85, 80, 74, 3

DRAWINGS = {
    "ten layers": lambda: layers(CNN, caption="A caption"),
    "asked": lambda: layers(ASKED),
    "input alone": lambda: layers(CNN[:1]),
    "long names": lambda: layers(LONG),
    "many layers": lambda: layers(CNN + CNN[1:] + CNN[1:]),
    "seeds": lambda: bands(SEEDS, reference={"MLP before": 0.8814, "CNN to beat": 0.9122}),
    "close references": lambda: bands(
        {"a": [0.9, 0.91]}, reference={f"reference {i}": 0.9 + i / 1e4 for i in range(4)}
    ),
    "equal runs": lambda: bands({"a": [0.9] * 12, "b": [0.9]}, reference={"the same": 0.9}, xlabel=""),
    "many runs": lambda: bands({"all": np.linspace(0.1, 1, 60)}, caption="A caption"),
    "fashion": lambda: confusion(MIXED, CLASSES, caption="A caption"),
    "one class": lambda: confusion([[5]], ["bird"]),
    "two classes": lambda: confusion([[940, 60], [123, 877]], ["bird", "airplane"]),
    "empty": lambda: confusion(np.zeros((3, 3)), ["a", "b", "c"]),
    "twenty classes": lambda: confusion(np.full((20, 20), 1000), [f"class {i}" for i in range(20)]),
    "long classes": lambda: confusion(MIXED * 100, ["a class with a long name", "Incomprehensibilities"] * 5),
}


@dataclass
class Word:
    """A line of text on the paper, and the rectangle that it fills."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: "Word") -> bool:
        across = self.left < other.right - 0.5 and other.left < self.right - 0.5
        return across and self.top < other.bottom - 0.5 and other.top < self.bottom - 0.5


def words_of(figure):
    """The words that stand level, as `ink.text_width` measures them, and the paper's width and height."""
    root = ElementTree.fromstring(figure.data)
    words = []
    for text in root.iter(f"{SVG}text"):
        if text.get("transform"):
            continue
        style = text.get("style", "")
        own = re.search(r"font-size:([\d.]+)px", style)
        size = float(own[1]) if own else SIZES[text.get("class")]
        width = text_width(text.text, size, text.get("class") in ("b", "t"))
        x, y = float(text.get("x")), float(text.get("y"))
        anchor = re.search(r"text-anchor:(\w+)", style)
        left = x - width * {"start": 0, "end": 1}.get(anchor[1] if anchor else "", 0.5)
        words.append(Word(text.text, left, left + width, y - 0.74 * size, y + 0.2 * size))
    return words, [float(number) for number in root.get("viewBox").split()[2:]]


# Every drawing


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_words_meet_and_none_leave_the_paper(name):
    words, (width, height) = words_of(DRAWINGS[name]())
    assert words
    for word in words:
        assert word.left >= 0, word
        assert word.top >= 0, word
        assert word.right <= width, word
        assert word.bottom <= height, word
    assert [(a.text, b.text) for a, b in itertools.combinations(words, 2) if a.meets(b)] == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_fits_the_page_and_is_always_the_same(name):
    figure = DRAWINGS[name]()
    assert figure.width <= 760
    assert figure.data == DRAWINGS[name]().data
    assert re.search(r"\d", figure.alt)
    ElementTree.fromstring(figure.data)


@pytest.mark.parametrize("name", ["ten layers", "seeds", "fashion", "two classes"])
def test_the_figures_of_the_lessons_are_not_shrunk(name):
    root = ElementTree.fromstring(DRAWINGS[name]().data)
    assert float(root.get("viewBox").split()[2]) <= 760.5


def test_alt_text_may_be_given():
    assert layers(CNN, alt="mine").alt == "mine"
    assert bands({"a": [1]}, alt="mine").alt == "mine"
    assert confusion([[1]], ["a"], alt="mine").alt == "mine"
    assert progress.training_scene({"a": [(1, 1)]}, {}, 1, alt="mine").alt == "mine"


# Layers


def test_a_network_in_words_and_numbers():
    figure = layers(CNN)
    assert figure.alt.startswith(
        "A network of 10 layers. image 1×28×28 → Conv2d 3×3: 64×26×26, 640 parameters, 389,376"
    )
    assert figure.alt.endswith("Linear: 10, 2,010 parameters, 2,000 multiply–adds. In all 716,706 parameters.")
    texts = [word.text for word in words_of(figure)[0]]
    assert "716,706 parameters · 9,952,464 multiply–adds" in texts
    assert {"64 × 26 × 26", "128 × 5 × 5", "3200", "640,200"} <= set(texts)
    assert texts.count("–") == 6
    assert texts.count("parameters") == texts.count("multiply–adds") == 4


def test_layers_stand_in_rows_that_are_read_like_text():
    words, _ = words_of(layers(CNN))
    names = [word for word in words if word.text in ("image", "ReLU", "Flatten", "Linear", "Conv2d 3×3")]
    shown = [word.text for word in names]
    assert shown == ["image", "Conv2d 3×3", "ReLU", "Conv2d 3×3", "ReLU", "Flatten", "Linear", "ReLU", "Linear"]
    assert len({word.top for word in names}) == 2
    assert all(a.left < b.left or a.top < b.top for a, b in itertools.pairwise(names))


def test_words_stay_inside_their_block():
    figure = layers(CNN)
    root = ElementTree.fromstring(figure.data)
    rects = [
        [float(r.get(key)) for key in ("x", "y", "width", "height")] for r in root.iter(f"{SVG}rect") if r.get("x")
    ]
    blocks = [box for box in rects if box[2] > 80]
    assert len(blocks) == 11
    inside = [word for word in words_of(figure)[0] if not word.text.startswith("716,706")]
    for word in inside:
        homes = [
            box
            for box in blocks
            if box[0] + 3 < word.left and word.right < box[0] + box[2] - 3
            if box[1] < word.top and word.bottom < box[1] + box[3] - 1
        ]
        assert len(homes) == 1, word


def test_what_is_to_be_found_out_is_a_question():
    figure = layers(ASKED)
    texts = [word.text for word in words_of(figure)[0]]
    assert texts.count("?") == 3 * 10
    assert "–" not in texts
    assert not any("716,706" in text for text in texts)
    assert "640" not in figure.alt
    assert "In all" not in figure.alt
    # Nothing but the questions: whether a layer has parameters does not show in its outline.
    root = ElementTree.fromstring(figure.data)
    looks = {
        (r.get("fill"), r.get("stroke"), r.get("stroke-dasharray"))
        for r in root.iter(f"{SVG}rect")
        if r.get("rx") == "7"
    }
    assert len(looks) == 2


def test_layers_with_parameters_differ_in_fill_and_in_outline():
    root = ElementTree.fromstring(layers(CNN).data)
    boxes = [r for r in root.iter(f"{SVG}rect") if r.get("rx") == "7"]
    for layer, box in zip(CNN[1:], boxes[1:], strict=True):
        assert (box.get("stroke-dasharray") is None) == bool(layer.parameters)
        assert (float(box.get("stroke-width")) > 2) == bool(layer.parameters)
    fills = {bool(layer.parameters): box.get("fill") for layer, box in zip(CNN[1:], boxes[1:], strict=True)}
    assert fills[True] != fills[False]


def test_totals_need_all_the_numbers():
    def total(*parts: Layer) -> Network:
        return Network((Layer("x", 3), *parts))

    assert total(Layer("a", 1, 5), Layer("b", 1, 7)).parameters == 12
    assert total(Layer("a", 1, 5), Layer("b", 1, None)).parameters is None
    assert total(Layer("a", 1, 5, 9), Layer("b", 1, 0)).multiply_adds == 9
    assert total(Layer("a", 1, 5, 9), Layer("b", 1, 7)).multiply_adds is None


def test_shapes_may_be_torch_sizes_and_the_input_has_no_question():
    figure = layers([Layer("image", torch.Size([1, 28, 28]), None), Layer("Linear", np.int64(10), 7850)])
    assert figure.alt == "A network of 1 layer. image 1×28×28 → Linear: 10, 7,850 parameters. In all 7,850 parameters."


# Curves


def test_the_axis_is_there_from_the_start_and_counts_from_the_first():
    assert progress.training_scene({}, {}, 3).rows != progress.training_scene({}, {}, 4).rows
    assert lines({"a": [3, 2]}).data == lines({"a": [3, 2]}, first=0).data != lines({"a": [3, 2]}, first=1).data


def test_axes_keep_still_while_curves_grow():
    points = [(1, 0.9), (2, 0.5), (3, 0.4)]
    scenes = [progress.training_scene({"a": points[:n]}, {"b": points[:n]}, 3) for n in range(1, 4)]
    loss = [(panel.start, panel.end, panel.low, panel.high) for panel in (scene.rows[0][0] for scene in scenes)]
    assert len(set(loss)) == 1


def test_odd_runs_can_be_drawn():
    for loss, share in (({"a": [(1, 1e9)], "b": [(1, -3.0)]}, {}), ({}, {"only": [(1, 1.0)]}), ({}, {})):
        for epochs in (1, 2, 100):
            assert show(progress.training_scene(loss, share, epochs)).data
    assert lines({"a": [1.0, float("nan")], "b": [float("nan")]}).data
    assert lines({"alone": [1.0]}).data


@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e6), st.integers(2, 9), st.booleans())
def test_axes_have_few_round_numbers(low, span, most, whole):
    found = ticks(low, low + span, most, whole)
    assert len(found) <= most + 1
    assert all(low - 1e-6 * span <= tick <= low + span + 1e-6 * span for tick in found)
    assert not whole or all(tick == round(tick) for tick in found)
    assert whole or len(found) >= most / 2.5 - 1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 0.12)), max_size=7))
def test_labels_keep_apart(pairs):
    wanted, heights = sorted(place for place, _ in pairs), [height for _, height in pairs]
    places = charts.apart(wanted, heights)
    for (a, tall), (b, wide) in itertools.pairwise(zip(places, heights, strict=True)):
        assert b - a >= (tall + wide) / 2 - 1e-9
    assert max(places, default=0) <= 1
    roomy = all(b - a >= 0.12 for a, b in itertools.pairwise(wanted))
    assert not roomy or places == wanted


# Runs


def test_runs_in_words():
    figure = bands({"MLP": [0.88, 0.9], "CNN": [0.91]}, reference={"to beat": 0.905})
    assert figure.alt == (
        "Test accuracy by group. MLP: 2 runs from 0.8800 to 0.9000, mean 0.8900; CNN: 1 run, 0.9100. "
        "To compare: to beat 0.905."
    )
    texts = [word.text for word in words_of(figure)[0]]
    assert {"0.8900", "0.9100", "to beat 0.905", "MLP", "2 runs", "1 run"} <= set(texts)


def test_every_run_is_a_dot_at_its_value():
    values = [0.1, 0.2, 0.4, 0.4]
    root = ElementTree.fromstring(bands({"a": values}).data)
    dots = [re.match(r"M([\d.]+) ([\d.]+)a4.2", path.get("d")) for path in root.iter(f"{SVG}path")]
    places = sorted((float(dot[1]), float(dot[2])) for dot in dots if dot)
    assert len(places) == 4
    xs = [x for x, _ in places]
    assert (xs[2] - xs[0]) / (xs[1] - xs[0]) == pytest.approx(3, abs=0.01)
    assert xs[2] == xs[3]
    assert places[2][1] != places[3][1]  # equal values do not hide each other


def test_decimals_follow_the_range():
    assert Bands((Runs("a", (0.8814, 0.92)),)).places == 4
    assert Bands((Runs("a", (0.1, 0.9)),)).places == 3
    assert Bands((Runs("a", (12.0, 17.0)),)).places == 2
    assert Bands((Runs("a", (1000.0, 9000.0)),)).places == 0
    assert Bands((Runs("a", (0.5,)),)).places == 3
    assert Bands((Runs("a", (0.5, 0.5 + 1e-15)),)).places == 6


@settings(max_examples=200)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=3))
def test_labels_of_references_meet_neither_labels_nor_lines(places):
    made = flags([(f"reference {i}", 0.9) for i in range(len(places))], [100.0 + place for place in places], 100, 620)
    assert len(made) == len(places)
    for a, b in itertools.permutations(made, 2):
        assert a.left >= 100
        assert a.right <= 620
        if a.level == b.level:
            assert a.right < b.left or b.right < a.left


@pytest.mark.parametrize("places", [[300, 305, 310], [110, 130, 590, 600, 610], [101, 102], [618, 619], [360, 360]])
def test_a_reference_line_passes_no_label_where_it_can_be_helped(places):
    made = flags([(f"reference {x}", x) for x in places], [float(x) for x in places], 100, 620)
    crossings = [
        (a.words, b.words) for a, b in itertools.permutations(made, 2) if a.level < b.level if a.left < b.x < a.right
    ]
    assert crossings == []


def test_dots_of_a_few_close_runs_stay_apart():
    dots = swarm([10.0, 10.0, 11.0])
    assert [x for x, _ in dots] == [10.0, 10.0, 11.0]
    assert len({lift for _, lift in dots}) == 3
    assert swarm([10.0, 40.0]) == [(10.0, 0.0), (40.0, 0.0)]


def test_ticks_are_even_and_inside():
    assert ticks(0.0, 1.0, 5) == pytest.approx((0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert ticks(0, 5, whole=True) == (0, 1, 2, 3, 4, 5)
    assert all(0.883 <= tick <= 0.921 for tick in ticks(0.883, 0.921))


# Confusion


def test_a_confusion_matrix_in_words():
    figure = confusion([[940, 60], [123, 877]], ["bird", "airplane"])
    assert figure.alt == (
        "Confusion matrix of 2 classes: 1,817 of 2,000 right. By true class: bird 940 of 1,000; airplane 877 of 1,000. "
        "Most frequent errors: airplane taken for bird 123."
    )


def test_rows_are_true_classes_and_the_axes_say_so():
    root = ElementTree.fromstring(confusion([[5, 7], [0, 9]], ["bird", "airplane"]).data)
    place = {text.text: (float(text.get("x")), float(text.get("y"))) for text in root.iter(f"{SVG}text")}
    assert place["7"][0] > place["5"][0]
    assert place["7"][1] == place["5"][1]
    assert place["0"][1] == place["9"][1] > place["5"][1]
    assert place["the network says"][1] < place["5"][1]
    assert place["true class"][0] < place["5"][0]


def test_right_answers_are_framed_and_errors_darker():
    root = ElementTree.fromstring(confusion([[800, 200, 0], [10, 990, 0], [0, 0, 5]], ["a", "b", "c"]).data)
    rects = [r for r in root.iter(f"{SVG}rect") if r.get("rx") == "3"]
    frames = [r for r in rects if r.get("fill") == "none"]
    fills = [r.get("fill") for r in rects if r.get("fill") != "none"]
    assert len(frames) == 3
    assert len(fills) == 9

    def darkness(fill: str) -> int:
        return 3 * 255 - sum(int(fill[i : i + 2], 16) for i in (1, 3, 5))

    large, small, none = (darkness(fills[k]) for k in (1, 3, 2))
    assert large > small > none
    assert large > darkness(fills[0])  # an error of a fifth of its row is darker than any right answer


def test_the_most_frequent_errors_are_bold():
    figure = confusion(MIXED, CLASSES)
    ((made,),) = figure.scene.rows
    assert isinstance(made, Confusion)
    assert made.frequent == ((6, 0), (0, 6), (2, 4), (4, 2), (9, 7))
    root = ElementTree.fromstring(figure.data)
    bold = {text.text for text in root.iter(f"{SVG}text") if text.get("class") == "b"}
    assert bold == {"112", "89", "85", "80", "74", "true class", "the network says"}
    assert "Shirt taken for T-shirt/top 112; T-shirt/top taken for Shirt 89" in figure.alt


def test_where_all_errors_tie_none_stands_out():
    ((made,),) = confusion(np.ones((6, 6)), list("abcdef")).scene.rows
    assert made.frequent == ()
    ((one,),) = confusion([[1, 0], [0, 1]], ["a", "b"]).scene.rows
    assert one.frequent == ()


def test_shares_are_of_the_row():
    ((made,),) = confusion([[3, 1], [0, 0]], ["a", "b"]).scene.rows
    assert (made.share(0, 1), made.share(1, 0)) == (0.25, 0.0)


# Numbers


def test_numbers_of_results():
    assert [decimals(value, 3) for value in (0.91, -0.5, -0.0001, float("nan"))] == ["0.910", "−0.500", "0.000", "?"]
    assert thousands(795010) == "795,010"


# What cannot be


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers([]), "a network needs its input"),
        (lambda: layers([Layer("Linear", 10, 100)]), "first block is the input, but 'Linear' has 100 parameters"),
        (
            lambda: layers([Layer("image", (1, 0, 3))]),
            r"image: a shape is \(C, H, W\) or \(features,\), not \(1, 0, 3\)",
        ),
        (lambda: layers([Layer("image", ())]), "image: a shape is"),
        (lambda: layers([Layer("x", 1), Layer("Linear", 1, -3)]), "Linear: -3 parameters cannot be"),
        (lambda: layers([Layer("x", 1), Layer("Linear", 1, 3, -1)]), "-1 multiply–adds cannot be"),
        (lambda: bands({}), "no group of runs"),
        (lambda: bands({"a": []}), "group 'a' needs"),
        (lambda: bands({"a": [0.5, float("nan")]}), "group 'a' holds a number that is not finite"),
        (lambda: bands({"a": [0.5]}, reference={"b": float("inf")}), "reference 'b' holds"),
        (lambda: confusion([[1, 2, 3], [1, 2, 3]], ["a", "b"]), "as many rows as columns, not 2×3"),
        (lambda: confusion([[1, 2], [3, 4]], ["a"]), "1 name for 2 classes"),
        (lambda: confusion([[1, -2], [3, 4]], ["a", "b"]), "holds counts"),
        (lambda: confusion([[0.5, 0.5], [0, 1]], ["a", "b"]), "holds counts"),
        (lambda: confusion([["x"]], ["a"]), "holds counts"),
        (lambda: confusion(np.eye(21), ["a"] * 21), "21 classes are too many"),
        (lambda: confusion([1, 2], ["a", "b"]), "confusion matrix needs rows and columns"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()
