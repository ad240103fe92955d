"""A network to be changed: its arithmetic, in Python and in JavaScript, against what PyTorch's layers do."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import torch
from torch import nn

from convcourse import figures, networks
from convcourse.figures.blocks import bill, handed_on, leaves, misfit, settings_of
from tests.unit.by_node import by_node

Settings = dict[str, Any]
KINDS = ("Conv2d", "MaxPool2d", "ReLU", "Tanh", "BatchNorm2d", "Dropout", "Flatten", "Linear")


def layer_of(settings: Settings, given: tuple[int, ...]) -> nn.Module:
    """The layer of PyTorch that has these settings, made for what comes in; it has no numbers, only shapes."""
    kind = settings["kind"]
    window = [settings.get(name) for name in ("kernel", "stride", "padding")]
    with torch.device("meta"):
        if kind == "Conv2d":
            return nn.Conv2d(given[0], settings["channels"], *window, bias=settings["bias"])  # type: ignore[arg-type]
        if kind == "MaxPool2d":
            return nn.MaxPool2d(*window)  # type: ignore[arg-type]
        if kind == "Linear":
            return nn.Linear(given[0], settings["units"], bias=settings["bias"])
        if kind == "BatchNorm2d":
            return nn.BatchNorm2d(given[0])
        return nn.Dropout(settings["p"]) if kind == "Dropout" else getattr(nn, kind)()


def by_torch(settings: Settings, given: tuple[int, ...]) -> tuple[tuple[int, ...], int, int] | None:
    """Shape, parameters and multiply–adds by PyTorch, whose layers are run; nothing where it refuses."""
    layer = layer_of(settings, given)
    try:
        made = tuple(layer(torch.zeros(2, *given, device="meta")).shape[1:])
    except (RuntimeError, ValueError, IndexError):
        return None
    work = networks.multiply_adds(layer, given)
    return made, sum(parameter.numel() for parameter in layer.parameters()), work


def drawn(draw: random.Random) -> Settings:
    """A layer with settings that often fit and sometimes do not."""
    kind = draw.choice(KINDS)
    settings: Settings = {"kind": kind}
    if kind in ("Conv2d", "MaxPool2d"):
        settings |= {"kernel": draw.randint(1, 6), "stride": draw.randint(1, 3), "padding": draw.randint(0, 3)}
    if kind == "Conv2d":
        settings |= {"channels": draw.randint(1, 70), "bias": draw.random() < 0.7}
    if kind == "Linear":
        settings |= {"units": draw.randint(1, 300), "bias": draw.random() < 0.7}
    if kind == "Dropout":
        settings["p"] = 0.5
    return settings


def cases(seed: int, count: int) -> list[tuple[Settings, tuple[int, ...]]]:
    draw = random.Random(seed)
    shapes = [(draw.randint(1, 40), draw.randint(1, 30), draw.randint(1, 30)) for _ in range(count)]
    return [(drawn(draw), shape if draw.random() < 0.8 else shape[:1]) for shape in shapes]


CASES = cases(1, 1500)


def test_the_cases_are_of_both_kinds() -> None:
    refused = [bool(misfit(settings, given)) for settings, given in CASES]
    assert 150 < sum(refused) < 800
    assert {settings["kind"] for settings, _ in CASES} == set(KINDS)


def test_a_layer_fits_where_pytorch_takes_it() -> None:
    for settings, given in CASES:
        takes = by_torch(settings, given) is not None
        if settings["kind"] == "Linear" and len(given) == 3:  # PyTorch works on the last axis then: on each row
            assert misfit(settings, given), (settings, given)
        else:
            assert takes == (not misfit(settings, given)), (settings, given)


def test_javascript_says_the_same_of_what_does_not_fit() -> None:
    assert by_node("layers", "misfit", CASES) == [misfit(settings, given) for settings, given in CASES]


def test_javascript_counts_as_pytorch_does() -> None:
    fitting = [(settings, given) for settings, given in CASES if not misfit(settings, given)]
    found = by_node("layers", "costOf", fitting)
    for (settings, given), cost in zip(fitting, found, strict=True):
        wanted = by_torch(settings, given)
        assert wanted == (tuple(cost["shape"]), cost["parameters"], cost["work"]), (settings, given)
        assert handed_on(settings, given) == tuple(cost["shape"])


def test_javascript_follows_whole_networks() -> None:
    draw = random.Random(2)
    asked = [((draw.randint(1, 4), 28, draw.randint(20, 40)), [drawn(draw) for _ in range(6)]) for _ in range(400)]
    whole = 0
    for (shape, layers), found in zip(asked, by_node("layers", "costsOf", asked), strict=True):
        given: tuple[int, ...] | None = shape
        for settings, cost in zip(layers, found, strict=True):
            if given is None:
                assert cost == {"why": ""}
            elif why := misfit(settings, given):
                assert cost == {"why": why}
                given = None
            else:
                given, parameters, work = by_torch(settings, given) or ((), -1, -1)
                assert (tuple(cost["shape"]), cost["parameters"], cost["work"]) == (given, parameters, work)
        whole += given is not None
    assert whole > 40


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (networks.lecture_mlp, (784,)),
        (networks.lecture_cnn, (1, 28, 28)),
        (networks.lenet5, (3, 32, 32)),
        (lambda: networks.conv_block(3, 8, stride=2), (3, 9, 12)),
    ],
)
def test_the_courses_networks_cost_what_they_cost(model: Any, shape: tuple[int, ...]) -> None:
    made = model()
    found = bill(leaves(made), shape)
    assert sum(cost.parameters for cost in found) == sum(parameter.numel() for parameter in made.parameters())
    assert sum(cost.multiply_adds for cost in found) == networks.multiply_adds(made, shape)
    assert found[-1].shape == tuple(made.eval()(torch.zeros(1, *shape)).shape[1:])
    state = figures.network(made, shape).state
    assert by_node("layers", "costsOf", [(state["input"], state["layers"])])[0] == [
        {"shape": shape, "parameters": parameters, "work": work} for shape, parameters, work in state["costs"]
    ]


def derivations(layers: list[nn.Module], shape: tuple[int, ...]) -> list[dict[str, str]]:
    given, asked = shape, []
    for layer, cost in zip(layers, bill(layers, shape), strict=True):
        told = {"shape": cost.shape, "parameters": cost.parameters, "work": cost.multiply_adds}
        asked.append((settings_of(layer), given, told))
        given = cost.shape
    return by_node("layers", "derivation", asked)


def test_each_number_is_derived() -> None:
    conv, pool, flat, linear = derivations(
        [nn.Conv2d(1, 32, 3), nn.MaxPool2d(2, 3), nn.Flatten(), nn.Linear(2592, 10, bias=False)], (1, 28, 28)
    )
    assert conv["parameters"] == "32 filters of 3·3·1 weights and a bias: (3·3·1 + 1)·32 = 320"
    assert conv["shape"] == "rows and columns ⌊(28 + 2·0 − 3)/1⌋ + 1 = 26; 32 filters make 32 maps"
    assert conv["work"] == "32·26·26 numbers of 3·3·1 products each: 21,632·9 = 194,688"
    assert pool["shape"].startswith("rows and columns ⌊(26 + 2·0 − 2)/3⌋ + 1 = 9; each of the 32 maps")
    assert flat["shape"] == "all numbers in a row: 32·9·9 = 2,592"
    assert linear["parameters"] == "10 units of 2,592 weights, no bias: 2,592·10 = 25,920"


def test_what_is_left_over_at_the_edge_is_told() -> None:
    (pool,) = derivations([nn.MaxPool2d(2)], (4, 11, 8))
    assert "at the edge 1 row and no column is left over" in pool["shape"]
    assert "rows ⌊(11 + 2·0 − 2)/2⌋ + 1 = 5, columns ⌊(8 + 2·0 − 2)/2⌋ + 1 = 4" in pool["shape"]


def test_formulas_in_derivations_are_true() -> None:
    fitting = [(settings, given) for settings, given in CASES if not misfit(settings, given)]
    costs = by_node("layers", "costOf", fitting)
    asked = [(*case, cost) for case, cost in zip(fitting, costs, strict=True)]
    checked = 0
    for told in by_node("layers", "derivation", asked):
        for sentence in told.values():
            formula = sentence.rpartition(": ")[2]
            if " = " in formula and "⌊" not in formula:
                left, right = formula.replace(",", "").replace("·", "*").split(" = ")
                assert eval(left) == int(right), sentence
                checked += 1
    assert checked > 400


def test_layers_that_do_not_fit_are_refused_in_plain_words() -> None:
    conv = nn.Conv2d(1, 4, 5)
    with pytest.raises(ValueError, match=r"layer 1, Conv2d 5×5: The window is larger than what comes in: 5×5 on 3×4\."):
        figures.network([conv], (1, 3, 4))
    with pytest.raises(ValueError, match="layer 2, Linear: Linear wants a row of numbers, and maps of 4×6×6 come in"):
        figures.network([conv, nn.Linear(6, 2)], (1, 10, 10))
    with pytest.raises(ValueError, match="layer 1, Conv2d 5×5, is made for 1, and 3×10×10 comes in"):
        figures.network([conv], (3, 10, 10))
    with pytest.raises(ValueError, match="no block for Residual"):
        figures.network(networks.compact_cnn(), (1, 28, 28))
    with pytest.raises(ValueError, match=r"no block for Conv2d.*groups=2"):
        figures.network([nn.Conv2d(2, 4, 3, groups=2)], (2, 9, 9))
    with pytest.raises(ValueError, match="no block for Conv2d"):
        figures.network([nn.Conv2d(2, 4, (3, 5))], (2, 9, 9))
    with pytest.raises(ValueError, match="one item is"):
        figures.network([nn.ReLU()], (2, 9))


def test_the_still_shows_the_same_numbers() -> None:
    figure = figures.network(networks.lenet5(), (3, 32, 32), budget=(20_000, 1_000_000), caption="LeNet-5")
    assert "Conv2d 5×5: 8×28×28, 608 parameters, 470,400 multiply–adds" in figure.alt
    assert "In all 62,958 parameters." in figure.alt
    assert figure.state["budget"] == [20_000, 1_000_000]
    assert json.loads(json.dumps(figure.state)) == figure.state
