"""Feature maps to look through: what is kept of them in bytes, and that it is what the layer computes."""

from __future__ import annotations

import base64
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convcourse import figures
from tests.unit.by_node import by_node

torch.set_num_threads(1)


def made(n: int = 2, channels: int = 3, kernels: int = 5, **options: Any) -> tuple[torch.Tensor, nn.Conv2d]:
    random = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(channels, kernels, 3, **options)
    with torch.no_grad():
        for drawn in conv.parameters():
            drawn.copy_(torch.randn(drawn.shape, generator=random))
    return torch.randn(n, channels, 12, 10, generator=random), conv


def read(packed: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The values that a stack of steps stands for."""
    steps = np.frombuffer(base64.b64decode(packed["bytes"]), np.uint8).reshape(len(packed["low"]), -1)
    low, high = (np.array(packed[name])[:, None] for name in ("low", "high"))
    return np.asarray(low + steps / 255 * (high - low))


def test_the_maps_are_those_of_the_layer() -> None:
    images, conv = made(stride=2, padding=1)
    with torch.no_grad():
        right = conv(images).numpy()
    (stage,) = figures.maps(images, conv).state["stages"]  # type: ignore[misc]
    assert (stage["stride"], stage["padding"], stage["window"]) == (2, 1, [3, 3, 3])
    assert np.allclose(stage["filters"], conv.weight.detach().flatten(1), atol=1e-3)
    for held, maps in zip(stage["maps"], right, strict=True):
        assert held["shape"] == list(maps.shape[1:])
        wanted = maps.reshape(len(maps), -1)
        span = wanted.max(1, keepdims=True) - wanted.min(1, keepdims=True)
        rounded = 5e-4 * abs(wanted).max(1, keepdims=True)  # both ends to four digits
        assert (abs(read(held) - wanted) <= span / 510 + rounded).all()  # half a step of 255


def test_filters_without_their_layer_look_at_windows_side_by_side() -> None:
    images, conv = made()
    (stage,) = figures.maps(images, conv.weight[:2], conv(images)[:, :2]).state["stages"]  # type: ignore[misc]
    assert (stage["stride"], stage["padding"], stage["window"]) == (1, 0, [3, 3, 3])


@pytest.mark.parametrize(("padding", "pixels"), [("same", 1), ("valid", 0), (2, 2), ((2, 2), 2)])
def test_a_layer_may_say_its_padding_in_words(padding: Any, pixels: int) -> None:
    images, conv = made(padding=padding)
    (stage,) = figures.maps(images, conv).state["stages"]  # type: ignore[misc]
    assert stage["padding"] == pixels


def test_images_are_kept_as_well_as_can_be_seen() -> None:
    images, conv = made(channels=1)
    state = figures.maps(images, conv, titles=["a", "b"]).state
    assert [image["title"] for image in state["images"]] == ["a", "b"]  # type: ignore[attr-defined]
    for image, right in zip(state["images"], images, strict=True):  # type: ignore[call-overload]
        assert image["shape"] == [1, 12, 10]
        assert np.allclose(read(image).ravel(), right.numpy().ravel(), atol=(right.max() - right.min()) / 400)


def test_javascript_reads_the_value_that_python_wrote() -> None:
    images, conv = made()
    held = figures.maps(images, conv).state["stages"][0]["maps"][1]  # type: ignore[index]
    values = read(held)
    rows, columns = held["shape"]
    steps = list(base64.b64decode(held["bytes"]))
    places = [(k, i, j) for k in range(5) for i in range(rows) for j in range(columns)]
    found = by_node("maps", "valueAt", [({**held, "steps": steps}, *place) for place in places[::7]])
    assert found == pytest.approx([values[k][i * columns + j] for k, i, j in places[::7]])


def test_javascript_decodes_the_bytes() -> None:
    packed = {"shape": [1, 4], "bytes": base64.b64encode(bytes([0, 127, 128, 255])).decode(), "low": [0], "high": [1]}
    (found,) = by_node("maps", "unpacked", [(packed,)])
    assert list(found["steps"].values()) == [0, 127, 128, 255]


def test_rough_numbers_are_near() -> None:
    values = [0, 0.00002, -0.00002, 0.0512, -0.5, 0.12345, 3.14159, -47.11, 123.4, 99999.0]
    said = by_node("maps", "rough", [(value,) for value in values])
    assert said[:3] == ["0", "0", "0"]
    assert said[4:7] == ["−0.5", "0.123", "3.14"]
    for value, words in zip(values, said, strict=True):
        assert math.isclose(float(words.replace("−", "-")), value, rel_tol=5e-3, abs_tol=5e-4)


def test_stages_are_compared() -> None:
    images, before = made()
    _, after = made(bias=False)
    figure = figures.maps(images, {"before": before, "after": after})
    assert [stage["title"] for stage in figure.state["stages"]] == ["before", "after"]  # type: ignore[attr-defined]
    assert "before and after" in figure.alt
    assert len(re.findall(b"<image ", figure.data)) == 1 + 2 * 5


def test_maps_of_deeper_layers_have_no_filters() -> None:
    images, conv = made()
    maps = nn.MaxPool2d(2)(conv(images))
    (stage,) = figures.maps(images, maps=maps).state["stages"]  # type: ignore[misc]
    assert stage["filters"] is None
    assert stage["window"] is None


def test_many_weights_are_left_out() -> None:
    images, conv = made(kernels=200)
    assert figures.maps(images, conv).state["stages"][0]["filters"] is None  # type: ignore[index]


def test_the_same_maps_give_the_same_bytes() -> None:
    images, conv = made()
    assert figures.maps(images, conv)._repr_html_() == figures.maps(images.numpy(), conv)._repr_html_()


def test_flat_maps_are_shown() -> None:
    figure = figures.maps(np.zeros((1, 1, 5, 5)), maps=np.full((1, 2, 3, 3), 7.5))
    assert read(figure.state["stages"][0]["maps"][0]).tolist() == [[7.5] * 9] * 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda x, conv: figures.maps(x), "neither filters nor maps"),
        (lambda x, conv: figures.maps(x[0], conv), "stack of images needs 4 axes"),
        (lambda x, conv: figures.maps(torch.zeros(1, 2, 5, 5), conv), "one channel or three, not 2"),
        (lambda x, conv: figures.maps(x, conv, titles=["a"]), "2 images but 1 title"),
        (lambda x, conv: figures.maps(x, conv.weight), "need their maps"),
        (lambda x, conv: figures.maps(x, conv.weight, conv(x)[:, :, ::2, ::2]), "make maps of 10×8, not 5×4"),
        (lambda x, conv: figures.maps(x, conv, torch.zeros(2, 4, 3, 3)), "2×4×3×3, and 2×5×H×W is wanted"),
        (lambda x, conv: figures.maps(x, maps=torch.zeros(3, 4, 3, 3)), "3×4×3×3, and 2×K×H×W is wanted"),
        (lambda x, conv: figures.maps(x, maps=torch.full((2, 4, 3, 3), math.nan)), "not finite"),
        (lambda x, conv: figures.maps(x, maps=torch.zeros(2, 300, 30, 30)), "540,000 numbers are too many"),
        (lambda x, conv: figures.maps(x, {"a": conv}, {"b": conv(x)}), "the same names"),
        (
            lambda x, conv: figures.maps(x, maps={"a": conv(x), "b": conv(x)[:, :4]}),
            "different shapes: 2×5×10×8, 2×4×10×8",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(ask: Any, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        ask(*made())
