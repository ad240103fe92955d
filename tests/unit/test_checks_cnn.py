"""How the derivations of notebook 04 are judged: a slip counts once, and every way to write a shape counts."""

import pytest
import torch

from autograder.checks import CHECKS
from autograder.checks.registry import run
from autograder.checks.student import Namespace

SHAPES = {
    "after_conv1": (64, 26, 26),
    "after_pool1": (64, 13, 13),
    "after_relu1": (64, 13, 13),
    "after_conv2": (128, 11, 11),
    "after_pool2": (128, 5, 5),
    "after_relu2": (128, 5, 5),
    "after_flatten": 3200,
    "after_linear1": 200,
    "after_relu3": 200,
    "after_linear2": 10,
}
PARAMETERS = {
    "per_filter_1": 10,
    "conv1_parameters": 640,
    "per_filter_2": 577,
    "conv2_parameters": 73_856,
    "linear1_parameters": 640_200,
    "linear2_parameters": 2_010,
    "other_parameters": 0,
    "total_parameters": 716_706,
}


def earned(check, names):
    verdict = run(CHECKS[check], Namespace(names))
    return {part.name: part.earned for part in verdict.parts}


@pytest.mark.parametrize(
    ("slip", "lost"),
    [
        ({"after_conv1": (64, 28, 28), "after_pool1": (64, 14, 14), "after_relu1": (64, 14, 14)}, {"first block"}),
        ({"after_pool2": (128, 6, 6), "after_relu2": (128, 6, 6), "after_flatten": 4608}, {"second block"}),
        ({"after_pool2": (128, 6, 6), "after_relu2": (128, 6, 6)}, {"second block"}),
        ({"after_flatten": 4608}, {"flatten"}),
        ({"after_conv2": (128, 12, 12)}, {"second block"}),
        ({"after_relu2": (1, 1, 1), "after_flatten": 1}, {"second block", "flatten"}),
        ({"after_linear1": 128, "after_relu3": 128}, {"dense"}),
    ],
)
def test_a_slip_in_a_shape_costs_one_block(slip, lost):
    assert {part for part, points in earned("cnn-shapes", SHAPES | slip).items() if not points} == lost


def test_a_slip_goes_through_all_blocks_once():
    padded = {
        "after_conv1": (64, 28, 28),
        "after_pool1": (64, 14, 14),
        "after_relu1": (64, 14, 14),
        "after_conv2": (128, 12, 12),
        "after_pool2": (128, 6, 6),
        "after_relu2": (128, 6, 6),
        "after_flatten": 128 * 36,
    }
    assert earned("cnn-shapes", SHAPES | padded) == {"first block": 0, "second block": 1, "flatten": 1, "dense": 1}


@pytest.mark.parametrize(
    "write",
    [
        list,
        torch.Size,
        torch.tensor,
        lambda shape: (1, *shape),
        lambda shape: [-1, *shape],
        lambda shape: torch.Size([1, *shape]),
    ],
)
def test_every_way_to_write_a_shape_counts(write):
    written = {name: write(shape if isinstance(shape, tuple) else (shape,)) for name, shape in SHAPES.items()}
    assert earned("cnn-shapes", written) == {"first block": 1, "second block": 1, "flatten": 1, "dense": 1}


@pytest.mark.parametrize(
    ("slip", "lost"),
    [
        ({"per_filter_1": 9, "conv1_parameters": 576}, {"first convolution"}),
        ({"per_filter_1": 9, "conv1_parameters": 576, "total_parameters": 716_642}, {"first convolution"}),
        ({"per_filter_2": 10, "conv2_parameters": 1_280, "total_parameters": 644_130}, {"second convolution"}),
        ({"linear1_parameters": 640_000, "total_parameters": 716_506}, {"first linear"}),
        ({"linear1_parameters": 640_000, "total_parameters": 716_507}, {"first linear", "total"}),
        ({"conv1_parameters": 1, "total_parameters": 716_067}, {"first convolution", "total"}),
        ({"linear1_parameters": 128 * 36 * 200 + 200, "after_flatten": 128 * 36}, set()),
    ],
)
def test_a_slip_in_a_count_costs_one_part(slip, lost):
    assert {part for part, points in earned("cnn-parameters", PARAMETERS | slip).items() if not points} == lost
