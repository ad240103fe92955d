"""The networks of the Fashion-MNIST lessons: their sizes, their shapes, and the work that they take."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from convcourse.networks import Residual, activations, compact_cnn, conv_block, lecture_cnn, lecture_mlp, multiply_adds

torch.set_num_threads(1)  # on batches this small, threads only wait for one another
IMAGE = (1, 28, 28)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def shapes(model: nn.Sequential, x: Tensor) -> list[tuple[int, ...]]:
    """The shape after each layer, without the number of images."""
    found = []
    for layer in model:
        x = layer(x)
        found.append(tuple(x.shape[1:]))
    return found


def test_the_mlp_is_the_lectures() -> None:
    model = lecture_mlp()
    assert [parameters(layer) for layer in model] == [785_000, 0, 10_010]
    assert parameters(model) == 795_010
    assert shapes(model, torch.rand(3, 784)) == [(1000,), (1000,), (10,)]


def test_the_cnn_is_the_lectures() -> None:
    model = lecture_cnn()
    assert [parameters(layer) for layer in model] == [640, 0, 0, 73_856, 0, 0, 0, 640_200, 0, 2_010]
    assert parameters(model) == 716_706
    first = [(64, 26, 26), (64, 13, 13), (64, 13, 13)]
    second = [(128, 11, 11), (128, 5, 5), (128, 5, 5)]
    assert shapes(model, torch.rand(3, *IMAGE)) == [*first, *second, (3200,), (200,), (200,), (10,)]


@pytest.mark.parametrize("widths", [(32, 64, 128), (4, 8, 16)])
def test_the_compact_cnn_makes_its_maps_small_early(widths: tuple[int, int, int]) -> None:
    a, b, c = widths
    model = compact_cnn(*widths)
    first = [(a, 14, 14), (b, 14, 14), (b, 14, 14), (b, 7, 7)]
    assert shapes(model, torch.rand(3, *IMAGE)) == [*first, (c, 7, 7), (c, 7, 7), (c, 1, 1), (c,), (10,)]
    convolutions = 25 * a + 9 * (a * b + 2 * b * b + b * c + 2 * c * c)
    normalisations = 2 * (a + 3 * b + 3 * c)  # each channel's scale and shift
    assert parameters(model) == convolutions + normalisations + 10 * (c + 1)


def test_the_compact_cnn_has_fewer_weights_than_either_network_of_the_lecture() -> None:
    assert parameters(compact_cnn()) < parameters(lecture_cnn()) < parameters(lecture_mlp())


@pytest.mark.parametrize(("kernel_size", "stride", "side"), [(3, 1, 9), (5, 1, 9), (3, 2, 5), (5, 2, 5), (1, 1, 9)])
def test_a_block_keeps_the_size_or_divides_it_by_its_stride(kernel_size: int, stride: int, side: int) -> None:
    block = conv_block(3, 5, kernel_size, stride)
    y = block(torch.randn(4, 3, 9, 9, generator=torch.Generator().manual_seed(0)))
    assert y.shape == (4, 5, side, side)
    assert y.min() == 0
    assert [type(layer) for layer in block] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert parameters(block) == kernel_size**2 * 15 + 2 * 5  # no bias: the shift of the normalisation makes up for it


def test_a_residual_block_adds_what_it_changes() -> None:
    torch.manual_seed(0)
    block = Residual(3).eval()
    x = torch.randn(2, 3, 7, 7)
    with torch.no_grad():
        assert torch.equal(block(x), x + block.change(x))
        assert not torch.equal(block(x), x)
        for parameter in block.parameters():
            parameter.zero_()
        assert torch.equal(block(x), x)


@pytest.mark.parametrize("make", [lecture_mlp, lecture_cnn, compact_cnn])
def test_each_call_makes_a_network_of_its_own(make) -> None:
    first, second = make(), make()
    assert not {id(parameter) for parameter in first.parameters()} & {id(p) for p in second.parameters()}


# --- the work that they take ------------------------------------------------------------------------------------


def test_the_work_of_the_lectures_networks() -> None:
    assert multiply_adds(lecture_mlp(), (784,)) == 794_000
    assert multiply_adds(lecture_cnn(), IMAGE) == 9_952_464


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Linear(7, 5), (7,), 7 * 5),
        (nn.Linear(7, 5, bias=False), (7,), 7 * 5),  # adding a bias is no multiplication
        (nn.Linear(7, 5), (4, 7), 4 * 7 * 5),
        (nn.Conv2d(3, 8, 3), (3, 10, 12), 8 * 8 * 10 * 27),
        (nn.Conv2d(3, 8, 3, padding=1), (3, 10, 12), 8 * 10 * 12 * 27),
        (nn.Conv2d(3, 8, 3, stride=2), (3, 10, 12), 8 * 4 * 5 * 27),
        (nn.Conv2d(3, 8, (5, 3), stride=(1, 2), padding=(2, 0)), (3, 10, 12), 8 * 10 * 5 * 45),
        (nn.Conv2d(6, 12, 3, groups=6), (6, 10, 10), 12 * 8 * 8 * 9),
        (nn.Conv2d(1, 2, 3, dilation=2), (1, 10, 10), 2 * 6 * 6 * 9),
        (nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(12, 2)), (3, 2, 2), 24),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.MaxPool2d(2)), (1, 6, 6), 2 * 4 * 4 * 9),
        (conv_block(2, 4, kernel_size=5, stride=2), (2, 9, 9), 4 * 5 * 5 * 50),
        (Residual(3), (3, 5, 5), 2 * 3 * 5 * 5 * 27),
    ],
)
def test_the_work_of_a_layer_by_hand(layer: nn.Module, shape: tuple[int, ...], expected: int) -> None:
    assert multiply_adds(layer, shape) == expected


def test_a_layer_that_is_used_twice_works_twice() -> None:
    layer = nn.Linear(6, 6)
    assert multiply_adds(nn.Sequential(layer, nn.ReLU(), layer), (6,)) == 2 * 36


def test_the_compact_cnn_works_as_much_as_its_layers() -> None:
    assert multiply_adds(compact_cnn(2, 4, 8), IMAGE) == (
        196 * (2 * 25 + 4 * 18 + 2 * 4 * 36) + 49 * (8 * 36 + 2 * 8 * 72) + 80
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("training", [True, False])
def test_counting_leaves_the_network_as_it_was(training: bool, dtype: torch.dtype) -> None:
    model = nn.Sequential(conv_block(1, 2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(2 * 36, 3)).to(dtype)
    model.train(training)[0][1].eval()  # a normalisation that is kept as it is, as in fine-tuning
    with torch.no_grad():
        model(torch.rand(2, 1, 6, 6, dtype=dtype))
    modes = [layer.training for layer in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    assert multiply_adds(model, (1, 6, 6)) == 36 * 2 * 9 + 72 * 3
    assert activations(model, (1, 6, 6)) == 5 * 72 + 3
    assert [layer.training for layer in model.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_shape_that_does_not_fit_leaves_no_trace_either() -> None:
    model = lecture_mlp()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        multiply_adds(model, (783,))
    assert model.training
    assert not any(layer._forward_hooks for layer in model.modules())


def test_the_work_is_counted_wherever_the_network_is() -> None:
    assert multiply_adds(lecture_cnn().to("meta"), IMAGE) == 9_952_464
