"""The numpy reference agrees with PyTorch wherever both have an answer, and refuses what cannot be."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convcourse import operations as op

SIDES, KERNELS, STRIDES, PADDINGS = st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3)
PIXELS = st.integers(-9, 9)
quick = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def grids(draw: st.DrawFn, *shape: st.SearchStrategy[int]) -> np.ndarray:
    """A float64 array of small whole numbers: sums are exact, and ties are common."""
    return draw(arrays(np.float64, tuple(draw(side) for side in shape), elements=PIXELS))


images, kernels = grids(SIDES, SIDES), grids(KERNELS, KERNELS)


def torch2d(image: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image))[None, None]


def fits(image: np.ndarray, kernel_shape: tuple[int, int], padding: int) -> bool:
    return all(f <= n + 2 * padding for n, f in zip(image.shape, kernel_shape, strict=True))


@given(images, kernels, STRIDES, PADDINGS)
@quick
def test_correlation_is_conv2d(image, kernel, stride, padding):
    assume(fits(image, kernel.shape, padding))
    theirs = F.conv2d(torch2d(image), torch2d(kernel), stride=stride, padding=padding)[0, 0].numpy()
    np.testing.assert_array_equal(op.correlate2d(image, kernel, stride, padding), theirs)


@given(images, kernels, STRIDES, PADDINGS)
@quick
def test_convolution_is_conv2d_with_the_kernel_flipped(image, kernel, stride, padding):
    assume(fits(image, kernel.shape, padding))
    flipped = torch2d(kernel).flip(2, 3)
    theirs = F.conv2d(torch2d(image), flipped, stride=stride, padding=padding)[0, 0].numpy()
    np.testing.assert_array_equal(op.convolve2d(image, kernel, stride, padding), theirs)


@given(st.data(), st.integers(1, 3), st.integers(1, 3), STRIDES, st.integers(0, 2))
@quick
def test_channels_and_filters_are_conv2d(data, channels, filters, stride, padding):
    x = data.draw(grids(st.just(channels), SIDES, SIDES))
    w = data.draw(grids(st.just(filters), st.just(channels), KERNELS, KERNELS))
    b = data.draw(grids(st.just(filters)))
    assume(fits(x[0], w.shape[2:], padding))
    theirs = F.conv2d(*map(torch.from_numpy, (x[None], w, b)), stride=stride, padding=padding)[0].numpy()
    np.testing.assert_array_equal(op.correlate_channels(x, w, b, stride, padding), theirs)


@given(images, kernels)
@quick
def test_conv_matrix_times_the_pixels_is_conv2d(image, kernel):
    assume(fits(image, kernel.shape, 0))
    theirs = F.conv2d(torch2d(image), torch2d(kernel)).numpy().ravel()
    np.testing.assert_array_equal(op.conv_matrix(kernel, image.shape) @ image.ravel(), theirs)


@given(images, PADDINGS, PIXELS)
@quick
def test_padding_is_torch_pad(image, p, value):
    theirs = F.pad(torch.from_numpy(image), (p, p, p, p), value=float(value)).numpy()
    np.testing.assert_array_equal(op.pad2d(image, p, value), theirs)


@given(st.integers(1, 30), st.integers(1, 9), PADDINGS, STRIDES)
@quick
def test_sizes_are_those_of_torch_there_and_back(n, f, p, s):
    assume(f <= n + 2 * p)
    size = op.output_size(n, f, p, s)
    line, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, f)
    assert size == F.conv1d(line, weight, stride=s, padding=p).shape[-1]
    assert size == sum(1 for _ in range(-p, n + p - f + 1, s))  # places, counted
    back = op.transposed_size(size, f, p, s)
    assert back <= n < back + s  # the smallest of the sizes that lead there
    if back >= 1:  # torch makes no empty images
        assert back == F.conv_transpose1d(torch.zeros(1, 1, size), weight, stride=s, padding=p).shape[-1]


@given(st.integers(1, 7), st.integers(1, 7), KERNELS, STRIDES, st.integers(0, 2))
@quick
def test_transposed_sizes_are_those_of_conv_transpose2d(h, w, f, s, p):
    sizes = (op.transposed_size(h, f, p, s), op.transposed_size(w, f, p, s))
    assume(min(sizes) > 0)
    made = F.conv_transpose2d(torch.zeros(1, 1, h, w), torch.zeros(1, 1, f, f), stride=s, padding=p)
    assert tuple(made.shape[2:]) == sizes


@given(images, KERNELS, STRIDES, st.integers(0, 2))
@quick
def test_pooling_is_that_of_torch(image, f, s, padding):
    assume(padding <= f // 2 and fits(image, (f, f), padding))
    ours = {mode: op.pool2d(image, f, s, mode, padding) for mode in ("max", "avg")}
    np.testing.assert_array_equal(ours["max"], F.max_pool2d(torch2d(image), f, s, padding)[0, 0].numpy())
    np.testing.assert_allclose(ours["avg"], F.avg_pool2d(torch2d(image), f, s, padding)[0, 0].numpy(), rtol=1e-12)


@given(st.data(), st.integers(1, 3), st.integers(1, 3))
@quick
def test_max_pool_backward_is_autograd_ties_included(data, f, s):
    sides = st.integers(f, 8)
    pixels = st.integers(0, data.draw(st.integers(0, 3)))  # so few values that most windows have a tie
    image = data.draw(arrays(np.float64, (data.draw(sides), data.draw(sides)), elements=pixels))
    x = torch2d(image).requires_grad_()
    y = F.max_pool2d(x, f, s)
    grad_output = data.draw(arrays(np.float64, tuple(y.shape[2:]), elements=PIXELS))
    y.backward(torch2d(grad_output))
    assert x.grad is not None
    np.testing.assert_array_equal(op.max_pool_backward(image, grad_output, f, s), x.grad[0, 0].numpy())


@given(st.integers(1, 8), st.integers(1, 8))
@quick
def test_pixel_uses_is_a_transposed_convolution_of_ones(n, f):
    assume(f <= n)
    side = n - f + 1
    theirs = F.conv_transpose2d(torch.ones(1, 1, side, side), torch.ones(1, 1, f, f))[0, 0].numpy()
    np.testing.assert_array_equal(op.pixel_uses(n, f), theirs)


def test_the_decks_example():
    image, kernel = np.arange(1, 17).reshape(4, 4), np.array([[1, 2], [3, 4]])
    assert op.correlate2d(image, kernel).tolist() == [[44, 54, 64], [84, 94, 104], [124, 134, 144]]
    assert op.convolve2d(image, kernel).tolist() == [[26, 36, 46], [66, 76, 86], [106, 116, 126]]


def test_arguments_are_left_alone():
    image, kernel = np.arange(16.0).reshape(4, 4), np.arange(4.0).reshape(2, 2)
    before = image.copy(), kernel.copy()
    for made in (op.correlate2d(image, kernel, 1, 1), op.pad2d(image, 0), op.pool2d(image, 1, 1)):
        made += 100
    op.max_pool_backward(image, kernel)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(kernel, before[1])


IMAGE, KERNEL = np.ones((4, 5)), np.ones((2, 3))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: op.correlate2d(IMAGE, np.ones((7, 2)), 1, 1), "does not fit"),
        (lambda: op.correlate2d(IMAGE, np.ones((2, 8)), 1, 1), "does not fit"),
        (lambda: op.correlate2d(IMAGE, KERNEL, 0), "stride of 0"),
        (lambda: op.correlate2d(IMAGE, KERNEL, -1), "stride of -1"),
        (lambda: op.correlate2d(IMAGE, KERNEL, 1, -1), "negative"),
        (lambda: op.convolve2d(IMAGE, np.ones((5, 1))), "does not fit"),
        (lambda: op.correlate_channels(np.ones((2, 4, 4)), np.ones((1, 3, 2, 2)), [0]), "2 channels and the filters 3"),
        (lambda: op.correlate_channels(np.ones((1, 4, 4)), np.ones((1, 1, 5, 5)), [0]), "does not fit"),
        (lambda: op.conv_matrix(KERNEL, (4, 2)), "does not fit"),
        (lambda: op.pad2d(IMAGE, -1), "negative"),
        (lambda: op.output_size(4, 5), "does not fit"),
        (lambda: op.output_size(4, 7, 1), "does not fit"),
        (lambda: op.output_size(4, 2, 0, 0), "stride of 0"),
        (lambda: op.output_size(4, 2, -1), "negative"),
        (lambda: op.output_size(0, 1), "at least 1"),
        (lambda: op.output_size(4, 0), "at least 1"),
        (lambda: op.pixel_uses(2, 3), "does not fit"),
        (lambda: op.pool2d(IMAGE, 5, 1), "does not fit"),
        (lambda: op.pool2d(IMAGE, 2, 0), "stride of 0"),
        (lambda: op.pool2d(IMAGE, 2, 2, padding=-1), "negative"),
        (lambda: op.pool2d(IMAGE, 3, 1, padding=2), "at most 1"),
        (lambda: op.pool2d(IMAGE, 1, 1, padding=1), "at most 0"),
        (lambda: op.pool2d(IMAGE, 2, 2, "min"), "mode"),  # type: ignore[arg-type]
        (lambda: op.pool2d(IMAGE, 2, 2, "MAX"), "mode"),  # type: ignore[arg-type]
        (lambda: op.max_pool_backward(IMAGE, KERNEL, 6, 1), "does not fit"),
        (lambda: op.max_pool_backward(IMAGE, KERNEL, 2, 0), "stride of 0"),
    ],
)
def test_what_cannot_be_is_refused(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
